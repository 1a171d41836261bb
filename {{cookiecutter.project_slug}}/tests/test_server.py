"""What only a real process shows: parallel requests, restarts, signals."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from httpx import Client, Response

from . import transport
from .conftest import PASSWORD, as_operator
from .conftest import Client as AppClient
from .examples import ASSIGNMENTS, REQUIRED
from .server import Server, StartServer, start_server
from .signing import KEY_SETTINGS

__all__ = ["start_server"]

PARALLEL = 50

Complete = Callable[[str], None]


@pytest.fixture
def complete(client: AppClient) -> Complete:
    """Set the token fields that a user must have to log in."""
    required = [ASSIGNMENTS[name] for name in REQUIRED]
    return lambda email: as_operator(client, email, *required)


def at_once(server: Server, request: Callable[[Client], Response]) -> list[Response]:
    """Send a request from many clients at once."""

    def send(_: int) -> Response:
        with server.client() as client:
            return request(client)

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(send, range(PARALLEL)))


def statuses(answers: list[Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def register(client: Client, email: str) -> Response:
    return client.post("/register", json={"email": email, "name": "Ada", "password": PASSWORD})


def test_of_many_registrations_of_one_address_one_succeeds(start_server: StartServer) -> None:
    server = start_server()
    answers = at_once(server, lambda client: register(client, "ada@example.com"))
    assert statuses(answers) == {201: 1, 409: PARALLEL - 1}


def test_of_many_uses_of_one_refresh_token_one_succeeds(
    start_server: StartServer, complete: Complete
) -> None:
    server = start_server()
    with server.client() as client:
        register(client, "ada@example.com")
        complete("ada@example.com")
        login = transport.log_in(client, "ada@example.com", PASSWORD)
        answers = at_once(server, lambda other: transport.try_refresh(other, login.refresh_token))
        assert statuses(answers)[200] == 1
        assert {answer.status_code for answer in answers if answer.status_code != 200} <= {400, 401}
        transport.carry(client, login.access_token)
        assert client.get("/me").status_code == 401


def test_accounts_and_sessions_outlive_the_process(
    start_server: StartServer, complete: Complete
) -> None:
    first = start_server()
    with first.client() as client:
        register(client, "ada@example.com")
        complete("ada@example.com")
        login = transport.log_in(client, "ada@example.com", PASSWORD)
        ended = transport.log_in(client, "ada@example.com", PASSWORD)
        assert client.post("/logout").status_code == 204
    first.stop()
    with start_server().client() as client:
        transport.carry(client, login.access_token)
        assert client.get("/me").status_code == 200
        transport.carry(client, ended.access_token)
        assert client.get("/me").status_code == 401
        transport.take(client, transport.try_refresh(client, login.refresh_token))


def test_a_flood_of_logins_does_not_stop_other_requests(start_server: StartServer) -> None:
    server = start_server(argon2_memory_kib=19 * 1024, argon2_iterations=4)
    logins = 20
    served = 0

    def log_in(number: int) -> int:
        with server.client() as client:
            email = f"nobody{number}@example.com"
            return transport.try_log_in(client, email, PASSWORD).status_code

    with ThreadPoolExecutor(logins) as pool, server.client() as client:
        pending = [pool.submit(log_in, number) for number in range(logins)]
        while not all(login.done() for login in pending):
            assert client.get("/health/live").status_code == 200
            served += 1
        assert {login.result() for login in pending} <= {400, 401}
    # If passwords were hashed on the event loop, a request would wait for a hash each time.
    assert served > 3 * logins


def test_workers_start_together_and_stop_together(start_server: StartServer) -> None:
    server = start_server(workers=2)
    assert statuses(at_once(server, lambda client: client.get("/me"))) == {401: PARALLEL}
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    workers = children.read_text().split() if children.exists() else []
    server.stop()
    deadline = time.monotonic() + 10
    while alive := [worker for worker in workers if Path(f"/proc/{worker}").exists()]:
        assert time.monotonic() < deadline, alive


def test_the_log_is_json_and_holds_no_secret(start_server: StartServer, complete: Complete) -> None:
    server = start_server()
    with server.client() as client:
        register(client, "ada@example.com")
        complete("ada@example.com")
        login = transport.log_in(client, "ada@example.com", PASSWORD)
        transport.try_log_in(client, "ada@example.com", "a wrong password")
        client.get("/me", headers={"x-request-id": "from-the-proxy"})
        client.get("/me", params={"access_token": login.access_token})
        refreshed = transport.take(client, transport.try_refresh(client, login.refresh_token))
        transport.try_refresh(client, login.refresh_token)
        client.post("/logout")
    server.stop()
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    events = {line["event"] for line in lines}
    assert events >= {"request", "registered", "login_succeeded", "login_failed", "refreshed"}
    assert "refresh_token_reused" in events
    assert "from-the-proxy" in {line.get("request_id") for line in lines}
    assert {line["path"] for line in lines if line["event"] == "request"} >= {"/me", "/login"}
    secrets = [PASSWORD, "a wrong password", login.access_token, refreshed.access_token]
    for token in (login.refresh_token, refreshed.refresh_token):
        secrets += token.split(".")
    secrets += map(str, KEY_SETTINGS.values())
    for secret in secrets:
        assert secret not in log
