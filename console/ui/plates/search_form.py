"""What to look for: plate, area, time, cameras."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from console.model.named_cameras import AskedCameras, as_sources_say
from console.model.plate_pattern import LONGEST_PATTERN, parse_pattern
from console.model.plate_queries import Area, Circle, PlateQuery
from console.model.typed_place import LONGEST, area_text, parse_area
from console.ui.plates.search_times import TimeRange

AreaFromMap = Callable[[Callable[[Circle | Area], None]], None]
"""Let somebody draw an area on the map; the function that is handed over takes it."""
LONGEST_CAMERAS = 1000


class SearchForm(QWidget):
    """Only the Qt thread. ``from_map`` None: there is no map yet, areas are typed. ``asked`` says which cameras are
    meant by what was typed."""

    search_wanted = Signal()

    def __init__(
        self,
        utc: Callable[[], datetime],
        from_map: AreaFromMap | None = None,
        parent: QWidget | None = None,
        asked: AskedCameras = as_sources_say,
    ) -> None:
        super().__init__(parent)
        self._from_map, self._asked = from_map, asked
        self.plate = line(self, "all plates; AB*12, ?B123", "* any characters, ? exactly one (Ctrl+F)", LONGEST_PATTERN)
        self.plate.setMinimumWidth(self.plate.fontMetrics().horizontalAdvance("0" * 10) + 44)
        self.near = QCheckBox("and &near ones", self)
        self.near.setToolTip(
            "Also what a reader may have made of it: 0 for O, one character wrong, missing or too many"
        )
        self.area = line(self, "everywhere; 52.5200, 13.4050", "", LONGEST)
        self.area.setToolTip(
            "One place, meant with the radius; two opposite corners; or three and more corners of an area: latitude, "
            "longitude; latitude, longitude; …"
        )
        self.radius = metres_box(self, 500)
        self.map = QPushButton("From the &map", self)
        self.map.setToolTip("Draw the area on the map")
        self.map.setVisible(from_map is not None)
        self.cameras = line(self, "all cameras; 5, Main St / 2nd", "", LONGEST_CAMERAS)
        self.cameras.setToolTip("Numbers or names of cameras, or what a source calls its own; several with commas")
        self.times = TimeRange(utc, self)
        self.button = QPushButton("&Search", self)
        self.button.setToolTip("Search (Enter)")
        self.button.setDefault(True)
        self._build()
        for field in (self.plate, self.area, self.cameras):
            field.returnPressed.connect(self.search_wanted)
        self.button.clicked.connect(self.search_wanted)
        self.map.clicked.connect(self._draw)

    def query(self) -> PlateQuery:
        """The question. Raises PatternError, QueryError."""
        pattern = parse_pattern(self.plate.text()) if self.plate.text().strip() else None
        begin, end = self.times.span()
        cameras, called = self._asked(self.cameras.text())
        near = self.near.isChecked() and pattern is not None
        area = parse_area(self.area.text(), self.radius.value())
        return PlateQuery(begin, end, pattern, near, area, cameras, called=called)

    def show_area(self, area: Circle | Area) -> None:
        """An area that was drawn or is known."""
        self.area.setText(area_text(area))
        if isinstance(area, Circle):
            self.radius.setValue(round(area.metres))

    def _draw(self) -> None:
        if self._from_map is not None:
            self._from_map(self.show_area)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        plate, area, cameras = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row_of in (plate, area, cameras):
            row_of.setSpacing(6)
        plate.addWidget(self.plate, 1)
        plate.addWidget(self.near)
        area.addWidget(self.area, 1)
        area.addWidget(QLabel("radius", self))
        area.addWidget(self.radius)
        area.addWidget(self.map)
        cameras.addWidget(self.cameras, 1)
        cameras.addWidget(self.button)
        cells = (
            (0, 0, "&Plate", self.plate, plate), (0, 2, "&When", self.times, None), (1, 0, "&Area", self.area, area),
            (1, 2, "&Cameras", self.cameras, cameras),
        )  # fmt: skip
        for row, column, words, field, layout in cells:
            label = QLabel(words, self)
            label.setBuddy(field.choice if isinstance(field, TimeRange) else field)
            grid.addWidget(label, row, column)
            if layout is None:
                grid.addWidget(field, row, column + 1)
            else:
                grid.addLayout(layout, row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.setHorizontalSpacing(8)


def line(parent: QWidget, hint: str, tip: str, most: int) -> QLineEdit:
    """A field for words."""
    field = QLineEdit(parent)
    field.setPlaceholderText(hint)
    field.setToolTip(tip)
    field.setMaxLength(most)
    field.setClearButtonEnabled(True)
    return field


def metres_box(parent: QWidget, value: int, most: int = 50_000) -> QSpinBox:
    """A field for metres."""
    box = QSpinBox(parent)
    box.setRange(1, most)
    box.setSingleStep(50)
    box.setValue(value)
    box.setSuffix(" m")
    box.setAccessibleName("Radius")
    return box
