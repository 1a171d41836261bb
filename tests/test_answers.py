"""The answers that the template accepts and refuses, without Cookiecutter around them."""

import ast
import json
import keyword
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import yaml
from cookiecutter.exceptions import FailedHookException
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

import litestar_jwt_template as answers
from litestar_jwt_template import RefusedAnswer, parse_token_fields

UUID_TEXT = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def words(text: str) -> list[str]:
    return text.split()


def refusal(check: Callable[..., Any], *arguments: str) -> str:
    """The one line that `check` refuses its arguments with."""
    with pytest.raises(RefusedAnswer) as refused:
        check(*arguments)
    message = str(refused.value)
    assert message.isprintable()
    assert message.isascii()
    return message


def test_a_refusal_is_an_error_that_cookiecutter_prints_as_one_line() -> None:
    assert issubclass(RefusedAnswer, FailedHookException)


def test_every_filter_is_registered() -> None:
    filters = Environment(extensions=[answers.Answers], autoescape=True).filters
    names = """
        check_project_name check_project_slug check_package_name check_text check_email
        check_choice parse_token_fields parse_issuers parse_audiences slugify_name
        package_from_slug toml_string python_string import_block
    """
    assert all(filters[name] is getattr(answers, name) for name in words(names))


# --- Text ----------------------------------------------------------------------------------

PLAIN_TEXT = [
    "My Secured API",
    "a",
    "Größe & Maß",
    "日本語のプロジェクト",
    "🎉 party 👨\u200d👩\u200d👧",
    'say "hi"',
    "it's",
    "back\\slash\\",
    "{{ 7*7 }}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "__import__('os').system('id')",
    "trailing ",
    "[bold]markup[/]",
    "$HOME `id` #",
    "'''\"\"\"",
]


@pytest.mark.parametrize("text", PLAIN_TEXT)
@pytest.mark.parametrize("question", ["project_name", "description", "author_name"])
def test_free_text_is_kept_as_typed(text: str, question: str) -> None:
    assert answers.check_text(text, question) == text
    assert answers.check_project_name(text) == text


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("two\nlines", "U+000A"),
        ("carriage\rreturn", "U+000D"),
        ("tab\t", "U+0009"),
        ("bell\a", "U+0007"),
        ("null\0", "U+0000"),
        ("escape\x1b[31m", "U+001B"),
        ("delete\x7f", "U+007F"),
        ("next line\x85", "U+0085"),
        ("line\u2028separator", "U+2028"),
        ("paragraph\u2029separator", "U+2029"),
        ("lone \ud800 surrogate", "U+D800"),
        ("direction \u202e override", "U+202E"),
        ("isolate \u2066", "U+2066"),
        ("noncharacter \uffff", "U+FFFF"),
        ("x" * 301, "at most"),
    ],
)
def test_free_text_that_is_refused(text: str, fragment: str) -> None:
    message = refusal(answers.check_text, text, "description")
    assert message.startswith("description: ")
    assert fragment in message


def test_answers_that_are_no_text_are_refused() -> None:
    assert "not text" in refusal(answers.check_project_name, None)  # type: ignore[arg-type]
    assert "not text" in refusal(parse_token_fields, ["a: int"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    [
        "you@example.com",
        "first.last+tag@sub.example.co.uk",
        "o'hara@example.org",
        "x@xn--bcher-kva.example",
        "123@4.example",
        "a_b-c@ex-ample.museum",
    ],
)
def test_email_addresses(address: str) -> None:
    assert answers.check_email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "you",
        "you@",
        "@example.com",
        "you@example",
        "you@@example.com",
        "you @example.com",
        "you@example..com",
        ".you@example.com",
        "you.@example.com",
        "y..u@example.com",
        "you@-example.com",
        "you@example-.com",
        "you@example.c",
        "you@127.0.0.1",
        "you@example.com\n",
        "You <you@example.com>",
        "yöu@example.com",
        "a@example.com,b@example.com",
        "y" * 65 + "@example.com",
        "you@" + "e" * 64 + ".com",
        "you@" + "e." * 200 + "com",
    ],
)
def test_email_addresses_that_are_refused(address: str) -> None:
    assert refusal(answers.check_email, address).startswith("author_email: ")


