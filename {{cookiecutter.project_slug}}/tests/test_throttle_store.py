"""The store that counts attempts: how it is reached, and what is refused as its URL."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
from valkey import Valkey

from {{ cookiecutter.package_name }}.security.throttle_store import open_store
from {{ cookiecutter.package_name }}.settings import UnsafeSettings, load_settings

from . import transport
from .certificates import Authority, Pair
from .conftest import Client
from .server import STARTING, free_port, wait_until_open
from .signing import KEY_SETTINGS

PASSWORD = "p@ss/w?r#d,%20 of a store"
SENTINELS_PASSWORD = "another of the Sentinels"
QUOTED, SENTINELS_QUOTED = quote(PASSWORD, safe=""), quote(SENTINELS_PASSWORD, safe="")

MakeClient = Callable[..., Client]


@dataclass
class Servers:
    """Starts Valkey or Redis servers, which end with the test."""

    folder: Path
    running: ExitStack
    authority: Authority
    pair: Pair = field(init=False)

    def __post_init__(self) -> None:
        self.pair = self.authority.issue("localhost", "127.0.0.1")

    def start(self, *options: str, tls: bool = False, pair: Pair | None = None) -> int:
        """Return the port of a new server."""
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        if program is None:
            pytest.skip("no valkey-server or redis-server on this machine")
        port = free_port()
        listening = ["--port", str(port)]
        if tls:
            listening = ["--port", "0", "--tls-port", str(port), *self.encryption(pair)]
        folder = self.folder / str(port)
        folder.mkdir()
        command = [program, *options, *listening, "--bind", "127.0.0.1", "--save", ""]
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        self.running.callback(server.wait)
        self.running.callback(server.kill)
        wait_until_open(port)
        return port

    def encryption(self, pair: Pair | None = None) -> list[str]:
        pair = pair or self.pair
        files = ["--tls-cert-file", str(pair.certificate), "--tls-key-file", str(pair.key)]
        return [*files, "--tls-ca-cert-file", str(self.authority.file), "--tls-auth-clients", "no"]

    def start_sentinel(self, store: int, *, pair: Pair | None = None) -> int:
        """Return the port of a new Sentinel, with TLS, that watches over a store with TLS."""
        file = self.folder / "sentinel.conf"
        file.write_text(
            f"sentinel monitor counters 127.0.0.1 {store} 1\n"
            f'sentinel auth-pass counters "{PASSWORD}"\n'
            f'requirepass "{SENTINELS_PASSWORD}"\n'
            "tls-replication yes\n"
        )
        return self.start(str(file), "--sentinel", tls=True, pair=pair)

    def start_cluster(self) -> int:
        """Return the port of a cluster of one, with TLS."""
        bus = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--tls-cluster"]
        port = self.start(*bus, "yes", "--requirepass", PASSWORD, tls=True)
        client: Any = Valkey(
            "localhost", port, password=PASSWORD, ssl=True, ssl_ca_certs=str(self.authority.file)
        )
        with client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            deadline = time.monotonic() + STARTING
            while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        return port

    @property
    def trust(self) -> str:
        return f"ssl_ca_certs={quote(str(self.authority.file))}"


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as running:
        yield Servers(tmp_path, running, Authority(tmp_path))


def plain(servers: Servers) -> str:
    return f"redis://localhost:{servers.start()}"


def with_a_password(servers: Servers) -> str:
    return f"valkey://:{QUOTED}@localhost:{servers.start('--requirepass', PASSWORD)}/3"


def with_a_user(servers: Servers) -> str:
    port = servers.start()
    with Valkey("localhost", port) as client:
        client.acl_setuser(
            "ada", enabled=True, passwords=[f"+{PASSWORD}"], keys=["*"], categories=["+@all"]
        )
        client.acl_setuser("default", enabled=False)
    return f"redis://ada:{QUOTED}@localhost:{port}"


def with_tls(servers: Servers) -> str:
    port = servers.start("--requirepass", PASSWORD, tls=True)
    return f"rediss://:{QUOTED}@localhost:{port}/0?{servers.trust}"


def with_a_client_certificate(servers: Servers) -> str:
    port = servers.start(tls=True)
    with Valkey("localhost", port, ssl=True, ssl_ca_certs=str(servers.authority.file)) as client:
        client.config_set("tls-auth-clients", "yes")
    files = f"ssl_certfile={servers.pair.certificate}&ssl_keyfile={servers.pair.key}"
    return f"valkeys://localhost:{port}?{servers.trust}&{files}"


def by_unix_socket(servers: Servers) -> str:
    # The path of a socket has at most about a hundred characters.
    folder = servers.running.enter_context(TemporaryDirectory(dir="/tmp"))
    path = Path(folder) / "a store.sock"
    servers.start("--unixsocket", str(path), "--requirepass", PASSWORD)
    return f"valkey+unix://:{QUOTED}@{quote(str(path))}?db=2"


def by_sentinel(servers: Servers) -> str:
    store = servers.start("--requirepass", PASSWORD, tls=True)
    sentinel = servers.start_sentinel(store)
    return (
        # The first of the Sentinels is away.
        f"rediss+sentinel://:{QUOTED}@localhost:1,localhost:{sentinel}/counters"
        f"?sentinel_password={SENTINELS_QUOTED}&{servers.trust}"
    )


def by_cluster(servers: Servers) -> str:
    return f"valkeys+cluster://:{QUOTED}@localhost:{servers.start_cluster()}?{servers.trust}"


STORES = pytest.mark.parametrize(
    "store",
    [
        plain,
        with_a_password,
        with_a_user,
        with_tls,
        with_a_client_certificate,
        by_unix_socket,
        by_sentinel,
        by_cluster,
    ],
)


@STORES
def test_attempts_are_counted_in_the_store(
    store: Callable[[Servers], str], servers: Servers, make_client: MakeClient
) -> None:
    settings = {"throttle_url": store(servers), "login_attempts_per_account": "1 per hour"}
    first, second = make_client(**settings), make_client(**settings)
    answer = transport.try_log_in(first, "ada@example.com", "wrong")
    assert transport.is_refused_login(answer), answer.text
    assert transport.try_log_in(second, "ada@example.com", "wrong").status_code == 429


def assert_unavailable(client: Client) -> None:
    answer = transport.try_log_in(client, "ada@example.com", "wrong")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def for_another_host(servers: Servers) -> str:
    pair = servers.authority.issue("elsewhere.example")
    return f"valkeys://localhost:{servers.start(tls=True, pair=pair)}?{servers.trust}"


def from_another_authority(servers: Servers) -> str:
    return f"valkeys://localhost:{servers.start(tls=True)}"


def without_tls(servers: Servers) -> str:
    return f"valkeys://localhost:{servers.start()}?{servers.trust}"


def from_a_sentinel_for_another_host(servers: Servers) -> str:
    store = servers.start("--requirepass", PASSWORD, tls=True)
    pair = servers.authority.issue("elsewhere.example")
    sentinel = servers.start_sentinel(store, pair=pair)
    return (
        f"valkeys+sentinel://:{QUOTED}@localhost:{sentinel}/counters"
        f"?sentinel_password={SENTINELS_QUOTED}&{servers.trust}"
    )


def behind_a_sentinel_for_another_host(servers: Servers) -> str:
    pair = servers.authority.issue("elsewhere.example")
    store = servers.start("--requirepass", PASSWORD, tls=True, pair=pair)
    sentinel = servers.start_sentinel(store)
    return (
        f"valkeys+sentinel://:{QUOTED}@localhost:{sentinel}/counters"
        f"?sentinel_password={SENTINELS_QUOTED}&{servers.trust}"
    )


def in_a_cluster_for_another_host(servers: Servers) -> str:
    pair = servers.authority.issue("elsewhere.example")
    port = servers.start("--cluster-enabled", "yes", tls=True, pair=pair)
    return f"valkeys+cluster://localhost:{port}?{servers.trust}"


@pytest.mark.parametrize(
    "store",
    [
        for_another_host,
        from_another_authority,
        without_tls,
        from_a_sentinel_for_another_host,
        behind_a_sentinel_for_another_host,
        in_a_cluster_for_another_host,
    ],
)
def test_a_certificate_that_does_not_verify_is_rejected(
    store: Callable[[Servers], str], servers: Servers, make_client: MakeClient
) -> None:
    assert_unavailable(make_client(throttle_url=store(servers)))


@pytest.mark.parametrize("scheme", ["rediss", "valkeys", "rediss+sentinel", "valkeys+cluster"])
def test_with_tls_nothing_is_sent_in_clear(scheme: str, make_client: MakeClient) -> None:
    received: list[bytes] = []

    def listen() -> None:
        connection, _ = listener.accept()
        received.append(connection.recv(4096))
        connection.close()
        listener.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=listen)
        thread.start()
        port = listener.getsockname()[1]
        path = "/counters" if "sentinel" in scheme else ""
        query = f"?sentinel_password={QUOTED}" if "sentinel" in scheme else ""
        url = f"{scheme}://ada:{QUOTED}@127.0.0.1:{port}{path}{query}"
        assert_unavailable(make_client(throttle_url=url))
        thread.join()
    # A handshake record of TLS (RFC 8446 section 5.1).
    assert received[0][:1] == b"\x16"


@pytest.mark.parametrize("kind", ["", "+sentinel", "+cluster", "+unix"])
def test_a_store_that_is_away_is_503(kind: str, make_client: MakeClient, tmp_path: Path) -> None:
    places = {"+sentinel": "127.0.0.1:1/counters", "+unix": f"{tmp_path}/none.sock"}
    assert_unavailable(make_client(throttle_url=f"redis{kind}://{places.get(kind, '127.0.0.1:1')}"))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "schemes"),
        ("localhost:6379", "schemes"),
        ("http://localhost", "schemes"),
        ("memory://", "schemes"),
        ("async+redis://localhost", "schemes"),
        ("rediss+unix:///run/store.sock", "no TLS"),
        ("redis://", "host"),
        ("redis://:hunter2@", "host"),
        ("redis://localhost:port", "host"),
        ("redis://hunter2@localhost", "user without a password"),
        ("redis://:hun/ter2@localhost", "percent-encode"),
        ("redis://:hun?ter2@localhost", "percent-encode"),
        ("redis://:hun#ter2@localhost", "percent-encode"),
        ("redis://:hunter2[@localhost", "percent-encode"),
        ("redis://localhost/nought", "number"),
        ("redis://a:1,b:2", "several hosts"),
        ("redis://localhost?ssl=true", "rediss or valkeys"),
        ("redis+cluster://localhost?ssl=true", "rediss or valkeys"),
        ("rediss://localhost?ssl_cert_reqs=none", "ssl_cert_reqs"),
        ("rediss://localhost?ssl_check_hostname=false", "ssl_check_hostname"),
        ("redis://localhost?socket_timeout=99", "socket_timeout"),
        ("redis://localhost?sentinel_password=hunter2", "sentinel_password"),
        ("rediss://localhost?ssl_ca_certs=missing.pem", "cannot be used"),
        ("rediss://localhost?ssl_certfile=x.pem", "belong together"),
        ("redis+unix://", "path of the socket"),
        ("redis+unix://host/run/store.sock", "no host"),
        ("redis+unix:///run/store.sock?db=x", "number"),
        ("redis+sentinel://localhost", "name of the primary"),
        ("redis+sentinel://localhost/a/b", "name of the primary"),
        ("redis+cluster://localhost/1", "one database"),
    ],
)
def test_a_wrong_url_is_rejected_in_one_line_without_its_password(url: str, complaint: str) -> None:
    with pytest.raises(UnsafeSettings, match=complaint) as refusal:
        load_settings(**KEY_SETTINGS, throttle_url=url)
    message = str(refusal.value)
    assert message.startswith("THROTTLE_URL: ")
    assert "\n" not in message
    assert "hun" not in message
    assert "ter2" not in message


def test_sentinels_are_asked_for_the_primary_alone() -> None:
    """A replica may be behind, and would count too few attempts."""
    store: Any = open_store("valkey+sentinel://localhost:1/counters")
    assert store.use_replicas is False
