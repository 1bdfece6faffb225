"""Binds a wall's state to its surface and to the feeds: who is shown where, how large, and how much it matters."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from PySide6.QtCore import QObject, QPointF, Signal

from console.model.items import AlarmsItem, ClockItem, MapItem, PictureItem, PlainItem, TextItem, WebItem
from console.model.monitor import History, MonitorState
from console.model.rates import Rate
from console.model.shedding import Attention
from console.model.tile_state import EMPTY, TileState, TileVerdict
from console.model.zoom import WHOLE, Framing, Zoom, needed, wants_best
from console.services.feed import Need
from console.services.feed_pool import FeedPool
from console.ui.wall.surface import WallSurface
from console.ui.wall.tile_view import BarText, TileView
from drivers.types import Fit, Picture, View

log = logging.getLogger(__name__)

SMALL_WIDTH = 200
"""Tiles narrower than this many device pixels lose frames before others do."""


class WallController(QObject):
    """Lives on the Qt thread."""

    state_changed = Signal()
    selection_changed = Signal()
    stepped = Signal()
    """Something changed that can be undone."""
    released = Signal()

    def __init__(
        self,
        surface: WallSurface,
        pool: FeedPool,
        history: History,
        name_of: Callable[[int], str | None],
        clock: Callable[[], float] = time.monotonic,
        view_of: Callable[[int], View] = lambda number: View(),
        marks_of: Callable[[int], str] = lambda number: "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view_of, self._marks_of = view_of, marks_of
        self._best: set[int] = set()
        self._small: dict[int, int] = {}
        self.tour_mark: Callable[[int], str] = lambda tile: ""
        """What to say of the tour on a tile."""
        self._replayed: dict[int, tuple[TileVerdict, str]] = {}
        self.surface, self.history = surface, history
        self._pool, self._name_of, self._clock = pool, name_of, clock
        self._asked: dict[tuple[int, int], int] = {}
        self._rates: dict[int, tuple[Rate, Rate]] = {}
        self._released = False
        self._said: dict[int, TileState] = {}
        self.show_measures = False
        """Frame rate and age on the bars instead of the time."""
        surface.sizes_changed.connect(self.ask)
        surface.zoom_wanted.connect(self._zoom_at)
        surface.pan_wanted.connect(self._pan_by)
        surface.show_state(history.state)
        self._fit_tiles()

    @property
    def state(self) -> MonitorState:
        """What is shown."""
        return self.history.state

    def go(self, state: MonitorState) -> None:
        """Show another state; remembered for undo if more than the selection changed."""
        before, steps = self.state, self.history.steps
        if self.history.go(state):
            self._moved(before)
            if self.history.steps > steps:
                self.stepped.emit()

    def start_with(self, state: MonitorState) -> None:
        """Show a state that was not the operator's doing: nothing to undo."""
        before = self.state
        if state != before:
            self.history.state = state
            self._moved(before)

    def live_tiles(self) -> int:
        """How many tiles are live now."""
        return sum(tile.verdict.state is TileState.LIVE for tile in self.surface.tiles)

    def undo(self) -> bool:
        """One step back."""
        before = self.state
        done = self.history.undo()
        if done:
            self._moved(before)
        return done

    def redo(self) -> bool:
        """One step forward."""
        before = self.state
        done = self.history.redo()
        if done:
            self._moved(before)
        return done

    def put(self, pictures: Mapping[int, Picture]) -> None:
        """New pictures from the pulse."""
        self.surface.put(pictures)

    def ask(self) -> None:
        """Tell the pool what each tile needs now."""
        if self._released:
            return
        state = self.state
        visible = {tile.index: tile for tile in self.surface.tiles}
        on_screen = self.surface.isVisible() and not self.surface.window().isMinimized()
        wanted: dict[tuple[int, int], tuple[int, Need]] = {}
        for index in range(len(state.layout.cells)):
            camera = state.camera(index)
            if camera is None:
                continue
            tile = visible.get(index)
            wanted[(id(self), index)] = (camera, self._need(tile if on_screen else None))
        for key, camera in list(self._asked.items()):
            if key not in wanted or wanted[key][0] != camera:
                self._pool.need(camera, key, None)
                del self._asked[key]
        for key, (camera, need) in wanted.items():
            self._pool.need(camera, key, need)
            self._asked[key] = camera

    def set_active(self, active: bool) -> None:
        """Whether the hands are on this monitor."""
        self.surface.active = active
        self.surface.update()

    # Zoom and views

    def zoom(self, tile: int, steps: int) -> None:
        """Closer or further by keys, around the middle of what is seen; 0: the whole picture."""
        view = self.surface.tile(tile)
        framing = None if view is None else view.framing()
        if view is not None and framing is not None:
            middle = framing.tile[0] / 2, framing.tile[1] / 2
            self._look(view, framing.zoomed_at(view.zoom, *middle, steps) if steps else WHOLE)

    def pan(self, tile: int, dx: float, dy: float) -> None:
        """What is seen of a zoomed picture moves by these shares of the tile."""
        view = self.surface.tile(tile)
        framing = None if view is None else view.framing()
        if view is not None and framing is not None and view.zoom.on:
            self._look(view, framing.panned(view.zoom, -dx * framing.tile[0], -dy * framing.tile[1]))

    def views_changed(self) -> None:
        """Cameras are to be shown another way. What was painted before a mask was drawn goes at once: a camera that
        sends nothing would else stay unmasked on the wall."""
        for tile in self.surface.tiles:
            if tile.camera is None:
                continue
            masks = self._view_of(tile.camera).masks
            if tile.masks != masks:
                tile.masks = masks
                tile.forget_picture()
                self.surface.frame_tile(tile)
            self._look(tile, tile.zoom)

    def _zoom_at(self, index: int, point: QPointF, steps: float) -> None:
        view = self.surface.tile(index)
        framing = None if view is None else view.framing()
        if view is not None and framing is not None:
            self._look(view, framing.zoomed_at(view.zoom, point.x(), point.y(), steps))

    def _pan_by(self, index: int, dx: float, dy: float) -> None:
        view = self.surface.tile(index)
        framing = None if view is None else view.framing()
        if view is not None and framing is not None:
            self._look(view, framing.panned(view.zoom, dx, dy))

    def _fit_tiles(self) -> None:
        for tile in self.surface.tiles:
            if tile.camera is not None:
                view = self._view_of(tile.camera)
                tile.masks = view.masks
                tile.look(tile.zoom, view.fit)

    def _look(self, tile: TileView, zoom: Zoom) -> None:
        fit = Fit.FIT if tile.camera is None else self._view_of(tile.camera).fit
        if tile.look(zoom, fit):
            self.surface.frame_tile(tile)
            self.ask()
            self.refresh()

    # Replay (a ReplaySink)

    def replay_picture(self, index: int, picture: Picture | None) -> None:
        """A tile shows this picture of a replay and no live ones; None: nothing may be seen."""
        tile = self.surface.tile(index)
        if tile is None:
            return
        if not tile.replaying or picture is None:
            begins = not tile.replaying
            tile.replaying = True
            tile.forget_picture()
            self.surface.frame_tile(tile)
            if begins:
                self.ask()
        if picture is not None:
            self.surface.put_on(tile, picture)

    def replay_words(self, index: int, verdict: TileVerdict, taken: str) -> None:
        """What a tile says that replays; ``taken`` is the time of its picture."""
        self._replayed[index] = (verdict, taken)
        tile = self.surface.tile(index)
        if tile is not None:
            self.surface.say(index, self._words(tile, self._clock()))

    def replay_end(self, index: int) -> None:
        """A tile is live again; nothing of the replay stays on it."""
        self._replayed.pop(index, None)
        tile = self.surface.tile(index)
        if tile is not None:
            tile.replaying = False
            tile.forget_picture()
            self.surface.frame_tile(tile)
            self.ask()
            self.surface.say(index, self._words(tile, self._clock()))

    # Who is shown where

    def release(self) -> None:
        """The window goes for good: nothing is needed any more."""
        self._released = True
        for key, camera in self._asked.items():
            self._pool.need(camera, key, None)
        self._asked.clear()
        self.released.emit()

    def knows(self, camera: int) -> bool:
        """Whether a camera of this number exists."""
        return self._name_of(camera) is not None

    def retry(self, camera: int) -> None:
        """Try a camera again now."""
        self._pool.retry(camera)

    def describe(self, camera: int) -> str:
        """How a shown camera's stream is doing, in lines."""
        feed = self._pool.feed(camera)
        facts = None if feed is None else feed.facts()
        if feed is None or facts is None:
            return f"{camera} {self._name_of(camera) or ''}: not shown"
        rate, load, age = self.measures(camera)
        verdict = feed.verdict(self._clock())
        lines = [
            f"{camera} {feed.name}: {verdict.headline}" + (f" ({verdict.detail})" if verdict.detail else ""),
            f"{facts.codec or 'codec unknown'}  {facts.width} x {facts.height}  {rate:.1f} fps  {load:.0f} kbit/s",
            "no picture yet" if age is None else f"last picture {age:.2f} s ago",
            f"dropped {facts.dropped}  (replaced {facts.replaced}, late {facts.late}, skipped {facts.skipped})",
            f"restarts {facts.restarts}",
        ]
        return "\n".join(lines)

    def verdict(self, camera: int) -> TileVerdict | None:
        """The state of a camera that is on the wall, else None."""
        feed = self._pool.feed(camera)
        return None if feed is None else feed.verdict(self._clock())

    def measures(self, camera: int) -> tuple[float, float, float | None]:
        """Pictures a second, kbit/s and the age of the newest picture in seconds (None before the first)."""
        feed = self._pool.feed(camera)
        facts = None if feed is None else feed.facts()
        if facts is None:
            return 0.0, 0.0, None
        now = self._clock()
        fps, bits = self._rates.setdefault(camera, (Rate(), Rate()))
        rate, load = fps.look(now, facts.pictures), bits.look(now, facts.received_bytes * 8 / 1000)
        return rate, load, None if facts.picture_at is None else max(0.0, now - facts.picture_at)

    def refresh(self) -> None:
        """Bring the words on all tiles up to date."""
        now = self._clock()
        self.surface.tick(now)
        for tile in self.surface.tiles:
            words = self._words(tile, now)
            before = self._said.get(tile.camera or 0)
            if tile.camera is not None and before is not words.verdict.state:
                self._said[tile.camera] = words.verdict.state
                detail = f" ({words.verdict.detail})" if words.verdict.detail else ""
                log.info(
                    "camera %d %s: %s%s", tile.camera, words.name, words.verdict.state.value or "asked for", detail
                )
            self.surface.say(tile.index, words)

    def _need(self, tile: TileView | None) -> Need:
        if tile is None or tile.camera is None or tile.replaying:
            return Need(2, 2, attention=Attention.HIDDEN)  # of a tile that replays nothing live is to be seen
        state = self.state
        attention = Attention.NORMAL
        if tile.index == state.selected:
            attention = Attention.SELECTED
        elif tile.area.width < SMALL_WIDTH:
            attention = Attention.SMALL
        room = (float(tile.area.width), float(tile.area.height))
        picture = (float(tile.picture.width), float(tile.picture.height)) if tile.picture is not None else room
        width, height = needed(room, picture, tile.fit, tile.zoom)
        return Need(width, height, self._wants_best(tile, room, picture), attention)

    def _wants_best(self, tile: TileView, room: tuple[float, float], picture: tuple[float, float]) -> bool:
        """The main stream where a tile fills the monitor, and where a zoom shows more than the substream has."""
        if tile.index == self.state.maximised:
            return True
        shown = Framing(room, picture, tile.fit).placement()[1].width
        best = wants_best(tile.zoom, shown, self._small_width(tile), tile.index in self._best)
        (self._best.add if best else self._best.discard)(tile.index)
        return best

    def _small_width(self, tile: TileView) -> float:
        """The width of the camera's stream that is shown without zoom, in its pixels."""
        feed = None if tile.camera is None else self._pool.feed(tile.camera)
        facts = None if feed is None else feed.facts()
        if facts is not None and facts.width and tile.index not in self._best:
            self._small[tile.camera or 0] = facts.width
        return float(self._small.get(tile.camera or 0, 0))

    def _words(self, tile: TileView, now: float) -> BarText:
        selected = tile.index == self.state.selected
        if tile.camera is None:
            return BarText("", _called(tile.item), "", EMPTY, selected, self.tour_mark(tile.index))
        feed = self._pool.feed(tile.camera)
        verdict = EMPTY if feed is None else feed.verdict(now)
        name = self._name_of(tile.camera) or "no such camera"
        if tile.replaying and tile.index in self._replayed:
            verdict, taken = self._replayed[tile.index]
            return BarText(str(tile.camera), name, taken, verdict, selected, self._marks_of(tile.camera))
        aside = self._measures(tile) if self.show_measures else self._time(tile, now)
        signs = "  ".join(filter(None, (self._marks_of(tile.camera), self.tour_mark(tile.index))))
        return BarText(str(tile.camera), name, aside, verdict, selected, signs)

    def _time(self, tile: TileView, now: float) -> str:
        """When the picture was taken, local time: the sender's word if it gives one, else when it came."""
        picture = tile.picture
        if picture is None or tile.verdict.state is TileState.NO_SIGNAL:
            return ""
        if picture.taken is not None:
            return _clock_text(int(picture.taken))
        return _clock_text(int(time.time() - (now - picture.arrived)))

    def _measures(self, tile: TileView) -> str:
        rate, load, age = self.measures(tile.camera or 0)
        return "" if age is None else f"{rate:.1f} fps  {age:.2f} s  {load:.0f} kbit/s"

    def _moved(self, before: MonitorState) -> None:
        state = self.state
        if _seen(before) != _seen(state):
            self.surface.show_state(state)
            self._fit_tiles()
        else:
            self.surface.select(state)
            self.ask()
        self.refresh()
        if before.selected != state.selected or _seen(before) != _seen(state):
            self.selection_changed.emit()
        self.state_changed.emit()


@lru_cache(maxsize=256)
def _clock_text(second: int) -> str:
    """Local time of day of a UTC second since 1970. Kept: all tiles say nearly the same five times a second."""
    return datetime.fromtimestamp(second, UTC).astimezone().strftime("%H:%M:%S")


def _seen(state: MonitorState) -> tuple[object, ...]:
    """What the surface must be arranged anew for."""
    followed = state.followed if any(cell.hotspot for cell in state.layout.cells) else None
    return state.layout, state.items, state.maximised, state.stops, followed


NAMES: Mapping[type, str] = {
    MapItem: "Map", WebItem: "Web page", PictureItem: "Picture", TextItem: "", ClockItem: "", AlarmsItem: "Alarms",
}  # fmt: skip


def _called(item: PlainItem | None) -> str:
    """What the bar calls something that is no camera."""
    if isinstance(item, ClockItem):
        return item.zone.replace("_", " ")
    return NAMES.get(type(item), "")
