"""A snapshot that was taken: looked at, copied to the clipboard, printed, found in its folder."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QKeySequence, QPainter, QPixmap, QResizeEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from console.services.snapshots import Snapshot, told
from console.ui.plain import plain_label


def image_of(snapshot: Snapshot) -> QImage:
    """Its pixels, as they are in the file."""
    return QImage.fromData(snapshot.still.data)


def to_clipboard(snapshot: Snapshot) -> None:
    """Put the picture onto the clipboard."""
    QGuiApplication.clipboard().setImage(image_of(snapshot))


def paint_page(painter: QPainter, image: QImage, words: str, page: QRectF) -> None:
    """The picture as large as the page allows, its words and hash below it; nothing lies over the picture."""
    line = painter.fontMetrics().height() * 1.2
    room = QRectF(page.x(), page.y(), page.width(), page.height() - 5 * line)
    size = image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    left = room.x() + (room.width() - size.width()) / 2
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(left, room.y(), size.width(), size.height()), image)
    below = QRectF(page.x(), room.y() + size.height() + line / 2, page.width(), 4.5 * line)
    painter.drawText(below, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft), words)


def print_words(snapshot: Snapshot) -> str:
    """What stands below a printed picture."""
    who = f" Taken by {snapshot.request.operator}." if snapshot.request.operator else ""
    return f"{told(snapshot)}{who}\nSHA-256 {snapshot.sha256}"


def print_snapshot(snapshot: Snapshot, parent: QWidget | None = None) -> str:
    """Ask for a printer and print; the sentence for the status line, empty where the operator thought better of it."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(f"Camera {snapshot.request.number} {snapshot.request.name}")
    dialog = QPrintDialog(printer, parent)
    if dialog.exec() != QDialog.DialogCode.Accepted:
        return ""
    painter = QPainter()
    if not painter.begin(printer):
        return "The printer did not take the picture. Check that it is on, or print the file from its folder."
    page = QRectF(printer.pageLayout().paintRectPixels(printer.resolution()))
    paint_page(painter, image_of(snapshot), print_words(snapshot), QRectF(0, 0, page.width(), page.height()))
    painter.end()
    return f"Camera {snapshot.request.number} is being printed."


class SnapshotDialog(QDialog):
    """Shows a snapshot. Ctrl+C copies it, Ctrl+P prints it, Ctrl+L leads to its folder, Esc closes."""

    def __init__(self, snapshot: Snapshot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Snapshot of camera {snapshot.request.number}")
        self.resize(900, 640)
        self._snapshot = snapshot
        self._image = image_of(snapshot)
        self._picture = QLabel(self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._picture.setAccessibleName(told(snapshot))
        self._words = plain_label(self, told(snapshot))
        self._words.setWordWrap(True)
        self._hash = plain_label(self, f"SHA-256 {snapshot.sha256}")
        self._hash.setObjectName("dim")
        self._hash.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addStretch(1)
        for text, key, slot in (
            ("Copy", QKeySequence.StandardKey.Copy, self._copy),
            ("Print…", QKeySequence.StandardKey.Print, self._print),
            ("Show in its folder", QKeySequence("Ctrl+L"), self._show),
            ("Close", QKeySequence("Esc"), self.reject),
        ):
            button = QPushButton(text, self)
            button.setShortcut(key)
            button.setToolTip(f"{text.rstrip('…')} ({QKeySequence(key).toString()})")
            button.clicked.connect(slot)
            button.setEnabled(text != "Show in its folder" or snapshot.path is not None)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self._picture, 1)
        column.addWidget(self._words)
        column.addWidget(self._hash)
        column.addLayout(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture fills what there is, sharp on every screen."""
        super().resizeEvent(event)
        ratio = self.devicePixelRatioF()
        box = self._picture.size() * ratio
        smooth = Qt.TransformationMode.SmoothTransformation
        scaled = QPixmap.fromImage(self._image.scaled(box, Qt.AspectRatioMode.KeepAspectRatio, smooth))
        scaled.setDevicePixelRatio(ratio)
        self._picture.setPixmap(scaled)

    def _copy(self) -> None:
        to_clipboard(self._snapshot)
        self._words.setText("It is on the clipboard.")

    def _print(self) -> None:
        self._words.setText(print_snapshot(self._snapshot, self) or told(self._snapshot))

    def _show(self) -> None:
        if self._snapshot.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._snapshot.path.parent)))
