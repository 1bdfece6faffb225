"""The view dialog and the mask editor, by mouse and by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from console.ui.views.mask_editor import MaskEditor
from console.ui.views.still import image_of, pixels_of
from console.ui.views.view_dialog import ViewDialog
from drivers.errors import BadAnswer
from drivers.types import Dewarp, Fit, View
from drivers.video.shaping import shape_still

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
TRIANGLE = ((0.25, 0.25), (0.75, 0.25), (0.5, 0.75))


def shape(still: QImage, view: View, box: tuple[int, int]) -> QImage:
    """As the composition root wires it."""
    return image_of(*shape_still(*pixels_of(still), view, box))


@pytest.fixture
def still() -> QImage:
    """Two halves, so that a mirrored one differs."""
    picture = QImage(640, 360, QImage.Format.Format_RGB32)
    picture.fill(QColor("#405060"))
    for y in range(360):
        for x in range(0, 320, 2):
            picture.setPixelColor(x, y, QColor("#c0a080"))
    return picture


@pytest.fixture
def editor(qtbot: QtBot, still: QImage) -> MaskEditor:
    editor = MaskEditor(still, (TRIANGLE,))
    qtbot.addWidget(editor)
    editor.resize(656, 376)  # the still 1:1 within the margin
    editor.show()
    editor.activateWindow()
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    return editor


@pytest.fixture
def dialog(qtbot: QtBot, still: QImage) -> Iterator[ViewDialog]:
    dialog = ViewDialog("17 Harbour gate", View(masks=(TRIANGLE,)), still, shape)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()  # no window manager does it under a bare X server
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.waitUntil(lambda: dialog.preview.image is not None)
    yield dialog
    dialog.done(0)


def at(x: float, y: float) -> QPoint:
    """A share of the still, in the editor's pixels."""
    return QPoint(8 + round(x * 640), 8 + round(y * 360))


def test_a_mask_by_mouse(qtbot: QtBot, editor: MaskEditor) -> None:
    left = Qt.MouseButton.LeftButton
    with qtbot.waitSignal(editor.changed):
        for corner in ((0.1, 0.8), (0.2, 0.8), (0.2, 0.9), (0.1, 0.8)):
            QTest.mouseClick(editor, left, pos=at(*corner))
    assert len(editor.masks) == 2
    assert editor.masks[1][2] == pytest.approx((0.2, 0.9), abs=0.002)
    QTest.mousePress(editor, left, pos=at(0.25, 0.25))
    QTest.mouseMove(editor, at(0.3, 0.3))
    QTest.mouseMove(editor, at(0.35, 0.35))
    QTest.mouseRelease(editor, left, pos=at(0.35, 0.35))
    assert editor.masks[0][0] == pytest.approx((0.35, 0.35), abs=0.003)
    editor.undo()  # one way of the hand is one step
    assert editor.masks[0] == TRIANGLE
    editor.redo()
    assert editor.masks[0] != TRIANGLE


def test_the_whole_mask_is_dragged_and_a_double_click_adds_a_corner(qtbot: QtBot, editor: MaskEditor) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(editor, left, pos=at(0.5, 0.4))
    QTest.mouseMove(editor, at(0.55, 0.5))
    QTest.mouseRelease(editor, left, pos=at(0.55, 0.5))
    assert editor.masks[0][0] == pytest.approx((0.3, 0.35), abs=0.003)
    QTest.mouseDClick(editor, left, pos=at(0.55, 0.38))
    assert len(editor.masks[0]) == 4


def test_a_mask_by_keyboard(qtbot: QtBot, editor: MaskEditor) -> None:
    QTest.keyClick(editor, Key.Key_N)
    assert editor.masks[0] == TRIANGLE
    QTest.keyClick(editor, Key.Key_Right)
    QTest.keyClick(editor, Key.Key_Down, CTRL)
    QTest.keyClick(editor, Key.Key_Left, SHIFT)
    assert editor.masks[1][0] == pytest.approx((0.4 + 0.004, 0.45))
    QTest.keyClick(editor, Key.Key_Plus)
    assert [len(mask) for mask in editor.masks] == [3, 5]
    QTest.keyClick(editor, Key.Key_Delete)
    assert [len(mask) for mask in editor.masks] == [3, 4]
    QTest.keyClick(editor, Key.Key_M)
    QTest.keyClick(editor, Key.Key_Delete)
    assert list(editor.masks) == [TRIANGLE]
    for _ in range(7):
        QTest.keyClick(editor, Key.Key_Z, CTRL)
    assert list(editor.masks) == [TRIANGLE]
    QTest.keyClick(editor, Key.Key_Z, CTRL | SHIFT)
    assert len(editor.masks) == 2


