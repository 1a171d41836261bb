"""The database: its schema brought up to date, compared, taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from .. import migrations
from ..migrations.lock import complaints, schema_url, while_locked
from ..printable import printable
from ..settings import load_settings


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
    """Take the schema back to REVISION, by its name: base for none.

    0003 takes back what came after it. notes_0001@0001 takes back to 0001 only what notes_0001
    belongs to.
    """
    _do(lambda connection: migrations.downgrade(connection, revision))
    click.echo(f"The schema is taken back to {revision}.")


@database.command()
def check() -> None:
    """Compare the schema with the models, and say what is unsafe about the database."""
    _do(migrations.check)
    with _explained():
        for complaint in complaints(load_settings()):
            click.echo(f"Warning: {complaint}", err=True)


@database.command()
@click.argument("message")
def revision(message: str) -> None:
    """Write a migration that brings the schema to what the models say, and joins all heads."""
    _do(lambda connection: migrations.write_revision(connection, message))


def _do(work: Callable[[Connection], None]) -> None:
    with _explained():
        while_locked(schema_url(load_settings()), work)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (CommandError, SQLAlchemyError, OSError) as error:
        raise click.ClickException(printable(str(error), keep="\n")) from None
