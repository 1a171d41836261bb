"""One environment for all rendered projects: what they depend on, without any of them."""

import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context
from filelock import FileLock
from jinja2 import FileSystemLoader
from uv import find_uv_bin

from scripts.demo import TEMPLATE

from .rows import ROWS

ENVIRONMENTS = TEMPLATE / ".venv-rendered"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def find_python(version: str) -> str | None:
    """Return a Python of this version, if the machine has one."""
    if version == THIS_PYTHON:
        return sys.executable
    found = subprocess.run(
        [find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == 0:
        return found.stdout.strip()
    # pyenv's shims stand on the path, but most do not work.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return next((str(path) for path in pyenv.glob(f"versions/{version}.*/bin/python")), None)


@cache
def prepare(version: str = THIS_PYTHON) -> Path:
    """Install what is missing, and return the folder of the environment."""
    python = find_python(version)
    if python is None:
        raise LookupError(f"no Python {version}")
    folder = ENVIRONMENTS / version
    ENVIRONMENTS.mkdir(exist_ok=True)
    wanted = "\n".join(requirements()) + "\n"
    stamp = folder / "requirements.txt"
    with FileLock(ENVIRONMENTS / f"{version}.lock"):
        if not stamp.exists() or stamp.read_text("utf-8") != wanted:
            install(python, folder, wanted)
            stamp.write_text(wanted, "utf-8")
    return folder


def mypy_cache(version: str = THIS_PYTHON) -> Path:
    """A cache of this process; those that write to one at the same time disturb one another."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return ENVIRONMENTS / f"mypy-{version}-{worker}"


def install(python: str, folder: Path, wanted: str) -> None:
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--clear", "--python", python, folder], check=True)
    command = [uv, "pip", "install", "--compile-bytecode", "--python", str(folder)]
    subprocess.run([*command, "--requirements", "-"], input=wanted, text=True, check=True)


def requirements() -> list[str]:
    """What any rendered project, and its tests, depend on."""
    found: set[str] = set()
    for row in ROWS:
        project = tomllib.loads(rendered_file("pyproject.toml", row.answers))
        found |= {*project["project"]["dependencies"], *project["dependency-groups"]["dev"]}
    return sorted(found)


def rendered_file(name: str, answers: dict[str, str]) -> str:
    """Render nothing but one file of a project."""
    questions = generate_context(TEMPLATE / "cookiecutter.json", extra_context=answers)
    context = {"cookiecutter": prompt_for_config(questions, no_input=True)}
    environment = create_env_with_context(context)
    environment.loader = FileSystemLoader(TEMPLATE / "templates")
    template = (TEMPLATE / "{{cookiecutter.project_slug}}" / name).read_text("utf-8")
    return str(environment.from_string(template).render(**context))


if __name__ == "__main__":
    prepare()
