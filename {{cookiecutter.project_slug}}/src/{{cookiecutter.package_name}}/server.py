"""The server process: uvicorn, set up from the settings and from nothing else."""

import uvicorn

from .settings import Settings


def serve(settings: Settings, *, reload: bool = False) -> None:
    """Serve until told to stop; then finish running requests, in every worker.

    Args:
        settings: `host`, `port`, `workers`, `trusted_proxies` and `shutdown_timeout` count here.
            Worker processes read the settings from the environment.
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
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=settings.shutdown_timeout,
    )
