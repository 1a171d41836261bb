"""Sessions: opened at login, kept alive by refresh tokens, ended for good."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update

from ..database import Database, affected
from ..printable import printable
from ..security.grant import Grant
from ..settings import Settings
from .errors import InvalidRefreshToken, WrongCredentials
from .models import Session, User, token_fields_of, utc_now

MAX_CLIENT_LENGTH = 200
"""Characters kept of what a client calls itself."""
PURGE_BATCH = 500
"""Rows that one transaction of the purge deletes at most."""

audit = structlog.get_logger("audit")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Two secrets of 256 random bits: one names the session, one is good for a single use.

    Whoever knows the first but presents a wrong second one has a token that was used before: the
    session is then in two hands, and ends.
    """

    family: str = field(repr=False)
    current: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Split a refresh token as a client sends it.

        Raises:
            InvalidRefreshToken: it does not have the form of one.
        """
        family, separator, current = text.partition(".")
        if len(text) > 256 or not (separator and text.isascii()):
            raise InvalidRefreshToken
        return cls(family, current)

    @classmethod
    def new(cls, family: str | None = None) -> "RefreshToken":
        return cls(family or token_urlsafe(32), token_urlsafe(32))

    @property
    def family_hash(self) -> bytes:
        return sha256(self.family.encode()).digest()

    @property
    def current_hash(self) -> bytes:
        return sha256(self.current.encode()).digest()

    def __str__(self) -> str:
        return f"{self.family}.{self.current}"


class Sessions:
    """Sessions in the database. Each method is one transaction."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._idle_lifetime = timedelta(seconds=settings.refresh_token_lifetime)
        self._lifetime = timedelta(seconds=settings.session_lifetime)
        self._access_lifetime = settings.access_token_expiration

    async def open(self, user: User, client: str, *, refreshable: bool = True) -> Grant:
        """Begin a session.

        Args:
            client: what the client calls itself.
            refreshable: whether it can outlive its first access token.

        Raises:
            MissingTokenField: the account lacks a required token field.
            WrongCredentials: the account has been deleted or deactivated, or has another password,
                since it was authenticated.
        """
        fields = token_fields_of(user)
        token = RefreshToken.new()
        now = utc_now()
        session = Session(
            user_id=user.id,
            family_hash=token.family_hash,
            refresh_hash=token.current_hash,
            expires_at=now + (self._idle_lifetime if refreshable else self._access_lifetime),
            ends_at=now + self._lifetime,
            client=printable(client)[:MAX_CLIENT_LENGTH],
        )
        async with self._database.transaction() as db:
            # The account may have changed since its password was verified.
            logged_in = (
                update(User)
                .where(User.id == user.id, User.is_active, User.password_hash == user.password_hash)
                # To log in is no change of the profile.
                .values(last_login_at=now, updated_at=User.updated_at)
            )
            if not await affected(db, logged_in):
                raise WrongCredentials
            db.add(session)
        audit.info("login_succeeded", user_id=str(user.id), session_id=str(session.id))
        return Grant(user.id, session.id, fields, str(token), session.expires_at)

    async def refresh(self, text: str) -> tuple[User, Grant]:
        """Exchange a refresh token for the next one.

        Raises:
            InvalidRefreshToken: it is not the session's latest; a used one ends the session.
            MissingTokenField: the account lacks a required token field.
        """
        token = RefreshToken.parse(text)
        successor = RefreshToken.new(token.family)
        now = utc_now()
        async with self._database.transaction() as db:
            found = (
                await db.execute(
                    select(Session, User)
                    .join(User, User.id == Session.user_id)
                    .where(
                        Session.family_hash == token.family_hash,
                        Session.expires_at > now,
                        User.is_active,
                    )
                    # A deactivation that has begun is waited for.
                    .with_for_update(read=True, of=User)
                )
            ).one_or_none()
            if found is None:
                raise InvalidRefreshToken
            session, user = found
            fields = token_fields_of(user)
            expires_at = min(now + self._idle_lifetime, session.ends_at)
            rotate = (
                update(Session)
                .where(Session.id == session.id, Session.refresh_hash == token.current_hash)
                .values(
                    refresh_hash=successor.current_hash, last_used_at=now, expires_at=expires_at
                )
            )
            rotated = await affected(db, rotate)
            this = delete(Session).where(Session.id == session.id)
            # A logout at the same moment leaves nothing to end, and is no reuse.
            reused = not rotated and await affected(db, this)
        # Only here has the end of a reused session been committed.
        where = {"user_id": str(user.id), "session_id": str(session.id)}
        if reused:
            audit.warning("refresh_token_reused", **where)
        if not rotated:
            raise InvalidRefreshToken
        audit.info("refreshed", **where)
        return user, Grant(user.id, session.id, fields, str(successor), expires_at)

    async def end(self, session_id: UUID, user_id: UUID) -> bool:
        """End a session of this user. Whether there was one."""
        async with self._database.transaction() as db:
            own = delete(Session).where(Session.id == session_id, Session.user_id == user_id)
            ended = bool(await affected(db, own))
        if ended:
            audit.info("session_ended", user_id=str(user_id), session_id=str(session_id))
        return ended

    async def end_by_refresh_token(self, text: str) -> None:
        """End the session that a refresh token, also a used one, belongs to, if it still lives."""
        token = RefreshToken.parse(text)
        async with self._database.transaction() as db:
            ended = await db.execute(
                delete(Session)
                .where(Session.family_hash == token.family_hash)
                .returning(Session.id, Session.user_id)
            )
            row = ended.one_or_none()
        if row:
            audit.info("session_ended", user_id=str(row.user_id), session_id=str(row.id))

    async def end_all(self, user_id: UUID) -> int:
        """End all sessions of a user. How many there were."""
        async with self._database.transaction() as db:
            own = delete(Session).where(Session.user_id == user_id)
            ended = await affected(db, own)
        audit.info("all_sessions_ended", user_id=str(user_id), count=ended)
        return ended

    async def of_user(self, user_id: UUID) -> Sequence[Session]:
        """Return the live sessions of a user, the newest first."""
        live = Session.user_id == user_id, Session.expires_at > utc_now()
        async with self._database.reading() as db:
            newest_first = select(Session).where(*live).order_by(Session.created_at.desc())
            return (await db.scalars(newest_first)).all()

    async def purge(self) -> int:
        """Delete expired sessions, one batch. How many there were."""
        expired = select(Session.id).where(Session.expires_at <= utc_now()).limit(PURGE_BATCH)
        async with self._database.transaction() as db:
            return await affected(db, delete(Session).where(Session.id.in_(expired)))
