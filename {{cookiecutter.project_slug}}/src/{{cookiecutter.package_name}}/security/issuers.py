"""Keys of foreign issuers: fetched, kept, and fetched again when a new one turns up."""

import asyncio
import math
import ssl
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import httpx
import jwt
import msgspec
import structlog
from litestar.exceptions import ServiceUnavailableException

from ..settings import ForeignIssuer, Settings
from .keys import UnknownKey, VerificationKey

FETCH_TIMEOUT = 5
"""Seconds from connecting to the last byte."""
MAX_SET_SIZE = 256 * 1024
"""Bytes of a JWK set."""
MAX_AGE = 3600
"""Seconds after which keys are fetched again, so that a key that the issuer withdrew goes."""

KEY_TYPES = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Algorithm to key type and curve (RFC 7518 section 6, RFC 8037 section 2)."""

logger = structlog.get_logger(__name__)


class UnusableSet(Exception):
    """What an issuer sent is not a JWK set."""


class JwkSet(msgspec.Struct):
    """A JWK set (RFC 7517 section 5)."""

    keys: list[dict[str, Any]]


class Jwk(msgspec.Struct):
    """The members that decide whether a key is used (RFC 7517 section 4)."""

    kty: str
    kid: str
    crv: str | None = None
    alg: str | None = None
    use: Literal["sig"] = "sig"
    d: None = None
    """The private half, which nobody publishes on purpose."""


_read_set = msgspec.json.Decoder(JwkSet).decode


class RemoteKeys:
    """The keys in one issuer's JWK set.

    Requests whose key is known never wait for the issuer. Those that name another key share one
    fetch, at most once in a cool-down.
    """

    def __init__(self, issuer: str, config: ForeignIssuer, settings: Settings) -> None:
        self._issuer = issuer
        self._config = config
        self._cool_down = settings.issuer_keys_cool_down
        self._max_age = settings.issuer_keys_max_age
        self._keys: dict[str, VerificationKey] = {}
        self._fetched_at = -math.inf
        self._next_attempt = -math.inf
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> VerificationKey:
        """Return the issuer's key with exactly this id, fetching the set if it is not known yet.

        Raises:
            UnknownKey: the issuer has no such key.
            ServiceUnavailableException: its keys could not be fetched for too long.
        """
        fetching = self._renew(now=kid not in self._keys or self._outdated)
        if fetching and (kid not in self._keys or self._outdated):
            # Other requests wait for it as well: it goes on when this one is given up.
            await asyncio.shield(fetching)
        if self._outdated:
            raise ServiceUnavailableException(
                "The keys of the token's issuer cannot be fetched at the moment",
                headers={"Retry-After": str(max(1, self._cool_down))},
            )
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def holds(self, key: VerificationKey) -> bool:
        """Return True while the issuer publishes the key."""
        self._renew()
        return not self._outdated and self._keys.get(key.kid) is key

    async def close(self) -> None:
        """Give up fetching."""
        if self._fetching and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    @property
    def _outdated(self) -> bool:
        return monotonic() >= self._fetched_at + self._max_age

    def _renew(self, *, now: bool = False) -> asyncio.Task[None] | None:
        """Fetch the keys, if it is time for it or asked for. Return the fetch under way, if any."""
        clock = monotonic()
        if self._fetching and not self._fetching.done():
            return self._fetching
        due = now or clock >= self._fetched_at + min(MAX_AGE, self._max_age / 2)
        if not due or clock < self._next_attempt:
            return None
        self._next_attempt = clock + self._cool_down
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                published = _usable_keys(await self._read(), self._config.algorithms)
        except (
            OSError,
            httpx.HTTPError,
            httpx.InvalidURL,
            msgspec.MsgspecError,
            RecursionError,
            UnicodeDecodeError,
            UnusableSet,
        ) as error:
            logger.warning("issuer_keys_not_fetched", issuer=self._issuer, error=repr(error))
            return
        if not published:
            logger.warning("issuer_has_no_usable_key", issuer=self._issuer)
        # A key that has not changed stays the same object: tokens that it verified are remembered.
        known = self._keys
        self._keys = {
            kid: known[kid] if known.get(kid) == key else key for kid, key in published.items()
        }
        self._fetched_at = monotonic()

    async def _read(self) -> bytes:
        source = self._config.jwks or ""
        if not source.startswith(("https://", "http://")):
            return await asyncio.to_thread(Path(source).read_bytes)
        # Not compressed, so that the limit holds for what is kept in memory.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with (
            httpx.AsyncClient(verify=_trust(), follow_redirects=False) as client,
            client.stream("GET", source, headers=headers) as response,
        ):
            response.raise_for_status()
            document = bytearray()
            async for octets in response.aiter_raw():
                document += octets
                if len(document) > MAX_SET_SIZE:
                    raise UnusableSet(f"more than {MAX_SET_SIZE} bytes")
        return bytes(document)


@cache
def _trust() -> ssl.SSLContext:
    """Return the machine's own list of certificate authorities, where a company adds its own."""
    return ssl.create_default_context()


def _usable_keys(document: bytes, algorithms: tuple[str, ...]) -> dict[str, VerificationKey]:
    """Return the public signing keys of allowed algorithms by their id. All else is passed over.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: the document is not a JWK set.
    """
    keys = (_usable_key(members, algorithms) for members in _read_set(document.decode()).keys)
    return {key.kid: key for key in keys if key}


def _usable_key(members: dict[str, Any], algorithms: tuple[str, ...]) -> VerificationKey | None:
    try:
        jwk = msgspec.convert(members, Jwk)
        for algorithm in algorithms:
            if KEY_TYPES[algorithm] == (jwk.kty, jwk.crv) and jwk.alg in {None, algorithm}:
                return VerificationKey.of(jwt.PyJWK(members, algorithm).key, algorithm, jwk.kid)
    except (msgspec.ValidationError, jwt.PyJWTError, LookupError, TypeError, ValueError):
        return None
    return None
