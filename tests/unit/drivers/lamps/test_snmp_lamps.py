"""The SNMP lamp driver against the virtual city's controller: orders, ends, refusals, faults, v2c and v3."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from snmp_rig import START, Clock, access, city, config, order, running, send

from drivers.errors import Refused, TimedOut, Unreachable, Unsupported
from drivers.lamp_leaves import Leaf
from drivers.lamps.snmp.config import Community, Controller, LampRow, SnmpUser
from drivers.luminaires import LampAnswer, LampFault, LampOrder, Outcome
from drivers.types import GeoPlace
from drivers.virtual.lamps.snmp_agent import CITY_LEAVES, USER

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_lamps_are_found_ordered_read_and_released(version: str) -> None:
    with city() as rig, running(config(rig.port, version), rig.clock) as (system, ear):
        lamps = ear.wait(lambda news: news.lamps).lamps
        assert lamps is not None
        assert [lamp.id for lamp in lamps] == list(rig.ids)
        assert lamps[0].name == "Lamp lamp-001"
        assert lamps[0].place == GeoPlace(40.4, -3.7)
        assert lamps[0].rated_power == 70
        assert [(group.name, len(group.lamps)) for group in system.groups()] == [
            ("Circuit 1", 10),
            ("Circuit 2", 10),
            ("Circuit 3", 10),
        ]
        assert system.features.expires
        ear.wait(lambda news: len(news.states) == 30 and news.states[0].level == 60 and not news.states[0].overridden)

        answers = send(system, order(rig.ids, 85, 600))
        assert {answer.outcome for answer in answers.values()} == {Outcome.DONE}
        assert {rig.bank.state(id).level for id in rig.ids} == {85}
        ear.forget()
        system.refresh()
        state = ear.wait(lambda news: news.states).states[0]
        assert (state.level, state.overridden, state.faults) == (85, True, ())
        assert state.power == pytest.approx(59.7, abs=0.1)
        assert state.time == START

        got: list[LampAnswer] = []
        system.release(rig.ids[:5], "lease 1", got.extend)
        assert {answer.outcome for answer in got} == {Outcome.DONE}
        assert [rig.bank.state(id).level for id in rig.ids[:6]] == [60] * 5 + [85]


def test_the_controller_itself_ends_an_order_when_the_console_is_gone() -> None:
    with city() as rig:
        with running(config(rig.port), rig.clock) as (system, ear):
            ear.wait(lambda news: news.lamps)
            send(system, order(rig.ids[:3], 100, 90.4))
        assert rig.bank.state(rig.ids[0]).level == 100
        rig.pass_time(90.0)
        assert rig.bank.state(rig.ids[0]).level == 100
        rig.pass_time(1.1)
        assert {rig.bank.state(id).level for id in rig.ids} == {60}


def test_a_ramp_is_the_controllers() -> None:
    with city() as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.lamps)
        send(system, order(rig.ids[:1], 100, 600, ramp=10))
        rig.pass_time(5)
        assert rig.bank.state(rig.ids[0]).level == pytest.approx(80)
        assert system.features.ramps


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_one_message_for_a_group(version: str) -> None:
    with city() as rig, running(config(rig.port, version), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        group = system.groups()[1]
        before = rig.agent.requests
        answers = send(system, order(sorted(group.lamps), 100, group=group.id))
        assert rig.agent.requests == before + 1
        assert {answer.outcome for answer in answers.values()} == {Outcome.ACCEPTED}
        assert [rig.bank.state(id).level for id in rig.ids] == [60.0] * 10 + [100.0] * 10 + [60.0] * 10
        got: list[LampAnswer] = []
        system.release(tuple(group.lamps), "", got.extend, group.id)
        assert {each.outcome for each in got} == {Outcome.ACCEPTED}
        assert rig.agent.requests == before + 2
        assert {rig.bank.state(id).level for id in rig.ids} == {60}


def test_a_group_that_holds_other_lamps_is_not_used() -> None:
    with city() as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        answers = send(system, order(rig.ids[:3], 100, group=system.groups()[0].id))
        assert {answer.outcome for answer in answers.values()} == {Outcome.DONE}
        assert [rig.bank.state(id).level for id in rig.ids[:4]] == [100, 100, 100, 60]


@pytest.mark.parametrize("refused", [2, 7])
def test_lamps_that_the_controller_refuses_are_named_and_the_others_done(refused: int) -> None:
    with city() as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.set("refuses", str(refused), 1)
        answers = send(system, order(rig.ids[:12]))
        assert [answers[id].outcome for id in rig.ids[:12]] == [Outcome.REFUSED] * refused + [Outcome.DONE] * (
            12 - refused
        )
        assert answers[rig.ids[0]].detail == "the controller does not let this be set"
        assert [rig.bank.state(id).level for id in rig.ids[:12]] == [60] * refused + [100] * (12 - refused)


def test_a_lamp_that_the_controller_does_not_reach() -> None:
    with city() as rig, running(config(rig.port), rig.clock) as (system, ear):
        rig.bank.set_fault(rig.ids[4], LampFault.COMMUNICATION)
        ear.wait(lambda news: news.lamps)
        answers = send(system, order(rig.ids))
        bad = [answer for answer in answers.values() if not answer.good]
        assert bad == [LampAnswer(rig.ids[4], Outcome.UNREACHABLE, "the controller does not reach the lamp")]
        system.refresh()
        ear.wait(lambda news: any(each.faults == (LampFault.COMMUNICATION,) for each in news.states))


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_a_controller_that_takes_small_messages_only(version: str) -> None:
    with city(max_binds=7) as rig, running(config(rig.port, version), rig.clock) as (system, ear):
        lamps = ear.wait(lambda news: news.lamps).lamps
        assert lamps is not None
        assert len(lamps) == 30
        answers = send(system, order(rig.ids))
        assert {answer.outcome for answer in answers.values()} == {Outcome.DONE}
        assert {rig.bank.state(id).level for id in rig.ids} == {100}


def test_a_bound_on_the_objects_of_a_message_is_kept() -> None:
    with city(max_binds=6) as rig, running(config(rig.port, max_binds=6), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        before = rig.agent.requests
        send(system, order(rig.ids))
        assert rig.agent.requests == before + 15  # two lamps of three objects each; none was too big


def test_what_a_lying_controller_did_is_read_back() -> None:
    with city() as rig, running(config(rig.port, settle=0.0), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.fail_next("lies")
        ear.forget()
        answers = send(system, order(rig.ids[:2]))
        assert answers[rig.ids[0]].outcome is Outcome.DONE
        states = ear.wait(lambda news: news.states).states
        assert [(each.id, each.level, each.overridden) for each in states] == [
            (rig.ids[0], 60.0, False),
            (rig.ids[1], 60.0, False),
        ]


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_an_answer_that_comes_late_is_told(version: str) -> None:
    with city() as rig, running(config(rig.port, version, timeout=0.2, retries=0), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.fail_next("late", value="0.5")
        answers = send(system, order(rig.ids[:2], reference="lease 7"))
        assert {answer.outcome for answer in answers.values()} == {Outcome.UNREACHABLE}
        late = ear.wait(lambda news: news.answers)
        assert late.reference == "lease 7"
        assert {answer.id for answer in late.answers} == set(rig.ids[:2])
        assert all(answer.good for answer in late.answers)


@pytest.mark.parametrize("version", ["v2c", "v3"])
@pytest.mark.parametrize("fault", ["foreign", "lost_callback", "html", "huge"])
def test_answers_from_elsewhere_lost_or_no_snmp_are_none_and_a_second_try_does_it(version: str, fault: str) -> None:
    with city() as rig, running(config(rig.port, version, timeout=0.5), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.fail_next(fault, value="2000")
        answers = send(system, order(rig.ids[:2], 90, 300))
        assert {answer.outcome for answer in answers.values()} == {Outcome.DONE}
        assert rig.bank.state(rig.ids[0]).level == 90
        rig.pass_time(301)
        assert rig.bank.state(rig.ids[0]).level == 60


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_two_answers_are_one(version: str) -> None:
    with city() as rig, running(config(rig.port, version), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.set("twice")
        for _ in range(3):
            assert all(answer.good for answer in send(system, order(rig.ids)).values())


@pytest.mark.parametrize("version", ["v2c", "v3"])
def test_a_controller_that_dies_half_way(version: str) -> None:
    settings = {"timeout": 0.2, "retries": 1, "max_binds": 30}
    with city() as rig, running(config(rig.port, version, **settings), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        rig.agent.faults.fail_next("dies")
        answers = send(system, order(rig.ids))
        assert {answer.outcome for answer in answers.values()} == {Outcome.UNREACHABLE}
        assert answers[rig.ids[0]].detail == "the controller does not answer"
        with pytest.raises(TimedOut):
            system.refresh()
        assert "no answer in time" in (ear.wait(lambda news: news.trouble).trouble or "")
        rig.agent.faults.clear()
        system.refresh()
        ear.wait(lambda news: news.trouble == "")
        rig.pass_time(601)
        assert {rig.bank.state(id).level for id in rig.ids} == {60}


def test_a_wrong_community_is_silence() -> None:
    settings = {"access": Community("guessed"), "timeout": 0.1, "retries": 1}
    with city() as rig, running(config(rig.port, **settings), rig.clock) as (system, ear):
        assert "no answer in time" in (ear.wait(lambda news: news.trouble).trouble or "")
        with pytest.raises(Unreachable):
            system.order(order(rig.ids), lambda answers: None)
        with pytest.raises(TimedOut):
            system.refresh()


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (SnmpUser(USER.user, "wrong password", privacy=USER.password), "password"),
        (SnmpUser("stranger", USER.password, privacy=USER.password), "no such user"),
    ],
)
def test_a_wrong_user_or_password_of_v3_is_refused_and_not_tried_again(user: SnmpUser, words: str) -> None:
    with city() as rig, running(config(rig.port, access=user, poll=0.05), rig.clock) as (system, ear):
        trouble = ear.wait(lambda news: news.trouble).trouble or ""
        assert words in trouble
        assert "refused" in trouble
        with pytest.raises(Refused):
            system.order(order(rig.ids), lambda answers: None)
        with pytest.raises(Refused):
            system.refresh()
        assert rig.agent.requests == 0


def test_a_wrong_privacy_password_is_silence_or_refusal() -> None:
    user = SnmpUser(USER.user, USER.password, privacy="another one")
    settings = {"access": user, "timeout": 0.2, "retries": 0}
    with city() as rig, running(config(rig.port, **settings), rig.clock) as (system, ear):
        ear.wait(lambda news: news.trouble)
        with pytest.raises((Refused, TimedOut)):
            system.refresh()
        assert rig.agent.requests == 0


def test_without_a_time_leaf_orders_are_refused_unless_something_else_ends_them() -> None:
    leaves = replace(CITY_LEAVES, seconds=None, group_seconds=None)
    with city() as rig:
        with running(config(rig.port, leaves=leaves), rig.clock) as (system, ear):
            ear.wait(lambda news: news.states)
            assert not system.features.expires
            assert not system.features.dies_back
            with pytest.raises(Unsupported, match="cannot end an order by themselves"):
                system.order(order(rig.ids), lambda answers: None)
            with pytest.raises(Unsupported, match="go back to their programme"):
                system.release(rig.ids, "", lambda answers: None)
        with running(config(rig.port, leaves=leaves, dies_back=True), rig.clock) as (system, ear):
            ear.wait(lambda news: news.states)
            assert system.features.dies_back
            # The city's controller, for its part, takes no level without an end.
            answers = send(system, order(rig.ids[:3]))
            assert {answer.detail for answer in answers.values()} == {"the controller does not take this value now"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (LampOrder(("lamp-001",), 100.5, START + timedelta(60)), "0 to 100"),
        (LampOrder(("lamp-001",), float("nan"), START + timedelta(60)), "0 to 100"),
        (LampOrder(("lamp-001",), 50, START + timedelta(days=2)), "1440 minutes at most"),
        (LampOrder(("lamp-001",), 50, START + timedelta(60), ramp=-1), "ramp"),
    ],
)
def test_orders_that_make_no_sense_are_not_sent(wrong: LampOrder, words: str) -> None:
    with city(1) as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        before = rig.agent.requests
        with pytest.raises(Unsupported, match=words):
            system.order(wrong, lambda answers: None)
        assert rig.agent.requests == before


def test_an_order_whose_time_is_over_is_refused_lamp_by_lamp() -> None:
    with city(3) as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        before = rig.agent.requests
        answers = send(system, order(rig.ids, seconds=-1))
        assert {answer.outcome for answer in answers.values()} == {Outcome.REFUSED}
        assert rig.agent.requests == before


def test_strangers_and_repeated_lamps() -> None:
    with city(3) as rig, running(config(rig.port), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        answers = send(system, order(["lamp-001", "lamp-001", "nobody"]))
        assert answers["lamp-001"].outcome is Outcome.DONE
        assert answers["nobody"].outcome is Outcome.UNKNOWN


def test_two_controllers_one_of_them_dead() -> None:
    with city(6) as rig, city(4) as other:
        controllers = (Controller("127.0.0.1", rig.port, "north"), Controller("127.0.0.1", other.port, "south"))
        settings = {"controllers": controllers, "timeout": 0.3, "retries": 0}
        with running(config(rig.port, **settings), rig.clock) as (system, ear):
            lamps = ear.wait(lambda news: news.lamps and len(news.lamps) == 10)
            # Both call their lamps alike: the second's are known by controller and row.
            assert [lamp.id for lamp in lamps.lamps or ()][6:] == ["south/1", "south/2", "south/3", "south/4"]
            assert any("another lamp is called lamp-001" in line for line in lamps.log)
            other.agent.faults.set("down")
            answers = send(system, order(["lamp-001", "south/1"]))
            assert answers["lamp-001"].outcome is Outcome.DONE
            assert answers["south/1"].outcome is Outcome.UNREACHABLE
            system.refresh()
            assert "south" in (ear.wait(lambda news: news.trouble).trouble or "")


def test_lamps_that_are_written_down_are_not_walked() -> None:
    rows = (
        LampRow("127.0.0.1", "2", "L2", "By the school", GeoPlace(1.0, 2.0), ("1",)),
        LampRow("127.0.0.1", "3", "L3"),
        LampRow("127.0.0.1", "99", "gone"),
    )
    with city(3) as rig, running(config(rig.port, rows=rows), rig.clock) as (system, ear):
        lamps = ear.wait(lambda news: news.lamps).lamps or ()
        assert [(lamp.id, lamp.name) for lamp in lamps] == [("L2", "By the school"), ("L3", "L3"), ("gone", "gone")]
        assert lamps[0].place == GeoPlace(1.0, 2.0)
        assert lamps[1].place is not None
        answers = send(system, order(["L2", "gone", "L3"]))
        assert [answers[id].good for id in ("L2", "L3", "gone")] == [True, True, False]
        assert [rig.bank.state(id).level for id in rig.ids] == [60, 100, 100]


def test_absent_leaves_are_absent_features() -> None:
    plain = replace(CITY_LEAVES, ramp=None, power=None, group_level=None, level=Leaf("3.2.1.3", scale=100, high=1))
    with city(1) as rig, running(config(rig.port, leaves=plain), rig.clock) as (system, ear):
        ear.wait(lambda news: news.states)
        can = system.features
        assert (can.ramps, can.power, can.groups, can.levels) == (False, False, False, False)
        assert system.groups() == ()


def test_nothing_is_sent_before_start_or_after_stop() -> None:
    with city(1) as rig:
        with running(config(rig.port), rig.clock) as (system, ear):
            ear.wait(lambda news: news.states)
        with pytest.raises(Unreachable):
            system.order(order(rig.ids), lambda answers: None)
        with pytest.raises(Unreachable):
            system.refresh()


def test_a_host_that_has_no_address() -> None:
    settings = {"controllers": (Controller("no-such-host.invalid"),)}
    with running(config(1, **settings), Clock()) as (system, ear):
        ear.wait(lambda news: news.trouble)
        with pytest.raises(Unreachable):
            system.refresh()


def test_no_password_shows() -> None:
    shown = repr(config(1)) + repr(config(1, "v3"))
    assert USER.password not in shown
    for secret in (access("v2c"), access("v3")):
        assert "lamps-of-the-city" not in repr(secret)
