"""PostgreSQL as people have it: several hosts, TLS, a pooler, a full server."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from scripts.demo import PASSWORD, free_port

from .certificates import Certificate, issue, make_authority, offer_tls
from .conftest import Bake, need_program
from .deployments import (
    PATIENCE,
    Deployment,
    assert_kept,
    assert_serves,
    assert_unavailable,
    under_load,
    wait_until,
)
from .services import Cluster, pgbouncer, postgresql
from .test_rendered import run_tests

SLOTS = 8
"""Connections that the small server takes."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    need_program("initdb")
    with postgresql() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def small_cluster() -> Iterator[Cluster]:
    need_program("initdb")
    with postgresql(max_connections=str(SLOTS), superuser_reserved_connections="0") as cluster:
        yield cluster


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(bake: Bake) -> Deploy:
    """Render a project, and migrate the database at a URL, with further variables by name."""

    def make(url: str, **variables: str) -> Deployment:
        settings = {"database_url": url, **variables}
        deployment = Deployment(bake(database="postgresql"), settings)
        deployment.command("database", "upgrade")
        return deployment

    return make


@pytest.mark.full
@pytest.mark.parametrize(
    "url",
    [
        "postgres://postgres@127.0.0.1:{port}/{name}",
        "postgresql+asyncpg://postgres@/{name}?host=127.0.0.1:{closed}&host=127.0.0.1:{port}",
        "postgresql://postgres@127.0.0.1:{closed},127.0.0.1:{port}/{name}"
        "?target_session_attrs=read-write&connect_timeout=5",
        "postgresql://postgres@[::1]:{port}/{name}",
        "postgresql://postgres@{folder}:{port}/{name}",
        "postgresql:///{name}?host={folder}&port={port}&user=postgres&application_name=api",
    ],
    ids=["postgres", "sqlalchemy hosts", "libpq hosts", "IPv6", "socket", "socket in the query"],
)
def test_command_line_api_and_lookup_connect_by_the_same_url(
    url: str, cluster: Cluster, deploy: Deploy
) -> None:
    name = f"test_{uuid4().hex}"
    cluster.create_database(name)
    folder = quote(str(cluster.folder), safe="")
    assert_serves(
        deploy(url.format(name=name, port=cluster.port, closed=free_port(0), folder=folder))
    )


@pytest.mark.full
def test_password_may_hold_any_character(cluster: Cluster, deploy: Deploy) -> None:
    name, password = f"test_{uuid4().hex}", "%/@:#?&= +[]'\"\\ä"
    literal = password.replace("'", "''")
    cluster.create_database(name)
    cluster.execute(f"CREATE ROLE {name} SUPERUSER LOGIN PASSWORD '{literal}'")
    access = cluster.folder / "data" / "pg_hba.conf"
    access.write_text(f"host all {name} all scram-sha-256\n{access.read_text()}")
    cluster.execute("SELECT pg_reload_conf()")
    given = f"{name}:{quote(password, safe='')}"
    assert_serves(deploy(f"postgresql://{given}@127.0.0.1:{cluster.port}/{name}"))


@pytest.mark.full
def test_two_instances_share_a_server_that_has_too_few_connections_for_both(
    small_cluster: Cluster, deploy: Deploy
) -> None:
    url = small_cluster.create_database(f"test_{uuid4().hex}")
    deployment = deploy(url)
    pool = {"database_pool_size": str(SLOTS), "database_pool_timeout": str(PATIENCE)}
    with (
        deployment.running(**pool) as here,
        deployment.running(**pool) as there,
        under_load(here) as load,
        under_load(there) as other,
    ):
        wait_until(lambda: min(load.succeeded(), other.succeeded()) > 200)
    for each in (load, other):
        assert each.unanswered == []
        assert {answer.status_code for answer in each.answers} == {200, 201}
        assert_kept(deployment, each)


