"""Export of a range of time: from, to, cameras, folder, why; then how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QDateTime, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDateTimeEdit,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.services.exporter import (
    ExportCamera,
    ExportCancelled,
    Exported,
    Exporter,
    ExportFailed,
    ExportProgress,
    ExportRequest,
    ExportRun,
)
from console.ui.plain import plain_label

GAP_SECONDS = 3.0
"""What may lack of a range without a word: the last packets are still on their way."""
LOOK_MS = 100
"""How often the dialog looks how far the export is: it goes through many groups of pictures a second."""
_BURNT = (
    "Privacy masks are burnt into the films of {names}; these are encoded again, which takes longer. All others are "
    "copied as they were recorded."
)
_LIFTED = "Privacy masks are left out. The manifest says so, with your name."
_COPIED = "The films are copied as they were recorded, nothing is encoded again."


class ExportDialog(QDialog):
    """Only the Qt thread. It may be closed at any time; an export that runs is then cancelled and leaves nothing."""

    exported = Signal(object)
    """An ``Exported``."""

    def __init__(
        self,
        exporter: Exporter,
        cameras: Sequence[ExportCamera],
        start: float,
        end: float,
        folder: Path,
        operator: str = "",
        may_lift_masks: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """``start`` and ``end`` in UTC seconds are what is offered first; so are all of ``cameras``."""
        super().__init__(parent)
        self.setWindowTitle("Export recordings")
        self.resize(640, 520)
        self._exporter, self._cameras, self._operator = exporter, tuple(cameras), operator
        self._run: ExportRun | None = None
        self._newest = ExportProgress(0.0, "")
        self._done: Exported | None = None
        self._from, self._to = _moment(start, self), _moment(end, self)
        self._list = QListWidget(self)
        self._folder, self._reason = QLineEdit(str(folder), self), QLineEdit(self)
        self._browse = QPushButton("C&hoose…", self)
        self._lift = QCheckBox("Leave privacy masks &out", self)
        self._lift.setVisible(may_lift_masks and any(each.masks for each in self._cameras))
        self._masks, self._length, self._message = plain_label(self), plain_label(self), plain_label(self)
        self._bar = QProgressBar(self)
        self._begin, self._leave = QPushButton("&Export", self), QPushButton("Close", self)
        self._show = QPushButton("&Show the folder", self)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._build()
        self._words()

    # Building

    def _build(self) -> None:
        for camera in self._cameras:
            item = QListWidgetItem(f"{camera.number}  {camera.name}", self._list)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
        self._list.setAccessibleName("Cameras to export")
        self._list.setToolTip("Space takes the camera in or leaves it out (Alt+A leads here)")
        self._list.itemChanged.connect(self._words)
        self._list.setMinimumHeight(100)
        self._reason.setPlaceholderText("case number, who asked for it")
        self._reason.setMaxLength(500)
        self._reason.setToolTip("Stands in the manifest (Alt+W)")
        self._folder.setToolTip("A new folder is made in here (Alt+D)")
        self._browse.setToolTip("Choose the folder (Alt+H)")
        self._browse.clicked.connect(self._choose)
        self._lift.setToolTip("You may do this; it is written down (Alt+O)")
        self._lift.toggled.connect(self._words)
        for edit in (self._from, self._to):
            edit.dateTimeChanged.connect(self._words)
        for label in (self._masks, self._message, self._length):
            label.setWordWrap(True)
        self._masks.setObjectName("dim")
        self._length.setObjectName("dim")
        self._begin.setDefault(True)
        self._begin.setToolTip("Begin (Enter)")
        self._begin.clicked.connect(self._start)
        self._leave.clicked.connect(self.reject)
        self._show.clicked.connect(self._open_folder)
        self._show.hide()
        self._bar.setRange(0, 1000)
        self._bar.hide()
        column = QVBoxLayout(self)
        column.addLayout(self._grid(), 1)
        column.addWidget(self._masks)
        column.addWidget(self._lift)
        column.addWidget(self._bar)
        column.addWidget(self._message)
        column.addLayout(self._buttons())

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        where = QHBoxLayout()
        where.addWidget(self._folder, 1)
        where.addWidget(self._browse)
        rows = ((0, "&From", self._from), (1, "&To", self._to), (3, "C&ameras", self._list))
        for row, text, field in (*rows, (4, "Into fol&der", self._folder), (5, "&Why", self._reason)):
            label = QLabel(text, self)
            label.setBuddy(field)
            top = Qt.AlignmentFlag.AlignTop if field is self._list else Qt.AlignmentFlag.AlignVCenter
            grid.addWidget(label, row, 0, top)
            if field is not self._folder:
                grid.addWidget(field, row, 1)
        grid.setRowStretch(3, 1)
        grid.addWidget(self._length, 2, 1)
        grid.addLayout(where, 4, 1)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._show)
        row.addStretch(1)
        row.addWidget(self._begin)
        row.addWidget(self._leave)
        return row

    # What is chosen

    def chosen(self) -> ExportRequest:
        """What the fields say now."""
        checked = [self._list.item(row).checkState() is Qt.CheckState.Checked for row in range(self._list.count())]
        return ExportRequest(
            start=self._from.dateTime().toMSecsSinceEpoch() / 1000,
            end=self._to.dateTime().toMSecsSinceEpoch() / 1000,
            cameras=tuple(each for each, taken in zip(self._cameras, checked, strict=True) if taken),
            folder=Path(self._folder.text().strip() or "."),
            operator=self._operator,
            reason=self._reason.text().strip(),
            lift_masks=self._lift.isChecked() and not self._lift.isHidden(),
        )

    def _words(self) -> None:
        """The sentences that follow from what is chosen."""
        request = self.chosen()
        names = ", ".join(f"{each.number} {each.name}" for each in request.cameras if each.masks)
        if names and not request.lift_masks:
            self._masks.setText(_BURNT.format(names=names))
        else:
            self._masks.setText(_LIFTED if names else _COPIED)
        seconds = request.end - request.start
        zone = datetime.fromtimestamp(request.start).astimezone().strftime("UTC%z")
        if seconds <= 0:
            self._length.setText("The end must come after the start.")
        else:
            gaps = _gaps(request)
            whole = f"{_length(seconds)}, local time ({zone}); from the key frame before the start"
            self._length.setText(f"{whole}. {gaps}" if gaps else whole)
        self._begin.setEnabled(self._run is None and seconds > 0 and bool(request.cameras))

    def _choose(self) -> None:
        found = QFileDialog.getExistingDirectory(self, "Export into", self._folder.text())
        if found:
            self._folder.setText(found)

    # While it runs

    def _start(self) -> None:
        self._run = self._exporter.start(self.chosen(), self._progress)
        self._message.setText("")
        self._show.hide()
        self._bar.setValue(0)
        self._bar.show()
        self._enable(False)
        self._leave.setText("Cancel")
        self._leave.setToolTip("Stop; nothing half is left (Esc)")
        self._leave.setFocus()
        self._timer.start()

    def _progress(self, progress: ExportProgress) -> None:
        """In the worker: one assignment, which the timer looks at."""
        self._newest = progress

    def _look(self) -> None:
        run = self._run
        if run is None:
            return
        self._bar.setValue(round(self._newest.share * 1000))
        self._message.setText(self._newest.text)
        if run.done.done():
            self._finish(run)

    def _finish(self, run: ExportRun) -> None:
        self._timer.stop()
        self._run = None
        self._bar.hide()
        self._enable(True)
        self._leave.setText("Close")
        self._leave.setToolTip("Close this window (Esc)")
        try:
            self._done = run.done.result()
        except (ExportFailed, ExportCancelled) as error:
            self._message.setText(str(error))
        else:
            self._message.setText(_sentence(self._done))
            self._show.show()
            self._show.setFocus()
            self.exported.emit(self._done)

    def _enable(self, enabled: bool) -> None:
        for field in (self._from, self._to, self._list, self._folder, self._browse, self._reason, self._lift):
            field.setEnabled(enabled)
        self._words()

    def reject(self) -> None:
        """Esc and the Cancel button: the first time the export is cancelled, then the window closes."""
        if self._run is None:
            super().reject()
        else:
            self._message.setText("Stopping")
            self._run.cancel()

    def done(self, result: int) -> None:
        """However the window goes, its export does not go on unseen."""
        if self._run is not None:
            self._run.cancel()
            self._timer.stop()
            self._run = None
        super().done(result)

    def _open_folder(self) -> None:
        if self._done is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._done.folder)))


def _moment(when: float, parent: QWidget) -> QDateTimeEdit:
    edit = QDateTimeEdit(QDateTime.fromMSecsSinceEpoch(round(when * 1000)), parent)
    edit.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
    edit.setCalendarPopup(True)
    edit.setToolTip("Up and Down change the part where the cursor is (Alt+F, Alt+T lead to the two)")
    return edit


def kept_seconds(camera: ExportCamera, start: float, end: float) -> float:
    """How much of a range (UTC seconds) is kept of a camera. Answers from memory."""
    return sum(max(0.0, min(span.end, end) - max(span.start, start)) for span in camera.footage.spans())


def _gaps(request: ExportRequest) -> str:
    """What of the range was never kept; nobody should learn it from the films."""
    said = []
    for camera in request.cameras:
        kept = kept_seconds(camera, request.start, request.end)
        if request.end - request.start - kept > GAP_SECONDS:
            much = f"only {_length(kept)}" if kept >= 1 else "nothing"
            said.append(f"of camera {camera.number} {much} was kept")
    return (", ".join(said) + ".").capitalize() if said else ""


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"


def _sentence(done: Exported) -> str:
    size = sum(each.facts.bytes for each in done.files)
    count = f"{len(done.files)} film{'s' if len(done.files) > 1 else ''}"
    text = f"Exported: {count}, {size / 1e6:.1f} MB, and a manifest with their SHA-256, into {done.folder}."
    if done.missing:
        text += f" There was nothing of camera {', '.join(str(each) for each in done.missing)} in that time."
    return text
