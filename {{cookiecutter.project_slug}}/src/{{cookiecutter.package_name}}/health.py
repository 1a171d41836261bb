"""Whether the process lives, and whether it can serve."""

from uuid import UUID

from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import ServiceUnavailableException

from .database import RETRY_AFTER, Database

NOBODY = UUID(int=0)


@get("/health/live", exclude_from_auth=True, security=[{}])
async def live_handler() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", exclude_from_auth=True, security=[{}])
async def ready_handler(database: NamedDependency[Database], state: State) -> dict[str, str]:
    """The database takes writes, its schema is current, and authenticated requests succeed."""
    if not await database.is_ready():
        raise ServiceUnavailableException("The database is not ready", headers=RETRY_AFTER)
    await state.lookup.by_session(NOBODY, NOBODY)
    return {"status": "ready"}


route_handlers = [live_handler, ready_handler]
