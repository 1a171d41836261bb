"""A rendered project in service: its server under load, and what its database holds after."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from uuid import uuid4

import httpx

from scripts.demo import PASSWORD

from .conftest import BakedProject
from .servers import QUICK, RunningServer, running

PATIENCE = 60
"""Seconds for what takes a few."""
HANGING = 20
"""Seconds after which a request is taken to hang."""


@dataclass
class Deployment:
    """A rendered project with a database of its own."""

    project: BakedProject
    settings: dict[str, str]

    @contextmanager
    def running(self, **settings: str) -> Iterator[RunningServer]:
        with running(self.project, **{**QUICK, **self.settings, **settings}) as server:
            yield server

    def command(self, *arguments: str) -> str:
        """Run the project's command line."""
        variables = {name.upper(): value for name, value in self.settings.items()}
        done = self.project.run(
            "python", "-m", self.project.answers["package_name"], *arguments, **variables
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def addresses(self) -> set[str]:
        """Return the addresses of all users that the database holds."""
        return {user["email"] for user in json.loads(self.command("users", "list", "--json"))}


@dataclass
class Load:
    """What clients that come and go were answered."""

    answers: list[httpx.Response] = field(default_factory=list)
    unanswered: list[httpx.TransportError] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)
    """Addresses."""
    refresh_tokens: list[str] = field(default_factory=list)
    """The last one of each session."""
    over: Event = field(default_factory=Event)

    def succeeded(self, since: int = 0) -> int:
        return sum(answer.is_success for answer in self.answers[since:])

    def failed(self, since: int = 0) -> int:
        return sum(answer.is_error for answer in self.answers[since:])


def visit(client: httpx.Client, load: Load) -> Iterator[httpx.Response]:
    """Register, log in, read and refresh, as far as that is possible."""
    person = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    yield (registered := client.post("/register", json={**person, "name": "Ada"}))
    if registered.is_error:
        return
    load.registered.append(person["email"])
    yield (logged_in := client.post("/login", json=person))
    if logged_in.is_error:
        return
    tokens = logged_in.json()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    for _ in range(5):
        yield client.get("/me", headers=bearer)
    body = {"refresh_token": tokens["refresh_token"]}
    yield (refreshed := client.post("/refresh", json=body))
    if refreshed.is_success:
        load.refresh_tokens.append(refreshed.json()["refresh_token"])


@contextmanager
def under_load(server: RunningServer, clients: int = 16) -> Iterator[Load]:
    """Have clients visit, one visit after the other, until the block ends or nobody answers."""
    load = Load()

    def come_and_go() -> None:
        with httpx.Client(base_url=server.url, timeout=HANGING) as client:
            while not load.over.is_set():
                try:
                    load.answers.extend(visit(client, load))
                except httpx.TransportError as error:
                    load.unanswered.append(error)
                    return

    with ThreadPoolExecutor(clients) as pool:
        pending = [pool.submit(come_and_go) for _ in range(clients)]
        try:
            yield load
        finally:
            load.over.set()
    for client in pending:
        client.result()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Service Unavailable"


def assert_kept(deployment: Deployment, load: Load) -> None:
    """Check that everyone who was told so has an account, and a session to go on with."""
    assert load.registered
    assert load.refresh_tokens
    assert deployment.addresses() >= set(load.registered)
    with deployment.running() as server, httpx.Client(base_url=server.url) as client:
        for token in load.refresh_tokens:
            answer = client.post("/refresh", json={"refresh_token": token})
            assert answer.status_code == 200, answer.text


def assert_serves(deployment: Deployment) -> None:
    """Register, log in, and ask for the profile, which the ORM and the look-up answer."""
    person = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    with deployment.running() as server, httpx.Client(base_url=server.url) as client:
        assert client.get("/health/ready").status_code == 200
        assert client.post("/register", json={**person, "name": "Ada"}).status_code == 201
        token = client.post("/login", json=person).json()["access_token"]
        answer = client.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
    assert person["email"] in deployment.addresses()
