"""A correctly signed token claims what it must not (RFC 7519 section 4.1, RFC 9068 section 4).

Every token here has a good signature and a good header. Such tokens come from services that share
a key, from mistakes of whoever issues them, and from a former self of this app.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from .. import transport
from ..conftest import Client, Person
from .conftest import CHECKED, Target, assert_refused
from .credentials import presenting
from .forge import ABSENT, Genuine, Raw

ISSUER, AUDIENCE = (CHECKED[name][0] for name in ("accepted_issuers", "accepted_audiences"))

NO_NUMBERS = {
    "missing": ABSENT,
    "null": None,
    "true": True,
    "false": False,
    "text": "tomorrow",
    "number-in-text": str(int(time.time()) + 60),
    "list": [int(time.time()) + 60],
    "object": {"$date": 9999999999},
    "NaN": Raw("NaN"),
    "Infinity": Raw("Infinity"),
    "-Infinity": Raw("-Infinity"),
    "1e400": Raw("1e400"),
    "-1e400": Raw("-1e400"),
    "1e308": Raw("1e308"),
    "1e300": Raw("1e300"),
    "2**63": 2**63,
    "10**400": 10**400,
    "30-digits": 10**30,
    "5000-digits": Raw("9" * 5000),
    "beyond-year-9999": 253402300801,
    "surrogate": Raw(r'"\ud800"'),
    "hexadecimal": Raw("0x7fffffff"),
    "plus-sign": Raw("+9999999999"),
    "leading-zero": Raw("09999999999"),
}
NO_TEXTS = {
    "missing": ABSENT,
    "null": None,
    "true": True,
    "false": False,
    "number": 5,
    "1e400": Raw("1e400"),
    "NaN": Raw("NaN"),
    "30-digits": 10**30,
    "list": [],
    "object": {},
    "surrogate": Raw(r'"\ud800"'),
    "surrogate-pair-reversed": Raw(r'"\udc00\ud800"'),
    "no-text-at-all": Raw("undefined"),
}
NO_IDS = {
    **NO_TEXTS,
    "empty": "",
    "word": "ada",
    "someone-else": str(uuid4()),
    "nil": "00000000-0000-0000-0000-000000000000",
    "NUL": "\u0000",
    "an-id-and-NUL": f"{uuid4()}\u0000",
    "short": str(uuid4())[:-1],
    "long": "0" * 3000,
    "SQL": "' OR '1'='1",
    "wildcard": "%",
    "in-a-list": [str(uuid4())],
    "query": {"$ne": None},
}


def resembling(name: str) -> dict[str, Any]:
    """Return what looks like an accepted name, and is another one."""
    return {
        "another": "https://attacker.example",
        "empty": "",
        "upper-case": name.upper() if name.upper() != name else name.lower(),
        "longer": f"{name}.attacker.example",
        "trailing-slash": f"{name}/",
        "shorter": name[:-1],
        "space-before": f" {name}",
        "space-behind": f"{name} ",
        "newline": f"{name}\n",
        "NUL": f"{name}\u0000",
        "comma": f"{name},attacker",
        "homoglyph": f"{name[:-1]}\u0435",
        "object": {name: name},
    }


WRONG: dict[str, dict[str, Any]] = {
    "exp": NO_NUMBERS | {"zero": 0, "negative": -1, "minus-30-digits": -(10**30)},
    "iat": NO_NUMBERS | {"minus-30-digits": -(10**30)},
    "nbf": {k: v for k, v in NO_NUMBERS.items() if v is not ABSENT},
    "iss": NO_TEXTS | resembling(ISSUER) | {"in-a-list": [ISSUER]},
    "aud": NO_TEXTS
    | resembling(AUDIENCE)
    | {
        "in-a-list-of-lists": [[AUDIENCE]],
        "beside-a-number": [AUDIENCE, 5],
        "others": ["https://x.example", "y"],
    },
    "sub": NO_IDS,
    "sid": NO_IDS,
    "jti": NO_TEXTS | {"in-a-list": ["id"], "empty": ""},
    "extras": {k: v for k, v in NO_TEXTS.items() if v is not ABSENT and v != {}} | {"text": "x"},
}


@pytest.mark.parametrize(
    ("claim", "wrong"), [(claim, wrong) for claim, values in WRONG.items() for wrong in values]
)
def test_a_wrong_claim_is_refused(target: Target, claim: str, wrong: str) -> None:
    target.assert_refused(target.genuine.altered(claims={claim: WRONG[claim][wrong]}))


@pytest.mark.parametrize("wrong", WRONG["extras"])
def test_unknown_claims_beside_wrong_extras_are_refused(target: Target, wrong: str) -> None:
    """The first are put into the second."""
    claims = {"extras": WRONG["extras"][wrong], "unknown": 1}
    target.assert_refused(target.genuine.altered(claims=claims))


@pytest.mark.parametrize(
    "claims",
    [
        {"unknown": {"of": ["no", None, "importance"]}},
        {"extras": {"unknown": 1}},
        {"extras": {}, "unknown": 1},
        {"iat": 0},
        {"iat": 0.5, "nbf": 0.5},
        {"exp": Raw("9e9")},
        {"scope": "admin", "client_id": "x", "cnf": {}, "azp": 1, "act": None, "amr": []},
        {"encode": 1, "decode": 2, "__class__": 3, "__init__": 4, "self": 5, "cls": 6},
    ],
    ids=str,
)
def test_unknown_claims_and_odd_numbers_are_harmless(
    target: Target, claims: dict[str, Any]
) -> None:
    """RFC 7519 section 4: what is not understood is ignored."""
    target.assert_accepted(target.genuine.altered(claims=claims))


@pytest.mark.parametrize("claim", ["sub", "sid"])
@pytest.mark.parametrize(
    "form",
    [
        lambda text: "{" + text + "}",
        lambda text: f"urn:uuid:{text}",
        lambda text: text.replace("-", ""),
        str.upper,
        lambda text: text.translate({ord("0") + n: ord("\uff10") + n for n in range(10)}),
    ],
    ids=["braces", "urn", "no-hyphens", "upper-case", "fullwidth-digits"],
)
def test_an_id_in_another_form_is_refused(
    target: Target, claim: str, form: Callable[[str], str]
) -> None:
    """Python's UUID takes them all for the same one."""
    genuine = target.genuine.claims[claim]
    assert form(genuine) != genuine
    target.assert_refused(target.genuine.altered(claims={claim: form(genuine)}))


