"""One way to search: its form above, its answer below, and what is said while there is none."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from console.model.plate_queries import SeenPlate
from console.services.plate_search import seqs_of
from console.services.plate_words import Answer, Question
from console.ui.plain import plain_label


class Kind(IntEnum):
    """The ways to search, in the order of their tabs."""

    READS = 0
    CONVOY = 1
    INCIDENTS = 2
    TRACK = 3


NAMES = ("Plates", "Convoy", "Near several incidents", "Track")
BEFORE = (
    "Say why you search, above. Then a plate, an area, a time or a camera; Enter searches.",
    "Which cars drive with this one? Give its whole plate; Enter searches.",
    "Who was near more than one of several incidents? Give place and time of two or more; Enter searches.",
    "Where did a car go? Choose a read in another tab and press Ctrl+T, or give the whole plate; Enter searches.",
)
NOTHING = (
    "No read fits. Try * in place of what is not certain, “near ones”, a longer time or a larger area. "
    "A reader whose clock is wrong dates its reads wrongly: Any time finds them.",
    "No car was seen with this one at so many places. Try fewer places, more seconds or a longer time.",
    "No plate was read near so many of them. Try a larger radius or more minutes.",
    "This plate was not read in that time. Look at the plate itself in the first tab, with near ones.",
)


class Page(QWidget):
    """Only the Qt thread. ``answer`` and ``question`` belong together; both None before the first search."""

    def __init__(
        self,
        kind: Kind,
        form: QWidget,
        ask: Callable[[], Question],
        result: QWidget,
        current: Callable[[], SeenPlate | None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.kind, self.form, self.ask, self.result, self.current = kind, form, ask, result, current
        self.answer: Answer | None = None
        self.question: Question | None = None
        self.words = ""
        self.shown: frozenset[int] = frozenset()
        """The journal's numbers of the reads in the answer."""
        self._empty: QLabel = plain_label(self, BEFORE[kind])
        self._empty.setObjectName("dim")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget(self)
        for inner in (form, self._stack):
            inner.setObjectName("panel")
        self._stack.addWidget(self._empty)
        self._stack.addWidget(result)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 6)
        column.addWidget(form)
        column.addWidget(self._stack, 1)

    def show_answer(self, question: Question, answer: Answer, rows: int, words: str, doubt: str = "") -> None:
        """An answer came, with so many rows; ``doubt`` says why there may be none."""
        self.question, self.answer, self.words = question, answer, words
        self.shown = seqs_of(answer)
        self._empty.setText(f"No read fits.\n\n{doubt}" if doubt else NOTHING[self.kind])
        self._stack.setCurrentIndex(1 if rows else 0)

    @property
    def empty_words(self) -> str:
        """What stands in place of an answer; "" where there is one."""
        return self._empty.text() if self._stack.currentIndex() == 0 else ""
