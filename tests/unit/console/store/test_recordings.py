"""The manifest shows every change, and the index is what it says."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from console.model.recording import DAY, Segment
from console.store.folder_lock import FolderInUse, FolderLock
from console.store.manifest import FIRST, Manifest, read_entries
from console.store.recordings import RecordingIndex, segment_fields, segment_of, verify

START = 1_795_228_867.123457


def made(folder: Path, number: int, index: int, size: int = 50) -> Segment:
    """A file and its segment; one minute each."""
    file = f"2026-11-21/camera {number}/{index}.mp4"
    data = bytes([index % 256]) * size
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    start = START + 60 * index
    return Segment(
        file, number, "Straße 5", "anna", start, start + 59.5, size, hashlib.sha256(data).hexdigest(), start - 0.25
    )


def book(folder: Path, segments: int = 6) -> list[Segment]:
    """A folder with a manifest over two days, segments, a deletion and a hold."""
    day = [START]
    writer = Manifest(folder, lambda: day[0])
    known = [made(folder, 17, index) for index in range(segments)]
    for index, segment in enumerate(known):
        day[0] = START + (DAY if index >= segments // 2 else 0)
        writer.append("segment", segment_fields(segment))
    writer.append("deleted", {"file": known[0].file, "sha256": known[0].sha256, "reason": "older than 30 days"})
    (folder / known[0].file).unlink()
    writer.append("held", {"file": known[1].file, "operator": "anna", "reason": "case 7"})
    return known


def test_a_segment_comes_back_exactly(tmp_path: Path) -> None:
    known = book(tmp_path)
    index = RecordingIndex()
    deleted = index.load(tmp_path)
    assert [each.file for each in deleted] == [known[0].file]
    assert [each.file for each in index.segments()] == [each.file for each in known[1:]]
    assert index.segments(17)[1:] == tuple(known[2:])
    assert index.segments(17)[0].held
    assert (index.segments(17)[0].start, index.bytes, index.cameras()) == (START + 60, 5 * 50, (17,))
    assert index.spans(17) == ((known[1].start, known[5].end),)
    assert len(list(tmp_path.glob("manifest-*.jsonl"))) == 2


def test_a_good_folder_passes(tmp_path: Path) -> None:
    book(tmp_path)
    verdict = verify(tmp_path)
    assert (verdict.problem, verdict.entries, verdict.files, verdict.bytes) == ("", 8, 5, 250)
    assert verdict.head == Manifest(tmp_path, lambda: START).head


def _lines(folder: Path, day: str = "2026-11-21") -> tuple[Path, list[bytes]]:
    path = folder / f"manifest-{day}.jsonl"
    return path, path.read_bytes().splitlines(keepends=True)


def _rewrite(folder: Path, change: Callable[[list[bytes]], list[bytes]], day: str = "2026-11-21") -> None:
    path, lines = _lines(folder, day)
    path.write_bytes(b"".join(change(lines)))


def _forge(folder: Path) -> None:
    """A line changed with its own hash made right again in the next line, as a careful forger would."""
    path, lines = _lines(folder)
    lines[1] = lines[1].replace(b"anna", b"emma")
    after = json.loads(lines[2])
    after["previous"] = hashlib.sha256(lines[1][:-1]).hexdigest()
    lines[2] = json.dumps(after, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(b"".join(lines))


def _cut_and_restore(folder: Path) -> None:
    """The end cut off, and what it told to be deleted put back."""
    _rewrite(folder, lambda lines: lines[:-3], "2026-11-22")
    (folder / "2026-11-21/camera 17/0.mp4").write_bytes(bytes(50))


TAMPERING: dict[str, tuple[Callable[[Path], object], str]] = {
    "a word changed": (
        lambda folder: _rewrite(folder, lambda lines: [lines[0], lines[1].replace(b"anna", b"emma"), *lines[2:]]),
        "manifest-2026-11-21.jsonl, line 3: it does not follow",
    ),
    "the next line made to fit": (_forge, "manifest-2026-11-22.jsonl, line 1: it does not follow"),
    "a line taken out": (
        lambda folder: _rewrite(folder, lambda lines: [lines[0], *lines[2:]]),
        "manifest-2026-11-21.jsonl, line 2: it does not follow",
    ),
    "lines swapped": (
        lambda folder: _rewrite(folder, lambda lines: [lines[1], lines[0], *lines[2:]]),
        "manifest-2026-11-21.jsonl, line 1: it does not follow",
    ),
    "a line twice": (
        lambda folder: _rewrite(folder, lambda lines: [*lines, lines[-1]]),
        "manifest-2026-11-21.jsonl, line 4: it does not follow",
    ),
    "the beginning cut off": (
        lambda folder: _rewrite(folder, lambda lines: lines[1:]),
        "manifest-2026-11-21.jsonl, line 1: it does not follow",
    ),
    "the end cut off": (
        lambda folder: _rewrite(folder, lambda lines: lines[:-3], "2026-11-22"),
        "line 1: 2026-11-21/camera 17/0.mp4 is missing",
    ),
    "the end cut off before anything was deleted": (
        _cut_and_restore,
        "5.mp4 is not in the manifest",
    ),
    "half a line left": (
        lambda folder: _rewrite(folder, lambda lines: [*lines[:-1], lines[-1][:20]], "2026-11-22"),
        "manifest-2026-11-22.jsonl, line 5: it has no end",
    ),
    "a day taken away": (
        lambda folder: (folder / "manifest-2026-11-21.jsonl").unlink(),
        "manifest-2026-11-22.jsonl, line 1: it does not follow",
    ),
    "no JSON": (
        lambda folder: _rewrite(folder, lambda lines: [lines[0], b"[1]\n", *lines[2:]]),
        "manifest-2026-11-21.jsonl, line 2: it is no entry",
    ),
    "deeper than any parser likes": (
        lambda folder: _rewrite(folder, lambda lines: [b"[" * 60_000 + b"\n", *lines]),
        "manifest-2026-11-21.jsonl, line 1: it is no entry",
    ),
    "a byte of a film changed": (
        lambda folder: (folder / "2026-11-21/camera 17/2.mp4").write_bytes(b"\3" + b"\2" * 49),
        "manifest-2026-11-21.jsonl, line 3: 2026-11-21/camera 17/2.mp4 was changed",
    ),
    "a film cut": (
        lambda folder: (folder / "2026-11-21/camera 17/2.mp4").write_bytes(b"\2" * 49),
        "line 3: 2026-11-21/camera 17/2.mp4 has 49 bytes in place of 50",
    ),
    "a film removed": (
        lambda folder: (folder / "2026-11-21/camera 17/3.mp4").unlink(),
        "manifest-2026-11-22.jsonl, line 1: 2026-11-21/camera 17/3.mp4 is missing",
    ),
    "a film exchanged": (
        lambda folder: shutil.copy(
            folder / "2026-11-21/camera 17/3.mp4", folder / "2026-11-21/camera 17/4.mp4"
        ),
        "camera 17/4.mp4 was changed",
    ),
    "a film put in": (
        lambda folder: (folder / "2026-11-21/camera 17/9.mp4").write_bytes(b"x"),
        "2026-11-21/camera 17/9.mp4 is not in the manifest",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERING)
def test_every_change_is_found_and_named(tmp_path: Path, name: str) -> None:
    book(tmp_path)
    tamper, sentence = TAMPERING[name]
    tamper(tmp_path)
    assert sentence in verify(tmp_path).problem


def test_a_file_outside_the_folder_is_never_touched(tmp_path: Path) -> None:
    fields = segment_fields(made(tmp_path, 17, 1))
    for wrong in ("../secret.mp4", "/etc/passwd", "a\\..\\b.mp4", "C:/b.mp4", "a/../../b.mp4"):
        with pytest.raises(ValueError, match="outside"):
            segment_of({**fields, "file": wrong})


def test_the_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    book(tmp_path)
    again = Manifest(tmp_path, lambda: START)  # the clock was set back a day
    again.append("note", {"text": "hello"})
    assert [entry.line for entry in read_entries(tmp_path)][-1] == 6
    assert verify(tmp_path).problem == ""


def test_a_line_torn_by_a_power_cut_is_taken_off(tmp_path: Path) -> None:
    book(tmp_path)
    path, lines = _lines(tmp_path, "2026-11-22")
    path.write_bytes(b"".join(lines) + b'{"n":9,"kind":"seg')
    Manifest(tmp_path, lambda: START + DAY)
    entries = list(read_entries(tmp_path))
    assert entries[-1].fields["text"] == "An unfinished line of 18 bytes was taken off after a power cut."
    assert verify(tmp_path).problem == ""


def test_the_first_line_torn(tmp_path: Path) -> None:
    (tmp_path / "manifest-2026-11-21.jsonl").write_bytes(b'{"n":1')
    Manifest(tmp_path, lambda: START)
    assert [(entry.kind, entry.fields["previous"]) for entry in read_entries(tmp_path)] == [("note", FIRST)]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Manifest(tmp_path, lambda: START)
    writer.append("note", {"text": "first"})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            writer.append("note", {"text": "second"})
    writer.append("note", {"text": "third"})
    assert [entry.fields["text"] for entry in read_entries(tmp_path)] == ["first", "third"]


def test_after_a_damaged_line_the_book_goes_on(tmp_path: Path) -> None:
    """What happens next must be written down; the damage stays visible."""
    known = book(tmp_path)
    path, lines = _lines(tmp_path, "2026-11-22")
    path.write_bytes(b"".join(lines[:-1]) + b"no entry\n")
    again = Manifest(tmp_path, lambda: START + DAY)
    again.append("segment", segment_fields(made(tmp_path, 4, 9)))
    index = RecordingIndex()
    index.load(tmp_path)
    assert index.problem == "manifest-2026-11-22.jsonl, line 5: it is no entry."
    assert [each.number for each in index.segments()] == [17] * (len(known) - 1) + [4]
    assert verify(tmp_path).problem == index.problem
    assert json.loads(path.read_bytes().splitlines()[-1])["n"] == 9


def test_one_program_at_a_time(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(FolderInUse, match="Another Watchfloor"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


def test_the_index_stays_current(tmp_path: Path) -> None:
    index = RecordingIndex()
    known = [made(tmp_path, 17, each) for each in range(6)]
    for each in (known[0], known[1], known[4], known[5]):
        index.add(each)
    assert index.spans(17) == ((known[0].start, known[1].end), (known[4].start, known[5].end))
    index.add(known[3])
    index.add(known[2])  # in any order
    assert index.spans(17) == ((known[0].start, known[5].end),)
    index.remove({known[1].file, "unknown"})
    assert index.spans(17) == ((known[0].start, known[0].end), (known[2].start, known[5].end))
    assert index.at(17, known[0].start - 5) == known[0]
    assert index.at(17, known[2].start) == known[2]
    assert index.after(known[0]) == known[2]
    assert index.before(known[2]) == known[0]
    assert (index.before(known[0]), index.after(known[5]), index.at(4, 0.0)) == (None, None, None)
    index.hold(known[3].file, True)
    assert [each.held for each in index.segments(17)] == [False, False, True, False, False]


def test_a_hundred_thousand_segments_are_read_in_one_go(tmp_path: Path) -> None:
    """The size that the index is made for; how long it takes is no matter for a test."""
    line = json.dumps({"n": 0, "kind": "segment", "at": "", "previous": "", **segment_fields(made(tmp_path, 1, 1))})
    with (tmp_path / "manifest-2026-11-21.jsonl").open("w") as file:
        for number in range(100_000):
            file.write(
                line.replace("/1.mp4", f"/{number}.mp4").replace('"camera": 1', f'"camera": {number % 64}') + "\n"
            )
    index = RecordingIndex()
    index.load(tmp_path)
    assert len(index.segments(5)) == 100_000 // 64 + 1
    assert len(index.cameras()) == 64