def test_an_audience_among_others_is_enough(target: Target) -> None:
    """RFC 7519 section 4.1.3."""
    for audience in ([AUDIENCE], ["other", AUDIENCE]):
        target.assert_accepted(target.genuine.altered(claims={"aud": audience}))


class TestTime:
    """RFC 7519 sections 4.1.4 to 4.1.6: the clocks may differ by the leeway, and no more."""

    def test_an_expired_token_is_refused(self, target: Target) -> None:
        expired = int(time.time()) - target.settings.clock_skew_leeway - 1
        target.assert_refused(target.genuine.altered(claims={"exp": expired}))

    def test_a_token_that_expired_within_the_leeway_is_accepted(self, target: Target) -> None:
        expired = time.time() - target.settings.clock_skew_leeway + 3
        target.assert_accepted(target.genuine.altered(claims={"exp": expired}))

    @pytest.mark.parametrize("claim", ["nbf", "iat"])
    def test_a_token_of_the_future_is_refused(self, target: Target, claim: str) -> None:
        future = int(time.time()) + target.settings.clock_skew_leeway + 3
        target.assert_refused(target.genuine.altered(claims={claim: future}))

    @pytest.mark.parametrize("claim", ["nbf", "iat"])
    def test_a_future_within_the_leeway_is_accepted(self, target: Target, claim: str) -> None:
        soon = int(time.time()) + target.settings.clock_skew_leeway - 1
        target.assert_accepted(target.genuine.altered(claims={claim: soon}))

    def test_the_leeway_is_a_setting(
        self, target: Target, with_settings: Callable[..., Client]
    ) -> None:
        strict = with_settings(clock_skew_leeway=0)
        expired = target.genuine.altered(claims={"exp": int(time.time()) - 1})
        assert_refused(strict.get("/me", headers=presenting(expired)))

    def test_an_accepted_token_still_expires(
        self, target: Target, with_settings: Callable[..., Client]
    ) -> None:
        """Its verification may be remembered, but not for longer than it is good."""
        strict = with_settings(clock_skew_leeway=0)
        expires = int(time.time()) + 2
        short = presenting(target.genuine.altered(claims={"exp": expires}))
        assert strict.get("/me", headers=short).status_code == 200
        while time.time() < expires:
            time.sleep(0.05)
        assert_refused(strict.get("/me", headers=short))


