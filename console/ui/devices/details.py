"""The panel on the right: what the selected camera is, what it sends, and how that is going."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console.model.site import Camera
from console.model.tile_state import TileVerdict
from console.services.stream import StreamFacts
from console.ui.plain import plain_label
from drivers.types import StreamProfile


class DetailsPanel(QWidget):
    """Only the Qt thread."""

    credentials_wanted = Signal(int)
    retry_wanted = Signal(int)
    edit_wanted = Signal(int)
    remove_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._number = 0
        self._title = plain_label(self, "No camera selected")
        self._title.setObjectName("heading")
        self._title.setWordWrap(True)
        self._state = plain_label(self, "Click a tile, or type a number and press Enter.")
        self._state.setWordWrap(True)
        self._fields: dict[str, QLabel] = {}
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setHorizontalSpacing(12)
        for name in (
            "Maker", "Model", "Firmware", "Address", "Login", "Streams",
            "Shown", "Rate", "Age", "Bitrate", "Dropped", "Restarts",
        ):  # fmt: skip
            label = plain_label(self)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            caption = QLabel(name, self)
            caption.setObjectName("dim")
            form.addRow(caption, label)
            self._fields[name] = label
        self._buttons = QWidget(self)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        for text, signal, tip in (
            ("Try again", self.retry_wanted, "Connect anew now (T)"),
            ("Login…", self.credentials_wanted, "Enter other credentials for this camera"),
            ("Edit…", self.edit_wanted, "Name and number"),
            ("Remove", self.remove_wanted, "Take this camera out of the site"),
        ):
            button = QPushButton(text, self._buttons)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, s=signal: s.emit(self._number))
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self._title)
        column.addWidget(self._state)
        column.addSpacing(6)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self._buttons)
        self._buttons.hide()

    @property
    def number(self) -> int:
        """The camera that is shown, 0 for none."""
        return self._number

    def show_camera(self, camera: Camera | None) -> None:
        """Another camera, or none."""
        self._number = 0 if camera is None else camera.number
        self._buttons.setVisible(camera is not None)
        for label in self._fields.values():
            label.clear()
        if camera is None:
            self._title.setText("No camera selected")
            self._state.setText("Click a tile, or type a number and press Enter.")
            return
        self._title.setText(f"{camera.number}  {camera.name}")
        texts = {
            "Maker": camera.manufacturer,
            "Model": camera.model,
            "Firmware": camera.firmware,
            "Address": camera.address,
            "Login": camera.credentials or "none",
            "Streams": "\n".join(
                f"{s.codec.value} {s.width} x {s.height}" + (f" {s.fps:g} fps" if s.fps else "") for s in camera.streams
            ),
        }
        for name, text in texts.items():
            self._fields[name].setText(text or "not said")

    def show_replay(self, verdict: TileVerdict) -> None:
        """Its tile shows the past; nothing live is decoded, so nothing is said of it."""
        self._state.setText(verdict.headline + (f"\n{verdict.detail}" if verdict.detail else ""))
        for name in ("Rate", "Age", "Bitrate"):
            self._fields[name].clear()

    def show_stream(
        self, verdict: TileVerdict | None, facts: StreamFacts | None, profile: StreamProfile | None,
        fps: float, kbits: float, age: float | None,
    ) -> None:  # fmt: skip
        """How its stream is doing; None where it is not on the wall."""
        if verdict is None or facts is None:
            self._state.setText("Not on the wall")
            return
        self._state.setText(verdict.headline + (f"\n{verdict.detail}" if verdict.detail else ""))
        shown = f"{facts.codec} {facts.width} x {facts.height}" if facts.width else "nothing yet"
        which = f" ({profile.name})" if profile is not None and profile.name else ""
        self._fields["Shown"].setText(shown + which)
        self._fields["Rate"].setText(f"{fps:.1f} fps")
        self._fields["Age"].setText("" if age is None else f"{age:.2f} s")
        self._fields["Bitrate"].setText(f"{kbits:.0f} kbit/s")
        self._fields["Dropped"].setText(f"{facts.dropped} pictures")
        self._fields["Restarts"].setText(f"{facts.restarts}")
