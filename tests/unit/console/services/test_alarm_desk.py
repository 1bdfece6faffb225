"""The desk of alarms: on disk before it is told, in the audit before it is done, one alarm for all consoles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from alarm_rig import ANNA, BERT, GUEST, Entry, Site, Time, door, failed, shot

from console.model.alarm_rules import AlarmRule, RuleAction
from console.model.alarms import Alarm, AlarmState, Cause, Priority, What
from console.store.database import DatabaseError
from drivers.events import PlateRead


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_an_entry_raises_one_ends_it_and_all_is_logged(site: Site) -> None:
    one = site.console()
    one.desk.handle([door(5)])
    alarm = one.only()
    assert (alarm.state, alarm.seq, alarm.station) == (AlarmState.UNACKNOWLEDGED, 5, "desk 1")
    assert one.acknowledge(alarm.id).count == 1
    assert one.desk.view.alarms == (), "a door that was forced is done with when it is taken"
    lines = one.desk.life(alarm.id).result(10)
    assert [(line.what, line.who, line.heard) for line in lines] == [
        (What.RAISED, "", True), (What.ACKNOWLEDGED, "Anna", False), (What.CLOSED, "", False),
    ]  # fmt: skip


def test_entries_that_come_again_change_nothing(site: Site) -> None:
    one = site.console()
    entries = [door(5), door(6, "closed"), door(7)]
    one.desk.handle(entries)
    before = one.only()
    one.desk.handle(entries)
    assert one.only() == before
    one.acknowledge(before.id)
    one.desk.handle(entries)
    assert one.desk.view.alarms == (), "what is closed is not raised again by what it knew"


def test_a_door_that_chatters_is_one_alarm_with_a_bounded_log(site: Site) -> None:
    one = site.console()
    one.desk.handle([door(seq, "forced" if seq % 2 else "closed") for seq in range(1, 402)])
    alarm = one.only()
    assert (alarm.count, alarm.state) == (201, AlarmState.UNACKNOWLEDGED)
    lines = one.desk.life(alarm.id).result(10)
    assert len(lines) == 20
    assert any("changes between" in line.why for line in lines)


def test_many_alarms_are_written_in_small_transactions_and_none_is_lost(site: Site) -> None:
    """Hands on cameras wait for the same database."""
    one = site.console()
    sizes: list[int] = []
    take = one.desk._take

    def counted(alarms: Sequence[Alarm]) -> None:
        sizes.append(len(alarms))
        take(alarms)

    one.desk._take = counted  # type: ignore[method-assign]
    one.desk.handle([door(seq, door_=f"door {seq}") for seq in range(1, 131)])
    assert sizes == [50, 50, 30]
    assert len(one.alarms) == 130
    done = one.desk.acknowledge([each.id for each in one.desk.view.alarms], ANNA).result(10)
    assert (done.count, sizes[3:]) == (130, [50, 50, 30])


def test_plates_alone_write_nothing(site: Site) -> None:
    one = site.console()
    views = len(one.views)
    one.desk.handle([Entry(i, PlateRead(source="R", id=str(i), at=site.time.utc(), plate="A")) for i in range(500)])
    assert len(one.views) == views


def test_feeds_stops_and_hits_come_by_the_desk(site: Site) -> None:
    one = site.console()
    one.desk.feed_trouble("Reader", "no answer")
    one.desk.feed_trouble("Broker", "not connected yet")
    site.time.seconds += 9.0
    one.desk.tick(0.0)
    one.desk.feed_trouble("Broker", "")
    site.time.seconds += 1.0
    one.desk.tick(0.0)
    one.desk.may_move("cam", "It may move.")
    alarm_id = one.raise_(shot(1, site.time))
    one.settle()
    assert set(one.alarms) == {"feed:Reader", "moving:cam", "shot 1"}
    assert one.alarms["shot 1"].id == alarm_id
    one.desk.feed_trouble("Reader", "")
    one.desk.may_move("cam", "")
    one.settle()
    assert one.alarms["feed:Reader"].state is AlarmState.RETURNED
    assert one.alarms["moving:cam"].state is AlarmState.RETURNED


def test_who_may_not_is_refused_and_on_record(site: Site) -> None:
    one = site.console()
    alarm_id = one.raise_(shot(1, site.time))
    assert "viewer may not" in failed(one.desk.acknowledge([alarm_id], GUEST))
    assert one.only().waits
    (entry,) = one.trail.newest()
    assert (entry.actor, entry.action, entry.outcome) == ("Guest", "alarm: acknowledge", "refused: not allowed")


def test_what_people_do_is_on_record_with_how_it_ended(site: Site) -> None:
    one = site.console()
    alarm_id = one.raise_(shot(1, site.time))
    one.desk.acknowledge([alarm_id], ANNA, "sent car 4").result(10)
    assert "acknowledged it already" in failed(one.desk.acknowledge([alarm_id], BERT))
    one.desk.close_alarms([alarm_id], ANNA, "nobody hurt").result(10)
    entries = list(reversed(one.trail.newest()))
    assert [(each.action, each.outcome) for each in entries] == [
        ("alarm: acknowledge", "asked"), ("alarm: acknowledge", "done: 1"),
        ("alarm: acknowledge", "asked"), ("alarm: acknowledge", entries[3].outcome),
        ("alarm: close", "asked"), ("alarm: close", "done: 1"),
    ]  # fmt: skip
    assert entries[3].outcome.startswith("refused: Gunshot 1: Anna has")
    assert "sent car 4" in entries[0].detail
    assert "There is no such alarm" in failed(one.desk.acknowledge(["nonsense"], ANNA))


def test_of_several_those_that_can_be_taken_are(site: Site) -> None:
    one = site.console()
    ids = [one.raise_(shot(number, site.time)) for number in range(3)]
    one.acknowledge(ids[1])
    done = one.desk.acknowledge(ids, BERT).result(10)
    assert (done.count, len(done.refused)) == (2, 1)


def test_a_shelf_runs_out_by_the_clock(site: Site) -> None:
    one = site.console()
    alarm_id = one.raise_(shot(1, site.time))
    one.desk.shelve([alarm_id], ANNA, "exercise", 600).result(10)
    assert one.only().state is AlarmState.SHELVED
    site.pass_(599)
    assert one.only().state is AlarmState.SHELVED
    site.pass_(2)
    assert (one.only().state, one.only().calls) == (AlarmState.UNACKNOWLEDGED, 2)
    assert "reason is missing" in failed(one.desk.shelve([alarm_id], ANNA, "", 600))
    one.desk.take_out([alarm_id], ANNA, "broken").result(10)
    site.pass_(10**6)
    assert one.only().state is AlarmState.OUT_OF_SERVICE
    one.desk.bring_back([alarm_id], BERT).result(10)
    assert one.only().waits


def test_rules_hold_while_they_are_on_and_can_change(site: Site) -> None:
    one = site.console()
    one.rules.append(AlarmRule("doors", RuleAction.SUPPRESS, kind="door"))
    one.desk.handle([door(5)])
    assert one.only().state is AlarmState.SUPPRESSED
    one.rules[0] = AlarmRule("doors", RuleAction.PRIORITY, kind="door", becomes=Priority.LOW)
    site.pass_(1)
    assert (one.only().state, one.only().priority) == (AlarmState.UNACKNOWLEDGED, Priority.LOW)


def test_a_restart_forgets_nothing(site: Site) -> None:
    one = site.console()
    taken, shelf, new = (one.raise_(shot(number, site.time)) for number in range(3))
    one.acknowledge(taken)
    one.desk.shelve([shelf], ANNA, "exercise", 600).result(10)
    before = {each.id: each for each in one.desk.view.alarms}
    one = site.restart(one)
    after = {each.id: each for each in one.desk.view.alarms}
    assert after == before
    assert after[new].waits
    assert one.desk.view.ready
    site.pass_(601)
    assert one.alarms["shot 1"].state is AlarmState.UNACKNOWLEDGED


def test_a_flood_is_known_after_a_restart_too_and_ends(site: Site) -> None:
    one = site.console()
    for number in range(9):
        one.raise_(shot(number, site.time))
    assert not one.desk.view.flood
    one.raise_(shot(9, site.time))
    assert one.desk.view.flood
    one = site.restart(one)
    assert one.desk.view.flood
    site.pass_(700)
    assert not one.desk.view.flood


def test_two_consoles_see_each_others_hands(site: Site) -> None:
    one, two = site.console(), site.console("desk 2")
    alarm_id = one.raise_(shot(1, site.time))
    assert two.desk.view.alarms == ()
    site.pass_(1)
    assert two.only().station == "desk 1"
    two.acknowledge(alarm_id, BERT)
    assert one.only().waits, "not yet"
    assert "Bert has acknowledged it already" in failed(one.desk.acknowledge([alarm_id], ANNA)), (
        "but it cannot be taken twice"
    )
    site.pass_(1)
    assert one.only().acked is not None
    one.desk.close_alarms([alarm_id], ANNA).result(10)
    site.pass_(1)
    assert two.desk.view.alarms == ()
    assert [line.station for line in two.desk.life(alarm_id).result(10)] == ["desk 1", "desk 2", "desk 1"]


def test_the_same_raised_at_two_consoles_is_one_alarm(site: Site) -> None:
    one, two = site.console(), site.console("desk 2")
    assert one.raise_(shot(1, site.time)) == two.raise_(shot(1, site.time))
    site.pass_(1)
    assert one.only() == two.only()
    assert one.only().count == 2


def test_nothing_is_told_before_it_is_on_disk_and_nothing_is_lost(site: Site) -> None:
    one = site.console()
    one.broken = True
    told = one.desk.raise_(shot(1, site.time))
    one.desk.may_move("cam", "It may move.")
    one.settle()
    assert one.desk.view.alarms == ()
    assert "disk full" in one.desk.view.trouble
    assert len(one.troubles) == 1
    assert "disk full" in one.troubles[0]
    with pytest.raises(DatabaseError):
        one.desk.handle([door(5)])
    one.broken = False
    site.pass_(1)
    assert told.result(10) == one.alarms["shot 1"].id
    assert set(one.alarms) == {"shot 1", "moving:cam"}
    assert (one.troubles[1:], one.desk.view.trouble) == ([""], "")
    one.desk.handle([door(5)])
    assert len(one.alarms) == 3


def seen(hit: int, time: Time, seq: int = 0, key: str = "hit:1#A", where: str = "") -> Cause:
    return Cause(
        key=key, kind="hit", priority=Priority.HIGH, title="A: Stolen", why="Exactly A", at=time.utc(), seq=seq or hit,
        hit=str(hit), momentary=True, lasts=900.0, where=where or f"camera {hit}",
    )  # fmt: skip


def test_no_hit_of_a_car_is_lost_between_consoles_that_tell_in_another_order(site: Site) -> None:
    one, two = site.console("desk 1"), site.console("desk 2")
    one.raise_(seen(1, site.time, seq=10))
    two.raise_(seen(3, site.time, seq=30))
    one.raise_(seen(2, site.time, seq=20))
    one.raise_(seen(2, site.time, seq=20))
    site.pass_(1)
    for each in (one, two):
        assert (each.only().hits, each.only().count) == ((1, 2, 3), 3)


def test_a_car_that_drives_on_is_no_flood_and_is_followed_over_a_restart(site: Site) -> None:
    one = site.console()
    for hit in range(1, 13):
        one.raise_(seen(hit, site.time))
        site.pass_(20)
    assert not one.desk.view.flood
    one.acknowledge(one.only().id)
    one = site.restart(one)
    one.raise_(seen(13, site.time))
    assert (one.only().waits, one.only().sounds, one.only().count) == (True, False, 13)
    site.pass_(299)
    assert not one.only().sounds
    site.pass_(2)
    assert one.only().sounds, "nobody followed it"
    one.acknowledge(one.only().id)
    site.pass_(900)
    assert one.desk.view.alarms == ()


def test_a_hit_that_was_read_better_leaves_the_alarm_it_was_in(site: Site) -> None:
    one, two = site.console("desk 1"), site.console("desk 2")
    first = one.raise_(seen(1, site.time, key="hit:1#A~B"))
    assert one.raise_(seen(1, site.time, seq=2)) == first
    site.pass_(1)
    for each in (one, two):
        assert set(each.alarms) == {"hit:1#A"}
        assert set(each.desk._known.keys) == {"hit:1#A"}
    one.raise_(seen(3, site.time, key="hit:1#A~C"))
    one.raise_(seen(4, site.time, key="hit:1#A~C"))
    one.raise_(seen(4, site.time, seq=5))
    assert {key: each.hits for key, each in one.alarms.items()} == {"hit:1#A": (1, 4), "hit:1#A~C": (3,)}
    one.raise_(seen(3, site.time, seq=6))
    assert one.only().hits == (1, 3, 4)
    assert one.only().waits


def test_what_waits_for_a_disk_is_bounded_by_alarms_not_by_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.services.alarm_queue.MOST_WAITING", 10)
    one = site.console()
    one.broken = True
    one.settle()
    futures = [one.desk.raise_(shot(number % 3, site.time)) for number in range(60)]
    one.settle()
    assert len(one.desk._later) <= 12
    one.broken = False
    site.pass_(1)
    assert len({each.result(10) for each in futures}) == 3


def test_without_an_audit_nothing_is_taken(site: Site) -> None:
    one = site.console()
    alarm_id = one.raise_(shot(1, site.time))
    one.trail.close()

    def refuses() -> None:
        raise DatabaseError("audit", "disk full")

    one.trail._opener = refuses  # type: ignore[assignment]
    assert "disk full" in failed(one.desk.acknowledge([alarm_id], ANNA))
    assert one.only().waits


def test_figures_come_from_the_log(site: Site) -> None:
    one = site.console()
    alarm_id = one.raise_(shot(1, site.time))
    site.pass_(30)
    one.acknowledge(alarm_id)
    begin = site.time.utc().replace(minute=0, second=0)
    found = one.desk.figures(begin, begin.replace(hour=13)).result(10)
    assert (found.half, found.hours[0].each, found.noisiest) == (30.0, 1.0, (("Gunshot 1", 1),))


def test_views_are_counted_and_only_told_when_something_changed(site: Site) -> None:
    one = site.console()
    seen = [view.version for view in one.views]
    site.pass_(1)
    site.pass_(1)
    assert [view.version for view in one.views] == seen
    one.raise_(shot(1, site.time))
    assert one.views[-1].version == seen[-1] + 1


def test_what_comes_after_the_end_is_told_so(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    one = site.console()
    site.consoles.remove(one)
    one.close()
    assert one.desk.raise_(shot(1, site.time)).cancelled()
    assert "could not keep an alarm: 'shot 1'" in caplog.text
    assert "Gunshot" not in caplog.text, "a title may name a plate"
