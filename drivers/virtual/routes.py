"""Ways through the city's streets: from one edge to another, on the right-hand lane, around corners.

A way is told by the crossings that it passes, as (column, row) of the street grid; one column or row beyond the grid is
where a street ends outside. Directions count quarter turns: 0 along x, 1 along y, 2 against x, 3 against y.
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.virtual.plan import Plan

Node = tuple[int, int]
STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
LANE = 2.6
"""Metres from a street's middle to the middle of a lane."""
RADIUS = 6.0
"""Of a turn, metres."""
_BEYOND_X, _BEYOND_Y = 45.0, 40.0
WANDER = 12
"""After so many crossings a way goes straight on until it leaves the city."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight piece of a way: it begins at ``x``, ``y`` after ``start`` metres, runs ``length`` metres towards
    ``way``, and lies between two neighbouring crossings."""

    before: Node
    after: Node
    way: int
    x: float
    y: float
    start: float
    length: float


class Path:
    """The lane's middle along a way, by metres from its beginning. Immutable; any thread."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self.legs = tuple(legs)
        self.length = legs[-1].start + legs[-1].length
        self._starts = [leg.start for leg in legs]

    def at(self, metres: float) -> tuple[float, float, float]:
        """Place in metres of the plan, and heading in radians counter-clockwise from its x axis."""
        index = max(0, bisect.bisect_right(self._starts, metres) - 1)
        leg = self.legs[index]
        gone = metres - leg.start
        dx, dy = STEPS[leg.way]
        heading = leg.way * math.pi / 2
        if gone <= leg.length or index + 1 == len(self.legs):
            return leg.x + dx * gone, leg.y + dy * gone, heading
        side = 1.0 if (self.legs[index + 1].way - leg.way) % 4 == 1 else -1.0
        turn = (gone - leg.length) / RADIUS
        x, y = leg.x + dx * leg.length, leg.y + dy * leg.length
        ahead, aside = RADIUS * math.sin(turn), side * RADIUS * (1 - math.cos(turn))
        return x + dx * ahead - dy * aside, y + dy * ahead + dx * aside, heading + side * turn


class Grid:
    """The streets as a grid that can be driven through. Immutable; any thread."""

    def __init__(self, plan: Plan) -> None:
        xs, ys = plan.xs, plan.ys
        self.columns, self.rows = len(xs), len(ys)
        self._xs = (xs[0] - _BEYOND_X, *xs, xs[-1] + _BEYOND_X)
        self._ys = (ys[0] - _BEYOND_Y, *ys, ys[-1] + _BEYOND_Y)

    def place(self, node: Node) -> tuple[float, float]:
        """A crossing's middle, metres of the plan."""
        return self._xs[node[0] + 1], self._ys[node[1] + 1]

    def inside(self, node: Node) -> bool:
        """Whether it is a crossing, and not where a street ends."""
        return 0 <= node[0] < self.columns and 0 <= node[1] < self.rows

    def path(self, nodes: Sequence[Node]) -> Path:
        """The path of a way of at least two neighbouring nodes."""
        ways = [_way(a, b) for a, b in itertools.pairwise(nodes)]
        legs: list[Leg] = []
        metres = 0.0
        x, y = self._corner(nodes[0], ways[0], ways[0])
        for number, way in enumerate(ways):
            following = ways[number + 1] if number + 1 < len(ways) else way
            end_x, end_y = self._corner(nodes[number + 1], way, following)
            dx, dy = STEPS[way]
            turns = following != way
            length = (end_x - x) * dx + (end_y - y) * dy - (RADIUS if turns else 0.0)
            legs.append(Leg(nodes[number], nodes[number + 1], way, x, y, metres, length))
            metres += length
            x, y = end_x, end_y
            if turns:
                metres += RADIUS * math.pi / 2
                ahead = STEPS[following]
                x, y = x + ahead[0] * RADIUS, y + ahead[1] * RADIUS
        return Path(legs)

    def wander(self, rng: random.Random, node: Node, way: int) -> list[Node]:
        """From ``node``, which was reached towards ``way``, on until the city ends; without ``node`` itself."""
        found: list[Node] = []
        while self.inside(node):
            turns = [way] if len(found) >= WANDER else [way, way, way, (way + 1) % 4, (way - 1) % 4]
            way = rng.choice(turns)
            node = (node[0] + STEPS[way][0], node[1] + STEPS[way][1])
            found.append(node)
        return found

    def between(self, node: Node, way: int, goal: Node, goal_way: int) -> list[Node]:
        """The shortest way from ``node``, reached towards ``way``, to ``goal``, where it goes on towards ``goal_way``;
        both ends included, no turning about."""
        seen: dict[tuple[Node, int], tuple[Node, int] | None] = {(node, way): None}
        queue = deque([(node, way)])
        while queue:
            here, heading = queue.popleft()
            if here == goal and (goal_way - heading) % 4 != 2:
                found = []
                step: tuple[Node, int] | None = (here, heading)
                while step is not None:
                    found.append(step[0])
                    step = seen[step]
                return found[::-1]
            for turn in (0, 1, 3):
                onward = (heading + turn) % 4
                after = ((here[0] + STEPS[onward][0], here[1] + STEPS[onward][1]), onward)
                if self.inside(after[0]) and after not in seen:
                    seen[after] = (here, heading)
                    queue.append(after)
        return [node]  # in a grid of at least two streets each way there always is a way

    def _corner(self, node: Node, way: int, following: int) -> tuple[float, float]:
        """Where the lanes of two legs meet."""
        x, y = self.place(node)
        for each in {way, following}:
            dx, dy = STEPS[each]
            x, y = x + dy * LANE, y - dx * LANE
        return x, y


def _way(a: Node, b: Node) -> int:
    return STEPS.index((b[0] - a[0], b[1] - a[1]))
