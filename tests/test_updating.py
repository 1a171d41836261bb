"""Projects that cruft keeps up to date, by the commands of docs/updating.md."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import httpx
import pytest

from scripts.demo import EMAIL, PASSWORD, TEMPLATE

from .conftest import Bake, BakedProject, need, need_program
from .environment import prepare
from .little_part import ADDING, LACKING, MIGRATION, add_to
from .servers import RunningServer, running
from .test_rendered import check_types, run_tests

pytestmark = pytest.mark.full

DOCUMENT = TEMPLATE / "docs" / "updating.md"
SLUG, PACKAGE = "my-secured-api", "my_secured_api"
URL = "https://github.com/org/template"
COLUMNS = (
    'plan: Literal["free", "pro"] = "free", roles: list[str] = ["user"], '
    "tenant: UUID | None, since: datetime | None, birthday: date | None, "
    "price: Decimal | None, ratio: float | None, count: int | None, beta: bool = False"
)
VALUES = [
    *("plan=pro", 'roles=["a", "b"]', "tenant=f47ac10b-58cc-4372-a567-0e02b2c3d479"),
    *("since=2025-06-30T10:00:00.000001+02:00", "birthday=1999-12-31", "price=19.90"),
    *("ratio=0.1", "count=9223372036854775807", "beta=true"),
]


def code(document: Path, heading: str, language: str = "sh") -> list[str]:
    """Return the code under a heading, block by block."""
    text = document.read_text("utf-8")
    section = re.search(rf"(?ms)^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text)
    assert section, heading
    blocks = re.findall(rf"(?ms)^( *)```{language}\n(.*?)^\1```$", section[1])
    return [dedent(block) for _, block in blocks]


def documented(heading: str, language: str = "sh") -> list[str]:
    return code(DOCUMENT, heading, language)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new), "utf-8")


class Desk:
    """Where somebody keeps a project, and a repository of the template that it is made from."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template"
        self.project = BakedProject(folder / SLUG, {"package_name": PACKAGE, "database": "sqlite"})
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n")
        self.here = {
            URL: str(self.template),
            "uvx cruft": str(Path(sys.executable).with_name("cruft")),
            # These ask at a terminal.
            **{f"users {name} ": f"users {name} --yes " for name in ("set", "link")},
            f"uv run {SLUG}": f"python -m {PACKAGE}",
            "uv run ": "",
            # It would ask the package index.
            "uv lock": "touch uv.lock",
        }

    def do(self, *commands: str, refused: bool = False, folder: Path | None = None) -> str:
        """Run commands in the project, with what stands here for the document's tools and places.

        Every question is answered with Enter.
        """
        script = "\n".join(("exec < <(yes '')", *commands))
        for there, here in self.here.items():
            script = script.replace(there, here)
        done = BakedProject(folder or self.project.path, {}).run(
            *("/bin/bash", "-euo", "pipefail", "-c", script),
            HOME=str(self.home),
            TMPDIR=str(self.home),
            PATH=f"{prepare() / 'bin'}:{os.environ['PATH']}",
            PYTHONPATH=str(self.project.path / "src"),
        )
        assert bool(done.returncode) == refused, done.stdout
        return done.stdout

    def make(self, **answers: str) -> None:
        """Make the project, with other answers than Enter to some of the questions."""
        (commands, _) = documented("Create")
        told = f"{URL} --extra-context {shlex.quote(json.dumps(answers))}"
        self.do(commands.replace(URL, told), folder=self.project.path.parent)

    def edit(self) -> None:
        """Do what an owner does: add a route and a dependency, change a text, delete a file."""
        project = self.project.path
        module, parts, test, *_ = code(project / "README.md", "Add a protected route", "python")
        (project / f"src/{PACKAGE}/greetings.py").write_text(module, "utf-8")
        (project / f"src/{PACKAGE}/parts.py").write_text(parts, "utf-8")
        (project / "tests/test_greetings.py").write_text(test, "utf-8")
        edit(project / "pyproject.toml", '    "zxcvbn', '    "humanize>=4",\n    "zxcvbn')
        edit(project / "README.md", "An API with secure logins.", "It greets whom it knows.")
        (project / "compose.yaml").unlink()
        self.save("A greeting")

    def save(self, message: str) -> None:
        self.do("git add --all", f"git commit --message {shlex.quote(message)}")

    def edits(self) -> list[str]:
        """Lines by which the project differs from what the template renders."""
        lines = re.findall(r"(?m)^[-+](?![-+]{2} ).*$", self.do("uvx cruft diff"))
        assert lines
        return lines

    def assert_has_the_files_of(self, rendered: BakedProject, *more: str) -> None:
        """Hold the project's files against those that are rendered today."""
        own = {".cruft.json", f"src/{PACKAGE}/greetings.py", "tests/test_greetings.py", *more}
        files = set(self.do("git ls-files").splitlines())
        assert files == (rendered.files().keys() | own) - {".env", "compose.yaml"}

    def check(self, *tests: str) -> None:
        """Lint the project, check its types, and run some of its tests."""
        self.do("uv run ruff check", "uv run ruff format --check")
        check_types(self.project)
        run_tests(self.project, "tests/test_greetings.py", *tests)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with the template as it stands in the working tree, in a commit."""
    desk = Desk(tmp_path)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TEMPLATE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    for name in listed.stdout.rstrip("\0").split("\0"):
        if (TEMPLATE / name).exists():
            copy = desk.template / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TEMPLATE / name, copy)
    desk.do("git init", "git add --all", "git commit --message Now", folder=desk.template)
    return desk


@pytest.fixture
def earlier(desk: Desk) -> Desk:
    """The same, when a filter, a test and some lines were not there, and a module still was."""
    project = desk.template / "{{cookiecutter.project_slug}}"
    source = project / "src/{{cookiecutter.package_name}}"
    edit(desk.template / "litestar_jwt_template/__init__.py", "    toml_string,\n", "")
    for file in (project / "pyproject.toml", project / "compose.yaml"):
        edit(file, "| toml_string", "| tojson")
    edit(project / "pyproject.toml", "pydantic>=2.12", "pydantic>=2.11")
    keys = desk.template / "templates/readme/keys_secret.md.jinja"
    edit(keys, "Each command says what to do next.", "Read what they say.")
    edit(source / "app.py", "        request_max_body_size=settings.max_body_size,\n", "")
    (project / "tests/test_env_example.py").unlink()
    (source / "legacy.py").write_text("")
    desk.do(
        *("git add --all", "git commit --message Earlier", "git tag 0.1.0"),
        folder=desk.template,
    )
    return desk


@pytest.fixture
def first_release(desk: Desk) -> Desk:
    """The same, when there was one migration, and a table that is as it says."""
    project = desk.template / "{{cookiecutter.project_slug}}"
    source = project / "src/{{cookiecutter.package_name}}"
    for file in (source / "migrations/versions").glob("000[2-9]_*.py"):
        file.unlink()
        line = f'    "src/{{{{ cookiecutter.package_name }}}}/migrations/versions/{file.name}",\n'
        edit(project / "pyproject.toml", line, "")
    edit(
        source / "accounts/models.py",
        "password_hash: Mapped[str | None]",
        "password_hash: Mapped[str]",
    )
    edit(
        source / "accounts/models.py",
        '    wrong_passwords: Mapped[int] = mapped_column(Integer(), server_default="0")\n',
        "",
    )
    edit(
        source / "accounts/models.py",
        "    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime())\n",
        "",
    )
    edit(source / "accounts/sessions.py", "last_login_at=now, ", "")
    edit(
        source / "accounts/user_commands.py",
        '"last_login_at": user.last_login_at',
        '"last_login_at": None',
    )
    desk.do(
        *("git add --all", "git commit --message Earlier", "git tag 0.1.0"),
        folder=desk.template,
    )
    return desk


@pytest.fixture
def unreserved(desk: Desk) -> Desk:
    """The same, when a token field could be called `notes`."""
    edit(desk.template / "litestar_jwt_template/fields.py", " notes events\n", " events\n")
    desk.do("git add --all", "git commit --message Earlier", folder=desk.template)
    return desk


def go_on(desk: Desk) -> None:
    """Let the template be again what it is now."""
    desk.do("git revert --no-edit HEAD", folder=desk.template)


def answers_in(command: str) -> dict[str, str]:
    found = re.search(r"'(\{.*\})'", command)
    assert found, command
    answers: dict[str, str] = json.loads(found[1])
    return answers


def log_in(server: RunningServer) -> httpx.Response:
    return httpx.post(f"{server.url}/login", json={"email": EMAIL, "password": PASSWORD})


def open_session(desk: Desk) -> dict[str, str]:
    """Register and log in, and return what the server answers."""
    with running(desk.project) as server:
        person = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
        assert httpx.post(f"{server.url}/register", json=person).status_code == 201
        answer = log_in(server)
    assert answer.status_code == 200
    session: dict[str, str] = answer.json()
    return session


def ask_who_i_am(server: RunningServer, session: dict[str, str]) -> httpx.Response:
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    return httpx.get(f"{server.url}/me", headers=headers)


def refresh(server: RunningServer, session: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{server.url}/refresh", json={"refresh_token": session["refresh_token"]})


def test_an_update_brings_what_is_new_and_keeps_the_owners_edits(earlier: Desk, bake: Bake) -> None:
    earlier.make()
    earlier.edit()
    edits = earlier.edits()
    go_on(earlier)

    update, test_and_commit = documented("Check, diff, update")
    check, *others = update.splitlines()
    earlier.do(check, refused=True)
    earlier.do(*others)
    earlier.do(test_and_commit)

    earlier.do(check)
    assert earlier.edits() == edits
    earlier.assert_has_the_files_of(bake())


def test_a_line_that_both_have_changed_is_left_to_the_owner(earlier: Desk) -> None:
    earlier.make()
    readme = earlier.project.path / "README.md"
    edit(readme, "Read what they say.", "Mind each word.")
    earlier.save("More urgent")
    go_on(earlier)
    earlier.do("uvx cruft update --skip-apply-ask")
    assert re.search(
        r"(?m)^<{7} .*\nMind each word\.\n={7}\nEach command says what to do next\.\n>{7} ",
        readme.read_text("utf-8"),
    )
    assert "request_max_body_size" in (earlier.project.path / f"src/{PACKAGE}/app.py").read_text()


def test_a_project_made_by_cookiecutter_joins_later(earlier: Desk, bake: Bake) -> None:
    (_, link) = documented("Create")
    answers = answers_in(link)
    given = " ".join(f"{name}={answer}" for name, answer in answers.items())
    cookiecutter = Path(sys.executable).with_name("cookiecutter")
    earlier.do(
        *(f"{cookiecutter} {URL} --no-input --default-config {given}", f"cd {SLUG}"),
        *("git init", "git add .", "git commit --message 'As rendered'"),
        folder=earlier.project.path.parent,
    )
    earlier.edit()
    go_on(earlier)
    earlier.do(link)

    edits = earlier.edits()
    earlier.do("uvx cruft update --skip-apply-ask")
    earlier.save("Updated")
    assert earlier.edits() == edits
    earlier.assert_has_the_files_of(bake(**answers))
    earlier.check()


def test_the_transport_is_changed(desk: Desk, bake: Bake) -> None:
    desk.make()
    desk.edit()
    edits = desk.edits()
    session = open_session(desk)

    (change,) = documented("Change an answer")
    desk.do(change)
    desk.save("Cookies")

    assert desk.edits() == edits
    desk.assert_has_the_files_of(bake(**answers_in(change)))
    desk.check(
        "tests/test_login.py", "tests/attacks/test_cookie.py", "tests/attacks/test_routes.py"
    )
    with running(desk.project) as server:
        assert ask_who_i_am(server, session).status_code == 401
        answer = log_in(server)
        assert httpx.get(f"{server.url}/me", cookies=answer.cookies).json()["email"] == EMAIL


def test_the_algorithm_is_changed_there_and_back(desk: Desk) -> None:
    desk.make()
    (row,) = re.findall(r"(?m)^\| `signing_algorithm` .*$", DOCUMENT.read_text("utf-8"))
    make_key, make_secret = re.findall(r"`((?:uv run|python) [^`]+)`", row)

    def change_to(algorithm: str, by_hand: str, session: dict[str, str]) -> dict[str, str]:
        answers = json.dumps({"signing_algorithm": algorithm})
        update = f"uvx cruft update --skip-apply-ask --variables-to-update '{answers}'"
        desk.do(update, by_hand)
        desk.save(algorithm)
        with running(desk.project) as server:
            assert ask_who_i_am(server, session).status_code == 401
            answer = refresh(server, session)
            assert ask_who_i_am(server, answer.json()).json()["email"] == EMAIL
        refreshed: dict[str, str] = answer.json()
        return refreshed

    take_secret_out = "sed -i /^JWT_SECRET=/d .env"
    session = change_to("ES256", f"{make_key}\n{take_secret_out}", open_session(desk))
    change_to("HS256", f"echo JWT_SECRET=$({make_secret}) >> .env", session)


def test_a_token_field_is_added_where_there_are_users(desk: Desk, bake: Bake) -> None:
    desk.make()
    desk.edit()
    edits = desk.edits()
    session = open_session(desk)

    add, upgrade, complete = documented("A token field that is added later")
    (column,) = documented("A token field that is added later", "python")
    desk.do(add)
    desk.do(upgrade, refused=True)
    folder = desk.project.path / f"src/{PACKAGE}/migrations/versions"
    (revision,) = set(folder.glob("*.py")) - {folder / "__init__.py", *folder.glob("000?_*.py")}
    edit(revision, column.replace(' server_default="free",', "").strip(), column.strip())
    desk.do(upgrade)
    desk.save("Plan and tenant")

    assert desk.edits() == edits
    rendered = bake(**answers_in(add))
    desk.assert_has_the_files_of(rendered, str(revision.relative_to(desk.project.path)))
    desk.check("tests/test_token_fields.py", "tests/test_guards.py", "tests/test_cli.py")
    with running(desk.project) as server:
        assert log_in(server).status_code == 403
        assert ask_who_i_am(server, session).status_code == 401
        desk.do(complete)
        me = ask_who_i_am(server, log_in(server).json()).json()
    assert me["plan"] == "free"
    assert f"tenant_id={me['tenant_id']}" in complete


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_token_field_with_a_reserved_name_is_renamed_with_its_values(
    database: str, unreserved: Desk, request: pytest.FixtureRequest
) -> None:
    desk = unreserved
    if database == "postgresql":
        request.getfixturevalue("postgresql")
    desk.make(token_fields="notes: str | None", database=database)
    (_, _, make_tables, _) = documented("From SQLite to PostgreSQL")
    desk.do(make_tables if database == "postgresql" else f"uv run {SLUG} database upgrade")
    session = open_session(desk)
    desk.do(f"uv run {SLUG} users set {EMAIL} notes=mine")
    go_on(desk)
    assert "`notes` is something that every user" in desk.do("uvx cruft update", refused=True)

    heading = "A token field whose name is reserved"
    rename, update = documented(heading)
    upgrade, downgrade = documented(heading, "python")
    desk.do(rename)
    (revision,) = (desk.project.path / f"src/{PACKAGE}/migrations/versions").glob("*_my_notes.py")
    head, *_ = revision.read_text("utf-8").partition("def upgrade")
    bodies = f"def upgrade() -> None:\n    {upgrade}\n\ndef downgrade() -> None:\n    {downgrade}"
    revision.write_text(head + bodies, "utf-8")
    desk.do(update, f"uv run {SLUG} database check")

    assert desk.do("git diff HEAD --stat") == desk.do("git diff HEAD --stat -- .cruft.json")
    with running(desk.project) as server:
        assert ask_who_i_am(server, session).json()["my_notes"] is None
        assert ask_who_i_am(server, log_in(server).json()).json()["my_notes"] == "mine"
    run_tests(desk.project, "tests/test_token_fields.py", "tests/test_migrations.py")


@pytest.fixture
def postgresql(desk: Desk) -> Iterator[None]:
    """The server here, and the name of a new database, in place of the document's."""
    need("PostgreSQL", 5432)
    name, server = f"test_{uuid4().hex}", "--host 127.0.0.1 --username postgres"
    desk.here["createdb my_secured_api"] = f"{need_program('createdb')} {server} {name}"
    desk.here["user:password@host/my_secured_api"] = f"postgres@127.0.0.1:5432/{name}"
    yield
    desk.do(f"{need_program('dropdb')} {server} --if-exists --force {name}")


