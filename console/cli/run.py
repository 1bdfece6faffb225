"""`watchfloor run`: the console on your own site (also what `watchfloor` alone does)."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from console.model.monitor import MonitorState
    from console.model.wall import Wall
    from console.store.credentials import Vault


def add_parser(subparsers: Any) -> None:
    """The arguments of `run`."""
    run_parser = subparsers.add_parser("run", help="start the console on your site (the default)")
    run_parser.add_argument("--site", metavar="FILE", help="the site file (default: site.toml in the configuration)")
    add_look(run_parser)


def add_look(parser: argparse.ArgumentParser) -> None:
    """Arguments that every command with a window has."""
    parser.add_argument("--light", action="store_true", help="light colours, for bright rooms")
    parser.add_argument("--full-screen", action="store_true", help="start with the wall alone on the whole monitor")


def run(args: argparse.Namespace) -> int:
    """Start the console; returns its exit status."""
    from console import paths
    from console.app import Console, Setting, network_finders
    from console.cli.data_lock import alone_in
    from console.feed_factory import make_feeds
    from console.lamp_factory import make_lamp_systems
    from console.model.layout import grid_for
    from console.model.preferences import default_preferences
    from console.store.layout_library import LayoutLibrary
    from console.store.preferences_file import PreferencesFileError, load_preferences, save_preferences
    from console.store.site_file import SiteFileError, load_site, save_site
    from console.store.walls_file import WallsFileError, load_walls, save_walls, set_aside

    config, data = paths.config_dir(), paths.data_dir()
    site_file = Path(args.site) if getattr(args, "site", None) else config / "site.toml"
    try:
        site = load_site(site_file)
    except SiteFileError as error:
        print(error, file=sys.stderr)
        return 2
    if trouble := no_display():
        print(trouble, file=sys.stderr)
        return 2
    app = make_application()
    vault = _open_vault(site_file.parent)
    if vault is None:
        return 2
    wall_file, preferences_file = data / "wall.json", data / "preferences.json"
    lock, note = alone_in(data)
    if note:
        print(note, file=sys.stderr)
    try:
        preferences = load_preferences(preferences_file)
    except PreferencesFileError as error:
        note = f"{note} {error} The usual settings hold. {_put_aside(preferences_file, set_aside)}".lstrip()
        preferences = default_preferences(data)
    try:
        wall = load_walls(wall_file)
    except WallsFileError as error:
        note = f"{note} {error} The wall starts empty. {_put_aside(wall_file, set_aside)}".lstrip()
        wall = one_monitor(_empty())
    first = wall.monitors[0].state
    if len(wall.monitors) == 1 and not first.items:  # a site without a wall, for example one that was rolled out
        numbers = [camera.number for camera in site.cameras]
        first = first.arranged(grid_for(min(64, max(1, len(numbers))))) if numbers else first
        wall = wall.with_states([(wall.monitors[0].number, first.filled(numbers))])
    console = Console(
        app,
        Setting(
            site=site,
            save=lambda changed: save_site(site_file, changed),
            vault=vault,
            wall=wall,
            save_wall=lambda changed: save_walls(wall_file, changed),
            finders=network_finders(),
            layouts=LayoutLibrary(paths.layouts(), paths.own_layouts()),
            folder=data,
            preferences=preferences,
            save_preferences=lambda changed: save_preferences(preferences_file, changed),
            light=getattr(args, "light", False),
            data=data,
            database=os.environ.get("WATCHFLOOR_DATABASE", ""),
            lamp_systems=partial(make_lamp_systems, folder=site_file.absolute().parent),
            feeds=partial(make_feeds, folder=site_file.absolute().parent),
        ),
    )
    try:
        return live(app, console, getattr(args, "full_screen", False), note)
    finally:
        if lock is not None:
            lock.release()


def _put_aside(file: Path, set_aside: Callable[[Path], Path]) -> str:
    """Keep a file that cannot be used; says what became of it."""
    try:
        return f"The file is kept as {set_aside(file).name}."
    except OSError as error:
        return f"The file could not be set aside: {error.strerror}."


def no_display() -> str:
    """Why no window can open here, empty if one can: Qt itself would end the program with a crash."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform != "linux" or any(os.environ.get(name) for name in wanted):
        return ""
    return "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open."


def make_application() -> QApplication:
    """The Qt application with what every window needs."""
    from PySide6.QtWidgets import QApplication

    app = QApplication(["watchfloor"])
    app.setApplicationName("watchfloor")
    app.setApplicationDisplayName("Watchfloor")
    return app


def live(app: QApplication, console: Any, full_screen: bool, note: str = "") -> int:
    """Show the desk and run until it is closed or a signal comes; every thread and window is gone when this returns."""
    from PySide6.QtCore import QTimer

    for number in (signal.SIGINT, signal.SIGTERM):
        # Soon, not here: Qt closes the windows at once, and the signal may have come while a lock is held that the end
        # needs too.
        signal.signal(number, lambda *_: QTimer.singleShot(0, app.quit))
    console.desk.resize(1600, 900)
    console.desk.showMaximized()
    if full_screen:
        console.desk.toggle_full_screen()
    console.start()
    keep_what_is_built()
    if note:
        console.status.note(note)
    try:
        return app.exec()
    finally:
        finish(app, console)


SELDOM = (100_000, 20, 10)
"""New objects before a look at the youngest, and how many of these before one at the next older ones."""


def keep_what_is_built() -> None:
    """What was built to stay is not looked through again for what nobody uses any more: a full look held all threads up
    for 50 to 100 ms, and with plates coming in by thousands there was one every few seconds. The smaller looks are
    seldom too: most of what comes in has no cycles and is gone before the next."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def finish(app: QApplication, console: Any) -> None:
    """End all threads, then the windows, then Qt itself, in this order."""
    console.stop()
    console.dispose()
    app.shutdown()


def _open_vault(directory: Path) -> Vault | None:
    """The vault; asks for the passphrase in a window where the system has no keyring. None if the user gives up."""
    from PySide6.QtWidgets import QDialog, QMessageBox

    from console.store.credentials import VaultError, open_vault
    from console.ui.devices.login_dialog import PassphraseDialog

    new = not (directory / "credentials.vault").exists()

    def ask() -> str:
        dialog = PassphraseDialog(new)
        if dialog.exec() != QDialog.DialogCode.Accepted or not dialog.passphrase():
            raise VaultError(
                "No passphrase was given. Start again, or set WATCHFLOOR_PASSPHRASE or WATCHFLOOR_KEY_FILE."
            )
        return dialog.passphrase()

    try:
        return open_vault(directory, os.environ, ask)
    except VaultError as error:
        QMessageBox.critical(None, "Watchfloor", str(error))
        print(error, file=sys.stderr)
        return None


def one_monitor(state: MonitorState) -> Wall:
    """A wall of the desk's own monitor."""
    from console.model.wall import Monitor, Wall

    return Wall(monitors=(Monitor(1, "Monitor 1", state),))


def _empty() -> MonitorState:
    from console.model.monitor import empty_monitor

    return empty_monitor()
