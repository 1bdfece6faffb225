"""Two footages of one camera as one."""

from __future__ import annotations

import pytest
from gop_rig import ListFootage

from console.services.footage import Span
from console.services.footage_merge import MergedFootage
from drivers.types import EncodedPacket, Gop, StreamParameters

RING, FILE = StreamParameters("h264", width=640), StreamParameters("h264", width=1920)


def gops(parameters: StreamParameters, *starts: float, length: float = 1.9) -> list[Gop]:
    return [
        Gop(
            parameters,
            (EncodedPacket(b"k", 0, 0, True, start), EncodedPacket(b"p", length, length, False, start + length)),
        )
        for start in starts
    ]


@pytest.fixture
def merged_footage() -> MergedFootage:
    """Recorded from 100 to 112 and from 200 to 204; the ring has 107 to 115, out of step with the file."""
    ring = ListFootage(gops(RING, 107, 109, 111, 113))
    file = ListFootage(gops(FILE, 100, 102, 104, 106, 108, 110, 200, 202))
    return MergedFootage([ring, file])


def test_spans_of_both(merged_footage: MergedFootage) -> None:
    assert merged_footage.spans() == (Span(100, 114.9), Span(200, 203.9))


@pytest.mark.parametrize(
    ("when", "start", "parameters"),
    [
        (50, 100, FILE),
        (101, 100, FILE),
        (106.5, 106, FILE),
        (107, 107, RING),
        (110.5, 109, RING),
        (114, 113, RING),
        (150, 113, RING),
        (201, 200, FILE),
        (999, 202, FILE),
    ],
)
def test_the_ring_wins_where_it_has_something(
    merged_footage: MergedFootage, when: float, start: float, parameters: StreamParameters
) -> None:
    gop = merged_footage.gop_at(when)
    assert gop is not None
    assert (gop.start, gop.parameters) == (start, parameters)


def test_walked_through_nothing_is_seen_twice(merged_footage: MergedFootage) -> None:
    forwards = [merged_footage.gop_at(0)]
    while (gop := forwards[-1]) is not None:
        forwards.append(merged_footage.gop_after(gop.start))
    starts = [gop.start for gop in forwards if gop is not None]
    assert starts == [100, 102, 104, 106, 107, 109, 111, 113, 200, 202]
    backwards = [merged_footage.gop_at(999)]
    while (gop := backwards[-1]) is not None:
        backwards.append(merged_footage.gop_before(gop.start))
    assert [gop.start for gop in backwards if gop is not None] == starts[::-1]


def test_the_same_groups_with_rounded_times_are_one() -> None:
    ring = ListFootage(gops(RING, 104, 106))
    file = ListFootage(gops(FILE, 100.0004, 102.0004, 104.0004, 106.0004))
    both = MergedFootage([ring, file])
    gop, starts = both.gop_at(100.5), []
    while gop is not None:
        starts.append(gop.start)
        gop = both.gop_after(gop.start)
    assert starts == [100.0004, 102.0004, 104, 106]


def test_within_the_ring_no_disk_is_read() -> None:
    ring, file = ListFootage(gops(RING, 107, 109, 111)), ListFootage(gops(FILE, 104, 106, 108, 110))
    both = MergedFootage([ring, file])
    assert both.gop_at(109.5) is not None
    assert both.gop_after(109) is not None
    assert both.gop_before(109) is not None
    assert file.asked == 0
    assert both.gop_before(107) is not None
    assert file.asked > 0


def test_nothing_anywhere() -> None:
    nothing = MergedFootage([ListFootage([]), ListFootage([])])
    assert nothing.spans() == ()
    assert nothing.gop_at(1) is None
    assert nothing.gop_after(1) is None
    assert nothing.gop_before(1) is None


def test_errors_are_handed_on() -> None:
    broken = ListFootage(gops(FILE, 100))
    broken.fail = OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input/output"):
        MergedFootage([ListFootage([]), broken]).gop_at(100)
