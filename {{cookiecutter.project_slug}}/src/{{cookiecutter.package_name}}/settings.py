"""Settings from the environment, and the refusal to start on anything unsafe.

Each setting is documented here, once. Names are read without regard to case. A variable
of the environment wins over `.env` in the working directory, and that over a file of the setting's
name in /run/secrets.
"""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from limits import parse
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

COMMAND = "{{ cookiecutter.project_slug }}"
"""What this project is called on the command line."""

SETTINGS_FILE = Path(".env")

SECRETS_FOLDER = folder if (folder := Path("/run/secrets")).is_dir() else None
"""Where an orchestrator mounts settings as files, named as the settings are."""
{% if cookiecutter.__asymmetric == "no" %}

HOW_TO_MAKE_ONE = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
"""A secret."""
{% endif %}


class UnsafeSettings(Exception):
    """The settings are missing, wrong or unsafe. The message names them and says what to do."""


def _comma_separated(value: object) -> object:
    if not isinstance(value, str):
        return value
    items = [item.strip() for item in value.split(",") if item.strip()]
    return [] if items == ["none"] else items


def _rate(value: str) -> str:
    parse(value)
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma_separated)]
"""Comma-separated; `none` is the empty list."""

Rate = Annotated[str, AfterValidator(_rate)]
"""A number and a time, such as `10 per 15 minutes`."""

Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_comma_separated)]


class ForeignIssuer(BaseModel):
    """How tokens of an accepted issuer other than this app are verified."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jwks: str | None = None
    """URL (https) or path of the issuer's JWK set. Without one it shares this app's key."""
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "ES384", "EdDSA"], ...] = ("RS256",)
    """What the keys of the JWK set may sign with. A key is pinned to one of these."""
    typ: str | None = "JWT"
    """The `typ` that the header of its tokens must have; null takes any."""


class Settings(BaseSettings):
    """What can be set. Immutable."""

    model_config = SettingsConfigDict(
        env_file=SETTINGS_FILE,
        env_file_encoding="utf-8",
        secrets_dir=SECRETS_FOLDER,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    environment: Literal["production", "development"] = "production"
    """`development`: the docs page is served{{ ", cookies work over plain HTTP" if cookiecutter.auth_backend == "cookie" }}, no HSTS."""

{% include "settings_keys_" ~ cookiecutter.__asymmetric ~ ".py.jinja" %}

{{ cookiecutter.accepted_issuers | parse_issuers | setting("accepted_issuers", "Names") }}
    """Issuers (`iss`) to accept. The first is the one that this app signs as. `none`: unchecked."""
{{ cookiecutter.accepted_audiences | parse_audiences | setting("accepted_audiences", "Names") }}
    """Audiences (`aud`) to accept. The first stands in the app's own tokens. `none`: unchecked."""
    foreign_issuers: dict[str, ForeignIssuer] = {}
    """JSON object: accepted issuer to `{"jwks": …, "algorithms": […], "typ": …}`."""

    issuer_keys_cool_down: Annotated[int, Field(ge=0)] = 30
    """Seconds between two attempts to fetch the JWK set of one foreign issuer."""

    access_token_lifetime: PositiveInt = 15 * 60
    """Seconds."""
    refresh_token_lifetime: PositiveInt = 30 * 24 * 3600
    """Seconds that a session lives without being refreshed."""
    session_lifetime: PositiveInt = 90 * 24 * 3600
    """Seconds after which a session ends in any case."""
    clock_skew_leeway: Annotated[int, Field(ge=0, le=60)] = 10
    """Seconds by which the clocks of issuer and app may differ."""
    verified_token_cache_size: Annotated[int, Field(ge=0)] = 4096
    """Verified tokens to remember. 0 verifies every signature anew."""

