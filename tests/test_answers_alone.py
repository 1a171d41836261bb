"""A rendered project holds nothing that its answers do not use, and declares what it imports."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .conftest import Bake, BakedProject
from .rows import DEFAULTS, ROWS, Row

DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "dotenv": "python-dotenv",
    "jose": "python-jose",
    "jwt": "pyjwt",
}
"""By the name of the import, where the two differ."""

TOOLS = {"mypy", "pytest-cov", "ruff"}
"""Dependencies that are run."""

INDIRECT = {
    "aiosqlite": "SQLAlchemy imports it, for the URL of the engine",
    "cryptography": "PyJWT imports it, for the keys of external issuers",
    "email-validator": "Pydantic imports it, for EmailStr",
}
"""Dependencies that only another one imports, and which does."""

CALLED_BY_NAME = {
    *{"branch_labels", "depends_on", "down_revision"},  # Alembic
    *{"authenticate_request", "format_auth_header", "openapi_components"},  # Litestar
    *{"receive_route", "receive_router"},
    "base_exceptions",  # limits
    "model_config",  # Pydantic
    *{"cache_ok", "impl", "process_bind_param", "process_result_value"},  # SQLAlchemy
    "pytestmark",
    "d",  # a member of a JWK
    "refresh_expires_at",  # only cookies expire; a grant is one for all transports
}
"""Names that no code here uses, and who does."""

REGISTERS = re.compile(r"\.command\(|autouse=True|model_validator\(")
"""Decorators that use the function below them."""

OTHER_CHOICES = {
    ("auth_backend", "header"): r"oauth2|__Host-|samesite",
    ("auth_backend", "cookie"): r"oauth2|\bbearer\b",
    ("auth_backend", "oauth2"): r"__Host-|samesite",
    ("database", "sqlite"): r"asyncpg|pgbouncer|pooler",
    ("database", "postgresql"): r"aiosqlite",
    ("__asymmetric", "no"): r"joserfc|jwt_private_key",
    ("__asymmetric", "yes"): r"jwt_secret|jwt_next_secret",
    ("__second_jose", "joserfc"): r"python-jose|\bjose\.|import jose",
    ("__has_token_fields", "no"): r"token_guard",
    ("__has_decimal", "no"): r"DecimalText",
}
"""Words that only other choices have a use for. Attacks send what other choices would take."""


def imported(files: dict[str, Path], folder: str) -> set[str]:
    """Return the distributions that the modules below a folder import."""
    found = set()
    for name, file in files.items():
        if name.startswith(folder) and name.endswith(".py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
    modules = {name.partition(".")[0] for name in found} - sys.stdlib_module_names
    return {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in modules}


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}


def modules_of(files: Mapping[str, Path], folder: str) -> dict[str, ast.Module]:
    return {
        name: ast.parse(file.read_text("utf-8"))
        for name, file in files.items()
        if name.startswith(folder) and name.endswith(".py")
    }


def definitions(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that a module and its classes define for others to use."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not REGISTERS.search(" ".join(map(ast.unparse, statement.decorator_list))):
                    yield name
            case ast.ClassDef(name=name):
                yield name
                yield from definitions(statement.body)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def uses(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module reads, imports, passes, asks for, or begins a string with."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)):
                yield from re.findall(r"\A\w+", text)


def unused(modules: Mapping[str, ast.Module], documents: str = "") -> list[str]:
    """Return the definitions that neither the modules nor the documents name."""
    used = {name for tree in modules.values() for name in uses(tree)}
    used |= {*re.findall(r"\w+", documents), *CALLED_BY_NAME}
    return [
        f"{module}: {name}"
        for module, tree in modules.items()
        for name in definitions(tree.body)
        if name not in used and not name.startswith(("__", "test_", "Test"))
    ]


def test_unused_definitions_are_found() -> None:
    source = "A = 1\nB: int = A\nclass C:\n    def f(self): return self.g\n    def g(self): ..."
    assert unused({"m": ast.parse(source)}, "C") == ["m: B", "m: f"]


def foreign_words(project: BakedProject) -> list[str]:
    """Return the lines outside the attacks that have words of other choices."""
    words = "|".join(OTHER_CHOICES[each] for each in project.answers.items() & {*OTHER_CHOICES})
    return [
        f"{name}: {line}"
        for name, file in project.files().items()
        if not name.startswith("tests/attacks/") and "/swagger_ui/" not in name
        for line in file.read_text("utf-8").splitlines()
        if re.search(words, line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in (DEFAULTS, *ROWS)])
def test_a_row_declares_and_holds_what_is_used_and_nothing_else(row: Row, bake: Bake) -> None:
    project = bake(**row.answers)
    files = project.files()
    settings = tomllib.loads(files["pyproject.toml"].read_text("utf-8"))
    of_app = settings["project"]["dependencies"]
    for_tests = settings["dependency-groups"]["dev"]
    own = {project.answers["package_name"].replace("_", "-")}
    app, tests = (imported(files, folder) - own for folder in ("src/", "tests/"))

    assert app <= declared(of_app) <= app | {*INDIRECT}
    assert tests <= declared([*of_app, *for_tests])
    assert declared(for_tests) <= tests | TOOLS
    assert len(declared([*of_app, *for_tests])) == len([*of_app, *for_tests])
    documents = files["README.md"].read_text("utf-8") + files["pyproject.toml"].read_text("utf-8")
    assert not unused(modules_of(files, "src/"), documents)
    assert not unused(modules_of(files, "tests/"))
    assert not foreign_words(project)
