"""The OpenAPI document held against the running server, by schemathesis with all its checks."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.demo import EMAIL, PASSWORD

from .conftest import Bake, BakedProject
from .servers import QUICK, running

pytestmark = pytest.mark.full

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# These end the session that the others need.
ENDING = r"^/(sessions.*|logout|me/password)$"


def credentials(url: str, backend: str) -> str:
    """Register, log in, and return the request header that carries the access token."""
    person: dict[str, Any] = {"email": EMAIL, "password": PASSWORD}
    httpx.post(f"{url}/register", json={**person, "name": "Ada"})
    if backend == "oauth2":
        form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{url}/login", data=form)
    else:
        answer = httpx.post(f"{url}/login", json=person)
    assert answer.status_code == 200, answer.text
    if backend == "cookie":
        return f"Cookie: access={answer.cookies['access']}"
    return f"Authorization: Bearer {answer.json()['access_token']}"


def hold_against_document(url: str, header: str, *selection: str) -> None:
    # Litestar's own answer to OPTIONS names the methods of one handler of a path only; and a case
    # that leaves out the cookie is sent with it all the same, as it is in a header of ours.
    excluded = "allow_header_conformance"
    if header.startswith("Cookie"):
        excluded += ",negative_data_rejection"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *(f"{url}/schema/openapi.json", "--checks", "all", "--header", header),
        *("--exclude-checks", excluded),
        *("--max-examples", "30", "--seed", "1", "--no-color", *selection),
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("backend", ["header", "cookie", "oauth2"])
def test_the_server_does_what_its_document_says(backend: str, bake: Bake) -> None:
    project: BakedProject = bake(
        auth_backend=backend,
        token_fields='plan: Literal["free", "pro"] = "free", roles: list[str] = ["user"]',
    )
    with running(project, **QUICK) as server:
        url = server.url
        hold_against_document(url, credentials(url, backend), "--exclude-path-regex", ENDING)
        hold_against_document(url, credentials(url, backend), "--include-path-regex", ENDING)
