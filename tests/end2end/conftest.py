"""The X display, the screenshots and the painted pictures that all end-to-end tests share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from control_room import free_display_command
from screen import Screen


@pytest.fixture(scope="session", autouse=True)
def painted_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for all cities of the run: pictures are painted and encoded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATCHFLOOR_CACHE", str(tmp_path_factory.mktemp("pictures")))
        yield


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server of our own, 1920 x 1080."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: packaging/test.sh installs it (Debian: apt-get install xvfb)")
    server = subprocess.Popen(free_display_command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        number = server.stdout.readline().strip()
        assert number.isdecimal(), "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.communicate(timeout=10)


@pytest.fixture
def screen(display: str, tmp_path: Path) -> Iterator[Screen]:
    """Looks at that display."""
    screen = Screen(display, tmp_path)
    try:
        yield screen
    finally:
        screen.close()
