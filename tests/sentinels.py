"""A Redis pair with Sentinels, of which a test may take the primary away."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.demo import TEMPLATE, free_port

from .services import find_program


def certificate_authority(folder: Path) -> Any:
    """Return the authority that rendered projects test TLS with."""
    file = TEMPLATE / "{{cookiecutter.project_slug}}" / "tests" / "certificates.py"
    spec = importlib.util.spec_from_file_location("certificates", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules["certificates"] = module
    spec.loader.exec_module(module)
    return module.Authority(folder)


@dataclass
class RedisPair:
    """A primary and a replica, watched by three Sentinels; all with TLS and passwords."""

    folder: Path
    ports: list[int]
    """Of the two stores."""
    sentinels: list[int] = field(default_factory=lambda: [free_port(0) for _ in range(3)])
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    NAME = "counters"
    PASSWORD = "the stores"
    SENTINELS_PASSWORD = "the Sentinels"

    def __post_init__(self) -> None:
        self._authority = certificate_authority(self.folder)
        pair = self._authority.issue("127.0.0.1")
        self._tls = {
            "tls-cert-file": pair.certificate,
            "tls-key-file": pair.key,
            "tls-ca-cert-file": self._authority.file,
            "tls-auth-clients": "no",
            "tls-replication": "yes",
        }

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return (
            f"rediss+sentinel://:{quote(self.PASSWORD)}@{hosts}/{self.NAME}"
            f"?sentinel_password={quote(self.SENTINELS_PASSWORD)}"
            f"&ssl_ca_certs={quote(str(self._authority.file))}"
        )

    def start_store(self, port: int) -> None:
        """Start a store: the first as the primary, the other as its replica."""
        options = {"requirepass": self.PASSWORD, "masterauth": self.PASSWORD, "save": ""}
        follow = [] if port == self.ports[0] else [f"replicaof 127.0.0.1 {self.ports[0]}"]
        self._start(port, options, *follow)

    def start_sentinels(self) -> None:
        for port in self.sentinels:
            watched = {
                "monitor": f"{self.NAME} 127.0.0.1 {self.ports[0]} 2",
                "auth-pass": f'{self.NAME} "{self.PASSWORD}"',
                "down-after-milliseconds": f"{self.NAME} 1000",
                "failover-timeout": f"{self.NAME} 5000",
            }
            self._start(
                port,
                {"requirepass": self.SENTINELS_PASSWORD},
                *(f"sentinel {name} {value}" for name, value in watched.items()),
            )

    def is_complete(self) -> bool:
        """Return True if the Sentinels know one another and a replica that is up to date."""
        return (
            all(
                self._ask(port, "sentinel", "ckquorum", self.NAME).startswith("OK 3 usable")
                and "slave-repl-offset" in self._ask(port, "sentinel", "replicas", self.NAME)
                for port in self.sentinels
            )
            and self.has_replicated()
        )

    def has_replicated(self) -> bool:
        """Return True if the replica has all that the primary wrote."""
        primary, replica = (self._ask(port, "info", "replication") for port in self.ports)
        return "master_link_status:up" in replica and _offset(primary) == _offset(replica)

    def primary(self) -> int:
        """Return the port of what the Sentinels call the primary."""
        answer = self._ask(self.sentinels[0], "sentinel", "get-master-addr-by-name", self.NAME)
        return int(answer.split()[1])

    def is_replica(self, port: int) -> bool:
        return self._ask(port, "role").startswith("slave")

    def _start(self, port: int, options: dict[str, Any], *lines: str) -> None:
        folder = self.folder / str(port)
        folder.mkdir(exist_ok=True)
        # Sentinels write to their configuration: it is laid down once.
        file = folder / "server.conf"
        if not file.exists():
            every = {"port": 0, "tls-port": port, "bind": "127.0.0.1", **self._tls, **options}
            settings = [f'{name} "{value}"' for name, value in every.items()]
            file.write_text("".join(f"{line}\n" for line in (*settings, *lines)))
        command = [find_program("redis-server"), str(file)]
        if port in self.sentinels:
            command.append("--sentinel")
        self.running[port] = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)

    def _ask(self, port: int, *words: str) -> str:
        password = self.SENTINELS_PASSWORD if port in self.sentinels else self.PASSWORD
        command = [find_program("redis-cli"), "--tls", "--cacert", str(self._authority.file)]
        command += ["-h", "127.0.0.1", "-p", str(port), *words]
        environment = {**os.environ, "REDISCLI_AUTH": password}
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=10, check=False
        ).stdout


def _offset(replication: str) -> str:
    return replication.partition("master_repl_offset:")[2].split("\n")[0]


@contextmanager
def redis_pair() -> Iterator[RedisPair]:
    """Run a primary, a replica and their Sentinels."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        pair = RedisPair(Path(folder), [free_port(0), free_port(0)])
        try:
            for port in pair.ports:
                pair.start_store(port)
            pair.start_sentinels()
            yield pair
        finally:
            for process in pair.running.values():
                process.kill()
                process.wait()
