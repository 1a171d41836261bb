"""Errors as problem documents (RFC 9457): those of the parts, and those of every app."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPMethod, HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    SerializationException,
    ValidationException,
)
from litestar.plugins.problem_details import ProblemDetailsException
from litestar.types import ExceptionHandlersMap, ReceiveMessage
from litestar.utils.path import normalize_path

from .database import RETRY_AFTER, DatabaseUnavailable
from .logging import current_request_id
from .part import Part, Problem, unite
from .security.backend import CHALLENGE, challenge_of
from .security.throttle import Throttled, ThrottleUnavailable

MEDIA_TYPE = "application/problem+json"

Handlers = dict[int | type[Exception], Any]

logger = structlog.get_logger(__name__)


class ClientDisconnected(Exception):
    """The client has gone before all of its request was here."""


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body has to be what its content type says, and what the route takes."""

    async def json(self) -> Any:
        media_type = self.content_type[0]
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise HTTPException("Send application/json", status_code=415)
        try:
            return await super().json()
        except (RecursionError, UnicodeDecodeError) as error:
            raise SerializationException("The body is not JSON") from error

    async def stream(self) -> AsyncGenerator[bytes, None]:
        receive = self.receive

        async def receive_connected() -> ReceiveMessage:
            message = await receive()
            # Litestar would take it for a fault of its own.
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            return message

        self.receive = receive_connected
        async for chunk in super().stream():
            yield chunk


def exception_handlers(parts: Iterable[Part]) -> ExceptionHandlersMap:
    """Return a handler for everything that a request can fail with.

    Raises:
        PartsCollide: two of them answer the same exception.
    """
    own: Handlers = {
        ClientDisconnected: _gone,
        DatabaseUnavailable: _no_database,
        Throttled: _throttled,
        ThrottleUnavailable: _no_throttle,
        HTTPException: _http,
        MethodNotAllowedException: _method_not_allowed,
        ValidationException: _invalid,
        Exception: _unexpected,
    }
    return unite("problem", [("the app", own), *((part.name, _expected(part)) for part in parts)])


def problem(
    request: Request[Any, Any, Any],
    status: int,
    *,
    name: str | None = None,
    title: str | None = None,
    detail: str | None = None,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> Response[dict[str, Any]]:
    """Return a problem document.

    Args:
        name: the last part of the type `urn:problem:<name>`; without it the type is `about:blank`
            and the title that of the status, as RFC 9457 section 4.2.1 says.
        members: further members (section 3.2).
    """
    document = ProblemDetailsException(
        status_code=status,
        type_=f"urn:problem:{name}" if name else "about:blank",
        title=title or HTTPStatus(status).phrase,
        detail=detail or "",
        headers=headers,
        extra=members,
    )
    if not detail:
        document.detail = None  # type: ignore[assignment]
    return document.to_response(request)


def _expected(part: Part) -> Handlers:
    return {error: partial(_answer, known) for error, known in part.problems.items()}


def _answer(known: Problem, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    challenge = CHALLENGE if known.status == HTTPStatus.UNAUTHORIZED else None
    detail = str(error) or None
    return problem(request, **known._asdict(), detail=detail, headers=challenge)


def _throttled(request: Request[Any, Any, Any], error: Throttled) -> Response[Any]:
    return problem(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        name="throttled",
        title="Too many attempts",
        headers={"Retry-After": str(error.retry_after)},
    )


def _no_throttle(request: Request[Any, Any, Any], _: ThrottleUnavailable) -> Response[Any]:
    return problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail="Attempts cannot be counted at the moment",
        headers=RETRY_AFTER,
    )


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code == 500:
        return _unexpected(request, error)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        # RFC 9110 section 15.5.2: a 401 has one, whoever raised it.
        headers = challenge_of(request) | headers
    return problem(request, error.status_code, detail=_detail(error), headers=headers)


def _detail(error: HTTPException) -> str | None:
    return error.detail if error.detail != HTTPStatus(error.status_code).phrase else None


def _method_not_allowed(
    request: Request[Any, Any, Any], error: MethodNotAllowedException
) -> Response[Any]:
    return problem(request, error.status_code, headers={"Allow": ", ".join(_methods(request))})


def _methods(request: Request[Any, Any, Any]) -> list[str]:
    """Return the methods that the request's path has a handler for (RFC 9110 section 15.5.6)."""
    router, path = request.app.asgi_router, normalize_path(request.scope["path"])
    allowed = []
    for method in HTTPMethod:
        with suppress(HTTPException):
            router.handle_routing(path=path, method=method.value)
            allowed.append(method.value)
    return allowed


def _invalid(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    found = error.extra if isinstance(error.extra, list) else []
    if any(each.get("key") == "data" for each in found):
        found = [{"message": "The body is empty, or not an object"}]
    return problem(
        request,
        HTTPStatus.BAD_REQUEST,
        name="invalid-request",
        title="The request is not valid",
        errors=[{"field": each.get("key"), "message": each["message"]} for each in found],
    )


def _no_database(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    # One line: where every request fails for the same reason, tracebacks would bury it.
    logger.error("database_unavailable", cause=repr(error.__cause__))
    return problem(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail="The database does not answer",
        headers=RETRY_AFTER,
    )


def _gone(request: Request[Any, Any, Any], _: ClientDisconnected) -> Response[Any]:
    # Nobody reads it. The request's line in the log has its status.
    return problem(request, HTTPStatus.BAD_REQUEST)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    logger.error("unexpected_error", exc_info=error)
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        request_id=current_request_id.get(),
    )
