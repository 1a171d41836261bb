"""What only a real process shows: parallel requests, restarts, signals."""

import json
import socket
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from httpx import Client, Response

from . import transport
from .conftest import PASSWORD, as_operator
from .conftest import Client as AppClient
from .examples import ASSIGNMENTS, REQUIRED
from .server import STARTING, Server, StartServer, start_server
from .signing import KEY_SETTINGS

__all__ = ["start_server"]

NEW_PASSWORD = "a quite different passphrase"
PARALLEL = 50

FOR = b"x-forwarded-for"

AUDITED = {"registered", "login_succeeded", "login_failed"}

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
        client.get("/me", params={"access_token": login.access_token})
        refreshed = transport.take(client, transport.try_refresh(client, login.refresh_token))
        transport.try_refresh(client, login.refresh_token)
        transport.log_in(client, "ada@example.com", PASSWORD)
        change = {"current_password": "another wrong password", "new_password": NEW_PASSWORD}
        client.post("/me/password", json=change)
        client.post("/me/password", json={**change, "current_password": PASSWORD})
        client.post("/logout")
    server.stop()
    log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    events = {line["event"] for line in lines}
    assert events >= {"request", "registered", "login_succeeded", "login_failed", "refreshed"}
    assert events >= {"refresh_token_reused", "password_not_confirmed", "password_changed"}
    assert {line["path"] for line in lines if line["event"] == "request"} >= {"/me", "/login"}
    secrets = [PASSWORD, NEW_PASSWORD, "wrong password", login.access_token, refreshed.access_token]
    for token in (login.refresh_token, refreshed.refresh_token):
        secrets += token.split(".")
    secrets += map(str, KEY_SETTINGS.values())
    for secret in secrets:
        assert secret not in log


def test_disconnection_in_the_middle_of_a_body_is_one_line_in_the_log(
    start_server: StartServer,
) -> None:
    server = start_server()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 1000\r\n\r\n{"email": '
        )
    deadline, log = time.monotonic() + STARTING, ""
    while '"path":"/register"' not in log and time.monotonic() < deadline:
        time.sleep(0.02)
        log = server.log.read_text()
    server.stop()
    lines = [json.loads(line) for line in log.splitlines() if '"request_id"' in line]
    (line,) = (line for line in lines if line.get("path") == "/register")
    assert line["status"] == 400
    assert [each["event"] for each in lines if each["request_id"] == line["request_id"]] == [
        "request"
    ]
    assert "Traceback" not in server.log.read_text()


def test_request_id_is_taken_from_a_trusted_proxy_alone(start_server: StartServer) -> None:
    def id_of(server: Server, given: bytes, forwarded: bool = True) -> str:
        with server.client() as client:
            headers = {b"x-request-id": given, **({FOR: b"203.0.113.7"} if forwarded else {})}
            return client.get("/me", headers=headers).headers["x-request-id"]

    behind, open_to_all = start_server(trusted_proxies="127.0.0.1"), start_server()
    assert id_of(behind, b"from-the-proxy") == "from-the-proxy"
    assert id_of(behind, b"x" * 65) == "x" * 64
    assert id_of(behind, b"from-the-client", forwarded=False) != "from-the-client"
    assert id_of(open_to_all, b"from-the-client") != "from-the-client"
    for unusual in (b"short", b"with a space", b"\xc2\x9b31mlong-enough", b"a\tb" * 9):
        taken = id_of(behind, unusual)
        assert taken.isascii()
        assert taken.isprintable()
        assert taken not in unusual.decode("latin-1")


def test_audit_lines_have_request_id_and_address_of_the_client(
    start_server: StartServer, complete: Complete
) -> None:
    server = start_server(trusted_proxies="127.0.0.1")
    with server.client(headers={FOR.decode(): "203.0.113.7"}) as client:
        register(client, "ada@example.com")
        complete("ada@example.com")
        transport.log_in(client, "ada@example.com", PASSWORD)
        transport.try_log_in(client, "ada@example.com", "a wrong password")
        client.post("/logout")
    server.stop()
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line[0] == "{"]
    audited = [line for line in lines if line["event"] in AUDITED]
    assert {line["event"] for line in audited} == AUDITED
    for line in audited:
        assert line["client"] == "203.0.113.7"
        assert line["request_id"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_control_character_is_logged(start_server: StartServer, form: str) -> None:
    server = start_server(log_format=form, trusted_proxies="127.0.0.1")
    with server.client() as client:
        client.get("/%C2%9B31m%1B[31m%0Aevent", headers={FOR: b"a\x9b31m"})
    server.stop()
    log = server.log.read_text("utf-8")
    assert "31m" in log
    assert log.replace("\n", "").isprintable()
    assert not any(line.startswith("event") for line in log.splitlines())


def test_connection_above_the_limit_gets_503(start_server: StartServer) -> None:
    server = start_server(max_connections=4)
    half = (b"", b"GET /me HTTP/1.1\r\nHost:", b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
    with ExitStack() as held:
        for sent in half:
            connection = socket.create_connection(("127.0.0.1", server.port))
            held.enter_context(connection).sendall(sent)
        with server.client() as client:
            assert client.get("/health/live").status_code == 503
    deadline, status = time.monotonic() + STARTING, 503
    while status == 503 and time.monotonic() < deadline:
        with server.client() as client:
            status = client.get("/health/live").status_code
    assert status == 200
