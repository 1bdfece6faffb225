"""Everything of the console that runs without a screen: devices, streams, recordings, sound, files. It picks concrete
drivers, as ``app`` does, and ends every thread that it began."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from console.acting import Acting, LampFactory, Telling, no_lamp_systems
from console.incoming import Incoming
from console.model.preferences import Preferences
from console.model.site import Site
from console.model.wall import Wall
from console.services.alarm_sound import AlarmSound
from console.services.audio import Listener
from console.services.device_queue import DeviceQueues
from console.services.devices import Devices
from console.services.discovery import Discovery
from console.services.exporter import Exporter
from console.services.feed_pool import FeedPool, ReplaySettings, WarmSettings
from console.services.footage import Footage
from console.services.footage_merge import MergedFootage
from console.services.layout_book import LayoutBook
from console.services.layout_book import Tell as TellLayouts
from console.services.onboarding import Onboarder, RefusalMemory
from console.services.plate_reader import PlateReader
from console.services.recorder import Recorder
from console.services.saver import Saver
from console.services.site_book import Save, SiteBook
from console.services.snapshots import Snapshot, SnapshotFailed, SnapshotRequest, Snapshots
from console.services.sticks import Sticks, StickTelling
from console.store.credentials import Vault
from console.store.layout_library import LayoutLibrary
from console.wanted import Wanted
from drivers.events import EventFeed
from drivers.interfaces import Finder
from drivers.ocr.eye import EyeMaker
from drivers.ocr.rapid import RapidPlateOcr
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.key_frames import KeyFrameAsker
from drivers.onvif.wsdl import WsdlLibrary
from drivers.sound.sdl import SdlOut
from drivers.sticks.sdl import SdlSticks
from drivers.types import View
from drivers.video.audio import open_audio
from drivers.video.clip_reader import read_clip, recover_clip
from drivers.video.encode_masked import masker
from drivers.video.grab import grab
from drivers.video.shaping import one_thread
from drivers.video.source import open_stream
from drivers.video.still import make_still
from drivers.video.writer import open_clip

FeedFactory = Callable[[Site, Vault, OnvifDescriber, str], tuple[list[EventFeed], list[str]]]
"""Makes the feeds of a site for the console of this name, and says in sentences which could not be made."""


def no_feeds(site: Site, vault: Vault, describer: OnvifDescriber, station: str) -> tuple[list[EventFeed], list[str]]:
    """For a console that nobody reports to."""
    return [], []


@dataclass(frozen=True, slots=True)
class Setting:
    """What a console starts with. The ``save_`` functions are called in threads of their own after a change."""

    site: Site
    save: Save
    vault: Vault
    wall: Wall
    save_wall: Callable[[Wall], None]
    finders: Sequence[Finder]
    layouts: LayoutLibrary
    folder: Path
    """Where pictures for tiles lie."""
    preferences: Preferences
    save_preferences: Callable[[Preferences], None]
    light: bool = False
    data: Path | None = None
    """Where the audit and what waits for its time lie; None: in ``folder``."""
    database: str = ""
    """Another database for the audit (an SQLAlchemy URL), for several consoles of one site."""
    lamp_systems: LampFactory = no_lamp_systems
    feeds: FeedFactory = no_feeds


def operator_name() -> str:
    """Who sits here, for evidence: the user of this computer, until there is a log-in of our own."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


