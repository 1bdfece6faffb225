"""The devices of the site: what is found, what is added, with which credentials, and where it has moved to.

One door for the screens: everything that can block (vault, network) runs in the device queues, results come back
through callbacks in worker threads; the screens hand them over to the Qt thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from console.model.site import Camera, Site
from console.services.device_queue import DeviceQueues
from console.services.discovery import Discovery, in_order
from console.services.feed_pool import FeedSource
from console.services.onboarding import Onboarder, OnboardingRun, Outcome, Progress, Step
from console.services.onboarding_csv import named
from console.services.onboarding_input import Candidate, from_known
from console.services.site_book import SiteBook
from console.store.credentials import Vault, VaultError
from drivers.errors import DriverError, Refused
from drivers.interfaces import Finder
from drivers.types import Credentials, DeviceKind, Discovered, StreamProfile, StreamRequest, Transport

log = logging.getLogger(__name__)

KeyAsker = Callable[[str, tuple[str, ...], Credentials | None, str, str], None]
"""Asks a camera for a key frame: name, addresses, credentials, expected endpoint, token of the profile. Blocks; raises
DriverError."""

_VAULT = "vault"
_STOP_SECONDS = 5.0
"""How long the end waits for cameras that are being asked; what they say later is not taken."""


class Devices:
    """Any thread calls it. ``changed`` is called after the list of found devices changed, from a finder's thread."""

    def __init__(
        self,
        book: SiteBook,
        vault: Vault,
        discovery: Discovery,
        onboarder: Onboarder,
        queues: DeviceQueues,
        ask_key: KeyAsker | None = None,
    ) -> None:
        self._ask_key = ask_key
        self.book, self._vault, self._discovery = book, vault, discovery
        self._onboarder, self._queues = onboarder, queues
        self._changed: Callable[[], None] = lambda: None
        self._runs: list[OnboardingRun] = []
        self._stopped = threading.Event()

    def start(self, changed: Callable[[], None]) -> tuple[DriverError, ...]:
        """Search from now on; returns what of the search cannot run here."""
        self._changed = changed
        return self._discovery.start(self._seen)

    def stop(self) -> None:
        """End the search, cancel what runs, and wait."""
        for run in self._runs:
            run.cancel()
        self._discovery.stop()
        self._queues.close()
        self._stopped.set()
        for run in self._runs:  # one that was beginning meanwhile is among them now
            run.cancel()
            run.wait(_STOP_SECONDS)

    # What there is

    @property
    def site(self) -> Site:
        """The site now."""
        return self.book.site

    def found(self) -> tuple[Discovered, ...]:
        """What answers on the network and is not part of the site yet, in the order of addresses."""
        known = {camera.id for camera in self.site.cameras}
        return in_order(d for d in self._discovery.snapshot() if d.id not in known and not d.gone)

    def search_again(self) -> None:
        """Ask the network again now."""
        self._discovery.probe()

    def sweep(self, finder: Finder) -> Future[None]:
        """Another search, for example of a range of addresses."""
        return self._queues.submit("sweep", lambda: self._discovery.add(finder))

    # Adding and changing

    def set_names(self) -> Future[tuple[str, ...]]:
        """The names of the credential sets that are kept."""
        return self._queues.submit(_VAULT, self._vault.names)

    def keep(self, credentials: Credentials) -> Future[str]:
        """Keep a credential set; gives its name. The future raises VaultError."""
        return self._queues.submit(_VAULT, lambda: named(credentials, self._vault))

    def onboard(
        self,
        candidates: Sequence[Candidate],
        sets: Sequence[str],
        progress: Callable[[Progress], None],
    ) -> Future[OnboardingRun]:
        """Bring candidates into the site; each camera that is learnt is part of it at once. The future gives the run,
        for cancelling, and raises VaultError."""

        return self._queues.submit(_VAULT, lambda: self._begin(candidates, sets, progress))

    def _begin(
        self, candidates: Sequence[Candidate], sets: Sequence[str], progress: Callable[[Progress], None],
        insist: bool = False,
    ) -> OnboardingRun:  # fmt: skip
        def tell(event: Progress) -> None:
            if event.camera is not None and event.outcome is Outcome.ADDED:
                if self._stopped.is_set():
                    return
                event = self._add(event, event.camera)
            progress(event)

        run = self._onboarder.start(candidates, sets, self.site, tell, insist)
        self._runs = [old for old in self._runs if not old.wait(0)] + [run]
        return run

    def _add(self, event: Progress, camera: Camera) -> Progress:
        """Into the site, with the number that it has there, or the next free one if another run took its own."""
        site = self.book.change(lambda site: site.adding((camera,)))
        added = site.by_id(camera.id)
        if added is None or added.number == camera.number:
            return event
        return replace(event, camera=added, sentence=f"{added.name}: added as number {added.number}.")

    def onboard_with(
        self,
        candidates: Sequence[Candidate],
        common: Credentials | None,
        own: Mapping[str, Credentials],
        progress: Callable[[Progress], None],
    ) -> Future[OnboardingRun]:
        """As ``onboard``, with credentials that were typed: ``common`` for all, ``own`` by candidate. They are kept in
        the vault under names first, because a camera's record holds only a name."""

        def begin() -> OnboardingRun:
            sets = [] if common is None else [named(common, self._vault)]
            named_own = {key: named(login, self._vault) for key, login in own.items()}
            ready = [replace(c, sets=(named_own[c.id], *c.sets)) if c.id in named_own else c for c in candidates]
            return self._begin(ready, sets, progress)

        return self._queues.submit(_VAULT, begin)

    def change_credentials(self, number: int, credentials: Credentials, tell: Callable[[Progress], None]) -> None:
        """Try other credentials at a camera of the site, once; they are kept if the camera takes them. ``tell`` gets
        how it ended, from a worker."""
        camera = self.site.by_number(number)
        if camera is None:
            return
        candidate = replace(from_known(camera), sets=())

        fresh: list[str] = []

        def done(event: Progress) -> None:
            if event.outcome is Outcome.PENDING:
                return
            if event.outcome is not Outcome.ADDED:
                for name in fresh:  # what no camera took is not kept
                    self._queues.submit(_VAULT, partial(self._vault.remove, name))
            tell(event)

        def begin() -> OnboardingRun:
            known = self._vault.names()
            name = named(credentials, self._vault)
            if name not in known:
                fresh.append(name)
            return self._begin([candidate], [name], done, insist=True)

        def failed(future: Future[OnboardingRun]) -> None:
            if (problem := _vault_problem(future)) is not None:
                tell(Progress(candidate, Step.DONE, Outcome.FAILED, problem))

        self._queues.submit(_VAULT, begin).add_done_callback(failed)

    def edit(self, camera_id: str, name: str, number: int, transport: Transport) -> None:
        """Another name, number and transport. Raises DuplicateCameraError or ValueError for a number that cannot be."""

        def changed(site: Site) -> Site:
            camera = site.by_id(camera_id)
            return (
                site
                if camera is None
                else site.with_camera(replace(camera, name=name, number=number, transport=transport))
            )

        self.book.change(changed)

    def remove(self, camera_id: str) -> None:
        """Take a camera out of the site."""
        self.book.change(lambda site: site.without(camera_id))

    # Streams

    def feed_sources(self) -> list[FeedSource]:
        """All cameras of the site for the feed pool."""
        return [self._source(camera) for camera in self.site.cameras]

    def _source(self, camera: Camera) -> FeedSource:
        profiles = tuple(
            StreamProfile(s.token, s.name, s.uri, s.codec, s.width, s.height, s.fps, s.bitrate_kbps, s.gop)
            for s in camera.streams
        )
        access = f"{camera.transport.value} {camera.credentials}"
        return FeedSource(
            camera.number,
            camera.name,
            profiles,
            lambda profile: self._request(camera, profile),
            access,
            camera.view,
            partial(self._want_key, camera) if self._ask_key is not None and camera.kind is DeviceKind.ONVIF else None,
        )

    def main_stream(self, number: int) -> tuple[Callable[[], StreamRequest], int] | None:
        """How the largest stream of a camera is asked for (in a worker), and the area of its pictures in pixels, 0
        where unknown. None for a camera without streams."""
        source = next((each for each in self.feed_sources() if each.number == number), None)
        if source is None or not source.profiles:
            return None
        best = max(source.profiles, key=lambda profile: profile.width * profile.height)
        return lambda: source.resolve(best), best.width * best.height

    def stream_of(self, number: int, token: str = "") -> Callable[[], StreamRequest] | None:
        """How one stream of a camera is asked for (in a worker), the largest without a token; None where there is no
        such stream."""
        source = next((each for each in self.feed_sources() if each.number == number), None)
        profiles = () if source is None else [each for each in source.profiles if token in ("", each.token)]
        if source is None or not profiles:
            return None
        best = max(profiles, key=lambda profile: profile.width * profile.height)
        return lambda: source.resolve(best)

    def _want_key(self, camera: Camera, profile: StreamProfile) -> None:
        """In a stream's worker, which does not wait: a camera that does not make one sends its next as always."""

        def ask() -> None:
            request = self._request(camera, profile)
            if self._ask_key is not None:
                self._ask_key(camera.name, camera.xaddrs, request.credentials, camera.id, profile.token)

        def told(future: Future[None]) -> None:
            error = None if future.cancelled() else future.exception()
            if isinstance(error, DriverError):
                log.info("%s", error)

        if not self._stopped.is_set():
            self._queues.submit(camera.id, ask).add_done_callback(told)

    def _request(self, camera: Camera, profile: StreamProfile) -> StreamRequest:
        """Runs in a stream's worker: the vault may take its time. The camera may have got other credentials or another
        transport since its stream was opened."""
        camera = self.site.by_id(camera.id) or camera
        credentials = None
        if camera.credentials:
            try:
                credentials = self._vault.get(camera.credentials)
            except VaultError as error:
                raise Refused(camera.name, str(error), "Open the vault, then try again.") from error
            if credentials is None:
                raise Refused(camera.name, f"the credentials {camera.credentials!r} are not on this computer")
        return StreamRequest(camera.name, profile.uri, credentials, camera.transport)

    # Moved cameras

    def _seen(self, now: Discovered, before: Discovered | None) -> None:
        camera = self.site.by_id(now.id)
        if camera is not None and not now.gone and now.xaddrs and not set(now.xaddrs) & set(camera.xaddrs):
            self._follow(camera, now)
        self._changed()

    def _follow(self, camera: Camera, now: Discovered) -> None:
        """A camera of the site answers from another address: read it again there. Its identity is checked before
        credentials are sent (``from_known`` sets what is expected)."""
        log.warning("%s answers from %s now; reading it again there", camera.name, now.address)

        def tell(event: Progress) -> None:
            if event.outcome not in (Outcome.PENDING, Outcome.ADDED):
                log.warning("%s", event.sentence)

        def failed(future: Future[OnboardingRun]) -> None:
            if (problem := _vault_problem(future)) is not None:
                log.warning("%s cannot be read again at its new address: %s", camera.name, problem)

        self.onboard([from_known(camera, now)], [], tell).add_done_callback(failed)


def _vault_problem(future: Future[OnboardingRun]) -> str | None:
    """Why a run did not begin: what the vault said, or nothing when it began or the program ends."""
    error = None if future.cancelled() else future.exception()
    return str(error) if isinstance(error, VaultError) else None