# --- Names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slug", ["my-secured-api", "a", "3d", "x2", "billing-v2", "a-b-c-d", "litestar-shop", "z" * 40]
)
def test_project_slugs(slug: str) -> None:
    assert answers.check_project_slug(slug) == slug


@pytest.mark.parametrize(
    ("slug", "fragment"),
    [
        ("", "lower-case"),
        ("My-API", "write for example my-api"),
        ("my_api", "write for example my-api"),
        ("my api", "write for example my-api"),
        ("-api", "write for example api"),
        ("api-", "hyphens"),
        ("a--b", "hyphens"),
        ("a.b", "lower-case"),
        ("../escape", "lower-case"),
        ("a/b", "lower-case"),
        ("grün", "write for example grun"),
        ("api\n", "U+000A"),
        ("٣", "lower-case"),
        ("z" * 41, "longer than 40"),
        ("con", "Windows"),
        ("nul", "Windows"),
        ("aux", "Windows"),
        ("prn", "Windows"),
        ("com1", "Windows"),
        ("lpt9", "Windows"),
        ("litestar", "litestar-api"),
        ("pyjwt", "project itself uses"),
        ("argon2-cffi", "project itself uses"),
        ("python", "project itself uses"),
        ("sqlalchemy", "project itself uses"),
    ],
)
def test_project_slugs_that_are_refused(slug: str, fragment: str) -> None:
    message = refusal(answers.check_project_slug, slug)
    assert message.startswith("project_slug: ")
    assert fragment in message


@pytest.mark.parametrize(
    "name", ["my_secured_api", "a", "x2", "billing_v2", "app", "litestar_shop", "z" * 40]
)
def test_package_names(name: str) -> None:
    assert answers.check_package_name(name) == name


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("", "lower-case"),
        ("MyApi", "write for example myapi"),
        ("my-api", "write for example my_api"),
        ("my api", "write for example my_api"),
        ("2fast", "write for example app_2fast"),
        ("_api", "underscores"),
        ("api_", "underscores"),
        ("a__b", "underscores"),
        ("a.b", "lower-case"),
        ("größe", "lower-case"),
        ("ﬁsh", "lower-case"),
        ("z" * 41, "longer than 40"),
        ("con", "Windows"),
        ("lpt1", "Windows"),
        *[(name, "keyword") for name in ("class", "import", "None", "async", "match", "type")],
        *[(name, "standard library") for name in ("json", "asyncio", "email", "secrets", "token")],
        *[
            (name, "project itself uses")
            for name in words(
                """
                litestar jwt cryptography pydantic pydantic_settings email_validator sqlalchemy
                alembic argon2 structlog limits aiosqlite asyncpg psycopg uvicorn uvloop httptools
                click rich rich_click msgspec anyio httpx httpcore h11 pytest hypothesis jose mypy
                ruff dotenv tests test src migrations redis valkey coredis mako multipart dns
                greenlet typing_extensions polyfactory yaml conftest
            """
            )
        ],
    ],
)
def test_package_names_that_are_refused(name: str, fragment: str) -> None:
    message = refusal(answers.check_package_name, name)
    assert message.startswith("package_name: ")
    assert fragment in message


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    [
        ("My Secured API", "my-secured-api", "my_secured_api"),
        ("L\u2019été 2024", "lete-2024", "lete_2024"),
        ("🎉", "my-secured-api", "my_secured_api"),
        ("...", "my-secured-api", "my_secured_api"),
        ("{{ 7*7 }}", "7-7", "app_7_7"),
        ("3D Things", "3d-things", "app_3d_things"),
        ("Litestar", "litestar-api", "litestar_api"),
        ("Con", "con-api", "con_api"),
        ("JSON", "json", "json_app"),
        ("Class", "class", "class_app"),
        ("X" * 100, "x" * 36, "x" * 36),
    ],
)
def test_names_derived_from_the_project_name(name: str, slug: str, package: str) -> None:
    assert answers.slugify_name(name) == slug
    assert answers.package_from_slug(slug) == package


