{% from "words.jinja" import database, transport with context %}
"""The command line: for whoever runs the app."""

import socket
from collections.abc import Iterable

import click

{{ [] | import_block("cli", "from ..part import PartsCollide, unite", "from ..parts import PARTS", "from ..printable import printable", "from ..problems import exception_handlers", "from ..security.key_store import load_key_ring", *database.cli_imports) }}
from ..server import check, serve
from ..settings import UnsafeSettings, load_settings
from .database import database
from .keys import keys
from .security import security


class Commands(click.Group):
    """Commands that end in one clear line where parts, settings or arguments are at fault."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (PartsCollide, UnsafeSettings) as error:
            raise click.ClickException(printable(str(error), keep="\n")) from None
        except click.UsageError as error:
            # click shows arguments as they were given.
            message = error.format_message()
            if (shown := printable(message, keep="\n")) == message:
                raise
            raise click.UsageError(shown, error.ctx) from None


@click.command()
@click.option("--host", help="Address to listen on. Default: HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: PORT, or 8000.")
@click.option("--workers", type=click.IntRange(1), help="Processes. Default: WORKERS, or 1.")
@click.option("--reload", is_flag=True, help="Start anew when the code changes.")
def run(host: str | None, port: int | None, workers: int | None, reload: bool) -> None:
    """Serve the API{{ database.cli_serves }}."""
    # Here once, and not in each worker that the server would start in its place.
    exception_handlers(PARTS)
    given = {"host": host, "port": port, "workers": workers}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    for warning in check(settings):
        click.echo(f"Warning: {warning}", err=True)
    load_key_ring(settings)
{% include {"sqlite": "cli_upgrade.py.jinja", "postgresql": "nothing.jinja"}[cookiecutter.database] %}
    _refuse_a_taken_port(settings.host, settings.port)
    address = f"http://{settings.host}:{settings.port}"
    if settings.development:
        docs = "docs page at /schema, " if settings.docs_enabled else ""
        click.echo(f"Development: {{ transport.cli_development }}{docs}no HSTS.", err=True)
    click.echo(f"Serving {address}{'/schema' if settings.docs_enabled else ''}", err=True)
    serve(settings, reload=reload)


def _refuse_a_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server does: a port whose last connection has just ended is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"{host}:{port}: {error.strerror}; choose another with --port"
            raise click.ClickException(printable(reason)) from None
        except (TypeError, UnicodeError):
            raise click.ClickException(f"{printable(host)} is not a host name") from None


def _by_name(commands: Iterable[click.Command]) -> dict[str, click.Command]:
    return {str(command.name): command for command in commands}


@click.group(
    cls=Commands,
    commands=unite(
        "command",
        [
            ("the app", _by_name([run, keys, database, security])),
            *((part.name, _by_name(part.commands)) for part in PARTS),
        ],
    ),
)
def main() -> None:
    """Run and administer {{ cookiecutter.project_slug }}."""
