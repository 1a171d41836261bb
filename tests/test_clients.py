"""Clients as others wrote them: OAuth2 libraries, cookies, and what is generated from the document.

Each talks to a server process.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

from scripts.demo import EMAIL, PASSWORD

from .conftest import Bake, BakedProject
from .rows import TYPES
from .servers import running

pytestmark = pytest.mark.full

CREDENTIALS = {"email": EMAIL, "password": PASSWORD}
WRONG = "not the password"
FIELDS = ", ".join(
    f"default_{n}: {type_} = {default}, optional_{n}: {type_} | None"
    for n, (type_, default) in enumerate(TYPES.items())
)
"""One of each type, so that generated code has to understand them all."""

Serve = Callable[[BakedProject], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Run a project's server until the test has ended."""
    with ExitStack() as servers:
        yield lambda project: servers.enter_context(running(project)).url


def register(url: str, password: str = PASSWORD) -> None:
    account = {"email": EMAIL, "name": "Ada", "password": password}
    assert httpx.post(f"{url}/register", json=account).status_code == 201


@pytest.fixture
def oauth2_url(bake: Bake, serve: Serve) -> str:
    """A server with a token endpoint, and somebody who has an account there."""
    url = serve(bake(auth_backend="oauth2"))
    register(url)
    return url


def test_requests_oauthlib_refreshes_by_itself(
    oauth2_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It refuses plain HTTP otherwise.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    token_url, me_url = f"{oauth2_url}/login", f"{oauth2_url}/me"
    updates: list[dict[str, Any]] = []
    with OAuth2Session(
        client=LegacyApplicationClient(client_id="a-client"),
        auto_refresh_url=token_url,
        token_updater=updates.append,
    ) as session:
        with pytest.raises(InvalidGrantError):
            session.fetch_token(token_url, username=EMAIL, password=WRONG)
        token = session.fetch_token(token_url, username=EMAIL, password=PASSWORD)
        assert session.get(me_url).json()["email"] == EMAIL
        assert updates == []

        session.token = {**token, "expires_at": 1}
        assert session.get(me_url).json()["email"] == EMAIL
        (update,) = updates
        assert update["refresh_token"] != token["refresh_token"]

        assert session.post(f"{oauth2_url}/logout").status_code == 204
        assert session.get(me_url).status_code == 401
        with pytest.raises(InvalidGrantError):
            session.refresh_token(token_url)


def test_authlib_refreshes_by_itself(oauth2_url: str) -> None:
    me_url = f"{oauth2_url}/me"
    updates: list[dict[str, Any]] = []
    with AuthlibSession(
        token_endpoint=f"{oauth2_url}/login",
        update_token=lambda token, **_: updates.append(token),
    ) as session:
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.fetch_token(username=EMAIL, password=WRONG)
        token = session.fetch_token(username=EMAIL, password=PASSWORD)
        assert session.get(me_url).json()["email"] == EMAIL
        assert updates == []

        session.token = {**token, "expires_at": 1}
        assert session.get(me_url).json()["email"] == EMAIL
        (update,) = updates
        assert update["refresh_token"] != token["refresh_token"]

        assert session.post(f"{oauth2_url}/logout").status_code == 204
        assert session.get(me_url).status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            session.refresh_token()


def test_cookies_come_along_as_in_a_browser(bake: Bake, serve: Serve) -> None:
    url = serve(bake(auth_backend="cookie"))
    register(url)
    page = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=url, headers=page) as browser:
        refused = browser.post("/login", json={**CREDENTIALS, "password": WRONG})
        assert (refused.status_code, len(browser.cookies)) == (401, 0)
        assert refused.json()["type"] == "urn:problem:wrong-credentials"

        assert browser.post("/login", json=CREDENTIALS).status_code == 200
        assert browser.get("/me").json()["email"] == EMAIL

        used = browser.cookies["refresh"]
        # As a browser does when its time has come.
        browser.cookies.delete("access")
        assert browser.get("/me").status_code == 401
        assert browser.post("/refresh").status_code == 200
        assert browser.get("/me").status_code == 200
        current = browser.cookies["refresh"]
        assert current != used

        assert browser.post("/logout").status_code == 204
        assert len(browser.cookies) == 0
        assert browser.get("/me").status_code == 401
        revoked = browser.post("/refresh", headers={"Cookie": f"refresh={current}"})
        assert (revoked.status_code, revoked.json()["type"]) == (401, "urn:problem:session-ended")


Generate = Callable[[str], str]


