"""Streams that go with rounds: the test makes each round itself, or lets the rounds' own threads do it."""

from __future__ import annotations

import threading

from fake_video import Clock, FakeReady, FakeSource, eventually

from console.model.shedding import Attention, Shedder, Work
from console.services.mailbox import Mailbox
from console.services.play import Play, Tally, Wants
from console.services.rounds import Rounds
from console.services.slots import DecodeSlots
from drivers.errors import DriverError
from drivers.types import StreamRequest


class NotedShedder(Shedder):
    """Remembers what it was told of each packet: waited, queued, superseded, within."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, float, bool, float | None]] = []

    def weigh(
        self,
        now: float,
        pts: float | None,
        key: bool,
        interval: float,
        waited: float = 0.0,
        queued: float = 0.0,
        superseded: bool = False,
        within: float | None = None,
    ) -> Work:
        """See ``Shedder``."""
        self.told.append((waited, queued, superseded, within))
        return super().weigh(now, pts, key, interval, waited, queued, superseded, within)


class Played:
    """One stream as it plays, over a source that only the test feeds."""

    def __init__(
        self, clock: Clock, name: str = "Gate", slots: DecodeSlots | None = None, kind: type[FakeSource] = FakeReady
    ) -> None:
        self.clock = clock
        self.source = kind(StreamRequest(name, "fake:cam"), clock, 0)
        self.wants, self.tally, self.mailbox, self.shedder = Wants(), Tally(clock()), Mailbox(), NotedShedder()
        self.mine = True
        self.begun = 0
        self.asked = 0
        self.play = Play(
            name, self.source, self.wants, self.tally, self.mailbox, self.shedder, slots or DecodeSlots(2),
            lambda: self.mine, self._begin, clock, self._ask,
        )  # fmt: skip

    @property
    def ready(self) -> FakeReady:
        """Its source, as one that can be looked into."""
        assert isinstance(self.source, FakeReady)
        return self.source

    def round(self, gap: float = 0.033, stays: bool = True) -> bool:
        """One round for this stream alone; whether there was work."""
        since = self.clock.now
        self.clock.now += gap
        if not self.play.receive(self.clock.now, since):
            return False
        assert self.play.work(self.clock.now, gap) is stays
        return True

    def newest(self) -> int | None:
        """The number of the picture that waits for the screen."""
        picture = self.mailbox.take()
        return None if picture is None else round(picture.pts * self.source.fps)

    def end(self) -> None:
        """Close what is open."""
        if isinstance(self.source, FakeReady):
            self.source.aboard = False
        self.source.close()

    def _begin(self) -> None:
        self.begun += 1

    def _ask(self) -> None:
        self.asked += 1


class StillRounds(Rounds):
    """Rounds without threads: the test calls ``turn``."""

    def _start(self) -> None:
        pass


class Rider:
    """A worker that lets its stream be carried."""

    def __init__(self, rounds: Rounds, played: Played, attention: Attention = Attention.NORMAL) -> None:
        self.rounds, self.played = rounds, played
        played.wants.attention = attention
        self.off = threading.Event()
        self.error: DriverError | None = None
        self.carried: bool | None = None
        self._thread = threading.Thread(target=self._ride, name="rider")
        carried = rounds.carried
        self._thread.start()
        eventually(lambda: rounds.carried > carried or self.carried is not None)

    def _ride(self) -> None:
        try:
            self.carried = self.rounds.carry(self.played.play, self.off)
        except DriverError as error:
            self.error = error

    @property
    def riding(self) -> bool:
        """Whether it has not been put off."""
        return self._thread.is_alive() and not self.off.is_set()

    def join(self) -> None:
        """Wait until it has its stream back."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        if isinstance(self.played.source, FakeReady):
            assert not self.played.source.aboard

    def end(self) -> None:
        """Call it back and close its stream."""
        self.off.set()
        self.played.source.gate.set()
        self.join()
        self.played.source.close()
