"""Lists of issuers and audiences."""

import re
from collections.abc import Iterable

from .text import RefusedAnswer, one_line, shown

_ITEM_LENGTH = 200
_MOST_ITEMS = 20


def _item_fault(item: str, seen: Iterable[str]) -> str | None:
    if not item:
        return "an item is empty"
    if len(item) > _ITEM_LENGTH:
        return f"{shown(item)} is longer than {_ITEM_LENGTH} characters"
    if item.lower() == "none":
        return "`none` stands beside other items, or is not in lower case"
    # The answers travel through .env, YAML and shell commands as well.
    if not re.fullmatch(r"[!-~]+", item) or set(item) & set("\"'`\\<>{}|^$"):
        return f"{shown(item)} contains a character that is not allowed (a space, a quote, $, ...)"
    if item in seen:
        return f"{shown(item)} stands there twice"
    return None


def _parse_list(text: str, question: str, example: str) -> list[str]:
    line = one_line(text, question, _MOST_ITEMS * _ITEM_LENGTH)
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
