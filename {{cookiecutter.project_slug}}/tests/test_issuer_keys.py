"""The keys of a foreign issuer, fetched from a server that is slow, wrong, or away."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from structlog.testing import capture_logs

from {{ cookiecutter.package_name }}.security import issuers
from {{ cookiecutter.package_name }}.security.tokens import AppToken
from {{ cookiecutter.package_name }}.settings import ForeignIssuer

from . import transport
from .conftest import Client, Person
from .test_issuers import AUDIENCE, OWN, Key, claims_of, link, signed

PATIENCE = 30
"""Seconds that anything may take here before the test is given up."""

Respond = Callable[[BaseHTTPRequestHandler], None]


def serving(document: object) -> Respond:
    """Return a response of a JSON document, or of raw bytes."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return respond


def publishing(*keys: Key) -> Respond:
    return serving({"keys": [key.jwk for key in keys]})


def failing(request: BaseHTTPRequestHandler) -> None:
    request.send_response(500)
    request.end_headers()


@dataclass
class Provider:
    """An identity provider whose next responses a test decides."""

    issuer: str
    url: str = ""
    respond: Respond = field(default_factory=publishing)
    requests: int = 0


@contextmanager
def running(issuer: str) -> Iterator[Provider]:
    provider = Provider(issuer)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.requests += 1
            with suppress(ConnectionError):
                provider.respond(self)

        def log_request(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}/jwks.json"
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield provider
        server.shutdown()


@pytest.fixture
def providers() -> Iterator[tuple[Provider, Provider]]:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(running(f"https://{name}.example")) for name in ("one", "two")
        )
        yield first, second


@pytest.fixture
def provider(providers: tuple[Provider, Provider]) -> Provider:
    return providers[0]


@pytest.fixture
def accepting(
    make_client: Callable[..., Client], providers: tuple[Provider, Provider], ada: Person
) -> Client:
    """A client of an app that accepts both providers, where Ada is `them`."""
    client = make_client(
        accepted_issuers=(OWN, *(each.issuer for each in providers)),
        accepted_audiences=(AUDIENCE,),
        foreign_issuers={
            each.issuer: ForeignIssuer(jwks=each.url, algorithms=("ES256",)) for each in providers
        },
        # Only there may keys come over plain http, from this machine.
        environment="development",
        issuer_keys_cool_down=0,
    )
    for each in providers:
        link(client, ada, each.issuer, "them")
    return client


