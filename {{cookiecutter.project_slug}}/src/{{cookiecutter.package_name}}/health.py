"""Whether the process lives, and whether it can serve."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ServiceUnavailableException
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .accounts.lookup import Lookup
from .database import RETRY_AFTER, Database, DatabaseUnavailable
from .engine import write_nothing
from .migrations import read_revisions
from .part import Part

NOBODY = UUID(int=0)


class Readiness:
    """Compares the database with what this code needs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revisions = read_revisions()

    async def is_ready(self) -> bool:
        """Return True if the database takes writes and its schema has all that this code needs."""
        try:
            async with self._database.reading() as db:
                revisions = await db.scalars(text("SELECT version_num FROM alembic_version"))
                applied = revisions.all()
                await write_nothing(db)
        except (DatabaseUnavailable, SQLAlchemyError):
            return False
        return self._revisions.are_met(applied)


@get("/health/live", exclude_from_auth=True, security=[{}])
async def live_handler() -> dict[str, str]:
    """The process responds."""
    return {"status": "live"}


@get("/health/ready", exclude_from_auth=True, security=[{}])
async def ready_handler(
    readiness: NamedDependency[Readiness], lookup: NamedDependency[Lookup]
) -> dict[str, str]:
    """The database takes writes, its schema is current, and authenticated requests succeed."""
    if not await readiness.is_ready():
        raise ServiceUnavailableException("The database is not ready", headers=RETRY_AFTER)
    await lookup.by_session(NOBODY, NOBODY)
    return {"status": "ready"}


part = Part(
    name="health",
    handlers=[live_handler, ready_handler],
    services=lambda core: {"readiness": Readiness(core.database)},
)
