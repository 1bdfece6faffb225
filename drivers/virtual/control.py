"""The city's control API: JSON over HTTP on loopback, for tests and demonstrations. Off unless asked for.

Every request carries the header ``X-City-Token``. ``N`` is a camera's number or ``all``:

    GET    /devices                 all cameras: addresses, state, pose, faults
    GET    /devices/N               some of them
    POST   /devices/N/faults        {"name", "value"?, "times"?}; without times until it is cleared
    DELETE /devices/N/faults[/NAME]
    POST   /devices/N/power         {"up": true | false}; off without a Bye, on with a Hello
    POST   /devices/N/reboot        {"seconds"?}
    GET    /devices/N/pose          {"pan", "tilt", "zoom"} for each
    GET    /devices/N/moves         {"at", "pan", "tilt", "zoom"} of moves and stops; at in monotonic nanoseconds
    POST   /devices/N/input         {"active": true | false}; the digital input, seen in events
    GET    /lamps                   levels in percent by id
    POST   /lamps/ID                {"level": 0..100}
    GET    /map                     GeoJSON
    GET    /counters

and what ``control_lamps`` tells of the lamps and their systems, and ``control_plates`` of plate readers and traffic.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol
from urllib.parse import unquote

from drivers.http_messages import Request, Response
from drivers.http_server import WebServer
from drivers.types import Codec
from drivers.virtual import control_lamps, control_plates
from drivers.virtual.announce import Announcer
from drivers.virtual.lamps.systems import CityLamps
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.plates.field import CityPlates
from drivers.virtual.state import FAULTS, CameraState, Lamps

_JSON = "application/json"


class ControlledCamera(Protocol):
    """What control needs of a camera."""

    state: CameraState
    onvif: OnvifServer
    lamp: str

    @property
    def uris(self) -> list[str]:
        """Where it streams."""


class Controlled(Protocol):
    """What control needs of a city."""

    lamps: Lamps
    announcer: Announcer | None
    preparing: tuple[int, int]
    lamp_systems: CityLamps | None
    plates: CityPlates | None

    @property
    def cameras(self) -> Mapping[int, ControlledCamera]:
        """All cameras by number."""

    async def power(self, number: int, on: bool) -> None:
        """Switch a camera."""

    def reboot(self, number: int, seconds: float) -> None:
        """Reboot a camera."""

    def geojson(self) -> dict[str, Any]:
        """The map."""

    def watchers(self) -> int:
        """How many RTSP connections there are."""


class WrongRequestError(Exception):
    """A request that control cannot serve; ``status`` is HTTP's."""

    def __init__(self, reason: str, status: int = 400) -> None:
        self.status = status
        super().__init__(reason)


_REFUSALS = (WrongRequestError, control_lamps.WrongLampRequestError, control_plates.WrongPlateRequestError)


