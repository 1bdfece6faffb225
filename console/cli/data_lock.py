"""Whether another console runs with the same data: it is told, because each would overwrite what the other keeps."""

from __future__ import annotations

from pathlib import Path

from console.store.folder_lock import FolderInUse, FolderLock

NAME = "console.lock"


def alone_in(folder: Path) -> tuple[FolderLock | None, str]:
    """The lock of a data folder, to be held while a console runs, or a sentence that says why there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FolderLock(folder, NAME), ""
    except FolderInUse:
        return None, (
            f"Another Watchfloor runs with the data in {folder}. Each overwrites the wall and the settings of the "
            "other, and only one hears plate readers. Close one, or give this one a folder of its own "
            "(WATCHFLOOR_DATA)."
        )
    except OSError as error:
        return None, f"{folder}: nothing can be kept there: {error.strerror or error}. Check its rights and the disk."
