"""The device management service (ONVIF ``ver10/device/wsdl``)."""

from __future__ import annotations

from datetime import UTC, datetime

from drivers.virtual.onvif.context import FIRMWARE, MANUFACTURER, PATHS, VERSIONS, Context, Operations
from drivers.virtual.onvif.wire import NAMESPACES, Call, Markup, SoapFault, bad_value, join, tag

REBOOT_SECONDS = 5.0
_YEARS = (1970, 2100)
"""What the clock can be set to, so that it never runs out of what dates can hold."""


class DeviceService:
    """Who the camera is, what it can do, its clock and its position. City's loop only."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def operations(self) -> Operations:
        """All operations by the name of the request."""
        return {
            "GetSystemDateAndTime": self._date,
            "SetSystemDateAndTime": self._set_date,
            "GetDeviceInformation": self._information,
            "GetServices": self._services,
            "GetServiceCapabilities": self._service_capabilities,
            "GetCapabilities": self._capabilities,
            "GetScopes": self._scopes,
            "GetHostname": self._hostname,
            "GetEndpointReference": self._endpoint,
            "GetNetworkInterfaces": self._interfaces,
            "GetNetworkProtocols": self._protocols,
            "GetUsers": self._users,
            "GetGeoLocation": self._geo,
            "GetDiscoveryMode": lambda call: tag("tds:DiscoveryMode", "Discoverable"),
            "GetWsdlUrl": lambda call: tag("tds:WsdlUrl", "https://www.onvif.org/profiles/specifications/"),
            "SystemReboot": self._reboot,
        }

    def _date(self, call: Call) -> Markup:
        now = self._context.clock.now()
        utc = [
            tag("tt:Time", tag("tt:Hour", now.hour), tag("tt:Minute", now.minute), tag("tt:Second", now.second)),
            tag("tt:Date", tag("tt:Year", now.year), tag("tt:Month", now.month), tag("tt:Day", now.day)),
        ]
        return tag(
            "tds:SystemDateAndTime",
            tag("tt:DateTimeType", "NTP" if self._context.clock.ntp else "Manual"),
            tag("tt:DaylightSavings", False),
            tag("tt:TimeZone", tag("tt:TZ", "UTC0")),
            tag("tt:UTCDateTime", *utc),
            tag("tt:LocalDateTime", *utc),
        )

    def _set_date(self, call: Call) -> Markup:
        if call.text("DateTimeType") == "NTP":
            self._context.clock.synchronise()
            return Markup()
        date = [call.text("UTCDateTime", "Date", part) for part in ("Year", "Month", "Day")]
        time = [call.text("UTCDateTime", "Time", part) for part in ("Hour", "Minute", "Second")]
        try:
            when = datetime(*(int(part) for part in date + time), tzinfo=UTC)  # type: ignore[arg-type, misc]
        except (ValueError, OverflowError) as error:
            raise bad_value("no valid UTC date and time", "ter:InvalidDateTime") from error
        if not _YEARS[0] <= when.year <= _YEARS[1]:
            raise bad_value("no valid UTC date and time", "ter:InvalidDateTime")
        self._context.clock.set(when)
        return Markup()

    def _information(self, call: Call) -> Markup:
        spec = self._context.spec
        return join(
            [
                tag("tds:Manufacturer", MANUFACTURER),
                tag("tds:Model", self._context.model),
                tag("tds:FirmwareVersion", FIRMWARE),
                tag("tds:SerialNumber", spec.serial),
                tag("tds:HardwareId", f"{self._context.model}-1"),
            ]
        )

    def _services(self, call: Call) -> Markup:
        host, services = self._context.state.faults.take("wrong_xaddr"), []
        more = call.text("IncludeCapability") in ("true", "1")
        for prefix in self._context.services():
            major, minor = VERSIONS.get(prefix, (2, 60))
            services.append(
                tag(
                    "tds:Service",
                    tag("tds:Namespace", NAMESPACES[prefix]),
                    tag("tds:XAddr", self._context.xaddr(PATHS[prefix], host)),
                    tag("tds:Capabilities", self._context.capabilities(prefix, call)) if more else None,
                    tag("tds:Version", tag("tt:Major", major), tag("tt:Minor", minor)),
                )
            )
        return join(services)

    def _service_capabilities(self, call: Call) -> Markup:
        return tag(
            "tds:Capabilities",
            tag("tds:Network", IPVersion6=False, NTP=1, HostnameFromDHCP=False),
            tag("tds:Security", UsernameToken=True, HttpDigest=True, MaxUsers=1),
            tag("tds:System", DiscoveryResolve=True, DiscoveryBye=True, GeoLocationEntries=1, RemoteDiscovery=False),
        )

    def _capabilities(self, call: Call) -> Markup:
        have, host = self._context.services(), self._context.state.faults.take("wrong_xaddr")
        wanted = {(child.text or "").strip() for child in call.body} or {"All"}

        if "PTZ" in wanted and "tptz" not in have:
            raise SoapFault("no PTZ here", "ter:ActionNotSupported", "ter:NoSuchService", sender=False, status=500)

        def part(category: str, content: Markup) -> Markup:
            return content if wanted & {"All", category} else Markup()

        address = {prefix: tag("tt:XAddr", self._context.xaddr(path, host)) for prefix, path in PATHS.items()}
        device = tag("tt:Device", address["tds"], tag("tt:IO", tag("tt:InputConnectors", 1), tag("tt:RelayOutputs", 1)))
        events = [("WSSubscriptionPolicySupport", True), ("WSPullPointSupport", True)]
        events += [("WSPausableSubscriptionManagerInterfaceSupport", False)]
        streaming = [tag("tt:RTPMulticast", False), tag("tt:RTP_TCP", False), tag("tt:RTP_RTSP_TCP", True)]
        counts = [
            ("VideoSources", 1),
            ("VideoOutputs", 0),
            ("AudioSources", 0),
            ("AudioOutputs", 0),
            ("RelayOutputs", 1),
        ]
        return tag(
            "tds:Capabilities",
            part("Device", device),
            part("Events", tag("tt:Events", address["tev"], *(tag(f"tt:{name}", value) for name, value in events))),
            part("Imaging", tag("tt:Imaging", address["timg"])),
            part("Media", tag("tt:Media", address["trt"], tag("tt:StreamingCapabilities", *streaming))),
            part("PTZ", tag("tt:PTZ", address["tptz"])) if "tptz" in have else None,
            part(
                "All",
                tag(
                    "tt:Extension",
                    tag("tt:DeviceIO", address["tmd"], *(tag(f"tt:{name}", value) for name, value in counts)),
                ),
            ),
        )

    def _scopes(self, call: Call) -> Markup:
        return join(
            [
                tag("tds:Scopes", tag("tt:ScopeDef", "Fixed"), tag("tt:ScopeItem", scope))
                for scope in self._context.scopes()
            ]
        )

    def _hostname(self, call: Call) -> Markup:
        return tag(
            "tds:HostnameInformation", tag("tt:FromDHCP", False), tag("tt:Name", f"cam-{self._context.spec.number:03d}")
        )

    def _endpoint(self, call: Call) -> Markup:
        return tag("tds:GUID", f"urn:uuid:{self._context.spec.uuid}")

    def _interfaces(self, call: Call) -> Markup:
        number = self._context.spec.number
        # Locally administered addresses, so that no real maker's range is used.
        mac = f"02:57:46:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        info = tag("tt:Info", tag("tt:Name", "eth0"), tag("tt:HwAddress", mac), tag("tt:MTU", 1500))
        address = tag("tt:Manual", tag("tt:Address", self._context.host), tag("tt:PrefixLength", 8))
        ipv4 = tag("tt:IPv4", tag("tt:Enabled", True), tag("tt:Config", address, tag("tt:DHCP", False)))
        return tag("tds:NetworkInterfaces", tag("tt:Enabled", True), info, ipv4, token="eth0")

    def _protocols(self, call: Call) -> Markup:
        ports = {"HTTP": self._context.port, "RTSP": self._context.rtsp_port}
        return join(
            [
                tag("tds:NetworkProtocols", tag("tt:Name", name), tag("tt:Enabled", True), tag("tt:Port", port))
                for name, port in ports.items()
            ]
        )

    def _users(self, call: Call) -> Markup:
        return tag(
            "tds:User", tag("tt:Username", self._context.spec.credentials.user), tag("tt:UserLevel", "Administrator")
        )

    def _geo(self, call: Call) -> Markup:
        place = self._context.spec.place
        height = {} if place.height is None else {"elevation": place.height}
        return tag(
            "tds:Location",
            tag("tt:GeoLocation", lon=place.longitude, lat=place.latitude, **height),
            tag("tt:GeoOrientation", yaw=place.heading) if place.heading is not None else None,
            Entity="VideoSource",
            Token="VideoSource_1",
            Fixed=True,
        )

    def _reboot(self, call: Call) -> Markup:
        self._context.reboot(REBOOT_SECONDS)
        return tag("tds:Message", f"Rebooting, back in {REBOOT_SECONDS:.0f} seconds")
