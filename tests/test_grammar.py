"""The answer `token_fields` as the parameters of one function, and nothing else."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from litestar_jwt_template.token_fields import parse_token_fields

from .refusals import FRAGMENTS, outcome, refusal

NOT_A_LIST = "not a list of fields"
MORE_THAN = "more than a list of fields"


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("a b", NOT_A_LIST),
        ("a: int b: int", NOT_A_LIST),
        ("a: int = 1 = 2", NOT_A_LIST),
        (",", NOT_A_LIST),
        ("a: int,,", NOT_A_LIST),
        ("a: 'x", NOT_A_LIST),
        ("\\", NOT_A_LIST),
        (")", NOT_A_LIST),
        ("*", NOT_A_LIST),
        ("a: int, /", NOT_A_LIST),
        ("*a: int", NOT_A_LIST),
        ("**a: int", "token_fields: "),
        ("a: int, **b: int", "`**` names no field"),
        ("a: int # comment", "comment"),
        ("a: int): ... #", MORE_THAN),
        ("a: int): lambda b=(1", MORE_THAN),
        ("a: int) -> (1", MORE_THAN),
        ("int) -> None: pass", NOT_A_LIST),
        ("int) -> None: pass\ndef g(", "U+000A"),
        ("a: int): pass; (", NOT_A_LIST),
        ("a: int\n", "U+000A"),
        ("a: int\x0c", "U+000C"),
        ("a: int\0", "U+0000"),
        ("a: str = '\ud800'", "U+D800"),
        (r"a: str = '\d'", "token_fields: "),
        (r"a: str = '\N{nothing}'", NOT_A_LIST),
        ("(" * 300, NOT_A_LIST),
        ("a: " + "-" * 3000 + "1", "token_fields: "),
        ("a: " + "x." * 1900 + "x", "token_fields: "),
        ("a: int = " + "9" * 3900, "64 bits"),
        ("a: int, " * 600, "at most"),
        (", ".join(f"f{n}: int" for n in range(51)), "at most 50"),
    ],
)
def test_what_is_no_list_of_fields_is_refused(text: str, fragment: str) -> None:
    message = refusal(parse_token_fields, text)
    assert message.startswith("token_fields: ")
    assert fragment in message


FIELDS_AND_NOISE = ["a: int", 'b: str = "x"', "c: list[str]", "c: date", *FRAGMENTS]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.sampled_from(FIELDS_AND_NOISE), min_size=1, max_size=3).map(", ".join))
def test_only_lists_of_fields_are_read_as_such(text: str) -> None:
    assume(not outcome(parse_token_fields, text))
    fields = parse_token_fields(text)
    # Every colon of the fragments belongs to a field: nothing was read over.
    assert text.count(":") == len(fields)
