"""The database: column types, and transactions that are opened and committed in plain sight."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, DateTime, Dialect, MetaData, UpdateBase
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from .engine import create_engines
from .settings import Settings


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored and read in UTC, also where a database forgets the offset."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class DatabaseUnavailable(Exception):
    """The database does not answer."""


RETRY_AFTER = {"Retry-After": "2"}
"""When a client may try again that came while the database did not answer."""


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    """Tell a database that does not answer from one that answers with an error."""
    try:
        yield
    except (OSError, TimeoutError, OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        # What a server that starts, stops or lacks the database says has no class of its own.
        if error.connection_invalidated or type(error) is DBAPIError:
            raise DatabaseUnavailable from error
        raise


async def affected(db: AsyncSession, change: UpdateBase) -> int:
    """Execute an UPDATE or DELETE and return how many rows it met."""
    return cast("CursorResult[Any]", await db.execute(change)).rowcount


class Database:
    """The app's connections. A transaction commits when its block ends, and only then."""

    def __init__(self, settings: Settings) -> None:
        self.engines = create_engines(settings)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction: committed at the end of the block, rolled back on an error."""
        async with (
            _answering(),
            AsyncSession(self.engines.write, expire_on_commit=False) as db,
            db.begin(),
        ):
            yield db

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads."""
        async with _answering(), AsyncSession(self.engines.read) as db:
            yield db

    async def close(self) -> None:
        await self.engines.close()
