"""A tour of presets: one after another."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QLineEdit,
    QWidget,
)

from console.store.walls_schema import MAX_STOPS
from console.ui.edit.preset_edit import (
    with_stops,
)
from console.ui.edit.preset_tabs import WallTab
from console.ui.edit.words import WordsError, seconds_of
from console.ui.plain import plain_label


class TourTab(WallTab):
    """Presets one after another."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            "Stops of the tour", "The stops in order (Alt+Up and Alt+Down move one, Delete takes it away)", parent
        )
        self.preset = self.preset_box("The preset of this stop (Alt+W)", self.commit)
        self.seconds = QLineEdit(self)
        self.seconds.setMaxLength(12)
        self.seconds.setAccessibleName("Seconds of this stop")
        self.seconds.setToolTip("How long it stays (Alt+O)")
        self.seconds.editingFinished.connect(self.commit)
        self.form.addRow("Sho&ws", self.preset)
        self.form.addRow("Sec&onds", self.seconds)
        self.note = plain_label(self)
        self.note.setObjectName("dim")
        self.note.setWordWrap(True)
        self.add = self.button("&Add a stop", "One more at the end (Alt+A)", self._add)
        self.up = self.button("&Up", "This stop earlier (Alt+U, Alt+Up in the list)", lambda: self._shift(-1))
        self.down = self.button("Down", "This stop later (Alt+Down in the list)", lambda: self._shift(1))
        self.out = self.button("&Delete", "Take this stop away (Alt+D or Delete in the list)", self._remove)
        for button in (self.add, self.up, self.down, self.out):
            self.left.addWidget(button)
        self.list.removed.connect(self._remove)
        self.list.shifted.connect(self._shift)
        self.build(self.note)

    def commit(self) -> None:
        """What stands in the fields counts."""
        row = self.row(len(self.wall.tour.stops))
        if row is None:
            return
        stops = list(self.wall.tour.stops)
        try:
            stops[row] = self.preset.currentText() or stops[row][0], seconds_of(self.seconds.text())
        except WordsError as error:
            self.said.emit(str(error))
            self._show()
            return
        self._take(stops, row)

    def _lines(self) -> list[str]:
        return [f"{i}.  {name},  {seconds:g} s" for i, (name, seconds) in enumerate(self.wall.tour.stops, start=1)]

    def _show(self) -> None:
        row, stops = self.row(len(self.wall.tour.stops)), self.wall.tour.stops
        for part in (self.preset, self.seconds, self.out, self.up, self.down):
            part.setEnabled(row is not None)
        self.add.setEnabled(bool(self.wall.presets))
        self._fill_box(self.preset, "" if row is None else stops[row][0])
        if row is not None:
            self.seconds.setText(f"{stops[row][1]:g}")
        whole = sum(seconds for _, seconds in stops)
        if not self.wall.presets:
            self.note.setText("Remember presets first; then they can be shown in turn.")
        elif not stops:
            self.note.setText("No tour. Add stops to show presets one after another.")
        else:
            self.note.setText(
                f"One round takes {whole:g} s. When an operator changes the wall the tour stands still for a while."
            )

    def _add(self) -> None:
        stops = list(self.wall.tour.stops)
        if len(stops) >= MAX_STOPS:
            self.said.emit(f"There are {MAX_STOPS} stops already. Delete some first.")
            return
        names = [preset.name for preset in self.wall.presets]
        after = names.index(stops[-1][0]) + 1 if stops and stops[-1][0] in names else 0
        self._take([*stops, (names[after % len(names)], stops[-1][1] if stops else 30.0)], len(stops))

    def _remove(self) -> None:
        row = self.row(len(self.wall.tour.stops))
        if row is not None:
            self._take([stop for i, stop in enumerate(self.wall.tour.stops) if i != row], row)

    def _shift(self, by: int) -> None:
        stops = list(self.wall.tour.stops)
        row = self.row(len(stops))
        if row is not None and 0 <= row + by < len(stops):
            stops[row], stops[row + by] = stops[row + by], stops[row]
            self._take(stops, row + by)

    def _take(self, stops: list[tuple[str, float]], row: int) -> None:
        if tuple(stops) != self.wall.tour.stops:
            self.wanted.emit(with_stops(self.wall, stops))
            self.list.setCurrentRow(min(row, len(stops) - 1))
