"""TALQ on the wire: late, lost, doubled and foreign confirmations, groups, callbacks of strangers, hostile answers."""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lamp_rig import Answers
from talq_rig import CMS, NORTH, TalqRig

from drivers.errors import BadAnswer, DriverError, Refused, Unreachable
from drivers.lamps.talq.callbacks import BODY_LIMIT, BURST
from drivers.lamps.talq.config import TalqConfig
from drivers.lamps.talq.system import SHARED_REREAD, TalqLamps
from drivers.luminaires import LampFault, LampNews, LampOrder, Outcome
from drivers.types import Credentials
from drivers.virtual.lamps.talq_devices import address_of

OVERRIDE = "/override-commands"
Open = Callable[..., TalqRig]


@pytest.fixture
def open_rig() -> Iterator[Open]:
    opened: list[TalqRig] = []

    def make(**settings: Any) -> TalqRig:
        made = TalqRig(**settings)
        opened.append(made)
        made.open()
        return made

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def rig(open_rig: Open) -> TalqRig:
    return open_rig()


# --- orders -----------------------------------------------------------------------------------------------------------


def test_a_thousand_lamps_are_one_request(open_rig: Open) -> None:
    rig = open_rig(count=1000)
    assert rig.order(100).good
    assert rig.asked(OVERRIDE) == 1
    assert rig.asked("/devices") >= 3, "the list comes in pages"


def test_ten_thousand_lamps(open_rig: Open) -> None:
    rig = open_rig(count=10_000)
    assert rig.order(100, rig.ids[:2500]).good
    assert rig.asked(OVERRIDE) == 3
    assert rig.levels().count(100) == 2500


def test_a_group_is_one_address(rig: TalqRig) -> None:
    (group,) = rig.system.groups()
    assert (group.id, group.lamps) == (NORTH, frozenset(rig.ids[:2]))
    assert rig.known[0].groups == (NORTH,)
    assert rig.order(100, rig.ids[:2], group=NORTH).good
    assert rig.levels() == [100, 100, 60, 60]
    assert rig.order(30, rig.ids[:1], group=NORTH).good
    assert rig.levels() == [30, 100, 60, 60], "a group that holds other lamps too is not addressed"


