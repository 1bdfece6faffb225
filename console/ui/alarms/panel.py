"""Alarms on the desk: how many are new, the list, what is put aside, and the selected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.alarm_list import Line, lines, matches, ranked
from console.model.alarms import Alarm, How
from console.services.alarm_view import AlarmsView
from console.ui.alarms.alarm_lines import AlarmLines, AlarmListView
from console.ui.alarms.details import AlarmDetails
from console.ui.alarms.words import NONE_NOW, NOT_READY, new_words, span_words
from console.ui.plain import plain_label, plain_tip
from console.ui.theme import Theme

NOW, SHELVED, SUPPRESSED, OUT = range(4)
VIEWS = ("Now", "Shelved", "By rule", "Out")
_TIPS = (
    "What is wrong now, the worst that nobody has taken first",
    "Put aside by somebody for a time",
    "Suppressed by rules of the site",
    "Out of service until somebody brings them back",
)
_HOW = {SHELVED: How.SHELVED, SUPPRESSED: How.SUPPRESSED, OUT: How.OUT_OF_SERVICE}
_EMPTY = {
    NOW: NONE_NOW, SHELVED: "Nothing is shelved. Z shelves the selected alarm for a time.",
    SUPPRESSED: "No rule suppresses anything. Rules stand in the site file.", OUT: "Nothing is out of service.",
}  # fmt: skip


class AlarmPanel(QWidget):
    """Only the Qt thread. ``show_view`` gives it what there is; what the hands want leaves it as signals."""

    chosen = Signal()
    """Something else is selected."""
    silence_wanted = Signal()
    figures_wanted = Signal()

    def __init__(
        self, theme: Theme, utc: Callable[[], datetime] = lambda: datetime.now(UTC), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._theme, self._utc = theme, utc
        self._view = AlarmsView()
        self._may = True
        self._opened: set[str] = set()
        self._chosen: frozenset[str] = frozenset()
        self.lines = AlarmLines(utc)
        self.lines.setParent(self)
        self.list = AlarmListView(theme, self.lines, self)
        self.details = AlarmDetails(self)
        self._new = plain_label(self)
        self._sound = QPushButton("Silence", self)
        self._figures = QPushButton("Figures…", self)
        self._search = QLineEdit(self)
        self._flood, self._trouble, self._unheard, self._empty = (plain_label(self) for _ in range(4))
        self._views = QButtonGroup(self)
        self._stack = QStackedWidget(self)
        self._build()
        self.list.chosen.connect(self._selected)
        self.list.group_wanted.connect(self.toggle_group)
        self._views.idClicked.connect(lambda _: self._other_page())
        self._search.textChanged.connect(lambda _: self._renew(moved=True))
        self._sound.clicked.connect(self.silence_wanted)
        self._figures.clicked.connect(self.figures_wanted)
        self.show_unheard("")
        self.show_view(self._view, may=True)

    # What it is given

    def show_view(self, view: AlarmsView, may: bool) -> None:
        """All alarms as they are now; ``may``: whether whoever sits here may do something to them."""
        self._view, self._may = view, may
        self._renew()

    def show_silence(self, seconds: float) -> None:
        """For how long alarms are silenced still, 0: they are not."""
        self._sound.setText(f"Silent {span_words(seconds)}" if seconds else "Silence")

    def show_unheard(self, sentence: str) -> None:
        """Why alarms cannot be heard, for as long as that is so; "": they can."""
        self._unheard.setVisible(bool(sentence))
        self._unheard.setText("▲ Alarms are not heard: no sound here" if sentence else "")
        self._unheard.setToolTip(plain_tip(sentence))

    def tell_time(self) -> None:
        """Once a second: what is told of time."""
        self._show_details()

    # What the hands do

    @property
    def chosen_alarms(self) -> tuple[Alarm, ...]:
        """The alarms that are meant."""
        return tuple(ranked(each for each in self._view.alarms if each.id in self._chosen))

    def choose(self, alarm: Alarm) -> None:
        """Mean this alarm, and show it: where it is put aside on that list, in a group with the group open."""
        page = NOW if alarm.aside is None else next(page for page, how in _HOW.items() if how is alarm.aside.how)
        self._views.button(page).setChecked(True)
        if not matches(alarm, self._search.text()):
            self._search.clear()
        self._chosen = frozenset({alarm.id})
        self._opened.update(
            line.name for line in self._lines_now() if line.grouped and any(each.id == alarm.id for each in line.alarms)
        )
        self._renew(moved=True, scroll=True)
        self.chosen.emit()

    def toggle_group(self, name: str) -> None:
        """Spread a line of several out, or fold it."""
        self._opened ^= {name}
        self._renew(moved=True)
        self.list.point_at(name)

    def _other_page(self) -> None:
        """What is selected is seen: other lists, other alarms."""
        there = {each.id for line in self._lines_now() for each in line.alarms}
        self._chosen &= there
        self._renew(moved=True)
        self.chosen.emit()

    def focus_search(self) -> None:
        """Type words that alarms must have."""
        self._search.setFocus()
        self._search.selectAll()

    # Building

    def _build(self) -> None:
        title = plain_label(self, "Alarms")
        title.setObjectName("heading")
        self._new.setAccessibleName("How many alarms are new")
        self._sound.setToolTip("The sound of what waits now is off for some minutes, or until something new comes (X)")
        self._figures.setToolTip("Rates, times and floods (Ctrl+Shift+A)")
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(title)
        head.addSpacing(6)
        head.addWidget(self._new)
        head.addStretch(1)
        for button in (self._sound, self._figures):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setStyleSheet("padding: 4px 8px;")
            head.addWidget(button)
        tabs = QHBoxLayout()
        tabs.setSpacing(2)
        for page, words in enumerate(VIEWS):
            button = QPushButton(words, self)
            button.setCheckable(True)
            button.setChecked(page == NOW)
            button.setToolTip(_TIPS[page])
            button.setStyleSheet("padding: 3px 4px;")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._views.addButton(button, page)
            tabs.addWidget(button, 1)
        self._search.setPlaceholderText("Filter: words, a camera number")
        self._search.setClearButtonEnabled(True)
        self._search.setAccessibleName("Filter alarms")
        for label in (self._flood, self._trouble, self._unheard):
            label.setStyleSheet(f"color: {self._theme.high};")
            label.setContentsMargins(2, 0, 0, 0)
        self._flood.setToolTip(
            "Ten came within ten minutes. Click a line, or press Enter, to see each; critical ones\nstand alone"
        )
        self._trouble.setWordWrap(True)
        self._empty.setWordWrap(True)
        self._empty.setObjectName("dim")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(16)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty)
        self._stack.setMinimumHeight(self.list.fontMetrics().height() * 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(tabs)
        column.addWidget(self._search)
        column.addWidget(self._trouble)
        column.addWidget(self._unheard)
        column.addWidget(self._flood)
        column.addWidget(self._stack, 3)
        column.addWidget(self.details, 2)

    # What it says

    @property
    def page(self) -> int:
        """Which list is seen."""
        return self._views.checkedId()

    def _lines_now(self) -> list[Line]:
        """The lines of the list that is seen."""
        words = self._search.text()
        how = _HOW.get(self.page)
        if how is not None:
            return [Line((each,)) for each in self._view.aside[how] if not words or matches(each, words)]
        shown = [each for each in self._view.shown if not words or matches(each, words)]
        return lines(shown, self._view.flood and not words, self._opened)

    def _renew(self, moved: bool = False, scroll: bool = False) -> None:
        there = self._view.ids
        self._chosen &= there
        found = self._lines_now()
        if self.lines.show(found) or moved:
            self.list.choose(self._chosen, scroll)
        self._stack.setCurrentIndex(0 if found else 1)
        words = _EMPTY[self.page] if self._view.ready else NOT_READY
        self._empty.setText("Nothing on this list has these words." if self._search.text() and there else words)
        self._show_head()
        self._show_details()

    def _show_head(self) -> None:
        view, waits = self._view, self._view.waits
        self._new.setText(new_words(waits))
        colour = view.shown[0].priority.value if waits else "dim"
        self._new.setStyleSheet(f"color: {getattr(self._theme, colour)}; font-weight: {'bold' if waits else 'normal'};")
        for page, words in enumerate(VIEWS):
            count = len(view.shown) if page == NOW else len(view.aside[_HOW[page]])
            self._views.button(page).setText(f"{words} {count}" if count else words)
        self._flood.setVisible(self._view.flood)
        self._flood.setText("▲ Flood: alarms that are alike stand in one line")
        self._trouble.setVisible(bool(self._view.trouble))
        self._trouble.setText(f"▲ Alarms cannot be kept: {self._view.trouble}")
        self._sound.setEnabled(bool(waits))

    def _show_details(self) -> None:
        self.details.show_alarms(self.chosen_alarms, self._utc(), self._may)

    def _selected(self, alarms: Sequence[Alarm]) -> None:
        self._chosen = frozenset(each.id for each in alarms)
        self._show_details()
        self.chosen.emit()
