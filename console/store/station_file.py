"""What this console is called in a database that it shares."""

from __future__ import annotations

import logging
import secrets
import socket
from pathlib import Path

from console.store.files import read_bounded, save_atomically
from drivers.words import clean

log = logging.getLogger(__name__)

FILE = "station"
_MOST_BYTES = 400


def station_of(folder: Path, shared: bool) -> str:
    """The computer's name; in a ``shared`` database with a mark of this installation behind it, kept in ``folder``.
    How far a console came is kept there under its name: two computers that were copied from one disk, or two people on
    one computer, would each pass over what the other had not done yet."""
    host = socket.gethostname()
    if not shared:
        return host
    path = folder / FILE
    try:
        if kept := clean(read_bounded(path, _MOST_BYTES).decode("utf-8"), _MOST_BYTES):
            return kept
    except FileNotFoundError:
        pass  # the first time
    except (OSError, ValueError) as error:
        log.warning("%s cannot be read: %s", path, error)
        return host
    name = f"{host}-{secrets.token_hex(3)}"
    try:
        save_atomically(path, name.encode())
    except OSError as error:
        log.warning("%s cannot be kept: %s", path, error)
        return host
    return name
