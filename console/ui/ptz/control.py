"""The hands on the selected camera: what they ask for goes through the door, what comes back is shown.

Each way to move (keys, pad, drag, slider) is a hand of its own that is put down and lifted; together they make one
speed, which is said again ten times a second for as long as one is down. A hand whose move was refused or failed counts
for nothing until it is lifted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from console.model.commands import Command, GoHome, GoPreset, GoTo, Move, StepBy
from console.model.permissions import Role
from console.model.ptz_hands import Step, Vector, velocity
from console.model.site import Camera
from console.services.commands import Result
from console.services.focus_hold import BEAT_SECONDS
from console.services.sticks import Aim
from console.ui.ptz.door import Door
from console.ui.ptz.facts import Call, FactBook, Facts
from drivers.errors import DriverError
from drivers.ptz import Axes, PtzStatus
from drivers.types import View

BEAT_MS = 100
FAILURE_SECONDS = 10.0
SULK_SECONDS = 3.0
"""A camera that does not tell where it looks is asked again after so long."""
AGAIN_MS = 10_000
"""A camera that did not say what it can do is asked again after so long, while it is selected."""
WISH_SECONDS = 1.0
PULSE_MS = 220
"""How long one notch of the wheel zooms a camera that only zooms while it is told to."""
NO_PICTURE = "There is no live picture of it, so it is not moved by hand. Presets work."


class PtzControl(QObject):
    """Lives on the Qt thread. ``call`` brings answers back to it."""

    changed = Signal()
    """Camera, facts, lease, failure or alarm."""
    read = Signal()
    """Where the camera looks."""
    failed = Signal(str, str)
    """A camera's id, and why it did not obey."""

    def __init__(
        self, door: Door, call: Call, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.door, self._call, self._clock = door, call, clock
        self.facts = FactBook(door.commands, call, self._learnt)
        self.camera: Camera | None = None
        self.live = False
        self.status = PtzStatus()
        self.speed = 1.0
        """The most that pan, tilt and zoom may be, as the slider has it."""
        self.alarms: dict[str, str] = {}
        self._failures: dict[str, tuple[str, float]] = {}
        self._zoom_wish: tuple[float, float] = (0.0, 0.0)
        self._hands: dict[str, tuple[Vector, float]] = {}
        self._spent: set[str] = set()
        self._moving = ""
        self._focusing: tuple[str, float] | None = None
        """The camera whose focus is moved now, and how fast."""
        self._focus_beat = QTimer(self)
        self._focus_beat.setInterval(round(BEAT_SECONDS * 1000))
        self._focus_beat.timeout.connect(self._say_focus)
        self._asking = False
        self._sulks_until = 0.0
        self._beat = QTimer(self)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._say)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._ask_again)

    # What is known

    @property
    def id(self) -> str:
        """The selected camera's id, "" for none."""
        return "" if self.camera is None else self.camera.id

    @property
    def known(self) -> Facts:
        """What the selected camera offers."""
        return Facts() if self.camera is None else self.facts.of(self.camera.id)

    @property
    def view(self) -> View:
        """How its pictures are shown."""
        return View() if self.camera is None else self.camera.view

    @property
    def held(self) -> bool:
        """Whether a hand of this screen moves it now."""
        return bool(self._moving)

    @property
    def pointing(self) -> tuple[Vector, float]:
        """What all hands together ask for, on the screen."""
        hands = [hand for source, hand in self._hands.items() if source not in self._spent]
        across, up = sum(hand[0][0] for hand in hands), sum(hand[0][1] for hand in hands)
        return (_one(across), _one(up)), _one(sum(hand[1] for hand in hands))

    @property
    def looking(self) -> Axes | None:
        """Where it looks, or is on its way to: a second notch of the wheel adds to the first."""
        position, (zoom, until) = self.status.position, self._zoom_wish
        if position is None or self._clock() >= until:
            return position
        return replace(position, zoom=zoom)

    def failure(self, camera: str) -> str:
        """Why a camera did not obey just now, "" for a while ago."""
        sentence, until = self._failures.get(camera, ("", 0.0))
        return sentence if self._clock() < until else ""

    def lease(self, camera: str) -> str:
        """Who has a camera in hand, and for how long still; "" for nobody."""
        lease, left = self.door.commands.leases().get(camera, (None, 0.0))
        if lease is None:
            return ""
        if lease.actor.role is Role.AUTOMATION:
            return "patrol"
        who = "You" if lease.actor == self.door.actor else f"{lease.actor.name} ({lease.actor.role.value})"
        return f"{who}, {left:.0f} s"

    def others(self, camera: str) -> str:
        """As ``lease``, for other people's alone."""
        lease, left = self.door.commands.leases().get(camera, (None, 0.0))
        if lease is None or lease.actor == self.door.actor or lease.actor.role is Role.AUTOMATION:
            return ""
        return f"{lease.actor.name} {left:.0f} s"

    def may(self, command: type[Command]) -> bool:
        """Whether who sits here has the right to do such a thing."""
        return self.door.commands.may(self.door.actor, command)

    def why_not(self, command: type[Command], offered: bool = True) -> str:
        """Why something is greyed out, "" where it can be done."""
        if self.camera is None:
            return "No camera is selected."
        facts = self.known
        if facts.asking:
            return "The camera is asked what it can do …"
        if not self.may(command):
            return f"Not allowed as {self.door.actor.role.value}. Ask a supervisor."
        return "" if offered else "This camera cannot."

    def aim(self) -> Aim | None:
        """What sticks may move now."""
        if self.camera is None or not self.live or not self.known.features.continuous or not self.may(Move):
            return None
        return Aim(self.camera.id, self.door.actor, self.known.features, self.view, (self.speed, self.speed))

    # What the wall says

    def select(self, camera: Camera | None) -> None:
        """Another camera, or none; hands on the one before are off."""
        if (None if camera is None else camera.id) != (self.id or None):
            self.lift_all("another camera was selected")
            self.status = PtzStatus()
            self._sulks_until = 0.0
            self._zoom_wish = (0.0, 0.0)
        self.camera = camera
        if camera is not None and self.facts.of(camera.id).error and not self.known.asking:
            self.facts.ask(camera.id)
        self.changed.emit()

    def tick(self, live: bool, watched: bool) -> None:
        """Five times a second: whether the camera's picture is live, and whether anybody looks at the panel."""
        if self.live and not live:
            self.lift_all("the picture was lost")
        self.live = live
        features = self.known.features
        tells = features.tells_position or features.tells_motion
        if self.camera is None or not tells or self._asking or not (watched or self._moving):
            return
        if self._clock() < self._sulks_until:
            return
        camera = self.camera.id
        self._asking = True

        def came(status: PtzStatus | None, error: DriverError | None) -> None:
            self._call(lambda: self._read(camera, status))

        self._asking = self.door.commands.ask(camera, lambda device: device.ptz().status(), came)

    def alarm(self, camera: str, sentence: str) -> None:
        """A stop was not confirmed; "": it was after all."""
        if sentence:
            self.alarms[camera] = sentence
        else:
            self.alarms.pop(camera, None)
        self.changed.emit()

    # Hands

    def press(self, source: str, vector: Vector = (0.0, 0.0), zoom: float = 0.0) -> None:
        """A hand is down and asks for this; said again when it changes."""
        if self.camera is None:
            return
        if source not in self._hands and not self.live:
            self._spent.add(source)
            self._hands[source] = (vector, zoom)
            self.fail(self.camera.id, f"{self.camera.name}: {NO_PICTURE}")
            return
        self._hands[source] = (vector, zoom)
        self._say()

    def lift(self, source: str) -> None:
        """A hand is off."""
        self._hands.pop(source, None)
        self._spent.discard(source)
        self._say()

    def focus(self, speed: float) -> None:
        """Move the focus of the selected camera until ``stop_focus``."""
        self.stop_focus()
        if self.camera is not None:
            self._focusing = (self.id, speed)
            self._focus_beat.start()
            self._say_focus()

    def stop_focus(self) -> None:
        """Stop the focus that was moved, whichever camera is selected now."""
        self._focus_beat.stop()
        focusing, self._focusing = self._focusing, None
        if focusing is not None:
            self.door.focus.let_go(focusing[0], self.door.actor)

    def lift_all(self, why: str) -> None:
        """All hands are off, and count for nothing until they are put down anew."""
        self.stop_focus()
        self._spent.update(self._hands)
        self._beat.stop()
        camera, self._moving = self._moving, ""
        if camera:
            self.door.holds.let_go(camera, why, self.door.actor)
            self.read.emit()

    def stop(self) -> None:
        """Stand still, whatever moves it."""
        if self.camera is not None:
            self.stop_again(self.camera.id)

    def stop_again(self, camera: str) -> None:
        """Stop a camera that may still move."""
        self._spent.update(self._hands)
        self._moving = "" if self._moving == camera else self._moving
        self.door.holds.stop(camera, self.door.actor, self._went)

    def take(self, step: Step | None, cannot: str) -> None:
        """A click, a rubber band or a notch: a position or a way; ``cannot`` is said where the camera takes neither."""
        if self.camera is None:
            return
        if step is None:
            self.fail(self.camera.id, f"{self.camera.name}: {cannot}")
        elif step.position is not None:
            if step.position.zoom is not None:
                self._zoom_wish = step.position.zoom, self._clock() + WISH_SECONDS
            self.do(GoTo(self.camera.id, step.position))
        elif step.way is not None:
            self.do(StepBy(self.camera.id, step.way))

    def pulse_zoom(self, zoom: float) -> None:
        """Zoom for a moment, where a camera knows no steps."""
        self.press("wheel", zoom=zoom)
        QTimer.singleShot(PULSE_MS, self, lambda: self.lift("wheel"))

    def go_preset(self, index: int) -> None:
        """The preset at this place of the list, 0 the first."""
        presets = self.known.presets
        if self.camera is None:
            return
        if index >= len(presets):
            self.fail(self.camera.id, f"{self.camera.name} has no preset {index + 1}.")
        else:
            self.do(GoPreset(self.camera.id, presets[index].token, presets[index].name))

    def go_home(self) -> None:
        """To the home position."""
        if self.camera is not None:
            self.do(GoHome(self.camera.id))

    def do(self, command: Command, then: Callable[[Result], None] = lambda result: None) -> None:
        """Anything else; how it went comes back on the Qt thread."""

        def told(result: Result) -> None:
            self._shown(result)
            then(result)

        def came(result: Result) -> None:
            self._call(lambda: told(result))

        self.door.commands.do(command, self.door.actor, came)

    def fail(self, camera: str, sentence: str) -> None:
        """Say why something was not done, where the hand was."""
        self._failures[camera] = (sentence, self._clock() + FAILURE_SECONDS)
        self.failed.emit(camera, sentence)
        self.changed.emit()

    def close(self) -> None:
        """The program ends: let go, and ask no more."""
        self.lift_all("the console ends")
        self._again.stop()

    # Inside

    def _say(self) -> None:
        """Tell the door what the hands ask for now."""
        camera, features = self.camera, self.known.features
        vector, zoom = self.pointing
        wanted = velocity(vector, zoom, self.view, features, (self.speed, self.speed))
        if camera is None or wanted.still:
            self._beat.stop()
            held, self._moving = self._moving, ""
            if held:
                self.door.holds.let_go(held, actor=self.door.actor)
            if camera is not None and not held and (vector != (0.0, 0.0) or zoom) and not self.known.asking:
                self._spent.update(self._hands)
                self.fail(camera.id, f"{camera.name} cannot be moved like this.")
            self.read.emit()
            return
        self._moving = camera.id
        if not self._beat.isActive():
            self._beat.start()
        if not self.door.holds.hold(camera.id, wanted, self.door.actor, self._went):
            self._beat.stop()
            self._moving = ""
            self._spent.update(self._hands)
        self.read.emit()

    def _say_focus(self) -> None:
        """Tell the door that the focus is still held."""
        if self._focusing is not None:
            camera, speed = self._focusing
            if not self.door.focus.hold(camera, speed, self.door.actor, self._went):
                self.stop_focus()

    def _went(self, result: Result) -> None:
        """From whatever thread: a hand or a stop was refused, or failed later."""
        self._call(lambda: self._shown(result))

    def _shown(self, result: Result) -> None:
        if result.ok:
            return
        if isinstance(result.command, Move) and result.command.device == self._moving:
            self.lift_all("a move failed")
        self.fail(result.command.device, result.sentence)

    def _read(self, camera: str, status: PtzStatus | None) -> None:
        self._asking = False
        if status is None:
            self._sulks_until = self._clock() + SULK_SECONDS
        elif camera == self.id:
            self.status = status
            self.read.emit()

    def _learnt(self, camera: str) -> None:
        if camera != self.id:
            return
        if self.known.error:
            self._again.start()
        self.changed.emit()

    def _ask_again(self) -> None:
        if self.camera is not None and self.known.error and not self.known.asking:
            self.facts.ask(self.camera.id)


def _one(value: float) -> float:
    return min(1.0, max(-1.0, value))
