"""What the documents say to type, typed as it is printed, from top to bottom in one terminal."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from scripts.demo import PASSWORD, TEMPLATE, machine_environment

from .conftest import Bake, BakedProject, need
from .environment import mypy_cache, prepare
from .servers import running

pexpect = pytest.importorskip("pexpect", reason="needs a pseudo-terminal")

pytestmark = pytest.mark.full

NOT_TYPED = {
    "make demo": "tests/test_demo.py does it; make test is what runs here",
    "make bench": "measures, which takes a quarter of an hour and a quiet machine",
    "pip install": "asks PyPI",
    "git push": "releases the template",
    "docker compose": "needs Docker, and images from elsewhere",
}
ELSEWHERE = {"updating.md": "tests/test_updating.py"}

DOCUMENTS = [
    document
    for document in (*TEMPLATE.glob("*.md"), *TEMPLATE.glob("docs/*.md"))
    if document.name not in ELSEWHERE and "```sh\n" in document.read_text("utf-8")
]
REQUIRED = 'tenant_id: UUID, plan: Literal["free", "pro"] = "free"'
# The README has a text for each answer, and none for two of them together.
RENDERED = [
    {"auth_backend": "header", "token_fields": REQUIRED},
    {"auth_backend": "cookie", "database": "postgresql", "signing_algorithm": "ES256"},
    {"auth_backend": "oauth2", "token_fields": "team: str | None", "accepted_issuers": "none"},
]

# A block, and the line before it.
FENCE = re.compile(r"(?ms)^([^\n]*)\n\n( *)```(\w+)\n(.*?)^\2```$")
SERVE = re.compile(r"(?m)^uv run \S+ run\n")
PLACE = re.compile(r"(?:`(\w+)` in )?`((?:src|tests)/[\w/]+\.py)`[^`]*:$")
PROMPTS = {r"\): $": "", r"Password: $": PASSWORD, r"confirmation: $": PASSWORD, r"\[y/N\]: $": "y"}
# KID stands for one that `keys list` shows.
KID = """$(uv run {} keys list --json | python3 -c '
import json, sys
print(*[key["kid"] for key in json.load(sys.stdin) if key["use"] == "verifies"])')"""

# As whom PostgreSQL's own programs, and its driver, connect.
POSTGRESQL = {"PGHOST": "127.0.0.1", "PGUSER": "postgres"}


def write_tool(file: Path, *lines: str) -> None:
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)


def is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom)


