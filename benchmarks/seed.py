"""Fill a rendered project's database, and sign tokens: run in the project's environment.

    python -m benchmarks.seed PACKAGE ROWS TOKENS FILE

makes so many users with a session each, and writes so many tokens into the file, a line each.
Their users are spread evenly; with more tokens than users, some share one.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert

BATCH = 5000
HOUR = timedelta(hours=1)


def rows(keys: list[tuple[UUID, UUID]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return users and sessions with these keys."""
    later = datetime.now(UTC) + HOUR
    users = [
        {"id": user, "email": f"{user.hex}@example.com", "name": "Ada", "password_hash": "x" * 97}
        for user, _ in keys
    ]
    sessions = [
        {
            **{"id": session, "user_id": user, "client": "benchmark"},
            **{"family_hash": session.bytes, "refresh_hash": session.bytes},
            **{"expires_at": later, "ends_at": later},
        }
        for user, session in keys
    ]
    return users, sessions


def main(package: str, count: int, tokens: int, file: Path) -> None:
    models = import_module(f"{package}.accounts.models")
    settings = import_module(f"{package}.settings").load_settings()
    keys = [(uuid4(), uuid4()) for _ in range(count)]

    def fill(connection: Connection) -> None:
        for start in range(0, count, BATCH):
            users, sessions = rows(keys[start : start + BATCH])
            connection.execute(insert(models.User), users)
            connection.execute(insert(models.Session), sessions)

    lock = import_module(f"{package}.migrations.lock")
    lock.while_locked(settings.database_url.get_secret_value(), fill)

    ring = import_module(f"{package}.security.key_store").load_key_ring(settings)
    backend = import_module(f"{package}.security.backend").create_backend(settings, ring, main)

    def signed() -> Iterator[str]:
        for number in range(tokens):
            user, session = keys[number * count // tokens]
            yield backend.create_token(str(user), HOUR, token_extras={"sid": str(session)})

    file.write_text("\n".join(signed()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
