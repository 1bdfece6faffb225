"""The ticker: what is due is done, and a fault in one tick ends no other."""

from __future__ import annotations

import threading

import pytest

from console.services.ticker import Ticker


def test_a_fault_in_one_tick_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    ticker = Ticker()
    ticked, broke = threading.Semaphore(0), threading.Event()

    def breaks(now: float) -> float | None:
        broke.set()
        raise ZeroDivisionError

    def works(now: float) -> float | None:
        ticked.release()
        return None

    ticker.add(breaks)
    ticker.add(works)
    ticker.start()
    assert broke.wait(10)
    assert ticked.acquire(timeout=10)
    ticker.wake()
    assert ticked.acquire(timeout=10), "it goes on when it is woken"
    ticker.close()
    assert "failed inside the console" in caplog.text


def test_it_comes_back_when_something_is_due() -> None:
    ticker = Ticker()
    times: list[float] = []
    done = threading.Event()

    def counts(now: float) -> float | None:
        times.append(now)
        if len(times) == 3:
            done.set()
            return None
        return now + 0.01

    ticker.add(counts)
    ticker.start()
    assert done.wait(10)
    ticker.close()
    assert times == sorted(times)
