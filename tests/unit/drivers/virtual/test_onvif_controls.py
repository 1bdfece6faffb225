"""What a console can set at a virtual camera: spaces in degrees, auxiliary commands, relays that fall back, imaging."""

from __future__ import annotations

import pytest
import zeep
from onvif_rig import Clock, client, served

from drivers.virtual.onvif.context import PATHS, Lamp
from drivers.virtual.onvif.ptz import WASH_SECONDS
from drivers.virtual.onvif.spaces import DEGREES, PAN_DEGREES, SPACES, TILT_DEGREES
from drivers.virtual.state import Lamps


def test_degrees_are_those_that_the_picture_turns_by() -> None:
    clock = Clock(10.0)
    with served(mono=clock, degrees=True) as camera, client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz:
        spaces = ptz.GetNodes()[0].SupportedPTZSpaces.AbsolutePanTiltPositionSpace
        assert [space.URI.rpartition("/")[2] for space in spaces] == [
            "SphericalPositionSpaceDegrees",
            "PositionGenericSpace",
        ]
        assert (spaces[0].XRange.Max, spaces[0].YRange.Min) == (PAN_DEGREES, -TILT_DEGREES)
        there = {"x": PAN_DEGREES / 2, "y": -TILT_DEGREES, "space": SPACES + DEGREES}
        ptz.AbsoluteMove("main", {"PanTilt": there})
        clock.now += 30
        pose = camera.mover.advance()
        assert (pose.pan, pose.tilt) == (pytest.approx(0.5), pytest.approx(-1.0))


def test_the_washer_stops_by_itself_and_the_wiper_does_not() -> None:
    clock = Clock(10.0)
    with served(mono=clock) as camera, client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz:
        for command in ptz.GetNodes()[0].AuxiliaryCommands:
            if command.endswith("On"):
                assert ptz.SendAuxiliaryCommand("main", command) == command
        assert camera.ptz.running == {"Wiper", "Washer", "IRLamp"}
        clock.now += WASH_SECONDS + 1
        assert camera.ptz.running == {"Wiper", "IRLamp"}
        ptz.SendAuxiliaryCommand("main", "tt:IRLamp|Off")
        assert camera.ptz.running == {"Wiper"}
        with pytest.raises(zeep.exceptions.Fault, match="no auxiliary command"):
            ptz.SendAuxiliaryCommand("main", "tt:Cannon|Fire")


@pytest.mark.parametrize("prefix", ["tmd", "tds"])
def test_a_relay_falls_back_by_itself(prefix: str) -> None:
    clock, lamps = Clock(10.0), Lamps({"L": 0.0})
    with (
        served(mono=clock, lamp=Lamp(lamps, "L")) as camera,
        client(camera.context.xaddr(PATHS[prefix]), prefix) as relays,
    ):
        properties = {"Mode": "Monostable", "DelayTime": "PT3S", "IdleState": "closed"}
        if prefix == "tmd":
            relays.SetRelayOutputSettings({"token": "Relay_1", "Properties": properties})
        else:
            relays.SetRelayOutputSettings("Relay_1", properties)
        said = relays.GetRelayOutputs()[0].Properties
        assert (said.Mode, said.DelayTime.total_seconds(), said.IdleState) == ("Monostable", 3, "closed")
        relays.SetRelayOutputState("Relay_1", "active")
        assert lamps.snapshot()[1]["L"] == 100
        clock.now += 2.9
        camera.relays.advance()
        assert camera.relays.active
        clock.now += 0.2
        camera.relays.advance()
        assert lamps.snapshot()[1]["L"] == 0
        for wrong in (
            {**properties, "DelayTime": "PT0S"},
            {**properties, "DelayTime": "P9D"},
            {**properties, "Mode": "Astable"},
        ):
            values = [{"token": "Relay_1", "Properties": wrong}] if prefix == "tmd" else ["Relay_1", wrong]
            with pytest.raises(zeep.exceptions.Fault):
                relays.SetRelayOutputSettings(*values)


def test_a_relay_falls_back_without_being_asked() -> None:
    lamps = Lamps({"L": 0.0})
    clock = Clock(10.0)
    with (
        served(mono=clock, lamp=Lamp(lamps, "L")) as camera,
        client(camera.context.xaddr(PATHS["tds"]), "tds") as device,
    ):
        device.SetRelayOutputSettings("Relay_1", {"Mode": "Monostable", "DelayTime": "PT1S", "IdleState": "open"})
        device.SetRelayOutputState("Relay_1", "active")
        falling = camera._falling
        assert falling is not None
        clock.now += 2
    assert falling.done()
    assert lamps.snapshot()[1]["L"] == 0


def test_relay_options_and_imaging_are_whole() -> None:
    with served() as camera:
        with client(camera.context.xaddr(PATHS["tmd"]), "tmd") as relays:
            options = relays.GetRelayOutputOptions("Relay_1")[0]
            assert options.Mode == ["Bistable", "Monostable"]
            assert [float(delay) for delay in options.DelayTimes] == [0.1, 600]
            assert options.Discrete is False
        with client(camera.context.xaddr(PATHS["timg"]), "timg") as imaging:
            options = imaging.GetOptions("VideoSource_1")
            assert options.Exposure.Mode == ["AUTO", "MANUAL"]
            assert options.WideDynamicRange.Level.Max == 100
            imaging.SetImagingSettings(
                "VideoSource_1",
                {"Exposure": {"Mode": "MANUAL", "Gain": 12}, "WideDynamicRange": {"Mode": "ON", "Level": 20}},
            )
            settings = imaging.GetImagingSettings("VideoSource_1")
            assert (settings.Exposure.Mode, settings.Exposure.Gain, settings.Exposure.ExposureTime) == (
                "MANUAL",
                12,
                10000,
            )
            assert settings.WideDynamicRange.Level == 20
            with pytest.raises(zeep.exceptions.Fault):
                imaging.SetImagingSettings(
                    "VideoSource_1", {"Brightness": 10, "Exposure": {"Mode": "AUTO", "Gain": 99}}
                )
            assert imaging.GetImagingSettings("VideoSource_1").Brightness == 50
