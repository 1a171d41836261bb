"""Where an owner puts code of their own, and what its mistakes cost."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import jwt
import msgspec
import pytest
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException
from litestar.params import SkipValidation
from structlog.testing import capture_logs

from {{ cookiecutter.package_name }} import app as composition
from {{ cookiecutter.package_name }}.accounts.users import Principal, retrieve_user_handler
from {{ cookiecutter.package_name }}.security import backend as backends
from {{ cookiecutter.package_name }}.security.backend import Backend
from {{ cookiecutter.package_name }}.security.keys import SigningKey
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import Settings
from {{ cookiecutter.package_name }}.token_fields import TokenFields

from . import transport
from .conftest import Client, Person
from .examples import HINTS, VALUES
from .signing import ALGORITHM, KEY, PRIVATE, PUBLIC, STRANGERS_KEY

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


def test_an_override_of_decode_payload_is_called_for_requests(
    make_client: Callable[..., Client], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Litestar's documentation shows it: in a subclass that the backend gets."""

    @dataclass(kw_only=True)
    class CustomToken(AppToken):
        @classmethod
        def decode_payload(cls, encoded_token: str, *arguments: Any, **options: Any) -> Claims:
            payload = super().decode_payload(encoded_token, *arguments, **options)
            return {**payload, "department": payload["sub"][:4]}

    @get("/department", sync_to_thread=False)
    def department(request: Request[Principal, CustomToken, Any]) -> str:
        assert isinstance(request.auth, CustomToken)
        return str(request.auth.extras["department"])

    monkeypatch.setattr(backends, "AppToken", CustomToken)
    client = make_client()
    client.app.register(department)
    login = transport.log_in(client, ada.email, ada.password)
    for _ in ("verified", "remembered"):
        assert client.get("/department").text == ada.id[:4]
    transport.carry(client, f"{login.access_token[:-4]}AAAA")
    assert client.get("/department").status_code == 401


Change = Callable[[Claims], Any]

TRUSTED: dict[str, Change] = {
    "iss": lambda claims: claims.update(iss="https://elsewhere.example"),
    "aud": lambda claims: claims.update(aud=["elsewhere"]),
    "aud-in-place": lambda claims: claims["aud"].append("elsewhere"),
    "exp": lambda claims: claims.update(exp=claims["exp"] + 1),
    "sid": lambda claims: claims.update(sid=claims["sub"]),
    "jti": lambda claims: claims.update(jti="another"),
    "no-jti": lambda claims: claims.pop("jti"),
    "sub": lambda claims: claims.update(sub=claims["sid"]),
}


@pytest.mark.parametrize("door", ["adapt_claims", "decode_payload"])
@pytest.mark.parametrize("change", TRUSTED)
def test_no_adaptation_changes_what_a_token_is_trusted_by(
    make_client: Callable[..., Client],
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
    door: str,
    change: str,
) -> None:
    audiences = {"accepted_audiences": ("here", "elsewhere")}
    client = make_client(accepted_issuers=("https://here.example",), **audiences)
    login = transport.log_in(client, ada.email, ada.password)
    claims = jwt.decode(login.access_token, options={"verify_signature": False})
    token = signed({**claims, "aud": ["here"]})
    transport.carry(client, token)
    assert client.get("/me").status_code == 200
    original = getattr(AppToken, door)

    def adapt(*arguments: Any, **options: Any) -> Claims:
        claims: Claims = original(*arguments, **options)
        TRUSTED[change](claims)
        return claims

    monkeypatch.setattr(AppToken, door, adapt)
    transport.carry(client, signed({**claims, "aud": ["here"], "unseen": True}))
    with capture_logs() as logged:
        assert client.get("/me").status_code == 401
    name = change.removeprefix("no-").removesuffix("-in-place")
    assert [(line["event"], line["changed"]) for line in logged] == [("claims_not_adapted", [name])]


