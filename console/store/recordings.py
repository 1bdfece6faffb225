"""What recordings there are: the index made from the manifests, and the check of manifests against the files."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from console.model.recording import Segment, utc_seconds, utc_text
from console.store.manifest import Entry, ManifestError, read_entries

JOIN_SECONDS = 2.0
"""Segments nearer to each other than this count as footage without a gap, as in the replay buffer."""
_CHUNK = 1 << 20
_PICTURES = frozenset((".mp4", ".png", ".jpg"))


def segment_fields(segment: Segment) -> dict[str, Any]:
    """A segment as its line of the manifest says it."""
    return {
        "file": segment.file,
        "camera": segment.number,
        "name": segment.name,
        "operator": segment.operator,
        "start": utc_text(segment.start),
        "end": utc_text(segment.end),
        "taken_start": None if segment.taken_start is None else utc_text(segment.taken_start),
        "taken_end": None if segment.taken_end is None else utc_text(segment.taken_end),
        "bytes": segment.bytes,
        "sha256": segment.sha256,
        "recovered": segment.recovered,
    }


def inside(file: str) -> str:
    """``file`` if it is a path within the folder, on any system. Raises ValueError."""
    path = PurePosixPath(file)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file:
        raise ValueError("a file outside the folder")
    return str(path)


def segment_of(fields: Mapping[str, Any]) -> Segment:
    """The way back. Raises ValueError, TypeError and KeyError."""
    taken = [None if fields[name] is None else utc_seconds(fields[name]) for name in ("taken_start", "taken_end")]
    return Segment(
        file=inside(str(fields["file"])),
        number=int(fields["camera"]),
        name=str(fields["name"]),
        operator=str(fields["operator"]),
        start=utc_seconds(fields["start"]),
        end=utc_seconds(fields["end"]),
        bytes=int(fields["bytes"]),
        sha256=str(fields["sha256"]),
        taken_start=taken[0],
        taken_end=taken[1],
        recovered=bool(fields["recovered"]),
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _start(segment: Segment) -> float:
    return segment.start


class RecordingIndex:
    """All closed segments, in memory. Any thread; one lock, held for microseconds (for a deletion as long as it takes
    to copy one camera's list). Made once from the manifests in a worker (100,000 segments take about two seconds), then
    kept current by the recorder."""

    def __init__(self) -> None:
        self.problem = ""
        """The sentence of the first line that could not be read; empty when all is well."""
        self._lock = threading.Lock()
        self._by_file: dict[str, Segment] = {}
        self._cameras: dict[int, list[Segment]] = {}
        self._spans: dict[int, list[tuple[float, float]]] = {}
        self._bytes = 0

    def load(self, folder: Path) -> tuple[Segment, ...]:
        """Read all manifests; returns what was deleted. Lines that make no sense are left out, and the first of them is
        told in ``problem``. Raises OSError."""
        found: dict[str, Segment] = {}
        deleted: dict[str, Segment] = {}
        bad: list[ManifestError] = []
        for entry in read_entries(folder, skipped=bad):
            try:
                _apply(found, deleted, entry.fields)
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                bad.append(ManifestError(entry.path, entry.line, f"it cannot be understood ({error})"))
        cameras: dict[int, list[Segment]] = {}
        for segment in sorted(found.values(), key=_start):
            cameras.setdefault(segment.number, []).append(segment)
        spans = {number: _joined(each) for number, each in cameras.items()}
        size = sum(each.bytes for each in found.values())
        with self._lock:
            self._by_file, self._cameras, self._spans, self._bytes = found, cameras, spans, size
            self.problem = str(bad[0]) if bad else ""
        return tuple(deleted.values())

    def add(self, segment: Segment) -> None:
        """A segment was closed."""
        with self._lock:
            self._by_file[segment.file] = segment
            self._bytes += segment.bytes
            known = self._cameras.setdefault(segment.number, [])
            insort(known, segment, key=_start)
            spans = self._spans.setdefault(segment.number, [])
            if known[-1] is segment and spans and segment.start - spans[-1][1] <= JOIN_SECONDS:
                spans[-1] = (spans[-1][0], max(spans[-1][1], segment.end))
            elif known[-1] is segment:
                spans.append((segment.start, segment.end))
            else:
                self._spans[segment.number] = _joined(known)

    def remove(self, files: set[str]) -> None:
        """Segments were deleted."""
        with self._lock:
            gone = [self._by_file.pop(file) for file in files if file in self._by_file]
            self._bytes -= sum(each.bytes for each in gone)
            for number in {each.number for each in gone}:
                self._cameras[number] = [each for each in self._cameras[number] if each.file not in files]
                self._spans[number] = _joined(self._cameras[number])

    def hold(self, file: str, held: bool) -> None:
        """A segment is held, or not any more."""
        with self._lock:
            old = self._by_file[file]
            new = self._by_file[file] = replace(old, held=held)
            known = self._cameras[old.number]
            known[known.index(old)] = new

    @property
    def bytes(self) -> int:
        """What all segments take on the disk."""
        with self._lock:
            return self._bytes

    def cameras(self) -> tuple[int, ...]:
        """Numbers of cameras of which there is something, in order."""
        with self._lock:
            return tuple(sorted(number for number, known in self._cameras.items() if known))

    def segments(self, number: int | None = None) -> tuple[Segment, ...]:
        """All segments (of one camera), oldest first."""
        with self._lock:
            if number is not None:
                return tuple(self._cameras.get(number, ()))
            known = tuple(self._by_file.values())
        return tuple(sorted(known, key=_start))

    def by_file(self, file: str) -> Segment | None:
        """The segment with this file."""
        with self._lock:
            return self._by_file.get(file)

    def spans(self, number: int) -> tuple[tuple[float, float], ...]:
        """Where there is footage of a camera: starts and ends, UTC seconds. Quick: the Qt thread may call it."""
        with self._lock:
            return tuple(self._spans.get(number, ()))

    def at(self, number: int, when: float) -> Segment | None:
        """The last segment that began at or before ``when``; before the first one, the first."""
        with self._lock:
            known = self._cameras.get(number)
            return known[max(0, bisect_right(known, when, key=_start) - 1)] if known else None

    def after(self, segment: Segment) -> Segment | None:
        """The segment of the same camera that follows."""
        with self._lock:
            known = self._cameras.get(segment.number, [])
            at = bisect_right(known, segment.start, key=_start)
            return known[at] if at < len(known) else None

    def before(self, segment: Segment) -> Segment | None:
        """The segment of the same camera before it."""
        with self._lock:
            known = self._cameras.get(segment.number, [])
            at = bisect_left(known, segment.start, key=_start)
            return known[at - 1] if at > 0 else None


def _apply(found: dict[str, Segment], deleted: dict[str, Segment], fields: Mapping[str, Any]) -> None:
    kind = fields["kind"]
    if kind == "segment":
        segment = segment_of(fields)
        found[segment.file] = segment
        deleted.pop(segment.file, None)
    elif kind == "deleted":
        gone = found.pop(str(fields["file"]), None)
        if gone is not None:
            deleted[gone.file] = gone
    elif kind in ("held", "released") and str(fields["file"]) in found:
        file = str(fields["file"])
        found[file] = replace(found[file], held=kind == "held")


def _joined(segments: list[Segment]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for segment in segments:
        if spans and segment.start - spans[-1][1] <= JOIN_SECONDS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], segment.end))
        else:
            spans.append((segment.start, segment.end))
    return spans


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: ``problem`` is the sentence of the first bad entry, empty when all is well; ``head`` the hash
    of the newest line, to be compared with one that was noted elsewhere."""

    entries: int
    files: int
    bytes: int
    unfinished: int
    head: str
    problem: str = ""
    heads: frozenset[str] = frozenset()
    """The hashes of all lines: one that was noted earlier must be among them."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a line says of a file, and where it says so."""

    bytes: int
    sha256: str
    place: str


def verify(folder: Path) -> Verdict:
    """Check the chain of the manifests of recordings or snapshots, then each file's length and hash, then for files
    that no line names. Raises OSError where the folder cannot be read."""
    claims: dict[str, _Claim] = {}
    heads: set[str] = set()
    entries, head, problem = 0, "", ""
    try:
        for entry in read_entries(folder):
            entries, head = entries + 1, entry.sha256
            heads.add(head)
            try:
                _claim(claims, entry)
            except (ValueError, TypeError, KeyError) as error:
                raise ManifestError(entry.path, entry.line, f"it cannot be understood ({error})") from None
    except ManifestError as error:
        problem = str(error)
    files = 0
    for each in _problems(folder, claims) if not problem else ():
        if each:
            problem = each
            break
        files += 1
    size = sum(claim.bytes for claim in claims.values())
    return Verdict(entries, files, size, sum(1 for _ in folder.rglob("*.part")), head, problem, frozenset(heads))


def _claim(claims: dict[str, _Claim], entry: Entry) -> None:
    if entry.kind in ("segment", "snapshot"):
        file = inside(str(entry.fields["file"]))
        place = f"{entry.path.name}, line {entry.line}"
        claims[file] = _Claim(int(entry.fields["bytes"]), str(entry.fields["sha256"]), place)
    elif entry.kind == "deleted":
        claims.pop(str(entry.fields["file"]), None)


def _problems(folder: Path, claims: Mapping[str, _Claim]) -> Iterator[str]:
    """For each file an empty text or the sentence for what is wrong with it; then one for each that no line names."""
    for file, claim in claims.items():
        path = folder / file
        try:
            size = path.stat().st_size
            if size != claim.bytes:
                yield f"{claim.place}: {file} has {size} bytes in place of {claim.bytes}."
            elif file_hash(path) != claim.sha256:
                yield f"{claim.place}: {file} was changed: its SHA-256 is another."
            else:
                yield ""
        except FileNotFoundError:
            yield f"{claim.place}: {file} is missing."
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() in _PICTURES and name not in claims:
            yield f"{name} is not in the manifest: it was put there, or the end of the manifest was cut off."
