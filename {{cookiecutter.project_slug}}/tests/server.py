"""The app as a real server process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .signing import KEY_SETTINGS

STARTING = 30
"""Seconds after which a process that does not serve is given up."""


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> httpx.Client:
        # Without TLS there is nothing to verify, and loading the authorities takes its time.
        return httpx.Client(base_url=self.url, timeout=30, verify=False, **options)  # noqa: S501

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(STARTING)


StartServer = Callable[..., Server]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_open(port: int) -> None:
    """Wait until something listens on a port of this machine."""
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError(f"Nothing listens on {port}")


@contextmanager
def starting(database_url: str, folder: Path) -> Iterator[StartServer]:
    """Start the app on a database, with settings by name, and wait until it serves.

    Args:
        folder: to run it in, and for its log.
    """
    with ExitStack() as running:

        def start(key_settings: dict[str, Any] = KEY_SETTINGS, **settings: Any) -> Server:
            port = free_port()
            given = {
                "environment": "development",
                "database_url": database_url,
                "argon2_memory_kib": 8,
                "argon2_iterations": 1,
                "login_attempts_per_account": "10000 per minute",
                "login_attempts_per_address": "10000 per minute",
                "registrations_per_address": "10000 per minute",
                "port": port,
                **key_settings,
                **settings,
            }
            environment = os.environ | {name.upper(): str(value) for name, value in given.items()}
            log = folder / f"{port}.log"
            command = [sys.executable, "-m", "{{ cookiecutter.package_name }}", "run"]
            with log.open("wb") as stream:
                process = subprocess.Popen(
                    command, env=environment, cwd=folder, stdout=stream, stderr=stream
                )
            server = Server(process, port, log)
            running.callback(_end, server)
            _wait_until_ready(server)
            return server

        yield start


@pytest.fixture
def start_server(database_url: str, tmp_path: Path) -> Iterator[StartServer]:
    """Start the app on the test's database."""
    with starting(database_url, tmp_path) as start:
        yield start


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + STARTING
    with server.client() as client:
        while time.monotonic() < deadline and server.process.poll() is None:
            with suppress(httpx.TransportError):
                if client.get("/health/ready").status_code == 200:
                    return
            time.sleep(0.05)
    raise AssertionError(f"The server does not serve:\n{server.log.read_text()}")


def _end(server: Server) -> None:
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()
