"""What is presented is no token: wrong in form, encoding or JSON (RFC 8725 sections 3.6 and 3.7).

No such thing may be taken for a token, and none may make the app fail (ASVS 5.0 16.5.3).
"""

import json
import zlib
from collections.abc import Callable

import pytest

from ..signing import KEY
from .conftest import Target
from .forge import Genuine, decode, encode, sign, to_json

JWE = ".".join(["eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0", "", "AAAAAAAAAAAAAAAA", "AAAA", "AAAA"])

FORMS: dict[str, Callable[[str, str, str], str | bytes]] = {
    "empty": lambda h, p, s: "",
    "word": lambda h, p, s: "token",
    "null": lambda h, p, s: "null",
    "undefined": lambda h, p, s: "undefined",
    "one-dot": lambda h, p, s: ".",
    "two-dots": lambda h, p, s: "..",
    "many-dots": lambda h, p, s: "." * 1000,
    "header-only": lambda h, p, s: h,
    "no-signature": lambda h, p, s: f"{h}.{p}",
    "empty-signature": lambda h, p, s: f"{h}.{p}.",
    "empty-payload": lambda h, p, s: f"{h}..{s}",
    "empty-header": lambda h, p, s: f".{p}.{s}",
    "a-part-more": lambda h, p, s: f"{h}.{p}.{s}.{s}",
    "a-dot-more": lambda h, p, s: f"{h}.{p}.{s}.",
    "a-dot-before": lambda h, p, s: f".{h}.{p}.{s}",
    "six-parts": lambda h, p, s: f"{h}.{p}.{s}.{h}.{p}.{s}",
    "five-parts": lambda h, p, s: f"{h}.{p}.{s}.{p}.{s}",
    "JWE": lambda h, p, s: JWE,
    "JWE-with-the-own-header": lambda h, p, s: f"{h}..{p}.{p}.{s}",
    "swapped": lambda h, p, s: f"{p}.{h}.{s}",
    "twice": lambda h, p, s: f"{h}.{p}.{s}{h}.{p}.{s}",
    "scheme-in-front": lambda h, p, s: f"Bearer {h}.{p}.{s}",
    "padded-header": lambda h, p, s: f"{h}=.{p}.{s}",
    "padded-payload": lambda h, p, s: f"{h}.{p}==.{s}",
    "padded-signature": lambda h, p, s: f"{h}.{p}.{s}{'=' * (-len(s) % 4 or 1)}",
    "space-in-the-middle": lambda h, p, s: f"{h}. {p}.{s}",
    "space-in-a-part": lambda h, p, s: f"{h[:9]} {h[9:]}.{p}.{s}",
    "tab-in-a-part": lambda h, p, s: f"{h}.{p[:9]}\t{p[9:]}.{s}",
    "no-letter": lambda h, p, s: f"{h}.{p}.!{s}",
    "tilde": lambda h, p, s: f"{h}.{p}.{s}~",
    "comma": lambda h, p, s: f"{h}.{p}.{s},{h}.{p}.{s}",
    "latin-1": lambda h, p, s: f"{h}.{p}.{s}é".encode("latin-1"),
    "utf-8": lambda h, p, s: f"{h}.{p}.{s}é",
    "no-utf-8": lambda h, p, s: f"{h}.{p}.{s}".encode() + b"\xff\xfe",
    "zero-width-space": lambda h, p, s: f"{h}.{p}\u200b.{s}",
    "fullwidth": lambda h, p, s: f"{h}.{p}.{s}".translate({ord("e"): "\uff45"}),
    "other-dots": lambda h, p, s: f"{h}\u3002{p}\u3002{s}",
    "no-base64": lambda h, p, s: f"{h}.{p}.A",
    "header-cut-off": lambda h, p, s: f"{h[:-1]}.{p}.{s}",
    "payload-cut-off": lambda h, p, s: f"{h}.{p[:-1]}.{s}",
    "upper-case": lambda h, p, s: f"{h}.{p}.{s}".upper(),
    "JSON": lambda h, p, s: json.dumps({"payload": p, "protected": h, "signature": s}),
    "huge": lambda h, p, s: f"{h}.{p}.{s * 200}",
    "huge-header": lambda h, p, s: f"{h * 500}.{p}.{s}",
    "no-dots-and-huge": lambda h, p, s: "A" * 60_000,
}


