"""What lasts is told, what passes is not."""

from __future__ import annotations

from console.model.on_delay import OnDelay


def test_what_passes_is_never_told() -> None:
    delay = OnDelay(10.0)
    assert delay.say("gate", "no answer", 0.0) is None
    assert delay.due(9.9) == []
    assert delay.say("gate", "", 9.9) is None
    assert delay.due(100.0) == []


def test_what_lasts_is_told_once_in_its_newest_words_and_so_is_its_end() -> None:
    delay = OnDelay(10.0)
    delay.say("gate", "no answer", 0.0)
    delay.say("gate", "refused", 5.0)
    assert delay.due(10.0) == [("gate", "refused")]
    assert delay.due(11.0) == []
    assert delay.say("gate", "no answer", 12.0) == "no answer"
    assert delay.say("gate", "", 13.0) == ""
    assert delay.say("gate", "", 14.0) is None


def test_an_end_begins_the_delay_anew() -> None:
    delay = OnDelay(10.0)
    for at in (0.0, 8.0, 16.0):
        delay.say("gate", "no answer", at)
        assert delay.due(at + 7.0) == []
        delay.say("gate", "", at + 7.0)
