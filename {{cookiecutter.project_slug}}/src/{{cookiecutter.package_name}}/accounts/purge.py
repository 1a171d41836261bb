"""Expired sessions are deleted while the app runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from litestar import Litestar
from sqlalchemy.exc import SQLAlchemyError

from ..database import DatabaseUnavailable
from ..state import AppState
from .sessions import Sessions

PURGE_INTERVAL = 600
"""Seconds between two looks for expired sessions."""
PURGE_PAUSE = 1
"""Seconds between two batches."""

logger = structlog.get_logger(__name__)


class AccountsState(AppState):
    """With the service that purges."""

    sessions: Sessions


@asynccontextmanager
async def purging(app: Litestar) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    purge = asyncio.create_task(_purge_expired(AccountsState.of(app).sessions, stopping))
    try:
        yield
    finally:
        stopping.set()
        await purge


async def _purge_expired(sessions: Sessions, stopping: asyncio.Event) -> None:
    """Delete expired sessions now and then, in batches that leave others their turn."""
    while not stopping.is_set():
        try:
            purged = await sessions.purge()
        except (DatabaseUnavailable, SQLAlchemyError):
            logger.warning("sessions_not_purged", exc_info=True)
            purged = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(PURGE_PAUSE if purged else PURGE_INTERVAL):
                await stopping.wait()
