"""Relays whose calls take their turn in the device's own queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from console.services.device_queue import DeviceQueues
from console.services.queued_outputs import QueuedOutputs
from drivers.errors import TimedOut, Unreachable, Unsupported
from drivers.ptz import Output


class Controls:
    """A device with one relay. Says when two calls were in it at once."""

    def __init__(self) -> None:
        self.did: list[object] = []
        self.busy = threading.Lock()
        self.fails = False

    def __call__(self, device: str) -> Any:
        return self

    def outputs(self) -> Any:
        outer = self

        class Driver:
            def outputs(self) -> tuple[Output, ...]:
                assert outer.busy.acquire(blocking=False), "two calls at once"
                outer.busy.release()
                if outer.fails:
                    raise Unsupported("gate")
                return (Output("1"),)

            def set(self, token: str, active: bool) -> None:
                outer.did.append((token, active))

            def pulse(self, token: str, seconds: float) -> None:
                outer.did.append((token, round(seconds)))

        return Driver()


@pytest.fixture
def queues() -> Iterator[DeviceQueues]:
    made = DeviceQueues(4)
    yield made
    made.close()


def hold(queues: DeviceQueues) -> threading.Event:
    """Keep the device busy until the event is set."""
    go, began = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        assert go.wait(20)

    queues.submit("gate", work)
    assert began.wait(20)
    return go


def test_calls_wait_for_their_turn(queues: DeviceQueues) -> None:
    controls = Controls()
    relays = QueuedOutputs("gate", "Gate", queues, controls)
    go = hold(queues)
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(relays.outputs), pool.submit(relays.set, "1", True)]
        assert not any(call.done() for call in calls)
        go.set()
        assert calls[0].result(20) == (Output("1"),)
        calls[1].result(20)
    relays.pulse("1", 60.0)
    assert controls.did == [("1", True), ("1", 60)]


def test_a_stop_that_sweeps_the_queue_does_not_lose_them(queues: DeviceQueues) -> None:
    relays = QueuedOutputs("gate", "Gate", queues, Controls())
    go = hold(queues)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(relays.outputs)
        swept = 0
        while not swept:
            swept = queues.clear("gate")
        go.set()
        assert call.result(20) == (Output("1"),)


def test_who_waits_too_long_sends_nothing(queues: DeviceQueues) -> None:
    controls = Controls()
    relays = QueuedOutputs("gate", "Gate", queues, controls, patience=0.05)
    go = hold(queues)
    with pytest.raises(TimedOut):
        relays.set("1", True)
    go.set()
    queues.submit("gate", lambda: None).result(20)
    assert controls.did == []


def test_the_devices_own_error_comes_through(queues: DeviceQueues) -> None:
    controls = Controls()
    controls.fails = True
    with pytest.raises(Unsupported):
        QueuedOutputs("gate", "Gate", queues, controls).outputs()


def test_nothing_is_sent_after_the_end() -> None:
    queues = DeviceQueues(1)
    queues.close()
    with pytest.raises(Unreachable, match="the console ends"):
        QueuedOutputs("gate", "Gate", queues, Controls()).outputs()