@given(st.text())
def test_derived_names_are_always_valid(name: str) -> None:
    slug = answers.slugify_name(name)
    assert answers.check_project_slug(slug) == slug
    package = answers.package_from_slug(slug)
    assert answers.check_package_name(package) == package


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda s: len(s) <= 40))
def test_every_slug_gives_a_valid_package_name(slug: str) -> None:
    package = answers.package_from_slug(slug)
    assert answers.check_package_name(package) == package


# --- Choices and lists ---------------------------------------------------------------------

CHOICES = [
    ("auth_backend", "header"),
    ("auth_backend", "cookie"),
    ("auth_backend", "oauth2"),
    ("signing_algorithm", "HS256"),
    ("signing_algorithm", "RS256"),
    ("signing_algorithm", "ES256"),
    ("signing_algorithm", "EdDSA"),
    ("database", "sqlite"),
    ("database", "postgresql"),
    ("license", "MIT"),
    ("license", "Apache-2.0"),
    ("license", "BSD-3-Clause"),
    ("license", "Proprietary"),
]


@pytest.mark.parametrize(("question", "choice"), CHOICES)
def test_choices(question: str, choice: str) -> None:
    assert answers.check_choice(choice, question) == choice


@pytest.mark.parametrize(
    ("question", "answer", "fragment"),
    [
        ("auth_backend", "", "write header, cookie or oauth2"),
        ("auth_backend", "jwt", "write header, cookie or oauth2"),
        ("auth_backend", "Header", "did you mean header?"),
        ("auth_backend", "headers", "did you mean header?"),
        ("auth_backend", "oauth", "did you mean oauth2?"),
        ("auth_backend", "1", "`1` is none of the choices; write"),
        ("auth_backend", "header ", "did you mean header?"),
        ("auth_backend", "header\n", "U+000A"),
        ("signing_algorithm", "none", "HS256, RS256, ES256 or EdDSA"),
        ("signing_algorithm", "hs256", "did you mean HS256?"),
        ("signing_algorithm", "eddsa", "did you mean EdDSA?"),
        ("signing_algorithm", "HS265", "did you mean HS256?"),
        ("database", "postgres", "did you mean postgresql?"),
        ("database", "oracle", "write sqlite or postgresql"),
        ("license", "Apache", "did you mean Apache-2.0?"),
        ("license", "mit", "did you mean MIT?"),
        ("license", "GPL", "MIT, Apache-2.0, BSD-3-Clause or Proprietary"),
        ("license", "x" * 400, "at most"),
    ],
)
def test_choices_that_are_refused(question: str, answer: str, fragment: str) -> None:
    message = refusal(answers.check_choice, answer, question)
    assert message.startswith(f"{question}: ")
    assert fragment in message


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("none", []),
        (" none ", []),
        ("my-api", ["my-api"]),
        ("https://api.example", ["https://api.example"]),
        ("https://a.example/, https://a.example", ["https://a.example/", "https://a.example"]),
        ("a,b , c", ["a", "b", "c"]),
        ("urn:example:api", ["urn:example:api"]),
        ("https://a.example/t?x=1&y=%20#f", ["https://a.example/t?x=1&y=%20#f"]),
        ("nonesuch", ["nonesuch"]),
    ],
)
@pytest.mark.parametrize("parse", [answers.parse_issuers, answers.parse_audiences])
def test_lists(parse: Callable[[str], list[str]], text: str, items: list[str]) -> None:
    assert parse(text) == items


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", "empty"),
        (" ", "empty"),
        (",", "empty"),
        ("a,", "empty"),
        ("a,,b", "empty"),
        ("a,b,a", "`a` stands there twice"),
        ("a b", "`a b` holds a character"),
        ("a\tb", "U+0009"),
        ('"a"', "holds a character"),
        ("'a'", "holds a character"),
        ("a`id`", "holds a character"),
        ("a\\b", "holds a character"),
        ("$HOME", "holds a character"),
        ("{{ x }}", "holds a character"),
        ("größe", "holds a character"),
        ("none, a", "`none` stands beside"),
        ("a,none", "`none` stands beside"),
        ("None", "lower case"),
        ("x" * 201, "longer than 200"),
        (",".join(map(str, range(21))), "more than 20"),
        ("x" * 5000, "at most"),
    ],
)
@pytest.mark.parametrize(
    ("parse", "question"),
    [
        (answers.parse_issuers, "accepted_issuers"),
        (answers.parse_audiences, "accepted_audiences"),
    ],
)
def test_lists_that_are_refused(
    parse: Callable[[str], list[str]], question: str, text: str, fragment: str
) -> None:
    message = refusal(parse, text)
    assert message.startswith(f"{question}: ")
    assert fragment in message


