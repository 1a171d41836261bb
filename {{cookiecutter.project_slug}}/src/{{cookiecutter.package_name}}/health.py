"""Whether the process lives, and whether it can serve."""

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ServiceUnavailableException

from .database import RETRY_AFTER, Database


@get("/health/live", exclude_from_auth=True, security=[{}])
async def live_handler() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", exclude_from_auth=True, security=[{}])
async def ready_handler(database: NamedDependency[Database]) -> dict[str, str]:
    """The database answers, and its schema is the one that this code needs."""
    if not await database.is_ready():
        raise ServiceUnavailableException("The database is not ready", headers=RETRY_AFTER)
    return {"status": "ready"}


route_handlers = [live_handler, ready_handler]
