"""What every answer has, and what no answer gives away."""

from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest
import structlog
from litestar import get
from sqlalchemy import text

from {{ cookiecutter.package_name }} import migrations
from {{ cookiecutter.package_name }}.accounts.sessions import Sessions
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.logging import configure_logging
from {{ cookiecutter.package_name }}.migrations.lock import while_locked
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import Client, Person, make_settings, register
from .databases import migration_url


@pytest.mark.parametrize("path", ["/me", "/health/live", "/nowhere", "/login"])
def test_every_answer_has_the_security_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "server" not in headers


def test_no_hsts_in_development(make_client: Callable[..., Client]) -> None:
    client = make_client(environment="development")
    assert "strict-transport-security" not in client.get("/health/live").headers


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "GET", 404), ("/me", "GET", 401), ("/login", "GET", 405), ("/me", "PUT", 405)],
)
def test_errors_are_problem_documents(client: Client, path: str, method: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"] == answer.reason_phrase
    assert problem["type"] == "about:blank"


def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    allowed = client.put("/me").headers["allow"].split(", ")
    assert {"GET", "PATCH", "DELETE"} <= set(allowed)
    assert "PUT" not in allowed


def test_an_unexpected_error_shows_an_id_and_nothing_else(
    make_client: Callable[..., Client], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    @get("/fails", exclude_from_auth=True, sync_to_thread=False)
    def fail() -> None:
        hidden = "hunter2"
        raise RuntimeError(f"the reason, {len(hidden)}")

    app = create_app(settings)
    app.register(fail)
    answer = make_client(app).get("/fails")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"]
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "request_id": answer.headers["x-request-id"],
    }


def test_other_sites_are_refused_unless_they_are_named(
    make_client: Callable[..., Client], database_url: str
) -> None:
    client = make_client(allowed_origins=("https://app.example",))
    preflight = {"origin": "https://app.example", "access-control-request-method": "GET"}
    allowed = client.options("/me", headers=preflight)
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    refused = client.options("/me", headers={**preflight, "origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers
    assert make_settings(database_url).allowed_origins == ()


def test_the_app_is_ready_when_its_schema_is(
    client: Client, make_client: Callable[..., Client], empty_database_url: str
) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}
    early = make_client(database_url=empty_database_url)
    assert early.get("/health/live").status_code == 200
    answer = early.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_app_is_not_ready_where_authenticated_requests_fail(
    make_client: Callable[..., Client], empty_database_url: str
) -> None:
    url = migration_url(empty_database_url)
    while_locked(url, migrations.upgrade)
    client = make_client(database_url=empty_database_url)
    ada = register(client, "ada@example.com")
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/health/ready").status_code == 200
    hide = text("ALTER TABLE sessions RENAME TO hidden")
    while_locked(url, lambda connection: connection.execute(hide))
    for path in ("/me", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert client.get("/health/live").status_code == 200


def test_the_log_of_an_error_holds_no_password(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the reason")

    log = BytesIO()
    configure_logging(client.app.state.settings, TextIOWrapper(log))
    monkeypatch.setattr(Sessions, "open", fail)
    assert transport.try_log_in(client, ada.email, ada.password).status_code == 500
    logged = log.getvalue().decode()
    assert "the reason" in logged
    assert ada.password not in logged


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("wrap", [str, lambda text: {"in": [text]}, ValueError])
def test_no_control_character_of_a_value_is_logged(
    database_url: str, form: str, wrap: Callable[[str], Any]
) -> None:
    log = BytesIO()
    stream = TextIOWrapper(log, encoding="utf-8", write_through=True)
    configure_logging(make_settings(database_url, log_format=form), stream)
    structlog.get_logger().info("event", value=wrap("a\x9b31m\x7f\udc9b\u202e"))
    (line,) = log.getvalue().decode().splitlines()
    assert "31m" in line
    assert line.isprintable()
