"""Logging in and out, and what the tokens are good for."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Request, get

from {{ cookiecutter.package_name }}.accounts.users import Principal
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .attacks.credentials import NO_TOKEN
from .conftest import Client, Person


def test_a_login_opens_the_protected_routes(client: Client, ada: Person) -> None:
    assert client.get("/me").status_code == 401
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/me").json()["id"] == ada.id


def test_a_token_is_read_back_as_it_was_issued(
    client: Client, settings: Settings, ada: Person
) -> None:
    seen: list[AppToken] = []

    @get("/seen", sync_to_thread=False)
    def see(request: Request[Principal, AppToken, Any]) -> None:
        seen.append(request.auth)

    client.app.register(see)
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/seen").status_code == 200
    (token,) = seen
    assert token.sub == ada.id
    assert token.iss == settings.issuer
    assert token.aud == settings.audience
    assert token.jti
    assert token.sid
    assert token.exp.tzinfo
    assert token.extras == {}


def test_the_case_of_the_address_does_not_matter(client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email.upper(), ada.password)


def test_no_token_goes_into_a_cache(client: Client, ada: Person) -> None:
    answer = transport.try_log_in(client, ada.email, ada.password)
    assert answer.headers["cache-control"] == "no-store"


def test_every_wrong_login_gets_the_same_answer(client: Client, ada: Person) -> None:
    wrong = transport.try_log_in(client, ada.email, "not the right password")
    unknown = transport.try_log_in(client, "nobody@example.com", ada.password)
    assert transport.is_refused_login(wrong)
    assert unknown.status_code == wrong.status_code
    assert unknown.content == wrong.content
    volatile = {"x-request-id", "date"}
    assert {k: v for k, v in unknown.headers.items() if k not in volatile} == {
        k: v for k, v in wrong.headers.items() if k not in volatile
    }


def test_without_a_token_the_answer_names_the_scheme(client: Client) -> None:
    answer = client.get("/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == NO_TOKEN
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_logout_ends_the_session(logged_in: Client) -> None:
    assert logged_in.post("/logout").status_code == 204
    assert logged_in.get("/me").status_code == 401


def test_the_token_is_worthless_after_the_logout(client: Client, ada: Person) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    assert client.post("/logout").status_code == 204
    transport.carry(client, login.access_token)
    assert client.get("/me").status_code == 401
    assert client.post("/logout").status_code == 204


def test_logins_are_sessions_of_their_own(
    client: Client, make_client: Callable[..., Client], ada: Person
) -> None:
    other = make_client()
    transport.log_in(client, ada.email, ada.password)
    transport.log_in(other, ada.email, ada.password)
    assert client.post("/logout").status_code == 204
    assert other.get("/me").status_code == 200


@pytest.mark.parametrize("password", ["", " ", "\u0000", "x" * 257])
def test_no_password_is_a_server_error(client: Client, ada: Person, password: str) -> None:
    assert 400 <= transport.try_log_in(client, ada.email, password).status_code < 500
