"""Python source that `ruff format` leaves alone, and `ruff check` accepts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .text import python_string

WIDTH = 100


@dataclass(frozen=True)
class Brackets:
    """Source in brackets: on one line if it fits, else with a line and a comma for each item."""

    opening: str
    items: tuple[Code, ...]
    closing: str


Code = str | Brackets


def flat(code: Code) -> str:
    if isinstance(code, str):
        return code
    return code.opening + ", ".join(map(flat, code.items)) + code.closing


def fits(line: str) -> bool:
    # A character takes at most as many columns as it has bytes in UTF-8.
    return len(line.encode()) <= WIDTH


def prefixed(before: str, code: Code) -> Code:
    if isinstance(code, str):
        return before + code
    return replace(code, opening=before + code.opening)


def lines_of(code: Code, indent: str = "", after: str = "") -> list[str]:
    line = f"{indent}{flat(code)}{after}"
    if isinstance(code, str) or not code.items or fits(line):
        return [_excused(line)]
    inner = [line for item in code.items for line in lines_of(item, f"{indent}    ", ",")]
    # The comma of a tuple with one item stands behind the item then.
    closing = code.closing.removeprefix(",")
    return [_excused(f"{indent}{code.opening}"), *inner, f"{indent}{closing}{after}"]


def assignment(name: str, annotation: str, value: Code, call: str) -> Code:
    """An annotated assignment in a class, whose default goes into `call` where it is too long.

    Parentheses would do too, but when ruff keeps them depends on the annotation.
    """
    before = f"{name}: {annotation} = "
    flat_line = f"    {before}{flat(value)}"
    if fits(flat_line) or (isinstance(value, Brackets) and value.opening in ("(", f"{call}(")):
        return prefixed(before, value)
    return Brackets(f"{before}{call}(", (prefixed("default=", value),), ")")


def _excused(line: str) -> str:
    if not fits(line):
        # So that a column is a character: ruff counts columns in tables of its own.
        line = line.encode("ascii", "backslashreplace").decode()
    rules = ", ".join(_findings(line))
    return f"{line}  # noqa: {rules}" if rules else line


_STRING = re.compile(r'"(?:\\.|[^"\\])*"|' r"'(?:\\.|[^'\\])*'")
_SECRET = re.compile(
    r" +(\w+_)?(pas+wo?r?d|pass(phrase)?|pwd|token|secrete?)(_\w*)?: .* = "
    rf'(?!"")({_STRING.pattern})',
    re.IGNORECASE,
)
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108


def _findings(line: str) -> Iterator[str]:
    """Rules of ruff that a value or a name breaks; ruff reports an excuse that is not needed."""
    *before, last = line.split(" ")
    ends_with_url = "://" in last and len(line) - len(last) <= WIDTH
    if len(line) > WIDTH and any(before) and not ends_with_url:
        yield "E501"
    if re.match(r" +[lIO]: ", line):
        yield "E741"
    texts = [text[1:-1] for text in _STRING.findall(line)]
    if "0.0.0.0" in texts:  # noqa: S104
        yield "S104"
    if _SECRET.fullmatch(line):
        yield "S105"
    if any(text.startswith(_TEMPORARY) for text in texts):
        yield "S108"


def _member_order(name: str) -> tuple[int, str, str]:
    """Constants, classes, the rest: the order of isort."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    return kind, name.lower(), name


def _from_import(module: str, names: Iterable[str]) -> str:
    members = tuple(sorted(names, key=_member_order))
    line = f"from {module} import {', '.join(members)}"
    if fits(line):
        return line
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in members), ")"])


def merged_imports(lines: Iterable[str]) -> str:
    """Merge `lines`, imports all of them, sorted as isort sorts them.

    Raises:
        ValueError: a line is not an import.
    """
    modules: set[str] = set()
    members: dict[str, set[str]] = {}
    for line in lines:
        match line.split(maxsplit=3):
            case ["import", module]:
                modules.add(module)
            case ["from", module, "import", names]:
                members.setdefault(module, set()).update(re.split(r"\s*,\s*", names))
            case _:
                raise ValueError(f"not an import: {line}")
    plain = [f"import {module}" for module in sorted(modules, key=_module_order)]
    return "\n".join(
        [
            *plain,
            *(_from_import(name, members[name]) for name in sorted(members, key=_module_order)),
        ]
    )


def _module_order(name: str) -> tuple[str, str]:
    return name.lower(), name


def setting(value: str | list[str], name: str, annotation: str) -> str:
    """Lines of a class body that give a setting its default: a string or a tuple of strings."""
    if isinstance(value, str):
        code: Code = python_string(value)
    else:
        closing = ",)" if len(value) == 1 else ")"
        code = Brackets("(", tuple(map(python_string, value)), closing)
    return "\n".join(lines_of(assignment(name, annotation, code, "Field"), "    "))
