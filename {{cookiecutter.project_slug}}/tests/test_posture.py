"""What opens a route: the word of its own handler, and nothing else. The rest stops the start."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from litestar import Controller, Router, asgi, get
from litestar.exceptions import ImproperlyConfiguredException
from litestar.types import Receive, Scope, Send

from {{ cookiecutter.package_name }} import app as composition
from {{ cookiecutter.package_name }}.app import App, create_app
from {{ cookiecutter.package_name }}.security.backend import create_backend
from {{ cookiecutter.package_name }}.security.posture import routes
from {{ cookiecutter.package_name }}.settings import Settings

from .conftest import Client
from .server import StartServer, start_server

__all__ = ["start_server"]

OPENED = {"exclude_from_auth": True}


@get("/private")
async def private_handler() -> str:
    return "for those who are logged in"


INNER = Router("/inner", route_handlers=[private_handler])


class OpenController(Controller):
    path = "/inner"
    opt = OPENED

    @get("/private")
    async def private_handler(self) -> str:
        return "for those who are logged in"


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted_app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.mark.parametrize(
    "exclusion",
    [
        {"exclude": ["^/login$"]},
        {"exclude": []},
        {"exclude": ""},
        {"exclude_http_methods": ["OPTIONS", "HEAD"]},
        {"exclude_http_methods": None},
        {"exclude_opt_key": "tags"},
        {"scopes": {"http"}},
        {"scopes": {"websocket"}},
    ],
    ids=str,
)
def test_exclusion_of_the_backend_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, exclusion: dict[str, Any]
) -> None:
    monkeypatch.setattr(
        composition, "create_backend", lambda *given: replace(create_backend(*given), **exclusion)
    )
    with pytest.raises(ImproperlyConfiguredException, match=next(iter(exclusion))):
        create_app(settings)


@pytest.mark.parametrize(
    "opened",
    [
        Router("/inner", route_handlers=[private_handler], opt=OPENED),
        Router("/outer", route_handlers=[INNER], opt=OPENED),
        OpenController,
    ],
)
def test_route_that_a_router_or_controller_opens_is_rejected(
    settings: Settings, opened: Any
) -> None:
    with pytest.raises(ImproperlyConfiguredException, match="on a handler only"):
        create_app(settings).register(opened)


def test_route_that_the_app_opens_is_rejected(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "App", partial(App, opt=OPENED))
    with pytest.raises(ImproperlyConfiguredException, match="on a handler only"):
        create_app(settings)


@pytest.mark.parametrize("value", ["false", "true", 1, 0, None, []], ids=repr)
def test_only_true_and_false_are_understood(settings: Settings, value: object) -> None:
    @get("/route", exclude_from_auth=value)
    async def handler() -> None: ...

    with pytest.raises(ImproperlyConfiguredException, match="not True or False"):
        create_app(settings).register(handler)


def test_mounted_app_is_listed_and_closed(
    settings: Settings, make_client: Callable[..., Client]
) -> None:
    app = create_app(settings)
    app.register(mounted_app)
    (row,) = (row for row in routes(app) if row["path"] == "/mounted")
    assert (row["method"], row["access"]) == ("ASGI", "authenticated")
    client = make_client(app)
    for path in ("/mounted", "/mounted/login", "/mounted/x?exclude=/login"):
        assert client.get(path).status_code == 401


def test_open_routes_are_logged_at_start(start_server: StartServer) -> None:
    server = start_server()
    server.stop()
    (line,) = (
        json.loads(line) for line in server.log.read_text().splitlines() if '"open_routes"' in line
    )
    assert {"POST /login", "POST /logout", "GET /health/live"} <= set(line["routes"])
    assert "GET /me" not in line["routes"]
