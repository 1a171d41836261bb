"""Token fields as the template needs them: the source that each adds to a project."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from itertools import count
from typing import TypedDict
from uuid import UUID

from .fields import Field, annotation, literal, read_fields
from .grammar import Source
from .source import Brackets, Code, assignment, fits, flat, lines_of, merged_imports, prefixed
from .text import RefusedAnswer, one_line
from .values import Default, Value, value_source

_FIELDS_LENGTH = 4000
_MOST_FIELDS = 50


class Imports(TypedDict):
    """Imports that a field needs, in the groups of isort."""

    standard: list[str]
    installed: list[str]
    own: list[str]


class Example(TypedDict):
    """A value as it is typed on a command line, and Python source of its JSON form."""

    text: str
    json: str


class TokenField(TypedDict):
    """One token field, with the source that the template puts into the project."""

    name: str
    annotation: str
    required: bool
    types: list[str]
    token_lines: list[str]
    column_lines: list[str]
    migration_lines: list[str]
    example: Example
    wrong: str
    imports: Imports


AWARE_DATETIME = "AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]"


def _list_source(before: str, values: list[Value]) -> Code:
    return Brackets(f"{before}[", tuple(map(value_source, values)), "]")


def _token_default(default: Default) -> Code:
    if default is None:
        return "None"
    if isinstance(default, list):
        factory = _list_source("default_factory=lambda: ", default)
        return Brackets("field(", (factory if default else "default_factory=list",), ")")
    if isinstance(default, UUID):
        # A bare call in a dataclass body looks like a shared mutable default to linters (RUF009).
        return Brackets("field(", (prefixed("default=", value_source(default)),), ")")
    return value_source(default)


def _token(field: Field, choices: str = "") -> Code:
    type_ = annotation(field.type, choices)
    if field.required:
        return f"{field.name}: {type_}"
    return assignment(field.name, type_, _token_default(field.default), "field")


def _column_default(default: Default) -> tuple[Code, ...]:
    if default is None:
        return ()
    if isinstance(default, list):
        return (_list_source("default=lambda: ", default) if default else "default=list",)
    return (prefixed("default=", value_source(default)),)


def _column(field: Field) -> str:
    if field.type.many:
        # Otherwise None would be stored as the JSON value null, which IS NULL does not find.
        return "JSON(none_as_null=True)" if field.nullable else "JSON()"
    return f"{field.type.scalar.column}()"


def _mapped_column(field: Field) -> Code:
    mapped = f"list[{field.type.scalar.name}]" if field.type.many else field.type.scalar.name
    mapped = f"Mapped[{mapped} | None]" if field.nullable else f"Mapped[{mapped}]"
    arguments = (_column(field), *_column_default(field.default))
    return Brackets(f"{field.name}: {mapped} = mapped_column(", arguments, ")")


def _migration(field: Field) -> Code:
    column = "sa.JSON()" if field.type.many else field.type.scalar.migration
    return Brackets("sa.Column(", (f'"{field.name}"', column, f"nullable={field.nullable}"), ")")


def _alias(name: str, taken: set[str]) -> str:
    """Return a name for the choices of a field, which is neither long nor taken."""
    short = "".join(part.capitalize() for part in name.split("_"))[:20] + "Choice"
    names = (f"{short}{n}" if n > 1 else short for n in count(1))
    return next(alias for alias in names if alias not in taken)


def _wire(value: Value) -> str | int | float:
    """`value` as JSON carries it."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def _example(field: Field) -> Example:
    values = field.type.choices or field.type.scalar.examples
    if field.type.many:
        lists: list[list[Value]] = [*([value] for value in values), []]
        chosen = next(items for items in lists if items != field.default)
        wires = [_wire(item) for item in chosen]
        sources = ", ".join(flat(value_source(wire)) for wire in wires)
        return {"text": json.dumps(wires, ensure_ascii=False), "json": f"[{sources}]"}
    wire = _wire(next((value for value in values if value != field.default), values[0]))
    text = wire if isinstance(wire, str) else json.dumps(wire)
    return {"text": text, "json": flat(value_source(wire))}


