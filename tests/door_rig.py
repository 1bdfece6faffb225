"""The door out on fake devices: real rights, leases, holds and patrols; queues and clocks that a test turns by hand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

from fake_ptz import FakePtz

from console.model.permissions import Actor, Policy, Role
from console.services.commands import Commands
from console.services.focus_hold import FocusHolds
from console.services.patrols import Patrols
from console.services.ptz_hold import Holds
from console.services.shared_leases import SharedLeases
from console.services.timetable import Timetable
from console.store.database import DatabaseError
from drivers.errors import DriverError, Unsupported
from drivers.ptz import DeviceClock, ImagingFeatures, ImagingSettings, Output, Preset, PtzDriver, PtzFeatures, Switch

ANNA = Actor("Anna", Role.OPERATOR, "desk 1")
BERT = Actor("Bert", Role.SUPERVISOR, "desk 2")
CARL = Actor("Carl", Role.OPERATOR, "desk 3")
CAMERA = "urn:uuid:1"


class Time:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def utc(self) -> datetime:
        """The same as a date."""
        return datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(seconds=self.now)


class HandQueues:
    """As DeviceQueues, but the work is done when a test calls ``run``."""

    def __init__(self) -> None:
        self.jobs: deque[tuple[bool, str, Callable[[], Any], Future[Any]]] = deque()
        self.closed = False

    def submit(self, device: str, work: Callable[[], Any], urgent: bool = False) -> Future[Any]:
        if self.closed:
            raise RuntimeError("closed")
        future: Future[Any] = Future()
        self.jobs.append((urgent, device, work, future))
        return future

    def clear(self, device: str) -> int:
        dropped = [job for job in self.jobs if job[1] == device and not job[0]]
        self.jobs = deque(job for job in self.jobs if job not in dropped)
        for job in dropped:
            job[3].cancel()
        return len(dropped)

    def turn(self) -> bool:
        """One job, an urgent one first; False if there is none."""
        if not self.jobs:
            return False
        job = next((job for job in self.jobs if job[0]), self.jobs[0])
        self.jobs.remove(job)
        job[3].set_running_or_notify_cancel()
        try:
            job[3].set_result(job[2]())
        except Exception as error:  # noqa: BLE001 -- as DeviceQueues: the future has it
            job[3].set_exception(error)
        return True

    def run(self) -> None:
        """All that waits, and what comes of it."""
        for _ in range(1000):
            if not self.turn():
                return
        raise AssertionError("the queue never ends")


class FakeTrail:
    """As AuditTrail: ``entries`` are (who, what, device, outcome)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str, str]] = []
        self.details: list[Mapping[str, object] | None] = []
        self.broken = False

    def add(
        self, actor: Actor, action: str, target: str, detail: Mapping[str, object] | None = None,
        outcome: str = "asked", about: int = 0,
    ) -> int:  # fmt: skip
        if self.broken:
            raise DatabaseError("audit.db", "disk full")
        self.entries.append((actor.name, action, target, outcome))
        self.details.append(detail)
        return len(self.entries)

    def add_within(
        self, seconds: float, actor: Actor, action: str, target: str, detail: Mapping[str, object] | None = None,
        outcome: str = "asked", about: int = 0,
    ) -> int:  # fmt: skip
        return self.add(actor, action, target, detail, outcome, about)

    def outcomes(self, what: str) -> list[str]:
        """How all entries of a verb ended."""
        return [entry[3] for entry in self.entries if entry[1] == what]


class FakeImaging:
    """An ImagingDriver in memory."""

    def __init__(self) -> None:
        self.now = ImagingSettings(brightness=0.5, contrast=0.5, ir_cut=Switch.AUTO, auto_exposure=True, iris=0.5)
        self.offers = ImagingFeatures(
            frozenset({"brightness", "contrast", "ir_cut", "auto_exposure", "iris", "auto_focus"}),
            ir_cut=(Switch.ON, Switch.OFF, Switch.AUTO),
            focus_continuous=True,
        )
        self.commands: list[tuple[str, object]] = []
        self.fail_next_step: DriverError | None = None

    def features(self) -> ImagingFeatures:
        return self.offers

    def settings(self) -> ImagingSettings:
        return self.now

    def set(self, settings: ImagingSettings) -> ImagingSettings:
        self.commands.append(("set", settings))
        values = {name: getattr(settings, name) for name in ImagingSettings.__slots__}
        old = {name: getattr(self.now, name) for name in ImagingSettings.__slots__}
        self.now = ImagingSettings(**{name: old[name] if new is None else new for name, new in values.items()})
        return self.now

    def focus(self, speed: float) -> None:
        self.commands.append(("focus", speed))

    def focus_step(self, way: float) -> None:
        if self.fail_next_step is not None:
            error, self.fail_next_step = self.fail_next_step, None
            raise error
        self.commands.append(("focus step", way))

    def focus_to(self, position: float) -> None:
        self.commands.append(("focus to", position))

    def stop_focus(self) -> None:
        self.commands.append(("focus", 0.0))


