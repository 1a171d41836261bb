"""The database: its schema brought up to date, compared, taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from .. import migrations
from ..migrations.lock import {{ "missing_limits, " if cookiecutter.database == "postgresql" }}while_locked
from ..settings import load_{{ "migration_" if cookiecutter.database == "postgresql" }}settings


@click.group()
def database() -> None:
    """Bring the schema up to date, compare it, take it back; write migrations."""


@database.command()
@click.argument("revision", default="heads")
def upgrade(revision: str) -> None:
    """Bring the schema to the newest revisions, or to REVISION."""
    _do(lambda connection: migrations.upgrade(connection, revision))
    click.echo("The schema is up to date." if revision == "heads" else f"It is at {revision}.")


@database.command()
@click.argument("revision")
@click.confirmation_option(prompt="Taking the schema back can lose data. Go on?")
def downgrade(revision: str) -> None:
    """Take the schema back to REVISION: -1 for the one before, base for none."""
    _do(lambda connection: migrations.downgrade(connection, revision))
    click.echo(f"The schema is taken back to {revision}.")


@database.command()
def check() -> None:
    """Compare the schema with the models{{ ", and name the limits that the app's role lacks" if cookiecutter.database == "postgresql" }}."""
    _do(migrations.check)
{% if cookiecutter.database == "postgresql" %}
    with _explained():
        missing = missing_limits(load_migration_settings().database_url.get_secret_value())
    if missing:
        # No error: a developer's own role needs none, and the schema is as it should be.
        commands = "; ".join(missing)
        click.echo(f"Warning: the app's role lacks limits on the server: {commands}", err=True)
{% endif %}


@database.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration that brings the schema to what the models say, and joins all heads."""
    _do(lambda connection: migrations.write_revision(connection, message))


def _do(work: Callable[[Connection], None]) -> None:
    settings = load_{{ "migration_" if cookiecutter.database == "postgresql" }}settings()
    url = {{ "settings.migration_database_url or " if cookiecutter.database == "postgresql" }}settings.database_url
    with _explained():
        while_locked(url.get_secret_value(), work)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (CommandError, SQLAlchemyError, OSError) as error:
        raise click.ClickException(str(error)) from None
