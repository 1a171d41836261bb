"""What the documents say about the code: files, tests, links, the version."""

import re
import tomllib
from pathlib import Path

import pytest

from scripts.demo import TEMPLATE

from .conftest import Bake

EVERY_VARIANT = [
    {"auth_backend": "header"},
    {"auth_backend": "cookie", "signing_algorithm": "ES256", "token_fields": "plan: str"},
    {"auth_backend": "oauth2", "signing_algorithm": "EdDSA", "database": "postgresql"},
]
SECURITY = (TEMPLATE / "docs" / "security.md").read_text("utf-8")
TESTS = sorted(set(re.findall(r"`((?:attacks/)?test_\w+\.py)(?:::(\w+))?`", SECURITY)))
FILES = sorted(set(re.findall(r"`((?:\w+/)*\w+\.py)`", SECURITY)))
DOCUMENTS = [*TEMPLATE.glob("*.md"), *TEMPLATE.glob("docs/*.md")]


def test_every_promise_points_at_code_and_tests_that_exist(bake: Bake) -> None:
    files: dict[str, str] = {}
    for answers in EVERY_VARIANT:
        project = bake(**answers)
        source = f"src/{project.answers['package_name']}/"
        for name, path in project.files().items():
            if name.endswith(".py"):
                short = name.removeprefix(source).removeprefix("tests/")
                files[short] = files.get(short, "") + path.read_text("utf-8")
    assert len(TESTS) > 60
    missing = [file for file in (*FILES, *(file for file, _ in TESTS)) if file not in files]
    missing += [test for file, test in TESTS if f"def {test}" not in files.get(file, "")]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


def test_the_roles_that_the_documents_show_are_those_of_a_project(bake: Bake) -> None:
    rendered = bake(database="postgresql").path / "deploy" / "roles.sql"
    shown = (TEMPLATE / "docs" / "scaling.md").read_text("utf-8")
    assert f"```sql\n{rendered.read_text('utf-8')}```\n" in shown


@pytest.mark.parametrize("answers", EVERY_VARIANT, ids=lambda answers: answers["auth_backend"])
def test_websocket_handler_of_the_documents_is_the_one_that_a_project_tests(
    bake: Bake, answers: dict[str, str]
) -> None:
    readme = (bake(**answers).path / "README.md").read_text("utf-8")
    (handler,) = re.findall(r"^## Add a WebSocket\n.*?(```python\n.*?```\n)", readme, re.S | re.M)
    assert "while_session_lives" in handler
    assert handler in SECURITY


def test_the_newest_version_is_in_the_changelog() -> None:
    changes = (TEMPLATE / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text("utf-8"))["project"]
    dated, *_ = re.findall(r"(?m)^## \[(.+)\] - \d{4}-\d\d-\d\d$", changes)
    assert dated == project["version"]
