"""Python source in the format of ruff."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from .text import python_string

_LINE_LENGTH = 100


@dataclass(frozen=True)
class Brackets:
    """Source in brackets, which a long line is broken at.

    `together` says whether all items may share the line between the brackets.
    """

    opening: str
    items: tuple[Code, ...]
    closing: str
    together: bool = True


@dataclass(frozen=True)
class OrNone:
    """The union of a type with None, which goes into parentheses where it is broken."""

    type: Code


Code = str | Brackets | OrNone


def flat(code: Code) -> str:
    if isinstance(code, Brackets):
        return code.opening + ", ".join(map(flat, code.items)) + code.closing
    return f"{flat(code.type)} | None" if isinstance(code, OrNone) else code


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


def laid_out(indent: str, before: str, code: Code, after: str = "") -> list[str]:
    """Lines for `before`, `code`, `after`: one if that fits, else broken as ruff breaks them."""
    line = f"{indent}{before}{flat(code)}{after}"
    return [line] if _fits(line) else _broken(indent, before, code, after)


def _broken(indent: str, before: str, code: Code, after: str) -> list[str]:
    deeper = indent + "    "
    if isinstance(code, OrNone):
        inside = f"{deeper}{flat(code)}"
        union = [*laid_out(deeper, "", code.type), f"{deeper}| None"]
        return [f"{indent}{before}(", *([inside] if _fits(inside) else union), f"{indent}){after}"]
    if isinstance(code, str) or not code.items:
        return [f"{indent}{before}{flat(code)}{after}"]
    inside = deeper + ", ".join(map(flat, code.items))
    if code.together and len(code.items) == 1:
        middle = laid_out(deeper, "", code.items[0])
    elif code.together and _fits(inside):
        middle = [inside]
    else:
        middle = [line for item in code.items for line in laid_out(deeper, "", item, ",")]
    return [f"{indent}{before}{code.opening}", *middle, f"{indent}{code.closing}{after}"]


def _may_stand_in_parentheses(annotation: Code, value: Code, indent: str) -> bool:
    if isinstance(value, str) and value.startswith("-"):
        return False
    # Where they would not make the value fit, ruff still prefers them to breaking a union.
    unbreakable = isinstance(value, str) and not isinstance(annotation, OrNone)
    return not unbreakable or _fits(f"{indent}    {flat(value)}")


def assignment(indent: str, name: str, annotation: Code, value: Code | None) -> list[str]:
    """Lines of an annotated assignment; ruff breaks the value first, then the annotation."""
    if value is None:
        return laid_out(indent, f"{name}: ", annotation)
    before = f"{name}: {flat(annotation)} = "
    if _fits(f"{indent}{before}{flat(value)}"):
        return [f"{indent}{before}{flat(value)}"]
    if isinstance(value, Brackets) and _fits(f"{indent}{before}{value.opening}"):
        return _broken(indent, before, value, "")
    if _fits(f"{indent}{before}(") and _may_stand_in_parentheses(annotation, value, indent):
        return [f"{indent}{before}(", *laid_out(f"{indent}    ", "", value), f"{indent})"]
    if isinstance(annotation, str):
        return laid_out(indent, before, value)
    *head, last = _broken(indent, f"{name}: ", annotation, " = ")
    return [*head, *laid_out(indent, last.removeprefix(indent), value)]


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


def merged_imports(lines: Iterable[str]) -> str:
    """Merge `lines`, imports all of them, sorted as isort sorts them.

    A bare name joins the first `from` import before it.

    Raises:
        ValueError: there is a bare name and no `from` import for it to join.
    """
    modules: set[str] = set()
    members: dict[str, set[str]] = {}
    for line in lines:
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


def _module_order(name: str) -> tuple[str, str]:
    return name.lower(), name


def setting(value: str | list[str], name: str, annotation: str) -> str:
    """Lines of a class body that give a setting its default: a string or a tuple of strings."""
    if isinstance(value, str):
        code: Code = python_string(value)
    elif len(value) == 1:
        code = Brackets("(", (f"{python_string(value[0])},",), ")")
    else:
        code = Brackets("(", tuple(map(python_string, value)), ")", together=False)
    return "\n".join(assignment("    ", name, annotation, code))
