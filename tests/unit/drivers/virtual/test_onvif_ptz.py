"""The head moves by the clock: speeds, time limits, targets and ends."""

from __future__ import annotations

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from onvif_rig import Clock, client, served, spec

from drivers.virtual.onvif.context import PATHS
from drivers.virtual.onvif.mover import DEFAULT_TIMEOUT, PAN_TILT_SPEED, ZOOM_SPEED, Mover
from drivers.virtual.state import CameraState, Pose


@pytest.fixture
def rig() -> tuple[Mover, CameraState, Clock]:
    state, clock = CameraState(spec()), Clock(50.0)
    return Mover(state, clock), state, clock


def test_continuous_moves_end_with_their_timeout(rig: tuple[Mover, CameraState, Clock]) -> None:
    mover, state, clock = rig
    mover.drive((0.5, -0.25), 1.0, 0.8)
    clock.now += 0.4
    mover.advance()
    assert mover.moving == (True, True)
    assert state.pose.pan == pytest.approx(0.2 * PAN_TILT_SPEED)
    clock.now += 100
    mover.advance()
    assert mover.moving == (False, False)
    assert state.pose.pan == pytest.approx(0.4 * PAN_TILT_SPEED)
    assert state.pose.tilt == pytest.approx(-0.2 * PAN_TILT_SPEED)
    assert state.pose.zoom == pytest.approx(0.8 * ZOOM_SPEED)


def test_without_a_timeout_the_device_has_its_own(rig: tuple[Mover, CameraState, Clock]) -> None:
    mover, _, clock = rig
    mover.drive((0.01, 0.0), None, None)
    clock.now += DEFAULT_TIMEOUT - 0.1
    mover.advance()
    assert mover.moving == (True, False)
    clock.now += 0.2
    mover.advance()
    assert mover.moving == (False, False)


def test_stop_is_at_once_and_for_the_axes_it_names(rig: tuple[Mover, CameraState, Clock]) -> None:
    mover, state, clock = rig
    mover.drive((1.0, 0.0), 1.0, 10)
    clock.now += 0.5
    mover.stop(pan_tilt=True, zoom=False)
    clock.now += 0.5
    mover.advance()
    assert state.pose == Pose(0.25, 0.0, 0.25)
    assert mover.moving == (False, True)


def test_the_end_of_an_axis_stops_it(rig: tuple[Mover, CameraState, Clock]) -> None:
    mover, state, clock = rig
    mover.drive((1.0, 0.1), -1.0, 30)
    clock.now += 3
    mover.advance()
    assert (state.pose.pan, state.pose.zoom) == (1.0, 0.0)
    assert mover.moving == (True, False)
    mover.drive((-1.0, 0.0), None, 30)
    clock.now += 1
    mover.advance()
    assert state.pose.pan == pytest.approx(0.5)


@given(
    pan=st.floats(-1, 1), tilt=st.floats(-1, 1), zoom=st.floats(0, 1), speed=st.floats(0.05, 1), step=st.floats(0.01, 3)
)
def test_absolute_moves_arrive_exactly(pan: float, tilt: float, zoom: float, speed: float, step: float) -> None:
    state, clock = CameraState(spec()), Clock(0.0)
    mover = Mover(state, clock)
    mover.go((pan, tilt), zoom, speed)
    for _ in range(100_000):
        if not any(mover.moving):
            break
        clock.now += step
        mover.advance()
    assert state.pose.pan == pytest.approx(pan, abs=1e-9)
    assert state.pose.tilt == pytest.approx(tilt, abs=1e-9)
    assert state.pose.zoom == pytest.approx(zoom, abs=1e-9)
    assert not any(mover.moving)


def test_over_the_wire() -> None:
    clock = Clock(10.0)
    with served(mono=clock) as camera, client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz:
        ptz.ContinuousMove("main", {"PanTilt": {"x": 1, "y": 0}}, "PT2S")
        clock.now += 1
        status = ptz.GetStatus("main")
        assert (status.Position.PanTilt.x, status.MoveStatus.PanTilt) == (pytest.approx(0.5), "MOVING")
        clock.now += 5
        assert ptz.GetStatus("main").Position.PanTilt.x == pytest.approx(1.0)
        for wrong in (
            lambda: ptz.ContinuousMove("main", {"PanTilt": {"x": 1.5, "y": 0}}),
            lambda: ptz.ContinuousMove("main", {}),
            lambda: ptz.ContinuousMove("nobody", {"Zoom": {"x": 1}}),
            lambda: ptz.AbsoluteMove("main", {"Zoom": {"x": -0.5}}),
            lambda: ptz.GotoPreset("main", "77"),
            lambda: ptz.SetPreset("main", "Quay", "77"),
            lambda: ptz.RemovePreset("main", "77"),
        ):
            with pytest.raises(zeep.exceptions.Fault):
                wrong()
        for number in range(2, 101):
            assert ptz.SetPreset("main", f"P{number}") == str(number)
        with pytest.raises(zeep.exceptions.Fault, match="no room"):
            ptz.SetPreset("main", "one too many")


def test_a_fixed_camera_has_no_ptz_service() -> None:
    with served(CameraState(spec(ptz=False))) as camera:
        with client(camera.xaddr, "tds") as device:
            assert not any("ptz" in service.Namespace for service in device.GetServices(False))
            assert device.GetCapabilities(["All"]).PTZ is None
            with pytest.raises(zeep.exceptions.Fault, match="no PTZ"):
                device.GetCapabilities(["PTZ"])
        with (
            client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz,
            pytest.raises(zeep.exceptions.Fault, match="not offered"),
        ):
            ptz.GetNodes()
