"""What surrounds every request, routed or not: its id, its line in the log, security headers."""

import re
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from secrets import token_hex
from time import perf_counter

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from .logging import RequestLine, current_client, current_request_id, request_log
from .printable import printable
from .settings import Settings

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,}")
MAX_REQUEST_ID = 64

SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
"""Sent unless an answer has its own."""

HSTS = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}


class RequestContext:
    """The outermost ASGI layer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = SECURITY_HEADERS | ({} if settings.development else HSTS)
        self._log = request_log(settings)
        self._process = token_hex(4)
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {ScopeType.HTTP, ScopeType.WEBSOCKET}:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        request_id = self._request_id(scope)
        client = printable(scope["client"][0]) if scope["client"] else None
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message["headers"])
                present = {name.lower() for name, _ in headers}
                headers += [item for item in self._headers.items() if item[0] not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            elif message["type"] == "websocket.accept":
                status = HTTPStatus.SWITCHING_PROTOCOLS
                own = (b"x-request-id", request_id.encode())
                message["headers"] = [*message.get("headers", ()), own]
            elif message["type"] == "websocket.close":
                # Before it has accepted, the server makes this of it.
                status = status or HTTPStatus.FORBIDDEN
            await send(message)

        current_request_id.set(request_id)
        current_client.set(client)
        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            self._log(
                RequestLine(
                    timestamp=datetime.now(UTC),
                    request_id=request_id,
                    method=scope["method"] if scope["type"] == ScopeType.HTTP else "WEBSOCKET",
                    path=printable(scope["path"]),
                    status=status,
                    milliseconds=round((perf_counter() - started) * 1000, 1),
                    client=client,
                )
            )

    def _request_id(self, scope: Scope) -> str:
        """Return the id that a trusted proxy gave the request, if it looks like one, or a new one.

        uvicorn leaves no port to a client that a trusted proxy names.
        """
        if scope["client"] and scope["client"][1] == 0:
            for name, value in scope["headers"]:
                if name == b"x-request-id" and REQUEST_ID.fullmatch(value[:MAX_REQUEST_ID]):
                    return value[:MAX_REQUEST_ID].decode()
        return f"{self._process}-{next(self._numbers)}"
