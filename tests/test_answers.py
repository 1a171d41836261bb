"""All filters: how they are registered, and any text at all (Hypothesis)."""

from collections.abc import Callable

from cookiecutter.exceptions import FailedHookException
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

import litestar_jwt_template as answers
from litestar_jwt_template.catalogue import check_choice
from litestar_jwt_template.lists import parse_audiences, parse_issuers
from litestar_jwt_template.names import check_package_name, check_project_slug
from litestar_jwt_template.text import RefusedAnswer, check_email, check_project_name, check_text
from litestar_jwt_template.token_fields import parse_token_fields

from .refusals import FRAGMENTS, outcome, refusal, words


def test_a_refusal_is_an_error_that_cookiecutter_prints_as_one_line() -> None:
    assert issubclass(RefusedAnswer, FailedHookException)


def test_every_filter_is_registered() -> None:
    filters = Environment(extensions=[answers.Answers], autoescape=True).filters
    names = """
        check_project_name check_project_slug check_package_name check_text check_email
        check_choice parse_token_fields parse_issuers parse_audiences slugify_name
        package_from_slug toml_string python_string import_block
    """
    assert all(filters[name] is getattr(answers, name) for name in words(names))


def test_answers_that_are_no_text_are_refused() -> None:
    assert "not text" in refusal(check_project_name, None)  # type: ignore[arg-type]
    assert "not text" in refusal(parse_token_fields, ["a: int"])  # type: ignore[arg-type]


CHECKS: list[Callable[[str], object]] = [
    check_project_name,
    check_project_slug,
    check_package_name,
    check_email,
    parse_issuers,
    parse_audiences,
    parse_token_fields,
    lambda text: check_text(text, "description"),
    lambda text: check_choice(text, "license"),
]


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.sampled_from(FRAGMENTS)).map(" ".join), st.sampled_from(CHECKS))
def test_any_text_is_accepted_or_refused_in_one_line(
    text: str, check: Callable[[str], object]
) -> None:
    message = outcome(check, text)
    assert message.isprintable()
    assert message.isascii()
