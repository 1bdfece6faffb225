"""What is known of one gateway's lamps and of orders that wait for a confirmation, and the news that come of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from drivers.lamps.talq.fleet import Fleet, GatewaySelf
from drivers.lamps.talq.log import read_entry
from drivers.lamps.talq.pending import Pending
from drivers.lamps.talq.reading import Device, Told
from drivers.luminaires import LampAnswer, LampFault, LampGroup, LampNews

Heard = Callable[[LampNews], None]
_LINES = 200
_MANY = 20_000


class Book:
    """Any thread. ``_lock`` guards what is known and is held for moments; ``_telling`` keeps news in the order in which
    they came to be, and is held while ``heard`` runs, which may ask back here.

    The second half is ``callbacks.Desk``: what the gateway calls back."""

    def __init__(self, name: str, gateway: str) -> None:
        self._name, self._gateway = name, gateway.lower()
        self._lock, self._telling = threading.Lock(), threading.RLock()
        self._fleet, self._pending = Fleet(), Pending()
        self._during: list[Device] = []
        self._accepted: frozenset[str] = frozenset()
        """Requests that were accepted when the devices began to be read."""
        self._trouble = ""
        self.heard: Heard | None = None

    def tell(self, news: LampNews) -> None:
        """Hand over news."""
        with self._telling:
            if self.heard is not None:
                self.heard(news)

    def troubled(self, sentence: str) -> None:
        """Something is wrong with the gateway as a whole; told once."""
        with self._telling:
            if sentence != self._trouble:
                self._trouble = sentence
                self.tell(LampNews(self._name, trouble=sentence))

    # --- what is known ------------------------------------------------------------------------------------------------

    def begin_reading(self) -> None:
        """The devices are about to be read: what is told of them from now on is newer, and what was accepted before may
        be seen in them."""
        with self._lock:
            self._during = []
            self._accepted = self._pending.open_requests()

    def read(
        self,
        devices: Iterable[Device],
        groups: Mapping[str, tuple[tuple[str, str], ...]],
        log: tuple[str, ...],
        trouble: str = "",
    ) -> None:
        """All devices and groups were read: there is no trouble any more but ``trouble``."""
        heard = datetime.now(UTC)
        with self._telling:
            with self._lock:
                self._fleet.replace(devices, heard)
                for device in self._during:
                    if device.address in self._fleet:
                        self._fleet.patch(device, heard)
                self._fleet.set_groups(groups)
                lamps, states = self._fleet.lamps(), self._fleet.states()
                answers = self._pending.read_back(self._accepted, self._look)
            changed = trouble != self._trouble
            self._trouble = trouble
            self.tell(LampNews(self._name, states, lamps, trouble=trouble if changed else None, log=log))
            for reference, given in answers.items():
                self.tell(LampNews(self._name, answers=tuple(given), reference=reference))

    def _look(self, lamp: str) -> tuple[Told, Sequence[LampFault]] | None:
        """What a lamp says of its orders, with the lock held; None for one that is gone."""
        states = self._fleet.states((lamp,))
        return (self._fleet.told(lamp), states[0].faults) if states else None

    def groups(self) -> tuple[LampGroup, ...]:
        """The groups that hold lamps."""
        with self._lock:
            return self._fleet.groups()

    def known(self, lamps: Iterable[str]) -> list[str]:
        """Those of the lamps that there are, each once."""
        with self._lock:
            return [lamp for lamp in dict.fromkeys(lamps) if self._fleet.knows(lamp)]

    def lamp_ids(self, address: str) -> tuple[str, ...]:
        """The lamps that an address means."""
        with self._lock:
            return self._fleet.lamp_ids(address)

    def gateway(self) -> GatewaySelf | None:
        """What the gateway says of itself."""
        with self._lock:
            return self._fleet.gateway()

    # --- orders that wait ---------------------------------------------------------------------------------------------

    def expect(self, request: str, lamps: Iterable[str], level: int | None, reference: str) -> None:
        """A request is about to be sent; see ``Pending.add``."""
        with self._lock:
            self._pending.add(request, lamps, level, reference)

    def accepted(self, request: str) -> dict[str, LampAnswer]:
        """It was accepted; see ``Pending.accepted``."""
        with self._lock:
            return self._pending.accepted(request)

    def waits(self, request: str) -> bool:
        """Whether it still waits for a confirmation."""
        with self._lock:
            return self._pending.waits(request)

    def settled(self, request: str) -> None:
        """It needs no confirmation."""
        with self._lock:
            self._pending.drop(request)

    def give_up(self, request: str) -> dict[str, LampAnswer]:
        """Its own answer was lost. What was confirmed all the same is returned; what is confirmed later is told as a
        late answer."""
        with self._lock:
            early = self._pending.accepted(request)
            self._pending.expire(request, 0)
        return early

    def expire(self, request: str, seconds: float) -> None:
        """Nothing more is waited for: tell so of the lamps that were not confirmed."""
        with self._telling:
            with self._lock:
                reference, answers = self._pending.expire(request, seconds)
            if answers:
                self.tell(LampNews(self._name, answers=tuple(answers), reference=reference))

    # --- what the gateway calls back ----------------------------------------------------------------------------------

    def hears(self, gateway: str) -> bool:
        """See ``Desk``."""
        with self._lock:
            told = self._fleet.gateway()
        ours = self._gateway or (told.address if told else "")
        return not ours or gateway == ours

    def changed(self, devices: Sequence[Device], origin: str) -> list[str]:
        """See ``Desk``."""
        unknown: list[str] = []
        changed: list[str] = []
        answers: dict[str, list[LampAnswer]] = {}
        heard = datetime.now(UTC)
        with self._telling:
            with self._lock:
                for device in devices:
                    if device.address not in self._fleet:
                        unknown.append(device.address)
                        continue
                    self._fleet.patch(device, heard)
                    if len(self._during) < _MANY:
                        self._during.append(device)
                    lamps = self._fleet.lamp_ids(device.address)
                    changed += lamps
                    for reference, answer in self._confirmed(device, lamps, origin):
                        answers.setdefault(reference, []).append(answer)
                states = self._fleet.states(changed)
            if states and not answers:
                self.tell(LampNews(self._name, states))
            for reference, given in answers.items():
                self.tell(LampNews(self._name, states, answers=tuple(given), reference=reference))
                states = ()
        return unknown

    def _confirmed(self, device: Device, lamps: Iterable[str], origin: str) -> Iterable[tuple[str, LampAnswer]]:
        told = {f"{device.address}/{each.id}": each.told for each in device.functions}
        for state in self._fleet.states(lamps):
            confirmed = self._pending.confirm(origin, state.id, told.get(state.id, Told()), state.faults)
            if confirmed is not None:
                yield confirmed

    def came(self, devices: Sequence[Device]) -> None:
        """See ``Desk``."""
        heard = datetime.now(UTC)
        with self._telling:
            with self._lock:
                for device in devices:
                    self._fleet.put(device, heard)
                lamps = self._fleet.lamps()
                states = self._fleet.states([each for one in devices for each in self._fleet.lamp_ids(one.address)])
            self.tell(LampNews(self._name, states, lamps))

    def left(self, address: str) -> bool:
        """See ``Desk``."""
        with self._telling:
            with self._lock:
                if address not in self._fleet:
                    return False
                self._fleet.remove(address)
                lamps = self._fleet.lamps()
            self.tell(LampNews(self._name, lamps=lamps))
        return True

    def logged(self, entries: Sequence[object]) -> list[str]:
        """See ``Desk``."""
        unknown: list[str] = []
        changed: set[str] = set()
        lines: list[str] = []
        heard = datetime.now(UTC)
        with self._telling:
            with self._lock:
                for entry in map(read_entry, entries):
                    if entry is None:
                        lines.append("an entry of its log cannot be read")
                    elif entry.address not in self._fleet:
                        unknown.append(entry.address)
                    else:
                        lines.append(entry.line)
                        if entry.told is not None:
                            self._fleet.tell(entry.address, entry.function, entry.told, heard)
                            changed.update(self._fleet.lamp_ids(entry.address))
                states = self._fleet.states(sorted(changed))
            self.tell(LampNews(self._name, states, log=tuple(dict.fromkeys(lines))[:_LINES]))
        return unknown

    def listing(self) -> list[tuple[str, str, str]]:
        """See ``Desk``."""
        with self._lock:
            return self._fleet.devices()
