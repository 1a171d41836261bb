"""What is rendered for each row of answers, and what the template is made of."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path, PurePosixPath
from textwrap import dedent

import pytest
import yaml
from cookiecutter.utils import create_env_with_context
from jinja2 import Environment, nodes

from litestar_jwt_template.catalogue import CATALOGUE
from scripts.demo import TEMPLATE

from .conftest import QUESTIONS, Bake, BakedProject
from .rows import (
    ACCEPTED,
    DEFAULTS,
    EVERY_FIELD,
    INTERACTING,
    OTHERS,
    ROWS,
    SPREAD,
    Row,
    choose,
    pairs,
)

PROJECT = TEMPLATE / "{{cookiecutter.project_slug}}"

ALWAYS = {
    "": """
        .dockerignore .env .env.example .gitignore .pre-commit-config.yaml Dockerfile LICENSE
        README.md compose.yaml pyproject.toml .github/dependabot.yml .github/workflows/ci.yml
        deploy/Caddyfile
    """,
    "src/PACKAGE/": """
        __init__.py __main__.py addresses.py app.py builtin_parts.py commands.py database.py
        database_url.py engine.py health.py logging.py middleware.py part.py parts.py printable.py
        private_files.py problems.py server.py settings.py state.py token_fields.py websockets.py
    """,
    "src/PACKAGE/accounts/": """
        __init__.py commands.py decoys.py errors.py fields.py handlers.py login.py lookup.py
        models.py purge.py registration.py schemas.py service.py session_commands.py
        sessions.py user_commands.py users.py
    """,
    "src/PACKAGE/cli/": """
        __init__.py database.py keys.py security.py
    """,
    "src/PACKAGE/documentation/": """
        __init__.py operations.py page.py patches/__init__.py patches/closed_bodies.py
        patches/empty_responses.py patches/open_operations.py patches/optional_bodies.py
        patches/problems.py patches/required_members.py patches/summaries.py
    """,
    "src/PACKAGE/migrations/": """
        __init__.py env.py lock.py script.py.mako versions/0001_accounts.py
        versions/0002_accounts_without_password.py versions/0003_wrong_passwords.py
        versions/0004_last_login.py
        versions/__init__.py
    """,
    "src/PACKAGE/security/": """
        __init__.py backend.py grant.py issuers.py key_store.py keys.py passwords.py
        posture.py strength.py throttle.py throttle_store.py tokens.py
    """,
    "src/PACKAGE/static/": """
        docs.css initialise.js swagger_ui/LICENSE swagger_ui/NOTICE swagger_ui/README.md
        swagger_ui/favicon-32x32.png swagger_ui/swagger-ui-bundle.js
        swagger_ui/swagger-ui-bundle.js.LICENSE.txt swagger_ui/swagger-ui.css
    """,
    "tests/": """
        __init__.py certificates.py conftest.py databases.py examples.py
        own_migrations.py server.py signing.py test_accounts.py test_answers.py
        test_cli.py test_env_example.py test_extension_points.py test_fields.py
        test_interoperability.py test_issuer_keys.py test_issuers.py test_keys.py
        test_login.py test_migrations.py test_openapi.py test_parts.py test_passwords.py
        test_posture.py test_private_files.py test_races.py test_server.py
        test_sessions.py test_settings.py test_throttle_store.py test_two_processes.py
        test_websockets.py transport.py
    """,
    "tests/attacks/": """
        __init__.py conftest.py credentials.py extended_app.py forge.py handshake.py
        test_claims.py test_fuzz.py test_headers.py test_key_confusion.py
        test_malformed.py test_routes.py test_websocket.py wire.py
    """,
}
SOMETIMES = {
    ("__asymmetric", "no"): "src/PACKAGE/security/published_secrets.txt",
    ("__asymmetric", "yes"): "keys/signing.pem src/PACKAGE/jwks.py tests/test_jwks.py",
    ("database", "sqlite"): "tests/test_database_file.py",
    ("__has_decimal", "yes"): "src/PACKAGE/decimal_text.py",
    ("__has_token_fields", "yes"): """
        src/PACKAGE/security/guards.py tests/test_guards.py tests/test_token_fields.py
        tests/attacks/test_token_fields.py
    """,
    ("database", "postgresql"): """
        deploy/roles.sql tests/test_connections.py tests/test_database_url.py
        tests/test_live_migrations.py
    """,
    ("auth_backend", "header"): "tests/attacks/test_bearer.py",
    ("auth_backend", "cookie"): """
        tests/attacks/test_cookie.py tests/attacks/test_websocket_hijacking.py
    """,
    ("auth_backend", "oauth2"): """
        src/PACKAGE/documentation/patches/token_endpoint.py
        tests/attacks/test_bearer.py tests/attacks/test_oauth2.py
    """,
}
# Others' work, as they publish it.
VENDORED = "/static/swagger_ui/"

# A workflow's expressions are `${{ … }}`, and none of Jinja's.
LEFTOVER = re.compile(r"(?<!\$)\{\{|\{%|%\}|\{#|cookiecutter\.[a-z_]")
UNTIDY = re.compile(r"[ \t\r]$|\n\n\n\n|\n\n\Z|[^\n]\Z", re.MULTILINE)

PARSERS: dict[str, Callable[[str], object]] = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}

MIXED = [
    DEFAULTS,
    Row("issuers-only", {"accepted_issuers": "https://a.example", "accepted_audiences": "none"}),
    Row("audiences-only", {"accepted_issuers": "none", "accepted_audiences": "b"}),
]


@pytest.fixture(params=[pytest.param(row, id=row.id) for row in (*ROWS, *MIXED)])
def project(request: pytest.FixtureRequest, bake: Bake) -> BakedProject:
    return bake(**request.param.answers)


def expected_files(answers: dict[str, str]) -> set[str]:
    always = [folder + name for folder, names in ALWAYS.items() for name in names.split()]
    chosen = [names for choice, names in SOMETIMES.items() if choice in answers.items()]
    names = [*always, *" ".join(chosen).split()]
    return {name.replace("PACKAGE", answers["package_name"]) for name in names}


def written_here(files: dict[str, Path]) -> dict[str, str]:
    """The text of all files but those of others."""
    return {name: file.read_text("utf-8") for name, file in files.items() if VENDORED not in name}


def test_a_row_renders_its_files_and_no_others(project: BakedProject) -> None:
    assert sorted(project.files()) == sorted(expected_files(project.answers))


def test_a_row_reads_as_if_written_by_hand(project: BakedProject) -> None:
    for name, text in written_here(project.files()).items():
        assert not LEFTOVER.search(f"{name}\n{text}"), name
        assert not UNTIDY.search(text), name
        PARSERS.get(PurePosixPath(name).suffix, str)(text)


def test_a_row_passes_lint(project: BakedProject) -> None:
    for check in (["check", "--output-format=concise"], ["format", "--check"]):
        linted = project.run("ruff", *check, "--no-cache")
        assert linted.returncode == 0, linted.stdout


def test_no_part_imports_what_is_put_together_from_parts(bake: Bake) -> None:
    project = bake(signing_algorithm="ES256")
    source = project.path / "src" / project.answers["package_name"]
    modules = [*(source / "accounts").glob("*.py"), source / "health.py", source / "jwks.py"]
    for module in modules:
        above = re.findall(
            r"from \.+(app|builtin_parts|cli|parts|problems)\b", module.read_text("utf-8")
        )
        assert not above, module


def test_an_update_leaves_what_is_the_owners_and_every_migration(project: BakedProject) -> None:
    files = project.files()
    settings = tomllib.loads(files["pyproject.toml"].read_text("utf-8"))
    source = f"src/{project.answers['package_name']}"
    versions = f"{source}/migrations/versions/"
    migrations = {name for name in files if name.startswith(versions)} - {f"{versions}__init__.py"}
    assert migrations
    owners = {".env", "keys", f"{source}/parts.py"}
    assert set(settings["tool"]["cruft"]["skip"]) == owners | migrations


def test_the_rows_hold_all_that_interacts_and_every_pair_of_answers() -> None:
    chosen = choose()
    interacting = [tuple(choices[name] for name in INTERACTING) for choices in chosen]
    assert sorted(interacting) == sorted(product(*INTERACTING.values()))
    questions = {**INTERACTING, **OTHERS}
    every_pair = {
        ((a, x), (b, y))
        for a, b in combinations(questions, 2)
        for x, y in product(questions[a], questions[b])
    }
    assert set().union(*map(pairs, chosen)) == every_pair
    assert set(ACCEPTED) == set(INTERACTING["accepted"])


def test_the_rows_that_are_run_each_time_hold_every_pair_of_what_interacts() -> None:
    for names in combinations(["auth_backend", "token_fields", "accepted_issuers"], 2):
        wanted = product(*({row.answers[name] for row in ROWS} for name in names))
        assert {tuple(row.answers[name] for name in names) for row in SPREAD[1:]} == {*wanted}


def test_generated_fields_are_in_one_module_and_one_migration_of_the_source(bake: Bake) -> None:
    files = written_here(bake(token_fields="zebra: str").files())
    modules = {name for name in files if name.startswith("src/") and name.endswith(".py")}
    assert {name for name in modules if "zebra" in files[name]} == {
        "src/my_secured_api/token_fields.py",
        "src/my_secured_api/migrations/versions/0001_accounts.py",
    }


# --- Secrets ---


def secret_of(project: BakedProject) -> str:
    """The signing secret, or the private key's own lines."""
    if project.answers["__asymmetric"] == "no":
        (line,) = re.findall(r"(?m)^JWT_SECRET=(.+)$", (project.path / ".env").read_text())
        return str(line)
    return "".join((project.path / "keys" / "signing.pem").read_text().splitlines(True)[1:-1])


