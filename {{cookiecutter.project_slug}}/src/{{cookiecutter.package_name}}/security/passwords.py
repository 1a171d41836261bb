"""Passwords: Argon2id, off the event loop, a bounded number at once; and which ones to take."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar
from unicodedata import normalize

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from ..settings import Settings
from .strength import weakness

T = TypeVar("T")

PREFIX = "$argon2id$"
"""What every hash begins with."""

MIN_SCORE = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses by somebody who knows what people choose."""


class WeakPassword(Exception):
    """The password is short, common, or made of what everybody knows about the user."""


class Passwords:
    """Hashes and verifies passwords with the parameters of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._min_length = settings.password_min_length
        self._service = settings.openapi_title
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_iterations,
            memory_cost=settings.argon2_memory_kib,
            parallelism=settings.argon2_parallelism,
        )
        self._hashing = CapacityLimiter(settings.hashing_threads)
        self._judging = CapacityLimiter(1)
        self.prefix = (
            f"{PREFIX}v={ARGON2_VERSION}$m={settings.argon2_memory_kib},"
            f"t={settings.argon2_iterations},p={settings.argon2_parallelism}"
        )
        """What a new hash begins with."""

    async def accept(self, password: str, about_the_user: Sequence[str]) -> str:
        """Return the hash of a password that somebody has chosen.

        Args:
            about_the_user: address and name, which are no secrets.

        Raises:
            WeakPassword: NIST SP 800-63B-4 section 3.1.1.2 rules it out.
        """
        if len(password) < self._min_length:
            raise WeakPassword(f"Use at least {self._min_length} characters")
        known = [self._service, *about_the_user]
        judge = partial(weakness, password, MIN_SCORE, known)
        if reason := await anyio.to_thread.run_sync(judge, limiter=self._judging):
            raise WeakPassword(reason)
        return await self.hash(password)

    async def hash(self, password: str) -> str:
        """Return the hash of a password, however easy to guess."""
        return await self._in_thread(partial(self._hasher.hash, _canonical(password)))

    async def verify(self, password_hash: str, password: str) -> bool:
        """Return True if the password is the one that was hashed."""
        return await self._in_thread(partial(self._verify, password_hash, password))

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters."""
        return self._hasher.check_needs_rehash(password_hash)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(work, limiter=self._hashing)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _canonical(password))
        except (VerificationError, InvalidHashError):
            return False


def _canonical(password: str) -> str:
    """Return what two keyboards agree on that write one character in two ways."""
    return normalize("NFC", password)
