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
LOCK = "migrations/lock.py"
LOOKUP = "accounts/lookup.py"
USER_COMMANDS = "accounts/user_commands.py"
POSTURE = "security/posture.py"
PASSWORDS = "security/passwords.py"
SERVICE = "accounts/service.py"
SESSIONS = "accounts/sessions.py"
STRENGTH = "security/strength.py"
THROTTLE = "security/throttle.py"
TOKENS = "security/tokens.py"
OF_GUARDS = "tests/test_guards.py"
POSTGRESQL = {"database": "postgresql"}
ISSUERS = "security/issuers.py"
OF_PASSWORDS = "tests/test_passwords.py"
OF_POSTURE = "tests/test_posture.py"
OF_TWO_PROCESSES = "tests/test_two_processes.py"
OF_SESSIONS = "tests/test_sessions.py"
OF_SETTINGS = "tests/test_settings.py"
OF_EXTENSIONS = "tests/test_extension_points.py"
OF_ISSUERS = "tests/test_issuers.py"
OF_RACES = "tests/test_races.py"
STORE = "security/throttle_store.py"
OF_STORE = "tests/test_throttle_store.py"
OF_COMMANDS = "tests/test_cli.py"
OF_FILES = "tests/test_private_files.py"
OF_ISSUER_KEYS = "tests/test_issuer_keys.py"
OF_FILE = "tests/test_database_file.py"

