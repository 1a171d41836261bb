"""Certificates for servers and clients of tests, made by openssl."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .services import Cluster, find_program


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def make_authority(folder: Path, name: str) -> Certificate:
    return _make(folder, name, ["-addext", "keyUsage=critical,keyCertSign,cRLSign"])


def issue(authority: Certificate, name: str, host: str) -> Certificate:
    """Issue a certificate beside that of its authority, for a host, or a client of that name."""
    return _make(
        authority.key.parent,
        name,
        [
            *("-CA", str(authority.certificate), "-CAkey", str(authority.key)),
            *("-addext", f"subjectAltName=DNS:{host}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        ],
    )


def offer_tls(cluster: Cluster, authority: Certificate, server: Certificate) -> None:
    """Have a PostgreSQL server take TLS, and ask clients for what the authority issued."""
    files = {
        "ssl_cert_file": server.certificate,
        "ssl_key_file": server.key,
        "ssl_ca_file": authority.certificate,
    }
    for file in files.values():
        copy = cluster.folder / "data" / file.name
        shutil.copyfile(file, copy)
        # The server reads no key that others can read.
        copy.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(copy, "postgres")
    cluster.execute(
        *(f"ALTER SYSTEM SET {name} = '{file.name}'" for name, file in files.items()),
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()",
    )


def _make(folder: Path, name: str, options: list[str]) -> Certificate:
    made = Certificate(folder / f"{name}.crt", folder / f"{name}.key")
    subprocess.run(
        [
            *(find_program("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", f"/CN={name}"),
            *("-out", str(made.certificate), "-keyout", str(made.key), *options),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return made
