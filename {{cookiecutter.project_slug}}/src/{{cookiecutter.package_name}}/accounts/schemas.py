"""What goes in, validated by pydantic, and what comes out, plain and quick to serialise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    StringConstraints,
)

from ..token_fields import TokenFields, field_values
from .models import Session, User
from .users import Principal

ONE_LINE_OF_TEXT = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$"
"""No control characters, and something to be seen."""

MAX_PASSWORD_LENGTH = 256
"""Characters. A bound for the hash function's work, far above any passphrase."""


def _bare(value: object) -> object:
    """Refuse what pydantic alone takes: a name before the address, and a local part too long."""
    if isinstance(value, str):
        try:
            validate_email(value.strip(), check_deliverability=False, strict=True)
        except EmailNotValidError as error:
            raise ValueError(str(error)) from error
    return value


Email = Annotated[EmailStr, BeforeValidator(_bare), AfterValidator(str.lower)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=100, pattern=ONE_LINE_OF_TEXT)
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PASSWORD_LENGTH)]


class Input(BaseModel):
    """A request's body: every member known."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Registration(Input):
    email: Email
    name: Name
    password: Password


class Credentials(Input):
    email: Email
    password: Password


{% if cookiecutter.auth_backend in ("header", "oauth2") %}
class RefreshRequest(Input):
    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=256)]


{% endif %}
class ProfileChange(Input):
    name: Name


class PasswordChange(Input):
    current_password: Password
    new_password: Password


class Deletion(Input):
    current_password: Password


@dataclass(kw_only=True)
class Profile:
    """A user as they see themselves."""

    id: UUID
    email: str
    name: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, user: User | Principal, /, **fields: Any) -> Self:
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            created_at=user.created_at,
            updated_at=user.updated_at,
            **fields,
        )


@dataclass(kw_only=True)
class Me(TokenFields, Profile):
    """A user who is logged in, with the fields of their token."""

    @classmethod
    def of_token(cls, user: User | Principal, fields: TokenFields) -> Self:
        return cls.of(user, **field_values(fields))


@dataclass(kw_only=True)
class SessionInfo:
    """One of the caller's sessions."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    client: str
    current: bool

    @classmethod
    def of(cls, session: Session, current: UUID | None) -> Self:
        return cls(
            id=session.id,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            client=session.client,
            current=session.id == current,
        )