@pytest.fixture
def generate(
    bake: Bake, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Generate]:
    """Run a project, generate the package `api_client` from its document, and give its address."""

    def run(auth_backend: str) -> str:
        answers = {"auth_backend": auth_backend, "signing_algorithm": "ES256"}
        url = serve(bake(**answers, token_fields=FIELDS))
        folder = tmp_path / "generated"
        folder.mkdir()
        command = [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"),
            *("--url", f"{url}/schema/openapi.json"),
            *("--meta", "none", "--output-path", str(folder / "api_client")),
        ]
        # It formats what it has written, with the ruff that it finds.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        generated = subprocess.run(
            command,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert generated.returncode == 0, generated.stdout
        assert "warning" not in generated.stdout.lower()
        monkeypatch.syspath_prepend(folder)
        return url

    yield run
    for name in [name for name in sys.modules if name.partition(".")[0] == "api_client"]:
        del sys.modules[name]


def open_account(client: Any) -> None:
    from api_client.api.default import register
    from api_client.models import Registration

    registration = Registration(email=EMAIL, name="Ada", password=PASSWORD)
    assert register.sync(client=client, body=registration).email == EMAIL
    taken = register.sync(client=client, body=registration)
    assert taken.type_ == "urn:problem:email-taken"


def log_in(client: Any) -> Any:
    from api_client.api.default import login
    from api_client.models import Credentials

    wrong = login.sync(client=client, body=Credentials(email=EMAIL, password=WRONG))
    assert wrong.type_ == "urn:problem:wrong-credentials"
    return login.sync(client=client, body=Credentials(email=EMAIL, password=PASSWORD))


def use_session_and_end_it(client: Any) -> None:
    from api_client.api.default import get_me, list_sessions, logout

    me = get_me.sync(client=client)
    assert (me.email, me.default_0) == (EMAIL, ast.literal_eval(TYPES["str"]))
    (session,) = list_sessions.sync(client=client)
    assert session.current
    assert logout.sync_detailed(client=client).status_code == 204
    assert get_me.sync(client=client).title == "Unauthorized"


def test_a_generated_client_of_a_header_project(generate: Generate) -> None:
    url = generate("header")
    from api_client import AuthenticatedClient, Client
    from api_client.api.default import get_me, refresh
    from api_client.models import RefreshRequest

    with Client(base_url=url) as anyone:
        open_account(anyone)
        first = log_in(anyone)
        body = RefreshRequest(refresh_token=first.refresh_token)
        second = refresh.sync(client=anyone, body=body)
    with AuthenticatedClient(base_url=url, token=second.access_token) as ada:
        assert get_me.sync(client=ada) == second.user
        use_session_and_end_it(ada)
        body = RefreshRequest(refresh_token=second.refresh_token)
        assert refresh.sync(client=ada, body=body).type_ == "urn:problem:session-ended"


def test_a_generated_client_of_a_cookie_project(generate: Generate) -> None:
    url = generate("cookie")
    from api_client import Client
    from api_client.api.default import get_me, refresh

    with Client(base_url=url) as ada:
        open_account(ada)
        first = log_in(ada)
        second = refresh.sync(client=ada)
        assert first.user == second.user == get_me.sync(client=ada)
        use_session_and_end_it(ada)
        assert refresh.sync(client=ada).type_ == "urn:problem:session-ended"


def test_a_generated_client_of_an_oauth2_project(generate: Generate) -> None:
    url = generate("oauth2")
    from api_client import AuthenticatedClient, Client
    from api_client.api.default import login
    from api_client.models import TokenRequest

    with Client(base_url=url) as anyone:
        open_account(anyone)
        form = TokenRequest(grant_type="password", username=EMAIL, password=WRONG)
        assert login.sync(client=anyone, body=form).error == "invalid_grant"
        form = TokenRequest(grant_type="password", username=EMAIL, password=PASSWORD)
        first = login.sync(client=anyone, body=form)
        form = TokenRequest(grant_type="refresh_token", refresh_token=first.refresh_token)
        second = login.sync(client=anyone, body=form)
    with AuthenticatedClient(base_url=url, token=second.access_token) as ada:
        use_session_and_end_it(ada)
        form = TokenRequest(grant_type="refresh_token", refresh_token=second.refresh_token)
        assert login.sync(client=ada, body=form).error == "invalid_grant"


def test_the_client_in_the_readme_works(bake: Bake, serve: Serve) -> None:
    project = bake(auth_backend="oauth2")
    readme = (project.path / "README.md").read_text("utf-8")
    (code,) = re.findall(r"(?s)```python\n(from authlib.*?)```", readme)
    (password,) = re.findall(r'password="(.*?)"', code)
    url = serve(project)
    register(url, password)
    code = code.replace("http://127.0.0.1:8000", url)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert EMAIL in done.stdout
