"""The template's Jinja extension: it parses the answers and refuses those that cannot work.

Every filter either returns the answer in the form that the template needs, or raises
`RefusedAnswer`, which Cookiecutter prints as one line before it asks the next question.
"""

from __future__ import annotations

import ast
import difflib
import json
import keyword
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from cookiecutter.exceptions import FailedHookException  # type: ignore[import-untyped]
from jinja2 import Environment
from jinja2.ext import Extension
from slugify import slugify


class RefusedAnswer(FailedHookException):  # type: ignore[misc]
    """An answer that cannot work; its message is one line for the person who typed it.

    Cookiecutter turns this family of errors into that line and exit code 1; any other error
    would reach the person as a traceback.
    """


class _Misfit(Exception):
    """What is wrong with one token field, to be completed with the field's name."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTROL = {"Cc": "a control character", "Cs": "a lone surrogate", "Zl": "a line separator"}
_CONTROL["Zp"] = _CONTROL["Zl"]
# They reorder what a reader sees (CVE-2021-42574).
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LENGTHS = {"project_name": 100, "description": 300, "author_name": 100}


def _shown(text: object, limit: int = 40) -> str:
    """`text` in backquotes: short, one line, and printable on every console."""
    plain = ascii(text)[1:-1] if isinstance(text, str) else ascii(text)
    plain = plain.replace("\\'", "'").replace("\\\\", "\\")
    return f"`{plain if len(plain) <= limit else plain[: limit - 3] + '...'}`"


def _unprintable(text: str) -> str | None:
    """Name the first thing in `text` that does not belong into one line of text."""
    for character in text:
        if character in _BIDI_CONTROLS:
            return f"a text direction control (U+{ord(character):04X})"
        if ord(character) & 0xFFFE == 0xFFFE:
            return f"a noncharacter (U+{ord(character):04X})"
        if wrong := _CONTROL.get(unicodedata.category(character)):
            return f"{wrong} (U+{ord(character):04X})"
    return None


def _line(text: object, question: str, limit: int) -> str:
    if not isinstance(text, str):
        raise RefusedAnswer(f"{question}: {_shown(text)} is not text; write one line of text")
    if wrong := _unprintable(text):
        raise RefusedAnswer(f"{question}: it contains {wrong}; write one line of plain text")
    if len(text) > limit:
        raise RefusedAnswer(
            f"{question}: it has {len(text)} characters; write at most {limit} of them"
        )
    return text


def check_text(text: str, question: str) -> str:
    """Return `text`, one line of free text in the answer to `question`.

    Raises:
        RefusedAnswer: it is blank, too long, or holds control characters.
    """
    line = _line(text, question, _LENGTHS.get(question, 300))
    if not line.strip():
        raise RefusedAnswer(f"{question}: it is empty; write at least one character")
    return line


def check_project_name(name: str) -> str:
    """Return `name`, a title for people.

    Raises:
        RefusedAnswer: it is blank, too long, or holds control characters.
    """
    return check_text(name, "project_name")


_EMAIL = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)


def check_email(address: str) -> str:
    """Return `address` if it has the form of an e-mail address; nobody is written to.

    Raises:
        RefusedAnswer: it has not.
    """
    line = _line(address, "author_email", 254)
    if not _EMAIL.fullmatch(line):
        raise RefusedAnswer(
            f"author_email: {_shown(line)} is not an e-mail address; write one such as "
            "you@example.com"
        )
    return line


_NAME_LENGTH = 40
_FALLBACK_SLUG = "my-secured-api"

_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
# What a rendered project installs, and the tools that it is worked on with.
_DISTRIBUTIONS = _words(
    """
    aiosqlite alembic annotated-types anyio argon2-cffi argon2-cffi-bindings async-timeout
    asyncpg attrs bcrypt build certifi cffi charset-normalizer click coredis coverage cruft
    cryptography deprecated dnspython docker ecdsa email-validator exceptiongroup execnet faker
    greenlet gunicorn h11 h2 hatch hatchling hiredis httpcore httptools httpx hypothesis idna
    iniconfig jinja2 jsbeautifier jsonschema limits litestar litestar-htmx mako markdown-it-py
    markupsafe maturin mdurl msgspec multidict multipart mypy mypy-extensions nox orjson
    packaging pathspec pip playwright pluggy poetry polyfactory pre-commit psutil psycopg
    psycopg-binary psycopg-pool pyasn1 pycparser pydantic pydantic-core pydantic-settings
    pygments pyjwt pynacl pyright pytest pytest-asyncio pytest-cov pytest-xdist python
    python-dotenv python-jose python-multipart pyyaml redis referencing requests rich rich-click
    rpds-py rsa ruff schemathesis setuptools six sniffio sortedcontainers sqlalchemy starlette
    structlog tenacity tomli tox typer types-python-jose typing-extensions typing-inspection
    tzdata urllib3 uv uvicorn uvloop valkey valkey-glide virtualenv watchfiles websockets wheel
    wrapt yarl
    """
)
# Where the name to import differs from the distribution's.
_IMPORTS = _words(
    """
    argon2 attr dns dotenv glide jose jwt nacl pkg_resources pre_commit psycopg2 py
    xdist yaml
    conftest migrations scripts setup sitecustomize src test tests usercustomize
    """
)
# Python 3.12 added `type` to keyword.softkwlist.
_SOFT_KEYWORDS = {*keyword.softkwlist, "type"}
# sys.stdlib_module_names speaks for one version of Python; these came later than 3.11.
_NEWER_STDLIB = frozenset(["annotationlib", "compression"])
_SHADOWED = _IMPORTS | {name.replace("-", "_") for name in _DISTRIBUTIONS}


def _slug_fault(slug: str) -> str | None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug, re.ASCII):
        return "is not made of lower-case letters, digits and single hyphens between them"
    if len(slug) > _NAME_LENGTH:
        return f"is longer than {_NAME_LENGTH} characters"
    if slug in _WINDOWS_DEVICES:
        return "is a device name on Windows, where no folder can have it"
    if slug in _DISTRIBUTIONS:
        return "is the name of a package that the project itself uses"
    return None


def _package_fault(name: str) -> str | None:
    if keyword.iskeyword(name) or name in _SOFT_KEYWORDS:
        return "is a Python keyword"
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name, re.ASCII):
        return "is not a lower-case name such as Python imports, with single underscores"
    if len(name) > _NAME_LENGTH:
        return f"is longer than {_NAME_LENGTH} characters"
    if name in _WINDOWS_DEVICES:
        return "is a device name on Windows, where no folder can have it"
    if name in sys.stdlib_module_names or name in _NEWER_STDLIB:
        return "would hide a module of Python's standard library"
    if name in _SHADOWED:
        return "would hide a package that the project itself uses"
    return None


def slugify_name(name: str) -> str:
    """Derive a project slug that `check_project_slug` accepts from any text."""
    slug = slugify(name, max_length=_NAME_LENGTH - len("-api")) or _FALLBACK_SLUG
    return f"{slug}-api" if _slug_fault(slug) else slug


def package_from_slug(slug: str) -> str:
    """Derive a package name that `check_package_name` accepts from a valid project slug."""
    name = slug.replace("-", "_")
    if name[:1].isdigit():
        name = f"app_{name}"[:_NAME_LENGTH].rstrip("_")
    return f"{name[: _NAME_LENGTH - len('_app')].rstrip('_')}_app" if _package_fault(name) else name


def check_project_slug(slug: str) -> str:
    """Return `slug`, a folder and distribution name.

    Raises:
        RefusedAnswer: it is malformed, or taken by Windows or by a dependency.
    """
    line = _line(slug, "project_slug", 300)
    if fault := _slug_fault(line):
        raise RefusedAnswer(
            f"project_slug: {_shown(line)} {fault}; write for example {slugify_name(line)}"
        )
    return line


def check_package_name(name: str) -> str:
    """Return `name`, an importable package name that hides no other module.

    Raises:
        RefusedAnswer: it is malformed, a keyword, or taken by the standard library, a
            dependency or Windows.
    """
    line = _line(name, "package_name", 300)
    if fault := _package_fault(line):
        better = package_from_slug(slugify_name(line))
        raise RefusedAnswer(f"package_name: {_shown(line)} {fault}; write for example {better}")
    return line


# Not Cookiecutter's own choice lists: those answer an unknown choice with a traceback.
_CHOICES = {
    "auth_backend": ("header", "cookie", "oauth2"),
    "signing_algorithm": ("HS256", "RS256", "ES256", "EdDSA"),
    "database": ("sqlite", "postgresql"),
    "license": ("MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary"),
}


def check_choice(answer: str, question: str) -> str:
    """Return `answer` if it is one of the choices of `question`.

    Raises:
        RefusedAnswer: it is not.
        KeyError: there is no such question.
    """
    choices = _CHOICES[question]
    line = _line(answer, question, 300)
    if line in choices:
        return line
    near = difflib.get_close_matches(line.lower(), [choice.lower() for choice in choices], n=1)
    meant = [choice for choice in choices if choice.lower() in near]
    hint = f" (did you mean {meant[0]}?)" if meant else ""
    raise RefusedAnswer(
        f"{question}: {_shown(line)} is none of the choices{hint}; write {', '.join(choices[:-1])} "
        f"or {choices[-1]}"
    )


_ITEM_LENGTH = 200
_MOST_ITEMS = 20


def _item_fault(item: str, seen: Iterable[str]) -> str | None:
    if not item:
        return "an item is empty"
    if len(item) > _ITEM_LENGTH:
        return f"{_shown(item)} is longer than {_ITEM_LENGTH} characters"
    if item.lower() == "none":
        return "`none` stands beside other items, or is not in lower case"
    # The answers travel through .env, YAML and shell commands as well.
    if not re.fullmatch(r"[!-~]+", item) or set(item) & set("\"'`\\<>{}|^$"):
        return f"{_shown(item)} contains a character that is not allowed (a space, a quote, $, ...)"
    if item in seen:
        return f"{_shown(item)} stands there twice"
    return None


def _parse_list(text: str, question: str, example: str) -> list[str]:
    line = _line(text, question, _MOST_ITEMS * _ITEM_LENGTH)
    if line.strip() == "none":
        return []
    items = [item.strip(" ") for item in line.split(",")]
    faults = (_item_fault(item, items[:place]) for place, item in enumerate(items))
    fault = next(filter(None, faults), None)
    if not fault and len(items) > _MOST_ITEMS:
        fault = f"there are {len(items)} items, more than {_MOST_ITEMS}"
    if fault:
        raise RefusedAnswer(
            f"{question}: {fault}; write them separated by commas, such as {example}, or the one "
            "word none to turn the check off"
        )
    return items


def parse_issuers(text: str) -> list[str]:
    """Split the accepted issuers; the word `none` is the empty list.

    Raises:
        RefusedAnswer: an item is empty, doubled, too long or no URI.
    """
    return _parse_list(text, "accepted_issuers", "https://api.example")


def parse_audiences(text: str) -> list[str]:
    """Split the accepted audiences; the word `none` is the empty list.

    Raises:
        RefusedAnswer: an item is empty, doubled, too long or no URI.
    """
    return _parse_list(text, "accepted_audiences", "my-api")


def toml_string(text: str) -> str:
    """Quote `text` as a string that is valid TOML, JSON and YAML at once."""
    quoted = json.dumps(text, ensure_ascii=False)
    # JSON allows these raw, TOML or YAML does not.
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]",
        lambda match: f"\\u{ord(match[0]):04x}",
        quoted,
    )


def python_string(text: str) -> str:
    """Quote `text` as Python source, as `ruff format` would leave it."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = (
        f"\\{character}"
        if character in ("\\", quote)
        else character
        if character.isprintable()
        else repr(character)[1:-1]
        for character in text
    )
    return f"{quote}{''.join(escaped)}{quote}"


