"""The OpenAPI document and its page."""

from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    Schema,
)

from .problems import MEDIA_TYPE
from .settings import Settings

PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="A problem document (RFC 9457). Further members depend on its type.",
    properties={
        "type": Schema(type=OpenAPIType.STRING, format="uri"),
        "title": Schema(type=OpenAPIType.STRING),
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": Schema(type=OpenAPIType.STRING),
    },
    required=["type", "title", "status"],
)


def openapi_config(settings: Settings) -> OpenAPIConfig | None:
    """Return how the API is documented, or None where it is not."""
    if not settings.docs_enabled:
        return None
    return OpenAPIConfig(
        title=settings.openapi_title,
        version=settings.openapi_version,
        openapi_router=Router("/schema", route_handlers=[], opt={"exclude_from_auth": True}),
        render_plugins=[SwaggerRenderPlugin()],
    )


def document_problems(app: Litestar) -> None:
    """Say in the document what errors look like: Litestar describes those that it would send."""
    document = app.openapi_schema
    document.components.schemas["Problem"] = PROBLEM
    for item in (document.paths or {}).values():
        for operation in (item.get, item.post, item.patch, item.delete):
            if operation is not None:
                _document_problems_of(operation)


def _document_problems_of(operation: Operation) -> None:
    responses = operation.responses or {}
    if operation.security is None:
        responses["401"] = _problem("No valid access token")
    if "400" in responses:
        responses["400"] = _problem("The request is not valid")
    responses["default"] = _problem("Anything else that went wrong")


def _problem(description: str) -> OpenAPIResponse:
    schema = Reference(ref="#/components/schemas/Problem")
    content = {MEDIA_TYPE: OpenAPIMediaType(schema=schema)}
    return OpenAPIResponse(description=description, content=content)
