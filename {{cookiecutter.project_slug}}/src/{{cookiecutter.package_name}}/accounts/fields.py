"""Token fields as an operator writes them: `name=value`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, get_type_hints

import msgspec

from ..token_fields import TokenFields

INT64 = range(-(2**63), 2**63)


class WrongField(Exception):
    """An assignment names no token field, or has a value that does not fit it."""


def parse_fields(assignments: Iterable[str]) -> dict[str, Any]:
    """Return token fields by name, typed, from texts such as `plan=pro` or `roles=["a", "b"]`.

    Raises:
        WrongField: saying what is wrong and what would be right.
    """
    hints = get_type_hints(TokenFields, include_extras=True)
    fields = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or name not in hints:
            known = ", ".join(hints) or "there are none"
            raise WrongField(f"{assignment!r}: write NAME=VALUE, with a token field: {known}")
        try:
            fields[name] = _storable(_parse(text, hints[name]))
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WrongField(f"{name}: {error}") from None
    return fields


def _parse(text: str, hint: Any) -> Any:
    if text == "null":
        return msgspec.convert(None, hint)
    try:
        return msgspec.convert(text, hint, strict=False)
    except msgspec.ValidationError as error:
        if not text.startswith("["):
            raise error
        return msgspec.json.decode(text, type=hint)


def _storable(value: Any) -> Any:
    """Return the value as databases keep it.

    Raises:
        ValueError: no database keeps it.
    """
    match value:
        case str() if not value.isprintable():
            raise ValueError("must not contain control characters")
        case bool():
            return value
        case int() if value not in INT64:
            raise ValueError("must fit into 64 bits")
        case float() | Decimal() if not isfinite(value):
            raise ValueError("must be finite")
        case datetime():
            return value.astimezone(UTC)
        case list():
            return [_storable(item) for item in value]
        case _:
            return value
