"""``watchfloor city``: the virtual city by itself, served over real protocols on loopback until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from console.paths import cache_dir
from drivers.virtual.city import City, CityOptions
from drivers.virtual.control_plates import WrongPlateRequestError, target_of
from drivers.virtual.lamps.systems import MAX_LAMPS
from drivers.virtual.plan import MAX_CAMERAS, most_readers
from drivers.virtual.plates.field import NoReaderError
from drivers.virtual.plates.push import Target, TargetError

_FILES = 8192


def add_parser(subparsers: Any) -> None:
    """Add this subcommand to the parser of ``watchfloor``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "city", help="serve a virtual city of cameras on this machine", description=__doc__
    )
    parser.add_argument("--cameras", type=_cameras, default=16, metavar="N", help=f"1 to {MAX_CAMERAS} (16)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same city (7)")
    parser.add_argument("--json", action="store_true", help="print what is served as one line of JSON")
    parser.add_argument("--control", action="store_true", help="serve the control API: faults, lamps, power")
    parser.add_argument("--variety", action="store_true", help="mixed codecs, and cameras that know HTTP Digest only")
    parser.add_argument("--day", action="store_true", help="by day instead of by night")
    parser.add_argument("--no-discovery", action="store_true", help="no WS-Discovery and no mDNS")
    parser.add_argument("--prepare", action="store_true", help="make all pictures before anything is served")
    parser.add_argument("--open-streams", action="store_true", help="RTSP without passwords, for measuring players")
    parser.add_argument(
        "--lamps", type=_lamps, default=0, metavar="N", help=f"at least so many street lamps, up to {MAX_LAMPS}"
    )
    parser.add_argument(
        "--readers", type=int, default=0, metavar="N", help="so many cameras read number plates of the city's traffic"
    )
    parser.add_argument(
        "--plate-targets",
        type=Path,
        metavar="FILE",
        help="where readers push to: JSON as POST /plates/targets takes it",
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="serve at this address of the machine")
    parser.add_argument("--stdin-guard", action="store_true", help="stop when standard input closes")
    parser.set_defaults(run=run)


def _cameras(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_CAMERAS:
        raise argparse.ArgumentTypeError(f"a city has 1 to {MAX_CAMERAS} cameras")
    return number


def _lamps(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MAX_LAMPS:
        raise argparse.ArgumentTypeError(f"a city has at most {MAX_LAMPS} lamps")
    return number


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT, SIGTERM or the end of standard input. Returns the exit status."""
    _allow_files()
    if not 0 <= args.readers <= most_readers(args.cameras):
        most = most_readers(args.cameras)
        print(f"watchfloor city: --readers: {args.cameras} cameras have 0 to {most} plate readers", file=sys.stderr)
        return 2
    try:
        args.targets = _targets(args.plate_targets)
    except (OSError, ValueError) as error:
        print(f"watchfloor city: --plate-targets: {error}", file=sys.stderr)
        return 2
    options = CityOptions(
        cameras=args.cameras,
        seed=args.seed,
        variety=args.variety,
        day=args.day,
        discovery=not args.no_discovery,
        control=args.control,
        host=args.host,
        cache_dir=cache_dir() / "city",
        open_streams=args.open_streams,
        lamps=args.lamps,
        readers=args.readers,
    )
    try:
        asyncio.run(_serve(options, args))
    except OSError as error:
        print(f"watchfloor city: cannot serve: {error}. Is something else on these ports?", file=sys.stderr)
        return 1
    return 0


async def _serve(options: CityOptions, args: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(*_: object) -> None:
        # The loop may be closed already when a second signal or the end of input comes.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, told) for number in _signals()}
    if args.stdin_guard:
        threading.Thread(target=_guard, args=(told,), name="stdin guard", daemon=True).start()
    city = City(options)
    painter = threading.Thread(target=city.prepare, args=(_Progress(),), name="city prepare", daemon=True)
    try:
        if args.prepare:
            painter.start()
            while painter.is_alive() and not stop.is_set():
                await asyncio.sleep(0.1)
        if not stop.is_set():
            await city.start()
            _aim(city, args.targets)
            for trouble in city.troubles:
                print(f"city: {trouble}", file=sys.stderr, flush=True)
            _print(city, args.json)
            if not args.prepare:
                painter.start()
            await stop.wait()
    finally:
        await city.stop()
        if painter.ident is not None:
            painter.join()
        for number, handler in before.items():
            signal.signal(number, handler)


def _targets(path: Path | None) -> list[tuple[str, Target]]:
    """Readers and where they push to, from a file: passwords do not belong on a command line. Raises OSError and
    ValueError."""
    if path is None:
        return []
    try:
        listed = json.loads(path.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError("too many brackets") from error
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError(f"{path.name} is a list of targets")
    try:
        return [(str(each.get("reader", "all")), target_of(each)) for each in listed]
    except WrongPlateRequestError as error:
        raise ValueError(str(error)) from error


def _aim(city: City, targets: Sequence[tuple[str, Target]]) -> None:
    for which, target in targets:
        try:
            if city.plates is not None:
                city.plates.aim(which, target)
        except (NoReaderError, TargetError) as error:
            city.troubles.append(f"--plate-targets: {error}")


def _signals() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _guard(told: Callable[[], None]) -> None:
    """Wait for the end of standard input, so that a parent which dies takes the city with it, on every system. Reads
    past Python's buffer, whose lock no thread may hold when the interpreter ends."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    told()


def _allow_files() -> None:
    """Raise the soft limit of open files: 256 cameras hold 512 listening sockets before anybody calls."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Progress:
    """Tells on standard error how many cameras have their pictures, at most once a second."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now >= self._next or done == of:
            self._next = now + 1.0
            print(f"city: pictures of {done} of {of} cameras ready", file=sys.stderr, flush=True)


def _print(city: City, as_json: bool) -> None:
    found = city.describe()
    if as_json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    width = max(len(device["name"]) for device in found["devices"])
    for number, device in enumerate(found["devices"], start=1):
        print(f"{number:4}  {device['name']:{width}}  {device['xaddr']}  {device['rtsp'][0]}")
    device = found["devices"][0]
    print(f"User {device['user']}, password {device['password']}, for all of them.")
    for system in found["lamp_systems"]:
        login = f"user {system['user']}, password {system['password']}"
        print(f"{system['lamps']:4}  {system['name']:{width}}  {system['address']}  ({login})")
    for reader in found["readers"]:
        print(f"{reader['camera']:4}  {reader['name']:{width}}  plate reader, {reader['maker']} ({reader['way']})")
    if found["control"]:
        print(f"Control at {found['control']['url']}, header X-City-Token: {found['control']['token']}")
    print("Serving; Ctrl+C ends it.", flush=True)
