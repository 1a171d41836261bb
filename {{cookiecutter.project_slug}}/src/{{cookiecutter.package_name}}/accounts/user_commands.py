"""Users: created, completed, linked, switched off and on."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import click
from pydantic import AfterValidator

from ..commands import Validated, json_option, print_rows
from ..printable import printable
from ..token_fields import field_values
from .commands import EMAIL, Services, with_services
from .fields import WrongField, parse_fields
from .models import User
from .schemas import Name

Command = TypeVar("Command", bound=Callable[..., Any])


def _text(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must not contain control characters")
    return value


TEXT = Validated("text", Annotated[str, AfterValidator(_text)])


def _parsed(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, Any]:
    try:
        return parse_fields(value)
    except WrongField as error:
        raise click.BadParameter(printable(str(error))) from None


def fields_argument(command: Command) -> Command:
    return click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...", callback=_parsed)(command)


password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


yes_option = click.option("--yes", is_flag=True, help="Do not show the account and ask.")


@click.group()
def users() -> None:
    """Create users, set their token fields, link their identities."""


@users.command("create")
@click.argument("email", type=EMAIL)
@click.option("--name", prompt=True, type=Validated("name", Name))
@password_option
@click.option("--no-password", is_flag=True, help="The user logs in at a foreign issuer.")
@fields_argument
def create(
    email: str, name: str, password_stdin: bool, no_password: bool, fields: dict[str, Any]
) -> None:
    """Create a user. The password is asked for."""
    if password_stdin and no_password:
        raise click.UsageError("Use --password-stdin or --no-password, not both.")
    password = None if no_password else _read_password(password_stdin)
    user = with_services(lambda services: services.accounts.register(email, name, password, fields))
    click.echo(f"Created {user.email} ({user.id}).")


@users.command("set")
@click.argument("email", type=EMAIL)
@fields_argument
@yes_option
def set_fields(email: str, fields: dict[str, Any], yes: bool) -> None:
    """Set token fields: plan=pro, roles='["a", "b"]', tenant=null."""
    if not fields:
        raise click.UsageError("Name at least one FIELD=VALUE.")
    user_id = _confirmed(email, yes)
    with_services(lambda services: services.accounts.set_fields(user_id, fields))
    click.echo(f"{email}: set {', '.join(fields)}. It counts from the next login or refresh on.")


@users.command("password")
@click.argument("email", type=EMAIL)
@password_option
def set_password(email: str, password_stdin: bool) -> None:
    """Set a user's password and end their sessions. It is asked for."""
    password = _read_password(password_stdin)
    with_services(lambda services: services.accounts.set_password(email, password))
    click.echo(f"{email} has a new password.")


@users.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """List all users with their token fields."""
    print_rows(
        [_row(user) for user in with_services(lambda s: s.accounts.everyone())], as_json=as_json
    )


@users.command("deactivate")
@click.argument("email", type=EMAIL)
def deactivate(email: str) -> None:
    """End a user's sessions and let them in no more."""
    with_services(lambda services: services.accounts.set_active(email, active=False))
    click.echo(f"{email} is out.")


@users.command("activate")
@click.argument("email", type=EMAIL)
def activate(email: str) -> None:
    """Let a deactivated user in again."""
    with_services(lambda services: services.accounts.set_active(email, active=True))
    click.echo(f"{email} may log in.")


@users.command("delete")
@click.argument("email", type=EMAIL)
@click.confirmation_option(prompt="Delete the user with all that belongs to them?")
def delete(email: str) -> None:
    """Delete a user."""
    with_services(lambda services: services.accounts.remove(email))
    click.echo(f"{email} is deleted.")


@users.command("link")
@click.argument("email", type=EMAIL)
@click.argument("issuer", type=TEXT)
@click.argument("subject", type=TEXT)
@click.option("--keep-password", is_flag=True, help="Let the user log in here as well.")
@yes_option
def link(email: str, issuer: str, subject: str, keep_password: bool, yes: bool) -> None:
    """Let tokens of a foreign ISSUER about SUBJECT act for a user.

    This ends the user's sessions and removes their password.
    """
    user_id = _confirmed(email, yes)
    with_services(
        lambda services: services.accounts.link(
            user_id, issuer, subject, keep_password=keep_password
        )
    )
    click.echo(f"{subject} of {issuer} acts for {email}. The sessions of {email} have ended.")


@users.command("unlink")
@click.argument("issuer", type=TEXT)
@click.argument("subject", type=TEXT)
def unlink(issuer: str, subject: str) -> None:
    """Undo a link."""
    if not with_services(lambda services: services.accounts.unlink(issuer, subject)):
        raise click.ClickException("There is no such link.")
    click.echo("Unlinked.")


def _confirmed(email: str, yes: bool) -> UUID:
    """Return the id of the account that the operator means by an address, which is not verified."""

    async def look(services: Services) -> dict[str, Any]:
        user = await services.accounts.find(email)
        return {**_row(user), "sessions": len(await services.sessions.of_user(user.id))}

    account = with_services(look)
    if not yes:
        print_rows([account], as_json=False)
        if not sys.stdin.isatty():
            raise click.ClickException("This is not a terminal: check the account, and add --yes.")
        click.confirm("Nobody has verified this address. Is this the right account?", abort=True)
    return UUID(str(account["id"]))


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _row(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "active": user.is_active,
        "has_password": user.password_hash is not None,
        "created_at": user.created_at,
        "last_login_at": user.last_login_at,
        **field_values(user),
    }
