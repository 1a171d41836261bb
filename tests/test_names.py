"""The names of the folder and of the package."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litestar_jwt_template.names import (
    check_package_name,
    check_project_slug,
    package_from_slug,
    slugify_name,
)

from .refusals import refusal, words


@pytest.mark.parametrize(
    "slug", ["my-secured-api", "a", "3d", "x2", "billing-v2", "a-b-c-d", "litestar-shop", "z" * 40]
)
def test_project_slugs(slug: str) -> None:
    assert check_project_slug(slug) == slug


@pytest.mark.parametrize(
    ("slug", "fragment"),
    [
        ("", "lower-case"),
        ("My-API", "write for example my-api"),
        ("my_api", "write for example my-api"),
        ("my api", "write for example my-api"),
        ("-api", "write for example api"),
        ("api-", "hyphens"),
        ("a--b", "hyphens"),
        ("a.b", "lower-case"),
        ("../escape", "lower-case"),
        ("a/b", "lower-case"),
        ("grün", "write for example grun"),
        ("api\n", "U+000A"),
        ("٣", "lower-case"),
        ("z" * 41, "longer than 40"),
        ("con", "Windows"),
        ("nul", "Windows"),
        ("aux", "Windows"),
        ("prn", "Windows"),
        ("com1", "Windows"),
        ("lpt9", "Windows"),
        ("litestar", "litestar-api"),
        ("pyjwt", "project itself uses"),
        ("argon2-cffi", "project itself uses"),
        ("python", "project itself uses"),
        ("sqlalchemy", "project itself uses"),
    ],
)
def test_project_slugs_that_are_refused(slug: str, fragment: str) -> None:
    message = refusal(check_project_slug, slug)
    assert message.startswith("project_slug: ")
    assert fragment in message


@pytest.mark.parametrize(
    "name", ["my_secured_api", "a", "x2", "billing_v2", "app", "litestar_shop", "z" * 40]
)
def test_package_names(name: str) -> None:
    assert check_package_name(name) == name


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("", "lower-case"),
        ("MyApi", "write for example myapi"),
        ("my-api", "write for example my_api"),
        ("my api", "write for example my_api"),
        ("2fast", "write for example app_2fast"),
        ("_api", "underscores"),
        ("api_", "underscores"),
        ("a__b", "underscores"),
        ("a.b", "lower-case"),
        ("größe", "lower-case"),
        ("ﬁsh", "lower-case"),
        ("z" * 41, "longer than 40"),
        ("con", "Windows"),
        ("lpt1", "Windows"),
        *[(name, "keyword") for name in ("class", "import", "None", "async", "match", "type")],
        *[(name, "standard library") for name in ("json", "asyncio", "email", "secrets", "token")],
        *[
            (name, "project itself uses")
            for name in words(
                """
                litestar jwt cryptography pydantic pydantic_settings email_validator sqlalchemy
                alembic argon2 structlog limits aiosqlite asyncpg psycopg uvicorn uvloop httptools
                click rich rich_click msgspec anyio httpx httpcore h11 pytest hypothesis jose mypy
                ruff dotenv tests test src migrations redis valkey coredis mako multipart dns
                greenlet typing_extensions polyfactory yaml conftest
            """
            )
        ],
    ],
)
def test_package_names_that_are_refused(name: str, fragment: str) -> None:
    message = refusal(check_package_name, name)
    assert message.startswith("package_name: ")
    assert fragment in message


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    [
        ("My Secured API", "my-secured-api", "my_secured_api"),
        ("L\u2019été 2024", "lete-2024", "lete_2024"),
        ("🎉", "my-secured-api", "my_secured_api"),
        ("...", "my-secured-api", "my_secured_api"),
        ("{{ 7*7 }}", "7-7", "app_7_7"),
        ("3D Things", "3d-things", "app_3d_things"),
        ("Litestar", "litestar-api", "litestar_api"),
        ("Con", "con-api", "con_api"),
        ("JSON", "json", "json_app"),
        ("Class", "class", "class_app"),
        ("X" * 100, "x" * 36, "x" * 36),
    ],
)
def test_names_derived_from_the_project_name(name: str, slug: str, package: str) -> None:
    assert slugify_name(name) == slug
    assert package_from_slug(slug) == package


@given(st.text())
def test_derived_names_are_always_valid(name: str) -> None:
    slug = slugify_name(name)
    assert check_project_slug(slug) == slug
    package = package_from_slug(slug)
    assert check_package_name(package) == package


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda s: len(s) <= 40))
def test_every_slug_gives_a_valid_package_name(slug: str) -> None:
    package = package_from_slug(slug)
    assert check_package_name(package) == package