_LINE_LENGTH = 100


@dataclass(frozen=True)
class _Brackets:
    """Source in brackets, which a long line is broken at.

    `together` says whether all items may share the line between the brackets.
    """

    opening: str
    items: tuple[_Code, ...]
    closing: str
    together: bool = True


@dataclass(frozen=True)
class _OrNone:
    """The union of a type with None, which goes into parentheses where it is broken."""

    type: _Code


_Code = str | _Brackets | _OrNone


def _flat(code: _Code) -> str:
    if isinstance(code, _Brackets):
        return code.opening + ", ".join(map(_flat, code.items)) + code.closing
    return f"{_flat(code.type)} | None" if isinstance(code, _OrNone) else code


def _fits(line: str) -> bool:
    width = sum(
        0
        if unicodedata.category(character) in ("Mn", "Me")
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in line
    )
    return width <= _LINE_LENGTH


def _laid_out(indent: str, before: str, code: _Code, after: str = "") -> list[str]:
    """Lines for `before`, `code`, `after`: one if that fits, else broken as ruff breaks them."""
    line = f"{indent}{before}{_flat(code)}{after}"
    return [line] if _fits(line) else _broken(indent, before, code, after)


def _broken(indent: str, before: str, code: _Code, after: str) -> list[str]:
    deeper = indent + "    "
    if isinstance(code, _OrNone):
        inside = f"{deeper}{_flat(code)}"
        union = [*_laid_out(deeper, "", code.type), f"{deeper}| None"]
        return [f"{indent}{before}(", *([inside] if _fits(inside) else union), f"{indent}){after}"]
    if isinstance(code, str) or not code.items:
        return [f"{indent}{before}{_flat(code)}{after}"]
    inside = deeper + ", ".join(map(_flat, code.items))
    if code.together and len(code.items) == 1:
        middle = _laid_out(deeper, "", code.items[0])
    elif code.together and _fits(inside):
        middle = [inside]
    else:
        middle = [line for item in code.items for line in _laid_out(deeper, "", item, ",")]
    return [f"{indent}{before}{code.opening}", *middle, f"{indent}{code.closing}{after}"]


