"""The access token: its claims, typed, and what happens to them on the way out and in.

A further token field is one line in `TokenFields`, one column in `accounts/models.py`, and a
migration.
"""

{{ cookiecutter.token_fields | parse_token_fields | import_block("tokens", "from collections.abc import Sequence", "from dataclasses import asdict, dataclass, fields", "from datetime import timedelta", "from typing import Annotated, Any") }}

import jwt
import msgspec
import structlog
from litestar.exceptions import ImproperlyConfiguredException
from litestar.security.jwt import Token
from litestar.security.jwt.token import JWTDecodeOptions

from .keys import SigningKey, VerificationKey

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105
"""RFC 9068 section 2.1: no other kind of JWT passes for an access token."""
{% if cookiecutter.token_fields | parse_token_fields | selectattr("annotation", "in", ["AwareDatetime", "AwareDatetime | None"]) | list %}

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
{% endif %}

logger = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class TokenFields:
    """What a token says about its user beyond who it is. Set by operators, never at registration.

    A field without a default is required: a token without it is refused. No personal data here:
    who holds a token can read it.
    """
{% for field in cookiecutter.token_fields | parse_token_fields %}
{{ "\n" if loop.first }}{{ field.token_lines | join("\n") }}
{% endfor %}


FIELD_NAMES = tuple(field.name for field in fields(TokenFields))


def field_values(holder: object) -> dict[str, Any]:
    """Return the token fields that a token or a user has, by name."""
    return {name: getattr(holder, name) for name in FIELD_NAMES}


class RegisteredClaims(msgspec.Struct):
    """The types of the claims of RFC 7519 section 4.1 and of `sid`."""

    # No control characters: PostgreSQL, for one, stores no NUL.
    sub: Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]+\Z")]
    exp: int | float
    iat: int | float
    nbf: int | float | None = None
    iss: str | None = None
    aud: str | list[str] | None = None
    jti: str | None = None
    sid: str | None = None
    extras: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Verification:
    """What a token is held against. Litestar hands it through as `secret`."""

    key: VerificationKey
    leeway: timedelta


class StrictJWT(jwt.PyJWT):
    """PyJWT whose payload is UTF-8 JSON in the strict sense (RFC 8725 section 3.7)."""

    def _decode_payload(self, decoded: dict[str, Any]) -> dict[str, Any]:
        try:
            return msgspec.json.decode(decoded["payload"], type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise jwt.DecodeError("The payload is not a JSON object") from error


strict_jwt = StrictJWT()


@dataclass(kw_only=True)
class AppToken(TokenFields, Token):
    """An access token, of this app or of an accepted issuer."""

    sid: str | None = None
    """The session. Foreign tokens have none."""

    def __post_init__(self) -> None:
        # Litestar would refuse what expired this second or was issued in the next one. That is
        # checked with a leeway, by PyJWT.
        pass

    def encode(self, secret: Any, algorithm: str) -> str:
        """Sign the token.

        Args:
            secret: the `SigningKey`.
            algorithm: of the key; Litestar passes it along.

        Raises:
            ImproperlyConfiguredException: a claim has no JSON form.
        """
        key: SigningKey = secret
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
            return jwt.encode(
                claims,
                key.material,
                algorithm=algorithm,
                headers={"typ": ACCESS_TOKEN_TYPE, "kid": key.kid},
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise ImproperlyConfiguredException("The token cannot be encoded") from error

    @classmethod
    def decode_payload(
        cls,
        encoded_token: str,
        secret: Any,
        algorithms: list[str],
        issuer: str | Sequence[str] | None = None,
        audience: str | Sequence[str] | None = None,
        options: JWTDecodeOptions | None = None,
    ) -> dict[str, Any]:
        """Verify a token and return its claims, adapted and of the right types.

        Args:
            secret: the `Verification`.

        Raises:
            jwt.InvalidTokenError: the signature or a registered claim is wrong.
            msgspec.ValidationError: a claim is missing or of the wrong type.
        """
        verification: Verification = secret
        claims = cls._adapt(
            strict_jwt.decode(
                encoded_token,
                verification.key.material,
                algorithms=algorithms,
                issuer=issuer,
                audience=audience,
                options=options,  # type: ignore[arg-type]
                leeway=verification.leeway,
            )
        )
        # Litestar converts what is of the wrong type ("1" to 1): here that is an invalid token.
        msgspec.convert(claims, RegisteredClaims)
        msgspec.convert(claims, TokenFields)
        return claims

    @classmethod
    def adapt_claims(cls, claims: dict[str, Any]) -> dict[str, Any]:
        """Adapt verified claims before they are typed: this is the place for it.

        For example, `claims["plan"] = claims.pop("https://idp.example/plan", "free")`. Whatever
        this raises makes the token invalid: the answer is 401, the log has the error.
        """
        return claims

    @classmethod
    def _adapt(cls, claims: dict[str, Any]) -> dict[str, Any]:
        try:
            return cls.adapt_claims(claims)
        except Exception as error:
            logger.warning("claims_not_adapted", exc_info=True)
            raise jwt.InvalidTokenError("The claims could not be adapted") from error
