"""Boxes with a border of the style sheet still show their arrows, as large as a hand needs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTime
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QSpinBox, QTimeEdit, QWidget
from pytestqt.qtbot import QtBot

from console.app import dress
from console.ui.theme import Theme

SIDE = 22
"""The right end of a box, where its arrows are, in pixels."""
LEAST = 12
"""Pixels of an arrow that can be seen: four rows that grow."""


@pytest.fixture(params=[False, True], ids=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Theme]:
    yield dress(qapp, light=request.param)
    dress(qapp)


@pytest.mark.parametrize("kind", [QSpinBox, QDoubleSpinBox, QTimeEdit])
def test_a_box_of_numbers_has_an_arrow_up_and_one_down(
    theme: Theme, kind: type[QSpinBox | QDoubleSpinBox | QTimeEdit], qtbot: QtBot
) -> None:
    box = kind()
    if isinstance(box, QTimeEdit):
        box.setTime(QTime(12, 0))
    else:
        box.setValue(7)  # else there is no way down, and that arrow is faint
    picture = painted(box, qtbot)
    half = picture.height() // 2
    assert arrow(picture, 4, half) >= LEAST
    assert arrow(picture, half, picture.height() - 4) >= LEAST


def test_a_list_that_opens_has_one(theme: Theme, qtbot: QtBot) -> None:
    box = QComboBox()
    box.addItem("one")
    picture = painted(box, qtbot)
    assert arrow(picture, 4, picture.height() - 4) >= LEAST


def painted(box: QWidget, qtbot: QtBot) -> QImage:
    qtbot.addWidget(box)
    box.resize(160, box.sizeHint().height())
    box.show()
    return box.grab().toImage()


def arrow(picture: QImage, top: int, bottom: int) -> int:
    """How many pixels stand out from the box between these lines, its border aside."""
    ground = picture.pixelColor(picture.width() - SIDE, picture.height() // 2).lightness()
    places = ((x, y) for y in range(top, bottom) for x in range(picture.width() - SIDE, picture.width() - 4))
    return sum(abs(picture.pixelColor(x, y).lightness() - ground) > 40 for x, y in places)
