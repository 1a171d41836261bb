"""Tokens made by hand, byte by byte, so that a test can alter one thing and nothing else."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jwt import get_algorithm_by_name

from ..signing import ALGORITHM, KEY

ABSENT = object()
"""As the value of a member: leave it out."""


class Raw(str):
    """JSON text, to be written as it stands: also what no library would write."""


def to_json(members: Mapping[str, Any]) -> bytes:
    """Return a JSON object."""
    written = (
        f"{json.dumps(name)}:{value if isinstance(value, Raw) else json.dumps(value)}"
        for name, value in members.items()
        if value is not ABSENT
    )
    return b"{" + ",".join(written).encode() + b"}"


def encode(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def sign(
    header: Mapping[str, Any] | bytes,
    payload: Mapping[str, Any] | bytes,
    key: Any = KEY.material,
    algorithm: str = ALGORITHM,
) -> str:
    """Return a token with a good signature over whatever header and payload.

    Args:
        key: the app's own unless given.
        algorithm: what is really signed with, whatever the header says.
    """
    parts = [part if isinstance(part, bytes) else to_json(part) for part in (header, payload)]
    signed = ".".join(map(encode, parts))
    return f"{signed}.{encode(get_algorithm_by_name(algorithm).sign(signed.encode(), key))}"


@dataclass(frozen=True)
class Genuine:
    """A token that the app issued."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def read(cls, token: str) -> "Genuine":
        header, payload, _ = token.split(".")
        return cls(token, json.loads(decode(header)), json.loads(decode(payload)))

    def altered(
        self,
        *,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        key: Any = KEY.material,
        algorithm: str = ALGORITHM,
    ) -> str:
        """Return the token with some members changed, signed again with the app's own key."""
        return sign(
            {**self.header, **(header or {})}, {**self.claims, **(claims or {})}, key, algorithm
        )

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")
