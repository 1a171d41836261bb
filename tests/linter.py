"""Modules of a rendered project under its own ruff, with all of its rules."""

import subprocess
import sys
from pathlib import Path

from .environment import rendered_file

SOURCE = "src/{{cookiecutter.package_name}}"


class Linter:
    """A folder with nothing but the configuration of a rendered project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "pyproject.toml").write_text(rendered_file("pyproject.toml", {}), "utf-8")

    def assert_clean(self, *modules: str, **answers: str) -> None:
        for module in modules:
            file = self._folder / "src/my_secured_api" / module
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rendered_file(f"{SOURCE}/{module}", answers), "utf-8")
        for check in (["check", "--output-format=full"], ["format", "--diff"]):
            ruff = [sys.executable, "-m", "ruff", *check, "--no-cache"]
            found = subprocess.run(ruff, cwd=self._folder, capture_output=True, encoding="utf-8")
            assert found.returncode == 0, found.stdout + found.stderr
