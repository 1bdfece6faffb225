"""Reading with a bound and saving so that a crash leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def read_bounded(path: Path, limit: int) -> bytes:
    """The whole file, at most ``limit`` bytes. Raises OSError, and ValueError when it is larger."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"larger than {limit // 1024} KiB")
    return data


def save_atomically(path: Path, data: bytes) -> None:
    """Write next to ``path``, flush to the disk, then take its name. A new file is readable by its owner alone; an old
    one keeps its mode. A symbolic link stays one. Raises OSError; then the old file is untouched."""
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:  # raised again at once: whatever happens, no half-written file stays behind
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    if os.name == "posix":  # the new name itself is on disk only when its folder is; Windows has no such call
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
