"""Every service against zeep in strict mode with the published service descriptions."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from onvif_rig import client, served, spec
from zeep.exceptions import Fault

from drivers.virtual.onvif.context import PATHS, Lamp
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.state import CameraState, Lamps


@pytest.fixture(scope="module")
def camera() -> Iterator[OnvifServer]:
    lamps = Lamps({"lamp-1": 60.0})
    with served(
        CameraState(spec()), rtsp_port=5540, lamp=Lamp(lamps, "lamp-1"), snapshot=lambda p: b"\xff\xd8"
    ) as server:
        yield server


def test_device(camera: OnvifServer) -> None:
    with client(camera.xaddr, "tds", password=None) as open_device:
        date = open_device.GetSystemDateAndTime()
        assert date.UTCDateTime.Date.Year >= 2024
        assert {s.Namespace: s.XAddr for s in open_device.GetServices(False)}[
            "http://www.onvif.org/ver20/media/wsdl"
        ] == camera.context.xaddr(PATHS["tr2"])
        wide = {s.Namespace: s.Capabilities._value_1 for s in open_device.GetServices(True)}
        assert wide["http://www.onvif.org/ver10/events/wsdl"].get("MaxPullPoints") == "8"
        assert len(wide) == len(PATHS)
        capabilities = open_device.GetCapabilities(["All"])
        assert capabilities.Media.XAddr == camera.context.xaddr(PATHS["trt"])
        # zeep hands everything in this extension to the wildcard that the schema puts first.
        (device_io,) = capabilities.Extension._value_1
        assert device_io.findtext("{*}XAddr") == camera.context.xaddr(PATHS["tmd"])
        assert open_device.GetServiceCapabilities().Security.UsernameToken is True
        assert open_device.GetHostname().Name == "cam-001"
        assert f"urn:uuid:{camera.context.spec.uuid}" == open_device.GetEndpointReference().GUID
    with client(camera.xaddr, "tds") as device:
        assert device.GetDeviceInformation().SerialNumber == "WF000001"
        assert any(scope.ScopeItem.endswith("/name/Harbour%20%3C1%3E") for scope in device.GetScopes())
        assert device.GetNetworkInterfaces()[0].IPv4.Config.Manual[0].Address == "127.0.0.1"
        assert device.GetNetworkProtocols()[1].Port == [5540]
        assert device.GetUsers()[0].Username == "operator"
        assert device.GetDiscoveryMode() == "Discoverable"
        (place,) = device.GetGeoLocation()
        assert (place.GeoLocation.lat, place.GeoLocation.lon, place.GeoOrientation.yaw) == (59.3251, 18.0711, 135.0)


def test_media(camera: OnvifServer) -> None:
    with client(camera.context.xaddr(PATHS["trt"]), "trt") as media:
        assert media.GetServiceCapabilities().SnapshotUri is True
        main, sub = media.GetProfiles()
        assert (main.token, sub.VideoEncoderConfiguration.Resolution.Width) == ("main", 640)
        assert main.PTZConfiguration.NodeToken == "PTZNode_1"
        assert media.GetProfile("sub").VideoEncoderConfiguration.H264.GovLength == 15
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        assert media.GetStreamUri(setup, "sub").Uri == "rtsp://127.0.0.1:5540/sub"
        assert media.GetSnapshotUri("main").Uri.endswith("/snapshot/main")
        assert media.GetVideoSources()[0].Resolution.Height == 720
        assert len(media.GetVideoEncoderConfigurations()) == 2
        assert media.GetVideoEncoderConfiguration("Encoder_sub").Encoding == "H264"
        assert media.GetVideoSourceConfigurations()[0].SourceToken == "VideoSource_1"
        assert media.GetVideoSourceConfiguration("VideoSourceConfig_1").UseCount == 2
        media.SetSynchronizationPoint("main")


def test_media2(camera: OnvifServer) -> None:
    with client(camera.context.xaddr(PATHS["tr2"]), "tr2") as media:
        assert media.GetServiceCapabilities().StreamingCapabilities.RTSPStreaming is True
        bare = media.GetProfiles()
        assert [profile.Configurations for profile in bare] == [None, None]
        main, _sub = media.GetProfiles(Type=["All"])
        assert main.Configurations.VideoEncoder.Encoding == "H264"
        assert main.Configurations.PTZ.token == "PTZConfig_1"
        assert media.GetStreamUri("RTSP", "main") == "rtsp://127.0.0.1:5540/main"
        assert media.GetSnapshotUri("main").endswith("/snapshot/main")
        assert [e.GovLength for e in media.GetVideoEncoderConfigurations()] == [30, 15]
        assert len(media.GetVideoEncoderConfigurations(ConfigurationToken="Encoder_sub")) == 1
        assert media.GetVideoEncoderConfigurationOptions()[0].GovLengthRange == [30, 30]
        assert media.GetVideoSourceConfigurations()[0].Bounds.width == 1280
        media.SetSynchronizationPoint("main")


def test_metadata(camera: OnvifServer) -> None:
    media, media2 = camera.context.xaddr(PATHS["trt"]), camera.context.xaddr(PATHS["tr2"])
    with client(media, "trt") as one, client(media2, "tr2") as two:
        assert one.GetProfiles()[0].MetadataConfiguration is None
        assert one.GetMetadataConfigurations() in (None, [])
        assert two.GetProfiles(Type=["All"])[0].Configurations.Metadata is None
        with pytest.raises(Fault, match="no configuration"):
            one.GetMetadataConfiguration("MetadataConfig_1")
        camera.context.reads_plates = True
        try:
            main, sub = one.GetProfiles()
            assert (main.MetadataConfiguration.Analytics, sub.MetadataConfiguration.UseCount) == (True, 2)
            found = [*one.GetMetadataConfigurations(), *one.GetCompatibleMetadataConfigurations("sub")]
            found += [one.GetMetadataConfiguration("MetadataConfig_1"), *two.GetMetadataConfigurations()]
            found += two.GetMetadataConfigurations("MetadataConfig_1", "main")
            assert [(each.token, each.Analytics, each.Events) for each in found] == [
                ("MetadataConfig_1", True, None)
            ] * 5
            for asked in (one, two):
                options = asked.GetMetadataConfigurationOptions("MetadataConfig_1")
                assert options.PTZStatusFilterOptions.PanTiltStatusSupported is False
            assert "Metadata" in two.GetServiceCapabilities().ProfileCapabilities.ConfigurationsSupported
            assert two.GetProfiles(Type=["Metadata"])[1].Configurations.Metadata.Analytics is True
            assert two.GetProfiles(Type=["VideoEncoder"])[0].Configurations.Metadata is None
            with pytest.raises(Fault, match="no configuration"):
                two.GetMetadataConfigurations("MetadataConfig_2")
            with pytest.raises(Fault, match="no profile"):
                two.GetMetadataConfigurationOptions(ProfileToken="other")
        finally:
            camera.context.reads_plates = False


def test_ptz(camera: OnvifServer) -> None:
    with client(camera.context.xaddr(PATHS["tptz"]), "tptz") as ptz:
        assert ptz.GetServiceCapabilities().MoveStatus is True
        assert ptz.GetNodes()[0].MaximumNumberOfPresets == 100
        assert ptz.GetNode("PTZNode_1").HomeSupported is True
        assert ptz.GetConfigurations()[0].token == "PTZConfig_1"
        assert ptz.GetConfiguration("PTZConfig_1").DefaultPTZTimeout.total_seconds() == 10
        assert ptz.GetCompatibleConfigurations("main")[0].token == "PTZConfig_1"
        assert ptz.GetConfigurationOptions("PTZConfig_1").PTZTimeout.Max.total_seconds() == 60
        ptz.AbsoluteMove("main", {"PanTilt": {"x": 0.02, "y": -0.02}, "Zoom": {"x": 0.01}})
        deadline = time.monotonic() + 10
        while ptz.GetStatus("main").MoveStatus.PanTilt != "IDLE" and time.monotonic() < deadline:
            time.sleep(0.02)
        status = ptz.GetStatus("main")
        assert status.Position.PanTilt.x == pytest.approx(0.02)
        token = ptz.SetPreset("main", "Quay")
        assert [(p.token, p.Name) for p in ptz.GetPresets("main")] == [("1", "Home"), (token, "Quay")]
        ptz.GotoPreset("main", token)
        ptz.RemovePreset("main", token)
        ptz.RelativeMove("main", {"Zoom": {"x": 0.01}})
        ptz.ContinuousMove("main", {"PanTilt": {"x": 0.5, "y": 0}}, "PT1S")
        assert ptz.GetStatus("main").MoveStatus.PanTilt == "MOVING"
        ptz.Stop("main", True, True)
        assert ptz.GetStatus("main").MoveStatus.PanTilt == "IDLE"
        ptz.SetHomePosition("main")
        ptz.GotoHomePosition("main")


def test_imaging(camera: OnvifServer) -> None:
    with client(camera.context.xaddr(PATHS["timg"]), "timg") as imaging:
        imaging.GetServiceCapabilities()
        assert imaging.GetOptions("VideoSource_1").Brightness.Max == 100
        imaging.SetImagingSettings("VideoSource_1", {"Brightness": 30, "IrCutFilter": "OFF"})
        settings = imaging.GetImagingSettings("VideoSource_1")
        assert (settings.Brightness, settings.Contrast, settings.IrCutFilter) == (30, 50, "OFF")
        imaging.Move("VideoSource_1", {"Absolute": {"Position": 0.25}})
        assert imaging.GetStatus("VideoSource_1").FocusStatus20.Position == 0.25
        assert imaging.GetMoveOptions("VideoSource_1").Absolute.Position.Max == 1
        imaging.Stop("VideoSource_1")


def test_relay_drives_the_lamp(camera: OnvifServer) -> None:
    lamp = camera.context.lamp
    assert lamp is not None
    with client(camera.context.xaddr(PATHS["tmd"]), "tmd") as relays:
        assert relays.GetServiceCapabilities().RelayOutputs == 1
        assert relays.GetRelayOutputs()[0].Properties.Mode == "Bistable"
        assert relays.GetRelayOutputOptions("Relay_1")[0].token == "Relay_1"
        assert relays.GetDigitalInputs()[0].token == "Input_1"
        relays.GetVideoSources()
        relays.SetRelayOutputState("Relay_1", "inactive")
        assert lamp.level == 0
    with client(camera.xaddr, "tds") as device:
        assert device.GetRelayOutputs()[0].token == "Relay_1"
        device.SetRelayOutputState("Relay_1", "active")
        assert lamp.level == 100
