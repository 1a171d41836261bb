"""The answers that `make demo` and `make render` take."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.demo import TEMPLATE

from .conftest import QUESTIONS

NAMES = [name for name in QUESTIONS if not name.startswith("_")]
VALUES = [
    "cookie",
    "",
    'plan: Literal["free", "pro"] = "free", note: str = "it\'s  here"',
    "a $HOME, $$ and $(shell touch made), ${unclosed `touch made` $(",
    "back\\slash # no comment; touch made & = %",
    "Größe 🎉",
]


@pytest.fixture
def answers_given(tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function that returns the answers that `make demo` hands on."""
    uv = tmp_path / "uv"
    uv.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv))\n", "utf-8")
    uv.chmod(0o700)

    def run(*variables: str, **environment: str) -> list[str]:
        makefile = f"--file={TEMPLATE / 'Makefile'}"
        done = subprocess.run(
            ["make", "--silent", makefile, "demo", f"UV={uv}", *variables],
            cwd=tmp_path,
            env={**os.environ, "MAKEFLAGS": "", **environment},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert list(tmp_path.iterdir()) == [uv]
        arguments: list[str] = json.loads(done.stdout)
        return arguments[arguments.index("scripts.demo") + 1 :]

    return run


def test_every_question_is_answered_by_its_name(answers_given: Callable[..., list[str]]) -> None:
    answers = [f"{name}=x" for name in NAMES]
    assert answers_given(*answers) == answers


def test_short_names_answer_the_same_questions(answers_given: Callable[..., list[str]]) -> None:
    short = "NAME SLUG PACKAGE DESCRIPTION AUTHOR EMAIL AUTH FIELDS ISSUERS AUDIENCES ALGORITHM"
    variables = [f"{name}=x" for name in f"{short} DATABASE LICENSE".split()]
    assert answers_given(*variables) == [f"{name}=x" for name in NAMES]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", ["token_fields", "FIELDS"])
def test_value_arrives_as_it_was_typed(
    name: str, value: str, answers_given: Callable[..., list[str]]
) -> None:
    assert answers_given(f"{name}={value}") == [f"token_fields={value}"]


def test_environment_gives_no_answer(answers_given: Callable[..., list[str]]) -> None:
    assert answers_given(NAME="Zoo", DATABASE="x", license="y") == []
