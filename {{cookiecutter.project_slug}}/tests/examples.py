"""Values for token fields, whichever there are."""

from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from {{ cookiecutter.package_name }}.token_fields import TokenFields

BY_TYPE: dict[Any, tuple[str, Any]] = {
    str: ("acme", "acme"),
    int: ("-7", -7),
    float: ("2.5", 2.5),
    bool: ("true", True),
    UUID: ("0b5e57b0-8f5e-4d0e-9d3f-3a3b6a1c2d4e", "0b5e57b0-8f5e-4d0e-9d3f-3a3b6a1c2d4e"),
    datetime: ("2025-06-30T10:00:00+02:00", "2025-06-30T08:00:00Z"),
    date: ("2025-06-30", "2025-06-30"),
    Decimal: ("29.90", "29.90"),
}
"""What an operator writes for a type, and what the API answers with then."""


def example_of(hint: Any) -> tuple[str, Any]:
    """Return what an operator writes, and what the API answers with then."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return str(arguments[-1]), arguments[-1]
    if origin is list:
        text, value = example_of(arguments[0])
        quoted = f'"{text}"' if isinstance(value, str) else text
        return f"[{quoted}]", [value]
    if origin is Annotated:
        return example_of(arguments[0])
    if NoneType in arguments:
        return example_of(next(part for part in arguments if part is not NoneType))
    return BY_TYPE[hint]


HINTS = get_type_hints(TokenFields, include_extras=True)
ASSIGNMENTS = {name: f"{name}={example_of(hint)[0]}" for name, hint in HINTS.items()}
VALUES = {name: example_of(hint)[1] for name, hint in HINTS.items()}
REQUIRED = [
    field.name
    for field in fields(TokenFields)
    if field.default is MISSING and field.default_factory is MISSING
]