class Engine:
    """The Qt thread builds and closes it. ``trouble`` takes a sentence for the operator, ``layouts_read`` the layouts,
    ``sound_changed`` says that another camera is heard, ``alarm`` that a device may still move, ``leases_changed`` that
    somebody took or gave back a camera, ``stick_telling`` what joysticks do; they are called in threads of the engine.
    """

    def __init__(
        self,
        setting: Setting,
        trouble: Callable[[str], None],
        layouts_read: TellLayouts,
        sound_changed: Callable[[], None],
        alarm: Callable[[str, str], None] = lambda device, sentence: None,
        leases_changed: Callable[[], None] = lambda: None,
        stick_telling: StickTelling | None = None,
    ) -> None:
        one_thread()
        self._trouble = trouble
        keep, wanted = setting.preferences.replay, setting.preferences
        self.book = SiteBook(setting.site, setting.save, partial(self._failed, "The site"))
        self.walls = Saver("wall file", setting.save_wall, partial(self._failed, "The wall"))
        self.preferences = Saver("preferences", setting.save_preferences, partial(self._failed, "The preferences"))
        describer = OnvifDescriber(WsdlLibrary())
        self.devices = Devices(
            self.book,
            setting.vault,
            Discovery(setting.finders),
            Onboarder(describer, open_stream, setting.vault, RefusalMemory()),
            DeviceQueues(name="devices"),
            KeyFrameAsker(describer),
        )
        self.pool = FeedPool(
            open_stream,
            replay=ReplaySettings(keep.seconds, keep.bytes_per_camera, keep.bytes_in_all),
            warm=WarmSettings(keep.warm_seconds, keep.most_warm),
        )
        self.layouts = LayoutBook(setting.layouts, setting.folder / "draft.json", layouts_read)
        self.recorder = Recorder(wanted.recording, open_clip, read_clip, recover_clip)
        self.snapshots = Snapshots(wanted.snapshots, make_still, grab)
        self._stills = Snapshots(replace(wanted.snapshots, caption=False), make_still, grab)
        self.exporter = Exporter(open_clip, masker)
        self.listener = Listener(open_audio, SdlOut, sound_changed)
        self.acting = Acting(
            self.book,
            setting.vault,
            describer,
            setting.data or setting.folder,
            operator_name(),
            Telling(trouble, alarm, leases_changed, lambda changes: self.incoming.report_lamps(changes)),
            setting.lamp_systems,
            setting.database,
        )
        self.incoming = Incoming(
            self.book,
            setting.data or setting.folder,
            self.acting.trail,
            trouble,
            setting.database,
            lambda station: setting.feeds(self.book.site, setting.vault, describer, station),
            self.acting.alarms.feed_trouble,
        )
        self.incoming.intake.follow("alarms", self.acting.alarms.handle)
        self.wanted = Wanted(
            self.book,
            setting.data or setting.folder,
            self.acting.trail,
            self.acting.alarms,
            self.incoming.intake,
            self.acting.actor.station,
            trouble,
            setting.database,
        )
        self.alarm_sound = AlarmSound(SdlOut, trouble, silent_seconds=wanted.silent_seconds)
        self.acting.alarms.listen(self.alarm_sound.show)
        self.plate_reader = PlateReader(
            lambda: self.book.site, self.devices.stream_of, open_stream, EyeMaker(RapidPlateOcr),
            changed=self.acting.alarms.feed_trouble,
        )  # fmt: skip
        self.sticks = Sticks(SdlSticks, self.acting.holds, stick_telling or StickTelling())

    # Questions about cameras, for whoever has only a number

    def numbers(self) -> list[int]:
        """All cameras of the site, rising."""
        return [camera.number for camera in self.book.site.cameras]

    def name_of(self, number: int) -> str | None:
        """A camera's name, None where there is no such camera."""
        camera = self.book.site.by_number(number)
        return None if camera is None else camera.name

    def view_of(self, number: int) -> View:
        """How a camera is shown."""
        camera = self.book.site.by_number(number)
        return View() if camera is None else camera.view

    def footage(self, number: int) -> Footage | None:
        """All that is kept of a camera: its replay buffer and its recordings."""
        ring = self.pool.footage(number)
        recorded = self.recorder.footage(number)
        return recorded if ring is None else MergedFootage((ring, recorded))

    def still(self, number: int, then: Callable[[Snapshot | None], None]) -> None:
        """A camera's newest picture as it is sent, in full size and without its view; ``then`` is called in a worker,
        with None where there is none to be had."""
        camera, main = self.book.site.by_number(number), self.devices.main_stream(number)
        if camera is None:
            then(None)
            return
        request = SnapshotRequest(
            number,
            camera.name,
            footage=self.pool.footage(number),
            main=None if main is None else main[0],
            main_pixels=0 if main is None else main[1],
            save=False,
        )

        def done(future: Future[Snapshot]) -> None:
            error = None if future.cancelled() else future.exception()
            if error is not None and not isinstance(error, SnapshotFailed):
                raise error
            then(None if future.cancelled() or error is not None else future.result())

        self._stills.take(request).add_done_callback(done)

    # Life

    def start(self) -> None:
        """Open what is on the disk. The search for devices begins with ``devices.start``."""
        self.recorder.start()
        self.layouts.load()
        self.alarm_sound.start()
        self.acting.start()
        self.wanted.start()
        self.incoming.start()
        self.plate_reader.start(self.incoming.intake.deliver, self._trouble)
        self.sticks.start()

    def close(self) -> None:
        """End everything and wait for it, what moves first, the files on disk at last."""
        self.sticks.close()
        self.acting.stop()
        self.wanted.close()
        self.plate_reader.stop()
        self.incoming.close()
        self.wanted.dispose()
        self.acting.close()
        self.alarm_sound.close()
        self.listener.close()
        for number in self.pool.recorded:
            self.pool.stop_recording(number)
        self.exporter.close()
        self.snapshots.close()
        self._stills.close()
        self.recorder.close()
        self.layouts.close()
        self.preferences.close()
        self.devices.stop()
        self.pool.close()
        self.book.close()
        self.walls.close()

    def _failed(self, what: str, error: Exception) -> None:
        """In a saving thread."""
        self._trouble(f"{what} could not be saved: {error}. It is tried again at the next change.")
