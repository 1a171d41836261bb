"""Whatever is presented, it is refused unless it says what a good token says (RFC 8725).

The tests of the other files are what somebody thought of; here Hypothesis looks for the rest.
The examples are the same in each run. To look further, raise `max_examples`.
"""

import json
import math
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..examples import HINTS
from ..signing import ALGORITHM, KEY
from .conftest import Target
from .forge import ABSENT, Genuine, decode, sign, to_json

FUZZ = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

OCTETS = st.binary(max_size=300).map(lambda some: bytes(o for o in some if o > 31 and o != 127))
"""What can stand in a header of a request."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)

REGISTERED = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "extras"]
HEADER = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "cty", "zip", "x"])
CLAIM = st.sampled_from([*REGISTERED, *HINTS, "unknown"])


def check(target: Target, token: str | bytes) -> None:
    """Present a token: 200 is the answer to what means the same as the genuine one, or 401."""
    answer = target.present(token)
    assert answer.status_code in {200, 401}, answer.text
    if answer.status_code == 200:
        text = token.decode("ascii") if isinstance(token, bytes) else token
        assert answer.json()["id"] == target.ada.id
        assert is_good(Genuine.read(text.strip()), target)


def is_good(token: Genuine, target: Target) -> bool:
    """Whether a token says what Ada's says, judged independently of the app."""
    genuine, claims = target.genuine, token.claims
    leeway = target.settings.clock_skew_leeway + 2
    now = time.time()
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    return (
        (token.header["alg"], token.header["kid"]) == (ALGORITHM, KEY.kid)
        and token.header["typ"].lower().removeprefix("application/") == "at+jwt"
        and "crit" not in token.header
        and token.header.get("b64", True) is not False
        and all(claims[name] == genuine.claims[name] for name in ("iss", "sub", "sid"))
        and genuine.claims["aud"] in audiences
        and is_number(claims["exp"])
        and claims["exp"] > now - leeway
        and is_number(claims["iat"])
        and claims["iat"] < now + leeway
        and (claims.get("nbf", 0) is not None and is_number(claims.get("nbf", 0)))
        and claims.get("nbf", 0) < now + leeway
        and isinstance(claims["jti"], str)
        and isinstance(claims.get("extras", {}), dict)
    )


def is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


@FUZZ
@given(OCTETS)
def test_any_octets(target: Target, octets: bytes) -> None:
    assert target.present(octets).status_code == 401


@FUZZ
@given(st.text(st.sampled_from("eyJhbGciOi.-_=A0 "), max_size=120))
def test_what_looks_like_a_token(target: Target, text: str) -> None:
    assert target.present(text).status_code == 401


@FUZZ
@given(st.dictionaries(HEADER, JSON, max_size=3), st.dictionaries(CLAIM, JSON, max_size=3))
def test_any_members_correctly_signed(
    target: Target, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    check(target, target.genuine.altered(header=header, claims=claims))


@FUZZ
@given(st.sets(st.sampled_from(["alg", "kid", "typ"])), st.sets(CLAIM))
def test_any_members_left_out(target: Target, header: set[str], claims: set[str]) -> None:
    without = dict.fromkeys(header, ABSENT), dict.fromkeys(claims, ABSENT)
    check(target, target.genuine.altered(header=without[0], claims=without[1]))


@FUZZ
@given(JSON, JSON, st.booleans())
def test_any_json_correctly_signed(
    target: Target, header: Any, payload: Any, own_header: bool
) -> None:
    encoded = json.dumps(payload).encode()
    signed = target.genuine.header if own_header else json.dumps(header).encode()
    assert target.present(sign(signed, encoded)).status_code == 401


@FUZZ
@given(st.binary(max_size=200))
def test_any_octets_correctly_signed(target: Target, octets: bytes) -> None:
    assert target.present(sign(target.genuine.header, octets)).status_code == 401
    assert target.present(sign(octets, target.genuine.claims)).status_code == 401


@FUZZ
@given(st.booleans(), st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=3))
def test_any_edit_correctly_signed(
    target: Target, of_header: bool, where: int, removed: int, inserted: bytes
) -> None:
    """Some octets of the JSON replaced by others."""
    header, payload = to_json(target.genuine.header), to_json(target.genuine.claims)
    whole = header if of_header else payload
    at = where % len(whole)
    edited = whole[:at] + inserted + whole[at + removed :]
    check(target, sign(edited, payload) if of_header else sign(header, edited))


@FUZZ
@given(st.integers(0, 10**6), st.integers(0, 5), st.text("eyJ.-_=+/ A0~", max_size=5))
def test_any_edit_of_a_signed_token(
    target: Target, where: int, removed: int, inserted: str
) -> None:
    """200 only where the same octets come out of it."""
    token = target.genuine.token
    at = where % len(token)
    edited = token[:at] + inserted + token[at + removed :]
    answer = target.present(edited)
    assert answer.status_code in {200, 401}
    if answer.status_code == 200:
        assert [*map(decode, edited.strip().split("."))] == [*map(decode, target.genuine.parts)]
