"""Who is calling: the user behind a verified token."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from sqlalchemy import Select, null, select

from ..security.tokens import AppToken
from .models import Identity, Session, User


@dataclass(frozen=True, slots=True)
class Principal:
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
    issuer has no session here: its user is the one that its issuer and subject are linked to.
    """
    own_issuer = connection.app.state.settings.issuer
    own = own_issuer is None or token.iss == own_issuer
    try:
        query = _by_session(token) if own else _by_identity(token)
    except ValueError:
        return None
    async with connection.app.state.database.reading() as session:
        row = (await session.execute(query)).one_or_none()
    return Principal(*row) if row else None


PROFILE = (User.id, User.email, User.name, User.created_at, User.updated_at)


def _by_session(token: AppToken) -> Select[*tuple[Any, ...]]:
    """Find user and session together.

    Raises:
        ValueError: `sub` or `sid` is no UUID.
    """
    return (
        select(*PROFILE, Session.id)
        .join(Session, Session.user_id == User.id)
        .where(
            Session.id == UUID(token.sid),
            User.id == UUID(token.sub),
            Session.expires_at > datetime.now(UTC),
            User.is_active,
        )
    )


def _by_identity(token: AppToken) -> Select[*tuple[Any, ...]]:
    """Find the user by the pair that is unique, never by the subject alone."""
    return (
        select(*PROFILE, null())
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.issuer == token.iss, Identity.subject == token.sub, User.is_active)
    )
