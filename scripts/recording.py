"""Answer the questions at a real terminal, and draw what it shows: `make recording`."""

import json
import os
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect  # type: ignore[import-untyped]
from rich.ansi import AnsiDecoder
from rich.console import Console

from scripts.demo import TEMPLATE

PICTURE = TEMPLATE / "docs" / "recording.svg"
WIDTH = 92
QUESTIONS = [
    name
    for name in json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
    if not name.startswith("_")
]
REFUSED = ["Tea Club", "", "", "", "Ada Lovelace", "ada@example"]
"""Typed first; the last one is refused."""
ANSWERS = {
    "project_name": "Tea Club",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.com",
    "auth_backend": "oauth2",
    "token_fields": 'plan: Literal["free", "pro"] = "free", roles: list[str] = ["member"]',
}

# Rich's own form, but for a font that it would load from another site.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, monospace }}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def record(folder: Path) -> str:
    """Return all that a terminal gets to show, in a folder that is a clone of the template."""
    for path in TEMPLATE.iterdir():
        (folder / path.name).symlink_to(path)
    terminal = pexpect.spawn(
        "sh",
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "TERM": "xterm-256color",
            "PS1": "$ ",
        },
        encoding="utf-8",
        timeout=60,
        dimensions=(40, WIDTH),
    )
    terminal.logfile_read = StringIO()
    for typed in (REFUSED, [ANSWERS.get(question, "") for question in QUESTIONS]):
        terminal.expect_exact("$ ")
        terminal.sendline("cookiecutter .")
        for answer in typed:
            terminal.expect(r"\)\x1b\[0m: $")
            terminal.sendline(answer)
    terminal.expect_exact("\n$ ")
    terminal.close()
    return str(terminal.logfile_read.getvalue()).replace("\r\n", "\n").removesuffix("\n$ ")


def draw(screen: str) -> str:
    """Return an SVG of what the terminal shows."""
    console = Console(file=StringIO(), record=True, width=WIDTH)
    for line in AnsiDecoder().decode(screen):
        # A terminal breaks a line where it ends, not between words.
        for row in line.divide(range(WIDTH, len(line), WIDTH)):
            console.print(row, no_wrap=True)
    return console.export_svg(
        title="cookiecutter .", code_format=SVG, font_aspect_ratio=0.6, unique_id="recording"
    )


if __name__ == "__main__":
    with TemporaryDirectory(prefix="recording-") as folder:
        PICTURE.write_text(draw(record(Path(folder))), "utf-8")
