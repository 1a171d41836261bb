"""A part with a table, which a copy of the template gets, and one answer adds."""

import re
from pathlib import Path

ADDING, LACKING = {"license": "BSD-3-Clause"}, {"license": "MIT"}
"""The answers that add it, and those that take it away."""

CONDITION = "cookiecutter.license == 'BSD-3-Clause'"
SOURCE = "{{cookiecutter.project_slug}}/src/{{cookiecutter.package_name}}"
MIGRATION = "migrations/versions/memos_0001.py"

FILES = {
    "memos/__init__.py": '''"""What people write down for themselves."""

from ..part import Part
from .handlers import list_memos_handler, write_memo_handler
from .models import Memo
from .service import Memos

part = Part(
    name="memos",
    handlers=[write_memo_handler, list_memos_handler],
    tables=[Memo],
    services=lambda core: {"memos": Memos(core.database)},
)
''',
    "memos/models.py": '''"""The table of memos."""

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Base


class Memo(Base):
    __tablename__ = "memos"

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(Uuid(), ForeignKey("users.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String())
''',
    "memos/service.py": '''"""What may be done with memos."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from ..database import Database
from .models import Memo


class Memos:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, user_id: UUID, text: str) -> None:
        async with self._database.transaction() as db:
            db.add(Memo(user_id=user_id, text=text))

    async def of_user(self, user_id: UUID) -> Sequence[str]:
        async with self._database.reading() as db:
            own = select(Memo.text).where(Memo.user_id == user_id)
            return (await db.scalars(own)).all()
''',
    "memos/handlers.py": '''"""The routes of memos."""

from collections.abc import Sequence

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ..accounts.handlers import AuthenticatedRequest
from ..accounts.schemas import Input
from .service import Memos


class MemoText(Input):
    text: str


@post("/memos")
async def write_memo_handler(
    request: AuthenticatedRequest, data: JSONBody[MemoText], memos: NamedDependency[Memos]
) -> None:
    """Write a memo."""
    await memos.write(request.user.id, data.text)


@get("/memos")
async def list_memos_handler(
    request: AuthenticatedRequest, memos: NamedDependency[Memos]
) -> Sequence[str]:
    """The caller's memos."""
    return await memos.of_user(request.user.id)
''',
    MIGRATION: '''"""Memos.

Revision ID: memos_0001
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "memos_0001"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memos_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memos")),
    )


def downgrade() -> None:
    op.drop_table("memos")
''',
}


def add_to(template: Path) -> None:
    """Do what CONTRIBUTING.md says about a part."""
    for name, text in FILES.items():
        folder, _, file = name.rpartition("/")
        path = template / SOURCE / folder / f"{{% if {CONDITION} %}}{file}{{% endif %}}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    listed = f"(['memos'] if {CONDITION} else [])"
    insert(template / "cookiecutter.json", r'"__parts": "{{ \(', f"{listed} + ")
    migration = f'    "src/{{{{ cookiecutter.package_name }}}}/{MIGRATION}",\n'
    skipped = f"{{% if {CONDITION} %}}\n{migration}{{% endif %}}\n"
    insert(template / "{{cookiecutter.project_slug}}/pyproject.toml", r"skip = \[\n", skipped)


def insert(file: Path, behind: str, text: str) -> None:
    """Insert text behind what a pattern matches."""
    changed, found = re.subn(f"({behind})", lambda match: match[1] + text, file.read_text("utf-8"))
    assert found == 1, f"{file} has {behind!r} {found} times"
    file.write_text(changed, "utf-8")
