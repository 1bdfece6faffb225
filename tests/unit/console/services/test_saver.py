"""Saving in the background: the newest wins, and what cannot be written is told."""

from __future__ import annotations

import threading

import pytest

from console.services.saver import Saver


class Disk:
    """Writes when it is let."""

    def __init__(self) -> None:
        self.go, self.writing = threading.Event(), threading.Event()
        self.saved: list[int] = []
        self.threads: set[str] = set()
        self.failed: list[Exception] = []
        self.fail_next: Exception | None = None

    def save(self, value: int) -> None:
        self.writing.set()
        assert self.go.wait(10)
        self.threads.add(threading.current_thread().name)
        if self.fail_next is not None:
            error, self.fail_next = self.fail_next, None
            raise error
        self.saved.append(value)


def test_the_newest_value_wins_and_closing_waits_for_it() -> None:
    disk = Disk()
    saver = Saver("disk", disk.save, disk.failed.append)
    saver.keep(1)
    assert disk.writing.wait(10)
    for value in range(2, 50):
        saver.keep(value)  # at once, though the disk stands still
    disk.go.set()
    saver.close()
    assert disk.saved == [1, 49]
    assert all(name.startswith("disk") for name in disk.threads)
    assert disk.failed == []


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("not a value")])
def test_an_error_is_told_and_the_next_value_saved(error: Exception) -> None:
    disk = Disk()
    disk.go.set()
    disk.fail_next = error
    told = threading.Event()

    def failed(failure: Exception) -> None:
        disk.failed.append(failure)
        told.set()

    saver = Saver("disk", disk.save, failed)
    saver.keep(1)
    assert told.wait(10)
    saver.keep(2)
    saver.close()
    assert (disk.failed, disk.saved) == ([error], [2])


def test_values_from_many_threads_end_with_one_that_was_kept() -> None:
    disk = Disk()
    disk.go.set()
    saver = Saver("disk", disk.save, disk.failed.append)

    def keep(first: int) -> None:
        for value in range(first, first + 100):
            saver.keep(value)

    threads = [threading.Thread(target=keep, args=(n * 100,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    saver.keep(9999)
    saver.close()
    assert disk.saved[-1] == 9999
    assert len(disk.saved) == len(set(disk.saved))