@pytest.mark.usefixtures("postgresql")
def test_a_project_moves_to_postgresql_with_its_rows(desk: Desk, bake: Bake) -> None:
    desk.make(token_fields=COLUMNS)
    desk.edit()
    edits = desk.edits()
    open_session(desk)
    desk.do(
        f"uv run {SLUG} users set {EMAIL} {shlex.join(VALUES)}",
        f"uv run {SLUG} users link {EMAIL} https://idp.example 4f1c7a --keep-password",
    )
    with running(desk.project) as server:
        session = log_in(server).json()
    list_rows = f"uv run {SLUG} users list --json", f"uv run {SLUG} sessions list {EMAIL} --json"
    rows = desk.do(*list_rows)

    prepare_old, change, make_tables, copy = documented("From SQLite to PostgreSQL")
    (script,) = documented("From SQLite to PostgreSQL", "python")
    desk.do(prepare_old, change, make_tables)
    assert EMAIL not in desk.do(list_rows[0])
    (desk.project.path / "copy_rows.py").write_text(script, "utf-8")
    assert {"users 1", "sessions 1", "identities 1"} <= set(desk.do(copy).splitlines())

    assert desk.do(*list_rows) == rows
    with running(desk.project) as server:
        assert ask_who_i_am(server, session).json()["email"] == EMAIL
        assert refresh(server, session).status_code == 200
        assert ask_who_i_am(server, log_in(server).json()).json()["price"] == "19.90"

    (desk.project.path / "copy_rows.py").unlink()
    assert desk.edits() == edits
    rendered = bake(token_fields=COLUMNS, **answers_in(change))
    desk.assert_has_the_files_of(rendered, "uv.lock")
    desk.check("tests/test_accounts.py", "tests/test_sessions.py")


