"""A real server in a process of its own, and requests to it that no HTTP client would send."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

from httpx import Response
from pydantic import SecretStr

import {{ cookiecutter.package_name }}
from {{ cookiecutter.package_name }}.settings import Settings

from ..server import free_port, wait_until_open

HOST = "127.0.0.1"
PATIENCE = 30
"""Seconds that the server may take to answer."""
PROJECT = Path(__file__).parents[2]
IMPORTABLE = (PROJECT, Path({{ cookiecutter.package_name }}.__file__).parents[1])


@dataclass(frozen=True)
class Wire:
    """A way to a server on which nothing is put right."""

    port: int

    def send(
        self,
        target: str | bytes,
        *headers: Mapping[bytes, bytes],
        method: str = "GET",
        body: bytes = b"",
    ) -> Response:
        """Send a request as it is written here: no path is normalised, no header is joined.

        Raises:
            ConnectionError: the server hung up without an answer.
        """
        target = target.encode() if isinstance(target, str) else target
        lines = [
            b"%b %b HTTP/1.1" % (method.encode(), target),
            b"Host: %b:%d" % (HOST.encode(), self.port),
            *(b"%b: %b" % header for each in headers for header in each.items()),
            b"Content-Length: %d" % len(body),
        ]
        with socket.create_connection((HOST, self.port), PATIENCE) as connection:
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            answer = HTTPResponse(connection, method=method)
            answer.begin()
            return Response(answer.status, headers=answer.getheaders(), content=answer.read())


@contextmanager
def running(*module_and_arguments: str, folder: Path, settings: Settings) -> Iterator[Wire]:
    """Run a Python module that serves at the `--port` that it is given.

    Args:
        folder: to run it in.
        settings: what differs from the defaults goes into the environment.
    """
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if k.lower() not in Settings.model_fields}
    # In production, the server takes no hashes that are as quick as those of the tests.
    for name in {name for name in settings.model_fields_set if not name.startswith("argon2_")}:
        environment[name.upper()] = _as_text(getattr(settings, name))
    environment["PYTHONPATH"] = os.pathsep.join(map(str, IMPORTABLE))
    process = subprocess.Popen(
        [sys.executable, "-m", *module_and_arguments, "--port", str(port)],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_open(port)
        yield Wire(port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(value) if isinstance(value, tuple) else str(value)
