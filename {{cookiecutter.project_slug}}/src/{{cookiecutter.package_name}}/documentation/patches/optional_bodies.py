"""A body that may be None is one to leave out. Litestar calls it required, and null.

No issue asks for it.
"""

from litestar.openapi.spec import OpenAPI, OpenAPIType, RequestBody, Schema

from ..operations import operations_of

NULL = Schema(type=OpenAPIType.NULL)


def patch(document: OpenAPI) -> None:
    for operation in operations_of(document):
        body = operation.request_body
        if isinstance(body, RequestBody):
            (content,) = body.content.values()
            if isinstance(content.schema, Schema) and NULL in (content.schema.one_of or ()):
                content.schema.one_of = [
                    each for each in content.schema.one_of or () if each != NULL
                ]
                body.required = False
