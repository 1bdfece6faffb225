"""The window about what reports here, and the word in the bottom line on how the journal is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from console.services.feeds import Feeds
from console.services.intake import Intake
from console.services.plate_reader import Reading
from console.ui.actions import Action
from console.ui.incoming.own_readers import reading_words
from console.ui.incoming.sources_window import SourcesWindow
from console.ui.theme import Theme


class SourcesControl(QObject):
    """Only the Qt thread. ``word`` is told how the journal is, once a second; ``help_page`` opens a page; ``own`` says
    how it goes with the cameras whose plates this console reads."""

    def __init__(
        self,
        feeds: Feeds,
        intake: Intake,
        theme: Theme,
        parent: QWidget,
        word: Callable[[str], None],
        help_page: Callable[[str], None],
        own: Callable[[], Mapping[str, Reading]] = dict,
    ) -> None:
        super().__init__(parent)
        self._feeds, self._intake, self._theme, self._desk, self._word = feeds, intake, theme, parent, word
        self._help_page, self._own = help_page, own
        self._window: SourcesWindow | None = None

    def actions(self) -> list[Action]:
        """What can be done here."""
        return [
            Action(
                "What reports here: plate readers and other sources…", self.open, ("Ctrl+J",), anywhere=True,
                tip="Which readers are heard, how much they send, what is wrong with it",
            )
        ]  # fmt: skip

    def open(self) -> None:
        """Show the window."""
        if self._window is None:
            self._window = SourcesWindow(self._theme, self._desk)
            self._window.help_wanted.connect(lambda: self._help_page("plate-readers.md"))
        self.second()
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def second(self) -> None:
        """About once a second."""
        counts = self._intake.counts()
        if counts.trouble:
            self._word("▲ journal not written")
        else:
            self._word("journal not open yet" if self._intake.journal is None else "journal ok")
        if self._window is not None:
            own = self._own()
            heard = {**self._feeds.counts(), **{name: each.counts for name, each in own.items()}}
            wrong = {**self._feeds.wrong(), **{name: each.wrong for name, each in own.items() if each.wrong}}
            words = {name: reading_words(each) for name, each in own.items()}
            self._window.show_all(heard, wrong, counts, datetime.now(UTC), words)
