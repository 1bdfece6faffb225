"""One ordered queue for each device, served by a few shared threads: a camera is never asked two things at once, a slow
one never holds up the others, and what is urgent (a Stop) goes ahead of everything that waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    future: Future[Any]


@dataclass(slots=True)
class _Queue:
    urgent: deque[_Job] = field(default_factory=deque)
    waiting: deque[_Job] = field(default_factory=deque)
    busy: bool = False


class DeviceQueues:
    """``submit``, ``clear`` and ``close`` come from any thread and return at once (``close`` waits); the work runs in
    at most ``workers`` threads, for one device one piece at a time and in order."""

    def __init__(self, workers: int = 8, name: str = "device") -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, _Queue] = {}
        self._closed = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def submit[Result](self, device: str, work: Callable[[], Result], urgent: bool = False) -> Future[Result]:
        """Run ``work`` when the device's turn comes; ``urgent`` ahead of all that waits, behind what is urgent already.
        The future carries its result or error. Raises RuntimeError after ``close``."""
        job = _Job(work, Future())
        with self._lock:
            if self._closed:
                raise RuntimeError("the device queues are closed")
            queue = self._queues.setdefault(device, _Queue())
            (queue.urgent if urgent else queue.waiting).append(job)
            if not queue.busy:
                queue.busy = True
                self._pool.submit(self._serve, device, queue)
        return job.future

    def clear(self, device: str) -> int:
        """Cancel what waits for a device and is not urgent (moves that a Stop overtook); how many there were."""
        with self._lock:
            queue = self._queues.get(device)
            dropped = list(queue.waiting) if queue else []
            if queue:
                queue.waiting.clear()
        for job in dropped:
            job.future.cancel()
        return len(dropped)

    def close(self) -> None:
        """Cancel all that waits, wait for what runs, end the threads."""
        with self._lock:
            self._closed = True
            dropped = [job for queue in self._queues.values() for job in (*queue.urgent, *queue.waiting)]
            for queue in self._queues.values():
                queue.urgent.clear()
                queue.waiting.clear()
        for job in dropped:
            job.future.cancel()
        self._pool.shutdown(wait=True)

    def _serve(self, device: str, queue: _Queue) -> None:
        """Do one job, then stand in line again: a device with much to do must not hold a thread."""
        with self._lock:
            job = (queue.urgent or queue.waiting).popleft() if queue.urgent or queue.waiting else None
        if job is not None and job.future.set_running_or_notify_cancel():
            _run(job)
        with self._lock:
            if self._closed or not (queue.urgent or queue.waiting):
                queue.busy = False
                self._queues.pop(device, None)
                return
            self._pool.submit(self._serve, device, queue)


def _run(job: _Job) -> None:
    try:
        result = job.work()
    except (Exception, CancelledError) as error:  # noqa: BLE001 -- not swallowed: the future hands it to who asked
        job.future.set_exception(error)
    else:
        job.future.set_result(result)
