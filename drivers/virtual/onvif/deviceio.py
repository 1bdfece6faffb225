"""The device-IO service (ONVIF ``ver10/deviceIO/wsdl``): a relay for the street lamp, and an input."""

from __future__ import annotations

from drivers.virtual.onvif.context import SOURCE, Context, Operations
from drivers.virtual.onvif.wire import Call, Markup, bad_value, tag

RELAY, INPUT = "Relay_1", "Input_1"
RELAY_TOPIC, INPUT_TOPIC = "tns1:Device/Trigger/Relay", "tns1:Device/Trigger/DigitalInput"


class DeviceIoService:
    """One relay and one digital input. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context

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
            "GetDigitalInputs": lambda call: tag("tmd:DigitalInputs", token=INPUT, IdleState="open"),
        }

    def relay_operations(self) -> Operations:
        """Operations that belong to the device service's namespace and are offered at both addresses."""
        return {"GetRelayOutputs": self._relays, "SetRelayOutputState": self._switch}

    def _options(self, call: Call) -> Markup:
        return tag("tmd:RelayOutputOptions", tag("tmd:Mode", "Bistable"), tag("tmd:Discrete", True), token=RELAY)

    def _relays(self, call: Call) -> Markup:
        properties = [tag("tt:Mode", "Bistable"), tag("tt:DelayTime", "PT0S"), tag("tt:IdleState", "open")]
        return tag("tds:RelayOutputs", tag("tt:Properties", *properties), token=RELAY)

    def _switch(self, call: Call) -> Markup:
        if call.text("RelayOutputToken") != RELAY:
            raise bad_value("no such relay", "ter:RelayToken")
        state = call.text("LogicalState")
        if state not in ("active", "inactive"):
            raise bad_value("LogicalState is active or inactive")
        if self._context.lamp is not None:
            self._context.lamp.switch(state == "active")
        self._context.emit(RELAY_TOPIC, {"RelayToken": RELAY}, {"LogicalState": state})
        return Markup()