def _may_stand_in_parentheses(annotation: _Code, value: _Code, indent: str) -> bool:
    if isinstance(value, str) and value.startswith("-"):
        return False
    # Where they would not make the value fit, ruff still prefers them to breaking a union.
    unbreakable = isinstance(value, str) and not isinstance(annotation, _OrNone)
    return not unbreakable or _fits(f"{indent}    {_flat(value)}")


def _assignment(indent: str, name: str, annotation: _Code, value: _Code | None) -> list[str]:
    """Lines of an annotated assignment; ruff breaks the value first, then the annotation."""
    if value is None:
        return _laid_out(indent, f"{name}: ", annotation)
    before = f"{name}: {_flat(annotation)} = "
    if _fits(f"{indent}{before}{_flat(value)}"):
        return [f"{indent}{before}{_flat(value)}"]
    if isinstance(value, _Brackets) and _fits(f"{indent}{before}{value.opening}"):
        return _broken(indent, before, value, "")
    if _fits(f"{indent}{before}(") and _may_stand_in_parentheses(annotation, value, indent):
        return [f"{indent}{before}(", *_laid_out(f"{indent}    ", "", value), f"{indent})"]
    if isinstance(annotation, str):
        return _laid_out(indent, before, value)
    *head, last = _broken(indent, f"{name}: ", annotation, " = ")
    return [*head, *_laid_out(indent, last.removeprefix(indent), value)]


