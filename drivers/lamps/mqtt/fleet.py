"""All lamps of one broker, and what an order or a release means for each of them. Under the driver's lock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drivers.lamps.mqtt.answers import Aim, aim_of
from drivers.lamps.mqtt.config import HomeAssistantLamps, LampSet, TasmotaLamps, ZigbeeLamps
from drivers.lamps.mqtt.dialect import Dialect, Message, Wanted, Wire
from drivers.lamps.mqtt.holds import Hold, Known
from drivers.lamps.mqtt.home_assistant import HomeAssistantDialect
from drivers.lamps.mqtt.tasmota import TasmotaDialect
from drivers.lamps.mqtt.template import TemplateDialect
from drivers.lamps.mqtt.zigbee import ZigbeeDialect
from drivers.luminaires import LampAnswer, LampGroup, LampOrder, Luminaire, Outcome


def _dialect(lamps: LampSet) -> Dialect:
    if isinstance(lamps, HomeAssistantLamps):
        return HomeAssistantDialect(lamps)
    if isinstance(lamps, ZigbeeLamps):
        return ZigbeeDialect(lamps)
    return TasmotaDialect(lamps) if isinstance(lamps, TasmotaLamps) else TemplateDialect(lamps)


@dataclass(frozen=True, slots=True)
class Task:
    """One lamp of an order: what to send, the level that shows it, and what holds it from then on."""

    id: str
    send: tuple[Message, ...]
    aim: Aim
    hold: Hold | None
    away: bool


class Fleet:
    """Sets of lamps by their dialects; ``known`` is what is known of their states."""

    def __init__(self, sets: Sequence[LampSet], known: Known) -> None:
        """Raises ValueError for a set that cannot work."""
        self.dialects = tuple(_dialect(each) for each in sets)
        self._known = known

    def groups(self) -> tuple[LampGroup, ...]:
        """Groups of Zigbee2MQTT."""
        return tuple(group for dialect in self.dialects for group in dialect.groups())

    def plan_order(self, order: LampOrder, now: datetime) -> tuple[list[Task], list[LampAnswer], list[Message] | None]:
        """What to send for which lamp, what is answered already, and the message to the group instead, if there is."""
        why = _absurd(order, now)
        if why:
            return [], [LampAnswer(id, Outcome.REFUSED, why) for id in dict.fromkeys(order.lamps)], None
        group = self.group_message(order.group, order.lamps, order.level, order.ramp, order.until)
        tasks, answers = self._plan(order, now, group is not None)
        if group is not None and answers:  # not all of the group may be told
            return *self._plan(order, now, False), None
        return tasks, answers, group

    def plan_release(self, lamps: Iterable[str], now: datetime) -> tuple[list[Task], list[LampAnswer]]:
        """What to send for which lamp, and what is answered already."""
        tasks: list[Task] = []
        answers: list[LampAnswer] = []
        for id in dict.fromkeys(lamps):
            found = self.find(id)
            if found is None:
                answers.append(LampAnswer(id, Outcome.UNKNOWN))
                continue
            dialect, wire = found
            held = self._known.held(id, now)
            back = held.back if held is not None else wire.programme
            if back is None:
                answers.append(LampAnswer(id, Outcome.DONE, "no order holds it"))
                continue
            tasks.append(Task(id, tuple(dialect.back(wire, back)), aim_of(wire, back), None, self._known.away(id)))
        return tasks, answers

    def _plan(self, order: LampOrder, now: datetime, grouped: bool) -> tuple[list[Task], list[LampAnswer]]:
        """What to do for each lamp. A message to a whole group reaches those as well that seemed to be away."""
        tasks: list[Task] = []
        answers: list[LampAnswer] = []
        seconds = (order.until - now).total_seconds()
        for id in dict.fromkeys(order.lamps):
            found = self.find(id)
            if found is None:
                answers.append(LampAnswer(id, Outcome.UNKNOWN))
                continue
            dialect, wire = found
            back = self._known.back(id, wire.programme, now)
            away = self._known.away(id)
            if away and not grouped:
                answers.append(LampAnswer(id, Outcome.UNREACHABLE, "it left the network"))
            elif back is None:
                why = "nothing is known to go back to: it told no state, and has no programme set"
                answers.append(LampAnswer(id, Outcome.REFUSED, why))
            else:
                wanted = Wanted(order.level, seconds, order.until, order.ramp, back)
                send = () if dialect.ends(wire, wanted) else tuple(dialect.back(wire, back))
                aim = aim_of(wire, order.level)
                hold = Hold(order.until, back, aim, now + timedelta(seconds=order.ramp), send)
                tasks.append(Task(id, tuple(dialect.command(wire, wanted)), aim, hold, away))
        return tasks, answers

    def group_message(
        self, group: str, lamps: Iterable[str], level: float, ramp: float, until: datetime
    ) -> list[Message] | None:
        """The one message for a group; None where it holds other lamps than these."""
        ids = frozenset(lamps)
        wanted = Wanted(level, 0.0, until, ramp, 0.0)
        for dialect in self.dialects if group else ():
            if ids <= dialect.wires.keys() and not dialect.expires:
                return dialect.group_command(group, ids, wanted)
        return None

    def all(self) -> list[tuple[Dialect, Wire]]:
        """Each lamp with its dialect."""
        return [(dialect, wire) for dialect in self.dialects for wire in dialect.wires.values()]

    def lamps(self) -> tuple[Luminaire, ...]:
        """Every lamp once, with its groups."""
        groups: dict[str, list[str]] = {}
        for group in self.groups():
            for id in group.lamps:
                groups.setdefault(id, []).append(group.id)
        found: dict[str, Luminaire] = {}
        for _, wire in self.all():
            found.setdefault(wire.lamp.id, replace(wire.lamp, groups=tuple(groups.get(wire.lamp.id, ()))))
        return tuple(found.values())

    def find(self, id: str) -> tuple[Dialect, Wire] | None:
        """A lamp by its id."""
        for dialect in self.dialects:
            wire = dialect.wires.get(id)
            if wire is not None:
                return dialect, wire
        return None

    def filters(self) -> list[str]:
        """Every topic that is listened to."""
        return [topic for dialect in self.dialects for topic in (*dialect.filters, *dialect.topics)]

    def unknown(self, wire: Wire) -> bool:
        """Whether nobody knows what a lamp would go back to."""
        state = self._known.states.get(wire.lamp.id)
        return wire.programme is None and (state is None or state.level is None)


def _absurd(order: LampOrder, now: datetime) -> str:
    """Why an order can be obeyed by no lamp, or ""."""
    if not math.isfinite(order.level) or not 0 <= order.level <= 100:
        return "its level is not between 0 and 100 %"
    if not math.isfinite(order.ramp) or not 0 <= order.ramp <= 3600:
        return "its ramp is not between 0 and an hour"
    if order.until <= now:
        return "its end is past"
    return ""
