"""A request that finds something changed which it has already looked at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import UpdateBase, delete, update
from structlog.testing import capture_logs

from {{ cookiecutter.package_name }}.accounts.errors import NoSuchUser
from {{ cookiecutter.package_name }}.accounts.models import Session, User

from . import transport
from .conftest import PASSWORD, Client, Person, operate
from .databases import waits_for_a_lock

Race = Callable[[UpdateBase, Callable[[], Any]], Any]

ANOTHER = "a quite different passphrase"
NEW_PASSWORD = update(User).values(password_hash="the hash of another password")
DEACTIVATION = update(User).values(is_active=False)
DELETION = delete(User)
LOGOUT = delete(Session)


@pytest.fixture
def race(client: Client, monkeypatch: pytest.MonkeyPatch) -> Race:
    """Make a change, and commit it when a request has begun its own transaction."""
    database = client.app.state.database
    transaction = database.transaction

    def run(change: UpdateBase, request: Callable[[], Any]) -> Any:
        async def in_the_app() -> Any:
            begun = asyncio.Event()

            def begin() -> object:
                begun.set()
                return transaction()

            async with transaction() as db:
                await db.execute(change)
                monkeypatch.setattr(database, "transaction", begin)
                answer = asyncio.create_task(asyncio.to_thread(request))
                async with asyncio.timeout(20):
                    await begun.wait()
                    while not (answer.done() or await waits_for_a_lock(db)):
                        pass
            return await answer

        with client.portal() as portal:
            return portal.call(in_the_app)

    return run


def test_login_in_flight_does_not_survive_a_deactivation(
    client: Client, ada: Person, race: Race
) -> None:
    answer = race(DEACTIVATION, lambda: transport.try_log_in(client, ada.email, ada.password))
    assert transport.is_refused_login(answer)
    operate(client, lambda accounts: accounts.set_active(ada.email, active=True))
    transport.log_in(client, ada.email, ada.password)
    assert len(client.get("/sessions").json()) == 1


def test_login_in_flight_does_not_survive_a_new_password(
    client: Client, ada: Person, race: Race
) -> None:
    answer = race(NEW_PASSWORD, lambda: transport.try_log_in(client, ada.email, ada.password))
    assert transport.is_refused_login(answer)


@pytest.mark.parametrize(
    "change",
    [NEW_PASSWORD, update(User).values(password_hash=None), DELETION],
    ids=["new-password", "no-password", "deletion"],
)
def test_login_that_renews_a_hash_does_not_survive_a_change_of_the_password(
    client: Client, ada: Person, race: Race, change: UpdateBase
) -> None:
    outdated = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(ada.password)

    async def age() -> None:
        async with client.app.state.database.transaction() as db:
            await db.execute(update(User).values(password_hash=outdated))

    with client.portal() as portal:
        portal.call(age)
    answer = race(change, lambda: transport.try_log_in(client, ada.email, ada.password))
    assert transport.is_refused_login(answer)


def test_refresh_in_flight_does_not_survive_a_deactivation(
    client: Client, ada: Person, race: Race
) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    answer = race(DEACTIVATION, lambda: transport.try_refresh(client, login.refresh_token))
    assert transport.is_refused_refresh(answer)


@pytest.mark.parametrize(
    ("change", "status"),
    [(NEW_PASSWORD, 403), (DEACTIVATION, 401), (DELETION, 401)],
    ids=["new-password", "deactivation", "deletion"],
)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/me", {"current_password": PASSWORD}),
        ("POST", "/me/password", {"current_password": PASSWORD, "new_password": ANOTHER}),
    ],
    ids=["deletion", "password-change"],
)
def test_confirmed_password_does_not_outlive_a_change_of_the_account(
    logged_in: Client,
    race: Race,
    change: UpdateBase,
    status: int,
    method: str,
    path: str,
    body: dict[str, str],
) -> None:
    left = profiles(logged_in) if change is not DELETION else []
    answer = race(change, lambda: logged_in.request(method, path, json=body))
    assert answer.status_code == status
    expected = "urn:problem:wrong-password" if status == 403 else "urn:problem:session-ended"
    assert answer.json()["type"] == expected
    assert profiles(logged_in) == left


def profiles(client: Client) -> list[str]:
    """Return the email addresses of all accounts."""
    return [user.email for user in operate(client, lambda accounts: accounts.everyone())]


@pytest.mark.parametrize("change", [DELETION, DEACTIVATION], ids=["deletion", "deactivation"])
def test_profile_of_an_account_that_is_gone_is_not_changed(
    logged_in: Client, race: Race, change: UpdateBase
) -> None:
    answer = race(change, lambda: logged_in.patch("/me", json={"name": "Countess"}))
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:problem:session-ended"
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "command",
    [
        lambda accounts, ada: accounts.set_active(ada.email, active=False),
        lambda accounts, ada: accounts.set_password(ada.email, ANOTHER),
        lambda accounts, ada: accounts.remove(ada.email),
        lambda accounts, ada: accounts.link(UUID(ada.id), "https://idp.example", "ada"),
        lambda accounts, ada: accounts.set_fields(UUID(ada.id), {"name": "Countess"}),
    ],
    ids=["deactivate", "password", "delete", "link", "fields"],
)
def test_operator_is_told_that_an_account_is_gone(
    client: Client, ada: Person, race: Race, command: Callable[..., Awaitable[object]]
) -> None:
    with pytest.raises(NoSuchUser):
        race(DELETION, lambda: operate(client, lambda accounts: command(accounts, ada)))


def test_refresh_beside_a_logout_is_no_theft(client: Client, ada: Person, race: Race) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    with capture_logs() as lines:
        answer = race(LOGOUT, lambda: transport.try_refresh(client, login.refresh_token))
    assert transport.is_refused_refresh(answer)
    assert "refresh_token_reused" not in [line["event"] for line in lines]


def test_used_refresh_token_is_logged_as_theft(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    transport.take(client, transport.try_refresh(client, login.refresh_token))
    with capture_logs() as lines:
        for _ in range(2):
            answer = transport.try_refresh(client, login.refresh_token)
            assert transport.is_refused_refresh(answer)
    assert [line["event"] for line in lines].count("refresh_token_reused") == 1
