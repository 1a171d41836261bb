"""Free text and e-mail addresses, and how text is quoted."""

import ast
import json
import tomllib

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from litestar_jwt_template.text import (
    check_email,
    check_project_name,
    check_text,
    python_string,
    toml_string,
)

from .refusals import refusal

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
    assert check_text(text, question) == text
    assert check_project_name(text) == text


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
    message = refusal(check_text, text, "description")
    assert message.startswith("description: ")
    assert fragment in message


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
    assert check_email(address) == address


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
    assert refusal(check_email, address).startswith("author_email: ")


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\x00\x7f\x85\u2028\ufeff\uffff\\\"'/é😀")
def test_toml_string_is_toml_json_and_yaml(text: str) -> None:
    quoted = toml_string(text)
    assert tomllib.loads(f"x = {quoted}") == {"x": text}
    assert json.loads(quoted) == text
    assert yaml.safe_load(quoted) == text


def test_toml_string_keeps_letters_readable() -> None:
    assert toml_string('Zoë "😀"') == '"Zoë \\"😀\\""'


@given(st.text())
def test_python_string_is_the_same_text(text: str) -> None:
    assert ast.literal_eval(python_string(text)) == text


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
    assert python_string(text) == source
