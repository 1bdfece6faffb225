"""Who drives where in the virtual city: the same for everybody who asks, on its lanes, past the readers."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from drivers.virtual.plan import ROAD_HALF, make_plan
from drivers.virtual.plates.readers import with_readers
from drivers.virtual.routes import Grid
from drivers.virtual.traffic import LEAD_S, Traffic

START = 1_790_000_040.0
PLAN, READERS = with_readers(make_plan(7, 16), 6)
SITES = [PLAN.sites[reader.camera - 1] for reader in READERS]


def traffic() -> Traffic:
    return Traffic(PLAN, SITES)


def test_the_same_seed_has_the_same_traffic_however_it_is_asked() -> None:
    whole = traffic().passes(START, START + 600)
    late = traffic()
    late.in_sight(SITES[0].number, START + 550)
    pieces = [late.passes(START + at, START + at + 75) for at in range(0, 600, 75)]
    assert list(itertools.chain(*pieces)) == whole
    assert len(whole) > 60
    assert [each.at for each in whole] == sorted(each.at for each in whole)
    assert len({each.id for each in whole}) == len(whole)


def test_other_seeds_have_other_cars() -> None:
    plan, readers = with_readers(make_plan(8, 16), 6)
    other = Traffic(plan, [plan.sites[reader.camera - 1] for reader in readers])
    here, there = ({each.car.plate for each in each.passes(START, START + 600)} for each in (traffic(), other))
    assert not here & there


def test_who_passes_a_reader_is_in_its_picture_then_and_not_long_after() -> None:
    city = traffic()
    for each in city.passes(START, START + 300):
        assert city.busy(each.gate, each.at)
        there = [(x, y) for car, x, y, _ in city.in_sight(each.gate, each.at) if car.plate == each.car.plate]
        assert any(math.hypot(x - each.x, y - each.y) < 0.01 for x, y in there)
    empty = [at for at in range(600) if not city.busy(SITES[0].number, START + at)]
    assert len(empty) > 100
    assert all(city.in_sight(SITES[0].number, START + at) == [] for at in empty[:20])


def test_a_reader_sees_both_directions_and_the_lane_is_the_right_hand_one() -> None:
    passes = traffic().passes(START, START + 900)
    assert {each.towards for each in passes} == {True, False}
    for each in passes:
        middle_x = min(PLAN.xs, key=lambda x: abs(x - each.x))
        middle_y = min(PLAN.ys, key=lambda y: abs(y - each.y))
        aside = -math.sin(each.heading) * (each.x - middle_x) + math.cos(each.heading) * (each.y - middle_y)
        assert aside == pytest.approx(-2.6, abs=0.01)
        assert 9 <= each.speed <= 15


def test_ways_are_driven_without_a_jump_and_on_the_road() -> None:
    grid, rng = Grid(PLAN), random.Random(3)
    for _ in range(20):
        nodes = [(2, 2), (3, 2), *grid.wander(rng, (3, 2), 0)]
        path = grid.path(nodes)
        steps = [path.at(metres) for metres in range(int(path.length))]
        for (x0, y0, _), (x1, y1, heading) in itertools.pairwise(steps):
            assert 0.9 < math.hypot(x1 - x0, y1 - y0) < 1.001
            assert (x1 - x0) * math.cos(heading) + (y1 - y0) * math.sin(heading) > 0.9
        for x, y, _ in steps:
            assert min(min(abs(x - each) for each in PLAN.xs), min(abs(y - each) for each in PLAN.ys)) < ROAD_HALF + 1


def test_the_way_between_two_crossings_never_turns_about() -> None:
    grid = Grid(PLAN)
    for goal, way in (((0, 0), 2), ((2, 2), 0), ((4, 3), 1), ((1, 2), 2)):
        nodes = grid.between((2, 2), 0, goal, way)
        assert nodes[0] == (2, 2)
        assert nodes[-1] == goal
        assert all(a != c for a, _, c in zip(nodes, nodes[1:], nodes[2:], strict=False))
        assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in itertools.pairwise(nodes))


def test_the_convoy_passes_readers_together() -> None:
    city = traffic()
    three = city.convoy()
    passes = [each for each in city.passes(START, START + 24 * 60) if each.car.plate in three]
    assert {each.car.plate for each in passes} == set(three)
    first = [each for each in passes if each.car.plate == three[0]]
    assert len({each.gate for each in first}) >= 3
    for each in first:
        for other in three[1:]:
            assert any(
                mate.car.plate == other and mate.gate == each.gate and 0 < mate.at - each.at < 10 for mate in passes
            )


def test_one_car_comes_by_before_each_incident_and_no_other_does() -> None:
    city = traffic()
    incidents = city.incidents(START, START + 3600)
    assert len(incidents) == 12
    assert len({each.gate for each in incidents}) == len(READERS)
    near = []
    for incident in incidents:
        assert incident.plate == city.suspect()
        near.append(
            {each.car.plate for each in city.passes(incident.at - 60, incident.at) if each.gate == incident.gate}
        )
    assert set.intersection(*near) == {city.suspect()}


def test_regulars_come_at_the_same_minute_every_day() -> None:
    city, day = traffic(), 86_400.0

    def regulars(start: float) -> set[tuple[str, str]]:
        found = city.passes(start, start + 1800)
        return {(each.id.split("-", 1)[1], each.car.plate) for each in found if "-r" in each.id}

    morning = START - START % day + 8 * 3600
    today, tomorrow = regulars(morning), regulars(morning + day)
    assert today
    assert len(today & tomorrow) >= 0.7 * len(today)


def test_a_car_that_is_asked_for_comes_in_a_moment_with_that_plate() -> None:
    city = traffic()
    gate = SITES[2].number
    each = city.ask(gate, "ab-12 xyz", START)
    assert (each.car.plate, each.gate, each.asked, each.towards) == ("AB12XYZ", gate, True, True)
    assert each.at == pytest.approx(START + LEAD_S)
    assert each in city.passes(START, START + 10)
    assert "AB12XYZ" in {car.plate for car, *_ in city.in_sight(gate, each.at)}
    away = city.ask(gate, city.suspect(), START, towards=False)
    assert not away.towards
    assert away.car == city.car(0)
    assert away.id != each.id


def test_a_city_without_readers_has_no_traffic() -> None:
    city = Traffic(PLAN, [])
    assert city.passes(START, START + 600) == []
    assert city.incidents(START, START + 600) == []
