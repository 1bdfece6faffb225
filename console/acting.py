"""All of the console that acts on the world: the door out with its audit, holds, patrols, lamps, put-off commands. It
picks concrete drivers, as ``engine`` does, and ends what it began."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from console.model.alarm_causes import Named
from console.model.commands import LightLamps, ReleaseLamps
from console.model.lamp_leases import LampLease, LampRef, Told
from console.model.lamp_watch import LampChange, LampWatch
from console.model.leases import LeaseBook
from console.model.permissions import Actor
from console.model.site import Camera, Site
from console.model.timed import Timed
from console.services.alarm_desk import AlarmDesk
from console.services.alarm_keeper import AlarmKeeper
from console.services.audit_trail import AuditTrail
from console.services.commands import Commands
from console.services.device_controls import DeviceControlBook
from console.services.device_queue import DeviceQueues
from console.services.focus_hold import FocusHolds
from console.services.lamps import Lamps
from console.services.patrols import PATROL, Patrols
from console.services.ptz_hold import Holds
from console.services.queued_outputs import QueuedOutputs
from console.services.saver import Saver
from console.services.shared_leases import SharedLeases
from console.services.site_book import SiteBook
from console.services.ticker import Ticker
from console.services.timetable import Timetable
from console.store.alarms import AlarmStore
from console.store.audit import Audit
from console.store.credentials import Vault
from console.store.database import open_database, sqlite_url
from console.store.lease_file import KeptLeases, LeaseFileError, load_leases, save_leases
from console.store.lease_table import LeaseTable
from console.store.timed_file import TimedFileError, load_timed, save_timed
from drivers.events import EventKind
from drivers.luminaires import LampAnswer, LampSystem
from drivers.onvif.controls import OnvifControls
from drivers.onvif.describe import OnvifDescriber
from drivers.ptz import OutputDriver
from drivers.types import Credentials

log = logging.getLogger(__name__)

WORKERS = 16
"""Devices that can be talked to at a time; a dead one keeps a worker busy until its time-out."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom to tell; all are called in threads of ``acting``. ``alarm`` takes a device and a sentence, "" when it is
    over; ``changed`` says that somebody took or gave back a lease, ``faults`` which lamps became faulty or well
    again."""

    trouble: Callable[[str], None]
    alarm: Callable[[str, str], None]
    changed: Callable[[], None]
    faults: Callable[[Sequence[LampChange]], None] = lambda changes: None


LampFactory = Callable[[Site, Vault, Callable[[Camera], OutputDriver]], tuple[list[LampSystem], list[str]]]
"""Makes the drivers of a site's lamp systems, and says in sentences which could not be made. Called in a worker. It is
given the relays of cameras, for lamps on them: each call takes its turn in the camera's own queue."""


def no_lamp_systems(
    site: Site, vault: Vault, outputs: Callable[[Camera], OutputDriver]
) -> tuple[list[LampSystem], list[str]]:
    """For a console without lamps."""
    return [], []


def audit_of(folder: Path, database: str = "") -> Audit:
    """The audit of the console whose data lie in ``folder``, or of another ``database`` (an SQLAlchemy URL). Raises
    DatabaseError."""
    engine = open_database(database or sqlite_url(folder / "watchfloor.db"))
    return Audit(engine, folder / "audit.head")


def alarms_of(folder: Path, database: str = "", station: str = "") -> AlarmStore:
    """The alarms, in the same database. Raises DatabaseError."""
    return AlarmStore(open_database(database or sqlite_url(folder / "watchfloor.db")), station)


def leases_of(folder: Path, database: str = "") -> LeaseTable:
    """Who has which device in hand, in the same database. Raises DatabaseError."""
    return LeaseTable(open_database(database or sqlite_url(folder / "watchfloor.db")))


