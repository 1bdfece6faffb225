"""What is kept as evidence: snapshots, recordings on demand, exports. The hands' side; the services do the work."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from console.model.site import Site
from console.services.exporter import ExportCamera, Exporter
from console.services.feed_pool import FeedPool
from console.services.footage import Footage
from console.services.recorder import Recorder
from console.services.snapshots import Snapshot, SnapshotFailed, SnapshotRequest, Snapshots, told
from console.ui.actions import Action
from console.ui.bridge import Bridge
from console.ui.record.export_dialog import ExportDialog
from console.ui.record.still_out import SnapshotDialog, print_snapshot, to_clipboard
from console.ui.wall.replaying import Replaying
from console.ui.wall.room import WallRoom
from drivers.types import StreamRequest, View

log = logging.getLogger(__name__)

AROUND_SECONDS = 60.0
"""What an export offers first: so long before the moment that is seen, and half of it after one that is replayed."""


class MainStream(Protocol):
    """How the main stream of a camera is asked for; None where it has none."""

    def __call__(self, number: int) -> tuple[Callable[[], StreamRequest], int] | None:
        """The request (asked in a worker) and width times height of its pictures, 0 where unknown."""


class Evidence(QObject):
    """Lives on the Qt thread."""

    def __init__(
        self,
        room: WallRoom,
        pool: FeedPool,
        site: Callable[[], Site],
        recorder: Recorder,
        snapshots: Snapshots,
        exporter: Exporter,
        replaying: Replaying,
        footage: Callable[[int], Footage | None],
        main_stream: MainStream,
        operator: str,
        bridge: Bridge,
        window: QWidget,
        note: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._room, self._pool, self._site = room, pool, site
        self._recorder, self._snapshots, self._exporter = recorder, snapshots, exporter
        self._replaying, self._footage, self._main_stream = replaying, footage, main_stream
        self._operator, self._bridge, self._window, self._note = operator, bridge, window, note
        self._last: Snapshot | None = None
        self._told: dict[int, str] = {}

    def actions(self) -> list[Action]:
        """All of them, in the order of the tile's menu."""
        has = self._has
        return [
            Action("Snapshot", lambda: self._take(self._saved), ("S",), on_tile=True, possible=has),
            Action("Copy the picture", lambda: self._take(self._copied, save=False), ("Ctrl+C",), possible=has),
            Action("Print the picture", lambda: self._take(self._print), ("Ctrl+Shift+P",), possible=has),
            Action("Look at the last snapshot", self._show_last, ("Shift+V",), possible=lambda: self._last is not None),
            Action("Begin or end recording", self.toggle_recording, ("Shift+S",), on_tile=True, possible=has),
            Action("Export…", self.export, ("Ctrl+Shift+E",), anywhere=True),
        ]

    def mark(self, number: int) -> str:
        """The sign of a recording camera, for its tile."""
        state = next((each for each in self._recorder.states() if each.number == number), None)
        if state is None:
            return ""
        if state.trouble:
            return "REC STOPPED"
        return "REC" if state.writing or state.since is None else "REC WAITS"

    def toggle_recording(self) -> None:
        """Begin to record the selected camera, or end it."""
        number = self._selected()
        camera = None if number is None else self._site().by_number(number)
        if number is None or camera is None:
            return
        if self._recorder.recording(number):
            self._pool.stop_recording(number)
            self._recorder.end(number)
            self._note(f"The recording of camera {number} has ended.")
            return
        sink = self._recorder.record(number, camera.name, self._operator, self._pool.footage(number))
        self._pool.record(number, sink)
        before = self._recorder.settings.prebuffer_seconds
        self._note(f"Camera {number} is being recorded, with the {before:.0f} s before. Shift+S ends it.")

    def refresh(self) -> None:
        """About once a second: say what is wrong with a recording as soon as it is."""
        for state in self._recorder.states():
            before = self._told.get(state.number, "")
            self._told[state.number] = state.trouble
            if state.trouble and before != state.trouble:
                log.warning("camera %d: %s", state.number, state.trouble)
                self._note(f"Camera {state.number}: {state.trouble}")
            elif before and not state.trouble:
                log.info("camera %d is being recorded again", state.number)
                self._note(f"Camera {state.number} is being recorded again.")
        if self._recorder.trouble and self._told.get(0) != self._recorder.trouble:
            self._note(self._recorder.trouble)
        self._told[0] = self._recorder.trouble

    def words(self) -> str:
        """For the bottom line: what is recorded now; "" for nothing."""
        states = self._recorder.states()
        if not states:
            return ""
        size = sum(state.bytes for state in states) / 1e6
        bad = sum(bool(state.trouble) for state in states)
        return f"{len(states)} recording, {size:.0f} MB" + (f", {bad} in trouble" if bad else "")

    def export(self) -> None:
        """A range of time of the cameras on this monitor, the selected one first."""
        state, site = self._room.active.state, self._site()
        numbers = list(dict.fromkeys([state.camera(state.selected), *(state.camera(tile) for tile in state.shown)]))
        cameras = [
            ExportCamera(number, camera.name, footage, camera.view.masks)
            for number in numbers
            if number is not None
            and (camera := site.by_number(number)) is not None
            and (footage := self._footage(number)) is not None
            and footage.spans()
        ]
        if not cameras:
            self._note("Nothing of the cameras on this monitor is kept yet. Show or record them first.")
            return
        start, end = self._range(state.selected)
        dialog = ExportDialog(
            self._exporter, cameras, start, end, self._recorder.settings.folder.parent / "exports", self._operator,
            site.lift_masks, self._window,
        )  # fmt: skip
        dialog.exec()
        dialog.deleteLater()

    # Inside

    def _range(self, tile: int) -> tuple[float, float]:
        moment = self._replaying.moment(tile)
        now = time.time()
        if moment is None:
            return now - AROUND_SECONDS, now
        return moment - AROUND_SECONDS / 2, min(now, moment + AROUND_SECONDS / 2)

    def _selected(self) -> int | None:
        state = self._room.active.state
        return state.camera(state.selected)

    def _has(self) -> bool:
        return self._selected() is not None

    def _take(self, then: Callable[[Snapshot], None], save: bool = True) -> None:
        number = self._selected()
        camera = None if number is None else self._site().by_number(number)
        if number is None or camera is None:
            return
        main = self._main_stream(number)
        request = SnapshotRequest(
            number,
            camera.name,
            self._operator,
            camera.view,
            lift_masks=False,  # a snapshot shows what the wall shows; lifting masks is asked for in an export
            footage=self._footage(number),
            when=self._replaying.moment(self._room.active.state.selected),
            main=None if main is None else main[0],
            main_pixels=0 if main is None else main[1],
            save=save,
        )
        self._note(f"Snapshot of camera {number} …")

        def done(future: Future[Snapshot]) -> None:
            """In the worker."""
            if future.cancelled():
                return
            error = future.exception()
            if isinstance(error, SnapshotFailed):
                self._bridge.trouble.emit(str(error))
            elif error is not None:
                raise error
            else:
                self._bridge.call.emit(lambda: then(future.result()))

        self._snapshots.take(request).add_done_callback(done)

    def _saved(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        self._note(f"Snapshot of camera {snapshot.request.number} is kept. Shift+V shows it.  {told(snapshot)}")

    def _copied(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        to_clipboard(snapshot)
        self._note(f"Camera {snapshot.request.number} is on the clipboard.")

    def _print(self, snapshot: Snapshot) -> None:
        self._last = snapshot
        self._note(print_snapshot(snapshot, self._window))

    def _show_last(self) -> None:
        if self._last is not None:
            dialog = SnapshotDialog(self._last, self._window)
            dialog.exec()
            dialog.deleteLater()


def marks(words: Sequence[str], view: View) -> str:
    """What a tile's bar says beside the name: that it is recorded, that something is masked."""
    return "  ".join((*filter(None, words), *(["MASKED"] if view.masks else [])))
