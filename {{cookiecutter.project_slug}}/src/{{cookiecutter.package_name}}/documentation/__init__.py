"""The OpenAPI document and its page."""

from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.types import Method

from ..settings import Settings
from .page import CONTENT_POLICY, PATH, DocsPage, DocsRouter
from .patches import PATCHES


def openapi_config(settings: Settings) -> OpenAPIConfig | None:
    """Return how the API is documented, or None where it is not."""
    if not settings.docs_enabled:
        return None
    return OpenAPIConfig(
        title=settings.openapi_title,
        version=settings.openapi_version,
        openapi_router=DocsRouter(
            PATH,
            route_handlers=[],
            include_in_schema=False,
            response_headers={"Content-Security-Policy": CONTENT_POLICY},
        ),
        render_plugins=[DocsPage()],
        use_handler_docstrings=True,
        operation_id_creator=_name_operation,
    )


def _name_operation(handler: HTTPRouteHandler, method: Method, path: list[Any]) -> str:
    """Name an operation as its handler: generated clients call it by this name."""
    if len(handler.paths) == len(handler.http_methods) == 1:
        return handler.handler_name.removesuffix("_handler")
    return OpenAPIConfig.operation_id_creator(handler, method, path)


def complete_document(app: Litestar) -> None:
    """Say in the document what each operation does, takes and answers when it fails."""
    for patch in PATCHES:
        patch(app.openapi_schema)
