"""How easy a text is to guess: zxcvbn, in milliseconds whatever the text is."""

import re
from collections.abc import Iterable, Iterator
from string import punctuation
from unicodedata import normalize

from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

# zxcvbn tries every combination of substitutions, which takes seconds for some texts. SPELLINGS
# take their place. The table is a default argument of a function, so it is emptied in place.
L33T_TABLE.clear()

JUDGED_LENGTH = 40
"""Characters that are judged. The time that this takes grows faster than their number."""
READ_LENGTH = 256
"""Characters that are read. Normalised, a single one can become eighteen."""
MIN_WORD_LENGTH = 4
"""Characters of a known word that is taken out."""

_ALIKE: dict[int, int | None] = {
    **dict.fromkeys(map(ord, punctuation + " ")),
    **str.maketrans("4@8({[<3690$5+%2", "aabcccceggosstxz"),
}
SPELLINGS: tuple[dict[int, int | None], ...] = (
    {},
    {**_ALIKE, **str.maketrans("1!|7", "iiit")},
    {**_ALIKE, **str.maketrans("1!|7", "llll")},
)
"""What characters may stand for, or None: a text is as strong as its weakest reading."""
_NUMBER = re.compile(r"(\d{4,})")
"""Digits that stand for no letters."""
_REPEATS = re.compile(r"(.+?)\1{2,}", re.DOTALL)
"""What is said three times is no better than twice, but takes zxcvbn much longer."""

SEASONS = ("spring", "summer", "autumn", "fall", "winter")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def weakness(text: str, min_score: int, known: Iterable[str] = ()) -> str | None:
    """Return why a text is too easy to guess, or None if it is not.

    Call this in one thread at a time: zxcvbn keeps the known words in a module global.

    Args:
        min_score: of zxcvbn's 0 to 4, which the text must reach without the known words, and
            without a season or month beside a year.
        known: what an attacker knows, such as email addresses and names.
    """
    words = sorted(set(_words(known)), key=len, reverse=True)
    for reading in dict.fromkeys(_readings(text, words)):
        judged = _REPEATS.sub(r"\1\1", reading)[:JUDGED_LENGTH]
        # zxcvbn fails at an empty text, and a space is as weak.
        judgement = zxcvbn(judged or " ", user_inputs=words)
        if judgement["score"] < min_score:
            warning: str = judgement["feedback"]["warning"]
            return warning or "It is made of what is easy to find out, such as names and dates."
    return None


def _readings(text: str, words: Iterable[str]) -> Iterator[str]:
    """Yield what is left of the text in each spelling."""
    text = SEASON_AND_YEAR.sub("", _folded(text))
    long_words = [word for word in words if len(word) >= MIN_WORD_LENGTH]
    for spelling in SPELLINGS:
        rest = _read(text, spelling)
        for word in (_read(word, spelling) for word in long_words):
            rest = rest.replace(word, "").replace(word[::-1], "")
        yield rest


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()[:READ_LENGTH]


def _read(text: str, spelling: dict[int, int | None]) -> str:
    runs = _NUMBER.split(text)
    return "".join(run if _NUMBER.match(run) else run.translate(spelling) for run in runs)


def _words(known: Iterable[str]) -> Iterator[str]:
    """Yield each text, its two sides of an `@`, both without what separates words, and words."""
    for text in map(_folded, known):
        for part in (text, *text.split("@")):
            yield part
            yield re.sub(r"[\W_]", "", part)
            yield from re.findall(r"[^\W\d_]+|\d+", part)


def _spelled(word: str) -> str:
    """Return a pattern that finds the word in each spelling."""
    pairs = [pair for spelling in SPELLINGS for pair in spelling.items()]
    return "".join(
        f"[{letter}{re.escape(''.join(chr(char) for char, as_ in pairs if as_ == ord(letter)))}]"
        for letter in word
    )


def _season_and_year() -> re.Pattern[str]:
    names = (*SEASONS, *MONTHS, "sept", *(month[:3] for month in MONTHS))
    name = f"(?:{'|'.join(map(_spelled, names))})"
    year = r"(?:19|20)?\d\d"
    return re.compile(rf"{name}[\W_]?{year}|{year}[\W_]?{name}")


SEASON_AND_YEAR = _season_and_year()
"""zxcvbn's years end at 2019."""
