"""Relays that latch and fall back, restart and clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hostile_devices import CLOCK, Request, fault, http, serving, soap
from ptz_rig import LIBRARY, Rig, controlled

from drivers.errors import BadAnswer, DriverError, Unsupported
from drivers.onvif.controls import OnvifControls
from drivers.onvif.describe import OnvifDescriber
from drivers.types import Credentials

RELAY = "Relay_1"


@pytest.fixture
def rig() -> Iterator[Rig]:
    with controlled() as made:
        yield made


def falls(rig: Rig, seconds: float) -> bool:
    rig.clock.now += seconds
    rig.camera.relays.advance()
    return not rig.camera.relays.active


def test_an_output_and_what_it_can(rig: Rig) -> None:
    (output,) = rig.controls.outputs().outputs()
    assert (output.token, output.pulse, output.active) == (RELAY, None, None)
    assert (output.pulses, output.latches, output.longest) == (True, True, 600.0)


def test_a_pulse_ends_at_the_device(rig: Rig) -> None:
    outputs, relays = rig.controls.outputs(), rig.camera.relays
    outputs.pulse(RELAY, 2.0)
    assert relays.active
    assert not falls(rig, 1.9)
    assert falls(rig, 0.2)
    assert outputs.outputs()[0].pulse == 2.0
    outputs.pulse(RELAY, 1.5)
    outputs.set(RELAY, active=False)
    assert not relays.active
    outputs.set(RELAY, active=True)
    assert outputs.outputs()[0].pulse is None
    assert not falls(rig, 1000)


def test_a_pulse_falls_without_anybody_there(rig: Rig) -> None:
    rig.controls.outputs().pulse(RELAY, 1.0)
    rig.controls.close()
    assert falls(rig, 1.1)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.01, 601.0, 1e9, float("nan")])
def test_durations_that_it_does_not_take(rig: Rig, seconds: float) -> None:
    with pytest.raises(Unsupported):
        rig.controls.outputs().pulse(RELAY, seconds)
    assert not rig.camera.relays.active


def test_one_that_cannot_be_set_pulses_as_it_is(rig: Rig) -> None:
    outputs = rig.controls.outputs()
    outputs.pulse(RELAY, 2.0)
    assert falls(rig, 3)
    rig.fault("relay_fixed")
    outputs.pulse(RELAY, 2.0)
    assert rig.camera.relays.active
    assert falls(rig, 3)
    with pytest.raises(Unsupported, match="cannot be set so, it says: the relay cannot be set"):
        outputs.pulse(RELAY, 3.0)
    with pytest.raises(Unsupported):
        outputs.set(RELAY, active=True)
    assert not rig.camera.relays.active


def test_unknown_outputs(rig: Rig) -> None:
    for ask in (lambda: rig.controls.outputs().set("x", True), lambda: rig.controls.outputs().pulse("x\n", 1.0)):
        with pytest.raises(Unsupported, match="it has no output 'x'"):
            ask()


# --- devices without device-IO --------------------------------------------------------------------------------------


class Old:
    """A device whose relays belong to the device service; ``lies``: it takes settings and keeps its own."""

    def __init__(self, mode: str = "Bistable", delay: str = "PT0S", lies: bool = False) -> None:
        self.mode, self.delay, self.lies = mode, delay, lies
        self.switched: list[str] = []

    def __call__(self, request: Request) -> bytes:
        operation = request.operation
        if operation == "GetSystemDateAndTime":
            return http(soap(CLOCK.format(datetime.now(UTC))))
        if operation == "GetServices":
            return http(soap("<tds:GetServicesResponse/>"))
        if operation == "SetRelayOutputSettings" and not self.lies:
            self.mode = _said(request, "Mode")
            self.delay = _said(request, "DelayTime")
        if operation == "SetRelayOutputState":
            self.switched.append(_said(request, "LogicalState"))
        answers = {
            "GetRelayOutputs": f'<tds:RelayOutputs token="r"><tt:Properties><tt:Mode>{self.mode}</tt:Mode>'
            f"<tt:DelayTime>{self.delay}</tt:DelayTime><tt:IdleState>closed</tt:IdleState></tt:Properties>"
            '</tds:RelayOutputs><tds:RelayOutputs token="r"/><tds:RelayOutputs token=""/>',
            "SetRelayOutputSettings": "",
            "SetRelayOutputState": "",
            "SystemReboot": "<tds:Message>Back\nsoon\u202e</tds:Message>",
        }
        if operation not in answers:
            return http(fault("ter:ActionNotSupported"), "500 X")
        return http(soap(f"<tds:{operation}Response>{answers[operation]}</tds:{operation}Response>"))


def _said(request: Request, name: str) -> str:
    found = re.search(rf":{name}\b[^>]*>([^<]*)<", request.body)
    assert found is not None
    return found[1]


@contextmanager
def controlling(device: Callable[[Request], bytes]) -> Iterator[tuple[OnvifControls, list[Request]]]:
    """A device of this script, what controls it, and what it was asked."""
    with serving(device) as served:
        controls = OnvifControls(OnvifDescriber(LIBRARY), "Gate", (served.xaddr,), Credentials("a", "b"))
        try:
            yield controls, served.requests
        finally:
            controls.close()


def test_relays_of_the_device_service() -> None:
    device = Old()
    with controlling(device) as (controls, requests):
        outputs = controls.outputs()
        assert [(output.token, output.pulse, output.longest) for output in outputs.outputs()] == [("r", None, None)]
        outputs.pulse("r", 2.5)
        assert (device.mode, device.delay, device.switched) == ("Monostable", "PT2.5S", ["active"])
        assert "closed" in next(r.body for r in requests if r.operation == "SetRelayOutputSettings")
        outputs.set("r", active=True)
        assert device.mode == "Bistable"


@pytest.mark.parametrize(
    ("device", "ask", "words"),
    [
        (Old(lies=True), lambda outputs: outputs.pulse("r", 2.0), "stays switched"),
        (Old("Monostable", "PT9S", lies=True), lambda outputs: outputs.pulse("r", 2.0), "falls back after 9 s"),
        (Old("Monostable", "PT9S", lies=True), lambda outputs: outputs.set("r", True), "keeps falling back"),
    ],
)
def test_settings_that_are_not_taken_switch_nothing(device: Old, ask: Callable[[object], None], words: str) -> None:
    with controlling(device) as (controls, _):
        with pytest.raises(Unsupported, match=words):
            ask(controls.outputs())
        assert device.switched == []


def test_a_monostable_one_is_switched_off_as_it_is() -> None:
    device = Old("Monostable", "PT9S", lies=True)
    with controlling(device) as (controls, _):
        controls.outputs().set("r", active=False)
    assert device.switched == ["inactive"]


# --- care -----------------------------------------------------------------------------------------------------------


def test_a_restart(rig: Rig) -> None:
    asked: list[float] = []
    rig.camera.context.reboot = asked.append
    assert rig.controls.care().reboot() == "Rebooting, back in 5 seconds"
    assert len(asked) == 1
    rig.ptz.features()


def test_what_a_device_says_of_its_restart_is_cleaned() -> None:
    with controlling(Old()) as (controls, _):
        assert controls.care().reboot() == "Back soon"


def test_the_clock_is_read_and_set(rig: Rig) -> None:
    care = rig.controls.care()
    clock = care.clock()
    assert abs(clock.offset) < 1.5
    assert not clock.ntp
    ahead = datetime.now(UTC) + timedelta(hours=5)
    care.set_clock(ahead.astimezone(timezone(timedelta(hours=3))))
    assert care.clock().offset == pytest.approx(5 * 3600, abs=2.5)
    assert rig.ptz.features().continuous  # tokens follow the new clock
    rig.camera.clock.synchronise()
    assert care.clock().ntp


def test_clocks_that_make_no_sense(rig: Rig) -> None:
    care = rig.controls.care()
    with pytest.raises(ValueError, match="aware"):
        care.set_clock(datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(DriverError, match="no valid UTC date"):
        care.set_clock(datetime(2999, 1, 1, tzinfo=UTC))

    def clockless(request: Request) -> bytes:
        return http(soap(f"<tds:{request.operation}Response/>"))

    with controlling(clockless) as (controls, _), pytest.raises(BadAnswer, match="it does not tell its clock"):
        controls.care().clock()