class Control:
    """Serves the API for one city. City's loop only."""

    def __init__(self, city: Controlled, token: str) -> None:
        self._city, self.token = city, token
        self._web = WebServer(self._answer)
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``url`` then says where. Raises OSError."""
        self.url = f"http://{host}:{await self._web.start(host, port)}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._web.stop()

    async def _answer(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("x-city-token", "").encode(), self.token.encode()):
            return Response(403, b'{"error": "token wanted"}', _JSON)
        try:
            content = await self._serve(request)
        except _REFUSALS as error:
            return Response(error.status, json.dumps({"error": str(error)}).encode(), _JSON)
        return Response(200, json.dumps(content).encode(), _JSON)

    async def _serve(self, request: Request) -> Any:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        body = _body(request)
        match request.method, *parts:
            case "GET", "devices":
                return [self._describe(camera) for camera in self._city.cameras.values()]
            case "GET", "devices", which:
                return [self._describe(self._city.cameras[number]) for number in self._numbers(which)]
            case method, "devices", which, action, *more:
                return await self._device(method, self._numbers(which), action, more, body)
            case "GET", "lamps":
                return self._city.lamps.snapshot()[1]
            case "POST", "lamps", lamp:
                return self._lamp(lamp, body)
            case "GET", "map":
                return self._city.geojson()
            case "GET", "counters":
                return self._counters()
        if self._city.lamp_systems is not None:
            try:
                return control_lamps.serve(self._city.lamp_systems, request.method, parts, body)
            except LookupError:
                pass  # nothing of lamps either
        if self._city.plates is not None:
            query = request.target.partition("?")[2]
            try:
                return control_plates.serve(self._city.plates, request.method, parts, query, body)
            except LookupError:
                pass  # nothing of plates either
        raise WrongRequestError("no such thing", 404)

    def _numbers(self, which: str) -> list[int]:
        if which == "all":
            return list(self._city.cameras)
        if not which.isascii() or not which.isdigit() or int(which[:9]) not in self._city.cameras:
            raise WrongRequestError(f"no camera {which[:20]!r}", 404)
        return [int(which)]

    async def _device(self, method: str, numbers: list[int], action: str, more: list[str], body: dict[str, Any]) -> Any:
        cameras = [self._city.cameras[number] for number in numbers]
        match method, action, *more:
            case "POST", "faults":
                name, value, times = _fault(body)
                for number, camera in zip(numbers, cameras, strict=True):
                    if name == "reboot":
                        self._city.reboot(number, float(value))
                    else:
                        camera.state.faults.set(name, value, times)
            case "DELETE", "faults":
                for camera in cameras:
                    camera.state.faults.clear()
            case "DELETE", "faults", name:
                for camera in cameras:
                    camera.state.faults.clear(name)
            case "POST", "power":
                for number in numbers:
                    await self._city.power(number, _flag(body, "up"))
            case "POST", "reboot":
                for number in numbers:
                    self._city.reboot(number, _number(body.get("seconds", 3.0), 0, 3600))
            case "GET", ("pose" | "moves"):
                pass
            case "POST", "input":
                for camera in cameras:
                    camera.onvif.events.trigger_input(_flag(body, "active"))
            case _:
                raise WrongRequestError("no such thing", 404)
        if (method, action) == ("GET", "pose"):
            return [_pose(camera) for camera in cameras]
        if (method, action) == ("GET", "moves"):
            return [[asdict(move) for move in camera.onvif.ptz.moves] for camera in cameras]
        return [self._describe(camera) for camera in cameras]

    def _describe(self, camera: ControlledCamera) -> dict[str, Any]:
        spec = camera.state.spec
        return {
            "number": spec.number,
            "name": spec.name,
            "endpoint": f"urn:uuid:{spec.uuid}",
            "xaddr": camera.onvif.xaddr,
            "rtsp": camera.uris,
            "ptz": spec.ptz,
            "up": camera.state.up,
            "lamp": camera.lamp,
            "locked": camera.onvif.guard.locked,
            "pose": _pose(camera),
            "moving": any(camera.onvif.mover.moving),
            "relay": camera.onvif.relays.active,
            "auxiliary": sorted(camera.onvif.ptz.running),
            "faults": camera.state.faults.active(),
        }

    def _lamp(self, lamp: str, body: dict[str, Any]) -> dict[str, float]:
        level = _number(body.get("level"), 0, 100)
        try:
            self._city.lamps.set(lamp, level)
        except KeyError as error:
            raise WrongRequestError(f"no lamp {lamp[:40]!r}", 404) from error
        return {lamp: level}

    def _counters(self) -> dict[str, int]:
        cameras = self._city.cameras.values()
        announcer = self._city.announcer
        return {
            "cameras": len(cameras),
            "up": sum(camera.state.up for camera in cameras),
            "soap_calls": sum(camera.onvif.calls for camera in cameras),
            "refused": sum(camera.onvif.guard.refused for camera in cameras),
            "subscriptions": sum(len(camera.onvif.events) for camera in cameras),
            "watchers": self._city.watchers(),
            "probes_answered": 0 if announcer is None else announcer.answered,
            "probes_malformed": 0 if announcer is None else announcer.malformed,
            "loops_prepared": self._city.preparing[0],
        }


def _pose(camera: ControlledCamera) -> dict[str, float]:
    pose = camera.state.pose
    return {"pan": pose.pan, "tilt": pose.tilt, "zoom": pose.zoom}


def _body(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise WrongRequestError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise WrongRequestError("the body is not a JSON object")
    return body


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise WrongRequestError(f"{name} is true or false")
    return value


def _number(value: Any, low: float, high: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise WrongRequestError(f"{str(value)[:40]!r} is not a number") from error
    if not low <= number <= high:
        raise WrongRequestError(f"{number} is not between {low} and {high}")
    return number


def _size(value: str) -> None:
    width, cross, height = value.lower().partition("x")
    if not cross:
        raise WrongRequestError("a size is WIDTHxHEIGHT")
    _number(width, 16, 4096)
    _number(height, 16, 4096)


def _codec(value: str) -> None:
    if value not in (Codec.H264, Codec.H265, Codec.MJPEG):
        raise WrongRequestError("a codec is H264, H265 or JPEG")


_VALUES: dict[str, Callable[[str], object]] = {
    "reboot": lambda value: _number(value, 0, 3600),
    "rtp_loss": lambda value: _number(value, 0, 1),
    "rtp_reorder": lambda value: _number(value, 0, 1),
    "resolution": _size,
    "codec": _codec,
    "time_jump": lambda value: _number(value, -1e9, 1e9),
    "huge": lambda value: _number(value, 0, 2**31),
    "slow": lambda value: _number(value, 0, 3600),
    "late": lambda value: _number(value, 0, 600),
}
"""What values a fault takes; those that are not here take any."""


def _fault(body: dict[str, Any]) -> tuple[str, str, int | None]:
    name, value, times = body.get("name"), str(body.get("value", "1"))[:200], body.get("times")
    if name not in FAULTS:
        raise WrongRequestError(f"no fault {str(name)[:40]!r}; there are {', '.join(FAULTS)}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise WrongRequestError("times is a whole number from 1")
    _VALUES.get(name, str)(value)
    return name, value, times
