"""Python source that ruff leaves alone."""

import keyword
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litestar_jwt_template.source import merged_imports

from .linter import Linter


def ruff(source: str, *arguments: str) -> str:
    """What ruff makes of `source`: its formatted text, or its findings."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache"]
    settings_ = ["--config", "line-length = 100", "--stdin-filename", "module.py", "-"]
    answer = subprocess.run(
        [*command, *settings_], input=source, capture_output=True, text=True, encoding="utf-8"
    )
    assert "error" not in answer.stderr.lower()
    return answer.stdout


@settings(max_examples=20, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(set(sys.stdlib_module_names) - {"this", "antigravity"}))),
    st.sets(st.text("abcABC_", min_size=1, max_size=6).filter(lambda n: not keyword.iskeyword(n))),
)
def test_imports_have_the_order_of_isort(modules: set[str], names: set[str]) -> None:
    lines = [f"import {name}" for name in modules if not name.startswith("_")]
    members = [f"from uuid import {name}" for name in names]
    source = merged_imports([*lines, *members]) + "\n"
    if lines or members:
        assert ruff(source, "check", "--select=I", "--quiet") == ""
        assert ruff(source, "format") == source


@pytest.mark.parametrize("name", ["x" * 100, "word " * 20, "日本 " * 33, "a\u2019b", "/tmp"])
@pytest.mark.parametrize("items", ["none", "x" * 200, ",".join(f"item-{n}" for n in range(20))])
def test_defaults_of_settings_pass_the_projects_own_ruff(
    name: str, items: str, linter: Linter
) -> None:
    linter.assert_clean(
        "settings.py", project_name=name, accepted_issuers=items, accepted_audiences=items
    )
