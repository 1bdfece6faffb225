"""The lamps window: the list on the left, the plan on the right, below what to do with those that are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.lamp_leases import LampRef
from console.services.lamps import LampView, LeaseView, Sample, SystemView
from console.ui.fitting import side_window
from console.ui.lamps.lamp_table import LampListView, LampTable
from console.ui.lamps.lease_list import LeaseList
from console.ui.lamps.order_bar import OrderBar
from console.ui.lamps.plan import HINTS, Plan, Tool
from console.ui.lamps.systems_tab import SystemsTab
from console.ui.lamps.words import Condition, Filter, lamps_words, lit_words
from console.ui.plain import OneLine
from console.ui.theme import Theme
from drivers.types import GeoPlace

RADIUS_M = 60
"""How far from a camera lamps are chosen first."""
TABS = ("Lamps", "Orders", "Systems", "Power and faults")
LAMPS, ORDERS, SYSTEMS, PLOTS = range(4)
_CONDITIONS = (
    ("All lamps", None), ("Faulty", Condition.FAULTY), ("Did not obey", Condition.DISOBEYS), ("Driven", Condition.LIT),
)  # fmt: skip


class LampsWindow(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals; ``show_all`` gives it what there is."""

    light_wanted = Signal()
    release_wanted = Signal()
    take_back_wanted = Signal()
    help_wanted = Signal()
    shown = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("Street lamps")
        side_window(self, 1280, 780)
        self._theme = theme
        self._lamps: tuple[LampView, ...] = ()
        self._by_ref: dict[LampRef, LampView] = {}
        self._systems: dict[str, SystemView] = {}
        self._leases: tuple[LeaseView, ...] = ()
        self._samples: tuple[Sample, ...] = ()
        self._chosen: frozenset[LampRef] = frozenset()
        self._around: tuple[int, GeoPlace] | None = None
        self._may = True
        self.model = LampTable(theme)
        self.model.setParent(self)
        self.table = LampListView(self.model, self)
        self.plan = Plan(theme, self)
        self.orders = OrderBar(theme, self)
        self.leases = LeaseList(theme, self)
        self.systems = SystemsTab(theme, self)
        self.tabs = QTabWidget(self)
        self._plots_page = QWidget(self)
        self._plots_column = QVBoxLayout(self._plots_page)
        self._search = QLineEdit(self)
        self._condition, self._where = QComboBox(self), QComboBox(self)
        self._count, self._summary, self._hint = QLabel(self), OneLine(self), OneLine(self)
        self._radius = QSpinBox(self)
        self._around_words = QLabel(self)
        self._tools = QButtonGroup(self)
        self._build()
        self._wire()

    # What it is given

    @property
    def chosen(self) -> frozenset[LampRef]:
        """The lamps that are meant."""
        return self._chosen

    def show_all(
        self, lamps: tuple[LampView, ...], systems: Sequence[SystemView], leases: tuple[LeaseView, ...],
        samples: tuple[Sample, ...], now: datetime, may: bool = True,
    ) -> None:  # fmt: skip
        """Everything as it is now; ``may``: whether whoever sits here may drive lamps."""
        self._lamps, self._leases, self._samples, self._may = lamps, leases, samples, may
        self._by_ref = {view.ref: view for view in lamps}
        self._systems = {view.name: view for view in systems}
        self._fill_where()
        if self.model.show(lamps, tuple(view.lease for view in leases)):
            self.table.choose(self._chosen)
        self.plan.show_lamps(lamps)
        self.leases.show_leases(leases, now, {view.ref: view.lamp.name for view in lamps})
        self.systems.show_systems(systems)
        self.tabs.setTabText(ORDERS, f"Orders ({len(leases)})" if leases else "Orders")
        self._show_chosen()
        self._show_plots()
        self.tell_time(now)

    def tell_time(self, now: datetime) -> None:
        """Count down."""
        self.leases.tell_time(now)
        words = lit_words(self._leases, now)
        self._summary.setText(words or "All lamps follow their own programme.")

    def show_samples(self, samples: tuple[Sample, ...]) -> None:
        """Newer points of the plots."""
        self._samples = samples
        self._show_plots()

    def show_cameras(self, cameras: Mapping[int, GeoPlace], selected: int) -> None:
        """The cameras that have a place."""
        self.plan.show_cameras(cameras, selected)

    def look_around(self, number: int, place: GeoPlace) -> None:
        """The lamps around a camera are meant, ready to be lit by Enter."""
        self._around = (number, place)
        self._around_words.setText(f"Around camera {number}")
        self._around_words.show()
        self._radius.show()
        self.orders.reset()
        self.orders.say("Enter lights them. Another radius takes more or fewer.")
        self._radius_changed()
        self.plan.setFocus()

    def choose(self, refs: frozenset[LampRef]) -> None:
        """Mean these lamps from now on, in the list and on the plan."""
        self._take(refs)
        self.table.choose(refs)

    def chosen_views(self) -> list[LampView]:
        """What is known of the lamps that are meant."""
        return [self._by_ref[ref] for ref in sorted(self._chosen) if ref in self._by_ref]

    def place(self) -> bytes:
        """Where the window is, to be kept."""
        return bytes(self.saveGeometry().data())

    def restore(self, place: bytes) -> None:
        """Put it where it was; anything else than what ``place`` gave is ignored."""
        if place:
            self.restoreGeometry(QByteArray(place))

    # Building

    def _build(self) -> None:
        self._search.setPlaceholderText("Search lamps")
        self._search.setClearButtonEnabled(True)
        self._search.setToolTip("Name, id or system (Ctrl+F)")
        self._search.setAccessibleName("Search lamps")
        for words, wanted in _CONDITIONS:
            self._condition.addItem(words, wanted)
        self._condition.setAccessibleName("Which lamps are listed")
        self._where.setAccessibleName("Of which system or group")
        self._where.setMinimumContentsLength(10)
        self._where.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._count.setObjectName("dim")
        self._hint.setObjectName("dim")
        listed = QWidget(self)
        column = QVBoxLayout(listed)
        column.setContentsMargins(4, 4, 4, 4)
        row = QHBoxLayout()
        row.addWidget(self._search, 2)
        row.addWidget(self._condition, 0)
        row.addWidget(self._where, 1)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self._count)
        self._plots_column.setContentsMargins(0, 0, 0, 0)
        for page, words in zip((listed, self.leases, self.systems, self._plots_page), TABS, strict=True):
            self.tabs.addTab(page, words)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.tabs)
        split.addWidget(self._build_plan())
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([640, 640])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.setSpacing(4)
        whole.addWidget(self._summary)
        whole.addWidget(split, 1)
        whole.addWidget(self.orders)

    def _build_plan(self) -> QWidget:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        for number, tool in enumerate(Tool):
            button = QPushButton(tool.value, right)
            button.setCheckable(True)
            button.setChecked(tool is Tool.PICK)
            button.setToolTip(HINTS[tool])
            self._tools.addButton(button, number)
            button.clicked.connect(partial(self._set_tool, tool))
            row.addWidget(button)
        row.addSpacing(12)
        self._radius.setRange(5, 5000)
        self._radius.setSingleStep(10)
        self._radius.setSuffix(" m")
        self._radius.setValue(RADIUS_M)
        self._radius.setKeyboardTracking(False)
        self._radius.setAccessibleName("Radius around the camera")
        row.addWidget(self._around_words)
        row.addWidget(self._radius)
        row.addStretch(1)
        fit = QPushButton("All", right)
        fit.setToolTip("Show all lamps (0)")
        fit.clicked.connect(self.plan.fit)
        row.addWidget(fit)
        self._around_words.hide()
        self._radius.hide()
        self._hint.setText(HINTS[Tool.PICK])
        column.addLayout(row)
        column.addWidget(self.plan, 1)
        column.addWidget(self._hint)
        return right

    def _wire(self) -> None:
        self._search.textChanged.connect(self._filter)
        self._condition.currentIndexChanged.connect(self._filter)
        self._where.currentIndexChanged.connect(self._filter)
        self._radius.valueChanged.connect(self._radius_changed)
        self.table.chosen.connect(self._take)
        self.table.light_wanted.connect(self.light_wanted)
        self.plan.chosen.connect(self.choose)
        self.plan.light_wanted.connect(self.light_wanted)
        self.plan.tool_changed.connect(self._tool_changed)
        self.orders.light_wanted.connect(self.light_wanted)
        self.orders.release_wanted.connect(self.release_wanted)
        self.leases.lamps_wanted.connect(self.choose)
        self.model.modelReset.connect(self._sorted)
        self.tabs.currentChanged.connect(self._show_plots)
        for key, run in (
            ("Ctrl+F", self._focus_search), ("Ctrl+Z", self.take_back_wanted.emit), ("F1", self.help_wanted.emit),
        ):  # fmt: skip
            QShortcut(QKeySequence(key), self).activated.connect(run)

    # What the hands do

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where nothing else takes it, puts the window away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """It is only hidden; what was lit stays lit."""
        self.closed.emit()
        super().closeEvent(event)

    def _focus_search(self) -> None:
        self.tabs.setCurrentIndex(LAMPS)
        self._search.setFocus()
        self._search.selectAll()

    def _set_tool(self, tool: Tool) -> None:
        self.plan.set_tool(tool)
        self.plan.setFocus()

    def _tool_changed(self) -> None:
        self._hint.setText(HINTS[self.plan.tool])
        self._tools.button(list(Tool).index(self.plan.tool)).setChecked(True)

    def _radius_changed(self) -> None:
        if self._around is not None:
            self.choose(self.plan.show_radius(self._around[1], self._radius.value()))

    def _take(self, refs: frozenset[LampRef]) -> None:
        self._chosen = refs
        self.plan.choose(refs)
        self._show_chosen()

    def _filter(self) -> None:
        system, group = self._where.currentData() or ("", "")
        found = None
        if group and system in self._systems:
            ids = next((each.lamps for each in self._systems[system].groups if each.id == group), frozenset())
            found = (system, ids)
        wanted = Filter(self._search.text(), self._condition.currentData(), system, found)
        if self.model.set_filter(wanted):
            self.table.choose(self._chosen)
        self._show_count()

    def _sorted(self) -> None:
        self.table.choose(self._chosen)

    # What it says

    def _show_chosen(self) -> None:
        self.orders.show_chosen(self.chosen_views(), self._systems, self._may)
        self._show_count()

    def _show_count(self) -> None:
        listed, every = len(self.model.rows), len(self._lamps)
        of = f"{listed} of {lamps_words(every)}" if listed != every else lamps_words(every)
        self._count.setText(f"{of} listed, {len(self._chosen)} chosen")

    def _fill_where(self) -> None:
        """Systems and groups to choose from; rebuilt only where there are others now."""
        entries: list[tuple[str, tuple[str, str]]] = [("All systems", ("", ""))]
        for name, view in self._systems.items():
            entries.append((name, (name, "")))
            entries += [(f"   {group.name} ({len(group.lamps)})", (name, group.id)) for group in view.groups]
        there = [(self._where.itemText(i), self._where.itemData(i)) for i in range(self._where.count())]
        if [(text, tuple(data)) for text, data in there] == entries:
            return
        current = self._where.currentData()
        self._where.blockSignals(True)
        self._where.clear()
        for text, data in entries:
            self._where.addItem(text, data)
        kept = next((i for i, (_, data) in enumerate(entries) if current and data == tuple(current)), 0)
        self._where.setCurrentIndex(kept)
        self._where.blockSignals(False)
        self._filter()

    def _show_plots(self) -> None:
        if self.tabs.currentIndex() != PLOTS:
            return
        from console.ui.lamps.plots import LampPlots  # when it is first wanted: see there

        plots = self._plots_page.findChild(LampPlots)
        if plots is None:
            plots = LampPlots(self._theme, self._plots_page)
            self._plots_column.addWidget(plots)
        plots.show_samples(self._samples)
        plots.show_systems(list(self._systems.values()))
