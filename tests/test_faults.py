"""What a rendered project does when what it stands on fails, or when it is killed itself."""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from scripts.demo import PASSWORD, free_port

from .conftest import Bake, need_program
from .deployments import (
    HANGING,
    PATIENCE,
    Deployment,
    Load,
    assert_kept,
    assert_unavailable,
    under_load,
    wait_until,
)
from .sentinels import RedisPair, redis_pair
from .services import Cluster, postgresql, redis

pytestmark = pytest.mark.full

DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    need_program("initdb")
    with postgresql() as cluster:
        yield cluster


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
    need_program("redis-server")
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


def die(pair: RedisPair, port: int) -> None:
    pair.running[port].kill()
    pair.running[port].wait()


def live_again(pair: RedisPair, port: int) -> None:
    pair.start_store(port)


def hang(pair: RedisPair, port: int) -> None:
    pair.running[port].send_signal(signal.SIGSTOP)


def go_on(pair: RedisPair, port: int) -> None:
    pair.running[port].send_signal(signal.SIGCONT)


@pytest.mark.parametrize(("leave", "return_"), [(die, live_again), (hang, go_on)])
def test_the_throttle_follows_its_store_to_another_primary(
    leave: Callable[[RedisPair, int], None],
    return_: Callable[[RedisPair, int], None],
    deploy: Deploy,
) -> None:
    need_program("redis-server")
    need_program("redis-cli")
    deployment = deploy("sqlite")
    ada, ben = ({"email": f"{name}@example.com", "password": PASSWORD} for name in ("ada", "ben"))
    limits = {"login_attempts_per_account": "5 per hour"}
    with (
        redis_pair() as pair,
        deployment.running(throttle_url=pair.url, **limits) as server,
        httpx.Client(base_url=server.url, timeout=HANGING) as client,
    ):
        wait_until(pair.is_complete)

        def log_in(person: dict[str, str], **changes: str) -> httpx.Response:
            return client.post("/login", json={**person, **changes})

        assert client.post("/register", json={**ada, "name": "Ada"}).status_code == 201
        logged_in = log_in(ada)
        assert logged_in.status_code == 200
        bearer = {"Authorization": f"Bearer {logged_in.json()['access_token']}"}
        for _ in range(2):
            assert log_in(ben, password="wrong").status_code == 401
        wait_until(pair.has_replicated)

        first, second = pair.ports
        assert pair.primary() == first
        leave(pair, first)
        answers = [log_in(ada)]

        def is_back() -> bool:
            assert client.get("/me", headers=bearer).status_code == 200
            answers.append(log_in(ada))
            return answers[-1].is_success

        wait_until(is_back)
        for answer in answers[:-1]:
            assert_unavailable(answer)
        assert pair.primary() == second

        # What the first had counted, the second has counted.
        for _ in range(3):
            assert log_in(ben, password="wrong").status_code == 401
        assert log_in(ben, password="wrong").status_code == 429

        return_(pair, first)
        wait_until(lambda: pair.is_replica(first))
        assert log_in(ada).status_code == 200
        assert log_in(ben, password="wrong").status_code == 429


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
