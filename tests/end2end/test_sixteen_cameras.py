"""The whole day of an operator in a minute: sixteen cameras live, one dies and says so, comes back, and the end."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from control_room import PATIENCE, City, Console
from screen import Pixels, Screen, Shot
from site_of_city import learn

pytestmark = [pytest.mark.qt, pytest.mark.end2end]

SEED = 1117  # not that of the demo: others may run that on the same machine
VICTIM = 6
YOUNG_MS = 1000
"""Age of a picture that nobody would call old; how young exactly is the bench's business, not a test's."""


def test_sixteen_live_one_dies_says_so_and_comes_back(tmp_path: Path, display: str, screen: Screen) -> None:
    with City(16, SEED) as city:
        _, _, variables = learn(city, tmp_path)
        with Console(["run", "--full-screen"], display, **variables) as console:
            all_are_live(console)
            before = all_codes_are_on_the_screen_and_young(screen)

            killed = city.kills(VICTIM)
            stale = console.says(rf"camera {VICTIM} .*: STALE", after=killed)
            assert stale.at - killed < 3.0
            shot = the_tile_is_dimmed(screen, before)
            it_is_hatched(shot, before)
            the_others_go_on(shot, before)

            revived = city.revives(VICTIM)
            console.says(rf"camera {VICTIM} .*: LIVE", after=revived)
            all_codes_are_on_the_screen_and_young(screen)
            console.quits_on_sigterm()


def all_are_live(console: Console) -> None:
    for number in range(1, 17):
        console.says(rf"camera {number} .*: LIVE")


def all_codes_are_on_the_screen_and_young(screen: Screen) -> Shot:
    """Waits for the moment in which all sixteen are there: on a busy machine a picture may be late now and then."""
    deadline = time.monotonic() + PATIENCE
    while True:
        shot = screen.grab()
        codes = shot.codes()
        young = {number for number, code in codes.items() if code.age_ms < YOUNG_MS}
        if young == set(range(1, 17)):
            return shot
        assert time.monotonic() < deadline, {number: code.age_ms for number, code in codes.items()}


def the_tile_is_dimmed(screen: Screen, before: Shot) -> Shot:
    """The log line comes just before the paint."""
    bright = upper_half(before, before).mean()
    deadline = time.monotonic() + PATIENCE
    while True:
        shot = screen.grab()
        if upper_half(shot, before).mean() < 0.6 * bright:
            return shot
        assert time.monotonic() < deadline, "the tile is not dimmed"


def it_is_hatched(shot: Shot, before: Shot) -> None:
    """The frame runs along the tile's edge, left of the picture's own edge where the tile is wider."""
    x, y, _, height = before.codes()[VICTIM].picture
    strip = shot.part((max(0, x - 60), y + 20, 65, height - 40)).astype(int)
    orange = (strip[:, :, 2] > 150) & (strip[:, :, 0] < 110)
    assert 0.1 < orange.mean(axis=0).max() < 0.9, "no hatched border"


def upper_half(shot: Shot, before: Shot) -> Pixels:
    """Of the victim's picture, where no message covers it."""
    x, y, width, height = before.codes()[VICTIM].picture
    return shot.part((x, y, width, height // 2))


def the_others_go_on(shot: Shot, before: Shot) -> None:
    codes, earlier = shot.codes(), before.codes()
    for number in set(range(1, 17)) - {VICTIM}:
        assert codes[number].taken_ms > earlier[number].taken_ms
        assert codes[number].white > 0.8 * earlier[number].white
        assert not np.array_equal(shot.part(codes[number].picture), before.part(earlier[number].picture))
