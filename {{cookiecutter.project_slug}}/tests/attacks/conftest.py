"""What is attacked: the app with two people logged in, in this process and behind a real server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.settings import Settings

from .. import transport
from ..conftest import Client, Person, make_settings, register
from ..databases import own_database
from . import extended_app
from .credentials import BAD_TOKEN, presenting
from .forge import Genuine
from .wire import Wire, running

CHECKED = {
    "accepted_issuers": Settings.model_fields["accepted_issuers"].default
    or ("https://issuer.example",),
    "accepted_audiences": Settings.model_fields["accepted_audiences"].default or ("audience",),
}
"""Issuer and audience are checked here, also where the defaults turn that off."""

# None of the attacks gets to change anything.
shared_database_url = pytest.fixture(scope="package")(own_database)


@dataclass(frozen=True)
class Target:
    """The app, with Ada and Ben logged in."""

    client: Client
    """Carries no token by itself."""
    settings: Settings
    ada: Person
    ben: Person
    genuine: Genuine
    """Ada's access token."""
    bens: Genuine

    def present(self, token: str | bytes) -> Response:
        """Ask for the profile of whoever the token is of."""
        return self.client.get("/me", headers=presenting(token))

    def assert_refused(self, token: str | bytes) -> None:
        assert_refused(self.present(token))

    def assert_accepted(self, token: str | bytes) -> None:
        """Check that Ada is taken for herself."""
        answer = self.present(token)
        assert answer.status_code == 200, answer.text
        assert answer.json()["id"] == self.ada.id


def assert_refused(answer: Response, challenge: str = BAD_TOKEN) -> None:
    """Check that an answer is a complete refusal, and that nothing else is in it."""
    assert answer.status_code == 401, answer.text
    assert answer.headers.get_list("www-authenticate") == [challenge]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (401, "Unauthorized")


@pytest.fixture(scope="package")
def shared_settings(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    with pytest.MonkeyPatch.context() as environment:
        environment.chdir(tmp_path_factory.getbasetemp())
        for name in Settings.model_fields:
            environment.delenv(name.upper(), raising=False)
        return make_settings(shared_database_url, **CHECKED)


@pytest.fixture(scope="package")
def target(shared_settings: Settings) -> Iterator[Target]:
    app = create_app(shared_settings)
    with TestClient(app, base_url="https://testserver.local") as client:
        ada, ben = register(client, "ada@example.com"), register(client, "ben@example.com")
        tokens = [transport.log_in(client, each.email, each.password) for each in (ada, ben)]
        transport.drop(client)
        genuine, bens = (Genuine.read(login.access_token) for login in tokens)
        yield Target(client, shared_settings, ada, ben, genuine, bens)


@pytest.fixture
def other_session(target: Target) -> Genuine:
    """The token of a further session of Ada's, for tests that could end it."""
    login = transport.log_in(target.client, target.ada.email, target.ada.password)
    transport.drop(target.client)
    return Genuine.read(login.access_token)


@pytest.fixture
def with_settings(shared_database_url: str) -> Iterator[Callable[..., Client]]:
    """Start the app once more, with some settings changed, on the database of `target`."""
    with ExitStack() as running:

        def start(**changes: Any) -> Client:
            settings = make_settings(shared_database_url, **{**CHECKED, **changes})
            client = TestClient(create_app(settings), base_url="https://testserver.local")
            return running.enter_context(client)

        yield start


@pytest.fixture(scope="package")
def server(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The project's own server, on the database of `target`: Ada's token is good here, too."""
    command = ("{{ cookiecutter.package_name }}", "run")
    with running(
        *command, folder=tmp_path_factory.mktemp("server"), settings=target.settings
    ) as server:
        yield server


@pytest.fixture(scope="package")
def extended(target: Target) -> Iterator[Client]:
    """The app with routes that its owner might add, on the database of `target`."""
    app = extended_app.create_app(target.settings)
    with TestClient(app, base_url="https://testserver.local") as client:
        yield client


@pytest.fixture(scope="package")
def extended_server(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The same behind a real server."""
    command = ("uvicorn", "--factory", f"{extended_app.__name__}:create_app")
    folder = tmp_path_factory.mktemp("extended")
    with running(*command, folder=folder, settings=target.settings) as server:
        yield server
