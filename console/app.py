"""Composition root: builds, wires, shuts down. The only place of the console that picks concrete drivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QApplication

from console import paths
from console.model.wall import History, WallState
from console.services.feed_pool import FeedPool
from console.ui import theme as themes
from console.ui.pulse import Pulse
from console.ui.theme import Theme
from console.ui.wall.controller import WallController
from console.ui.wall.surface import WallSurface
from drivers.video.source import open_stream


@dataclass(frozen=True, slots=True)
class WallParts:
    """A wall that runs: feeds, heartbeat, and what is painted."""

    pool: FeedPool
    pulse: Pulse
    wall: WallController


def dress(app: QApplication, light: bool = False) -> Theme:
    """Apply the theme to the application and return its tokens."""
    theme = themes.LIGHT if light else themes.DARK
    sheet = (paths.resources() / "styles" / "console.qss").read_text(encoding="utf-8")
    themes.apply(app, theme, sheet)
    return theme


def build_wall(state: WallState, theme: Theme, name_of: Callable[[int], str | None] = str) -> WallParts:
    """The wall as every window and the bench use it."""
    pool = FeedPool(open_stream)
    surface = WallSurface(state, theme)
    wall = WallController(surface, pool, History(state), name_of)
    pulse = Pulse(pool)
    pulse.attach(wall.put)
    pulse.words.connect(wall.refresh)
    return WallParts(pool, pulse, wall)
