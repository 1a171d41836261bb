"""The errors of accounts and sessions. `part` maps to problems those that reach a client."""


class EmailTaken(Exception):
    """Another account has this address."""


class WrongCredentials(Exception):
    """No active account has this address and this password. Which of it is wrong is not told."""


class WrongPassword(Exception):
    """The current password, asked for once more, is wrong."""


class SessionEnded(Exception):
    """The session has ended, or ends for its wrong passwords."""


class NoPassword(Exception):
    """The account has no password that could be confirmed."""


class AccountGone(Exception):
    """The caller's account has been deleted or deactivated since the request was authenticated."""


class NoSuchUser(Exception):
    """No account has this address."""


class IdentityTaken(Exception):
    """The subject of that issuer is linked to an account already."""


class MissingTokenField(Exception):
    """The account lacks a required token field, which an operator has to set."""


class InvalidRefreshToken(Exception):
    """The refresh token is unknown, expired, ended, or has been used before."""
