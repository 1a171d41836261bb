"""How an account is opened: by anyone, with an address and a password."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.params import JSONBody

from ..security.throttle import Throttle
from ..settings import Settings
from .schemas import Profile, Registration
from .service import Accounts
from .users import address_of


@post("/register", exclude_from_auth=True, security=[{}])
async def register_handler(
    request: Request[Any, Any, Any],
    data: JSONBody[Registration],
    accounts: NamedDependency[Accounts],
    throttle: NamedDependency[Throttle],
    settings: NamedDependency[Settings],
) -> Profile:
    """Create an account."""
    if not settings.allow_registration:
        raise PermissionDeniedException("Registration is closed")
    await throttle.registration(address_of(request))
    return Profile.of(await accounts.register(data.email, data.name, data.password))
