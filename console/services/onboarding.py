"""Bringing many cameras into the site at once: describe each, try credential sets with care, number the result.

Cameras lock accounts after a few wrong passwords. So each set is tried once per camera, at most ``max_sets`` different
ones within half an hour, a set that was refused is not tried again until it changes, and a lock-out ends it.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from ipaddress import ip_address

from console.model.site import Camera, Site, Stream
from console.services.onboarding_input import Candidate
from console.store.credentials import Vault
from drivers.errors import DriverError, LockedOut, Refused, Unsupported
from drivers.interfaces import Describer, VideoOpener
from drivers.types import CameraDescription, Codec, Credentials, DeviceKind, StreamRequest, Transport
from drivers.urls import host_of

MAX_SETS = 3
_MEMORY_S = 30 * 60.0


class Step(enum.StrEnum):
    """How far a camera is."""

    WAITING = "waiting"
    ASKING = "asking"
    DONE = "done"


class Outcome(enum.StrEnum):
    """How it ended; PENDING until then."""

    PENDING = "pending"
    ADDED = "added"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """What happens with one candidate. ``sentence`` is for the technician; ``camera`` is there once it is ADDED."""

    candidate: Candidate
    step: Step
    outcome: Outcome
    sentence: str
    camera: Camera | None = None
    warnings: tuple[str, ...] = ()


class RefusalMemory:
    """Which credentials a camera has refused. One for the whole program; any thread. ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._refused: dict[str, dict[Credentials, float]] = {}

    def note(self, camera_id: str, credentials: Credentials) -> None:
        """The camera has refused these."""
        with self._lock:
            self._refused.setdefault(camera_id, {})[credentials] = self._clock()

    def refused(self, camera_id: str, credentials: Credentials) -> bool:
        """Whether it has refused exactly these, ever."""
        with self._lock:
            return credentials in self._refused.get(camera_id, {})

    def recent(self, camera_id: str) -> int:
        """How many it has refused in the last half hour, in which many cameras count towards locking the account."""
        with self._lock:
            since = self._clock() - _MEMORY_S
            return sum(when >= since for when in self._refused.get(camera_id, {}).values())

    def forget(self, camera_id: str) -> None:
        """Its password was changed at the camera: everything may be tried again."""
        with self._lock:
            self._refused.pop(camera_id, None)


class Onboarder:
    """Starts runs. Any thread; ``describe``, ``open_video`` and ``vault`` must allow that too. ``parallel`` cameras are
    asked at once. ``open_video`` looks at streams that are added by URL."""

    def __init__(
        self,
        describe: Describer,
        open_video: VideoOpener,
        vault: Vault,
        memory: RefusalMemory,
        parallel: int = 8,
        max_sets: int = MAX_SETS,
    ) -> None:
        self._describe = describe
        self._open_video = open_video
        self._vault = vault
        self._memory = memory
        self._parallel = parallel
        self._max_sets = max_sets

    def start(
        self,
        candidates: Iterable[Candidate],
        sets: Sequence[str],
        site: Site,
        progress: Callable[[Progress], None],
        insist: bool = False,
    ) -> OnboardingRun:
        """Begin, and return at once. ``sets`` names credential sets in the order of trying, after a candidate's own.
        ``progress`` is called from worker threads, one call at a time. With ``insist`` the limit of refusals is off
        (the user was told of the lock-out). Raises VaultError when the passwords cannot be read."""
        numbered = _numbered(candidates, site)
        names = {name for candidate in numbered for name in (*candidate.sets, *sets)}
        known = {name: found for name in names if (found := self._vault.get(name)) is not None}
        attempts = Attempts(self._memory, known, tuple(sets), None if insist else self._max_sets)
        worker = _Worker(self._describe, self._open_video, attempts, site)
        return OnboardingRun(numbered, worker, progress, min(self._parallel, len(numbered) or 1))


