"""Servers that a test may stop and start: a PostgreSQL cluster and a Redis of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.demo import free_port


def program(name: str) -> str:
    """Return where a program is; skip the test if it is missing, or fail it where it may not be."""
    # Debian does not put all of PostgreSQL's programs on the path.
    folders = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        refuse = pytest.fail if os.environ.get("REQUIRE_SERVICES") else pytest.skip
        refuse(f"no {name} on this machine")
    return found


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server."""

    folder: Path
    port: int

    def run(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs, which refuse to be run by root."""
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run(
            [*user, program(name), *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder}"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        """Hang up on everyone, as if the machine had failed."""
        self.run("pg_ctl", "stop", "-w", "-D", "data", "-m", "immediate")

    def freeze(self) -> None:
        """Say nothing more, and hang up on nobody, as if the network had failed."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def create_database(self, name: str) -> str:
        """Return the SQLAlchemy URL of a new database."""
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def _processes(self) -> list[int]:
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text()
        return [first, *map(int, children.split())]


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """Run a PostgreSQL server."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        cluster = Cluster(Path(name), free_port(0))
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
        cluster.run("initdb", "-D", "data", "-U", "postgres", "-A", "trust")
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def redis(port: int) -> Iterator[None]:
    """Run a Redis, or what takes its place."""
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            # It says so when it listens; the pipe has room for what little else it says.
            next(line for line in server.stdout if "eady to accept connections" in line)
            yield
        finally:
            server.kill()