NOTE = '''

class Note(Base):
    """A table of the owner's."""

    __tablename__ = "notes"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(Uuid(), ForeignKey("users.id", ondelete="CASCADE"))
'''
WRITE_NOTES = f"""python -c '
from sqlalchemy import insert, select
from {PACKAGE}.accounts.models import Note, User
from {PACKAGE}.migrations.lock import while_locked
from {PACKAGE}.settings import load_settings
notes = insert(Note).from_select(["id", "user_id"], select(User.id, User.id))
while_locked(load_settings().database_url.get_secret_value(), lambda c: c.execute(notes))'"""
READ_NOTES = f"""python -c '
from sqlalchemy import select
from {PACKAGE}.accounts.models import Note
from {PACKAGE}.migrations.lock import while_locked
from {PACKAGE}.settings import load_settings
notes = select(Note.id)
url = load_settings().database_url.get_secret_value()
print(while_locked(url, lambda c: [str(note) for note in c.scalars(notes)]))'"""


LIST_ROWS = (
    f"uv run {SLUG} users list --json",
    f"uv run {SLUG} sessions list {EMAIL} --json",
    READ_NOTES,
)
ON_BOTH_DATABASES = pytest.mark.parametrize("database", ["sqlite", "postgresql"])
DATABASE = f"uv run {SLUG} database"


