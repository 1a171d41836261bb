"""A route is reached without credentials (CWE-306, CWE-863; ASVS 5.0 8.3.1): deny by default.

What is open is written down here. A further route needs no word to be closed, and one that opens
needs a line in this file.
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from litestar.enums import HttpMethod

from {{ cookiecutter.package_name }}.security.posture import routes

from ..conftest import Client
from .conftest import Target, assert_refused
from .credentials import NO_TOKEN, presenting
from .extended_app import LOOKALIKES, SECRET
from .wire import Wire

OPEN = {
    ("POST", "/register"),
    ("POST", "/login"),
{% if cookiecutter.auth_backend == 'oauth2' %}
    ("POST", "/login/json"),
{% elif cookiecutter.auth_backend in ('header', 'cookie') %}
    ("POST", "/refresh"),
{% endif %}
    ("POST", "/logout"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
{% if cookiecutter.__asymmetric == 'yes' %}
    ("GET", "/.well-known/jwks.json"),
{% endif %}
}
DOCS = re.compile("/schema(/.*)?")
"""Open as well where `SERVE_DOCS` is on."""

METHODS = [method.value for method in HttpMethod] + ["TRACE", "CONNECT", "PROPFIND", "UNKNOWN"]


def without_credentials(client: Client, method: str, path: str) -> Response:
    """Send a request with a body that no open route takes."""
    return client.request(method, re.sub("{.*?}", str(uuid4()), path), json={})


def is_turned_away(answer: Response) -> bool:
    """Whether the answer is the one to missing credentials: open routes refuse in other words."""
    return answer.status_code == 401 and answer.json()["type"] == "about:blank"


def open_routes(client: Client) -> set[tuple[str, str]]:
    """Return what `security routes` calls open."""
    rows = routes(client.app)
    return {(row["method"], row["path"]) for row in rows if row["access"] == "open"}


class TestWalk:
    """Every route that there is, by every method."""

    def test_nothing_is_open_but_the_list(self, target: Target) -> None:
        assert open_routes(target.client) == OPEN

    def test_every_other_route_and_method_is_refused(self, target: Target) -> None:
        """A method that a path does not have is 405, and does nothing either."""
        walked = 0
        for path in sorted({str(route.path) for route in target.client.app.routes}):
            for method in set(METHODS) - {method for method, each in OPEN if each == path}:
                answer = without_credentials(target.client, method, path)
                assert answer.status_code in {401, 405}, (method, path)
                if answer.status_code == 401 and method != "HEAD":
                    assert_refused(answer, NO_TOKEN)
                walked += 1
        assert walked > 100

    def test_the_posture_that_is_printed_is_the_real_one(self, target: Target) -> None:
        """`security routes` calls a route what HTTP shows it to be."""
        rows = routes(target.client.app)
        assert len(rows) > len(OPEN)
        for row in rows:
            answer = without_credentials(target.client, row["method"], row["path"])
            if (row["method"], row["path"]) == ("POST", "/logout"):
                continue  # it asks for a token itself, as it takes expired ones
            assert is_turned_away(answer) == (row["access"] == "authenticated"), row

    def test_of_the_docs_nothing_else_opens(self, with_settings: Callable[..., Client]) -> None:
        client = with_settings(serve_docs=True)
        more = open_routes(client) - OPEN
        assert more
        assert all(DOCS.fullmatch(path) for _, path in more)
        assert {method for method, _ in more} <= {"GET", "HEAD", "OPTIONS"}

    def test_in_production_there_are_no_docs(self, target: Target) -> None:
        for path in (
            "/schema",
            "/schema/openapi.json",
            "/schema/swagger",
            "/docs",
            "/openapi.json",
        ):
            assert target.client.get(path).status_code == 404


class TestMethods:
    """ASVS 5.0 13.4.4, CWE-650: no method gets around the credentials of another."""

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
    def test_head_and_options_tell_nothing(self, target: Target, method: str) -> None:
        for path in ("/me", "/sessions", f"/sessions/{uuid4()}", "/me/password"):
            answer = target.client.request(method, path)
            assert answer.status_code in {401, 405}
            assert target.ada.email not in answer.text

    @pytest.mark.parametrize("name", [method.value for method in HttpMethod])
    def test_no_method_does_work_without_credentials(
        self, target: Target, extended: Client, name: str
    ) -> None:
        before = extended.app.state.work
        assert extended.request(name, "/work/by-any-method").status_code == 401
        assert extended.app.state.work == before
        good = presenting(target.genuine.token)
        assert extended.request(name, "/work/by-any-method", headers=good).status_code == 200
        assert extended.app.state.work == before + 1

    @pytest.mark.parametrize(
        "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
    )
    def test_no_header_changes_the_method(self, target: Target, header: str) -> None:
        answer = target.client.get("/logout", headers={header: "POST"})
        assert answer.status_code == 405

    def test_trace_is_not_served(self, target: Target, server: Wire) -> None:
        """It would send the credentials back."""
        answer = server.send("/me", presenting(target.genuine.token), method="TRACE")
        assert answer.status_code in {400, 401, 404, 405, 501}
        assert target.genuine.token not in answer.text


class TestNewRoutes:
    """What is added without a word is closed."""

    @pytest.mark.parametrize("path", ["/work", *LOOKALIKES])
    def test_a_route_without_a_word_is_refused(
        self, target: Target, extended: Client, path: str
    ) -> None:
        before = extended.app.state.work
        for given in (path, f"{path}/", f"{path}?next=/login", f"{path}#/login"):
            answer = extended.get(given)
            assert_refused(answer, NO_TOKEN)
            assert SECRET not in answer.text
        assert extended.app.state.work == before
        assert extended.get(path, headers=presenting(target.genuine.token)).text == SECRET

    def test_the_posture_names_them(self, extended: Client) -> None:
        rows = [row for row in routes(extended.app) if row["handler"] == "work_handler"]
        assert {row["path"] for row in rows} == {"/work", *LOOKALIKES}
        assert {row["access"] for row in rows} == {"authenticated"}
        (socket,) = (row for row in routes(extended.app) if row["method"] == "WEBSOCKET")
        assert socket["access"] == "authenticated"


PATHS = [
    *("/me", "//me", "///me", "/me/", "/me//", "/ME", "/Me", "/%6De", "/%6d%65", "/me%20"),
    *("/me;", "/me;x", "/me;/login", "/;/me", "/me?", "/me?x=/login", "/me%3Fx=/login", "/me%23"),
    *("/./me", "/me/.", "/me/..", "/me/./", "/../me", "/..;/me", "/.;/me", "/%2e/me"),
    *("/%2e%2e/me", "/login/../me", "/login/..;/me", "/login/%2e%2e/me", "/login%2f..%2fme"),
    *("/login%2F%2E%2E/me", "/login/..%2fme", "/login%5c..%5cme", "/login\\..\\me", "/login//me"),
    *("/login/me", "/me/login", "/x/login", "/login/sessions", "/sessions/login", "/me/../me"),
    *("/health/live/../../me", "/health/live/me", "/health/live%00/me", "/health/live;/me"),
    *("/schema/../me", "/schema/me", "/register/../me", "/logout/../me", "/.well-known/../me"),
    *("/me.", "/me..", "/me.json", "/me.html", "/me%2ejson", "/me%00", "/me%00.json", "/me%0a"),
    *("/me%0d%0aX:y", "/me%ff", "/me%c0%af", "/%u006de", "/me%", "/me%2", "/me%zz", "/me~"),
    *("/me,login", "/me|login", "/me&login", "/me=login", "/me:login", "/me@login", "/me!"),
    *("/\uff4d\uff45", "/%EF%BD%8D%EF%BD%85", "/\u200bme", "/me%E2%80%8B", "/m%C4%9B", "/me*"),
    *("*", "me", "?", "//attacker.example/me", "http://127.0.0.1/me", "https://127.0.0.1/me"),
    *("/static/../me", "/public/../me", "/assets/..%2f..%2fme", "/api/me", "/v1/me", "/me%09"),
    *("/.env", "/.git/config", "/data/app.db", "/keys/signing.pem", "/metrics", "/admin"),
]


class TestPaths:
    """CWE-22, CWE-41, CWE-436: a path that router and authentication understand differently."""

    @pytest.mark.parametrize("path", PATHS, ids=ascii)
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
    def test_no_spelling_of_a_path_opens_it(
        self, target: Target, extended_server: Wire, path: str, method: str
    ) -> None:
        answer = extended_server.send(path, method=method)
        assert answer.status_code in {400, 401, 404, 405}, answer.text
        assert target.ada.email not in answer.text
        assert SECRET not in answer.text
        if answer.status_code == 401 and method != "HEAD":
            assert_refused(answer, NO_TOKEN)

    @pytest.mark.parametrize(
        "header",
        [
            *("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path", "X-Forwarded-Uri"),
            *("X-Forwarded-Prefix", "X-Script-Name", "Forwarded", "X-Forwarded-Host"),
        ],
    )
    def test_no_header_changes_the_path(
        self, target: Target, extended_server: Wire, header: str
    ) -> None:
        """In either direction: a closed path that looks open, an open one that leads elsewhere."""
        closed = extended_server.send("/me", {header.encode(): b"/health/live"})
        assert_refused(closed, NO_TOKEN)
        opened = extended_server.send("/health/live", {header.encode(): b"/me"})
        assert target.ada.email not in opened.text

    @pytest.mark.parametrize(
        "header",
        [
            {b"X-Forwarded-For": b"127.0.0.1"},
            {b"X-Real-IP": b"127.0.0.1"},
            {b"Forwarded": b"for=127.0.0.1"},
            {b"X-Forwarded-User": b"ada@example.com"},
            {b"X-Remote-User": b"ada@example.com"},
            {b"Remote-User": b"ada@example.com"},
            {b"X-Authenticated": b"true"},
            {b"X-Internal": b"1"},
            {b"X-SSL-Client-Verify": b"SUCCESS"},
        ],
        ids=str,
    )
    def test_no_header_stands_for_credentials(
        self, server: Wire, header: dict[bytes, bytes]
    ) -> None:
        assert_refused(server.send("/me", header), NO_TOKEN)


ASKED = {"Access-Control-Request-Method": "DELETE"}
NAMED = "https://app.example"


class TestPreflights:
    """ASVS 5.0 3.5.2: what a browser may do for another site is asked beforehand (CORS)."""

    @pytest.mark.parametrize("origin", ["https://attacker.example", "null", NAMED, "*"])
    def test_by_default_no_site_may_do_anything(self, target: Target, origin: str) -> None:
        for path in ("/me", "/login", "/health/live"):
            answer = target.client.options(path, headers={"Origin": origin, **ASKED})
            assert answer.status_code in {401, 405}
            assert not allowances(answer)
        read = {b"Origin": origin.encode(), **presenting(target.genuine.token)}
        assert not allowances(target.client.get("/me", headers=read))

    @pytest.mark.parametrize(
        "origin",
        [
            *(
                "https://attacker.example",
                "null",
                "http://app.example",
                f"{NAMED}.attacker.example",
            ),
            *(f"{NAMED}:8443", "https://APP.EXAMPLE", "https://x.app.example", ""),
        ],
    )
    def test_only_the_named_site_may(
        self, target: Target, with_settings: Callable[..., Client], origin: str
    ) -> None:
        client = with_settings(allowed_origins=(NAMED,))
        good: dict[str, Any] = {"Origin": NAMED, **ASKED}
        answer = client.options("/me", headers=good)
        assert answer.headers["access-control-allow-origin"] == NAMED
        answer = client.options("/me", headers={**good, "Origin": origin})
        assert answer.headers.get("access-control-allow-origin") in {None, NAMED}
        read = {b"Origin": origin.encode(), **presenting(target.genuine.token)}
        assert "access-control-allow-origin" not in client.get("/me", headers=read).headers

    def test_a_preflight_does_no_work_and_opens_nothing(
        self, with_settings: Callable[..., Client]
    ) -> None:
        client = with_settings(allowed_origins=(NAMED,))
        headers = {"Origin": NAMED, **ASKED}
        assert client.options("/me", headers=headers).status_code == 204
        for method in ("GET", "PATCH", "DELETE"):
            assert_refused(client.request(method, "/me", headers={"Origin": NAMED}), NO_TOKEN)


def allowances(answer: Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-allow")]
