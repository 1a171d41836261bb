"""Rendered projects as real server processes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scripts.demo import DemoFailed, free_port, machine_environment, wait_until_ready

from .conftest import BakedProject
from .environment import prepare

UNLIMITED = "1000000000 per minute"
UNTHROTTLED = {
    "login_attempts_per_account": UNLIMITED,
    "login_attempts_per_address": UNLIMITED,
    "registrations_per_address": UNLIMITED,
}
"""Settings under which no attempt is refused for being one too many."""
QUICK = {**UNTHROTTLED, "argon2_memory_kib": "8", "argon2_iterations": "1"}
"""The same, and a hash takes no time."""


@dataclass(frozen=True)
class RunningServer:
    """A server that answers at `url`."""

    process: subprocess.Popen[bytes]
    url: str


@contextmanager
def running(project: BakedProject, **settings: str) -> Iterator[RunningServer]:
    """Run the project's server, with settings by name, until the block ends."""
    port = free_port(0)
    log = project.path.parent / f"{port}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [prepare() / "bin" / "python", "-m", project.answers["package_name"], "run"],
            cwd=project.path,
            env={
                **machine_environment(),
                **{name.upper(): value for name, value in settings.items()},
                "PORT": str(port),
                "PYTHONPATH": str(project.path / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdout=stream,
            stderr=stream,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(process, url)
        except DemoFailed as failure:
            raise AssertionError(log.read_text("utf-8")) from failure
        yield RunningServer(process, url)
    finally:
        process.terminate()
        process.wait(timeout=30)
