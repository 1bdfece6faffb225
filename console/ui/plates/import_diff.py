"""What a file would change in a list: counts, warnings, and the first entries of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import MANY_FOR_NEAR, HotEntry, Hotlist, Tier, usual_reach
from console.services.hotlist_book import Brought
from console.ui.plain import plain_label
from console.ui.plates.hot_words import count_words, diff_words, end_words


class DiffPage(QWidget):
    """Only the Qt thread."""

    def __init__(self, zone: tzinfo | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self.summary, self.warning = plain_label(self), plain_label(self)
        self.narrow = QCheckBox("Match &look-alike characters only", self)
        self.tabs = QTabWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.summary.setObjectName("heading")
        self.summary.setWordWrap(True)
        self.warning.setWordWrap(True)
        self.narrow.setToolTip("0 for O, 8 for B and the like count as hits; one character wrong or missing does not")
        column.addWidget(self.summary)
        column.addWidget(self.warning)
        column.addWidget(self.narrow)
        column.addWidget(self.tabs, 1)

    @property
    def narrows(self) -> bool:
        """Whether the list is to match look-alike characters only from now on."""
        return self.narrow.isVisibleTo(self) and self.narrow.isChecked()

    def show_brought(self, brought: Brought, listed: Hotlist) -> None:
        """What was brought in for a list that is like this now."""
        diff = brought.diff
        twice = f", {brought.twice:,} stood there twice" if brought.twice else ""
        self.summary.setText(diff_words(diff.added, diff.removed, diff.changed, diff.same) + twice)
        many = brought.staged.rows > MANY_FOR_NEAR and listed.reach is Tier.NEAR
        self.narrow.setVisible(many)
        self.narrow.setChecked(usual_reach(listed, brought.staged.rows) is not listed.reach)
        warnings = _warnings(brought, many)
        self.warning.setText("\n".join(warnings))
        self.warning.setVisible(bool(warnings))
        self.tabs.clear()
        texts = [(self._row(new), f"was {_short(old, new, self._zone)}") for old, new in diff.first_changed]
        self._tab("Added", diff.added, [(self._row(each), "") for each in diff.first_added])
        self._tab("Removed", diff.removed, [(self._row(each), "") for each in diff.first_removed])
        self._tab("Changed", diff.changed, texts)
        self._tab("Left out", brought.bad, [((f"line {each.line}", each.problem), "") for each in brought.told])
        first = next((at for at in range(self.tabs.count()) if self.tabs.isTabEnabled(at)), 0)
        self.tabs.setCurrentIndex(first)

    def _row(self, entry: HotEntry) -> tuple[str, ...]:
        until = end_words(entry.expires, self._zone)
        return entry.plate, entry.state, entry.reason, entry.case, until, entry.note

    def _tab(self, title: str, count: int, rows: Sequence[tuple[tuple[str, ...], str]]) -> None:
        bad = title == "Left out"
        heads = ["Line", "What is wrong"] if bad else ["Plate", "State", "Reason", "Case", "Until", "Note"]
        if title == "Changed":
            heads.append("Before")
        table = QTableWidget(len(rows), len(heads), self)
        table.setHorizontalHeaderLabels(heads)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAccessibleName(title)
        table.verticalHeader().hide()
        table.setTabKeyNavigation(False)
        for line, (cells, before) in enumerate(rows):
            for at, cell in enumerate((*cells, before) if before else cells):
                table.setItem(line, at, QTableWidgetItem(cell))
        table.resizeColumnsToContents()
        table.horizontalHeader().setStretchLastSection(True)
        more = f", the first {len(rows)}" if count > len(rows) else ""
        at = self.tabs.addTab(table, f"{title} ({count:,}{more})")
        self.tabs.setTabEnabled(at, bool(count))


def _warnings(brought: Brought, many: bool) -> list[str]:
    """What a person should know before the list is replaced."""
    diff, found = brought.diff, []
    before = diff.removed + diff.changed + diff.same
    if brought.bad:
        found.append(f"▲ Left out because it cannot be read: {count_words(brought.bad, 'row', 'rows')}.")
    if diff.removed > before / 2 and before > 1:
        found.append(f"▲ {diff.removed:,} of {before:,} entries go. Is this the whole list?")
    if many:
        found.append(
            f"▲ With more than {MANY_FOR_NEAR:,} entries a great part of all plates that drive by is one character "
            "from some of them."
        )
    if diff.nothing:
        found.append("Nothing changes but the age of the list.")
    return found


def _short(old: HotEntry, new: HotEntry, zone: tzinfo | None) -> str:
    """What an entry said where it says something else now."""

    def texts(entry: HotEntry) -> tuple[tuple[str, str], ...]:
        def day(at: datetime | None) -> str:
            return end_words(at, zone) or "no end"

        return (
            ("plate", entry.plate), ("state", entry.state), ("reason", entry.reason), ("case", entry.case),
            ("until", day(entry.expires)), ("note", entry.note),
        )  # fmt: skip

    pairs = zip(texts(old), texts(new), strict=True)
    return "; ".join(f"{name} {was or 'nothing'}" for (name, was), (_, now) in pairs if was != now) or "another start"
