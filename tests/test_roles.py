"""PostgreSQL with a role for the app and one for migrations, by the SQL of `docs/scaling.md`."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from uuid import uuid4

import httpx
import pytest

from scripts.demo import PASSWORD, TEMPLATE

from .conftest import Bake, BakedProject, need_program
from .deployments import PATIENCE, Deployment, assert_serves, assert_unavailable, wait_until
from .services import Cluster, pgbouncer, postgresql
from .test_rendered import run_tests

(ROLES,) = re.findall(r"(?s)```sql\n(.*?)```", (TEMPLATE / "docs/scaling.md").read_text("utf-8"))
OWNER, APP = "owner_my_secured_api", "app_my_secured_api"

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

REFUSED = {
    "CREATE TABLE mine (id integer)": "permission denied",
    "CREATE TEMPORARY TABLE mine (id integer)": "permission denied",
    "CREATE SCHEMA mine": "permission denied",
    "CREATE INDEX mine ON users (name)": "must be owner",
    "CREATE TRIGGER mine AFTER DELETE ON later EXECUTE FUNCTION tsvector_update_trigger()": (
        "permission denied"
    ),
    "ALTER TABLE users ADD COLUMN mine integer": "must be owner",
    "ALTER TABLE users OWNER TO CURRENT_USER": "must be owner",
    "DROP TABLE users": "must be owner",
    "TRUNCATE users CASCADE": "permission denied",
    "TRUNCATE later": "permission denied",
    "SELECT * FROM other.things": "permission denied for schema",
    "CREATE TABLE other.mine (id integer)": "permission denied for schema",
    f"SET ROLE {OWNER}": "permission denied",
    f"ALTER ROLE {OWNER} PASSWORD NULL": "permission denied",
}
"""What the app's role tries, and what the server says."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    need_program("initdb")
    with postgresql() as cluster:
        yield cluster


def execute(cluster: Cluster, *statements: str, **connection: str) -> None:
    done = cluster.psql(*statements, **connection)
    assert done.returncode == 0, done.stdout


def url_of(cluster: Cluster, role: str, database: str, port: int = 0) -> str:
    return f"postgresql://{role}@127.0.0.1:{port or cluster.port}/{database}"


def make_database(cluster: Cluster, project: BakedProject) -> str:
    """Return the name of a database with both roles, which the owner's has migrated."""
    name = f"test_{uuid4().hex}"
    cluster.create_database(name)
    execute(cluster, ROLES, database=name)
    as_owner(cluster, project, name).command("database", "upgrade")
    return name


def as_owner(cluster: Cluster, project: BakedProject, database: str) -> Deployment:
    """A deployment for the commands `database …`."""
    urls = {
        "database_url": url_of(cluster, APP, database),
        "migration_database_url": url_of(cluster, OWNER, database),
    }
    return Deployment(project, urls)


@contextmanager
def users_locked(cluster: Cluster, database: str) -> Iterator[None]:
    """Let nobody read users."""
    held = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
    command = cluster.psql_command(database=database)
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as locking:
        assert locking.stdin is not None
        locking.stdin.write("BEGIN; LOCK TABLE users;\n")
        locking.stdin.flush()
        wait_until(lambda: cluster.psql(held, database=database).stdout == "1\n")
        yield


@pytest.mark.full
def test_the_apps_role_reads_and_writes_rows_and_nothing_else(cluster: Cluster, bake: Bake) -> None:
    project = bake(database="postgresql")
    database = make_database(cluster, project)
    assert_serves(Deployment(project, {"database_url": url_of(cluster, APP, database)}))
    execute(
        cluster,
        "CREATE SCHEMA other",
        "CREATE TABLE other.things (id integer)",
        "GRANT ALL ON other.things TO PUBLIC",
        database=database,
    )
    # As a later migration does it.
    later = "CREATE TABLE later (id serial PRIMARY KEY, note text)"
    execute(cluster, later, role=OWNER, database=database)
    execute(
        cluster,
        "INSERT INTO later (note) VALUES ('one'), ('two')",
        "UPDATE later SET note = 'three' WHERE id = 1",
        "DELETE FROM later WHERE id = 2",
        role=APP,
        database=database,
    )
    for statement, reason in REFUSED.items():
        done = cluster.psql(statement, role=APP, database=database)
        assert done.returncode != 0, statement
        assert reason in done.stdout, (statement, done.stdout)