def make_with_notes(
    desk: Desk, database: str, request: pytest.FixtureRequest
) -> tuple[dict[str, str], str]:
    """Make a project with a table and a migration of the owner's, and rows in all tables.

    Returns: a session, and what `LIST_ROWS` print.
    """
    if database == "postgresql":
        request.getfixturevalue("postgresql")
    desk.make(database=database)
    (_, _, make_tables, _) = documented("From SQLite to PostgreSQL")
    desk.do(make_tables if database == "postgresql" else f"{DATABASE} upgrade")
    with (desk.project.path / f"src/{PACKAGE}/accounts/models.py").open("a") as models:
        models.write(NOTE)
    desk.do(f"{DATABASE} revision notes", f"{DATABASE} upgrade", "uv run ruff format")
    desk.save("Notes")
    session = open_session(desk)
    desk.do(WRITE_NOTES)
    return session, desk.do(*LIST_ROWS)


@ON_BOTH_DATABASES
def test_migrations_of_the_owner_and_of_an_update_go_together(
    database: str, first_release: Desk, request: pytest.FixtureRequest
) -> None:
    desk, command = first_release, DATABASE
    session, rows = make_with_notes(desk, database, request)
    go_on(desk)

    desk.do("uvx cruft update --skip-apply-ask")
    desk.save("Updated")
    versions = desk.project.path / f"src/{PACKAGE}/migrations/versions"
    assert (versions / "0002_accounts_without_password.py").exists()
    desk.do(f"{command} check", refused=True)
    desk.do(f"{command} upgrade", f"{command} check")

    assert desk.do(*LIST_ROWS) == rows
    with running(desk.project) as server:
        assert ask_who_i_am(server, session).json()["email"] == EMAIL
        assert refresh(server, session).status_code == 200
        assert log_in(server).status_code == 200

    desk.do(f"{command} revision both", "uv run ruff format")
    (merge,) = versions.glob("*_both.py")
    (own,) = versions.glob("*_notes.py")
    text = merge.read_text("utf-8")
    assert own.name.partition("_")[0] in text
    assert '"0004"' in text
    desk.do(f"{command} upgrade", f"{command} check")


