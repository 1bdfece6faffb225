"""Edit mode: a window in which a supervisor arranges a draft of a layout. The wall changes only by Publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from console.model.layout import Layout, grid
from console.model.site import Camera
from console.store.layout_library import Shelved
from console.ui.actions import Action
from console.ui.edit.asking import Answer
from console.ui.edit.frame import EditFrame, Surroundings
from console.ui.edit.words import flaw_of_layout
from console.ui.theme import Theme

KEPT = "This draft was kept from last time. Ctrl+R goes back to what is published."


class EditWindow(EditFrame):
    """Only the Qt thread. The caller does what the signals wish, in a worker, and tells the result by ``publish_done``,
    ``show_layouts`` and ``say``."""

    published = Signal(object, bool)
    """The Layout to save, and whether the monitor is to show it."""
    rename_wanted = Signal(str, str)
    """A stored layout's old and new name, just before it is published under the new one."""
    duplicate_wanted = Signal(str, str)
    """A stored layout's name and that of its copy; the copy is opened when ``show_layouts`` brings it."""
    delete_wanted = Signal(str)
    help_wanted = Signal()
    closed = Signal()

    def __init__(
        self, layout: Layout, theme: Theme, around: Surroundings, monitor: str = "Monitor 1", aspect: float = 16 / 9,
        draft: Layout | None = None, pictures: Sequence[str] = (), parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """``layout`` is what is edited first; ``monitor`` the name and ``aspect`` the width over height of the monitor
        that it is for; ``draft`` what a crash left unpublished; ``pictures`` names of files for picture tiles."""
        super().__init__(layout, theme, around, monitor, aspect, draft, pictures, parent)
        self._stored: dict[str, Shelved] = {}
        self._opened: str | None = (draft or layout).name
        self._recovered = draft is not None
        self._first = layout
        self._awaited: str | None = None
        self._deleting: str | None = None
        self._renaming: tuple[str, str] | None = None
        self._sent: set[Layout] = set()
        """What of the present draft was given out to be saved."""
        self._then: Callable[[], object] | None = None
        """What waits for the draft to be published: another layout, or closing."""
        self._left_for_good = False
        self._build(self._make_actions())
        self._connect()
        self._refresh()
        self.canvas.setFocus()
        if self._recovered:
            self.bottom.say(KEPT)

    # What the caller tells

    def show_cameras(self, cameras: Sequence[Camera]) -> None:
        """The cameras of the site."""
        self._names.clear()
        self._names.update((camera.number, camera.name) for camera in cameras)
        self.shelf.show_cameras(cameras)
        self.properties.show_cameras(cameras)
        self.canvas.refresh()

    def show_layouts(self, shelves: Sequence[Shelved]) -> None:
        """The stored layouts. A copy that was asked for is opened; after a deletion the next one is."""
        self._stored = {each.layout.name: each for each in shelves}
        self._renaming = None
        if self._recovered and self._stored:
            self._recovered = False
            self._check_recovered()
        gone = self._deleting is not None and self._deleting == self._opened
        if self._awaited in self._stored:
            self._open(self._stored[self._awaited].layout)
        elif gone and shelves and (self._deleting not in self._stored or not self._stored[self._deleting].own):
            same = self._stored.get(self._deleting or "")
            self._open((same or shelves[0]).layout)
        elif self._opened is not None and self._opened not in self._stored:
            self._opened = None
        self._refresh()

    def publish_done(self, layout: Layout) -> None:
        """This layout is saved (and shown, where that was wished)."""
        self.bottom.say(f"“{layout.name}” is published.")
        if layout not in self._sent:
            return  # somebody went on to another layout without waiting
        self._opened = layout.name
        self.draft.mark_saved(layout)
        then, self._then = self._then, None
        if then is not None and not self.draft.dirty:
            then()

    def say(self, sentence: str) -> None:
        """What became of a wish, for the bottom line."""
        if sentence:  # then it was no success, or its layouts were shown before
            self._awaited = self._deleting = self._then = None
        self.bottom.say(sentence)

    # Building

    def _make_actions(self) -> list[Action]:
        draft = self.draft
        return [
            Action("Undo", self._undone, ("Ctrl+Z",), anywhere=True),
            Action("Redo", self._redone, ("Ctrl+Shift+Z", "Ctrl+Y"), anywhere=True),
            Action("Publish", self.publish, ("Ctrl+S",), anywhere=True),
            Action("Preview with live pictures", self.preview, ("Ctrl+P",), anywhere=True),
            Action("Revert to what is published", self._reverted, ("Ctrl+R",), anywhere=True),
            Action("New layout", self.new, ("Ctrl+N",), anywhere=True),
            Action("Duplicate this layout", self.duplicate, ("Ctrl+D",), anywhere=True),
            Action("Delete this layout", self.delete, ("Ctrl+Del",), anywhere=True),
            Action("Choose another layout", self._choose, ("Ctrl+O",), anywhere=True),
            Action("Rename", self._rename, ("F2",), anywhere=True),
            Action("Search cameras", self._search, ("Ctrl+F",), anywhere=True),
            Action("Other things for tiles", self.shelf.items.setFocus, ("Ctrl+J",), anywhere=True),
            Action("To the canvas", self.canvas.setFocus, ("Ctrl+L",), anywhere=True),
            Action("Help", self.help_wanted.emit, ("F1",), anywhere=True),
            Action("Close", self.close, ("Ctrl+E", "Ctrl+W"), anywhere=True),
            Action("Split side by side", lambda: draft.split(2, 1), ("H",), on_tile=True),
            Action("Split one above the other", lambda: draft.split(1, 2), ("V",), on_tile=True),
            Action("Split into a grid", self._split, ("N",), on_tile=True),
            Action("Merge the picked tiles", draft.merge, ("M",), on_tile=True),
            Action("Clear the picked tiles", draft.clear, ("Del",), on_tile=True),
            Action("Hotspot on or off", draft.toggle_hotspot, ("O",), on_tile=True),
            Action("Edit what the tile holds", self.properties_wanted, ("E",), on_tile=True),
            Action("Pick all tiles", draft.pick_all, ("Ctrl+A",)),
            Action("Divide as", self._divide, ("G",)),
            Action("Equal sizes", draft.equalise, ("=",)),
            Action("Take what the wall shows", self._take_over, ("T",)),
        ]

    def _connect(self) -> None:
        draft, canvas = self.draft, self.canvas
        draft.changed.connect(self._refresh)
        draft.changed.connect(self._keep)
        draft.said.connect(self.bottom.say)
        canvas.edit_wanted.connect(self._edit)
        canvas.menu_wanted.connect(self._menu)
        canvas.unknown_camera.connect(
            lambda n: self.bottom.say(f"There is no camera {n}. Ctrl+F finds cameras by name.")
        )
        canvas.escaped.connect(
            lambda: self.bottom.say("Ctrl+E closes edit mode. The draft is kept until you say otherwise.")
        )
        self.properties.back.connect(canvas.setFocus)
        self.shelf.chosen.connect(self._chosen)
        self.line.open_wanted.connect(self.open)
        self.line.renamed.connect(self._renamed)
        self.stage.preview_changed.connect(self._previewing)

    # Which layout

    def _check_recovered(self) -> None:
        """The draft of last time belongs to the stored layout of its name, whatever the monitor shows now. One that was
        published after all is no draft."""
        shelf = self._stored.get(self.draft.layout.name)
        if shelf is None:
            return
        if shelf.layout == self.draft.layout:
            self._open(self._first)
        else:
            self.draft.mark_saved(shelf.layout)

    def open(self, name: str) -> None:
        """Edit another stored layout."""
        shelf = self._stored.get(name)
        if shelf is not None and name != self._opened:
            self._leave("Open another layout", lambda: self._open(shelf.layout))
        self._refresh()

    def new(self) -> None:
        """Edit a layout that nobody has seen yet."""
        self._leave("Begin a new layout", self._begin)

    def _begin(self) -> None:
        self._open(grid(self._free_name("New layout"), 2, 2))
        self._opened = None
        self._refresh()
        self._rename()

    def duplicate(self) -> None:
        """A copy of the stored layout; it is opened when it is there."""
        if self._opened is None:
            self.bottom.say("This layout is not published yet. Publish it first, then duplicate it.")
        else:
            self._leave("Duplicate it as it is published", self._duplicate)

    def _duplicate(self) -> None:
        name = self._opened or ""
        self._awaited = self._free_name(f"{name} copy")
        self.duplicate_wanted.emit(name, self._awaited)

    def delete(self) -> None:
        """Take the stored layout away."""
        shelf = self._stored.get(self._opened or "")
        if shelf is None:
            self.bottom.say(
                "This layout is not published, so there is nothing to delete. Choose another one to leave it."
            )
        elif not shelf.own:
            self.bottom.say("This layout ships with Watchfloor and stays. Duplicate it and change the copy.")
        else:
            question = f"Delete the layout “{shelf.layout.name}”? Monitors that show it go on showing it."
            if shelf.hides:
                question += " The one of this name that ships with Watchfloor is there again then."
            if self._around.ask(self, question, (Answer.DELETE, Answer.CANCEL)) is Answer.DELETE:
                self._deleting = shelf.layout.name
                self.delete_wanted.emit(shelf.layout.name)

    def publish(self) -> bool:
        """Give the draft out; whether it could be."""
        self._commit()
        layout, old = self.draft.layout, self._stored.get(self._opened or "")
        flaw = flaw_of_layout(layout)
        if flaw is not None:
            self.bottom.say(flaw)
            return False
        if layout.name in self._stored and layout.name != self._opened:
            self.bottom.say(f"There is a layout “{layout.name}” already. Give this one another name (F2).")
            return False
        self.bottom.say(f"“{layout.name}” is being saved.")
        if old is not None and old.own and old.layout.name != layout.name:
            pair = (old.layout.name, layout.name)
            if pair != self._renaming:  # asked for once, however often somebody presses the key
                self.rename_wanted.emit(*pair)
            self._renaming = pair
        self._sent.add(layout)
        self.published.emit(layout, self.show_it.isChecked())
        return True

    def preview(self) -> None:
        """The draft with live pictures, or the canvas again."""
        if self.stage.previewing:
            self.stage.end_preview()
            return
        self._commit()
        self.stage.begin_preview(self._around.state().arranged(self.draft.layout), sorted(self._names))

    def _open(self, layout: Layout) -> None:
        self._opened, self._awaited, self._deleting = layout.name, None, None
        self._sent.clear()
        self.stage.end_preview()
        self.draft.start(layout)
        self._around.keep_draft(None)
        self.bottom.say("")
        self.canvas.setFocus()

    def _leave(self, what: str, then: Callable[[], object]) -> None:
        """``then``, as soon as the draft may be left: at once, or when it is published, or never."""
        self._commit()
        if not self.draft.dirty:
            then()
            return
        question = f"“{self.draft.layout.name}” has changes that are not published. {what}?"
        answer = self._around.ask(self, question, (Answer.PUBLISH, Answer.DISCARD, Answer.CANCEL))
        if answer is Answer.DISCARD:
            then()
        elif answer is Answer.PUBLISH and self.publish():
            self._then = then

    def _free_name(self, wish: str) -> str:
        names = [wish[:74], *(f"{wish[:74]} {count}" for count in range(2, len(self._stored) + 3))]
        return next(name for name in names if name not in self._stored)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what becomes of changes that are not published; with "Publish" it closes when they are."""
        self._commit()
        if self.draft.dirty and not self._left_for_good:
            question = f"“{self.draft.layout.name}” has changes that are not published."
            answers = (Answer.KEEP, Answer.PUBLISH, Answer.DISCARD, Answer.CANCEL)
            answer = self._around.ask(self, question, answers)
            if answer is Answer.PUBLISH and self.publish():
                self._then = self.close
            if answer in (Answer.PUBLISH, Answer.CANCEL):
                event.ignore()
                return
            if answer is Answer.DISCARD:
                self._around.keep_draft(None)
        self._left_for_good = True
        self.stage.end_preview()
        super().closeEvent(event)
        self.closed.emit()

    # What the hands do

    def _take_over(self) -> None:
        self.draft.take_over(self._around.state())

    def _undone(self) -> None:
        self._commit()
        if not self.stage.previewing:
            self.draft.undo()

    def _redone(self) -> None:
        if not self.stage.previewing:
            self.draft.redo()

    def _reverted(self) -> None:
        if not self.stage.previewing:
            self.draft.revert()

    def _renamed(self, name: str) -> None:
        if not self.draft.rename(name):
            self.line.show_name(self.draft.layout.name)

    def _commit(self) -> None:
        """What is being typed counts."""
        self.properties.commit()
        if self.line.name.hasFocus():
            self._renamed(self.line.name.text())

    def _keep(self) -> None:
        self._around.keep_draft(self.draft.layout if self.draft.dirty else None)

    # How things stand

    def _previewing(self, on: bool) -> None:
        for part in (self.shelf, self._shape, self.properties):
            part.setEnabled(not on)
        self.bottom.say("This is the draft with live pictures. Nobody else sees it. Esc leads back." if on else "")
        self._refresh()

    def _refresh(self) -> None:
        draft = self.draft
        self.setWindowTitle(f"Edit layout: {draft.layout.name}, for {self._monitor}")
        self.line.show_names(list(self._stored), self._opened)
        self.line.show_name(draft.layout.name)
        busy = self.stage.previewing
        for button, word, name in ((self._undo, "Undo", draft.undo_name), (self._redo, "Redo", draft.redo_name)):
            button.setText(f"{word} {name}" if name else word)
            button.setEnabled(name is not None and not busy)
        self._revert.setEnabled(draft.dirty and not busy)
        self._preview.setText("End preview" if busy else "Preview")
        tiles = len(draft.layout.cells)
        ahead = draft.dirty or self._opened is None
        self.bottom.state.setText(
            f"{'1 tile' if tiles == 1 else f'{tiles} tiles'}   {'not published' if ahead else 'published'}"
        )
