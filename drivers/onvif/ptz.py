"""A PtzDriver (see ``drivers.ptz``) for ONVIF cameras.

Source: ONVIF PTZ Service Specification. Every continuous move carries a time-out: without one, and with a Stop lost on
the way, a camera was seen turning for 84 s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from drivers.errors import BadAnswer, DriverError, Refused, Unreachable, Unsupported
from drivers.onvif.heads import (
    Place,
    Timeouts,
    clean_name,
    read_features,
    read_places,
    read_status,
    read_timeouts,
    same_place,
)
from drivers.onvif.link import MOVE_SECONDS, QUERY_SECONDS, Link, absent
from drivers.onvif.ranges import GENERIC_CONTINUOUS, Kind, Spaces, read_spaces, speed_vector, vector
from drivers.onvif.reading import get, items, text
from drivers.onvif.stopping import Stopper, Way
from drivers.ptz import Axes, Axis, Preset, PtzFeatures, PtzStatus

_STILL = Axes(0.0, 0.0, 0.0)
_REFUSALS = 2
_HALVES = "Give pan and tilt together; it does not tell where it is."


@dataclass(frozen=True, slots=True)
class PtzProfile:
    """The media profile that moves the head, with the PTZ configuration and node that it names."""

    token: str
    configuration: str
    node: str


@dataclass(slots=True)
class _Head:
    """What was read of a head, and what it taught since."""

    spaces: Spaces
    timeouts: Timeouts
    features: PtzFeatures
    stopper: Stopper
    taken: set[Kind] = field(default_factory=set)
    refusals: dict[Kind, int] = field(default_factory=dict)

    def lacks(self, kind: Kind) -> None:
        """Take a kind of moves out of the features."""
        none: frozenset[Axis] = frozenset()
        if kind is Kind.ABSOLUTE:
            self.features = replace(self.features, absolute=none)
        else:
            self.features = replace(self.features, relative=none)


class OnvifPtz:
    """One camera's head. One thread at a time. What it can do is read at the first use and kept over reconnections;
    what a camera refuses to do at all is taken out of its features."""

    def __init__(self, link: Link, profile: PtzProfile, sleep: Callable[[float], None] = time.sleep) -> None:
        self._link = link
        self._profile = profile
        self._sleep = sleep
        self._known: _Head | None = None

    def features(self) -> PtzFeatures:
        """See PtzDriver."""
        return self._head().features

    def move(self, velocity: Axes, timeout: float) -> None:
        """See PtzDriver. The time-out is taken into the camera's range; it is repeated where a kept connection breaks,
        because it then says the same again."""
        head = self._head()
        made = self._vector(head, Kind.CONTINUOUS, velocity)
        self._tell("ContinuousMove", _moved(made, head.timeouts.fit(timeout)), MOVE_SECONDS)

    def go(self, position: Axes, speed: float | None = None) -> None:
        """See PtzDriver. With one of pan and tilt alone the other one is read first and stays."""
        head = self._head()
        made = self._vector(head, Kind.ABSOLUTE, self._whole(head, position))
        values = {"Position": made, **_speed(head, speed, position)}
        self._learning(head, Kind.ABSOLUTE, partial(self._send, "AbsoluteMove", values, again=True))

    def step(self, way: Axes, speed: float | None = None) -> None:
        """See PtzDriver. Never repeated."""
        head = self._head()
        values = {"Translation": self._vector(head, Kind.RELATIVE, way), **_speed(head, speed, way)}
        self._learning(head, Kind.RELATIVE, partial(self._send, "RelativeMove", values))

    def stop(self) -> None:
        """See PtzDriver. Raises StopNotConfirmed after ``stopping.TOTAL_SECONDS``, or ``stopping.ANEW_SECONDS`` where
        it must connect first. A password that was refused since does not keep it from being sent, see ``Link.tell``."""
        self._head().stopper.stop()

    def status(self) -> PtzStatus:
        """See PtzDriver. A camera that told nothing when it was asked first is not asked again."""
        head = self._head()
        if not (head.features.tells_position or head.features.tells_motion):
            return PtzStatus()
        return read_status(self._ask("GetStatus", seconds=MOVE_SECONDS, again=True), head.spaces)

    def presets(self) -> tuple[Preset, ...]:
        """See PtzDriver."""
        return tuple(place.preset for place in self._places())

    def go_preset(self, token: str, speed: float | None = None) -> None:
        """See PtzDriver."""
        values = {"PresetToken": token, **_speed(self._head(), speed)}
        self._send("GotoPreset", values, again=True)

    def set_preset(self, name: str, token: str = "") -> str:
        """See PtzDriver. The name is cleaned as it would be for showing. Never repeated."""
        values = {"PresetToken": token} if token else {}
        shown = clean_name(name)
        if shown:
            values["PresetName"] = shown
        answer = self._ask("SetPreset", values)
        found = answer if isinstance(answer, str) else get(answer, "PresetToken")
        if isinstance(found, str) and found:
            return found
        if token:
            return token
        raise BadAnswer(self._link.name, "it does not say under which token the preset is kept", "List its presets.")

    def rename_preset(self, token: str, name: str) -> None:
        """See PtzDriver. ONVIF has SetPreset for it alone, which also keeps where the head is *now*: so it is done only
        while the head stands, by its own word, where the preset is."""
        place = next((place for place in self._places() if place.preset.token == token), None)
        if place is None:
            raise Unsupported(self._link.name, f"it has no preset {clean_name(token)!r}")
        status = self.status()
        if status.moving or not same_place(place.position, status.position):
            advice = "Go to the preset first, then rename it."
            raise Unsupported(self._link.name, "it renames a preset only where it looks now", advice)
        self.set_preset(name, token)

    def remove_preset(self, token: str) -> None:
        """See PtzDriver. Never repeated."""
        self._ask("RemovePreset", {"PresetToken": token})

    def go_home(self, speed: float | None = None) -> None:
        """See PtzDriver."""
        if not self._head().features.home:
            raise absent(self._link.name, "home position")
        self._send("GotoHomePosition", _speed(self._head(), speed), again=True)

    def set_home(self) -> None:
        """See PtzDriver. Never repeated."""
        features = self._head().features
        if not features.home or features.fixed_home:
            raise absent(self._link.name, "home position that can be set")
        self._ask("SetHomePosition")

    def auxiliary(self, command: str) -> None:
        """See PtzDriver. Never repeated."""
        if command not in self._head().features.auxiliary:
            raise absent(self._link.name, f"auxiliary command {clean_name(command)!r}")
        self._send("SendAuxiliaryCommand", {"AuxiliaryData": command})

    # --- asking -----------------------------------------------------------------------------------------------------

    def _ask(
        self,
        operation: str,
        values: dict[str, Any] | None = None,
        *,
        seconds: float = QUERY_SECONDS,
        connecting: float = QUERY_SECONDS,
        again: bool = False,
    ) -> Any:
        profile = {"ProfileToken": self._profile.token}
        return self._link.call(
            "ptz", operation, {**profile, **(values or {})}, seconds=seconds, connecting=connecting, again=again
        )

    def _send(self, operation: str, values: dict[str, Any], again: bool = False) -> None:
        self._ask(operation, values, seconds=MOVE_SECONDS, connecting=0.0, again=again)

    def _tell(self, operation: str, inside: str, seconds: float, stop_by: float | None = None) -> None:
        """The quick way for what must be quick and is safe to repeat."""
        profile = f"<s0:ProfileToken>{escape(self._profile.token)}</s0:ProfileToken>"
        self._link.tell("ptz", operation, profile + inside, seconds, True, stop_by)

    def _vector(self, head: _Head, kind: Kind, wanted: Axes) -> dict[str, dict[str, Any]]:
        offered = {
            Kind.CONTINUOUS: head.features.continuous,
            Kind.ABSOLUTE: head.features.absolute,
            Kind.RELATIVE: head.features.relative,
        }[kind]
        made = vector(head.spaces, kind, wanted) if offered else {}
        if not made:
            axes = " and ".join(sorted(wanted.axes)) or "any axis"
            raise Unsupported(self._link.name, f"no {kind.name.lower()} moves of {axes}")
        return made

    def _learning(self, head: _Head, kind: Kind, send: Callable[[], None]) -> None:
        """Send a move. A camera that says that it does not know this kind of moves, or refuses it twice and never took
        one, is not asked for it again."""
        try:
            send()
        except Unsupported:
            head.lacks(kind)
            raise
        except DriverError as error:
            if kind in head.taken or type(error) is not DriverError:  # its subclasses are no faults of the camera's own
                raise
            head.refusals[kind] = head.refusals.get(kind, 0) + 1
            if head.refusals[kind] < _REFUSALS:
                raise
            head.lacks(kind)
            raise Unsupported(error.source, error.detail) from error
        head.taken.add(kind)

    def _whole(self, head: _Head, position: Axes) -> Axes:
        if (position.pan is None) == (position.tilt is None):
            return position
        now = self.status().position if head.features.tells_position else None
        if now is None or now.pan is None or now.tilt is None:
            raise Unsupported(self._link.name, "it goes to pan and tilt together only", _HALVES)
        pan = now.pan if position.pan is None else position.pan
        return replace(position, pan=pan, tilt=now.tilt if position.tilt is None else position.tilt)

    def _places(self) -> tuple[Place, ...]:
        return read_places(self._ask("GetPresets"), self._head().spaces)

    # --- what it can do ---------------------------------------------------------------------------------------------

    def _head(self) -> _Head:
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> _Head:
        options = self._optional("GetConfigurationOptions", {"ConfigurationToken": self._profile.configuration})
        node = self._optional("GetNode", {"NodeToken": self._profile.node}) if self._profile.node else None
        if node is None:
            nodes = items(self._optional("GetNodes", {}))
            node = next((item for item in nodes if text(item, "token") == self._profile.node), None)
            node = node if node is not None or len(nodes) != 1 else nodes[0]
        told = get(options, "Spaces") or get(node, "SupportedPTZSpaces")
        spaces = GENERIC_CONTINUOUS if options is None and node is None else read_spaces(told)
        timeouts = read_timeouts(options)
        status = self._first_status(spaces)
        features = read_features(node, spaces, timeouts, status)
        return _Head(spaces, timeouts, features, self._make_stopper(spaces, timeouts, features))

    def _optional(self, operation: str, values: dict[str, Any]) -> Any:
        """What a camera may leave unsaid; None then. Raises Unreachable and Refused."""
        try:
            return self._link.call("ptz", operation, values)
        except (Refused, Unreachable):
            raise
        except DriverError:
            return None

    def _first_status(self, spaces: Spaces) -> PtzStatus:
        try:
            return read_status(self._ask("GetStatus"), spaces)
        except (Refused, Unreachable):
            raise
        except DriverError:  # some lack it, some answer HTTP 500: both tell nothing
            return PtzStatus()

    def _make_stopper(self, spaces: Spaces, timeouts: Timeouts, features: PtzFeatures) -> Stopper:
        movable = features.continuous | features.absolute | features.relative or frozenset(Axis)
        axes = {"PanTilt": Axis.PAN_TILT in movable, "Zoom": Axis.ZOOM in movable}
        named = "".join(f"<s0:{name}>{str(there).lower()}</s0:{name}>" for name, there in axes.items())
        ways = [Way("Stop", partial(self._tell, "Stop", named))]
        still = vector(spaces, Kind.CONTINUOUS, _STILL)
        if still:
            ways.append(Way("zero speed", partial(self._tell, "ContinuousMove", _moved(still, timeouts.fit(1.0)))))

        def moving(seconds: float) -> bool | None:
            answer = self._ask("GetStatus", seconds=seconds, connecting=0.0, again=True)
            return read_status(answer, spaces).moving

        connected, mono = self._link.connected, self._link.mono
        return Stopper(self._link.name, ways, moving, features.tells_motion, connected, mono, self._sleep)


def _moved(velocity: dict[str, dict[str, Any]], timeout: timedelta) -> str:
    """The inside of a ContinuousMove after its profile."""
    axes = "".join(
        f"<tt:{axis} {' '.join(f'{name}={quoteattr(str(value))}' for name, value in values.items())}/>"
        for axis, values in velocity.items()
    )
    return f"<s0:Velocity>{axes}</s0:Velocity><s0:Timeout>PT{timeout.total_seconds():g}S</s0:Timeout>"


def _speed(head: _Head, speed: float | None, wanted: Axes = _STILL) -> dict[str, Any]:
    """The optional Speed of a command."""
    made = speed_vector(head.spaces, speed, sorted(wanted.axes))
    return {} if made is None else {"Speed": made}
