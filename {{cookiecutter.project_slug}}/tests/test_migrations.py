"""How the schema is brought forward, also where the project has migrations of its own."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from alembic.util import CommandError
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from {{ cookiecutter.package_name }}.accounts.models import Session, User, utc_now
from {{ cookiecutter.package_name }}.migrations import Revisions
from {{ cookiecutter.package_name }}.migrations.lock import while_locked

from .conftest import Client
from .own_migrations import Project, project

__all__ = ["project"]


def revisions_of(database_url: str) -> set[str]:
    """Return the revisions that a database says it is at."""
    query = text("SELECT version_num FROM alembic_version")
    return while_locked(database_url, lambda connection: {*connection.scalars(query)})


def test_two_migrations_of_one_parent_are_both_applied_and_then_merged(
    project: Project, empty_database_url: str
) -> None:
    project.add("one")
    project.add("other")
    project.run("upgrade")
    assert revisions_of(empty_database_url) >= {"one", "other"}
    project.run("check")

    project.run("revision", "merge")
    project.run("upgrade")
    (merged,) = revisions_of(empty_database_url)
    (file,) = project.versions.glob(f"{merged}_*.py")
    assert "'one'" in file.read_text("utf-8")
    assert "'other'" in file.read_text("utf-8")
    project.run("check")


def test_accounts_and_sessions_outlive_0002_and_its_downgrade(
    project: Project, empty_database_url: str
) -> None:
    def fill(connection: Connection) -> None:
        user = {"id": uuid4(), "email": "ada@example.com", "name": "Ada", "password_hash": "hash"}
        hashes = {"family_hash": b"family", "refresh_hash": b"refresh"}
        ends = {"expires_at": utc_now(), "ends_at": utc_now()}
        connection.execute(insert(User).values(user))
        connection.execute(insert(Session).values(user_id=user["id"], client="", **hashes, **ends))

    def add(email: str) -> Callable[[Connection], object]:
        user = insert(User).values(email=email, name="Grace", password_hash=None)
        return lambda connection: connection.execute(user)

    def stored(connection: Connection) -> list[Any]:
        users = select(User.email, User.password_hash, Session.refresh_hash).outerjoin(Session)
        return [tuple(row) for row in connection.execute(users.order_by(User.email))]

    ada = ("ada@example.com", "hash", b"refresh")
    project.run("upgrade", "0001")
    while_locked(empty_database_url, fill)
    project.run("upgrade")
    while_locked(empty_database_url, add("grace@example.com"))
    for email in ("Upper@example.com", ada[0]):
        with pytest.raises((CommandError, IntegrityError)):
            while_locked(empty_database_url, add(email))
    assert while_locked(empty_database_url, stored) == [ada, ("grace@example.com", None, None)]
    project.run("downgrade", "0001", "--yes")
    assert while_locked(empty_database_url, stored) == [ada, ("grace@example.com", "!", None)]


def test_one_branch_is_taken_back_by_its_name_and_the_other_stays(
    project: Project, empty_database_url: str
) -> None:
    project.run("upgrade")
    others = revisions_of(empty_database_url)
    project.add("notes_0001")
    project.add("notes_0002", revises="notes_0001")
    project.run("upgrade")
    assert revisions_of(empty_database_url) == others | {"notes_0002"}
    project.run("downgrade", "notes_0001@0001", "--yes")
    assert revisions_of(empty_database_url) == others


def test_downgrade_by_a_number_of_steps_is_rejected(
    project: Project, empty_database_url: str
) -> None:
    project.add("one")
    project.run("upgrade")
    applied = revisions_of(empty_database_url)
    refused = project.run("downgrade", "--yes", "--", "-1", fails=True)
    assert "-1 does not name the revision" in refused
    assert revisions_of(empty_database_url) == applied


@pytest.mark.parametrize(
    ("applied", "are_met"),
    [
        ({"core", "own"}, True),
        ({"core"}, False),
        ({"first", "own"}, False),
        (set(), False),
        ({"core", "own", "newer"}, True),
        ({"newer"}, True),
        ({"first", "newer"}, False),
    ],
)
def test_every_head_of_the_code_has_to_be_applied(applied: set[str], are_met: bool) -> None:
    heads = frozenset({"core", "own"})
    revisions = Revisions(all=heads | {"first"}, heads=heads)
    assert revisions.are_met(applied) is are_met


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("DELETE FROM alembic_version", 503),
        ("INSERT INTO alembic_version VALUES ('newer')", 200),
    ],
)
def test_the_app_is_ready_on_a_newer_schema_but_not_on_an_older_one(
    project: Project,
    empty_database_url: str,
    make_client: Callable[..., Client],
    change: str,
    status: int,
) -> None:
    project.run("upgrade")
    while_locked(empty_database_url, lambda connection: connection.execute(text(change)))
    client = make_client(database_url=empty_database_url)
    assert client.get("/health/ready").status_code == status
