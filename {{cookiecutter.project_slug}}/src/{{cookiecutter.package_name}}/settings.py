{% from "words.jinja" import database, transport with context %}
"""Settings from the environment, and the refusal to start on anything unsafe.

Each setting is documented here, once. Names are read without regard to case. A variable
of the environment wins over `.env` in the working directory, and that over a file of the setting's
name in /run/secrets.
"""

{{ [] | import_block("settings", "import json", "import os", *transport.settings_imports) }}
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
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

from .addresses import is_plain_http, key_set, network, origin
from .database_url import DatabaseSecret
from .security.throttle_store import read_store_url

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


def _accepted(value: object) -> object:
    """Return the names, of which there is one at least unless the word `none` says otherwise."""
    if isinstance(value, str) and not all(item.strip() for item in value.split(",")):
        raise ValueError("names nothing; write what to accept, or none to turn the check off")
    return _comma_separated(value)


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


def _rate(value: str) -> str:
    parse(value)
    return value


def _store_url(value: SecretStr) -> SecretStr:
    read_store_url(value.get_secret_value())
    return value


{% include {"header": "settings/header_name.py.jinja", "cookie": "nothing.jinja", "oauth2": "settings/header_name.py.jinja"}[cookiecutter.auth_backend] %}
Accepted = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_accepted)]
"""Comma-separated; `none` turns the check off, and nothing else does."""

Rate = Annotated[str, AfterValidator(_rate)]
"""A number and a time, such as `10 per 15 minutes`."""

Networks = Annotated[
    tuple[Annotated[str, AfterValidator(network)], ...], NoDecode, BeforeValidator(_comma_separated)
]

Origins = Annotated[
    tuple[Annotated[str, AfterValidator(origin)], ...], NoDecode, BeforeValidator(_comma_separated)
]

StoreSecret = Annotated[SecretStr, AfterValidator(_store_url)]
"""URL of a throttle's store."""


class ForeignIssuer(BaseModel):
    """How tokens of an accepted issuer other than this app are verified."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    jwks: Annotated[str, AfterValidator(key_set)] | None = None
    """URL (https) or path of the issuer's JWK set. Without one it shares this app's key."""
    algorithms: Annotated[
        tuple[Literal["RS256", "PS256", "ES256", "ES384", "EdDSA"], ...], Field(min_length=1)
    ] = ("RS256",)
    """What the keys of the JWK set may sign with. A key is pinned to one of these."""
    typ: str | None = "JWT"
    """The `typ` that the header of its tokens must have; null takes any."""


ForeignIssuers = Annotated[dict[str, ForeignIssuer], NoDecode, BeforeValidator(_json)]
"""JSON of the environment, which pydantic-settings would read without saying whose it is."""


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
    """`development`: the docs page is served{{ transport.settings_development }}, no HSTS."""

{% include {"no": "settings/keys_secret.py.jinja", "yes": "settings/keys_pair.py.jinja"}[cookiecutter.__asymmetric] %}

{{ cookiecutter.accepted_issuers | parse_issuers | setting("accepted_issuers", "Accepted") }}
    """Issuers (`iss`) to accept. The first is the one that this app signs as. `none`: unchecked."""
{{ cookiecutter.accepted_audiences | parse_audiences | setting("accepted_audiences", "Accepted") }}
    """Audiences (`aud`) to accept. The first stands in the app's own tokens. `none`: unchecked."""
    foreign_issuers: ForeignIssuers = {}
    """JSON object: accepted issuer to `{"jwks": …, "algorithms": […], "typ": …}`."""

    issuer_keys_cool_down: Annotated[int, Field(ge=0)] = 30
    """Seconds between two attempts to fetch the JWK set of one foreign issuer."""
    issuer_keys_max_age: PositiveInt = 24 * 3600
    """Seconds for which fetched keys count while they cannot be fetched again."""

    access_token_lifetime: PositiveInt = 15 * 60
    """Seconds that an access token is valid."""
    refresh_token_lifetime: PositiveInt = 30 * 24 * 3600
    """Seconds that a session lives without being refreshed."""
    session_lifetime: PositiveInt = 90 * 24 * 3600
    """Seconds after which a session ends in any case."""
    clock_skew_leeway: Annotated[int, Field(ge=0, le=60)] = 10
    """Seconds by which the clocks of issuer and app may differ."""
    verified_token_cache_size: Annotated[int, Field(ge=0)] = 4096
    """Verified tokens to remember. 0 verifies every signature anew."""

