"""Two consoles of one site: each sees whose hand is on a camera at the other, and they do not fight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from door_rig import ANNA, CAMERA, Rig, Time
from sqlalchemy import text

from console.model.commands import GoPreset
from console.model.permissions import Actor, Role
from console.services.commands import Result
from console.services.shared_leases import SharedLeases
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.lease_table import LeaseTable
from drivers.ptz import Axes

RIGHT = Axes(pan=0.5, tilt=0.0)
HERE = replace(ANNA, station="desk 1")
THERE = Actor("Bert", Role.OPERATOR, "desk 2")
CHIEF = Actor("Chris", Role.SUPERVISOR, "desk 2")


class Site:
    """Two consoles on one database and one clock."""

    def __init__(self, file: Path) -> None:
        self.time = Time()
        self.file = file
        self.shared = [SharedLeases(self.open, clock=self.time, utc=self.time) for _ in range(2)]
        self.one, self.two = (Rig(shared=shared, time=self.time) for shared in self.shared)

    def open(self) -> LeaseTable:
        return LeaseTable(open_database(sqlite_url(self.file)), self.time)

    def pass_(self, seconds: float, touch: Callable[[], object] = lambda: None) -> None:
        """Time passes for both."""
        for _ in range(round(seconds / 0.1)):
            self.one.pass_(0.05)
            self.two.pass_(0.05)
            touch()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "site.db")
    yield made
    for shared in made.shared:
        shared.close()


def do(rig: Rig, actor: Actor) -> Result:
    token = rig.head.presets()[0].token if rig.head.presets() else rig.keep("Gate")[0].token
    told: list[Result] = []
    rig.commands.do(GoPreset(CAMERA, token), actor, told.append)
    rig.queues.run()
    (result,) = told
    return result


def test_an_equal_at_another_console_waits_and_knows_for_whom(site: Site) -> None:
    assert do(site.one, HERE).ok
    refused = do(site.two, THERE)
    assert not refused.ok
    assert refused.held_by is not None
    assert refused.held_by.actor == HERE
    assert "Anna at desk 1 has it in hand for 15 s more" in refused.sentence
    assert site.two.done("go_preset") == []
    assert site.two.trail.entries[-1][3].startswith("refused")
    site.pass_(16.0)
    assert do(site.two, THERE).ok


def test_everybody_sees_who_has_it_and_when_it_is_given_back(site: Site) -> None:
    assert do(site.one, HERE).ok
    site.pass_(2.0)
    lease, left = site.two.commands.leases()[CAMERA]
    assert lease.actor == HERE
    assert 12.0 < left < 14.0
    assert site.two.lease_changes == 1
    assert not do(site.two, THERE).ok, "it is refused at once, without asking the database"
    site.one.commands.give_back(CAMERA, HERE)
    site.pass_(2.0)
    assert CAMERA not in site.two.commands.leases()
    assert do(site.two, THERE).ok


def test_a_higher_rank_takes_it_and_the_hand_at_the_other_console_stops(site: Site) -> None:
    failed: list[Result] = []

    def hand() -> None:
        site.one.holds.hold(CAMERA, RIGHT, HERE, failed.append)

    hand()
    site.pass_(1.0, hand)
    assert site.one.moves()
    assert do(site.two, CHIEF).ok
    site.pass_(8.0, lambda: None if failed else hand())
    assert failed
    assert failed[0].held_by is not None
    assert failed[0].held_by.actor == CHIEF
    assert not site.one.holds.held()
    moves = len(site.one.moves())
    site.pass_(1.0)
    assert len(site.one.moves()) == moves


def test_a_hand_that_goes_on_keeps_the_others_out_without_asking_each_time(site: Site) -> None:
    writes = 0
    table = site.shared[0]._open()
    take = table.take

    def counted(*args: object) -> object:
        nonlocal writes
        writes += 1
        return take(*args)  # type: ignore[arg-type]

    table.take = counted  # type: ignore[assignment,method-assign]
    site.pass_(30.0, lambda: site.one.holds.hold(CAMERA, RIGHT, HERE))
    assert writes <= 7
    assert not do(site.two, THERE).ok


def test_a_console_alone_with_a_broken_database_shares_nothing_and_hangs_nowhere() -> None:
    def broken() -> LeaseTable:
        raise DatabaseError("leases", "disk full")

    time = Time()
    rig = Rig(shared=SharedLeases(broken, clock=time, utc=time), time=time)
    assert do(rig, HERE).ok
    rig.pass_(3.0)
    rig.commands.give_back(CAMERA, HERE)
    rig.pass_(3.0)


@pytest.mark.parametrize(
    "row",
    [
        "('{0}', 'Eve', 'emperor', '', 0, 1e12)",
        "('{0}', 'Eve', 'administrator', '', 'x', 'y')",
    ],
)
def test_what_no_console_wrote_counts_for_nothing(site: Site, row: str) -> None:
    engine = open_database(sqlite_url(site.file))
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO lease VALUES {row.format(CAMERA)}"))
    engine.dispose()
    assert do(site.one, HERE).ok
    assert do(site.one, HERE).ok


def test_a_lease_with_a_wrong_clock_ends(site: Site) -> None:
    table = site.open()
    assert table.take(CAMERA, THERE, 1e9) is None
    table.close()
    site.pass_(1.5)
    lease, left = site.one.commands.leases()[CAMERA]
    assert lease.actor == THERE
    assert left <= 600.0
