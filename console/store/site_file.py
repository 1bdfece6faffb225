"""The site file ``site.toml``: readable, checked line by line, saved whole, the user's comments kept.

One thread at a time loads or saves one path; the site itself is immutable and may go anywhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import AoT, Table

from console.model.site import DEFAULT_NAME, Site
from console.store.acting_schema import patrol_table, permissions_table
from console.store.alarm_schema import alarm_rule_table
from console.store.files import read_bounded, save_atomically
from console.store.keeping_schema import keeping_table
from console.store.lamp_schema import lamp_system_table
from console.store.plate_camera_schema import plate_reader_table, plate_reading_table
from console.store.plate_schema import plate_source_table, receiver_table
from console.store.site_schema import SCHEMA_VERSION, site_from, table_of
from console.store.toml_fields import Misfit
from console.store.toml_lines import key_lines, line_of
from drivers.types import DeviceKind

MAX_BYTES = 16 * 1024 * 1024

_HEAD = """\
# The cameras, lamps and rules of this site. Watchfloor writes this file and keeps your comments.
# Passwords are not in here: `credentials` names a set that is kept in the system keyring or the encrypted file.
"""


class SiteFileError(ValueError):
    """The site file cannot be used; the sentence names the file, the line and the next step. ``line`` 0: the whole."""

    def __init__(self, path: Path, line: int, problem: str, advice: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        self.advice = advice
        where = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{where}: {problem}. {advice}")


def load_site(path: Path) -> Site:
    """Read a site; a file that does not exist is an empty site. Older versions are migrated in memory, and on disk by
    the next ``save_site``. Raises SiteFileError."""
    text = _read(path)
    return Site() if text is None else parse_site(text, path)


def parse_site(text: str, path: Path) -> Site:
    """The site in a text; ``path`` is what messages call it. Raises SiteFileError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _place(str(error), text)
        raise SiteFileError(path, line, f"not valid TOML: {message}", "Correct this line.") from None
    except RecursionError:
        raise SiteFileError(path, 0, "not valid TOML: nested too deep", "Restore the file from a backup.") from None
    version = data.get("schema_version")
    try:
        for step in range(_checked_version(version), SCHEMA_VERSION):
            data = MIGRATIONS[step](data)
        return site_from(data)
    except Misfit as misfit:
        line = line_of(key_lines(text), misfit.path)
        raise SiteFileError(path, line, misfit.problem, misfit.advice) from None


def save_site(path: Path, site: Site) -> None:
    """Write the site: into the text that is there, so that comments stay, and atomically. The file before a migration
    is kept as ``site.toml.v2``, with its number. A file that cannot be understood is never overwritten: raises
    SiteFileError; OSError when the disk refuses."""
    old = _read(path)
    if old is not None:
        parse_site(old, path)
        version = tomllib.loads(old).get("schema_version")
        if version != SCHEMA_VERSION:
            save_atomically(path.with_name(f"{path.name}.v{version}"), old.encode())
            old = None if version in _OTHER_SHAPE else old
    text = _fresh(site) if old is None else _merged(old, site)
    if parse_site(text, path) != site:  # a comment is worth less than a camera
        text = _fresh(site)
    if text != old:
        save_atomically(path, text.encode())


