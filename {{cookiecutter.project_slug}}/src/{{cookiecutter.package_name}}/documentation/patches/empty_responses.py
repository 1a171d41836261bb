"""A 204 has no content. From `Response[None]`, Litestar makes content that is null.

Waits for https://github.com/litestar-org/litestar/issues/4598.
"""

from litestar.openapi.spec import OpenAPI, OpenAPIResponse

from ..operations import operations_of


def patch(document: OpenAPI) -> None:
    for operation in operations_of(document):
        nothing = (operation.responses or {}).get("204")
        if isinstance(nothing, OpenAPIResponse):
            nothing.content = None
