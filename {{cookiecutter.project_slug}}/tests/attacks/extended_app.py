"""The app as its owner will have it one day: with further routes, none of which is marked."""

from typing import Any

from litestar import Litestar, WebSocket, websocket

from {{ cookiecutter.package_name }}.app import create_app as create_plain_app
from {{ cookiecutter.package_name }}.settings import Settings


@websocket("/socket")
async def socket_handler(socket: WebSocket[Any, Any, Any]) -> None:
    """Say who is there."""
    await socket.accept()
    await socket.send_text(str(socket.user.id))
    await socket.close()


def create_app(settings: Settings | None = None) -> Litestar:
    app = create_plain_app(settings)
    app.register(socket_handler)
    return app
