"""The X display, the screenshots and the painted pictures that all end-to-end tests share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from control_room import City, free_display_command
from hands import Hands
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
    with x_server() as display:
        yield display


@contextmanager
def x_server(size: str = "1920x1080x24") -> Iterator[str]:
    """An X server on a free display."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: packaging/test.sh installs it (Debian: apt-get install xvfb)")
    server = subprocess.Popen(free_display_command(size), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
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


@pytest.fixture
def hands(display: str) -> Hands:
    """Keys on that display."""
    return Hands(display)


@pytest.fixture(scope="module")
def town(painted_once: None) -> Iterator[City]:
    """A city of four cameras for the tests of a file that do nothing to it. It ends with them: others count cities."""
    with City(4, 1119) as city:
        yield city


@pytest.fixture
def two_screens(tmp_path: Path) -> Iterator[tuple[Hands, Screen, str]]:
    """An X server with two screens side by side, LEFT (as large as the desk) and RIGHT."""
    with x_server("2800x900x24") as display:
        hands = Hands(display)
        hands.plugs_in("LEFT", 0, 1600, 900, "screen")
        hands.plugs_in("RIGHT", 1600, 1200, 900)
        screen = Screen(display, tmp_path)
        try:
            yield hands, screen, display
        finally:
            screen.close()
