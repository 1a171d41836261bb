"""WebSocket handshakes, and how they are refused."""

import pytest
from litestar.exceptions import WebSocketDisconnect

from ..conftest import Client

HANDSHAKE = {
    b"Connection": b"Upgrade",
    b"Upgrade": b"websocket",
    b"Sec-WebSocket-Version": b"13",
    b"Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==",
}
"""What makes a request one for a WebSocket (RFC 6455 section 4.1)."""


def first_message(client: Client, *headers: dict[bytes, bytes]) -> str:
    """Open the WebSocket of the extended app, and return what it says."""
    joined = {k.decode(): v.decode() for each in headers for k, v in each.items()}
    with client.websocket_connect("/socket", headers=joined) as socket:
        return socket.receive_text()


def close_code(client: Client, *headers: dict[bytes, bytes]) -> int:
    """Return the code that a handshake is refused with."""
    with pytest.raises(WebSocketDisconnect) as refused:
        first_message(client, *headers)
    return refused.value.code