class FakeOutputs:
    """An OutputDriver in memory."""

    def __init__(self) -> None:
        self.there = (Output("R1", pulse=None, active=False), Output("R2", pulse=2.0, active=None, latches=False))
        self.commands: list[tuple[object, ...]] = []

    def outputs(self) -> tuple[Output, ...]:
        return self.there

    def set(self, token: str, active: bool) -> None:
        self.commands.append(("set", token, active))

    def pulse(self, token: str, seconds: float) -> None:
        self.commands.append(("pulse", token, seconds))


class FakeCare:
    """A CareDriver in memory."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def reboot(self) -> str:
        self.commands.append("reboot")
        return "Rebooting"

    def clock(self) -> DeviceClock:
        return DeviceClock(datetime(2026, 5, 1, tzinfo=UTC), 1.5, True)

    def set_clock(self, time: datetime) -> None:
        self.commands.append("set clock")


class FakeControls:
    """A DeviceControls: one head for all devices. ``no_head``: it cannot be turned."""

    def __init__(self, head: PtzDriver) -> None:
        self.head, self.lens, self.relays, self.carer = head, FakeImaging(), FakeOutputs(), FakeCare()
        self.broken: DriverError | None = None
        self.no_head = False

    def ptz(self) -> PtzDriver:
        if self.broken is not None:
            raise self.broken
        if self.no_head:
            raise Unsupported("cam", "it has no head")
        return self.head

    def imaging(self) -> FakeImaging:
        return self.lens

    def outputs(self) -> FakeOutputs:
        return self.relays

    def care(self) -> FakeCare:
        return self.carer


class Rig:
    """The door and what uses it. ``alarms`` and ``told`` collect what it says."""

    def __init__(
        self,
        features: PtzFeatures | None = None,
        policy: Policy | None = None,
        shared: SharedLeases | None = None,
        time: Time | None = None,
    ) -> None:
        self.time = time or Time()
        self.head = FakePtz(self.time) if features is None else FakePtz(self.time, features)
        self.devices = FakeControls(self.head)
        self.queues, self.trail = HandQueues(), FakeTrail()
        self.alarms: list[tuple[str, str]] = []
        self.told: list[str] = []
        self.lease_changes = 0
        self.policy = policy or Policy()
        self.actor = ANNA
        self.commands = Commands(
            self.queues, self.trail, lambda device: self.devices, lambda device: "Depot",  # type: ignore[arg-type]
            policy=lambda: self.policy, clock=self.time, changed=self._changed, shared=shared,
        )  # fmt: skip
        self.holds = Holds(self.commands, lambda: None, lambda *alarm: self.alarms.append(alarm), self.time)
        self.focus = FocusHolds(self.commands, lambda: None, self.time)
        self.patrols = Patrols(self.commands, lambda: None, self.time)
        self.timetable = Timetable(self.commands, lambda: None, told=self.told.append, utc=self.time.utc)

    def _changed(self) -> None:
        self.lease_changes += 1

    def pass_(self, seconds: float, step: float = 0.05, touch: Callable[[], object] = lambda: None) -> None:
        """Time passes in small steps; all is done that is due, and ``touch`` at each."""
        for _ in range(round(seconds / step)):
            self.time.now += step
            touch()
            for tick in (self.commands.tick, self.holds.tick, self.focus.tick, self.patrols.tick, self.timetable.tick):
                tick(self.time.now)
            self.queues.run()

    def done(self, *names: str) -> list[tuple[str, tuple[object, ...]]]:
        """The head's commands of these names."""
        return [command for command in self.head.commands if command[0] in names]

    def moves(self) -> list[object]:
        """The speeds that were sent."""
        return [args[0] for _, args in self.done("move")]

    def keep(self, *names: str) -> tuple[Preset, ...]:
        """Presets of these names."""
        for name in names:
            self.head.set_preset(name)
        return self.head.presets()
