"""Keys of foreign issuers: fetched, kept, and fetched again when a new one turns up."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import structlog
from litestar.exceptions import ServiceUnavailableException

from ..settings import ForeignIssuer
from .keys import UnknownKey, VerificationKey

FETCH_TIMEOUT = 5
"""Seconds."""
MAX_AGE = 3600
"""Seconds after which keys are fetched anew, so that a key that the issuer withdrew goes."""

KEY_TYPES = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""Algorithm to key type and curve (RFC 7518 section 6, RFC 8037 section 2)."""

MIN_RSA_BITS = 2048

logger = structlog.get_logger(__name__)


class RemoteKeys:
    """The keys in one issuer's JWK set (RFC 7517 section 5)."""

    def __init__(
        self,
        issuer: str,
        config: ForeignIssuer,
        cool_down: timedelta,
        on_change: Callable[[], None],
    ) -> None:
        self._issuer = issuer
        self._config = config
        self._cool_down = cool_down.total_seconds()
        self._on_change = on_change
        self._keys: dict[str, VerificationKey] | None = None
        self._fetched_at = 0.0
        self._next_attempt = 0.0
        self._fetching = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> VerificationKey:
        """Return the issuer's key with exactly this id, fetching the set if it is not known yet.

        Raises:
            UnknownKey: the issuer has no such key.
            ServiceUnavailableException: its keys have never been had so far.
        """
        if self._keys is None or kid not in self._keys:
            await self._fetch()
        elif time.monotonic() > self._fetched_at + MAX_AGE and self._may_fetch():
            self._renewal = asyncio.create_task(self._fetch())
        if self._keys is None:
            raise ServiceUnavailableException(
                "The keys of the token's issuer cannot be fetched at the moment",
                headers={"Retry-After": str(max(1, round(self._cool_down)))},
            )
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def _may_fetch(self) -> bool:
        return time.monotonic() >= self._next_attempt

    async def _fetch(self) -> None:
        async with self._fetching:
            if not self._may_fetch():
                return
            self._next_attempt = time.monotonic() + self._cool_down
            try:
                self._keys = await asyncio.to_thread(_read_keys, self._config)
            except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
                logger.warning("issuer_keys_not_fetched", issuer=self._issuer, error=str(error))
            else:
                self._fetched_at = time.monotonic()
                self._on_change()


def _read_keys(config: ForeignIssuer) -> dict[str, VerificationKey]:
    source = config.jwks or ""
    if source.startswith(("https://", "http://")):
        client = jwt.PyJWKClient(source, cache_jwk_set=False, timeout=FETCH_TIMEOUT)
        document = client.fetch_data()
    else:
        document = json.loads(Path(source).read_bytes())
    keys = [_usable(jwk, config.algorithms) for jwk in document["keys"]]
    return {key.kid: key for key in keys if key}


def _usable(jwk: dict[str, Any], algorithms: tuple[str, ...]) -> VerificationKey | None:
    """Return a public signing key of an allowed algorithm, or None for any other entry."""
    kind = (jwk.get("kty"), jwk.get("crv"))
    algorithm = next(
        (name for name in algorithms if KEY_TYPES[name] == kind and jwk.get("alg", name) == name),
        None,
    )
    kid = jwk.get("kid")
    if (
        algorithm is None
        or not isinstance(kid, str)
        or "d" in jwk
        or jwk.get("use", "sig") != "sig"
    ):
        return None
    try:
        material = jwt.PyJWK(jwk, algorithm).key
    except jwt.PyJWTError:
        return None
    if getattr(material, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and kind[0] == "RSA":
        return None
    return VerificationKey(kid, algorithm, material)
