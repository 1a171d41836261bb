"""What may be done with accounts. No HTTP in here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Database, affected
from ..security.passwords import Passwords
from ..security.throttle import Throttle
from ..security.tokens import TokenFields
from .models import Identity, Session, User

audit = structlog.get_logger("audit")


class EmailTaken(Exception):
    """Another account has this address."""


class WrongCredentials(Exception):
    """No active account has this address and this password. Which of it is wrong is not told."""


class WrongPassword(Exception):
    """The current password, asked for once more, is wrong."""


class NoSuchUser(Exception):
    """No account has this address."""


class IdentityTaken(Exception):
    """The subject of that issuer is linked to an account already."""


class MissingTokenField(Exception):
    """The account lacks a required token field, which an operator has to set."""


class Accounts:
    """Accounts in the database. Each method is one transaction; no password is hashed in one."""

    def __init__(self, database: Database, passwords: Passwords, throttle: Throttle) -> None:
        self._database = database
        self._passwords = passwords
        self._throttle = throttle

    async def register(
        self, email: str, name: str, password: str, fields: Mapping[str, Any] | None = None
    ) -> User:
        """Create an account.

        Args:
            email: in lower case.
            fields: token fields, of their types. Only an operator gives them.

        Raises:
            WeakPassword: the password will not do.
            EmailTaken: another account has the address.
        """
        password_hash = await self._passwords.accept(password, [email, name])
        user = User(email=email, name=name, password_hash=password_hash, **(fields or {}))
        try:
            async with self._database.transaction() as session:
                session.add(user)
        except IntegrityError as error:
            raise EmailTaken from error
        audit.info("registered", user_id=str(user.id))
        return user

    async def authenticate(self, email: str, password: str, address: str) -> User:
        """Return the account with this address and password, in the same time whatever is wrong.

        Args:
            email: in lower case.
            address: the client's IP address.

        Raises:
            Throttled: there were too many attempts.
            ThrottleUnavailable: the attempts cannot be counted.
            WrongCredentials: there is none, or it is not active.
        """
        await self._throttle.attempt(address, email)
        async with self._database.reading() as session:
            user = await session.scalar(select(User).where(User.email == email))
        matches = await self._passwords.verify(user.password_hash if user else None, password)
        if user is None or not matches or not user.is_active:
            audit.warning("login_failed", user_id=str(user.id) if user else None, client=address)
            raise WrongCredentials
        await self._throttle.succeeded(email)
        if self._passwords.needs_rehash(user.password_hash):
            user = await self._rehash(user, password)
        return user

    async def rename(self, user_id: UUID, name: str) -> User:
        """Change a user's name.

        Raises:
            WrongCredentials: the account has just been deleted.
        """
        async with self._database.transaction() as session:
            user = await session.get(User, user_id)
            if user is None:
                raise WrongCredentials
            user.name = name
        return user

    async def change_password(
        self, user_id: UUID, current: str, new: str, kept_session: UUID | None, address: str
    ) -> None:
        """Set a new password and end all sessions but one.

        Raises:
            WrongPassword: `current` is not the current one.
            WeakPassword: `new` will not do.
            Throttled, ThrottleUnavailable: as for a login.
        """
        user = await self._confirm(user_id, current, address)
        new_hash = await self._passwords.accept(new, [user.email, user.name])
        async with self._database.transaction() as session:
            unchanged = (User.id == user_id, User.password_hash == user.password_hash)
            new_password = update(User).where(*unchanged).values(password_hash=new_hash)
            if not await affected(session, new_password):
                raise WrongPassword
            others = delete(Session).where(Session.user_id == user_id)
            if kept_session:
                others = others.where(Session.id != kept_session)
            await session.execute(others)
        audit.info("password_changed", user_id=str(user_id))

    async def delete(self, user_id: UUID, password: str, address: str) -> None:
        """Delete an account with all that belongs to it.

        Raises:
            WrongPassword: it is not the current one.
            Throttled, ThrottleUnavailable: as for a login.
        """
        await self._confirm(user_id, password, address)
        async with self._database.transaction() as session:
            await session.execute(delete(User).where(User.id == user_id))
        audit.info("deleted", user_id=str(user_id))

    async def everyone(self) -> Sequence[User]:
        """Return all accounts, the oldest first."""
        async with self._database.reading() as session:
            return (await session.scalars(select(User).order_by(User.created_at))).all()

    async def find(self, email: str) -> User:
        """Return the account with this address.

        Raises:
            NoSuchUser: nobody has it.
        """
        async with self._database.reading() as session:
            return await _by_email(session, email)

    async def set_fields(self, email: str, fields: Mapping[str, Any]) -> User:
        """Set token fields, which count from the user's next login or refresh on.

        Raises:
            NoSuchUser: nobody has the address.
        """
        async with self._database.transaction() as session:
            user = await _by_email(session, email)
            await session.execute(update(User).where(User.id == user.id).values(**fields))
            await session.refresh(user)
        audit.info("token_fields_set", user_id=str(user.id), fields=list(fields))
        return user

    async def set_password(self, email: str, password: str) -> None:
        """Set a new password for somebody who forgot theirs, and end all their sessions.

        Raises:
            NoSuchUser: nobody has the address.
            WeakPassword: the password will not do.
        """
        user = await self.find(email)
        password_hash = await self._passwords.accept(password, [user.email, user.name])
        async with self._database.transaction() as session:
            user = await _by_email(session, email)
            user.password_hash = password_hash
            await session.execute(delete(Session).where(Session.user_id == user.id))
        await self._throttle.succeeded(user.email)
        audit.info("password_set", user_id=str(user.id))

    async def set_active(self, email: str, *, active: bool) -> User:
        """Let a user in again, or end their sessions and let them in no more.

        Raises:
            NoSuchUser: nobody has the address.
        """
        async with self._database.transaction() as session:
            user = await _by_email(session, email)
            user.is_active = active
            if not active:
                await session.execute(delete(Session).where(Session.user_id == user.id))
        audit.info("activated" if active else "deactivated", user_id=str(user.id))
        return user

    async def remove(self, email: str) -> None:
        """Delete an account with all that belongs to it.

        Raises:
            NoSuchUser: nobody has the address.
        """
        async with self._database.transaction() as session:
            user = await _by_email(session, email)
            await session.execute(delete(User).where(User.id == user.id))
        audit.info("deleted", user_id=str(user.id))

    async def link(self, email: str, issuer: str, subject: str) -> None:
        """Let tokens of a foreign issuer about this subject act for the user.

        Raises:
            NoSuchUser: nobody has the address.
            IdentityTaken: the subject acts for somebody already.
        """
        try:
            async with self._database.transaction() as session:
                user = await _by_email(session, email)
                session.add(Identity(issuer=issuer, subject=subject, user_id=user.id))
        except IntegrityError as error:
            raise IdentityTaken from error
        audit.info("identity_linked", user_id=str(user.id), issuer=issuer)

    async def unlink(self, issuer: str, subject: str) -> bool:
        """Undo a link. Whether there was one."""
        async with self._database.transaction() as session:
            gone = delete(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
            unlinked = bool(await affected(session, gone))
        if unlinked:
            audit.info("identity_unlinked", issuer=issuer)
        return unlinked

    async def _confirm(self, user_id: UUID, password: str, address: str) -> User:
        async with self._database.reading() as session:
            user = await session.get(User, user_id)
        if user is None:
            raise WrongCredentials
        # Whoever found an open session could otherwise try passwords here.
        await self._throttle.attempt(address, user.email)
        if not await self._passwords.verify(user.password_hash, password):
            audit.warning("password_not_confirmed", user_id=str(user_id), client=address)
            raise WrongPassword
        await self._throttle.succeeded(user.email)
        return user

    async def _rehash(self, user: User, password: str) -> User:
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            latest = await session.get(User, user.id, with_for_update=True)
            if latest is None or latest.password_hash != user.password_hash:
                raise WrongCredentials
            latest.password_hash = password_hash
        return latest


async def _by_email(session: AsyncSession, email: str) -> User:
    user = await session.scalar(select(User).where(User.email == email.lower()))
    if user is None:
        raise NoSuchUser
    return user


def token_fields(user: User) -> TokenFields:
    """Return what a token says about this user.

    Raises:
        MissingTokenField: a required field has not been set.
    """
    try:
        return msgspec.convert(user, TokenFields, from_attributes=True)
    except msgspec.ValidationError as error:
        raise MissingTokenField from error
