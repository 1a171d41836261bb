"""The first line of a handler's docstring is the summary, the others are the description.

Litestar makes the whole of it the description, and the summary of the handler's name. No issue
asks for more.
"""

from litestar.openapi.spec import OpenAPI

from ..operations import operations_of


def patch(document: OpenAPI) -> None:
    for operation in operations_of(document):
        summary, _, description = (operation.description or "").partition("\n")
        operation.summary = summary.rstrip(".") or operation.summary
        operation.description = description.strip() or None
