"""What each token field adds to a project."""

import ast
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import MagicMock
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litestar_jwt_template.token_fields import TokenField, import_block, parse_token_fields

from .environment import rendered_file
from .linter import SOURCE, Linter
from .refusals import UUID_TEXT


def only(text: str) -> TokenField:
    (field,) = parse_token_fields(text)
    return field


@pytest.mark.parametrize("text", ["", " ", "     "])
def test_no_token_fields(text: str) -> None:
    assert parse_token_fields(text) == []


def test_the_shape_of_a_token_field() -> None:
    assert only('roles: list[str] = ["user"],') == {
        "name": "roles",
        "annotation": "list[str]",
        "required": False,
        "types": [],
        "token_lines": ['    roles: list[str] = field(default_factory=lambda: ["user"])'],
        "column_lines": [
            '    roles: Mapped[list[str]] = mapped_column(JSON(), default=lambda: ["user"])'
        ],
        "migration_lines": ['        sa.Column("roles", sa.JSON(), nullable=False),'],
        "example": {"text": '["acme"]', "json": '["acme"]'},
        "wrong": '"x"',
        "imports": {
            "standard": ["from dataclasses import field"],
            "installed": [
                "from sqlalchemy.orm import Mapped, mapped_column",
                "from sqlalchemy import JSON",
            ],
            "own": [],
        },
    }


@pytest.mark.parametrize(
    ("text", "token", "column"),
    [
        ("f: str", "str", "Mapped[str | None] = mapped_column(String())"),
        ("f: int", "int", "Mapped[int | None] = mapped_column(BigInteger())"),
        ("f: float", "float", "Mapped[float | None] = mapped_column(Float())"),
        ("f: bool", "bool", "Mapped[bool | None] = mapped_column(Boolean())"),
        ("f: UUID", "UUID", "Mapped[UUID | None] = mapped_column(Uuid())"),
        ("f: date", "date", "Mapped[date | None] = mapped_column(Date())"),
        (
            "f: datetime",
            "AwareDatetime",
            "Mapped[datetime | None] = mapped_column(UtcDateTime())",
        ),
        ("f: Decimal", "Decimal", "Mapped[Decimal | None] = mapped_column(DecimalText())"),
        (
            "f: list[str]",
            "list[str]",
            "Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))",
        ),
        (
            "f: list[Literal[1, 2]]",
            "list[Literal[1, 2]]",
            "Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))",
        ),
        (
            "f: Literal['a', 'b']",
            'Literal["a", "b"]',
            "Mapped[str | None] = mapped_column(String())",
        ),
        ("f: Literal[-1]", "Literal[-1]", "Mapped[int | None] = mapped_column(BigInteger())"),
        ("f: str | None", "str | None = None", "Mapped[str | None] = mapped_column(String())"),
        ("f: None | str", "str | None = None", "Mapped[str | None] = mapped_column(String())"),
        (
            "f: int | None = None",
            "int | None = None",
            "Mapped[int | None] = mapped_column(BigInteger())",
        ),
        (
            "f: int | None = 5",
            "int | None = 5",
            "Mapped[int | None] = mapped_column(BigInteger(), default=5)",
        ),
        (
            "f: str = 'x'",
            'str = "x"',
            'Mapped[str] = mapped_column(String(), default="x")',
        ),
        ("f: str = ''", 'str = ""', 'Mapped[str] = mapped_column(String(), default="")'),
        ("f:int=-0x10", "int = -16", "Mapped[int] = mapped_column(BigInteger(), default=-16)"),
        (
            "f: int = -9223372036854775808",
            "int = -9223372036854775808",
            "Mapped[int] = mapped_column(BigInteger(), default=-9223372036854775808)",
        ),
        ("f: float = 1", "float = 1.0", "Mapped[float] = mapped_column(Float(), default=1.0)"),
        (
            "f: float = -1E+16",
            "float = -1e16",
            "Mapped[float] = mapped_column(Float(), default=-1e16)",
        ),
        (
            "f: bool = False",
            "bool = False",
            "Mapped[bool] = mapped_column(Boolean(), default=False)",
        ),
        (
            "f: date = '2024-01-31'",
            "date = date(2024, 1, 31)",
            "Mapped[date] = mapped_column(Date(), default=date(2024, 1, 31))",
        ),
        (
            'f: Decimal = "1.50"',
            'Decimal = Decimal("1.50")',
            'Mapped[Decimal] = mapped_column(DecimalText(), default=Decimal("1.50"))',
        ),
        (
            "f: list[int] = []",
            "list[int] = field(default_factory=list)",
            "Mapped[list[int]] = mapped_column(JSON(), default=list)",
        ),
        (
            "f: list[bool] | None = [True]",
            "list[bool] | None = field(default_factory=lambda: [True])",
            None,
        ),
        (
            "f: datetime = '2024-01-31T12:00:00Z'",
            "AwareDatetime = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)",
            None,
        ),
        (
            "f: datetime = '2024-01-31T12:00:00.5+14:00'",
            "AwareDatetime = datetime(2024, 1, 30, 22, 0, 0, 500000, tzinfo=UTC)",
            None,
        ),
        (
            f"f: UUID = '{UUID_TEXT.upper()}'",
            f'UUID = field(default=UUID("{UUID_TEXT}"))',
            None,
        ),
    ],
)
def test_types_and_defaults(text: str, token: str, column: str | None) -> None:
    field = only(text)
    assert field["token_lines"] == [f"    f: {token}"]
    if column:
        assert field["column_lines"] == [f"    f: {column}"]
    assert field["required"] == (" = " not in token)


