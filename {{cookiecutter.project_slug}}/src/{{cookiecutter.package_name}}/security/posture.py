"""Who may call what: a rule for what opens a route, and the list of routes as the app is built."""

from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute, WebSocketRoute

from .backend import Backend

OPEN = "exclude_from_auth"

NO_EXCLUSIONS: dict[str, Any] = {
    "exclude": None,
    "exclude_http_methods": [],
    "exclude_opt_key": OPEN,
    "scopes": None,
}
"""What the backend's own exclusions have to be."""


class DenyByDefault(ReceiveRoutePlugin):
    """Rejects every way to open a route except `exclude_from_auth=True` on its own handler.

    Litestar has others, which cannot be seen at the route: patterns of paths, methods, scopes, any
    value that counts as true, and the word of a router, a controller or the app.
    """

    def __init__(self, backend: Backend) -> None:
        """Raise `ImproperlyConfiguredException` if the backend excludes anything by itself."""
        for name, needed in NO_EXCLUSIONS.items():
            if (value := getattr(backend, name)) != needed:
                raise ImproperlyConfiguredException(
                    f"The backend has {name}={value!r} instead of {needed!r}: open a route by "
                    f"{OPEN}=True on its handler"
                )

    def receive_route(self, route: BaseRoute) -> None:
        """Check a route when it is registered.

        Raises:
            ImproperlyConfiguredException: something else than its handler opens it.
        """
        for method, handler in _handlers(route):
            *owners, _ = handler.ownership_layers
            if any(OPEN in (owner.opt or {}) for owner in owners):
                raise ImproperlyConfiguredException(
                    f"{method} {route.path}: {OPEN} counts on a handler only, not on a router, "
                    "a controller or the app"
                )
            if not isinstance(value := handler.opt.get(OPEN, False), bool):
                raise ImproperlyConfiguredException(
                    f"{method} {route.path}: {OPEN} is {value!r}, not True or False"
                )


def routes(app: Litestar) -> list[dict[str, Any]]:
    """Return a row for each route and method: `path`, `method`, `handler`, `access`, `guards`.

    `access` is `open` where the handler says so itself, and `authenticated` everywhere else.
    """
    return [
        {
            "path": route.path,
            "method": method,
            "handler": handler.handler_name,
            "access": "open" if handler.opt.get(OPEN) else "authenticated",
            "guards": ", ".join(map(_name, handler.resolve_guards())),
        }
        for route in sorted(app.routes, key=lambda route: route.path)
        for method, handler in _handlers(route)
    ]


def open_routes(app: Litestar) -> list[str]:
    """Return the routes that need no credentials, such as `POST /login`."""
    return [f"{row['method']} {row['path']}" for row in routes(app) if row["access"] == "open"]


def _handlers(route: BaseRoute) -> Iterator[tuple[str, BaseRouteHandler]]:
    if isinstance(route, HTTPRoute):
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods):
                yield method, handler
    elif isinstance(route, WebSocketRoute):
        yield "WEBSOCKET", route.route_handler
    elif isinstance(route, ASGIRoute):
        yield "ASGI", route.route_handler


def _name(guard: Any) -> str:
    # Litestar wraps what is not a coroutine function.
    return str(getattr(guard, "func", guard).__name__)
