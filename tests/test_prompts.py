"""The questions as a person meets them: the `cookiecutter` command at a terminal and without."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from rich.text import Text

from litestar_jwt_template.catalogue import CATALOGUE

pexpect = pytest.importorskip("pexpect", reason="needs a pseudo-terminal")

TEMPLATE = Path(__file__).resolve().parents[1]
CONTEXT = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
PROMPTS = CONTEXT["__prompts__"]
QUESTIONS = [name for name in CONTEXT if not name.startswith("_")]

BAD_ANSWERS = [
    pytest.param("auth_backend", "oauth", "did you mean oauth2?", id="unknown backend"),
    pytest.param("signing_algorithm", "none", "HS256, RS256", id="unknown algorithm"),
    pytest.param("database", "mysql", "sqlite or postgresql", id="unknown database"),
    pytest.param("license", "GPL", "MIT, Apache-2.0", id="unknown license"),
    pytest.param("package_name", "class", "is a Python keyword", id="keyword"),
    pytest.param("package_name", "litestar", "would hide a package", id="dependency"),
    pytest.param("project_slug", "../up", "lower-case", id="path"),
    pytest.param("author_email", "you", "not an e-mail address", id="no address"),
    pytest.param("accepted_issuers", "a,,b", "an item is empty", id="empty issuer"),
    pytest.param("token_fields", "exp: int", "`exp` is a standard claim", id="claim"),
    pytest.param("token_fields", "x: list", "`x` cannot have the type", id="bare list"),
    pytest.param("token_fields", 'a: int = "no"', "`a` cannot have the default", id="misfit"),
    pytest.param("token_fields", "__class__: str", "an underscore", id="dunder"),
    pytest.param(
        "token_fields", 'f: str = open("/etc/passwd").read()', "`f` cannot have", id="call"
    ),
    pytest.param(
        "token_fields", "x: int) -> None: pass; (", "not a list of fields", id="second statement"
    ),
    pytest.param("token_fields", "ﬁ: int", "not written in ASCII", id="ligature"),
]

ODD_TEXTS = [
    'it\'s "quoted" and \\backslashed\\',
    "🎉 Zoë & Größe 日本語",
    "{{ 7*7 }} {{ cookiecutter.project_slug }}",
    "{% raw %} {% endif %} {# gone? #}",
    "__import__('pathlib').Path('ran').touch()",
    "\"\"\" ''' ${HOME} `touch ran` $(touch ran) %s",
    "[bold]rich[/] </script> --- # *md* | a\\",
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which Cookiecutter reads and writes nothing of the person who tests."""
    config = tmp_path / "cookiecutter.yaml"
    folders = {"replay_dir": "replay", "cookiecutters_dir": "cookiecutters"}
    config.write_text(json.dumps({key: str(tmp_path / name) for key, name in folders.items()}))
    plain = {"TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1", "COLUMNS": "500"}
    return {**os.environ, **plain, "COOKIECUTTER_CONFIG": str(config)}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


def command(output: Path, *arguments: str) -> list[str]:
    return ["-m", "cookiecutter", str(TEMPLATE), "--output-dir", str(output), *arguments]


