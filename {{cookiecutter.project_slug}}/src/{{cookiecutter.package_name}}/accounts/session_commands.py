"""Sessions: listed, ended, purged."""

import click

from ..commands import json_option, print_rows
from .commands import EMAIL, Services, with_services


@click.group()
def sessions() -> None:
    """List and end sessions."""


@sessions.command("list")
@click.argument("email", type=EMAIL)
@json_option
def list_sessions(email: str, as_json: bool) -> None:
    """List the live sessions of a user."""

    async def find(services: Services) -> list[dict[str, object]]:
        user = await services.accounts.find(email)
        return [
            {
                "id": session.id,
                "created_at": session.created_at,
                "last_used_at": session.last_used_at,
                "expires_at": session.expires_at,
                "client": session.client,
            }
            for session in await services.sessions.of_user(user.id)
        ]

    print_rows(with_services(find), as_json=as_json)


@sessions.command("end")
@click.argument("email", type=EMAIL)
def end(email: str) -> None:
    """End all sessions of a user."""

    async def end_all(services: Services) -> int:
        user = await services.accounts.find(email)
        return await services.sessions.end_all(user.id)

    click.echo(f"Ended {with_services(end_all)}.")


@sessions.command("purge")
def purge() -> None:
    """Delete expired sessions now. The running app does so by itself."""

    async def purge_all(services: Services) -> int:
        total = 0
        while purged := await services.sessions.purge():
            total += purged
        return total

    click.echo(f"Deleted {with_services(purge_all)}.")
