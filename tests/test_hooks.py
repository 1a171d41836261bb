"""The hook, rendered as Cookiecutter renders it, and imported."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from litestar_jwt_template.catalogue import ALGORITHMS

from .conftest import LoadHook

ASYMMETRIC = [name for name, algorithm in ALGORITHMS.items() if algorithm["key_pair"]]

HOSTILE = [
    'it\'s "quoted"',
    "a\nb",
    "back\\",
    '""")\nopen("ran", "w")\n("""',
    '"""; open("ran", "w") #',
    "\\\"\"\"\nopen('ran', 'w')",
    "'''\r\nopen('ran', 'w')",
    "{{ 7*7 }}{% raw %}",
    "\u2028\N{PARTY POPPER}</script>",
]


def mode(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("question", ["project_slug", "signing_algorithm"])
def test_an_answer_is_data(question: str, answer: str, load_hook: LoadHook, tmp_path: Path) -> None:
    hook = load_hook(**{question: answer})
    assert answer in hook.ANSWERS.values()
    assert not list(tmp_path.rglob("ran"))


def test_importing_it_does_nothing(load_hook: LoadHook) -> None:
    load_hook()
    assert list(Path().iterdir()) == []


def test_a_secret_is_private_and_not_shown(
    load_hook: LoadHook, capsys: pytest.CaptureFixture[str]
) -> None:
    load_hook().main()
    settings = dict(
        line.split("=", 1) for line in Path(".env").read_text().splitlines() if "=" in line
    )
    assert settings["ENVIRONMENT"] == "development"
    assert settings["LOG_FORMAT"] == "console"
    assert len(settings["JWT_SECRET"]) >= 64
    assert mode(".env") == 0o600
    said = capsys.readouterr().out
    assert settings["JWT_SECRET"] not in said
    assert "uv run api run" in said
    assert "keys generate" not in said


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs OpenSSL")
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_is_private_and_of_the_right_kind(
    algorithm: str, load_hook: LoadHook, capsys: pytest.CaptureFixture[str]
) -> None:
    load_hook(signing_algorithm=algorithm).main()
    key = load_pem_private_key(Path("keys/signing.pem").read_bytes(), password=None)
    match ALGORITHMS[algorithm]["key_pair"]:
        case {"module": "rsa"}:
            assert isinstance(key, RSAPrivateKey)
            assert key.key_size == 3072
        case {"module": "ec"}:
            assert isinstance(key, EllipticCurvePrivateKey)
            assert isinstance(key.curve, SECP256R1)
        case {"module": "ed25519"}:
            assert isinstance(key, Ed25519PrivateKey)
        case other:
            pytest.fail(f"an unknown kind of key: {other}")
    assert (mode("keys"), mode("keys/signing.pem"), mode(".env")) == (0o700, 0o600, 0o600)
    assert "JWT_SECRET" not in Path(".env").read_text()
    said = capsys.readouterr().out
    assert "PRIVATE KEY" not in said
    assert "keys generate" not in said


def lines_said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.strip().splitlines()


@pytest.mark.parametrize(
    ("answers", "made"),
    [
        ({}, ["api: bearer tokens, HS256, SQLite"]),
        (
            {"auth_backend": "cookie", "database": "postgresql"},
            ["api: tokens in cookies, HS256, PostgreSQL"],
        ),
        (
            {"auth_backend": "oauth2", "token_fields": 'plan: str = "free", roles: list[str]'},
            ["api: OAuth2 bearer tokens, HS256, SQLite", "Token fields: plan, roles"],
        ),
    ],
)
def test_it_says_what_was_made(
    answers: dict[str, str],
    made: list[str],
    load_hook: LoadHook,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load_hook(**answers).main()
    assert lines_said(capsys)[: len(made) + 1] == [*made, ""]


def test_many_token_fields_still_take_one_line(
    load_hook: LoadHook, capsys: pytest.CaptureFixture[str]
) -> None:
    load_hook(token_fields=", ".join(f"field_{n}: str" for n in range(50))).main()
    _, fields, empty, *_ = lines_said(capsys)
    assert fields.startswith("Token fields: field_0, field_1, ")
    assert fields.endswith(" ...")
    assert len(fields) < 80
    assert empty == ""


def test_on_a_server_the_database_is_made_first(
    load_hook: LoadHook, capsys: pytest.CaptureFixture[str]
) -> None:
    load_hook(database="postgresql", package_name="my_api").main()
    commands = [line.strip() for line in lines_said(capsys) if line.startswith("  ")]
    assert commands == [
        "cd api",
        "createdb my_api",
        "uv run api database upgrade",
        "uv run api run",
        "uv run pytest  # in a second terminal",
    ]


def no_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)


def failing_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess[str]([], 1, stdout="", stderr="no such algorithm")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)


@pytest.mark.parametrize("trouble", [no_openssl, failing_openssl])
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_without_openssl_it_says_how_to_make_the_key(
    algorithm: str,
    trouble: Callable[[pytest.MonkeyPatch], None],
    load_hook: LoadHook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trouble(monkeypatch)
    load_hook(signing_algorithm=algorithm).main()
    assert "uv run api keys generate" in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == [".env"]


def test_folders_without_a_file_are_removed(load_hook: LoadHook) -> None:
    hook = load_hook()
    for folder in ("src/api/notes/migrations", "tests/notes", ".git/refs"):
        Path(folder).mkdir(parents=True)
    Path("src/api/app.py").touch()
    hook.main()
    left = {path.as_posix() for path in Path().rglob("*")}
    assert left == {".env", ".git", ".git/refs", "src", "src/api", "src/api/app.py"}


def test_an_existing_file_is_not_overwritten(load_hook: LoadHook) -> None:
    Path(".env").write_text("JWT_SECRET=mine")
    with pytest.raises(FileExistsError):
        load_hook().main()
    assert Path(".env").read_text() == "JWT_SECRET=mine"