class OnboardingRun:
    """One run. Any thread may cancel it, wait for it and read its result."""

    def __init__(
        self, candidates: Sequence[Candidate], worker: _Worker, progress: Callable[[Progress], None], parallel: int
    ) -> None:
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._progress = progress
        self._cancelled = threading.Event()
        self._results: dict[str, Progress] = {}
        self._told = 0
        self._order = [candidate.id for candidate in candidates]
        self._over = threading.Event()
        if not candidates:
            self._over.set()
        pool = ThreadPoolExecutor(parallel, thread_name_prefix="onboarding")
        self._futures: list[Future[None]] = [pool.submit(self._one, worker, candidate) for candidate in candidates]
        pool.shutdown(wait=False)

    def cancel(self) -> None:
        """Begin no more cameras; those in progress end within the describer's limit."""
        self._cancelled.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it came. An error that is no DriverError (a bug, or a ``progress`` that raised) is
        raised here."""
        over = self._over.wait(timeout)
        for future in self._futures:
            if future.done():
                future.result()
        return over

    def results(self) -> tuple[Progress, ...]:
        """How each candidate ended so far, in the order given."""
        with self._lock:
            return tuple(self._results[key] for key in self._order if key in self._results)

    def cameras(self) -> tuple[Camera, ...]:
        """The cameras learnt so far; ``site.adding(run.cameras())`` is the new site."""
        return tuple(result.camera for result in self.results() if result.camera is not None)

    def _one(self, worker: _Worker, candidate: Candidate) -> None:
        result = Progress(candidate, Step.DONE, Outcome.FAILED, f"{candidate.label}: the program stumbled over it.")
        try:
            result = worker.onboard(candidate, self._tell, self._cancelled.is_set)
        finally:
            with self._lock:
                self._results[candidate.id] = result
            try:
                self._tell(result)
            finally:
                with self._lock:
                    self._told += 1
                    over = self._told == len(self._order)
                if over:  # not before everybody's end has been told
                    self._over.set()

    def _tell(self, event: Progress) -> None:
        with self._telling:
            self._progress(event)


class Attempts:
    """Which credentials to try at a camera, in order, and what came of it. Any thread."""

    def __init__(
        self, memory: RefusalMemory, known: dict[str, Credentials], sets: tuple[str, ...], limit: int | None
    ) -> None:
        self._memory = memory
        self._known = known
        self._sets = sets
        self._limit = limit

    def plan(self, candidate: Candidate) -> list[tuple[str, Credentials | None]]:
        """Names and credentials that may be tried now; one ``("", None)`` where no set is given at all. Raises Refused
        when all were refused before, or so many that more could lock the account."""
        names = dict.fromkeys((*candidate.sets, *self._sets))
        given = {self._known[name]: name for name in reversed(names) if name in self._known}
        if not given:
            return [("", None)]
        fresh = [(name, item) for item, name in given.items() if not self._memory.refused(candidate.id, item)][::-1]
        if not fresh:
            raise Refused(candidate.label, "these credentials were refused before", "Enter other ones.")
        if self._limit is None:
            return list(fresh)
        left = self._limit - self._memory.recent(candidate.id)
        if left <= 0:
            advice = "More could lock the account: wait half an hour, or say that you want to go on."
            raise Refused(candidate.label, f"{self._limit} credential sets were refused", advice)
        return list(fresh[:left])

    def refused(self, candidate: Candidate, credentials: Credentials) -> None:
        """Note a refusal."""
        self._memory.note(candidate.id, credentials)


class _Worker:
    """Onboards one candidate after the other; any number of threads."""

    def __init__(self, describe: Describer, open_video: VideoOpener, attempts: Attempts, site: Site) -> None:
        self._describe = describe
        self._open_video = open_video
        self._attempts = attempts
        self._site = site

    def onboard(
        self, candidate: Candidate, tell: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Progress:
        if cancelled():
            return _cancelled(candidate)
        refusal: Refused | None = None
        try:
            plan = self._attempts.plan(candidate)
            for name, credentials in plan:
                if cancelled():
                    return _cancelled(candidate)
                how = f" with credentials {name!r}" if name else ""
                tell(Progress(candidate, Step.ASKING, Outcome.PENDING, f"{candidate.label}: asking it{how}."))
                try:
                    camera, warnings = self._ask(candidate, name, credentials)
                except Refused as error:
                    refusal = error
                    if credentials is not None:
                        self._attempts.refused(candidate, credentials)
                    if isinstance(error, LockedOut):
                        break
                    continue
                sentence = f"{camera.name}: added as number {camera.number}."
                return Progress(candidate, Step.DONE, Outcome.ADDED, sentence, camera, warnings)
        except Refused as error:
            refusal = error
        except DriverError as error:
            return Progress(candidate, Step.DONE, Outcome.FAILED, error.sentence)
        sentence = refusal.sentence if refusal is not None else f"{candidate.label}: no credentials to try."
        return Progress(candidate, Step.DONE, Outcome.REFUSED, sentence)

    def _ask(self, candidate: Candidate, name: str, credentials: Credentials | None) -> tuple[Camera, tuple[str, ...]]:
        known = self._site.by_id(candidate.id)
        if candidate.kind is DeviceKind.ONVIF:
            said = self._describe(candidate.label, candidate.xaddrs, credentials, candidate.expect)
            return camera_from(candidate, said, name, known), (*_elsewhere(candidate, said), *said.warnings)
        transport = known.transport if known else Transport.TCP
        try:
            stream = self._look(StreamRequest(candidate.label, candidate.uri, credentials, transport))
        except Unsupported:
            if transport is Transport.UDP:
                raise
            # Some servers know UDP only; those that do not reach this line answered TCP.
            transport = Transport.UDP
            stream = self._look(StreamRequest(candidate.label, candidate.uri, credentials, transport))
        fresh = Camera(candidate.number, candidate.label, candidate.id, candidate.kind, candidate.address)
        return replace(known or fresh, streams=(stream,), credentials=name, transport=transport), ()

    def _look(self, request: StreamRequest) -> Stream:
        """What a stream that was added by URL turns out to be."""
        source = self._open_video(request)
        try:
            return Stream("main", request.uri, "", _codec(source.codec), source.width, source.height, source.fps)
        finally:
            source.close()


def camera_from(candidate: Candidate, said: CameraDescription, set_name: str, known: Camera | None) -> Camera:
    """The camera's record: what the user gave it stays, what the device says is fresh. A camera that was added by its
    address is known by its endpoint reference from then on."""
    made_up = candidate.id.startswith("address:")
    reached = said.services.get("device", "")
    xaddrs = tuple(dict.fromkeys(item for item in (reached, *candidate.xaddrs) if item))
    return Camera(
        number=candidate.number,
        name=known.name if known else _name(candidate, said),
        id=said.endpoint if made_up and said.endpoint else candidate.id,
        kind=DeviceKind.ONVIF,
        address=host_of(reached) or candidate.address,
        xaddrs=xaddrs if known or not made_up else xaddrs[:1],
        streams=tuple(
            Stream(
                item.token,
                item.uri,
                item.name,
                item.codec,
                item.width,
                item.height,
                item.fps,
                item.bitrate_kbps,
                item.gop,
            )
            for item in said.profiles
        ),
        credentials=set_name,
        transport=known.transport if known else Transport.TCP,
        place=(known.place if known else None) or said.place,
        ptz="ptz" in said.services and any(item.has_ptz for item in said.profiles),
        manufacturer=said.info.manufacturer,
        model=said.info.model,
        firmware=said.info.firmware,
        serial=said.info.serial,
        hardware=said.info.hardware,
    )


def _numbered(candidates: Iterable[Candidate], site: Site) -> list[Candidate]:
    """Each candidate once, with the number that it will have: its own if the site knows it, its wish if that is free,
    else the next free one."""
    unique = list({candidate.id: candidate for candidate in candidates}.values())
    taken = {camera.number for camera in site.cameras}
    numbers: dict[str, int] = {}
    for candidate in unique:
        known = site.by_id(candidate.id)
        if known is not None:
            numbers[candidate.id] = known.number
        elif candidate.number and candidate.number not in taken:
            numbers[candidate.id] = candidate.number
            taken.add(candidate.number)
    for candidate in unique:
        if candidate.id not in numbers:
            numbers[candidate.id] = site.next_number(taken)
            taken.add(numbers[candidate.id])
    return [replace(candidate, number=numbers[candidate.id]) for candidate in unique]


def _name(candidate: Candidate, said: CameraDescription) -> str:
    wishes = (candidate.name, said.name) if candidate.named else (said.name, candidate.name)
    return next((name for name in (*wishes, said.info.model) if name), candidate.label)


def _elsewhere(candidate: Candidate, said: CameraDescription) -> tuple[str, ...]:
    """A warning where it is asked at another address than it answered from (of the same family: a device that answers
    by IPv6 and is asked by IPv4 is nothing to wonder about)."""
    reached = host_of(said.services.get("device", ""))
    try:
        heard, asked = (ip_address(host.partition("%")[0]) for host in (candidate.address, reached))
    except ValueError:  # a name
        return ()
    if heard == asked or heard.version != asked.version:
        return ()
    return (f"It answered from {candidate.address} and is asked at {reached}, as it says.",)


def _codec(name: str) -> Codec:
    try:
        return Codec(name)
    except ValueError:
        return Codec.OTHER


def _cancelled(candidate: Candidate) -> Progress:
    return Progress(candidate, Step.DONE, Outcome.CANCELLED, f"{candidate.label}: not asked, the run was cancelled.")
