"""What is attacked: the app with two people logged in, in this process and behind a real server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient

from {{ cookiecutter.package_name }}.app import create_app
from {{ cookiecutter.package_name }}.settings import Settings

from .. import transport
from ..conftest import Client, Person, make_settings, register
from .credentials import BAD_TOKEN, presenting
from .forge import Genuine
from .server import Server, running, settings_in_environment
from .shared_database import shared_database_url

__all__ = ["shared_database_url"]

CHECKED = {
    "accepted_issuers": Settings.model_fields["accepted_issuers"].default
    or ("https://issuer.example",),
    "accepted_audiences": Settings.model_fields["accepted_audiences"].default or ("audience",),
}
"""Issuer and audience are checked here, also where the defaults turn that off."""


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


@pytest.fixture(scope="module")
def shared_settings(shared_database_url: str) -> Settings:
    with pytest.MonkeyPatch.context() as environment:
        for name in Settings.model_fields:
            environment.delenv(name.upper(), raising=False)
        return make_settings(shared_database_url, **CHECKED)


@pytest.fixture(scope="module")
def target(shared_settings: Settings) -> Iterator[Target]:
    app = create_app(shared_settings)
    with TestClient(app, base_url="https://testserver.local") as client:
        ada, ben = register(client, "ada@example.com"), register(client, "ben@example.com")
        tokens = [transport.log_in(client, each.email, each.password) for each in (ada, ben)]
        transport.drop(client)
        genuine, bens = (Genuine.read(login.access_token) for login in tokens)
        yield Target(client, shared_settings, ada, ben, genuine, bens)


@pytest.fixture
def with_settings(
    target: Target, make_client: Callable[..., Client]
) -> Callable[..., Client]:
    """Start the app once more, with some settings changed, on the database of `target`."""

    def start(**changes: Any) -> Client:
        same = {"database_url": target.settings.database_url, **CHECKED}
        return make_client(**{**same, **changes})

    return start


@pytest.fixture(scope="module")
def server(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The project's own server, on the database of `target`: Ada's token is good here, too."""
    folder: Path = tmp_path_factory.mktemp("server")
    environment = settings_in_environment(target.settings)
    with running("{{ cookiecutter.package_name }}", "run", folder=folder, environment=environment) as server:
        yield server