def claims(genuine: Genuine) -> str:
    return to_json(genuine.claims).decode()


PAYLOADS: dict[str, Callable[[str], bytes]] = {
    "empty-object": lambda text: b"{}",
    "list": lambda text: f"[{text}]".encode(),
    "text": lambda text: json.dumps(text).encode(),
    "number": lambda text: b"1",
    "null": lambda text: b"null",
    "true": lambda text: b"true",
    "word": lambda text: b"claims",
    "space": lambda text: b" ",
    "NUL": lambda text: b"\0",
    "form": lambda text: b"sub=1&exp=9999999999",
    "pickle": lambda text: b"\x80\x04}\x94.",
    "not-closed": lambda text: text[:-1].encode(),
    "something-behind": lambda text: f"{text}x".encode(),
    "two-objects": lambda text: f"{text}{text}".encode(),
    "NUL-behind": lambda text: f"{text}\0".encode(),
    "comment": lambda text: f"{text}/**/".encode(),
    "trailing-comma": lambda text: ending_with("", text).encode(),
    "single-quotes": lambda text: text.replace('"', "'").encode(),
    "control-character": lambda text: text.replace('{"', '{"\n', 1).encode(),
    "BOM": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16-LE": lambda text: text.encode("utf-16-le"),
    "UTF-16-BE": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "UTF-32-LE": lambda text: text.encode("utf-32-le"),
    "EBCDIC": lambda text: text.encode("cp037"),
    "latin-1": lambda text: with_unknown(text, '"é"').encode("latin-1"),
    "CESU-8": lambda text: with_unknown(text, '"\ud83d\ude00"').encode("utf-8", "surrogatepass"),
    "overlong": lambda text: with_unknown(text, '"?"').encode().replace(b"?", b"\xc0\x80"),
    "surrogate-in-UTF-8": lambda text: with_unknown(text, '"\ud800"').encode(
        "utf-8", "surrogatepass"
    ),
    "surrogate": lambda text: with_unknown(text, r'"\ud800"').encode(),
    "surrogate-as-a-name": lambda text: beginning_with(r'"\udfff":1', text).encode(),
    "unknown-escape": lambda text: with_unknown(text, r'"\x41"').encode(),
    "NaN": lambda text: with_unknown(text, "NaN").encode(),
    "Infinity": lambda text: with_unknown(text, "-Infinity").encode(),
    "compressed": lambda text: zlib.compress(text.encode()),
    "deflated": lambda text: zlib.compress(text.encode(), wbits=-15),
    "encoded-twice": lambda text: encode(text.encode()).encode(),
    "deep-list": lambda text: b"[" * 2500,
    "deep-object": lambda text: b'{"a":' * 800,
}


def with_unknown(text: str, value: str) -> str:
    """Return the claims with a further one of this value."""
    return beginning_with(f'"unknown":{value}', text)


def beginning_with(member: str, text: str) -> str:
    return "{" + f"{member},{text[1:]}"


def ending_with(member: str, text: str) -> str:
    return f"{text[:-1]},{member}" + "}"


@pytest.mark.parametrize("form", FORMS)
def test_what_has_not_the_form_of_a_token_is_refused(target: Target, form: str) -> None:
    """Base64url and two dots (RFC 7515 section 7.1), and no more than a few kilobytes of it."""
    target.assert_refused(FORMS[form](*target.genuine.parts))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_that_is_no_json_object_is_refused(target: Target, payload: str) -> None:
    forged = PAYLOADS[payload](claims(target.genuine))
    target.assert_refused(sign(target.genuine.header, forged))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_header_that_is_no_json_object_is_refused(target: Target, payload: str) -> None:
    header = to_json(target.genuine.header).decode()
    target.assert_refused(sign(PAYLOADS[payload](header), target.genuine.claims))