def insert_after(file: Path, code: str, belongs: Callable[[ast.stmt], bool]) -> None:
    """Put code below the last statement that it belongs to."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    statements = ast.parse("".join(lines)).body
    *_, end = (statement.end_lineno for statement in statements if belongs(statement))
    assert end is not None
    file.write_text("".join([*lines[:end], code, *lines[end:]]), "utf-8")


class Reader:
    """Somebody with uv, and with a terminal whose first folder is `folder`.

    What uv would install is here already; a server has a terminal of its own, and a free port.
    """

    def __init__(self, folder: Path, home: Path, slug: str, servers: ExitStack) -> None:
        self.slug = slug
        self._servers = servers
        self._home = home
        self._url = ""
        tools = home / "tools"
        tools.mkdir(parents=True)
        (home / ".curlrc").write_text("fail-with-body\n")
        write_tool(tools / "uv", f'shift; PATH="{prepare()}/bin:$PATH" exec "$@"')
        write_tool(tools / "uvx", f'PATH="{Path(sys.executable).parent}:$PATH" exec "$@"')
        package = slug.replace("-", "_")
        write_tool(tools / slug, f'exec {prepare()}/bin/python -m {package} "$@"')

        self._shell = pexpect.spawn(
            "sh",
            ["-e"],
            cwd=folder,
            env={
                **machine_environment(),
                "PATH": f"{tools}:{os.environ['PATH']}",
                "HOME": str(home),
                "CURL_HOME": str(home),
                "TMPDIR": str(home),
                "COOKIECUTTER_CONFIG": str(self._cookiecutter_config()),
                "PYTHONPATH": "src",
                # That the tests pass is shown elsewhere: tests/test_rendered.py.
                "PYTEST_ADDOPTS": "--collect-only -qq",
                "MYPY_CACHE_DIR": str(mypy_cache()),
                **POSTGRESQL,
                "TERM": "dumb",
                "PS1": "",
            },
            encoding="utf-8",
            echo=False,
            timeout=120,
        )
        self._shell.delaybeforesend = None
        servers.callback(self._shell.close, force=True)

    def _cookiecutter_config(self) -> Path:
        """Let `gh:org/template` be this template."""
        (self._home / "org").mkdir()
        (self._home / "org" / "template").symlink_to(TEMPLATE)
        file = self._home / "cookiecutter.json"
        folders = {name: str(self._home / name) for name in ("replay_dir", "cookiecutters_dir")}
        abbreviations = {"gh": f"{self._home}/{{0}}"}
        file.write_text(json.dumps({**folders, "abbreviations": abbreviations}))
        return file

    def read(self, document: str) -> None:
        """Do all that a document says."""
        blocks = FENCE.findall(document)
        assert document.count("```sh\n") == [block[2] for block in blocks].count("sh")
        for introduction, indent, language, text in blocks:
            code = re.sub(f"(?m)^{indent}", "", text)
            if language == "dotenv":
                with (self.folder() / ".env").open("a", encoding="utf-8") as settings:
                    settings.write(code)
            elif language == "python":
                self.write(introduction, code)
            elif language == "sh" and not any(part in code for part in NOT_TYPED):
                self.follow(code)

    def follow(self, block: str) -> None:
        if "[ -e .env ]" in block:
            # It is for a clone, where neither is.
            self.type("rm -rf .env keys")
        before, *after = SERVE.split(block)
        self.type(before)
        if after:
            assert after == [""], f"never reached while the server runs: {after}"
            self.serve()

    def type(self, block: str) -> str:
        """Type a block, answer what is asked, and return what is said."""
        script = self._home / "block.sh"
        block = block.replace("KID", KID.format(self.slug))
        script.write_text(block.replace("http://127.0.0.1:8000", self._url))
        self._shell.sendline(f". {script}; echo 'all of it'")
        said = ""
        while True:
            found = self._shell.expect([*PROMPTS, "all of it\r\n", pexpect.EOF])
            said += str(self._shell.before)
            if found == len(PROMPTS):
                return said
            if found > len(PROMPTS):
                pytest.fail(f"{block}\n{said}")
            self._shell.sendline([*PROMPTS.values()][found])

    def folder(self) -> Path:
        return Path(self.type("pwd\n").strip())

    def serve(self) -> None:
        folder = self.folder()
        project = BakedProject(folder, {"package_name": next((folder / "src").iterdir()).name})
        server = self._servers.enter_context(running(project, **POSTGRESQL))
        self._url = server.url

    def write(self, introduction: str, code: str) -> None:
        """Put code where the sentence before it says: a class, the imports, or a new file."""
        if not (place := PLACE.search(introduction)):
            return
        name, file = place[1], self.folder() / place[2]
        if name:
            insert_after(
                file, code, lambda node: isinstance(node, ast.ClassDef) and node.name == name
            )
        elif not file.exists():
            file.write_text(code, "utf-8")
        elif all(map(is_import, ast.parse(code).body)):
            insert_after(file, f"\n{code}", is_import)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_of_a_document_work(document: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for path in TEMPLATE.iterdir():
        if path.name not in {".venv", "scratch"}:
            (clone / path.name).symlink_to(path)
    (clone / ".venv").mkdir()
    (clone / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (clone / ".venv" / "ready").touch()
    with ExitStack() as servers:
        reader = Reader(clone, tmp_path / "home", "my-secured-api", servers)
        reader.read(document.read_text("utf-8"))


@pytest.mark.parametrize("answers", RENDERED, ids=lambda answers: answers["auth_backend"])
def test_the_commands_of_a_rendered_readme_work(
    answers: dict[str, str], bake: Bake, tmp_path: Path
) -> None:
    slug = f"api-{uuid4().hex[:8]}"
    project = bake(project_slug=slug, **answers)
    with ExitStack() as servers:
        reader = Reader(project.path, tmp_path / "home", slug, servers)
        if project.answers["database"] == "postgresql":
            need("PostgreSQL", 5432)
            package = project.answers["package_name"]
            drop = f"dropdb --force --if-exists {package}"
            for role in (f"owner_{package}", f"app_{package}"):
                drop += f"; dropuser --if-exists {role}"
            end = ["sh", "-euc", drop]
            servers.callback(subprocess.run, end, env={**os.environ, **POSTGRESQL}, check=True)
        reader.read((project.path / "README.md").read_text("utf-8"))


def test_what_is_not_typed_stands_in_a_document() -> None:
    documents = [*DOCUMENTS, *TEMPLATE.glob("templates/readme/*.md.jinja")]
    text = "".join(document.read_text("utf-8") for document in documents)
    assert [part for part in NOT_TYPED if part not in text] == []
