"""`.env.example` lists what can be set, with the defaults."""

import re
from pathlib import Path

from dotenv import dotenv_values

from {{ cookiecutter.package_name }}.settings import Settings

from .databases import SETTINGS
from .signing import KEY_SETTINGS

EXAMPLE = Path(__file__).parents[1] / ".env.example"
LISTED = re.findall(r"^# ([A-Z0-9_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)


def test_every_setting_is_listed_once_and_nothing_else() -> None:
    assert sorted(name for name, _ in LISTED) == sorted(map(str.upper, SETTINGS))


def test_the_values_are_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "uncommented"
    file.write_text("\n".join(f"{name}={value}" for name, value in LISTED if value), "utf-8")
    uncommented = Settings(
        _env_file=file, _env_file_encoding="utf-8", _secrets_dir=None, **KEY_SETTINGS
    )
    assert uncommented == Settings(_env_file=None, _secrets_dir=None, **KEY_SETTINGS)


def test_copied_as_it_is_it_sets_nothing() -> None:
    assert not dotenv_values(EXAMPLE, encoding="utf-8")
