"""`watchfloor bench commands`: how soon what a hand does is at the device, and how soon 1,000 lamps are.

The console's own door out is used, as the screens use it: rights, leases, the audit on this computer's disk, queues,
ONVIF, TALQ, MQTT and SNMP over sockets. The other end is the virtual city, a process of its own on the same computer,
whose clock (monotonic) is the same; it notes when each command came in, after it has read and understood it. So the
times of lamps, and ``ptz_there_ms``, hold the city's own work too (it draws and encodes each camera that moves);
``ptz_ms`` ends when the packet has left the console.

A hand changes its speed 20 times a second at several cameras at once. The time of one change ends with the packet of
that speed or of a later one: what is coalesced away counts until the speed that took its place. Sessions are open
already, as they are when an operator has chosen a camera; the first move of each hold waits for its line in the audit.
"""

from __future__ import annotations

import bisect
import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import numpy as np

from console import paths
from console.acting import Acting, Telling
from console.cli.city_process import CityProcess, lamp_entries
from console.lamp_factory import make_lamp_systems
from console.model.lamp_leases import LampRef
from console.model.site import Camera, Site
from console.services.commands import Result
from console.services.lamps import LeaseView
from console.services.site_book import SiteBook
from console.store.credentials import MemoryVault
from drivers.http_wire import Connection
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.ptz import Axes
from drivers.types import Credentials

RATE = 20.0
"""Changes of speed a second."""
HEADS_EVERY = 4
"""Each fourth camera of the city has a head that moves."""
HOLD_SECONDS = 2.0
PAUSE_SECONDS = 0.3
PATIENCE = 60.0
LEASE_SECONDS = 900.0
SETTLE_SECONDS = 3.0
"""Between two rounds of lamps: an action is measured, not an action beside the end of another."""
_STEP = 0.001
_PAN = re.compile(rb"ContinuousMove.*?PanTilt[^>]*? x=\"([-+.0-9e]+)\"", re.DOTALL)
_LOGIN = "city"


@dataclass(frozen=True, slots=True)
class CommandBench:
    """What to measure: ``heads`` cameras moved at once for ``seconds``, ``lamps`` lit ``rounds`` times, while a wall of
    ``streams`` cameras is decoded (0: none)."""

    heads: int
    seconds: int
    lamps: int
    rounds: int
    streams: int


