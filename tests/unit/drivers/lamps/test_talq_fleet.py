"""What is known of devices, and orders that wait for a confirmation."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from drivers.lamps.talq.fleet import MAX_LAMPS, Fleet
from drivers.lamps.talq.pending import Pending
from drivers.lamps.talq.reading import Device, Function, Told
from drivers.luminaires import LampAnswer, LampFault, Outcome

NOW = datetime(2026, 11, 26, 20, tzinfo=UTC)
LAMP = "LampActuatorFunction"
MONITOR = "LampMonitorFunction"


def address(number: int) -> str:
    return str(uuid.UUID(int=number))


def device(number: int, *functions: Function) -> Device:
    return Device(address(number), f"Lamp {number}", "Luminaire", functions or (Function("a", LAMP, Told(level=60)),))


def fleet(*devices: Device) -> Fleet:
    made = Fleet()
    made.replace(devices, NOW)
    return made


def test_a_device_with_two_lamps() -> None:
    both = device(
        1,
        Function("a", LAMP, Told(level=10)),
        Function("b", LAMP, Told(wanted=20)),
        Function("m", MONITOR, Told(power=7, faults={"lampFailure": True}), actuator="b"),
        Function("c", "CommunicationFunction", Told(faults={"communicationFailure": True})),
    )
    known = fleet(both)
    assert [lamp.name for lamp in known.lamps()] == ["Lamp 1 a", "Lamp 1 b"]
    first, second = known.states()
    assert (first.level, first.power, first.faults) == (10, None, (LampFault.COMMUNICATION,))
    assert (second.level, second.power) == (20, 7)
    assert second.faults == (LampFault.LAMP, LampFault.COMMUNICATION)
    assert known.lamp_ids(address(1)) == (f"{address(1)}/a", f"{address(1)}/b")
    assert known.lamp_ids(f"{address(1)}/b/actualLightState") == (f"{address(1)}/b",)
    assert known.lamp_ids("nobody") == ()


def test_a_part_changes_only_itself() -> None:
    known = fleet(
        device(1, Function("a", LAMP, Told(level=60, overridden=False)), Function("m", MONITOR, Told(power=9)))
    )
    later = datetime(2026, 11, 26, 21, tzinfo=UTC)
    known.patch(device(1, Function("a", "", Told(level=70))), later)
    (state,) = known.states()
    assert (state.level, state.power, state.overridden, state.time) == (70, 9, False, later)
    known.tell(address(1), "m", Told(faults={"supplyLoss": True}), later)
    known.tell(address(1), "", Told(faults={"deviceMalfunction": True}), later)
    assert known.states()[0].faults == (LampFault.POWER, LampFault.OTHER)
    with pytest.raises(KeyError):
        known.patch(device(2), later)


def test_groups_in_circles() -> None:
    known = fleet(device(1), device(2), device(3))
    known.set_groups(
        {
            "all": (("groups", "north"), ("devices", address(3))),
            "north": (("groups", "all"), ("devices", f"{address(1)}/a"), ("devices", "gone"), ("groups", "gone")),
            "none": (("calendars", address(1)),),
        }
    )
    groups = {group.id: {lamp[34:36] for lamp in group.lamps} for group in known.groups()}
    assert groups == {"all": {"01", "03"}, "north": {"01", "03"}}
    assert known.lamps()[0].groups == ("all", "north")
    assert known.lamps()[1].groups == ()


def test_devices_without_end() -> None:
    known = fleet(*(device(number) for number in range(MAX_LAMPS + 10)))
    assert len(known.lamps()) == MAX_LAMPS


def test_a_device_leaves() -> None:
    known = fleet(device(1), device(2))
    known.remove(address(1))
    assert not known.knows(f"{address(1)}/a")
    assert [lamp.name for lamp in known.lamps()] == ["Lamp 2"]
    assert known.states([f"{address(1)}/a"]) == ()


# --- orders that wait -------------------------------------------------------------------------------------------------

FITS = Told(wanted=80, overridden=True)


def waiting(level: int | None = 80) -> Pending:
    pending = Pending()
    pending.add("one", ["x", "y"], level, "lease")
    assert pending.accepted("one") == {}
    return pending


def test_a_confirmation_counts_once() -> None:
    pending = waiting()
    assert pending.confirm("one", "x", FITS, ()) == ("lease", LampAnswer("x", Outcome.DONE))
    assert pending.confirm("one", "x", FITS, ()) is None
    assert pending.expire("one", 5) == (
        "lease",
        [LampAnswer("y", Outcome.UNREACHABLE, "accepted, no confirmation in 5 s")],
    )


def test_a_confirmation_that_comes_late() -> None:
    pending = waiting()
    pending.expire("one", 5)
    assert pending.expire("one", 5) == ("", [])
    assert pending.confirm("one", "y", FITS, ()) == ("lease", LampAnswer("y", Outcome.DONE))


def test_one_that_comes_before_the_answer() -> None:
    pending = Pending()
    pending.add("one", ["x", "y"], 80, "lease")
    assert pending.confirm("one", "x", FITS, ()) is None
    assert pending.accepted("one") == {"x": LampAnswer("x", Outcome.DONE)}
    assert pending.confirm("one", "x", FITS, ()) is None


def test_one_for_another_request_or_lamp() -> None:
    pending = waiting()
    assert pending.confirm("two", "x", FITS, ()) is None
    assert pending.confirm("one", "z", FITS, ()) is None


def test_one_that_names_no_request_must_fit() -> None:
    pending = waiting()
    assert pending.confirm("", "x", Told(wanted=60), ()) is None
    assert pending.confirm("", "x", Told(level=80), ()) is None
    assert pending.confirm("", "x", FITS, ()) is not None


@pytest.mark.parametrize(
    ("level", "told", "faults", "outcome", "detail"),
    [
        (80, Told(wanted=60), (), Outcome.REFUSED, "it holds 60 % instead"),
        (80, Told(), (), Outcome.DONE, ""),
        (80, FITS, (LampFault.LAMP,), Outcome.DONE, ""),
        (80, FITS, (LampFault.COMMUNICATION,), Outcome.UNREACHABLE, "the gateway gets no answer from it"),
        (80, Told(wanted=60), (LampFault.POWER,), Outcome.UNREACHABLE, "the gateway says that it has no power"),
        (None, Told(overridden=True), (), Outcome.REFUSED, "it still holds an order"),
        (None, Told(wanted=60, overridden=False), (), Outcome.DONE, ""),
    ],
)
def test_what_a_confirmation_says(
    level: int | None, told: Told, faults: tuple[LampFault, ...], outcome: Outcome, detail: str
) -> None:
    assert waiting(level).confirm("one", "x", told, faults) == ("lease", LampAnswer("x", outcome, detail))


def test_what_is_read_confirms_what_was_accepted_before() -> None:
    pending = waiting()
    said: dict[str, tuple[Told, tuple[LampFault, ...]]] = {"x": (FITS, ())}
    assert pending.read_back((), said.get) == {}, "it was accepted after the reading began"
    assert pending.open_requests() == {"one"}
    assert pending.read_back(("one", "gone"), said.get) == {"lease": [LampAnswer("x", Outcome.DONE)]}
    assert pending.read_back(("one",), said.get) == {}
    assert pending.waits("one")
    said["y"] = (FITS, ())
    pending.expire("one", 5)
    assert not pending.waits("one")
    assert pending.read_back(pending.open_requests(), said.get) == {"lease": [LampAnswer("y", Outcome.DONE)]}
    assert pending.open_requests() == frozenset()


@pytest.mark.parametrize(
    ("told", "faults", "counts"),
    [
        (FITS, (), True),
        (Told(wanted=80, reference="lease"), (LampFault.LAMP,), True),
        (Told(wanted=80, reference="another"), (), False),
        (Told(wanted=60), (), False),
        (Told(level=80), (), False),
        (FITS, (LampFault.COMMUNICATION,), False),
        (FITS, (LampFault.POWER,), False),
    ],
)
def test_what_is_read_confirms_only_what_is_sure(told: Told, faults: tuple[LampFault, ...], counts: bool) -> None:
    assert bool(waiting().read_back(("one",), lambda lamp: (told, faults))) is counts


def test_what_was_not_accepted_yet_is_not_read_back() -> None:
    pending = Pending()
    pending.add("one", ["x"], 80, "lease")
    assert pending.open_requests() == frozenset()


def test_a_newer_order_needs_no_confirmation_of_the_older() -> None:
    pending = waiting()
    pending.add("two", ["x"], 20, "other")
    pending.accepted("two")
    assert [answer.id for answer in pending.expire("one", 5)[1]] == ["y"]
    assert pending.confirm("two", "x", Told(wanted=20), ()) == ("other", LampAnswer("x", Outcome.DONE))


def test_what_is_late_is_kept_for_a_while_only() -> None:
    pending = Pending()
    for number in range(1000):
        pending.add(str(number), [f"lamp {number}"], 80, "lease")
        pending.expire(str(number), 5)
    assert pending.confirm("0", "lamp 0", FITS, ()) is None
    assert pending.confirm("999", "lamp 999", FITS, ()) is not None
