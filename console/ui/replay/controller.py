"""Binds a replay session to the tiles of one monitor, to the keys, and to the bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from console.model.replay import started
from console.model.tile_state import TileVerdict, replaying
from console.services.footage import Footage
from console.services.replay import ReplaySession, Shown
from console.services.replay_tile import FrameDecoder
from console.ui.pulse import Pulse
from console.ui.replay.bar import Command, ReplayBar
from console.ui.replay.time_line import Row
from drivers.types import Picture, View

BACK_SECONDS = 5.0
"""How far back R goes, each time."""
JUMP_SECONDS = 5.0
"""How far Ctrl+Left and Ctrl+Right go."""
SPANS_SECONDS = 0.25
"""Between two looks at what footage there is."""


@dataclass(frozen=True, slots=True)
class ReplayTarget:
    """A tile that can replay: its index, the camera's number and name, its footage and view, and the size of the tile's
    picture area in device pixels."""

    tile: int
    camera: int
    name: str
    footage: Footage
    size: tuple[int, int]
    view: View = field(default_factory=View)


class ReplaySink(Protocol):
    """Where the pictures of a replay go: a wall. Called on the Qt thread."""

    def replay_picture(self, tile: int, picture: Picture | None) -> None:
        """Show this picture; None: nothing may be seen (no footage at this moment). From now on the tile takes no live
        picture until ``replay_end``."""

    def replay_words(self, tile: int, verdict: TileVerdict, taken: str) -> None:
        """Say this on the tile; ``taken`` is the local time of the picture, for the bar."""

    def replay_end(self, tile: int) -> None:
        """The tile is live again: it forgets the picture of the replay and takes live ones."""


class ReplayController(QObject):
    """Lives on the Qt thread. A replay has one session while it lasts. An ended one may take a moment until its workers
    are back from a disk: nobody waits for them before ``close``."""

    changed = Signal()
    """It began, ended, or has other tiles."""
    ticked = Signal()
    """Five times a second while it goes on: time to see whether tiles have another size or camera now."""
    note = Signal(str)
    """A sentence for the operator."""

    def __init__(
        self,
        sink: ReplaySink,
        targets: Callable[[bool], Sequence[ReplayTarget]],
        decoder: Callable[[str, int], FrameDecoder],
        bar: ReplayBar | None = None,
        clock: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        """``targets(False)`` gives the selected tile if it can replay, ``targets(True)`` all of the layout. ``decoder``
        makes one out of a name and the bytes it may keep. ``clock`` gives UTC seconds."""
        super().__init__(parent)
        self._sink, self._targets, self._decoder, self._clock = sink, targets, decoder, clock
        self._bar = bar
        self._session: ReplaySession[int] | None = None
        self._tiles: dict[int, ReplayTarget] = {}
        self._shown: dict[int, Shown] = {}
        self._ended: list[ReplaySession[int]] = []
        self._leader = 0
        self._spans_at = 0.0
        self._resume = False
        if bar is not None:
            bar.hide()
            bar.commanded.connect(self._commanded)
            bar.speed_wanted.connect(self._speed)
            bar.scrubbed.connect(self.scrub)
            bar.held.connect(self._held)
            bar.key_pressed.connect(self._bar_key)

    def follow(self, pulse: Pulse) -> None:
        """Beat with this pulse."""
        pulse.beat.connect(self.beat)
        pulse.words.connect(self.refresh)

    @property
    def active(self) -> bool:
        """Whether a replay goes on."""
        return self._session is not None

    @property
    def session(self) -> ReplaySession[int] | None:
        """The session that goes on."""
        return self._session

    @property
    def targets(self) -> tuple[ReplayTarget, ...]:
        """The tiles that replay."""
        return tuple(self._tiles.values())

    def position(self) -> float | None:
        """The moment that is replayed, UTC seconds; None while nothing is."""
        return None if self._session is None else self._session.state.position(self._clock())

    def replays(self, tile: int) -> bool:
        """Whether a tile replays."""
        return tile in self._tiles

    # Beginning and ending

    def start(self, targets: Sequence[ReplayTarget], back: float = BACK_SECONDS) -> None:
        """Replay these tiles from ``back`` seconds ago. Tiles that come to a replay that goes on join its clock."""
        fresh = [target for target in targets if target.tile not in self._tiles]
        with_footage = [target for target in fresh if target.footage.spans()]
        if not with_footage and self._session is None:
            few = "Nothing of this camera is kept yet" if len(targets) == 1 else "Nothing of these cameras is kept yet"
            self.note.emit(f"{few}: its replay begins a few seconds after it is shown." if targets else NO_CAMERA)
            return
        now = self._clock()
        if self._session is None:
            self._session = ReplaySession(self._decoder, started(now, back), self._clock)
            self._leader = fresh[0].tile
        for target in fresh:
            self._tiles[target.tile] = target
            self._sink.replay_picture(target.tile, None)
            self._session.add(target.tile, target.name, target.footage, target.size, target.view)
        self._look_at_spans()
        if self._bar is not None:
            self._bar.begin(self._session.state, now)
            self._bar.show()
        self.refresh()
        self.changed.emit()

    def start_at(self, targets: Sequence[ReplayTarget], when: float) -> None:
        """Replay these tiles from a moment on, UTC seconds: of an alarm, or of a recording."""
        self.start(targets, self._clock() - when)
        self.scrub(when)

    def again(self, every: bool) -> None:
        """R: the selected tile (``every``: all of the layout) begins to replay or joins; what replays already goes
        further back."""
        targets = self._targets(every)
        if not targets:
            self.note.emit(NO_CAMERA)
            return
        if self._session is not None and all(target.tile in self._tiles for target in targets):
            self.jump(-BACK_SECONDS)
            return
        self.start(targets)

    def stop(self) -> None:
        """Return to live."""
        session, self._session = self._session, None
        if session is None:
            return
        session.stop()
        self._ended = [each for each in self._ended if not each.join(0)] + [session]
        tiles = list(self._tiles)
        self._tiles.clear()
        self._shown.clear()
        if self._bar is not None:
            self._bar.hide()
        for tile in tiles:
            self._sink.replay_end(tile)
        self.changed.emit()

    def close(self) -> bool:
        """The window goes for good: end all workers; False if one does not."""
        self.stop()
        return all(session.join() for session in self._ended)

    def drop(self, tile: int) -> None:
        """One tile is live again (it got another camera, or its place is gone); the last one ends the replay."""
        if self._session is None or tile not in self._tiles:
            return
        if len(self._tiles) == 1:
            self.stop()
            return
        self._session.remove(tile)
        del self._tiles[tile]
        self._shown.pop(tile, None)
        if self._leader == tile:
            self._leader = next(iter(self._tiles))
        self._sink.replay_end(tile)
        self.changed.emit()

    def resize(self, tile: int, size: tuple[int, int]) -> None:
        """A tile's picture area has another size now, device pixels."""
        target = self._tiles.get(tile)
        if self._session is not None and target is not None and target.size != size:
            self._tiles[tile] = replace(target, size=size)
            self._session.resize(tile, size)

    def set_view(self, tile: int, view: View) -> None:
        """A tile's camera is shown in another way now: its masks too."""
        target = self._tiles.get(tile)
        if self._session is not None and target is not None and target.view != view:
            self._tiles[tile] = replace(target, view=view)
            self._session.set_view(tile, view)

    # The clock

    def lead(self, tile: int) -> None:
        """Steps by one picture are this tile's from now on: the selected one."""
        if tile in self._tiles:
            self._leader = tile

    def scrub(self, when: float) -> None:
        """Go to a moment, UTC seconds."""
        if self._session is not None:
            self._session.change(lambda state, now: state.moved(now, when))
            self._show_state()

    def jump(self, seconds: float) -> None:
        """So many seconds further, or back."""
        if self._session is not None:
            self._session.change(lambda state, now: state.jumped(now, seconds))
            self._show_state()

    def step(self, count: int) -> None:
        """Stand still, and so many pictures on or back."""
        if self._session is not None:
            self._session.step(self._leader, count)
            self._show_state()

    def key(self, event: QKeyEvent) -> bool:
        """Take a key if it is the replay's. R begins one; the other keys count only while one goes on."""
        key, mods = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = mods == Qt.KeyboardModifier.ShiftModifier
        if key == Qt.Key.Key_R and mods in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            self.again(every=shift)
            return True
        session = self._session
        if session is None:
            return False
        if mods == Qt.KeyboardModifier.ControlModifier and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.jump(JUMP_SECONDS if key == Qt.Key.Key_Right else -JUMP_SECONDS)
            return True
        if key in (Qt.Key.Key_J, Qt.Key.Key_L) and mods in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
        ):
            way = 1 if key == Qt.Key.Key_L else -1
            session.change(lambda state, now: state.slowed(now, way) if shift else state.shuttled(now, way))
            self._show_state()
            return True
        if mods != Qt.KeyboardModifier.NoModifier:
            return False
        match key:
            case Qt.Key.Key_K:
                session.change(lambda state, now: state.toggled(now))
            case Qt.Key.Key_Comma:
                session.step(self._leader, -1)
            case Qt.Key.Key_Period:
                session.step(self._leader, 1)
            case Qt.Key.Key_Home:
                session.change(lambda state, now: state.moved(now, state.first))
            case Qt.Key.Key_End:
                session.change(lambda state, now: state.moved(now, state.last))
            case Qt.Key.Key_Escape:
                self.stop()
            case _:
                return False
        self._show_state()
        return True

    # From the pulse

    def beat(self) -> None:
        """Take new pictures to the wall."""
        session = self._session
        if session is None:
            return
        for tile, shown in session.take().items():
            self._shown[tile] = shown
            self._sink.replay_picture(tile, shown.picture)
            self._words(tile)
        if not 0 <= self._clock() - self._spans_at < SPANS_SECONDS:
            self._look_at_spans()
        self._show_state()

    def refresh(self) -> None:
        """Bring the words of all replaying tiles up to date."""
        if self._session is not None:
            self.ticked.emit()
        for tile in list(self._tiles):
            self._words(tile)

    def _look_at_spans(self) -> None:
        """What footage there is: the bar shows it, and the replay goes no further."""
        session = self._session
        if session is None:
            return
        self._spans_at = self._clock()
        targets = sorted(self._tiles.values(), key=lambda target: target.tile)
        rows = [
            Row(str(target.camera), tuple((span.start, span.end) for span in target.footage.spans()))
            for target in targets
        ]
        spans = [span for row in rows for span in row.spans]
        if spans:
            first, last = min(start for start, _ in spans), max(end for _, end in spans)
            session.change(lambda state, now: state.limited(now, first, last))
        if self._bar is not None:
            self._bar.show_rows(rows)

    def _show_state(self) -> None:
        if self._session is not None and self._bar is not None:
            self._bar.show_state(self._session.state, self._clock())

    def _words(self, tile: int) -> None:
        session = self._session
        if session is None:
            return
        state, now = session.state, self._clock()
        shown = self._shown.get(tile)
        detail = state.detail() if tile == self._leader else ""  # said once, not on each of sixteen tiles
        if shown is not None and shown.problem:
            detail = _SENTENCES.get(shown.problem, shown.problem)
        taken = ""
        if shown is not None and shown.picture is not None and shown.when is not None:
            moment = shown.picture.wall_time or datetime.fromtimestamp(shown.when, UTC)
            taken = f"{moment.astimezone():%H:%M:%S}.{moment.microsecond // 100_000}"
        self._sink.replay_words(tile, replaying(state.words(now), detail), taken)

    # From the hands

    def _commanded(self, command: Command) -> None:
        session = self._session
        if session is None:
            return
        match command:
            case Command.STEP_BACK:
                session.step(self._leader, -1)
            case Command.STEP:
                session.step(self._leader, 1)
            case Command.PAUSE:
                session.change(lambda state, now: state.toggled(now))
            case Command.PLAY:
                session.change(lambda state, now: state.shuttled(now, 1))
            case Command.BACK:
                session.change(lambda state, now: state.shuttled(now, -1))
            case Command.LIVE:
                self.stop()
        self._show_state()

    def _speed(self, speed: float) -> None:
        if self._session is not None:
            self._session.change(lambda state, now: state.played(now, -speed if state.speed < 0 else speed))
            self._show_state()

    def _held(self, held: bool) -> None:
        """While the hand is on the time line nothing runs away under it."""
        session = self._session
        if session is None:
            return
        if held:
            self._resume = session.state.playing
            session.change(lambda state, now: state.paused(now))
        elif self._resume:
            session.change(lambda state, now: state.played(now))
        self._show_state()

    def _bar_key(self, event: QKeyEvent) -> None:
        if self.key(event):
            event.accept()


NO_CAMERA = "There is no camera on this tile to replay."
_SENTENCES = {
    "no footage": "No footage of this moment.",
    "this piece of footage is broken": "This piece of the footage is broken. Step on, or choose another moment.",
}
