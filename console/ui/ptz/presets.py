"""The list of a camera's presets: go, keep, rename, remove."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.model.commands import GoPreset, RemovePreset, RenamePreset, SetPreset
from console.services.commands import Result
from console.ui.plain import plain_tip
from console.ui.ptz.control import PtzControl
from drivers.ptz import Preset

LONGEST_NAME = 64


class PresetBox(QWidget):
    """Only the Qt thread."""

    def __init__(self, control: PtzControl, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control = control
        self._shown: tuple[Preset, ...] | None = None
        self.list = QListWidget(self)
        self.list.setAccessibleName("Presets")
        self.list.setFixedHeight(96)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # long names are cut
        self.list.itemActivated.connect(self._go)
        self.list.itemClicked.connect(self._go)
        self.keep = self._button("Keep…", "Keep where the camera looks now as a preset", self._keep)
        self.rename = self._button("Rename…", "Another name for the preset", self._rename)
        self.remove = self._button("Remove…", "Forget the preset, in the camera too", self._remove)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.keep, self.rename, self.remove):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list)
        column.addLayout(row)
        self.list.currentRowChanged.connect(lambda _row: self.refresh())

    def refresh(self) -> None:
        """Show what is known now."""
        presets = self._control.known.presets
        if presets != self._shown:
            self._shown = presets
            row = self.list.currentRow()
            self.list.blockSignals(True)
            self.list.clear()
            for number, preset in enumerate(presets, 1):
                key = f"{number % 10}  " if number <= 10 else "    "
                item = QListWidgetItem(f"{key}{preset.name}")
                item.setToolTip(plain_tip(f"{preset.name}\nClick or Enter: go there."))
                self.list.addItem(item)
            self.list.setCurrentRow(min(row, len(presets) - 1))
            self.list.blockSignals(False)
        offered = self._control.known.features.presets > 0
        go, keep = self._control.why_not(GoPreset, offered), self._control.why_not(SetPreset, offered)
        self.list.setEnabled(not go)
        chosen = "" if self._chosen() is not None else "Choose a preset first."
        for widget, why, tip in (
            (self.keep, keep, "Keep where the camera looks now as a preset"),
            (self.rename, keep or chosen, "Another name for the preset"),
            (self.remove, keep or chosen, "Forget the preset, in the camera too"),
        ):
            widget.setEnabled(not why)
            widget.setToolTip(plain_tip(why or tip))
        self.list.setToolTip(plain_tip(go))

    def _button(self, words: str, tip: str, run: object) -> QPushButton:
        button = QPushButton(words, self)
        button.setToolTip(tip)
        button.clicked.connect(run)
        return button

    def _chosen(self) -> Preset | None:
        row, presets = self.list.currentRow(), self._shown or ()
        return presets[row] if 0 <= row < len(presets) else None

    def _go(self, item: QListWidgetItem) -> None:
        self._control.go_preset(self.list.row(item))

    def _keep(self) -> None:
        chosen = self._chosen()
        name = self._ask("Keep where it looks now", f"Preset {len(self._shown or ()) + 1}")
        if not name:
            return
        token = ""
        if chosen is not None and chosen.name == name:
            token = chosen.token  # the same name: look there instead, the name stays one
        self._control.do(SetPreset(self._control.id, name, token), self._changed)

    def _rename(self) -> None:
        chosen = self._chosen()
        name = "" if chosen is None else self._ask("Another name", chosen.name)
        if chosen is not None and name and name != chosen.name:
            self._control.do(RenamePreset(self._control.id, chosen.token, name), self._changed)

    def _remove(self) -> None:
        chosen, camera = self._chosen(), self._control.id
        if chosen is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Remove a preset")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Forget the preset “{chosen.name}”? The camera forgets it too; this cannot be taken back.")
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        if box.clickedButton() is remove:
            self._control.do(RemovePreset(camera, chosen.token, chosen.name), self._changed)
        box.deleteLater()

    def _ask(self, title: str, name: str) -> str:
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText("Name of the preset")
        dialog.setTextValue(name)
        taken = dialog.exec()
        words = dialog.textValue().strip()[:LONGEST_NAME] if taken else ""
        dialog.deleteLater()
        return words

    def _changed(self, result: Result) -> None:
        if result.ok:
            self._control.facts.ask_presets(result.command.device)