class TestIdentity:
    """RFC 8725 section 3.8, ASVS 5.0 7.4.1: user and session belong together, and both live."""

    def test_the_session_of_someone_else_is_refused(self, target: Target) -> None:
        ada, ben = target.genuine, target.bens
        target.assert_refused(ada.altered(claims={"sid": ben.claims["sid"]}))
        target.assert_refused(ada.altered(claims={"sub": ben.claims["sub"]}))
        target.assert_refused(ada.altered(claims={"sub": ada.claims["sid"]}))
        target.assert_refused(ada.altered(claims={"sid": ada.claims["sub"]}))

    def test_no_claim_says_who_the_user_is_but_the_subject(self, target: Target) -> None:
        others = {"user_id": target.ben.id, "email": target.ben.email, "id": target.ben.id}
        forged = target.genuine.altered(claims={**others, "extras": {"sub": target.ben.id}})
        target.assert_accepted(forged)

    def test_an_ended_session_is_refused_in_any_form(self, client: Client, ada: Person) -> None:
        login = transport.log_in(client, ada.email, ada.password)
        genuine = Genuine.read(login.access_token)
        assert client.post("/logout").status_code == 204
        transport.drop(client)
        again = genuine.altered(claims={"jti": "new", "exp": genuine.claims["exp"] + 60})
        for token in (genuine.token, genuine.altered(), again):
            assert_refused(client.get("/me", headers=presenting(token)))

    def test_a_deleted_user_is_refused(self, client: Client, ada: Person) -> None:
        login = transport.log_in(client, ada.email, ada.password)
        body = {"current_password": ada.password}
        assert client.request("DELETE", "/me", json=body).status_code == 204
        transport.drop(client)
        assert_refused(client.get("/me", headers=presenting(login.access_token)))


class TestOtherIssuers:
    """RFC 9068 section 4: a subject is someone only within its issuer."""

    PARTNER = "https://partner.example"

    @pytest.fixture
    def with_partner(self, with_settings: Callable[..., Client]) -> Client:
        """The app, accepting tokens of a partner that shares its key."""
        return with_settings(accepted_issuers=(ISSUER, self.PARTNER))

    @pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
    def test_a_partner_cannot_name_a_user_of_this_app(
        self, target: Target, with_partner: Client, typ: str
    ) -> None:
        forged = target.genuine.altered(header={"typ": typ}, claims={"iss": self.PARTNER})
        assert_refused(with_partner.get("/me", headers=presenting(forged)))

    def test_a_partner_cannot_end_a_session_of_this_app(
        self, target: Target, other_session: Genuine, with_partner: Client
    ) -> None:
        forged = other_session.altered(header={"typ": "JWT"}, claims={"iss": self.PARTNER})
        answer = with_partner.post("/logout", headers=presenting(forged))
        assert answer.status_code in {204, 401}
        target.assert_accepted(other_session.token)

    def test_the_own_issuer_needs_the_own_type(self, target: Target, with_partner: Client) -> None:
        genuine = presenting(target.genuine.token)
        assert with_partner.get("/me", headers=genuine).status_code == 200
        forged = target.genuine.altered(header={"typ": "JWT"})
        assert_refused(with_partner.get("/me", headers=presenting(forged)))


