"""Rendered projects, and an environment to run them in."""

import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from socket import create_connection
from types import ModuleType
from typing import Any, NoReturn

import pytest
from cookiecutter.utils import create_env_with_context
from pytest_cookies.plugin import Cookies

from scripts.demo import TEMPLATE, machine_environment

from .environment import THIS_PYTHON, prepare
from .linter import Linter
from .services import find_program

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
QUESTIONS = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each worker begin with its share of what takes minutes, and end with what is short.

    Work stealing gives the workers contiguous parts of the list to begin with.
    """
    long = [item for item in items if item.get_closest_marker("long")]
    short = iter([item for item in items if not item.get_closest_marker("long")])
    rest, shares = len(items), []
    for worker in range(WORKERS):
        first = long[worker::WORKERS]
        size = rest // (WORKERS - worker)
        shares += [*first, *islice(short, max(size - len(first), 0))]
        rest -= size
    items[:] = [*shares, *short]


@dataclass(frozen=True)
class BakedProject:
    """A rendered project and the answers that made it, the derived ones too."""

    path: Path
    answers: dict[str, Any]

    def files(self) -> dict[str, Path]:
        """All files by their path in the project, with slashes."""
        files = [path for path in self.path.rglob("*") if path.is_file()]
        return {path.relative_to(self.path).as_posix(): path for path in files}

    def run(
        self, *command: str | Path, version: str = THIS_PYTHON, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the shared environment, in the project and on its code."""
        program, *arguments = command
        server = {k: v for k, v in os.environ.items() if k == "TEST_DATABASE_URL"}
        source = {"PYTHONPATH": str(self.path / "src")}
        # pytest removes what runs before it have left, and fails where two of them do.
        with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
            own = {"PYTEST_DEBUG_TEMPROOT": folder}
            return subprocess.run(
                [prepare(version) / "bin" / program, *arguments],
                cwd=self.path,
                env={**machine_environment(), **server, **source, **own, **variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=900,
                check=False,
            )


Bake = Callable[..., BakedProject]
LoadHook = Callable[..., ModuleType]


@pytest.fixture
def bake(cookies: Cookies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bake:
    """Render a project with the default answers, changed by those given."""
    # Cookiecutter leaves rendered hooks behind in the folder for temporary files.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def render(**answers: str) -> BakedProject:
        result = cookies.bake(extra_context=answers)
        if result.exception is not None:
            raise result.exception
        return BakedProject(result.project_path, result.context)

    return render


@pytest.fixture
def load_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadHook:
    """Import the hook as rendered with some answers, with an empty folder as the project."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def render(**answers: str) -> ModuleType:
        given = {"project_slug": "api", "signing_algorithm": "HS256", **answers}
        context = {"cookiecutter": {**QUESTIONS, **given}}
        template = (TEMPLATE / "hooks" / "post_gen_project.py").read_text("utf-8")
        file = tmp_path / "hook.py"
        text = create_env_with_context(context).from_string(template).render(**context)
        file.write_text(text, "utf-8")
        spec = importlib.util.spec_from_file_location("hook", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return render


@pytest.fixture(scope="session")
def linter(tmp_path_factory: pytest.TempPathFactory) -> Linter:
    return Linter(tmp_path_factory.mktemp("linted"))


def need(service: str, port: int) -> None:
    """Skip the test where a service is missing; fail it where services are promised."""
    try:
        create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError as error:
        do_without(f"no {service} at 127.0.0.1:{port}: {error}")


def need_program(name: str) -> str:
    """Return where a program is. Skip or fail as `need` does."""
    try:
        return find_program(name)
    except LookupError as error:
        do_without(str(error))


def do_without(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(reason)
    pytest.skip(reason)
