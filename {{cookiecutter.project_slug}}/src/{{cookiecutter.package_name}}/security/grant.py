"""What a login or a refresh grants. Its tokens are issued from it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ..token_fields import TokenFields


@dataclass(frozen=True, slots=True)
class Grant:
    """Access to a session for its user, with the token fields that they have now."""

    user_id: UUID
    session_id: UUID
    fields: TokenFields
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
