"""What may be done with accounts. No HTTP in here."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..database import Database, affected
from ..security.passwords import Passwords
from ..security.throttle import Throttle
from ..settings import Settings
from .decoys import Decoys
from .errors import (
    AccountGone,
    EmailTaken,
    IdentityTaken,
    NoPassword,
    NoSuchUser,
    SessionEnded,
    WrongCredentials,
    WrongPassword,
)
from .models import Identity, Session, User

MAX_WRONG_PASSWORDS = 5
"""In a row, where the current one has to be confirmed: then the session ends."""

audit = structlog.get_logger("audit")


class Accounts:
    """Accounts in the database. Each method is one transaction; no password is hashed in one."""

    def __init__(self, database: Database, settings: Settings, throttle: Throttle) -> None:
        self._database = database
        self._passwords = Passwords(settings)
        self._decoys = Decoys(database, self._passwords, settings)
        self._throttle = throttle

    async def register(
        self, email: str, name: str, password: str | None, fields: Mapping[str, Any] | None = None
    ) -> User:
        """Create an account.

        Args:
            email: in lower case.
            password: None for an account without one. Only an operator creates these.
            fields: token fields, of their types. Only an operator gives them.

        Raises:
            WeakPassword: the password will not do.
            EmailTaken: another account has the address.
        """
        password_hash = None
        if password is not None:
            password_hash = await self._passwords.accept(password, [email, name])
        user = User(email=email, name=name, password_hash=password_hash, **(fields or {}))
        try:
            async with self._database.transaction() as db:
                db.add(user)
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
        decoy = await self._decoys.hash_for(email)
        async with self._database.reading() as db:
            user = await db.scalar(select(User).where(User.email == email))
        password_hash = user.password_hash if user else None
        matches = await self._passwords.verify(password_hash or decoy, password)
        if user is None or user.password_hash is None or not matches or not user.is_active:
            audit.warning("login_failed", user_id=str(user.id) if user else None, client=address)
            raise WrongCredentials
        await self._throttle.succeeded(email)
        if self._passwords.needs_rehash(user.password_hash):
            user = await self._rehash(user, password)
        return user

    async def rename(self, user_id: UUID, name: str) -> User:
        """Change a user's name.

        Raises:
            AccountGone: the account has been deleted or deactivated.
        """
        async with self._database.transaction() as db:
            user = await _lock_callers(db, user_id)
            user.name = name
        return user

    async def change_password(
        self, user_id: UUID, current: str, new: str, session_id: UUID | None, address: str
    ) -> None:
        """Set a new password and end all sessions but the caller's.

        Raises:
            WrongPassword: `current` is not the current one.
            SessionEnded: there were too many wrong passwords.
            NoPassword: the account has none.
            AccountGone: the account has been deleted or deactivated.
            WeakPassword: `new` will not do.
            Throttled, ThrottleUnavailable: as for a login.
        """
        confirmed = await self._confirm(user_id, current, session_id, address)
        new_hash = await self._passwords.accept(new, [confirmed.email, confirmed.name])
        async with self._database.transaction() as db:
            user = await _lock_callers(db, user_id, confirmed)
            user.password_hash = new_hash
            others = delete(Session).where(Session.user_id == user_id)
            if session_id:
                others = others.where(Session.id != session_id)
            await db.execute(others)
        audit.info("password_changed", user_id=str(user_id))

    async def delete(
        self, user_id: UUID, password: str, session_id: UUID | None, address: str
    ) -> None:
        """Delete an account with all that belongs to it.

        Raises:
            WrongPassword: it is not the current one.
            SessionEnded: there were too many wrong passwords.
            NoPassword: the account has none.
            AccountGone: the account has been deleted or deactivated.
            Throttled, ThrottleUnavailable: as for a login.
        """
        confirmed = await self._confirm(user_id, password, session_id, address)
        async with self._database.transaction() as db:
            user = await _lock_callers(db, user_id, confirmed)
            await db.delete(user)
        audit.info("deleted", user_id=str(user_id))

    async def everyone(self) -> Sequence[User]:
        """Return all accounts, the oldest first."""
        async with self._database.reading() as db:
            return (await db.scalars(select(User).order_by(User.created_at))).all()

    async def find(self, email: str) -> User:
        """Return the account with this address.

        Raises:
            NoSuchUser: nobody has it.
        """
        async with self._database.reading() as db:
            user = await db.scalar(_by_email(email))
        if user is None:
            raise NoSuchUser
        return user

    async def set_fields(self, user_id: UUID, fields: Mapping[str, Any]) -> User:
        """Set token fields, which count from the user's next login or refresh on.

        Raises:
            NoSuchUser: the account has been deleted.
        """
        async with self._database.transaction() as db:
            user = await _lock(db, user_id)
            await db.execute(update(User).where(User.id == user.id).values(**fields))
            await db.refresh(user)
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
        async with self._database.transaction() as db:
            user = await _lock_by_email(db, email)
            user.password_hash = password_hash
            await db.execute(delete(Session).where(Session.user_id == user.id))
        await self._throttle.succeeded(user.email)
        audit.info("password_set", user_id=str(user.id))

    async def set_active(self, email: str, *, active: bool) -> User:
        """Let a user in again, or end their sessions and let them in no more.

        Raises:
            NoSuchUser: nobody has the address.
        """
        async with self._database.transaction() as db:
            user = await _lock_by_email(db, email)
            user.is_active = active
            if not active:
                await db.execute(delete(Session).where(Session.user_id == user.id))
        audit.info("activated" if active else "deactivated", user_id=str(user.id))
        return user

    async def remove(self, email: str) -> None:
        """Delete an account with all that belongs to it.

        Raises:
            NoSuchUser: nobody has the address.
        """
        async with self._database.transaction() as db:
            user = await _lock_by_email(db, email)
            await db.delete(user)
        audit.info("deleted", user_id=str(user.id))

    async def link(
        self, user_id: UUID, issuer: str, subject: str, *, keep_password: bool = False
    ) -> None:
        """Let tokens of a foreign issuer about this subject act for the user.

        The account may have been registered by somebody else, with the user's address: so its
        sessions end, and its password is removed unless it is to be kept.

        Raises:
            NoSuchUser: the account has been deleted.
            IdentityTaken: the subject acts for somebody already.
        """
        try:
            async with self._database.transaction() as db:
                user = await _lock(db, user_id)
                db.add(Identity(issuer=issuer, subject=subject, user_id=user_id))
                if not keep_password:
                    user.password_hash = None
                await db.execute(delete(Session).where(Session.user_id == user_id))
        except IntegrityError as error:
            raise IdentityTaken from error
        audit.info(
            "identity_linked", user_id=str(user_id), issuer=issuer, password_kept=keep_password
        )

    async def unlink(self, issuer: str, subject: str) -> bool:
        """Undo a link. Whether there was one."""
        async with self._database.transaction() as db:
            gone = delete(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
            unlinked = bool(await affected(db, gone))
        if unlinked:
            audit.info("identity_unlinked", issuer=issuer)
        return unlinked

    async def _confirm(
        self, user_id: UUID, password: str, session_id: UUID | None, address: str
    ) -> User:
        async with self._database.reading() as db:
            user = await db.get(User, user_id)
        if user is None:
            raise AccountGone
        if user.password_hash is None:
            raise NoPassword
        # Not as a login: a stranger's wrong logins would keep the owner from acting.
        await self._throttle.confirmation(address, None if session_id else user_id)
        count = await self._count_password(user_id, session_id) if session_id else 0
        if not await self._passwords.verify(user.password_hash, password):
            audit.warning("password_not_confirmed", user_id=str(user_id), client=address)
            if session_id and count == MAX_WRONG_PASSWORDS:
                await self._end_guessing(user_id, session_id)
            raise WrongPassword
        async with self._database.transaction() as db:
            right = update(Session).where(Session.id == session_id).values(wrong_passwords=0)
            await db.execute(right)
        return user

    async def _count_password(self, user_id: UUID, session_id: UUID) -> int:
        """Count a password as wrong before it is verified, so that parallel ones count too.

        Raises:
            SessionEnded: there are too many already.
        """
        async with self._database.transaction() as db:
            count: int | None = await db.scalar(
                update(Session)
                .where(Session.id == session_id, Session.wrong_passwords < MAX_WRONG_PASSWORDS)
                .values(wrong_passwords=Session.wrong_passwords + 1)
                .returning(Session.wrong_passwords)
            )
        return count or await self._end_guessing(user_id, session_id)

    async def _end_guessing(self, user_id: UUID, session_id: UUID) -> NoReturn:
        async with self._database.transaction() as db:
            ended = await affected(db, delete(Session).where(Session.id == session_id))
        if ended:
            where = {"user_id": str(user_id), "session_id": str(session_id)}
            audit.warning("session_ended", **where, reason="wrong passwords")
        raise SessionEnded

    async def _rehash(self, user: User, password: str) -> User:
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as db:
            latest = await db.get(User, user.id, with_for_update=True)
            if latest is None or latest.password_hash is None:
                raise WrongCredentials
            current = latest.password_hash
            if current == user.password_hash:
                latest.password_hash = password_hash
        # Another login of theirs may have renewed the hash first, or the password is another now.
        if current != user.password_hash and not await self._passwords.verify(current, password):
            raise WrongCredentials
        return latest


async def lock_active(db: AsyncSession, user_id: UUID) -> User | None:
    """Return the user, if active, as nobody else can change them until the transaction ends."""
    user = await db.get(User, user_id, with_for_update=True)
    return user if user and user.is_active else None


async def _lock_callers(db: AsyncSession, user_id: UUID, confirmed: User | None = None) -> User:
    """Return the caller's account, locked until the transaction ends.

    Args:
        confirmed: the account when the current password was found to be right.

    Raises:
        AccountGone: it has been deleted or deactivated.
        WrongPassword: the password has been changed since.
    """
    user = await lock_active(db, user_id)
    if user is None:
        raise AccountGone
    if confirmed and user.password_hash != confirmed.password_hash:
        raise WrongPassword
    return user


async def _lock(db: AsyncSession, user_id: UUID) -> User:
    user = await db.get(User, user_id, with_for_update=True)
    if user is None:
        raise NoSuchUser
    return user


async def _lock_by_email(db: AsyncSession, email: str) -> User:
    user = await db.scalar(_by_email(email).with_for_update())
    if user is None:
        raise NoSuchUser
    return user


def _by_email(email: str) -> Select[User]:
    return select(User).where(User.email == email.lower())