def test_other_letters_for_the_same_bytes_are_refused(target: Target) -> None:
    """Plain base64 has `+` and `/` where base64url has `-` and `_`."""
    for number in range(100):
        head, payload, signature = target.genuine.altered(claims={"jti": str(number)}).split(".")
        plain = signature.replace("-", "+").replace("_", "/")
        if plain != signature:
            target.assert_refused(f"{head}.{payload}.{plain}")
            return
    pytest.fail("No signature had such a letter")


@pytest.mark.parametrize("size", [8193, 20_000, 100_000])
def test_a_good_token_that_is_too_long_is_refused(target: Target, size: int) -> None:
    short = target.genuine.altered(claims={"filling": ""})
    long = target.genuine.altered(claims={"filling": "x" * (size - len(short))})
    target.assert_refused(long)


@pytest.mark.parametrize("depth", [50, 500, 900, 1100, 2000])
@pytest.mark.parametrize("opening", ["[", '{"":'])
def test_nesting_does_not_make_the_app_fail(target: Target, opening: str, depth: int) -> None:
    """An unknown claim may be anything; how deep a reader goes is its own affair."""
    depth = min(depth, 4400 // len(opening))
    closing = "]" if opening == "[" else "}"
    nested = with_unknown(claims(target.genuine), f"{opening * depth}1{closing * depth}")
    assert target.present(sign(target.genuine.header, nested.encode())).status_code in {200, 401}


def test_no_depth_of_nesting_is_read_and_then_fails(target: Target) -> None:
    """What the reader of JSON just takes, what keeps the verified token may not."""
    for depth in range(930, 1000):
        nested = with_unknown(claims(target.genuine), '{"":' * depth + "1" + "}" * depth)
        answer = target.present(sign(target.genuine.header, nested.encode()))
        assert answer.status_code in {200, 401}, depth


@pytest.mark.parametrize("claim", ["sub", "sid", "exp", "iss", "aud"])
def test_of_two_claims_of_one_name_the_last_counts(target: Target, claim: str) -> None:
    """RFC 7519 section 4: for every reader of the payload it is the same one."""
    good = claims(target.genuine)
    wrong = (
        claims(target.bens)
        if claim in {"sub", "sid"}
        else '{"exp":1,"iss":"https://x.example","aud":"y"}'
    )
    value = json.dumps(json.loads(wrong)[claim])
    first_is_wrong = beginning_with(f'"{claim}":{value}', good)
    target.assert_accepted(sign(target.genuine.header, first_is_wrong.encode()))
    for name in (claim, f"\\u{ord(claim[0]):04x}{claim[1:]}"):
        last_is_wrong = ending_with(f'"{name}":{value}', good)
        target.assert_refused(sign(target.genuine.header, last_is_wrong.encode()))


def test_a_token_within_a_token_is_refused(target: Target) -> None:
    """RFC 7519 section 7.2: `cty` announces one. It is not unpacked."""
    inner = target.genuine.token.encode()
    target.assert_refused(sign({**target.genuine.header, "cty": "JWT"}, inner))


def test_the_last_letter_has_no_meaning_of_its_own(target: Target) -> None:
    """It holds fewer than six bits: another one is the same token, or none, but never another's."""
    head, payload, signature = target.genuine.parts
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        forged = f"{head}.{payload}.{signature[:-1]}{letter}"
        if decode(signature[:-1] + letter) == decode(signature):
            assert target.present(forged).status_code in {200, 401}
        else:
            target.assert_refused(forged)


def test_a_key_id_opens_nothing_without_a_signature(target: Target) -> None:
    head, payload, _ = target.genuine.parts
    target.assert_refused(f"{head}.{payload}.{encode(KEY.kid.encode())}")
