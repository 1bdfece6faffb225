"""Dialogs of recordings: an export from choosing to the papers, its cancelling, a snapshot copied and printed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clip_rig import START, film
from PySide6.QtCore import QDateTime, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from console.model.recording import GIGABYTE, RecordingSettings, SnapshotSettings
from console.services.exporter import ExportCamera, Exporter
from console.services.packet_ring import PacketRing, RingBudget
from console.services.snapshots import Snapshot, SnapshotRequest, Snapshots
from console.ui.record.export_dialog import ExportDialog, kept_seconds
from console.ui.record.settings_dialog import RecordingSettingsDialog
from console.ui.record.still_out import SnapshotDialog, image_of, paint_page, print_words
from drivers.clips import ClipSink, ClipTags
from drivers.types import EncodedPacket, Gop, StreamParameters, StreamRequest
from drivers.video.encode_masked import masker
from drivers.video.still import make_still
from drivers.video.writer import ClipWriter, open_clip

PARAMETERS, FILM = film("h264", frames=100)
MASK = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0))


class Desk:
    """An export dialog over footage of two cameras, one of them with a mask."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.open_clip: Callable[[Path, StreamParameters, ClipTags], ClipSink] = open_clip
        self.rings = [PacketRing(RingBudget()), PacketRing(RingBudget())]
        for ring in self.rings:
            for packet in FILM:
                ring.packet(PARAMETERS, packet)
        self.exporter = Exporter(lambda path, parameters, tags: self.open_clip(path, parameters, tags), masker)
        cameras = [ExportCamera(17, "Main St 5th", self.rings[0]), ExportCamera(4, "Gate", self.rings[1], (MASK,))]
        self.folder = folder
        self.dialog = ExportDialog(self.exporter, cameras, START + 1, START + 6, folder, "anna", may_lift_masks=True)
        qtbot.addWidget(self.dialog)
        self.dialog.show()

    def close(self) -> None:
        """Everything ends."""
        self.dialog.close()
        self.exporter.close()
        for ring in self.rings:
            ring.close()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    """A dialog that shows."""
    desk = Desk(qtbot, tmp_path / "exports")
    try:
        yield desk
    finally:
        desk.close()


def test_an_export_by_keyboard(qtbot: QtBot, desk: Desk) -> None:
    dialog = desk.dialog
    dialog._list.setFocus()
    dialog._list.setCurrentRow(1)
    assert "burnt into the films of 4 Gate" in dialog._masks.text()
    QTest.keyClick(dialog._list, Qt.Key.Key_Space)  # leaves camera 4 out
    assert "copied as they were recorded" in dialog._masks.text()
    QTest.keyClicks(dialog._reason, "case 7")
    with qtbot.waitSignal(dialog.exported, timeout=20_000) as told:
        QTest.keyClick(dialog._reason, Qt.Key.Key_Return)
    done = told.args[0]
    assert [each.number for each in done.files] == [17]
    assert '"case 7"' in (done.folder / "manifest.json").read_text()
    assert "1 film, " in dialog._message.text()
    assert dialog._show.isVisible()
    assert dialog._begin.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_masks_that_may_be_lifted(desk: Desk) -> None:
    desk.dialog._lift.setChecked(True)
    assert "left out" in desk.dialog._masks.text()
    assert desk.dialog.chosen().lift_masks
    assert desk.dialog.chosen().operator == "anna"


def test_a_wrong_range_cannot_be_exported(desk: Desk) -> None:
    dialog = desk.dialog
    dialog._to.setDateTime(QDateTime.fromMSecsSinceEpoch(round(START * 1000)))
    assert dialog._length.text() == "The end must come after the start."
    assert not dialog._begin.isEnabled()
    dialog._to.setDateTime(QDateTime.fromMSecsSinceEpoch(round((START + 3725) * 1000)))
    assert dialog._length.text().startswith("1 h 2 min 4 s, local time (UTC")
    for row in (0, 1):
        dialog._list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not dialog._begin.isEnabled()


