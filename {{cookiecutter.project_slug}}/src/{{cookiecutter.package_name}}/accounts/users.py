"""Who is calling: the user behind a verified token, and what a request says of its client."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection

from ..security.tokens import AppToken
from ..state import AppState


class Principal(msgspec.Struct, frozen=True):
    """The user on whose behalf a request is made: `request.user`."""

    id: UUID
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    session_id: UUID | None
    """None: the token is of a foreign issuer."""


async def retrieve_user_handler(
    token: AppToken, connection: ASGIConnection[Any, Any, Any, Any]
) -> Principal | None:
    """Return the active user of a verified token, if there is one and their session is live.

    This reads the database on every request, so that a logout, a new password, a deactivation or
    a deletion counts from the next request on, whichever process it reaches. A token of a foreign
    issuer has no session here: its user is the one that its issuer and subject are linked to,
    for a subject is unique only within its issuer.
    """
    state = AppState.of(connection.app)
    own_issuer = state.settings.issuer
    if own_issuer is None or token.iss == own_issuer:
        return await state.lookup.by_session(UUID(token.sid), UUID(token.sub))
    return await state.lookup.by_identity(token.iss, token.sub) if token.iss else None


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the client's IP address, which the server takes from a proxy only if it is trusted."""
    return request.client.host if request.client else ""


def client_of(request: Request[Any, Any, Any]) -> str:
    """Return what the client calls itself."""
    return request.headers.get("user-agent", "")