@pytest.mark.full
def test_nothing_acknowledged_is_lost_while_the_server_is_full(
    small_cluster: Cluster, deploy: Deploy
) -> None:
    name = f"test_{uuid4().hex}"
    small_cluster.create_database(name)
    small_cluster.execute(f"CREATE ROLE {name} LOGIN", f"ALTER DATABASE {name} OWNER TO {name}")
    deployment = deploy(f"postgresql://{name}@127.0.0.1:{small_cluster.port}/{name}")
    pool = {"database_pool_size": str(SLOTS // 2), "database_pool_timeout": "0.5"}
    with deployment.running(**pool) as server, under_load(server) as load:
        wait_until(lambda: load.succeeded() > 100)
        for _ in range(3):
            # The limit keeps the app from taking what the crowd is about to take.
            small_cluster.execute(
                f"ALTER DATABASE {name} CONNECTION LIMIT 0",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'",
            )
            with small_cluster.crowded():
                full = len(load.answers)
                wait_until(lambda full=full: load.failed(since=full) > 32)  # type: ignore[misc]
            small_cluster.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
            free = len(load.answers)
            wait_until(lambda free=free: load.succeeded(since=free) > 100)  # type: ignore[misc]
    assert load.unanswered == []
    for answer in load.answers:
        if answer.is_error:
            assert_unavailable(answer)
    assert_kept(deployment, load)


@pytest.mark.full
def test_request_waits_for_a_full_server_and_is_answered_with_503_in_the_end(
    small_cluster: Cluster, deploy: Deploy
) -> None:
    name = f"test_{uuid4().hex}"
    deployment = deploy(small_cluster.create_database(name))
    hang_up = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    log = small_cluster.folder / "log"
    person = {"email": "ada@example.com", "password": PASSWORD}

    def refused() -> int:
        return log.read_text("utf-8").count("too many clients")

    def answers(client: httpx.Client) -> list[httpx.Response]:
        return [client.get("/me"), client.post("/login", json=person)]

    with (
        deployment.running(database_pool_timeout="3") as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        client.post("/register", json={**person, "name": "Ada"})
        token = client.post("/login", json=person).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        small_cluster.execute(hang_up)
        with small_cluster.crowded():
            for answer in answers(client):
                assert_unavailable(answer)
            before = refused()
            waiting = pool.submit(client.get, "/me")
            wait_until(lambda: refused() > before)
        assert waiting.result().status_code == 200
        assert {answer.status_code for answer in answers(client)} == {200}


@dataclass(frozen=True)
class Tls:
    """A server that takes nothing but TLS, as `localhost`."""

    cluster: Cluster
    authority: Certificate
    stranger: Certificate
    """Another authority."""
    client: Certificate
    """What the role `client` has to show."""

    def url(self, name: str, host: str, query: str) -> str:
        files = {"ca": self.authority.certificate, "stranger": self.stranger.certificate}
        shown = {"crt": self.client.certificate, "key": self.client.key}
        return f"postgresql://{host}:{self.cluster.port}/{name}?{query.format(**files, **shown)}"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    need_program("initdb")
    folder = tmp_path_factory.mktemp("certificates")
    authority = make_authority(folder, "authority")
    with postgresql() as cluster:
        (cluster.folder / "data" / "pg_hba.conf").write_text(
            "hostssl all client all cert\nhostssl all all all trust\n"
        )
        cluster.execute("CREATE ROLE client SUPERUSER LOGIN")
        offer_tls(cluster, authority, issue(authority, "server", "localhost"))
        stranger = make_authority(folder, "stranger")
        yield Tls(cluster, authority, stranger, issue(authority, "client", "client"))


@pytest.mark.full
@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("postgres@127.0.0.1", "sslmode=require"),
        ("postgres@127.0.0.1", "ssl=require"),
        ("postgres@127.0.0.1", "sslmode=verify-ca&sslrootcert={ca}"),
        ("postgres@localhost", "sslmode=verify-full&sslrootcert={ca}"),
        ("postgres@localhost", "sslmode=verify-full&sslrootcert=system"),
        ("client@localhost", "sslmode=verify-full&sslrootcert={ca}&sslcert={crt}&sslkey={key}"),
        ("client@localhost", "sslrootcert=system&sslcert={crt}&sslkey={key}"),
    ],
)
def test_server_that_wants_tls_is_used_over_tls(
    host: str, query: str, tls: Tls, deploy: Deploy
) -> None:
    name = f"test_{uuid4().hex}"
    tls.cluster.create_database(name)
    deployment = deploy(tls.url(name, host, query), ssl_cert_file=str(tls.authority.certificate))
    assert_serves(deployment)


@pytest.mark.full
@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("postgres@localhost", "sslmode=disable"),
        ("postgres@127.0.0.1", "sslmode=verify-full&sslrootcert={ca}"),
        ("postgres@127.0.0.1", "sslrootcert=system"),
        ("postgres@localhost", "sslmode=verify-ca&sslrootcert={stranger}"),
        ("postgres@localhost", "sslmode=verify-full&sslrootcert={stranger}"),
        ("postgres@localhost", "sslmode=require&sslrootcert={stranger}"),
        ("client@localhost", "sslmode=verify-full&sslrootcert={ca}"),
    ],
    ids=["plain", "name", "name, system", "CA", "CA, full", "CA, require", "no certificate"],
)
def test_server_that_is_not_the_right_one_is_not_used(
    host: str, query: str, tls: Tls, bake: Bake
) -> None:
    project = bake(database="postgresql")
    variables = {
        "DATABASE_URL": tls.url("postgres", host, query),
        "SSL_CERT_FILE": str(tls.authority.certificate),
    }
    for command in ("database upgrade", "users list"):
        done = project.run(
            "python", "-m", project.answers["package_name"], *command.split(), **variables
        )
        assert done.returncode == 1, done.stdout
        assert "Error: " in done.stdout
        assert "Traceback" not in done.stdout


