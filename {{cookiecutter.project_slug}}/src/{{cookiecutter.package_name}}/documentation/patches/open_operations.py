"""An empty list opens an operation. From a handler, Litestar takes it for no list at all.

Waits for https://github.com/litestar-org/litestar/issues/4016. Then handlers can say
`security=[]` themselves.
"""

from litestar.openapi.spec import OpenAPI

from ..operations import operations_of


def patch(document: OpenAPI) -> None:
    for operation in operations_of(document):
        if operation.security == [{}]:
            operation.security = []