@dataclass(slots=True)
class _Hand:
    """One hand at one camera: what it asked for, and when (monotonic nanoseconds)."""

    device: str
    number: int
    asked: list[tuple[int, float]] = field(default_factory=list)
    let_go: list[int] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def measure_commands(wanted: CommandBench, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if something does not come."""
    cameras = max(wanted.heads * HEADS_EVERY, wanted.streams, 4)
    extra = ["--control", "--no-discovery", "--open-streams", "--lamps", str(wanted.lamps)]
    if wanted.streams:
        extra.append("--prepare")
    with CityProcess(cameras, 7, extra, tell) as city:
        folder = paths.data_dir()
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="bench-", dir=folder) as kept, _acting(city, Path(kept)) as acting:
            with _wall(city, wanted.streams) as live:
                tell(f"{wanted.heads} heads at {RATE:.0f} changes a second …")
                heads = _heads(acting, city, wanted, live)
                tell(f"{wanted.lamps} lamps …")
                lamps = _lamps(acting, city, wanted, live)
            verdict = _audit(acting, Path(kept))
    return {**heads, **lamps, **verdict, "streams": wanted.streams}


@contextmanager
def _acting(city: CityProcess, folder: Path) -> Iterator[Acting]:
    """The acting half of a console on the city, with its audit on disk."""
    vault = MemoryVault()
    first = city.devices[0]
    vault.put(_LOGIN, Credentials(first["user"], first["password"]))
    cameras = tuple(
        Camera(each["number"], each["name"], each["endpoint"], xaddrs=(each["xaddr"],), credentials=_LOGIN)
        for each in _control(city, "GET", "/devices")
    )
    site = Site(cameras=cameras, lamp_systems=lamp_entries(city.lamp_systems, vault))
    troubles: list[str] = []
    book = SiteBook(site, lambda changed: None, lambda error: None)
    acting = Acting(
        book,
        vault,
        OnvifDescriber(WsdlLibrary()),
        folder,
        "bench",
        Telling(troubles.append, lambda device, sentence: troubles.append(sentence), lambda: None),
        make_lamp_systems,
    )
    acting.start()
    try:
        yield acting
    finally:
        acting.close()
        book.close()
    if any(troubles):
        raise RuntimeError(next(filter(None, troubles)))


@contextmanager
def _wall(city: CityProcess, streams: int) -> Iterator[Callable[[float], None]]:
    """A wall that decodes meanwhile; gives how to let some seconds pass."""
    if not streams:
        yield time.sleep
        return
    from PySide6.QtWidgets import QApplication

    from console.app import build_wall, dress
    from console.cli.bench_wall import camera_source, run_for
    from console.model.layout import grid_for
    from console.model.monitor import showing

    app = QApplication.instance() or QApplication(["watchfloor"])
    assert isinstance(app, QApplication)
    parts = build_wall(showing(grid_for(streams), range(1, streams + 1)), dress(app))
    urls = [device["rtsp"][1] for device in city.devices[:streams]]
    parts.pool.offer([camera_source(n, url) for n, url in enumerate(urls, start=1)])
    parts.wall.surface.resize(1920, 1080)
    parts.wall.surface.show()
    parts.pulse.start()
    parts.wall.ask()
    end = time.monotonic() + PATIENCE
    try:
        while parts.wall.live_tiles() < streams:
            if time.monotonic() > end:
                raise RuntimeError(f"Not all {streams} tiles became live within {PATIENCE:.0f} s.")
            run_for(app, 0.1)
        yield lambda seconds: run_for(app, seconds)
    finally:
        parts.pulse.stop()
        parts.wall.surface.hide()
        parts.pool.close()


# Heads


def _heads(acting: Acting, city: CityProcess, wanted: CommandBench, live: Callable[[float], None]) -> dict[str, Any]:
    movable = [each for each in _control(city, "GET", "/devices") if each["ptz"]]
    hands = [_Hand(each["endpoint"], each["number"]) for each in movable[: wanted.heads]]
    for hand in hands:
        ready = threading.Event()
        acting.commands.ask(hand.device, lambda controls: controls.ptz().features(), _then(hand, ready))
        _wait(live, ready.is_set, f"camera {hand.number} did not tell what it can do")
    _raise(hands)
    end = time.monotonic() + wanted.seconds
    threads = [
        threading.Thread(target=_hold, args=(acting, hand, place / RATE / len(hands), end), name=f"hand {place}")
        for place, hand in enumerate(hands)
    ]
    with _watching_the_wire() as left:
        for thread in threads:
            thread.start()
        patience = wanted.seconds + 30.0
        _wait(live, lambda: not any(thread.is_alive() for thread in threads), "a hand did not end", patience)
        _wait(live, lambda: not acting.holds.held(), "a camera did not stop")
    _raise(hands)
    took: list[float] = []
    there: list[float] = []
    stops: list[float] = []
    asked = sent = 0
    ports = {each["number"]: urlsplit(each["xaddr"]).port for each in movable}
    for hand in hands:
        (moves,) = _control(city, "GET", f"/devices/{hand.number}/moves")
        arrived = [(each["at"], each["pan"]) for each in moves if each["pan"] is not None]
        there += _times(hand.asked, arrived, hand.let_go)
        gone = [(when, pan) for when, port, pan in left if port == ports[hand.number]]
        took += _times(hand.asked, gone, hand.let_go)
        halts = [each["at"] for each in moves if each["pan"] is None]
        stops += [(halts[bisect.bisect_left(halts, at)] - at) / 1e6 for at in hand.let_go]
        asked, sent = asked + len(hand.asked), sent + len(arrived)
    return {
        "ptz_ms": _percentiles(took),
        "ptz_there_ms": _percentiles(there),
        "ptz_stop_ms": _percentiles(stops),
        "ptz_heads": wanted.heads,
        "ptz_asked": asked,
        "ptz_sent": sent,
        "ptz_untimed": asked - len(took),
    }


@contextmanager
def _watching_the_wire() -> Iterator[list[tuple[int, int, float]]]:
    """When each move left this process (monotonic nanoseconds), to which port, with which pan: noted behind the send of
    the one place that sends them, as a sniffer on the wire would."""
    left: list[tuple[int, int, float]] = []
    flush = Connection.flush

    def noted(self: Connection) -> None:
        data = bytes(self.unsent)
        flush(self)
        pan = _PAN.search(data)
        if pan is not None:
            left.append((time.monotonic_ns(), self.port, float(pan[1])))

    with patch.object(Connection, "flush", noted):
        yield left


def _then(hand: _Hand, ready: threading.Event) -> Callable[[Any, Any], None]:
    def then(answer: Any, error: Any) -> None:
        if error is not None:
            hand.failed.append(error.sentence)
        ready.set()

    return then


def _hold(acting: Acting, hand: _Hand, first: float, end: float) -> None:
    """Hold, change the speed at the rate of a stick, let go, again and again. Each speed is there once only, so that it
    is known again at the camera."""

    def went(result: Result) -> None:
        hand.failed.append(result.sentence)

    speeds = _speeds()
    due = time.monotonic() + first
    while time.monotonic() < end:
        until = due + HOLD_SECONDS
        while due < until:
            time.sleep(max(0.0, due - time.monotonic()))
            pan = next(speeds)
            hand.asked.append((time.monotonic_ns(), pan))
            acting.holds.hold(hand.device, Axes(pan=pan, tilt=0.0), acting.actor, went)
            due += 1.0 / RATE
        time.sleep(max(0.0, due - time.monotonic()))
        hand.let_go.append(time.monotonic_ns())
        acting.holds.let_go(hand.device)
        due += PAUSE_SECONDS


def _speeds() -> Iterator[float]:
    """To the right and to the left in turn, so that the head never comes to its end."""
    number = 0
    while True:
        number += 1
        yield round((0.05 + number % 900 * _STEP) * (1 if number // 10 % 2 else -1), 3)


def _times(
    asked: Sequence[tuple[int, float]], arrived: Sequence[tuple[int, float]], let_go: Sequence[int] = ()
) -> list[float]:
    """Milliseconds from each change until the camera had it or a later one of the same hold. A change after which
    nothing came before the hand let go has no time: the stop took its place."""
    place_of: dict[float, list[int]] = {}
    for place, (_, pan) in enumerate(asked):
        place_of.setdefault(pan, []).append(place)
    at: dict[int, int] = {}
    for when, pan in arrived:
        places = [place for place in place_of.get(round(pan, 3), ()) if asked[place][0] <= when]
        if places:  # repeats of a speed that is held on come later and do not count
            at.setdefault(places[-1], when)
    known = sorted(at)
    times = []
    for place, (when, _) in enumerate(asked):
        end = bisect.bisect_right(let_go, when)
        later = bisect.bisect_left(known, place)
        same = later < len(known) and (end == len(let_go) or asked[known[later]][0] < let_go[end])
        if same:
            times.append((at[known[later]] - when) / 1e6)
    return times


def _raise(hands: Sequence[_Hand]) -> None:
    for hand in hands:
        if hand.failed:
            raise RuntimeError(hand.failed[0])


# Lamps


def _lamps(acting: Acting, city: CityProcess, wanted: CommandBench, live: Callable[[float], None]) -> dict[str, Any]:
    lamps = acting.lamps

    def known() -> bool:
        views = lamps.lamps()
        return len(views) >= wanted.lamps and all(view.state is not None for view in views)

    _wait(live, lambda: not any(s.trouble for s in lamps.systems()), "a lamp system has trouble")
    _wait(live, known, "not all lamps are known")
    refs = [view.ref for view in lamps.lamps()][: wanted.lamps]
    rounds = []
    for turn in range(wanted.rounds):
        live(SETTLE_SECONDS)  # drivers read back what became of the round before
        rounds.append(_round(acting, city, refs, 100.0 - turn, live))
    kinds = sorted({kind for each in rounds for kind in each["wire"]})
    return {
        "lamps": len(refs),
        "lamps_ms": max(each["all"] for each in rounds),
        "lamps_ms_rounds": [each["all"] for each in rounds],
        "lamps_answered_ms": max(each["answered"] for each in rounds),
        "lamps_failed": sum(each["failed"] for each in rounds),
        "lamps_ms_by_system": {kind: max(each["wire"][kind] for each in rounds) for kind in kinds},
    }


def _round(
    acting: Acting, city: CityProcess, refs: Sequence[LampRef], level: float, live: Callable[[float], None]
) -> dict[str, Any]:
    """All lamps at once, as one wish; then back."""
    begun = time.monotonic_ns()
    wish = acting.lamps.light(refs, level, LEASE_SECONDS, acting.actor, "bench")

    def view() -> LeaseView:
        return next(each for each in acting.lamps.leases() if each.lease.id == wish)

    _wait(live, lambda: view().pending == 0, "not all lamps were answered", step=0.005)
    answered = (time.monotonic_ns() - begun) / 1e6
    course = view()
    states = _control(city, "GET", "/lamps/state")
    wire: dict[str, float] = {}
    came = 0
    for state in states.values():
        first = next((at for at in state["came"] if at >= begun), None)
        if first is not None:
            came += 1
            wire[state["system"]] = max(wire.get(state["system"], 0.0), (first - begun) / 1e6)
    if came < len(refs):
        raise RuntimeError(f"Only {came} of {len(refs)} lamps were commanded.")
    acting.lamps.release(wish, acting.actor)
    _wait(
        live,
        lambda: not any(state["overridden"] for state in _control(city, "GET", "/lamps/state").values()),
        "not all lamps went back",
        step=0.2,
    )
    rounded = {kind: round(value, 1) for kind, value in wire.items()}
    return {
        "wire": rounded,
        "all": max(rounded.values()),
        "answered": round(answered, 1),
        "failed": len(course.bad),
    }


# What both need


def _audit(acting: Acting, folder: Path) -> dict[str, Any]:
    from console.acting import audit_of

    audit = audit_of(folder)
    try:
        verdict = audit.verify()
    finally:
        audit.close()
    if not verdict.ok:
        raise RuntimeError(f"The audit is not whole afterwards: {verdict.why}.")
    return {"audit_entries": verdict.entries}


def _wait(
    live: Callable[[float], None],
    done: Callable[[], bool],
    problem: str,
    patience: float = PATIENCE,
    step: float = 0.02,
) -> None:
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"It was waited for {patience:.0f} s in vain: {problem}.")
        live(step)


def _control(city: CityProcess, method: str, path: str) -> Any:
    """Ask the city's control API."""
    request = urllib.request.Request(city.control["url"] + path, method=method)
    request.add_header("X-City-Token", city.control["token"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        raise RuntimeError("Nothing was measured. Measure for longer.")
    found = np.percentile(np.array(values), (50, 95, 99))
    return {f"p{q}": round(float(value), 2) for q, value in zip((50, 95, 99), found, strict=True)}