ALGORITHMS = pytest.mark.parametrize("algorithm", OTHERS["signing_algorithm"])


@ALGORITHMS
def test_two_renders_have_different_secrets(algorithm: str, bake: Bake) -> None:
    one, other = (secret_of(bake(signing_algorithm=algorithm)) for _ in range(2))
    assert one != other
    assert min(len(one), len(other)) >= 64


@ALGORITHMS
def test_the_secret_is_in_one_private_file_and_nowhere_else(
    algorithm: str, bake: Bake, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = bake(signing_algorithm=algorithm)
    secret = secret_of(project).encode()
    # Below it are the rendered project, what Cookiecutter remembers, and what hooks leave behind.
    everything = [path for path in tmp_path_factory.getbasetemp().rglob("*") if path.is_file()]
    replays = [path for path in everything if "cookiecutter_replay" in path.parts]
    assert replays
    (holder,) = [path for path in everything if secret in path.read_bytes()]
    assert holder.stat().st_mode & 0o777 == 0o600
    assert (project.path / ".env").stat().st_mode & 0o777 == 0o600


@ALGORITHMS
def test_git_takes_all_but_what_is_secret(algorithm: str, bake: Bake) -> None:
    project = bake(signing_algorithm=algorithm)
    subprocess.run(["git", "init", "--quiet"], cwd=project.path, check=True)
    subprocess.run(["git", "add", "--all"], cwd=project.path, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=project.path, check=True, capture_output=True, text=True
    )
    taken = set(listed.stdout.rstrip("\0").split("\0"))
    tracked = {name for name in project.files() if not name.startswith(".git/")}
    secret = {"no": {".env"}, "yes": {".env", "keys/signing.pem"}}
    assert tracked - taken == secret[project.answers["__asymmetric"]]


# --- The template itself ---


def repository_files() -> list[str]:
    """Every file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TEMPLATE, check=True, capture_output=True)
    return sorted({name for name in listed.stdout.decode().split("\0") if name})


def sources() -> dict[str, str]:
    """What Jinja renders, names included, by path."""
    folders = (PROJECT.name, "hooks", "templates")
    names = [name for name in repository_files() if name.split("/")[0] in folders]
    files = {name: TEMPLATE / name for name in names if (TEMPLATE / name).is_file()}
    return {name: f"{name}\n{text}" for name, text in written_here(files).items()}


def test_every_question_is_used_and_nothing_else_is() -> None:
    used = set(re.findall(r"cookiecutter\.(\w+)", "\n".join(sources().values())))
    assert used <= set(QUESTIONS)
    questions = {name for name in QUESTIONS if not name.startswith("_")}
    checks = {f"__{name}" for name in questions}
    derived = {name for name in QUESTIONS if name.startswith("__")} - checks - {"__prompts__"}
    through = set(re.findall(r"cookiecutter\.(\w+)", str([QUESTIONS[name] for name in derived])))
    assert questions <= used | through
    assert derived <= used


FRAGMENTS = TEMPLATE / "templates"


def named_fragments(text: str) -> list[str]:
    """Return the fragments that `text` includes or imports from."""
    statements = re.findall(r"\{%-? (?:include|from|import|extends) .*?%\}", text)
    names = [re.findall(r'"([\w/.]+\.jinja)"', statement) for statement in statements]
    assert all(names), "a name that is put together is not found by grep"
    return [name for each in names for name in each]


def test_every_fragment_is_named_in_full_where_it_is_used() -> None:
    used = {name for text in sources().values() for name in named_fragments(text)}
    assert used == {file.relative_to(FRAGMENTS).as_posix() for file in FRAGMENTS.rglob("*.*")}


def test_answers_are_remembered_without_what_is_parsed_from_them(bake: Bake) -> None:
    """The answers are in each project's .cruft.json, where people read them."""
    answers = bake(token_fields=EVERY_FIELD).answers
    assert "required_0" in answers.pop("token_fields")
    assert "required_0" not in str(answers)


PORTS = {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
RESERVED = {"con", "prn", "aux", "nul", *PORTS}


def test_every_path_can_be_checked_out_on_windows() -> None:
    paths = [PurePosixPath(name) for name in repository_files()]
    assert max(len(str(path)) for path in paths) < 200
    for path in paths:
        for part in path.parts:
            assert not re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', part), path
            assert part.split(".")[0].lower() not in RESERVED, path
    spelled = {part for path in paths for part in (path, *path.parents)}
    assert len({str(path).lower() for path in spelled}) == len(spelled)


PYTHON_SOURCES = [
    name for name in sources() if re.match(rf"{re.escape(PROJECT.name)}/.*\.py($|\{{%)", name)
]


def assembled(text: str) -> str:
    """Return `text`, followed by the fragments that it includes."""
    names = named_fragments("\n".join(re.findall(r"\{%-? include .*?%\}", text)))
    fragments = [(FRAGMENTS / name).read_text("utf-8") for name in dict.fromkeys(names)]
    return "\n".join([text, *map(assembled, fragments)])


@dataclass
class Decisions:
    """Where a source decides what is rendered: numbers of lines, and words of statements."""

    statements: list[str] = field(default_factory=list)
    lines_of_statements: set[int] = field(default_factory=set)
    lines_of_expressions: set[int] = field(default_factory=set)


def read_decisions(text: str) -> Decisions:
    """Return the statements of a source, and its expressions that hold a condition."""
    found = Decisions()
    opened = before = ""
    for number, kind, value in Environment().lex(text):
        if kind == "whitespace":
            continue
        if kind.endswith(("_begin", "_end")):
            opened = kind
        if opened in {"block_begin", "raw_begin"}:
            found.lines_of_statements.add(number)
            if before == "block_begin":
                found.statements.append(value)
        # A value that is looked up in a table of the expression's own is a condition too.
        elif value in {"if", "and", "or"} or (before, value) == ("}", "["):
            found.lines_of_expressions.add(number)
        before = kind if kind.endswith("_begin") else value
    return found


def test_statements_and_conditions_in_expressions_are_counted() -> None:
    text = dedent(
        """\
        {% if a %}
        {{ a }} {{ a | join(", if ") }} {"if"} if [1]
        {{ "x" if a }}{{ "y" if b }}
        {% if b %}{{ {"x": 1}[a] }}{% endif %}
        {{
          a or
          b }}
        {% set
          b = 1 %}
        {% endif %}
        """
    )
    found = read_decisions(text)
    assert found.statements == ["if", "if", "endif", "set", "endif"]
    assert found.lines_of_statements == {1, 4, 8, 9, 10}
    assert found.lines_of_expressions == {3, 4, 6}


@pytest.mark.parametrize("name", sources())
def test_no_expression_holds_a_condition(name: str) -> None:
    text = sources()[name]
    hidden = read_decisions(text).lines_of_expressions
    assert not [text.splitlines()[number - 1] for number in hidden]


def compares_choices(node: nodes.Node) -> bool:
    names = {
        attribute.attr
        for comparison in (node, *node.find_all(nodes.Compare))
        if isinstance(comparison, nodes.Compare)
        for attribute in comparison.find_all(nodes.Getattr)
    }
    return bool(names & {*CATALOGUE, "__second_jose"})


def negative_conditions(text: str) -> list[int]:
    """Return the lines of conditions that a further choice would meet by accident."""
    tree = create_env_with_context({"cookiecutter": {}}).parse(text)
    found: list[nodes.Node] = [
        *(node for node in tree.find_all(nodes.If) if node.else_ and compares_choices(node.test)),
        *(node for node in tree.find_all(nodes.CondExpr) if compares_choices(node.test)),
        *(node for node in tree.find_all(nodes.Not) if compares_choices(node.node)),
        *(
            node
            for node in tree.find_all(nodes.Compare)
            if compares_choices(node) and {each.op for each in node.ops} & {"ne", "notin"}
        ),
    ]
    return sorted({node.lineno for node in found})


def test_negative_conditions_are_found() -> None:
    text = dedent(
        """\
        {% if cookiecutter.database == "sqlite" %}{% elif cookiecutter.license in ("MIT",) %}
        {% endif %}
        {% if cookiecutter.database == "sqlite" %}{% else %}1{% endif %}
        {% if cookiecutter.auth_backend != "cookie" %}{% endif %}
        {% if x or not cookiecutter.auth_backend == "cookie" %}{% endif %}
        {% if cookiecutter.auth_backend not in ("cookie", "x") %}{% endif %}
        {{ 1 if cookiecutter.auth_backend == "cookie" else 2 }}
        {% if cookiecutter.__asymmetric == "no" %}{% else %}1{% endif %}
        """
    )
    assert negative_conditions(text) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize("name", ["cookiecutter.json", *sources()])
def test_conditions_name_the_choices_for_which_they_hold(name: str) -> None:
    text = sources().get(name) or (TEMPLATE / name).read_text("utf-8")
    lines = text.splitlines()
    assert not [lines[number - 1] for number in negative_conditions(text)]


@pytest.mark.parametrize("name", PYTHON_SOURCES)
def test_python_reads_as_python(name: str) -> None:
    """At most 3 % of the lines decide what is rendered, and no block is in another."""
    text = assembled((TEMPLATE / name).read_text("utf-8"))
    found = read_decisions(text)
    deciding = found.lines_of_statements | found.lines_of_expressions
    assert len(deciding) <= 0.03 * len(text.splitlines())
    depth = 0
    for statement in found.statements:
        if statement in {"if", "for", "macro", "call", "filter"}:
            depth += 1
        elif statement.startswith("end"):
            depth -= 1
        assert depth <= 1


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_proxy_has_the_limits_that_the_server_lacks(bake: Bake, database: str) -> None:
    caddyfile = (bake(database=database).path / "deploy/Caddyfile").read_text("utf-8")
    limits = {"max_header_size 16KB", "read_header 10s", "read_body 30s", "idle 2m"}
    assert {*limits, "max_size 64KiB"} <= {line.strip() for line in caddyfile.splitlines()}
