"""How sticks are used, as the preferences file has it."""

from __future__ import annotations

from typing import Any

from console.model.sticks import (
    DEAD_ZONES,
    EXPONENTS,
    MOST_AXES,
    MOST_BUTTONS,
    MOST_STICKS,
    PRESSES,
    AxisUse,
    StickSettings,
)
from console.store.json_fields import Fields, several, told
from console.store.json_lines import Flaws, Node
from console.store.json_text import number

_AXES = ("pan", "tilt", "zoom")


def plain_stick(stick: StickSettings) -> dict[str, Any]:
    """One stick as the file has it."""
    return {
        "name": stick.name,
        **{axis: _plain_axis(getattr(stick, axis)) for axis in _AXES},
        "dead_zone": number(stick.dead_zone),
        "exponent": number(stick.exponent),
        "buttons": [{"button": button, "use": use} for button, use in stick.buttons],
    }


def read_sticks(fields: Fields) -> tuple[StickSettings, ...]:
    """All sticks of the file; what is wrong is told in its flaws."""
    found: dict[str, StickSettings] = {}
    for node in fields.several("sticks", "sticks", MOST_STICKS):
        stick = _stick(node, fields.flaws)
        if stick.name in found:
            fields.flaws.add(node, f"a second stick called {told(_member(node, 'name'))}", "Remove one of them.")
        found[stick.name] = stick
    return tuple(found.values())


def _stick(node: Node, flaws: Flaws) -> StickSettings:
    usual = StickSettings("")
    fields = Fields(node, flaws, "a stick", ("name",), (*_AXES, "dead_zone", "exponent", "buttons"))
    return StickSettings(
        fields.name("name"),
        _axis(fields.get("pan"), flaws, usual.pan),
        _axis(fields.get("tilt"), flaws, usual.tilt),
        _axis(fields.get("zoom"), flaws, usual.zoom),
        fields.real("dead_zone", *DEAD_ZONES, usual.dead_zone),
        fields.real("exponent", *EXPONENTS, usual.exponent),
        _buttons(fields.get("buttons"), flaws),
    )


def _axis(node: Node | None, flaws: Flaws, usual: AxisUse) -> AxisUse:
    if node is None:
        return usual
    fields = Fields(node, flaws, "an axis", ("axis",), ("inverted",))
    axis = fields.get("axis")
    none = axis is not None and axis.value is None
    return AxisUse(None if none else fields.whole("axis", 0, MOST_AXES - 1), fields.flag("inverted"))


def _plain_axis(use: AxisUse) -> dict[str, Any]:
    return {"axis": use.axis, "inverted": use.inverted}


def _buttons(node: Node | None, flaws: Flaws) -> tuple[tuple[int, str], ...]:
    uses: dict[int, str] = {}
    for each in [] if node is None else several(node, flaws, "buttons", MOST_BUTTONS):
        fields = Fields(each, flaws, "a button", ("button", "use"))
        button, use = fields.whole("button", 0, MOST_BUTTONS - 1), fields.get("use")
        if use is not None and use.value not in PRESSES:
            flaws.add(use, f"{told(use)} is no use of a button", f"Known: {', '.join(PRESSES)}.")
        elif button in uses:
            flaws.add(each, f"button {button} has two uses", "Remove one of them.")
        elif use is not None:
            uses[button] = str(use.value)
    return tuple(uses.items())


def _member(node: Node, key: str) -> Node:
    member = node.value.get(key) if isinstance(node.value, dict) else None
    return member if isinstance(member, Node) else node
