"""When which alarm is heard, second by second."""

from __future__ import annotations

from dataclasses import replace

from alarm_made import alarm, at

from console.model.alarm_life import acknowledged
from console.model.alarm_sounds import Decision, SoundState, decide, silence
from console.model.alarms import Alarm, Priority

CRITICAL, HIGH, MEDIUM, LOW = Priority


class Ears:
    """Hears what is played, with a clock of its own."""

    def __init__(self) -> None:
        self.now, self.state = 1000.0, SoundState()
        self.heard: list[tuple[float, Priority]] = []

    def pass_(self, alarms: list[Alarm], seconds: float = 0.0) -> Decision:
        """Let time pass as the thread would: woken when it asked to be."""
        end = self.now + seconds
        while True:
            decision = decide(self.state, alarms, self.now)
            self.state = decision.state
            if decision.play is not None:
                self.heard.append((self.now - 1000.0, decision.play))
            if decision.again is None or decision.again > end:
                self.now = end
                return decision
            self.now = max(self.now, decision.again)


def test_it_repeats_by_its_priority_until_it_is_acknowledged() -> None:
    ears, new = Ears(), alarm(priority=HIGH)
    ears.pass_([new], 25)
    assert ears.heard == [(0.0, HIGH), (10.0, HIGH), (20.0, HIGH)]
    assert ears.pass_([acknowledged(new, "Anna", at(1)).alarm], 60).again is None
    assert len(ears.heard) == 3


def test_the_low_ones_are_heard_once() -> None:
    ears = Ears()
    assert ears.pass_([alarm(priority=LOW)], 300).again is None
    assert ears.heard == [(0.0, LOW)]


def test_a_worse_one_is_heard_at_once_and_a_lesser_one_does_not_hide_it() -> None:
    ears, first = Ears(), alarm("a", priority=MEDIUM)
    ears.pass_([first], 1)
    worse = alarm("b", priority=CRITICAL)
    ears.pass_([first, worse], 1)
    ears.pass_([first, worse, alarm("c", priority=LOW)], 3)
    assert ears.heard == [(0.0, MEDIUM), (1.0, CRITICAL), (5.0, CRITICAL)]


def test_another_of_the_same_priority_is_heard_at_once() -> None:
    ears, first = Ears(), alarm("a", priority=HIGH)
    ears.pass_([first], 2)
    ears.pass_([first, alarm("b", priority=HIGH)])
    assert ears.heard == [(0.0, HIGH), (2.0, HIGH)]


def test_silenced_but_not_forgotten() -> None:
    ears, new = Ears(), alarm(priority=CRITICAL)
    ears.pass_([new], 1)
    ears.state = silence(ears.state, [new], ears.now, 180)
    ears.pass_([new], 179)
    assert ears.heard == [(0.0, CRITICAL)]
    ears.pass_([new], 2)
    assert ears.heard[1:] == [(181.0, CRITICAL)], "nobody has acknowledged it"


def test_silence_is_for_what_waits_now_only() -> None:
    ears, old = Ears(), alarm("old", priority=CRITICAL)
    ears.pass_([old])
    ears.state = silence(ears.state, [old], ears.now, 180)
    assert ears.state.silenced(ears.now)
    ears.pass_([old, alarm("new", priority=LOW)], 5)
    assert ears.heard[-1] == (0.0, LOW)
    again = replace(old, calls=2)
    ears.pass_([again], 0)
    assert ears.heard[-1] == (5.0, CRITICAL), "raised again it is heard again"


def test_nobody_is_told_of_silence_while_something_new_sounds() -> None:
    ears, old = Ears(), alarm("old", priority=CRITICAL)
    ears.pass_([old])
    ears.state = silence(ears.state, [old], ears.now, 180)
    ears.pass_([old, alarm("low", priority=LOW)], 5)
    assert ears.state.silenced(ears.now), "it was heard once and will not be again"
    new = alarm("new", priority=HIGH)
    ears.pass_([old, new], 15)
    assert not ears.state.silenced(ears.now), "it sounds again and again"
    ears.pass_([old], 1)
    assert ears.state.silenced(ears.now), "somebody took it; the old one is silent as before"


def test_silence_ends_with_what_it_was_for() -> None:
    ears, old = Ears(), alarm("old", priority=CRITICAL)
    ears.pass_([old])
    ears.state = silence(ears.state, [old], ears.now, 180)
    assert ears.pass_([], 1).again is None
    assert not ears.state.silenced(ears.now)


def test_what_somebody_follows_is_not_heard_until_they_stop() -> None:
    ears, followed = Ears(), replace(alarm(priority=CRITICAL), quiet=at(300))
    assert ears.pass_([followed], 60).again is None
    ears.pass_([followed, alarm("b", priority=LOW)], 1)
    assert ears.heard == [(60.0, LOW)], "others are"
    ears.pass_([replace(followed, quiet=None, calls=2)])
    assert ears.heard[-1] == (61.0, CRITICAL)