class Acting:
    """The Qt thread builds and closes it; what it offers may be called from any thread. ``lamp_systems`` makes the
    drivers of the site's lamp systems; it is asked in a worker."""

    def __init__(
        self,
        book: SiteBook,
        vault: Vault,
        describer: OnvifDescriber,
        folder: Path,
        operator: str,
        telling: Telling,
        lamp_systems: LampFactory = no_lamp_systems,
        database: str = "",
    ) -> None:
        self._book, self._vault, self._telling, self._lamp_systems = book, vault, telling, lamp_systems
        self._operator, self._station = operator, socket.gethostname()
        self._stopped = False
        self._connected: set[str] = set()
        """Lamp systems that were asked for; in their one worker only."""
        self.ticker = Ticker()
        # An order for lamps on relays keeps a worker while the cameras' queues do it: it must not be the last one.
        relays = sum(entry.kind == "relays" for entry in book.site.lamp_systems)
        self.queues = DeviceQueues(WORKERS + relays, name="commands")
        self.trail = AuditTrail(partial(audit_of, folder, database), telling.trouble)
        self.controls = DeviceControlBook(lambda: book.site, vault, partial(_controls_of, describer))
        self.shared = SharedLeases(partial(leases_of, folder, database))
        self._in_hand = LeaseBook()
        self.commands = Commands(
            self.queues,
            self.trail,
            self.controls,
            self.name_of,
            policy=lambda: book.site.policy,
            lamps=self._dispatch,
            changed=telling.changed,
            leases=self._in_hand,
            shared=self.shared,
        )
        wake = self.ticker.wake
        self.alarms = AlarmDesk(
            partial(alarms_of, folder, database, self._station), self.trail, self._station, telling.trouble,
            policy=lambda: book.site.policy, rules=lambda: book.site.alarm_rules, naming=self._named,
        )  # fmt: skip
        self.alarm_keeper = AlarmKeeper(
            partial(alarms_of, folder, database), lambda: book.site.keeping, self.trail, self._station
        )
        self.holds = Holds(self.commands, wake, self._may_move)
        self.focus = FocusHolds(self.commands, wake)
        self.patrols = Patrols(self.commands, wake, actor=replace(PATROL, station=self._station))
        kept = self._kept_leases(folder / "lamp_leases.json")
        self._leases: Saver[KeptLeases] = Saver(
            "lamp leases", partial(save_leases, folder / "lamp_leases.json"), partial(self._failed, "Leases of lamps")
        )
        self.lamps = Lamps(
            self.commands, wake, kept.leases, kept.told, self._keep_leases, faults=telling.faults,
            watch=LampWatch(self._faulty_before),
        )  # fmt: skip
        self._timed: Saver[tuple[Timed, ...]] = Saver(
            "timetable", partial(save_timed, folder / "timetable.json"), partial(self._failed, "Put-off commands")
        )
        self.timetable = Timetable(
            self.commands, wake, self._kept_timed(folder / "timetable.json"), self._timed.keep, telling.trouble
        )
        for tick in (
            self.commands.tick,
            self.holds.tick,
            self.focus.tick,
            self.patrols.tick,
            self.lamps.tick,
            self.timetable.tick,
            self.alarms.tick,
        ):
            self.ticker.add(tick)
        self._follow(book.site)
        book.listen(self._follow)

    @property
    def actor(self) -> Actor:
        """Who sits here. Until there is a log-in: this computer's user, with the role that the site gives."""
        return Actor(self._operator or "operator", self._book.site.role, self._station)

    def name_of(self, device: str) -> str:
        """What the operator calls a device."""
        camera = self._book.site.by_id(device)
        return device if camera is None else camera.name

    def forget(self, device: str) -> None:
        """Connect to a device anew at its next command: it has other credentials, or another try is wanted."""
        self.controls.forget(device)

    def start(self) -> None:
        """Connect to the lamp systems, go on with patrols; returns at once."""
        self.ticker.start()
        self.alarms.start()
        self.alarm_keeper.start()
        self.queues.submit("audit", self.trail.open)
        self.connect_lamps()

    def connect_lamps(self) -> None:
        """Connect to the lamp systems of the site that are new since the last time; returns at once."""
        self.queues.submit("lamp systems", self._start_lamps)

    def stop(self) -> None:
        """Stop what moves; nothing can be moved any more. All else goes on until ``close``. Once is enough."""
        stopped, self._stopped = self._stopped, True
        if stopped:
            return
        if not self.holds.close():
            log.warning("a camera did not confirm its stop before the end; its own time-out stops it")
        if not self.focus.close():
            log.warning("a lens did not confirm the stop of its focus before the end")

    def close(self) -> None:
        """``stop``, end every thread, files on disk at last. Lamps go back at their ends by themselves."""
        self.stop()
        self.ticker.close()
        self.lamps.close()
        self.queues.close()
        self.controls.close()
        self._leases.close()
        self._timed.close()
        self.shared.close()
        self.alarm_keeper.close()
        self.alarms.close()
        self.trail.close()

    def _may_move(self, device: str, sentence: str) -> None:
        """A Stop was not confirmed: where the camera is turned it is told at once, and as an alarm it is kept."""
        self._telling.alarm(device, sentence)
        self.alarms.may_move(device, sentence)

    def _named(self, device: str) -> Named | None:
        """What the site knows of a device, by its id or, as other systems call it, by its name."""
        site = self._book.site
        camera = site.by_id(device) or next((each for each in site.cameras if each.name == device), None)
        return None if camera is None else Named(camera.number, camera.name, camera.place)

    def _follow(self, site: Site) -> None:
        """The site as it is now."""
        self.patrols.set(site.patrols)
        self._in_hand.seconds = self.shared.seconds = site.lease_seconds

    def _start_lamps(self) -> None:
        site = self._book.site
        fresh = tuple(entry for entry in site.lamp_systems if entry.name not in self._connected)
        self._connected.update(entry.name for entry in fresh)
        systems, problems = self._lamp_systems(replace(site, lamp_systems=fresh), self._vault, self._outputs)
        for problem in problems:
            self._telling.trouble(problem)
        self.lamps.start(systems)

    def _outputs(self, camera: Camera) -> OutputDriver:
        return QueuedOutputs(camera.id, camera.name, self.queues, self.controls)

    def _dispatch(self, command: LightLamps | ReleaseLamps) -> tuple[LampAnswer, ...]:
        return self.lamps.dispatch(command)

    def _faulty_before(self, system: str) -> frozenset[str] | None:
        """Which lamps of a system have an alarm that is not over. In threads of lamp drivers, who hold the lock of all
        lamps: the alarms are looked at as they were told last, which waits for nobody."""
        view = self.alarms.view
        if not view.ready:
            return None
        return frozenset(
            each.cause.device
            for each in view.alarms
            if each.active and each.cause.kind == EventKind.LAMP and each.cause.source == system
        )

    def _keep_leases(self, leases: tuple[LampLease, ...], told: Mapping[LampRef, Told]) -> None:
        self._leases.keep(KeptLeases(leases, told))

    def _kept_leases(self, file: Path) -> KeptLeases:
        try:
            return load_leases(file, datetime.now(UTC))
        except LeaseFileError as error:
            self._telling.trouble(str(error))
            return KeptLeases()

    def _kept_timed(self, file: Path) -> tuple[Timed, ...]:
        try:
            return load_timed(file)
        except TimedFileError as error:
            self._telling.trouble(str(error))
            return ()

    def _failed(self, what: str, error: Exception) -> None:
        self._telling.trouble(f"{what} could not be saved: {error}. It is tried again at the next change.")


def _controls_of(describer: OnvifDescriber, camera: Camera, login: Credentials | None) -> OnvifControls:
    return OnvifControls(describer, camera.name, camera.xaddrs, login, camera.id)
