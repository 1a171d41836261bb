"""One line of log for each thing that happens, as JSON or for a person's eyes."""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from .printable import printable
from .settings import Settings

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
current_client: ContextVar[str | None] = ContextVar("current_client", default=None)
"""The address that the request comes from, taken from a proxy only if it is trusted."""


def configure_logging(settings: Settings, stream: TextIO = sys.stdout) -> None:
    """Send the app's lines, and those of the libraries, to one stream in one form."""
    shared: list[Processor] = [
        _add_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Plain text: the structured form would write out local variables, passwords among them.
        structlog.processors.format_exc_info,
        _escape,
    ]
    as_json = settings.log_format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(serializer=_to_json)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=(
            structlog.BytesLoggerFactory(stream.buffer)
            if as_json
            else structlog.PrintLoggerFactory(stream)
        ),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _as_text(renderer),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class RequestLine(msgspec.Struct):
    """The line of a request."""

    timestamp: datetime
    request_id: str
    method: str
    path: str
    status: int
    milliseconds: float
    client: str | None
    event: str = "request"
    level: str = "info"


def request_log(settings: Settings, stream: TextIO = sys.stdout) -> Callable[[RequestLine], None]:
    """Return what writes the line of a request.

    There is one for each, so they go to the stream together, at the end of the event loop's turn
    that the requests were answered in.
    """
    if settings.log_format == "console":
        console = structlog.get_logger("access")
        return lambda line: console.info(**msgspec.structs.asdict(line))
    encoder = msgspec.json.Encoder()
    gathered: list[RequestLine] = []

    def write() -> None:
        lines = encoder.encode_lines(gathered)
        gathered.clear()
        stream.buffer.write(lines)
        stream.buffer.flush()

    def gather(line: RequestLine) -> None:
        if not gathered:
            asyncio.get_running_loop().call_soon(write)
        gathered.append(line)

    return gather


def _add_request(_: Any, __: str, event: EventDict) -> EventDict:
    if request_id := current_request_id.get():
        event["request_id"] = request_id
        event.setdefault("client", current_client.get())
    return event


def _escape(_: Any, __: str, event: EventDict) -> EventDict:
    """Leave no control character in a line, but for the line breaks of a traceback."""
    return {
        name: _escaped(value, keep="\n" if name == "exception" else "")
        for name, value in event.items()
    }


def _escaped(value: Any, keep: str = "") -> Any:
    match value:
        case str():
            return printable(value, keep)
        case dict():
            return {_escaped(name): _escaped(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_escaped(each) for each in value]
    return value


def _to_json(event: Any, **_: Any) -> bytes:
    return msgspec.json.encode(event, enc_hook=lambda value: printable(str(value)))


def _as_text(renderer: Processor) -> Processor:
    def render(logger: Any, name: str, event: Any) -> str:
        line = renderer(logger, name, event)
        return line.decode() if isinstance(line, bytes) else str(line)

    return render