{% include {"header": "settings/header.py.jinja", "cookie": "settings/cookie.py.jinja", "oauth2": "settings/header.py.jinja"}[cookiecutter.auth_backend] %}

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
    """Logins to one account. A successful one resets the count."""
    login_attempts_per_address: Rate = "100 per 15 minutes"
    """Logins from one client IP address (of IPv6: from one /64); as many confirmations of the
    current password again."""
    registrations_per_address: Rate = "20 per hour"
    """Registrations from one client IP address (of IPv6: from one /64)."""
    throttle_url: StoreSecret | None = None
    """URL of a Valkey or Redis that counts for all processes, such as `valkey://host:6379/0`. With
    TLS: `valkeys://`. Unset: each process counts for itself."""
    throttle_fails_open: bool = False
    """Whether passwords may be tried when that store does not answer."""

{% include {"sqlite": "settings/sqlite.py.jinja", "postgresql": "settings/postgresql.py.jinja"}[cookiecutter.database] %}

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on. 0 takes a free one."""
    workers: PositiveInt = 1
    """Processes that serve."""
    trusted_proxies: Networks = ()
    """Addresses or networks of proxies whose `X-Forwarded-For` and `-Proto` are believed."""
    shutdown_timeout: PositiveInt = 20
    """Seconds that running requests get to finish when the server is told to stop."""
    allowed_origins: Origins = ()
    """Origins of other sites whose scripts may call this API (CORS)."""
    max_body_size: PositiveInt = 64 * 1024
    """Bytes of a request's body."""
    max_connections: PositiveInt = 1000
    """Connections to one process at a time, idle ones included. Further ones get 503 at once."""
    websocket_recheck_interval: PositiveInt = 10
    """Seconds between two looks at the session of an open WebSocket."""
    log_format: Literal["json", "console"] = "json"
    """`json`: one object a line. `console`: for a person to read."""

{{ cookiecutter.project_name | setting("openapi_title", "str") }}
    """Title of the API in its document. Passwords that contain it are rejected."""
    openapi_version: str = "0.1.0"
    """Version of the API in its document."""
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
        foreign = set(self.accepted_issuers[1:]) - {self.issuer}
        if stray := sorted(set(self.foreign_issuers) - foreign):
            raise ValueError(
                f"FOREIGN_ISSUERS names {stray}, but only what stands in ACCEPTED_ISSUERS behind "
                "the first, this app's own, can be foreign"
            )
        for name, issuer in self.foreign_issuers.items():
            if not self.development and is_plain_http(issuer.jwks or ""):
                raise ValueError(f"FOREIGN_ISSUERS: the keys of {name} need https in production")
        if self.session_lifetime < self.refresh_token_lifetime:
            raise ValueError("SESSION_LIFETIME must not be shorter than REFRESH_TOKEN_LIFETIME")
        if self.refresh_token_lifetime < self.access_token_lifetime:
            raise ValueError(
                "REFRESH_TOKEN_LIFETIME must not be shorter than ACCESS_TOKEN_LIFETIME"
            )
        return self


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment and `.env`.

    Args:
        overrides: settings by name that win over both.

    Raises:
        UnsafeSettings: with one line for each setting that is missing or wrong.
    """
    with refusing():
        settings = Settings(**overrides)
        if not settings.development:
            _refuse_a_file_of_others()
    return settings


@contextmanager
def refusing() -> Iterator[None]:
    """Say what is wrong with a setting in a line for each.

    Raises:
        UnsafeSettings: a setting is missing or wrong, or the file cannot be read.
    """
    try:
        yield
    except ValidationError as error:
        raise UnsafeSettings("\n".join(map(_explain, error.errors()))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnsafeSettings(f"{SETTINGS_FILE} cannot be read: {error}") from None


def _refuse_a_file_of_others() -> None:
    # On other systems, the mode says nothing about who may read a file.
    if os.name == "posix" and SETTINGS_FILE.exists() and SETTINGS_FILE.stat().st_mode & 0o077:
        raise UnsafeSettings(f"{SETTINGS_FILE} can be read by others: chmod 600 {SETTINGS_FILE}")


def _explain(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]).upper()
    message = str(error["msg"]).removeprefix("Value error, ")
{% if cookiecutter.__asymmetric == "no" %}
    if error["type"] == "missing":
        message = f"is missing. {HOW_TO_MAKE_ONE}"
{% endif %}
    return f"{name}: {message}" if name else message
