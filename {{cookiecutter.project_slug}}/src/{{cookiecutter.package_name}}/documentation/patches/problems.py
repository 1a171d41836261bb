"""Errors are problem documents. Litestar describes those that it would send itself.

Waits for https://github.com/litestar-org/litestar/issues/4523.
"""

from litestar.openapi.spec import (
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Reference,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat

from ...problems import MEDIA_TYPE
from ..operations import operations_of

PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="A problem document (RFC 9457). Further members depend on its type.",
    properties={
        "type": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.URI),
        "title": Schema(type=OpenAPIType.STRING),
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": Schema(type=OpenAPIType.STRING),
    },
    required=["type", "title", "status"],
)


def patch(document: OpenAPI) -> None:
    document.components.schemas["Problem"] = PROBLEM
    for operation in operations_of(document):
        responses = operation.responses or {}
        if operation.security is None:
            responses["401"] = _problem("No valid access token")
        if "400" in responses:
            responses["400"] = _problem(
                "The request is not valid, or its password is easy to guess"
            )
        responses["default"] = _problem("Anything else that went wrong")


def _problem(description: str) -> OpenAPIResponse:
    schema = Reference(ref="#/components/schemas/Problem")
    content = {MEDIA_TYPE: OpenAPIMediaType(schema=schema)}
    return OpenAPIResponse(description=description, content=content)
