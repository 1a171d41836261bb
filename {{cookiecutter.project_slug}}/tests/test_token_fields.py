"""Token fields: set by an operator, put into the token, read back typed."""

from collections.abc import Callable
from typing import Any

import pytest
from litestar import Request, get

from {{ cookiecutter.package_name }}.accounts.models import User
from {{ cookiecutter.package_name }}.accounts.principal import Principal
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import PASSWORD, Client, Person, as_operator
from .examples import ASSIGNMENTS, HINTS, REQUIRED, VALUES


@pytest.mark.parametrize("name", VALUES)
def test_a_field_that_an_operator_set_is_shown(client: Client, ada: Person, name: str) -> None:
    as_operator(client, ada.email, ASSIGNMENTS[name])
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/me").json()[name] == VALUES[name]


def test_a_token_is_read_back_as_it_was_issued(
    make_client: Callable[..., Client], settings: Settings, ada: Person
) -> None:
    seen: list[AppToken] = []

    @get("/seen", sync_to_thread=False)
    def see(request: Request[Principal, AppToken, Any]) -> None:
        seen.append(request.auth)

    app = create_app(settings)
    app.register(see)
    client = make_client(app)
    as_operator(client, ada.email, *ASSIGNMENTS.values())
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
    shown = client.get("/me").json()
    for name in HINTS:
        value = getattr(token, name)
        assert shown[name] == VALUES[name]
        assert not isinstance(value, str) or HINTS[name] is str or value == VALUES[name]


@pytest.mark.parametrize("name", VALUES)
def test_each_field_has_a_column(name: str) -> None:
    assert name in User.__table__.columns


@pytest.mark.parametrize("name", REQUIRED)
def test_without_a_required_field_there_is_no_login(client: Client, name: str) -> None:
    person = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    assert client.post("/register", json=person).status_code == 201
    as_operator(client, "ada@example.com", *(ASSIGNMENTS[n] for n in REQUIRED if n != name))
    answer = transport.try_log_in(client, "ada@example.com", PASSWORD)
    assert transport.is_incomplete_account(answer)
    wrong = transport.try_log_in(client, "ada@example.com", "not the right password")
    assert transport.is_refused_login(wrong)
    as_operator(client, "ada@example.com", ASSIGNMENTS[name])
    transport.log_in(client, "ada@example.com", PASSWORD)


@pytest.mark.parametrize("name", VALUES)
def test_the_document_shows_each_field(make_client: Callable[..., Client], name: str) -> None:
    client = make_client(serve_docs=True)
    document = client.get("/schema/openapi.json").json()
    assert name in document["components"]["schemas"]["Me"]["properties"]