class Clock:
    """The clock that the age of keys is read from. A test moves it, and nobody sleeps."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(issuers, "monotonic", clock)
    return clock


def token_of(provider: Provider, key: Key, **claims: Any) -> str:
    return signed(key, claims_of(provider.issuer, "them", **claims))


def status(client: Client, token: str) -> int:
    return client.get("/me", headers=transport.presented(client, token)).status_code


def until(client: Client, token: str, wanted: int) -> None:
    """Repeat a request until the keys, which are renewed beside it, have been."""
    deadline = monotonic() + PATIENCE
    while (found := status(client, token)) != wanted:
        assert monotonic() < deadline, f"still {found}"


def test_a_withdrawn_key_ends_the_tokens_that_it_signed(
    accepting: Client, provider: Provider, clock: Clock
) -> None:
    """Though their verification is remembered, and no other token is presented."""
    old, new = Key(), Key()
    provider.respond = publishing(old)
    token = token_of(provider, old)
    assert status(accepting, token) == 200
    provider.respond = publishing(new)
    assert status(accepting, token) == 200
    clock.ahead += issuers.MAX_AGE
    until(accepting, token, 401)


def test_keys_that_cannot_be_renewed_stop_counting(
    accepting: Client, provider: Provider, clock: Clock
) -> None:
    key = Key()
    provider.respond = publishing(key)
    token = token_of(provider, key)
    assert status(accepting, token) == 200
    provider.respond = failing
    clock.ahead += 24 * 3600 - 60
    assert status(accepting, token) == 200
    clock.ahead += 60
    response = accepting.get("/me", headers=transport.presented(accepting, token))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert status(accepting, token_of(provider, key, unseen=True)) == 503
    provider.respond = publishing(key)
    assert status(accepting, token) == 200


def test_the_change_of_one_issuer_is_no_matter_to_the_others(
    accepting: Client,
    providers: tuple[Provider, Provider],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = providers
    key, old, new = Key(), Key(), Key()
    one.respond, two.respond = publishing(key), publishing(old)
    kept, withdrawn = token_of(one, key), token_of(two, old)
    assert status(accepting, kept) == status(accepting, withdrawn) == 200
    two.respond = publishing(new)
    clock.ahead += issuers.MAX_AGE
    until(accepting, withdrawn, 401)
    verified: list[dict[str, Any]] = []

    def adapt(claims: dict[str, Any]) -> dict[str, Any]:
        verified.append(claims)
        return claims

    monkeypatch.setattr(AppToken, "adapt_claims", adapt)
    assert status(accepting, kept) == 200
    assert not verified
    assert status(accepting, token_of(one, key, unseen=True)) == 200
    assert len(verified) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"keys": ["x"]},
        {"keys": [[]]},
        {"keys": {"a": 1}},
        {"keys": None},
        {},
        None,
        [],
        "keys",
        b"",
        b"\xff",
        b"[" * 100_000,
        b'{"keys": ' + b"[" * 100_000,
        b'{"keys": [{"kty": ' + b"[" * 100_000,
        b"<html>",
    ],
    ids=lambda document: repr(document)[:30],
)
def test_what_is_not_a_key_set_is_a_warning_and_a_503(
    accepting: Client, provider: Provider, document: object
) -> None:
    provider.respond = serving(document)
    with capture_logs() as logged:
        assert status(accepting, token_of(provider, Key())) == 503
    assert [line["event"] for line in logged] == ["issuer_keys_not_fetched"]


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kty": ["EC"]},
        {"x": 5},
        {"x": "AA"},
        {"x": "="},
        {"y": None},
        {"crv": "P-384"},
        {"alg": "RS256"},
        {"alg": ["ES256"]},
        {"use": "enc"},
        {"d": "AA"},
        {"kid": 5},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "n": "AA", "e": "AQAB"},
    ],
    ids=str,
)
def test_an_entry_that_is_not_a_usable_key_is_passed_over(
    accepting: Client, provider: Provider, entry: dict[str, Any]
) -> None:
    good, bad = Key(), Key()
    provider.respond = serving({"keys": [{**bad.jwk, **entry} if entry else entry, good.jwk]})
    assert status(accepting, token_of(provider, good)) == 200
    assert status(accepting, token_of(provider, bad)) == 401


def test_a_redirect_is_not_followed(
    accepting: Client, providers: tuple[Provider, Provider]
) -> None:
    one, two = providers
    key = Key()
    two.respond = publishing(key)

    def redirect(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", two.url)
        request.end_headers()

    one.respond = redirect
    assert status(accepting, token_of(one, key)) == 503
    assert (one.requests, two.requests) == (1, 0)


def test_a_key_set_has_a_largest_size(accepting: Client, provider: Provider) -> None:
    key = Key()
    padding = "x" * issuers.MAX_SET_SIZE
    provider.respond = serving({"keys": [key.jwk], "padding": padding})
    assert status(accepting, token_of(provider, key)) == 503
    provider.respond = serving({"keys": [key.jwk], "padding": padding[:-1000]})
    assert status(accepting, token_of(provider, key)) == 200


@pytest.mark.parametrize("part", ["header", "body"])
def test_an_issuer_that_drips_is_hung_up_on(
    accepting: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """However many bytes arrive, the deadline is one for all of them."""
    monkeypatch.setattr(issuers, "FETCH_TIMEOUT", 0.5)
    hung_up = Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if part == "body":
            request.wfile.write(b"Content-Length: 100000\r\n\r\n")
        try:
            for _ in range(200):
                request.wfile.write(b"x")
                sleep(0.05)
        except ConnectionError:
            hung_up.set()

    provider.respond = drip
    assert status(accepting, token_of(provider, Key())) == 503
    assert hung_up.wait(PATIENCE)


def test_requests_share_one_fetch_and_known_keys_wait_for_none(
    accepting: Client, provider: Provider
) -> None:
    old, new = Key(), Key()
    provider.respond = publishing(old)
    known, unknown = token_of(provider, old), token_of(provider, new)
    assert status(accepting, known) == 200
    asked, released = Event(), Event()

    def hold(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        released.wait(PATIENCE)
        publishing(old, new)(request)

    provider.respond = hold
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(status, accepting, unknown) for _ in range(8)]
        assert asked.wait(PATIENCE)
        assert status(accepting, known) == 200
        assert status(accepting, token_of(provider, old, unseen=True)) == 200
        released.set()
        assert [each.result() for each in waiting] == [200] * 8
    assert provider.requests == 2


def test_a_fetch_under_way_does_not_keep_the_app_from_stopping(
    accepting: Client, provider: Provider
) -> None:
    key, other = Key(), Key()
    provider.respond = publishing(key)
    assert status(accepting, token_of(provider, key)) == 200
    asked, hung_up = Event(), Event()

    def hold(request: BaseHTTPRequestHandler) -> None:
        asked.set()
        request.connection.settimeout(PATIENCE)
        if not request.connection.recv(1):
            hung_up.set()

    provider.respond = hold
    with ThreadPoolExecutor(1) as pool:
        pool.submit(status, accepting, token_of(provider, other))
        assert asked.wait(PATIENCE)
        verifier = accepting.app.state.verifier
        with accepting.portal() as portal:
            portal.call(verifier.close)
        assert hung_up.wait(PATIENCE)
