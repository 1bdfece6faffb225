"""An OutputDriver (see ``drivers.ptz``) for ONVIF devices: relays through device-IO, else through the device service.

Sources: ONVIF Device-IO Service Specification 5.8, Core Specification 8.7. What an output does by itself after a time
(monostable) is done by the device, so that nothing burns on when this console dies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from drivers.errors import BadAnswer, DriverError, Refused, Unreachable, Unsupported
from drivers.onvif.heads import MAX_TOKEN, clean_name
from drivers.onvif.link import Link, absent
from drivers.onvif.ranges import finite
from drivers.onvif.reading import get, items
from drivers.ptz import Output

_SAME_SECONDS = 0.05
_MAX_DELAY = 86400.0


@dataclass(frozen=True, slots=True)
class _Relay:
    """One relay: how it is set, and what it could be set to. ``delays`` holds single values where ``single``, else the
    ends of a range; empty where the device does not tell."""

    token: str
    monostable: bool
    delay: float
    idle: str
    pulses: bool = True
    latches: bool = True
    delays: tuple[float, ...] = ()
    single: bool = False

    @property
    def output(self) -> Output:
        longest = max(self.delays) if self.delays else None
        pulse = self.delay if self.monostable else None
        return Output(self.token, pulse, None, self.pulses, self.latches, longest)

    def falls_back_after(self, seconds: float) -> bool:
        return self.monostable and abs(self.delay - seconds) <= _SAME_SECONDS


class OnvifOutputs:
    """A device's relays. One thread at a time; nothing is repeated. Which service has them shows at the first use."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._service = ""

    def outputs(self) -> tuple[Output, ...]:
        """See OutputDriver. ONVIF tells the state of a relay in events only, so ``active`` is None."""
        return tuple(relay.output for relay in self._relays())

    def set(self, token: str, active: bool) -> None:
        """See OutputDriver. One that falls back by itself is made to latch before it is switched on."""
        relay = self._relay(token)
        if active and relay.monostable:
            if not relay.latches:
                raise Unsupported(self._link.name, f"its output falls back after {relay.delay:g} s", "Use a pulse.")
            relay = self._change(relay, "Bistable", 0.0)
            if relay.monostable:
                raise Unsupported(self._link.name, "its output keeps falling back by itself", "Use a pulse.")
        self._switch(token, active)

    def pulse(self, token: str, seconds: float) -> None:
        """See OutputDriver. The device is set to fall back after ``seconds`` and read again before anything is switched
        on. Unsupported where it cannot be set so, unless it is already."""
        relay = self._relay(token)
        if not relay.falls_back_after(seconds):
            self._check(relay, seconds)
            relay = self._change(relay, "Monostable", seconds)
            if not relay.falls_back_after(seconds):
                kept = f"falls back after {relay.delay:g} s" if relay.monostable else "stays switched"
                advice = "Nothing was switched. Choose another duration, or switch it on and off."
                raise Unsupported(self._link.name, f"its output still {kept}, whatever it is set to", advice)
        self._switch(token, True)

    def _check(self, relay: _Relay, seconds: float) -> None:
        if not relay.pulses or not 0 < seconds <= _MAX_DELAY:
            raise absent(self._link.name, f"output that falls back after {seconds:g} s")
        if not relay.delays:
            return
        if relay.single:
            fits = any(abs(delay - seconds) <= _SAME_SECONDS for delay in relay.delays)
            offer = ", ".join(f"{delay:g}" for delay in relay.delays[:8])
        else:
            fits = min(relay.delays) - _SAME_SECONDS <= seconds <= max(relay.delays) + _SAME_SECONDS
            offer = f"{min(relay.delays):g} to {max(relay.delays):g}"
        if not fits:
            advice = f"It offers {offer} s."
            raise Unsupported(self._link.name, f"its output cannot fall back after {seconds:g} s", advice)

    def _change(self, relay: _Relay, mode: str, seconds: float) -> _Relay:
        """Set the mode and give what the device says of it then."""
        properties = {"Mode": mode, "DelayTime": timedelta(seconds=seconds), "IdleState": relay.idle}
        if self._service == "deviceio":
            values: dict[str, Any] = {"RelayOutput": {"token": relay.token, "Properties": properties}}
        else:
            values = {"RelayOutputToken": relay.token, "Properties": properties}
        try:
            self._link.call(self._service, "SetRelayOutputSettings", values)
        except (Refused, Unreachable, BadAnswer, Unsupported):
            raise
        except DriverError as error:  # a fault of its own: it does not want to
            advice = "Nothing was switched."
            raise Unsupported(self._link.name, f"its output cannot be set so, {error.detail}", advice) from error
        return self._relay(relay.token)

    def _switch(self, token: str, active: bool) -> None:
        state = "active" if active else "inactive"
        self._link.call(self._service, "SetRelayOutputState", {"RelayOutputToken": token, "LogicalState": state})

    def _relay(self, token: str) -> _Relay:
        found = next((relay for relay in self._relays() if relay.token == token), None)
        if found is None:
            raise absent(self._link.name, f"output {clean_name(token)!r}")
        return found

    def _relays(self) -> list[_Relay]:
        found: dict[str, _Relay] = {}
        for item in items(self._listed()):
            token = get(item, "token")
            if isinstance(token, str) and 0 < len(token) <= MAX_TOKEN and token not in found:
                found[token] = self._read(item, token)
        return list(found.values())

    def _read(self, item: Any, token: str) -> _Relay:
        monostable = str(get(item, "Properties.Mode")).lower() == "monostable"
        delay = get(item, "Properties.DelayTime")
        seconds = delay.total_seconds() if isinstance(delay, timedelta) else 0.0
        idle = "open" if get(item, "Properties.IdleState") == "open" else "closed"
        relay = _Relay(token, monostable, seconds, idle)
        return self._with_options(relay)

    def _with_options(self, relay: _Relay) -> _Relay:
        if self._service != "deviceio":
            return relay
        try:
            said = items(self._link.call("deviceio", "GetRelayOutputOptions", {"RelayOutputToken": relay.token}))
        except (Refused, Unreachable):
            raise
        except DriverError:  # an old device: it takes the modes or it does not
            return relay
        mine = next((item for item in said if get(item, "token") == relay.token), None)
        modes = {str(mode).lower() for mode in items(get(mine, "Mode"))}
        if not modes:
            return relay
        listed = get(mine, "DelayTimes")
        words = listed.split() if isinstance(listed, str) else items(listed)
        delays = tuple(value for word in words if (value := finite(word)) is not None and 0 <= value <= _MAX_DELAY)
        single = get(mine, "Discrete") is True
        return _Relay(
            relay.token,
            relay.monostable,
            relay.delay,
            relay.idle,
            "monostable" in modes,
            "bistable" in modes,
            delays,
            single,
        )

    def _listed(self) -> Any:
        if self._service:
            return self._link.call(self._service, "GetRelayOutputs")
        if self._link.has("deviceio"):
            try:
                listed = self._link.call("deviceio", "GetRelayOutputs")
            except (Refused, Unreachable):
                raise
            except DriverError:
                pass
            else:
                self._service = "deviceio"
                return listed
        listed = self._link.call("device", "GetRelayOutputs")
        self._service = "device"
        return listed
