"""A correctly signed token has a field of the project's own that is missing or of a wrong type."""

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest

from {{ cookiecutter.package_name }}.security.tokens import TokenFields

from ..examples import HINTS, REQUIRED, VALUES
from .conftest import Target
from .forge import ABSENT, Raw

NOTHING = {"list": [], "object": {}, "null": None, "true": True, "surrogate": Raw(r'"\ud800"')}
"""What hardly any type takes."""

WRONG: dict[str, dict[str, Any]] = {
    "str": {**NOTHING, "number": 5},
    "int": {**NOTHING, "text": "5", "fraction": 1.5, "NaN": Raw("NaN"), "1e400": Raw("1e400")},
    "float": {**NOTHING, "text": "1", "NaN": Raw("NaN"), "Infinity": Raw("Infinity")},
    "bool": {k: v for k, v in NOTHING.items() if k != "true"} | {"one": 1, "text": "true"},
    "UUID": {**NOTHING, "text": "x", "number": 5, "empty": ""},
    "datetime": {**NOTHING, "text": "now", "naive": "2025-06-30T10:00:00", "empty": ""},
    "date": {**NOTHING, "text": "today", "impossible": "2025-02-30", "empty": ""},
    "Decimal": {**NOTHING, "text": "x", "empty": ""},
    "Literal": {**NOTHING, "other": "neither of them", "number": 987654321},
    "list": {**{k: v for k, v in NOTHING.items() if k != "list"}, "text": "x", "mixed": [{}]},
}


def wrong_for(hint: Any) -> dict[str, Any]:
    """Return what a token field of this type must not be."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return wrong_for(arguments[0])
    if origin in (Union, UnionType):
        some = next(part for part in arguments if part is not NoneType)
        return {name: value for name, value in wrong_for(some).items() if value is not None}
    return WRONG["Literal" if origin is Literal else (origin or hint).__name__]


CASES = [(name, wrong) for name, hint in HINTS.items() for wrong in wrong_for(hint)]


def test_every_field_arrives_as_it_was_signed(target: Target) -> None:
    answer = target.present(target.genuine.altered(claims=VALUES))
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in VALUES} == VALUES


def test_every_wrong_field_is_refused(target: Target, subtests: pytest.Subtests) -> None:
    for name, wrong in CASES:
        with subtests.test(field=name, wrong=wrong):
            forged = {name: wrong_for(HINTS[name])[wrong]}
            target.assert_refused(target.genuine.altered(claims=forged))


def test_every_required_field_is_required(target: Target, subtests: pytest.Subtests) -> None:
    for name in REQUIRED:
        with subtests.test(field=name):
            target.assert_refused(target.genuine.altered(claims={name: ABSENT}))


def test_fields_do_not_count_from_elsewhere(target: Target) -> None:
    """`extras` is for claims that the app does not know; it sets no field."""
    answer = target.present(target.genuine.altered(claims={"extras": VALUES}))
    assert answer.status_code == 200
    for name in TokenFields.__annotations__:
        assert answer.json()[name] == target.present(target.genuine.token).json()[name]
