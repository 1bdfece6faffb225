"""From a read to the camera of this site that made it: its name, its live picture, its replay at that moment."""

from __future__ import annotations

from collections.abc import Callable

from console.model.hotlists import Hit, ReadFacts
from console.model.named_cameras import CameraNames
from console.model.plate_queries import SeenPlate
from console.model.plate_sources import camera_numbered
from console.model.site import Camera
from console.services.site_book import SiteBook
from console.ui.plates.control import HitCameras
from console.ui.plates.read_cameras import ReadCameras
from console.ui.wall.replaying import Replaying


class ReadersOnWall:
    """Only the Qt thread. ``call_up`` brings a camera onto the wall, ``note`` takes a sentence for the bottom line."""

    def __init__(
        self,
        book: SiteBook,
        names: CameraNames,
        replaying: Replaying,
        call_up: Callable[[int], None],
        note: Callable[[str], None],
    ) -> None:
        self._book, self._names, self._replaying = book, names, replaying
        self._call_up, self._note = call_up, note

    def for_hits(self) -> HitCameras:
        """As the hits window wants it."""
        return HitCameras(self._named, lambda hit: self.live(hit.read), lambda hit: self.replayed(hit.read))

    def for_searches(self) -> ReadCameras:
        """As the search window wants it."""
        known = lambda read: self.camera(read) is not None  # noqa: E731 -- asked for the site as it is then
        return ReadCameras(self._names, self._names.asked, known, self.live, self.replayed, self._names.strangers)

    def camera(self, read: SeenPlate | ReadFacts) -> Camera | None:
        """The site's camera that read a plate."""
        return camera_numbered(read.source, read.camera, self._book.site)

    def live(self, read: SeenPlate | ReadFacts) -> None:
        """Its camera on the wall, as it is now."""
        camera = self.camera(read)
        if camera is not None:
            self._call_up(camera.number)
            self._replaying.live()

    def replayed(self, read: SeenPlate | ReadFacts) -> None:
        """Its camera on the wall, as it was when the plate was read."""
        camera = self.camera(read)
        if camera is not None:
            self._call_up(camera.number)
            if not self._replaying.selected_at(read.at.timestamp()):
                self._note(f"Nothing is kept of camera {camera.number} yet.")

    def _named(self, hit: Hit) -> str:
        camera = self.camera(hit.read)
        return "" if camera is None else f"{camera.number} {camera.name}"
