"""Migrations that the owner of this project writes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import {{ cookiecutter.package_name }}

from .databases import migration_url
from .signing import KEY_SETTINGS

MIGRATION = '''"""A migration that the owner of the project wrote.

Revision ID: {revision}
Revises: {revises}
"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{revises}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    pass
'''


class Project:
    """A copy of this project's code that gets further migrations."""

    def __init__(self, folder: Path, database_url: str) -> None:
        source = Path({{ cookiecutter.package_name }}.__file__).parent
        package = folder / "copy" / source.name
        shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "static"))
        self.versions = package / "migrations" / "versions"
        self.environment = {
            **os.environ,
            **{name.upper(): value for name, value in KEY_SETTINGS.items()},
            "DATABASE_URL": migration_url(database_url),
            "PYTHONPATH": str(package.parent),
        }
        self.command = [sys.executable, "-m", source.name, "database"]
        self.folder = folder

    def add(self, revision: str, upgrade: str = "pass", revises: str = "0001") -> None:
        """Add a migration."""
        source = MIGRATION.format(revision=revision, upgrade=upgrade, revises=revises)
        (self.versions / f"{revision}.py").write_text(source, "utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the group `database`."""
        return subprocess.Popen(
            [*self.command, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run a command of the group `database`, and return what it prints."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=120)
        assert bool(process.returncode) == fails, output
        assert "Traceback" not in output
        return output


@pytest.fixture
def project(tmp_path: Path, empty_database_url: str) -> Project:
    return Project(tmp_path, empty_database_url)
