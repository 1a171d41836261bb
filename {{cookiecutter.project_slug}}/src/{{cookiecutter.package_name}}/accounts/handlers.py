"""The routes of accounts, except for registering and for logging in and out."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from ..security.tokens import AppToken
from .schemas import Deletion, Me, PasswordChange, ProfileChange, SessionInfo
from .service import Accounts
from .sessions import Sessions
from .users import Principal, address_of

AuthenticatedRequest = Request[Principal, AppToken, Any]


@get("/me")
async def get_me_handler(request: AuthenticatedRequest) -> Me:
    """The caller, with the fields of their token."""
    return Me.of_token(request.user, request.auth)


@patch("/me")
async def patch_me_handler(
    request: AuthenticatedRequest,
    data: JSONBody[ProfileChange],
    accounts: NamedDependency[Accounts],
) -> Me:
    """Change the caller's name."""
    return Me.of_token(await accounts.rename(request.user.id, data.name), request.auth)


@delete("/me")
async def delete_me_handler(
    request: AuthenticatedRequest,
    data: JSONBody[Deletion],
    accounts: NamedDependency[Accounts],
) -> None:
    """Delete the caller's account with all that belongs to it."""
    user = request.user
    await accounts.delete(user.id, data.current_password, user.session_id, address_of(request))


@post("/me/password", status_code=HTTP_204_NO_CONTENT)
async def change_password_handler(
    request: AuthenticatedRequest,
    data: JSONBody[PasswordChange],
    accounts: NamedDependency[Accounts],
) -> None:
    """Set a new password and end all other sessions."""
    await accounts.change_password(
        request.user.id,
        data.current_password,
        data.new_password,
        request.user.session_id,
        address_of(request),
    )


@get("/sessions")
async def list_sessions_handler(
    request: AuthenticatedRequest, sessions: NamedDependency[Sessions]
) -> list[SessionInfo]:
    """The caller's sessions, the newest first."""
    return [
        SessionInfo.of(session, request.user.session_id)
        for session in await sessions.of_user(request.user.id)
    ]


@delete("/sessions")
async def end_all_sessions_handler(
    request: AuthenticatedRequest, sessions: NamedDependency[Sessions]
) -> None:
    """Log out everywhere, here included."""
    await sessions.end_all(request.user.id)


@delete("/sessions/{session_id:uuid}")
async def end_session_handler(
    request: AuthenticatedRequest,
    session_id: FromPath[UUID],
    sessions: NamedDependency[Sessions],
) -> None:
    """End one of the caller's sessions."""
    if not await sessions.end(session_id, request.user.id):
        raise NotFoundException


route_handlers = [
    get_me_handler,
    patch_me_handler,
    delete_me_handler,
    change_password_handler,
    list_sessions_handler,
    end_all_sessions_handler,
    end_session_handler,
]
