"""Questions with choices."""

import pytest

from litestar_jwt_template.catalogue import CATALOGUE, check_choice

from .refusals import refusal

CHOICES = [(question, choice) for question, choices in CATALOGUE.items() for choice in choices]


@pytest.mark.parametrize(("question", "choice"), CHOICES)
def test_choices(question: str, choice: str) -> None:
    assert check_choice(choice, question) == choice


@pytest.mark.parametrize(
    ("question", "answer", "fragment"),
    [
        ("auth_backend", "", "write header, cookie or oauth2"),
        ("auth_backend", "jwt", "write header, cookie or oauth2"),
        ("auth_backend", "Header", "did you mean header?"),
        ("auth_backend", "headers", "did you mean header?"),
        ("auth_backend", "oauth", "did you mean oauth2?"),
        ("auth_backend", "1", "`1` is none of the choices; write"),
        ("auth_backend", "header ", "did you mean header?"),
        ("auth_backend", "header\n", "U+000A"),
        ("signing_algorithm", "none", "HS256, RS256, ES256 or EdDSA"),
        ("signing_algorithm", "hs256", "did you mean HS256?"),
        ("signing_algorithm", "eddsa", "did you mean EdDSA?"),
        ("signing_algorithm", "HS265", "did you mean HS256?"),
        ("database", "postgres", "did you mean postgresql?"),
        ("database", "oracle", "write sqlite or postgresql"),
        ("license", "Apache", "did you mean Apache-2.0?"),
        ("license", "mit", "did you mean MIT?"),
        ("license", "GPL", "MIT, Apache-2.0, BSD-3-Clause or Proprietary"),
        ("license", "x" * 400, "at most"),
    ],
)
def test_choices_that_are_refused(question: str, answer: str, fragment: str) -> None:
    message = refusal(check_choice, answer, question)
    assert message.startswith(f"{question}: ")
    assert fragment in message
