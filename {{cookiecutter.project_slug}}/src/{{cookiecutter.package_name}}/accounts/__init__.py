"""Accounts and their sessions: people register, log in and log out."""

from http import HTTPStatus

from ..part import Part, Problem
from ..security.passwords import WeakPassword
from . import handlers, login, registration, session_commands, user_commands
from .commands import Services
from .errors import (
    AccountGone,
    EmailTaken,
    InvalidRefreshToken,
    MissingTokenField,
    NoPassword,
    SessionEnded,
    WrongCredentials,
    WrongPassword,
)
from .models import Identity, Session, User
from .purge import purging

SESSION_ENDED = Problem(HTTPStatus.UNAUTHORIZED, "session-ended", "The session has ended")

part = Part(
    name="accounts",
    handlers=[
        *login.route_handlers,
        registration.register_handler,
        *handlers.route_handlers,
    ],
    tables=[User, Session, Identity],
    problems={
        AccountGone: SESSION_ENDED,
        SessionEnded: SESSION_ENDED,
        InvalidRefreshToken: SESSION_ENDED,
        EmailTaken: Problem(HTTPStatus.CONFLICT, "email-taken", "Another account has this address"),
        MissingTokenField: Problem(
            HTTPStatus.FORBIDDEN,
            "account-incomplete",
            "An operator has to complete this account before it can be used",
        ),
        WrongCredentials: Problem(
            HTTPStatus.UNAUTHORIZED,
            "wrong-credentials",
            "No account has this address and this password",
        ),
        WeakPassword: Problem(
            HTTPStatus.BAD_REQUEST, "weak-password", "The password is too easy to guess"
        ),
        NoPassword: Problem(
            HTTPStatus.FORBIDDEN,
            "no-password",
            "The account has no password; an operator can set one",
        ),
        WrongPassword: Problem(
            HTTPStatus.FORBIDDEN, "wrong-password", "The current password is wrong"
        ),
    },
    services=lambda core: vars(Services.of(core)),
    commands=[user_commands.users, session_commands.sessions],
    lifespan=[purging],
)
