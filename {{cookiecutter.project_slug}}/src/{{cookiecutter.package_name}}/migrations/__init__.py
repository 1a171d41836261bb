"""The schema's history, and the way along it."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


@cache
def head() -> str | None:
    """Return the revision that this code's models describe."""
    return ScriptDirectory.from_config(_configuration()).get_current_head()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema forward to a revision, within the connection's transaction."""
    command.upgrade(_configuration(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to a revision: `-1` for the one before, `base` for none."""
    command.downgrade(_configuration(connection), revision)


def check(connection: Connection) -> None:
    """Compare the schema with the models.

    Raises:
        alembic.util.CommandError: they differ.
    """
    command.check(_configuration(connection))


def write_revision(connection: Connection, message: str) -> None:
    """Write a migration that brings the schema to what the models say."""
    command.revision(_configuration(connection), message, autogenerate=True)


def _configuration(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
