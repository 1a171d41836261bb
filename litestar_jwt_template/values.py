"""The scalar types of token fields: how their values are written, stored and shown."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from .source import Brackets, Code
from .text import python_string, unprintable


class Misfit(Exception):
    """What is wrong with one token field, to be completed with the field's name."""


Value = str | int | float | UUID | datetime | date | Decimal
Default = Value | list[Value] | None

_STRING_LENGTH = 200
_INT_64 = range(-(2**63), 2**63)


def _read_str(literal: object) -> str:
    if not isinstance(literal, str):
        raise Misfit('write a string such as "free"')
    if wrong := unprintable(literal):
        raise Misfit(f"it contains {wrong}, write printable text")
    if len(literal) > _STRING_LENGTH:
        raise Misfit(f"write at most {_STRING_LENGTH} characters")
    return literal


def _read_int(literal: object) -> int:
    if isinstance(literal, bool) or not isinstance(literal, int):
        raise Misfit("write a whole number such as 1")
    if literal not in _INT_64:
        raise Misfit("write a number of at most 64 bits")
    return literal


def _read_float(literal: object) -> float:
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        raise Misfit("write a number such as 1.5")
    # A comparison, since converting a large int would overflow.
    if not abs(literal) <= sys.float_info.max:
        raise Misfit("write a finite number")
    return float(literal)


def _read_bool(literal: object) -> bool:
    if not isinstance(literal, bool):
        raise Misfit("write True or False")
    return literal


def _read_uuid(literal: object) -> UUID:
    if isinstance(literal, str) and re.fullmatch(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){4}[0-9a-fA-F]{8}", literal
    ):
        return UUID(literal)
    raise Misfit('write a string such as "f47ac10b-58cc-4372-a567-0e02b2c3d479"')


def _read_datetime(literal: object) -> datetime:
    example = '"2024-01-31T12:00:00+00:00"'
    try:
        moment = datetime.fromisoformat(_read_str(literal))
    except (Misfit, ValueError):
        raise Misfit(f"write an ISO 8601 string such as {example}") from None
    if moment.utcoffset() is None:
        raise Misfit(f"it has no offset from UTC, write one, as in {example}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Misfit("in UTC it is outside the years 1 to 9999, write another") from None


def _read_date(literal: object) -> date:
    try:
        return date.fromisoformat(_read_str(literal))
    except (Misfit, ValueError):
        raise Misfit('write an ISO 8601 string such as "2024-01-31"') from None


def _read_decimal(literal: object) -> Decimal:
    number = r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?"
    if isinstance(literal, str) and re.fullmatch(number, literal):
        return Decimal(literal)
    raise Misfit('write a string such as "19.90"')


@dataclass(frozen=True)
class Scalar:
    """What the template knows about one scalar type."""

    name: str
    read: Callable[[object], Value]
    column: str
    migration: str
    examples: tuple[Value, ...]
    wrong: str = '["x"]'
    module: str | None = None
    annotation: str | None = None
    own_column: str | None = None
    """The module of the rendered project that has the column's type."""


SCALARS = {
    scalar.name: scalar
    for scalar in (
        Scalar("str", _read_str, "String", "sa.String()", ("acme", "globex")),
        Scalar("int", _read_int, "BigInteger", "sa.BigInteger()", (7, 8), wrong='"seven"'),
        Scalar("float", _read_float, "Float", "sa.Float()", (1.5, 2.5), wrong='"high"'),
        Scalar("bool", _read_bool, "Boolean", "sa.Boolean()", (True, False), wrong='"yes"'),
        Scalar(
            "UUID",
            _read_uuid,
            "Uuid",
            "sa.Uuid()",
            (
                UUID("f47ac10b-58cc-4372-a567-0e02b2c3d479"),
                UUID("9b2d1c6e-3f4a-4b5c-8d7e-6f5a4b3c2d1e"),
            ),
            module="uuid",
        ),
        Scalar(
            "datetime",
            _read_datetime,
            "UtcDateTime",
            "sa.DateTime(timezone=True)",
            (datetime(2024, 1, 31, 12, tzinfo=UTC), datetime(2025, 6, 30, 8, tzinfo=UTC)),
            module="datetime",
            annotation="AwareDatetime",
            own_column="database",
        ),
        Scalar(
            "date",
            _read_date,
            "Date",
            "sa.Date()",
            (date(2024, 1, 31), date(2025, 6, 30)),
            module="datetime",
        ),
        Scalar(
            "Decimal",
            _read_decimal,
            "DecimalText",
            "sa.String()",
            (Decimal("19.90"), Decimal("29.90")),
            module="decimal",
            own_column="decimal_text",
        ),
    )
}
IN_LISTS = ("str", "int", "bool")


def value_source(value: Value) -> Code:
    """Python source of `value`."""
    if isinstance(value, str):
        return python_string(value)
    if isinstance(value, float):
        return repr(value).replace("e+", "e")
    if isinstance(value, int):
        return repr(value)
    if isinstance(value, datetime):
        clock = [value.hour, value.minute, value.second, value.microsecond]
        while len(clock) > 2 and not clock[-1]:
            clock.pop()
        parts = (*map(str, (value.year, value.month, value.day, *clock)), "tzinfo=UTC")
        return Brackets("datetime(", parts, ")")
    if isinstance(value, date):
        return Brackets("date(", tuple(map(str, (value.year, value.month, value.day))), ")")
    return Brackets(f"{type(value).__name__}(", (python_string(str(value)),), ")")
