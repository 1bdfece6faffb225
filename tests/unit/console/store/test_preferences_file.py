"""Preferences come back as they were saved; a file that is wrong is told with line and field."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.model.preferences import Preferences, ReplayKeep, default_preferences
from console.model.recording import RecordingSettings, SnapshotSettings
from console.model.sticks import AxisUse, StickSettings
from console.paths import resources
from console.store.preferences_file import (
    MAX_BYTES,
    MOST_DISK,
    PreferencesFileError,
    load_preferences,
    save_preferences,
)

GOOD = """\
{
  "schema_version": 1,
  "recording": {
    "folder": "recordings",
    "segment_seconds": 60,
    "prebuffer_seconds": 10,
    "quota_bytes": 500000000000,
    "retention_days": 30,
    "free_bytes": null
  },
  "snapshots": {
    "folder": "snapshots",
    "format": "png",
    "caption": true
  },
  "replay": {
    "seconds": 300,
    "bytes_per_camera": 64000000,
    "bytes_in_all": 700000000,
    "warm_seconds": 60,
    "most_warm": 64
  },
  "web": [
    "https://weather.example.org/radar",
    "http://10.0.0.7:8080"
  ],
  "locked": true,
  "sticks": [
    {
      "name": "Pro Stick",
      "pan": {"axis": 0, "inverted": false},
      "tilt": {"axis": 1, "inverted": true},
      "zoom": {"axis": null, "inverted": false},
      "dead_zone": 0.08,
      "exponent": 2,
      "buttons": [{"button": 3, "use": "preset 1"}]
    }
  ],
  "alarms": {"silent_seconds": 180}
}
"""


def example(folder: Path) -> Preferences:
    usual = default_preferences(folder)
    web = ("https://weather.example.org/radar", "http://10.0.0.7:8080")
    stick = StickSettings("Pro Stick", zoom=AxisUse(None), buttons=((3, "preset 1"),))
    recording = replace(usual.recording, quota_bytes=500_000_000_000)
    return replace(usual, recording=recording, web=web, sticks=(stick,))


names = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='/\\:*?"<>|'), min_size=1, max_size=20
)
parts = st.lists(names.filter(lambda name: name.strip(" .") == name), min_size=1, max_size=3).map("/".join)


@st.composite
def preferences(draw: st.DrawFn, folder: Path) -> Preferences:
    inside = st.builds(lambda part: folder / part, parts)
    outside = st.builds(lambda part: folder.parent / "elsewhere" / part, parts)
    films = draw(inside | outside) / "films"
    stills = draw(inside | outside) / "stills"
    sizes = st.integers(0, MOST_DISK)
    recording = RecordingSettings(
        films,
        draw(st.floats(5, 3600)),
        draw(st.floats(0, 300)),
        draw(sizes),
        draw(st.floats(0, 100_000)),
        draw(st.none() | sizes),
    )
    replay = ReplayKeep(
        draw(st.floats(10, 3600)),
        draw(st.integers(10**6, 16 * 10**9)),
        draw(st.integers(10**6, 256 * 10**9)),
        draw(st.floats(0, 3600)),
        draw(st.integers(0, 1024)),
    )
    hosts = st.from_regex(r"https?://[a-z]{1,9}\.example(:[1-9][0-9]{1,3})?(/[a-z@é]{0,9})?", fullmatch=True)
    return Preferences(
        recording,
        SnapshotSettings(stills, draw(st.booleans()), draw(st.booleans())),
        replay,
        tuple(draw(st.lists(hosts, max_size=4))),
        draw(st.booleans()),
        silent_seconds=draw(st.floats(10, 1800)),
    )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("preferences")


@settings(max_examples=80)
@given(st.data())
def test_any_preferences_survive_saving_and_loading(room: Path, data: st.DataObject) -> None:
    folder = room / "data"
    wanted = data.draw(preferences(folder))
    save_preferences(folder / "preferences.json", wanted)
    assert load_preferences(folder / "preferences.json", folder) == wanted


def test_the_preferences_are_written_whole_and_pleasant_to_read(tmp_path: Path) -> None:
    path = tmp_path / "data" / "preferences.json"
    save_preferences(path, example(path.parent))
    assert path.read_text(encoding="utf-8") == GOOD
    assert load_preferences(path) == example(path.parent)


def test_the_help_shows_the_usual_file(tmp_path: Path) -> None:
    save_preferences(tmp_path / "preferences.json", default_preferences(tmp_path))
    page = (resources() / "help" / "files.md").read_text(encoding="utf-8")
    assert (tmp_path / "preferences.json").read_text(encoding="utf-8") in page


def test_without_a_preferences_file_all_is_as_usual(tmp_path: Path) -> None:
    found = load_preferences(tmp_path / "preferences.json", tmp_path)
    assert found == default_preferences(tmp_path)
    assert found.recording.folder == tmp_path / "recordings"
    assert found.snapshots.folder == tmp_path / "snapshots"
    assert found.locked
    assert not found.web


def test_an_installer_may_write_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    films = json.dumps(str(tmp_path / "films"))
    path.write_text('{"schema_version": 1, "replay": {"seconds": 600}, "recording": {"folder": ' + films + "}}")
    usual = default_preferences(tmp_path)
    assert load_preferences(path) == replace(
        usual, replay=ReplayKeep(seconds=600), recording=replace(usual.recording, folder=tmp_path / "films")
    )
    path.write_text('{"schema_version": 1, "locked": false}')
    assert load_preferences(path) == replace(usual, locked=False)


def test_folders_inside_move_with_the_data_folder(tmp_path: Path) -> None:
    save_preferences(tmp_path / "old" / "preferences.json", example(tmp_path / "old"))
    os.rename(tmp_path / "old", tmp_path / "new")
    assert load_preferences(tmp_path / "new" / "preferences.json") == example(tmp_path / "new")


def test_a_folder_of_an_odd_name_comes_back(tmp_path: Path) -> None:
    usual = default_preferences(tmp_path)
    wanted = replace(usual, recording=replace(usual.recording, folder=tmp_path / "~" / "films"))
    save_preferences(tmp_path / "preferences.json", wanted)
    assert '"folder": "./~/films"' in (tmp_path / "preferences.json").read_text()
    assert load_preferences(tmp_path / "preferences.json") == wanted


def test_a_rolled_out_file_may_lie_elsewhere(tmp_path: Path) -> None:
    path, folder = tmp_path / "rolled out" / "preferences.json", tmp_path / "data"
    save_preferences(path, example(folder), folder)
    assert path.read_text(encoding="utf-8") == GOOD
    assert load_preferences(path, folder) == example(folder)


def test_relative_folders_are_written_from_where_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = Path("data")
    wanted = replace(default_preferences(data), snapshots=SnapshotSettings(Path("stills")))
    save_preferences(data / "preferences.json", wanted)
    assert load_preferences(tmp_path / "data" / "preferences.json").snapshots.folder == tmp_path / "stills"
    assert load_preferences(data / "preferences.json").recording == wanted.recording


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "part"),
    [
        ('"schema_version": 1', '"schema_version": 2', 2, "schema_version", "a newer Watchfloor"),
        ('"schema_version": 1,', "", 1, "", 'The key "schema_version" is missing'),
        ('"locked": true', '"lokced": true', 27, "lokced", 'Did you mean "locked"?'),
        ('"locked": true', '"locked": "true"', 27, "locked", "neither true nor false"),
        ('"use": "preset 1"', '"use": "explode"', 36, "sticks[0].buttons[0].use", '"explode" is no use of a button'),
        ('"button": 3', '"button": 64', 36, "sticks[0].buttons[0].button", "from 0 to 63"),
        ('"axis": 1,', '"axis": "y",', 32, "sticks[0].tilt.axis", "no whole number"),
        ('"dead_zone": 0.08', '"dead_zone": 0.9', 34, "sticks[0].dead_zone", "from 0 to 0.5"),
        ('"name": "Pro Stick"', '"name": " "', 30, "sticks[0].name", "The name is empty"),
        ('"folder": "recordings"', '"folder": ""', 4, "recording.folder", "The folder is empty"),
        ('"folder": "recordings"', '"folder": "  "', 4, "recording.folder", "The folder is empty"),
        ('"folder": "recordings"', '"folder": 7', 4, "recording.folder", "7 is no text"),
        ('"folder": "recordings"', '"folder": "~/films"', 4, "recording.folder", "no folder of this computer"),
        ('"folder": "recordings"', '"folder": "D:films"', 4, "recording.folder", "no folder of this computer"),
        ('"folder": "recordings"', r'"folder": "re\u0000c"', 4, "recording.folder", "a control character"),
        ('"folder": "snapshots"', '"folder": "recordings"', 12, "snapshots.folder", "in one folder"),
        ('"folder": "snapshots"', '"folder": "a/../recordings/b"', 12, "snapshots.folder", "within the other"),
        ('"folder": "snapshots"', '"folder": "."', 12, "snapshots.folder", "Name two folders apart"),
        ('"segment_seconds": 60', '"segment_seconds": 4', 5, "recording.segment_seconds", "from 5 to 3600"),
        ('"segment_seconds": 60', '"segment_second": 60', 5, "recording.segment_second",
         'Did you mean "segment_seconds"?'),
        ('"prebuffer_seconds": 10', '"prebuffer_seconds": true', 6, "recording.prebuffer_seconds", "no number"),
        ('"quota_bytes": 500000000000', '"quota_bytes": -1', 7, "recording.quota_bytes", "no whole number from 0"),
        ('"quota_bytes": 500000000000', '"quota_bytes": "500 GB"', 7, "recording.quota_bytes", "no whole number"),
        ('"retention_days": 30', '"retention_days": NaN', 8, "recording.retention_days", "NaN is no number"),
        ('"free_bytes": null', '"free_bytes": 0.5', 9, "recording.free_bytes", "0.5 is no whole number"),
        ('"format": "png"', '"format": "gif"', 13, "snapshots.format", 'Write "png" or "jpeg"'),
        ('"format": "png"', '"format": ["png"]', 13, "snapshots.format", "A list is no format"),
        ('"caption": true', '"caption": null', 14, "snapshots.caption", "null is neither true nor false"),
        ('"seconds": 300', '"seconds": 9', 17, "replay.seconds", "from 10 to 3600"),
        ('"bytes_in_all": 700000000', '"bytes_in_all": 0', 19, "replay.bytes_in_all", "no whole number from 1000000"),
        ('"most_warm": 64', '"most_warm": 2000', 21, "replay.most_warm", "from 0 to 1024"),
        ('"http://10.0.0.7:8080"', '"ftp://10.0.0.7"', 25, "web[1]", "begins with http:// or https://"),
        ('"http://10.0.0.7:8080"', '"http:///radar"', 25, "web[1]", "begins with http:// or https://"),
        ('"http://10.0.0.7:8080"', '"http://a b"', 25, "web[1]", "as in https://weather.example.org/radar"),
        ('"http://10.0.0.7:8080"', '80', 25, "web[1]", "80 is no text"),
        ('"http://10.0.0.7:8080"', f'"http://{"a" * 2048}"', 25, "web[1]", "Use at most 2048"),
        ('"web": [', '"web": "https://a.example", "more": [', 23, "web", "no list of web addresses"),
        ('"silent_seconds": 180', '"silent_seconds": 9', 39, "alarms.silent_seconds", "from 10 to 1800"),
        ('"silent_seconds": 180', '"silent_second": 9', 39, "alarms.silent_second",
         'Did you mean "silent_seconds"?'),
        ('"snapshots": {', '"snapshots": [], "x": {', 11, "snapshots", "must be an object"),
    ],
)  # fmt: skip
def test_a_wrong_preferences_file_is_told_with_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, part: str
) -> None:
    path = tmp_path / "preferences.json"
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(PreferencesFileError) as told:
        load_preferences(path)
    found = {each.field: each for each in told.value.problems}
    assert part.casefold() in found[field].sentence.casefold()
    assert found[field].line == line
    assert found[field].path == path


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    bad = GOOD.replace('"seconds": 300', '"seconds": 0').replace("true", "1").replace('"png"', '"bmp"')
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(PreferencesFileError) as told:
        load_preferences(path)
    fields = [each.field for each in told.value.problems]
    assert fields == ["snapshots.format", "snapshots.caption", "replay.seconds", "locked", "sticks[0].tilt.inverted"]


@pytest.mark.parametrize("address", ["https://me:geheim@a.example/x", "me:geheim@a.example", "https:/me:geheim@a"])
def test_no_message_repeats_a_password_of_an_address(tmp_path: Path, address: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(json.dumps({"schema_version": 1, "web": [address]}), encoding="utf-8")
    with pytest.raises(PreferencesFileError) as told:
        load_preferences(path)
    assert "passwords never stand in this file" in str(told.value)
    assert "geheim" not in str(told.value)


def test_preferences_that_could_not_be_read_again_are_never_written(tmp_path: Path) -> None:
    path, good = tmp_path / "preferences.json", example(tmp_path)
    save_preferences(path, good)
    for bad in (
        replace(good, web=("gopher://a",)),
        replace(good, web=("https://a.example",) * 201),
        replace(good, snapshots=SnapshotSettings(good.recording.folder)),
        replace(good, recording=RecordingSettings(tmp_path / "half\udc80")),
        replace(good, recording=replace(good.recording, quota_bytes=MOST_DISK + 1)),
    ):
        with pytest.raises(PreferencesFileError):
            save_preferences(path, bad)
    assert path.read_text(encoding="utf-8") == GOOD


def test_the_largest_preferences_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    wanted = replace(example(tmp_path), web=("https://a/" + "𐎀" * 2038,) * 200)
    save_preferences(path, wanted)
    assert load_preferences(path) == wanted


@given(st.binary(max_size=100), st.integers(0, 10_000), st.integers(0, 40))
def test_noise_in_preferences_is_read_or_refused(room: Path, noise: bytes, at: int, most: int) -> None:
    data = bytearray(GOOD.encode())
    at %= len(data)
    data[at : at + most] = noise
    (room / "noise.json").write_bytes(data)
    with contextlib.suppress(PreferencesFileError):  # and nothing else
        assert isinstance(load_preferences(room / "noise.json"), Preferences)


def test_huge_preferences_and_folders_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    path.write_bytes(b" " * (MAX_BYTES + 1))
    for each in (path, tmp_path):
        with pytest.raises(PreferencesFileError):
            load_preferences(each)
