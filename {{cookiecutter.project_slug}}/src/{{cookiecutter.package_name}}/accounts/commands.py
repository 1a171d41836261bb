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
    """The services of accounts, which the part gives to handlers under the same names."""

    accounts: Accounts
    sessions: Sessions

    @classmethod
    def of(cls, core: Core) -> "Services":
        return cls(
            Accounts(core.database, core.settings, core.throttle),
            Sessions(core.database, core.settings),
        )


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Do something with accounts and sessions, on the database of the settings."""
    try:
        return with_core(lambda core: work(Services.of(core)))
    except WeakPassword as error:
        raise click.ClickException(f"The password is too easy to guess: {error}") from None
    except tuple(REFUSALS) as error:
        raise click.ClickException(REFUSALS[type(error)]) from None
