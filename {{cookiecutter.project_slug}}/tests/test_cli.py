"""The command line, as an operator uses it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from socket import create_server
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from httpx import Headers

from {{ cookiecutter.package_name }}.cli import main
from {{ cookiecutter.package_name }}.settings import Settings

from . import transport
from .conftest import PASSWORD, Client, Person
from .databases import migration_url
from .examples import ASSIGNMENTS, VALUES
from .signing import KEY_SETTINGS

Cli = Callable[..., Result]


@pytest.fixture
def cli(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command on the database of the test."""
    for name, value in KEY_SETTINGS.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("ARGON2_MEMORY_KIB", "8")

    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(main, arguments, **options)

    return run


def rows(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_operator_creates_the_first_user(cli: Cli, client: Client) -> None:
    made = cli(
        "users",
        "create",
        "Root@example.com",
        "--name",
        "Root",
        *ASSIGNMENTS.values(),
        input=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    transport.log_in(client, "root@example.com", PASSWORD)
    assert client.get("/me").json().items() >= VALUES.items()


def test_a_password_can_come_from_a_pipe(cli: Cli, client: Client) -> None:
    arguments = ("users", "create", "root@example.com", "--name", "Root", "--password-stdin")
    made = cli(*arguments, *ASSIGNMENTS.values(), input=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    transport.log_in(client, "root@example.com", PASSWORD)


def test_user_without_a_password_cannot_log_in_until_one_is_set(
    cli: Cli, client: Client, ada: Person
) -> None:
    create = ("users", "create", "grace@example.com", "--name", "Grace", "--no-password")
    made = cli(*create, *ASSIGNMENTS.values())
    assert made.exit_code == 0, made.output
    listed = rows(cli("users", "list", "--json"))
    assert [row["has_password"] for row in listed] == [True, False]
    refused = transport.try_log_in(client, "grace@example.com", PASSWORD)
    assert transport.is_refused_login(refused)
    assert refused.content == transport.try_log_in(client, ada.email, "not the right one").content
    given = cli("users", "password", "grace@example.com", "--password-stdin", input=PASSWORD)
    assert given.exit_code == 0, given.output
    transport.log_in(client, "grace@example.com", PASSWORD)


def test_password_is_given_or_not(cli: Cli) -> None:
    arguments = ("users", "create", "grace@example.com", "--name", "Grace")
    both = cli(*arguments, "--no-password", "--password-stdin", input=PASSWORD)
    assert both.exit_code == 2
    assert "not both" in both.output
    empty = cli(*arguments, "--password-stdin", input="\n")
    assert empty.exit_code == 1
    assert "too easy to guess" in empty.output


def test_a_password_is_never_an_argument() -> None:
    commands: list[click.Command] = [main]
    for command in commands:
        if isinstance(command, click.Group):
            commands += command.commands.values()
        for option in command.params:
            assert "password" not in (option.name or "") or isinstance(option, click.Option)
            assert option.name != "password"


def test_a_port_that_is_taken_is_refused_in_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGON2_MEMORY_KIB", "19456")
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = cli("run", "--port", str(port))
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        f"Error: 127.0.0.1:{port}: Address already in use; choose another with --port"
    ]


def test_what_is_listed_can_be_copied(cli: Cli, ada: Person) -> None:
    listed = cli("users", "list").stdout
    assert ada.id in listed
    assert ada.email in listed


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("users", "create", "no-address", "--name", "x"), "email address"),
        (("users", "create", "a@example.com", "--name", " ", "--password-stdin"), "match pattern"),
        (("users", "create", "a@example.com", "--name", "x", "nonsense=1"), "NAME=VALUE"),
        (("users", "set", "ada@example.com", "is_active=false"), "NAME=VALUE"),
        (("users", "set", "ada@example.com"), "at least one"),
        (("users", "deactivate", "nobody@example.com"), "Nobody has this address"),
        (("sessions", "list", "nobody@example.com"), "Nobody has this address"),
        (("users", "unlink", "https://idp.example", "x"), "no such link"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(
    cli: Cli, ada: Person, arguments: tuple[str, ...], complaint: str
) -> None:
    result = cli(*arguments, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code != 0
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_a_weak_password_is_refused_here_too(cli: Cli) -> None:
    arguments = ("users", "create", "a@example.com", "--name", "x", "--password-stdin")
    result = cli(*arguments, input="passwordpassword\n")
    assert result.exit_code == 1
    assert "too easy to guess" in result.output


def test_an_address_is_taken_once(cli: Cli, ada: Person) -> None:
    arguments = ("users", "create", ada.email, "--name", "x", "--password-stdin")
    result = cli(*arguments, input=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert "Somebody has this address already" in result.output


def test_fields_are_set_and_listed(cli: Cli, ada: Person) -> None:
    for assignment in ASSIGNMENTS.values():
        assert cli("users", "set", ada.email, assignment, "--yes").exit_code == 0
    (row,) = rows(cli("users", "list", "--json"))
    assert row["email"] == ada.email
    assert row.items() >= VALUES.items()
    assert ada.email.partition("@")[0] in cli("users", "list").output


def test_a_field_takes_only_its_type(cli: Cli, ada: Person) -> None:
    for name in [*VALUES, "unknown"]:
        result = cli("users", "set", ada.email, f"{name}=\x01")
        assert result.exit_code != 0
        assert name in result.output


def test_a_user_is_switched_off_and_on(cli: Cli, client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    assert cli("users", "deactivate", ada.email).exit_code == 0
    assert client.get("/me").status_code == 401
    assert cli("users", "activate", ada.email).exit_code == 0
    transport.drop(client)
    transport.log_in(client, ada.email, ada.password)


def test_a_user_is_deleted_only_when_confirmed(cli: Cli, client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    assert cli("users", "delete", ada.email, input="n\n").exit_code == 1
    assert client.get("/me").status_code == 200
    assert cli("users", "delete", ada.email, "--yes").exit_code == 0
    assert client.get("/me").status_code == 401


def test_a_forgotten_password_is_replaced(cli: Cli, client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    new = "a quite different passphrase"
    assert cli("users", "password", ada.email, input=f"{new}\n{new}\n").exit_code == 0
    assert client.get("/me").status_code == 401
    transport.drop(client)
    transport.log_in(client, ada.email, new)


def test_sessions_are_listed_ended_and_purged(cli: Cli, client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    (session,) = rows(cli("sessions", "list", ada.email, "--json"))
    assert session["id"] == client.get("/sessions").json()[0]["id"]
    assert cli("sessions", "purge").output == "Deleted 0.\n"
    assert cli("sessions", "end", ada.email).output.endswith("Ended 1.\n")
    assert client.get("/me").status_code == 401
    assert cli("sessions", "list", ada.email).output == "None.\n"


def test_an_identity_is_linked_once(cli: Cli, ada: Person, ben: Person) -> None:
    identity = ("https://idp.example", "subject")
    assert cli("users", "link", ada.email, *identity, "--yes").exit_code == 0
    assert "already" in cli("users", "link", ben.email, *identity, "--yes").output
    assert cli("users", "unlink", *identity).exit_code == 0
    assert cli("users", "link", ben.email, *identity, "--yes").exit_code == 0


@pytest.mark.parametrize(("options", "keeps_password"), [([], False), (["--keep-password"], True)])
def test_link_takes_the_account_from_who_registered_it(
    cli: Cli, client: Client, ada: Person, options: list[str], keeps_password: bool
) -> None:
    login = transport.log_in(client, ada.email, ada.password)
    linked = cli("users", "link", ada.email, "https://idp.example", "subject", "--yes", *options)
    assert linked.exit_code == 0, linked.output
    assert client.get("/me").status_code == 401
    assert transport.is_refused_refresh(transport.try_refresh(client, login.refresh_token))
    transport.drop(client)
    again = transport.try_log_in(client, ada.email, ada.password)
    assert (again.status_code == 200) is keeps_password
    (row,) = rows(cli("users", "list", "--json"))
    assert row["has_password"] is keeps_password


def at_a_terminal(answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command at a terminal, type an answer, and return its exit code and what it prints."""
    typist, terminal = os.openpty()
    try:
        os.write(typist, f"{answer}\n".encode())
        command = [sys.executable, "-m", "{{ cookiecutter.package_name }}", *arguments]
        done = subprocess.run(
            command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    finally:
        os.close(typist)
        os.close(terminal)
    return done.returncode, done.stdout


LINK = ("users", "link", "ada@example.com", "https://idp.example", "subject")
SETS = [("users", "set", "ada@example.com", assignment) for assignment in ASSIGNMENTS.values()]


def test_account_is_shown_before_it_gets_rights(cli: Cli, client: Client, ada: Person) -> None:
    transport.log_in(client, ada.email, ada.password)
    (session,) = client.get("/sessions").json()
    exit_code, shown = at_a_terminal("n", *LINK)
    assert exit_code == 1
    assert ada.id in shown
    assert session["created_at"][:16].replace("T", " ") in shown
    assert "right account? [y/N]" in shown
    assert client.get("/me").status_code == 200
    exit_code, shown = at_a_terminal("y", *LINK)
    assert exit_code == 0, shown
    assert client.get("/me").status_code == 401


def test_last_login_is_shown_after_a_logout(cli: Cli, client: Client, ada: Person) -> None:
    """Somebody may have registered with an address of another, and logged out again."""
    before = rows(cli("users", "list", "--json"))[0]
    assert before["last_login_at"] is None
    transport.log_in(client, ada.email, ada.password)
    assert client.post("/logout").status_code == 204
    after = rows(cli("users", "list", "--json"))[0]
    assert after["last_login_at"] > before["created_at"]
    _, shown = at_a_terminal("n", *LINK)
    assert after["last_login_at"][:16].replace("T", " ") in shown


def test_login_is_no_change_of_the_profile(client: Client, ada: Person) -> None:
    profiles = []
    for _ in range(2):
        transport.log_in(client, ada.email, ada.password)
        profiles.append(client.get("/me").json())
        transport.drop(client)
    assert profiles[0] == profiles[1]


CONTROLS = "a\x9b31m\x1b[31m\u202e"
"""What a terminal would obey."""


def test_no_control_character_of_a_client_is_printed(cli: Cli, client: Client, ada: Person) -> None:
    client.headers.update(Headers([(b"user-agent", f"{CONTROLS}\x00".encode())]))
    transport.log_in(client, ada.email, ada.password)
    assert client.get("/sessions").json()[0]["client"].isprintable()
    for command in (("sessions", "list", ada.email), ("sessions", "list", ada.email, "--json")):
        listed = cli(*command)
        assert listed.exit_code == 0
        assert "31m" in listed.output
        assert listed.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [CONTROLS, "a\nb", "a\x00b", "a\udc9bb"])
def test_no_identity_with_a_control_character_is_linked(cli: Cli, ada: Person, text: str) -> None:
    for identity in ((text, "ada"), ("https://idp.example", text)):
        for command in (("link", ada.email, *identity, "--yes"), ("unlink", *identity)):
            refused = cli("users", *command)
            assert refused.exit_code == 2
            assert refused.output.replace("\n", "").isprintable()
            assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "list", CONTROLS),
        ("users", CONTROLS),
        ("sessions", "end", "a\udc9b@example.com"),
        ("database", "upgrade", CONTROLS),
        ("run", "--host", CONTROLS),
        ("run", "--host", "a\x7f"),
        ("run", "--port", "1\udc9b"),
    ],
)
def test_no_control_character_of_an_argument_is_printed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ARGON2_MEMORY_KIB", "19456")
    refused = cli(*arguments)
    assert isinstance(refused.exception, SystemExit), refused.exception
    assert refused.output.replace("\n", "").isprintable()


@pytest.mark.parametrize("command", [LINK, *SETS])
def test_rights_are_not_given_where_nobody_can_be_asked(
    cli: Cli, client: Client, ada: Person, command: tuple[str, ...]
) -> None:
    before = rows(cli("users", "list", "--json"))
    refused = cli(*command, input="y\n")
    assert refused.exit_code == 1
    assert ada.id in refused.output
    assert "--yes" in refused.output
    assert rows(cli("users", "list", "--json")) == before


def test_the_posture_of_each_route_is_shown(cli: Cli) -> None:
    posture = {
        (row["path"], row["method"]): row for row in rows(cli("security", "routes", "--json"))
    }
    assert posture["/me", "GET"]["access"] == "authenticated"
    assert posture["/login", "POST"]["access"] == "open"
    assert "authenticated" in cli("security", "routes").output


def test_the_schema_goes_forward_and_back(
    cli: Cli, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", migration_url(empty_database_url))
    early = cli("users", "list")
    assert early.exit_code == 1
    assert "database upgrade" in early.output
    assert cli("database", "upgrade").exit_code == 0
    assert cli("database", "upgrade").exit_code == 0
    assert cli("database", "check").exit_code == 0
    assert cli("users", "list").output == "None.\n"
    assert cli("database", "downgrade", "base", "--yes").exit_code == 0
    assert cli("users", "list").exit_code == 1
    assert cli("database", "upgrade", "0001").exit_code == 0
    assert cli("database", "upgrade").exit_code == 0
    assert cli("users", "list").exit_code == 0
    assert cli("database", "upgrade", "no-such-revision").exit_code == 1


def test_a_wrong_setting_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN_LIFETIME", "soon")
    result = cli("run")
    assert result.exit_code == 1
    assert "ACCESS_TOKEN_LIFETIME" in result.output
    assert "Traceback" not in result.output
