"""Hashes for logins to accounts that do not exist: a wrong one takes as long there as anywhere."""

import asyncio
import math
import secrets
from base64 import b64encode
from bisect import bisect
from hashlib import sha256
from hmac import digest
from itertools import accumulate
from time import monotonic

from sqlalchemy import func, select

from ..database import Database
from ..security.key_store import decoy_key
from ..security.passwords import PREFIX, Passwords
from ..settings import Settings
from .models import User

MAX_AGE = 60
"""Seconds for which the parameters of the stored hashes are remembered."""

SAMPLE = 10_000
"""Accounts that are read for it, so that a large table does not keep logins waiting."""

SALT, HASH = 16, 32
"""Bytes, as argon2-cffi makes them."""
ENDING = "".join("$" + "_" * math.ceil(length * 4 / 3) for length in (SALT, HASH))
"""What a hash has behind its parameters, as a pattern of LIKE."""


class Decoys:
    """Draws parameters as the stored hashes have them.

    After a change of the settings, accounts keep hashes with the earlier parameters until their
    next login. If an unknown email address always took the new ones, the time would tell who has
    an account.
    """

    def __init__(self, database: Database, passwords: Passwords, settings: Settings) -> None:
        self._database = database
        self._passwords = passwords
        self._settings = settings
        self._key = b""
        self._prefixes: list[str] = []
        self._totals: list[int] = []
        self._read_at = -math.inf
        self._reading = asyncio.Lock()

    async def hash_for(self, email: str) -> str:
        """Return a hash that no password has. An address always gets the same parameters.

        Every login asks for one, whether or not it needs it, so that the time says nothing. The
        draw is keyed, or anybody could compute what an address gets while it has no account.
        """
        async with self._reading:
            if monotonic() >= self._read_at + MAX_AGE:
                await self._read()
        prefix = self._passwords.prefix
        if self._prefixes:
            self._key = self._key or decoy_key(self._settings)
            number = int.from_bytes(digest(self._key, email.encode(), sha256))
            # In proportion, and not modulo the total: one more account moves next to no address.
            prefix = self._prefixes[bisect(self._totals, number * self._totals[-1] >> 256)]
        random = (secrets.token_bytes(length) for length in (SALT, HASH))
        return "$".join([prefix, *(b64encode(part).rstrip(b"=").decode() for part in random)])

    async def _read(self) -> None:
        # Ids are random, so those that come first are a fair sample.
        sample = select(User.password_hash).order_by(User.id).limit(SAMPLE).subquery()
        stored_hash = sample.c.password_hash
        prefix = func.substr(stored_hash, 1, func.length(stored_hash) - len(ENDING))
        stored = (
            select(prefix, func.count())
            .where(stored_hash.like(f"{PREFIX}%{ENDING}"))
            .group_by(prefix)
            .order_by(prefix)
        )
        async with self._database.reading() as db:
            rows = (await db.execute(stored)).all()
        self._prefixes = [row[0] for row in rows]
        self._totals = list(accumulate(row[1] for row in rows))
        self._read_at = monotonic()
