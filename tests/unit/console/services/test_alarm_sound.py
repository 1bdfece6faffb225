"""Alarms that are heard, on cards of every kind."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from console.model.alarm_life import acknowledged, raised
from console.model.alarms import Alarm, Cause, Priority
from console.services.alarm_sound import AlarmSound
from console.services.alarm_tones import sound_of
from console.services.alarm_view import AlarmsView
from drivers.errors import NoSoundOut
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE, SoundOut

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Card:
    """A card that remembers. ``gone``: pulled out."""

    played: list[bytes] = field(default_factory=list)
    cleared: int = 0
    closed: bool = False
    gone: bool = False
    waiting: float = 0.0

    def write(self, data: bytes) -> None:
        if self.gone:
            raise NoSoundOut("This computer", "pulled out")
        self.played.append(data)

    def clear(self) -> None:
        self.cleared += 1

    def close(self) -> None:
        self.closed = True


class Ears:
    """A sound whose thread is the test, on cards that the test hands out."""

    def __init__(self, cards: int = 1) -> None:
        self.now = 100.0
        self.cards = [Card() for _ in range(cards)]
        self.opened = 0
        self.told: list[str] = []
        self.sound = AlarmSound(self._open, self.told.append, lambda: self.now)

    def _open(self) -> SoundOut:
        if self.opened >= len(self.cards):
            raise NoSoundOut("This computer", "no card")
        self.opened += 1
        return self.cards[self.opened - 1]

    def show(self, *alarms: Alarm, seconds: float = 0.0) -> None:
        """These alarms stand after so many seconds."""
        self.now += seconds
        self.sound.show(AlarmsView(1, alarms))
        self.sound.step()

    @property
    def played(self) -> list[Priority]:
        """What was heard, by all cards."""
        by_sound = {sound_of(each): each for each in Priority}
        return [by_sound[data] for card in self.cards for data in card.played]


def alarm(key: str = "a", priority: Priority = Priority.HIGH) -> Alarm:
    cause = Cause(key=key, kind="door", priority=priority, title=key, why="", at=NOON)
    return raised(None, cause, NOON, key).alarm


@pytest.mark.parametrize("priority", Priority)
def test_each_priority_is_a_clean_sound_of_its_own(priority: Priority) -> None:
    data = sound_of(priority)
    assert len(data) % SOUND_FRAME_BYTES == 0
    assert 0.1 < len(data) / SOUND_FRAME_BYTES / SOUND_RATE < 2.5
    samples = np.frombuffer(data, "<i2").reshape(-1, 2).astype(int)
    assert (samples[:, 0] == samples[:, 1]).all()
    assert 8000 < abs(samples).max() <= 32767
    assert abs(samples[0]).max() < 50
    assert abs(samples[-1]).max() < 50
    assert abs(np.diff(samples[:, 0])).max() < 16000, "no click"


def test_no_two_sound_alike_and_the_worst_is_the_loudest() -> None:
    sounds = [np.frombuffer(sound_of(each), "<i2").astype(int) for each in Priority]
    assert len({sound.tobytes() for sound in sounds}) == 4
    loud = [abs(sound).max() for sound in sounds]
    assert loud == sorted(loud, reverse=True)


def test_it_plays_repeats_and_stops_when_it_is_taken() -> None:
    ears, new = Ears(), alarm()
    ears.show(new)
    ears.show(new, seconds=9)
    ears.show(new, seconds=1)
    assert ears.played == [Priority.HIGH] * 2
    cleared = ears.cards[0].cleared
    ears.show(acknowledged(new, "Anna", NOON).alarm, seconds=1)
    assert ears.cards[0].cleared == cleared + 1, "at once, not at the end of the figure"
    ears.show(seconds=60)
    assert len(ears.played) == 2


def test_silence_and_its_end() -> None:
    ears, new = Ears(), alarm()
    assert not ears.sound.silence()
    ears.show(new)
    cleared = ears.cards[0].cleared
    assert ears.sound.silence()
    ears.sound.step()
    assert ears.cards[0].cleared == cleared + 1, "in the middle of a figure"
    assert ears.sound.silent_for() == 180.0
    ears.show(new, seconds=179)
    assert ears.sound.silent_for() == 1.0
    ears.show(new, alarm("b", Priority.LOW))
    assert ears.played == [Priority.HIGH, Priority.LOW]
    ears.show(new, seconds=1)
    assert ears.played[-1] is Priority.HIGH
    assert ears.sound.silent_for() == 0.0


def test_without_a_card_it_is_said_once_and_tried_again() -> None:
    ears, new = Ears(cards=0), alarm()
    for _ in range(20):
        ears.show(new, seconds=10)
    assert len(ears.told) == 1
    assert ears.told[0].startswith("Alarms cannot be heard: This computer: sound cannot be played here: no card.")
    ears.cards.append(Card())
    ears.show(new, seconds=40)
    assert ears.played == [Priority.HIGH]
    assert ears.told[1:] == [""]


def test_a_card_that_is_pulled_out_is_let_go_and_another_is_taken() -> None:
    ears, new = Ears(cards=2), alarm()
    ears.show(new)
    ears.cards[0].gone = True
    ears.show(new, seconds=10)
    assert ears.cards[0].closed
    assert len(ears.told) == 1
    ears.show(new, seconds=40)
    assert (len(ears.cards[1].played), ears.told[1:]) == (1, [""])


def test_somebody_may_hear_what_it_is_like() -> None:
    ears = Ears()
    ears.sound.try_out(Priority.CRITICAL)
    ears.sound.step()
    assert ears.played == [Priority.CRITICAL]


def test_its_thread_plays_what_it_is_shown_and_ends() -> None:
    played = threading.Event()
    card = Card()
    write = card.write

    def heard(data: bytes) -> None:
        write(data)
        played.set()

    card.write = heard  # type: ignore[method-assign]
    sound = AlarmSound(lambda: card)
    sound.start()
    sound.show(AlarmsView(1, (alarm(),)))
    assert played.wait(10)
    sound.close()
    assert card.closed