@ON_BOTH_DATABASES
def test_part_comes_and_goes_by_updates(
    database: str, desk: Desk, request: pytest.FixtureRequest
) -> None:
    session, rows = make_with_notes(desk, database, request)
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    add_to(desk.template)
    desk.do("git add --all", "git commit --message Memos", folder=desk.template)
    source = desk.project.path / f"src/{PACKAGE}"
    part, migration = source / "memos/__init__.py", source / MIGRATION
    (change,) = documented("Change an answer")

    def answer(answers: dict[str, str]) -> None:
        """Update to these answers. The owner's rows are as they were."""
        desk.do(re.sub(r"'\{.*\}'", shlex.quote(json.dumps(answers)), change))
        desk.save("Another answer")
        desk.do(f"{DATABASE} upgrade")
        assert desk.do(*LIST_ROWS) == rows

    answer(LACKING)
    assert not part.exists()
    assert not migration.exists()

    answer(ADDING)
    desk.do(f"{DATABASE} check", "uv run ruff check", "uv run ruff format --check")
    check_types(desk.project)
    with running(desk.project) as server:
        url = f"{server.url}/memos"
        assert httpx.get(url).status_code == 401
        assert httpx.post(url, json={"text": "Milk"}, headers=headers).status_code == 201

    answer(LACKING)
    assert not part.exists()
    assert migration.exists()
    with running(desk.project) as server:
        assert httpx.get(f"{server.url}/memos", headers=headers).status_code == 404
        assert ask_who_i_am(server, session).json()["email"] == EMAIL

    answer(ADDING)
    with running(desk.project) as server:
        assert httpx.get(f"{server.url}/memos", headers=headers).json() == ["Milk"]

    answer(LACKING)
    assert "memos" in desk.do(f"{DATABASE} check", refused=True)
    (drop,) = documented("A part that is taken away")
    desk.do(drop)
    (revision,) = migration.parent.glob("*_drop_memos.py")
    assert "drop_table('memos')" in revision.read_text("utf-8")
    assert "memos_0001" in revision.read_text("utf-8")
    assert desk.do(*LIST_ROWS) == rows
