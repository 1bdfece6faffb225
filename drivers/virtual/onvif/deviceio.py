"""The device-IO service (ONVIF ``ver10/deviceIO/wsdl``): a relay for the street lamp, and an input.

The relay latches until it is set to fall back by itself after a time (monostable), which it then does by the clock of
the device, whoever is connected.
"""

from __future__ import annotations

from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.wire import Call, Markup, SoapFault, bad_value, duration, tag

DELAYS = (0.1, 600.0)
"""Seconds after which the relay can be told to fall back."""
RELAY, INPUT = "Relay_1", "Input_1"
RELAY_TOPIC, INPUT_TOPIC = "tns1:Device/Trigger/Relay", "tns1:Device/Trigger/DigitalInput"


class DeviceIoService:
    """One relay and one digital input. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._monostable, self._delay, self._idle = False, 0.0, "open"
        self._until: float | None = None
        self.active = False

    @property
    def pulsing(self) -> bool:
        """Whether the relay is on and falls back by itself."""
        return self._until is not None

    def advance(self) -> None:
        """Let the relay fall back when its time is over."""
        if self._until is not None and self._context.mono() >= self._until:
            self._put(False)

    def fall(self) -> None:
        """What a pulse does when the device loses its power."""
        if self.pulsing:
            self._put(False)

    def operations(self) -> Operations:
        """The service's own operations by the name of the request."""
        return {
            "GetServiceCapabilities": lambda call: tag(
                "tmd:Capabilities",
                VideoSources=1,
                VideoOutputs=0,
                AudioSources=0,
                AudioOutputs=0,
                RelayOutputs=1,
                SerialPorts=0,
                DigitalInputs=1,
            ),
            "GetVideoSources": lambda call: tag("tmd:Token", SOURCE),
            "GetRelayOutputOptions": self._options,
            "SetRelayOutputSettings": self._settings,
            "GetDigitalInputs": lambda call: tag("tmd:DigitalInputs", token=INPUT, IdleState="open"),
        }

    def relay_operations(self) -> Operations:
        """Operations that belong to the device service's namespace and are offered at both addresses."""
        return {"GetRelayOutputs": self._relays, "SetRelayOutputState": self._switch}

    def device_operations(self) -> Operations:
        """What the device service has of it."""
        return {**self.relay_operations(), "SetRelayOutputSettings": self._settings}

    def _options(self, call: Call) -> Markup:
        wanted = call.text("RelayOutputToken")
        if wanted and wanted != RELAY:
            raise bad_value("no such relay", "ter:RelayToken")
        modes = [tag("tmd:Mode", "Bistable"), tag("tmd:Mode", "Monostable")]
        delays = tag("tmd:DelayTimes", " ".join(f"{delay:g}" for delay in DELAYS))
        return tag("tmd:RelayOutputOptions", *modes, delays, tag("tmd:Discrete", False), token=RELAY)

    def _settings(self, call: Call) -> Markup:
        """Both services have it, each in a form of its own."""
        relay = call.find("RelayOutput")
        token = call.text("RelayOutputToken") if relay is None else relay.get("token", "")
        if token != RELAY:
            raise bad_value("no such relay", "ter:RelayToken")
        if self._context.state.faults.take("relay_fixed") is not None:
            raise SoapFault("the relay cannot be set", "ter:Action", "ter:ModeError")
        path = () if relay is None else ("RelayOutput",)
        mode, idle = (call.text(*path, "Properties", name) for name in ("Mode", "IdleState"))
        delay = duration(call.text(*path, "Properties", "DelayTime"))
        if mode not in ("Monostable", "Bistable") or idle not in ("open", "closed"):
            raise bad_value("no such mode or idle state", "ter:ModeError")
        if mode == "Monostable" and not DELAYS[0] <= delay <= DELAYS[1]:
            raise bad_value(f"the delay is from {DELAYS[0]} to {DELAYS[1]} s", "ter:ModeError")
        self._monostable, self._delay, self._idle = mode == "Monostable", delay, idle
        return Markup()

    def _relays(self, call: Call) -> Markup:
        mode = "Monostable" if self._monostable else "Bistable"
        delay = tag("tt:DelayTime", f"PT{self._delay:g}S")
        properties = [tag("tt:Mode", mode), delay, tag("tt:IdleState", self._idle)]
        return tag("tds:RelayOutputs", tag("tt:Properties", *properties), token=RELAY)

    def _switch(self, call: Call) -> Markup:
        if call.text("RelayOutputToken") != RELAY:
            raise bad_value("no such relay", "ter:RelayToken")
        state = call.text("LogicalState")
        if state not in ("active", "inactive"):
            raise bad_value("LogicalState is active or inactive")
        self._put(state == "active")
        return Markup()

    def _put(self, active: bool) -> None:
        self._until = self._context.mono() + self._delay if active and self._monostable else None
        self.active = active
        if self._context.lamp is not None:
            self._context.lamp.switch(active)
        self._context.emit(RELAY_TOPIC, {"RelayToken": RELAY}, {"LogicalState": "active" if active else "inactive"})
