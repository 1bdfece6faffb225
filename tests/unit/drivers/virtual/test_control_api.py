"""The control API over HTTP, on a city of two cameras without pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from onvif_rig import Loop, spec

from drivers.virtual.control import Control
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.state import CameraState, Lamps


class Camera:
    uris = ("rtsp://127.0.0.1:1/main", "rtsp://127.0.0.1:1/sub")

    def __init__(self, number: int) -> None:
        self.state = CameraState(spec(number))
        self.onvif = OnvifServer(self.state)
        self.lamp = "L1"


class Town:
    """What control needs of a city, and what it was told to do."""

    announcer = None
    preparing = (0, 2)

    def __init__(self) -> None:
        self.lamps = Lamps({"L1": 60.0, "L/2": 60.0})
        self.lamp_systems = None
        self.plates = None
        self.cameras = {number: Camera(number) for number in (1, 2)}
        self.told: list[tuple[Any, ...]] = []

    async def power(self, number: int, on: bool) -> None:
        self.told.append(("power", number, on))

    def reboot(self, number: int, seconds: float) -> None:
        self.told.append(("reboot", number, seconds))

    def geojson(self) -> dict[str, Any]:
        return {"type": "FeatureCollection", "features": []}

    def watchers(self) -> int:
        return 3


class Api:
    def __init__(self, town: Town, control: Control, session: requests.Session) -> None:
        self.town, self._control, self._session = town, control, session

    def __call__(self, method: str, path: str, json: Any = None, status: int = 200, **options: Any) -> Any:
        headers = {"X-City-Token": self._control.token, **options.pop("headers", {})}
        answer = self._session.request(
            method, self._control.url + path, json=json, headers=headers, timeout=10, **options
        )
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def api() -> Iterator[Api]:
    loop = Loop()
    town = Town()
    control = Control(town, "secret token")
    loop.run(control.start())
    with requests.Session() as session:
        session.trust_env = False
        yield Api(town, control, session)
    loop.run(control.stop())
    loop.close()


def test_nothing_without_the_token(api: Api) -> None:
    assert api("GET", "/devices", status=403, headers={"X-City-Token": "guess"}) == {"error": "token wanted"}


def test_devices_tell_their_state_and_no_password(api: Api) -> None:
    first, second = api("GET", "/devices")
    assert (first["number"], first["up"], first["faults"], first["ptz"]) == (1, True, {}, True)
    assert second["endpoint"].startswith("urn:uuid:")
    assert "correct horse" not in str(first)
    assert api("GET", "/devices/2") == [second]
    api("GET", "/devices/9", status=404)
    api("GET", "/devices/-1", status=404)


def test_faults_come_and_go(api: Api) -> None:
    api("POST", "/devices/1/faults", {"name": "slow", "value": 2, "times": 3})
    api("POST", "/devices/all/faults", {"name": "no_media2"})
    assert [camera["faults"] for camera in api("GET", "/devices")] == [
        {"slow": "2", "no_media2": "1"},
        {"no_media2": "1"},
    ]
    api("DELETE", "/devices/1/faults/slow")
    assert api("DELETE", "/devices/2/faults")[0]["faults"] == {}
    assert api.town.cameras[1].state.faults.active() == {"no_media2": "1"}
    api("POST", "/devices/2/faults", {"name": "reboot", "value": "4"})
    assert api.town.told == [("reboot", 2, 4.0)]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "nonsense"},
        {"name": "slow", "value": "nan"},
        {"name": "rtp_loss", "value": "2"},
        {"name": "resolution", "value": "640"},
        {"name": "resolution", "value": "640x1"},
        {"name": "codec", "value": "VP8"},
        {"name": "soap_500", "times": 0},
        {"name": "soap_500", "times": True},
        ["no", "object"],
    ],
)
def test_wrong_faults_are_refused(api: Api, body: Any) -> None:
    assert "error" in api("POST", "/devices/1/faults", body, status=400)
    assert api.town.cameras[1].state.faults.active() == {}


def test_power_and_reboot(api: Api) -> None:
    api("POST", "/devices/1/power", {"up": False})
    api("POST", "/devices/all/reboot", {"seconds": 0.5})
    assert api.town.told == [("power", 1, False), ("reboot", 1, 0.5), ("reboot", 2, 0.5)]
    api("POST", "/devices/1/power", {"up": "yes"}, status=400)


def test_lamps_poses_inputs_map_and_counters(api: Api) -> None:
    assert api("POST", "/lamps/L%2F2", {"level": 12.5}) == {"L/2": 12.5}
    assert api("GET", "/lamps") == {"L1": 60.0, "L/2": 12.5}
    api("POST", "/lamps/L9", {"level": 1}, status=404)
    api("POST", "/lamps/L1", {}, status=400)
    api.town.cameras[2].state.look(pan=0.5)
    assert api("GET", "/devices/all/pose")[1] == {"pan": 0.5, "tilt": 0.0, "zoom": 0.0}
    api("POST", "/devices/1/input", {"active": True})
    assert api("GET", "/map")["type"] == "FeatureCollection"
    assert api("GET", "/counters")["watchers"] == 3
    api("GET", "/elsewhere", status=404)
    api("PUT", "/devices/1/power", {"up": True}, status=404)
