"""How one camera's pictures are shown: in its tile, turned, straightened, and what is painted over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.view_settings import RANGES, tidy
from console.ui.theme import DARK, Theme
from console.ui.views.dials import Dial
from console.ui.views.mask_editor import KEYS, MaskEditor
from console.ui.views.preview import Preview
from console.ui.views.still import Shape
from drivers.types import Dewarp, Fit, View

_FITS = (
    (Fit.FIT, "All of the picture, with bars"),
    (Fit.FILL, "Fill the tile, edges cut off"),
    (Fit.STRETCH, "Stretch to the tile"),
)
_TURNS = ((0, "Not turned"), (90, "A quarter to the right"), (180, "Upside down"), (270, "A quarter to the left"))
_DIALS = (
    ("pan", "Look left or right", " °", 1),
    ("tilt", "Look down or up", " °", 1),
    ("view", "Width of the view", " °", 1),
    ("lens", "Lens sees", " °", 1),
    ("centre x", "Circle's middle, across", "", 1000),
    ("centre y", "Circle's middle, down", "", 1000),
    ("radius", "Circle's radius", "", 1000),
)
_ALWAYS = (
    "Masks are painted over on the wall, in snapshots and in exports, and show as hatched grey everywhere, so that "
    "nobody takes one for the picture. Recordings keep the picture as the camera sends it."
)


class ViewDialog(QDialog):
    """Edits a View over a still. The still is the camera's picture as it is sent (no view applied); without one
    (a null image) masks stay as they are. ``applied`` gives the new view when it is taken over; ``view()`` what is set
    now."""

    applied = Signal(object)

    def __init__(
        self,
        camera: str,
        view: View,
        still: QImage,
        shape: Shape,
        theme: Theme = DARK,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"View of {camera}")
        blind = still.isNull()
        if blind:
            still = QImage(640, 360, QImage.Format.Format_RGB32)
            still.fill(theme.color("line"))
        self._fit, self._turn = QComboBox(self), QComboBox(self)
        for fit, words in _FITS:
            self._fit.addItem(words, fit.value)
        for angle, words in _TURNS:
            self._turn.addItem(words, angle)
        self._mirror = QCheckBox("Mirror left to right", self)
        self._fisheye = QGroupBox("Straighten a fisheye lens", self)
        self._fisheye.setCheckable(True)
        self._fisheye.setChecked(False)
        self._dials = {name: self._dial(name, words, unit, parts) for name, words, unit, parts in _DIALS}
        self._preview = Preview(still, shape, self)
        self._editor = MaskEditor(still, view.masks, theme, self)
        self._tabs = QTabWidget(self)
        self._tabs.addTab(self._settings(), "&Picture")
        self._tabs.addTab(self._drawing(), "Privacy &masks")
        if blind:  # nobody should hide what he cannot see
            self._tabs.setTabEnabled(1, False)
            self._tabs.setTabToolTip(1, "There is no picture of this camera yet. Come back when there is one.")
        column = QVBoxLayout(self)
        column.addWidget(self._tabs, 1)
        column.addWidget(self._buttons())
        self._put(view)
        self._fit.currentIndexChanged.connect(self._changed)
        self._turn.currentIndexChanged.connect(self._changed)
        self._mirror.toggled.connect(self._changed)
        self._fisheye.toggled.connect(self._changed)
        self._editor.changed.connect(self._changed)
        for dial in self._dials.values():
            dial.turned.connect(self._changed)
        self.finished.connect(self._preview.close_worker)
        self._changed()

    @property
    def preview(self) -> Preview:
        """What shows how it will look."""
        return self._preview

    @property
    def editor(self) -> MaskEditor:
        """Where masks are drawn."""
        return self._editor

    def show_masks(self) -> None:
        """Open on the masks, where there is a picture to draw on."""
        if self._tabs.isTabEnabled(1):
            self._tabs.setCurrentIndex(1)
            self._editor.setFocus()

    def view(self) -> View:
        """What is set."""
        dewarp = None
        if self._fisheye.isChecked():
            set_to = {name: dial.value() for name, dial in self._dials.items()}
            centre = set_to.pop("centre x"), set_to.pop("centre y")
            dewarp = Dewarp(**set_to, centre=centre)
        return tidy(
            View(
                Fit(self._fit.currentData()),
                int(self._turn.currentData()),
                self._mirror.isChecked(),
                dewarp,
                self._editor.masks,
            )
        )

    def reset(self) -> None:
        """The picture as the camera sends it, but for its masks: those are not taken away by a slip."""
        self._put(View())
        self._changed()

    def accept(self) -> None:
        """Take it over."""
        self.applied.emit(self.view())
        super().accept()

    def _put(self, view: View) -> None:
        dewarp = view.dewarp or Dewarp()
        self._fit.setCurrentIndex(self._fit.findData(view.fit.value))
        self._turn.setCurrentIndex(max(0, self._turn.findData(view.rotate)))
        self._mirror.setChecked(view.mirror)
        self._fisheye.setChecked(view.dewarp is not None)
        for name in RANGES:
            self._dials[name].set_value(getattr(dewarp, name))
        self._dials["centre x"].set_value(dewarp.centre[0])
        self._dials["centre y"].set_value(dewarp.centre[1])

    def _changed(self) -> None:
        self._preview.show_view(self.view())

    def _dial(self, name: str, words: str, unit: str, parts: int) -> Dial:
        low, high = RANGES.get(name, (0.0, 1.0))
        dial = Dial(low, high, low, unit, parts, self)
        dial.name(words)
        return dial

    def _settings(self) -> QWidget:
        page, form, lens = QWidget(self), QFormLayout(), QWidget(self._fisheye)
        dials = QFormLayout(lens)
        dials.setContentsMargins(0, 0, 0, 0)
        QVBoxLayout(self._fisheye).addWidget(lens)
        self._fisheye.toggled.connect(lens.setVisible)
        self._fisheye.toggled.connect(lambda on: self._fisheye.setFlat(not on))
        self._fisheye.setFlat(True)
        lens.hide()
        form.addRow("In its tile", self._fit)
        form.addRow("Turned", self._turn)
        form.addRow("", self._mirror)
        for name, words, _, _ in _DIALS:
            dials.addRow(words, self._dials[name])
        left = QVBoxLayout()
        left.addLayout(form)
        left.addWidget(self._fisheye)
        left.addStretch(1)
        row = QHBoxLayout(page)
        row.addLayout(left)
        row.addWidget(self._preview, 1)
        return page

    def _drawing(self) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout()
        for words, key, run in (
            ("New mask", "N", lambda: self._editor.apply("New mask", self._editor.drawing.put_down())),
            ("Remove", "Del", lambda: self._editor.apply("Remove", self._editor.drawing.removed())),
            ("Undo", "Ctrl+Z", self._editor.undo),
            ("Redo", "Ctrl+Shift+Z", self._editor.redo),
        ):
            button = QPushButton(words, page)
            button.setToolTip(f"{words} ({key})")
            button.setAutoDefault(False)
            button.clicked.connect(run)
            button.clicked.connect(self._editor.setFocus)
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(page)
        column.addWidget(_note(KEYS, page))
        column.addWidget(self._editor, 1)
        column.addLayout(row)
        column.addWidget(_note(_ALWAYS, page))
        return page

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(self)
        box.addButton("Show it like this", QDialogButtonBox.ButtonRole.AcceptRole).setToolTip(
            "Every tile, snapshot and export of this camera from now on (Enter)"
        )
        box.addButton(QDialogButtonBox.StandardButton.Cancel).setToolTip("Leave everything as it was (Esc)")
        reset = box.addButton("As it is &sent", QDialogButtonBox.ButtonRole.ResetRole)
        reset.setToolTip("Neither turned, mirrored nor straightened; masks stay (Alt+S)")
        reset.clicked.connect(self.reset)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        return box


def _note(words: str, parent: QWidget) -> QLabel:
    label = QLabel(words, parent)
    label.setObjectName("dim")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