def signed(claims: Claims) -> str:
    headers = {"kid": KEY.kid, "typ": "at+jwt"}
    return jwt.encode(claims, KEY.material, ALGORITHM, headers=headers)


def test_a_token_belongs_to_its_request(client: Client, ada: Person) -> None:
    """A handler that changes its token changes nobody else's, though the verification is kept."""

    @post("/spoil", sync_to_thread=False)
    def spoil(request: Request[Principal, AppToken, Any]) -> None:
        request.auth.extras["admin"] = True
        request.auth.extras["nested"]["list"].append("admin")
        request.auth.sub = request.auth.sid = "somebody else"
        for name in HINTS:
            value = getattr(request.auth, name)
            if isinstance(value, list):
                value.append("admin")
            else:
                setattr(request.auth, name, "admin")

    @get("/token", sync_to_thread=False)
    def show(request: Request[Principal, AppToken, Any]) -> dict[str, Any]:
        return {
            "sub": request.auth.sub,
            "extras": request.auth.extras,
            "fields": {name: getattr(request.auth, name) for name in HINTS},
        }

    client.app.register(spoil)
    client.app.register(show)
    login = transport.log_in(client, ada.email, ada.password)
    claims = jwt.decode(login.access_token, options={"verify_signature": False})
    transport.carry(client, signed({**claims, "nested": {"list": []}}))
    before = client.get("/token").json()
    assert before["extras"] == {"nested": {"list": []}}
    assert client.post("/spoil").status_code == 201
    assert client.get("/token").json() == before
    assert client.get("/me").json()["id"] == ada.id


def test_a_token_is_encoded_and_decoded_as_litestars_is() -> None:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    values = asdict(msgspec.convert(VALUES, TokenFields))
    token = AppToken(
        exp=tomorrow,
        iat=tomorrow - timedelta(days=2),
        sub="ada",
        iss="https://here.example",
        aud="here",
        jti="1",
        **values,
    )
    for key, other in ((KEY, STRANGERS_KEY), (PRIVATE, STRANGERS_KEY)):
        encoded = token.encode(key, ALGORITHM)
        public = key.verification if isinstance(key, SigningKey) else PUBLIC
        expected: dict[str, Any] = {
            "issuer": token.iss,
            "audience": ["there", "here"],
            "require_claims": ["jti"],
        }
        assert AppToken.decode(encoded, public, ALGORITHM, **expected) == token
        with pytest.raises(NotAuthorizedException):
            AppToken.decode(encoded, other, ALGORITHM)
        wrongs: list[dict[str, Any]] = [
            {"issuer": "https://elsewhere.example"},
            {"audience": "elsewhere"},
            {"require_claims": ["nbf"]},
        ]
        for wrong in wrongs:
            with pytest.raises(NotAuthorizedException):
                AppToken.decode(encoded, public, ALGORITHM, **wrong)


@pytest.mark.parametrize(
    ("claims", "option"),
    [
        ({"exp": 1}, {"verify_exp": False}),
        ({"nbf": 99999999999}, {"verify_nbf": False}),
        ({"aud": ["here"]}, {"strict_audience": False}),
    ],
    ids=str,
)
def test_what_litestar_lets_one_leave_out_can_be_left_out(
    claims: Claims, option: dict[str, Any]
) -> None:
    required = {name: VALUES[name] for name in HINTS}
    text = signed({"sub": "ada", "iat": 1, "exp": 99999999999, "aud": "here", **required, **claims})
    opposite: dict[str, Any] = {name: not value for name, value in option.items()}
    decode = partial(AppToken.decode, text, KEY, ALGORITHM, audience="here")
    assert decode(**option).sub == "ada"
    with pytest.raises(NotAuthorizedException):
        decode(**opposite)


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
    assert bool(answer.cookies) != ("authorization" in answer.headers)
    transport.carry(client, transport.issued(answer))
    assert client.get("/me").json()["id"] == ada.id
    assert client.get("/seen").json() == {"campaign": "spring"}
