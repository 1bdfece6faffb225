"""The bottom line: the truth about the console itself."""

from __future__ import annotations

import time

import psutil
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from console.model.rates import Rate, Sum
from console.model.restart import Phase
from console.services.feed_pool import FeedPool
from console.ui.plain import OneLine, plain_tip

NOTE_SECONDS = 30.0
"""How long a note stays."""
BUSY_PERCENT = 85
"""Use of the whole machine from which the line says so."""


class StatusLine(QWidget):
    """Streams, frame rate, dropped frames, CPU, memory, and what was typed. Refreshed once a second."""

    def __init__(self, pool: FeedPool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._pool = pool
        self._process = psutil.Process()
        self._process.cpu_percent()
        psutil.cpu_percent()
        self._fps, self._drops = Rate(), Rate()
        self._pictures, self._dropped = Sum(), Sum()
        self._note_until = 0.0
        self._facts = QLabel(self)
        self._typed = QLabel(self)
        self._recorded = QLabel(self)
        self._recorded.setAccessibleName("Recordings under way")
        self._lit = QLabel(self)
        self._lit.setAccessibleName("Lamps that are lit")
        self._journal = QLabel(self)
        self._journal.setAccessibleName("The journal")
        self._journal.setToolTip("Whether what the city reports is on disk. Ctrl+J tells more.")
        self._note = OneLine(self, Qt.AlignmentFlag.AlignRight)
        for label, name in ((self._facts, "Streams, rate, drops and load"), (self._typed, "Typed number")):
            label.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.addWidget(self._facts)
        row.addWidget(self._recorded)
        row.addWidget(self._lit)
        row.addSpacing(12)
        row.addWidget(self._journal)
        row.addSpacing(12)
        row.addWidget(self._typed)
        row.addWidget(self._note, 1)
        self._facts.setToolTip(
            "Streams that play of those shown; pictures a second; pictures left out because this computer was behind;\n"
            "processor time of this program (100 % is one core) and of the whole computer; memory of this program."
        )

    def refresh(self) -> None:
        """Once a second."""
        now = time.monotonic()
        if self._note.text() and now >= self._note_until:
            self.note("")
        known = self._pool.all_facts()
        facts = known.values()
        playing = sum(1 for f in facts if f.phase is Phase.PLAYING)
        fps = self._fps.look(now, self._pictures.total({n: f.pictures for n, f in known.items()}))
        drops = self._drops.look(now, self._dropped.total({n: f.dropped for n, f in known.items()}))
        own, whole = self._process.cpu_percent(), psutil.cpu_percent()
        memory = self._process.memory_info().rss / 2**20
        shed = f"{drops:.0f} dropped/s" if drops >= 0.5 else "0 dropped"
        busy = "  computer busy" if whole >= BUSY_PERCENT else ""
        self._facts.setText(
            f"{playing} of {len(facts)} streams   {fps:.0f} fps   {shed}   CPU {own:.0f} % / {whole:.0f} %   "
            f"{memory:.0f} MB{busy}"
        )

    def recorded(self, words: str) -> None:
        """What is being recorded; "" for nothing."""
        self._recorded.setText(f"● {words}" if words else "")

    def journal(self, words: str) -> None:
        """How the journal is."""
        if self._journal.text() != words:
            self._journal.setText(words)

    def lit(self, words: str) -> None:
        """Which lamps are lit for how long; "" for none."""
        self._lit.setText(f"○ {words}" if words else "")

    def typed(self, digits: str) -> None:
        """What was typed so far of a camera's number."""
        self._typed.setText(f"Camera {digits}▏  Enter shows it, Esc forgets it" if digits else "")

    def note(self, text: str) -> None:
        """A short word about what goes on (searching, saving, an error); it goes after NOTE_SECONDS."""
        self._note_until = time.monotonic() + NOTE_SECONDS
        self._note.setText(text)
        self._note.setToolTip(plain_tip(text))
