"""The security posture of the app, as it is built."""

import click

from ..app import create_app
from ..commands import json_option, print_rows
from ..security.posture import routes


@click.group()
def security() -> None:
    """Show who may call what."""


@security.command("routes")
@json_option
def list_routes(as_json: bool) -> None:
    """List every route and method with who may call it."""
    print_rows(routes(create_app()), as_json=as_json)
