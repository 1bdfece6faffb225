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
    running: bool = False
    """Whether a thread works for it now. What is due then is taken up by that thread's end."""


class DeviceQueues:
    """``submit``, ``clear`` and ``close`` come from any thread and return at once (``close`` waits); the work runs in
    at most ``workers`` threads, for one device one piece at a time and in order. What is urgent has threads of its own
    beside them: devices that are dead and keep all workers waiting must not hold up a Stop for one that lives."""

    def __init__(self, workers: int = 8, name: str = "device", quick: int = 4) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, _Queue] = {}
        self._closed = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._quick = ThreadPoolExecutor(quick, thread_name_prefix=f"{name}, urgent")

    def submit[Result](self, device: str, work: Callable[[], Result], urgent: bool = False) -> Future[Result]:
        """Run ``work`` when the device's turn comes; ``urgent`` ahead of all that waits, behind what is urgent already.
        The future carries its result or error. Raises RuntimeError after ``close``."""
        job = _Job(work, Future())
        with self._lock:
            if self._closed:
                raise RuntimeError("the device queues are closed")
            queue = self._queues.setdefault(device, _Queue())
            idle = not (queue.urgent or queue.waiting)
            (queue.urgent if urgent else queue.waiting).append(job)
            if urgent:
                self._quick.submit(self._serve, device, queue, True)
            elif idle and not queue.running:
                self._pool.submit(self._serve, device, queue, False)
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
        self._quick.shutdown(wait=True)

    def _serve(self, device: str, queue: _Queue, quick: bool) -> None:
        """Do one job, then stand in line again: a device with much to do must not hold a thread. It may be called once
        too often, by what became urgent meanwhile; then there is nothing to do. Threads for what is urgent (``quick``)
        do nothing else."""
        with self._lock:
            if queue.running or not (queue.urgent or (queue.waiting and not quick)):
                return
            queue.running = True
            job = (queue.urgent or queue.waiting).popleft()
        if job.future.set_running_or_notify_cancel():
            _run(job)
        with self._lock:
            queue.running = False
            if self._closed or not (queue.urgent or queue.waiting):
                if self._queues.get(device) is queue:
                    del self._queues[device]
                return
            quick = bool(queue.urgent)
            (self._quick if quick else self._pool).submit(self._serve, device, queue, quick)


def _run(job: _Job) -> None:
    try:
        result = job.work()
    except (Exception, CancelledError) as error:  # noqa: BLE001 -- not swallowed: the future hands it to who asked
        job.future.set_exception(error)
    else:
        job.future.set_result(result)
