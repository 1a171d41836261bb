{% from "words.jinja" import transport with context %}
"""The one place where everything is put together."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import structlog
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from .accounts.lookup import Lookup
from .accounts.users import retrieve_user_handler
from .documentation import complete_document, openapi_config
from .logging import configure_logging
from .middleware import RequestContext
from .part import Core, Part, unite
from .parts import PARTS
from .problems import StrictRequest, exception_handlers
from .security.backend import create_backend
from .security.key_store import load_key_ring
from .security.posture import DenyByDefault, open_routes
from .security.tokens import TokenVerifier
from .settings import Settings, load_settings
from .state import AppState

logger = structlog.get_logger(__name__)


class App(Litestar):
    """Litestar, with a layer around it that sees what no route is found for as well."""

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        await self._context(scope, receive, send)  # type: ignore[arg-type]

    @cached_property
    def _context(self) -> RequestContext:
        return RequestContext(super().__call__, AppState.of(self).settings)


def create_app(settings: Settings | None = None, parts: Sequence[Part] = PARTS) -> Litestar:
    """Build the application.

    Args:
        settings: read from the environment and `.env` if not given.

    Raises:
        UnsafeSettings: a setting is missing, wrong or unsafe.
        PartsCollide: two parts bring along what there can be only one of.
    """
    settings = settings or load_settings()
    configure_logging(settings)
    keys = load_key_ring(settings)
    core = Core.of(settings)
    lookup = Lookup(core.database.engines)
    backend = create_backend(settings, keys, retrieve_user_handler)
    verifier = TokenVerifier(settings, keys, backend.token_cls)
    own = {
        **vars(core),
        "lookup": lookup,
        "key_ring": keys,
        "backend": backend,
        "verifier": verifier,
    }
    unite("name", [(part.name, {part.name: part}) for part in parts])
    services = [("the app", own), *((part.name, part.services(core)) for part in parts)]
    state = AppState(unite("service", services))

    app = App(
        route_handlers=[handler for part in parts for handler in part.handlers],
        on_app_init=[backend.on_app_init],
        plugins=[DenyByDefault(backend)],
        dependencies={name: _provide(state, name) for name in state},
        state=state,
        lifespan=[
            _lifespan(core, lookup, verifier),
            *(lifespan for part in parts for lifespan in part.lifespan),
        ],
        request_class=StrictRequest,
        request_max_body_size=settings.max_body_size,
        exception_handlers=exception_handlers(parts),
        cors_config=_cors(settings),
        openapi_config=openapi_config(settings),
        logging_config=None,
    )
    if app.openapi_config:
        complete_document(app)
    return app


def _provide(state: AppState, name: str) -> Provide:
    """Return a provider of what the state has by this name. Litestar wants an annotation."""

    def provide() -> Any:
        return state[name]

    return Provide(provide, sync_to_thread=False)


def _lifespan(core: Core, lookup: Lookup, verifier: TokenVerifier) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        logger.info("open_routes", routes=open_routes(app))
        try:
            yield
        finally:
            await verifier.close()
            await lookup.close()
            await core.close()

    return lifespan


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=[{{ transport.cors_headers }}],
        allow_credentials={{ transport.cors_credentials }},
    )
