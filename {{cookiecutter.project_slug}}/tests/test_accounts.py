"""Registration, the profile, the password, the end of an account."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from {{ cookiecutter.package_name }}.accounts.models import User

from . import transport
from .conftest import PASSWORD, Client, Person, register
from .examples import VALUES


def test_registration_answers_with_the_profile(client: Client) -> None:
    person = {"email": "Ada@Example.com", "name": " Ada Lovelace ", "password": PASSWORD}
    answer = client.post("/register", json=person)
    assert answer.status_code == 201
    profile = answer.json()
    assert profile["email"] == "ada@example.com"
    assert profile["name"] == "Ada Lovelace"
    assert "password" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_an_address_is_taken_once_whatever_its_case(client: Client, ada: Person) -> None:
    again = {"email": ada.email.upper(), "name": "Eve", "password": PASSWORD}
    answer = client.post("/register", json=again)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem:email-taken"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no-address"}, "email"),
        ({"email": None}, "email"),
        ({"name": ""}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"password": ""}, "password"),
        ({"password": "x" * 300}, "password"),
        ({"password": 12345678901234567890}, "password"),
        ({"is_active": True}, "is_active"),
        ({"role": "admin"}, "role"),
    ],
)
def test_a_wrong_registration_is_told_which_field(
    client: Client, change: dict[str, Any], field: str
) -> None:
    person = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    answer = client.post("/register", json=person | change)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:problem:invalid-request"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert PASSWORD not in answer.text
    assert "x" * 300 not in answer.text


def test_registration_sets_no_column_that_operators_set(client: Client) -> None:
    person = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    for name, value in {**VALUES, "is_active": False}.items():
        answer = client.post("/register", json={**person, name: value})
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [name]


def test_registration_can_be_closed(make_client: Callable[..., Client]) -> None:
    client = make_client(allow_registration=False)
    person = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    assert client.post("/register", json=person).status_code == 403


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"email": "\xff"}', "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"[" * 2000 + b"]" * 2000, "application/json", 400),
        (b'{"x":' * 2000 + b"1" + b"}" * 2000, "application/json", 400),
        (b'{"name": "' + b"x" * 1_000_000 + b'"}', "application/json", 413),
        (b"email=ada@example.com", "application/x-www-form-urlencoded", 415),
        (b'{"email": "ada@example.com"}', "text/plain", 415),
        (b'{"email": "ada@example.com"}', "", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_malformed_body_is_refused(
    client: Client, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post("/register", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_me_is_the_profile_with_the_token_fields(logged_in: Client, ada: Person) -> None:
    answer = logged_in.get("/me")
    assert answer.status_code == 200
    assert answer.json().items() >= {"id": ada.id, "email": ada.email, "name": "ada"}.items()
    assert answer.json().keys() >= VALUES.keys()


def test_the_name_can_be_changed_and_nothing_else(logged_in: Client) -> None:
    assert logged_in.patch("/me", json={"name": "Countess"}).json()["name"] == "Countess"
    assert logged_in.get("/me").json()["name"] == "Countess"
    assert logged_in.patch("/me", json={"email": "eve@example.com"}).status_code == 400
    both = {"name": "Eve", "is_active": False}
    assert logged_in.patch("/me", json=both).status_code == 400


def test_a_new_password_replaces_the_old_one(logged_in: Client, ada: Person) -> None:
    new = "a quite different passphrase"
    change = {"current_password": ada.password, "new_password": new}
    assert logged_in.post("/me/password", json=change).status_code == 204
    assert logged_in.get("/me").status_code == 200
    transport.drop(logged_in)
    assert transport.is_refused_login(transport.try_log_in(logged_in, ada.email, ada.password))
    transport.log_in(logged_in, ada.email, new)


def test_a_new_password_needs_the_current_one(logged_in: Client) -> None:
    change = {"current_password": "not the right one", "new_password": "a quite different one"}
    answer = logged_in.post("/me/password", json=change)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:problem:wrong-password"


def test_deletion_needs_the_password(logged_in: Client) -> None:
    answer = logged_in.request("DELETE", "/me", json={"current_password": "not the right one"})
    assert answer.status_code == 403
    assert logged_in.get("/me").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/me", {"current_password": PASSWORD}),
        ("POST", "/me/password", {"current_password": PASSWORD, "new_password": PASSWORD[::-1]}),
    ],
)
def test_confirming_a_password_that_does_not_exist_is_told(
    logged_in: Client, method: str, path: str, body: dict[str, str]
) -> None:
    remove_passwords(logged_in)
    answer = logged_in.request(method, path, json=body)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:problem:no-password"
    assert logged_in.get("/me").status_code == 200


def remove_passwords(client: Client) -> None:
    async def change() -> None:
        async with client.app.state.database.transaction() as db:
            await db.execute(update(User).values(password_hash=None))

    with client.portal() as portal:
        portal.call(change)


def test_a_deleted_account_is_gone_at_once(logged_in: Client, ada: Person) -> None:
    deletion = {"current_password": ada.password}
    assert logged_in.request("DELETE", "/me", json=deletion).status_code == 204
    assert logged_in.get("/me").status_code == 401
    transport.drop(logged_in)
    assert transport.is_refused_login(transport.try_log_in(logged_in, ada.email, ada.password))
    register(logged_in, ada.email)


def test_an_account_outlives_the_process(
    make_client: Callable[..., Client], client: Client, ada: Person
) -> None:
    transport.log_in(make_client(), ada.email, ada.password)


@pytest.mark.parametrize("text", [r"a\u0000b", r"a\ud800b", r"a\udc00\ud800b"])
@pytest.mark.parametrize("member", ["email", "name"])
def test_text_that_no_database_stores_is_rejected(client: Client, member: str, text: str) -> None:
    body = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD, member: "TEXT"}
    if member == "email":
        text += "@example.com"
    answer = client.post(
        "/register",
        content=json.dumps(body).replace("TEXT", text),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "email",
    [
        *("Ann <ann@example.com>", "Ann<ann@example.com>", "<ann@example.com>", "ann"),
        *("a" * 65 + "@example.com", "ann@example.com, ben@example.com", "ann@[127.0.0.1]"),
    ],
)
def test_what_is_no_email_address_is_rejected(client: Client, email: str) -> None:
    answer = client.post("/register", json={"email": email, "name": "Ann", "password": PASSWORD})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


def test_local_part_of_64_characters_is_accepted(client: Client) -> None:
    register(client, "a" * 64 + "@example.com")
