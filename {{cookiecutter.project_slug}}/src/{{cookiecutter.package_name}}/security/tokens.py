"""The access token: how it is signed, and how one is verified, from text to claims.

Read it downwards: `AppToken` is what handlers see, `EncodedToken` what clients send, `verify` the
way from one to the other, `TokenVerifier` what finds issuer and key and remembers the outcome.
"""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Protocol, Self, TypeVar
from uuid import UUID

import jwt
import msgspec
import structlog
from litestar.exceptions import ImproperlyConfiguredException, NotAuthorizedException
from litestar.security.jwt import Token
from litestar.security.jwt.token import JWTDecodeOptions
from msgspec import UNSET, UnsetType

from ..settings import ForeignIssuer, Settings
from ..token_fields import TokenFields, field_values
from .issuers import RemoteKeys
from .keys import KeyRing, SigningKey, UnknownKey, VerificationKey

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
"""RFC 9068 section 2.1: no other kind of JWT passes for an access token."""

MAX_TOKEN_LENGTH = 8192
"""Characters. Nothing longer is decoded."""

INVALID = "The access token is not valid"

logger = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class AppToken(TokenFields, Token):
    """An access token, of this app or of an accepted issuer."""

    sid: str | None = None
    """The session. Foreign tokens have none."""

    def __post_init__(self) -> None:
        # Litestar would refuse what expired this second or was issued in the next one. `verify`
        # checks that with a leeway.
        pass

    def encode(self, secret: str | SigningKey, algorithm: str) -> str:
        """Sign the token.

        Args:
            secret: the key, or a secret or PEM text as Litestar takes it.
            algorithm: of the key.

        Raises:
            ImproperlyConfiguredException: a claim has no JSON form, or the key cannot sign.
        """
        material: Any = secret
        headers = {"typ": ACCESS_TOKEN_TYPE}
        if isinstance(secret, SigningKey):
            material = secret.material
            headers["kid"] = secret.kid
        registered = {"iss", "aud", "jti", "sid"}
        try:
            claims = {
                name: value
                for name, value in msgspec.to_builtins(asdict(self)).items()
                if value is not None or name not in registered
            }
            claims |= {"exp": int(self.exp.timestamp()), "iat": int(self.iat.timestamp())}
            if not self.extras:
                del claims["extras"]
            return jwt.encode(claims, material, algorithm=algorithm, headers=headers)
        except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError) as error:
            raise ImproperlyConfiguredException("The token cannot be encoded") from error

    @classmethod
    def decode(
        cls,
        encoded_token: str,
        secret: str | SigningKey | VerificationKey,
        algorithm: str,
        audience: str | Sequence[str] | None = None,
        issuer: str | Sequence[str] | None = None,
        require_claims: Sequence[str] | None = None,
        verify_exp: bool = True,
        verify_nbf: bool = True,
        strict_audience: bool = False,
    ) -> Self:
        """Return a token whose signature and claims are good, as Litestar's `Token` does.

        Requests do not come by here: `TokenVerifier` calls the same `verify` for them.

        Args:
            secret: the key, or a secret or PEM text.
            strict_audience: take no list of audiences in a token.

        Raises:
            NotAuthorizedException: the token is not valid.
        """
        expected = Expected(
            issuers=_names(issuer),
            audiences=_names(audience),
            required=tuple(require_claims or ()),
            verify_exp=verify_exp,
            verify_nbf=verify_nbf,
            strict_audience=strict_audience,
        )
        try:
            key = VerificationKey.of(secret, algorithm)
            return verify(EncodedToken.read(encoded_token), key, expected, cls)
        except jwt.PyJWTError as error:
            raise NotAuthorizedException(INVALID) from error

    @classmethod
    def decode_payload(
        cls,
        encoded_token: str,
        secret: str | SigningKey | VerificationKey,
        algorithms: list[str],
        issuer: str | Sequence[str] | None = None,
        audience: str | Sequence[str] | None = None,
        options: JWTDecodeOptions | None = None,
    ) -> dict[str, Any]:
        """Return the claims of a token whose signature is good, adapted. They are checked after.

        An override is called for requests as well. It may change what `adapt_claims` may.

        Raises:
            jwt.InvalidTokenError: the text is not a token, or its signature is wrong.
        """
        token = EncodedToken.read(encoded_token)
        token.check_signature(VerificationKey.of(secret, algorithms[0]))
        return cls.adapt_claims(dict(token.payload))

    @classmethod
    def adapt_claims(cls, claims: dict[str, Any]) -> dict[str, Any]:
        """Adapt claims whose signature is good, before they are typed: this is the place for it.

        For example, `claims["plan"] = claims.pop("https://idp.example/plan", "free")`. What a
        token is trusted by stays as it was signed: `iss`, `aud`, `exp`, `sid`, `jti`, and `sub` in
        tokens of this app. A change of those, and whatever this raises, makes the token invalid:
        the response is 401, the log has the error.
        """
        return claims


