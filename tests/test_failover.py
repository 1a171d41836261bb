"""What a rendered project does when its PostgreSQL fails over to a standby."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from scripts.demo import PASSWORD

from .conftest import Bake, need_program
from .deployments import (
    HANGING,
    Deployment,
    Load,
    assert_kept,
    assert_unavailable,
    under_load,
    wait_until,
)
from .services import Cluster, postgresql, standby_of

pytestmark = pytest.mark.full

RESUMED_WITHIN = 20
"""Seconds from the promotion to IN_A_ROW answers. docs/scaling.md says what was measured."""
IN_A_ROW = 200
"""Answers without an error, which show that service has resumed."""
IS_SYNCHRONOUS = "SELECT 1 / count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
"""Fails where it is not."""


@dataclass(frozen=True)
class Pair:
    """A primary and the standby that it waits for at each commit."""

    primary: Cluster
    standby: Cluster

    def url(self, name: str) -> str:
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write"


@pytest.fixture
def pair() -> Iterator[Pair]:
    for program in ("initdb", "pg_basebackup"):
        need_program(program)
    with postgresql() as primary, standby_of(primary) as standby:
        wait_until(lambda: primary.accepts(IS_SYNCHRONOUS))
        yield Pair(primary, standby)


def become_standby(server: Cluster) -> None:
    server.stop("fast")
    server.start_as_standby()


def become_read_only(server: Cluster) -> None:
    server.execute("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")


def end_and_become_standby(server: Cluster) -> None:
    server.kill()
    server.start_as_standby()


def stay(_: Cluster) -> None:
    """It runs, and takes no writes."""


@pytest.mark.parametrize(
    ("fail", "return_"),
    [
        (Cluster.kill, Cluster.start_as_standby),
        (Cluster.freeze, end_and_become_standby),
        (become_standby, stay),
        (become_read_only, stay),
    ],
    ids=["killed", "frozen", "demoted", "read-only"],
)
def test_service_resumes_at_the_promoted_standby_and_nothing_acknowledged_is_lost(
    fail: Callable[[Cluster], None], return_: Callable[[Cluster], None], pair: Pair, bake: Bake
) -> None:
    pair.primary.create_database("app")
    deployment = Deployment(bake(database="postgresql"), {"database_url": pair.url("app")})
    deployment.command("database", "upgrade")
    person = {"email": "ada@example.com", "password": PASSWORD}
    with deployment.running() as server, httpx.Client(base_url=server.url, timeout=HANGING) as ada:
        ada.post("/register", json={**person, "name": "Ada"})
        token = ada.post("/login", json=person).json()["access_token"]
        ada.headers["Authorization"] = f"Bearer {token}"
        with under_load(server) as load:
            wait_until(lambda: load.succeeded() > IN_A_ROW)
            fail(pair.primary)
            try:
                wait_until(lambda: ada.get("/health/ready").is_error)
                assert_unavailable(ada.get("/health/ready"))
                assert ada.get("/health/live").status_code == 200
                pair.standby.promote()
                promoted, before = time.monotonic(), len(load.answers)
                wait_until(lambda: has_resumed(load, since=before))
                assert time.monotonic() - promoted < RESUMED_WITHIN
                assert ada.get("/health/ready").status_code == 200
            finally:
                return_(pair.primary)
        assert load.unanswered == []
        for answer in load.answers:
            if answer.is_error:
                assert_unavailable(answer)
        assert ada.get("/me").status_code == 200
        assert server.process.poll() is None
    assert_kept(deployment, load)


def has_resumed(load: Load, since: int) -> bool:
    latest = load.answers[since:][-IN_A_ROW:]
    return len(latest) == IN_A_ROW and all(answer.is_success for answer in latest)
