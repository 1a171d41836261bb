"""Protections of a rendered project, each with the change of its code that takes it away."""

from dataclasses import dataclass, field

ATTACKS = "tests/attacks"
HEADER, COOKIE, OAUTH2 = "header", "cookie", "oauth2"


@dataclass(frozen=True)
class Mutation:
    """A protection that is removed, and where the tests stand that have to notice."""

    name: str
    file: str
    """Below the package."""
    changes: tuple[tuple[str, str], ...]
    tests: tuple[str, ...] = (ATTACKS,)
    backend: str = HEADER
    answers: dict[str, str] = field(default_factory=dict)


def mutation(
    name: str, file: str, old: str, new: str, *tests: str, backend: str = HEADER
) -> Mutation:
    return Mutation(name, file, ((old, new),), tests or (ATTACKS,), backend)


BACKEND = "security/backend.py"
LOOKUP = "accounts/lookup.py"
SERVICE = "accounts/service.py"
SESSIONS = "accounts/sessions.py"
TOKENS = "security/tokens.py"
VERIFIER = "security/verifier.py"
OF_PASSWORDS = "tests/test_passwords.py"
OF_SESSIONS = "tests/test_sessions.py"
OF_ISSUERS = "tests/test_issuers.py"

MUTATIONS = [
    mutation("audience-unchecked", VERIFIER, "audience=self._audiences", "audience=None"),
    mutation("type-unchecked", VERIFIER, "if issuer.typ is not None and", "if False and"),
    mutation("algorithm-from-header", VERIFIER, "algorithm=key.algorithm", "algorithm=header.alg"),
    mutation(
        "claims-not-required",
        VERIFIER,
        "require_claims=issuer.required_claims",
        "require_claims=None",
    ),
    mutation("any-alphabet", VERIFIER, "or not COMPACT_JWS.fullmatch(encoded_token)", ""),
    mutation("any-length", VERIFIER, "len(encoded_token) > MAX_TOKEN_LENGTH or", ""),
    mutation(
        "any-encoding", VERIFIER, "base64url_decode(header).decode()", "base64url_decode(header)"
    ),
    mutation("kid-ignored", "security/keys.py", "self._by_kid[kid]", "self.signing.verification"),
    mutation("leeway-of-an-hour", TOKENS, "leeway=verification.leeway", "leeway=3600"),
    mutation("lax-registered-claims", TOKENS, "msgspec.convert(claims, RegisteredClaims)", "pass"),
    mutation("lax-token-fields", TOKENS, "msgspec.convert(claims, TokenFields)", "pass"),
    mutation(
        "mistakes-escape",
        TOKENS,
        "except Exception as error",
        "except KeyError as error",
        "tests/test_extension_points.py",
    ),
    mutation(
        "cache-without-expiry",
        "security/cache.py",
        "if token and token.exp + self._leeway > datetime.now(UTC)",
        "if token",
        OF_SESSIONS,
    ),
    mutation("session-never-ends", LOOKUP, "expires_at > ?", "? <> ''", OF_SESSIONS),
    mutation("session-of-anyone", LOOKUP, "users.id = ? AND", "? <> '' AND"),
    mutation("subject-without-issuer", LOOKUP, "WHERE issuer = ?", "WHERE ? <> ''", OF_ISSUERS),
    mutation(
        "deactivated-at-an-issuer",
        LOOKUP,
        "subject = ? AND is_active",
        "subject = ?",
        OF_ISSUERS,
    ),
    mutation(
        "path-patterns",
        BACKEND,
        "exclude_http_methods=[],",
        'exclude_http_methods=[], exclude=["/login", "/schema"],',
    ),
    mutation(
        "open-methods",
        BACKEND,
        "exclude_http_methods=[]",
        'exclude_http_methods=["OPTIONS", "HEAD"]',
    ),
    mutation("any-scheme", BACKEND, 'or scheme.lower() != "bearer"', ""),
    mutation("many-headers", BACKEND, "len(values) > 1 or", ""),
    mutation("no-challenge", BACKEND, ", headers=CHALLENGE)", ")"),
    mutation(
        "reuse-forgiven",
        SESSIONS,
        "if reused:\n                await",
        "if False:\n                await",
        OF_SESSIONS,
    ),
    mutation(
        "no-rotation", SESSIONS, ", Session.refresh_hash == token.current_hash", "", OF_SESSIONS
    ),
    mutation(
        "anyones-session",
        SESSIONS,
        ", Session.user_id == user_id)\n            ended",
        ")\n            ended",
        OF_SESSIONS,
    ),
    mutation(
        "no-absolute-end",
        SESSIONS,
        "min(now + self._idle_lifetime, row.ends_at)",
        "now + self._idle_lifetime",
        OF_SESSIONS,
    ),
    mutation("others-stay", SERVICE, "await session.execute(others)", "pass", OF_SESSIONS),
    mutation(
        "no-dummy-hash",
        "security/passwords.py",
        "verify = partial(",
        "if password_hash is None:\n            return False\n        verify = partial(",
        OF_PASSWORDS,
    ),
    mutation(
        "weak-passwords",
        "security/passwords.py",
        '["score"] < MIN_SCORE',
        '["score"] < 0',
        OF_PASSWORDS,
    ),
    mutation(
        "unthrottled-accounts",
        "security/throttle.py",
        "await self._count(self._per_account",
        "return; await self._count(self._per_account",
        OF_PASSWORDS,
    ),
    mutation(
        "counted-by-each-process",
        "security/throttle.py",
        "if settings.throttle_url is None:",
        "if True:",
        "tests/test_two_processes.py",
    ),
    mutation(
        "unthrottled-addresses",
        "security/throttle.py",
        "await self._count(self._per_address",
        'await self._count(parse("9999/second")',
        OF_PASSWORDS,
    ),
    Mutation(
        "proxies-trusted",
        "server.py",
        (
            ("proxy_headers=bool(settings.trusted_proxies)", "proxy_headers=True"),
            ("list(settings.trusted_proxies)", '"127.0.0.1"'),
        ),
        (OF_PASSWORDS,),
    ),
    mutation(
        "mass-assignment",
        "accounts/schemas.py",
        'extra="forbid"',
        'extra="allow"',
        "tests/test_accounts.py",
    ),
    mutation(
        "no-security-headers",
        "middleware.py",
        "headers += [item",
        "headers += [] and [item",
        "tests/test_answers.py",
    ),
    mutation(
        "docs-in-production",
        "settings.py",
        "return self.development if",
        "return True if",
        "tests/test_openapi.py",
    ),
    mutation(
        "well-known-secrets",
        "security/key_store.py",
        "if any(known in text.lower()",
        "if False and any(known in text.lower()",
        "tests/test_keys.py",
    ),
    mutation(
        "insecure-cookie",
        BACKEND,
        "secure=not settings.development",
        "secure=False",
        backend=COOKIE,
    ),
    mutation(
        "readable-cookie",
        BACKEND,
        'httponly=True,\n            samesite="strict"',
        'httponly=False,\n            samesite="strict"',
        backend=COOKIE,
    ),
    mutation("lax-refresh-cookie", BACKEND, 'samesite="strict"', 'samesite="lax"', backend=COOKIE),
    mutation(
        "token-in-a-header",
        BACKEND,
        "del response.headers[self.auth_header]",
        "pass",
        backend=COOKIE,
    ),
    mutation(
        "cookies-stay",
        "accounts/login.py",
        "backend.clear_cookies(response)",
        "pass",
        backend=COOKIE,
    ),
    mutation(
        "cross-site-writes",
        BACKEND,
        "if writes and _is_cross_site(",
        "if False and (",
        backend=COOKIE,
    ),
    mutation(
        "foreign-handshakes",
        BACKEND,
        "if handshake and _is_cross_site(connection):",
        "if False:",
        backend=COOKIE,
    ),
    mutation(
        "cookie-from-the-token-endpoint",
        BACKEND,
        "response.cookies.clear()",
        "pass",
        backend=OAUTH2,
    ),
    mutation(
        "two-ways-in",
        BACKEND,
        "token = read_token(connection, self.auth_header)",
        'token = connection.cookies.get("token") or read_token(connection, self.auth_header)',
        backend=OAUTH2,
    ),
]
