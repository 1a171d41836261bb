"""Litestar's own documented JWT example: users in a dict, nothing that could be revoked."""

from os import environ
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.openapi.config import OpenAPIConfig
from litestar.security.jwt import JWTAuth, Token
from pydantic import BaseModel, EmailStr


class User(BaseModel):
    id: UUID
    name: str
    email: EmailStr


MOCK_DB: dict[str, User] = {}


async def retrieve_user_handler(
    token: Token, connection: ASGIConnection[Any, Any, Any, Any]
) -> User | None:
    return MOCK_DB.get(token.sub)


jwt_auth = JWTAuth[User](
    retrieve_user_handler=retrieve_user_handler,
    token_secret=environ["JWT_SECRET"],
    exclude=["/login", "/schema"],
)


@post("/login")
async def login_handler(data: User) -> Response[User]:
    MOCK_DB[str(data.id)] = data
    return jwt_auth.login(
        identifier=str(data.id), token_extras={"email": data.email}, response_body=data
    )


@get("/me", sync_to_thread=False)
def me_handler(request: Request[User, Token, Any]) -> User:
    return request.user


app = Litestar(
    route_handlers=[login_handler, me_handler],
    on_app_init=[jwt_auth.on_app_init],
    openapi_config=OpenAPIConfig(title="My API", version="1.0.0"),
)
