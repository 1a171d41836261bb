"""Files that nobody but their owner can read: keys, and settings that hold secrets."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Create or replace a file, all of it or nothing, so that only its owner can read it.

    An owner that the file has already stays its owner, where that is allowed.
    """
    file = file.resolve()
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        if os.name == "posix" and file.exists():
            with suppress(PermissionError):
                os.chown(draft, file.stat().st_uid, file.stat().st_gid)
        draft.replace(file)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
