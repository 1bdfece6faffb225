"""Street lamps behind a TALQ gateway.

An order is an override command with an ``expiration``: the gateway ends it by itself. Up to a thousand lamps go with
one request, a group of the gateway's own with one address. What the gateway accepts (202) counts as accepted, and is
confirmed, or not, by ``LampNews.answers`` later: by what the gateway calls back, else by what the lamps say when they
are read again. A gateway knows one address to call back (``cmsUri``), so of several consoles only the one that
introduced itself last hears of faults and confirmations; the others see that address when they read, and read more
often.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from drivers.errors import BadAnswer, DriverError, Refused
from drivers.lamps.talq import writing
from drivers.lamps.talq.book import Book
from drivers.lamps.talq.callbacks import CallbackServer
from drivers.lamps.talq.client import TalqClient, Verdict
from drivers.lamps.talq.config import TalqConfig
from drivers.lamps.talq.fleet import GatewaySelf
from drivers.luminaires import (
    LampAnswer,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    Outcome,
    Progress,
)
from drivers.words import clean

CHUNK = 1000
"""Lamps in one request: some 90 KB."""
LOOK_AGAIN = 2.0
"""Seconds after an order was done, or ended, until the lamps are read again."""
SHARED_REREAD = 30.0
"""Seconds between two readings, at most, where the gateway calls back another console."""
_LOOKS, _LOOKS_SHARED = (0.5,), (0.15, 0.5, 0.85)
"""When the lamps are read while an accepted order is not confirmed, in parts of the time that it may take."""
_CLOCK_TOLERANCE = 10.0
_LONGEST_RAMP = 86400.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0

Heard = Callable[[LampNews], None]
Body = Callable[[Sequence[writing.Reference]], bytes]


class TalqLamps:
    """One gateway. ``order`` and ``release`` run in the caller's thread; a watcher of its own reads devices and reads
    them again, and the server's thread takes what the gateway calls back; what they share is in the ``Book``."""

    features = LampFeatures(expires=True, ramps=True, groups=True, power=True)

    def __init__(self, config: TalqConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = config.name
        self._config, self._clock = config, clock
        self._book = Book(config.name, config.gateway)
        self._reading = threading.Lock()
        self._introduced = self._elsewhere = False
        self._client: TalqClient | None = None
        self._server: CallbackServer | None = None
        self._port = 0
        self._wake, self._stopping = threading.Condition(), False
        self._due: list[float] = []
        self._next_look = 0.0
        self._watcher = threading.Thread(target=self._watch, name=f"TALQ gateway {config.name}")

    # --- LampSystem ---------------------------------------------------------------------------------------------------

    def start(self, heard: Heard) -> None:
        """Listen, and read the devices in a thread of our own."""
        self._book.heard = heard
        if self._config.listen is not None:
            self._server = CallbackServer(self._config, self._book)
        self._watcher.start()

    def refresh(self) -> None:
        """Read everything again, in this thread. Raises DriverError."""
        try:
            self._read()
        except DriverError as error:
            self._book.troubled(error.sentence)
            raise
        self._look_next(self._clock() + self._pace)

    def groups(self) -> tuple[LampGroup, ...]:
        """The gateway's groups that hold lamps."""
        return self._book.groups()

    def order(self, order: LampOrder, progress: Progress) -> None:
        """Send override commands; see ``LampSystem.order``."""
        flaw = ""
        if order.until <= datetime.now(UTC):
            flaw = "its end is past already"
        elif not 0 <= order.level <= 100:
            flaw = "a level is 0 to 100 %"
        elif not 0 <= order.ramp <= _LONGEST_RAMP:
            flaw = "a ramp is at most a day"
        if flaw:
            progress([LampAnswer(lamp, Outcome.REFUSED, flaw) for lamp in dict.fromkeys(order.lamps)])
            return
        end = self._clock() + (order.until - datetime.now(UTC)).total_seconds()

        def body(addresses: Sequence[writing.Reference]) -> bytes:
            return writing.override(addresses, order)

        self._send(order.lamps, order.group, body, round(order.level), order.reference, progress)
        self._look_at(end + LOOK_AGAIN)

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        """Send override commands without a target; see ``LampSystem.release``."""
        self._send(lamps, group, writing.release, None, reference, progress)

    def stop(self) -> None:
        """End the threads. The gateway keeps and ends what was ordered."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._client is not None:
            self._client.closed = True
        if self._watcher.ident is not None:
            self._watcher.join()
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def callback_port(self) -> int:
        """Where the gateway can reach us; 0 while nowhere."""
        return self._port

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send(
        self, lamps: Sequence[str], group: str, body: Body, level: int | None, reference: str, progress: Progress
    ) -> None:
        known = self._book.known(lamps)
        whole = next((each for each in self.groups() if each.id == group), None) if group else None
        there = set(known)
        strange = [lamp for lamp in dict.fromkeys(lamps) if lamp not in there]
        if strange:
            progress([LampAnswer(lamp, Outcome.UNKNOWN) for lamp in strange])
        if whole is not None and whole.lamps == there:
            self._request(known, [("groups", group)], body, level, reference, progress, first=True)
            return
        for start in range(0, len(known), CHUNK):
            chunk = known[start : start + CHUNK]
            addresses = [("devices", lamp) for lamp in chunk]
            self._request(chunk, addresses, body, level, reference, progress, first=start == 0)

    def _request(
        self,
        lamps: Sequence[str],
        addresses: Sequence[writing.Reference],
        body: Body,
        level: int | None,
        reference: str,
        progress: Progress,
        first: bool,
        again: bool = True,
    ) -> None:
        """One request, and an answer for each lamp. ``first``: nothing was sent before it, so what keeps it from being
        sent is raised. ``again``: the lamps that a refusal does not name may be sent for once more: the gateway has
        carried out nothing of a refused request, so this repeats nothing."""
        request = str(uuid.uuid4())
        sent = threading.Event()
        self._book.expect(request, lamps, level, reference)
        try:
            verdict = self._ready().override(body(addresses), request, sent.set)
        except DriverError as error:
            refused = isinstance(error, Refused)
            unsure = sent.is_set() and not refused  # it may have been heard all the same
            early = self._book.give_up(request) if unsure else {}
            self._book.settled(request)
            if first and not unsure:
                raise
            words = clean(error.detail or error.what) + ("; it may have been done" if unsure else "")
            outcome = Outcome.REFUSED if refused else Outcome.UNREACHABLE
            progress([early.get(lamp) or LampAnswer(lamp, outcome, words) for lamp in lamps])
            return
        if verdict.accepted:
            self._accepted(request, lamps, progress)
            return
        self._book.settled(request)
        if verdict.done:
            progress([LampAnswer(lamp, Outcome.DONE) for lamp in lamps])
            self._look_at(self._clock() + LOOK_AGAIN)
            return
        rest = self._refused(lamps, verdict, progress, again and len(addresses) == len(lamps))
        if rest:
            self._request(rest, [("devices", e) for e in rest], body, level, reference, progress, False, again=False)

    def _accepted(self, request: str, lamps: Sequence[str], progress: Progress) -> None:
        early = self._book.accepted(request)
        progress([early.get(lamp) or LampAnswer(lamp, Outcome.ACCEPTED) for lamp in lamps])
        seconds = self._config.confirm
        if self._server is not None and self._server.listening:
            for part in _LOOKS_SHARED if self._elsewhere else _LOOKS:
                self._server.later(part * seconds, lambda: self._look_for(request))
            self._server.later(seconds, lambda: self._book.expire(request, seconds))
        else:
            self._book.settled(request)
            self._look_at(self._clock() + LOOK_AGAIN)

    def _look_for(self, request: str) -> None:
        """In the server's thread: read the lamps, if nobody confirmed this request yet."""
        if self._book.waits(request):
            self._look_at(self._clock())

    def _refused(self, lamps: Sequence[str], verdict: Verdict, progress: Progress, again: bool) -> list[str]:
        """Answer for the lamps that the refusal names, and return the others if they are to be tried again."""
        named: dict[str, LampAnswer] = {}
        meant = set(lamps)
        for refusal in verdict.refusals:
            outcome = Outcome.UNKNOWN if refusal.missing else Outcome.REFUSED
            for address in refusal.addresses:
                for lamp in {*self._book.lamp_ids(address), address} & meant:
                    named[lamp] = LampAnswer(lamp, outcome, refusal.words)
        rest = [lamp for lamp in lamps if lamp not in named]
        if not named or not again:
            words = verdict.refusals[0].words
            progress([named.get(lamp) or LampAnswer(lamp, Outcome.REFUSED, words) for lamp in lamps])
            return []
        progress(list(named.values()))
        return rest

    # --- reading ------------------------------------------------------------------------------------------------------

    def _ready(self) -> TalqClient:
        if self._client is None:
            secure = self._config.url.lower().startswith("https:")
            try:
                self._client = TalqClient(self._config, self._config.client_tls() if secure else None)
            except OSError as error:
                words = f"its certificate file cannot be used ({error.strerror or 'no PEM file'})"
                raise BadAnswer(self.name, words, "Choose another file for it.") from None
        return self._client

    def _read(self) -> None:
        with self._reading:
            client = self._ready()
            self._book.begin_reading()
            listing, groups = client.devices(), client.groups()
            unheard = self._listen()
            log = [f"{listing.flawed} entries of its list are no devices"] if listing.flawed else []
            if listing.clock is not None and abs(listing.clock) > _CLOCK_TOLERANCE:
                log.append(f"its clock is {listing.clock:+.0f} s off ours, and orders end as much too early or late")
            self._book.read(listing.devices, groups, tuple(log), unheard)
            self._introduce(client)

    def _introduce(self, client: TalqClient) -> None:
        """Tell the gateway where we are and what we want to hear of; where it will not, the technician reads why. Only
        once: two consoles that take the gateway from each other for ever would both miss half of it."""
        if not self._config.public_url:
            return
        gateway = self._book.gateway()
        url = self._config.public_url.replace("{port}", str(self._port))
        if self._introduced:
            self._compare(gateway, url)
            return
        log = []
        try:
            if gateway is not None and gateway.cms != url:
                client.introduce(gateway, url)
            client.ask_events()
        except DriverError as error:
            log.append(error.sentence)
        self._introduced = True
        if log:
            self._book.tell(LampNews(self.name, log=tuple(log)))

    def _compare(self, gateway: GatewaySelf | None, url: str) -> None:
        """Whether the gateway calls back somebody else now."""
        told = "" if gateway is None else gateway.cms
        elsewhere = bool(told) and _plain_url(told) != _plain_url(url)
        if elsewhere == self._elsewhere:
            return
        self._elsewhere = elsewhere
        words = "it calls us back again"
        if elsewhere:
            words = (
                "it calls back another console: faults and confirmations are known when the lamps are read, each "
                f"{self._pace:g} s"
            )
        self._book.tell(LampNews(self.name, log=(words,)))

    @property
    def _pace(self) -> float:
        """Seconds between two readings."""
        return min(self._config.reread, SHARED_REREAD) if self._elsewhere else self._config.reread

    def _watch(self) -> None:
        """The watcher's thread. A password that is refused is not tried again until somebody refreshes."""
        pause = _FIRST_PAUSE
        while True:
            try:
                self._listen()
                self._read()
                self._look_next(self._clock() + self._pace)
                pause = _FIRST_PAUSE
            except Refused as error:
                self._book.troubled(error.sentence)
                self._look_next(math.inf)
            except DriverError as error:
                self._book.troubled(error.sentence)
                self._look_next(self._clock() + pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            with self._wake:
                while not self._stopping:
                    now = self._clock()
                    look = min([self._next_look, *(() if self._next_look == math.inf else self._due)])
                    if look <= now:
                        break
                    self._wake.wait(min(look - now, threading.TIMEOUT_MAX))
                if self._stopping:
                    return
                self._due = [each for each in self._due if each > self._clock()]

    def _listen(self) -> str:
        """Listen, if we do not yet; the trouble with it, or "". It is tried again whenever lamps are read."""
        if self._server is None or self._server.listening:
            return ""
        try:
            self._port = self._server.start()
        except OSError as error:
            words = f"it cannot call us back: {error.strerror or 'the certificate cannot be used'}"
            return BadAnswer(self.name, words, "Choose another port or certificate for it.").sentence
        return ""

    def _look_next(self, when: float) -> None:
        """The next regular look is then."""
        with self._wake:
            self._next_look = when
            self._wake.notify_all()

    def _look_at(self, when: float) -> None:
        """Read the lamps again then; looks within a second of each other are one."""
        with self._wake:
            if not any(abs(each - when) < 1 for each in self._due):
                self._due.append(when)
                self._wake.notify_all()


def _plain_url(url: str) -> str:
    """As it is compared: gateways write addresses their own way."""
    return url.strip().rstrip("/").lower()
