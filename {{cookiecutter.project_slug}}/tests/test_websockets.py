"""An open WebSocket ends with its session: the handler that the README shows."""

import re
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from litestar.exceptions import WebSocketDisconnect
from structlog.testing import capture_logs

from {{ cookiecutter.package_name }} import websockets
from {{ cookiecutter.package_name }}.accounts.service import Accounts
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.database import DatabaseUnavailable

from . import transport
from .conftest import PASSWORD, Client, Person, make_settings, operate, register

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
PACKAGE = "{{ cookiecutter.package_name }}"


def shown_handler() -> Any:
    """Return the handler of the README."""
    (code,) = re.findall(r"^## Add a WebSocket\n.*?```python\n(.*?)```", README, re.S | re.M)
    module: dict[str, Any] = {"__name__": f"{PACKAGE}.websockets", "__package__": PACKAGE}
    exec(code, module)  # noqa: S102
    return module["echo_handler"]


@pytest.fixture
def with_socket(database_url: str, make_client: Callable[..., Client]) -> Client:
    app = create_app(make_settings(database_url, websocket_recheck_interval=1))
    app.register(shown_handler())
    return make_client(app)


def log_out(client: Client, _: Person) -> None:
    assert client.post("/logout").status_code == 204


def delete_account(client: Client, person: Person) -> None:
    answer = client.request("DELETE", "/me", json={"current_password": person.password})
    assert answer.status_code == 204


def deactivate(client: Client, person: Person) -> None:
    async def work(accounts: Accounts) -> None:
        await accounts.set_active(person.email, active=False)

    operate(client, work)


@pytest.mark.parametrize("end", [log_out, delete_account, deactivate])
def test_open_socket_ends_with_its_session(
    with_socket: Client, end: Callable[[Client, Person], None]
) -> None:
    ada = register(with_socket, "ada@example.com")
    transport.log_in(with_socket, ada.email, PASSWORD)
    with with_socket.websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "ada: hello"
        end(with_socket, ada)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text(timeout=30)
    assert ended.value.code == 4401


@pytest.mark.parametrize(
    ("error", "logged"),
    [(RuntimeError, [True]), (DatabaseUnavailable, [])],
    ids=["error", "outage"],
)
def test_open_socket_ends_when_its_session_cannot_be_looked_at(
    with_socket: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    logged: list[bool],
) -> None:
    ada = register(with_socket, "ada@example.com")
    transport.log_in(with_socket, ada.email, PASSWORD)

    async def fail(*_: object) -> None:
        raise error

    with with_socket.websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "ada: hello"
        monkeypatch.setattr(websockets, "retrieve_user_handler", fail)
        with capture_logs() as lines, pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text(timeout=30)
    assert ended.value.code == 4401
    tracebacks = [line["exc_info"] for line in lines if line["event"] == "session_not_rechecked"]
    assert tracebacks == logged


def test_socket_of_a_live_session_stays_open_after_a_look(with_socket: Client) -> None:
    ada = register(with_socket, "ada@example.com")
    transport.log_in(with_socket, ada.email, PASSWORD)
    with with_socket.websocket_connect("/echo") as socket:
        with pytest.raises(Empty):
            socket.receive_text(timeout=2.5)
        socket.send_text("hello")
        assert socket.receive_text() == "ada: hello"