{% include "settings_" ~ ("cookie" if cookiecutter.auth_backend == "cookie" else "bearer") ~ ".py.jinja" %}

    allow_registration: bool = True
    """Whether anyone may register."""
    password_min_length: Annotated[int, Field(ge=8, le=64)] = 15
    """Characters. NIST SP 800-63B-4 section 3.1.1.2 asks 15 where the password stands alone."""
    argon2_memory_kib: Annotated[int, Field(ge=8)] = 19 * 1024
    argon2_iterations: PositiveInt = 2
    argon2_parallelism: PositiveInt = 1
    """Argon2id parameters; the defaults are OWASP's. Old hashes are renewed at the next login."""
    hashing_threads: PositiveInt = 2
    """Passwords that are hashed at once. Further logins wait their turn."""

    login_attempts_per_account: Rate = "10 per 15 minutes"
    """Wrong passwords for one account. A right one starts the count anew."""
    login_attempts_per_address: Rate = "100 per 15 minutes"
    """Logins from one address (of IPv6: from one /64)."""
    registrations_per_address: Rate = "20 per hour"
    throttle_url: SecretStr | None = None
    """URL of a Valkey or Redis that counts for all processes, such as `valkey://host:6379/0`.
    Unset: each process counts for itself."""
    throttle_fails_open: bool = False
    """Whether passwords may be tried when that store does not answer."""

    database_url: SecretStr = SecretStr("{{ cookiecutter.__database_url }}")
    """SQLAlchemy URL."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: PositiveInt = 1
    trusted_proxies: Names = ()
    """Addresses or networks of proxies whose `X-Forwarded-For` and `-Proto` are believed."""
    shutdown_timeout: PositiveInt = 20
    """Seconds that running requests get to finish when the server is told to stop."""
    allowed_origins: Names = ()
    """Origins of other sites whose scripts may call this API (CORS)."""
    max_body_size: PositiveInt = 64 * 1024
    """Bytes of a request's body."""
    log_format: Literal["json", "console"] = "json"

{{ cookiecutter.project_name | setting("openapi_title", "str") }}
    openapi_version: str = "0.1.0"
    serve_docs: bool | None = None
    """Whether `/schema` is served. Unset: in development only."""

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def docs_enabled(self) -> bool:
        return self.development if self.serve_docs is None else self.serve_docs

    @property
    def issuer(self) -> str | None:
        """The issuer that this app signs as."""
        return next(iter(self.accepted_issuers), None)

    @property
    def audience(self) -> str | None:
        """The audience of this app's own tokens."""
        return next(iter(self.accepted_audiences), None)

    @property
    def access_token_expiration(self) -> timedelta:
        return timedelta(seconds=self.access_token_lifetime)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        foreign = set(self.accepted_issuers[1:])
        if stray := sorted(set(self.foreign_issuers) - foreign):
            raise ValueError(
                f"FOREIGN_ISSUERS names {stray}, but only what stands in ACCEPTED_ISSUERS behind "
                "the first, this app's own, can be foreign"
            )
        if self.session_lifetime < self.refresh_token_lifetime:
            raise ValueError("SESSION_LIFETIME must not be shorter than REFRESH_TOKEN_LIFETIME")
        if self.refresh_token_lifetime < self.access_token_lifetime:
            raise ValueError(
                "REFRESH_TOKEN_LIFETIME must not be shorter than ACCESS_TOKEN_LIFETIME"
            )
        if "*" in self.allowed_origins:
            raise ValueError("ALLOWED_ORIGINS must name each origin; `*` would open the API to all")
        for proxy in self.trusted_proxies:
            ip_network(proxy)
        return self


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `.env`.

    Args:
        overrides: settings by name that win over both.

    Raises:
        UnsafeSettings: with one line for each setting that is missing or wrong.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise UnsafeSettings("\n".join(map(_explain, error.errors()))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnsafeSettings(f"{SETTINGS_FILE} cannot be read: {error}") from None


def _explain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]).upper()
    message = str(error["msg"]).removeprefix("Value error, ")
{{ '    if error["type"] == "missing":\n        message = f"is missing. {HOW_TO_MAKE_ONE}"\n' if cookiecutter.__asymmetric == "no" }}    return f"{name}: {message}" if name else message