# --- Literals ------------------------------------------------------------------------------


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\x00\x7f\x85\u2028\ufeff\uffff\\\"'/é😀")
def test_toml_string_is_toml_json_and_yaml(text: str) -> None:
    quoted = answers.toml_string(text)
    assert tomllib.loads(f"x = {quoted}") == {"x": text}
    assert json.loads(quoted) == text
    assert yaml.safe_load(quoted) == text


def test_toml_string_keeps_letters_readable() -> None:
    assert answers.toml_string('Zoë "😀"') == '"Zoë \\"😀\\""'


@given(st.text())
def test_python_string_is_the_same_text(text: str) -> None:
    assert ast.literal_eval(answers.python_string(text)) == text


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("free", '"free"'),
        ("it's", '"it\'s"'),
        ('say "hi"', "'say \"hi\"'"),
        ("both \" and '", '"both \\" and \'"'),
        ("back\\slash", '"back\\\\slash"'),
        ("Zoë 😀", '"Zoë 😀"'),
        ("\n", '"\\n"'),
        ("\u200d", '"\\u200d"'),
    ],
)
def test_python_string(text: str, source: str) -> None:
    assert answers.python_string(text) == source


# --- Token fields --------------------------------------------------------------------------


def only(text: str) -> answers.TokenField:
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
        "token_lines": ['    roles: list[str] = field(default_factory=lambda: ["user"])'],
        "model_lines": [
            '    roles: Mapped[list[str]] = mapped_column(JSON(), default=lambda: ["user"])'
        ],
        "migration_lines": ['        sa.Column("roles", sa.JSON(), nullable=False),'],
        "example": {"text": '["acme"]', "json": '["acme"]'},
        "wrong": '"x"',
        "imports": {
            "tokens": ["from dataclasses import field"],
            "models": [],
            "sqlalchemy": ["JSON"],
            "types": [],
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
        assert field["model_lines"] == [f"    f: {column}"]
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


NOT_A_LIST = "not a list of fields"
MORE_THAN = "more than a list of fields"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        # Syntax, and attempts to leave the parameter list
        ("a b", NOT_A_LIST),
        ("a: int b: int", NOT_A_LIST),
        ("a: int = 1 = 2", NOT_A_LIST),
        (",", NOT_A_LIST),
        ("a: int,,", NOT_A_LIST),
        ("a: 'x", NOT_A_LIST),
        ("\\", NOT_A_LIST),
        (")", NOT_A_LIST),
        ("*", NOT_A_LIST),
        ("a: int, /", NOT_A_LIST),
        ("*a: int", NOT_A_LIST),
        ("**a: int", "token_fields: "),
        ("a: int, **b: int", "`**` names no field"),
        ("a: int # comment", "comment"),
        ("a: int): ... #", MORE_THAN),
        ("a: int): lambda b=(1", MORE_THAN),
        ("a: int) -> (1", MORE_THAN),
        ("int) -> None: pass", NOT_A_LIST),
        ("int) -> None: pass\ndef g(", "U+000A"),
        ("a: int): pass; (", NOT_A_LIST),
        ("a: int\n", "U+000A"),
        ("a: int\x0c", "U+000C"),
        ("a: int\0", "U+0000"),
        ("a: str = '\ud800'", "U+D800"),
        (r"a: str = '\d'", "token_fields: "),
        (r"a: str = '\N{nothing}'", NOT_A_LIST),
        ("(" * 300, NOT_A_LIST),
        ("a: " + "-" * 3000 + "1", "token_fields: "),
        ("a: " + "x." * 1900 + "x", "token_fields: "),
        ("a: int = " + "9" * 3900, "64 bits"),
        ("a: int, " * 600, "at most"),
        (", ".join(f"f{n}: int" for n in range(51)), "at most 50"),
        # Names
        ("ﬁ: int", r"`\ufb01` is not written in ASCII"),
        ("größe: int", "is not written in ASCII"),
        ("\U0001d4ea: int", "is not written in ASCII"),
        ("a: \u017ftr", "is not written in ASCII"),
        ("class: str", "`class` is a Python keyword"),
        ("a: int, lambda: str", "`lambda` is a Python keyword"),
        ("__class__: str", "`__class__` begins with an underscore"),
        ("_a: str", "`_a` begins with an underscore"),
        ("a: int, a: int", "`a` stands there twice"),
        ("a: int, A: int", "`A` stands there twice"),
        ("x" * 41 + ": int", "longer than 40"),
        *[
            (f"{name}: str", "standard claim")
            for name in words(
                """
                exp iat nbf iss sub aud jti sid extras encode decode decode_payload adapt_claims EXP
            """
            )
        ],
        *[
            (f"{name}: str", "every user has")
            for name in words(
                """
                id email name password password_hash is_active created_at updated_at last_login_at
                sessions identities metadata registry Email
            """
            )
        ],
        *[
            (f"{name}: str", "would hide a name")
            for name in words(
                """
                str int float bool list UUID datetime date timedelta Decimal Literal Any Annotated
                field dataclass Mapped mapped_column UTC AwareDatetime Token self cls type JSON
            """
            )
        ],
        # Types
        ("none", "leave the answer empty"),
        ("None", "leave the answer empty"),
        ("a", "`a` has no type"),
        ("a = 1", "`a` has no type"),
        ("a: list", "list[str]"),
        ("a: list[float]", "str, int, bool or Literal"),
        ("a: list[UUID]", "str, int, bool or Literal"),
        ("a: list[list[str]]", "str, int, bool or Literal"),
        ("a: list[str | None]", "str, int, bool or Literal"),
        ("a: list[str, int]", "str, int, bool or Literal"),
        ("a: List[str]", "write list[str]"),
        ("a: typing.List[str]", "write list[str]"),
        ("a: set[str]", "write list[str]"),
        ("a: tuple[str, ...]", "write list[str]"),
        ("a: Optional[str]", "write T | None"),
        ("a: Union[str, None]", "T | None"),
        ("a: dict", "one field for each"),
        ("a: dict[str, int]", "one field for each"),
        ("a: Any", "name the type"),
        ("a: typing.Any", "name the type"),
        ("a: EmailStr", "personal data"),
        ("a: bytes", "write str"),
        ("a: string", "write str"),
        ("a: Foo", "write str, int"),
        ("a: uuid.UUID", "without a module"),
        ("a: 'str'", "without quotes"),
        ("a: None", "write str, int"),
        ("a: 1", "write str, int"),
        ("a: str[int]", "write str, int"),
        ("a: (lambda: str)", "write str, int"),
        ("a: str | int", "T | None"),
        ("a: str | int | None", "T | None"),
        ("a: None | None", "T | None"),
        ("a: str & None", "T | None"),
        ("a: Literal", "list its values"),
        ("a: Literal[()]", "between 1 and 100"),
        ("a: Literal[free, pro]", 'write a string such as "free"'),
        ("a: Literal['x', 1]", "all strings or all integers"),
        ("a: Literal[1, 'x']", "all strings or all integers"),
        ("a: Literal[True]", "all strings or all integers"),
        ("a: Literal[1.5]", "all strings or all integers"),
        ("a: Literal[b'x']", "all strings or all integers"),
        ("a: Literal[X.y]", "all strings or all integers"),
        ("a: Literal['x', 'x']", "once"),
        ("a: Literal['x', None]", "Literal[...] | None"),
        (r"a: Literal['\n']", "U+000A"),
        (f"a: Literal[{2**63}]", "64 bits"),
        # Defaults
        ('a: int = "no"', "a whole number"),
        ("a: int = True", "a whole number"),
        ("a: int = 1.0", "a whole number"),
        ("a: int = --1", "a whole number"),
        ("a: int = 1 + 1", "a whole number"),
        ("a: int = x", "a whole number"),
        ("a: int = ...", "a whole number"),
        ("a: int = None", "int | None"),
        ("a: int | None = 'x'", "a whole number"),
        (f"a: int = {2**63}", "64 bits"),
        (f"a: int = {-(2**63) - 1}", "64 bits"),
        ("a: float = 'x'", "a number"),
        ("a: float = True", "a number"),
        ("a: float = 1j", "a number"),
        ("a: float = 1e999", "finite"),
        ("a: float = -1e999", "finite"),
        ("a: float = 1" + "0" * 400, "finite"),
        ("a: float = nan", "a number"),
        ("a: bool = 1", "True or False"),
        ("a: bool = -True", "True or False"),
        ("a: bool = 'yes'", "True or False"),
        ("a: str = 1", "a string"),
        ("a: str = b'x'", "a string"),
        ("a: str = f'x'", "a string"),
        ("a: str = 'x' + 'y'", "a string"),
        ('a: str = open("/etc/passwd").read()', "a string"),
        ("a: str = __import__('os').getcwd()", "a string"),
        ("a: str = (b := 'x')", "a string"),
        (r"a: str = '\0'", "U+0000"),
        (r"a: str = '\ud800'", "U+D800"),
        (r"a: str = '\u202e'", "U+202E"),
        ("a: str = '" + "x" * 201 + "'", "at most 200"),
        ("a: UUID = 'x'", UUID_TEXT),
        ("a: UUID = UUID('x')", UUID_TEXT),
        ("a: UUID = '{" + UUID_TEXT + "}'", UUID_TEXT),
        ("a: datetime = '2024-01-31T12:00'", "no offset"),
        ("a: datetime = '2024-01-31'", "no offset"),
        ("a: datetime = 'now'", "ISO 8601"),
        ("a: datetime = 0", "ISO 8601"),
        ("a: datetime = datetime.now(UTC)", "ISO 8601"),
        ("a: datetime = '0001-01-01T00:00:00+14:00'", "years 1 to 9999"),
        ("a: date = '2024-02-30'", "ISO 8601"),
        ("a: date = '2024-01-31T00:00Z'", "ISO 8601"),
        ("a: Decimal = 1.5", '"19.90"'),
        ("a: Decimal = 'NaN'", '"19.90"'),
        ("a: Decimal = 'Infinity'", '"19.90"'),
        ("a: Decimal = '1_000'", '"19.90"'),
        ("a: Decimal = ' 1'", '"19.90"'),
        ("a: Literal['x'] = 'y'", "one of the values"),
        ("a: Literal[1] = True", "a whole number"),
        ("a: list[str] = 'x'", "square brackets"),
        ("a: list[str] = ('x',)", "square brackets"),
        ("a: list[str] = [1]", "a string"),
        ("a: list[int] = [*x]", "a whole number"),
        ("a: list[int] = [None]", "a whole number"),
        ("a: list[str] = [s for s in 'x']", "square brackets"),
        ("a: list[Literal['x']] = ['y']", "one of the values"),
        ("a: list[int] = [" + "1," * 101 + "]", "at most 100"),
    ],
)
def test_token_fields_that_are_refused(text: str, fragment: str) -> None:
    message = refusal(parse_token_fields, text)
    assert message.startswith("token_fields: ")
    assert fragment in message


