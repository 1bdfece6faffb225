"""Workers run below the screen."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from console.services.threads import WORKER_NICE, lower_priority


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a nice value")
def test_a_worker_is_lowered_and_nobody_else() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    told: list[tuple[bool, int]] = []

    def work() -> None:
        told.append((lower_priority(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == [(True, WORKER_NICE)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def test_where_it_is_not_allowed_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: int) -> None:
        raise PermissionError

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "setpriority", forbidden, raising=False)
    monkeypatch.setattr(os, "PRIO_PROCESS", 0, raising=False)
    assert not lower_priority()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not lower_priority()