MUTATIONS = [
    mutation("signature-unchecked", TOKENS, "if not key.verifies(", "if False and ("),
    mutation("audience-unchecked", TOKENS, "if expected.audiences and not", "if False and not"),
    Mutation(
        "issuer-unchecked",
        TOKENS,
        (
            (
                "self._trusted.get(name) or self._trusted.get(None)",
                "next(iter(self._trusted.values()))",
            ),
            ("if expected.issuers and claims.iss not in expected.issuers:", "if False:"),
        ),
    ),
    mutation("type-unchecked", TOKENS, "if expected.typ is not None and", "if False and"),
    mutation("algorithm-from-header", TOKENS, "if header.alg != key.algorithm:", "if False:"),
    mutation("extensions-ignored", TOKENS, "if not (header.crit is header", "if False and (header"),
    mutation("expiry-unchecked", TOKENS, "if expected.verify_exp and", "if False and"),
    mutation("not-before-unchecked", TOKENS, "if expected.verify_nbf and", "if False and"),
    mutation("issued-in-the-future", TOKENS, "if claims.iat > now + expected.leeway:", "if False:"),
    mutation("sessions-not-required", TOKENS, "if expected.own and not (", "if False and ("),
    mutation("empty-token-ids", TOKENS, "not (claims.jti and", "not ("),
    mutation("ids-in-any-form", TOKENS, "str(UUID(text)) == text", "bool(UUID(text))"),
    mutation("any-length", TOKENS, "if len(text) > MAX_TOKEN_LENGTH or", "if"),
    mutation("any-base64", TOKENS, '.rstrip(b"=") != text.encode():', '.rstrip(b"=") == b"":'),
    mutation(
        "any-encoding",
        TOKENS,
        "_read_header(_segment(header).decode())",
        "_read_header(_segment(header))",
    ),
    mutation("kid-ignored", "security/keys.py", "self._by_kid[kid]", "self.signing.verification"),
    mutation("leeway-of-an-hour", TOKENS, "leeway=leeway,", "leeway=3600,"),
    mutation(
        "lax-claims", TOKENS, "convert(payload, Claims)", "convert(payload, Claims, strict=False)"
    ),
    mutation(
        "overflow-escapes",
        TOKENS,
        "(msgspec.ValidationError, ValueError, OverflowError, OSError)",
        "msgspec.ValidationError",
    ),
    mutation(
        "mistakes-escape",
        TOKENS,
        "except Exception as error",
        "except KeyError as error",
        OF_EXTENSIONS,
    ),
    mutation(
        "adapted-beyond-trust",
        TOKENS,
        "for name in names if signed[name] != adapted[name]",
        "for name in names if False",
        OF_EXTENSIONS,
    ),
    mutation(
        "adapted-in-place",
        TOKENS,
        "[*value] if isinstance(value, list) else value",
        "value",
        OF_EXTENSIONS,
    ),
    mutation(
        "subject-adapted", TOKENS, '(*TRUSTED, "sub") if expected.own else', "", OF_EXTENSIONS
    ),
    mutation(
        "one-token-for-all-requests",
        TOKENS,
        "return self._read_token(known.token)",
        "return self.__dict__.setdefault(digest, self._read_token(known.token))",
        OF_EXTENSIONS,
    ),
    mutation(
        "nesting-too-deep-to-be-kept",
        TOKENS,
        "except (jwt.InvalidTokenError, RecursionError) as error:",
        "except jwt.InvalidTokenError as error:",
        "tests/attacks/test_malformed.py",
    ),
    mutation("token-class-not-heard", "app.py", "keys, backend.token_cls)", "keys)", OF_EXTENSIONS),
    mutation("cache-without-expiry", TOKENS, "and known.expires > time.time()", "", OF_SESSIONS),
    mutation("cache-without-key", TOKENS, "and known.keys.holds(known.key)", "", OF_ISSUER_KEYS),
    mutation(
        "keys-never-renewed",
        ISSUERS,
        "clock >= self._fetched_at + min(MAX_AGE, self._max_age / 2)",
        "False",
        OF_ISSUER_KEYS,
    ),
    mutation(
        "keys-of-any-age",
        ISSUERS,
        "monotonic() >= self._fetched_at + self._max_age",
        "self._fetched_at < 0",
        OF_ISSUER_KEYS,
    ),
    mutation("redirects-followed", ISSUERS, "redirects=False", "redirects=True", OF_ISSUER_KEYS),
    mutation("key-sets-of-any-size", ISSUERS, "> MAX_SET_SIZE:", "< 0:", OF_ISSUER_KEYS),
    mutation(
        "a-deadline-for-each-byte",
        ISSUERS,
        "async with asyncio.timeout(FETCH_TIMEOUT):",
        "async with asyncio.timeout(None):",
        OF_ISSUER_KEYS,
    ),
    mutation(
        "a-fetch-for-each-request",
        ISSUERS,
        "if self._fetching and not self._fetching.done():",
        "if False:",
        OF_ISSUER_KEYS,
    ),
    mutation(
        "checks-turned-off-by-nothing",
        "settings.py",
        "BeforeValidator(_accepted)",
        "BeforeValidator(_comma_separated)",
        "tests/test_settings.py",
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
        "guards-take-what-is-true",
        "security/guards.py",
        "if check(connection.auth) is not True",
        "if not check(connection.auth)",
        OF_GUARDS,
    ),
    mutation(
        "asynchronous-guards",
        "security/guards.py",
        "if is_async_callable(check)",
        "if False",
        OF_GUARDS,
    ),
    mutation(
        "path-patterns",
        BACKEND,
        "exclude_http_methods=[],",
        'exclude_http_methods=[], exclude=["/login", "/schema"],',
        OF_POSTURE,
    ),
    mutation(
        "open-methods",
        BACKEND,
        "exclude_http_methods=[]",
        'exclude_http_methods=["OPTIONS", "HEAD"]',
        OF_POSTURE,
    ),
    mutation(
        "backend-excludes",
        POSTURE,
        "if (value := getattr(backend, name)) != needed",
        "if False",
        OF_POSTURE,
    ),
    mutation("routers-open", POSTURE, "if any(OPEN in", "if False and any(OPEN in", OF_POSTURE),
    mutation(
        "anything-true-opens",
        POSTURE,
        "if not isinstance(value :=",
        "if False and not isinstance(value :=",
        OF_POSTURE,
    ),
    mutation(
        "open-routes-unlogged",
        "app.py",
        'logger.info("open_routes"',
        'dict(event="open_routes"',
        OF_POSTURE,
    ),
    mutation("any-scheme", BACKEND, 'or scheme.lower() != "bearer"', ""),
    mutation("many-headers", BACKEND, "len(values) > 1 or", ""),
    mutation("no-challenge", "problems.py", "headers = challenge_of(request) | headers", "pass"),
    mutation(
        "challenge-without-error",
        BACKEND,
        'error = \', error="invalid_token"\' if header in connection.headers else ""',
        'error = ""',
    ),
    mutation(
        "logout-without-challenge",
        "problems.py",
        "headers = challenge_of(request) | headers",
        "pass",
        "tests/attacks/test_bearer.py::test_refused_logout_has_a_challenge",
    ),
    mutation(
        "disconnection-is-a-fault",
        "problems.py",
        'if message["type"] == "http.disconnect"',
        "if False",
        "tests/test_server.py",
    ),
    mutation(
        "reuse-forgiven",
        SESSIONS,
        "and await affected(db, this)",
        "and True",
        OF_SESSIONS,
    ),
    Mutation(
        "theft-cried-at-logout",
        SESSIONS,
        ((" and await affected(db, this)", ""),),
        (OF_RACES,),
        answers=POSTGRESQL,
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
        "min(now + self._idle_lifetime, session.ends_at)",
        "now + self._idle_lifetime",
        OF_SESSIONS,
    ),
    mutation(
        "sessions-outlive-a-deactivation", SERVICE, "if not active:", "if False:", OF_SESSIONS
    ),
    mutation(
        "inactive-but-found", LOOKUP, "expires_at > ? AND is_active", "expires_at > ?", OF_SESSIONS
    ),
    mutation(
        "inactive-but-refreshed",
        SESSIONS,
        "Session.expires_at > now,\n                        User.is_active,",
        "Session.expires_at > now,",
        OF_SESSIONS,
    ),
    mutation(
        "deactivated-in-flight",
        SERVICE,
        "if user and user.is_active else",
        "if user else",
        OF_RACES,
    ),
    mutation(
        "logged-in-while-deactivated",
        SESSIONS,
        "User.id == user.id, User.is_active, User.password_hash",
        "User.id == user.id, User.password_hash",
        OF_RACES,
    ),
    mutation(
        "new-password-in-flight",
        SESSIONS,
        ", User.password_hash == user.password_hash",
        "",
        OF_RACES,
    ),
    mutation(
        "confirmed-for-good",
        SERVICE,
        "if confirmed and user.password_hash",
        "if False and user.password_hash",
        OF_RACES,
    ),
    Mutation(
        "operators-unlocked",
        SERVICE,
        ((".with_for_update()", ""),),
        (OF_RACES,),
        answers=POSTGRESQL,
    ),
    Mutation(
        "account-unlocked",
        SERVICE,
        (("db.get(User, user_id, with_for_update=True)", "db.get(User, user_id)"),),
        (OF_RACES,),
        answers=POSTGRESQL,
    ),
    Mutation(
        "refresh-unlocked",
        SESSIONS,
        ((".with_for_update(read=True, of=User)", ""),),
        (OF_RACES,),
        answers=POSTGRESQL,
    ),
    mutation("others-stay", SERVICE, "await db.execute(others)", "pass", OF_SESSIONS),
    mutation("rights-unasked", USER_COMMANDS, "if not yes:", "if False:", OF_COMMANDS),
    mutation("linked-with-password", SERVICE, "if not keep_password:", "if False:", OF_COMMANDS),
    mutation(
        "linked-with-sessions",
        SERVICE,
        "user.password_hash = None\n                await db.execute(",
        "user.password_hash = None\n                str(",
        OF_COMMANDS,
    ),
    mutation(
        "no-hash-without-a-password",
        SERVICE,
        "        matches = await",
        "        if user and user.password_hash is None:\n"
        "            raise WrongCredentials\n"
        "        matches = await",
        OF_PASSWORDS,
    ),
    mutation(
        "no-dummy-hash",
        SERVICE,
        "        matches = await",
        "        if user is None:\n            raise WrongCredentials\n        matches = await",
        OF_PASSWORDS,
    ),
    mutation(
        "decoys-of-the-settings",
        "accounts/decoys.py",
        "if self._prefixes:",
        "if False:",
        OF_PASSWORDS,
    ),
    mutation(
        "decoys-drawn-anew",
        "accounts/decoys.py",
        "digest(self._key, email.encode(), sha256)",
        "secrets.token_bytes(32)",
        OF_PASSWORDS,
    ),
    mutation(
        "decoys-redrawn-at-each-registration",
        "accounts/decoys.py",
        "number * self._totals[-1] >> 256",
        "number % self._totals[-1]",
        OF_PASSWORDS,
    ),
    mutation(
        "decoys-that-anybody-can-draw",
        "accounts/decoys.py",
        "self._key or decoy_key(self._settings)",
        'b"decoys"',
        OF_PASSWORDS,
    ),
    mutation(
        "decoys-cut-anywhere",
        "accounts/decoys.py",
        'stored_hash.like(f"{PREFIX}%{ENDING}")',
        "stored_hash.startswith(PREFIX)",
        OF_PASSWORDS,
    ),
    mutation(
        "hashes-counted-at-each-login",
        "accounts/decoys.py",
        "MAX_AGE = 60",
        "MAX_AGE = 0",
        OF_PASSWORDS,
    ),
    mutation(
        "hashes-counted-once",
        "accounts/decoys.py",
        "MAX_AGE = 60",
        "MAX_AGE = 86_400",
        OF_PASSWORDS,
    ),
    mutation("every-hash-counted", "accounts/decoys.py", ".limit(SAMPLE)", "", OF_PASSWORDS),
    mutation(
        "renewed-with-a-replaced-password",
        SERVICE,
        "if current != user.password_hash and not await self._passwords.verify(current, password):",
        "if False:",
        OF_RACES,
    ),
    mutation(
        "one-of-simultaneous-logins",
        SERVICE,
        "if current != user.password_hash and not await self._passwords.verify(current, password):",
        "if current != user.password_hash:",
        OF_PASSWORDS,
    ),
    mutation(
        "watch-fails-open",
        "websockets.py",
        "except Exception:",
        "except KeyError:",
        "tests/test_websockets.py",
    ),
    mutation(
        "outages-keep-sockets-open",
        "websockets.py",
        "except DatabaseUnavailable:\n        pass",
        "except DatabaseUnavailable:\n        return",
        "tests/test_websockets.py",
    ),
    mutation(
        "control-characters-printed",
        "printable.py",
        "if text.isprintable():",
        "if True:",
        OF_COMMANDS,
    ),
    mutation(
        "control-characters-logged", "logging.py", "        _escape,\n", "", "tests/test_answers.py"
    ),
    mutation(
        "control-characters-in-paths",
        "middleware.py",
        'printable(scope["path"])',
        'scope["path"]',
        "tests/test_server.py::test_no_control_character_is_logged",
    ),
    mutation(
        "control-characters-in-addresses",
        "middleware.py",
        'printable(scope["client"][0])',
        'scope["client"][0]',
        "tests/test_server.py::test_no_control_character_is_logged",
    ),
    mutation(
        "control-characters-in-nested-values",
        "logging.py",
        "[_escaped(each) for each in value]",
        "[*value]",
        "tests/test_answers.py",
    ),
    mutation(
        "control-characters-in-objects",
        "logging.py",
        "printable(str(value))",
        "str(value)",
        "tests/test_answers.py",
    ),
    mutation(
        "control-characters-of-clients",
        SESSIONS,
        "client=printable(client)",
        "client=client",
        OF_COMMANDS,
    ),
    mutation(
        "control-characters-of-arguments",
        "cli/__init__.py",
        "except click.UsageError as error:",
        "except ZeroDivisionError as error:",
        OF_COMMANDS,
    ),
    mutation(
        "control-characters-linked",
        USER_COMMANDS,
        "if not value.isprintable():",
        "if False:",
        OF_COMMANDS,
    ),
    mutation(
        "encoded-lines-of-text",
        "security/key_store.py",
        " or character.isspace()",
        "",
        "tests/test_keys.py",
    ),
    mutation(
        "encoded-text-between-spaces",
        "security/key_store.py",
        "    text = text.strip()\n",
        "",
        "tests/test_keys.py",
    ),
    mutation(
        "reads-from-replicas",
        "security/throttle_store.py",
        "use_replicas=False",
        "use_replicas=True",
        OF_STORE,
    ),
    mutation("store-of-any-scheme", STORE, "if scheme is None:", "if False:", OF_STORE),
    mutation(
        "server-at-one-head",
        "migrations/__init__.py",
        'revision: str = "heads"',
        'revision: str = "head"',
        "tests/test_database_file.py",
    ),
    mutation(
        "upgrade-to-one-head",
        "cli/database.py",
        'default="heads"',
        'default="head"',
        "tests/test_migrations.py",
    ),
    mutation(
        "steps-of-any-branch",
        "migrations/__init__.py",
        'if revision.startswith("-"):',
        "if False:",
        "tests/test_migrations.py",
    ),
    mutation("last-part-wins", "part.py", "if key in owners:", "if False:", "tests/test_parts.py"),
    mutation(
        "ready-at-any-head",
        "migrations/__init__.py",
        "current >= self.heads",
        "bool(current & self.heads)",
        "tests/test_migrations.py",
    ),
    Mutation(
        "inactive-but-found-on-postgresql",
        LOOKUP,
        (("expires_at > now() AND is_active", "expires_at > now()"),),
        (OF_SESSIONS,),
        answers=POSTGRESQL,
    ),
    mutation(
        "header-not-allowed-to-sites",
        "app.py",
        'settings.auth_header, "Content-Type"',
        '"Authorization", "Content-Type"',
        OF_SETTINGS,
    ),
    mutation(
        "workers-unwarned",
        "server.py",
        "settings.workers > 1 and settings.throttle_url is None",
        "False",
        OF_SETTINGS,
    ),
    Mutation(
        "rotated-before-others-know",
        "cli/keys.py",
        (("{MAX_AGE} seconds, in", "0 seconds, in"),),
        ("tests/test_keys.py",),
        answers={"signing_algorithm": "ES256"},
    ),
    mutation("last-login-unknown", SESSIONS, "last_login_at=now, ", "", OF_COMMANDS),
    mutation(
        "login-changes-the-profile", SESSIONS, ", updated_at=User.updated_at", "", OF_COMMANDS
    ),
    mutation(
        "no-password-as-wrong",
        SERVICE,
        "raise NoPassword",
        "raise WrongPassword",
        "tests/test_accounts.py",
    ),
    mutation("gone-as-wrong", SERVICE, "raise AccountGone", "raise WrongCredentials", OF_RACES),
    Mutation(
        "operators-account-unlocked",
        SERVICE,
        (
            (
                "db.get(User, user_id, with_for_update=True)\n    if user is None:\n        "
                "raise NoSuchUser",
                "db.get(User, user_id)\n    if user is None:\n        raise NoSuchUser",
            ),
        ),
        (OF_RACES,),
        answers=POSTGRESQL,
    ),
    mutation(
        "mounted-apps-unlisted", POSTURE, 'yield "ASGI", route.route_handler', "return", OF_POSTURE
    ),
    mutation(
        "control-characters-stored",
        "accounts/schemas.py",
        'ONE_LINE_OF_TEXT = r"',
        'ONE_LINE_OF_TEXT = r"^.*$|',
        "tests/test_accounts.py",
    ),
    mutation(
        "weak-passwords",
        STRENGTH,
        '["score"] < min_score',
        '["score"] < 0',
        OF_PASSWORDS,
    ),
    mutation("seconds-of-substitutions", STRENGTH, "L33T_TABLE.clear()", "", OF_PASSWORDS),
    mutation("all-of-it-judged", STRENGTH, "LENGTH = 40", "LENGTH = 72", OF_PASSWORDS),
    mutation(
        "repeats-judged", STRENGTH, '_REPEATS.sub(r"\\1\\1", reading)', "reading", OF_PASSWORDS
    ),
    mutation(
        "substitutions-unread",
        STRENGTH,
        "for spelling in SPELLINGS:",
        "for spelling in SPELLINGS[:1]:",
        OF_PASSWORDS,
    ),
    mutation(
        "own-name-judged",
        STRENGTH,
        'rest.replace(word, "").replace(word[::-1], "")',
        "rest",
        OF_PASSWORDS,
    ),
    mutation(
        "seasons-judged",
        STRENGTH,
        'SEASON_AND_YEAR.sub("", _folded(text))',
        "_folded(text)",
        OF_PASSWORDS,
    ),
    mutation(
        "logins-wait-for-judgements",
        PASSWORDS,
        "limiter=self._judging",
        "limiter=self._hashing",
        OF_PASSWORDS,
    ),
    mutation("judged-at-once", PASSWORDS, "CapacityLimiter(1)", "CapacityLimiter(4)", OF_PASSWORDS),
    mutation(
        "hashes-without-bound", PASSWORDS, "limiter=self._hashing", "limiter=None", OF_PASSWORDS
    ),
    mutation(
        "compatibility-folded", PASSWORDS, 'normalize("NFC"', 'normalize("NFKC"', OF_PASSWORDS
    ),
    mutation("cut-at-72", PASSWORDS, '"NFC", password)', '"NFC", password[:72])', OF_PASSWORDS),
    mutation(
        "counted-after-the-hash",
        SERVICE,
        "await self._throttle.attempt(address, email)\n",
        "await self._passwords.verify(None, password)\n"
        "        await self._throttle.attempt(address, email)\n",
        OF_PASSWORDS,
    ),
    mutation(
        "inactive-unhashed",
        SERVICE,
        "(password_hash or decoy, password)",
        "(password_hash or decoy, password) if not user or user.is_active else False",
        OF_PASSWORDS,
    ),
    mutation(
        "confirmed-without-end",
        SERVICE,
        "MAX_WRONG_PASSWORDS = 5",
        "MAX_WRONG_PASSWORDS = 500",
        OF_PASSWORDS,
    ),
    mutation(
        "confirmations-tested-then-counted",
        SERVICE,
        ", Session.wrong_passwords < MAX_WRONG_PASSWORDS)",
        ")",
        OF_TWO_PROCESSES,
    ),
    mutation(
        "wrong-confirmations-stay",
        SERVICE,
        ".values(wrong_passwords=0)",
        ".values(wrong_passwords=Session.wrong_passwords)",
        OF_PASSWORDS,
    ),
    mutation(
        "confirmations-as-logins",
        SERVICE,
        "self._throttle.confirmation(address, None if session_id else user_id)",
        "self._throttle.attempt(address, user.email)",
        OF_PASSWORDS,
    ),
    mutation(
        "confirmations-unthrottled",
        THROTTLE,
        'self._count(self._per_address, "confirmation"',
        'self._count(parse("9999/second"), "confirmation"',
        OF_PASSWORDS,
    ),
    mutation("foreign-confirmations", THROTTLE, "if user_id:", "if False:", OF_ISSUERS),
    mutation(
        "password-change-unlogged",
        SERVICE,
        'audit.info("password_changed"',
        'dict(event="password_changed"',
        "tests/test_server.py",
    ),
    mutation(
        "locals-in-the-log",
        "logging.py",
        "structlog.processors.format_exc_info",
        "structlog.processors.dict_tracebacks",
        "tests/test_answers.py",
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
        OF_TWO_PROCESSES,
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
        "keys-over-http",
        "settings.py",
        "if not self.development and is_plain",
        "if False and is_plain",
        OF_SETTINGS,
    ),
    mutation("keys-from-anywhere", "addresses.py", "if URL.match(text)", "if False", OF_SETTINGS),
    mutation(
        "keys-over-http-from-others",
        "addresses.py",
        "and not _is_loopback(url.hostname)",
        "and False",
        OF_SETTINGS,
    ),
    mutation(
        "no-algorithm", "settings.py", "Field(min_length=1)", "Field(min_length=0)", OF_SETTINGS
    ),
    mutation("own-issuer-is-foreign", "settings.py", " - {self.issuer}", "", OF_SETTINGS),
    mutation("any-origin", "addresses.py", "or not ORIGIN.fullmatch(text)", "", OF_SETTINGS),
    mutation(
        "any-header", "settings.py", "if TAKEN_HEADERS.fullmatch(name)", "if False", OF_SETTINGS
    ),
    mutation(
        "settings-file-of-others",
        "settings.py",
        "        if not settings.development:\n            _refuse",
        "        if False:\n            _refuse",
        OF_SETTINGS,
    ),
    mutation("weak-hashes", "server.py", "and not sufficient", "and False", OF_SETTINGS),
    mutation(
        "proxies-unwarned",
        "server.py",
        "if hold_everything(settings.trusted_proxies)",
        "if False",
        OF_SETTINGS,
    ),
    mutation(
        "well-known-secrets",
        "security/key_store.py",
        "if any(part in",
        "if False and any(part in",
        "tests/test_keys.py",
    ),
    mutation(
        "published-secrets",
        "security/key_store.py",
        "in _published_secrets()",
        "in ()",
        "tests/test_keys.py",
    ),
    mutation(
        "encoded-secrets",
        "security/key_store.py",
        "if any(map(_is_text,",
        "if False and any(map(_is_text,",
        "tests/test_keys.py",
    ),
    mutation(
        "guessable-secrets",
        "security/key_store.py",
        "if weakness(text, MIN_SCORE)",
        "if False",
        "tests/test_keys.py",
    ),
    mutation(
        "store-in-clear",
        STORE,
        'tls = scheme["kind"], bool(scheme["tls"])',
        'tls = scheme["kind"], False',
        OF_STORE,
    ),
    mutation(
        "store-of-anyone",
        STORE,
        '"ssl_check_hostname": True',
        '"ssl_check_hostname": False',
        OF_STORE,
    ),
    mutation("sentinels-in-clear", STORE, "sentinel_options |= encryption", "pass", OF_STORE),
    mutation(
        "store-options-dropped",
        STORE,
        "if unknown := sorted(set(parameters) - known):",
        "if unknown := []:",
        OF_STORE,
    ),
    mutation(
        "cluster-error-escapes",
        STORE,
        "(ValkeyError, ValkeyClusterException)",
        "(ValkeyError,)",
        OF_STORE,
    ),
    mutation(
        "secrets-for-others",
        "private_files.py",
        "draft.replace(file)",
        "draft.chmod(0o644)\n        draft.replace(file)",
        OF_FILES,
    ),
    mutation(
        "readable-draft",
        "private_files.py",
        'descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")',
        'name = f"{file}.draft"\n    descriptor = os.open(name, os.O_CREAT | os.O_WRONLY, 0o666)',
        OF_FILES,
    ),
    Mutation(
        "old-private-key-kept",
        "cli/keys.py",
        (("public_pem(old)", 'signing_file.read_text("ascii")'),),
        ("tests/test_keys.py", OF_FILES),
        answers={"signing_algorithm": "ES256"},
    ),
    mutation(
        "rotated-back",
        "cli/keys.py",
        'held.coming, "", [*held.verifying, old]',
        "held.coming, old, held.verifying",
        OF_FILES,
    ),
    mutation(
        "database-for-others",
        "engine.py",
        "touch(mode=0o600)",
        "touch()",
        "tests/test_database_file.py",
    ),
    *(
        mutation(name, file, old, new, test)
        for name, file, old, new, test in (
            (
                "ready-to-read-a-file",
                "engine.py",
                "DELETE FROM sessions WHERE false",
                "SELECT 1",
                OF_FILE,
            ),
            (
                "unready-while-another-writes",
                "engine.py",
                "!= sqlite3.SQLITE_BUSY",
                "!= 0",
                OF_FILE,
            ),
            (
                "any-database-url",
                "database_url.py",
                "if in_memory or given !=",
                "if False and given !=",
                OF_SETTINGS,
            ),
            (
                "json-unexplained",
                "settings.py",
                "NoDecode, BeforeValidator(_json)",
                '""',
                OF_SETTINGS,
            ),
        )
    ),
    mutation(
        "folder-for-others",
        "migrations/lock.py",
        "mkdir(mode=0o700, ",
        "mkdir(",
        "tests/test_database_file.py",
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
    mutation(
        "readable-access-cookie",
        BACKEND,
        "httponly=True,\n            samesite=self.samesite",
        "httponly=False,\n            samesite=self.samesite",
        backend=COOKIE,
    ),
    mutation("lax-refresh-cookie", BACKEND, 'samesite="strict"', 'samesite="lax"', backend=COOKIE),
    mutation(
        "token-in-a-header",
        BACKEND,
        "del response.headers[self.auth_header]",
        "pass",
        OF_EXTENSIONS,
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
        "plain-http-pages",
        BACKEND,
        'return own if connection.scope["scheme"]',
        'return own if not connection.scope["scheme"]',
        backend=COOKIE,
    ),
    Mutation(
        "origins-parsed",
        BACKEND,
        (
            (
                "origin not in _own_origins(connection)",
                "urlsplit(origin).netloc not in _own_origins(connection)",
            ),
            ("from typing import Any", "from typing import Any\nfrom urllib.parse import urlsplit"),
        ),
        backend=COOKIE,
    ),
    mutation(
        "paths-unescaped",
        LOOKUP,
        'Path(engines.read.url.database or "").absolute().as_uri()',
        'f"file:{engines.read.url.database}"',
        "tests/test_database_file.py",
    ),
    Mutation(
        "text-that-is-not-stored",
        TOKENS,
        (('r"^[^\\x00-\\x1f\\x7f]+\\Z"', 'r"^[^\\x7f]+\\Z"'),),
        (OF_ISSUERS,),
        answers=POSTGRESQL,
    ),
    mutation(
        "any-media-type",
        "accounts/login.py",
        "if request.content_type[0] != RequestEncodingType.URL_ENCODED",
        "if False",
        backend=OAUTH2,
    ),
    mutation(
        "names-as-they-come",
        "accounts/login.py",
        "return Credentials.model_validate(",
        "return Credentials.model_construct(email=data.username, password=data.password) or (",
        backend=OAUTH2,
    ),
    mutation(
        "addresses-with-names",
        "accounts/schemas.py",
        "if isinstance(value, str):",
        "if False:",
        "tests/test_accounts.py",
    ),
    mutation(
        "request-ids-from-anyone",
        "middleware.py",
        'if scope["client"] and scope["client"][1] == 0',
        "if True",
        "tests/test_server.py::test_request_id_is_taken_from_a_trusted_proxy_alone",
    ),
    mutation(
        "request-ids-of-any-length",
        "middleware.py",
        "value[:MAX_REQUEST_ID]",
        "value",
        "tests/test_server.py::test_request_id_is_taken_from_a_trusted_proxy_alone",
    ),
    mutation(
        "audit-without-address",
        "logging.py",
        'event.setdefault("client", current_client.get())',
        "pass",
        "tests/test_server.py::test_audit_lines_have_request_id_and_address_of_the_client",
    ),
    mutation(
        "handshakes-unlogged",
        "middleware.py",
        "not in {ScopeType.HTTP, ScopeType.WEBSOCKET}",
        "not in {ScopeType.HTTP}",
        "tests/attacks/test_websocket.py",
    ),
    mutation(
        "any-number-of-connections",
        "server.py",
        "        limit_concurrency=settings.max_connections,\n",
        "",
        "tests/test_server.py::test_connection_above_the_limit_gets_503",
    ),
    mutation(
        "sockets-outlive-sessions",
        "websockets.py",
        "lives = await _lives(socket)",
        "lives = True",
        "tests/test_websockets.py",
    ),
    mutation(
        "cross-site-handshakes",
        BACKEND,
        "raise WebSocketException(code=4403",
        "WebSocketException(code=4403",
        "tests/attacks/test_websocket_hijacking.py",
        backend=COOKIE,
    ),
    mutation(
        "cross-site-writes",
        BACKEND,
        'raise PermissionDeniedException("Requests from',
        'str("Requests from',
        backend=COOKIE,
    ),
    mutation(
        "foreign-handshakes",
        BACKEND,
        'scope.get("method")',
        'scope.get("method", "GET")',
        backend=COOKIE,
    ),
    mutation(
        "cookie-from-the-token-endpoint",
        BACKEND,
        "response.cookies.clear()",
        "pass",
        OF_EXTENSIONS,
        backend=OAUTH2,
    ),
    mutation(
        "two-ways-in",
        BACKEND,
        "token = read_token(connection, self.auth_header)",
        'token = connection.cookies.get("token") or read_token(connection, self.auth_header)',
        backend=OAUTH2,
    ),
    *(
        Mutation(name, file, ((old, new),), ("tests/test_live_migrations.py",), answers=POSTGRESQL)
        for name, file, old, new in (
            ("one-transaction", "migrations/env.py", "    transaction_per_migration=True,\n", ""),
            ("waits-for-a-table", LOCK, "'{TABLE_LOCK_WAIT}s'", "0"),
            (
                "waits-with-a-snapshot",
                LOCK,
                "pg_try_advisory_lock(:key)",
                "pg_advisory_lock(:key) IS NOT NULL",
            ),
            ("invalid-index-unnamed", LOCK, "NOT indisvalid", "false"),
            ("migrations-limited", LOCK, "for name in LIMITS:", "for name in ():"),
            ("missing-limits-unnamed", LOCK, "AND setting = '0'", "AND false"),
            (
                "url-of-migrations-ignored",
                LOCK,
                "(url or settings.database_url)",
                "settings.database_url",
            ),
        )
    ),
    *(
        Mutation(name, file, ((old, new),), ("tests/test_connections.py",), answers=POSTGRESQL)
        for name, file, old, new in (
            ("read-only-connection-kept", "engine.py", "context.is_disconnect = True", "pass"),
            ("idle-connections-kept", "engine.py", " and idle_since >= lost_at", ""),
            ("idle-connections-untried", "engine.py", "() - idle_since <= IDLE_LIMIT", "()"),
            ("ping-unbounded", "engine.py", ", timeout=PING_TIMEOUT", ""),
            ("silent-server-waited-for", "engine.py", "        driver.terminate()\n", ""),
            (
                "server-that-is-full-waited-for-twice",
                "engine.py",
                "timeout_at(deadline)",
                "timeout_at(deadline + self.timeout())",
            ),
            ("full-server-not-waited-for", "engine.py", "if not _is_full(error):", "if True:"),
            (
                "app-unnamed",
                "engine.py",
                "application_name: str = COMMAND",
                'application_name: str = ""',
            ),
            ("cancelled-lookup-kept", LOOKUP, "except BaseException as", "except Exception as"),
            ("lookup-loses-one", LOOKUP, "connection.invalidate(error)", "connection.invalidate()"),
            ("ready-to-read", "engine.py", "DELETE FROM sessions WHERE false", "SELECT 1"),
        )
    ),
    Mutation(
        "server-reads-the-url-of-migrations",
        "settings.py",
        (
            (
                "    database_url: DatabaseSecret =",
                "    migration_database_url: DatabaseSecret | None = None\n"
                "    database_url: DatabaseSecret =",
            ),
        ),
        ("tests/test_live_migrations.py",),
        answers=POSTGRESQL,
    ),
    Mutation(
        "limits-not-sent",
        "engine.py",
        (("{} if pooled else LIMITS", "{}"),),
        ("tests/test_connections.py",),
        answers=POSTGRESQL,
    ),
    mutation(
        "readable-file-unnamed", LOCK, "file.is_file()", "False", "tests/test_database_file.py"
    ),
    Mutation(
        "one-head",
        "migrations/__init__.py",
        (('message, autogenerate=True, head="heads"', "message, autogenerate=True"),),
        ("tests/test_migrations.py",),
    ),
]