def test_all_wrong_fields_are_named_at_once() -> None:
    message = refusal(parse_token_fields, "ok: int, exp: int, a: list, b: int = 'x', c: str")
    assert [part.split("`")[1] for part in message.split("; ")] == ["exp", "a", "b"]


# --- Properties ----------------------------------------------------------------------------

FRAGMENTS = [
    "\0",
    "\n",
    *words("""
    a b: c : int str = 1 -1 "x" ' " ( ) [ ] list[str] Literal["a"] | None , , * ** / -> ... ; #
    lambda pass def g( ): \\ ﬁ { } @ := f" 0x 1e9 True None __a__ if else for await é
    """),
]
FIELDS_AND_NOISE = ["a: int", 'b: str = "x"', "c: list[str]", "c: date", *FRAGMENTS]
CHECKS: list[Callable[[str], object]] = [
    answers.check_project_name,
    answers.check_project_slug,
    answers.check_package_name,
    answers.check_email,
    answers.parse_issuers,
    answers.parse_audiences,
    parse_token_fields,
    lambda text: answers.check_text(text, "description"),
    lambda text: answers.check_choice(text, "license"),
]


def outcome(check: Callable[[str], object], text: str) -> str:
    """The refusal of `text`, or nothing."""
    try:
        check(text)
    except RefusedAnswer as refused:
        return str(refused)
    return ""


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.sampled_from(FRAGMENTS)).map(" ".join), st.sampled_from(CHECKS))
def test_any_text_is_accepted_or_refused_in_one_line(
    text: str, check: Callable[[str], object]
) -> None:
    message = outcome(check, text)
    assert message.isprintable()
    assert message.isascii()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.sampled_from(FIELDS_AND_NOISE), min_size=1, max_size=3).map(", ".join))