def test_a_required_field_may_follow_one_with_a_default() -> None:
    fields = parse_token_fields("a: int = 1, b: str")
    assert [(field["name"], field["required"]) for field in fields] == [("a", False), ("b", True)]


@pytest.mark.parametrize(
    ("type_", "column"),
    [
        ("str", "sa.String()"),
        ("int", "sa.BigInteger()"),
        ("float", "sa.Float()"),
        ("bool", "sa.Boolean()"),
        ("UUID", "sa.Uuid()"),
        ("datetime", "sa.DateTime(timezone=True)"),
        ("date", "sa.Date()"),
        ("Decimal", "sa.String()"),
        ("list[str]", "sa.JSON()"),
        ('Literal["a"]', "sa.String()"),
    ],
)
def test_migrations(type_: str, column: str) -> None:
    assert only(f"f: {type_}")["migration_lines"] == [
        f'        sa.Column("f", {column}, nullable=True),'
    ]


@pytest.mark.parametrize(
    ("text", "typed", "source"),
    [
        ("f: str", "acme", '"acme"'),
        ("f: str = 'acme'", "globex", '"globex"'),
        ("f: int = 7", "8", "8"),
        ("f: float", "1.5", "1.5"),
        ("f: bool = True", "false", "False"),
        ("f: bool", "true", "True"),
        ("f: UUID", UUID_TEXT, f'"{UUID_TEXT}"'),
        ("f: datetime", "2024-01-31T12:00:00Z", '"2024-01-31T12:00:00Z"'),
        ("f: date", "2024-01-31", '"2024-01-31"'),
        ("f: Decimal = '19.90'", "29.90", '"29.90"'),
        ("f: Literal['free', 'pro'] = 'free'", "pro", '"pro"'),
        ("f: Literal['free'] = 'free'", "free", '"free"'),
        ("f: Literal[1, 2] = 1", "2", "2"),
        ("f: list[bool]", "[true]", "[True]"),
        ("f: list[Literal['a']] = ['a']", "[]", "[]"),
        ("f: list[str] = []", '["acme"]', '["acme"]'),
    ],
)
def test_examples_differ_from_the_default(text: str, typed: str, source: str) -> None:
    assert only(text)["example"] == {"text": typed, "json": source}


TEXTS = st.text(
    "abcdefghijklmnopqrstuvwxyz ABC019 .,:;-_/\"'\\é日😀", max_size=130
) | st.sampled_from(["0.0.0.0", "/tmp/x", "https://a.example", "\u2019"])
INTEGERS = st.integers(-(2**63), 2**63 - 1)


def _optionally(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | values.map(" = {}".format)


@st.composite
def _choices(draw: st.DrawFn) -> tuple[str, list[str]]:
    values = draw(
        st.lists(TEXTS, min_size=1, max_size=6, unique=True).map(lambda xs: [repr(x) for x in xs])
        | st.lists(INTEGERS, min_size=1, max_size=6, unique=True).map(lambda xs: list(map(str, xs)))
    )
    return f"Literal[{', '.join(values)}]", values


@st.composite
def _scalars(draw: st.DrawFn, listable: bool = False) -> tuple[str, st.SearchStrategy[str]]:
    scalars = [
        ("str", TEXTS.map(repr)),
        ("int", INTEGERS.map(str)),
        ("bool", st.booleans().map(str)),
        ("float", st.floats(allow_nan=False, allow_infinity=False).map(repr)),
        ("UUID", st.uuids().map(str).map(repr)),
        ("date", st.dates().map(str).map(repr)),
        ("Decimal", st.decimals(-(10**9), 10**9, places=2).map(str).map(repr)),
        (
            "datetime",
            st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat).map(repr),
        ),
    ]
    if draw(st.integers(0, 2)) == 0:
        annotation, values = draw(_choices())
        return annotation, st.sampled_from(values)
    return draw(st.sampled_from(scalars[:3] if listable else scalars))


@st.composite
def _field_types(draw: st.DrawFn) -> str:
    many = draw(st.booleans())
    annotation, values = draw(_scalars(many))
    if many:
        annotation = f"list[{annotation}]"
        values = st.lists(values, max_size=5).map(lambda items: f"[{', '.join(items)}]")
    if draw(st.booleans()):
        annotation, values = f"{annotation} | None", values | st.just("None")
    return annotation + draw(_optionally(values))


