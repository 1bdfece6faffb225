"""Several incidents, each with its place and time: who was near more than one?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from console.model.plate_queries import MOST_INCIDENTS, Circle, Incident, IncidentsQuery, QueryError
from console.model.typed_place import parse_place, place_text
from console.ui.plates.search_form import line, metres_box
from console.ui.plates.search_times import moment, put, when_edit
from drivers.types import GeoPlace


class IncidentRow(QWidget):
    """One incident."""

    search_wanted = Signal()
    remove_wanted = Signal()

    def __init__(self, number: int, at: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.place = line(self, "52.5200, 13.4050", "Where: latitude, longitude", 100)
        self.at = when_edit(self)
        self.at.setAccessibleName("When")
        put(self.at, at)
        self.metres = metres_box(self, 500)
        self.minutes = QSpinBox(self)
        self.minutes.setRange(1, 1440)
        self.minutes.setValue(20)
        self.minutes.setPrefix("± ")
        self.minutes.setSuffix(" min")
        self.minutes.setAccessibleName("Minutes before and after")
        self.remove = QPushButton("Remove", self)
        self.remove.setToolTip("Take this incident out")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.label, self.place, self.at, self.metres, self.minutes, self.remove):
            row.addWidget(widget, 1 if isinstance(widget, QLineEdit) else 0)
        self.place.returnPressed.connect(self.search_wanted)
        self.remove.clicked.connect(self.remove_wanted)
        self.renumber(number)

    def renumber(self, number: int) -> None:
        """It is this one of the incidents, counted from 1."""
        self.label.setText(f"Incident {number}")
        self.place.setAccessibleName(f"Place of incident {number}")

    def incident(self) -> Incident:
        """What it says. Raises QueryError, which names it."""
        name = self.label.text()
        try:
            window = timedelta(minutes=self.minutes.value())
            return Incident(parse_place(self.place.text()), moment(self.at), float(self.metres.value()), window, name)
        except QueryError as error:
            raise QueryError(f"{name}: {error}") from None


class IncidentsForm(QWidget):
    """Only the Qt thread."""

    search_wanted = Signal()

    def __init__(self, utc: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._utc = utc
        self.rows: list[IncidentRow] = []
        self.add = QPushButton("A&dd an incident", self)
        self.add.setToolTip("One more incident (Ctrl+N)")
        self.least = QSpinBox(self)
        self.least.setRange(2, MOST_INCIDENTS)
        self.least.setAccessibleName("Near how many incidents at least")
        self.button = QPushButton("&Search", self)
        self.button.setToolTip("Search (Enter)")
        inside = QWidget(self)
        inside.setObjectName("panel")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        bottom = QHBoxLayout()
        bottom.addWidget(self.add)
        bottom.addWidget(QLabel("Show plates that were near", self))
        bottom.addWidget(self.least)
        bottom.addWidget(QLabel("or more of them", self))
        bottom.addStretch(1)
        bottom.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addWidget(self._scroll)
        column.addLayout(bottom)
        self.add.clicked.connect(self.add_row)
        self.button.clicked.connect(self.search_wanted)
        QShortcut(QKeySequence("Ctrl+N"), self, self.add_row, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.add_row()
        self.add_row()

    def query(self) -> IncidentsQuery:
        """The question. Raises QueryError."""
        return IncidentsQuery(tuple(row.incident() for row in self.rows), self.least.value())

    def add_row(self) -> None:
        """One more incident, at the time of the last one."""
        if len(self.rows) >= MOST_INCIDENTS:
            return
        at = moment(self.rows[-1].at) if self.rows else self._utc()
        row = IncidentRow(len(self.rows) + 1, at, self)
        row.search_wanted.connect(self.search_wanted)
        row.remove_wanted.connect(lambda: self.remove_row(row))
        self.rows.append(row)
        self._column.addWidget(row)
        self._renew()
        row.place.setFocus()

    def remove_row(self, row: IncidentRow) -> None:
        """One incident less; two stay."""
        if len(self.rows) <= 2 or row not in self.rows:
            return
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._renew()

    def put_incident(self, number: int, place: GeoPlace, at: datetime, metres: float | None = None) -> None:
        """An incident that is known, as an alarm; ``number`` from 0, one after the last adds one."""
        while number >= len(self.rows) < MOST_INCIDENTS:
            self.add_row()
        row = self.rows[number]
        row.place.setText(place_text(place))
        put(row.at, at)
        if metres is not None:
            Circle(place, metres)
            row.metres.setValue(round(metres))

    def next_number(self) -> int:
        """Where the next known incident goes: the first row without a place, else one after the last."""
        empty = (number for number, row in enumerate(self.rows) if not row.place.text().strip())
        return next(empty, min(len(self.rows), MOST_INCIDENTS - 1))

    def _renew(self) -> None:
        for number, row in enumerate(self.rows, 1):
            row.renumber(number)
            row.remove.setEnabled(len(self.rows) > 2)
        self.add.setEnabled(len(self.rows) < MOST_INCIDENTS)
        self.least.setMaximum(max(2, len(self.rows)))
        tall = self.rows[0].sizeHint().height() + self._column.spacing()
        self._scroll.setFixedHeight(tall * min(4, len(self.rows)))
