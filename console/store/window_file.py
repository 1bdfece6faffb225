"""Where a window was, kept from one start to the next: bytes that only the toolkit understands. Losing them loses
nothing, so what cannot be read counts as not there."""

from __future__ import annotations

import logging
from pathlib import Path

from console.store.files import read_bounded, save_atomically

log = logging.getLogger(__name__)

MAX_BYTES = 4096


def load_window(path: Path) -> bytes:
    """What was kept; nothing where it is not there."""
    try:
        return read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        return b""
    except (OSError, ValueError) as error:
        log.info("where the window was is not known: %s: %s", path.name, error)
        return b""


def save_window(path: Path, place: bytes) -> None:
    """Keep it. Raises OSError."""
    save_atomically(path, place)
