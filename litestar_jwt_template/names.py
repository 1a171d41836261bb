"""The names of the folder, the distribution and the package."""

import keyword
import re
import sys

from slugify import slugify

from .text import RefusedAnswer, one_line, shown, words

_NAME_LENGTH = 40
_FALLBACK_SLUG = "my-secured-api"

_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
# What a rendered project installs, and the tools that it is worked on with.
_DISTRIBUTIONS = words(
    """
    aiosqlite alembic annotated-types anyio argon2-cffi argon2-cffi-bindings async-timeout
    asyncpg attrs bcrypt build certifi cffi charset-normalizer click coredis coverage cruft
    cryptography deprecated dnspython docker ecdsa email-validator exceptiongroup execnet faker
    greenlet gunicorn h11 h2 hatch hatchling hiredis httpcore httptools httpx hypothesis idna
    iniconfig jinja2 jsbeautifier jsonschema limits litestar litestar-htmx mako markdown-it-py
    markupsafe maturin mdurl msgspec multidict multipart mypy mypy-extensions nox orjson
    packaging pathspec pip playwright pluggy poetry polyfactory pre-commit psutil psycopg
    psycopg-binary psycopg-pool pyasn1 pycparser pydantic pydantic-core pydantic-settings
    pygments pyjwt pynacl pyright pytest pytest-asyncio pytest-cov pytest-xdist python
    python-dotenv python-jose python-multipart pyyaml redis referencing requests rich rich-click
    rpds-py rsa ruff schemathesis setuptools six sniffio sortedcontainers sqlalchemy starlette
    structlog tenacity tomli tox typer types-python-jose typing-extensions typing-inspection
    tzdata urllib3 uv uvicorn uvloop valkey valkey-glide virtualenv watchfiles websockets wheel
    wrapt yarl
    """
)
# Where the name to import differs from the distribution's.
_IMPORTS = words(
    """
    argon2 attr dns dotenv glide jose jwt nacl pkg_resources pre_commit psycopg2 py
    xdist yaml
    conftest migrations scripts setup sitecustomize src test tests usercustomize
    """
)
# Python 3.12 added `type` to keyword.softkwlist.
_SOFT_KEYWORDS = {*keyword.softkwlist, "type"}
# sys.stdlib_module_names speaks for one version of Python; these came later than 3.11.
_NEWER_STDLIB = frozenset(["annotationlib", "compression"])
_SHADOWED = _IMPORTS | {name.replace("-", "_") for name in _DISTRIBUTIONS}


def _slug_fault(slug: str) -> str | None:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug, re.ASCII):
        return "is not made of lower-case letters, digits and single hyphens between them"
    if len(slug) > _NAME_LENGTH:
        return f"is longer than {_NAME_LENGTH} characters"
    if slug in _WINDOWS_DEVICES:
        return "is a device name on Windows, where no folder can have it"
    if slug in _DISTRIBUTIONS:
        return "is the name of a package that the project itself uses"
    return None


def _package_fault(name: str) -> str | None:
    if keyword.iskeyword(name) or name in _SOFT_KEYWORDS:
        return "is a Python keyword"
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name, re.ASCII):
        return "is not a lower-case name such as Python imports, with single underscores"
    if len(name) > _NAME_LENGTH:
        return f"is longer than {_NAME_LENGTH} characters"
    if name in _WINDOWS_DEVICES:
        return "is a device name on Windows, where no folder can have it"
    if name in sys.stdlib_module_names or name in _NEWER_STDLIB:
        return "would hide a module of Python's standard library"
    if name in _SHADOWED:
        return "would hide a package that the project itself uses"
    return None


def slugify_name(name: str) -> str:
    """Derive a project slug that `check_project_slug` accepts from any text."""
    slug = slugify(name, max_length=_NAME_LENGTH - len("-api")) or _FALLBACK_SLUG
    return f"{slug}-api" if _slug_fault(slug) else slug


def package_from_slug(slug: str) -> str:
    """Derive a package name that `check_package_name` accepts from a valid project slug."""
    name = slug.replace("-", "_")
    if name[:1].isdigit():
        name = f"app_{name}"[:_NAME_LENGTH].rstrip("_")
    return f"{name[: _NAME_LENGTH - len('_app')].rstrip('_')}_app" if _package_fault(name) else name


def check_project_slug(slug: str) -> str:
    """Return `slug`, a folder and distribution name.

    Raises:
        RefusedAnswer: it is malformed, or taken by Windows or by a dependency.
    """
    line = one_line(slug, "project_slug", 300)
    if fault := _slug_fault(line):
        raise RefusedAnswer(
            f"project_slug: {shown(line)} {fault}; write for example {slugify_name(line)}"
        )
    return line


def check_package_name(name: str) -> str:
    """Return `name`, an importable package name that hides no other module.

    Raises:
        RefusedAnswer: it is malformed, a keyword, or taken by the standard library, a
            dependency or Windows.
    """
    line = one_line(name, "package_name", 300)
    if fault := _package_fault(line):
        better = package_from_slug(slugify_name(line))
        raise RefusedAnswer(f"package_name: {shown(line)} {fault}; write for example {better}")
    return line
