"""The hands on hotlists: what the window wants is done by the book, in a worker, and shown again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from console.model.hotlists import EntryEdit, HotEntry, Hotlist
from console.model.permissions import Actor
from console.services.hotlist_book import HotlistBook
from console.services.hotlist_folder import FolderNews
from console.store.hotlist_csv import Look, look
from console.ui.plates.entry_dialog import EntryDialog
from console.ui.plates.hotlists_window import PAGE, HotlistsWindow
from console.ui.plates.import_dialog import ImportDialog
from console.ui.plates.list_dialog import ListDialog
from console.ui.plates.worker import Run
from console.ui.theme import Theme

MOST_UNDO = 100


class HotlistsControl(QObject):
    """Lives on the Qt thread. ``actor`` says who sits here, ``news`` what became of files in folders."""

    def __init__(
        self, book: HotlistBook, run: Run, actor: Callable[[], Actor], theme: Theme, parent: QWidget,
        show_help: Callable[[], None], news: Callable[[], dict[int, FolderNews]] = dict,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(), zone: tzinfo | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._book, self._run, self._actor, self._news = book, run, actor, news
        self._clock, self._zone = clock, zone
        self._done: list[EntryEdit] = []
        self._undone: list[EntryEdit] = []
        self._asked = 0
        self._busy = False
        self._seen: dict[int, FolderNews] = {}
        window = self.window = HotlistsWindow(theme, clock, zone, parent)
        window.list_chosen.connect(lambda number: self.look())
        window.search_changed.connect(self.look)
        window.more_wanted.connect(self._more)
        window.new_list_wanted.connect(self.new_list)
        window.change_list_wanted.connect(self.change_list)
        window.remove_list_wanted.connect(self.remove_list)
        window.import_wanted.connect(self.import_file)
        window.add_wanted.connect(self.add)
        window.change_wanted.connect(self.change)
        window.remove_wanted.connect(self.remove)
        window.undo_wanted.connect(self.undo)
        window.redo_wanted.connect(self.redo)
        window.help_wanted.connect(show_help)
        window.show_undo("", "")

    def open(self) -> None:
        """The window, with all lists."""
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self.refresh()

    def follow(self) -> None:
        """Once a second: what folders brought."""
        news = self._news()
        if news != self._seen and self.window.isVisible():
            self._seen = news
            self.refresh()

    def refresh(self, choose: int = 0) -> None:
        """Read the lists again, and the entries of the chosen one."""
        actor = self._actor()
        self._run(lambda: self._book.lists(actor), partial(self._show_lists, choose), self.window.say)

    def look(self) -> None:
        """The entries of the chosen list that fit the search; on record."""
        self._entries(0, self.window.show_entries)

    # Lists

    def new_list(self) -> None:
        """Ask what it is."""
        dialog = ListDialog(None, self._clock, self._zone, self.window)
        self._ask(dialog, lambda: self._keep(dialog.wanted))

    def change_list(self) -> None:
        """Ask what it shall be."""
        listed = self.window.current
        if listed is not None:
            dialog = ListDialog(listed, self._clock, self._zone, self.window)
            self._ask(dialog, lambda: self._keep(dialog.wanted))

    def remove_list(self) -> None:
        """Ask whether; then it is gone."""
        listed = self.window.current
        if listed is None:
            return
        box = QMessageBox(self.window)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove the hotlist")
        box.setText(f"Remove {listed.name} with {listed.entries:,} entries? Its hits stay. This cannot be undone.")
        box.setStandardButtons(QMessageBox.StandardButton.Cancel)
        yes = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        yes.clicked.connect(partial(self._remove_list, listed))
        box.setModal(True)
        box.finished.connect(box.deleteLater)
        box.show()

    def import_file(self) -> None:
        """Ask for a file; then its columns."""
        if self.window.current is None:
            return
        name, _ = QFileDialog.getOpenFileName(
            self.window, "Import a hotlist", "", "Lists (*.csv *.tsv *.txt);;All files (*)"
        )
        if name:
            self.import_from(Path(name))

    def import_from(self, path: Path) -> None:
        """This file, into the chosen list."""
        listed = self.window.current
        if listed is not None:
            self.window.say(f"{path.name} is looked at …")
            self._run(lambda: look(path), partial(self._columns, listed), self.window.say)

    # Entries

    def add(self) -> None:
        """Ask for a plate."""
        listed = self.window.current
        if listed is not None:
            dialog = EntryDialog(None, self._clock, self._zone, self.window)
            self._ask(dialog, lambda: self._edit(EntryEdit(listed.id, None, dialog.entry)))

    def change(self) -> None:
        """The chosen entry."""
        listed, entry = self.window.current, self.window.entry
        if listed is not None and entry is not None:
            dialog = EntryDialog(entry, self._clock, self._zone, self.window)
            self._ask(dialog, lambda: self._edit(EntryEdit(listed.id, entry, dialog.entry)))

    def remove(self) -> None:
        """The chosen entry; Ctrl+Z brings it back."""
        listed, entry = self.window.current, self.window.entry
        if listed is not None and entry is not None:
            self._edit(EntryEdit(listed.id, entry, None))

    def undo(self) -> None:
        """Take the last edit back."""
        if self._done and not self._busy:
            self._do(self._done[-1].inverse, self._was_undone)

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        if self._undone and not self._busy:
            self._do(self._undone[-1], self._was_redone)

    # Inside

    def _show_lists(self, choose: int, lists: tuple[Hotlist, ...]) -> None:
        window = self.window
        before = None if window.current is None else window.current.id
        window.show_lists(lists, self._book.may(self._actor()), self._news(), choose)
        self._tell_undo()
        if window.current is None:
            window.show_entries([])
            return
        if before is not None and window.current.id != before:  # else the search is what was typed meanwhile
            window.search.clear()
        self.look()

    def _entries(self, after: int, show: Callable[[tuple[HotEntry, ...]], None]) -> None:
        listed = self.window.current
        if listed is None:
            return
        self._asked += 1
        asked, actor, search = self._asked, self._actor(), self.window.search.text()

        def shown(entries: tuple[HotEntry, ...]) -> None:
            if asked == self._asked:  # an older question that was answered late is none
                show(entries)

        self._run(lambda: self._book.entries(actor, listed.id, search, after, PAGE), shown, self.window.say)

    def _more(self) -> None:
        rows = self.window.model.rows
        if rows:
            self._entries(rows[-1].id, self.window.add_entries)

    def _keep(self, wanted: Hotlist) -> None:
        actor = self._actor()
        self._run(lambda: self._book.keep(actor, wanted), partial(self._kept, wanted.name), self.window.say)

    def _kept(self, name: str, number: int) -> None:
        self.window.say(f"“{name}” is saved.")
        self.refresh(number)

    def _remove_list(self, listed: Hotlist) -> None:
        actor = self._actor()

        def gone(nothing: None) -> None:
            self._done = [each for each in self._done if each.list != listed.id]
            self._undone = [each for each in self._undone if each.list != listed.id]
            self.window.say(f"{listed.name} is removed.")
            self.refresh()

        self._run(lambda: self._book.remove(actor, listed.id), gone, self.window.say)

    def _columns(self, listed: Hotlist, seen: Look) -> None:
        self.window.say("")
        dialog = ImportDialog(self._book, self._run, self._actor(), listed, seen, self._zone, self.window)
        dialog.applied.connect(partial(self._imported, listed))
        dialog.setModal(True)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _imported(self, listed: Hotlist) -> None:
        self._done = [each for each in self._done if each.list != listed.id]
        self._undone = [each for each in self._undone if each.list != listed.id]
        self.window.say(f"“{listed.name}” has its new entries. Reads are matched against them within seconds.")
        self.refresh(listed.id)

    def _edit(self, wanted: EntryEdit) -> None:
        self._do(wanted, self._was_done)

    def _do(self, wanted: EntryEdit, done: Callable[[EntryEdit], None]) -> None:
        actor = self._actor()
        self._busy = True

        def shown(edit: EntryEdit) -> None:
            self._busy = False
            done(edit)
            self._tell_undo()
            self.refresh()

        def failed(sentence: str) -> None:
            self._busy = False
            self.window.say(sentence)
            self.refresh()

        self._run(lambda: self._book.edit(actor, wanted), shown, failed)

    def _was_done(self, edit: EntryEdit) -> None:
        self._done = [*self._done[-MOST_UNDO + 1 :], edit]
        self._undone.clear()
        self.window.say(f"{edit.words}: done. Ctrl+Z takes it back.")

    def _was_undone(self, edit: EntryEdit) -> None:
        self._undone.append(self._done.pop())
        self.window.say(f"{self._undone[-1].words}: taken back.")

    def _was_redone(self, edit: EntryEdit) -> None:
        self._undone.pop()
        self._done.append(edit)
        self.window.say(f"{edit.words}: done again.")

    def _tell_undo(self) -> None:
        self.window.show_undo(
            self._done[-1].words if self._done else "", self._undone[-1].words if self._undone else ""
        )

    def _ask(self, dialog: QDialog, accepted: Callable[[], None]) -> None:
        dialog.accepted.connect(accepted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.setModal(True)
        dialog.show()