def test_what_a_lamp_is(rig: TalqRig) -> None:
    lamp = rig.known[0]
    assert lamp.name == "Lamp L0001"
    assert lamp.place is not None
    assert (lamp.place.latitude, lamp.place.longitude) == (52.0, 4.3)
    state = rig.states[lamp.id]
    assert (state.level, state.power, state.overridden) == (60, 42.6, False)
    rig.order(100)
    rig.settle()
    rig.advance(10)
    rig.system.refresh()
    state = rig.states[lamp.id]
    assert (state.power, state.overridden) == (70, True)
    assert state.energy is not None
    assert state.energy > 0
    assert state.time == rig.now().replace(microsecond=rig.now().microsecond // 1000 * 1000)


def test_accepted_and_confirmed(open_rig: Open) -> None:
    rig = open_rig(asynchronous=True, confirm=20.0)
    answers = rig.order(100)
    assert answers.good
    rig.until(lambda: all({**answers, **rig.late}[lamp].outcome is Outcome.DONE for lamp in rig.ids))
    assert all(news.reference == "lease 1" for news in rig.news if news.answers)


def test_confirmed_twice_is_told_once(rig: TalqRig) -> None:
    rig.faults.fail_next("twice")
    rig.order(100)
    rig.until(lambda: sum(call.startswith("PATCH /devices 200") for call in rig.gateway.calls) >= 2)
    told = [answer.id for news in rig.news for answer in news.answers]
    assert len(told) == len(set(told)) <= 4


def test_accepted_and_never_done(rig: TalqRig) -> None:
    rig.faults.fail_next("late", value="3600")
    answers = rig.order(100)
    assert {answer.outcome for answer in answers.values()} == {Outcome.ACCEPTED}
    rig.until(lambda: len(rig.late) == 4)
    assert {answer.outcome for answer in rig.late.values()} == {Outcome.UNREACHABLE}
    assert rig.late[rig.ids[0]].detail == "accepted, no confirmation in 0.3 s"


@pytest.mark.parametrize("fault", ["lost_callback", "foreign"])
def test_accepted_done_and_never_confirmed_is_seen_in_the_lamps(open_rig: Open, fault: str) -> None:
    rig = open_rig(confirm=20.0)
    rig.faults.fail_next(fault)
    answers = rig.order(100)
    assert {answer.outcome for answer in answers.values()} == {Outcome.ACCEPTED}
    rig.system.refresh()
    assert {answer.outcome for answer in rig.late.values()} == {Outcome.DONE}
    assert set(rig.late) == set(rig.ids)
    assert [news.reference for news in rig.news if news.answers] == ["lease 1"]
    if fault == "foreign":
        rig.until(lambda: "PATCH /devices 404" in rig.gateway.calls)


def test_lamps_are_read_by_themselves_while_an_order_is_not_confirmed(open_rig: Open) -> None:
    rig = open_rig(confirm=2.0)
    rig.faults.fail_next("lost_callback")
    rig.order(100)
    rig.until(lambda: len(rig.late) == 4)
    assert {answer.outcome for answer in rig.late.values()} == {Outcome.DONE}


def test_of_two_consoles_the_gateway_calls_back_the_last_and_the_other_notices(open_rig: Open) -> None:
    rig = open_rig(confirm=20.0)
    ours = rig.gateway.cms_url
    other = TalqLamps(replace(rig.lamps_of._config, name="Other"))
    heard: list[LampNews] = []
    other.start(heard.append)
    try:
        rig.until(lambda: rig.gateway.cms_url not in ("", ours))
        rig.system.refresh()
        assert rig.lamps_of._pace == SHARED_REREAD
        rig.system.refresh()
        told = [line for news in rig.news for line in news.log if "calls" in line]
        assert len(told) == 1, "it is told once"
        assert "it calls back another console" in told[0]
        rig.gateway.asynchronous = True
        rig.order(100)
        rig.until(lambda: sum(each.startswith("PATCH /devices") for each in rig.gateway.calls) >= 1)
        rig.system.refresh()
        assert {answer.outcome for answer in rig.late.values()} == {Outcome.DONE}
        rig.bank.set_fault("L0002", LampFault.LAMP)
        rig.system.refresh()
        assert rig.states[rig.ids[1]].faults == (LampFault.LAMP,)
        rig.gateway.cms_url = ours.upper() + "/"  # written its own way
        rig.system.refresh()
        assert any(news.log == ("it calls us back again",) for news in rig.news)
        assert rig.lamps_of._pace == 300.0
    finally:
        other.stop()
    assert heard[-1].trouble is None


def test_confirmed_after_it_was_given_up(rig: TalqRig) -> None:
    rig.faults.fail_next("late", value="0.6")
    rig.order(100)
    rig.until(lambda: len(rig.late) == 4 and rig.late[rig.ids[0]].outcome is Outcome.UNREACHABLE)
    rig.until(lambda: all(answer.outcome is Outcome.DONE for answer in rig.late.values()))
    assert rig.levels() == [100] * 4


def test_a_lie_is_seen_in_the_states(rig: TalqRig) -> None:
    rig.faults.fail_next("lies")
    assert rig.order(100).good
    rig.system.refresh()
    assert {state.level for state in rig.states.values()} == {60}


def test_a_device_that_just_left(rig: TalqRig) -> None:
    gone = address_of("L0002")
    rig.gateway.forget("L0002")
    answers = rig.order(100)
    assert answers[rig.ids[1]].outcome is Outcome.UNKNOWN
    assert [answers[lamp].outcome for lamp in (rig.ids[0], *rig.ids[2:])] == [Outcome.DONE] * 3
    assert rig.levels() == [100, 60, 100, 100]
    assert call(rig, "DELETE", f"/devices/{gone}")[0] == 200
    rig.until(lambda: len(rig.known) == 3)
    assert rig.order(100, rig.ids[1:2])[rig.ids[1]].outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html", "a web page instead of JSON"),
        ("huge", "an answer of more than"),
        ("redirect", "it sends us on to 127.0.0.2"),
        ("down", "closed the connection"),
    ],
)
def test_answers_that_are_none(rig: TalqRig, fault: str, words: str) -> None:
    rig.faults.set(fault)
    with pytest.raises(DriverError, match=f"Ring road: .*{words}"):
        rig.system.refresh()
    rig.until(lambda: words in rig.trouble)
    rig.faults.clear()
    rig.system.refresh()
    rig.until(lambda: rig.trouble == "")


