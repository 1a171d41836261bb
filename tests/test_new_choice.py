"""A row more in the catalogue: what a new choice takes."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.demo import TEMPLATE

from .conftest import BakedProject
from .test_bake import repository_files
from .test_rendered import check_types, run_tests

PS256 = """
    "PS256": {
        "label": "a key pair: RSA with PSS padding",
        "key_pair": RSA,
        "second_jose": "joserfc",
    },"""
BASIC = '\n    "basic": {"label": "for old proxies", "summary": "passwords in headers"},'
TESTS_OF_KEYS = [
    "tests/test_interoperability.py",
    "tests/test_jwks.py",
    "tests/test_keys.py",
    "tests/attacks/test_headers.py",
    "tests/attacks/test_key_confusion.py",
]

Render = Callable[[str, str, str], subprocess.CompletedProcess[str]]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Return a function that adds a row to a copy of the template, and renders with an answer."""
    template = tmp_path / "template"
    for name in repository_files():
        if (TEMPLATE / name).is_file():
            (template / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TEMPLATE / name, template / name)

    def render(table: str, row: str, answer: str) -> subprocess.CompletedProcess[str]:
        catalogue = template / "litestar_jwt_template" / "catalogue.py"
        before, start, after = catalogue.read_text("utf-8").partition(f"{table}] = {{")
        catalogue.write_text(f"{before}{start}{row}{after}", "utf-8")
        command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"]
        return subprocess.run(
            [*command, str(template), answer],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return render


@pytest.fixture
def ps256(render: Render, tmp_path: Path) -> BakedProject:
    rendered = render("Algorithm", PS256, "signing_algorithm=PS256")
    assert rendered.returncode == 0, rendered.stderr
    return BakedProject(tmp_path / "my-secured-api", {"database": "sqlite"})


def test_one_row_renders_a_project_with_ps256(ps256: BakedProject) -> None:
    for check in (["check"], ["format", "--check"]):
        linted = ps256.run("ruff", *check, "--no-cache")
        assert linted.returncode == 0, linted.stdout
    check_types(ps256)
    run_tests(ps256, *TESTS_OF_KEYS)


@pytest.mark.full
@pytest.mark.long
def test_a_project_with_ps256_passes_its_own_tests(ps256: BakedProject) -> None:
    run_tests(ps256)


def test_a_backend_without_variants_is_not_rendered_as_another(
    render: Render, tmp_path: Path
) -> None:
    rendered = render("Backend", BASIC, "auth_backend=basic")
    assert rendered.returncode != 0
    assert "has no attribute 'basic'" in rendered.stdout
    assert not (tmp_path / "my-secured-api").exists()
