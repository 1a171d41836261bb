"""`make demo`, from rendering to Ctrl-C, with the commands that it prints."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from uv import find_uv_bin

from scripts.demo import TEMPLATE, free_port

REQUIRED = 'tenant: str, roles: list[str], plan: Literal["free", "pro"] = "free"'


class Demo:
    """A demonstration that runs, and what it has said until it was ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.said = ""
        for line in process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(self.said)

    @property
    def commands(self) -> list[str]:
        return re.findall(r"(?m)^(?:curl|TOKEN=|\(cd ).*$", self.said)

    def end(self, number: int) -> str:
        """Send the signal to the demonstration alone, and return what it says then."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=60)[0]


def working_directories() -> Iterator[str]:
    """Where processes of this machine run; folders that are gone too."""
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            yield os.readlink(link)
        except OSError:
            continue


@contextmanager
def demo(tmp_path: Path, *answers: str) -> Iterator[Demo]:
    command = [sys.executable, "-m", "scripts.demo", *answers]
    environment = {**os.environ, "UV": find_uv_bin(), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        cwd=TEMPLATE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Demo(process)
        finally:
            process.terminate()


def sh(*commands: str) -> list[Any]:
    """Run commands one after the other in one plain shell, and return the JSON that they print."""
    script = "\necho\n".join(commands)
    done = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No other test looks for a free port, which would be this one's a moment later."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "demo.lock"):
        yield


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("backend", "fields", "number"),
    [
        ("header", "", signal.SIGINT),
        ("cookie", "", signal.SIGTERM),
        ("oauth2", REQUIRED, signal.SIGINT),
    ],
)
def test_its_commands_work_and_it_ends_cleanly(
    backend: str, fields: str, number: int, tmp_path: Path
) -> None:
    with demo(tmp_path, f"auth_backend={backend}", f"token_fields={fields}") as running:
        assert len(running.commands) == (4 if fields else 3)
        registered, *_, me = sh(*running.commands)
        assert registered["email"] == me["email"] == "ada@example.com"
        if fields:
            assert me["tenant"]
            assert me["roles"]
            assert me["plan"] == "free"
        (folder,) = tmp_path.iterdir()
        last_words = running.end(number)
    assert running.process.returncode == 0, last_words
    assert "Traceback" not in last_words
    assert not folder.exists()
    assert not [link for link in working_directories() if link.startswith(str(tmp_path))]


def test_a_busy_port_is_left_alone() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert free_port(port) not in {0, port}
    assert free_port(port) == port


def test_a_refused_answer_ends_it_with_one_line(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "scripts.demo", "auth_backend=basic"],
        cwd=TEMPLATE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert len(finished.stderr.splitlines()) == 1
    assert finished.stderr.startswith("auth_backend: ")
    assert list(tmp_path.iterdir()) == []
