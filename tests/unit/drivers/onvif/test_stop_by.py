"""One attempt to stop and its time, on a wire whose seconds pass by the test's clock: a camera that is silent, slow,
gone, or refuses the password that it took before."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import DriverError, Refused, StopNotConfirmed, TimedOut, Unreachable
from drivers.onvif.link import INSIST_SECONDS, Link
from drivers.onvif.ptz import OnvifPtz, PtzProfile
from drivers.onvif.stopping import ANEW_SECONDS, TOTAL_SECONDS
from drivers.ptz import Axes
from drivers.types import Credentials

type Course = tuple[float, Exception | None]
"""How many seconds something on the wire takes, and what becomes of it."""
WELL: Course = (0.01, None)
SILENT: Course = (1e6, None)
GONE: Course = (0.0, Unreachable("Gate", "Connection refused"))
REFUSED: Course = (0.01, Refused("Gate"))


class Wire:
    """A describer whose sessions do nothing but take time: what ``connecting`` and ``asking`` give in turn."""

    def __init__(self) -> None:
        self.now = 500.0
        self.connecting: Callable[[], Course] = lambda: WELL
        self.asking: Callable[[], Course] = lambda: WELL
        self.sent: list[str] = []
        self.link = Link(cast(Any, self), "Gate", ("http://gate",), Credentials("ada", "x"), mono=lambda: self.now)
        self.head = OnvifPtz(self.link, PtzProfile("main", "", ""), self._sleep)
        self.head.features()
        self.head.move(Axes(1.0, 0.0), 1.0)

    def connect(self, name: str, xaddrs: Any, credentials: Any, endpoint: str, seconds: float) -> Any:
        """As OnvifDescriber's."""
        end = self.now + seconds
        self._pass("connect", seconds, self.connecting())
        return SimpleNamespace(session=_Session(self, end))

    def stop(self) -> float:
        """Seconds that an attempt took, confirmed or not."""
        before = self.now
        self.sent.clear()
        try:
            self.head.stop()
        except StopNotConfirmed:
            pass
        return self.now - before

    def ask(self, operation: str, seconds: float) -> None:
        self._pass(operation, seconds, self.asking())

    def _pass(self, what: str, seconds: float, course: Course) -> None:
        if seconds <= 0:
            raise TimedOut("Gate")
        self.sent.append(what)
        needed, error = course
        self.now += min(needed, seconds)
        if needed > seconds:
            raise TimedOut("Gate")
        if error is not None:
            raise error

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


class _Session:
    """As much of an OnvifSession as a Link uses."""

    clock_offset = 0.0
    xaddr = "http://gate"

    def __init__(self, wire: Wire, end: float) -> None:
        self._wire, self._end = wire, end
        self._refused: Refused | None = None
        self.addresses = {"device": self.xaddr}

    def stay(self) -> None:
        self._end = float("inf")

    def close(self) -> None:
        pass

    def tell(self, service: str, operation: str, inside: str, seconds: float, again: bool) -> None:
        self._ask(operation, seconds)

    def service(self, name: str, seconds: float = 8.0, again: bool = False, authenticate: bool = True) -> Any:
        return _Operations(lambda operation: self._ask(operation, seconds))

    def _ask(self, operation: str, seconds: float) -> Any:
        if self._refused is not None:
            raise self._refused
        try:
            self._wire.ask(operation, min(seconds, self._end - self._wire.now))
        except Refused as error:
            self._refused = error
            raise
        if operation == "GetStatus":
            return SimpleNamespace(MoveStatus=SimpleNamespace(PanTilt="IDLE", Zoom="IDLE"))
        if operation == "GetServices":
            return [SimpleNamespace(Namespace="http://www.onvif.org/ver20/ptz/wsdl", XAddr="http://gate/ptz")]
        if operation.startswith("Get"):
            raise DriverError("Gate", "it does not say")
        return None


class _Operations:
    def __init__(self, ask: Callable[[str], Any]) -> None:
        self._ask = ask

    def __getattr__(self, operation: str) -> Any:
        return lambda **values: self._ask(operation)


courses = st.one_of(
    st.tuples(st.floats(0.0, 6.0), st.sampled_from([None, GONE[1], DriverError("Gate", "it says: busy"), REFUSED[1]])),
    st.just(SILENT),
)


@given(st.lists(courses, max_size=12), st.lists(courses, max_size=12), st.booleans())
def test_an_attempt_ends_in_time_whatever_the_camera_does(
    connecting: list[Course], asking: list[Course], kept: bool
) -> None:
    wire = Wire()
    if not kept:
        wire.link.forget()
    wire.connecting = lambda: connecting.pop() if connecting else SILENT
    wire.asking = lambda: asking.pop() if asking else SILENT
    assert wire.stop() <= (TOTAL_SECONDS if kept else ANEW_SECONDS) + 1e-6


def test_a_camera_that_fell_silent() -> None:
    wire = Wire()
    wire.connecting = wire.asking = lambda: SILENT
    assert wire.stop() == pytest.approx(TOTAL_SECONDS)
    assert wire.sent == ["Stop", "connect"], "the other way had to connect anew, in what time was left"
    assert wire.stop() == pytest.approx(ANEW_SECONDS)
    assert wire.sent == ["connect"]


def test_a_camera_that_connects_slowly_is_waited_for() -> None:
    wire = Wire()
    wire.link.forget()
    wire.connecting = lambda: (ANEW_SECONDS - 0.5, None)
    wire.stop()
    assert wire.sent == ["connect", "GetServices", "Stop", "GetStatus"]


def test_a_connection_that_broke_is_made_anew() -> None:
    wire = Wire()
    asked = iter([GONE])
    wire.asking = lambda: next(asked, WELL)
    assert wire.stop() < 0.1
    assert wire.sent == ["Stop", "connect", "GetServices", "ContinuousMove", "GetStatus"]


def test_a_password_that_is_refused_now_does_not_keep_a_stop_from_the_wire() -> None:
    wire = Wire()
    wire.asking = lambda: REFUSED
    with pytest.raises(Refused):
        wire.head.move(Axes(1.0, 0.0), 1.0)
    with pytest.raises(Refused):
        wire.head.go_preset("1")
    wire.stop()
    assert wire.sent == ["connect", "Stop"], "once, since cameras lock accounts"
    wire.stop()
    assert wire.sent == []
    wire.now += INSIST_SECONDS
    wire.connecting = lambda: GONE
    wire.stop()
    assert wire.sent == ["connect", "connect"]
    wire.connecting = wire.asking = lambda: WELL
    wire.stop()
    assert wire.sent == ["connect", "Stop", "GetStatus"], "what was not sent does not count as the one try"
    wire.head.move(Axes(1.0, 0.0), 1.0)
