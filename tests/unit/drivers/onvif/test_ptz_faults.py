"""The PTZ driver against a virtual camera that breaks: what is learned, what is said, what is not repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hostile_devices import CLOCK, Request, fault, http, serving, soap
from onvif_rig import spec
from ptz_rig import LIBRARY, Rig, controlled

from drivers.errors import BadAnswer, DriverError, Refused, StopNotConfirmed, TimedOut, Unreachable, Unsupported
from drivers.onvif import ptz, stopping
from drivers.onvif.controls import OnvifControls
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.link import MOVE_SECONDS
from drivers.onvif.ptz import OnvifPtz, PtzProfile
from drivers.ptz import Axes, Axis
from drivers.types import Credentials
from drivers.virtual.state import CameraState

RIGHT = Axes(0.5, 0.0)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with controlled() as made:
        yield made


def calls(rig: Rig, ask: Callable[[], object]) -> int:
    """How many requests one command costs."""
    before = rig.camera.calls
    ask()
    return rig.camera.calls - before


def test_a_warm_command_is_one_request(rig: Rig) -> None:
    rig.ptz.features()
    assert calls(rig, lambda: rig.ptz.move(RIGHT, 1.0)) == 1
    assert calls(rig, rig.ptz.status) == 1
    assert calls(rig, rig.ptz.stop) == 2  # and the question whether it stands


@pytest.mark.parametrize("broken", ["ptz_no_stop", "ptz_deaf_stop"])
def test_a_head_that_breaks_on_stop_gets_zero_speed(rig: Rig, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(stopping, "ASK_SECONDS", 0.3)
    rig.ptz.features()
    rig.fault(broken)
    for expected in (None, 2):
        rig.ptz.move(RIGHT, 10.0)
        asked = calls(rig, rig.ptz.stop)
        assert expected in (None, asked)
        assert not rig.moving


def test_a_head_that_ignores_timeouts_is_stopped(rig: Rig) -> None:
    rig.fault("ptz_ignores_timeout")
    rig.ptz.move(Axes(0.01, 0.0), 0.5)
    rig.clock.now += 5
    assert rig.ptz.status().moving
    rig.ptz.stop()
    assert not rig.moving


def test_a_stop_that_nobody_confirms_is_said(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ptz.move(RIGHT, 10.0)
    rig.fault("silent")
    with monkeypatch.context() as patch:
        patch.setattr(stopping, "TOTAL_SECONDS", 0.5)
        patch.setattr(stopping, "COMMAND_SECONDS", 0.2)
        with pytest.raises(StopNotConfirmed, match="Gate: it may still be moving") as caught:
            rig.ptz.stop()
    assert caught.value.source == "Gate"
    rig.mend()
    rig.ptz.stop()
    assert not rig.moving


def test_a_head_without_status_is_not_asked_again(rig: Rig) -> None:
    rig.fault("no_ptz_status")
    features = rig.ptz.features()
    assert not features.tells_position
    assert not features.tells_motion
    assert calls(rig, rig.ptz.status) == 0
    assert rig.ptz.status().position is None
    rig.ptz.move(RIGHT, 5.0)
    assert calls(rig, rig.ptz.stop) == 1
    assert not rig.moving
    with pytest.raises(Unsupported, match="pan and tilt together"):
        rig.ptz.go(Axes(pan=0.5))
    with pytest.raises(Unsupported, match="renames a preset only where it looks now"):
        rig.ptz.rename_preset("1", "x")


def test_ranges_of_zero_take_the_axes_away(rig: Rig) -> None:
    rig.fault("ptz_zero_range", "zoom")
    features = rig.ptz.features()
    assert features.continuous == features.absolute == features.relative == {Axis.PAN_TILT}
    rig.ptz.move(Axes(0.5, 0.0, 0.5), 1.0)
    rig.clock.now += 1
    assert rig.pose.zoom == 0
    with pytest.raises(Unsupported, match="no continuous moves of zoom"):
        rig.ptz.move(Axes(zoom=0.5), 1.0)
    with controlled() as other:
        other.fault("ptz_zero_range")
        assert not other.ptz.features().continuous
        with pytest.raises(Unsupported):
            other.ptz.move(RIGHT, 1.0)
        other.ptz.stop()


def test_without_zoom_it_is_left_out(rig: Rig) -> None:
    rig.fault("ptz_no_zoom")
    assert rig.ptz.features().continuous == {Axis.PAN_TILT}
    rig.ptz.move(Axes(0.5, 0.0, 0.5), 1.0)
    rig.ptz.go(Axes(0.5, 0.5, 0.5), 0.5)
    rig.ptz.stop()
    status = rig.ptz.status()
    assert status.position is not None
    assert status.position.zoom is None


def test_what_is_refused_is_learned(rig: Rig) -> None:
    rig.fault("ptz_no_relative")
    assert rig.ptz.features().relative
    with pytest.raises(Unsupported, match="no relative moves"):
        rig.ptz.step(RIGHT)
    assert not rig.ptz.features().relative
    before = rig.camera.calls
    with pytest.raises(Unsupported):
        rig.ptz.step(RIGHT)
    assert rig.camera.calls == before
    with controlled() as other:
        other.ptz.features()
        other.fault("ptz_no_absolute")
        with pytest.raises(Unsupported, match="no absolute moves"):
            other.ptz.go(RIGHT)
        assert not other.ptz.features().absolute
        assert other.ptz.features().relative
    with controlled() as third:
        third.fault("ptz_no_absolute")
        assert not third.ptz.features().absolute


def test_hostile_presets(rig: Rig) -> None:
    rig.fault("ptz_presets_hostile")
    presets = rig.ptz.presets()
    assert [preset.token for preset in presets] == ["1", "h1", "h2", "h3", "h4", "h5&<>\"'"]
    names = [preset.name for preset in presets]
    assert names == ["Home", "gnitrats <b>&amp;</b>", "Quay north side", "Preset 4", "x" * 64, "Preset 8"]
    with pytest.raises(DriverError, match="no preset"):
        rig.ptz.go_preset("h5&<>\"'")
    token = rig.ptz.set_preset("\u202eone\ntwo\x07 & <three>")
    rig.mend()
    assert {preset.token: preset.name for preset in rig.ptz.presets()}[token] == "one two & <three>"


@pytest.mark.parametrize("fault_name", ["foreign", "gone", "twice", "soap_html", "soap_500", "soap_truncated"])
def test_answers_of_another_kind(rig: Rig, fault_name: str) -> None:
    rig.ptz.move(RIGHT, 1.0)
    rig.fault(fault_name, times=1)
    if fault_name in ("gone", "twice"):  # asked once more, and one too many
        assert rig.ptz.status().moving
    else:
        with pytest.raises(BadAnswer, match="Gate: answered with something that cannot be understood"):
            rig.ptz.status()
    rig.ptz.move(RIGHT, 1.0)
    status = rig.ptz.status()
    assert status.moving
    rig.ptz.stop()
    assert not rig.moving


def test_answers_that_come_twice_are_never_mixed_up(rig: Rig) -> None:
    rig.ptz.features()
    rig.fault("twice")
    for pan in (0.5, -0.5, 0.25):
        rig.ptz.go(Axes(pan, 0.0))
        rig.clock.now += 10
        position = rig.ptz.status().position
        assert position is not None
        assert position.pan == pytest.approx(pan)


def test_a_late_answer_is_not_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ptz.features()
    rig.fault("late", "0.8", times=1)
    with monkeypatch.context() as patch:
        patch.setattr("drivers.onvif.ptz.MOVE_SECONDS", 0.3)
        with pytest.raises(TimedOut):
            rig.ptz.status()
    rig.ptz.go(RIGHT)
    rig.clock.now += 10
    assert rig.ptz.status().moving is False


@pytest.mark.parametrize(
    ("ask", "times"),
    [
        (lambda rig: rig.ptz.step(Axes(0.1, 0.0)), 1),
        (lambda rig: rig.ptz.set_preset("Quay"), 1),
        (lambda rig: rig.ptz.set_home(), 1),
        (lambda rig: rig.ptz.auxiliary("tt:Wiper|On"), 1),
        (lambda rig: rig.controls.outputs().pulse("Relay_1", 2.0), 1),
        (lambda rig: rig.ptz.go(RIGHT), 2),
        (lambda rig: rig.ptz.move(RIGHT, 1.0), 2),
        (lambda rig: rig.ptz.status(), 2),
    ],
    ids=["step", "set preset", "set home", "auxiliary", "pulse", "go", "move", "status"],
)
def test_only_what_is_safe_is_repeated(rig: Rig, ask: Callable[[Rig], object], times: int) -> None:
    """The connection is cut after the camera has done it; what is safe is asked once more over a new one."""
    ask(rig)
    rig.ptz.status()  # a kept connection is there
    rig.fault("gone", times=2)
    before = rig.camera.calls
    with pytest.raises(Unreachable):
        ask(rig)
    assert rig.camera.calls - before == times


def test_a_camera_that_came_back_elsewhere_is_connected_anew(rig: Rig) -> None:
    rig.ptz.features()
    rig.fault("gone", times=2)
    with pytest.raises(Unreachable):
        rig.ptz.move(RIGHT, 1.0)
    # clock, identity, services, and the move itself
    assert calls(rig, lambda: rig.ptz.move(RIGHT, 1.0)) == 4
    assert calls(rig, lambda: rig.ptz.move(RIGHT, 1.0)) == 1


def test_another_device_at_its_address_is_not_moved(rig: Rig) -> None:
    rig.ptz.features()
    rig.fault("gone", times=2)
    with pytest.raises(Unreachable):
        rig.ptz.move(Axes(0.0, 0.0), 1.0)
    object.__setattr__(rig.camera.context.spec, "uuid", "99999999-2222-3333-4444-000000000001")
    with pytest.raises(BadAnswer, match="another device answers at its address"):
        rig.ptz.move(RIGHT, 1.0)
    assert not rig.moving


def test_a_clock_that_jumps_costs_nobody_the_password(rig: Rig) -> None:
    rig.ptz.features()
    rig.fault("time_jump", "500")
    rig.ptz.move(RIGHT, 1.0)
    assert rig.moving
    assert not rig.camera.guard.locked
    rig.mend()
    rig.ptz.stop()
    assert not rig.moving


def test_a_refused_password_is_sent_once() -> None:
    with controlled() as rig:
        credentials = Credentials("operator", "wrong")
        controls = OnvifControls(OnvifDescriber(LIBRARY), "Gate", (rig.camera.xaddr,), credentials)
        for _ in range(3):
            with pytest.raises(Refused):
                controls.ptz()
        controls.close()
        assert rig.camera.guard.refused <= 2  # the token, and the digest that the camera asked for


def test_a_camera_without_ptz() -> None:
    with controlled(CameraState(spec(ptz=False))) as rig:
        with pytest.raises(Unsupported, match="Gate: does not offer this: it has no PTZ service"):
            rig.controls.ptz()
        assert rig.controls.imaging().features().settings


def test_nobody_there_is_said_quickly(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.ptz.features()
    rig.fault("silent")
    monkeypatch.setattr(ptz, "MOVE_SECONDS", 0.1)
    before = time.monotonic()
    with pytest.raises(TimedOut):
        rig.ptz.move(RIGHT, 1.0)
    assert time.monotonic() - before < MOVE_SECONDS  # it was the move's own time, and no longer one


# --- devices that say little ----------------------------------------------------------------------------------------

PTZ = ' xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"'


def sparse(answers: dict[str, str]) -> Callable[[Request], bytes]:
    """A camera that knows these operations and no others."""

    def answer(request: Request) -> bytes:
        if request.operation == "GetSystemDateAndTime":
            return http(soap(CLOCK.format(datetime.now(UTC))))
        port = request.head.partition("Host: 127.0.0.1:")[2].partition("\r")[0]
        services = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>http://127.0.0.1:{port}/onvif/x</tds:XAddr></tds:Service>"
            for name in ("ver10/device", "ver10/media", "ver20/ptz")
        )
        known = {"GetServices": f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>", **answers}
        if request.operation not in known:
            return http(fault("ter:ActionNotSupported", "no such thing"), "500 X")
        inside = known[request.operation]
        name = request.operation + "Response"
        if not inside.startswith("<tds:"):
            inside = f"<tptz:{name}{PTZ}>{inside}</tptz:{name}>" if not inside.startswith("<trt:") else inside
        return http(soap(inside))

    return answer


PROFILES = (
    '<trt:GetProfilesResponse><trt:Profiles token="plain"><tt:Name>a</tt:Name></trt:Profiles>'
    '<trt:Profiles token="p&amp;t"><tt:Name>b</tt:Name><tt:PTZConfiguration token="c"><tt:Name>c</tt:Name>'
    "<tt:UseCount>1</tt:UseCount><tt:NodeToken>n</tt:NodeToken></tt:PTZConfiguration></trt:Profiles>"
    "</trt:GetProfilesResponse>"
)


def test_a_head_that_knows_continuous_moves_only() -> None:
    """As Goke's: no options, no node, no status, no Stop."""
    with serving(sparse({"GetProfiles": PROFILES, "ContinuousMove": ""})) as device:
        controls = OnvifControls(OnvifDescriber(LIBRARY), "Gate", (device.xaddr,), Credentials("a", "b"))
        ptz = controls.ptz()
        features = ptz.features()
        assert features.continuous == frozenset(Axis)
        assert not features.absolute
        assert not features.tells_motion
        ptz.move(Axes(0.5, 0.0), 2.0)
        body = device.requests[-1].body
        assert "p&amp;t" in body
        assert "PT2S" in body
        assert "VelocityGenericSpace" in body
        ptz.stop()
        assert [request.operation for request in device.requests[-2:]] == ["Stop", "ContinuousMove"]
        assert 'x="0.0" y="0.0"' in device.requests[-1].body
        ptz.stop()
        assert device.requests[-2].operation == "ContinuousMove"
        with pytest.raises(DriverError):
            ptz.presets()
        controls.close()


