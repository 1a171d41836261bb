"""The OpenAPI document: valid, true about who may call what, and not served in production."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from litestar import route
from openapi_spec_validator import OpenAPIV31SpecValidator

from .attacks.test_routes import OPEN
from .conftest import Client


def document_of(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/schema/openapi.json").json()
    return document


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_the_document_is_valid(make_client: Callable[..., Client]) -> None:
    document = document_of(make_client(serve_docs=True))
    OpenAPIV31SpecValidator(document).validate()
    assert document["info"]["title"]


def test_a_route_is_documented_as_what_it_is(make_client: Callable[..., Client]) -> None:
    document = document_of(make_client(serve_docs=True))
    (scheme,) = document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            security = operation.get("security", document["security"])
            if (method.upper(), path) in OPEN:
                assert security in ([], [{scheme: []}, {}])
            else:
                assert security == [{scheme: []}]
                assert "401" in operation["responses"]


def test_an_operation_is_called_as_its_handler(make_client: Callable[..., Client]) -> None:
    operations = operations_of(document_of(make_client(serve_docs=True)))
    names = {operation["operationId"] for operation in operations}
    assert names >= {"register", "login", "logout", "get_me", "list_sessions", "end_session"}


def test_operations_of_one_handler_have_names_of_their_own(
    make_client: Callable[..., Client],
) -> None:
    @route(["/here", "/there"], http_method=["GET", "PUT"], status_code=200)
    async def several_handler() -> None: ...

    client = make_client(serve_docs=True)
    client.app.register(several_handler)
    paths = document_of(client)["paths"]
    operations = [*paths["/here"].values(), *paths["/there"].values()]
    assert len({operation["operationId"] for operation in operations}) == 4


def test_every_answer_has_a_type(make_client: Callable[..., Client]) -> None:
    for operation in operations_of(document_of(make_client(serve_docs=True))):
        for status, answer in operation["responses"].items():
            assert status == "204" or all(each["schema"] for each in answer["content"].values())


def test_a_body_may_be_left_out_but_is_never_null(make_client: Callable[..., Client]) -> None:
    for operation in operations_of(document_of(make_client(serve_docs=True))):
        if body := operation.get("requestBody"):
            assert body["required"] == (operation["operationId"] != "logout")
            (content,) = body["content"].values()
            assert {"type": "null"} not in content["schema"].get("oneOf", ())


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


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "swagger_ui", "", "%00", "x" * 300])
def test_assets_are_the_files_of_the_page_and_no_others(
    make_client: Callable[..., Client], name: str
) -> None:
    answer = make_client(serve_docs=True).get(f"/schema/assets/{name}")
    assert answer.status_code == 404
    assert "static" not in answer.text
