"""Buttons with a menu of actions in the desk's top line."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from console.ui.actions import Action
from console.ui.menu_button import menu_button


def test_what_is_there_runs_tells_its_key_and_says_what_it_is_for(qtbot: QtBot) -> None:
    ran: list[str] = []
    may = [True]
    button = menu_button(
        "Plates", "Hits and searches",
        [
            Action("Hits", lambda: ran.append("hits"), ("Ctrl+Shift+H",), tip="Cars that were seen"),
            Action("Cars", lambda: ran.append("cars"), possible=lambda: may[0]),
        ],
    )  # fmt: skip
    qtbot.addWidget(button)
    hits, cars = button.menu().actions()
    assert (hits.text(), hits.toolTip()) == ("Hits\tCtrl+Shift+H", "Cars that were seen (Ctrl+Shift+H)")
    assert (cars.text(), cars.toolTip()) == ("Cars", "Cars")
    assert hits.shortcut().isEmpty(), "the key is the desk's: twice it would be nobody's"
    hits.trigger()
    may[0] = False
    button.menu().aboutToShow.emit()
    assert (hits.isEnabled(), cars.isEnabled(), ran) == (True, False, ["hits"])
