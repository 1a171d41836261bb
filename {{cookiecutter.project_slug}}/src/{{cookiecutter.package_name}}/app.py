{% from "words.jinja" import keys, transport with context %}
"""The one place where everything is put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy.exc import SQLAlchemyError

from . import {{ keys.route_modules }}
from .accounts import handlers, login
from .accounts.lookup import Lookup
from .accounts.service import Accounts
from .accounts.sessions import Sessions
from .accounts.users import retrieve_user_handler
from .database import Database, DatabaseUnavailable
from .documentation import complete_document, openapi_config
from .logging import configure_logging
from .middleware import RequestContext
from .problems import StrictRequest, exception_handlers
from .security.backend import create_backend
from .security.key_store import load_key_ring
from .security.posture import DenyByDefault, open_routes
from .security.throttle import Throttle
from .security.tokens import TokenVerifier
from .settings import Settings, load_settings

PURGE_INTERVAL = 600
"""Seconds between two looks for expired sessions."""
PURGE_PAUSE = 1
"""Seconds between two batches."""

logger = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> Litestar:
    """Build the application.

    Args:
        settings: read from the environment and `.env` if not given.

    Raises:
        UnsafeSettings: a setting is missing, wrong or unsafe.
    """
    settings = settings or load_settings()
    configure_logging(settings)
    keys = load_key_ring(settings)
    database = Database(settings)
    lookup = Lookup(database.engines)
    backend = create_backend(settings, keys, retrieve_user_handler)
    verifier = TokenVerifier(settings, keys, backend.token_cls)
    throttle = Throttle(settings)
    accounts = Accounts(database, settings, throttle)
    sessions = Sessions(database, settings)
    readiness = health.Readiness(database)

    app = Litestar(
        route_handlers=[
            *login.route_handlers,
            *handlers.route_handlers,
            *health.route_handlers,
{% if cookiecutter.__asymmetric == "yes" %}
            *jwks.route_handlers,
{% endif %}
        ],
        on_app_init=[backend.on_app_init],
        plugins=[DenyByDefault(backend)],
        dependencies={
            "keys": Provide(lambda: keys, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "database": Provide(lambda: database, sync_to_thread=False),
            "accounts": Provide(lambda: accounts, sync_to_thread=False),
            "sessions": Provide(lambda: sessions, sync_to_thread=False),
            "readiness": Provide(lambda: readiness, sync_to_thread=False),
            "throttle": Provide(lambda: throttle, sync_to_thread=False),
            "backend": Provide(lambda: backend, sync_to_thread=False),
            "verifier": Provide(lambda: verifier, sync_to_thread=False),
        },
        state=State(
            {"settings": settings, "database": database, "lookup": lookup, "verifier": verifier}
        ),
        lifespan=[_lifespan(database, lookup, sessions, throttle, verifier)],
        request_class=StrictRequest,
        request_max_body_size=settings.max_body_size,
        exception_handlers=exception_handlers(),
        cors_config=_cors(settings),
        openapi_config=openapi_config(settings),
        logging_config=None,
    )
    if app.openapi_config:
        complete_document(app)
    app.asgi_handler = RequestContext(app.asgi_handler, settings)
    return app


def _lifespan(
    database: Database,
    lookup: Lookup,
    sessions: Sessions,
    throttle: Throttle,
    verifier: TokenVerifier,
) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        logger.info("open_routes", routes=open_routes(app))
        stopping = asyncio.Event()
        purge = asyncio.create_task(_purge_expired(sessions, stopping))
        try:
            yield
        finally:
            stopping.set()
            await purge
            await verifier.close()
            await throttle.close()
            await lookup.close()
            await database.close()

    return lifespan


async def _purge_expired(sessions: Sessions, stopping: asyncio.Event) -> None:
    """Delete expired sessions now and then, in batches that leave others their turn."""
    while not stopping.is_set():
        try:
            purged = await sessions.purge()
        except (DatabaseUnavailable, SQLAlchemyError):
            logger.warning("sessions_not_purged", exc_info=True)
            purged = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(PURGE_PAUSE if purged else PURGE_INTERVAL):
                await stopping.wait()


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=[{{ transport.cors_headers }}],
        allow_credentials={{ transport.cors_credentials }},
    )
