"""Who may call what, read off the application as it is built."""

from typing import Any

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute


def routes(app: Litestar) -> list[dict[str, Any]]:
    """Return a row for each route and method: `path`, `method`, `handler`, `access`, `guards`.

    `access` is `open` where the handler says so itself, and `authenticated` everywhere else.
    """
    rows: list[dict[str, Any]] = []
    for route in sorted(app.routes, key=lambda route: route.path):
        handlers: list[tuple[str, BaseRouteHandler]]
        if isinstance(route, HTTPRoute):
            handlers = [
                (method, handler)
                for handler in route.route_handlers
                for method in sorted(handler.http_methods)
            ]
        elif isinstance(route, WebSocketRoute):
            handlers = [("WEBSOCKET", route.route_handler)]
        else:
            handlers = [("ASGI", route.route_handler)]
        rows += [
            {
                "path": route.path,
                "method": method,
                "handler": handler.handler_name,
                "access": "open" if handler.opt.get("exclude_from_auth") else "authenticated",
                "guards": ", ".join(map(_name, handler.resolve_guards())),
            }
            for method, handler in handlers
        ]
    return rows


def _name(guard: Any) -> str:
    # Litestar wraps what is not a coroutine function.
    return str(getattr(guard, "func", guard).__name__)
