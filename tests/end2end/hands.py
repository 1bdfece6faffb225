"""The hands of an operator: real keys through the X server, and screens that are plugged in and out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable

import pytest
from control_room import PATIENCE

NEEDED = {"xdotool": "xdotool", "xrandr": "x11-xserver-utils"}
"""Programs, and the Debian packages that bring them."""


class Hands:
    """Keys and screens of one X display. No window manager runs there, so a window gets the keyboard by ``takes``."""

    def __init__(self, display: str) -> None:
        for program, package in NEEDED.items():
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed: packaging/test.sh installs it (Debian: {package})")
        self._environ = {**os.environ, "DISPLAY": display}

    def takes(self, title: str) -> None:
        """Wait for the window whose title matches, and give it the keyboard."""
        wait_until(lambda: bool(self._windows(title)), f"no window {title!r} came")
        wait_until(lambda: self._focused(self._windows(title)), f"the window {title!r} did not take the keyboard")

    def open(self, key: str, title: str, again: float = 5.0) -> None:
        """Press the key until the window whose title matches is there, and give it the keyboard. On a busy machine a
        key may come before whoever it is for has heard that it has the keyboard; once more is after ``again`` seconds.
        """
        self.press_until(key, lambda: bool(self._windows(title)), f"{key} opened no window {title!r}", again)
        self.takes(title)

    def press_until(self, key: str, true: Callable[[], bool], otherwise: str, again: float = 8.0) -> None:
        """Press the key, once more after ``again`` seconds, until ``true``; see ``open``."""
        pressed = float("-inf")

        def done() -> bool:
            nonlocal pressed
            if true():
                return True
            if time.monotonic() - pressed > again:
                pressed = time.monotonic()
                self.press(key)
            return False

        wait_until(done, otherwise)

    def press(self, *keys: str) -> None:
        """One key after another, each as xdotool names it: ``shift+F2``, ``Return``, ``1``."""
        self._run("xdotool", "key", "--delay", "40", *keys)

    def types(self, text: str) -> None:
        """Write into what has the keyboard."""
        self._run("xdotool", "type", "--delay", "30", text)

    def plugs_in(self, name: str, x: int, width: int, height: int, output: str = "none") -> None:
        """A screen of this name comes, its left edge at ``x``."""
        self._run("xrandr", "--setmonitor", name, f"{width}/{width // 4}x{height}/{height // 4}+{x}+0", output)

    def unplugs(self, name: str) -> None:
        """It goes."""
        self._run("xrandr", "--delmonitor", name)

    def _windows(self, title: str) -> list[str]:
        return self._ask("xdotool", "search", "--onlyvisible", "--name", title)

    def _focused(self, windows: list[str]) -> bool:
        if windows and self._ask("xdotool", "getwindowfocus") != windows[-1:]:
            self._ask("xdotool", "windowfocus", windows[-1])
        return bool(windows) and self._ask("xdotool", "getwindowfocus") == windows[-1:]

    def _ask(self, *words: str) -> list[str]:
        """What a command says, nothing where it fails: a window may go while it is asked for."""
        return subprocess.run(words, env=self._environ, capture_output=True, text=True, timeout=PATIENCE).stdout.split()

    def _run(self, *words: str) -> None:
        subprocess.run(words, env=self._environ, check=True, capture_output=True, timeout=PATIENCE)


def wait_until(true: Callable[[], bool], otherwise: str) -> None:
    """Wait for a condition with the patience of all tests."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
