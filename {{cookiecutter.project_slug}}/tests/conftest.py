"""The app on a database of its own, clients of it, and people with accounts."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from {{ cookiecutter.package_name }}.accounts.fields import parse_fields
from {{ cookiecutter.package_name }}.accounts.service import Accounts
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.security.throttle import Throttle
from {{ cookiecutter.package_name }}.settings import Settings, load_settings

from . import transport
from .databases import SETTINGS, database_url, empty_database_url, migrated
from .examples import ASSIGNMENTS, REQUIRED
from .signing import KEY_SETTINGS

__all__ = ["database_url", "empty_database_url", "migrated"]

PASSWORD = "correct horse battery staple"

Client = TestClient[Litestar]
T = TypeVar("T")


@pytest.fixture(autouse=True)
def no_ambient_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No test sees the settings of the machine that it runs on, or a `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings as in production, except that hashing a password is quick."""
    return make_settings(database_url)


def make_settings(database_url: str, **changes: Any) -> Settings:
    quick = {"argon2_memory_kib": 8, "argon2_iterations": 1}
    return load_settings(
        **{"_secrets_dir": None, "database_url": database_url, **quick, **KEY_SETTINGS, **changes}
    )


@pytest.fixture
def make_client(database_url: str) -> Iterator[Callable[..., Client]]:
    """Start the app, with some settings changed, and return a client of it."""
    with ExitStack() as running:

        def start(app: Litestar | None = None, **changes: Any) -> Client:
            app = app or create_app(make_settings(**{"database_url": database_url, **changes}))
            scheme = "http" if app.state.settings.development else "https"
            client = TestClient(app, base_url=f"{scheme}://testserver.local")
            return running.enter_context(client)

        yield start


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    """A client that nobody is logged in with."""
    return make_client()


@dataclass
class Person:
    """Somebody with an account."""

    id: str
    email: str
    password: str = PASSWORD


@pytest.fixture
def ada(client: Client) -> Person:
    return register(client, "ada@example.com")


@pytest.fixture
def ben(client: Client) -> Person:
    return register(client, "ben@example.com")


@pytest.fixture
def logged_in(client: Client, ada: Person) -> Client:
    """The client, with Ada logged in."""
    transport.log_in(client, ada.email, ada.password)
    return client


def register(client: Client, email: str) -> Person:
    """Create an account, with all token fields set that are required."""
    person = {"email": email, "name": email.partition("@")[0], "password": PASSWORD}
    answer = client.post("/register", json=person)
    assert answer.status_code == 201, answer.text
    as_operator(client, email, *(ASSIGNMENTS[name] for name in REQUIRED))
    return Person(id=answer.json()["id"], email=email)


def as_operator(client: Client, email: str, *assignments: str) -> None:
    """Set token fields."""

    async def set_fields(accounts: Accounts) -> None:
        user = await accounts.find(email)
        await accounts.set_fields(user.id, parse_fields(assignments))

    operate(client, set_fields)


def operate(client: Client, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Do what the command line does, on the client's database."""
    state = client.app.state
    accounts = Accounts(state.database, state.settings, Throttle(state.settings))
    with client.portal() as portal:
        return portal.call(work, accounts)
