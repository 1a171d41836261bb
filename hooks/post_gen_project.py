"""Make what must never stand in the template: the signing key of this one project."""

import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path

ANSWERS = json.loads(
    r"""
{{ {"slug": cookiecutter.project_slug, "algorithm": cookiecutter.signing_algorithm} | tojson }}
""".strip()
)

OPENSSL_ARGUMENTS = {
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EdDSA": ["-algorithm", "Ed25519"],
}


def write_private(file: Path, text: str) -> None:
    """Create a file that only its owner can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def environment(secret: str | None) -> str:
    """Return the text of `.env`."""
    lines = ["# Made for this machine alone. Never commit it.", "ENVIRONMENT=development"]
    if secret is not None:
        lines.append(f"JWT_SECRET={secret}")
    return "\n".join(lines) + "\n"


def make_key(algorithm: str) -> bool:
    """Make the private key, if OpenSSL is there to do it. Whether it was."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return False
    command = [openssl, "genpkey", *OPENSSL_ARGUMENTS[algorithm]]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode or "BEGIN PRIVATE KEY" not in made.stdout:
        return False
    folder = Path("keys")
    folder.mkdir(mode=0o700)
    write_private(folder / "signing.pem", made.stdout)
    return True


def main() -> None:
    """Write `.env` and the key, then say how to go on."""
    slug, algorithm = ANSWERS["slug"], ANSWERS["algorithm"]
    if algorithm == "HS256":
        write_private(Path(".env"), environment(secrets.token_urlsafe(48)))
        where, missing = "in .env", False
    else:
        write_private(Path(".env"), environment(None))
        where, missing = "in keys/signing.pem", not make_key(algorithm)
    print(f"\n{slug} is ready. Go on with:\n\n  cd {slug}")
    if missing:
        print(f"  uv run {slug} keys generate   # OpenSSL is not here to make the key")
    print(f"  uv run {slug} run\n  uv run pytest\n")
    print(f"The signing key is {where}: git ignores it, and nobody else can read it.")


if __name__ == "__main__":
    main()
