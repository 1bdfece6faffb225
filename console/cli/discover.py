"""``watchfloor discover``: what cameras are there? Needs no window, no site and no passwords."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from console.services.discovery import Discovery
from console.services.onboarding_input import Candidate, from_text
from drivers.errors import DriverError
from drivers.interfaces import Finder
from drivers.types import DeviceKind, Discovered, FoundBy

if TYPE_CHECKING:
    from drivers.discovery.sweep import SweepFinder

_SWEEP_SECONDS = 600.0


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "discover", help="list the cameras on the network", description="List the cameras on the network."
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.add_argument("--seconds", type=_seconds, default=3.0, metavar="S", help="how long to listen (default 3)")
    parser.add_argument("--interface", default="", metavar="ADDR", help="search from this address of the machine alone")
    parser.add_argument(
        "--sweep",
        action="append",
        default=[],
        metavar="RANGE",
        help="ask each address too: 192.0.2.0/24, 192.0.2.10-40",
    )
    parser.add_argument("--add", action="append", default=[], metavar="URL", help="list this address or URL as well")


def run(args: argparse.Namespace) -> int:
    """Search and print. 0 when something was found, 1 when nothing was, 2 for wrong arguments."""
    from drivers.discovery.sweep import SweepFinder  # late: every command builds the parser, few search

    try:
        added = [_discovered(from_text(text)[0], text) for text in args.add]
        sweeps = [SweepFinder(text) for text in args.sweep]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    # found devices replace what was typed for them; passwords in a typed URL are not shown
    devices = {device.id: device for device in (*added, *search(args.interface, sweeps, args.seconds))}
    listed = [device for device in devices.values() if not device.gone]
    if args.json:
        print(json.dumps([_row(device) for device in listed], indent=1))
    else:
        _print_table(listed)
    return 0 if listed else 1


def search(interface: str, sweeps: Sequence[SweepFinder], seconds: float) -> tuple[Discovered, ...]:
    """Everything that answers within ``seconds`` and until all sweeps are through."""
    from drivers.discovery.mdns import MdnsFinder  # late, as above
    from drivers.discovery.ws_discovery import WsDiscoveryFinder

    finders: list[Finder] = [WsDiscoveryFinder(interface), MdnsFinder(interface), *sweeps]
    discovery = Discovery(finders)
    end = time.monotonic() + seconds
    try:
        for failure in discovery.start(lambda now, before: None):
            _complain(failure)
        for sweep in sweeps:
            sweep.wait(_SWEEP_SECONDS)
        time.sleep(max(0.0, end - time.monotonic()))
    finally:
        discovery.stop()
    return discovery.snapshot()


def _complain(failure: DriverError) -> None:
    print(failure.sentence, file=sys.stderr)


def _discovered(candidate: Candidate, text: str) -> Discovered:
    xaddrs = candidate.xaddrs or (candidate.uri,)
    source = FoundBy.URL if "://" in text else FoundBy.ADDRESS
    return Discovered(candidate.id, candidate.label, candidate.address, xaddrs, candidate.kind, source)


def _row(device: Discovered) -> dict[str, Any]:
    return {
        "id": device.id,
        "name": device.name,
        "address": device.address,
        "xaddrs": list(device.xaddrs),
        "kind": device.kind.value,
        "source": device.source.value,
    }


def _print_table(devices: Sequence[Discovered]) -> None:
    if not devices:
        print(
            "Nothing answered. Check the cable, or ask a range of addresses: watchfloor discover --sweep 192.0.2.0/24"
        )
        return
    rows = [("Name", "Address", "Kind", "Found by", "Service address")]
    rows += [
        (item.name, item.address, item.kind.value, item.source.value, item.xaddrs[0] if item.xaddrs else "")
        for item in devices
    ]
    widths = [min(40, max(len(row[column]) for row in rows)) for column in range(4)]
    for row in rows:
        print("  ".join([*(cell[:40].ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]))
    cameras = sum(item.kind is not DeviceKind.OTHER for item in devices)
    print(f"{cameras} cameras, {len(devices)} devices")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("a number of seconds from 0 to 3600")
    return seconds
