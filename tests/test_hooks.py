"""The hook, rendered as Cookiecutter renders it, and imported."""

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cookiecutter.utils import create_env_with_context
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from scripts.demo import TEMPLATE

from .conftest import QUESTIONS

ASYMMETRIC = ["RS256", "ES256", "EdDSA"]

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

Load = Callable[..., ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import the hook as rendered with some answers, with an empty folder as the project."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def render(**answers: str) -> ModuleType:
        given = {"project_slug": "api", "signing_algorithm": "HS256", **answers}
        context = {"cookiecutter": {**QUESTIONS, **given}}
        template = (TEMPLATE / "hooks" / "post_gen_project.py").read_text("utf-8")
        file = tmp_path / "hook.py"
        text = create_env_with_context(context).from_string(template).render(**context)
        file.write_text(text, "utf-8")
        spec = importlib.util.spec_from_file_location("hook", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return render


def mode(path: str) -> int:
    return Path(path).stat().st_mode & 0o777


@pytest.mark.parametrize("answer", HOSTILE)
@pytest.mark.parametrize("question", ["project_slug", "signing_algorithm"])
def test_an_answer_is_data(question: str, answer: str, load: Load, tmp_path: Path) -> None:
    hook = load(**{question: answer})
    assert answer in hook.ANSWERS.values()
    assert not list(tmp_path.rglob("ran"))


def test_importing_it_does_nothing(load: Load) -> None:
    load()
    assert list(Path().iterdir()) == []


def test_a_secret_is_private_and_not_shown(load: Load, capsys: pytest.CaptureFixture[str]) -> None:
    load().main()
    settings = dict(
        line.split("=", 1) for line in Path(".env").read_text().splitlines() if "=" in line
    )
    assert settings["ENVIRONMENT"] == "development"
    assert len(settings["JWT_SECRET"]) >= 64
    assert mode(".env") == 0o600
    said = capsys.readouterr().out
    assert settings["JWT_SECRET"] not in said
    assert "uv run api run" in said
    assert "keys generate" not in said


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs OpenSSL")
@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_a_key_is_private_and_of_the_right_kind(
    algorithm: str, load: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    load(signing_algorithm=algorithm).main()
    key = load_pem_private_key(Path("keys/signing.pem").read_bytes(), password=None)
    match algorithm:
        case "RS256":
            assert isinstance(key, RSAPrivateKey)
            assert key.key_size == 3072
        case "ES256":
            assert isinstance(key, EllipticCurvePrivateKey)
            assert isinstance(key.curve, SECP256R1)
        case "EdDSA":
            assert isinstance(key, Ed25519PrivateKey)
    assert (mode("keys"), mode("keys/signing.pem"), mode(".env")) == (0o700, 0o600, 0o600)
    assert "JWT_SECRET" not in Path(".env").read_text()
    said = capsys.readouterr().out
    assert "PRIVATE KEY" not in said
    assert "keys generate" not in said


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
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trouble(monkeypatch)
    load(signing_algorithm=algorithm).main()
    assert "uv run api keys generate" in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == [".env"]


def test_an_existing_file_is_not_overwritten(load: Load) -> None:
    Path(".env").write_text("JWT_SECRET=mine")
    with pytest.raises(FileExistsError):
        load().main()
    assert Path(".env").read_text() == "JWT_SECRET=mine"
