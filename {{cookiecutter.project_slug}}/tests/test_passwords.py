"""Which passwords are taken, how they are kept, how often they may be tried."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

import pytest
from httpx import Response
from sqlalchemy import select

from {{ cookiecutter.package_name }}.accounts.models import User
from {{ cookiecutter.package_name }}.security.throttle import network_of

from . import transport
from .conftest import PASSWORD, Client, Person, as_operator, operate, register
from .examples import ASSIGNMENTS, REQUIRED
from .server import StartServer, start_server

__all__ = ["start_server"]

WRONG = "not the right password"


def try_to_register(client: Client, password: str) -> Response:
    person = {"email": "countess@example.com", "name": "Ada Lovelace", "password": password}
    return client.post("/register", json=person)


@pytest.mark.parametrize(
    "password",
    [
        "fourteen chars",
        "passwordpassword",
        "password1234567",
        "123456789012345",
        "qwertyuiopasdfgh",
        "aaaaaaaaaaaaaaaaaaaa",
        "countess@example.com",
        "Ada LovelaceAda Lovelace",
    ],
)
def test_what_is_easy_to_guess_is_refused(client: Client, password: str) -> None:
    answer = try_to_register(client, password)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:problem:weak-password"
    assert answer.json()["detail"]
    assert password not in answer.text


@pytest.mark.parametrize(
    "password",
    ["a sunny day in Marseille", "x7x7x7 kräuterbutter 7 mal", "z" * 40 + " but not z" * 15],
)
def test_length_is_what_counts(client: Client, password: str) -> None:
    assert try_to_register(client, password).status_code == 201


def test_how_a_character_is_typed_does_not_matter(client: Client) -> None:
    composed, decomposed = "sept h\u00e9rons au lac gris", "sept he\u0301rons au lac gris"
    person = {"email": "ada@example.com", "name": "Ada", "password": composed}
    assert client.post("/register", json=person).status_code == 201
    as_operator(client, "ada@example.com", *(ASSIGNMENTS[name] for name in REQUIRED))
    transport.log_in(client, "ada@example.com", decomposed)


def hash_of(client: Client, email: str) -> str:
    async def read() -> str | None:
        async with client.app.state.database.reading() as session:
            found: str | None = await session.scalar(
                select(User.password_hash).where(User.email == email)
            )
            return found

    with client.portal() as portal:
        return portal.call(read) or ""


def test_a_hash_is_renewed_when_the_parameters_change(
    make_client: Callable[..., Client], client: Client, ada: Person
) -> None:
    before = hash_of(client, ada.email)
    assert before.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    transport.log_in(client, ada.email, ada.password)
    assert hash_of(client, ada.email) == before
    stronger = make_client(argon2_memory_kib=16)
    transport.log_in(stronger, ada.email, ada.password)
    assert hash_of(client, ada.email).startswith("$argon2id$v=19$m=16,t=1,p=1$")
    transport.log_in(client, ada.email, ada.password)


def test_equal_passwords_have_different_hashes(client: Client, ada: Person, ben: Person) -> None:
    assert hash_of(client, ada.email) != hash_of(client, ben.email)


def test_a_wrong_login_is_answered_alike_for_all(client: Client, ada: Person, ben: Person) -> None:
    operate(client, lambda accounts: accounts.set_active(ben.email, active=False))
    wrong = transport.try_log_in(client, ada.email, WRONG)
    assert transport.is_refused_login(wrong)
    for email, password in [("nobody@example.com", PASSWORD), (ben.email, ben.password)]:
        assert transport.try_log_in(client, email, password).content == wrong.content


def test_a_wrong_login_takes_as_long_for_all(
    make_client: Callable[..., Client], ada: Person, ben: Person
) -> None:
    client = make_client(
        argon2_memory_kib=64 * 1024,
        argon2_iterations=3,
        login_attempts_per_account="1000 per minute",
        login_attempts_per_address="1000 per minute",
    )
    operate(client, lambda accounts: accounts.set_active(ben.email, active=False))
    transport.log_in(client, ada.email, ada.password)
    transport.drop(client)

    def seconds(email: str) -> float:
        started = perf_counter()
        transport.try_log_in(client, email, WRONG)
        return perf_counter() - started

    # Without the dummy hash an unknown user is answered some twenty times sooner.
    emails = (ada.email, "nobody@example.com")
    rounds = [[seconds(email) for email in emails] for _ in range(7)]
    known, unknown = (median(times) for times in zip(*rounds, strict=True))
    assert known / 4 < unknown < known * 4


def test_wrong_passwords_are_bounded_per_account(
    make_client: Callable[..., Client], ada: Person, ben: Person
) -> None:
    client = make_client(login_attempts_per_account="5 per hour")
    answers = [transport.try_log_in(client, ada.email, WRONG) for _ in range(8)]
    assert [answer.status_code == 429 for answer in answers] == [False] * 5 + [True] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
    assert WRONG not in answers[-1].text
    assert transport.try_log_in(client, ada.email.upper(), ada.password).status_code == 429
    transport.log_in(client, ben.email, ben.password)


def test_a_right_password_starts_the_count_anew(
    make_client: Callable[..., Client], ada: Person
) -> None:
    client = make_client(login_attempts_per_account="3 per hour")
    for _ in range(3):
        transport.drop(client)
        assert transport.is_refused_login(transport.try_log_in(client, ada.email, WRONG))
        assert transport.is_refused_login(transport.try_log_in(client, ada.email, WRONG))
        transport.log_in(client, ada.email, ada.password)


def test_logins_are_bounded_per_address(make_client: Callable[..., Client]) -> None:
    client = make_client(login_attempts_per_address="5 per hour")
    emails = [f"nobody{number}@example.com" for number in range(8)]
    answers = [transport.try_log_in(client, email, WRONG) for email in emails]
    assert [answer.status_code == 429 for answer in answers] == [False] * 5 + [True] * 3


def test_registrations_are_bounded_per_address(make_client: Callable[..., Client]) -> None:
    client = make_client(registrations_per_address="2 per hour")
    register(client, "ada@example.com")
    register(client, "ben@example.com")
    person = {"email": "eve@example.com", "name": "Eve", "password": PASSWORD}
    answer = client.post("/register", json=person)
    assert answer.status_code == 429
    assert answer.json()["type"] == "urn:problem:throttled"
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_open_session_is_no_way_to_try_passwords(
    make_client: Callable[..., Client], ada: Person
) -> None:
    client = make_client(login_attempts_per_account="3 per hour")
    transport.log_in(client, ada.email, ada.password)
    change = {"current_password": WRONG, "new_password": "a quite different passphrase"}
    statuses = [client.post("/me/password", json=change).status_code for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    assert client.request("DELETE", "/me", json={"current_password": WRONG}).status_code == 429


def test_no_header_moves_a_client_elsewhere(start_server: StartServer) -> None:
    server = start_server(login_attempts_per_address="3 per hour")
    headers = ["x-forwarded-for", "forwarded", "x-real-ip"]
    with server.client() as client:
        statuses = []
        for number in range(3):
            for header in headers:
                client.headers[header] = f"203.0.113.{number}"
                answer = transport.try_log_in(client, "nobody@example.com", WRONG)
                statuses.append(answer.status_code)
    assert statuses[3:] == [429] * 6


def test_a_trusted_proxy_says_who_the_client_is(start_server: StartServer) -> None:
    server = start_server(login_attempts_per_address="3 per hour", trusted_proxies="127.0.0.1")
    with server.client() as client:
        for number in range(5):
            client.headers["x-forwarded-for"] = f"203.0.113.{number}"
            answer = transport.try_log_in(client, f"nobody{number}@example.com", WRONG)
            assert transport.is_refused_login(answer)


def test_parallel_attempts_are_counted_too(start_server: StartServer) -> None:
    server = start_server(login_attempts_per_account="5 per hour")

    def attempt(_: int) -> int:
        with server.client() as client:
            return transport.try_log_in(client, "nobody@example.com", WRONG).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = Counter(pool.map(attempt, range(50)))
    assert statuses[429] == 45


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
    ],
)
def test_what_one_client_can_choose_from_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_store_that_is_away_stops_logins_unless_they_may_go_on(
    make_client: Callable[..., Client],
) -> None:
    nobody = {"throttle_url": "valkey://127.0.0.1:1"}
    closed = transport.try_log_in(make_client(**nobody), "nobody@example.com", WRONG)
    assert closed.status_code == 503
    assert closed.headers["retry-after"]
    opened = make_client(**nobody, throttle_fails_open=True)
    assert transport.is_refused_login(transport.try_log_in(opened, "nobody@example.com", WRONG))