_Value = str | int | float | UUID | datetime | date | Decimal
_Default = _Value | list[_Value] | None

_STRING_LENGTH = 200
_INT_64 = range(-(2**63), 2**63)


def _read_str(literal: object) -> str:
    if not isinstance(literal, str):
        raise _Misfit('write a string such as "free"')
    if wrong := _unprintable(literal):
        raise _Misfit(f"it contains {wrong}, write printable text")
    if len(literal) > _STRING_LENGTH:
        raise _Misfit(f"write at most {_STRING_LENGTH} characters")
    return literal


def _read_int(literal: object) -> int:
    if isinstance(literal, bool) or not isinstance(literal, int):
        raise _Misfit("write a whole number such as 1")
    if literal not in _INT_64:
        raise _Misfit("write a number of at most 64 bits")
    return literal


def _read_float(literal: object) -> float:
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        raise _Misfit("write a number such as 1.5")
    # A comparison, since converting a large int would overflow.
    if not abs(literal) <= sys.float_info.max:
        raise _Misfit("write a finite number")
    return float(literal)


def _read_bool(literal: object) -> bool:
    if not isinstance(literal, bool):
        raise _Misfit("write True or False")
    return literal


def _read_uuid(literal: object) -> UUID:
    if isinstance(literal, str) and re.fullmatch(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){4}[0-9a-fA-F]{8}", literal
    ):
        return UUID(literal)
    raise _Misfit('write a string such as "f47ac10b-58cc-4372-a567-0e02b2c3d479"')


def _read_datetime(literal: object) -> datetime:
    example = '"2024-01-31T12:00:00+00:00"'
    try:
        moment = datetime.fromisoformat(_read_str(literal))
    except (_Misfit, ValueError):
        raise _Misfit(f"write an ISO 8601 string such as {example}") from None
    if moment.utcoffset() is None:
        raise _Misfit(f"it has no offset from UTC, write one, as in {example}")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _Misfit("in UTC it is outside the years 1 to 9999, write another") from None


def _read_date(literal: object) -> date:
    try:
        return date.fromisoformat(_read_str(literal))
    except (_Misfit, ValueError):
        raise _Misfit('write an ISO 8601 string such as "2024-01-31"') from None


def _read_decimal(literal: object) -> Decimal:
    number = r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?"
    if isinstance(literal, str) and re.fullmatch(number, literal):
        return Decimal(literal)
    raise _Misfit('write a string such as "19.90"')


@dataclass(frozen=True)
class _Scalar:
    """What the template knows about one scalar type."""

    name: str
    read: Callable[[object], _Value]
    column: str
    migration: str
    examples: tuple[_Value, ...]
    wrong: str = '["x"]'
    module: str | None = None
    annotation: str | None = None
    own_column: bool = False


