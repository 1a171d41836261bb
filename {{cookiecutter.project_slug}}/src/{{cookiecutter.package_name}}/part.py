"""What a part of the app is: all that it brings along, in one value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import click
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from .database import Base, Database
from .security.throttle import Throttle
from .settings import Settings

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Core:
    """What the services of all parts build on."""

    settings: Settings
    database: Database
    throttle: Throttle

    @classmethod
    def of(cls, settings: Settings) -> "Core":
        return cls(settings, Database(settings), Throttle(settings))

    async def close(self) -> None:
        await self.throttle.close()
        await self.database.close()


class Problem(NamedTuple):
    """How an exception is answered, as a problem document (RFC 9457)."""

    status: HTTPStatus
    name: str
    """The last part of `type`. It is stable, and listed in the README."""
    title: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the app. The app, its command line and its migrations read it from `PARTS`."""

    name: str
    handlers: Sequence[ControllerRouterHandler] = ()
    tables: Sequence[type[Base]] = ()
    problems: Mapping[type[Exception], Problem] = field(default_factory=dict)
    services: Callable[[Core], Mapping[str, object]] = lambda core: {}
    """Returns objects by the names under which the app's state and handlers have them."""
    commands: Sequence[click.Command] = ()
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = ()
    """What runs beside requests, and ends before the database is closed."""


class PartsCollide(Exception):
    """Two parts bring along what there can be only one of."""


def unite(kind: str, owned: Iterable[tuple[str, Mapping[K, V]]]) -> dict[K, V]:
    """Return all that several owners have, each thing by the key that it is known by.

    Args:
        kind: what the things are, for the message.
        owned: the name of each owner, and its things.

    Raises:
        PartsCollide: two of them have something under one key.
    """
    owners: dict[K, str] = {}
    united: dict[K, V] = {}
    for owner, things in owned:
        for key, thing in things.items():
            if key in owners:
                name: Any = getattr(key, "__name__", key)
                raise PartsCollide(f"{owners[key]} and {owner} both have the {kind} {name}")
            owners[key] = owner
            united[key] = thing
    return united
