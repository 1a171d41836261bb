"""Certificates for servers and clients of tests, made by openssl."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .services import find_program


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


def install(made: Certificate, folder: Path, owner: str | None) -> None:
    """Copy a certificate to where its owner alone can read the key, as PostgreSQL wants it."""
    for file in (made.certificate, made.key):
        copy = folder / file.name
        shutil.copyfile(file, copy)
        if owner:
            shutil.chown(copy, owner)
        copy.chmod(0o600)


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
