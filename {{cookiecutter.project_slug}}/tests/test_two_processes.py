"""Two server processes on one database: what happens at one counts at the other at once."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from socket import create_connection
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from httpx import Client, Response

from . import transport
from .conftest import PASSWORD, operate, register
from .conftest import Client as AppClient
from .databases import own_database
from .server import Server, starting

STORE = os.environ.get("TEST_THROTTLE_URL", "valkey://127.0.0.1:6379/15")
"""URL of a Valkey or Redis."""

NEW_PASSWORD = "a sunny day in Marseille"
ROUNDS = 10


def store_answers() -> bool:
    address = urlsplit(STORE)
    try:
        create_connection((address.hostname, address.port or 6379), timeout=2).close()
    except OSError:
        return False
    return True


own_database_url = pytest.fixture(scope="module")(own_database)


@pytest.fixture(scope="module")
def servers(
    own_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    settings = {"login_attempts_per_account": "3 per minute"}
    if store_answers():
        settings["throttle_url"] = STORE
    with starting(own_database_url, tmp_path_factory.mktemp("servers")) as start:
        yield start(**settings), start(**settings)


@dataclass
class Pair:
    """Clients of the two processes, and the operator of both."""

    here: Client
    there: Client
    operator: AppClient


@pytest.fixture
def pair(
    servers: tuple[Server, Server], own_database_url: str, make_client: Callable[..., AppClient]
) -> Iterator[Pair]:
    operator = make_client(database_url=own_database_url)
    with servers[0].client() as here, servers[1].client() as there:
        yield Pair(here, there, operator)


def someone(pair: Pair) -> str:
    """Create an account, and return its address."""
    return register(pair.operator, f"{uuid4().hex}@example.com").email


def log_out(pair: Pair, _: str) -> Response:
    return pair.here.post("/logout")


def log_out_everywhere(pair: Pair, _: str) -> Response:
    return pair.here.delete("/sessions")


def change_the_password(pair: Pair, email: str) -> Response:
    transport.log_in(pair.here, email, PASSWORD)
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    return pair.here.post("/me/password", json=change)


def delete_the_account(pair: Pair, _: str) -> Response:
    return pair.here.request("DELETE", "/me", json={"current_password": PASSWORD})


def be_deactivated(pair: Pair, email: str) -> None:
    operate(pair.operator, lambda accounts: accounts.set_active(email, active=False))


@pytest.mark.parametrize(
    "end",
    [log_out, log_out_everywhere, change_the_password, delete_the_account, be_deactivated],
)
def test_a_session_is_good_at_both_and_ends_at_both(
    pair: Pair, end: Callable[[Pair, str], Response | None]
) -> None:
    email = someone(pair)
    login = transport.log_in(pair.here, email, PASSWORD)
    transport.carry(pair.there, login.access_token)
    assert pair.there.get("/me").json()["email"] == email
    answer = end(pair, email)
    assert answer is None or answer.status_code == 204, answer.text
    assert pair.there.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(pair.there, login.refresh_token))


def test_a_refresh_token_used_at_both_at_once_succeeds_once(pair: Pair) -> None:
    email = someone(pair)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            token = transport.log_in(pair.here, email, PASSWORD).refresh_token
            both = [pair.here, pair.there]
            answers = list(pool.map(transport.try_refresh, both, [token, token]))
            refused = [answer for answer in answers if answer.status_code != 200]
            assert len(refused) == 1
            assert transport.is_refused_refresh(refused[0])


def test_wrong_confirmations_count_at_both_at_once(pair: Pair) -> None:
    email = someone(pair)
    transport.carry(pair.there, transport.log_in(pair.here, email, PASSWORD).access_token)
    change = {"current_password": "not the right password", "new_password": NEW_PASSWORD}

    def confirm(number: int) -> int:
        client = pair.here if number % 2 else pair.there
        return client.post("/me/password", json=change).status_code

    with ThreadPoolExecutor(ROUNDS) as pool:
        statuses = Counter(pool.map(confirm, range(ROUNDS * 2)))
    assert statuses.keys() == {401, 403}
    assert statuses[403] <= 4
    assert pair.here.get("/me").status_code == pair.there.get("/me").status_code == 401


def test_attempts_at_a_password_count_at_both(pair: Pair) -> None:
    if not store_answers():
        pytest.skip(f"no Valkey or Redis at {STORE}")
    email = f"{uuid4().hex}@example.com"
    for client in (pair.here, pair.there, pair.here):
        assert transport.is_refused_login(transport.try_log_in(client, email, PASSWORD))
    assert transport.try_log_in(pair.there, email, PASSWORD).status_code == 429
    assert transport.try_log_in(pair.here, email, PASSWORD).status_code == 429
