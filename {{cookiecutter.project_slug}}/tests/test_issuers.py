"""Tokens of accepted issuers other than this app."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from structlog.testing import capture_logs

from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import ForeignIssuer

from . import transport
from .conftest import Client, Person, operate
from .examples import REQUIRED, VALUES
from .server import free_port, wait_until_open
from .signing import ALGORITHM, KEY

OWN, SHARING, OTHER = "https://own.example", "https://sharing.example", "https://other.example"
AUDIENCE = "this-api"


@dataclass
class Key:
    """A key of a foreign issuer."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    kid: str = field(default_factory=lambda: uuid4().hex)

    @property
    def jwk(self) -> dict[str, Any]:
        public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig"}


@dataclass
class Provider:
    """An identity provider: a server process that publishes keys."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    issuer: str = "https://provider.example"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jwks.json"

    def publish(self, *keys: Key) -> None:
        (self.folder / "jwks.json").write_text(json.dumps({"keys": [key.jwk for key in keys]}))

    def come_up(self) -> None:
        command = [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(self.port)]
        self.process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL)
        wait_until_open(self.port)

    def go_away(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    folder = tmp_path / "provider"
    folder.mkdir()
    provider = Provider(folder)
    yield provider
    provider.go_away()


def claims_of(issuer: str, subject: str, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    required = {name: VALUES[name] for name in REQUIRED}
    registered = {"iss": issuer, "sub": subject, "aud": AUDIENCE, "iat": now}
    return {**registered, "exp": now + timedelta(minutes=5), **required, **changes}


def signed(key: Key, claims: dict[str, Any], typ: str | None = "JWT") -> str:
    return jwt.encode(claims, key.private, "ES256", headers={"kid": key.kid, "typ": typ})


def signed_by_the_app(claims: dict[str, Any], typ: str) -> str:
    return jwt.encode(claims, KEY.material, ALGORITHM, headers={"kid": KEY.kid, "typ": typ})


def status(client: Client, token: str) -> int:
    transport.carry(client, token)
    return client.get("/me").status_code


@pytest.fixture
def accepting(make_client: Callable[..., Client], provider: Provider) -> Client:
    """A client of an app that accepts the provider, and an issuer that shares the app's key."""
    return make_client(
        accepted_issuers=(OWN, SHARING, provider.issuer),
        accepted_audiences=(AUDIENCE,),
        foreign_issuers={provider.issuer: ForeignIssuer(jwks=provider.url, algorithms=("ES256",))},
        environment="development",
        issuer_keys_cool_down=0,
    )


def link(client: Client, person: Person, issuer: str, subject: str) -> None:
    operate(
        client,
        lambda accounts: accounts.link(UUID(person.id), issuer, subject, keep_password=True),
    )


