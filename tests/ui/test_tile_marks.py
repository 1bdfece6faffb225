"""Signs on a tile's bar: a narrow tile cuts the least of them, and never leaves out all."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from console.model.layout import Rect
from console.model.tile_state import TileState, TileVerdict
from console.ui.theme import DARK
from console.ui.wall.tile_view import BarText, TileView

LIVE = TileVerdict(TileState.LIVE, "LIVE")
ALARM = "MAY STILL MOVE"


def bar(width: int, marks: str, name: str = "") -> QImage:
    tile = TileView(0)
    tile.place(Rect(0, 0, width, 180), 1.0)
    tile.say(BarText("4", name, "", LIVE, False, marks))
    return tile.bar_image(DARK, 1.0)


def inked(image: QImage) -> int:
    """How many of its columns have something on them."""
    ground = DARK.color("panel").rgb()
    return sum(any(image.pixel(x, y) != ground for y in range(4, image.height())) for x in range(image.width()))


@pytest.mark.parametrize("width", [160, 240, 320])
def test_signs_that_do_not_fit_are_cut_at_their_end(qapp: QApplication, width: int) -> None:
    without, alone = bar(width, ""), bar(width, ALARM)
    several = bar(width, f"{ALARM}  PTZ: NOT DONE  somebody with a long name 12 s")
    assert inked(several) >= inked(alone) > inked(without)


@pytest.mark.parametrize("width", [90, 100, 110])
def test_the_shape_of_an_alarm_stands_on_a_tile_too_narrow_for_its_word(qapp: QApplication, width: int) -> None:
    assert inked(bar(width, "▲ ALARM")) == inked(bar(width, "▲")) > inked(bar(width, ""))


def test_what_fits_is_all_there(qapp: QApplication) -> None:
    assert inked(bar(900, f"{ALARM}  REC")) > inked(bar(900, ALARM))


@pytest.mark.parametrize("width", [1, 10, 40, 60])
def test_a_tile_of_any_size_is_painted(qapp: QApplication, width: int) -> None:
    assert bar(width, ALARM, "Linden Ave / 4th").width() == width