@pytest.mark.parametrize("fault", ["huge", "redirect", "down", "dies"])
def test_an_order_is_never_sent_twice(rig: TalqRig, fault: str) -> None:
    rig.faults.set(fault, times=1)
    before = rig.asked(OVERRIDE)
    answers = rig.order(100)
    assert {answer.outcome for answer in answers.values()} == {Outcome.UNREACHABLE}
    assert all(answer.detail.endswith("it may have been done") for answer in answers.values())
    rig.faults.clear()
    assert rig.asked(OVERRIDE) - before <= 1


def test_a_web_page_for_an_answer_is_not_taken_for_done(rig: TalqRig) -> None:
    rig.faults.fail_next("html")
    assert not any(answer.good for answer in rig.order(100).values())


def test_nothing_was_sent_is_raised() -> None:
    system = TalqLamps(TalqConfig("Ring road", "http://127.0.0.1:1", CMS, listen=None))
    with pytest.raises(Unreachable, match="Ring road: not reachable"):
        system.refresh()
    system.order(LampOrder(("nobody",), 100, datetime.now(UTC) + timedelta(60)), Answers(("nobody",)))
    system.stop()


def test_wrong_credentials_are_not_tried_again() -> None:
    rig = TalqRig(token="", credentials=Credentials("ada", "s3cret"))
    rig.serve()
    try:
        rig.system.start(rig.heard)
        rig.until(lambda: "user name or password refused" in rig.trouble)
        assert rig.asked("/devices") == 1
        with pytest.raises(Refused):
            rig.system.refresh()
        assert rig.asked("/devices") == 2
    finally:
        rig.close()


def test_a_gateway_that_comes_later() -> None:
    rig = TalqRig()
    rig.serve()
    rig.faults.set("down")
    try:
        rig.system.start(rig.heard)
        rig.until(lambda: "Ring road" in rig.trouble)
        rig.faults.clear()
        rig.until(lambda: len(rig.known) == 4)
        assert rig.trouble == ""
    finally:
        rig.close()


def test_a_file_that_is_no_certificate() -> None:
    system = TalqLamps(TalqConfig("Ring road", "https://127.0.0.1:1", CMS, ca_file=__file__, listen=None))
    with pytest.raises(BadAnswer, match=r"Ring road: .*certificate file cannot be used"):
        system.refresh()


def test_a_port_that_is_taken(open_rig: Open) -> None:
    first = open_rig()
    news: list[LampNews] = []
    told = threading.Event()

    def heard(each: LampNews) -> None:
        news.append(each)
        told.set()

    settings = TalqConfig("Other", first.gateway.url, CMS, listen=("127.0.0.1", first.lamps_of.callback_port))
    system = TalqLamps(settings)
    try:
        system.start(heard)
        assert told.wait(20)
        assert news[0].trouble is not None
    finally:
        system.stop()


# --- what the gateway calls back --------------------------------------------------------------------------------------