class TestUncheckedOrigin:
    """Where neither issuers nor audiences are named, all the rest is checked as ever."""

    @pytest.fixture
    def unchecked(self, with_settings: Callable[..., Client]) -> Client:
        return with_settings(accepted_issuers=(), accepted_audiences=())

    @pytest.mark.parametrize("claims", [{}, {"iss": ABSENT, "aud": ABSENT}, {"iss": "any"}])
    def test_any_origin_will_do(
        self, target: Target, unchecked: Client, claims: dict[str, Any]
    ) -> None:
        token = target.genuine.altered(claims=claims)
        assert unchecked.get("/me", headers=presenting(token)).status_code == 200

    @pytest.mark.parametrize("claim", ["sub", "sid", "jti", "exp", "iat"])
    @pytest.mark.parametrize("wrong", [ABSENT, None, True, [], Raw(r'"\ud800"')])
    def test_a_wrong_claim_is_refused(
        self, target: Target, unchecked: Client, claim: str, wrong: object
    ) -> None:
        token = target.genuine.altered(claims={claim: wrong})
        assert_refused(unchecked.get("/me", headers=presenting(token)))

    @pytest.mark.parametrize("header", [{"typ": "JWT"}, {"alg": "none"}, {"kid": "unknown"}])
    def test_a_wrong_header_is_refused(
        self, target: Target, unchecked: Client, header: dict[str, Any]
    ) -> None:
        token = target.genuine.altered(header=header)
        assert_refused(unchecked.get("/me", headers=presenting(token)))


class TestOtherKinds:
    """RFC 8725 section 3.12: no kind of token passes for another."""

    def test_a_refresh_token_is_no_access_token(self, client: Client, ada: Person) -> None:
        login = transport.log_in(client, ada.email, ada.password)
        transport.drop(client)
        assert_refused(client.get("/me", headers=presenting(login.refresh_token)))

    def test_an_access_token_is_no_refresh_token(self, client: Client, ada: Person) -> None:
        login = transport.log_in(client, ada.email, ada.password)
        assert transport.try_refresh(client, login.access_token).status_code in {400, 401}


@pytest.mark.parametrize("header", [{"alg": "none"}, {"typ": "JWT"}, {"kid": "unknown"}], ids=str)
def test_a_forged_header_ends_no_session(
    target: Target, other_session: Genuine, header: dict[str, Any]
) -> None:
    """Logging out takes expired tokens, and is as careful with everything else."""
    try_to_end(target, other_session.altered(header=header))
    try_to_end(target, other_session.altered(key=b"guess" * 8, algorithm="HS256"))
    target.assert_accepted(other_session.token)


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "jti", "exp", "iat"])
def test_a_forged_claim_ends_no_session(target: Target, other_session: Genuine, claim: str) -> None:
    try_to_end(target, other_session.altered(claims={claim: ABSENT}))
    try_to_end(target, other_session.altered(claims={claim: Raw(r'"\ud800"')}))
    target.assert_accepted(other_session.token)


def test_a_user_ends_no_session_of_another(target: Target, other_session: Genuine) -> None:
    sid = {"sid": other_session.claims["sid"]}
    try_to_end(target, target.bens.altered(claims=sid))
    target.assert_accepted(other_session.token)


def try_to_end(target: Target, token: str) -> None:
    assert target.client.post("/logout", headers=presenting(token)).status_code in {204, 401}
    target.client.cookies.clear()