NAMES = st.integers(1, 38).flatmap(lambda n: st.text("abcxyz_0", min_size=n, max_size=n))
FIELD_LISTS = st.lists(
    st.tuples(
        NAMES.map("f_{}".format) | st.sampled_from(["l", "O", "token", "x_pwd"]), _field_types()
    ),
    max_size=12,
    unique_by=lambda field: field[0],
).map(lambda fields: ", ".join(f"{name}: {type_}" for name, type_ in fields))


MODULES = ("token_fields.py", "migrations/versions/0001_accounts.py")
WORDS = "word " * 26
CHOICES = ", ".join(f'"{word} {n}"' for n, word in enumerate(WORDS.split()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        'tenant_id: UUID, roles: list[str] = ["user"], plan: Literal["free", "pro"] = "free"',
        f"a: str = '{'x' * 90}', b: str = '{'x' * 120}', c: str | None = '{WORDS}'",
        f"{'n' * 40}: Literal['{'x' * 90}'] | None = '{'x' * 90}'",
        f"a: Literal['{WORDS}'], b: Literal['{'x' * 200}']",
        f"a: list[Literal[{CHOICES}]] = [{CHOICES}], b: Literal[{CHOICES}] | None",
        f"a_b: Literal[{CHOICES}], a__b: Literal[{CHOICES}], ABChoice: str",
        f"a: Literal[{CHOICES}] | None = None, {'N' * 40}: datetime | None",
        f"{'n' * 40}: datetime | None = '2024-01-31T12:00:00.5+14:00'",
        f"{'n' * 40}: list[Literal[{CHOICES}]] | None = []",
        f"{'n' * 40}: UUID | None = '{UUID_TEXT}'",
        f"{'n' * 40}: Decimal | None = '-{'1' * 40}.{'1' * 40}'",
        f"a: str = '{'日本' * 30}', b: str = '{'ä ö ü ' * 20}', c: list[str] = ['{'é ' * 90}']",
        f"a: str = '{'é' * 46}', b: str = '{'é' * 47}', c: list[str] = ['{'日' * 24}']",
        f"a: str = '{WORDS} https://a.example', b: str = '{WORDS}{'x' * 60}://'",
        # Taken for other letters, rightly so (RUF001).
        "a: str = 'it\u2019s \u201cquoted\u201d \u2013 a \xd7 b', b: Literal['\u0430'] = '\u0430'",
        "l: str, O: int = 1, I: list[str] = ['a'], lI: str",
        f"l: str = '{WORDS}'",
        "token: str = 'a', token_kind: str = 'a', my_PASSWORD: str = 'a', pwd: str = ''",
        """passphrase_x: Literal['a', 'b'] = 'b', secret_: Literal['a = "b"'], tokens: str = 'a'""",
        "a: str = '0.0.0.0', b: list[str] = ['::', '0.0.0.0'], c: Literal['/tmp/x'] = '/tmp/x'",
        """a: str = 'say "/tmp" or "0.0.0.0"', b: str = '/var/tmp', c: str = '/dev/shm/x'""",
        "fields: str, dict: str, hash: str = 'a', filter: int = 1, object: bool, msgspec: str",
    ],
)
def test_rendered_modules_pass_the_projects_own_ruff(text: str, linter: Linter) -> None:
    linter.assert_clean(*MODULES, token_fields=text)


@settings(max_examples=40, deadline=None)
@given(FIELD_LISTS)
def test_any_fields_pass_the_projects_own_ruff(linter: Linter, text: str) -> None:
    linter.assert_clean(*MODULES, token_fields=text)


@settings(deadline=None)
@given(FIELD_LISTS)
def test_generated_tokens_hold_the_defaults(text: str) -> None:
    fields = parse_token_fields(text)
    namespace: dict[str, Any] = {"__package__": "project"}
    # Of the rendered project, which is not installed here.
    own = ("project", "project.database", "project.decimal_text")
    for name in ("msgspec", "sqlalchemy", "sqlalchemy.orm", *own):
        sys.modules.setdefault(name, MagicMock())
    exec(rendered_file(f"{SOURCE}/token_fields.py", {"token_fields": text}), namespace)
    attributes = namespace["TokenFields"].__dataclass_fields__
    assert list(attributes) == [field["name"] for field in fields]
    token = namespace["TokenFields"](
        **{field["name"]: None for field in fields if field["required"]}
    )
    kinds = (str, int, float, UUID, datetime, date, Decimal, list, type(None))
    assert all(isinstance(getattr(token, name), kinds) for name in attributes)


@given(FIELD_LISTS)
@settings(deadline=None)
def test_examples_are_json(text: str) -> None:
    for field in parse_token_fields(text):
        value = ast.literal_eval(field["example"]["json"])
        assert field["example"]["text"] == (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )
        assert isinstance(json.loads(field["wrong"]), str | list)


def test_import_block_refuses_what_is_not_an_import() -> None:
    with pytest.raises(ValueError, match="not an import: os"):
        import_block(parse_token_fields("a: int"), "standard", "os")
