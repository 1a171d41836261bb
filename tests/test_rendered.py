"""Rendered projects under their own tests and type checker, in processes of their own."""

import os
import re

import pytest

from .conftest import Bake, BakedProject, need
from .environment import ENVIRONMENTS, THIS_PYTHON, find_python
from .rows import ROWS, Row

EACH_ROW = pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
OTHER_PYTHONS = [version for version in ("3.11", "3.12", "3.13") if version != THIS_PYTHON]


def check_types(project: BakedProject, version: str = THIS_PYTHON) -> None:
    # Processes that write to one cache at the same time disturb one another.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    cache = ENVIRONMENTS / f"mypy-{version}-{worker}"
    checked = project.run("mypy", "--cache-dir", cache, version=version)
    assert checked.returncode == 0, checked.stdout


def run_tests(project: BakedProject, *options: str, version: str = THIS_PYTHON) -> None:
    if project.answers["database"] == "postgresql":
        need("PostgreSQL", 5432)
    tested = project.run("pytest", "-q", "-W", "error", *options, version=version)
    assert tested.returncode == 0, tested.stdout
    summary = tested.stdout.splitlines()[-1]
    if os.environ.get("REQUIRE_SERVICES"):
        assert not re.search("skipped|deselected", summary), tested.stdout


@EACH_ROW
def test_a_row_passes_its_own_types(row: Row, bake: Bake) -> None:
    check_types(bake(**row.answers))


@EACH_ROW
def test_a_row_passes_its_own_tests_and_they_cover_it(row: Row, bake: Bake) -> None:
    project = bake(**row.answers)
    # The threshold is the project's own.
    run_tests(project, "--cov", "--cov-report=term")
    assert "fail_under = 95" in (project.path / "pyproject.toml").read_text("utf-8")


@pytest.mark.full
@pytest.mark.parametrize("version", OTHER_PYTHONS)
@EACH_ROW
def test_a_row_works_on_another_python(row: Row, version: str, bake: Bake) -> None:
    if find_python(version) is None:
        pytest.skip(f"no Python {version} on this machine")
    project = bake(**row.answers)
    run_tests(project, version=version)
    check_types(project, version)
