{% from "words.jinja" import transport with context %}
"""The app as its owner will have it one day: with further routes, none of which is marked."""

from typing import Any

from litestar import Litestar, Request, WebSocket, get, route, websocket
from litestar.enums import HttpMethod

from {{ cookiecutter.package_name }}.app import create_app as create_plain_app
from {{ cookiecutter.package_name }}.settings import Settings

SECRET = "what only those see who are logged in"
OPEN_PATHS = [{{ transport.token_paths }}, "/register", "/logout", "/health/live", "/schema"]
LOOKALIKES = [
    lookalike
    for path in OPEN_PATHS
    for lookalike in (f"/inner{path}", f"{path}-history", f"{path}s", f"{path}/inner")
]
"""Paths that hold the path of an open route, and are none."""


@websocket("/socket")
async def socket_handler(socket: WebSocket[Any, Any, Any]) -> None:
    """Say who is there."""
    await socket.accept()
    await socket.send_text(str(socket.user.id))
    await socket.close()


@get(["/work", *LOOKALIKES])
async def work_handler(request: Request[Any, Any, Any]) -> str:
    """Count how often work was done."""
    request.app.state.work += 1
    return SECRET


@route("/work/by-any-method", http_method=list(HttpMethod), status_code=200)
async def any_method_handler(request: Request[Any, Any, Any]) -> None:
    """Count how often work was done, also for methods that ought to do none."""
    request.app.state.work += 1


def create_app(settings: Settings | None = None) -> Litestar:
    app = create_plain_app(settings)
    app.state.work = 0
    for handler in (socket_handler, work_handler, any_method_handler):
        app.register(handler)
    return app
