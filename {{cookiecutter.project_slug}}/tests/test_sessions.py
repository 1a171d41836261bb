"""Sessions: refreshed, listed, ended; and what ends with them."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from {{ cookiecutter.package_name }}.accounts.lookup import BY_IDENTITY, BY_SESSION
from {{ cookiecutter.package_name }}.accounts.models import Session, User
from {{ cookiecutter.package_name }}.accounts.sessions import Sessions

from . import transport
from .conftest import PASSWORD, Client, Person, as_operator, operate
from .databases import plan_of
from .examples import ASSIGNMENTS, VALUES


def test_a_refresh_gives_new_tokens(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    refreshed = transport.take(client, transport.try_refresh(client, login.refresh_token))
    assert refreshed.refresh_token != login.refresh_token
    assert refreshed.access_token != login.access_token
    assert client.get("/me").json()["id"] == ada.id
    assert len(client.get("/sessions").json()) == 1


def test_a_refresh_token_that_was_used_ends_the_session(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    refreshed = transport.take(client, transport.try_refresh(client, login.refresh_token))
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))
    assert transport.is_refused_refresh(transport.try_refresh(client, refreshed.refresh_token))
    transport.carry(client, refreshed.access_token)
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b", "." * 10, "a" * 300])
def test_what_is_no_refresh_token_is_refused(client: Client, token: str) -> None:
    assert transport.try_refresh(client, token).status_code in {400, 401}


def test_a_guessed_successor_is_refused(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    other = transport.log_in(client, ada.email, ada.password)
    mixed = f"{login.refresh_token.split('.')[0]}.{other.refresh_token.split('.')[1]}"
    assert transport.is_refused_refresh(transport.try_refresh(client, mixed))
    transport.carry(client, login.access_token)
    assert client.get("/me").status_code == 401
    transport.carry(client, other.access_token)
    assert client.get("/me").status_code == 200


def test_refresh_tokens_are_stored_as_hashes(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)

    async def stored() -> str:
        async with client.app.state.database.reading() as db:
            return str((await db.execute(text("SELECT * FROM sessions"))).all())

    with client.portal() as portal:
        rows = portal.call(stored)
    for part in login.refresh_token.split("."):
        assert part not in rows


def test_a_logout_takes_a_refresh_token_too(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    answer = transport.log_out_by_refresh_token(client, login.refresh_token)
    assert answer.status_code == 204
    transport.carry(client, login.access_token)
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))
    again = transport.log_out_by_refresh_token(client, login.refresh_token)
    assert again.status_code == 204


def test_an_expired_token_logs_out(make_client: Callable[..., Client], ada: Person) -> None:
    client = make_client(access_token_lifetime=1, clock_skew_leeway=0)
    login = transport.log_in(client, ada.email, ada.password)
    deadline = time.monotonic() + 10
    while client.get("/me").status_code == 200:
        assert time.monotonic() < deadline
    assert client.post("/logout").status_code == 204
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))


def test_the_caller_sees_their_own_sessions(
    make_client: Callable[..., Client], ada: Person, ben: Person
) -> None:
    phone, laptop, bens = make_client(), make_client(), make_client()
    phone.headers["user-agent"] = "Phone/1.0"
    transport.log_in(phone, ada.email, ada.password)
    transport.log_in(laptop, ada.email, ada.password)
    transport.log_in(bens, ben.email, ben.password)
    sessions = laptop.get("/sessions").json()
    assert [session["current"] for session in sessions] == [True, False]
    assert sessions[1]["client"] == "Phone/1.0"
    assert sessions[0].keys() == {
        "id",
        "created_at",
        "last_used_at",
        "expires_at",
        "client",
        "current",
    }
    assert len(bens.get("/sessions").json()) == 1


def test_a_session_can_be_ended_by_its_owner_alone(
    make_client: Callable[..., Client], ada: Person, ben: Person
) -> None:
    phone, laptop, bens = make_client(), make_client(), make_client()
    transport.log_in(phone, ada.email, ada.password)
    transport.log_in(laptop, ada.email, ada.password)
    transport.log_in(bens, ben.email, ben.password)
    (session,) = [each for each in laptop.get("/sessions").json() if not each["current"]]
    assert bens.delete(f"/sessions/{session['id']}").status_code == 404
    assert phone.get("/me").status_code == 200
    assert laptop.delete(f"/sessions/{session['id']}").status_code == 204
    assert phone.get("/me").status_code == 401
    assert laptop.get("/me").status_code == 200
    assert laptop.delete(f"/sessions/{session['id']}").status_code == 404


def test_logging_out_everywhere(make_client: Callable[..., Client], ada: Person) -> None:
    phone, laptop = make_client(), make_client()
    transport.log_in(phone, ada.email, ada.password)
    transport.log_in(laptop, ada.email, ada.password)
    assert laptop.delete("/sessions").status_code == 204
    assert phone.get("/me").status_code == 401
    assert laptop.get("/me").status_code == 401


def test_a_new_password_ends_the_other_sessions(
    make_client: Callable[..., Client], ada: Person
) -> None:
    phone, laptop = make_client(), make_client()
    lost = transport.log_in(phone, ada.email, ada.password)
    transport.log_in(laptop, ada.email, ada.password)
    change = {"current_password": ada.password, "new_password": "a quite different passphrase"}
    assert laptop.post("/me/password", json=change).status_code == 204
    assert phone.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(phone, lost.refresh_token))
    assert laptop.get("/me").status_code == 200


def test_a_deactivated_user_is_out_at_once(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    operate(client, lambda accounts: accounts.set_active(ada.email, active=False))
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))
    transport.drop(client)
    assert transport.is_refused_login(transport.try_log_in(client, ada.email, ada.password))
    operate(client, lambda accounts: accounts.set_active(ada.email, active=True))
    transport.log_in(client, ada.email, ada.password)


def test_activation_wakes_no_session(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    operate(client, lambda accounts: accounts.set_active(ada.email, active=False))
    operate(client, lambda accounts: accounts.set_active(ada.email, active=True))
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))


def switch_off(client: Client) -> None:
    """Deactivate everybody, and let their sessions be."""

    async def change() -> None:
        async with client.app.state.database.transaction() as db:
            await db.execute(update(User).values(is_active=False))

    with client.portal() as portal:
        portal.call(change)


def test_session_of_an_inactive_user_is_rejected(client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    switch_off(client)
    assert client.get("/me").status_code == 401


def test_session_of_an_inactive_user_is_not_refreshed(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    switch_off(client)
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))


def age(client: Client, by: timedelta) -> None:
    """Let all sessions have begun, and end, earlier."""

    async def shift() -> None:
        async with client.app.state.database.transaction() as db:
            for row in (await db.execute(Session.__table__.select())).all():
                await db.execute(
                    update(Session)
                    .where(Session.id == row.id)
                    .values(expires_at=row.expires_at - by, ends_at=row.ends_at - by)
                )

    with client.portal() as portal:
        portal.call(shift)


def test_a_session_that_is_not_refreshed_ends(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    age(client, timedelta(days=29))
    assert client.get("/me").status_code == 200
    age(client, timedelta(days=2))
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))


def test_a_session_has_an_absolute_end(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    for _ in range(3):
        age(client, timedelta(days=29))
        login = transport.take(client, transport.try_refresh(client, login.refresh_token))
    age(client, timedelta(days=4))
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))


def test_expired_sessions_are_purged(client: Client, ada: Person) -> None:
    for _ in range(3):
        transport.log_in(client, ada.email, ada.password)
    age(client, timedelta(days=31))
    transport.log_in(client, ada.email, ada.password)
    sessions = Sessions(client.app.state.database, client.app.state.settings)
    with client.portal() as portal:
        assert portal.call(sessions.purge) == 3
        assert portal.call(sessions.purge) == 0
    assert client.get("/me").status_code == 200


def test_a_refresh_brings_what_an_operator_set(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    as_operator(client, ada.email, *ASSIGNMENTS.values())
    transport.take(client, transport.try_refresh(client, login.refresh_token))
    assert client.get("/me").json().items() >= VALUES.items()


@pytest.mark.parametrize("query", [BY_SESSION, BY_IDENTITY])
def test_the_caller_is_found_by_indexes(client: Client, database_url: str, query: str) -> None:
    plan = plan_of(database_url, query)
    assert "Index" in plan or "INDEX" in plan
    assert "Seq Scan" not in plan
    assert "SCAN " not in plan


def test_a_failing_commit_is_no_success(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    login = transport.log_in(client, ada.email, ada.password)
    person = {"email": "eve@example.com", "name": "Eve", "password": PASSWORD}
    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.session.SessionTransaction.commit", fail)
        assert client.post("/register", json=person).status_code == 500
        assert transport.try_log_in(client, ada.email, ada.password).status_code == 500
        assert transport.try_refresh(client, login.refresh_token).status_code == 500
    assert client.post("/register", json=person).status_code == 201
    transport.take(client, transport.try_refresh(client, login.refresh_token))
    assert len(client.get("/sessions").json()) == 1