def test_a_linked_subject_acts_for_its_user(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    token = signed(key, claims_of(provider.issuer, "them"))
    assert status(accepting, token) == 401
    link(accepting, ada, provider.issuer, "them")
    assert status(accepting, token) == 200
    assert accepting.get("/me").json()["id"] == ada.id
    assert accepting.get("/sessions").json() == []
    operate(accepting, lambda accounts: accounts.set_active(ada.email, active=False))
    assert status(accepting, token) == 401


def test_a_users_id_in_a_foreign_subject_is_nobody(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    login = transport.log_in(accepting, ada.email, ada.password)
    sid = jwt.decode(login.access_token, options={"verify_signature": False})["sid"]
    assert status(accepting, signed(key, claims_of(provider.issuer, ada.id, sid=sid))) == 401
    assert status(accepting, signed_by_the_app(claims_of(SHARING, ada.id, sid=sid), "JWT")) == 401


def test_a_subject_counts_only_with_its_issuer(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    link(accepting, ada, SHARING, "them")
    assert status(accepting, signed(key, claims_of(provider.issuer, "them"))) == 401
    assert status(accepting, signed_by_the_app(claims_of(SHARING, "them"), "JWT")) == 200
    assert status(accepting, signed_by_the_app(claims_of(OTHER, "them"), "JWT")) == 401
    assert status(accepting, signed_by_the_app(claims_of(OWN, "them"), "JWT")) == 401


def test_a_key_counts_only_for_its_issuer(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    link(accepting, ada, provider.issuer, "them")
    link(accepting, ada, SHARING, "them")
    assert status(accepting, signed(key, claims_of(provider.issuer, "them"))) == 200
    assert status(accepting, signed(key, claims_of(SHARING, "them"))) == 401
    assert status(accepting, signed(key, claims_of(OWN, ada.id))) == 401
    assert status(accepting, signed_by_the_app(claims_of(provider.issuer, "them"), "JWT")) == 401


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", None])
def test_the_type_is_the_one_that_was_set(
    accepting: Client, provider: Provider, ada: Person, typ: str | None
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    link(accepting, ada, provider.issuer, "them")
    assert status(accepting, signed(key, claims_of(provider.issuer, "them"), typ)) == 401


def test_token_fields_come_from_the_tokens_own_claims(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    link(accepting, ada, provider.issuer, "them")
    claims = claims_of(provider.issuer, "them")
    assert status(accepting, signed(key, {**claims, **VALUES})) == 200
    assert accepting.get("/me").json().items() >= VALUES.items()
    for missing in VALUES:
        incomplete = {name: value for name, value in claims.items() if name != missing}
        expected = 401 if missing in REQUIRED else 200
        assert status(accepting, signed(key, incomplete)) == expected, missing


@pytest.mark.parametrize("change", [{"aud": "elsewhere"}, {"exp": 0}, {"sub": None}, {"iat": "x"}])
def test_foreign_tokens_are_checked_like_own_ones(
    accepting: Client, provider: Provider, ada: Person, change: dict[str, Any]
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    link(accepting, ada, provider.issuer, "them")
    assert status(accepting, signed(key, claims_of(provider.issuer, "them", **change))) == 401


def test_an_issuer_rotates_its_keys_goes_away_and_comes_back(
    accepting: Client, provider: Provider, ada: Person
) -> None:
    link(accepting, ada, provider.issuer, "them")
    link(accepting, ada, SHARING, "them")
    old, new = Key(), Key()
    provider.publish(old)
    token = signed(old, claims_of(provider.issuer, "them"))

    transport.carry(accepting, token)
    answer = accepting.get("/me")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert status(accepting, signed_by_the_app(claims_of(SHARING, "them"), "JWT")) == 200

    provider.come_up()
    assert status(accepting, token) == 200

    provider.publish(old, new)
    assert status(accepting, signed(new, claims_of(provider.issuer, "them"))) == 200

    provider.go_away()
    assert status(accepting, signed(new, claims_of(provider.issuer, "them"))) == 200
    assert status(accepting, signed(Key(), claims_of(provider.issuer, "them"))) == 401

    provider.publish(new)
    provider.come_up()
    assert status(accepting, signed(Key(), claims_of(provider.issuer, "them"))) == 401
    assert status(accepting, signed(new, claims_of(provider.issuer, "them"))) == 200
    assert status(accepting, token) == 401


@pytest.mark.parametrize("subject", ["a\0b", "\0", "\ud800", "\udc00\ud800"], ids=ascii)
def test_subject_that_no_database_stores_is_rejected(
    accepting: Client, provider: Provider, subject: str
) -> None:
    key = Key()
    provider.publish(key)
    provider.come_up()
    assert status(accepting, signed(key, claims_of(provider.issuer, subject))) == 401


def test_an_unknown_key_is_asked_for_once_in_a_while(
    make_client: Callable[..., Client], provider: Provider, ada: Person
) -> None:
    client = make_client(
        accepted_issuers=(OWN, provider.issuer),
        accepted_audiences=(AUDIENCE,),
        foreign_issuers={provider.issuer: ForeignIssuer(jwks=provider.url, algorithms=("ES256",))},
        environment="development",
        issuer_keys_cool_down=3600,
    )
    link(client, ada, provider.issuer, "them")
    old, new = Key(), Key()
    provider.publish(old)
    provider.come_up()
    assert status(client, signed(old, claims_of(provider.issuer, "them"))) == 200
    provider.publish(old, new)
    assert status(client, signed(new, claims_of(provider.issuer, "them"))) == 401


def test_keys_can_come_from_a_file(
    make_client: Callable[..., Client], provider: Provider, ada: Person
) -> None:
    key, weak = Key(), Key(kid="no-signing-key")
    provider.publish(key)
    file = provider.folder / "jwks.json"
    entries = json.loads(file.read_text())["keys"]
    entries += [{**weak.jwk, "use": "enc"}, {"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, {}]
    file.write_text(json.dumps({"keys": entries}))
    client = make_client(
        accepted_issuers=(OWN, provider.issuer),
        accepted_audiences=(AUDIENCE,),
        foreign_issuers={provider.issuer: ForeignIssuer(jwks=str(file), algorithms=("ES256",))},
    )
    link(client, ada, provider.issuer, "them")
    assert status(client, signed(key, claims_of(provider.issuer, "them"))) == 200
    assert status(client, signed(weak, claims_of(provider.issuer, "them"))) == 401


def test_the_subject_of_a_foreign_token_can_be_adapted(
    accepting: Client, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Litestar's documentation does it."""

    def adapt(claims: dict[str, Any]) -> dict[str, Any]:
        if claims["iss"] == SHARING:
            claims["sub"] = claims["sub"].split("@", maxsplit=1)[1]
        return claims

    monkeypatch.setattr(AppToken, "adapt_claims", adapt)
    link(accepting, ada, SHARING, "them")
    assert status(accepting, signed_by_the_app(claims_of(SHARING, "person@them"), "JWT")) == 200
    assert status(accepting, signed_by_the_app(claims_of(SHARING, "them"), "JWT")) == 401
    transport.drop(accepting)
    transport.log_in(accepting, ada.email, ada.password)
    assert accepting.get("/me").json()["id"] == ada.id


@pytest.mark.parametrize("door", ["adapt_claims", "decode_payload"])
@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "sid", "jti"])
def test_no_adaptation_makes_a_foreign_token_another_one(
    accepting: Client, ada: Person, monkeypatch: pytest.MonkeyPatch, claim: str, door: str
) -> None:
    """A provider's namespace that is flattened must not become a session of this app."""
    link(accepting, ada, SHARING, "them")
    login = transport.log_in(accepting, ada.email, ada.password)
    own = jwt.decode(login.access_token, options={"verify_signature": False})
    transport.drop(accepting)
    values = {**own, "aud": [AUDIENCE, "another"]}
    namespaced = {"https://idp.example/user": {claim: values[claim]}}
    token = signed_by_the_app(claims_of(SHARING, ada.id, **namespaced), "JWT")
    genuine = signed_by_the_app(claims_of(SHARING, "them"), "JWT")
    assert status(accepting, genuine) == 200
    original = getattr(AppToken, door)

    def flatten(*arguments: Any, **options: Any) -> dict[str, Any]:
        claims = dict(original(*arguments, **options))
        return {**claims, **claims.pop("https://idp.example/user", {})}

    monkeypatch.setattr(AppToken, door, flatten)
    assert status(accepting, genuine) == 200
    with capture_logs() as logged:
        assert status(accepting, token) == 401
    assert [line.get("changed") for line in logged] == [[claim]]


def test_a_foreign_token_has_nothing_to_log_out_of(accepting: Client, ada: Person) -> None:
    link(accepting, ada, SHARING, "them")
    token = signed_by_the_app(claims_of(SHARING, "them"), "JWT")
    assert status(accepting, token) == 200
    assert accepting.post("/logout").status_code in {204, 401}
    assert status(accepting, token) == 200


def test_a_foreign_token_does_not_try_passwords_without_end(
    make_client: Callable[..., Client], ada: Person
) -> None:
    client = make_client(
        accepted_issuers=(OWN, SHARING),
        accepted_audiences=(AUDIENCE,),
        login_attempts_per_account="2 per hour",
    )
    link(client, ada, SHARING, "them")
    transport.carry(client, signed_by_the_app(claims_of(SHARING, "them"), "JWT"))
    change = {"current_password": "not the right password", "new_password": "another passphrase"}
    statuses = [client.post("/me/password", json=change).status_code for _ in range(3)]
    assert statuses == [403, 403, 429]
    transport.drop(client)
    transport.log_in(client, ada.email, ada.password)
