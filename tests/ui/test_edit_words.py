"""What is on a tile in words and back, and the presets of a wall in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from console.model.items import (
    AlarmsItem,
    CameraItem,
    CameraRange,
    ClockItem,
    Item,
    MapItem,
    PictureItem,
    TextItem,
    TourItem,
    TourStep,
    WebItem,
)
from console.model.layout import grid
from console.model.monitor import showing
from console.model.wall import Monitor, PresetTour, Switch, Wall
from console.ui.edit.preset_edit import (
    KEYS,
    MAX_PRESETS,
    PresetError,
    day_words,
    free_key,
    next_words,
    preset_words,
    remembered,
    renamed,
    replaced,
    with_key,
)
from console.ui.edit.words import (
    WordsError,
    called,
    flaw_of,
    flaw_of_layout,
    grid_of,
    seconds_of,
    short,
    step_text,
    step_words,
    steps_of,
    time_of,
)

NAMES = {5: "Main St"}
TOUR = TourItem((TourStep(CameraItem(5), 8),))
EVERYTHING: list[tuple[Item, str, str]] = [
    (CameraItem(5), "5  Main St", "camera 5"),
    (CameraItem(6), "6  no such camera", "camera 6"),
    (MapItem(), "Map", "map"),
    (WebItem("https://example.org"), "Web page  https://example.org", "web page"),
    (PictureItem("a.png"), "Picture  a.png", "picture"),
    (TextItem("Gate 4\nclosed"), "Text  Gate 4 closed", "text"),
    (ClockItem(), "Clock", "clock"),
    (ClockItem("America/Bogota"), "Clock  America/Bogota", "clock"),
    (AlarmsItem(), "Alarm list", "alarm list"),
    (TOUR, "Tour of 1 step", "tour"),
]


@pytest.mark.parametrize(("item", "words", "kind"), EVERYTHING)
def test_items_in_words(item: Item, words: str, kind: str) -> None:
    assert called(item, NAMES.get) == words
    assert short(item) == kind
    assert flaw_of(item) is None


def test_free_and_longer_tours() -> None:
    assert called(None, NAMES.get) == "Free"
    assert called(TourItem(TOUR.steps * 3), NAMES.get) == "Tour of 3 steps"


@pytest.mark.parametrize(
    ("text", "step", "words"),
    [
        ("5", TourStep(CameraItem(5), 8), "5  Main St"),
        ("1-40", CameraRange(1, 40, 8), "Cameras 1 to 40"),
        ("1-40 2/4", CameraRange(1, 40, 8, (2, 4)), "Cameras 1 to 40, part 2 of 4"),
        ("1-99999", CameraRange(1, 99_999, 8), "All cameras"),
    ],
)
def test_steps_are_typed(text: str, step: TourStep | CameraRange, words: str) -> None:
    assert steps_of(text, 8) == (step,)
    assert step_text(step) == text
    assert step_words(step, NAMES.get) == words


def test_several_steps_at_once() -> None:
    assert steps_of(" 5, 7 – 9 ,1-4 1 / 2", 8) == (
        TourStep(CameraItem(5), 8), CameraRange(7, 9, 8), CameraRange(1, 4, 8, (1, 2)),
    )  # fmt: skip
    assert step_text(TourStep(ClockItem())) is None


@pytest.mark.parametrize("text", ["", ",", "gate", "5;7", "9-7", "5 1/2", "123456", "-4", "٥", "1-2-3", "1-4 1/"])
def test_what_is_no_step_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(WordsError, match=r"[A-Z].*\."):
        steps_of(text, 8)


@pytest.mark.parametrize(("text", "seconds"), [("8", 8), ("8 s", 8), (" 7,5 ", 7.5), ("86400", 86400)])
def test_seconds(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0.5", "86401", "nan", "inf", "1e3", "-5", "eight"])
def test_no_seconds(text: str) -> None:
    with pytest.raises(WordsError, match="Type seconds from 1 to 86400"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("text", "at"), [("7", time(7)), ("7:30", time(7, 30)), ("22.05", time(22, 5)), ("06:30:15", time(6, 30, 15))]
)
def test_times_of_day(text: str, at: time) -> None:
    assert time_of(text) == at


@pytest.mark.parametrize("text", ["", "24", "7:60", "noon", "7:5", "-1", "07:30:61"])
def test_no_times_of_day(text: str) -> None:
    with pytest.raises(WordsError, match="Type hours and minutes"):
        time_of(text)


@pytest.mark.parametrize(("text", "parts"), [("3x2", (3, 2)), (" 1 X 4 ", (1, 4)), ("2*2", (2, 2)), ("16 1", (16, 1))])
def test_grids(text: str, parts: tuple[int, int]) -> None:
    assert grid_of(text) == parts


@pytest.mark.parametrize("text", ["", "3", "1x1", "0x2", "17x1", "3x2x1", "a x b"])
def test_no_grids(text: str) -> None:
    with pytest.raises(WordsError, match="Type columns x rows"):
        grid_of(text)


@pytest.mark.parametrize(
    "item",
    [
        CameraItem(0), WebItem("weather.local"), WebItem("https://ada:secret@example.org"), WebItem(""),
        PictureItem(""), ClockItem("Mars"), TextItem("x" * 3000), TourItem((CameraRange(9, 2),)), TourItem(()),
    ],
)  # fmt: skip
def test_what_no_file_can_hold(item: Item) -> None:
    flaw = flaw_of(item)
    assert flaw is not None
    assert not flaw[0].islower()
    assert flaw.endswith(".")


def test_a_layout_that_no_file_can_hold() -> None:
    assert flaw_of_layout(grid("Quad", 2, 2)) is None
    assert flaw_of_layout(grid("", 2, 2)) == "The name is empty. Give it a name."


# Presets


def wall() -> Wall:
    """Two monitors."""
    one = Monitor(1, "Desk", showing(grid("Quad", 2, 2), [1, 2, 3]))
    return Wall("Wall", (one, Monitor(2, "Left", showing(grid("3x3", 3, 3)))))


def test_remembering_takes_a_free_name_and_key() -> None:
    first, name = remembered(wall(), wall())
    assert (name, first.presets[0].key) == ("Preset 1", 2)
    second, name = remembered(first, wall())
    assert (name, second.presets[1].key) == ("Preset 2", 3)
    assert preset_words(second.presets[0]) == "2 monitors: 1 Quad with 3 cameras, 2 3x3"


def test_keys_are_those_that_nothing_else_has() -> None:
    assert KEYS == (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
    full = wall()
    for _ in KEYS:
        full, _ = remembered(full, wall())
    assert free_key(full) is None
    more, name = remembered(full, wall())
    assert more.preset(name) is not None
    assert more.presets[-1].key is None
    while len(more.presets) < MAX_PRESETS:
        more, _ = remembered(more, wall())
    with pytest.raises(PresetError, match="Delete one"):
        remembered(more, wall())
    with pytest.raises(PresetError, match="no monitors"):
        remembered(wall(), Wall())


def test_a_key_is_taken_from_the_other() -> None:
    two, _ = remembered(remembered(wall(), wall())[0], wall())
    moved = with_key(two, "Preset 2", 2)
    assert [preset.key for preset in moved.presets] == [None, 2]
    assert [preset.key for preset in with_key(moved, "Preset 2", None).presets] == [None, None]


def test_renaming_reaches_schedule_and_tour() -> None:
    one, _ = remembered(wall(), wall())
    one = replace(one, schedule=(Switch("Preset 1", time(7)),), tour=PresetTour((("Preset 1", 30.0),)))
    fresh = renamed(one, "Preset 1", " Day ")
    assert fresh.presets[0].name == fresh.schedule[0].preset == fresh.tour.stops[0][0] == "Day"
    assert renamed(fresh, "Day", "Day") == fresh
    with pytest.raises(PresetError, match="The name is empty"):
        renamed(fresh, "Day", " ")
    two, _ = remembered(fresh, wall())
    with pytest.raises(PresetError, match="There is a preset “Day” already"):
        renamed(two, "Preset 1", "Day")


def test_replacing_keeps_name_key_and_place() -> None:
    two, _ = remembered(remembered(wall(), wall())[0], wall())
    now = wall().with_states([(1, showing(grid("Single", 1, 1), [9]))])
    fresh = replaced(two, "Preset 1", now)
    assert [(preset.name, preset.key) for preset in fresh.presets] == [("Preset 1", 2), ("Preset 2", 3)]
    assert preset_words(fresh.presets[0]).startswith("2 monitors: 1 Single with 1 camera,")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (range(7), "Every day"), (range(5), "Monday to Friday"), ((5, 6), "Saturday and Sunday"), ((), "On no day"),
        ((0, 2, 4), "Monday, Wednesday, Friday"), ((3,), "Thursday"),
    ],
)  # fmt: skip
def test_days_in_words(days: tuple[int, ...], words: str) -> None:
    assert day_words(frozenset(days)) == words


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ((2026, 11, 20, 6, 59, 30), "Next: “Day” today at 07:00, in 1 minute."),
        ((2026, 11, 20, 18, 5), "Next: “Night” today at 22:30, in 4 hours and 25 minutes."),
        ((2026, 11, 20, 23, 30), "Next: “Night” tomorrow at 22:30, in 23 hours."),
        ((2026, 11, 22, 22, 30), "Next: “Day” tomorrow at 07:00, in 8 hours and 30 minutes."),
    ],
)
def test_the_next_switch_in_words(now: tuple[int, ...], words: str) -> None:
    schedule = (Switch("Day", time(7), frozenset(range(5))), Switch("Night", time(22, 30)))
    moment = datetime(*now, tzinfo=ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type,misc]
    assert next_words(Wall(schedule=schedule), moment) == words


def test_no_next_switch_in_words() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert next_words(Wall(), now) == "Nothing is switched by the clock."
    assert "no day is chosen" in next_words(Wall(schedule=(Switch("Day", time(7), frozenset()),)), now)
    weekly = Wall(schedule=(Switch("Day", time(7), frozenset({2})),))
    assert next_words(weekly, now) == "Next: “Day” on Wednesday at 07:00, in 4 days and 19 hours."