def test_tab_goes_from_corner_to_corner_and_then_on(qtbot: QtBot, still: QImage, dialog: ViewDialog) -> None:
    dialog.show_masks()
    editor = dialog.editor
    qtbot.waitUntil(editor.hasFocus)
    for corner in range(3):
        QTest.keyClick(editor, Key.Key_Tab)
        assert editor.drawing.corner == corner
    QTest.keyClick(editor, Key.Key_Tab)
    assert not editor.hasFocus()
    assert editor.drawing.corner is None


def test_enter_and_escape_belong_to_the_drawing_first(qtbot: QtBot, dialog: ViewDialog) -> None:
    dialog.show_masks()
    editor = dialog.editor
    qtbot.waitUntil(editor.hasFocus)
    editor.apply("Draw", editor.drawing.added((0.1, 0.1)).added((0.2, 0.1)).added((0.2, 0.2)))
    QTest.keyClick(editor, Key.Key_Return)
    assert dialog.isVisible()
    assert len(editor.masks) == 2
    editor.apply("Draw", editor.drawing.added((0.1, 0.1)))
    QTest.keyClick(editor, Key.Key_Escape)
    assert dialog.isVisible()
    assert editor.drawing.line == ()
    QTest.keyClick(editor, Key.Key_Escape)  # nothing to leave any more
    assert not dialog.isVisible()


def test_the_view_that_is_set_is_previewed_and_taken_over(qtbot: QtBot, still: QImage, dialog: ViewDialog) -> None:
    dialog._fit.setCurrentIndex(1)
    dialog._turn.setCurrentIndex(1)
    dialog._mirror.setChecked(True)
    dialog._fisheye.setChecked(True)
    dialog._dials["pan"].set_value(-30)
    wanted = View(Fit.FILL, 90, True, Dewarp(pan=-30.0), (TRIANGLE,))
    assert dialog.view() == wanted
    qtbot.waitUntil(lambda: dialog.preview.shown == wanted)
    with qtbot.waitSignal(dialog.applied) as applied:
        dialog.findChildren(QDialogButtonBox)[0].buttons()[0].click()
    assert applied.args == [wanted]


def test_masks_are_hatched_in_the_preview(qtbot: QtBot, dialog: ViewDialog) -> None:
    image = dialog.preview.image
    assert image is not None
    hidden = image.pixelColor(image.width() // 2, image.height() * 45 // 100)
    assert 41 <= hidden.red() <= 60
    assert hidden.red() == hidden.green() == hidden.blue()


def test_as_it_is_sent_keeps_the_masks(dialog: ViewDialog) -> None:
    dialog._mirror.setChecked(True)
    reset = next(button for button in dialog.findChildren(QPushButton) if "sent" in button.text())
    reset.click()
    assert dialog.view() == View(masks=(TRIANGLE,))


def test_cancel_tells_nobody(qtbot: QtBot, dialog: ViewDialog) -> None:
    told: list[object] = []
    dialog.applied.connect(told.append)
    dialog._mirror.setChecked(True)
    dialog.reject()
    assert told == []


def test_the_newest_wish_wins_while_the_worker_is_slow(qtbot: QtBot, still: QImage) -> None:
    gate, made = threading.Event(), []

    def slow(picture: QImage, view: View, box: tuple[int, int]) -> QImage:
        assert gate.wait(10)
        made.append(view)
        return picture

    dialog = ViewDialog("17", View(), still, slow)
    qtbot.addWidget(dialog)
    dialog.show()
    for pan in range(-50, 50):
        dialog.preview.show_view(View(dewarp=Dewarp(pan=float(pan))))
    gate.set()
    newest = View(dewarp=Dewarp(pan=49.0))
    qtbot.waitUntil(lambda: dialog.preview.shown == newest)
    assert len(made) <= 3
    dialog.reject()


def test_what_cannot_be_shown_is_said(qtbot: QtBot, still: QImage) -> None:
    def broken(picture: QImage, view: View, box: tuple[int, int]) -> QImage:
        raise BadAnswer("Gate", "no picture")

    dialog = ViewDialog("17", View(), still, broken)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "no picture" in dialog.preview._problem)
    dialog.reject()


def test_without_a_picture_masks_stay_as_they_are(qtbot: QtBot) -> None:
    dialog = ViewDialog("17", View(masks=(TRIANGLE,)), QImage(), shape)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.show_masks()
    assert not dialog.editor.isVisible()
    dialog._mirror.setChecked(True)
    assert dialog.view() == View(mirror=True, masks=(TRIANGLE,))
    dialog.reject()
