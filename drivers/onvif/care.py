"""A CareDriver (see ``drivers.ptz``) for ONVIF devices: restart and clock. Source: ONVIF Core Specification 8.3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from drivers.errors import BadAnswer
from drivers.onvif.heads import clean_name
from drivers.onvif.link import Link
from drivers.onvif.reading import device_time, get
from drivers.ptz import DeviceClock


class OnvifCare:
    """What technicians do to a device. One thread at a time; nothing is repeated. ``wall`` is our own clock."""

    def __init__(self, link: Link, wall: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._link = link
        self._wall = wall

    def reboot(self) -> str:
        """See CareDriver. The session ends with it."""
        answer = self._link.call("device", "SystemReboot")
        self._link.forget()
        return clean_name(answer if isinstance(answer, str) else get(answer, "Message"))

    def clock(self) -> DeviceClock:
        """See CareDriver. Devices tell whole seconds, so ``offset`` is right to about half of one."""
        before = self._wall()
        answer = self._ask()
        middle = before + (self._wall() - before) / 2
        said = device_time(answer)
        if said is None:
            raise BadAnswer(self._link.name, "it does not tell its clock")
        offset = (said - middle).total_seconds() + 0.5
        return DeviceClock(said, offset, str(get(answer, "DateTimeType")).upper() == "NTP")

    def set_clock(self, time: datetime) -> None:
        """See CareDriver. Its time zone and daylight saving stay. The session ends, because tokens carry the device's
        time. Raises ValueError for a time without a zone."""
        if time.tzinfo is None:
            raise ValueError("a device's clock is set to an aware time")
        utc = (time.astimezone(UTC) + timedelta(microseconds=500_000)).replace(microsecond=0)
        now = self._ask()
        values: dict[str, Any] = {
            "DateTimeType": "Manual",
            "DaylightSavings": get(now, "DaylightSavings") is True,
            "UTCDateTime": {
                "Time": {"Hour": utc.hour, "Minute": utc.minute, "Second": utc.second},
                "Date": {"Year": utc.year, "Month": utc.month, "Day": utc.day},
            },
        }
        zone = get(now, "TimeZone.TZ")
        if isinstance(zone, str) and zone:
            values["TimeZone"] = {"TZ": zone}
        self._link.call("device", "SetSystemDateAndTime", values)
        self._link.forget()

    def _ask(self) -> Any:
        return self._link.call("device", "GetSystemDateAndTime", authenticate=False)
