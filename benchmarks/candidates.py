"""What is compared: rendered projects, and what others write for the same purpose."""

import secrets
from collections.abc import Mapping
from pathlib import Path

import httpx

from scripts.demo import EMAIL, PASSWORD
from tests.servers import UNTHROTTLED

from .environment import PYTHON, Project
from .measuring import Candidate, SignIn

APPS = Path(__file__).with_name("apps")
CREDENTIALS = {"email": EMAIL, "password": PASSWORD}


def bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


def register(client: httpx.Client) -> None:
    client.post("/register", json={**CREDENTIALS, "name": "Ada"})


def sign_in_header(client: httpx.Client) -> Mapping[str, str]:
    register(client)
    return bearer(client.post("/login", json=CREDENTIALS).json()["access_token"])


def sign_in_cookie(client: httpx.Client) -> Mapping[str, str]:
    register(client)
    answer = client.post("/login", json=CREDENTIALS)
    cookies = [value.partition(";")[0] for value in answer.headers.get_list("set-cookie")]
    return {"Cookie": next(cookie for cookie in cookies if "access" in cookie)}


def sign_in_oauth2(client: httpx.Client) -> Mapping[str, str]:
    register(client)
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    return bearer(client.post("/login", data=form).json()["access_token"])


SIGN_IN = {"header": sign_in_header, "cookie": sign_in_cookie, "oauth2": sign_in_oauth2}


def rendered(
    name: str,
    project: Project,
    sign_in: SignIn = sign_in_header,
    *,
    pinned: bool = True,
    **settings: str,
) -> Candidate:
    """A rendered project as in production, but that nothing is refused for being too much."""
    production = {"environment": "production", "log_format": "json"}
    environment = project.environment(**{**production, **UNTHROTTLED, **settings})
    command = project.module(project.package, "run")
    return Candidate(name, command, project.path, sign_in, environment, pinned=pinned)


def sign_in_litestar(client: httpx.Client) -> Mapping[str, str]:
    user = {"id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "name": "Ada", "email": EMAIL}
    return {"Authorization": client.post("/login", json=user).headers["authorization"]}


def sign_in_fastapi(client: httpx.Client) -> Mapping[str, str]:
    form = {"username": EMAIL, "password": "secret"}
    return bearer(client.post("/token", data=form).json()["access_token"])


def sign_in_fastapi_users(client: httpx.Client) -> Mapping[str, str]:
    client.post("/register", json=CREDENTIALS)
    form = {"username": EMAIL, "password": PASSWORD}
    return bearer(client.post("/login", data=form).json()["access_token"])


def others(folder: Path) -> list[Candidate]:
    """Return the candidates that others wrote, Litestar's example first."""
    environment = {"JWT_SECRET": secrets.token_urlsafe(48), "PYTHONPATH": str(APPS)}

    def served(name: str, app: str, sign_in: SignIn, *options: str, path: str = "/me") -> Candidate:
        place = folder / f"{app}{len(options)}"
        place.mkdir(parents=True)
        uvicorn = [str(PYTHON), "-m", "uvicorn", f"{app}:app", "--port", "{port}"]
        return Candidate(name, [*uvicorn, *options], place, sign_in, environment, path)

    quiet = "--no-access-log"
    return [
        served("Litestar's example, dict", "litestar_dict", sign_in_litestar, quiet),
        served("Litestar's example, access log", "litestar_dict", sign_in_litestar),
        served("FastAPI's tutorial, dict", "fastapi_dict", sign_in_fastapi, quiet),
        served("FastAPI, SQLModel, SQLite", "fastapi_sqlmodel", sign_in_fastapi, quiet),
        served("fastapi-users, SQLite", "fastapi_users_sqlalchemy", sign_in_fastapi_users, quiet),
        served("raw ASGI, hello", "raw_asgi", lambda _: {}, quiet, path="/"),
    ]
