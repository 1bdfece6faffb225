"""`watchfloor bench`: measures what the product promises, side by side with others in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from console.cli.arguments import count, lamps, per_second, reads, seconds, share, size, streams


def add_parser(subparsers: Any) -> None:
    """The arguments of `bench` and of each of its measures."""
    bench = subparsers.add_parser("bench", help="measure speed and memory")
    measures = bench.add_subparsers(dest="measure", required=True, metavar="MEASURE")
    wall = measures.add_parser("wall", help="the real wall on many streams")
    wall.add_argument("--streams", type=count, default=16, metavar="N")
    wall.add_argument("--seconds", type=count, default=20, metavar="S", help="how long to measure after warming up")
    wall.add_argument("--url-template", metavar="URL", help="rtsp://host/cam{n}, n from 0, instead of the virtual city")
    wall.add_argument(
        "--peers", action="store_true", help="also FFmpeg, GStreamer and mpv on the same streams, if here"
    )
    wall.add_argument("--size", type=size, default=(1920, 1080), metavar="WxH", help="size of the wall in pixels")
    wall.add_argument(
        "--monitors", type=count, default=1, metavar="N", help="so many walls side by side share the streams (1)"
    )
    wall.add_argument("--picture", metavar="FILE", help="write a picture of the wall at the end (PNG)")
    wall.add_argument("--json", action="store_true", help="print the figures as JSON")
    layout = measures.add_parser("layout", help="another layout, and a replay: how soon they are there")
    layout.add_argument("--rounds", type=count, default=20, metavar="N", help="how often to switch (20)")
    layout.add_argument(
        "--fill", type=seconds, default=30, metavar="S",
        help="seconds that 64 tiles run before memory is read (30; replay buffers are full after 300)",
    )  # fmt: skip
    layout.add_argument("--size", type=size, default=(1920, 1080), metavar="WxH", help="size of the wall in pixels")
    layout.add_argument("--json", action="store_true", help="print the figures as JSON")
    commands = measures.add_parser("commands", help="from a hand to the camera, and 1,000 lamps at once")
    commands.add_argument("--heads", type=count, default=4, metavar="N", help="cameras that are moved at once (4)")
    commands.add_argument("--seconds", type=count, default=20, metavar="S", help="how long they are moved (20)")
    commands.add_argument("--lamps", type=lamps, default=1000, metavar="N", help="lamps that are lit at once (1000)")
    commands.add_argument("--rounds", type=count, default=5, metavar="N", help="how often they are lit (5)")
    commands.add_argument(
        "--streams", type=streams, default=0, metavar="N", help="cameras that a wall decodes meanwhile (0: no wall)"
    )
    commands.add_argument("--json", action="store_true", help="print the figures as JSON")
    intake = measures.add_parser("intake", help="reads that come in, and searching them meanwhile")
    intake.add_argument("--rate", type=per_second, default=2000, metavar="N", help="reads a second (2000)")
    intake.add_argument("--seconds", type=seconds, default=20, metavar="S", help="how long they come (20)")
    intake.add_argument("--burst", type=per_second, default=5000, metavar="N", help="a second, for 10 s then (5000)")
    intake.add_argument(
        "--reads", type=reads, default=1_000_000, metavar="N",
        help="reads that are there already (1000000); written once into the cache folder, 125 bytes each",
    )  # fmt: skip
    intake.add_argument("--json", action="store_true", help="print the figures as JSON")
    flood = measures.add_parser("flood", help="the receiver under thousands of requests with a wrong password")
    flood.add_argument("--rate", type=per_second, default=6000, metavar="N", help="requests a second (6000)")
    flood.add_argument("--seconds", type=seconds, default=10, metavar="S", help="how long they come (10)")
    flood.add_argument("--tls", action="store_true", help="HTTPS: handshakes that are begun and never ended")
    flood.add_argument("--json", action="store_true", help="print the figures as JSON")
    plates = measures.add_parser("plates", help="the own plate reader on the virtual city's traffic")
    plates.add_argument("--cameras", type=count, default=2, metavar="N", help="cameras that are read (2)")
    plates.add_argument("--seconds", type=seconds, default=120, metavar="S", help="how long (120)")
    plates.add_argument("--cores", type=share, default=0.5, metavar="C", help="cores that reading may take (0.5)")
    plates.add_argument(
        "--pictures", type=share, default=5.0, metavar="N", help="pictures a second that are looked at (5)"
    )
    plates.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Run one measure and print its figures."""
    from console.cli.run import no_display

    if args.measure == "intake":
        return _finish(args, _intake)
    if args.measure == "flood":
        return _finish(args, _flood)
    if args.measure == "plates":
        return _finish(args, _plates)
    if args.measure == "commands" and not args.streams:
        return _finish(args, _commands)
    if trouble := no_display():
        print(trouble, file=sys.stderr)
        return 2
    return _finish(args, {"layout": _layout, "commands": _commands, "wall": _wall}[args.measure])


def _commands(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_commands import CommandBench, measure_commands

    def tell(line: str) -> None:
        if line:
            print(line, file=sys.stderr)

    wanted = CommandBench(args.heads, args.seconds, args.lamps, args.rounds, args.streams)
    return measure_commands(wanted, tell)


def _intake(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_intake import IntakeBench, measure_intake

    wanted = IntakeBench(args.rate, args.seconds, args.burst, args.reads)
    return measure_intake(wanted, lambda line: print(line, file=sys.stderr))


def _flood(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_flood import FloodBench, measure_flood

    return measure_flood(FloodBench(args.rate, args.seconds, args.tls), lambda line: print(line, file=sys.stderr))


def _plates(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_plates import PlateBench, measure_plates

    def tell(line: str) -> None:
        if line:
            print(line, file=sys.stderr)

    return measure_plates(PlateBench(args.cameras, args.seconds, args.cores, args.pictures), tell)


def _layout(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_layout import LayoutBench, measure_layout

    return measure_layout(LayoutBench(args.rounds, args.fill, args.size))


def _wall(args: argparse.Namespace) -> dict[str, Any]:
    from console.cli.bench_wall import WallBench, measure_wall

    wanted = WallBench(
        args.streams, args.seconds, args.url_template, args.peers, args.size, args.picture, args.monitors
    )
    return measure_wall(wanted)


def _finish(args: argparse.Namespace, measure: Callable[[argparse.Namespace], dict[str, Any]]) -> int:
    try:
        figures = measure(args)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures) if args.json else _readable(figures))
    return 0


def _readable(figures: dict[str, Any]) -> str:
    lines = []
    for key, value in figures.items():
        if key == "peers":
            for name, peer in value.items():
                lines.append(f"{name:24} {peer['cpu_percent']:.1f} % of a core; ours is {peer['ratio']:.2f} times that")
        elif isinstance(value, dict):
            lines.append(f"{key:24} " + "  ".join(f"{k} {v}" for k, v in value.items()))
        else:
            lines.append(f"{key:24} {value}")
    return "\n".join(lines)
