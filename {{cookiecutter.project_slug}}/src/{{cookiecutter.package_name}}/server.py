"""The server process: uvicorn, set up from the settings and from nothing else."""

import uvicorn

from .addresses import hold_everything
from .settings import Settings, UnsafeSettings

SUFFICIENT_HASHES = (46 * 1024, 1), (19 * 1024, 2), (12 * 1024, 3), (9 * 1024, 4), (7 * 1024, 5)
"""KiB and iterations of Argon2id. Each pair is enough (OWASP Password Storage Cheat Sheet)."""


def check(settings: Settings) -> list[str]:
    """Return warnings about settings that a server should not run with.

    Raises:
        UnsafeSettings: it must not run with them.
    """
    memory, iterations = settings.argon2_memory_kib, settings.argon2_iterations
    sufficient = any(memory >= pair[0] and iterations >= pair[1] for pair in SUFFICIENT_HASHES)
    if not settings.development and not sufficient:
        raise UnsafeSettings(
            f"ARGON2_MEMORY_KIB={memory} with ARGON2_ITERATIONS={iterations} is too weak for "
            "production: take at least 19456 with 2, or 47104 with 1"
        )
    warnings = []
    if hold_everything(settings.trusted_proxies):
        warnings.append(
            "TRUSTED_PROXIES holds every address, so every client can claim any address, and is "
            "not bounded by it: name the proxies alone"
        )
    if settings.workers > 1 and settings.throttle_url is None:
        warnings.append(
            f"WORKERS={settings.workers} without THROTTLE_URL: each process counts attempts at "
            "passwords for itself"
        )
    return warnings


def serve(settings: Settings, *, reload: bool = False) -> None:
    """Serve until told to stop; then finish running requests, in every worker.

    Args:
        settings: `host`, `port`, `workers`, `trusted_proxies`, `max_connections` and
            `shutdown_timeout` count here. Worker processes read the settings from the environment.
        reload: start anew when the code changes.
    """
    uvicorn.run(
        f"{__package__}.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        reload=reload,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        limit_concurrency=settings.max_connections,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
