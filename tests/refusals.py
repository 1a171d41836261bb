"""What the tests of the extension share: refusals, and noise to be refused."""

from collections.abc import Callable
from typing import Any

import pytest

from litestar_jwt_template.text import RefusedAnswer

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


FRAGMENTS = [
    "\0",
    "\n",
    *words("""
    a b: c : int str = 1 -1 "x" ' " ( ) [ ] list[str] Literal["a"] | None , , * ** / -> ... ; #
    lambda pass def g( ): \\ ﬁ { } @ := f" 0x 1e9 True None __a__ if else for await é
    """),
]


def outcome(check: Callable[[str], object], text: str) -> str:
    """The refusal of `text`, or nothing."""
    try:
        check(text)
    except RefusedAnswer as refused:
        return str(refused)
    return ""
