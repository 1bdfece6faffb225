"""Where things live: what ships with the product, and what belongs to the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

_HERE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """A shipped folder: beside the package in a source tree, inside it in a wheel, beside the program when frozen."""
    frozen = getattr(sys, "_MEIPASS", None)
    places = [Path(frozen) / name] if frozen else []
    places += [_HERE / "_share" / name, _HERE.parent / name]
    return next((place for place in places if place.is_dir()), places[-1])


def resources() -> Path:
    """Icons, style sheets, help pages."""
    return _shipped("resources")


def layouts() -> Path:
    """Layouts that ship with the product."""
    return _shipped("layouts")


def config_dir() -> Path:
    """The user's configuration; WATCHFLOOR_CONFIG overrides it."""
    return Path(os.environ.get("WATCHFLOOR_CONFIG") or platformdirs.user_config_path("watchfloor", appauthor=False))


def own_layouts() -> Path:
    """The supervisor's own layouts; the folder may not be there yet."""
    return config_dir() / "layouts"


def data_dir() -> Path:
    """What the program keeps for the user; WATCHFLOOR_DATA overrides it."""
    return Path(os.environ.get("WATCHFLOOR_DATA") or platformdirs.user_data_path("watchfloor", appauthor=False))


def cache_dir() -> Path:
    """What can be made again; WATCHFLOOR_CACHE overrides it."""
    return Path(os.environ.get("WATCHFLOOR_CACHE") or platformdirs.user_cache_path("watchfloor", appauthor=False))
