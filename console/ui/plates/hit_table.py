"""The list of hits, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from console.model.hotlists import Hit
from console.ui.plain import plain_tip
from console.ui.plates.hot_words import (
    TIER_SHORT,
    TIER_SIGNS,
    TIER_TIPS,
    TIER_WORDS,
    URGENCY_SIGNS,
    VERDICT_WORDS,
    when_words,
)
from console.ui.plates.rows import Index, RowsModel
from console.ui.theme import Theme

COLUMNS = ("", "Time", "Read", "On the list", "How sure", "List", "Camera", "Decision")
URGENCY, TIME, READ, ENTRY, TIER, LIST, CAMERA, DECISION = range(8)


class HitTable(RowsModel[Hit]):
    """Only the Qt thread. ``clock`` says what today is, ``named`` what the camera of a hit is called here."""

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], datetime],
        zone: tzinfo | None,
        parent: QWidget | None = None,
        named: Callable[[Hit], str] = lambda hit: "",
    ) -> None:
        super().__init__(COLUMNS, parent)
        self._theme, self._clock, self._zone, self._named = theme, clock, zone, named

    def row_of(self, hit_id: int) -> int | None:
        """Where a hit stands, None where it is not listed."""
        return next((row for row, hit in enumerate(self._rows) if hit.id == hit_id), None)

    def show(self, hits: Sequence[Hit]) -> bool:
        """Other hits. Whether rows came, went or moved."""
        moved = [hit.id for hit in hits] != [hit.id for hit in self._rows]
        if moved:
            self.put(hits)
        elif hits:
            self._rows = list(hits)
            self.dataChanged.emit(self.index(0, 0), self.index(len(hits) - 1, len(COLUMNS) - 1))
        return moved

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says."""
        hit, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(hit, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            if column == TIER:
                return f"{TIER_WORDS[hit.tier].capitalize()}. {TIER_TIPS[hit.tier]}"
            text = f"{hit.list.urgency.value} priority" if column == URGENCY else self._text(hit, column)
            return plain_tip(text)
        if role == Qt.ItemDataRole.ForegroundRole:
            if column == URGENCY and hit.decided is None:
                return self._theme.color(hit.list.urgency.value)
            if hit.decided is not None:
                return self._theme.color("dim")
        return None

    def _text(self, hit: Hit, column: int) -> str:
        if column == URGENCY:
            return URGENCY_SIGNS[hit.list.urgency]
        if column == TIME:
            return when_words(hit.read.at, self._clock(), self._zone)
        if column == READ:
            return hit.read.plate.upper()
        if column == ENTRY:
            return hit.entry.plate
        if column == TIER:
            return f"{TIER_SIGNS[hit.tier]} {TIER_SHORT[hit.tier]}"
        if column == LIST:
            return hit.list.name
        if column == CAMERA:
            return self._named(hit) or " / ".join(part for part in (hit.read.source, hit.read.camera) if part)
        return "waits" if hit.decided is None else VERDICT_WORDS[hit.decided.verdict]
