"""What the app refuses to start with, and how it says so."""

from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.settings import (
    Settings,
    UnsafeSettings,
    load_settings,
)

from .signing import KEY_SETTINGS


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"environment": "staging"}, "ENVIRONMENT"),
        ({"access_token_lifetime": 0}, "ACCESS_TOKEN_LIFETIME"),
        ({"refresh_token_lifetime": 60}, "REFRESH_TOKEN_LIFETIME"),
        ({"session_lifetime": 3600}, "SESSION_LIFETIME"),
        ({"clock_skew_leeway": 3600}, "CLOCK_SKEW_LEEWAY"),
        ({"allowed_origins": "*"}, "ALLOWED_ORIGINS"),
        ({"trusted_proxies": "everybody"}, "everybody"),
        ({"login_attempts_per_account": "lots"}, "LOGIN_ATTEMPTS_PER_ACCOUNT"),
        ({"foreign_issuers": {"https://x.example": {}}}, "FOREIGN_ISSUERS"),
        ({"password_min_length": 4}, "PASSWORD_MIN_LENGTH"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UnsafeSettings, match=complaint) as refusal:
        load_settings(**KEY_SETTINGS, **changes)
    for secret in KEY_SETTINGS.values():
        assert str(secret) not in str(refusal.value)


def test_an_unreadable_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=80\xff80")
    with pytest.raises(UnsafeSettings, match=r"\.env cannot be read"):
        load_settings(**KEY_SETTINGS)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("PORT=8001\nWORKERS=2\n")
    monkeypatch.setenv("PORT", "8002")
    settings = load_settings(**KEY_SETTINGS)
    assert (settings.port, settings.workers) == (8002, 2)


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