def test_only_lists_of_fields_are_read_as_such(text: str) -> None:
    assume(not outcome(parse_token_fields, text))
    fields = parse_token_fields(text)
    # Every colon of the fragments belongs to a field: nothing was read over.
    assert text.count(":") == len(fields)


TEXTS = st.text("abcdefghijklmnopqrstuvwxyz ABC019 .,:;-_/\"'\\é日😀", max_size=90)
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
    st.tuples(NAMES.map("f_{}".format), _field_types()),
    max_size=12,
    unique_by=lambda field: field[0],
).map(lambda fields: ", ".join(f"{name}: {type_}" for name, type_ in fields))


def token_module(fields: list[answers.TokenField]) -> str:
    base = ["import json", "from dataclasses import dataclass", "from datetime import datetime"]
    lines = [line for field in fields for line in field["token_lines"]]
    return "\n".join(
        [
            answers.import_block(fields, "tokens", *base),
            "\nAwareDatetime = datetime\nnull = json.loads\n\n",
            "@dataclass(kw_only=True)\nclass AccessToken:",
            *(lines or ["    pass"]),
            "",
        ]
    )


def model_module(fields: list[answers.TokenField]) -> str:
    # One section, and so one sorted block, for each kind of import.
    stdlib = answers.import_block(fields, "models", "from enum import Enum")
    sqlalchemy = answers.import_block(fields, "sqlalchemy", "from sqlalchemy import ForeignKey")
    types = answers.import_block(fields, "types", "from .types import Base")
    return "\n".join(
        [
            f"{stdlib}\n",
            sqlalchemy,
            "from sqlalchemy.orm import Mapped, mapped_column\n",
            f"{types}\n\n",
            "class User(Base, Enum):",
            *[line for field in fields for line in field["model_lines"]],
            "    owner: Mapped[int] = mapped_column(ForeignKey())",
            "",
        ]
    )


