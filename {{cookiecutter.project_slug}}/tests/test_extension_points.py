"""Where an owner puts code of their own, and what its mistakes cost."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException
from litestar.params import SkipValidation

from {{ cookiecutter.package_name }} import app as composition
from {{ cookiecutter.package_name }}.accounts.principal import Principal
from {{ cookiecutter.package_name }}.accounts.users import retrieve_user_handler
from {{ cookiecutter.package_name }}.security.backend import Backend
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import Client, Person
from .examples import HINTS

Claims = dict[str, Any]


def fail(error: type[Exception]) -> Callable[[Claims], Claims]:
    def adapt(claims: Claims) -> Claims:
        raise error("a mistake")

    return adapt


@pytest.mark.parametrize(
    "adapt",
    [
        *map(fail, [IndexError, KeyError, ValueError, TypeError, AttributeError, RecursionError]),
        fail(jwt.PyJWTError),
        lambda claims: {**claims, "sub": claims["sub"].split("@", maxsplit=1)[1]},
        lambda claims: None,
        lambda claims: [],
        lambda claims: {},
        lambda claims: {**claims, "sub": None},
    ],
)
def test_a_mistake_in_adapting_claims_is_401(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch, adapt: Callable[[Claims], Any]
) -> None:
    transport.log_in(client, ada.email, ada.password)
    monkeypatch.setattr(AppToken, "adapt_claims", adapt)
    answer = client.get("/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


def test_claims_are_adapted_before_they_are_typed(
    client: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport.log_in(client, ada.email, ada.password)
    seen: list[Claims] = []

    def adapt(claims: Claims) -> Claims:
        seen.append(claims)
        return {**claims, "department": "mathematics"}

    monkeypatch.setattr(AppToken, "adapt_claims", adapt)
    assert client.get("/me").status_code == 200
    assert seen[0]["sub"] == ada.id


def sync_handler(principal: Principal) -> Callable[..., Principal | None]:
    def retrieve(token: AppToken, connection: object) -> Principal | None:
        return principal if token.sub == str(principal.id) else None

    return retrieve


@pytest.fixture
def with_handler(
    settings: Settings, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[..., Any]], Client]:
    """Start the app with another `retrieve_user_handler`."""

    def start(handler: Callable[..., Any]) -> Client:
        monkeypatch.setattr(composition, "retrieve_user_handler", handler)
        return make_client(composition.create_app(settings))

    return start


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_user_can_be_retrieved_either_way(
    with_handler: Callable[[Callable[..., Any]], Client], ada: Person, kind: str
) -> None:
    found: list[Principal | None] = []

    async def first(token: AppToken, connection: Any) -> Principal | None:
        found.append(await retrieve_user_handler(token, connection))
        return found[-1]

    client = with_handler(first)
    login = transport.log_in(client, ada.email, ada.password)
    assert client.get("/me").status_code == 200
    assert found[0] is not None
    if kind == "sync":
        other = with_handler(sync_handler(found[0]))
        transport.carry(other, login.access_token)
        assert other.get("/me").json()["id"] == ada.id


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(None, 401), (NotAuthorizedException(), 401), (ServiceUnavailableException(), 503)],
)
def test_what_the_handler_says_is_answered(
    with_handler: Callable[[Callable[..., Any]], Client],
    ada: Person,
    outcome: Exception | None,
    status: int,
) -> None:
    def retrieve(token: AppToken, connection: object) -> None:
        if outcome is not None:
            raise outcome

    client = with_handler(retrieve)
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/me").status_code == status


def test_a_login_of_ones_own_has_its_body_and_its_claims(
    settings: Settings, make_client: Callable[..., Client], ada: Person
) -> None:
    @post("/login/own", exclude_from_auth=True, security=[{}])
    async def login_own(backend: NamedDependency[SkipValidation[Backend]]) -> Response[Any]:
        extras = {"sid": str(sessions[0]), "campaign": "spring", **values}
        return backend.login(ada.id, token_extras=extras, response_body={"hello": "Ada"})

    @get("/seen", sync_to_thread=False)
    def see(request: Request[Principal, AppToken, Any]) -> dict[str, Any]:
        return request.auth.extras

    app = composition.create_app(settings)
    app.register(login_own)
    app.register(see)
    client = make_client(app)
    token = transport.log_in(client, ada.email, ada.password).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    sessions = [claims["sid"]]
    values = {name: claims[name] for name in HINTS}
    answer = client.post("/login/own")
    assert answer.json() == {"hello": "Ada"}
    made = answer.cookies.get("__Host-access") or answer.headers["authorization"].split()[-1]
    transport.carry(client, made)
    assert client.get("/me").json()["id"] == ada.id
    assert client.get("/seen").json() == {"campaign": "spring"}