class Header(msgspec.Struct, frozen=True):
    """The header of a token (RFC 7515 section 4.1).

    `jwk`, `jku`, `x5c` and `x5u` are not read: they never choose the key (RFC 8725 section 3.10).
    """

    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: Any = UNSET
    b64: Any = UNSET
    zip: Any = UNSET


_read_header = msgspec.json.Decoder(Header).decode
_read_object = msgspec.json.Decoder(dict[str, Any]).decode


class EncodedToken(str):
    """A token as a client sends it (RFC 7515 section 7.1), split and decoded once.

    It is a `str` so that it passes through Litestar's `decode_payload` as it is.
    """

    __slots__ = ("_checked_by", "header", "payload", "signature", "signed")

    header: Header
    payload: dict[str, Any]
    """Unverified until `check_signature` has returned."""
    signed: bytes
    signature: bytes
    _checked_by: VerificationKey | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Split and decode a token.

        Raises:
            jwt.InvalidTokenError: the text does not have the form of a token.
        """
        if isinstance(text, cls):
            return text
        _check_text(text)
        signed, _, signature = text.rpartition(".")
        header, _, payload = signed.partition(".")
        token = cls(text)
        try:
            # Decoded to text first, because msgspec does not look at the characters of what it
            # skips: JSON is UTF-8 (RFC 8725 section 3.7).
            token.header = _read_header(_segment(header).decode())
            token.payload = _read_object(_segment(payload).decode())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise jwt.DecodeError("Header or payload is not a JSON object") from error
        token.signed = signed.encode()
        token.signature = _segment(signature)
        token._checked_by = None
        return token

    def check_signature(self, key: VerificationKey) -> None:
        """Check what RFC 7515 section 5.2 asks, once for each key.

        Raises:
            jwt.InvalidTokenError: the key did not sign this.
        """
        if self._checked_by is key:
            return
        header = self.header
        # No extension is understood (RFC 7515 section 4.1.11, RFC 7797 section 6), and nothing is
        # compressed (RFC 7516 section 4.1.3).
        if not (header.crit is header.b64 is header.zip is UNSET):
            raise jwt.InvalidTokenError("An extension that is not understood")
        if header.alg != key.algorithm:  # RFC 8725 section 3.1
            raise jwt.InvalidAlgorithmError("Not the algorithm of the key")
        if not key.verifies(self.signed, self.signature):
            raise jwt.InvalidSignatureError("Not signed by the key")
        self._checked_by = key


def _check_text(text: str) -> None:
    """Look at a text before anything is computed from it.

    Raises:
        jwt.InvalidTokenError: it is too long, or has a character that no token has.
    """
    if len(text) > MAX_TOKEN_LENGTH or not text.isascii():
        raise jwt.DecodeError("Too long, or not a token")


def _segment(text: str) -> bytes:
    """Decode base64url in its one canonical form (RFC 4648 section 3.5).

    No other character, no padding and no stray bits: encoded again, it is the same text.
    """
    try:
        octets = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise jwt.DecodeError("Not base64url") from error
    if urlsafe_b64encode(octets).rstrip(b"=") != text.encode():
        raise jwt.DecodeError("Not canonical base64url")
    return octets


@dataclass(kw_only=True)
class Claims(TokenFields):
    """The types of all claims that are known here: RFC 7519 section 4.1, `sid`, token fields."""

    # No control characters: PostgreSQL, for one, stores no NUL.
    sub: Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    exp: int | float
    iat: int | float
    nbf: int | float | UnsetType = UNSET
    iss: str | None = None
    aud: str | list[str] | None = None
    jti: str | UnsetType = UNSET
    sid: str | None = None
    extras: dict[str, Any] | UnsetType = UNSET


ATTRIBUTES = {field.name for field in fields(AppToken)}
"""Claims that are attributes of a token. All others are in its `extras`."""

TRUSTED = ("iss", "aud", "exp", "sid", "jti")
"""Claims that no adaptation may touch; in tokens of this app `sub` is one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to be, beyond signed."""

    issuers: tuple[str, ...] = ()
    """Empty: not checked."""
    audiences: tuple[str, ...] = ()
    """Empty: not checked."""
    typ: str | None = None
    """None: any."""
    own: bool = False
    """Whether this app is the issuer: its tokens belong to a session, `sub` is a user's id."""
    leeway: float = 0
    """Seconds by which clocks may differ."""
    required: Sequence[str] = ()
    verify_exp: bool = True
    verify_nbf: bool = True
    strict_audience: bool = False
    """Whether one audience is enough, but a list of them is not."""


