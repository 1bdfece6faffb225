"""How often the screen looks for new pictures."""

from __future__ import annotations

import pytest

from console.ui.pulse import FASTEST_MS, MANY, SLOWEST_MS, interval_for


@pytest.mark.parametrize(
    ("streams", "fastest", "beat"),
    [
        (16, 15.0, SLOWEST_MS),
        (16, 25.0, FASTEST_MS),
        (16, 0.0, FASTEST_MS),  # a stream that does not say may be a quick one
        (MANY + 1, 25.0, SLOWEST_MS),
        (0, 0.0, FASTEST_MS),
    ],
)
def test_no_picture_of_the_quickest_stream_waits_for_more_than_half_of_its_time(
    streams: int, fastest: float, beat: int
) -> None:
    assert interval_for(streams, fastest) == beat
    if fastest and streams <= MANY:
        assert beat <= 1000 / fastest / 1.9