def _read(path: Path) -> str | None:
    try:
        return read_bounded(path, MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SiteFileError(path, line, "not UTF-8 text", "Save it as UTF-8, or restore it from a backup.") from None
    except (OSError, ValueError) as error:
        raise SiteFileError(path, 0, f"cannot be read: {error}", "Check the file and who may read it.") from None


def _place(message: str, text: str) -> tuple[str, int]:
    match = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if match is None:
        return message, 0
    return message[: match.start()], int(match[1] or text.count("\n") + 1)


def _checked_version(version: Any) -> int:
    if version is None:
        advice = f"Add schema_version = {SCHEMA_VERSION} as its first line."
        raise Misfit((), "key 'schema_version' is missing", advice)
    if not isinstance(version, int) or isinstance(version, bool) or version < 0:
        raise Misfit(("schema_version",), "'schema_version' must be a whole number", "Correct this line.")
    if version > SCHEMA_VERSION:
        problem = f"written by a newer Watchfloor (schema_version {version}, this one knows {SCHEMA_VERSION})"
        raise Misfit(("schema_version",), problem, "Update Watchfloor, or restore the file from a backup.")
    return version


def _from_0(data: dict[str, Any]) -> dict[str, Any]:
    """Version 0 is the short form that is quickly written by hand: ``[cameras]`` with a line ``name = "URL"`` each."""
    cameras = data.get("cameras", {})
    if not isinstance(cameras, dict):
        raise Misfit(("cameras",), "'cameras' must be a table", 'Write [cameras] and lines of "name" = "URL".')
    rows: list[dict[str, Any]] = []
    for number, (name, url) in enumerate(cameras.items(), start=1):
        if not isinstance(url, str):
            raise Misfit(("cameras", name), f"'{name}' must be a URL in quotes", "Correct this line.")
        kind = DeviceKind.RTSP if url.startswith(("rtsp:", "rtsps:")) else DeviceKind.URL
        stream = {"token": "main", "uri": url}
        rows.append({"number": number, "name": name, "id": f"url:{url}", "kind": kind.value, "stream": [stream]})
    rest = {key: value for key, value in data.items() if key not in ("cameras", "schema_version")}
    return {**rest, "schema_version": 1, "camera": rows}


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Version 2 added views and privacy; what was there before means what it meant."""
    return {**data, "schema_version": 2}


def _from_2(data: dict[str, Any]) -> dict[str, Any]:
    """Version 3 added permissions, patrols and lamp systems; what was there before means what it meant."""
    return {**data, "schema_version": 3}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {0: _from_0, 1: _from_1, 2: _from_2}
"""From which version each step leads to the next."""

_OTHER_SHAPE = frozenset((0,))
"""Versions whose text is written anew; in all others the user's text and comments stay."""


def _fresh(site: Site) -> str:
    document = tomlkit.parse(_HEAD)
    document["schema_version"] = SCHEMA_VERSION
    document["name"] = site.name
    if site.lift_masks:
        document["privacy"] = {"lift_masks": True}
    if site.cameras:
        cameras = tomlkit.aot()
        for camera in site.cameras:
            cameras.append(_table(table_of(camera)))
        document["camera"] = cameras
    _put_acting(document, site)
    return tomlkit.dumps(document)


def _merged(old: str, site: Site) -> str:
    document = tomlkit.parse(old)
    if document.get("name", DEFAULT_NAME) != site.name:
        document["name"] = site.name
    if document.get("schema_version") != SCHEMA_VERSION:
        document["schema_version"] = SCHEMA_VERSION
    if bool(document.get("privacy", {}).get("lift_masks", False)) != site.lift_masks:
        document.setdefault("privacy", tomlkit.table())["lift_masks"] = site.lift_masks
    _put_rows(document, "camera", "id", {camera.id: table_of(camera) for camera in site.cameras})
    _put_acting(document, site)
    return tomlkit.dumps(document)


def _put_acting(document: TOMLDocument, site: Site) -> None:
    """Permissions, retention, plate reading, patrols, lamp systems, plate sources and rules for alarms, where they are
    not so already."""
    for section, table in (
        ("permissions", permissions_table(site)),
        ("retention", keeping_table(site.keeping)),
        ("plate_reading", plate_reading_table(site.plate_reading)),
    ):
        if _plain(document.get(section, {})) != table and (table or section in document):
            document.pop(section, None)
            if table:
                document[section] = _nested(table)
    _put_rows(document, "patrol", "camera", {each.camera: patrol_table(each) for each in site.patrols})
    readers = {each.camera: plate_reader_table(each) for each in site.plate_reading.cameras}
    _put_rows(document, "plate_reader", "camera", readers)
    for row in (*document.get("patrol", ()), *document.get("plate_reader", ())):
        camera = site.by_id(str(row["camera"]))
        if camera is not None and not row["camera"].trivia.comment:
            row["camera"].comment(f"{camera.number} {_one_line(camera.name)}")
    _put_rows(document, "alarm_rule", "name", {each.name: alarm_rule_table(each) for each in site.alarm_rules})
    _put(document, "lamp_system", [lamp_system_table(each) for each in site.lamp_systems])
    _put(document, "receiver", receiver_table(site.receiver))
    _put(document, "plate_source", [plate_source_table(each) for each in site.plate_sources])


def _put(document: TOMLDocument, section: str, wanted: list[dict[str, Any]] | dict[str, Any]) -> None:
    """A section as a whole, where it is not so already."""
    if _plain(document.get(section, type(wanted)())) != wanted:
        document.pop(section, None)
        if wanted:
            document[section] = _nested(wanted)


def _put_rows(document: TOMLDocument, section: str, key: str, wanted: dict[str, dict[str, Any]]) -> None:
    """Bring an array of tables to what is wanted, told apart by ``key``; what stays keeps its comments."""
    existing = document.get(section)
    if not isinstance(existing, AoT):
        if wanted:
            document.pop(section, None)
            rows = tomlkit.aot()
            for table in wanted.values():
                rows.append(_table(table))
            document[section] = rows
        return
    for index in range(len(existing) - 1, -1, -1):
        table = existing[index]
        new = wanted.pop(str(table[key]), None)
        if new is None:
            del existing[index]
        else:
            _update(table, new)
    for rest in wanted.values():
        existing.append(_table(rest))


def _plain(item: Any) -> Any:
    return item.unwrap() if hasattr(item, "unwrap") else item


def _one_line(words: str) -> str:
    """For a comment: TOML allows no control characters there."""
    return "".join(letter if letter.isprintable() else " " for letter in words)[:80]


def _nested(value: Any) -> Any:
    """Tables within tables: small ones on one line, plain keys before tables, as TOML wants them."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        rows = tomlkit.aot()
        for each in value:
            rows.append(_nested(each))
        return rows
    if not isinstance(value, dict):
        return value
    table = tomlkit.table()
    for key, item in sorted(value.items(), key=lambda pair: _weight(pair[1])):
        table[key] = _in_line(item) if isinstance(item, dict) and _weight(item) == 1 else _nested(item)
    return table


def _in_line(value: dict[str, Any]) -> Any:
    line = tomlkit.inline_table()
    line.update(value)
    return line


def _weight(item: Any) -> int:
    """0 plain, 1 a small table, 2 a table of tables, 3 an array of tables."""
    if isinstance(item, dict):
        return 2 if any(isinstance(each, dict | list) for each in item.values()) else 1
    return 3 if isinstance(item, list) and any(isinstance(each, dict) for each in item) else 0


def _update(table: Table, new: dict[str, Any]) -> None:
    plain = table.unwrap()
    for key in plain.keys() - new.keys():
        table.remove(key)
    for key, value in new.items():
        if key not in plain or plain[key] != value:
            kept = table.get(key)
            if key == "view" and isinstance(kept, Table):
                _update(kept, value)
            else:
                table[key] = _item(key, value)


def _table(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _item(key, value)
    return table


def _item(key: str, value: Any) -> Any:
    if key == "stream" and isinstance(value, list):
        streams = tomlkit.aot()
        for stream in value:
            streams.append(_table(stream))
        return streams
    if key in ("place", "dewarp"):
        return _in_line(value)
    if key == "steps":
        steps = tomlkit.array()
        for step in value:
            steps.append(_in_line(step))
        return steps.multiline(True)
    if key == "view":
        return _table(value)
    if key in ("masks", "regions"):
        masks = tomlkit.array()
        for mask in value:
            masks.append(mask)
        return masks.multiline(True)
    return value