Verified = TypeVar("Verified", bound=AppToken)


def verify(
    token: EncodedToken, key: VerificationKey, expected: Expected, token_cls: type[Verified]
) -> Verified:
    """Check the signature, then the claims, and return the token.

    Raises:
        jwt.InvalidTokenError: a check failed.
    """
    token.check_signature(key)
    if expected.typ is not None and _media_type(token.header.typ) != expected.typ.lower():
        raise jwt.InvalidTokenError("Another kind of token")  # RFC 8725 section 3.11
    payload = _adapt(token, key, expected, token_cls)
    try:
        claims = msgspec.convert(payload, Claims)
        expires = datetime.fromtimestamp(int(claims.exp), UTC)
        issued = datetime.fromtimestamp(claims.iat, UTC)
    except (msgspec.ValidationError, ValueError, OverflowError, OSError) as error:
        raise jwt.DecodeError("A claim is missing, or of the wrong type") from error
    now = time.time()
    if expected.verify_exp and now >= expires.timestamp() + expected.leeway:
        raise jwt.ExpiredSignatureError("Expired")  # RFC 7519 section 4.1.4
    if expected.verify_nbf and claims.nbf is not UNSET and claims.nbf > now + expected.leeway:
        raise jwt.ImmatureSignatureError("Not yet valid")  # RFC 7519 section 4.1.5
    if claims.iat > now + expected.leeway:
        raise jwt.ImmatureSignatureError("Issued in the future")  # RFC 7519 section 4.1.6
    if expected.issuers and claims.iss not in expected.issuers:
        raise jwt.InvalidIssuerError("Another issuer")  # RFC 7519 section 4.1.1
    if expected.strict_audience and not isinstance(claims.aud, str):
        raise jwt.InvalidAudienceError("Not a single audience")
    if expected.audiences and not set(expected.audiences).intersection(_names(claims.aud)):
        raise jwt.InvalidAudienceError("Other audiences")  # RFC 7519 section 4.1.3
    if any(payload.get(name) is None for name in expected.required):
        raise jwt.InvalidTokenError("A required claim is missing")
    if expected.own and not (claims.jti and _is_uuid(claims.sub) and _is_uuid(claims.sid)):
        raise jwt.InvalidTokenError("Not of a session")  # RFC 9068 section 2.2
    unknown = {name: payload[name] for name in payload.keys() - ATTRIBUTES}
    return token_cls(
        sub=claims.sub,
        exp=expires,
        iat=issued,
        iss=claims.iss,
        aud=claims.aud,
        jti=claims.jti or None,
        sid=claims.sid,
        extras={**(claims.extras or {}), **unknown},
        **field_values(claims),
    )


def _adapt(
    token: EncodedToken, key: VerificationKey, expected: Expected, token_cls: type[AppToken]
) -> dict[str, Any]:
    """Return the claims as the owner's code adapts them.

    Raises:
        jwt.InvalidTokenError: that failed, or changed what it must not change.
    """
    names = (*TRUSTED, "sub") if expected.own else TRUSTED
    signed = _trusted(token.payload, names)
    try:
        claims = token_cls.decode_payload(
            token, key, [key.algorithm], expected.issuers or None, expected.audiences or None
        )
        adapted = _trusted(claims, names)
    except jwt.InvalidTokenError:
        raise
    except Exception as error:
        logger.warning("claims_not_adapted", exc_info=True)
        raise jwt.InvalidTokenError("The claims could not be adapted") from error
    if changed := [name for name in names if signed[name] != adapted[name]]:
        logger.warning("claims_not_adapted", changed=changed)
        raise jwt.InvalidTokenError("An adaptation changed what the token is trusted by")
    return claims


