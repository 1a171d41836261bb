"""What the app has one of each: the only way to it from a request, a socket or a lifespan."""

from typing import TYPE_CHECKING, Self, cast

from litestar import Litestar
from litestar.datastructures import State

if TYPE_CHECKING:
    from .accounts.lookup import Lookup
    from .database import Database
    from .security.backend import Backend
    from .security.keys import KeyRing
    from .security.throttle import Throttle
    from .security.tokens import TokenVerifier
    from .settings import Settings


class AppState(State):
    """The app's own objects. A part adds its services; they and these are dependencies by name.

    A part whose middleware or lifespan needs its services declares them in a subclass.
    """

    settings: "Settings"
    database: "Database"
    throttle: "Throttle"
    lookup: "Lookup"
    key_ring: "KeyRing"
    backend: "Backend"
    verifier: "TokenVerifier"

    @classmethod
    def of(cls, app: Litestar) -> Self:
        """Return the state of an app that `create_app` has built."""
        return cast(Self, app.state)
