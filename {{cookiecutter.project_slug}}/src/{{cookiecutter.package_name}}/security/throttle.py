"""Attempts at passwords: counted before any work is done, so that parallel ones are counted too."""

import math
import time
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from ..settings import Settings
from .throttle_store import close_store, open_store

logger = structlog.get_logger(__name__)


class Throttled(Exception):
    """There were too many attempts."""

    def __init__(self, retry_after: int) -> None:
        """`retry_after`: seconds."""
        super().__init__(retry_after)
        self.retry_after = retry_after


class ThrottleUnavailable(Exception):
    """The attempts cannot be counted, as their store does not answer."""


class Throttle:
    """Bounds the attempts at one account, and from one address, in a window of time."""

    def __init__(self, settings: Settings) -> None:
        self._storage = _storage(settings)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._per_account = parse(settings.login_attempts_per_account)
        self._per_address = parse(settings.login_attempts_per_address)
        self._registrations = parse(settings.registrations_per_address)
        self._fails_open = settings.throttle_fails_open

    async def attempt(self, address: str, account: str) -> None:
        """Count an attempt at an account's password.

        Args:
            address: the client's IP address.
            account: the e-mail address.

        Raises:
            Throttled: there were too many from the address, or at the account.
            ThrottleUnavailable: they cannot be counted, and must be.
        """
        await self._count(self._per_address, "login", network_of(address))
        await self._count(self._per_account, "account", _digest(account))

    async def confirmation(self, address: str, user_id: UUID | None) -> None:
        """Count a current password that is asked for once more, apart from logins.

        Args:
            address: the client's IP address.
            user_id: where the caller has no session, which counts wrong passwords itself.

        Raises:
            Throttled, ThrottleUnavailable: as `attempt` does.
        """
        await self._count(self._per_address, "confirmation", network_of(address))
        if user_id:
            await self._count(self._per_account, "confirmation-by", str(user_id))

    async def registration(self, address: str) -> None:
        """Count a registration. Raises as `attempt` does."""
        await self._count(self._registrations, "register", network_of(address))

    async def succeeded(self, account: str) -> None:
        """Forget the attempts at an account whose password was right."""
        try:
            await self._limiter.clear(self._per_account, "account", _digest(account))
        except StorageError:
            logger.warning("throttle_unavailable", exc_info=True)

    async def close(self) -> None:
        """Close the connections to a shared store."""
        if isinstance(self._storage, RedisStorage):
            await close_store(self._storage)

    async def _count(self, limit: RateLimitItem, *key: str) -> None:
        try:
            if await self._limiter.hit(limit, *key):
                return
            window = await self._limiter.get_window_stats(limit, *key)
        except StorageError as error:
            logger.warning("throttle_unavailable", exc_info=True)
            if self._fails_open:
                return
            raise ThrottleUnavailable from error
        raise Throttled(max(1, math.ceil(window.reset_time - time.time())))


def network_of(address: str) -> str:
    """Return what one client can choose its addresses from: the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
    return address


def _storage(settings: Settings) -> Storage:
    if settings.throttle_url is None:
        return MemoryStorage()
    return open_store(settings.throttle_url.get_secret_value())


def _digest(account: str) -> str:
    """Return a key that does not put addresses into the store."""
    return sha256(account.encode()).hexdigest()
