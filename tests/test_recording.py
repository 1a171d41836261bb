"""The picture of the questions, held to what they are now; nothing is recorded again."""

from xml.etree import ElementTree

import pytest
from rich.text import Text

from litestar_jwt_template.names import slugify_name
from litestar_jwt_template.text import RefusedAnswer, check_email
from scripts.recording import ANSWERS, PICTURE, REFUSED

from .conftest import QUESTIONS, LoadHook

PROMPTS = QUESTIONS["__prompts__"]
STALE = "make recording draws it anew"


def shown() -> list[str]:
    """The lines of the picture, each put together from its pieces of one colour."""
    lines: dict[str, str] = {}
    for piece in ElementTree.parse(PICTURE).iter("{http://www.w3.org/2000/svg}text"):
        if piece.text and (length := piece.get("textLength")):
            width = float(length) / len(piece.text)
            before = lines.get(piece.attrib["y"], "").ljust(round(float(piece.attrib["x"]) / width))
            lines[piece.attrib["y"]] = before + piece.text.replace("\N{NO-BREAK SPACE}", " ")
    return [line.rstrip() for line in lines.values() if line.strip()]


@pytest.mark.parametrize("question", PROMPTS)
def test_it_asks_as_the_template_asks(question: str) -> None:
    place = f"[{list(PROMPTS).index(question) + 1}/{len(PROMPTS)}]"
    first, *others = Text.from_markup(PROMPTS[question]).plain.rstrip().splitlines()
    asked = [f"  {place} {first}", *others]
    lines = shown()
    begin = max(n for n, line in enumerate(lines) if line.startswith(f"  {place}"))
    for expected, line in zip(asked, lines[begin:], strict=False):
        assert line == expected or line.startswith(f"{expected} ("), STALE


def test_it_shows_the_answers_and_the_refusal() -> None:
    said = "".join(shown())
    with pytest.raises(RefusedAnswer) as refusal:
        check_email(REFUSED[-1])
    for text in (*ANSWERS.values(), str(refusal.value)):
        assert text in said, STALE


def test_it_ends_as_the_template_ends(
    load_hook: LoadHook, capsys: pytest.CaptureFixture[str]
) -> None:
    load_hook(project_slug=slugify_name(ANSWERS["project_name"]), **ANSWERS).main()
    said = [line for line in capsys.readouterr().out.splitlines() if line]
    assert shown()[-len(said) :] == said, STALE


def test_it_loads_nothing() -> None:
    svg = PICTURE.read_text("utf-8")
    assert svg.count("url(") == svg.count("url(#")
    assert "@import" not in svg
    assert "href" not in svg
