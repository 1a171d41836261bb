"""The questions that are answered with one of several choices."""

import difflib

from .text import RefusedAnswer, one_line, shown

# Not Cookiecutter's own choice lists: those answer an unknown choice with a traceback.
_CHOICES = {
    "auth_backend": ("header", "cookie", "oauth2"),
    "signing_algorithm": ("HS256", "RS256", "ES256", "EdDSA"),
    "database": ("sqlite", "postgresql"),
    "license": ("MIT", "Apache-2.0", "BSD-3-Clause", "Proprietary"),
}


def check_choice(answer: str, question: str) -> str:
    """Return `answer` if it is one of the choices of `question`.

    Raises:
        RefusedAnswer: it is not.
        KeyError: there is no such question.
    """
    choices = _CHOICES[question]
    line = one_line(answer, question, 300)
    if line in choices:
        return line
    near = difflib.get_close_matches(line.lower(), [choice.lower() for choice in choices], n=1)
    meant = [choice for choice in choices if choice.lower() in near]
    hint = f" (did you mean {meant[0]}?)" if meant else ""
    raise RefusedAnswer(
        f"{question}: {shown(line)} is none of the choices{hint}; write {', '.join(choices[:-1])} "
        f"or {choices[-1]}"
    )
