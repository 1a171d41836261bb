"""A WebSocket is opened without a token, or from another site (CWE-1385).

The project has no WebSocket of its own. One that is added is protected without any further word:
close code 4401 or 4403, which servers turn into HTTP 403 as it comes before the handshake is done.
"""

import pytest
from litestar.testing import TestClient

from {{ cookiecutter.package_name }} import middleware
from {{ cookiecutter.package_name }}.logging import RequestLine

from ..conftest import Client
from . import extended_app
from .conftest import Target
from .credentials import presenting
from .forge import ABSENT
from .handshake import HANDSHAKE, close_code, first_message
from .wire import Wire


def bad_tokens(target: Target) -> dict[str, str]:
    genuine = target.genuine
    return {
        "empty": "",
        "word": "token",
        "unsigned": ".".join(genuine.altered(header={"alg": "none"}).split(".")[:2]) + ".",
        "other-type": genuine.altered(header={"typ": "JWT"}),
        "expired": genuine.altered(claims={"exp": 1}),
        "no-audience": genuine.altered(claims={"aud": ABSENT}),
        "ended-session": genuine.altered(claims={"sid": target.bens.claims["sid"]}),
    }


def test_a_good_token_opens_it(target: Target, extended: Client, extended_server: Wire) -> None:
    headers = presenting(target.genuine.token)
    assert first_message(extended, headers) == target.ada.id
    assert extended_server.send("/socket", HANDSHAKE, headers).status_code == 101


def test_without_a_token_it_stays_closed(extended: Client, extended_server: Wire) -> None:
    assert close_code(extended) == 4401
    assert extended_server.send("/socket", HANDSHAKE).status_code == 403


def test_with_a_bad_token_it_stays_closed(
    target: Target, extended: Client, extended_server: Wire, subtests: pytest.Subtests
) -> None:
    for name, token in bad_tokens(target).items():
        with subtests.test(name):
            headers = presenting(token)
            assert close_code(extended, headers) == 4401
            assert extended_server.send("/socket", HANDSHAKE, headers).status_code == 403


def test_a_token_elsewhere_does_not_open_it(
    target: Target, extended: Client, extended_server: Wire
) -> None:
    """Browsers cannot set headers here, so some servers take tokens from where they leak."""
    token = target.genuine.token.encode()
    assert close_code(extended, {b"Sec-WebSocket-Protocol": b"bearer, " + token}) == 4401
    for query in (b"access_token=", b"token="):
        answer = extended_server.send(b"/socket?" + query + token, HANDSHAKE)
        assert answer.status_code == 403


def test_plain_http_does_not_get_there(target: Target, extended: Client) -> None:
    for headers in ({}, presenting(target.genuine.token)):
        assert extended.get("/socket", headers=headers).status_code in {401, 404, 405}


def test_every_handshake_has_an_id_and_a_line_in_the_log(
    target: Target, extended_server: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 5.0 16.3.1: refused ones above all."""
    lines: list[RequestLine] = []
    monkeypatch.setattr(middleware, "request_log", lambda _: lines.append)
    app = extended_app.create_app(target.settings)
    with TestClient(app, base_url="https://testserver.local") as client:
        assert first_message(client, presenting(target.genuine.token)) == target.ada.id
        assert close_code(client) == 4401
    assert [(line.path, line.method, line.status) for line in lines] == [
        ("/socket", "WEBSOCKET", 101),
        ("/socket", "WEBSOCKET", 403),
    ]
    assert len({line.request_id for line in lines}) == 2
    accepted = extended_server.send("/socket", HANDSHAKE, presenting(target.genuine.token))
    assert accepted.headers["x-request-id"]