@pytest.mark.full
@pytest.mark.parametrize("role", ["postgres", "admin"])
def test_a_database_that_exists_is_handed_over(role: str, bake: Bake) -> None:
    """By a superuser, or by its owner who may create roles, as providers have it."""
    need_program("initdb")
    project = bake(database="postgresql")
    with postgresql() as cluster:
        execute(cluster, "CREATE ROLE admin LOGIN CREATEROLE", f"CREATE DATABASE api OWNER {role}")
        before = Deployment(project, {"database_url": url_of(cluster, role, "api")})
        before.command("database", "upgrade")
        assert_serves(before)
        for _ in range(2):
            execute(cluster, ROLES, role=role, database="api")
        assert_serves(Deployment(project, {"database_url": url_of(cluster, APP, "api")}))
        owner = as_owner(cluster, project, "api")
        owner.command("database", "downgrade", "base", "--yes")
        owner.command("database", "upgrade")
        assert "Warning" not in owner.command("database", "check")


@pytest.mark.full
@pytest.mark.long
def test_a_project_passes_its_own_tests_with_a_role_for_the_app(bake: Bake) -> None:
    need_program("initdb")
    logged = {"log_connections": "on", "log_line_prefix": ""}
    with postgresql(**logged) as cluster:
        execute(cluster, ROLES, database="template1")
        run_tests(
            bake(database="postgresql"),
            TEST_DATABASE_URL=url_of(cluster, "postgres", "postgres"),
            TEST_MIGRATION_DATABASE_URL=url_of(cluster, OWNER, "postgres"),
            TEST_APP_DATABASE_URL=url_of(cluster, APP, "postgres"),
        )
        log = (cluster.folder / "log").read_text("utf-8")
    for role in (OWNER, APP):
        assert f"authorized: user={role} database=test_" in log
    # The superuser makes the databases, and never is the app.
    assert not re.search("authorized: user=postgres .*application_name=my-secured-api", log)


@pytest.mark.full
@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooler"])
def test_the_server_ends_what_the_apps_role_does_for_too_long(
    pooled: bool, cluster: Cluster, bake: Bake
) -> None:
    project = bake(database="postgresql")
    database = make_database(cluster, project)
    attempts = {
        ("SELECT pg_sleep(30)",): "statement timeout",
        ("SELECT FROM users",): "lock timeout",
        ("BEGIN", "SELECT 1", r"\! sleep 12", "SELECT 1"): "idle-in-transaction timeout",
    }
    need_program("pgbouncer")
    pooler = pgbouncer(cluster, 3, role=APP) if pooled else nullcontext(0)
    with pooler as port, users_locked(cluster, database), ThreadPoolExecutor(3) as pool:

        def attempt(statements: tuple[str, ...]) -> str:
            return cluster.psql(*statements, role=APP, database=database, port=port).stdout

        for output, reason in zip(pool.map(attempt, attempts), attempts.values(), strict=True):
            assert reason in output


@pytest.mark.full
@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pooler"])
def test_request_that_waits_for_a_lock_is_answered_when_the_server_ends_it(
    pooled: bool, cluster: Cluster, bake: Bake
) -> None:
    """On a direct connection by the app's own limits, through a pooler by those of its role."""
    need_program("pgbouncer")
    project = bake(database="postgresql")
    database = make_database(cluster, project)
    log = cluster.folder / "log"
    role = APP if pooled else "postgres"
    with pgbouncer(cluster, 3, role=role) as port:
        url = url_of(cluster, role, database, port if pooled else 0)
        settings = {"database_url": url, "database_transaction_pooler": str(pooled)}
        deployment = Deployment(project, settings)
        with (
            deployment.running() as server,
            httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        ):
            person = {"email": "ada@example.com", "password": PASSWORD}
            client.post("/register", json={**person, "name": "Ada"})
            token = client.post("/login", json=person).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            before = log.read_text("utf-8").count("due to lock timeout")
            with users_locked(cluster, database):
                assert_unavailable(client.get("/me"))
                assert log.read_text("utf-8").count("due to lock timeout") == before + 1
            assert client.get("/me").status_code == 200


@pytest.mark.full
def test_pooler_in_session_mode_takes_the_apps_limits_when_it_is_told_to(
    cluster: Cluster, bake: Bake
) -> None:
    need_program("pgbouncer")
    project = bake(database="postgresql")
    database = make_database(cluster, project)
    options = {"pool_mode": "session", "ignore_startup_parameters": ",".join(LIMITS)}
    with pgbouncer(cluster, 10, role=APP, **options) as port:
        assert_serves(Deployment(project, {"database_url": url_of(cluster, APP, database, port)}))
