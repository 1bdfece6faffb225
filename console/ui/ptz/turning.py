"""All that turns cameras, in one place for the root: the panel, the hands in the picture, sticks, dialogs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from console.model.commands import Move
from console.model.patrol import Patrol
from console.model.site import Camera
from console.model.sticks import HOME, NEXT, PREVIOUS, SNAPSHOT, STOP, StickSettings, preset_of
from console.model.tile_state import TileState
from console.services.commands import Result
from console.services.site_book import SiteBook
from console.services.sticks import Sticks, StickTelling
from console.ui.actions import Action, Actions
from console.ui.ptz.care_dialog import CareDialog
from console.ui.ptz.control import PtzControl
from console.ui.ptz.door import Door
from console.ui.ptz.facts import Call
from console.ui.ptz.imaging_dialog import ImagingDialog
from console.ui.ptz.in_picture import InPicture
from console.ui.ptz.outputs_dialog import OutputsDialog
from console.ui.ptz.panel import PtzPanel
from console.ui.ptz.patrol_dialog import PatrolDialog
from console.ui.ptz.stick_settings import StickDialog
from console.ui.theme import Theme
from console.ui.wall.room import WallRoom
from drivers.sticks_types import StickState

SHORT_FAILURE = "PTZ: NOT DONE"
ALARM = "MAY STILL MOVE"


class Turning(QObject):
    """Lives on the Qt thread. ``actions`` are the desk's, for buttons of sticks; ``keep`` saves how sticks are used."""

    def __init__(
        self,
        door: Door,
        sticks: Sticks,
        room: WallRoom,
        book: SiteBook,
        call: Call,
        theme: Theme,
        note: Callable[[str], None],
        actions: Actions,
        keep: Callable[[tuple[StickSettings, ...]], None],
        settings: tuple[StickSettings, ...] = (),
    ) -> None:
        super().__init__()
        self._sticks, self._room, self._book, self._call, self._theme = sticks, room, book, call, theme
        self._note, self._actions, self._keep, self._settings = note, actions, keep, settings
        self.control = PtzControl(door, call, parent=self)
        self.panel = PtzPanel(self.control, theme)
        self.picture = InPicture(room, self.control, self)
        self._leases_asked = False
        self._there: dict[int, str] = {}
        sticks.use(settings)
        self.control.failed.connect(self._failed)
        self.picture.changed.connect(self._mode_changed)
        self.panel.patrol_wanted.connect(self.edit_patrol)
        self.panel.patrol_switched.connect(self._switch_patrol)
        self.panel.outputs_wanted.connect(partial(self._open, OutputsDialog))
        self.panel.imaging_wanted.connect(partial(self._open, ImagingDialog))
        self.panel.care_wanted.connect(partial(self._open, CareDialog))

    # Wiring

    def beside(self, details: QWidget) -> QWidget:
        """The right column: the details and the panel below them, scrolled where the window is low."""
        inside = QWidget()
        inside.setObjectName("panel")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.panel)
        column.addWidget(details, 1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setWidget(inside)
        return area

    def actions(self) -> list[Action]:
        """All of them, in the order of the tile's menu."""
        has, turns = self._has, self._turns
        control = self.control
        return [
            Action("Turn the camera by hand (PTZ)", self.picture.toggle, ("P",), on_tile=True, possible=has),
            Action("Stop the camera", control.stop, ("Shift+P",), on_tile=True, possible=has),
            Action("Camera to its home position", control.go_home, ("Ctrl+Home",), possible=turns),
            Action("Give the camera back", self.give_back, (), on_tile=True, possible=has),
            Action("Edit the camera's patrol…", self.edit_patrol, possible=turns),
            Action("Picture settings of the camera…", partial(self._open, ImagingDialog), ("Ctrl+I",), possible=has),
            Action("Relays and outputs…", partial(self._open, OutputsDialog), possible=has),
            Action("Restart or set the clock of the camera…", partial(self._open, CareDialog), possible=has),
            Action("Joysticks and gamepads…", self.set_sticks),
            *(
                Action(f"Camera to preset {number}", partial(control.go_preset, number - 1), listed=number <= 3,
                       possible=turns)
                for number in range(1, 11)
            ),
        ]  # fmt: skip

    def show(self, camera: Camera | None) -> None:
        """The camera that is selected now."""
        self.control.select(camera)
        if camera is None or camera.number != self.picture.camera:
            self.picture.leave()
        self.tick()

    def monitors_changed(self) -> None:
        """Hands on every monitor."""
        for controller in self._room.controllers.values():
            self.picture.watch(controller.surface)

    def renew(self, number: int) -> None:
        """A camera has other credentials, or another try is wanted: ask it anew."""
        camera = self._book.site.by_number(number)
        if camera is not None:
            self.control.door.forget(camera.id)
            self.control.facts.ask(camera.id)

    def tick(self) -> None:
        """Five times a second."""
        self.picture.look()
        watched = self.panel.isVisible() and not self.panel.visibleRegion().isEmpty()
        self.control.tick(self._live(), watched)
        self._sticks.aim(self.control.aim())

    def second(self) -> None:
        """Once a second: leases run out by themselves."""
        self.panel.refresh()

    def mark(self, number: int) -> str:
        """What a camera's tile says of its head."""
        camera = self._book.site.by_number(number)
        if camera is None:
            return ""
        control = self.control
        words = [
            self._how(camera.id, number == self.picture.camera),
            control.others(camera.id),
        ]
        return "  ".join(filter(None, words))

    def _how(self, camera: str, mine: bool) -> str:
        """The one that matters most: a narrow tile has no room for more."""
        if camera in self.control.alarms:
            return ALARM
        return SHORT_FAILURE if self.control.failure(camera) else "PTZ" if mine else ""

    # From other threads, by way of ``call``

    def alarm(self, device: str, sentence: str) -> None:
        """A stop was not confirmed, or was after all ("")."""
        self.control.alarm(device, sentence)
        name = self.control.door.name_of(device)
        self._note(f"{name}: {sentence}" if sentence else f"{name} has stopped after all.")
        self._refresh_bars()

    def leases_changed(self) -> None:
        """Somebody took or gave back a camera: at most one refresh is under way."""
        if not self._leases_asked:
            self._leases_asked = True
            self._call(self._show_leases)

    def failed(self, result: Result) -> None:
        """A stick's move was refused or failed."""
        self.control.fail(result.command.device, result.sentence)

    def pressed(self, press: str) -> None:
        """A button of a stick."""
        number = preset_of(press)
        if number is not None:
            self.control.go_preset(number - 1)
        elif press == STOP:
            self.control.stop()
        elif press == HOME:
            self.control.go_home()
        else:
            action = self._actions.with_key({NEXT: "N", PREVIOUS: "Shift+N", SNAPSHOT: "S"}[press])
            if action is not None and action.possible():
                action.run()

    def plugged(self, states: tuple[StickState, ...]) -> None:
        """Sticks that are there now."""
        there = {state.id: state.name for state in states}
        for key in there.keys() - self._there.keys():
            self._note(f"{there[key]} is plugged in. It turns the selected camera.")
        for key in self._there.keys() - there.keys():
            self._note(f"{self._there[key]} was pulled out.")
        self._there = there

    def close(self) -> None:
        """The program ends: hands off."""
        self._sticks.aim(None)
        self.picture.leave()
        self.control.close()

    # Dialogs

    def edit_patrol(self) -> None:
        """The steps of the selected camera's patrol."""
        camera = self.control.camera
        if camera is None or not self.control.known.presets:
            return
        before = self._book.site.patrol(camera.id)
        dialog = PatrolDialog(camera.id, camera.name, self.control.known.presets, before, self._window)
        if self._run(dialog) == QDialog.DialogCode.Accepted:
            self._set_patrol(camera.id, dialog.patrol)
        dialog.deleteLater()

    def set_sticks(self) -> None:
        """Axes and buttons."""
        dialog = StickDialog(self._sticks, self._settings, self._theme, self._sticks.use, self._window)
        if self._run(dialog) == QDialog.DialogCode.Accepted:
            self._settings = dialog.settings
            self._keep(self._settings)
        self._sticks.use(self._settings)
        dialog.deleteLater()

    def give_back(self) -> None:
        """Let others have the camera before the lease ends."""
        self.control.lift_all("given back")
        self.control.door.commands.give_back(self.control.id, self.control.door.actor)

    # Inside

    @property
    def _window(self) -> QWidget:
        return self._room.controllers[1].surface.window()

    def _open(self, kind: Callable[[PtzControl, Call, QWidget], QDialog]) -> None:
        if self.control.camera is not None:
            dialog = kind(self.control, self._call, self._window)
            self._run(dialog)
            dialog.deleteLater()

    def _run(self, dialog: QDialog) -> int:
        """Over the right column: the picture that is worked on stays in sight."""
        self.control.lift_all("a dialog was opened")
        window = self._window
        corner = window.mapToGlobal(window.rect().topRight())
        size = dialog.sizeHint().expandedTo(dialog.size())
        dialog.move(corner.x() - size.width() - 4, corner.y() + 60)
        return dialog.exec()

    def _live(self) -> bool:
        camera = self.control.camera
        if camera is None:
            return False
        wall = self._room.active
        tiles = [tile for tile in wall.surface.tiles if tile.camera == camera.number]
        if not tiles:
            return False
        verdict = wall.verdict(camera.number)
        return verdict is not None and verdict.state is TileState.LIVE and not all(tile.replaying for tile in tiles)

    def _has(self) -> bool:
        return self.control.camera is not None

    def _turns(self) -> bool:
        return self.control.known.turns

    def _switch_patrol(self, on: bool) -> None:
        patrol = self._book.site.patrol(self.control.id)
        if patrol is not None:
            self._set_patrol(patrol.camera, replace(patrol, on=on))
            self.control.door.patrols.restart(patrol.camera)

    def _set_patrol(self, camera: str, patrol: Patrol | None) -> None:
        self._book.change(lambda site: site.with_patrol(camera, patrol))
        self.panel.refresh()

    def _mode_changed(self) -> None:
        number = self.picture.camera
        if number:
            facts, why = self.control.known, self.control.why_not(Move)
            words = facts.error or (why if not facts.asking else "")
            if not words and not facts.asking and not facts.turns:
                words = "This camera cannot be turned."
            self._note(words or "PTZ: drag or arrows turn, click centres, Shift+drag zooms in, wheel zooms. P or Esc "
                       "ends it.")  # fmt: skip
        else:
            self._note("")
        self._refresh_bars()

    def _failed(self, camera: str, sentence: str) -> None:
        self._note(sentence)
        self._refresh_bars()

    def _show_leases(self) -> None:
        self._leases_asked = False
        self.panel.refresh()

    def _refresh_bars(self) -> None:
        self._room.put_everywhere(lambda each: each.refresh())


def heard(
    call: Call, note: Callable[[str], None], turning: Callable[[], Turning]
) -> tuple[Callable[[str, str], None], Callable[[], None], StickTelling]:
    """What the engine tells from its threads, brought to the Qt thread: alarms of holds, leases, sticks. ``turning`` is
    asked when something is told, because the engine is there first."""
    sticks = StickTelling(
        plugged=lambda states: call(lambda: turning().plugged(states)),
        pressed=lambda press: call(lambda: turning().pressed(press)),
        failed=lambda result: call(lambda: turning().failed(result)),
        note=note,
    )
    return (
        lambda device, sentence: call(lambda: turning().alarm(device, sentence)),
        lambda: turning().leases_changed(),
        sticks,
    )
