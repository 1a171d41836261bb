"""Make what must never stand in the template: the signing key of this one project."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ANSWERS = json.loads(
    r"""
{{ {
    "slug": cookiecutter.project_slug,
    "package": cookiecutter.package_name,
    "backend": cookiecutter.auth_backend,
    "fields": cookiecutter.token_fields | parse_token_fields | map(attribute="name") | list,
    "algorithm": cookiecutter.signing_algorithm,
    "database": cookiecutter.database,
} | tojson }}
""".strip()
)

CATALOGUE = json.loads(
    r"""
{{ catalogue | tojson }}
""".strip()
)


def write_private(file: Path, text: str) -> None:
    """Create a file that only its owner can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def environment(secret: str | None) -> str:
    """Return the text of `.env`."""
    lines = [
        "# Made for this machine alone. Never commit it.",
        "ENVIRONMENT=development",
        "LOG_FORMAT=console",
    ]
    if secret is not None:
        lines.append(f"JWT_SECRET={secret}")
    return "\n".join(lines) + "\n"


def make_key(arguments: list[str]) -> bool:
    """Make the private key, if OpenSSL is there to do it. Whether it was."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return False
    command = [openssl, "genpkey", *arguments]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode or "BEGIN PRIVATE KEY" not in made.stdout:
        return False
    folder = Path("keys")
    folder.mkdir(mode=0o700)
    write_private(folder / "signing.pem", made.stdout)
    return True


def remove_empty_folders() -> None:
    """Remove the folders that the answers leave without a file."""
    folders = [path for path in Path().rglob("*") if path.is_dir() and ".git" not in path.parts]
    for folder in sorted(folders, reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def styled(text: str, codes: str) -> str:
    """Colour `text`, for a person at a terminal that can show it."""
    # The console of Windows sets no TERM, and may show the codes themselves.
    terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    return f"\x1b[{codes}m{text}\x1b[0m" if terminal and not os.environ.get("NO_COLOR") else text


def bold(text: str) -> str:
    return styled(text, "1")


def dim(text: str) -> str:
    return styled(text, "2")


def bold_green(text: str) -> str:
    return styled(text, "1;32")


def summary() -> str:
    """Say what was made, in a line or two."""
    transport = CATALOGUE["auth_backend"][ANSWERS["backend"]]["summary"]
    database = CATALOGUE["database"][ANSWERS["database"]]["summary"]
    made = f"{transport}, {ANSWERS['algorithm']}, {database}"
    lines = [f"{bold_green(ANSWERS['slug'])}: {made}"]
    if ANSWERS["fields"]:
        names = textwrap.shorten(", ".join(ANSWERS["fields"]), 60, placeholder=" ...")
        lines.append(f"Token fields: {names}")
    return "\n".join(lines)


def next_commands(*, has_key: bool) -> list[str]:
    """Return what to type until the project runs and is tested."""
    slug = ANSWERS["slug"]
    commands = [f"cd {slug}"]
    if not has_key:
        reason = dim("  # OpenSSL could not create the key")
        commands.append(f"uv run {slug} keys generate{reason}")
    setup = CATALOGUE["database"][ANSWERS["database"]]["setup"]
    commands += [command.format(**ANSWERS) for command in setup]
    return [*commands, f"uv run {slug} run", f"uv run pytest{dim('  # in a second terminal')}"]


def main() -> None:
    """Write `.env` and the key, tidy up, then say what there is and how to go on."""
    key_pair = CATALOGUE["signing_algorithm"][ANSWERS["algorithm"]]["key_pair"]
    if key_pair is None:
        write_private(Path(".env"), environment(secrets.token_urlsafe(48)))
        secret, has_key = f"The secret is in {bold('.env')}", True
    else:
        write_private(Path(".env"), environment(None))
        has_key = make_key(key_pair["openssl"])
        secret = f"The key {'is' if has_key else 'will be'} in {bold('keys/signing.pem')}"
    remove_empty_folders()
    print(f"\n{summary()}\n")
    for command in next_commands(has_key=has_key):
        print(f"  {command}")
    print(f"\n{secret}: git ignores it, and nobody else can read it.")


if __name__ == "__main__":
    main()
