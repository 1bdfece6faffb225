"""What the demo asks of its city."""

from __future__ import annotations

import pytest

from console.cli.demo import READERS
from drivers.virtual.plan import make_plan, most_readers
from drivers.virtual.plates.readers import with_readers


@pytest.mark.parametrize("cameras", range(1, 17))
def test_a_city_of_any_size_has_as_many_readers_as_are_asked_of_it(cameras: int) -> None:
    wanted = min(READERS, most_readers(cameras))
    assert wanted == READERS or cameras < 10
    assert wanted >= 1
    with_readers(make_plan(7, cameras), wanted)
