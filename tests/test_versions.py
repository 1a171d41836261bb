"""Two versions of the extension in one process: cruft renders the old and the new one there."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo import TEMPLATE

PACKAGE = TEMPLATE / "litestar_jwt_template"
CACHES = shutil.ignore_patterns("__pycache__")
PERSON = {
    f"GIT_{role}_{what}": "a" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}
# The extension of 0.1.0, with one of its filters.
ONE_MODULE = """
import sys

from jinja2.ext import Extension


def toml_string(text):
    return f"one module quotes {text}"


class Answers(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters["toml_string"] = toml_string
        # cruft renders two versions of the template in one process: each imports its own filters.
        sys.modules.pop(__name__, None)
"""


class Versions:
    """A small template whose one text comes from the extension, and a project of it."""

    def __init__(self, folder: Path) -> None:
        self.template, self.project = folder / "template", folder / "project"
        texts = self.template / "{{cookiecutter.project_slug}}"
        texts.mkdir(parents=True)
        questions = {"project_slug": "project", "_extensions": ["litestar_jwt_template.Answers"]}
        (self.template / "cookiecutter.json").write_text(json.dumps(questions))
        (texts / "text").write_text('{{ "it" | toml_string }}\n')
        self.run(folder, "git", "init", "--quiet", "template")

    def run(self, folder: Path, *command: str | Path) -> None:
        environment = {**os.environ, **PERSON, "HOME": str(self.template.parent)}
        subprocess.run(command, cwd=folder, env=environment, check=True)

    def commit(self, folder: Path) -> None:
        self.run(folder, "git", "add", "--all")
        self.run(folder, "git", "commit", "--quiet", "--message", "So far")

    def release(self) -> str:
        """Commit the template, and return what the project has when it is of that version."""
        self.commit(self.template)
        cruft = Path(sys.executable).with_name("cruft")
        if self.project.exists():
            self.run(self.project, cruft, "update", "--skip-apply-ask")
        else:
            self.run(self.template.parent, cruft, "create", "--no-input", self.template)
            self.run(self.project, "git", "init", "--quiet")
        self.commit(self.project)
        return (self.project / "text").read_text("utf-8").strip()


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path)


def test_update_from_one_module_to_package_renders_with_package(versions: Versions) -> None:
    module = versions.template / f"{PACKAGE.name}.py"
    module.write_text(ONE_MODULE)
    assert versions.release() == "one module quotes it"
    module.unlink()
    shutil.copytree(PACKAGE, versions.template / PACKAGE.name, ignore=CACHES)
    assert versions.release() == '"it"'


def test_update_between_packages_renders_with_new_submodule(versions: Versions) -> None:
    package = shutil.copytree(PACKAGE, versions.template / PACKAGE.name, ignore=CACHES)
    text = (package / "text.py").read_text("utf-8")
    (package / "text.py").write_text(f"{text}\n\ndef toml_string(text): return 'old ' + text\n")
    assert versions.release() == "old it"
    (package / "text.py").write_text(text)
    assert versions.release() == '"it"'


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_import_stands_inside_a_function(module: Path) -> None:
    """It would run when another version has taken the package's name."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert not [
                part for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)
            ]
