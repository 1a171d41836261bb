"""What a rendered project does when what it stands on fails, or when it is killed itself."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import uuid4

import httpx
import pytest

from scripts.demo import PASSWORD, free_port

from .conftest import Bake, BakedProject
from .servers import QUICK, RunningServer, running
from .services import Cluster, postgresql, redis

pytestmark = pytest.mark.full

DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
PATIENCE = 60
"""Seconds for what takes a few."""
HANGING = 20
"""Seconds after which a request is taken to hang."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgresql() as cluster:
        yield cluster


@dataclass
class Deployment:
    """A rendered project with a database of its own."""

    project: BakedProject
    settings: dict[str, str]

    @contextmanager
    def running(self, **settings: str) -> Iterator[RunningServer]:
        with running(self.project, **QUICK, **self.settings, **settings) as server:
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


Deploy = Callable[[str], Deployment]


@pytest.fixture
def deploy(bake: Bake, request: pytest.FixtureRequest) -> Deploy:
    def make(database: str) -> Deployment:
        settings = {}
        if database == "postgresql":
            cluster: Cluster = request.getfixturevalue("cluster")
            settings["database_url"] = cluster.create_database(f"test_{uuid4().hex}")
        deployment = Deployment(bake(database=database), settings)
        deployment.command("database", "upgrade")
        return deployment

    return make


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


@pytest.mark.parametrize(
    ("leave", "return_"), [(Cluster.stop, Cluster.start), (Cluster.freeze, Cluster.thaw)]
)
def test_a_database_that_goes_away_and_comes_back(
    leave: Callable[[Cluster], None],
    return_: Callable[[Cluster], None],
    deploy: Deploy,
    cluster: Cluster,
) -> None:
    deployment = deploy("postgresql")
    with deployment.running() as server:
        with under_load(server) as load:
            wait_until(lambda: load.succeeded() > 100)
            leave(cluster)
            try:
                left = len(load.answers)
                wait_until(lambda: load.failed(since=left) > 16)
                assert_unavailable(httpx.get(f"{server.url}/health/ready", timeout=HANGING))
                assert httpx.get(f"{server.url}/health/live").status_code == 200
            finally:
                return_(cluster)
            returned = len(load.answers)
            wait_until(lambda: load.succeeded(since=returned) > 100)
        assert load.unanswered == []
        for answer in load.answers:
            if answer.is_error:
                assert_unavailable(answer)
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        assert server.process.poll() is None
    assert_kept(deployment, load)


@pytest.mark.parametrize("fails_open", [False, True])
def test_a_throttle_that_goes_away_and_comes_back(fails_open: bool, deploy: Deploy) -> None:
    port = free_port(0)
    shared = {
        "throttle_url": f"valkey://127.0.0.1:{port}",
        "throttle_fails_open": str(fails_open),
    }
    deployment = deploy("sqlite")
    person = {"email": "ada@example.com", "password": PASSWORD}
    with deployment.running(**shared) as server, httpx.Client(base_url=server.url) as client:
        with redis(port):
            assert client.post("/register", json={**person, "name": "Ada"}).status_code == 201
            logged_in = client.post("/login", json=person)
            assert logged_in.status_code == 200
        answer = client.post("/login", json=person)
        if fails_open:
            assert answer.status_code == 200
        else:
            assert_unavailable(answer)
        bearer = {"Authorization": f"Bearer {logged_in.json()['access_token']}"}
        assert client.get("/me", headers=bearer).status_code == 200
        with redis(port):
            wait_until(lambda: client.post("/login", json=person).status_code == 200)


@DATABASES
def test_a_stop_under_load_loses_no_answer(database: str, deploy: Deploy) -> None:
    deployment = deploy(database)
    with deployment.running() as server, under_load(server) as load:
        wait_until(lambda: len(load.refresh_tokens) > 50)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) in {0, -signal.SIGTERM}
    assert all(answer.is_success for answer in load.answers)
    # What the server did, it has also answered.
    assert deployment.addresses() == set(load.registered)
    assert_kept(deployment, load)


@DATABASES
def test_being_killed_loses_nothing_that_was_acknowledged(database: str, deploy: Deploy) -> None:
    deployment = deploy(database)
    kept = Load()
    for _ in range(3):
        with deployment.running() as server, under_load(server) as load:
            wait_until(lambda load=load: len(load.refresh_tokens) > 50)  # type: ignore[misc]
            server.process.kill()
        kept.registered += load.registered
        kept.refresh_tokens += load.refresh_tokens
    assert_kept(deployment, kept)


def test_sqlite_holds_under_a_mixed_load(deploy: Deploy) -> None:
    deployment = deploy("sqlite")
    with deployment.running() as server, under_load(server, clients=32) as load:
        time.sleep(30)
    assert load.unanswered == []
    statuses: dict[int, Any] = {answer.status_code: answer for answer in load.answers}
    assert set(statuses) == {200, 201}, statuses
    assert_kept(deployment, load)
