"""The city's plan: the same from the same seed, and a place where things make sense."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from drivers.types import Codec
from drivers.virtual.plan import MAX_CAMERAS, PERIOD_S, ROAD_HALF, camera_specs, make_plan
from drivers.virtual.sight import clear


def test_the_same_seed_gives_the_same_city() -> None:
    assert make_plan(7, 16) == make_plan(7, 16)
    assert camera_specs(make_plan(7, 16)) == camera_specs(make_plan(7, 16))
    assert make_plan(7, 16) != make_plan(8, 16)
    one, other = (camera_specs(make_plan(seed, 1))[0] for seed in (7, 8))
    assert one.uuid != other.uuid
    assert one.credentials.password != other.credentials.password


@pytest.mark.parametrize("cameras", [1, 16, 100, MAX_CAMERAS])
def test_every_size_has_its_cameras(cameras: int) -> None:
    plan = make_plan(3, cameras)
    specs = camera_specs(plan)
    assert [spec.number for spec in specs] == list(range(1, cameras + 1))
    for field in ("uuid", "serial"):
        assert len({getattr(spec, field) for spec in specs}) == cameras
    assert all(spec.sub.codec is Codec.H264 for spec in specs)
    assert all(spec.ptz == (spec.number % 4 == 0) for spec in specs)
    assert "password" not in repr(specs[0])


@pytest.mark.parametrize("cameras", [0, 257])
def test_too_many_or_none_are_refused(cameras: int) -> None:
    with pytest.raises(ValueError, match=str(cameras)):
        make_plan(1, cameras)


def test_variety_changes_codecs() -> None:
    specs = camera_specs(make_plan(1, 16), variety=True)
    assert [s.number for s in specs if s.main.codec is Codec.H265] == [8, 16]
    assert [s.number for s in specs if s.sub.codec is Codec.MJPEG] == [5]


def test_vehicles_drive_smoothly_and_repeat() -> None:
    for vehicle in make_plan(5, 16).vehicles[:30]:
        track = [vehicle.at(k / 15) for k in range(301)]
        assert track[0][:2] == pytest.approx(track[300][:2])
        for (ax, ay, _), (bx, by, heading) in itertools.pairwise(track):
            assert 0.4 < math.hypot(bx - ax, by - ay) < 1.8
            assert math.cos(math.atan2(by - ay, bx - ax) - heading) > 0.97
        assert vehicle.at(3.0)[:2] == pytest.approx(vehicle.at(3.0 + PERIOD_S)[:2])


def test_vehicles_stay_on_the_road_and_pass_cameras() -> None:
    plan = make_plan(5, 16)
    for vehicle in plan.vehicles:
        for k in range(40):
            x, y, _ = vehicle.at(k / 2)
            assert min(min(abs(x - at) for at in plan.xs), min(abs(y - at) for at in plan.ys)) < ROAD_HALF
    seen = {
        vehicle.plate: sum(
            any(math.hypot(vehicle.at(k / 2)[0] - s.x, vehicle.at(k / 2)[1] - s.y) < 40 for k in range(40))
            for s in plan.sites
        )
        for vehicle in plan.vehicles
    }
    assert sum(count >= 2 for count in seen.values()) > len(seen) / 2
    assert len(seen) == len(plan.vehicles)


def test_geojson_is_json_with_all_kinds() -> None:
    plan = make_plan(7, 4)
    features = json.loads(json.dumps(plan.geojson()))["features"]
    assert {f["properties"]["kind"] for f in features} == {"road", "building", "lamp", "camera"}
    spec = camera_specs(plan)[0]
    camera = next(f for f in features if f["properties"].get("number") == 1)
    assert camera["geometry"]["coordinates"] == [spec.place.longitude, spec.place.latitude]
    assert camera["properties"]["heading"] == spec.place.heading


def test_houses_block_the_sight() -> None:
    plan = make_plan(7, 4)
    house = plan.buildings[0]
    middle = (house.y0 + house.y1) / 2
    behind = np.array([(house.x1 + 5, middle), (house.x0 - 5, middle)])
    assert clear(plan, (house.x0 - 10, middle), behind).tolist() == [False, True]
