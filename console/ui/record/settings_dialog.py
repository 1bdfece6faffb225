"""Where recordings and snapshots go and how long recordings stay."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from console.model.recording import GIGABYTE, RecordingSettings, SnapshotSettings
from console.ui.plain import plain_label


class RecordingSettingsDialog(QDialog):
    """Only the Qt thread. ``recording`` and ``snapshots`` are what was entered, once it was accepted."""

    def __init__(
        self,
        recording: RecordingSettings,
        snapshots: SnapshotSettings,
        used_bytes: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        """``used_bytes`` is what recordings take now."""
        super().__init__(parent)
        self.setWindowTitle("Recordings and snapshots")
        self.setMinimumWidth(560)
        self.recording, self.snapshots = recording, snapshots
        self._folder, self._pictures = QLineEdit(str(recording.folder), self), QLineEdit(str(snapshots.folder), self)
        self._segment = _spin(self, 5, 3600, round(recording.segment_seconds), " s")
        self._before = _spin(self, 0, 300, round(recording.prebuffer_seconds), " s")
        self._days = _spin(self, 0, 3650, round(recording.retention_days), " days", "no limit")
        self._quota = _spin(self, 0, 100_000, round(recording.quota_bytes / GIGABYTE), " GB", "no limit")
        kept = 0 if recording.free_bytes is None else max(1, round(recording.free_bytes / GIGABYTE))
        self._free = _spin(self, 0, 10_000, kept, " GB", "1 GB or 2 %, the smaller")
        self._format = QComboBox(self)
        self._format.addItems(["PNG (exact)", "JPEG (smaller)"])
        self._format.setCurrentIndex(int(snapshots.jpeg))
        self._caption = QCheckBox("Camera and time on a strip &below the picture", self)
        self._caption.setChecked(snapshots.caption)
        self._message = plain_label(self, f"Recordings take {used_bytes / GIGABYTE:.1f} GB now.")
        self._message.setObjectName("dim")
        self._message.setWordWrap(True)
        self._build()

    def _build(self) -> None:
        form = QFormLayout()
        for text, field in (
            ("&Recordings in", self._folder),
            ("A new &file each", self._segment),
            ("Begin &earlier by", self._before),
            ("&Keep them for", self._days),
            ("At &most", self._quota),
            ("&Leave free on the disk", self._free),
            ("&Snapshots in", self._pictures),
            ("&As", self._format),
        ):
            label = QLabel(text, self)
            label.setBuddy(field)
            form.addRow(label, self._with_button(field) if isinstance(field, QLineEdit) else field)
        form.addRow("", self._caption)
        self._before.setToolTip("What the replay buffer holds from before the key was pressed is recorded too")
        self._quota.setToolTip("The oldest go first; what is held stays")
        self._days.setToolTip("Older ones are deleted, and the manifest says so")
        buttons = QDialogButtonBox(self)
        buttons.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addWidget(buttons)

    def _with_button(self, line: QLineEdit) -> QHBoxLayout:
        button = QPushButton("Choose…", self)
        button.setToolTip("Choose the folder (Space)")
        button.clicked.connect(lambda: self._choose(line))
        row = QHBoxLayout()
        row.addWidget(line, 1)
        row.addWidget(button)
        return row

    def _choose(self, line: QLineEdit) -> None:
        found = QFileDialog.getExistingDirectory(self, "Choose a folder", line.text())
        if found:
            line.setText(found)

    def accept(self) -> None:
        """Take what was entered; what makes no sense is said and can be mended."""
        folders = [line.text().strip() for line in (self._folder, self._pictures)]
        if not all(folders):
            self._message.setText("Choose a folder for recordings and one for snapshots.")
            return
        if Path(folders[0]) == Path(folders[1]):
            self._message.setText("Recordings and snapshots need two folders: each has a manifest of its own.")
            return
        try:
            self.recording = RecordingSettings(
                folder=Path(folders[0]),
                segment_seconds=self._segment.value(),
                prebuffer_seconds=self._before.value(),
                quota_bytes=self._quota.value() * GIGABYTE,
                retention_days=self._days.value(),
                free_bytes=self._free.value() * GIGABYTE or None,
            )
        except ValueError as error:
            self._message.setText(str(error))
            return
        self.snapshots = SnapshotSettings(Path(folders[1]), self._format.currentIndex() == 1, self._caption.isChecked())
        super().accept()


def _spin(parent: QWidget, least: int, most: int, value: int, unit: str, zero: str = "") -> QSpinBox:
    box = QSpinBox(parent)
    box.setRange(least, most)
    box.setSuffix(unit)
    box.setSpecialValueText(zero)
    box.setValue(value)
    return box
