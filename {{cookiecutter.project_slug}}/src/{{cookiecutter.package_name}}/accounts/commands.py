"""What the commands about accounts share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from ..commands import Validated, with_core
from ..part import Core
from ..security.passwords import WeakPassword
from .errors import EmailTaken, IdentityTaken, NoSuchUser
from .schemas import Email
from .service import Accounts
from .sessions import Sessions

T = TypeVar("T")

EMAIL = Validated("email", Email)

REFUSALS: dict[type[Exception], str] = {
    NoSuchUser: "Nobody has this address.",
    EmailTaken: "Somebody has this address already.",
    IdentityTaken: "This subject acts for somebody already.",
}


@dataclass(frozen=True)
class Services:
    accounts: Accounts
    sessions: Sessions


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Do something with accounts and sessions, on the database of the settings."""

    def run(core: Core) -> Awaitable[T]:
        accounts = Accounts(core.database, core.settings, core.throttle)
        return work(Services(accounts, Sessions(core.database, core.settings)))

    try:
        return with_core(run)
    except WeakPassword as error:
        raise click.ClickException(f"The password is too easy to guess: {error}") from None
    except tuple(REFUSALS) as error:
        raise click.ClickException(REFUSALS[type(error)]) from None
