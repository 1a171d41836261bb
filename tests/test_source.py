"""Python source in the form of ruff."""

import keyword
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from litestar_jwt_template.token_fields import import_block

from .test_token_fields import ruff


@settings(max_examples=20, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(set(sys.stdlib_module_names) - {"this", "antigravity"}))),
    st.sets(st.text("abcABC_", min_size=1, max_size=6).filter(lambda n: not keyword.iskeyword(n))),
)
def test_import_block_has_the_order_of_isort(modules: set[str], names: set[str]) -> None:
    lines = [f"import {name}" for name in modules if not name.startswith("_")]
    members = [f"from uuid import {name}" for name in names]
    source = import_block([], "tokens", *lines, *members) + "\n"
    if lines or members:
        assert ruff(source, "check", "--select=I", "--quiet") == ""
        assert ruff(source, "format") == source
