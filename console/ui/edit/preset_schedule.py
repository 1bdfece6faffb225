"""Presets by the clock: a time, a preset, and days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time

from PySide6.QtWidgets import (
    QCheckBox,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from console.model.wall import Switch
from console.store.walls_schema import MAX_SWITCHES
from console.ui.edit.bars import seen
from console.ui.edit.preset_edit import (
    DAYS,
    day_words,
    next_words,
    with_switches,
)
from console.ui.edit.preset_tabs import WallTab
from console.ui.edit.words import WordsError, time_of
from console.ui.plain import plain_label


class ScheduleTab(WallTab):
    """Which preset is shown at which time of which days."""

    def __init__(self, clock: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__("Switches by the clock", "The switches, by time (Delete takes one away)", parent)
        self._clock = clock
        self.at = QLineEdit(self)
        self.at.setMaxLength(8)
        self.at.setAccessibleName("Time of day")
        self.at.setToolTip("The local time (Alt+M)")
        self.at.editingFinished.connect(self.commit)
        self.preset = self.preset_box("The preset that is shown then (Alt+W)", self._preset_picked)
        days = QWidget(self)
        column = QVBoxLayout(days)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.days: list[QCheckBox] = []
        for name in DAYS:
            box = seen(QCheckBox(name, days))
            box.setToolTip(f"Switch on {name} (Space)")
            box.clicked.connect(lambda _=False: self._days_picked())
            column.addWidget(box)
            self.days.append(box)
        self.form.addRow("Ti&me", self.at)
        self.form.addRow("Sho&ws", self.preset)
        self.form.addRow("On", days)
        self.next = plain_label(self)
        self.next.setWordWrap(True)
        self.next.setAccessibleName("Next switch")
        self.add = self.button("&Add a switch", "One more, at the next full hour (Alt+A)", self._add)
        self.out = self.button("&Delete", "Take this switch away (Alt+D or Delete in the list)", self._remove)
        self.left.addWidget(self.add)
        self.left.addWidget(self.out)
        self.list.removed.connect(self._remove)
        self.build(self.next)

    def chosen(self) -> Switch | None:
        """The picked switch."""
        row = self.row(len(self.wall.schedule))
        return None if row is None else self.wall.schedule[row]

    def commit(self) -> None:
        """What stands in the time field counts."""
        switch = self.chosen()
        if switch is None or self.at.text() == _clock_words(switch.at):
            return
        try:
            at = time_of(self.at.text())
        except WordsError as error:
            self.said.emit(str(error))
            self.at.setText(_clock_words(switch.at))
            return
        self._change(lambda switch: replace(switch, at=at))

    def _lines(self) -> list[str]:
        return [f"{_clock_words(each.at)}  {each.preset}  ({day_words(each.weekdays)})" for each in self.wall.schedule]

    def _show(self) -> None:
        switch = self.chosen()
        for part in (self.at, self.preset, self.out, *self.days):
            part.setEnabled(switch is not None)
        self.add.setEnabled(bool(self.wall.presets))
        if switch is not None:
            self.at.setText(_clock_words(switch.at))
        self._fill_box(self.preset, "" if switch is None else switch.preset)
        for day, box in enumerate(self.days):
            box.setChecked(switch is not None and day in switch.weekdays)
        words = next_words(self.wall, self._clock())
        self.next.setText(words if self.wall.presets else "Remember a preset first; then it can be switched to.")

    def _add(self) -> None:
        if len(self.wall.schedule) >= MAX_SWITCHES:
            self.said.emit(f"There are {MAX_SWITCHES} switches already. Delete some that nobody needs.")
            return
        fresh = Switch(self.wall.presets[0].name, time((self._clock().hour + 1) % 24))
        self._take([*self.wall.schedule, fresh], fresh)
        self.at.setFocus()

    def _remove(self) -> None:
        row = self.row(len(self.wall.schedule))
        if row is not None:
            self._take([each for i, each in enumerate(self.wall.schedule) if i != row])

    def _preset_picked(self) -> None:
        self._change(lambda switch: replace(switch, preset=self.preset.currentText()))

    def _days_picked(self) -> None:
        days = frozenset(day for day, box in enumerate(self.days) if box.isChecked())
        if not days:
            self.said.emit("A switch needs at least one day. Delete it if it is to be on none.")
            self._show()
            return
        self._change(lambda switch: replace(switch, weekdays=days))

    def _change(self, change: Callable[[Switch], Switch]) -> None:
        row = self.row(len(self.wall.schedule))
        if row is None:
            return
        switches = list(self.wall.schedule)
        fresh = change(switches[row])
        if fresh != switches[row]:
            switches[row] = fresh
            self._take(switches, fresh)

    def _take(self, switches: list[Switch], picked: Switch | None = None) -> None:
        wall = with_switches(self.wall, switches)
        self.wanted.emit(wall)
        if picked is not None:
            self.list.setCurrentRow(wall.schedule.index(picked))


def _clock_words(at: time) -> str:
    """ "07:30", with seconds only where there are some."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
