"""What the app refuses to start with, and how it says so."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from {{ cookiecutter.package_name }} import cli
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.private_files import write_private
from {{ cookiecutter.package_name }}.server import check
from {{ cookiecutter.package_name }}.settings import (
    Settings,
    UnsafeSettings,
    load_settings,
)

from .conftest import Client
from .signing import KEY_SETTINGS

NO_ORIGINS = [
    *("*", "https://*", "https://*.app.example", "https://app.example,*", "null", "app.example"),
    *("https://app.example/", "https://app.example/path", "https://app.example?x", "//app.example"),
    *("https://App.example", "HTTPS://app.example", "https://app.example:443", "http://x:80"),
    *("https://ada@app.example", "https://", "https://a[b", "https://x#y", "https://b\u00fc.de"),
]
NO_KEY_SETS = [
    *("http://idp.example/x", "ftp://idp.example/x", "HTTPS://idp.example/x", "file:///jwks.json"),
    *("https:/idp.example", "https://", "http://127.0.0.1.idp.example/x", "http:jwks.json"),
    *("http://127.0.0.1/jwks.json", "http://localhost:8080/jwks.json", "http://[::1]/jwks.json"),
]
"""The last row is for development."""
{% if cookiecutter.auth_backend in ('header', 'oauth2') %}
TAKEN_NAMES = ["Cookie", "host", "Set-Cookie", "Content-Type", "X-Forwarded-For", "X-Request-ID"]
{% endif %}


def foreign(**issuer: Any) -> dict[str, Any]:
    """Return the settings that accept one more issuer."""
    return {
        "accepted_issuers": "https://own.example,https://x.example",
        "foreign_issuers": {"https://x.example": issuer},
    }


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        *(({"allowed_origins": each}, "ALLOWED_ORIGINS") for each in NO_ORIGINS),
        *((foreign(jwks=each), "FOREIGN_ISSUERS") for each in NO_KEY_SETS),
        (foreign(algorithms=[]), "FOREIGN_ISSUERS"),
        ({**foreign(), "accepted_issuers": "https://x.example,https://x.example"}, "FOREIGN"),
{% if cookiecutter.auth_backend in ('header', 'oauth2') %}
        *(({"auth_header": each}, "AUTH_HEADER") for each in TAKEN_NAMES),
{% endif %}
        ({"environment": "staging"}, "ENVIRONMENT"),
        ({"access_token_lifetime": 0}, "ACCESS_TOKEN_LIFETIME"),
        ({"refresh_token_lifetime": 60}, "REFRESH_TOKEN_LIFETIME"),
        ({"session_lifetime": 3600}, "SESSION_LIFETIME"),
        ({"clock_skew_leeway": 3600}, "CLOCK_SKEW_LEEWAY"),
        ({"trusted_proxies": "everybody"}, "TRUSTED_PROXIES"),
        ({"trusted_proxies": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"login_attempts_per_account": "lots"}, "LOGIN_ATTEMPTS_PER_ACCOUNT"),
        ({"foreign_issuers": {"https://x.example": {}}}, "FOREIGN_ISSUERS"),
        ({"password_min_length": 4}, "PASSWORD_MIN_LENGTH"),
        *(
            ({name: nothing}, f"{name.upper()}: .*none to turn the check off")
            for name in ("accepted_issuers", "accepted_audiences")
            for nothing in ("", " ", ",", "a,", "a,,b", "none,")
        ),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UnsafeSettings, match=complaint) as refusal:
        load_settings(**KEY_SETTINGS, **changes)
    for secret in KEY_SETTINGS.values():
        assert str(secret) not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "://ada:s3cret@db.example/app"),
        ("DATABASE_URL", "nonsense://ada:s3cret@db.example:port/app"),
        ("DATABASE_URL", "postgresql://ada:s3cret@[db.example/app"),
        ("DATABASE_URL", "postgresql://ada:s3cret@db.example:99999/app"),
        ("DATABASE_URL", "sqlite://ada:s3cret@/app.db"),
        ("FOREIGN_ISSUERS", ""),
        ("FOREIGN_ISSUERS", '{"https://s3cret.example'),
        ("FOREIGN_ISSUERS", '["https://s3cret.example"]'),
    ],
)
def test_value_of_another_form_ends_in_one_line_that_does_not_show_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, secret in KEY_SETTINGS.items():
        monkeypatch.setenv(key.upper(), secret)
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli.main, ["run"])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {name}: ")
    assert result.output.count("\n") == 1
    assert "s3cret" not in result.output


@pytest.mark.parametrize("value", ["", "{", "nonsense", "://["])
def test_any_value_of_a_setting_is_accepted_or_rejected(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        given = {key: KEY_SETTINGS[key] for key in KEY_SETTINGS if key != name}
        with monkeypatch.context() as changed, suppress(UnsafeSettings):
            changed.setenv(name.upper(), value)
            load_settings(**given)


def test_an_unreadable_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=80\xff80")
    with pytest.raises(UnsafeSettings, match=r"\.env cannot be read"):
        load_settings(**KEY_SETTINGS)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_private(tmp_path / ".env", "PORT=8001\nWORKERS=2\n")
    monkeypatch.setenv("PORT", "8002")
    settings = load_settings(**KEY_SETTINGS)
    assert (settings.port, settings.workers) == (8002, 2)


@pytest.mark.parametrize("jwks", ["https://idp.example/jwks.json", "keys/idp.json", "C:\\idp.json"])
def test_key_set_at_an_https_url_or_path_is_accepted(jwks: str) -> None:
    load_settings(**KEY_SETTINGS, **foreign(jwks=jwks))


@pytest.mark.parametrize("jwks", NO_KEY_SETS)
def test_plain_http_to_this_machine_is_accepted_in_development(jwks: str) -> None:
    given = {**KEY_SETTINGS, **foreign(jwks=jwks), "environment": "development"}
    if jwks in NO_KEY_SETS[-3:]:
        load_settings(**given)
    else:
        with pytest.raises(UnsafeSettings, match="FOREIGN_ISSUERS"):
            load_settings(**given)


@pytest.mark.parametrize(
    "origin",
    ["https://app.example", "http://localhost:3000", "http://[::1]:8080", "capacitor://localhost"],
)
def test_origin_as_browsers_send_it_is_accepted(
    make_client: Callable[..., Client], origin: str
) -> None:
    client = make_client(allowed_origins=f"https://first.example, {origin}")
    answer = client.get("/health/live", headers={"Origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
{% if cookiecutter.auth_backend in ('header', 'oauth2') %}


def test_pages_of_other_origins_may_send_a_header_of_another_name(
    make_client: Callable[..., Client],
) -> None:
    client = make_client(allowed_origins="https://app.example", auth_header="X-Access-Token")
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-access-token",
    }
    answer = client.options("/me", headers=asked)
    assert answer.status_code == 204
    assert "x-access-token" in answer.headers["access-control-allow-headers"].lower()
{% endif %}


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_settings_file_that_others_can_read_is_refused_in_production(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=8001\n")
    for mode in (0o644, 0o640, 0o604):
        file.chmod(mode)
        with pytest.raises(UnsafeSettings, match=r"\.env can be read by others"):
            load_settings(**KEY_SETTINGS)
        assert load_settings(**KEY_SETTINGS, environment="development").port == 8001
    file.chmod(0o600)
    assert load_settings(**KEY_SETTINGS).port == 8001


def test_server_with_weak_hashes_does_not_start_in_production(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ARGON2_MEMORY_KIB=8 " in run(monkeypatch, settings).output
    for memory, iterations in ((19455, 2), (47103, 1), (12287, 3), (9215, 4), (7167, 99)):
        with pytest.raises(UnsafeSettings, match="ARGON2_MEMORY_KIB"):
            check(with_hashes(settings, memory, iterations))
    for memory, iterations in ((19456, 2), (47104, 1), (12288, 3), (9216, 4), (7168, 5)):
        assert not check(with_hashes(settings, memory, iterations))
    assert not check(settings.model_copy(update={"environment": "development"}))


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"trusted_proxies": ("0.0.0.0/0",)}, "TRUSTED_PROXIES holds every address"),
        ({"trusted_proxies": ("10.0.0.1", "::/0")}, "TRUSTED_PROXIES holds every address"),
        ({"trusted_proxies": ("0.0.0.0/1", "128.0.0.0/1")}, "TRUSTED_PROXIES holds every address"),
        ({"workers": 2}, "WORKERS=2 without THROTTLE_URL"),
    ],
)
def test_doubtful_settings_are_warned_about_at_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], warning: str
) -> None:
    strong = with_hashes(settings, 19456, 2)
    assert "Warning" not in run(monkeypatch, strong).output
    assert f"Warning: {warning}" in run(monkeypatch, strong.model_copy(update=changes)).output


def with_hashes(settings: Settings, memory: int, iterations: int) -> Settings:
    changes = {"argon2_memory_kib": memory, "argon2_iterations": iterations}
    return settings.model_copy(update=changes)


def run(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Result:
    """Start the server from the command line, up to where it would serve."""
    monkeypatch.setattr(cli, "load_settings", lambda **_: settings)
    monkeypatch.setattr(cli, "serve", lambda *_, **__: None)
    return CliRunner().invoke(cli.main, ["run"])


def test_production_is_the_default() -> None:
    settings = load_settings(**KEY_SETTINGS)
    assert settings.environment == "production"
    assert not settings.docs_enabled
    assert settings.access_token_lifetime == 15 * 60
    assert settings.refresh_token_lifetime == 30 * 24 * 3600


def test_no_secret_shows(settings: Settings) -> None:
    app = create_app(settings)
    for value in KEY_SETTINGS.values():
        assert str(value) not in repr(settings)
        assert str(value) not in repr(app.state)


@pytest.mark.parametrize("name", ["accepted_issuers", "accepted_audiences"])
def test_only_the_word_none_turns_a_check_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name.upper(), "none")
    assert getattr(load_settings(**KEY_SETTINGS), name) == ()
    monkeypatch.setenv(name.upper(), "")
    with pytest.raises(UnsafeSettings, match=name.upper()):
        load_settings(**KEY_SETTINGS)
