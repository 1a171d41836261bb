"""Servers that a test may stop and start: a PostgreSQL cluster and a Redis of its own."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.demo import free_port


def find_program(name: str) -> str:
    """Return where a program is.

    Raises:
        LookupError: this machine has none.
    """
    # Debian does not put all of PostgreSQL's programs on the path, nor PgBouncer on that of users.
    folders = [
        os.environ["PATH"],
        "/usr/sbin",
        *map(str, Path("/usr/lib/postgresql").glob("*/bin")),
    ]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise LookupError(f"no {name} on this machine")
    return found


def as_postgres(name: str, *arguments: str) -> list[str]:
    """Return a command that root gives as another user: PostgreSQL's programs refuse root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    return [*user, find_program(name), *arguments]


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server."""

    folder: Path
    port: int

    def run(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        subprocess.run(
            as_postgres(name, *arguments),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def execute(self, *statements: str) -> None:
        self.run("psql", *self.superuser, *(f"--command={each}" for each in statements))

    def accepts(self, statement: str) -> bool:
        """Return True if a statement can be executed, and does not fail."""
        try:
            self.execute(statement)
        except subprocess.CalledProcessError:
            return False
        return True

    def psql_command(
        self, role: str = "postgres", database: str = "postgres", port: int = 0
    ) -> list[str]:
        """Return a command that reads statements until one fails, here or from a pooler's port."""
        server = ["-h", "127.0.0.1", "-p", str(port or self.port), "-U", role, "-d", database]
        return [find_program("psql"), "-qXAtw", "-v", "ON_ERROR_STOP=1", *server]

    def psql(self, *statements: str, **connection: Any) -> subprocess.CompletedProcess[str]:
        """Execute statements, and return what is said."""
        return subprocess.run(
            self.psql_command(**connection) + [f"--command={each}" for each in statements],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )

    @contextmanager
    def crowded(self) -> Iterator[None]:
        """Take all connections that are left."""
        with ExitStack() as taken:
            while self.accepts("SELECT 1"):
                command = [find_program("psql"), *self.superuser]
                client = subprocess.Popen(command, stdin=subprocess.PIPE)
                taken.callback(client.communicate)
            yield

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1,::1 -k {self.folder}"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def reload(self) -> None:
        """Read the configuration anew."""
        self.run("pg_ctl", "reload", "-D", "data")

    def stop(self, mode: str = "immediate") -> None:
        """Hang up on everyone, as if the machine had failed."""
        self.run("pg_ctl", "stop", "-w", "-D", "data", "-m", mode)

    def kill(self) -> None:
        """End it without a word, also when it is frozen."""
        processes = self._processes()
        for process in processes:
            os.kill(process, signal.SIGKILL)
        while any(os.path.exists(f"/proc/{process}/exe") for process in processes):
            time.sleep(0.01)
        # Until somebody has asked how it ended, its process seems to be there.
        for lock in ("data/postmaster.pid", f".s.PGSQL.{self.port}.lock"):
            (self.folder / lock).unlink()

    def start_as_standby(self) -> None:
        """Start what has stopped, so that it takes no writes any more."""
        self.run("touch", "data/standby.signal")
        self.start()

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run("pg_ctl", "promote", "-w", "-D", "data")

    def freeze(self) -> None:
        """Say nothing more, and hang up on nobody, as if the network had failed."""
        for process in self._processes():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            os.kill(process, signal.SIGCONT)

    def create_database(self, name: str) -> str:
        """Return the SQLAlchemy URL of a new database."""
        self.run("createdb", *self.superuser, name)
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    @property
    def superuser(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]

    def _processes(self) -> list[int]:
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text()
        return [first, *map(int, children.split())]


@contextmanager
def postgresql(**configuration: str) -> Iterator[Cluster]:
    """Run a PostgreSQL server, with what its configuration says by name."""
    with new_cluster() as cluster:
        cluster.run("initdb", "-D", "data", "-U", "postgres", "-A", "trust")
        with (cluster.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in configuration.items())
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """Run a standby, which the primary waits for at each commit."""
    with new_cluster() as cluster:
        cluster.run("pg_basebackup", "-D", "data", "--write-recovery-conf", *primary.superuser)
        cluster.start()
        try:
            primary.execute(
                "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"
            )
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def new_cluster() -> Iterator[Cluster]:
    """Make a folder for a PostgreSQL server."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
        yield Cluster(Path(name), free_port(0))


@contextmanager
def pgbouncer(
    cluster: Cluster, server_connections: int, role: str = "postgres", **configuration: str
) -> Iterator[int]:
    """Run a PgBouncer in transaction mode before a PostgreSQL server, and yield its port.

    Args:
        role: everybody's on the server.
    """
    port = free_port(0)
    file = cluster.folder / f"pgbouncer-{port}.ini"
    file.write_text(
        "[databases]\n"
        f"* = host=127.0.0.1 port={cluster.port} user={role}\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"default_pool_size = {server_connections}\n"
        + "".join(
            f"{name} = {value}\n"
            for name, value in {"pool_mode": "transaction", **configuration}.items()
        )
    )
    user = "postgres" if os.geteuid() == 0 else None
    command = [find_program("pgbouncer"), "--quiet", str(file)]
    with subprocess.Popen(command, user=user, cwd=cluster.folder) as pooler:
        try:
            wait_until_open(port)
            yield port
        finally:
            pooler.terminate()


def wait_until_open(port: int) -> None:
    """Wait until something listens on a port of this machine."""
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


@contextmanager
def redis(port: int, *options: str) -> Iterator[None]:
    """Run a Redis, or what takes its place."""
    listening = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command = [find_program("redis-server"), *options, *listening]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            # It says so when it listens; the pipe has room for what little else it says.
            next(line for line in server.stdout if "eady to accept connections" in line)
            yield
        finally:
            server.kill()