def _imports(field: Field, token: Code) -> Imports:
    scalar = field.type.scalar
    column = "JSON" if field.type.many else scalar.column
    standard = [f"from {scalar.module} import {scalar.name}"] if scalar.module else []
    installed = ["from sqlalchemy.orm import Mapped, mapped_column"]
    own = []
    if isinstance(field.default, datetime):
        standard.append("from datetime import UTC")
    if isinstance(token, Brackets) and token.opening.endswith(" = field("):
        standard.append("from dataclasses import field")
    if field.type.choices:
        standard.append("from typing import Literal")
    if scalar.annotation == "AwareDatetime":
        standard.append("from typing import Annotated")
        installed.append("import msgspec")
    if scalar.own_column and not field.type.many:
        own.append(f"from .{scalar.own_column} import {column}")
    else:
        installed.append(f"from sqlalchemy import {column}")
    return {"standard": standard, "installed": installed, "own": own}


def _rendered(field: Field, taken: set[str]) -> TokenField:
    types = [AWARE_DATETIME] if field.type.scalar.annotation == "AwareDatetime" else []
    token = _token(field)
    if field.type.choices and not fits(f"    {flat(token)}"):
        alias = _alias(field.name, taken)
        taken.add(alias)
        types = ["\n".join(lines_of(prefixed(f"{alias} = ", literal(field.type))))]
        token = _token(field, alias)
    return {
        "name": field.name,
        "annotation": annotation(field.type),
        "required": field.required,
        "types": types,
        "token_lines": lines_of(token, "    "),
        "column_lines": lines_of(_mapped_column(field), "    "),
        "migration_lines": lines_of(_migration(field), "        ", ","),
        "example": _example(field),
        "wrong": '"x"' if field.type.many else field.type.scalar.wrong,
        "imports": _imports(field, token),
    }


def parse_token_fields(text: str) -> list[TokenField]:
    """Read token fields that are written as Python's function parameters.

    Raises:
        RefusedAnswer: the text is something else, or a field cannot work; every wrong field is
            named.
    """
    line = one_line(text, "token_fields", _FIELDS_LENGTH)
    if not line.strip():
        return []
    # As the questions after it are answered.
    if line.strip().lower() == "none":
        raise RefusedAnswer("token_fields: for no fields, leave the answer empty")
    source = Source(line)
    arguments = source.parse()
    if len(arguments.kwonlyargs) > _MOST_FIELDS:
        raise RefusedAnswer(f"token_fields: write at most {_MOST_FIELDS} fields")
    fields = list(read_fields(arguments, source))
    taken = {field.name for field in fields}
    return [_rendered(field, taken) for field in fields]


def import_block(fields: Iterable[TokenField], group: str, *lines: str) -> str:
    """Merge `lines` with a group of the imports of `fields`, sorted as isort sorts them."""
    return merged_imports([*lines, *(line for field in fields for line in _group(field, group))])


def _group(field: TokenField, group: str) -> list[str]:
    imports: dict[str, list[str]] = {**field["imports"]}  # type: ignore[dict-item]
    return imports[group]


def token_header(fields: list[TokenField]) -> str:
    """What `fields` need between the standard library's imports and the first class."""
    types = dict.fromkeys(type_ for field in fields for type_ in field["types"])
    imports = [import_block(fields, group) for group in ("installed", "own")]
    return _between("\n\n".join(filter(None, [*imports, "\n".join(types)])))


def token_body(fields: Iterable[TokenField]) -> str:
    """The fields in the class of token fields, below its docstring."""
    return _between("\n".join(line for field in fields for line in field["token_lines"]))


def column_body(fields: Iterable[TokenField]) -> str:
    """The fields in the class of columns, below its docstring."""
    return _between("\n".join(line for field in fields for line in field["column_lines"]))


def _between(text: str) -> str:
    return f"\n{text}\n" if text else ""
