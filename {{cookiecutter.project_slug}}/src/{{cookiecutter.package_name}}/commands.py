"""What commands share: what services build on, without a server, and tables."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
import msgspec
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .health import Readiness
from .logging import configure_logging
from .part import Core
from .printable import printable
from .settings import COMMAND, load_settings

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class Validated(click.ParamType[str]):
    """A parameter that must be what a route would take in its place."""

    def __init__(self, name: str, kind: Any) -> None:
        self.name = name
        self._adapter: TypeAdapter[str] = TypeAdapter(kind)

    def convert(
        self, value: str, param: click.Parameter | None, context: click.Context | None
    ) -> str:
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            self.fail(printable(str(error.errors()[0]["msg"])), param, context)


def with_core(work: Callable[[Core], Awaitable[T]]) -> T:
    """Do something with what services build on, on the database of the settings."""

    async def run() -> T:
        settings = load_settings()
        configure_logging(settings, sys.stderr)
        core = Core.of(settings)
        try:
            if not await Readiness(core.database).is_ready():
                raise click.ClickException(
                    "The database does not respond, takes no writes, or its schema is outdated. "
                    f"For the last: {COMMAND} database upgrade"
                )
            return await work(core)
        finally:
            await core.close()

    return asyncio.run(run())


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows that have the same columns, as a table or as JSON."""
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))
        return
    if not rows:
        click.echo("None.")
        return
    console = Console()
    table = _table(rows)
    unbounded = console.options.update(max_width=sys.maxsize)
    if console.measure(table, options=unbounded).maximum <= console.width:
        console.print(table)
    else:
        for row in rows:
            console.print(_record(row), "")


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_shown, row.values()))
    return table


def _record(row: dict[str, Any]) -> Table:
    """Return a row as lines of its own, for one that is too long to be copied from one line."""
    record = Table.grid("name", "value", padding=(0, 2))
    for name, value in row.items():
        record.add_row(f"[bold]{name}[/]", _shown(value))
    return record


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    return "" if value is None else escape(printable(str(value)))
