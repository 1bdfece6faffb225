"""A monitor whose layout was edited: what was on tiles that are still there stays on them."""

from __future__ import annotations

from console.model.items import Item
from console.model.layout import Layout
from console.model.layout_edit import follow
from console.model.monitor import MonitorState


def republished(state: MonitorState, layout: Layout) -> MonitorState:
    """The monitor with the edited ``layout``: what it brings is on its tiles; what operators had called up stays
    where its tile went; what lost its tile goes onto free ones, in order, or waits beyond them."""
    before = state.layout
    items: list[Item | None] = [cell.item for cell in layout.cells]
    homeless: list[Item] = []
    for tile, item in enumerate(state.items):
        if item is None or (tile < len(before.cells) and item == before.cells[tile].item):
            continue
        there = follow(before, layout, tile) if tile < len(before.cells) else len(items)
        if there < len(layout.cells) and items[there] is None and not layout.cells[there].hotspot:
            items[there] = item
        else:
            homeless.append(item)
    for place, cell in enumerate(layout.cells):
        if homeless and items[place] is None and not cell.hotspot:
            items[place] = homeless.pop(0)
    selected = follow(before, layout, state.selected)
    return MonitorState(layout, (*items, *homeless), min(selected, len(layout.cells) - 1), followed=state.followed)
