"""Lists of issuers and audiences."""

from collections.abc import Callable

import pytest

from litestar_jwt_template.lists import parse_audiences, parse_issuers

from .refusals import refusal


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
@pytest.mark.parametrize("parse", [parse_issuers, parse_audiences])
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
        ("a b", "`a b` contains a character"),
        ("a\tb", "U+0009"),
        ('"a"', "contains a character"),
        ("'a'", "contains a character"),
        ("a`id`", "contains a character"),
        ("a\\b", "contains a character"),
        ("$HOME", "contains a character"),
        ("{{ x }}", "contains a character"),
        ("größe", "contains a character"),
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
        (parse_issuers, "accepted_issuers"),
        (parse_audiences, "accepted_audiences"),
    ],
)
def test_lists_that_are_refused(
    parse: Callable[[str], list[str]], question: str, text: str, fragment: str
) -> None:
    message = refusal(parse, text)
    assert message.startswith(f"{question}: ")
    assert fragment in message