def test_escape_cancels_first_and_closes_then(qtbot: QtBot, desk: Desk) -> None:
    begun, may = threading.Event(), threading.Event()

    class Slow(ClipWriter):
        """Waits in the middle."""

        def write(self, packet: EncodedPacket) -> None:
            begun.set()
            may.wait(20)
            super().write(packet)

    desk.open_clip = Slow
    dialog = desk.dialog
    dialog._start()
    assert begun.wait(20)
    assert not dialog._reason.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    may.set()
    qtbot.waitUntil(lambda: "cancelled" in dialog._message.text(), timeout=20_000)
    assert list(desk.folder.iterdir()) == []
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_goes_wrong_is_a_sentence(qtbot: QtBot, desk: Desk) -> None:
    desk.folder.write_text("in the way")
    desk.dialog._start()
    qtbot.waitUntil(lambda: "Choose another folder" in desk.dialog._message.text(), timeout=20_000)
    assert desk.dialog._begin.isEnabled()


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """A snapshot of camera 17."""

    def never(request: StreamRequest, seconds: float) -> Gop:
        raise AssertionError

    ring = PacketRing(RingBudget())
    for packet in FILM:
        ring.packet(PARAMETERS, packet)
    maker = Snapshots(
        SnapshotSettings(tmp_path / "pictures", caption=False), make_still, never, clock=lambda: START + 10
    )
    taken = maker.take(SnapshotRequest(17, "Main St 5th", "anna", footage=ring)).result(20)
    maker.close()
    ring.close()
    return taken


def test_a_snapshot_goes_to_the_clipboard(qtbot: QtBot, snapshot: Snapshot) -> None:
    dialog = SnapshotDialog(snapshot)
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    QTest.keyClick(dialog, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog._words.text() == "It is on the clipboard.")
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (64, 48)
    assert image.pixelColor(10, 10) == image_of(snapshot).pixelColor(10, 10)
    dialog.close()


def test_a_printed_page_has_nothing_over_the_picture(qtbot: QtBot, snapshot: Snapshot) -> None:
    page = QImage(600, 800, QImage.Format.Format_RGB32)
    page.fill(QColor("white"))
    painter = QPainter(page)
    paint_page(painter, image_of(snapshot), print_words(snapshot), QRectF(0, 0, 600, 800))
    painter.end()
    shown = {page.pixelColor(x, y).lightness() for x in range(5, 595, 7) for y in range(5, 445, 7)}
    assert max(shown) - min(shown) <= 2  # one brightness all over
    below = {page.pixelColor(x, y).lightness() for x in range(600) for y in range(455, 560)}
    assert min(below) < 100
    assert snapshot.sha256 in print_words(snapshot)
    assert "Taken by anna" in print_words(snapshot)


def test_settings_that_make_no_sense_are_told(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = RecordingSettingsDialog(RecordingSettings(tmp_path / "films"), SnapshotSettings(tmp_path / "pictures"))
    qtbot.addWidget(dialog)
    dialog._quota.setValue(500)
    dialog._pictures.setText(str(tmp_path / "films"))
    dialog.accept()
    assert "two folders" in dialog._message.text()
    dialog._pictures.setText(str(tmp_path / "pictures"))
    dialog._format.setCurrentIndex(1)
    dialog.accept()
    assert (dialog.recording.quota_bytes, dialog.recording.free_bytes) == (500 * GIGABYTE, None)
    assert dialog.snapshots == SnapshotSettings(tmp_path / "pictures", jpeg=True, caption=True)


def test_what_was_never_kept_is_said_before_the_export(desk: Desk) -> None:
    dialog = desk.dialog
    camera = dialog.chosen().cameras[0]
    (span,) = camera.footage.spans()
    assert kept_seconds(camera, span.start - 10, span.start + 2) == pytest.approx(2)
    assert kept_seconds(camera, span.end + 1, span.end + 9) == 0
    assert "kept" not in dialog._length.text()
    dialog._from.setDateTime(QDateTime.fromSecsSinceEpoch(int(START) - 60))
    assert "Of camera 17 only" in dialog._length.text()
