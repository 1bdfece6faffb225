"""What the system lets a thread do about its priority."""

from __future__ import annotations

import os
import sys
import threading

WORKER_NICE = 10
"""Decode threads run at this nice value: the Qt thread's timers stay punctual under full load."""

_THREAD_PRIORITY_BELOW_NORMAL = -1


def lower_priority() -> bool:
    """Put the calling thread below the UI; False where the system does not allow it."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), _THREAD_PRIORITY_BELOW_NORMAL))
    if sys.platform != "linux":
        return False  # elsewhere setpriority means the whole process
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WORKER_NICE)
    except PermissionError:
        return False
    return True
