"""The schema's history, and the way along it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection


@dataclass(frozen=True)
class Revisions:
    """The revisions that this code has."""

    all: frozenset[str]
    heads: frozenset[str]
    """Those that no other one revises: several where the owner and the template wrote one each."""

    def are_met(self, applied: Iterable[str]) -> bool:
        """Return True if a schema at these revisions has all that this code's models describe.

        A revision that this code does not have is newer: instances of the old code serve until
        those of the new one, for which the schema was migrated, have replaced them.
        """
        current = set(applied)
        outdated = current & self.all - self.heads
        return not outdated and (current >= self.heads or not current <= self.all)


def read_revisions() -> Revisions:
    """Read the revisions from this folder."""
    scripts = ScriptDirectory.from_config(_configuration())
    return Revisions(
        all=frozenset(script.revision for script in scripts.walk_revisions()),
        heads=frozenset(scripts.get_heads()),
    )


def upgrade(connection: Connection, revision: str = "heads") -> None:
    """Bring the schema forward to a revision: `heads` for all that there is."""
    command.upgrade(_configuration(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Take the schema back to a revision by its name: `base` for none.

    Raises:
        alembic.util.CommandError: `revision` is a number of steps. Where a history has branches,
            these could lead to several revisions, and Alembic picks one.
    """
    if revision.startswith("-"):
        raise CommandError(f"{revision} does not name the revision to go back to")
    command.downgrade(_configuration(connection), revision)


def check(connection: Connection) -> None:
    """Compare the schema with the models.

    Raises:
        alembic.util.CommandError: they differ.
    """
    command.check(_configuration(connection))


def write_revision(connection: Connection, message: str) -> None:
    """Write a migration that brings the schema to what the models say, and joins all heads."""
    command.revision(_configuration(connection), message, autogenerate=True, head="heads")


def _configuration(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