_SCALARS = {
    scalar.name: scalar
    for scalar in (
        _Scalar("str", _read_str, "String", "sa.String()", ("acme", "globex")),
        _Scalar("int", _read_int, "BigInteger", "sa.BigInteger()", (7, 8), wrong='"seven"'),
        _Scalar("float", _read_float, "Float", "sa.Float()", (1.5, 2.5), wrong='"high"'),
        _Scalar("bool", _read_bool, "Boolean", "sa.Boolean()", (True, False), wrong='"yes"'),
        _Scalar(
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
        _Scalar(
            "datetime",
            _read_datetime,
            "UtcDateTime",
            "sa.DateTime(timezone=True)",
            (datetime(2024, 1, 31, 12, tzinfo=UTC), datetime(2025, 6, 30, 8, tzinfo=UTC)),
            module="datetime",
            annotation="AwareDatetime",
            own_column=True,
        ),
        _Scalar(
            "date",
            _read_date,
            "Date",
            "sa.Date()",
            (date(2024, 1, 31), date(2025, 6, 30)),
            module="datetime",
        ),
        _Scalar(
            "Decimal",
            _read_decimal,
            "DecimalText",
            "sa.String()",
            (Decimal("19.90"), Decimal("29.90")),
            module="decimal",
            own_column=True,
        ),
    )
}
_IN_LISTS = ("str", "int", "bool")


@dataclass(frozen=True)
class _Type:
    scalar: _Scalar
    choices: tuple[_Value, ...] = ()
    many: bool = False
    optional: bool = False


@dataclass(frozen=True)
class _Field:
    name: str
    type: _Type
    required: bool
    default: _Default

    @property
    def nullable(self) -> bool:
        # A required field has no value until an operator sets one.
        return self.required or self.type.optional


_FIELDS_LENGTH = 4000
_MOST_FIELDS = 50
_MOST_VALUES = 100
_FIELD_NAME_LENGTH = 40
_EXAMPLE = 'tenant_id: UUID, roles: list[str] = ["user"]'

_CLAIMS = _words(
    """
    exp iat nbf iss sub aud jti sid extras encode decode decode_payload adapt_claims
    """
)
_USER_COLUMNS = _words(
    """
    id email name password password_hash is_active created_at updated_at last_login_at sessions
    identities metadata registry
    """
)
_GENERATED = _words(
    """
    str int float bool list UUID datetime date timedelta Decimal Literal Any Annotated ClassVar
    field dataclass Mapped mapped_column relationship UTC AwareDatetime UtcDateTime DecimalText
    Token AccessToken Base User Session self cls type sa JSON String BigInteger Float Boolean
    Uuid Date DateTime ForeignKey
    """
)
_HINTS = {
    "list": "say what it lists, as in list[str]",
    "List": "write list[str]",
    "Optional": "write T | None, as in str | None",
    "Union": "write one type, or T | None",
    "set": "write list[str]",
    "frozenset": "write list[str]",
    "tuple": "write list[str]",
    "Sequence": "write list[str]",
    "dict": "write one field for each of its values",
    "Dict": "write one field for each of its values",
    "Any": "name the type that it really has",
    "object": "name the type that it really has",
    "EmailStr": "a token carries no personal data, look the address up in the user instead",
    "bytes": "write str",
    "string": "write str",
    "integer": "write int",
    "number": "write int, float or Decimal",
    "boolean": "write bool",
    "uuid": "write UUID",
    "UUID4": "write UUID",
    "decimal": "write Decimal",
    "timestamp": "write datetime",
    "AwareDatetime": "write datetime",
    "Literal": 'list its values, as in Literal["free", "pro"]',
}
_KNOWN_TYPES = "write str, int, float, bool, UUID, datetime, date, Decimal, Literal[...] or list[T]"


class _Source:
    """One line of Python that declares the fields, and where its nodes stand in the answer."""

    def __init__(self, text: str) -> None:
        self._encoded = f"def f(*, {text}): ...".encode()

    def parse(self) -> ast.arguments:
        """Raises RefusedAnswer unless the line is one function with keyword-only parameters."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                tree = ast.parse(self._encoded)
        except SyntaxError as error:
            raise _unreadable(self._complaint(error)) from None
        # Null bytes, too deep nesting, numbers of thousands of digits, invalid escapes.
        except (ValueError, RecursionError, MemoryError, OverflowError, Warning):
            raise _unreadable("Python cannot read it") from None
        return self._parameters(tree)

    def _parameters(self, tree: ast.Module) -> ast.arguments:
        function = tree.body[0]
        # An answer that closes the parenthesis itself puts its own body before this one.
        own_body = len(self._encoded) - len("...")
        if (
            len(tree.body) != 1
            or not isinstance(function, ast.FunctionDef)
            or len(function.body) != 1
            or function.body[0].col_offset != own_body
            or function.returns
        ):
            raise _unreadable("there is more than a list of fields")
        if function.args.kwarg:
            raise _unreadable("`**` names no field")
        if raw := self._disguised(function.args):
            raise _unreadable(f"{_shown(raw)} is not written in ASCII letters")
        return function.args

    def _complaint(self, error: SyntaxError) -> str:
        column = (error.offset or 1) - 1
        line = self._encoded.decode()
        word = re.compile(r"\w*").match(line, max(column, 0))
        if word and keyword.iskeyword(word[0]) and column >= len("def f(*, "):
            return f"{_shown(word[0])} is a Python keyword and cannot stand there"
        if "#" in line:
            return "it is not a list of fields (a comment cannot stand in it)"
        return f"it is not a list of fields ({error.msg})"

    def _disguised(self, arguments: ast.arguments) -> str | None:
        """Find a name that Python has normalised, such as one with a ligature (PEP 3131)."""
        for node in ast.walk(arguments):
            name = node.arg if isinstance(node, ast.arg) else getattr(node, "id", None)
            if isinstance(node, ast.arg | ast.Name) and name is not None:
                raw = self._encoded[node.col_offset :].decode()
                if not name.isascii() or not raw.startswith(name):
                    match = re.match(r"\w+", raw)
                    return match[0] if match else name
        return None

    def text(self, node: ast.expr) -> str:
        return _shown(self._encoded[node.col_offset : node.end_col_offset].decode())


def _unreadable(complaint: str) -> RefusedAnswer:
    # Messages of the parser come from elsewhere and may quote the answer.
    complaint = " ".join(complaint.encode("ascii", "backslashreplace").decode().split())
    return RefusedAnswer(f"token_fields: {complaint}; write for example {_EXAMPLE}")


def _name_fault(name: str, earlier: Iterable[str]) -> str | None:
    lowered = name.lower()
    if name.startswith("_"):
        return "begins with an underscore, begin it with a letter"
    if len(name) > _FIELD_NAME_LENGTH:
        return f"is longer than {_FIELD_NAME_LENGTH} characters, shorten it"
    if lowered in _CLAIMS:
        return f"is a standard claim or belongs to the token itself, write for example my_{lowered}"
    if lowered in _USER_COLUMNS:
        return f"is something that every user has already, write for example my_{lowered}"
    if name in _GENERATED:
        return f"would hide a name that the code uses, write for example my_{lowered}"
    # Column names are compared without regard to case.
    if lowered in (other.lower() for other in earlier):
        return "stands there twice, give each field a name of its own"
    return None


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal(node: ast.expr) -> object:
    """The value of a constant or a negative number; anything else stays a node, never evaluated.

    No type of field can read a node, so it is refused where it is read.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _literal(node.operand) if isinstance(node.operand, ast.Constant) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            return -number
    return node


def _read_type(node: ast.expr, source: _Source) -> _Type:
    if not isinstance(node, ast.BinOp):
        return _read_plain_type(node, source)
    sides = [side for side in (node.left, node.right) if not _is_none(side)]
    if not isinstance(node.op, ast.BitOr) or len(sides) != 1 or isinstance(sides[0], ast.BinOp):
        raise _Misfit(f"cannot have the type {source.text(node)}, write one type, or T | None")
    plain = _read_plain_type(sides[0], source)
    return _Type(plain.scalar, plain.choices, plain.many, optional=True)


def _read_plain_type(node: ast.expr, source: _Source) -> _Type:
    if isinstance(node, ast.Name) and node.id in _SCALARS:
        return _Type(_SCALARS[node.id])
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == "Literal":
            return _read_choices(node, source)
        if node.value.id == "list":
            return _read_list_type(node, source)
    raise _Misfit(f"cannot have the type {source.text(node)}, {_type_hint(node)}")


def _type_hint(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return _HINTS.get(node.id, _KNOWN_TYPES)
    if isinstance(node, ast.Attribute):
        return _HINTS.get(node.attr, "write the name without a module")
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "write it without quotes"
    return _KNOWN_TYPES


def _read_list_type(node: ast.Subscript, source: _Source) -> _Type:
    try:
        item = _read_plain_type(node.slice, source)
    except _Misfit:
        item = None
    if item is None or item.many or item.scalar.name not in _IN_LISTS:
        raise _Misfit(
            f"cannot have the type {source.text(node)}, write list[T] with str, int, bool or "
            "Literal[...]"
        )
    return _Type(item.scalar, item.choices, many=True)


def _read_choices(node: ast.Subscript, source: _Source) -> _Type:
    fault = f"cannot have the type {source.text(node)}"
    nodes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(map(_is_none, nodes)):
        raise _Misfit(f"{fault}, write the None after it, as in Literal[...] | None")
    if not 0 < len(nodes) <= _MOST_VALUES:
        raise _Misfit(f"{fault}, write between 1 and {_MOST_VALUES} values")
    scalar = _SCALARS["int" if isinstance(_literal(nodes[0]), int) else "str"]
    try:
        choices = tuple(scalar.read(_literal(value)) for value in nodes)
    except _Misfit as misfit:
        raise _Misfit(f"{fault}, its values are all strings or all integers: {misfit}") from None
    if len(set(choices)) != len(choices):
        raise _Misfit(f"{fault}, write each of its values once")
    return _Type(scalar, choices)


def _read_default(type_: _Type, node: ast.expr, source: _Source) -> _Default:
    try:
        if _is_none(node):
            if type_.optional:
                return None
            raise _Misfit(f"write {_flat(_annotation(type_))} | None for a field that may be None")
        if not type_.many:
            return _read_value(type_, node)
        if not isinstance(node, ast.List):
            raise _Misfit("write a list in square brackets")
        if len(node.elts) > _MOST_VALUES:
            raise _Misfit(f"write at most {_MOST_VALUES} values")
        return [_read_value(type_, item) for item in node.elts]
    except _Misfit as misfit:
        fault = f"cannot have the default {source.text(node)}"
        raise _Misfit(f"{fault}, {misfit}") from None


def _read_value(type_: _Type, node: ast.expr) -> _Value:
    value = type_.scalar.read(_literal(node))
    if type_.choices and value not in type_.choices:
        raise _Misfit("write one of the values of its Literal")
    return value


def _read_field(argument: ast.arg, default: ast.expr | None, source: _Source) -> _Field:
    if argument.annotation is None:
        raise _Misfit(f"has no type, write for example {argument.arg}: str")
    type_ = _read_type(argument.annotation, source)
    if default is None:
        return _Field(argument.arg, type_, required=not type_.optional, default=None)
    return _Field(argument.arg, type_, False, _read_default(type_, default, source))


def _read_fields(arguments: ast.arguments, source: _Source) -> Iterator[_Field]:
    faults = []
    names = [argument.arg for argument in arguments.kwonlyargs]
    for place, argument in enumerate(arguments.kwonlyargs):
        try:
            if fault := _name_fault(argument.arg, names[:place]):
                raise _Misfit(fault)
            yield _read_field(argument, arguments.kw_defaults[place], source)
        except _Misfit as misfit:
            faults.append(f"{_shown(argument.arg)} {misfit}")
    if faults:
        raise RefusedAnswer(f"token_fields: {'; '.join(faults)}")


class Imports(TypedDict):
    """Imports that a field needs, by the module that it appears in."""

    tokens: list[str]
    models: list[str]
    sqlalchemy: list[str]
    types: list[str]


class Example(TypedDict):
    """A value as it is typed on a command line, and Python source of its JSON form."""

    text: str
    json: str


class TokenField(TypedDict):
    """One token field, with the source that the template puts into the project."""

    name: str
    annotation: str
    required: bool
    token_lines: list[str]
    model_lines: list[str]
    migration_lines: list[str]
    example: Example
    wrong: str
    imports: Imports


def _annotation(type_: _Type) -> _Code:
    code: _Code = type_.scalar.annotation or type_.scalar.name
    if type_.choices:
        code = _Brackets("Literal[", tuple(map(_source, type_.choices)), "]")
    if type_.many:
        code = _Brackets("list[", (code,), "]")
    return _OrNone(code) if type_.optional else code


def _source(value: _Value, before: str = "") -> _Code:
    """Python source of `value`, with `before` (such as a keyword) in front of it."""
    if isinstance(value, str):
        return before + python_string(value)
    if isinstance(value, float):
        return before + repr(value).replace("e+", "e")
    if isinstance(value, int):
        return before + repr(value)
    if isinstance(value, datetime):
        clock = [value.hour, value.minute, value.second, value.microsecond]
        while len(clock) > 2 and not clock[-1]:
            clock.pop()
        parts = (*map(str, (value.year, value.month, value.day, *clock)), "tzinfo=UTC")
        return _Brackets(f"{before}datetime(", parts, ")")
    if isinstance(value, date):
        parts = tuple(map(str, (value.year, value.month, value.day)))
        return _Brackets(f"{before}date(", parts, ")")
    return _Brackets(f"{before}{type(value).__name__}(", (python_string(str(value)),), ")")


def _list_source(values: list[_Value], before: str) -> _Code:
    return _Brackets(f"{before}[", tuple(map(_source, values)), "]", together=False)


def _token_value(field: _Field) -> _Code | None:
    if field.required:
        return None
    if field.default is None:
        return "None"
    if isinstance(field.default, list):
        factory: _Code = "default_factory=list"
        if field.default:
            factory = _list_source(field.default, "default_factory=lambda: ")
        return _Brackets("field(", (factory,), ")")
    if isinstance(field.default, UUID):
        # A bare call in a dataclass body looks like a shared mutable default to linters (RUF009).
        return _Brackets("field(", (_source(field.default, "default="),), ")")
    return _source(field.default)


def _model_default(default: _Default) -> tuple[_Code, ...]:
    if default is None:
        return ()
    if isinstance(default, list):
        return (_list_source(default, "default=lambda: ") if default else "default=list",)
    return (_source(default, "default="),)


def _column(field: _Field) -> str:
    if field.type.many:
        # Otherwise None would be stored as the JSON value null, which IS NULL does not find.
        return "JSON(none_as_null=True)" if field.nullable else "JSON()"
    return f"{field.type.scalar.column}()"


def _token_lines(field: _Field) -> list[str]:
    return _assignment("    ", field.name, _annotation(field.type), _token_value(field))


def _model_lines(field: _Field) -> list[str]:
    mapped = f"list[{field.type.scalar.name}]" if field.type.many else field.type.scalar.name
    mapped = f"Mapped[{mapped} | None]" if field.nullable else f"Mapped[{mapped}]"
    arguments = (_column(field), *_model_default(field.default))
    return _assignment("    ", field.name, mapped, _Brackets("mapped_column(", arguments, ")"))


def _migration_lines(field: _Field) -> list[str]:
    column = "sa.JSON()" if field.type.many else field.type.scalar.migration
    arguments = (f'"{field.name}"', column, f"nullable={field.nullable}")
    return _laid_out("        ", "", _Brackets("sa.Column(", arguments, ")"), ",")


def _wire(value: _Value) -> str | int | float:
    """`value` as JSON carries it."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _example(field: _Field) -> Example:
    values = field.type.choices or field.type.scalar.examples
    if field.type.many:
        lists: list[list[_Value]] = [*([value] for value in values), []]
        chosen = next(items for items in lists if items != field.default)
        wires = [_wire(item) for item in chosen]
        sources = ", ".join(_flat(_source(wire)) for wire in wires)
        return {"text": json.dumps(wires, ensure_ascii=False), "json": f"[{sources}]"}
    wire = _wire(next((value for value in values if value != field.default), values[0]))
    text = wire if isinstance(wire, str) else json.dumps(wire)
    return {"text": text, "json": _flat(_source(wire))}


def _imports(field: _Field) -> Imports:
    scalar = field.type.scalar
    shared = [f"from {scalar.module} import {scalar.name}"] if scalar.module else []
    if isinstance(field.default, datetime):
        shared.append("from datetime import UTC")
    tokens = list(shared)
    if isinstance(field.default, list | UUID):
        tokens.append("from dataclasses import field")
    if field.type.choices:
        tokens.append("from typing import Literal")
    if scalar.annotation == "AwareDatetime":
        tokens.append("from typing import Annotated")
    own_column = scalar.own_column and not field.type.many
    column = "JSON" if field.type.many else scalar.column
    return {
        "tokens": tokens,
        "models": shared,
        "sqlalchemy": [] if own_column else [column],
        "types": [column] if own_column else [],
    }


def _rendered(field: _Field) -> TokenField:
    return {
        "name": field.name,
        "annotation": _flat(_annotation(field.type)),
        "required": field.required,
        "token_lines": _token_lines(field),
        "model_lines": _model_lines(field),
        "migration_lines": _migration_lines(field),
        "example": _example(field),
        "wrong": '"x"' if field.type.many else field.type.scalar.wrong,
        "imports": _imports(field),
    }


def parse_token_fields(text: str) -> list[TokenField]:
    """Read token fields that are written as Python's function parameters.

    Raises:
        RefusedAnswer: the text is something else, or a field cannot work; every wrong field is
            named.
    """
    line = _line(text, "token_fields", _FIELDS_LENGTH)
    if not line.strip():
        return []
    # As the questions after it are answered.
    if line.strip().lower() == "none":
        raise RefusedAnswer("token_fields: for no fields, leave the answer empty")
    source = _Source(line)
    arguments = source.parse()
    if len(arguments.kwonlyargs) > _MOST_FIELDS:
        raise RefusedAnswer(f"token_fields: write at most {_MOST_FIELDS} fields")
    return [_rendered(field) for field in _read_fields(arguments, source)]


def _member_order(name: str) -> tuple[int, str, str]:
    """Constants, classes, the rest: the order of isort."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, name.lower(), name


def _from_import(module: str, names: Iterable[str]) -> str:
    members = tuple(sorted(names, key=_member_order))
    line = f"from {module} import {', '.join(members)}"
    if _fits(line):
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in members), ")"])


