"""The user on whose behalf a request is made."""

from datetime import datetime
from uuid import UUID

import msgspec


class Principal(msgspec.Struct, frozen=True):
    """`request.user`."""

    id: UUID
    email: str
    name: str
    created_at: datetime
    updated_at: datetime
    session_id: UUID | None
    """None: the token is of a foreign issuer."""
