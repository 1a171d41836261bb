"""Rendered projects under their own tests and type checker, in processes of their own."""

import os
import re

import pytest

from .conftest import Bake, BakedProject, need
from .environment import THIS_PYTHON, find_python, mypy_cache
from .rows import ROWS, SPREAD, Row

OTHER_PYTHONS = [version for version in ("3.11", "3.12", "3.13") if version != THIS_PYTHON]


def each(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in rows])


def check_types(project: BakedProject, version: str = THIS_PYTHON) -> None:
    checked = project.run("mypy", "--cache-dir", mypy_cache(version), version=version)
    assert checked.returncode == 0, checked.stdout


def run_tests(
    project: BakedProject, *options: str, version: str = THIS_PYTHON, **variables: str
) -> None:
    if project.answers["database"] == "postgresql":
        need("PostgreSQL", 5432)
    # A test over no values holds whatever the code does.
    strict = ("-W", "error", "-o", "empty_parameter_set_mark=fail_at_collect")
    tested = project.run("pytest", "-q", "-rs", *strict, *options, version=version, **variables)
    assert tested.returncode == 0, tested.stdout
    if os.environ.get("REQUIRE_SERVICES"):
        assert not re.search(r"(?m)^SKIPPED", tested.stdout)


def other_python(number: int) -> str:
    """Take turns among the Pythons of this machine but the one of the other tests, if any."""
    found = [version for version in OTHER_PYTHONS if find_python(version)] or [THIS_PYTHON]
    return found[number % len(found)]


@each(ROWS)
def test_a_row_passes_its_own_types(row: Row, bake: Bake) -> None:
    check_types(bake(**row.answers))


@each(SPREAD)
@pytest.mark.long
def test_a_row_passes_its_own_tests(row: Row, bake: Bake) -> None:
    run_tests(bake(**row.answers))


@pytest.mark.full
@each([row for row in ROWS if row not in SPREAD])
@pytest.mark.long
def test_a_row_passes_on_another_python_and_is_covered(row: Row, bake: Bake) -> None:
    version = other_python(ROWS.index(row))
    project = bake(**row.answers)
    assert "fail_under = 95" in (project.path / "pyproject.toml").read_text("utf-8")
    run_tests(project, "--cov", "--cov-report=term", version=version)
    check_types(project, version)