@pytest.mark.full
def test_fifty_clients_are_served_through_a_pooler_in_transaction_mode(
    cluster: Cluster, deploy: Deploy
) -> None:
    need_program("pgbouncer")
    name = f"test_{uuid4().hex}"
    deployment = deploy(cluster.create_database(name))
    with pgbouncer(cluster, server_connections=3) as port:
        pooled = replace(
            deployment,
            settings={
                "database_url": f"postgresql://postgres@127.0.0.1:{port}/{name}"
                f"?connect_timeout={PATIENCE}",
                "database_transaction_pooler": "true",
                "database_pool_timeout": str(PATIENCE),
                "workers": "2",
            },
        )
        with pooled.running() as server, under_load(server, clients=50) as load:
            wait_until(lambda: load.succeeded() > 3000)
        assert load.unanswered == []
        assert {answer.status_code for answer in load.answers} == {200, 201}
        assert_kept(pooled, load)


@pytest.mark.full
@pytest.mark.long
def test_a_projects_own_tests_pass_through_a_pooler_in_transaction_mode(
    cluster: Cluster, bake: Bake
) -> None:
    """But for those that look at connections to the server, or change the schema."""
    need_program("pgbouncer")
    with pgbouncer(cluster, server_connections=10) as port:
        run_tests(
            bake(database="postgresql"),
            "--ignore=tests/test_connections.py",
            "--ignore=tests/test_migrations.py",
            TEST_DATABASE_URL=f"postgresql://postgres@127.0.0.1:{cluster.port}/postgres",
            TEST_APP_DATABASE_URL=(
                f"postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true"
            ),
        )


@pytest.mark.full
def test_migration_through_a_pooler_in_transaction_mode_is_rejected(
    cluster: Cluster, bake: Bake
) -> None:
    need_program("pgbouncer")
    project = bake(database="postgresql")
    with pgbouncer(cluster, server_connections=3) as port:
        done = project.run(
            *("python", "-m", project.answers["package_name"], "database", "upgrade"),
            DATABASE_URL=f"postgresql://postgres@127.0.0.1:{port}/postgres?pgbouncer=true",
        )
    assert done.returncode == 1, done.stdout
    assert "pooler in transaction mode" in done.stdout
