"""Free text: which lines of it are accepted, and how it is quoted."""

import json
import re
import unicodedata

from cookiecutter.exceptions import FailedHookException  # type: ignore[import-untyped]


class RefusedAnswer(FailedHookException):  # type: ignore[misc]
    """An answer that cannot work; its message is one line for the person who typed it.

    Cookiecutter turns this family of errors into that line and exit code 1; any other error
    would reach the person as a traceback.
    """


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONTROL = {"Cc": "a control character", "Cs": "a lone surrogate", "Zl": "a line separator"}
_CONTROL["Zp"] = _CONTROL["Zl"]
# They reorder what a reader sees (CVE-2021-42574).
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LENGTHS = {"project_name": 100, "description": 300, "author_name": 100}


def shown(text: object, limit: int = 40) -> str:
    """`text` in backquotes: short, one line, and printable on every console."""
    plain = ascii(text)[1:-1] if isinstance(text, str) else ascii(text)
    plain = plain.replace("\\'", "'").replace("\\\\", "\\")
    return f"`{plain if len(plain) <= limit else plain[: limit - 3] + '...'}`"


def unprintable(text: str) -> str | None:
    """Name the first thing in `text` that does not belong into one line of text."""
    for character in text:
        if character in _BIDI_CONTROLS:
            return f"a text direction control (U+{ord(character):04X})"
        if ord(character) & 0xFFFE == 0xFFFE:
            return f"a noncharacter (U+{ord(character):04X})"
        if wrong := _CONTROL.get(unicodedata.category(character)):
            return f"{wrong} (U+{ord(character):04X})"
    return None


def one_line(text: object, question: str, limit: int) -> str:
    if not isinstance(text, str):
        raise RefusedAnswer(f"{question}: {shown(text)} is not text; write one line of text")
    if wrong := unprintable(text):
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
    line = one_line(text, question, _LENGTHS.get(question, 300))
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
    line = one_line(address, "author_email", 254)
    if not _EMAIL.fullmatch(line):
        raise RefusedAnswer(
            f"author_email: {shown(line)} is not an e-mail address; write one such as "
            "you@example.com"
        )
    return line


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
