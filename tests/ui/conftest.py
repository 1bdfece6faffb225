"""Real screens, fed by fake cameras. Threads and timers that stay are found by the house's own conftest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from ui_fakes import Clock, FakeCameras, source
from ui_room import Room

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Qt's offscreen platform warns of what it cannot do; that says nothing about the product."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt)
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))


@pytest.fixture
def clock() -> Clock:
    """Time stands still until a test lets it pass."""
    return Clock()


@pytest.fixture
def cameras(clock: Clock) -> FakeCameras:
    """Cameras 1 to 4 and 17, silent so far."""
    return FakeCameras(clock)


@pytest.fixture
def room(qtbot: QtBot, cameras: FakeCameras, clock: Clock) -> Iterator[Room]:
    """A desk of nine tiles with cameras 1, 2 and 3 on the first three."""
    room = Room(qtbot, cameras, clock, [source(number) for number in (1, 2, 3, 4, 17)])
    try:
        yield room
    finally:
        room.close()
