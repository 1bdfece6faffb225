"""`watchfloor demo`: the virtual city and the console on it. The console finds and adds the city's cameras over the
network protocols that any camera speaks; it is told only the user name and password, as a technician would be."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from console.cli.arguments import count, size
from console.cli.run import add_look

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


SET_NAME = "virtual city"
READERS = 8
"""Cameras of the city that read plates: one of each kind, as far as the city has cameras for them."""
SHOT_PATIENCE = 120.0
"""Seconds until a picture is taken at the latest."""


def add_parser(subparsers: Any) -> None:
    """The arguments of `demo`."""
    demo = subparsers.add_parser("demo", help="the console on a virtual city of cameras")
    demo.add_argument("--cameras", type=count, default=16, metavar="N", help="how many cameras the city has (16)")
    demo.add_argument("--seed", type=int, default=7, help="another number gives another city")
    demo.add_argument("--day", action="store_true", help="by day instead of at night")
    demo.add_argument("--variety", action="store_true", help="H.265 and MJPEG cameras too")
    demo.add_argument("--shot", metavar="FILE", help="save a picture (PNG) once all tiles are live, and end")
    demo.add_argument("--size", type=size, default=(1920, 1080), metavar="WxH", help="size of the window for --shot")
    add_look(demo)


def run(args: argparse.Namespace) -> int:
    """Start both; ends the city when the console ends."""
    from console import paths
    from console.app import Console, Setting, network_finders
    from console.cli.city_process import CityProcess
    from console.cli.demo_guide import DemoGuide
    from console.cli.run import live, make_application, no_display, one_monitor
    from console.feed_factory import make_feeds
    from console.lamp_factory import make_lamp_systems
    from console.model.layout import grid_for
    from console.model.monitor import empty_monitor
    from console.model.preferences import default_preferences
    from console.model.site import Site
    from console.store.credentials import MemoryVault
    from console.store.layout_library import LayoutLibrary

    if trouble := no_display():
        if not args.shot:
            print(f"{trouble} A picture needs no display: watchfloor demo --shot FILE.png", file=sys.stderr)
            return 2
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Painting the city takes seconds, once: cameras whose pictures are still being made would flap on the wall.
    city = CityProcess(args.cameras, args.seed, city_words(args))
    city.start()
    kept = TemporaryDirectory(prefix="watchfloor-demo-", ignore_cleanup_errors=True)  # the demo leaves nothing behind
    try:
        app = make_application()
        vault = MemoryVault()
        data = Path(kept.name)
        wall = one_monitor(empty_monitor(grid_for(args.cameras)))
        setting = Setting(
            site=Site(name="Virtual city"),
            save=lambda site: None,
            vault=vault,
            wall=wall,
            save_wall=lambda wall: None,
            finders=network_finders("127.0.0.1"),
            layouts=LayoutLibrary(paths.layouts(), data / "layouts"),
            folder=data,
            preferences=default_preferences(data),
            save_preferences=lambda changed: None,
            light=args.light,
            lamp_systems=make_lamp_systems,
            feeds=make_feeds,
        )
        console = Console(app, setting)
        guide = DemoGuide(console, city, vault, SET_NAME)
        guide.start()
        if args.shot:
            return _shoot(app, console, guide, args)
        return live(app, console, args.full_screen)
    finally:
        city.stop()
        kept.cleanup()


def city_words(args: argparse.Namespace) -> list[str]:
    """What the city is told besides its size and seed."""
    from drivers.virtual.plan import most_readers

    wanted = (("--day", args.day), ("--variety", args.variety))
    readers = min(READERS, most_readers(args.cameras))
    return ["--prepare", "--control", "--readers", str(readers), *(word for word, given in wanted if given)]


def _shoot(app: QApplication, console: Any, guide: Any, args: argparse.Namespace) -> int:
    """Wait until every tile is live, save a picture of the desk, and end."""
    from PySide6.QtCore import QTimer

    from console.cli.run import finish, keep_what_is_built

    console.desk.resize(*args.size)
    console.desk.show()
    console.start()
    keep_what_is_built()
    begun = time.monotonic()
    live_since: list[float] = []

    def look() -> None:
        now = time.monotonic()
        if guide.failure or now - begun > SHOT_PATIENCE:
            print(guide.failure or f"Not all tiles were live after {SHOT_PATIENCE:.0f} s.", file=sys.stderr)
            app.exit(1)
        elif console.wall.live_tiles() >= args.cameras:
            if not live_since:
                _choose_one_that_turns(console)
            live_since.append(now)
            if now - live_since[0] > 2.5:
                app.exit(0 if console.desk.grab().save(args.shot) else 3)

    timer = QTimer(console)
    timer.timeout.connect(look)
    timer.start(100)
    try:
        status = app.exec()
    finally:
        timer.stop()
        guide.stop()
        finish(app, console)
    if status == 3:
        print(f"{args.shot}: the picture could not be written. Choose another place.", file=sys.stderr)
    elif status == 0:
        print(f"{args.shot}: {args.cameras} live tiles")
    return status


def _choose_one_that_turns(console: Any) -> None:
    """So that the picture shows what is done to a camera; nothing where none turns."""
    turning = {camera.number for camera in console.book.site.cameras if camera.ptz}
    tile = next((tile.index for tile in console.wall.surface.tiles if tile.camera in turning), None)
    if tile is not None:
        console.wall.go(console.wall.state.chosen(tile))
