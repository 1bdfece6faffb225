"""SNMP agents that answer wrongly: nothing they send ends anything, blocks anything, or passes for an answer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pysnmp.proto import rfc1902, rfc1905
from snmp_rig import Asked, Clock, config, hostile, order, running, send

from drivers.errors import BadAnswer, DriverError, TimedOut
from drivers.lamp_leaves import ELMS_ROOT, Leaf, LeafKind, LeafTable, oid
from drivers.lamps.snmp.config import SnmpUser
from drivers.luminaires import Outcome

pytestmark = pytest.mark.timeout(60)

LEVEL = (*oid(ELMS_ROOT), 1)
SECONDS = (*oid(ELMS_ROOT), 2)
TABLE = LeafTable(level=Leaf("1", high=100), seconds=Leaf("2", high=100_000))
QUICK: dict[str, Any] = {"leaves": TABLE, "timeout": 0.15, "retries": 1}
Reply = Callable[[Asked], Sequence[bytes]]


class Agent:
    """Lamps in rows 1 to ``rows``; a test puts ``on_set`` and the like in the place of its answers."""

    def __init__(self, rows: int = 3) -> None:
        self.rows = rows
        self.on_walk: Reply = self.walk
        self.on_get: Reply = self.get
        self.on_set: Reply = self.set
        self.sets: list[Asked] = []

    def __call__(self, data: bytes) -> Sequence[bytes]:
        asked = Asked(data)
        if asked.kind == "GetBulkRequestPDU":
            return self.on_walk(asked)
        if asked.kind == "SetRequestPDU":
            self.sets.append(asked)
            return self.on_set(asked)
        return self.on_get(asked)

    def walk(self, asked: Asked) -> Sequence[bytes]:
        start = asked.binds[0][0]
        first = start[-1] + 1 if start[:-1] == LEVEL else 1
        found = [((*LEVEL, row), rfc1902.Integer32(50)) for row in range(first, self.rows + 1)][:25]
        return [asked.answer([*found, (SECONDS, rfc1902.Integer32(0))])]

    def get(self, asked: Asked) -> Sequence[bytes]:
        return [asked.answer([(name, rfc1902.Integer32(7)) for name, _ in asked.binds])]

    def set(self, asked: Asked) -> Sequence[bytes]:
        return [asked.answer(asked.binds)]

    def lamps(self, asked: Asked) -> set[int]:
        return {name[-1] for name, _ in asked.binds}


def ids(*rows: int) -> list[str]:
    return [f"127.0.0.1/{row}" for row in rows]


WRONG: dict[str, Reply] = {
    "another request's": lambda asked: [asked.answer(asked.binds, id=asked.id + 1)],
    "other objects": lambda asked: [asked.answer([((*name[:-1], 99), value) for name, value in asked.binds])],
    "fewer objects": lambda asked: [asked.answer(asked.binds[:1])],
    "cut": lambda asked: [asked.answer(asked.binds)[:20]],
    "cut late": lambda asked: [asked.answer(asked.binds)[:-1]],
    "longer": lambda asked: [asked.answer(asked.binds) + b"\x05\x00"],
    "the request itself": lambda asked: [asked.data],
    "empty": lambda asked: [b""],
    "text": lambda asked: [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "deep": lambda asked: [b"\x30\x80" * 30_000],
    "endless length": lambda asked: [b"\x30\x84\xff\xff\xff\xff" + bytes(1000)],
    "an index beyond": lambda asked: [asked.answer(asked.binds, status=17, index=99)],
    "a negative index": lambda asked: [
        asked.answer(asked.binds, status=17, index=1).replace(b"\x02\x01\x11\x02\x01\x01", b"\x02\x01\x11\x02\x01\xff")
    ],
    "another community": lambda asked: [asked.answer(asked.binds).replace(b"lamps-of-the-city", b"lamps-of-the-town")],
    "version 1": lambda asked: [asked.answer(asked.binds).replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_answer_counts_as_none(wrong: str) -> None:
    agent = Agent()
    with hostile(agent) as port, running(config(port, **QUICK)) as (system, ear):
        ear.wait(lambda news: news.states)
        agent.on_set = WRONG[wrong]
        answers = send(system, order(ids(1, 2)))
        assert {answer.outcome for answer in answers.values()} == {Outcome.UNREACHABLE}
        # It is still there, and the true answer after a wrong one is taken.
        agent.on_set = lambda asked: [*WRONG[wrong](asked), *agent.set(asked)]
        answers = send(system, order(ids(1, 2)))
        assert {answer.outcome for answer in answers.values()} == {Outcome.DONE}


def test_noise_before_each_answer() -> None:
    agent, noise = Agent(), random.Random(1213)

    def noisy(data: bytes) -> list[bytes]:
        true = agent(data)
        junk = []
        for _ in range(5):
            broken = bytearray(true[0])
            for _ in range(noise.randint(1, 4)):
                broken[noise.randrange(len(broken))] = noise.randrange(256)
            # One that differs in its values alone is an answer like another; cut, it is none.
            junk.append(bytes(broken[: noise.randrange(len(broken))]))
        return [*junk, *true]

    with hostile(noisy) as port, running(config(port, leaves=TABLE)) as (system, ear):
        ear.wait(lambda news: news.states)
        for level in range(10):
            assert all(answer.good for answer in send(system, order(ids(1, 2, 3), level)).values())


def test_a_repeated_order_holds_no_longer_than_the_first() -> None:
    agent, clock = Agent(), Clock()

    def deaf_once(asked: Asked) -> Sequence[bytes]:
        if len(agent.sets) > 1:
            return agent.set(asked)
        clock.now += 40
        return []

    agent.on_set = deaf_once
    with hostile(agent) as port, running(config(port, **QUICK), clock) as (system, ear):
        ear.wait(lambda news: news.states)
        assert send(system, order(ids(1), seconds=100))["127.0.0.1/1"].outcome is Outcome.DONE
        assert [[int(value) for _, value in asked.binds] for asked in agent.sets] == [[100, 100], [60, 100]]
        # The end goes before the level, for controllers that do one after the other.
        assert [name[:-1] for name, _ in agent.sets[0].binds] == [SECONDS, LEVEL]


def test_an_order_whose_time_is_over_is_not_repeated() -> None:
    agent, clock = Agent(), Clock()

    def deaf(asked: Asked) -> Sequence[bytes]:
        clock.now += 200
        return []

    agent.on_set = deaf
    with hostile(agent) as port, running(config(port, **QUICK), clock) as (system, ear):
        ear.wait(lambda news: news.states)
        assert send(system, order(ids(1), seconds=100))["127.0.0.1/1"].outcome is Outcome.UNREACHABLE
        assert len(agent.sets) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (2, Outcome.UNKNOWN),
        (5, Outcome.REFUSED),
        (11, Outcome.UNKNOWN),
        (13, Outcome.UNREACHABLE),
        (77, Outcome.REFUSED),
    ],
)
def test_an_error_at_one_lamp_is_that_lamps(status: int, outcome: Outcome) -> None:
    agent = Agent(40)

    def refuse(asked: Asked) -> Sequence[bytes]:
        for index, (name, _) in enumerate(asked.binds, 1):
            if name[-1] == 5:
                return [asked.answer(asked.binds, status=status, index=index)]
        return agent.set(asked)

    agent.on_set = refuse
    with hostile(agent) as port, running(config(port, leaves=TABLE)) as (system, ear):
        ear.wait(lambda news: news.states)
        answers = send(system, order(ids(*range(1, 11))))
        assert {id for id, answer in answers.items() if answer.outcome is Outcome.DONE} == set(ids(*range(1, 11))) - {
            "127.0.0.1/5"
        }
        assert answers["127.0.0.1/5"].outcome is outcome
        assert answers["127.0.0.1/5"].detail


@pytest.mark.parametrize("index", [0, 1])
def test_a_controller_that_refuses_all_is_asked_a_bounded_number_of_times(index: int) -> None:
    agent = Agent(25)
    agent.on_set = lambda asked: [asked.answer(asked.binds, status=5, index=index)]
    with hostile(agent) as port, running(config(port, leaves=TABLE)) as (system, ear):
        ear.wait(lambda news: news.states)
        answers = send(system, order(ids(*range(1, 26))))
        assert {answer.outcome for answer in answers.values()} == {Outcome.REFUSED}
        assert len(agent.sets) <= 2 * 25


def test_a_set_that_could_not_be_undone_is_not_repeated() -> None:
    agent = Agent()
    agent.on_set = lambda asked: [asked.answer(asked.binds, status=15, index=0)]
    with hostile(agent) as port, running(config(port, leaves=TABLE)) as (system, ear):
        ear.wait(lambda news: news.states)
        answers = send(system, order(ids(1, 2, 3)))
        assert {answer.detail for answer in answers.values()} == {"the controller did it in part"}
        assert len(agent.sets) == 1


def test_too_big_for_a_single_lamp_is_a_refusal() -> None:
    agent = Agent()
    agent.on_set = lambda asked: [asked.answer([], status=1)]
    with hostile(agent) as port, running(config(port, leaves=TABLE)) as (system, ear):
        ear.wait(lambda news: news.states)
        assert {each.outcome for each in send(system, order(ids(1, 2, 3))).values()} == {Outcome.REFUSED}


def _endless(asked: Asked) -> Sequence[bytes]:
    start = asked.binds[0][0]
    first = start[-1] + 1 if start[:-1] == LEVEL else 1
    return [asked.answer([((*LEVEL, row), rfc1902.Integer32(1)) for row in range(first, first + 25)])]


def _backwards(asked: Asked) -> Sequence[bytes]:
    return [asked.answer([((*LEVEL, row), rfc1902.Integer32(1)) for row in (5, 4, 3)])]


def _still(asked: Asked) -> Sequence[bytes]:
    return [asked.answer([((*LEVEL, 1), rfc1902.Integer32(1))])]


@pytest.mark.parametrize(
    ("walk", "words"), [(_endless, "more than 200"), (_backwards, "went backwards"), (_still, "went backwards")]
)
def test_walks_that_do_not_end_or_go_backwards(walk: Reply, words: str) -> None:
    agent = Agent()
    agent.on_walk = walk
    with hostile(agent) as port, running(config(port, leaves=TABLE, max_lamps=200)) as (system, ear):
        trouble = ear.wait(lambda news: news.trouble)
        assert words in (trouble.trouble or "")
        with pytest.raises(BadAnswer, match=words):
            system.refresh()
        # One good walk later all is well.
        agent.on_walk = agent.walk
        system.refresh()
        ear.wait(lambda news: news.trouble == "")
        assert ear.wait(lambda news: news.lamps).lamps


def test_a_walk_may_end_with_the_agents_last_object() -> None:
    agent = Agent()
    agent.on_walk = lambda asked: [
        asked.answer([((*LEVEL, 1), rfc1902.Integer32(1)), ((*LEVEL, 1), rfc1905.endOfMibView)])
    ]
    with hostile(agent) as port, running(config(port, leaves=TABLE)) as (_system, ear):
        assert [lamp.id for lamp in ear.wait(lambda news: news.lamps).lamps or ()] == ["127.0.0.1/1"]


def test_values_that_make_no_sense_are_not_told() -> None:
    agent = Agent()
    table = LeafTable(
        level=Leaf("1", high=100),
        seconds=Leaf("2"),
        power=Leaf("3"),
        energy=Leaf("4"),
        status=Leaf("5"),
        name=Leaf("6", LeafKind.STRING),
        latitude=Leaf("7"),
        longitude=Leaf("8"),
        group=Leaf("9"),
    )
    values = {
        1: rfc1902.Integer32(255),
        2: rfc1902.OctetString(b"soon"),
        3: rfc1902.Integer32(-5),
        4: rfc1902.IpAddress("10.0.0.1"),
        5: rfc1902.OctetString(bytes(100)),
        6: rfc1902.OctetString("Main \u202estreet\x07\r\n\x00 5".encode()),
        7: rfc1902.Integer32(91),
        8: rfc1902.Integer32(2),
        9: rfc1902.OctetString(b"1, 1, -3, x, 99999999999999"),
    }
    agent.on_get = lambda asked: [asked.answer([(name, values[name[-2]]) for name, _ in asked.binds])]
    with hostile(agent) as port, running(config(port, leaves=table)) as (_system, ear):
        lamps = ear.wait(lambda news: news.lamps).lamps or ()
        assert (lamps[0].name, lamps[0].place, lamps[0].groups) == ("Main street 5", None, ("127.0.0.1/1",))
        state = ear.wait(lambda news: news.states).states[0]
        assert (state.level, state.power, state.energy, state.faults, state.overridden) == (None, None, None, (), None)


def test_reading_that_brings_an_error_is_said_once() -> None:
    agent = Agent()
    with hostile(agent) as port, running(config(port, leaves=TABLE, poll=0.02)) as (system, ear):
        ear.wait(lambda news: news.states)
        agent.on_get = lambda asked: [asked.answer(asked.binds, status=5, index=1)]
        ear.forget()
        assert "error 5" in (ear.wait(lambda news: news.trouble).trouble or "")
        with pytest.raises(BadAnswer):
            system.refresh()
        assert len([news for news in ear.news if news.trouble]) == 1


def test_stopping_does_not_wait_for_a_silent_controller() -> None:
    asked = threading.Event()

    def silent(data: bytes) -> Sequence[bytes]:
        asked.set()
        return []

    with hostile(silent) as port, running(config(port, leaves=TABLE, timeout=100.0)) as (system, _ear):
        assert asked.wait(20)
        system.stop()


def test_an_order_that_waits_when_the_driver_stops_ends_with_an_error() -> None:
    agent, reached = Agent(), threading.Event()

    def silent(asked: Asked) -> Sequence[bytes]:
        reached.set()
        return []

    agent.on_set = silent
    problems: list[DriverError] = []
    with hostile(agent) as port, running(config(port, leaves=TABLE, timeout=100.0, total=100.0)) as (system, ear):
        ear.wait(lambda news: news.states)

        def give() -> None:
            try:
                system.order(order(ids(1)), lambda answers: None)
            except DriverError as problem:
                problems.append(problem)

        giver = threading.Thread(target=give)
        giver.start()
        assert reached.wait(20)
        system.stop()
        giver.join(20)
        assert "connection was ended" in str(problems[0])


def test_the_total_time_of_an_order_is_bounded() -> None:
    agent = Agent()
    agent.on_set = lambda asked: []
    with hostile(agent) as port, running(config(port, leaves=TABLE, timeout=100.0, total=0.3)) as (system, ear):
        ear.wait(lambda news: news.states)
        answer = send(system, order(ids(1)))["127.0.0.1/1"]
        assert (answer.outcome, answer.detail) == (Outcome.UNREACHABLE, "not in time")


def test_v3_stays_alive_under_garbage() -> None:
    noise = random.Random(1213)

    def garbage(data: bytes) -> Sequence[bytes]:
        junk = [data, data[:-1], b"", b"\x30\x80" * 10_000, b"\x30\x84\xff\xff\xff\xff", bytes(range(256))]
        for _ in range(40):
            broken = bytearray(data)
            for _ in range(noise.randint(1, 6)):
                broken[noise.randrange(len(broken))] = noise.randrange(256)
            junk.append(bytes(broken))
        return junk

    user = SnmpUser("lamps", "password-1", privacy="password-2")
    with hostile(garbage) as port, running(config(port, access=user, **QUICK)) as (system, ear):
        ear.wait(lambda news: news.trouble)
        for _ in range(3):
            with pytest.raises((TimedOut, BadAnswer)):
                system.refresh()


def test_times_are_rounded_up_to_what_the_leaf_counts() -> None:
    agent = Agent()
    minutes = LeafTable(level=Leaf("1", high=100), seconds=Leaf("2", scale=60, high=1000))
    with hostile(agent) as port, running(config(port, leaves=minutes)) as (system, ear):
        ear.wait(lambda news: news.states)
        send(system, order(ids(1), seconds=61))
        assert int(agent.sets[0].binds[0][1]) == 2