def _trusted(claims: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return some claims, with a list copied: it can be changed in place."""
    found = {name: claims.get(name, UNSET) for name in names}
    return {name: [*value] if isinstance(value, list) else value for name, value in found.items()}


def _names(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _media_type(typ: str | None) -> str:
    return (typ or "").lower().removeprefix("application/")  # RFC 7515 section 4.1.9


def _is_uuid(text: str | None) -> bool:
    """Return True for a UUID as `str` writes it, which is the only form that is issued."""
    try:
        return text is not None and str(UUID(text)) == text
    except ValueError:
        return False


class KeySource(Protocol):
    """Where the keys of an issuer come from."""

    async def find(self, kid: str) -> VerificationKey: ...

    def holds(self, key: VerificationKey) -> bool: ...


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer whose tokens are accepted."""

    keys: KeySource
    expected: Expected


@dataclass(frozen=True, slots=True)
class Remembered:
    """A token that was verified. Immutable, so that no request changes what another one gets."""

    token: bytes
    expires: float
    """Seconds since the epoch, leeway included."""
    keys: KeySource
    key: VerificationKey


_write_token = msgspec.msgpack.Encoder().encode


class TokenVerifier:
    """Finds the issuer and the key of a token, verifies it, and remembers the outcome.

    Only the verification is remembered, never who the user is: user and session are read from the
    database on every request.
    """

    def __init__(
        self, settings: Settings, keys: KeyRing, token_cls: type[AppToken] = AppToken
    ) -> None:
        self._token_cls = token_cls
        self._read_token = msgspec.msgpack.Decoder(token_cls).decode
        leeway = settings.clock_skew_leeway
        own = Expected(
            issuers=settings.accepted_issuers[:1],
            audiences=settings.accepted_audiences,
            typ=ACCESS_TOKEN_TYPE,
            own=True,
            leeway=leeway,
        )
        self._trusted = {settings.issuer: TrustedIssuer(keys, own)}
        self._remote: list[RemoteKeys] = []
        for name in settings.accepted_issuers[1:]:
            config = settings.foreign_issuers.get(name, ForeignIssuer())
            source: KeySource = keys
            if config.jwks:
                source = RemoteKeys(name, config, settings)
                self._remote.append(source)
            expected = replace(own, issuers=(name,), typ=config.typ, own=False)
            self._trusted[name] = TrustedIssuer(source, expected)
        self._size = settings.verified_token_cache_size
        self._remembered: dict[bytes, Remembered] = {}

    async def verify(self, encoded_token: str) -> AppToken:
        """Return the verified token, which is the caller's own.

        Raises:
            NotAuthorizedException: it is not a valid access token.
            ServiceUnavailableException: its issuer's keys cannot be had.
        """
        try:
            _check_text(encoded_token)
            digest = sha256(encoded_token.encode()).digest()
            known = self._remembered.get(digest)
            if known and known.expires > time.time() and known.keys.holds(known.key):
                return self._read_token(known.token)
            token = EncodedToken.read(encoded_token)
            issuer, key = await self._find_key(token)
            verified = verify(token, key, issuer.expected, self._token_cls)
            return self._remember(digest, verified, issuer, key)
        # A claim may be nested so deeply that it can be read here and not be written.
        except (jwt.InvalidTokenError, RecursionError) as error:
            raise NotAuthorizedException(INVALID) from error

    async def verify_own(self, encoded_token: str) -> AppToken:
        """Return a token that this app issued, expired or not: to end its session.

        Raises:
            NotAuthorizedException: it is not one.
        """
        try:
            token = EncodedToken.read(encoded_token)
            issuer, key = await self._find_key(token)
            if not issuer.expected.own:
                raise jwt.InvalidIssuerError("A token of another issuer has no session here")
            expected = replace(issuer.expected, verify_exp=False)
            return verify(token, key, expected, self._token_cls)
        except jwt.InvalidTokenError as error:
            raise NotAuthorizedException(INVALID) from error

    async def close(self) -> None:
        """Give up fetching the keys of other issuers."""
        for keys in self._remote:
            await keys.close()

    async def _find_key(self, token: EncodedToken) -> tuple[TrustedIssuer, VerificationKey]:
        """Return the one issuer that may have signed the token, and its key of that `kid`."""
        name = token.payload.get("iss")
        if not isinstance(name, str | None):
            raise jwt.InvalidIssuerError("The issuer is not a text")
        issuer = self._trusted.get(name) or self._trusted.get(None)
        if issuer is None:
            raise jwt.InvalidIssuerError("Another issuer")
        if token.header.kid is None:
            raise UnknownKey("The token names no key")
        return issuer, await issuer.keys.find(token.header.kid)

    def _remember(
        self, digest: bytes, token: AppToken, issuer: TrustedIssuer, key: VerificationKey
    ) -> AppToken:
        """Return the token as it is read back, so that the first request sees what others see."""
        try:
            written = _write_token(token)
        except (TypeError, ValueError, OverflowError):
            # A claim that nobody asked for can be a number of 30 digits.
            return token
        if self._size and len(self._remembered) >= self._size:
            del self._remembered[next(iter(self._remembered))]
        if self._size:
            expires = token.exp.timestamp() + issuer.expected.leeway
            self._remembered[digest] = Remembered(written, expires, issuer.keys, key)
        return self._read_token(written)
