"""Token fields: set by an operator, put into the token, read back typed."""

from collections.abc import Callable
from typing import Any

from litestar import Request, get

from {{ cookiecutter.package_name }}.accounts.models import User
from {{ cookiecutter.package_name }}.accounts.users import Principal
from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import PASSWORD, Client, Person, as_operator
from .examples import ASSIGNMENTS, HINTS, REQUIRED, VALUES


def test_what_an_operator_set_is_shown(client: Client, ada: Person) -> None:
    as_operator(client, ada.email, *ASSIGNMENTS.values())
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/me").json().items() >= VALUES.items()


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


def test_each_field_has_a_column() -> None:
    assert set(User.__table__.columns.keys()) >= VALUES.keys()


def test_without_a_required_field_there_is_no_login(client: Client) -> None:
    person = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    assert client.post("/register", json=person).status_code == 201
    for name in REQUIRED:
        answer = transport.try_log_in(client, "ada@example.com", PASSWORD)
        assert transport.is_incomplete_account(answer), name
        as_operator(client, "ada@example.com", ASSIGNMENTS[name])
    wrong = transport.try_log_in(client, "ada@example.com", "not the right password")
    assert transport.is_refused_login(wrong)
    transport.log_in(client, "ada@example.com", PASSWORD)


def test_the_document_shows_each_field(make_client: Callable[..., Client]) -> None:
    document = make_client(serve_docs=True).get("/schema/openapi.json").json()
    me = document["components"]["schemas"]["Me"]
    assert me["properties"].keys() >= VALUES.keys()
    assert set(me["required"]) >= VALUES.keys()
