"""One environment for all rendered projects: what they depend on, without any of them."""

import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter
from filelock import FileLock
from uv import find_uv_bin

from scripts.demo import TEMPLATE

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


def install(python: str, folder: Path, wanted: str) -> None:
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--clear", "--python", python, folder], check=True)
    command = [uv, "pip", "install", "--compile-bytecode", "--python", str(folder)]
    subprocess.run([*command, "--requirements", "-"], input=wanted, text=True, check=True)


def requirements() -> list[str]:
    """What rendered projects of either database, and their tests, depend on."""
    found: set[str] = set()
    for database in ("sqlite", "postgresql"):
        project = rendered_metadata(database)
        found |= {*project["project"]["dependencies"], *project["dependency-groups"]["dev"]}
    return sorted(found)


def rendered_metadata(database: str) -> dict[str, dict[str, list[str]]]:
    with TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(f'{{"replay_dir": "{Path(folder).as_posix()}/replay"}}')
        project = cookiecutter(
            str(TEMPLATE),
            no_input=True,
            config_file=str(config),
            output_dir=folder,
            extra_context={"database": database},
            accept_hooks=False,
        )
        return tomllib.loads((Path(project) / "pyproject.toml").read_text("utf-8"))


if __name__ == "__main__":
    prepare()
