"""A row more in the catalogue: what a new choice takes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo import TEMPLATE

from .conftest import BakedProject
from .test_bake import repository_files
from .test_rendered import check_types, run_tests

ROW = """
    "PS256": {
        "label": "a key pair: RSA with PSS padding",
        "key_pair": RSA,
        "second_jose": "joserfc",
    },
"""
TESTS_OF_KEYS = [
    "tests/test_interoperability.py",
    "tests/test_jwks.py",
    "tests/test_keys.py",
    "tests/attacks/test_headers.py",
    "tests/attacks/test_key_confusion.py",
]


@pytest.fixture
def ps256(tmp_path: Path) -> BakedProject:
    """A project that signs with PS256, rendered from a copy of the template with one row more."""
    template = tmp_path / "template"
    for name in repository_files():
        if (TEMPLATE / name).is_file():
            (template / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TEMPLATE / name, template / name)
    catalogue = template / "litestar_jwt_template" / "catalogue.py"
    start = "ALGORITHMS: dict[str, Algorithm] = {"
    before, after = catalogue.read_text("utf-8").split(start)
    catalogue.write_text(f"{before}{start}{ROW.rstrip()}{after}", "utf-8")

    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"]
    subprocess.run([*command, str(template), "signing_algorithm=PS256"], cwd=tmp_path, check=True)
    return BakedProject(tmp_path / "my-secured-api", {"database": "sqlite"})


def test_one_row_renders_a_project_with_ps256(ps256: BakedProject) -> None:
    for check in (["check"], ["format", "--check"]):
        linted = ps256.run("ruff", *check, "--no-cache")
        assert linted.returncode == 0, linted.stdout
    check_types(ps256)
    run_tests(ps256, *TESTS_OF_KEYS)


@pytest.mark.full
def test_a_project_with_ps256_passes_its_own_tests(ps256: BakedProject) -> None:
    run_tests(ps256)
