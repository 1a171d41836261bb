"""Token fields of every type, as an operator writes them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest

from {{ cookiecutter.package_name }}.accounts import fields
from {{ cookiecutter.package_name }}.accounts.fields import WrongField, parse_fields


@dataclass(kw_only=True)
class Sample:
    """One field of each kind."""

    text: str = ""
    note: str | None = None
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    key: UUID | None = None
    moment: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    day: date | None = None
    price: Decimal = Decimal("0.00")
    plan: Literal["free", "pro"] = "free"
    tags: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "TokenFields", Sample)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text=5", "5"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("note=null", None),
        ("number=-7", -7),
        ("ratio=2.5", 2.5),
        ("flag=true", True),
        ("key=0b5e57b0-8f5e-4d0e-9d3f-3a3b6a1c2d4e", UUID("0b5e57b08f5e4d0e9d3f3a3b6a1c2d4e")),
        ("moment=2025-06-30T10:00:00+02:00", datetime(2025, 6, 30, 8, tzinfo=UTC)),
        ("day=2025-06-30", date(2025, 6, 30)),
        ("price=29.90", Decimal("29.90")),
        ("plan=pro", "pro"),
        ('tags=["a", "b"]', ["a", "b"]),
        ("numbers=[1, 2]", [1, 2]),
    ],
)
def test_a_value_is_read_as_its_type(text: str, value: Any) -> None:
    (read,) = parse_fields([text]).values()
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "unknown=1",
        "text=a\x00b",
        "text=null\n",
        "number=9223372036854775808",
        "number=1.5",
        "number=null",
        "ratio=inf",
        "ratio=nan",
        "price=NaN",
        "flag=perhaps",
        "key=x",
        "moment=2025-06-30T10:00:00",
        "day=yesterday",
        "plan=gold",
        "tags=a",
        "tags=[1]",
        'tags=["a\\u0000"]',
        "numbers=[9223372036854775808]",
        "numbers=[",
    ],
)
def test_another_value_is_refused(text: str) -> None:
    with pytest.raises(WrongField, match=text.partition("=")[0]):
        parse_fields([text])