def import_block(fields: Iterable[TokenField], where: str, *lines: str) -> str:
    """Merge `lines` with the imports that `fields` need in `where`, sorted as isort sorts them.

    Bare names, as in the lists `sqlalchemy` and `types`, join the first `from` import of `lines`.

    Raises:
        ValueError: there are bare names and no `from` import for them to join.
    """
    modules: set[str] = set()
    members: dict[str, set[str]] = {}
    needed: list[str] = [line for field in fields for line in _needed(field, where)]
    for line in (*lines, *needed):
        match line.split(maxsplit=3):
            case ["import", module]:
                modules.add(module)
            case ["from", module, "import", names]:
                members.setdefault(module, set()).update(re.split(r"\s*,\s*", names))
            case [name] if members:
                members[next(iter(members))].add(name)
            case _:
                raise ValueError(f"not an import, and no import to join: {line}")
    plain = [f"import {module}" for module in sorted(modules, key=_module_order)]
    return "\n".join(
        [
            *plain,
            *(_from_import(name, members[name]) for name in sorted(members, key=_module_order)),
        ]
    )


def _needed(field: TokenField, where: str) -> list[str]:
    imports: dict[str, list[str]] = {**field["imports"]}  # type: ignore[dict-item]
    return imports[where]


def _module_order(name: str) -> tuple[str, str]:
    return name.lower(), name


def setting(value: str | list[str], name: str, annotation: str) -> str:
    """Lines of a class body that give a setting its default: a string or a tuple of strings."""
    if isinstance(value, str):
        code: _Code = python_string(value)
    elif len(value) == 1:
        code = _Brackets("(", (f"{python_string(value[0])},",), ")")
    else:
        code = _Brackets("(", tuple(map(python_string, value)), ")", together=False)
    return "\n".join(_assignment("    ", name, annotation, code))


class Answers(Extension):
    """Registers the filters."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        filters = (
            check_project_name,
            check_project_slug,
            check_package_name,
            check_text,
            check_email,
            check_choice,
            parse_token_fields,
            parse_issuers,
            parse_audiences,
            slugify_name,
            package_from_slug,
            toml_string,
            python_string,
            import_block,
            setting,
        )
        environment.filters.update({function.__name__: function for function in filters})
        # cruft renders two versions of the template in one process: each imports its own filters.
        sys.modules.pop(__name__, None)
