"""Street lamps at the desk: keys, list, plan, orders, what failed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_lamps import EXPIRES, PROGRAMME, FakeLampSystem, luminaires
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_console import House
from ui_fakes import camera, colours, shot
from ui_room import Room

from console.acting import audit_of
from console.model.permissions import Actor, Policy, Role
from console.model.site import Site
from console.services.audit_trail import AuditTrail
from console.services.commands import Commands
from console.services.device_queue import DeviceQueues
from console.services.lamps import Lamps, Sample
from console.ui.lamps.control import LampControl
from console.ui.lamps.lamp_table import LEVEL, STATE
from console.ui.lamps.plan import Tool
from console.ui.lamps.window import LAMPS, ORDERS, PLOTS, SYSTEMS, LampsWindow
from console.ui.lamps.words import Condition, Filter, left_words
from console.ui.theme import DARK
from drivers.errors import Unsupported
from drivers.luminaires import LampFault, LampFeatures, LampGroup, LampNews, LampState, Outcome
from drivers.ptz import DeviceControls
from drivers.types import GeoPlace

START = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
CHIEF = Actor("chief", Role.SUPERVISOR, "desk-2")
HIGH = tuple(DARK.color("high").getRgb()[:3])  # type: ignore[arg-type]


def no_controls(device: str) -> DeviceControls:
    raise Unsupported(device, "no camera here")


class Street:
    """A desk with lamps behind a real door. Time stands still until a test lets it pass."""

    def __init__(self, qtbot: QtBot, room: Room, folder: Path) -> None:
        self.now = START
        self.actor = Actor("anna", Role.OPERATOR, "desk-1")
        self.notes: list[str] = []
        self.lit: list[str] = []
        self.helped: list[str] = []
        self.site = Site("Town", tuple(replace(camera(n), place=GeoPlace(48.2, 16.37 + 0.0003 * n)) for n in (1, 2)))
        self.queues = DeviceQueues(4, name="commands")
        self.trail = AuditTrail(lambda: audit_of(folder))
        self.commands = Commands(
            self.queues, self.trail, no_controls, lambda device: device, lambda: self.policy,
            lamps=lambda command: self.lamps.dispatch(command),
        )  # fmt: skip
        self.policy = Policy()
        self.lamps = Lamps(
            self.commands, lambda: None, utc=lambda: self.now, clock=lambda: (self.now - START).total_seconds()
        )
        self.room, self.folder = room, folder
        self.control = LampControl(
            self.lamps, lambda: self.actor, lambda: self.site, room.desk.room, DARK, room.desk, self.notes.append,
            self.lit.append, self.helped.append, folder / "lamps.window", lambda: self.now,
        )  # fmt: skip
        for action in self.control.actions():
            room.desk.add_action(action)

    def system(self, count: int = 10, name: str = "North", features: LampFeatures = EXPIRES) -> FakeLampSystem:
        fake = FakeLampSystem(name, luminaires(count), features, utc=lambda: self.now)
        self.lamps.start([fake])
        return fake

    def settle(self) -> None:
        for _ in range(3):
            for name in ("North", "South"):
                self.queues.submit(name, lambda: None).result(20)
            self.lamps.tick((self.now - START).total_seconds())
        self.control.look()
        self.control.look_closely()

    @property
    def window(self) -> LampsWindow:
        return self.control.window

    def press(self, key: Qt.Key, mods: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.room.desk.own_wall.surface, key, mods)

    def close(self) -> None:
        self.control.close()
        self.lamps.close()
        self.queues.close()
        self.trail.close()


@pytest.fixture
def street(qtbot: QtBot, room: Room, tmp_path: Path) -> Iterator[Street]:
    street = Street(qtbot, room, tmp_path)
    try:
        yield street
    finally:
        street.close()


def refs(*numbers: int, system: str = "North") -> frozenset[tuple[str, str]]:
    return frozenset((system, f"L{number:04d}") for number in numbers)


# By keys alone


def test_one_key_chooses_the_lamps_around_the_camera_and_enter_lights_them(street: Street) -> None:
    north = street.system(20)
    street.press(Qt.Key.Key_L)
    window = street.window
    assert window.isVisible()
    near = window.chosen
    assert refs(1) <= near  # camera 1 hangs at lamp 1
    assert len(near) == 3, "about 22 m from lamp to lamp"
    QTest.keyClick(window.plan, Qt.Key.Key_Return)
    street.settle()
    assert {lamp for lamp, level in north.levels.items() if level == 100} == {lamp for _, lamp in near}
    assert north.orders[0].until == START + timedelta(minutes=10)
    assert street.lit[-1] == "3 lamps lit, 10:00 left"
    assert "Shift+L" in window.orders.said
    street.press(Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    street.settle()
    assert set(north.levels.values()) == {PROGRAMME}
    assert street.notes[-1] == "Released: 3 lamps."
    assert street.lit[-1] == ""


def test_another_radius_takes_more(street: Street) -> None:
    street.system(20)
    street.control.around()
    street.window._radius.setValue(200)
    assert len(street.window.chosen) > 5
    street.window._radius.setValue(5)
    assert street.window.chosen == refs(1)


def test_a_camera_without_a_place_says_so(street: Street) -> None:
    street.system(5)
    street.site = Site("Town", (camera(1),))
    street.control.around()
    assert "no place yet" in street.notes[-1]
    assert street.window.isVisible()


def test_no_lamp_near_says_so(street: Street) -> None:
    street.site = Site("Town", (replace(camera(1), place=GeoPlace(10.0, 10.0)),))
    street.system(5)
    street.control.around()
    assert "Take a larger radius" in street.notes[-1]


def test_ctrl_z_takes_back_what_was_lit_last(street: Street) -> None:
    north = street.system(5)
    street.control.open()
    for numbers in ((1, 2), (3,)):
        street.window.choose(refs(*numbers))
        street.control.light()
        street.settle()
    street.control.take_back()
    street.settle()
    assert [north.levels[f"L000{n}"] for n in (1, 2, 3)] == [100, 100, PROGRAMME]
    street.control.take_back()
    street.control.take_back()
    street.settle()
    assert set(north.levels.values()) == {PROGRAMME}
    assert "nothing to take back" in street.notes[-1]


def test_shift_l_without_light_says_so(street: Street) -> None:
    street.control.release_mine()
    assert street.notes == ["No lamp is lit by you."]


# The list


def test_the_list_says_what_each_lamp_does(street: Street) -> None:
    north = street.system(5)
    street.lamps.light(refs(1, 2), 80, 600, street.actor)
    street.lamps.light(refs(2), 40, 1200, CHIEF)
    street.settle()
    north.fault("L0003", LampFault.LAMP)
    street.control.open()
    model = street.window.model
    states = [model.index(row, STATE).data() for row in range(5)]
    assert states[0].startswith("● 80 % for anna until ")
    assert states[0].endswith("then programme")
    assert states[1].endswith("then 40 % for chief")
    assert states[2] == "▲ lamp failed"
    assert states[3] == "○ on programme"
    assert model.index(3, LEVEL).data() == "60 %"
    assert model.index(2, STATE).data(Qt.ItemDataRole.ForegroundRole) == DARK.color("high")
    assert model.index(3, STATE).data(Qt.ItemDataRole.ForegroundRole) is None


def test_filters_leave_what_is_asked_for(street: Street) -> None:
    north = FakeLampSystem(
        "North", luminaires(5), groups=(LampGroup("g1", "Main St", frozenset({"L0001", "L0002"})),),
        utc=lambda: street.now,
    )  # fmt: skip
    south = FakeLampSystem("South", luminaires(3), utc=lambda: street.now)
    street.lamps.start([north, south])
    north.fault("L0002", LampFault.LAMP)
    street.lamps.light(refs(4), 100, 600, street.actor)
    street.settle()
    lamps = street.lamps.lamps()

    def listed(wanted: Filter) -> list[str]:
        return [f"{view.ref[0][0]}{view.ref[1][-1]}" for view in wanted.shown(lamps)]

    assert len(listed(Filter())) == 8
    assert listed(Filter(condition=Condition.FAULTY)) == ["N2"]
    assert listed(Filter(condition=Condition.LIT)) == ["N4"]
    assert listed(Filter(system="South")) == ["S1", "S2", "S3"]
    assert listed(Filter(system="North", group=("North", frozenset({"L0001", "L0002"})))) == ["N1", "N2"]
    assert listed(Filter("lamp 3")) == ["N3", "S3"]
    assert listed(Filter("NORTH 3")) == ["N3"]
    street.control.open()
    window = street.window
    assert [window._where.itemText(i).strip() for i in range(window._where.count())] == [
        "All systems", "North", "Main St (2)", "South",
    ]  # fmt: skip
    window._where.setCurrentIndex(2)
    assert len(window.model.rows) == 2
    window._search.setText("lamp 2")
    assert [view.lamp.name for view in window.model.rows] == ["Lamp 2"]
    assert window._count.text() == "1 of 8 lamps listed, 0 chosen"


def test_what_is_chosen_stays_chosen_while_lamps_change_and_are_sorted(street: Street) -> None:
    north = street.system(10)
    street.control.open()
    window = street.window
    window.choose(refs(2, 5))
    north.tell(LampNews("North", states=(LampState("L0002", START + timedelta(seconds=1), 5.0),)))
    street.control.look()
    window.table.sortByColumn(LEVEL, Qt.SortOrder.AscendingOrder)
    assert window.model.rows[0].ref == ("North", "L0002")
    assert window.chosen == refs(2, 5)
    rows = {index.row() for index in window.table.selectionModel().selectedRows()}
    assert {window.model.rows[row].ref for row in rows} == refs(2, 5)
    north.tell(LampNews("North", lamps=tuple(luminaires(4))))
    street.control.look()
    assert len(window.model.rows) == 4
    assert len(window.chosen_views()) == 1


def test_a_change_is_told_as_a_range_and_not_as_a_new_list(street: Street) -> None:
    north = street.system(50)
    street.control.open()
    model = street.window.model
    resets: list[int] = []
    changes: list[tuple[int, int]] = []
    model.modelReset.connect(lambda: resets.append(1))
    model.dataChanged.connect(lambda first, last: changes.append((first.row(), last.row())))
    later = START + timedelta(seconds=1)
    north.tell(LampNews("North", states=tuple(LampState(f"L{n:04d}", later, 10.0) for n in (3, 4, 5, 9))))
    street.control.look()
    assert resets == []
    assert changes == [(2, 4), (8, 8)]


def test_the_table_chooses_by_keys(street: Street) -> None:
    north = street.system(5)
    street.control.open()
    table = street.window.table
    table.setFocus()
    table.selectAll()
    assert street.window.chosen == refs(1, 2, 3, 4, 5)
    QTest.keyClick(table, Qt.Key.Key_Return)
    street.settle()
    assert set(north.levels.values()) == {100}


# The plan


def drag(widget: object, start: QPointF, end: QPointF, mods: object = Qt.KeyboardModifier.NoModifier) -> None:
    left = Qt.MouseButton.LeftButton
    a, b = start.toPoint(), end.toPoint()
    QTest.mousePress(widget, left, mods, a)  # type: ignore[call-overload]
    QTest.mouseMove(widget, QPoint((a.x() + b.x()) // 2, (a.y() + b.y()) // 2))  # type: ignore[call-overload]
    QTest.mouseMove(widget, b)  # type: ignore[call-overload]
    QTest.mouseRelease(widget, left, mods, b)  # type: ignore[call-overload]


@pytest.fixture
def plan(street: Street) -> Street:
    street.system(6)
    street.control.open()
    street.window.plan.fit()
    return street


def test_a_click_chooses_and_ctrl_adds(plan: Street) -> None:
    canvas = plan.window.plan
    left, none, ctrl = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    QTest.mouseClick(canvas, left, none, canvas.at(("North", "L0002")).toPoint())
    assert plan.window.chosen == refs(2)
    QTest.mouseClick(canvas, left, ctrl, canvas.at(("North", "L0004")).toPoint())
    assert plan.window.chosen == refs(2, 4)
    QTest.mouseClick(canvas, left, ctrl, canvas.at(("North", "L0002")).toPoint())
    assert plan.window.chosen == refs(4)
    QTest.mouseClick(canvas, left, none, QPoint(5, 5))
    assert plan.window.chosen == frozenset()


def test_a_rectangle_chooses_what_is_in_it(plan: Street) -> None:
    canvas = plan.window.plan
    canvas.set_tool(Tool.BOX)
    drag(canvas, canvas.at(("North", "L0002")) - QPointF(15, 30), canvas.at(("North", "L0004")) + QPointF(15, 30))
    assert plan.window.chosen == refs(2, 3, 4)


def test_a_drawn_area_chooses_what_is_in_it(plan: Street) -> None:
    canvas = plan.window.plan
    canvas.set_tool(Tool.AREA)
    two, four = canvas.at(("North", "L0002")), canvas.at(("North", "L0004"))
    corners = [two + QPointF(-15, -30), four + QPointF(15, -30), four + QPointF(15, 30), two + QPointF(-15, 30)]
    for corner in [*corners, QPointF(5, 5)]:
        QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corner.toPoint())
    QTest.keyClick(canvas, Qt.Key.Key_Backspace)  # the last corner was a slip
    canvas.grab()
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert plan.window.chosen == refs(2, 3, 4)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(9, 9))
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert plan.window.chosen == refs(2, 3, 4)
    assert plan.window.isVisible(), "Esc forgot the corner only"


def test_a_radius_chooses_what_is_in_it(plan: Street) -> None:
    canvas = plan.window.plan
    canvas.set_tool(Tool.RADIUS)
    middle = canvas.at(("North", "L0003"))
    step = canvas.at(("North", "L0004")).x() - middle.x()
    drag(canvas, middle, middle + QPointF(step * 1.4, 0))
    assert plan.window.chosen == refs(2, 3, 4)
    canvas.grab()


def test_the_plan_is_moved_and_zoomed_by_keys_mouse_and_wheel(plan: Street) -> None:
    canvas = plan.window.plan
    before = canvas.at(("North", "L0001"))
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.at(("North", "L0001")).x() < before.x()
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.at(("North", "L0001")) == before
    drag(canvas, QPointF(50, 50), QPointF(90, 70))
    moved = canvas.at(("North", "L0001")) - before
    assert (round(moved.x()), round(moved.y())) == (40, 20)
    assert plan.window.chosen == frozenset()
    wide = canvas.at(("North", "L0002")).x() - canvas.at(("North", "L0001")).x()
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.at(("North", "L0002")).x() - canvas.at(("North", "L0001")).x() > wide * 1.2
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    canvas.zoom(-100)
    canvas.zoom(100)


def test_a_faulty_lamp_is_a_shape_in_colour(plan: Street) -> None:
    canvas = plan.window.plan

    def orange() -> bool:
        return HIGH in colours(shot(canvas), canvas.rect())

    assert not orange()
    plan.lamps.systems()
    north = next(each.driver for each in plan.lamps._systems.values())
    assert isinstance(north, FakeLampSystem)
    north.fault("L0003", LampFault.LAMP)
    plan.control.look()
    assert orange()


# Orders


def test_faulty_lamps_that_are_meant_are_named(street: Street) -> None:
    north = street.system(5)
    north.fault("L0002", LampFault.LAMP)
    street.control.open()
    street.window.choose(refs(1, 2, 3))
    assert street.window.orders.warning == "▲ 1 of 3 is faulty: Lamp 2."
    street.window.choose(refs(1))
    assert street.window.orders.warning == ""


@pytest.mark.parametrize(
    ("features", "words", "possible"),
    [
        (LampFeatures(expires=False, dies_back=True), "keeper alone", True),
        (LampFeatures(expires=False), "takes no orders", False),
        (LampFeatures(expires=True, levels=False), "cannot be dimmed and will be fully on", True),
    ],
)
def test_what_a_system_cannot_do_is_said_before(
    street: Street, features: LampFeatures, words: str, possible: bool
) -> None:
    street.system(5, features=features)
    street.control.open()
    orders = street.window.orders
    street.window.choose(refs(1))
    orders._percent.setValue(50)
    assert words in orders.warning
    assert orders._light.isEnabled() is possible


def test_level_ramp_span_and_reason_reach_the_lamps(street: Street) -> None:
    north = street.system(5)
    street.control.open()
    orders = street.window.orders
    street.window.choose(refs(1))
    orders._level.setValue(35)
    orders._ramp.setValue(4)
    orders._span.setCurrentIndex(2)
    orders._reason.setText("  a market ")
    QTest.keyClick(orders._reason, Qt.Key.Key_Return)
    street.settle()
    (order,) = north.orders
    assert (order.level, order.ramp, order.reason) == (35, 4, "a market")
    assert order.until == START + timedelta(minutes=30)
    orders._span.setCurrentIndex(orders._span.count() - 1)
    assert 0 < orders.order.seconds <= 24 * 3600


def test_whoever_may_not_drive_lamps_sees_it(street: Street) -> None:
    street.system(5)
    street.actor = Actor("guest", Role.VIEWER)
    street.control.open()
    street.window.choose(refs(1))
    assert not street.window.orders._light.isEnabled()
    assert "supervisor" in street.window.orders._light.toolTip()
    street.control.light()
    assert "may not be driven as viewer" in street.notes[-1]


# Leases


def test_failures_are_listed_and_tried_again_by_hand(street: Street) -> None:
    north = street.system(5)
    north.fail_next_lamps = {"L0002": (Outcome.REFUSED, "locked")}
    street.control.open()
    street.window.choose(refs(1, 2, 3))
    street.control.light()
    street.settle()
    leases = street.window.leases
    assert street.window.tabs.tabText(ORDERS) == "Orders (1)"
    assert leases._failures.stringList() == ["▲ Lamp 2 (North): locked"]
    assert "1 lamp of 3 did not obey" in leases._heading.text()
    assert leases._again.text() == "Try 1 lamp again"
    assert street.lit[-1] == "3 lamps lit, 10:00 left, ▲ 1 failed"
    leases._again.click()
    street.settle()
    assert leases._failures.stringList() == []
    assert north.levels["L0002"] == 100


def test_an_order_of_somebody_higher_is_not_released(street: Street) -> None:
    north = street.system(5)
    street.lamps.light(refs(1), 100, 600, CHIEF, "a march")
    street.settle()
    street.control.open()
    street.window.choose(refs(1))
    assert street.window.orders._release.text() == "Release 1 lamp"
    street.control.release_chosen()
    assert "chief holds these lamps" in street.notes[-1]
    assert "chief holds these lamps" in street.window.orders.said
    street.window.leases._release.click()
    assert north.levels["L0001"] == 100
    street.actor = CHIEF
    street.control.release_chosen()
    street.settle()
    assert north.levels["L0001"] == PROGRAMME
    assert street.notes[-1] == "The order is released."


def test_of_several_orders_those_that_may_be_are_released(street: Street) -> None:
    north = street.system(5)
    street.lamps.light(refs(1), 100, 600, CHIEF)
    street.lamps.light(refs(2), 100, 600, street.actor)
    street.settle()
    street.control.open()
    street.window.choose(refs(1, 2))
    street.control.release_chosen()
    street.settle()
    assert [north.levels["L0001"], north.levels["L0002"]] == [100, PROGRAMME]
    assert street.notes[-1].endswith("Ask chief or a supervisor. 1 of 2 orders are released.")


def test_time_that_is_left_counts_down(street: Street) -> None:
    street.system(5)
    street.lamps.light(refs(1), 100, 600, street.actor)
    street.settle()
    street.control.open()
    item = street.window.leases._tree.topLevelItem(0)
    assert item is not None
    assert item.text(3) == "10:00"
    street.now += timedelta(seconds=89)
    street.control.look_closely()
    assert item.text(3) == "8:31"
    assert street.lit[-1] == "1 lamp lit, 8:31 left"
    street.now += timedelta(seconds=600)
    street.settle()
    assert street.window.leases._tree.topLevelItemCount() == 0
    assert "own programme" in street.window.leases._heading.text()


def test_lamps_of_an_order_are_chosen_from_it(street: Street) -> None:
    street.system(5)
    street.lamps.light(refs(1, 4), 100, 600, CHIEF)
    street.settle()
    street.control.open()
    street.window.leases._show_lamps.click()
    assert street.window.chosen == refs(1, 4)


# Systems, plots, the window


def test_without_a_system_it_says_how_to_add_one(street: Street) -> None:
    street.control.open()
    window = street.window
    window.tabs.setCurrentIndex(SYSTEMS)
    assert window.systems.empty
    window.systems.help_wanted.emit()
    assert street.helped == ["lamp-systems.md"]
    window.plan.grab()
    street.system(5)
    street.settle()
    assert not window.systems.empty


def test_a_system_says_how_it_is(street: Street) -> None:
    north = street.system(5)
    street.control.open()
    tab = street.window.systems
    north.tell(LampNews("North", trouble="<b>The broker</b> is gone.", log=("one", "two")))
    street.control.look()
    item = tab._items["North"]
    assert item.text(5) == "▲ <b>The broker</b> is gone."
    assert item.toolTip(5) != item.text(5), "what a device says is never markup"
    assert tab._log.toPlainText() == "one\ntwo"
    tab._refresh.click()
    street.settle()
    assert north.refreshed == 1
    assert item.text(5) == "works"


def test_the_library_of_plots_is_not_loaded_before_it_is_wanted() -> None:
    program = "import sys, console.app; sys.exit('pyqtgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


def test_plots_show_the_day(street: Street) -> None:
    north = street.system(5)
    street.control.open()
    window = street.window
    window.show_samples(tuple(Sample(1_800_000_000 + 10 * n, 1000.0 * n, n % 3) for n in range(100)))
    window.tabs.setCurrentIndex(PLOTS)
    from console.ui.lamps.plots import LampPlots

    plots = window.findChild(LampPlots)
    assert plots is not None
    assert len(plots._power_line.getData()[0]) == 100
    for energy in (10.0, 12.5):
        street.now += timedelta(seconds=1)
        north.tell(LampNews("North", states=(LampState("L0001", street.now, energy=energy),)))
        street.control.look()
    assert plots._energies == (("North", 2.5),)
    window.grab()


def test_the_window_comes_back_where_it_was(street: Street) -> None:
    street.control.open()
    street.window.resize(street.window.width(), 500)
    QTest.keyClick(street.window.plan, Qt.Key.Key_Escape)
    assert not street.window.isVisible()
    street.control.close()
    kept = (street.folder / "lamps.window").read_bytes()
    other = LampsWindow(DARK, street.room.desk)
    other.restore(b"nonsense")
    other.restore(kept)
    assert other.height() == 500
    other.deleteLater()


def test_nothing_is_read_while_nothing_changes(street: Street) -> None:
    street.system(5)
    street.control.open()
    before = street.window._lamps
    street.control.look()
    street.control.look_closely()
    assert street.window._lamps is before


def test_the_console_has_it_on_its_keys_and_ends_with_it(qtbot: QtBot) -> None:
    house = House(qtbot, Site())
    try:
        house.console.lamps.open()
        assert house.console.lamps.window.isVisible()
        assert "Street lamps" in {action.name for action in house.console.actions}
        house.console.status.lit("12 lamps lit, 8:31 left")
        assert "○ 12 lamps lit, 8:31 left" in house.texts()
    finally:
        house.console.stop()


def test_ten_thousand_lamps_are_shown_chosen_and_lit(street: Street) -> None:
    big = street.system(10_000)
    street.control.open()
    window = street.window
    window.plan.grab()
    window.table.selectAll()
    assert len(window.chosen) == 10_000
    street.control.light()
    street.settle()
    assert len(big.orders) == 1
    assert window.tabs.currentIndex() == LAMPS
    assert left_words(3 * 3600 + 5) == "3:00:05"
