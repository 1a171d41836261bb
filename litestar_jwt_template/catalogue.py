"""The choices of the questions that have some, and all that the template must know of each."""

import difflib
from collections.abc import Mapping
from typing import TypedDict

from .text import RefusedAnswer, one_line, shown


class Choice(TypedDict):
    label: str
    """What the question says of it."""


class Backend(Choice):
    summary: str
    """What a project has, as the hook says it."""


class KeyPair(TypedDict):
    """A kind of key pair, in the words of OpenSSL, of `cryptography` and of people."""

    openssl: list[str]
    module: str
    private: str
    public: str
    generate: str
    wanted: str
    weak: str
    """A condition on `public`; empty where no key is weak."""
    weakness: str
    members: str
    """Of the public JWK, in the order of RFC 7638 section 3.2."""
    algorithms: str
    """The algorithms that such a key could be tried with."""


class Algorithm(Choice):
    key_pair: KeyPair | None
    """None where one secret signs and verifies."""
    second_jose: str
    """The library that a project's tests hold its tokens against."""


class Database(Choice):
    summary: str
    driver: str
    url: str
    setup: list[str]
    """Commands to type before the first `run`."""


class License(Choice):
    spdx: bool
    """The name is an identifier of SPDX."""


RSA: KeyPair = {
    "openssl": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "module": "rsa",
    "private": "rsa.RSAPrivateKey",
    "public": "rsa.RSAPublicKey",
    "generate": "rsa.generate_private_key(public_exponent=65537, key_size=3072)",
    "wanted": "an RSA key of at least 2048 bits",
    "weak": "public.key_size < 2048",
    "weakness": "a key that is too short",
    "members": '("e", "kty", "n")',
    "algorithms": '("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")',
}
P_256: KeyPair = {
    "openssl": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "module": "ec",
    "private": "ec.EllipticCurvePrivateKey",
    "public": "ec.EllipticCurvePublicKey",
    "generate": "ec.generate_private_key(ec.SECP256R1())",
    "wanted": "a key on the curve P-256",
    "weak": 'public.curve.name != "secp256r1"',
    "weakness": "a key on another curve",
    "members": '("crv", "kty", "x", "y")',
    "algorithms": '("ES256", "ES384", "ES512", "ES256K")',
}
ED25519: KeyPair = {
    "openssl": ["-algorithm", "Ed25519"],
    "module": "ed25519",
    "private": "ed25519.Ed25519PrivateKey",
    "public": "ed25519.Ed25519PublicKey",
    "generate": "ed25519.Ed25519PrivateKey.generate()",
    "wanted": "an Ed25519 key",
    "weak": "",
    "weakness": "",
    "members": '("crv", "kty", "x")',
    "algorithms": '("EdDSA", "Ed25519", "Ed448")',
}

BACKENDS: dict[str, Backend] = {
    "header": {
        "label": "for single-page and mobile apps and other services (recommended)",
        "summary": "bearer tokens",
    },
    "cookie": {
        "label": "for browsers, where scripts must never see a token",
        "summary": "tokens in cookies",
    },
    "oauth2": {
        "label": "for your own OAuth2 clients and the Authorize button of the docs",
        "summary": "OAuth2 bearer tokens",
    },
}
ALGORITHMS: dict[str, Algorithm] = {
    "HS256": {
        "label": "one secret: for an API that reads its own tokens (recommended)",
        "key_pair": None,
        "second_jose": "python-jose",
    },
    "RS256": {
        "label": "a key pair: others verify with the public key, every library can",
        "key_pair": RSA,
        "second_jose": "python-jose",
    },
    "ES256": {
        "label": "a key pair: smaller keys and tokens",
        "key_pair": P_256,
        "second_jose": "python-jose",
    },
    "EdDSA": {
        "label": "a key pair: modern and fast, where all clients know it",
        "key_pair": ED25519,
        "second_jose": "joserfc",
    },
}
DATABASES: dict[str, Database] = {
    "sqlite": {
        "label": "for one machine: nothing to install (recommended for a start)",
        "summary": "SQLite",
        "driver": "aiosqlite>=0.21",
        "url": "sqlite+aiosqlite:///data/app.db",
        "setup": [],
    },
    "postgresql": {
        "label": "for several instances",
        "summary": "PostgreSQL",
        "driver": "asyncpg>=0.32",
        "url": "postgresql+asyncpg://localhost/{package}",
        "setup": ["createdb {package}", "uv run {slug} database upgrade"],
    },
}
LICENSES: dict[str, License] = {
    "MIT": {"label": "anyone may use it: the short one", "spdx": True},
    "Apache-2.0": {"label": "anyone may use it: with a patent grant", "spdx": True},
    "BSD-3-Clause": {"label": "anyone may use it: but not your name", "spdx": True},
    "Proprietary": {"label": "nobody but you", "spdx": False},
}

CATALOGUE: dict[str, Mapping[str, Choice]] = {
    "auth_backend": BACKENDS,
    "signing_algorithm": ALGORITHMS,
    "database": DATABASES,
    "license": LICENSES,
}


def check_choice(answer: str, question: str) -> str:
    """Return `answer` if it is one of the choices of `question`.

    Cookiecutter's own choice lists answer an unknown choice with a traceback.

    Raises:
        RefusedAnswer: it is not.
        KeyError: there is no such question.
    """
    choices = list(CATALOGUE[question])
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
