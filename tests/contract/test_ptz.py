"""What every PtzDriver must do: the ONVIF one over real sockets with a virtual camera, and the fake of the tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
from fake_ptz import FakePtz
from onvif_rig import Clock, spec
from ptz_rig import controlled

from drivers.errors import DriverError, Unreachable, Unsupported
from drivers.ptz import Axes, Axis, PtzDriver
from drivers.virtual.onvif.auth import Accepts
from drivers.virtual.state import CameraState


@dataclass
class Head:
    """A driver, and the truth about what it moves."""

    driver: PtzDriver
    pose: Callable[[], Axes]
    moving: Callable[[], bool]
    clock: Clock
    lose_next_move: Callable[[], None]

    def settle(self) -> None:
        for _ in range(100):
            if not self.moving():
                return
            self.clock.now += 1.0
        raise AssertionError("it never stands still")


@contextmanager
def fake() -> Iterator[Head]:
    clock = Clock(10.0)
    ptz = FakePtz(clock)

    def lose() -> None:
        ptz.fail_next_move = Unreachable("Fake")

    yield Head(ptz, lambda: ptz.pose, lambda: ptz.moving, clock, lose)


@contextmanager
def virtual(degrees: bool = False, accepts: Accepts = Accepts.BOTH, media2: bool = True) -> Iterator[Head]:
    state = CameraState(spec(offset=500.0))
    if not media2:
        state.faults.set("no_media2")
    with controlled(state, degrees=degrees, accepts=accepts) as rig:
        yield Head(rig.ptz, lambda: rig.pose, lambda: rig.moving, rig.clock, lambda: rig.fault("redirect", times=1))


HEADS: dict[str, Callable[[], AbstractContextManager[Head]]] = {
    "fake": fake,
    "virtual": virtual,
    "virtual with degrees": lambda: virtual(degrees=True),
    "virtual with HTTP Digest": lambda: virtual(accepts=Accepts.DIGEST),
    "virtual without media2": lambda: virtual(media2=False),
}


@pytest.fixture(params=HEADS)
def head(request: pytest.FixtureRequest) -> Iterator[Head]:
    with HEADS[request.param]() as made:
        yield made


def near(position: Axes | None, *wanted: float | None) -> bool:
    assert position is not None
    pairs = zip((position.pan, position.tilt, position.zoom), wanted, strict=True)
    return all(one is not None and (two is None or math.isclose(one, two, abs_tol=1e-3)) for one, two in pairs)


def test_features_are_whole_and_stay(head: Head) -> None:
    features = head.driver.features()
    assert features.continuous == features.absolute == features.relative == frozenset(Axis)
    assert features.tells_position
    assert features.tells_motion
    assert features.presets >= 10
    assert features.home
    assert features.longest >= 10
    assert head.driver.features() == features


def test_a_move_goes_its_way_and_ends_by_itself(head: Head) -> None:
    head.driver.move(Axes(0.4, -0.2, 0.5), 1.0)
    head.clock.now += 0.5
    now = head.driver.status()
    assert now.moving
    assert now.position is not None
    assert (now.position.pan or 0) > 0 > (now.position.tilt or 0)
    assert (now.position.zoom or 0) > 0
    head.clock.now += 5
    rest = head.driver.status()
    assert rest.moving is False
    assert near(rest.position, 0.2, -0.1, 0.125)
    assert near(head.pose(), 0.2, -0.1, 0.125)


def test_speed_is_proportional_and_never_more_than_full(head: Head) -> None:
    head.driver.move(Axes(5.0, -0.5), 0.5)
    head.settle()
    first = head.pose()
    assert near(first, 0.25, -0.125, 0.0)
    head.driver.move(Axes(math.nan, math.inf, math.nan), 1.0)
    head.settle()
    assert head.pose() == first


def test_a_move_takes_the_place_of_the_one_before_and_leaves_other_axes(head: Head) -> None:
    head.driver.move(Axes(1.0, 0.0, 1.0), 10)
    head.driver.move(Axes(-0.4, 0.0), 0.5)
    head.clock.now += 1.0
    assert near(head.driver.status().position, -0.1, 0.0, 0.25)
    head.driver.stop()


@pytest.mark.parametrize("timeout", [0.0, -3.0, math.nan])
def test_there_is_no_move_without_an_end(head: Head, timeout: float) -> None:
    head.driver.move(Axes(0.01, 0.0), timeout)
    head.clock.now += head.driver.features().longest + 1
    assert head.driver.status().moving is False


def test_stop_is_at_once_and_for_all_axes(head: Head) -> None:
    head.driver.move(Axes(0.5, 0.5, 0.5), 10)
    head.clock.now += 0.2
    head.driver.stop()
    rest = head.pose()
    assert not head.moving()
    head.clock.now += 5
    assert head.pose() == rest
    head.driver.stop()
    assert not head.moving()


def test_stop_ends_a_journey_too(head: Head) -> None:
    head.driver.go(Axes(1.0, 1.0, 1.0))
    head.clock.now += 0.2
    head.driver.stop()
    assert not head.moving()
    assert not near(head.pose(), 1.0, 1.0, 1.0)


def test_zero_speed_stops(head: Head) -> None:
    head.driver.move(Axes(0.5, 0.5, 0.5), 10)
    head.clock.now += 0.2
    head.driver.move(Axes(0.0, 0.0, 0.0), 1.0)
    assert not head.moving()


@pytest.mark.parametrize("speed", [None, 0.3, 1.0])
def test_it_goes_to_positions(head: Head, speed: float | None) -> None:
    head.driver.go(Axes(0.5, -0.25, 0.75), speed)
    head.settle()
    assert near(head.pose(), 0.5, -0.25, 0.75)
    assert near(head.driver.status().position, 0.5, -0.25, 0.75)
    head.driver.go(Axes(zoom=0.0))
    head.settle()
    assert near(head.pose(), 0.5, -0.25, 0.0)
    head.driver.go(Axes(pan=-1.0))
    head.settle()
    assert near(head.pose(), -1.0, -0.25, 0.0)
    head.driver.go(Axes(9.0, 0.0, 9.0))
    head.settle()
    assert near(head.pose(), 1.0, 0.0, 1.0)


def test_steps_add_up(head: Head) -> None:
    for _ in range(2):
        head.driver.step(Axes(0.1, 0.05))
        head.settle()
    head.driver.step(Axes(zoom=0.5), 0.5)
    head.settle()
    assert near(head.pose(), 0.2, 0.1, 0.5)


def test_nothing_to_move_is_refused(head: Head) -> None:
    for ask in (
        lambda: head.driver.move(Axes(), 1.0),
        lambda: head.driver.go(Axes()),
        lambda: head.driver.step(Axes()),
    ):
        with pytest.raises(Unsupported):
            ask()
    assert not head.moving()


def test_presets_are_kept_replaced_and_forgotten(head: Head) -> None:
    before = head.driver.presets()
    head.driver.go(Axes(0.5, 0.5, 0.5))
    head.settle()
    token = head.driver.set_preset("Quay")
    assert token not in {preset.token for preset in before}
    assert {preset.token: preset.name for preset in head.driver.presets()}[token] == "Quay"
    head.driver.go(Axes(-0.5, 0.0, 0.0))
    head.settle()
    head.driver.go_preset(token)
    head.settle()
    assert near(head.pose(), 0.5, 0.5, 0.5)
    head.driver.go(Axes(-0.5, 0.0, 0.0))
    head.settle()
    assert head.driver.set_preset("Quay, north", token) == token
    head.driver.go_home(0.5)
    head.settle()
    head.driver.go_preset(token, 0.5)
    head.settle()
    assert near(head.pose(), -0.5, 0.0, 0.0)
    head.driver.remove_preset(token)
    assert head.driver.presets() == before


def test_a_name_changes_only_where_the_camera_looks(head: Head) -> None:
    token = head.driver.set_preset("Quay")
    head.driver.rename_preset(token, "Harbour")
    assert {preset.token: preset.name for preset in head.driver.presets()}[token] == "Harbour"
    head.driver.go(Axes(0.5, 0.0, 0.0))
    head.settle()
    with pytest.raises(Unsupported):
        head.driver.rename_preset(token, "Elsewhere")
    assert {preset.token: preset.name for preset in head.driver.presets()}[token] == "Harbour"
    assert near(head.pose(), 0.5, 0.0, 0.0)
    head.driver.go_preset(token)
    head.settle()
    assert near(head.pose(), 0.0, 0.0, 0.0)


def test_unknown_presets_are_errors(head: Head) -> None:
    for ask in (head.driver.go_preset, head.driver.remove_preset):
        with pytest.raises(DriverError):
            ask("nobody's")
    with pytest.raises(DriverError):
        head.driver.rename_preset("nobody's", "x")
    assert not head.moving()


def test_home_can_be_set(head: Head) -> None:
    head.driver.go(Axes(0.5, 0.25, 0.5))
    head.settle()
    head.driver.set_home()
    head.driver.go(Axes(0.0, 0.0, 0.0))
    head.settle()
    head.driver.go_home()
    head.settle()
    assert near(head.pose(), 0.5, 0.25, 0.5)


def test_auxiliary_commands_are_those_that_it_lists(head: Head) -> None:
    for command in head.driver.features().auxiliary:
        head.driver.auxiliary(command)
    with pytest.raises(Unsupported):
        head.driver.auxiliary("tt:Cannon|Fire")


def test_a_lost_command_is_an_error_and_the_next_one_works(head: Head) -> None:
    head.driver.features()
    head.lose_next_move()
    with pytest.raises(DriverError):
        head.driver.move(Axes(0.5, 0.0), 1.0)
    assert not head.moving()
    head.clock.now += 1.0
    head.driver.move(Axes(0.5, 0.0), 1.0)
    assert head.moving()
    head.driver.stop()
