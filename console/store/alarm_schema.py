"""How rules for alarms stand in a site file.

[[alarm_rule]]
name = "Depot door by day"
action = "suppress"                     # or "priority", with becomes = "low"
kind = "door"                           # camera, door, lamp, shot, weather, hit, feed, clock, moving; * and ? fit more
source = "Depot*"
device = "north gate"
priority = "medium"                     # only alarms that would have this one; critical ones have to be named
weekdays = ["mon", "tue", "wed", "thu", "fri"]
from = "06:00"
to = "18:00"                            # local times; from "22:00" to "06:00" goes over midnight
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from console.model.alarm_rules import EVERY_DAY, MIDNIGHT, AlarmRule, RuleAction
from console.model.alarms import Priority
from console.store.toml_fields import Misfit, Reader, choice, known, record, text
from console.store.toml_lines import Path

MOST_RULES = 500
LONGEST_PATTERN = 200
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _pattern(value: Any) -> str:
    words = text(value)
    if len(words) > LONGEST_PATTERN:
        raise TypeError(f"at most {LONGEST_PATTERN} characters")
    return words


def _days(value: Any) -> frozenset[int]:
    if not isinstance(value, list) or not value or any(day not in WEEKDAYS for day in value):
        raise TypeError("a list of days, of " + ", ".join(f'"{day}"' for day in WEEKDAYS))
    return frozenset(WEEKDAYS.index(day) for day in value)


def _time(value: Any) -> time:
    wanted = 'a local time in quotes, as in "22:30"'
    if not isinstance(value, str) or len(value) != 5:
        raise TypeError(wanted)
    try:
        return time.fromisoformat(value)
    except ValueError:
        raise TypeError(wanted) from None


RULE: Mapping[str, Reader] = {
    "name": _pattern,
    "action": choice(RuleAction),
    "kind": _pattern,
    "source": _pattern,
    "device": _pattern,
    "priority": choice(Priority),
    "becomes": choice(Priority),
    "weekdays": _days,
    "from": _time,
    "to": _time,
}


def alarm_rules_from(tables: Sequence[Any]) -> tuple[AlarmRule, ...]:
    """The rules, in their order. Raises Misfit, for two of one name and for rules that could do nothing too."""
    if len(tables) > MOST_RULES:
        raise Misfit(("alarm_rule", MOST_RULES), f"more than {MOST_RULES} rules for alarms", "Put some together.")
    found: dict[str, AlarmRule] = {}
    for index, table in enumerate(tables):
        where: Path = ("alarm_rule", index)
        known(table, RULE, where, "a rule for alarms")
        values = record(table, RULE, where, required=("name", "action"))
        values["begin"], values["end"] = values.pop("from", MIDNIGHT), values.pop("to", MIDNIGHT)
        if ("from" in table) != ("to" in table):
            missing = "to" if "from" in table else "from"
            raise Misfit(where, f"key '{missing}' is missing", "Give both times, or none for the whole day.")
        changes = values["action"] is RuleAction.PRIORITY
        if changes != ("becomes" in table):
            problem = "a rule that changes the priority needs 'becomes'" if changes else "'becomes' does nothing here"
            raise Misfit(where, problem, 'Write becomes = "low" for action = "priority" only.')
        rule = AlarmRule(**values)
        if rule.name in found:
            raise Misfit((*where, "name"), f"there is a rule {rule.name[:80]!r} already", "Give it another name.")
        found[rule.name] = rule
    return tuple(found.values())


def alarm_rule_table(rule: AlarmRule) -> dict[str, Any]:
    """What is written of a rule: what is not as it would be anyway."""
    table: dict[str, Any] = {"name": rule.name, "action": rule.action.value}
    table |= {key: value for key in ("kind", "source", "device") if (value := getattr(rule, key))}
    if rule.priority is not None:
        table["priority"] = rule.priority.value
    if rule.action is RuleAction.PRIORITY:
        table["becomes"] = rule.becomes.value
    if rule.weekdays != EVERY_DAY:
        table["weekdays"] = [WEEKDAYS[day] for day in sorted(rule.weekdays)]
    if (rule.begin, rule.end) != (MIDNIGHT, MIDNIGHT):
        table["from"], table["to"] = f"{rule.begin:%H:%M}", f"{rule.end:%H:%M}"
    return table
