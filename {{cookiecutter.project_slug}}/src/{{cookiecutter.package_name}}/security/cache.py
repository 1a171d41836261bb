"""Tokens whose signature and claims were found good, so that this is not done for each request.

Only the verification is remembered, never who the user is: user and session are read from the
database every time.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from .tokens import AppToken


class VerifiedTokens:
    """Verified tokens by the digest of their encoded form; the oldest makes room for the newest."""

    def __init__(self, size: int, leeway: timedelta) -> None:
        """Make room for `size` tokens; 0 turns the cache off."""
        self._size = size
        self._leeway = leeway
        self._tokens: dict[bytes, AppToken] = {}

    def get(self, encoded_token: str) -> AppToken | None:
        """Return the token, unless it is unknown here or has expired since."""
        token = self._tokens.get(_digest(encoded_token))
        if token and token.exp + self._leeway > datetime.now(UTC):
            return token
        return None

    def put(self, encoded_token: str, token: AppToken) -> None:
        if not self._size:
            return
        if len(self._tokens) >= self._size:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[_digest(encoded_token)] = token

    def clear(self) -> None:
        self._tokens.clear()


def _digest(encoded_token: str) -> bytes:
    return sha256(encoded_token.encode()).digest()
