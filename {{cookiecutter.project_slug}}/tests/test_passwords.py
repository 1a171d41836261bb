"""Which passwords are taken, how they are kept, how often they may be tried."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from operator import ne
from random import Random
from statistics import median
from threading import Barrier, BrokenBarrierError, Event, Semaphore
from time import perf_counter
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from httpx import Response
from sqlalchemy import select
from zxcvbn import matching, scoring

from {{ cookiecutter.package_name }}.accounts import decoys
from {{ cookiecutter.package_name }}.accounts.models import User
from {{ cookiecutter.package_name }}.security import passwords
from {{ cookiecutter.package_name }}.security.strength import weakness
from {{ cookiecutter.package_name }}.security.throttle import network_of

from . import transport
from .conftest import PASSWORD, Client, Person, as_operator, operate, register
from .examples import ASSIGNMENTS, REQUIRED
from .server import StartServer, start_server
from .signing import STRANGERS_KEY_SETTINGS

__all__ = ["start_server"]

WRONG = "not the right password"
NEW_PASSWORD = "a quite different passphrase"

Confirm = Callable[[Client, str], Response]


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
        "countess.lovelace",
        "C0untess, L0velace!",
        "ssetnuoc-ecalevol",
        "p4$$w0rd p4$$w0rd",
        "p4$$w0rd1234567",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
        "Winter2026!Winter",
        "W1nter-2026 w1nter",
        "Feb2027,March2027",
    ],
)
def test_what_is_easy_to_guess_is_refused(client: Client, password: str) -> None:
    answer = try_to_register(client, password)
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:problem:weak-password"
    assert answer.json()["detail"]
    assert password not in answer.text


@pytest.mark.parametrize("password", ["harbour_blue1234", "BlueHarbour2026", "BLUE HARBOUR 12"])
def test_a_password_made_of_the_services_name_is_rejected(
    make_client: Callable[..., Client], password: str
) -> None:
    client = make_client(openapi_title="Blue Harbour")
    assert try_to_register(client, password).json()["type"] == "urn:problem:weak-password"


def test_a_password_is_judged_without_what_is_known_about_the_user(client: Client) -> None:
    assert try_to_register(client, "lovelace walks by a river").status_code == 201


SEARCHED = (
    *("1", "i", "12", "1/", "0123456789", "qwerty", "aeinost", "i1!|l", "1i9!jk"),
    "4@8b({[<3e6g9$s5+t7%x2z1!|il0o",
)
"""Alphabets of passwords that take zxcvbn long: runs, repeats, digits, dates, substitutions."""


def adversarial_passwords() -> Iterator[str]:
    chance = Random(0)  # noqa: S311
    yield "a4@b8c({[<e3g69i1!|l1|7o0s$5t+7x%z2" * 2
    yield "\ufdfa" * 256
    for alphabet in SEARCHED:
        for length in (1, 2, 3, 5, 8, 13, 21, 34, 55):
            period = "".join(chance.choices(alphabet, k=length))
            yield (period * 256)[:256]
            end = "".join(chance.choices("i1!9jk", k=20))
            yield (period * 40)[: chance.randrange(10, 40)] + end


def test_judging_a_password_is_quick_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: dict[str, Counter[str]] = {}

    def count(module: ModuleType, name: str) -> None:
        called, counter = getattr(module, name), calls.setdefault(name, Counter())

        def call(*arguments: Any, **options: Any) -> Any:
            counter[judged] += 1
            return called(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    count(scoring, "estimate_guesses")
    count(matching, "dictionary_match")
    for judged in adversarial_passwords():
        weakness(judged, 4, ["countess@example.com", "Ada Lovelace"])
    most = {name: counter.most_common(1)[0][1] for name, counter in calls.items()}
    # The first is called once in zxcvbn's innermost loop, the second for each reading of a text.
    assert most["estimate_guesses"] < 12_000
    assert most["dictionary_match"] < 150


def test_logins_do_not_wait_for_passwords_that_are_judged(
    make_client: Callable[..., Client], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(hashing_threads=1)
    judging, judged = Semaphore(0), Event()

    def judge(*_: object) -> None:
        judging.release()
        assert judged.wait(30)

    monkeypatch.setattr(passwords, "weakness", judge)
    with ThreadPoolExecutor(4) as pool:
        registrations = [
            pool.submit(try_to_register, client, f"{number} herons by a lake")
            for number in range(3)
        ]
        assert judging.acquire(timeout=30)
        try:
            login = pool.submit(transport.try_log_in, client, ada.email, ada.password)
            assert login.result(30).status_code == 200
            # zxcvbn's state is global.
            assert not judging.acquire(blocking=False)
        finally:
            judged.set()
        statuses = Counter(registration.result().status_code for registration in registrations)
    assert statuses == {201: 1, 409: 2}


def test_few_passwords_are_hashed_at_once(
    make_client: Callable[..., Client], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(hashing_threads=2)
    three = Barrier(3)

    def verify(*_: object) -> bool:
        with suppress(BrokenBarrierError):
            three.wait(2)
        raise VerifyMismatchError

    monkeypatch.setattr("argon2.PasswordHasher.verify", verify)
    with ThreadPoolExecutor(6) as pool:
        logins = pool.map(lambda _: transport.try_log_in(client, ada.email, WRONG), range(6))
        assert all(map(transport.is_refused_login, logins))
    assert three.broken


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


LONG = "seven herons by a quiet lake".ljust(256, "-")


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("seven \ufb01ne herons", "seven fine herons"),
        ("heron\u00b2 by the lake", "heron2 by the lake"),
        ("\uff53even herons by a lake", "seven herons by a lake"),
        ("Seven Herons by a lake", "seven herons by a lake"),
        (" seven herons by a lake ", "seven herons by a lake"),
        ("seven  herons by a lake", "seven herons by a lake"),
        *((f"{LONG[:length]}!", LONG[:length]) for length in (40, 72, 128, 255)),
    ],
)
def test_a_password_that_differs_otherwise_is_another(
    client: Client, password: str, other: str
) -> None:
    assert try_to_register(client, password).status_code == 201
    as_operator(client, "countess@example.com", *(ASSIGNMENTS[name] for name in REQUIRED))
    answer = transport.try_log_in(client, "countess@example.com", other)
    assert transport.is_refused_login(answer)
    transport.log_in(client, "countess@example.com", password)


def hash_of(client: Client, email: str) -> str:
    async def read() -> str | None:
        async with client.app.state.database.reading() as db:
            found: str | None = await db.scalar(
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


def test_login_without_a_password_computes_one_hash_as_others_do(
    client: Client, ada: Person, verified: list[str]
) -> None:
    operate(client, lambda accounts: accounts.register("grace@example.com", "Grace", password=None))
    for email in (ada.email, "grace@example.com"):
        assert transport.is_refused_login(transport.try_log_in(client, email, WRONG))
    known, without = map(extract_parameters, verified)
    assert without == known


def test_a_wrong_login_takes_as_long_for_all(
    make_client: Callable[..., Client], ada: Person
) -> None:
    slow = {
        "argon2_memory_kib": 64 * 1024,
        "argon2_iterations": 3,
        "login_attempts_per_account": "1000 per minute",
        "login_attempts_per_address": "1000 per minute",
    }
    transport.log_in(make_client(**slow), ada.email, ada.password)
    client = make_client(**slow)

    def seconds(email: str) -> float:
        started = perf_counter()
        transport.try_log_in(client, email, WRONG)
        return perf_counter() - started

    # Without the dummy hash an unknown user is answered some twenty times sooner.
    emails = (ada.email, "nobody@example.com")
    rounds = [[seconds(email) for email in emails] for _ in range(7)]
    known, unknown = (median(times) for times in zip(*rounds, strict=True))
    assert known / 4 < unknown < known * 4


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the hashes that passwords are compared with."""
    hashes: list[str] = []
    verify = PasswordHasher.verify

    def collect(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        hashes.append(password_hash)
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", collect)
    return hashes


def test_unknown_users_have_the_parameters_of_known_ones_after_a_change(
    make_client: Callable[..., Client], ada: Person, verified: list[str]
) -> None:
    changed = make_client(argon2_memory_kib=64)
    for email in (ada.email, "nobody@example.com"):
        assert transport.is_refused_login(transport.try_log_in(changed, email, WRONG))
    known, unknown = map(extract_parameters, verified)
    assert unknown == known
    assert known.memory_cost == 8


def hash_with(memory_kib: int, hash_len: int = 32, salt_len: int = 16) -> str:
    return PasswordHasher(1, memory_kib, 1, hash_len, salt_len).hash(PASSWORD)


def add_accounts(client: Client, *password_hashes: str) -> None:
    users = [
        User(email=f"{uuid4().hex}@example.com", name="Grace", password_hash=password_hash)
        for password_hash in password_hashes
    ]

    async def add() -> None:
        async with client.app.state.database.transaction() as db:
            db.add_all(users)

    with client.portal() as portal:
        portal.call(add)


UNKNOWN = [f"{number}@example.com" for number in range(40)]
MANY: dict[str, Any] = {"login_attempts_per_address": "1000 per minute", "argon2_memory_kib": 64}


@pytest.fixture
def memory_of_unknown(verified: list[str]) -> Callable[[Client], list[int]]:
    """Return the memory in KiB of the hash that each unknown user's password is compared with."""

    def attempt(client: Client) -> list[int]:
        verified.clear()
        for email in UNKNOWN:
            assert transport.is_refused_login(transport.try_log_in(client, email, WRONG))
        return [extract_parameters(password_hash).memory_cost for password_hash in verified]

    return attempt


def test_unknown_users_have_parameters_as_often_as_known_ones(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
) -> None:
    add_accounts(client, hash_with(8), hash_with(16))
    drawn = Counter(memory_of_unknown(make_client(**MANY)))
    assert drawn.keys() == {8, 16}
    assert 5 < drawn[8] < 35


def test_unknown_users_keep_their_parameters_in_all_instances_when_others_register(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
) -> None:
    add_accounts(client, *[hash_with(8)] * 100, *[hash_with(16)] * 100)
    drawn = memory_of_unknown(make_client(**MANY))
    assert memory_of_unknown(make_client(**MANY)) == drawn
    add_accounts(client, hash_with(16))
    assert sum(map(ne, memory_of_unknown(make_client(**MANY)), drawn)) < 5


def test_parameters_of_unknown_users_cannot_be_told_without_the_signing_key(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
) -> None:
    add_accounts(client, hash_with(8), hash_with(16))
    drawn = memory_of_unknown(make_client(**MANY))
    assert memory_of_unknown(make_client(**MANY, **STRANGERS_KEY_SETTINGS)) != drawn


def test_stored_parameters_are_read_once_a_minute(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(decoys, "monotonic", lambda: now)
    add_accounts(client, hash_with(8))
    changed = make_client(**MANY)
    assert set(memory_of_unknown(changed)) == {8}
    add_accounts(client, *[hash_with(16)] * 1000)
    now += 59
    assert set(memory_of_unknown(changed)) == {8}
    now += 1
    assert 16 in memory_of_unknown(changed)


def test_stored_parameters_are_read_of_a_bounded_number_of_accounts(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoys, "SAMPLE", 1)
    add_accounts(client, *[hash_with(8)] * 20, *[hash_with(16)] * 20)
    assert len(set(memory_of_unknown(make_client(**MANY)))) == 1


@pytest.mark.parametrize(
    "password_hash", [hash_with(8, hash_len=16), hash_with(8, salt_len=8), "no hash", "$argon2id$"]
)
def test_unknown_users_take_as_long_beside_a_hash_of_another_length(
    make_client: Callable[..., Client],
    client: Client,
    memory_of_unknown: Callable[[Client], list[int]],
    password_hash: str,
) -> None:
    add_accounts(client, password_hash)
    assert set(memory_of_unknown(make_client(**MANY))) == {64}


def test_simultaneous_logins_succeed_after_a_change_of_the_parameters(
    make_client: Callable[..., Client], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(argon2_memory_kib=16, hashing_threads=4)
    verify, together, first = PasswordHasher.verify, Barrier(4), iter(range(4))

    def meet(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        if next(first, None) is not None:
            together.wait(30)
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", meet)
    with ThreadPoolExecutor(4) as pool:
        logins = [
            pool.submit(transport.try_log_in, client, ada.email, ada.password) for _ in range(4)
        ]
    assert {login.result().status_code for login in logins} == {200}


def test_a_wrong_login_costs_one_hash_for_all(
    client: Client, ada: Person, ben: Person, verified: list[str]
) -> None:
    operate(client, lambda accounts: accounts.set_active(ben.email, active=False))
    for email, password in [
        (ada.email, WRONG),
        ("nobody@example.com", WRONG),
        (ben.email, WRONG),
        (ben.email, ben.password),
    ]:
        assert transport.is_refused_login(transport.try_log_in(client, email, password))
        assert len(verified) == 1
        verified.clear()


def test_an_attempt_is_counted_before_its_hash_is_computed(
    make_client: Callable[..., Client], ada: Person, verified: list[str]
) -> None:
    client = make_client(login_attempts_per_account="3 per hour")
    for _ in range(6):
        transport.try_log_in(client, ada.email, WRONG)
    assert len(verified) == 3


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


def try_to_change(client: Client, current: str, new: str = NEW_PASSWORD) -> Response:
    return client.post("/me/password", json={"current_password": current, "new_password": new})


def try_to_delete(client: Client, current: str) -> Response:
    return client.request("DELETE", "/me", json={"current_password": current})


@pytest.mark.parametrize("confirm", [try_to_change, try_to_delete])
def test_five_wrong_confirmations_end_the_session(
    client: Client, make_client: Callable[..., Client], ada: Person, confirm: Confirm
) -> None:
    other = make_client()
    transport.log_in(other, ada.email, ada.password)
    login = transport.log_in(client, ada.email, ada.password)
    statuses = [confirm(client, WRONG).status_code for _ in range(4)]
    last = confirm(client, WRONG)
    assert statuses == [403] * 4
    assert (last.status_code, last.json()["type"]) == (401, "urn:problem:session-ended")
    assert last.headers["www-authenticate"]
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))
    assert other.get("/me").status_code == 200


def test_a_right_confirmation_starts_the_count_anew(logged_in: Client, ada: Person) -> None:
    for current, new in ((ada.password, NEW_PASSWORD), (NEW_PASSWORD, ada.password)):
        assert [try_to_change(logged_in, WRONG).status_code for _ in range(4)] == [403] * 4
        assert try_to_change(logged_in, current, new).status_code == 204
    assert logged_in.get("/me").status_code == 200


def test_a_strangers_wrong_logins_do_not_keep_the_owner_from_acting(
    make_client: Callable[..., Client], ada: Person
) -> None:
    client = make_client(login_attempts_per_account="3 per hour")
    login = transport.log_in(client, ada.email, ada.password)
    transport.drop(client)
    attempts = [transport.try_log_in(client, ada.email, WRONG) for _ in range(4)]
    assert attempts[-1].status_code == 429
    transport.carry(client, login.access_token)
    assert try_to_change(client, ada.password).status_code == 204
    # Nor does acting give the stranger further attempts.
    assert transport.try_log_in(client, ada.email, WRONG).status_code == 429
    assert try_to_delete(client, NEW_PASSWORD).status_code == 204


def test_wrong_confirmations_are_no_logins(make_client: Callable[..., Client], ada: Person) -> None:
    client = make_client(login_attempts_per_account="3 per hour")
    transport.log_in(client, ada.email, ada.password)
    assert [try_to_change(client, WRONG).status_code for _ in range(4)] == [403] * 4
    transport.drop(client)
    transport.log_in(client, ada.email, ada.password)


def test_confirmations_are_bounded_per_address(
    make_client: Callable[..., Client], ada: Person
) -> None:
    client = make_client(login_attempts_per_address="3 per hour")
    transport.log_in(client, ada.email, ada.password)
    assert [try_to_change(client, WRONG).status_code for _ in range(4)] == [403] * 3 + [429]
    assert client.get("/me").status_code == 200


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
