"""Files that hold secrets: no command lets others read one, not for a moment."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{ cookiecutter.package_name }}.cli import main
from {{ cookiecutter.package_name }}.private_files import write_private

from .signing import in_files
from .test_keys import keys, run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")

OTHERS = 0o077


def readable_by_others(folder: Path) -> set[str]:
    """Return the files in a folder whose mode lets others do anything, and that are not empty."""
    found = set()
    for file in folder.rglob("*"):
        try:
            facts = file.lstat()
        except FileNotFoundError:
            continue
        if file.is_file() and facts.st_size and facts.st_mode & OTHERS:
            found.add(file.name)
    return found


class Watch:
    """Looks at a folder whenever this process is about to touch a file."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.seen: set[str] = set()
        sys.addaudithook(self._look)

    def _look(self, event: str, _: object) -> None:
        if self.folder is None or not event.startswith(("open", "os.", "shutil.")):
            return
        folder, self.folder = self.folder, None
        self.seen |= readable_by_others(folder)
        self.folder = folder


@pytest.fixture(scope="module")
def watch() -> Watch:
    # An audit hook stays as long as the process does.
    return Watch()


@pytest.fixture
def seen_by_others(watch: Watch, tmp_path: Path) -> Iterator[set[str]]:
    """Files that others could read at some time, where the umask takes nothing away."""
    umask = os.umask(0)
    watch.folder, watch.seen = tmp_path, set()
    yield watch.seen
    watch.folder = None
    os.umask(umask)


def test_the_watch_sees_a_file_that_is_made_private_too_late(
    seen_by_others: set[str], tmp_path: Path
) -> None:
    (tmp_path / "late").write_text("a secret")
    (tmp_path / "late").chmod(0o600)
    assert seen_by_others == {"late"}


def test_rotating_keys_lets_nobody_read_them(seen_by_others: set[str], tmp_path: Path) -> None:
    in_files(tmp_path)
    assert run("generate")
    first = keys()["signs and verifies"]
    assert run("rotate")
    assert run("retire", first)
    assert not seen_by_others


def test_rotating_twice_does_not_go_back_to_the_retired_key(tmp_path: Path) -> None:
    in_files(tmp_path)
    run("generate")
    run("rotate")
    after = keys()
    again = CliRunner().invoke(main, ["keys", "rotate"])
    assert again.exit_code == 1
    assert "There is no new key" in again.output
    assert keys() == after


def test_a_second_new_key_is_refused_while_one_waits(tmp_path: Path) -> None:
    in_files(tmp_path)
    run("generate")
    before = keys()
    again = CliRunner().invoke(main, ["keys", "generate"])
    assert again.exit_code == 1
    assert "keys rotate" in again.output
    assert keys() == before
    run("retire", before["verifies"])
    assert "verifies" not in keys()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    write_private(file, "old")
    link.symlink_to(file)
    with pytest.raises(UnicodeEncodeError):
        write_private(link, "new \ud800")
    assert file.read_text() == "old"
    write_private(link, "new")
    assert file.read_text() == "new"
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_what_root_replaces_still_belongs_to_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_private(file, "old")
    os.chown(file, 1234, 1234)
    write_private(file, "new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 1234)
    assert file.stat().st_mode & 0o777 == 0o600
