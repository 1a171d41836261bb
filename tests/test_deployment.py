"""What builds and deploys: workflows, `Dockerfile` and `compose.yaml`, of both houses."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from scripts.demo import TEMPLATE, free_port

from .conftest import Bake, BakedProject, need_program
from .deployments import Deployment, assert_serves, wait_until
from .services import postgresql, redis

WORKFLOW = ".github/workflows/ci.yml"

ACTION = re.compile(r"uses: (?P<name>[\w./-]+)@(?P<pin>.+)")
IMAGE = re.compile(r'(?:FROM|image:) (?P<name>[\w./"-]+)(?P<pin>.*)')
OWN_IMAGE = '"my-secured-api"'

COMMIT = re.compile(r"[0-9a-f]{40} # v[0-9.]+")
DIGEST = re.compile(r":[^@\s]+@sha256:[0-9a-f]{64}(?: AS \w+)?")


@pytest.fixture(params=["sqlite", "postgresql"])
def project(request: pytest.FixtureRequest, bake: Bake) -> BakedProject:
    return bake(database=request.param)


@pytest.fixture
def on_postgresql(bake: Bake) -> BakedProject:
    return bake(database="postgresql")


def assert_finds_nothing(tool: str, *arguments: str | Path) -> None:
    """Run a tool of the environment that the tests run in."""
    command = [Path(sys.executable).parent / tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_valid(schema: str, file: Path) -> None:
    assert_finds_nothing("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)


def test_zizmor_finds_nothing_in_the_template() -> None:
    assert_finds_nothing("zizmor", "--offline", "--no-progress", TEMPLATE / ".github")


def test_zizmor_finds_nothing_in_a_project(project: BakedProject) -> None:
    assert_finds_nothing("zizmor", "--offline", "--no-progress", project.path / ".github")


def test_hadolint_finds_nothing(project: BakedProject) -> None:
    assert_finds_nothing("hadolint", project.path / "Dockerfile")


def test_the_templates_files_fit_their_schemas() -> None:
    assert_valid("github-workflows", TEMPLATE / WORKFLOW)
    assert_valid("renovate", TEMPLATE / "renovate.json")


def test_a_projects_files_fit_their_schemas(project: BakedProject) -> None:
    assert_valid("github-workflows", project.path / WORKFLOW)
    assert_valid("dependabot", project.path / ".github" / "dependabot.yml")
    assert_valid("compose-spec", project.path / "compose.yaml")


def pins(pattern: re.Pattern[str], *files: Path) -> Iterator[tuple[str, str]]:
    """Yield what files use, and how it is pinned."""
    for file in files:
        for found in pattern.finditer(file.read_text("utf-8")):
            if found["name"] != OWN_IMAGE:
                yield found["name"], found["pin"]


def test_every_action_is_a_commit_and_the_same_in_both_houses(project: BakedProject) -> None:
    used = list(pins(ACTION, TEMPLATE / WORKFLOW, project.path / WORKFLOW))
    assert len(used) > 6
    for name, pin in used:
        assert COMMIT.fullmatch(pin), name
    assert len({name for name, _ in used}) == len(set(used))


def test_every_image_is_a_digest_and_the_same_everywhere(project: BakedProject) -> None:
    names = (WORKFLOW, "Dockerfile", "compose.yaml")
    used = list(pins(IMAGE, TEMPLATE / WORKFLOW, *(project.path / name for name in names)))
    assert len(used) > 3
    for name, pin in used:
        assert DIGEST.fullmatch(pin), name
    assert len({name for name, _ in used}) == len({(name, pin.split()[0]) for name, pin in used})


def test_renovate_finds_every_image_and_every_uv() -> None:
    images, uv = json.loads((TEMPLATE / "renovate.json").read_text("utf-8"))["customManagers"]
    rendered = TEMPLATE / "{{cookiecutter.project_slug}}"
    for file in (rendered / "Dockerfile", rendered / "compose.yaml", rendered / WORKFLOW):
        text = file.read_text("utf-8")
        (pattern,) = images["matchStrings"]
        found = re.findall(pattern.replace("(?<", "(?P<"), text)
        assert len(found) == text.count("@sha256:")
    for file in (rendered / "Dockerfile", rendered / WORKFLOW):
        versions = [
            version
            for pattern in uv["matchStrings"]
            for version in re.findall(pattern.replace("(?<", "(?P<"), file.read_text("utf-8"))
        ]
        assert set(versions) == {"0.13.9"}


def composed(project: BakedProject) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project.path / "compose.yaml").read_text("utf-8"))
    return loaded


def test_the_app_trusts_the_proxy_and_nobody_else(project: BakedProject) -> None:
    compose = composed(project)
    services = compose["services"]
    trusted = services["app"]["environment"]["TRUSTED_PROXIES"]
    assert services["proxy"]["networks"]["front"]["ipv4_address"] == trusted
    (network,) = compose["networks"]["front"]["ipam"]["config"]
    assert network["gateway"] != trusted
    # Where everyone else's addresses are from.
    assert ip_address(trusted) not in ip_network(network["ip_range"])
    assert ip_address(trusted) in ip_network(network["subnet"])


def test_no_password_stands_in_compose(on_postgresql: BakedProject) -> None:
    for service in composed(on_postgresql)["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not name.endswith(("PASSWORD", "SECRET", "_URL")), value


def ask(port: int, *command: str) -> str:
    """Send a command to a Redis, and return its answer."""
    words = "".join(f"${len(word)}\r\n{word}\r\n" for word in command)
    with create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"*{len(command)}\r\n{words}".encode())
        return connection.recv(4096).decode()


def write_secrets(project: Path) -> None:
    """Type what the README says about the files in `keys/`."""
    containers = (project / "README.md").read_text("utf-8").partition("## In containers")[2]
    commands = containers.partition("```sh\n")[2].partition("export APP_UID")[0]
    subprocess.run(["bash", "-euc", commands], cwd=project, check=True)
    for file in (project / "keys").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_the_throttles_store_asks_for_the_password_that_the_app_has(
    on_postgresql: BakedProject,
) -> None:
    need_program("redis-server")
    project = on_postgresql.path
    write_secrets(project)

    compose = composed(on_postgresql)
    program, conf, *options = compose["services"]["counters"]["command"]
    assert program == "valkey-server"
    held = project / compose["secrets"][Path(conf).name]["file"]
    url = urlsplit((project / "keys" / "throttle_url").read_text())
    assert url.password
    port = free_port(0)
    with redis(port, str(held), *options):
        assert ask(port, "PING").startswith("-NOAUTH")
        assert ask(port, "AUTH", "guess").startswith("-WRONGPASS")
        assert ask(port, "AUTH", url.password).startswith("+OK")


def test_only_migrations_get_the_url_of_the_tables_owner(on_postgresql: BakedProject) -> None:
    services = composed(on_postgresql)["services"]
    owners = "migration_database_url"
    assert [name for name, each in services.items() if owners in each.get("secrets", [])] == [
        "migrate"
    ]
    superusers = {"pgpass", "database_password"}
    holders = {name for name, each in services.items() if superusers & {*each.get("secrets", [])}}
    assert holders == {"database", "roles"}


@pytest.mark.full
def test_the_app_and_its_migrations_log_in_by_the_roles_that_compose_makes(
    on_postgresql: BakedProject,
) -> None:
    need_program("initdb")
    project = on_postgresql.path
    write_secrets(project)
    compose = composed(on_postgresql)
    service = compose["services"]["roles"]
    mounts = {
        f"/run/secrets/{name}": project / compose["secrets"][name]["file"]
        for name in service["secrets"]
    }
    for volume in service["volumes"]:
        source, target, _ = volume.split(":")
        mounts[target] = project / source

    def mounted(text: str) -> str:
        for inside, outside in mounts.items():
            text = text.replace(inside, str(outside))
        return text

    def url(secret: str) -> str:
        held: str = (project / compose["secrets"][secret]["file"]).read_text().strip()
        return held.replace("@database/", f"@127.0.0.1:{cluster.port}/")

    with postgresql() as cluster:
        password = (project / "keys" / "database_password").read_text().strip()
        cluster.execute(f"CREATE ROLE app SUPERUSER LOGIN PASSWORD '{password}'")
        cluster.create_database("app")
        access = cluster.folder / "data" / "pg_hba.conf"
        access.write_text("host all all all scram-sha-256\n")
        cluster.reload()
        wait_until(lambda: cluster.psql("SELECT 1").returncode != 0)
        connection = {"PGHOST": "127.0.0.1", "PGPORT": str(cluster.port)}
        given = {name: mounted(value) for name, value in service["environment"].items()}
        program, *options = map(mounted, service["command"])
        for _ in range(2):
            subprocess.run(
                [need_program(program), *options],
                env={"PATH": os.environ["PATH"], **given, **connection},
                check=True,
            )
        settings = {"database_url": url("database_url")}
        migrations = {"migration_database_url": url("migration_database_url")}
        Deployment(on_postgresql, {**settings, **migrations}).command("database", "upgrade")
        assert_serves(Deployment(on_postgresql, settings))
