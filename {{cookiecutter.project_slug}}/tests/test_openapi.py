"""The OpenAPI document: valid, true about who may call what, and not served in production."""

import re
from collections.abc import Callable

from openapi_spec_validator import OpenAPIV31SpecValidator

from .conftest import Client

OPEN = {
    "/register",
    "/login",
    "/login/json",
    "/refresh",
    "/logout",
    "/health/live",
    "/health/ready",
    "/.well-known/jwks.json",
}


def test_the_document_is_valid(make_client: Callable[..., Client]) -> None:
    document = make_client(serve_docs=True).get("/schema/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["info"]["title"]


def test_a_route_is_documented_as_what_it_is(make_client: Callable[..., Client]) -> None:
    document = make_client(serve_docs=True).get("/schema/openapi.json").json()
    (scheme,) = document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            security = operation.get("security", document["security"])
            assert {} in security if path in OPEN else security == [{scheme: []}]
            assert path in OPEN or "401" in operation["responses"]


def test_no_document_in_production(client: Client, make_client: Callable[..., Client]) -> None:
    for path in ("/schema", "/schema/openapi.json", "/schema/swagger"):
        assert client.get(path).status_code == 404
    assert make_client(environment="development").get("/schema").status_code == 200


def test_the_page_loads_nothing_from_elsewhere(make_client: Callable[..., Client]) -> None:
    client = make_client(serve_docs=True)
    page = client.get("/schema")
    assert "script-src 'self'; style-src 'self';" in page.headers["content-security-policy"]
    parts = re.findall('(?:src|href)="(.*?)"', page.text)
    assert len(parts) == 5
    assert all(client.get(f"/{part}").status_code == 200 for part in parts)
    assert client.get("/schema/assets/app.py").status_code == 404
