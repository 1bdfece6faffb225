"""The preferences of this computer in one readable file, ``preferences.json`` in the data folder. Checked as strictly
as layout files, and saved whole. Not for Qt's thread.

All that a file leaves out is as usual, so an installer may roll out a file of a single line; what is saved is complete.
Folders stand in it whole or relative to the data folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.model.preferences import (
    BYTES_IN_ALL,
    BYTES_PER_CAMERA,
    REPLAY_SECONDS,
    SILENCE_SECONDS,
    WARM_CAMERAS,
    WARM_SECONDS,
    Preferences,
    ReplayKeep,
    default_preferences,
)
from console.model.recording import (
    PREBUFFER_SECONDS,
    RETENTION_DAYS,
    SEGMENT_SECONDS,
    RecordingSettings,
    SnapshotSettings,
)
from console.store.files import save_atomically
from console.store.json_fields import Fields, JsonFileError, read_tree, told
from console.store.json_lines import Flaws, Node
from console.store.json_text import number, readable
from console.store.layout_file import check_version
from console.store.stick_schema import plain_stick, read_sticks

SCHEMA_VERSION = 1
MAX_BYTES = 2 * 1024 * 1024
MAX_VALUES = 10_000
"""Values in one file; bounds the memory that reading it takes."""
MAX_WEB, LONGEST_WEB, LONGEST_PATH = 200, 2048, 2000
MOST_DISK = 10**18
"""Bytes; a quota above is a mistake."""

_SECTIONS = ("recording", "snapshots", "replay", "web", "locked", "sticks", "alarms")
_RECORDING = ("folder", "segment_seconds", "prebuffer_seconds", "quota_bytes", "retention_days", "free_bytes")
_SNAPSHOTS = ("folder", "format", "caption")
_REPLAY = ("seconds", "bytes_per_camera", "bytes_in_all", "warm_seconds", "most_warm")
_ALARMS = ("silent_seconds",)
_ELSEWHERE = re.compile(r"[A-Za-z]:|\\|~(?:[/\\]|$)")
"""How paths begin that mean something to another system or to a shell, and would become odd names here."""
_WEB = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#\\@]+([/?#]\S*)?")


class PreferencesFileError(JsonFileError):
    """A preferences file that cannot be used."""


def load_preferences(path: Path, folder: Path | None = None) -> Preferences:
    """The preferences of this computer; the usual ones where there is no file. ``folder`` is the data folder, None:
    that of the file. Raises PreferencesFileError with all problems."""
    data_folder = path.parent if folder is None else folder
    try:
        return read_tree(path, None, MAX_BYTES, MAX_VALUES, _reader(data_folder), PreferencesFileError)
    except FileNotFoundError:
        return default_preferences(data_folder)


def save_preferences(path: Path, preferences: Preferences, folder: Path | None = None) -> None:
    """Write all preferences atomically; ``folder`` as in ``load_preferences``. What could not be read again is not
    written: raises PreferencesFileError, and OSError when the disk refuses."""
    data_folder = path.parent if folder is None else folder
    data = readable({"schema_version": SCHEMA_VERSION, **_plain(preferences, data_folder)})
    read_tree(path, data, MAX_BYTES, MAX_VALUES, _reader(data_folder), PreferencesFileError)
    save_atomically(path, data)


def _plain(preferences: Preferences, folder: Path) -> dict[str, Any]:
    recording, snapshots, replay = preferences.recording, preferences.snapshots, preferences.replay
    return {
        "recording": {
            "folder": _plain_folder(recording.folder, folder),
            "segment_seconds": number(recording.segment_seconds),
            "prebuffer_seconds": number(recording.prebuffer_seconds),
            "quota_bytes": recording.quota_bytes,
            "retention_days": number(recording.retention_days),
            "free_bytes": recording.free_bytes,
        },
        "snapshots": {
            "folder": _plain_folder(snapshots.folder, folder),
            "format": "jpeg" if snapshots.jpeg else "png",
            "caption": snapshots.caption,
        },
        "replay": {key: number(getattr(replay, key)) for key in _REPLAY},
        "web": list(preferences.web),
        "locked": preferences.locked,
        "sticks": [plain_stick(each) for each in preferences.sticks],
        "alarms": {"silent_seconds": number(preferences.silent_seconds)},
    }


def _plain_folder(path: Path, folder: Path) -> str:
    """Relative to the data folder where it lies inside, so that both can be moved together."""
    whole, base = path.absolute(), folder.absolute()
    if not whole.is_relative_to(base):
        return str(whole)
    inside = whole.relative_to(base).as_posix()
    return f"./{inside}" if _ELSEWHERE.match(inside) else inside


def _reader(folder: Path) -> Callable[[Node, Flaws], Preferences | None]:
    """Reads a file whose relative folders lie in ``folder``."""
    usual = default_preferences(folder)

    def read(root: Node, flaws: Flaws) -> Preferences | None:
        if check_version(root, flaws, SCHEMA_VERSION) is None:
            return None
        fields = Fields(root, flaws, "a preferences file", ("schema_version",), _SECTIONS)
        preferences = Preferences(
            _recording(_section(fields, "recording", "recordings", _RECORDING), folder, usual.recording),
            _snapshots(_section(fields, "snapshots", "snapshots", _SNAPSHOTS), folder, usual.snapshots),
            _replay(_section(fields, "replay", "replay", _REPLAY), usual.replay),
            tuple(_address(each, flaws) for each in fields.several("web", "web addresses", MAX_WEB)),
            _flag(fields, "locked", usual.locked),
            read_sticks(fields),
            _section(fields, "alarms", "alarms", _ALARMS).real(
                "silent_seconds", *SILENCE_SECONDS, usual.silent_seconds
            ),
        )
        if not fields.flawed:
            _check_apart(preferences, fields)
        return None if fields.flawed else preferences

    return read


def _section(fields: Fields, key: str, what: str, keys: tuple[str, ...]) -> Fields:
    """A part of the file; an empty one where it is left out."""
    node = fields.get(key)
    absent = Node(fields.node.at, fields.node, key, {})
    return Fields(absent if node is None else node, fields.flaws, f"the preferences of {what}", (), keys)


def _recording(fields: Fields, folder: Path, usual: RecordingSettings) -> RecordingSettings:
    free = fields.get("free_bytes")
    measured = free is None or free.value is None
    return RecordingSettings(
        _folder(fields, folder, usual.folder),
        fields.real("segment_seconds", *SEGMENT_SECONDS, usual.segment_seconds),
        fields.real("prebuffer_seconds", *PREBUFFER_SECONDS, usual.prebuffer_seconds),
        fields.whole("quota_bytes", 0, MOST_DISK, usual.quota_bytes),
        fields.real("retention_days", *RETENTION_DAYS, usual.retention_days),
        None if measured else fields.whole("free_bytes", 0, MOST_DISK),
    )


def _snapshots(fields: Fields, folder: Path, usual: SnapshotSettings) -> SnapshotSettings:
    node = fields.get("format")
    if node is not None and node.value not in ("png", "jpeg"):
        fields.flaws.add(node, f"{told(node)} is no format of snapshots", 'Write "png" or "jpeg".')
    jpeg = usual.jpeg if node is None else node.value == "jpeg"
    return SnapshotSettings(_folder(fields, folder, usual.folder), jpeg, _flag(fields, "caption", usual.caption))


def _replay(fields: Fields, usual: ReplayKeep) -> ReplayKeep:
    return ReplayKeep(
        fields.real("seconds", *REPLAY_SECONDS, usual.seconds),
        fields.whole("bytes_per_camera", *BYTES_PER_CAMERA, usual.bytes_per_camera),
        fields.whole("bytes_in_all", *BYTES_IN_ALL, usual.bytes_in_all),
        fields.real("warm_seconds", *WARM_SECONDS, usual.warm_seconds),
        fields.whole("most_warm", *WARM_CAMERAS, usual.most_warm),
    )


def _flag(fields: Fields, key: str, usual: bool) -> bool:
    return usual if fields.get(key) is None else fields.flag(key)


def _folder(fields: Fields, folder: Path, usual: Path) -> Path:
    node = fields.get("folder")
    text = fields.text("folder", LONGEST_PATH)
    if node is None or node.value != text:  # told already
        return usual
    path = Path(text)
    if not text.strip():
        fields.flaws.add(node, "the folder is empty", "Name one, or leave the key out.")
    elif not path.is_absolute() and (path.anchor or _ELSEWHERE.match(text)):
        advice = "Write the whole path as this computer knows it, or one within the data folder."
        fields.flaws.add(node, f"{told(node)} is no folder of this computer", advice)
    else:
        return folder / path
    return usual


def _address(node: Node, flaws: Flaws) -> str:
    """One of the addresses that may be opened; whether pages match it is for those who open them."""
    text = node.value
    advice = "Write it whole, as in https://weather.example.org/radar."
    if not isinstance(text, str):
        flaws.add(node, f"{told(node)} is no text", advice)
    elif len(text) > LONGEST_WEB:
        flaws.add(node, f"an address of {len(text)} characters", f"Use at most {LONGEST_WEB}.")
    elif _WEB.fullmatch(text) and text.isprintable():
        return text
    elif "@" in text:  # a password may stand before it, which no message repeats
        problem = "this is no web address, or one with a user name"
        flaws.add(node, problem, "Take the user name out; passwords never stand in this file.")
    else:
        flaws.add(node, f"{told(node)} is no address that begins with http:// or https://", advice)
    return ""


def _check_apart(preferences: Preferences, fields: Fields) -> None:
    """Snapshots among recordings would count as files that somebody put there."""
    films, stills = (
        Path(os.path.normpath(each.absolute())) for each in (preferences.recording.folder, preferences.snapshots.folder)
    )
    if not (films.is_relative_to(stills) or stills.is_relative_to(films)):
        return
    problem = "recordings and snapshots lie in one folder, or one within the other"
    section = fields.get("snapshots") or fields.get("recording") or fields.node
    named = section.value.get("folder") if isinstance(section.value, dict) else None
    fields.flaws.add(named or section, problem, "Name two folders apart: each has a manifest of its own.")
