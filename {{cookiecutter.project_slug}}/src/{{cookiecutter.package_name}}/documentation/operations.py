"""A way through the OpenAPI document."""

from collections.abc import Iterator

from litestar.openapi.spec import OpenAPI, Operation


def operations_of(document: OpenAPI) -> Iterator[Operation]:
    """Return the operations of all paths."""
    for item in (document.paths or {}).values():
        for operation in (item.get, item.post, item.patch, item.delete):
            if operation is not None:
                yield operation