class Terminal:
    """A person at a terminal who answers the questions in turn."""

    def __init__(self, output: Path, environment: dict[str, str]) -> None:
        self._child = pexpect.spawn(
            sys.executable,
            command(output),
            env=environment,
            cwd=output.parent,
            encoding="utf-8",
            timeout=60,
            dimensions=(50, 500),
        )
        self._child.delaybeforesend = None
        # What is typed would come back as output, indistinguishable from what is said.
        self._child.setecho(False)

    def answer(self, number: int, text: str = "") -> None:
        self._child.expect_exact(f"[{number}/{len(QUESTIONS)}]")
        self._child.expect(r"\): $")
        self._child.sendline(text)

    def finish(self) -> tuple[int, str]:
        """The exit code, and all that was said after the last answer."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        return self._child.exitstatus, self._child.before


def run(output: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    finished = subprocess.run(
        [sys.executable, *command(output, "--no-input", *arguments)],
        env=environment,
        cwd=output.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
    )
    return finished.returncode, finished.stdout


def assert_refused(code: int, said: str, output: Path, fragment: str) -> None:
    assert code == 1
    assert len(said.strip().splitlines()) == 1, said
    assert fragment in said
    assert list(output.iterdir()) == []


@pytest.mark.parametrize(("question", "answer", "fragment"), BAD_ANSWERS)
def test_a_bad_answer_stops_before_the_next_question(
    question: str, answer: str, fragment: str, output: Path, environment: dict[str, str]
) -> None:
    terminal = Terminal(output, environment)
    place = QUESTIONS.index(question) + 1
    for number in range(1, place):
        terminal.answer(number)
    terminal.answer(place, answer)
    code, said = terminal.finish()
    assert said.strip().startswith(f"{question}: ")
    assert_refused(code, said, output, fragment)


@pytest.mark.parametrize(("question", "answer", "fragment"), BAD_ANSWERS)
def test_a_bad_answer_on_the_command_line_is_refused(
    question: str, answer: str, fragment: str, output: Path, environment: dict[str, str]
) -> None:
    code, said = run(output, environment, f"{question}={answer}")
    assert said.startswith(f"{question}: ")
    assert_refused(code, said, output, fragment)


def test_a_second_function_on_the_command_line_is_refused(
    output: Path, environment: dict[str, str]
) -> None:
    code, said = run(output, environment, "token_fields=int) -> None: pass\ndef g(a: int")
    assert_refused(code, said, output, "U+000A")


def test_an_existing_folder_is_left_alone(output: Path, environment: dict[str, str]) -> None:
    (output / "taken").mkdir()
    (output / "taken" / "mine.txt").write_text("mine")
    code, said = run(output, environment, "project_slug=taken")
    assert code == 1
    assert "already exists" in said
    assert "Traceback" not in said
    assert [path.name for path in output.rglob("*")] == ["taken", "mine.txt"]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_free_text_arrives_as_typed_and_nothing_runs(
    text: str, output: Path, environment: dict[str, str]
) -> None:
    typed = {
        "project_name": text,
        "project_slug": "odd-project",
        "package_name": "odd_project",
        "description": text,
        "author_name": text,
    }
    terminal = Terminal(output, environment)
    for number, question in enumerate(QUESTIONS, start=1):
        terminal.answer(number, typed.get(question, ""))
    code, said = terminal.finish()
    assert code == 0, said

    project = output / "odd-project"
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text, "email": "you@example.com"}]
    assert text in (project / "README.md").read_text(encoding="utf-8")
    assert text in (project / "LICENSE").read_text(encoding="utf-8")
    assert not list(output.parent.rglob("ran"))


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        pytest.param({"TERM": "xterm"}, True, id="a terminal with colours"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, False, id="a terminal without"),
    ],
)
def test_the_summary_is_coloured_where_that_is_wanted(
    variables: dict[str, str], coloured: bool, output: Path, environment: dict[str, str]
) -> None:
    del environment["NO_COLOR"]
    said, status = pexpect.run(
        shlex.join([sys.executable, *command(output, "--no-input")]),
        env={**environment, **variables},
        cwd=output.parent,
        encoding="utf-8",
        withexitstatus=True,
    )
    assert status == 0, said
    assert ("\x1b[" in said) == coloured
    assert re.sub(r"\x1b\[[\d;]+m", "", said).strip().startswith("my-secured-api: bearer tokens")


def test_the_summary_is_plain_in_a_pipe(output: Path, environment: dict[str, str]) -> None:
    del environment["NO_COLOR"]
    code, said = run(output, {**environment, "TERM": "xterm"})
    assert code == 0
    assert "my-secured-api: bearer tokens" in said
    assert "\x1b" not in said


def test_no_question_is_wider_than_a_small_terminal() -> None:
    for question, words in PROMPTS.items():
        first, *others = Text.from_markup(words).plain.splitlines()
        assert max(map(len, [f"  [13/13] {first}", *others])) <= 80, question


def test_every_question_has_human_words_and_a_check() -> None:
    assert list(PROMPTS) == QUESTIONS
    names = list(CONTEXT)
    for question in QUESTIONS:
        follower = names[names.index(question) + 1]
        assert follower.startswith("__"), f"{question} is not checked before the next question"
        assert re.search(rf"cookiecutter\.{question}\b.*\|", CONTEXT[follower])


@pytest.mark.parametrize("question", CATALOGUE)
def test_question_lists_the_choices_of_the_catalogue(question: str) -> None:
    choices = CATALOGUE[question]
    width = max(map(len, choices))
    lines = [f"    {choice:<{width}}  {row['label']}" for choice, row in choices.items()]
    assert Text.from_markup(PROMPTS[question]).plain.splitlines()[1:-1] == lines
