"""What a request says of the client."""

from typing import Any

from litestar import Request


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the client's IP address, which the server takes from a proxy only if it is trusted."""
    return request.client.host if request.client else ""


def client_of(request: Request[Any, Any, Any]) -> str:
    """Return what the client calls itself."""
    return request.headers.get("user-agent", "")
