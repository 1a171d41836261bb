"""The tables: users, their sessions, and their identities at foreign issuers."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base, UtcDateTime
from ..token_fields import TokenFieldColumns, TokenFields
from .errors import MissingTokenField


def utc_now() -> datetime:
    return datetime.now(UTC)


class User(TokenFieldColumns, Base):
    """A person with an account, and the token fields that an operator has set."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(), unique=True)
    """Lower case: so that no two differ in their case alone."""
    name: Mapped[str] = mapped_column(String())
    password_hash: Mapped[str | None] = mapped_column(String())
    """None: the user cannot log in here, but may with a token of a foreign issuer."""
    is_active: Mapped[bool] = mapped_column(Boolean(), default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now, onupdate=utc_now)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)


def token_fields_of(user: User) -> TokenFields:
    """Return what a token says about this user.

    Raises:
        MissingTokenField: a required field has not been set.
    """
    try:
        return msgspec.convert(user, TokenFields, from_attributes=True)
    except msgspec.ValidationError as error:
        raise MissingTokenField from error


class Session(Base):
    """A login that has not ended. Its row is the truth: no row, no access."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
    """The `sid` of its access tokens."""
    user_id: Mapped[UUID] = mapped_column(
        Uuid(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    family_hash: Mapped[bytes] = mapped_column(LargeBinary(), unique=True)
    """SHA-256 of the part that all refresh tokens of the session share."""
    refresh_hash: Mapped[bytes] = mapped_column(LargeBinary())
    """SHA-256 of the part that only the latest refresh token has."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    """When it was last refreshed."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    """When it ends unless it is refreshed."""
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    """When it ends in any case."""
    client: Mapped[str] = mapped_column(String())
    """What the client said it is (`User-Agent`), for the person to recognise it by."""
    wrong_passwords: Mapped[int] = mapped_column(Integer(), server_default="0")
    """In a row, where the current password has to be confirmed."""


class Identity(Base):
    """Who a user is at a foreign issuer. A subject is unique only within its issuer."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(), primary_key=True)
    subject: Mapped[str] = mapped_column(String(), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        Uuid(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
