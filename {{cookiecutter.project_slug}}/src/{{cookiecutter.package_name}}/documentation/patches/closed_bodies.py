"""A body rejects members that it does not know. Litestar leaves out what `extra="forbid"` says.

Waits for https://github.com/litestar-org/litestar/issues/4280.
"""

from litestar.openapi.spec import OpenAPI

from ...accounts.schemas import Input


def patch(document: OpenAPI) -> None:
    schemas = document.components.schemas
    for body in Input.__subclasses__():
        if body.__name__ in schemas:
            schemas[body.__name__].additional_properties = False
