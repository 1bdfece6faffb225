"""Shapes of a draft that the model's edits do not have: another division, and where a border exactly is. Pure."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from console.model.layout import Layout
from console.model.layout_edit import Axis, Border
from console.model.layout_shape import boxes


def divided_as(layout: Layout, pattern: Layout) -> tuple[Layout, int]:
    """The tiles of ``pattern`` with what ``layout`` holds on them, in order; and how many held something and found no
    room. Free tiles give way first."""
    held = [(cell.item, cell.hotspot) for cell in layout.cells]
    room = len(pattern.cells)
    while len(held) > room and (None, False) in held:
        last_free = len(held) - 1 - held[::-1].index((None, False))
        del held[last_free]
    left = max(0, len(held) - room)
    held += [(None, False)] * (room - len(held))
    cells = tuple(
        replace(cell, item=item, hotspot=hotspot) for cell, (item, hotspot) in zip(pattern.cells, held, strict=False)
    )
    return replace(pattern, name=layout.name, cells=cells), left


def exact(layout: Layout, border: Border) -> Fraction:
    """Where a border is, without rounding."""
    shape = boxes(layout)
    places = {box.left for box in shape} if border.axis is Axis.COLUMNS else {box.top for box in shape}
    return min(places, key=lambda place: abs(float(place) - border.share))
