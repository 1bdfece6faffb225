"""Device queues: order, one at a time, a Stop first, nothing lost."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from functools import partial

import pytest

from console.services.device_queue import DeviceQueues


def block(started: threading.Event, gate: threading.Event) -> None:
    started.set()
    assert gate.wait(10)


def test_order_and_urgency() -> None:
    queues = DeviceQueues(2)
    gate = threading.Event()
    started = threading.Event()
    done: list[str] = []

    first = queues.submit("a", partial(block, started, gate))
    assert started.wait(10)
    futures = [queues.submit("a", lambda name=name: done.append(name)) for name in ("move", "move again")]  # type: ignore[misc]
    futures.append(queues.submit("a", lambda: done.append("stop"), urgent=True))
    futures.append(queues.submit("a", lambda: done.append("stop 2"), urgent=True))
    assert queues.submit("b", lambda: 7).result(10) == 7  # another device does not wait
    gate.set()
    for future in futures:
        future.result(10)
    queues.close()
    assert first.done()
    assert done == ["stop", "stop 2", "move", "move again"]


def test_one_at_a_time_for_each_device() -> None:
    queues = DeviceQueues(4)
    busy = {"a": 0, "b": 0}
    worst = []
    lock = threading.Lock()

    def work(device: str) -> None:
        with lock:
            busy[device] += 1
            worst.append(busy[device])
        with lock:
            busy[device] -= 1

    futures = [queues.submit(device, lambda device=device: work(device)) for _ in range(200) for device in "ab"]  # type: ignore[misc]
    for future in futures:
        future.result(10)
    queues.close()
    assert set(worst) == {1}


def test_clear_leaves_the_urgent() -> None:
    queues = DeviceQueues(1)
    gate = threading.Event()
    started = threading.Event()
    queues.submit("a", partial(block, started, gate))
    assert started.wait(10)
    move = queues.submit("a", lambda: 1)
    stop = queues.submit("a", lambda: 2, urgent=True)
    assert queues.clear("a") == 1
    assert queues.clear("none") == 0
    gate.set()
    assert stop.result(10) == 2
    with pytest.raises(CancelledError):
        move.result(10)
    queues.close()


def test_errors_reach_who_asked_and_the_queue_goes_on() -> None:
    queues = DeviceQueues(1)

    def fail() -> None:
        raise ValueError("broken")

    future = queues.submit("a", fail)
    with pytest.raises(ValueError, match="broken"):
        future.result(10)
    assert queues.submit("a", lambda: 3).result(10) == 3
    queues.close()
    with pytest.raises(RuntimeError, match="closed"):
        queues.submit("a", lambda: 4)


def test_close_cancels_what_waits() -> None:
    queues = DeviceQueues(1)
    gate = threading.Event()
    started = threading.Event()
    running = queues.submit("a", partial(block, started, gate))
    assert started.wait(10)
    waiting = queues.submit("a", lambda: 1)
    other = queues.submit("b", lambda: 1)
    closer = threading.Thread(target=queues.close)
    closer.start()
    with pytest.raises(CancelledError):
        waiting.result(10)
    with pytest.raises(CancelledError):
        other.result(10)
    gate.set()
    closer.join(10)
    assert running.done()


def test_a_stop_passes_devices_that_keep_every_worker_waiting() -> None:
    queues = DeviceQueues(2)
    gate = threading.Event()
    begun = [threading.Event() for _ in range(2)]
    dead = [queues.submit(f"dead {n}", partial(block, started, gate)) for n, started in enumerate(begun)]
    assert all(started.wait(10) for started in begun)
    move = queues.submit("alive", lambda: "moved")
    stop = queues.submit("alive", lambda: "stopped", urgent=True)
    assert stop.result(10) == "stopped"
    assert not move.done(), "what is not urgent takes no thread of what is"
    gate.set()
    assert move.result(10) == "moved"
    for each in dead:
        each.result(10)
    queues.close()
