"""The OpenAPI document and its page."""

from html import escape
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import (
{% if cookiecutter.auth_backend == "oauth2" %}
    OpenAPI,
{% endif %}
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import FromPath
from litestar.response import File
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler, Method

from .accounts.schemas import Input
from .problems import MEDIA_TYPE
{% if cookiecutter.auth_backend == "oauth2" %}
from .security.backend import TOKEN_URL
{% endif %}
from .security.posture import OPEN
from .settings import Settings

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

NULL = Schema(type=OpenAPIType.NULL)

PATH = "/schema"

STATIC = Path(__file__).with_name("static")
ASSETS = {
    "docs.css": ("docs.css", "text/css"),
    "favicon.png": ("swagger_ui/favicon-32x32.png", "image/png"),
    "initialise.js": ("initialise.js", "text/javascript"),
    "swagger-ui.css": ("swagger_ui/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("swagger_ui/swagger-ui-bundle.js", "text/javascript"),
}

PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="icon" href="{assets}/favicon.png">
  <link rel="stylesheet" href="{assets}/swagger-ui.css">
  <link rel="stylesheet" href="{assets}/docs.css">
</head>
<body>
  <div id="docs"></div>
  <script src="{assets}/swagger-ui-bundle.js"></script>
  <script src="{assets}/initialise.js"></script>
</body>
</html>
"""

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class DocsRouter(Router):
    """Opens each handler that Litestar registers on it, as no router opens what is below it."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        if isinstance(value, BaseRouteHandler):
            value.opt[OPEN] = True
        return super().register(value)


class DocsPage(OpenAPIRenderPlugin):
    """Swagger UI, served from here: it loads nothing from elsewhere, and runs no inline script."""

    def __init__(self) -> None:
        super().__init__(path="/swagger")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        # Relative, so that a path prefix of a proxy does not matter. Litestar's `path` has lost
        # a slash at its end, which counts here.
        _, _, below = request.scope["raw_path"].decode("latin-1").rpartition(PATH)
        assets = f"{'../' * below.count('/')}{PATH[1:]}/assets"
        title = escape(openapi_schema["info"]["title"])
        return PAGE.format(title=title, assets=assets).encode()

    def receive_router(self, router: Router) -> None:
        router.register(asset_handler)


@get("/assets/{name:str}")
async def asset_handler(name: FromPath[str]) -> File:
    """A part of the page."""
    if name not in ASSETS:
        raise NotFoundException
    path, media_type = ASSETS[name]
    return File(
        STATIC / path,
        filename=name,
        media_type=media_type,
        content_disposition_type="inline",
        headers={"Cache-Control": "max-age=3600"},
    )


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
    """Say in the document what each operation does, takes and answers when it fails.

    Litestar describes the errors that it would send itself, and bodies without their bounds.
    """
    document = app.openapi_schema
    schemas = document.components.schemas
    schemas["Problem"] = PROBLEM
    for body in Input.__subclasses__():
        if body.__name__ in schemas:
            schemas[body.__name__].additional_properties = False
    # A token field with a default is in each answer all the same.
    schemas["Me"].required = list(schemas["Me"].properties or ())
    for item in (document.paths or {}).values():
        for operation in (item.get, item.post, item.patch, item.delete):
            if operation is not None:
                _summarise(operation)
                _document_openness_of(operation)
                _document_body_of(operation)
                _document_problems_of(operation)
{% if cookiecutter.auth_backend == "oauth2" %}
    _document_errors_of_token_endpoint(document)
{% endif %}


def _summarise(operation: Operation) -> None:
    """Make the first line of the handler's docstring the summary, the others the description."""
    summary, _, description = (operation.description or "").partition("\n")
    operation.summary = summary.rstrip(".") or operation.summary
    operation.description = description.strip() or None


def _document_openness_of(operation: Operation) -> None:
    """An empty list opens an operation. From a handler, Litestar takes it for no list at all."""
    if operation.security == [{}]:
        operation.security = []


def _document_body_of(operation: Operation) -> None:
    """A body that may be None is one to leave out. Litestar calls it required, and null."""
    body = operation.request_body
    if isinstance(body, RequestBody):
        (content,) = body.content.values()
        if isinstance(content.schema, Schema) and NULL in (content.schema.one_of or ()):
            content.schema.one_of = [each for each in content.schema.one_of or () if each != NULL]
            body.required = False


def _document_problems_of(operation: Operation) -> None:
    responses = operation.responses or {}
    if operation.security is None:
        responses["401"] = _problem("No valid access token")
    if "400" in responses:
        responses["400"] = _problem("The request is not valid, or its password is easy to guess")
    nothing = responses.get("204")
    if isinstance(nothing, OpenAPIResponse):
        nothing.content = None
    responses["default"] = _problem("Anything else that went wrong")


def _problem(description: str) -> OpenAPIResponse:
    schema = Reference(ref="#/components/schemas/Problem")
    content = {MEDIA_TYPE: OpenAPIMediaType(schema=schema)}
    return OpenAPIResponse(description=description, content=content)
{% include {"header": "nothing.jinja", "cookie": "nothing.jinja", "oauth2": "document_token_endpoint.py.jinja"}[cookiecutter.auth_backend] %}
