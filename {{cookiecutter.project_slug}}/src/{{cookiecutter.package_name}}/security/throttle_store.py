"""The Valkey or Redis that counts for all processes: its URL, and the connections to it."""

import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from limits.aio.storage import RedisClusterStorage, RedisSentinelStorage, RedisStorage
from valkey.exceptions import ValkeyClusterException, ValkeyError

TIMEOUT = 2.0
"""Seconds to wait for the store."""

SCHEME = re.compile(r"(?:redis|valkey)(?P<tls>s?)(?:\+(?P<kind>unix|sentinel|cluster))?")
SCHEMES = "redis, rediss, valkey or valkeys, and +unix, +sentinel or +cluster behind it"

TLS_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
PARAMETERS = {
    None: set[str](),
    "unix": {"db"},
    "sentinel": {"db", "sentinel_username", "sentinel_password"},
    "cluster": set[str](),
}
"""What may stand in the query, by kind; with TLS, `TLS_FILES` as well."""


@dataclass(frozen=True)
class StoreUrl:
    """Where a store is, and how to connect to it."""

    kind: str | None
    tls: bool
    place: str
    """The hosts with their ports, and the path."""
    options: dict[str, Any]
    """For connections to the store."""
    sentinel_options: dict[str, Any]
    """For connections to the Sentinels, which have credentials of their own."""


class _ClusterStorage(RedisClusterStorage):
    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        # What a cluster raises that cannot be reached is no ValkeyError.
        return (ValkeyError, ValkeyClusterException)


def read_store_url(text: str) -> StoreUrl:
    """Take the URL of a store apart.

    Raises:
        ValueError: saying what is wrong with it, without showing it: it can hold a password.
    """
    try:
        url = urlsplit(text)
        scheme = SCHEME.fullmatch(url.scheme)
    except ValueError:
        raise ValueError("is no URL; percent-encode special characters in a password") from None
    if scheme is None:
        raise ValueError(f"needs one of the schemes {SCHEMES}")
    kind, tls = scheme["kind"], bool(scheme["tls"])
    if tls and kind == "unix":
        raise ValueError("a Unix socket has no TLS: write redis+unix or valkey+unix")
    if "@" in url.path + url.query + url.fragment or url.fragment:
        raise ValueError("percent-encode @, /, ? and # in passwords and paths")
    options = _credentials(url)
    parameters = _parameters(url.query, PARAMETERS[kind] | (TLS_FILES if tls else set()))
    sentinel_options = {
        "username": parameters.pop("sentinel_username", None),
        "password": parameters.pop("sentinel_password", None),
    }
    place = _hosts(url, kind) + _path(url.path, kind)
    if "db" in parameters:
        options["db"] = _database(parameters.pop("db"))
    if tls:
        _try_files(parameters)
        # The client checks the certificate, but by itself not whom it is for.
        encryption: dict[str, Any] = {"ssl_check_hostname": True, **parameters}
        if kind:
            encryption["ssl"] = True
        options |= encryption
        sentinel_options |= encryption
    return StoreUrl(kind, tls, place, options, sentinel_options)


def open_store(text: str) -> RedisStorage:
    """Return the store at a URL. It connects when it is asked something."""
    url = read_store_url(text)
    waiting = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
    options = {"wrap_exceptions": True, **waiting, **url.options}
    # The client for Valkey speaks to Redis just as well.
    match url.kind:
        case "sentinel":
            return RedisSentinelStorage(
                f"async+valkey+sentinel://{url.place}",
                # What a replica has counted is late.
                use_replicas=False,
                sentinel_kwargs={**waiting, **url.sentinel_options},
                **options,
            )
        case "cluster":
            return _ClusterStorage(f"async+valkey+cluster://{url.place}", **options)
        case "unix":
            return RedisStorage(f"async+valkey+unix://{url.place}", **options)
        case _:
            scheme = "valkeys" if url.tls else "valkey"
            return RedisStorage(f"async+{scheme}://{url.place}", **options)


async def close_store(store: RedisStorage) -> None:
    """Close the connections to a store."""
    bridge: Any = store.bridge
    clients = [bridge.storage]
    if isinstance(store, RedisSentinelStorage):
        clients += [bridge.storage_replica, *bridge.sentinel.sentinels]
    for client in clients:
        await client.aclose()


def _credentials(url: SplitResult) -> dict[str, Any]:
    if url.username and not url.password:
        raise ValueError("names a user without a password; a password alone is written :password@")
    if not url.password:
        return {}
    password = {"password": unquote(url.password)}
    return {"username": unquote(url.username), **password} if url.username else password


def _parameters(query: str, known: set[str]) -> dict[str, Any]:
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(set(parameters) - known):
        reason = f"has an unknown parameter: {', '.join(unknown)}"
        if any(name.startswith("ssl") for name in unknown):
            reason += "; for TLS, write rediss or valkeys, which verifies the certificate"
        raise ValueError(reason)
    return {name: value for name, value in parameters.items() if value}


def _hosts(url: SplitResult, kind: str | None) -> str:
    hosts = url.netloc.rpartition("@")[2]
    if kind == "unix":
        if hosts:
            raise ValueError("a Unix socket has a path and no host: valkey+unix:///path")
        return ""
    if "," in hosts and kind is None:
        raise ValueError("names several hosts, which only +sentinel and +cluster take")
    return ",".join(_host(host.strip(), kind) for host in hosts.split(","))


def _host(text: str, kind: str | None) -> str:
    try:
        parsed = urlsplit(f"//{text}")
        name, port = parsed.hostname, parsed.port
    except ValueError:
        name = port = None
    if not name:
        raise ValueError("needs a host, or host:port, behind the scheme and the password")
    default = 26379 if kind == "sentinel" else 6379
    return f"{f'[{name}]' if ':' in name else name}:{port or default}"


def _path(path: str, kind: str | None) -> str:
    match kind:
        case "unix":
            if path in {"", "/"}:
                raise ValueError("needs the path of the socket: valkey+unix:///path")
        case "sentinel":
            if not path.strip("/") or "/" in path.strip("/"):
                raise ValueError("needs the name of the primary behind the Sentinels: /mymaster")
        case "cluster":
            if path.strip("/"):
                raise ValueError("a cluster has one database: there is no path")
            return ""
        case _:
            return f"/{_database(path.strip('/') or '0')}"
    return path


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("the database is a number")
    return int(text)


def _try_files(files: dict[str, Any]) -> None:
    if ("ssl_certfile" in files) != ("ssl_keyfile" in files):
        raise ValueError("ssl_certfile and ssl_keyfile belong together")
    context = ssl.create_default_context()
    try:
        if "ssl_ca_certs" in files:
            context.load_verify_locations(files["ssl_ca_certs"])
        if "ssl_certfile" in files:
            # With a password, so that nobody is asked for one.
            context.load_cert_chain(files["ssl_certfile"], files["ssl_keyfile"], password="")
    except OSError as error:
        raise ValueError(f"a file of {', '.join(sorted(files))} cannot be used: {error}") from None
