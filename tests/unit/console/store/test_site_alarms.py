"""Rules for alarms in the site file: read, refused with their line, written back with the user's comments."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from console.model.alarm_rules import AlarmRule, RuleAction
from console.model.alarms import Priority
from console.store.site_file import SiteFileError, load_site, parse_site, save_site

TEXT = """\
schema_version = 3

[[alarm_rule]]
name = "Depot by day"  # ask Chris
action = "suppress"
kind = "door"
source = "Depot*"
weekdays = ["mon", "fri"]
from = "06:00"
to = "18:00"

[[alarm_rule]]
name = "Lamps"
action = "priority"
priority = "high"
becomes = "low"
"""
RULES = (
    AlarmRule(
        "Depot by day", RuleAction.SUPPRESS, "door", "Depot*", weekdays=frozenset({0, 4}), begin=time(6), end=time(18)
    ),
    AlarmRule("Lamps", RuleAction.PRIORITY, priority=Priority.HIGH, becomes=Priority.LOW),
)


def test_rules_are_read_and_stay_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(TEXT)
    site = load_site(file)
    assert site.alarm_rules == RULES
    save_site(file, site)
    assert file.read_text() == TEXT
    fresh = tmp_path / "fresh.toml"
    save_site(fresh, site)
    assert load_site(fresh).alarm_rules == RULES


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('action = "suppress"', 'action = "hide"', "line 5: 'action' must be one of \"suppress\""),
        ('kind = "door"', "kind = 5", "line 6"),
        ('kind = "door"', 'kinds = "door"', "Did you mean 'kind'?"),
        ('"mon", "fri"', '"monday"', "a list of days"),
        ('"mon", "fri"', "", "a list of days"),
        ('"06:00"', '"6"', "a local time"),
        ('"06:00"', '"25:00"', "a local time"),
        ('to = "18:00"\n', "", "key 'to' is missing"),
        ('becomes = "low"\n', "", "needs 'becomes'"),
        ('kind = "door"', 'becomes = "low"', "does nothing here"),
        ('"Lamps"', '"Depot by day"', "already"),
        ('name = "Lamps"', "", "key 'name' is missing"),
        ('"Depot*"', '"' + "*" * 500 + '"', "at most 200"),
    ],
)
def test_what_cannot_be_is_one_sentence_with_its_line(old: str, new: str, words: str) -> None:
    with pytest.raises(SiteFileError) as caught:
        parse_site(TEXT.replace(old, new, 1), Path("site.toml"))
    assert words in str(caught.value)


def test_too_many_rules() -> None:
    text = "schema_version = 3\n" + "".join(
        f'[[alarm_rule]]\nname = "{number}"\naction = "suppress"\n' for number in range(501)
    )
    with pytest.raises(SiteFileError, match="more than 500"):
        parse_site(text, Path("site.toml"))
