"""The page of the OpenAPI document, with all that it loads."""

from html import escape
from pathlib import Path
from typing import Any

from litestar import Request, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath
from litestar.response import File
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from ..security.posture import OPEN

PATH = "/schema"

STATIC = Path(__file__).parents[1] / "static"
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
