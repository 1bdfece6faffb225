"""A device's relays for who has a thread of their own (a lamp system of relays): every call takes its turn in the
device's one ordered queue, so that a camera is never asked two things at once and a Stop still goes ahead."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError

from console.services.device_queue import DeviceQueues
from drivers.errors import TimedOut, Unreachable
from drivers.ptz import DeviceControls, Output, OutputDriver

PATIENCE = 30.0
"""Seconds that a call waits for its turn at most."""


class QueuedOutputs:
    """An ``OutputDriver``. Any thread but a worker that serves the same device: it waits for the device's queue."""

    def __init__(
        self,
        device: str,
        name: str,
        queues: DeviceQueues,
        controls: Callable[[str], DeviceControls],
        patience: float = PATIENCE,
    ) -> None:
        self._device, self._name = device, name
        self._queues, self._controls, self._patience = queues, controls, patience

    def outputs(self) -> tuple[Output, ...]:
        """See OutputDriver."""
        return self._in_turn(lambda driver: driver.outputs())

    def set(self, token: str, active: bool) -> None:
        """See OutputDriver."""
        self._in_turn(lambda driver: driver.set(token, active))

    def pulse(self, token: str, seconds: float) -> None:
        """See OutputDriver. The time that it waits for its turn is taken off."""
        until = time.monotonic() + seconds
        self._in_turn(lambda driver: driver.pulse(token, max(0.1, until - time.monotonic())))

    def _in_turn[Answer](self, call: Callable[[OutputDriver], Answer]) -> Answer:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                turn = self._queues.submit(self._device, lambda: call(self._controls(self._device).outputs()))
            except RuntimeError:
                raise Unreachable(self._name, "the console ends", "Nothing more is sent.") from None
            try:
                return turn.result(max(0.0, deadline - time.monotonic()))
            except CancelledError:  # a Stop swept it out of the queue before it began: it takes its place again
                if time.monotonic() >= deadline:
                    raise TimedOut(self._name) from None
            except TimeoutError:
                if turn.cancel():
                    raise TimedOut(self._name) from None
                return turn.result()  # it is under way, and the driver ends it at its own deadline
