"""A token field with a default is in each answer all the same.

Litestar has one schema for what is read and what is written, in which it may be missing. No issue
asks for two.
"""

from litestar.openapi.spec import OpenAPI


def patch(document: OpenAPI) -> None:
    me = document.components.schemas["Me"]
    me.required = list(me.properties or ())
