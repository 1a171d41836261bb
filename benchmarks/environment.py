"""Where candidates live: rendered projects, and an environment for what others wrote."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from scripts import demo
from scripts.demo import TEMPLATE, machine_environment
from tests.environment import prepare

ENVIRONMENT = TEMPLATE / ".venv-bench"
PYTHON = ENVIRONMENT / "bin" / "python"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@dataclass(frozen=True)
class Project:
    """A rendered project."""

    path: Path
    package: str

    def module(self, *arguments: str) -> list[str]:
        """Return the command that runs a module of the project's environment."""
        return [str(prepare() / "bin" / "python"), "-m", *arguments]

    def environment(self, **settings: str) -> dict[str, str]:
        places = {"PYTHONPATH": os.pathsep.join([str(self.path / "src"), str(TEMPLATE)])}
        return {**{name.upper(): value for name, value in settings.items()}, **places}

    def run(self, *module_and_arguments: str, **settings: str) -> None:
        subprocess.run(
            self.module(*module_and_arguments),
            cwd=self.path,
            env={**machine_environment(), **self.environment(**settings)},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def render(folder: Path, **answers: str) -> Project:
    """Render a project into a new folder, with the default answers but these."""
    folder.mkdir()
    rendered = demo.render(folder, [f"{name}={answer}" for name, answer in answers.items()])
    return Project(rendered.path, rendered.answers["package_name"])


def install() -> None:
    """Install what the candidates of others need. It does not go together with what ours need."""
    uv = find_uv_bin()
    if not PYTHON.exists():
        subprocess.run([uv, "venv", "--quiet", ENVIRONMENT], check=True)
    command = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(PYTHON)]
    subprocess.run([*command, "--requirements", REQUIREMENTS], check=True)
