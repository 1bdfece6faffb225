"""Names, time-outs and features as devices tell them, kind ones and hostile ones."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as Said
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.onvif.heads import (
    MAX_NAME,
    MAX_PRESETS,
    Timeouts,
    clean_name,
    read_features,
    read_places,
    read_status,
    read_timeouts,
    same_place,
)
from drivers.onvif.ranges import GENERIC_CONTINUOUS, Spaces
from drivers.ptz import Axes, PtzStatus

NONE = Spaces({})


@given(st.text(max_size=300))
def test_any_name_fits_on_a_line(said: str) -> None:
    name = clean_name(said, "Preset 1")
    assert name
    assert name.isprintable()
    assert len(name) <= MAX_NAME
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Quay\nnorth\t side ", "Quay north side"),
        ("\u202egnitrats\u202c", "gnitrats"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("x" * 10_000, "x" * MAX_NAME),
        ("\u200b\u2066\u2069", "Preset 3"),
        (None, "Preset 3"),
        (7, "7"),
    ],
)
def test_names(said: Any, shown: str) -> None:
    assert clean_name(said, "Preset 3") == shown


def test_presets_go_by_token() -> None:
    listed = [
        Said(token="2", Name="Quay"),
        Said(token="2", Name="Again"),
        Said(token="", Name="No token"),
        Said(token=None, Name="None"),
        Said(token="t" * 1000, Name="Long"),
        Said(token="a&<>", Name=None),
        "nonsense",
    ]
    assert [(place.preset.token, place.preset.name) for place in read_places(listed, NONE)] == [
        ("2", "Quay"),
        ("a&<>", "Preset 6"),
    ]
    many = [Said(token=str(number), Name="x") for number in range(100_000)]
    assert len(read_places(many, NONE)) == MAX_PRESETS
    assert read_places(None, NONE) == ()


@pytest.mark.parametrize(
    ("low", "high", "wanted", "sent"),
    [
        (1, 60, 0.5, 1.0),
        (0, 60, 100, 60.0),
        (0, 60, 2, 2.0),
        (0, 60, 0, 0.1),
        (0, 60, -5, 0.1),
        (5, 1, 3, 1.0),
        (0, 0, 30, 10.0),
        (0, 1e9, 1e8, 3600.0),
    ],
)
def test_timeouts_are_in_the_cameras_range(low: float, high: float, wanted: float, sent: float) -> None:
    options = Said(PTZTimeout=Said(Min=timedelta(seconds=low), Max=timedelta(seconds=high)))
    assert read_timeouts(options).fit(wanted) == timedelta(seconds=sent)


def test_timeouts_that_say_nothing() -> None:
    for options in (None, Said(PTZTimeout=None), Said(PTZTimeout=Said(Min="x", Max="y"))):
        assert read_timeouts(options) == Timeouts()


@pytest.mark.parametrize(
    ("pan", "zoom", "moving"),
    [
        ("MOVING", "IDLE", True),
        ("IDLE", "IDLE", False),
        ("IDLE", None, False),
        ("UNKNOWN", "UNKNOWN", None),
        (None, None, None),
    ],
)
def test_motion(pan: str | None, zoom: str | None, moving: bool | None) -> None:
    assert read_status(Said(MoveStatus=Said(PanTilt=pan, Zoom=zoom)), NONE).moving is moving


def test_features_of_a_head_that_tells_nothing() -> None:
    for node in (None, Said(), Said(AuxiliaryCommands=["", "\u202e", 5], MaximumNumberOfPresets=-3, HomeSupported="x")):
        features = read_features(node, GENERIC_CONTINUOUS, Timeouts(), PtzStatus())
        assert len(features.continuous) == 2
        assert not features.absolute
        assert not features.tells_position
        assert (features.presets, features.home, features.auxiliary) == (0, False, ())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Axes(0.1, 0.2, 0.3), Axes(0.101, 0.2, 0.3), True),
        (Axes(0.1, 0.2, 0.3), Axes(0.2, 0.2, 0.3), False),
        (Axes(0.1, 0.2), Axes(0.1, 0.2, 0.5), False),
        (Axes(zoom=0.1), Axes(zoom=0.1), False),
        (None, Axes(0.1, 0.2), False),
        (Axes(0.1, 0.2), Axes(0.1, 0.2), True),
    ],
)
def test_the_same_place(one: Axes | None, other: Axes | None, same: bool) -> None:
    assert same_place(one, other) is same
