"""Render a project, run it, and say how to try it: `make demo`.

Answers are given as to Cookiecutter: `auth_backend=cookie`.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from litestar_jwt_template.catalogue import DATABASES
from litestar_jwt_template.token_fields import parse_token_fields

TEMPLATE = Path(__file__).resolve().parents[1]
EMAIL, PASSWORD = "ada@example.com", "a sunny day in Marseille"
PATIENCE = 60
"""Seconds that the server has to get ready."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_OF_THE_MACHINE = re.compile(
    r"path|home|user|lang|lc_.*|term|no_color|tmpdir|xdg_.*|uv_(?!project_).*|.*_proxy|ssl_cert_.*",
    re.IGNORECASE,
)


class DemoFailed(Exception):
    """Why there is nothing to show."""


def machine_environment() -> dict[str, str]:
    """What a rendered project may see of the environment: nothing that it reads as a setting."""
    return {name: value for name, value in os.environ.items() if _OF_THE_MACHINE.fullmatch(name)}


@dataclass(frozen=True)
class Project:
    """A rendered project and the answers that made it."""

    path: Path
    answers: Mapping[str, str]

    def do(self, complaint: str, *command: str) -> None:
        """Run a command in the project's folder; its output is shown."""
        finished = subprocess.run(  # noqa: S603
            command, cwd=self.path, env=machine_environment(), check=False
        )
        if finished.returncode:
            raise DemoFailed(complaint)

    @property
    def command(self) -> str:
        """The project's own command, from its folder."""
        return f".venv/bin/{self.answers['project_slug']}"


def render(folder: Path, arguments: list[str]) -> Project:
    """Render the template into `folder`, which also takes what Cookiecutter remembers."""
    config = folder / "cookiecutter.json"
    config.write_text(
        json.dumps({name: str(folder / name) for name in ("replay_dir", "cookiecutters_dir")})
    )
    places = ["--config-file", str(config), "--output-dir", str(folder / "projects")]
    rendered = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", *places, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if rendered.returncode:
        raise DemoFailed((rendered.stderr or rendered.stdout).strip())
    (replay,) = (folder / "replay_dir").iterdir()
    answers = json.loads(replay.read_text("utf-8"))["cookiecutter"]
    return Project(folder / "projects" / answers["project_slug"], answers)


def install(project: Project) -> None:
    """Install the project, and set up a database that it does not set up by itself."""
    uv = os.environ.get("UV", "uv")
    project.do(
        "The project could not be installed.",
        uv,
        "sync",
        "--quiet",
        "--no-dev",
        "--python",
        sys.executable,
    )
    if not DATABASES[project.answers["database"]]["setup"]:
        return
    if url := os.environ.get("DATABASE_URL"):
        with (project.path / ".env").open("a", encoding="utf-8") as settings:
            settings.write(f"DATABASE_URL={url}\n")
    project.do(
        "Give it an empty database: DATABASE_URL=postgresql+asyncpg://user@host/name make demo …",
        project.command,
        "database",
        "upgrade",
    )


def free_port(wanted: int = 8000) -> int:
    """Return a port of this machine that nobody listens on: the wanted one, or any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As the server does: a port whose last connection has just ended is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("No port is free.")


@contextmanager
def serving(project: Project, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server, and end it in any case."""
    server = subprocess.Popen(  # noqa: S603
        [project.command, "run", "--port", str(port)],
        cwd=project.path,
        env={**machine_environment(), "LOG_FORMAT": "console"},
        # Ctrl-C reaches all processes of the terminal; this one is told to stop by us alone.
        start_new_session=True,
    )
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoFailed("The server did not start.")
        try:
            urllib.request.urlopen(f"{url}/health/ready", timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise DemoFailed(f"The server was not ready within {PATIENCE} seconds.")


def commands(project: Project, url: str) -> list[str]:
    """Shell commands to register, log in and read the profile."""
    json_body = f"curl -sS {url}%s -H 'Content-Type: application/json' -d %s"
    credentials = {"email": EMAIL, "password": PASSWORD}
    register = json_body % ("/register", _json({**credentials, "name": "Ada"}))
    log_in = json_body % ("/login", _json(credentials))
    me = f"curl -sS {url}/me"

    backend = project.answers["auth_backend"]
    if backend == "cookie":
        jar = shlex.quote(str(project.path.parent / "cookies.txt"))
        return [register, *_completion(project), f"{log_in} -c {jar}", f"{me} -b {jar}"]
    form = f"-d grant_type=password -d username={EMAIL}"
    password = shlex.quote(f"password={PASSWORD}")
    token_request = f"curl -sS {url}/login {form} --data-urlencode {password}"
    log_in = {"header": log_in, "oauth2": token_request}[backend]
    read = """python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'"""
    bearer = '-H "Authorization: Bearer $TOKEN"'
    return [register, *_completion(project), f"TOKEN=$({log_in} | {read})", f"{me} {bearer}"]


def _json(value: object) -> str:
    return shlex.quote(json.dumps(value))


def _completion(project: Project) -> list[str]:
    """The operator's command, where nobody can log in before a token field is set."""
    assignments = [
        shlex.quote(f"{field['name']}={field['example']['text']}")
        for field in parse_token_fields(project.answers["token_fields"])
        if field["required"]
    ]
    if not assignments:
        return []
    folder = shlex.quote(str(project.path))
    return [f"(cd {folder} && {project.command} users set --yes {EMAIL} {' '.join(assignments)})"]


def say(text: str) -> None:
    print(text, flush=True)


def end(*_: object) -> None:
    """Go, and let no second signal keep us from cleaning up."""
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


def demonstrate(folder: Path, arguments: list[str]) -> None:
    """Do it all; comes back when the server has ended."""
    # Cookiecutter and uv leave files behind in the folder for temporary files.
    os.environ["TMPDIR"] = str(folder)
    say("Rendering a project …")
    project = render(folder, arguments)
    say("Installing it …")
    install(project)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    say("Starting it …")
    with serving(project, port) as server:
        wait_until_ready(server, url)
        say(f"\nIt runs. Its documentation: {url}/schema")
        say("In another terminal, register, log in and read your profile:\n")
        say("\n\n".join(commands(project, url)))
        say("\nCtrl-C ends it.\n")
        if server.wait():
            raise DemoFailed("The server ended.")


def main() -> str | None:
    """Return what went wrong, for `sys.exit`."""
    for name in SIGNALS:
        signal.signal(name, end)
    try:
        with TemporaryDirectory(prefix="demo-", ignore_cleanup_errors=True) as folder:
            try:
                demonstrate(Path(folder), sys.argv[1:])
            except DemoFailed as failure:
                return str(failure)
    except KeyboardInterrupt:
        say("\nEnded, and removed.")
    return None


if __name__ == "__main__":
    sys.exit(main())
