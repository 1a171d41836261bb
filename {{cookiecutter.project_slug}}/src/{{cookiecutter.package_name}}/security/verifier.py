"""Verification of access tokens: which issuer a token claims, with which key that is checked."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from jwt.utils import base64url_decode
from litestar.exceptions import NotAuthorizedException

from ..settings import ForeignIssuer, Settings
from .cache import VerifiedTokens
from .issuers import RemoteKeys
from .keys import KeyRing, UnknownKey, VerificationKey
from .tokens import ACCESS_TOKEN_TYPE, AppToken, Verification

MAX_TOKEN_LENGTH = 8192
"""Characters. Header, cookie and hash function get no more than this to work on."""

INVALID = "The access token is not valid"

COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class UnverifiedHeader(msgspec.Struct):
    """What a token says of itself (RFC 7515 section 4). `jwk`, `jku`, `x5c`, `x5u` are not read."""

    alg: str
    kid: str
    typ: str | None = None


class UnverifiedClaims(msgspec.Struct):
    """What a token says of its origin, before anything is known about it."""

    iss: str | None = None


class KeySource(Protocol):
    async def find(self, kid: str) -> VerificationKey: ...


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """What a token of one issuer must be."""

    name: str | None
    """None: the issuer is not checked."""
    keys: KeySource
    typ: str | None
    """None: any."""
    required_claims: tuple[str, ...]
    own: bool = False
    """Whether it is this app: its tokens belong to a session, and `sub` is a user's id."""


class TokenVerifier:
    """Turns an encoded token into an `AppToken`, or refuses it."""

    def __init__(self, settings: Settings, keys: KeyRing) -> None:
        self._audiences = settings.accepted_audiences or None
        self._leeway = timedelta(seconds=settings.clock_skew_leeway)
        self._cache = VerifiedTokens(settings.verified_token_cache_size, self._leeway)
        checked = ("iss",) * bool(settings.issuer) + ("aud",) * bool(settings.audience)
        own = TrustedIssuer(
            settings.issuer,
            keys,
            ACCESS_TOKEN_TYPE,
            (*checked, "exp", "iat", "sub", "jti", "sid"),
            own=True,
        )
        self._trusted = {own.name: own}
        for name in settings.accepted_issuers[1:]:
            foreign = settings.foreign_issuers.get(name, ForeignIssuer())
            source: KeySource = keys
            if foreign.jwks:
                cool_down = timedelta(seconds=settings.issuer_keys_cool_down)
                source = RemoteKeys(name, foreign, cool_down, self._cache.clear)
            self._trusted[name] = TrustedIssuer(
                name, source, foreign.typ, (*checked, "exp", "iat", "sub")
            )

    async def verify(self, encoded_token: str) -> AppToken:
        """Return the verified token.

        Raises:
            NotAuthorizedException: it is not a valid access token.
            ServiceUnavailableException: its issuer's keys cannot be had.
        """
        if cached := self._cache.get(encoded_token):
            return cached
        header, claims = _read_unverified(encoded_token)
        token = await self._decode(encoded_token, header, self._issuer_of(claims))
        self._cache.put(encoded_token, token)
        return token

    async def verify_own(self, encoded_token: str) -> AppToken:
        """Return a token that this app issued, expired or not: to end its session.

        Raises:
            NotAuthorizedException: it is not one.
        """
        header, claims = _read_unverified(encoded_token)
        issuer = self._issuer_of(claims)
        if not issuer.own:
            raise NotAuthorizedException("A token of another issuer has no session here")
        return await self._decode(encoded_token, header, issuer, verify_exp=False)

    def _issuer_of(self, claims: UnverifiedClaims) -> TrustedIssuer:
        """Return the one issuer whose keys may verify the token."""
        issuer = self._trusted.get(claims.iss, self._trusted.get(None))
        if issuer is None:
            raise NotAuthorizedException(INVALID)
        return issuer

    async def _decode(
        self,
        encoded_token: str,
        header: UnverifiedHeader,
        issuer: TrustedIssuer,
        *,
        verify_exp: bool = True,
    ) -> AppToken:
        if issuer.typ is not None and _media_type(header.typ) != issuer.typ.lower():
            raise NotAuthorizedException(INVALID)
        try:
            key = await issuer.keys.find(header.kid)
        except UnknownKey as error:
            raise NotAuthorizedException(INVALID) from error
        token = AppToken.decode(
            encoded_token,
            secret=Verification(key, self._leeway),  # type: ignore[arg-type]
            algorithm=key.algorithm,
            issuer=issuer.name,
            audience=self._audiences,
            require_claims=issuer.required_claims,
            verify_exp=verify_exp,
        )
        if issuer.own and not (_is_uuid(token.sub) and _is_uuid(token.sid)):
            raise NotAuthorizedException(INVALID)
        return token


def _is_uuid(text: str | None) -> bool:
    try:
        UUID(text)
    except (TypeError, ValueError):
        return False
    return True


def _media_type(typ: str | None) -> str:
    return (typ or "").lower().removeprefix("application/")


def _read_unverified(encoded_token: str) -> tuple[UnverifiedHeader, UnverifiedClaims]:
    if len(encoded_token) > MAX_TOKEN_LENGTH or not COMPACT_JWS.fullmatch(encoded_token):
        raise NotAuthorizedException(INVALID)
    header, payload, _ = encoded_token.split(".")
    try:
        return (
            # What is not read is not decoded either: only as text is all of it seen to be UTF-8.
            msgspec.json.decode(base64url_decode(header).decode(), type=UnverifiedHeader),
            msgspec.json.decode(base64url_decode(payload).decode(), type=UnverifiedClaims),
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise NotAuthorizedException(INVALID) from error