def test_a_camera_whose_profiles_do_not_move_it() -> None:
    plain = '<trt:Profiles token="plain"><tt:Name>a</tt:Name></trt:Profiles>'
    plain = f"<trt:GetProfilesResponse>{plain}</trt:GetProfilesResponse>"
    with serving(sparse({"GetProfiles": plain})) as device:
        controls = OnvifControls(OnvifDescriber(LIBRARY), "Gate", (device.xaddr,), None)
        with pytest.raises(Unsupported, match="none of its profiles moves it"):
            controls.ptz()
        controls.close()


class RefusingLink:
    """Answers of a head in the place of a link; relative moves are refused for ``refusals`` times."""

    name = "Gate"

    def __init__(self, refusals: int) -> None:
        self.refusals, self.asked = refusals, 0

    def mono(self) -> float:
        return 0.0

    def connected(self) -> bool:
        return True

    def call(self, service: str, operation: str, values: object = None, **how: object) -> object:
        if operation == "RelativeMove":
            self.asked += 1
            if self.asked <= self.refusals:
                raise DriverError(self.name, "it says: Bad Request")
        if operation == "GetConfigurationOptions":
            span = {"Min": -1, "Max": 1}
            return {"Spaces": {"RelativePanTiltTranslationSpace": [{"URI": "g", "XRange": span, "YRange": span}]}}
        return None


def test_a_kind_of_moves_refused_twice_and_never_taken_is_not_asked_for_again() -> None:
    link: Any = RefusingLink(9)
    ptz = OnvifPtz(link, PtzProfile("p", "c", "n"))
    with pytest.raises(DriverError, match="it says: Bad Request") as caught:
        ptz.step(RIGHT)
    assert not isinstance(caught.value, Unsupported)
    for _ in range(2):
        with pytest.raises(Unsupported):
            ptz.step(RIGHT)
    assert link.asked == 2


def test_a_head_that_was_only_busy_keeps_its_moves() -> None:
    link: Any = RefusingLink(1)
    ptz = OnvifPtz(link, PtzProfile("p", "c", "n"))
    with pytest.raises(DriverError):
        ptz.step(RIGHT)
    ptz.step(RIGHT)
    link.refusals = 9
    for _ in range(4):
        with pytest.raises(DriverError, match="Bad Request"):
            ptz.step(RIGHT)
    assert ptz.features().relative