def migration_module(fields: list[answers.TokenField]) -> str:
    lines = [line for field in fields for line in field["migration_lines"]]
    return "\n".join(
        [
            "import sqlalchemy as sa\nfrom alembic import op\n\n",
            'def upgrade() -> None:\n    op.create_table(\n        "users",',
            *lines,
            '        sa.Column("id", sa.Uuid(), nullable=False),\n    )\n',
        ]
    )


def ruff(source: str, *arguments: str) -> str:
    """What ruff makes of `source`: its formatted text, or its findings."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache"]
    settings_ = ["--config", "line-length = 100", "--stdin-filename", "module.py", "-"]
    answer = subprocess.run(
        [*command, *settings_], input=source, capture_output=True, text=True, encoding="utf-8"
    )
    assert "error" not in answer.stderr.lower()
    return answer.stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        'tenant_id: UUID, roles: list[str] = ["user"], plan: Literal["free", "pro"] = "free"',
        "a: str = '" + "x" * 90 + "', b: str = '" + "x" * 120 + "'",
        f"{'n' * 40}: Literal['{'x' * 90}'] | None = '{'x' * 90}'",
    ],
)
@pytest.mark.parametrize("module", [token_module, model_module, migration_module])
def test_generated_source_has_the_format_of_ruff(
    module: Callable[[list[answers.TokenField]], str], text: str
) -> None:
    source = module(parse_token_fields(text))
    assert ruff(source, "format") == source
    assert ruff(source, "check", "--select=E4,E7,E9,F,I,RUF009,RUF012", "--quiet") == ""


@settings(max_examples=40, deadline=None)
@given(FIELD_LISTS, st.sampled_from([token_module, model_module, migration_module]))
def test_any_generated_source_has_the_format_of_ruff(
    text: str, module: Callable[[list[answers.TokenField]], str]
) -> None:
    source = module(parse_token_fields(text))
    assert ruff(source, "format") == source
    assert ruff(source, "check", "--select=E4,E7,E9,F,I,RUF009,RUF012", "--quiet") == ""


@settings(deadline=None)
@given(FIELD_LISTS)
def test_generated_tokens_hold_the_defaults(text: str) -> None:
    fields = parse_token_fields(text)
    namespace: dict[str, Any] = {}
    exec(token_module(fields), namespace)
    attributes = namespace["AccessToken"].__dataclass_fields__
    assert list(attributes) == [field["name"] for field in fields]
    token = namespace["AccessToken"](
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


@settings(max_examples=20, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(set(sys.stdlib_module_names) - {"this", "antigravity"}))),
    st.sets(st.text("abcABC_", min_size=1, max_size=6).filter(lambda n: not keyword.iskeyword(n))),
)
def test_import_block_has_the_order_of_isort(modules: set[str], names: set[str]) -> None:
    lines = [f"import {name}" for name in modules if not name.startswith("_")]
    members = [f"from uuid import {name}" for name in names]
    source = answers.import_block([], "tokens", *lines, *members) + "\n"
    if lines or members:
        assert ruff(source, "check", "--select=I", "--quiet") == ""
        assert ruff(source, "format") == source


def test_import_block_refuses_a_name_without_an_import_to_join() -> None:
    with pytest.raises(ValueError, match="no import to join"):
        answers.import_block(parse_token_fields("a: int"), "sqlalchemy")
