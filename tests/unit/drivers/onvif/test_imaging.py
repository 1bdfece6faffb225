"""Lens and sensor: what is offered, what is set, what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace as Said

import pytest
from ptz_rig import Rig, controlled

from drivers.errors import DriverError, Unsupported
from drivers.onvif.imaging import _read_options, _read_settings
from drivers.ptz import ImagingSettings, Switch


@pytest.fixture
def rig() -> Iterator[Rig]:
    with controlled() as made:
        yield made


def test_all_that_is_offered(rig: Rig) -> None:
    features = rig.controls.imaging().features()
    assert features.settings == set(ImagingSettings.__dataclass_fields__)
    assert features.ir_cut == (Switch.ON, Switch.OFF, Switch.AUTO)
    assert features.exposure_time == pytest.approx((0.0001, 0.04))
    assert features.gain == (0, 36)
    assert features.focus_absolute
    assert features.focus_continuous
    assert features.focus_relative


def test_settings_are_set_one_by_one_and_read_back(rig: Rig) -> None:
    imaging = rig.controls.imaging()
    before = imaging.settings()
    said = imaging.set(ImagingSettings(brightness=0.25, ir_cut=Switch.OFF))
    assert (said.brightness, said.ir_cut) == (0.25, Switch.OFF)
    assert (said.contrast, said.auto_exposure, said.gain) == (before.contrast, before.auto_exposure, before.gain)
    said = imaging.set(ImagingSettings(auto_exposure=False, exposure_time=0.02))
    assert said.auto_exposure is False
    assert said.exposure_time == pytest.approx(0.02)
    assert said.gain == before.gain
    said = imaging.set(ImagingSettings(gain=12.0, iris=1.0))
    assert (said.gain, said.iris, said.exposure_time) == (12.0, 1.0, pytest.approx(0.02))
    assert said.auto_exposure is False
    said = imaging.set(ImagingSettings(wide_dynamic_range=True, wide_dynamic_level=0.75, auto_focus=True))
    assert (said.wide_dynamic_range, said.wide_dynamic_level, said.auto_focus) == (True, 0.75, True)
    assert imaging.set(before) == before
    assert imaging.set(ImagingSettings()) == before


def test_values_end_at_the_cameras_ranges(rig: Rig) -> None:
    said = rig.controls.imaging().set(
        ImagingSettings(brightness=7.0, contrast=-1.0, auto_exposure=False, exposure_time=9.0, gain=1e9)
    )
    assert (said.brightness, said.contrast, said.exposure_time, said.gain) == (1.0, 0.0, pytest.approx(0.04), 36.0)


def test_the_focus_moves_until_it_is_stopped(rig: Rig) -> None:
    imaging, motor = rig.controls.imaging(), rig.camera.imaging.focus
    imaging.focus_to(0.25)
    assert motor.position == 0.25
    imaging.focus(1.0)
    rig.clock.now += 1.0
    assert motor.moving
    imaging.stop_focus()
    rest = motor.position
    assert rest == pytest.approx(0.5)
    rig.clock.now += 5.0
    assert motor.position == rest
    imaging.focus(-0.5)
    rig.clock.now += 1.0
    assert motor.position < rest
    imaging.focus(0.0)
    assert not motor.moving


def test_the_focus_moves_by_steps_and_no_further(rig: Rig) -> None:
    imaging, motor = rig.controls.imaging(), rig.camera.imaging.focus
    imaging.focus_to(0.5)
    imaging.focus_step(0.25)
    rig.clock.now += 5.0
    assert motor.position == pytest.approx(0.75)
    imaging.focus_step(-0.5)
    assert motor.position == pytest.approx(0.25)
    rig.fault("gone", times=1)
    with pytest.raises(DriverError):
        imaging.focus_step(0.1)
    assert motor.position == pytest.approx(0.35), "it was done and not answered, so it is not done once more"


def test_a_lens_that_moves_continuously_only(rig: Rig) -> None:
    rig.fault("focus_continuous_only")
    imaging, motor = rig.controls.imaging(), rig.camera.imaging.focus
    features = imaging.features()
    assert features.focus_continuous
    assert not features.focus_relative
    assert not features.focus_absolute
    with pytest.raises(Unsupported, match="it has no focus that moves by steps"):
        imaging.focus_step(0.1)
    imaging.focus(1.0)
    rig.clock.now += 1.0
    imaging.stop_focus()
    assert motor.position == pytest.approx(0.75)


def test_a_lens_that_offers_steps_and_knows_none_loses_them(rig: Rig) -> None:
    imaging = rig.controls.imaging()
    assert imaging.features().focus_relative
    rig.fault("focus_continuous_only")
    with pytest.raises(Unsupported):
        imaging.focus_step(0.1)
    assert not imaging.features().focus_relative
    assert imaging.features().focus_continuous


def test_what_a_camera_lacks_changes_nothing() -> None:
    options = _read_options(
        Said(
            Brightness=Said(Min=0, Max=0),
            Contrast=Said(Min=0, Max=10),
            Exposure=Said(Mode=["AUTO"]),
            IrCutFilterModes="ON",
        ),
        None,
    )
    assert options.features.settings == {"contrast", "ir_cut"}
    assert options.features.ir_cut == (Switch.ON,)
    assert not options.features.focus_continuous
    said = _read_settings(Said(Brightness=5, Contrast=float("nan"), IrCutFilter="odd", Exposure="x"), options)
    assert said == ImagingSettings()
    for nothing in (None, "", Said()):
        assert _read_options(nothing, nothing).features.settings == frozenset()


def test_one_that_lacks_stops_all(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    imaging = rig.controls.imaging()
    known = imaging._options()  # type: ignore[attr-defined]
    object.__setattr__(known.features, "settings", frozenset({"brightness"}))
    object.__setattr__(known.features, "focus_continuous", False)
    object.__setattr__(known.features, "focus_absolute", False)
    before = rig.camera.calls
    with pytest.raises(Unsupported, match="it has no wide dynamic range to set"):
        imaging.set(ImagingSettings(brightness=0.1, wide_dynamic_range=True))
    for ask in (lambda: imaging.focus(1.0), lambda: imaging.focus_to(0.5)):
        with pytest.raises(Unsupported, match="it has no focus"):
            ask()
    assert rig.camera.calls == before


@pytest.mark.parametrize("name", ["foreign", "soap_500", "soap_truncated", "gone"])
def test_a_bad_answer_is_an_error(rig: Rig, name: str) -> None:
    imaging = rig.controls.imaging()
    imaging.features()
    rig.fault(name, times=3)
    with pytest.raises(DriverError, match="Gate: "):
        imaging.settings()
    rig.mend()
    assert imaging.settings().brightness == 0.5
