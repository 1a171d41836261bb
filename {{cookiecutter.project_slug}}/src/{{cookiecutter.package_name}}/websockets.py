"""WebSockets that end with the session that opened them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from litestar import WebSocket

from .accounts.users import Principal, retrieve_user_handler
from .database import DatabaseUnavailable
from .security.tokens import AppToken
from .state import AppState

AuthenticatedSocket = WebSocket[Principal, AppToken, Any]

ENDED = 4401

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def while_session_lives(socket: AuthenticatedSocket) -> AsyncIterator[None]:
    """Run the block until the session of the handshake ends, then close the socket with 4401.

    A handshake is authenticated once. This looks again every `WEBSOCKET_RECHECK_INTERVAL` seconds:
    for the user and the session, and of a foreign token, which has no session, for its expiry. It
    also ends the block when that fails, or the database cannot say.
    """
    try:
        async with asyncio.timeout(None) as deadline:
            watch = asyncio.create_task(_watch(socket, deadline))
            try:
                yield
            finally:
                watch.cancel()
    except TimeoutError:
        if not deadline.expired():
            raise
        await socket.close(code=ENDED, reason="The session has ended")


async def _watch(socket: AuthenticatedSocket, deadline: asyncio.Timeout) -> None:
    interval = AppState.of(socket.app).settings.websocket_recheck_interval
    lives = True
    try:
        while lives:
            await asyncio.sleep(interval)
            lives = await _lives(socket)
    except DatabaseUnavailable:
        pass
    except Exception:
        # A socket that nobody looks at any more must not stay open.
        logger.exception("session_not_rechecked")
    deadline.reschedule(asyncio.get_running_loop().time())


async def _lives(socket: AuthenticatedSocket) -> bool:
    token = socket.auth
    if token.sid is None and token.exp <= datetime.now(UTC):
        return False
    return await retrieve_user_handler(token, socket) is not None