def call(
    rig: TalqRig,
    method: str,
    path: str,
    data: object = None,
    body: bytes | None = None,
    sender: str = "",
    id: str = "",
    headers: dict[str, str] | None = None,
    origin: str = "",
) -> tuple[int, Any]:
    """Call the console back as the gateway does; status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", rig.lamps_of.callback_port, timeout=20)
    try:
        query = f"clientAddress={sender or rig.gateway.address}&talqRequestId={id or uuid.uuid4()}"
        query += f"&talqOriginRequestId={origin}" if origin else ""
        content = json.dumps(data).encode() if body is None else body
        connection.request(method, f"{path}?{query}", content, {"talq-api-version": "2.7.1", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] in (b"[", b"{") else None
    finally:
        connection.close()


def part(lamp: str, level: object) -> dict[str, Any]:
    value = {"type": "AttributeLevelState", "value": {"name": "LevelState", "value": level}}
    function = {"id": "lamp-01", "type": "LampActuatorFunction", "actualLightState": value}
    return {"address": address_of(lamp), "name": lamp, "class": "x", "functions": [function]}


def test_a_part_of_a_device(rig: TalqRig) -> None:
    assert call(rig, "PATCH", "/devices", [part("L0001", 77)]) == (200, None)
    assert rig.states[rig.ids[0]].level == 77
    assert call(rig, "PATCH", f"/devices/{address_of('L0002')}", part("L0002", 55))[0] == 200
    assert rig.states[rig.ids[1]].level == 55
    assert call(rig, "PATCH", f"/devices/{address_of('L0002')}", part("L0001", 11))[0] == 400
    assert rig.states[rig.ids[0]].level == 77


def test_the_same_request_again_changes_nothing(rig: TalqRig) -> None:
    id = str(uuid.uuid4())
    assert call(rig, "PATCH", "/devices", [part("L0001", 77)], id=id)[0] == 200
    assert call(rig, "PATCH", "/devices", [part("L0001", 11)], id=id)[0] == 200
    assert rig.states[rig.ids[0]].level == 77


def test_what_is_unknown_is_named_and_the_rest_is_taken(rig: TalqRig) -> None:
    status, errors = call(rig, "PATCH", "/devices", [part("nobody", 5), part("L0001", 44)])
    assert status == 404
    assert errors[0]["key"] == "resourceNotFound"
    assert errors[0]["references"] == [{"address": {"resource": "devices", "address": address_of("nobody")}}]
    assert rig.states[rig.ids[0]].level == 44


def test_a_level_that_cannot_be_is_named_and_not_believed(rig: TalqRig) -> None:
    status, errors = call(rig, "PATCH", "/devices", [part("L0001", 900), part("L0002", 44)])
    assert (status, errors[0]["key"]) == (400, "payloadError")
    assert errors[0]["references"][0]["address"]["address"] == address_of("L0001")
    assert (rig.states[rig.ids[0]].level, rig.states[rig.ids[1]].level) == (60, 44)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<html>", 400),
        (b'[{"address": NaN}]', 400),
        (b"[" * 100_000, 400),
        (b"{}", 400),
        (b"[7]", 400),
        (b"x" * (BODY_LIMIT + 1), 413),
    ],
)
def test_bodies_that_are_none(rig: TalqRig, body: bytes, status: int) -> None:
    try:
        assert call(rig, "PATCH", "/devices", body=body)[0] == status
    except (BrokenPipeError, ConnectionResetError):
        assert status == 413  # it was told off before it had sent everything
    assert call(rig, "GET", "/devices")[0] == 200


def test_strangers_are_not_heard(rig: TalqRig) -> None:
    stranger = str(uuid.uuid4())
    status, errors = call(rig, "PATCH", "/devices", [part("L0001", 1)], sender=stranger)
    assert (status, errors[0]["key"]) == (400, "parameterValueNotValid")
    assert call(rig, "PATCH", "/devices", [part("L0001", 1)], sender="nobody")[0] == 400
    assert call(rig, "PATCH", "/devices", [part("L0001", 1)], id="nothing")[1][0]["key"] == "parameterValueNotValid"
    wrong = call(rig, "PATCH", "/devices", [part("L0001", 1)], headers={"talq-api-version": "1.0"})
    assert wrong[1][0]["key"] == "headerValueNotValid"
    assert rig.states[rig.ids[0]].level == 60


def test_a_token_is_asked_for() -> None:
    rig = TalqRig(callback_token="sesame")
    rig.serve()
    try:
        rig.system.start(rig.heard)
        rig.until(lambda: len(rig.known) == 4 and bool(rig.lamps_of.callback_port))
        assert call(rig, "PATCH", "/devices", [part("L0001", 1)])[0] == 401
        assert call(rig, "PATCH", "/devices", [part("L0001", 1)], headers={"Authorization": "Bearer sesamé"})[0] == 401
        assert call(rig, "PATCH", "/devices", [part("L0001", 7)], headers={"Authorization": "Bearer sesame"})[0] == 200
        assert rig.states[rig.ids[0]].level == 7
    finally:
        rig.close()


def test_too_many_calls_are_put_off(rig: TalqRig) -> None:
    seen = {call(rig, "GET", "/devices/x")[0] for _ in range(int(BURST) + 200)}
    assert seen <= {404, 503}
    assert 404 in seen


def test_devices_come_and_go(rig: TalqRig) -> None:
    status, echoed = call(rig, "POST", "/devices", [part("new", 30)])
    assert (status, len(echoed)) == (201, 1)
    assert len(rig.known) == 5
    assert call(rig, "POST", "/devices", [part("new", 31)])[0] == 201
    assert len(rig.known) == 5
    assert call(rig, "PUT", f"/devices/{address_of('new')}", part("new", 32))[0] == 200
    assert rig.states[f"{address_of('new')}/lamp-01"].level == 32
    assert call(rig, "GET", f"/devices/{address_of('new')}") == (
        200,
        {"address": address_of("new"), "name": "new", "class": "x"},
    )
    assert len(call(rig, "GET", "/devices")[1]) == 6
    assert call(rig, "DELETE", f"/devices/{address_of('new')}")[0] == 200
    assert call(rig, "DELETE", f"/devices/{address_of('new')}")[0] == 404
    assert len(rig.known) == 4


def test_log_reports(rig: TalqRig) -> None:
    source = f"{address_of('L0001')}/monitor-01"
    event = {"type": "EventLogData", "srcAddress": source, "eventType": "lampFailure", "startEndFlag": True}
    stray = {"type": "EventLogData", "srcAddress": address_of("nobody"), "eventType": "lampFailure"}
    assert call(rig, "POST", "/log-reports", {"address": "x", "entries": [{"data": event}]})[0] == 201
    assert rig.states[rig.ids[0]].faults == (LampFault.LAMP,)
    assert rig.news[-1].log == (f"{source}: lampFailure",)
    status, errors = call(rig, "POST", "/log-reports", {"entries": [{"data": stray}, 7]})
    assert (status, errors[0]["key"]) == (422, "relatedResourceNotFound")
    assert call(rig, "POST", "/log-reports", [])[0] == 400


def test_the_gateway_was_asked_for_its_events(rig: TalqRig) -> None:
    rig.until(lambda: rig.asked("/logger-configs") == 1)
    rig.bank.set_fault("L0004", LampFault.POWER)
    rig.until(lambda: any("supplyLoss" in line for news in rig.news for line in news.log))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/services", 201),
        ("POST", "/device-classes", 201),
        ("GET", "/groups", 200),
        ("GET", "/calendars", 404),
        ("POST", "/lamp-types", 404),
        ("GET", "/../../etc/passwd", 404),
        ("BREW", "/devices", 404),
    ],
)
def test_the_rest_of_the_interface(rig: TalqRig, method: str, path: str, status: int) -> None:
    assert call(rig, method, path, [])[0] == status
