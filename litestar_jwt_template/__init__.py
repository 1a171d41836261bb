"""The template's Jinja extension: it parses the answers and refuses those that cannot work.

Every filter either returns the answer in the form that the template needs, or raises
`RefusedAnswer`, which Cookiecutter prints as one line before it asks the next question.
"""

import sys

from jinja2 import Environment
from jinja2.ext import Extension

from .catalogue import CATALOGUE, check_choice
from .lists import parse_audiences, parse_issuers
from .names import check_package_name, check_project_slug, package_from_slug, slugify_name
from .source import setting
from .text import (
    RefusedAnswer,
    check_email,
    check_project_name,
    check_text,
    python_string,
    toml_string,
)
from .token_fields import column_body, import_block, parse_token_fields, token_body, token_header

__all__ = ["Answers", "RefusedAnswer"]

FILTERS = (
    check_project_name,
    check_project_slug,
    check_package_name,
    check_text,
    check_email,
    check_choice,
    parse_token_fields,
    parse_issuers,
    parse_audiences,
    slugify_name,
    package_from_slug,
    toml_string,
    python_string,
    import_block,
    token_header,
    token_body,
    column_body,
    setting,
)


class Answers(Extension):
    """Registers the filters, and the catalogue as a global."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update({function.__name__: function for function in FILTERS})
        environment.globals["catalogue"] = CATALOGUE
        # cruft renders two versions of the template in one process. Each imports its own package,
        # and with it its own submodules: one that stays here would be the next version's too.
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{__name__}.")]:
            del sys.modules[name]
