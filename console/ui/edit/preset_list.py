"""The presets of the wall: name, function key, what they hold."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QWidget,
)

from console.model.wall import Preset, Wall
from console.ui.edit.preset_edit import (
    KEYS,
    PresetError,
    key_words,
    preset_words,
    remembered,
    renamed,
    replaced,
    with_key,
)
from console.ui.edit.preset_tabs import WallTab
from console.ui.plain import plain_label


class PresetsTab(WallTab):
    """Which presets there are: name, function key, what they hold."""

    show_wanted = Signal(str)

    def __init__(self, now: Callable[[], Wall], confirm: Callable[[str], bool], parent: QWidget) -> None:
        super().__init__("Presets", "The presets (arrow keys; F2 names one, Delete takes it away)", parent)
        self._now, self._confirm = now, confirm
        self.name = QLineEdit(self)
        self.name.setMaxLength(80)
        self.name.setAccessibleName("Name of the preset")
        self.name.setToolTip("What the preset is called (F2, Alt+N)")
        self.name.editingFinished.connect(self._renamed)
        self.key = QComboBox(self)
        self.key.setAccessibleName("Function key of the preset")
        self.key.setToolTip("The key that shows it (Alt+K). F1 is the help and F11 the full screen")
        self.key.activated.connect(self._keyed)
        self.holds = plain_label(self)
        self.holds.setWordWrap(True)
        self.holds.setObjectName("dim")
        self.form.addRow("&Name", self.name)
        self.form.addRow("Function &key", self.key)
        self.add = self.button(
            "&Remember the wall as it is now", "A new preset with all that is on the monitors (Alt+R)", self._remember
        )
        self.left.addWidget(self.add)
        self.fresh = self.button(
            "Re&place", "This preset takes what is on the wall now, in place of what it holds (Alt+P)", self._replace
        )
        self.now_button = self.button("&Show now", "Show it on the wall at once (Alt+S)", self._show_now)
        self.out = self.button("&Delete", "Take this preset away (Alt+D or Delete in the list)", self._remove)
        for button in (self.now_button, self.fresh, self.out):
            self.right.addWidget(button)
        self.right.addStretch(1)
        self.list.removed.connect(self._remove)
        self.build(self.holds)

    def chosen(self) -> Preset | None:
        """The picked preset."""
        row = self.row(len(self.wall.presets))
        return None if row is None else self.wall.presets[row]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 names the picked preset."""
        if event.key() == Qt.Key.Key_F2 and self.chosen() is not None:
            self.name.setFocus()
            self.name.selectAll()
            return
        super().keyPressEvent(event)

    def commit(self) -> None:
        """What stands in the name field counts."""
        self._renamed()

    def _lines(self) -> list[str]:
        return [f"{each.name}    {key_words(each.key)}".rstrip() for each in self.wall.presets]

    def _show(self) -> None:
        preset = self.chosen()
        for part in (self.name, self.key, self.fresh, self.now_button, self.out):
            part.setEnabled(preset is not None)
        words = "" if preset is None else preset.name
        if self.name.text() != words:
            self.name.setText(words)
        self.key.blockSignals(True)
        self.key.clear()
        self.key.addItem("none", None)
        for key in KEYS:
            holder = self.wall.on_key(key)
            taken = "" if holder is None or holder == preset else f"  (now {holder.name})"
            self.key.addItem(f"F{key}{taken}", key)
        self.key.setCurrentIndex(max(0, self.key.findData(None if preset is None else preset.key)))
        self.key.blockSignals(False)
        none = "No presets yet. Arrange the wall, then remember it here."
        self.holds.setText(none if preset is None else preset_words(preset))

    def _remember(self) -> None:
        try:
            wall, name = remembered(self.wall, self._now())
        except PresetError as error:
            self.said.emit(str(error))
            return
        self.wanted.emit(wall)
        self.list.setCurrentRow(len(self.wall.presets) - 1)
        self.name.setFocus()
        self.name.selectAll()
        self.said.emit(f"The wall as it is now is in “{name}”. Give it a name.")

    def _replace(self) -> None:
        preset = self.chosen()
        if preset is not None:
            self.wanted.emit(replaced(self.wall, preset.name, self._now()))
            self.said.emit(f"“{preset.name}” has what is on the wall now. Cancel takes it back.")

    def _renamed(self) -> None:
        preset = self.chosen()
        if preset is None or self.name.text() == preset.name:
            return
        try:
            wall = renamed(self.wall, preset.name, self.name.text())
        except PresetError as error:
            self.said.emit(str(error))
            self.name.setText(preset.name)
            return
        self.wanted.emit(wall)

    def _keyed(self) -> None:
        preset, key = self.chosen(), self.key.currentData()
        if preset is None:
            return
        before = None if key is None else self.wall.on_key(key)
        self.wanted.emit(with_key(self.wall, preset.name, key))
        if before is not None and before.name != preset.name:
            self.said.emit(f"F{key} shows “{preset.name}” now, no longer “{before.name}”.")

    def _remove(self) -> None:
        preset = self.chosen()
        if preset is None:
            return
        uses = sum(each.preset == preset.name for each in self.wall.schedule)
        uses += sum(stop == preset.name for stop, _ in self.wall.tour.stops)
        question = f"“{preset.name}” is in the schedule or the tour. Delete it there too?"
        if not uses or self._confirm(question):
            self.wanted.emit(self.wall.without_preset(preset.name))
            self.said.emit(f"“{preset.name}” is gone. Cancel brings it back.")

    def _show_now(self) -> None:
        preset = self.chosen()
        if preset is not None:
            self.show_wanted.emit(preset.name)
