"""Leases of lamps, put-off commands and window places on disk: what was kept comes back, what is hostile is one
sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model import commands as c
from console.model.lamp_leases import LampLease, Told
from console.model.permissions import Actor, Role
from console.model.timed import KINDS, TOO_LATE, Timed, due, from_record, to_record
from console.store.lease_file import KeptLeases, LeaseFileError, load_leases, save_leases
from console.store.timed_file import TimedFileError, load_timed, save_timed
from console.store.window_file import MAX_BYTES, load_window, save_window
from drivers.ptz import Axes, ImagingSettings, Switch

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
ANNA = Actor("anna", Role.OPERATOR, "desk-1")


def lease(**changes: Any) -> LampLease:
    values: dict[str, Any] = {
        "id": "a", "lamps": frozenset({("North", "L1"), ("South", "L2")}), "level": 80.0,
        "until": NOW + timedelta(minutes=10), "holder": ANNA, "made": NOW, "reason": "a fight", "ramp": 2.0,
        "group": ("North", "g1"),
    }  # fmt: skip
    return LampLease(**{**values, **changes})


# Leases


def test_leases_come_back(tmp_path: Path) -> None:
    file = tmp_path / "leases.json"
    kept = KeptLeases((lease(), lease(id="b", group=None, reason="")), {("North", "L1"): Told(80.0, NOW + TOO_LATE)})
    save_leases(file, kept)
    assert load_leases(file, NOW) == kept


def test_what_has_ended_does_not_come_back(tmp_path: Path) -> None:
    file = tmp_path / "leases.json"
    told = {("North", "L1"): Told(80.0, NOW + timedelta(minutes=10))}
    save_leases(file, KeptLeases((lease(), lease(id="b", until=NOW + timedelta(minutes=20))), told))
    again = load_leases(file, NOW + timedelta(minutes=15))
    assert [each.id for each in again.leases] == ["b"]
    assert again.told == {}


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert load_leases(tmp_path / "leases.json", NOW) == KeptLeases()


@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_hostile_words_come_back(reason: str, system: str, lamp: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "leases.json"
        save_leases(file, KeptLeases((lease(reason=reason, lamps=frozenset({(system, lamp)})),)))
        (again,) = load_leases(file, NOW).leases
    assert (again.reason, again.lamps) == (reason, frozenset({(system, lamp)}))


def spoil_leases(**changes: Any) -> bytes:
    record: dict[str, Any] = {
        "id": "a", "lamps": [["North", "L1"]], "level": 80, "until": "2026-11-26T22:10:00+00:00",
        "holder": ["anna", "operator", "desk-1"], "made": "2026-11-26T22:00:00+00:00", "reason": "", "ramp": 0,
        "group": None,
    }  # fmt: skip
    return json.dumps({"schema_version": 1, "leases": [{**record, **changes}], "told": []}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"7", b"\xff\xfe\x00", b"[" * 100_000, b'{"schema_version": 2}',
        b'{"schema_version": 1}', b'{"schema_version": 1, "leases": {"a": 1}, "told": []}',
        b'{"schema_version": 1, "leases": [], "told": [["a"]]}',
        b'{"schema_version": 1, "leases": [], "told": [["a", "b", 1e999, "2026-11-26T22:10:00+00:00"]]}',
        spoil_leases(level=float("nan")), spoil_leases(level=1e9), spoil_leases(level=-1), spoil_leases(level="80"),
        spoil_leases(level=True), spoil_leases(level=10**400), spoil_leases(ramp=float("inf")), spoil_leases(lamps=[]),
        spoil_leases(lamps=[["North"]]), spoil_leases(lamps=7), spoil_leases(until="2026-11-26T22:10:00"),
        spoil_leases(until=7), spoil_leases(until="soon"), spoil_leases(until="9999-12-31T23:59:59-23:59"),
        spoil_leases(made="0001-01-01T00:00:00+23:59"), spoil_leases(holder=["anna"]),
        spoil_leases(holder=["anna", "king", ""]), spoil_leases(group=7), b" " * 17_000_000,
    ],
)  # fmt: skip
def test_a_hostile_file_of_leases_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "leases.json"
    file.write_bytes(content)
    with pytest.raises(
        LeaseFileError, match=r"^leases\.json: leases of lamps from before cannot be read: .+"
    ) as caught:
        load_leases(file, NOW)
    assert len(str(caught.value)) < 400
    assert file.read_bytes() == content


def test_the_spoiled_files_are_good_where_nothing_is_spoiled(tmp_path: Path) -> None:
    file = tmp_path / "leases.json"
    file.write_bytes(spoil_leases())
    assert len(load_leases(file, NOW).leases) == 1


# Put-off commands

COMMANDS: list[c.Command] = [
    c.Reboot("cam"),
    c.SetClock("cam"),
    c.SwitchOutput("cam", "r1", active=True),
    c.PulseOutput("cam", "r1", 2.5),
    c.GoPreset("cam", "p1", "Gate", 0.5),
    c.GoPreset("cam", "p1"),
    c.SetImaging("cam", ImagingSettings(brightness=0.5, ir_cut=Switch.AUTO, auto_focus=True)),
]


def test_put_off_commands_come_back(tmp_path: Path) -> None:
    file = tmp_path / "timetable.json"
    waiting = tuple(Timed(str(n), NOW + timedelta(hours=n), each, ANNA) for n, each in enumerate(COMMANDS))
    save_timed(file, waiting)
    assert load_timed(file) == waiting
    assert load_timed(tmp_path / "nothing.json") == ()
    assert {type(each).__name__ for each in COMMANDS} == set(KINDS)


def test_moves_cannot_be_put_off() -> None:
    with pytest.raises(ValueError, match="cannot be put off"):
        to_record(c.Move("cam", Axes(0.5, 0.0, 0.0)))


def test_what_is_due_is_done_and_what_is_late_is_said() -> None:
    waiting = tuple(
        Timed(str(n), NOW + timedelta(minutes=minutes), c.Reboot("cam"), ANNA)
        for n, minutes in enumerate((-10, -1, 0, 5))
    )
    ripe, late = due(waiting, NOW)
    assert [each.id for each in ripe] == ["1", "2"]
    assert [each.id for each in late] == ["0"]


def spoil_timed(**changes: Any) -> bytes:
    command = {"kind": "PulseOutput", "device": "cam", "token": "r1", "seconds": 2}
    record: dict[str, Any] = {
        "id": "1", "when": "2026-11-26T22:10:00+00:00", "actor": ["anna", "operator", ""], "command": command,
    }  # fmt: skip
    for key, value in changes.items():
        if key in record:
            record[key] = value
        else:
            command[key] = value
    return json.dumps({"schema_version": 1, "commands": [record]}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"7", b"[" * 100_000, b'{"schema_version": 9, "commands": []}', b'{"schema_version": 1}',
        spoil_timed(kind="Move"), spoil_timed(kind=7), spoil_timed(kind="__init__"), spoil_timed(device=7),
        spoil_timed(token=None), spoil_timed(seconds="2"), spoil_timed(seconds=float("nan")), spoil_timed(seconds=True),
        spoil_timed(more=1), spoil_timed(command=7), spoil_timed(command="Reboot"), spoil_timed(command=[]),
        spoil_timed(command={"kind": "SwitchOutput", "device": "cam", "token": "r1", "active": "yes"}),
        spoil_timed(command={"kind": "SwitchOutput", "device": "cam"}),
        spoil_timed(command={"kind": "GoPreset", "device": "cam", "token": "p1", "speed": "fast"}),
        spoil_timed(command={"kind": "GoPreset", "device": "cam", "token": "p1", "name": 7}),
        spoil_timed(command={"kind": "SetImaging", "device": "cam", "settings": 7}),
        spoil_timed(command={"kind": "SetImaging", "device": "cam", "settings": {"brightness": "high"}}),
        spoil_timed(command={"kind": "SetImaging", "device": "cam", "settings": {"brightness": float("inf")}}),
        spoil_timed(command={"kind": "SetImaging", "device": "cam", "settings": {"ir_cut": "maybe"}}),
        spoil_timed(command={"kind": "SetImaging", "device": "cam", "settings": {"colour": 1}}),
        spoil_timed(when="soon"), spoil_timed(when="2026-11-26T22:10:00"), spoil_timed(when=7),
        spoil_timed(when="9999-12-31T23:59:59-23:59"), spoil_timed(actor=["anna", "king", ""]),
        spoil_timed(actor="anna"),
        b" " * 5_000_000,
    ],
)  # fmt: skip
def test_a_hostile_timetable_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "timetable.json"
    file.write_bytes(content)
    with pytest.raises(TimedFileError, match=r"^timetable\.json: put-off commands cannot be read: .+") as caught:
        load_timed(file)
    assert len(str(caught.value)) < 400


def test_a_good_timetable_is_good(tmp_path: Path) -> None:
    file = tmp_path / "timetable.json"
    file.write_bytes(spoil_timed())
    assert load_timed(file)[0].command == c.PulseOutput("cam", "r1", 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_record_is_the_command(command: c.Command) -> None:
    assert from_record(json.loads(json.dumps(to_record(command)))) == command


# Windows


def test_a_place_comes_back_and_nonsense_is_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lamps.window"
    assert load_window(file) == b""
    save_window(file, b"\x01\xd9")
    assert load_window(file) == b"\x01\xd9"
    file.write_bytes(b"x" * (MAX_BYTES + 1))
    assert load_window(file) == b""
    file.unlink()
    file.mkdir()
    assert load_window(file) == b""
