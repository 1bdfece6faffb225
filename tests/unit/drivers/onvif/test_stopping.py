"""How a head is brought to rest, told as scripts: what each way does, and what the head says of itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers.errors import DriverError, Refused, StopNotConfirmed, TimedOut, Unreachable
from drivers.onvif.stopping import TOTAL_SECONDS, Stopper, Way

type Script = Callable[["Head", float], None]


class Head:
    """A head, its clock, and what was asked of it."""

    def __init__(self, stop: Script, zero: Script | None, tells: bool = True) -> None:
        self.now = 100.0
        self.moving: bool | None = True
        self.asked: list[str] = []
        self.status_error: DriverError | None = None
        ways = [self._way("Stop", stop)] + ([self._way("zero", zero)] if zero else [])
        self.stopper = Stopper("Gate", ways, self._status, tells, lambda: True, lambda: self.now, self._sleep)

    def _way(self, name: str, script: Script) -> Way:
        def send(seconds: float, end: float) -> None:
            assert 0 < seconds <= 1.0
            assert self.now + seconds <= end
            self.asked.append(name)
            self.now += 0.01
            script(self, seconds)

        return Way(name, send)

    def _status(self, seconds: float) -> bool | None:
        assert 0 < seconds <= 0.5
        self.asked.append("status")
        self.now += 0.01
        if self.status_error is not None:
            raise self.status_error
        return self.moving

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def stop(self) -> float:
        """Stop and give the seconds that it took."""
        before = self.now
        self.asked.clear()
        try:
            self.stopper.stop()
        finally:
            assert self.now - before <= TOTAL_SECONDS + 0.1
        return self.now - before


def works(head: Head, seconds: float) -> None:
    head.moving = False


def deaf(head: Head, seconds: float) -> None:
    pass


def faults(head: Head, seconds: float) -> None:
    raise DriverError("Gate", "it says: internal error")


def hangs(head: Head, seconds: float) -> None:
    head.now += seconds
    raise TimedOut("Gate")


def gone(head: Head, seconds: float) -> None:
    raise Unreachable("Gate", "Connection refused")


def test_a_good_head_costs_two_questions() -> None:
    head = Head(works, works)
    assert head.stop() < 0.1
    assert head.asked == ["Stop", "status"]


@pytest.mark.parametrize("broken", [faults, deaf, hangs])
def test_zero_speed_is_the_other_way_and_is_remembered(broken: Script) -> None:
    head = Head(broken, works)
    head.stop()
    assert "zero" in head.asked
    head.moving = True
    head.stop()
    assert head.asked == ["zero", "status"]


def test_the_way_back_when_zero_speed_stops_working() -> None:
    ways: dict[str, Script] = {"Stop": faults, "zero": works}
    head = Head(lambda head, s: ways["Stop"](head, s), lambda head, s: ways["zero"](head, s))
    head.stop()
    ways["Stop"], ways["zero"] = works, faults
    head.moving = True
    head.stop()
    assert head.asked == ["zero", "Stop", "status"]


@pytest.mark.parametrize("first", [deaf, faults, hangs, gone])
@pytest.mark.parametrize("second", [deaf, faults, hangs, gone])
def test_what_nothing_confirms_is_said(first: Script, second: Script) -> None:
    head = Head(first, second)
    with pytest.raises(StopNotConfirmed) as caught:
        head.stop()
    assert "Gate: it may still be moving; the stop is not confirmed" in str(caught.value)
    assert "press Stop again" in str(caught.value)
    assert {"Stop", "zero"} <= set(head.asked)


def test_a_head_that_brakes_is_waited_for() -> None:
    head = Head(deaf, works)
    end = head.now + 0.4
    head._sleep = lambda seconds: None  # type: ignore[method-assign]
    head.stopper._moving = lambda seconds: head.now < end
    head.stopper.stop()
    assert head.asked == ["Stop"]


def test_a_head_without_status_is_believed() -> None:
    head = Head(deaf, deaf, tells=False)
    head.stop()
    assert head.asked == ["Stop"]
    head = Head(faults, deaf, tells=False)
    head.stop()
    assert head.asked == ["Stop", "zero"]
    head = Head(faults, gone, tells=False)
    with pytest.raises(StopNotConfirmed, match="Connection refused"):
        head.stop()


def test_a_head_that_stops_telling_is_not_believed() -> None:
    head = Head(works, works)
    head.status_error = TimedOut("Gate")
    with pytest.raises(StopNotConfirmed, match="no answer in time"):
        head.stop()
    assert head.asked == ["Stop", "status", "zero", "status"]
    head = Head(deaf, deaf)
    head.moving = None
    with pytest.raises(StopNotConfirmed, match="it does not say whether it moves"):
        head.stop()


def test_a_refused_password_is_said_as_well() -> None:
    def refuses(head: Head, seconds: float) -> None:
        raise Refused("Gate")

    with pytest.raises(StopNotConfirmed, match="user name or password refused") as caught:
        Head(refuses, refuses).stop()
    assert isinstance(caught.value.__cause__, Refused)


def test_a_head_with_one_way_only() -> None:
    head = Head(works, None)
    head.stop()
    with pytest.raises(StopNotConfirmed):
        Head(faults, None).stop()
