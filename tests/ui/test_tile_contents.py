"""What tiles show that is no camera: painted, looked at pixel by pixel, and files that mean harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.model.items import AlarmsItem, ClockItem, Item, MapItem, PictureItem, TextItem, TourItem, WebItem
from console.ui.theme import DARK, Theme
from console.ui.wall import picture_shelf
from console.ui.wall.contents import TileContents, largest_size
from console.ui.wall.picture_shelf import PictureError, allowed, load

NOON = 1_795_262_400.0
"""2026-11-21 12:00:00 UTC, a Saturday."""


class Tile:
    """Contents and something to paint them on."""

    def __init__(self, folder: Path, theme: Theme) -> None:
        self.now, self.theme = NOON, theme
        self.time = 0.0
        self.contents = TileContents(folder, now=lambda: self.now, clock=lambda: self.time)

    def paint(self, item: Item | None, width: int = 480, height: int = 270, scale: float = 1.0) -> QImage:
        """The item on a tile with a margin of ten pixels of another colour."""
        image = QImage(width + 20, height + 20, QImage.Format.Format_RGB32)
        image.fill(QColor("#ff00ff"))
        painter = QPainter(image)
        self.contents.paint(painter, QRect(10, 10, width, height), item, scale, self.theme)
        painter.end()
        return image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "pictures"
    found.mkdir()
    return found


@pytest.fixture
def tile(qapp: QApplication, folder: Path) -> Iterator[Tile]:
    tile = Tile(folder, DARK)
    yield tile
    tile.contents.close()


def ink(image: QImage, colour: str) -> QRect:
    """The rectangle around all pixels that are not of this colour, inside the margin."""
    background = QColor(colour).rgb()
    inner = image.copy(10, 10, image.width() - 20, image.height() - 20)
    spots = [
        (x, y) for y in range(inner.height()) for x in range(inner.width()) if inner.pixel(x, y) != background
    ]  # fmt: skip
    if not spots:
        return QRect()
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    return QRect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)


def untouched(image: QImage) -> bool:
    """Whether nothing was painted beside the tile."""
    outer = QColor("#ff00ff").rgb()
    edge = [(x, y) for x in range(image.width()) for y in (0, 9, image.height() - 10, image.height() - 1)]
    return all(image.pixel(x, y) == outer for x, y in edge)


ITEMS: list[Item] = [
    TextItem("Gate open"), ClockItem(), ClockItem("Asia/Tokyo"), ClockItem("Nowhere/Land"), PictureItem("none.png"),
    MapItem(), AlarmsItem(), WebItem("https://example.org/"), TourItem(()),
]  # fmt: skip


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
@pytest.mark.parametrize("size", [(480, 270), (60, 34), (4, 3), (90, 600)])
def test_everything_paints_something_and_stays_within_its_tile(tile: Tile, item: Item, size: tuple[int, int]) -> None:
    image = tile.paint(item, *size)
    assert untouched(image)
    if size[0] >= 60:
        assert not ink(image, tile.theme.background).isEmpty()


def test_an_empty_tile_is_background_alone(tile: Tile) -> None:
    assert ink(tile.paint(None), tile.theme.background).isEmpty()


def test_text_is_as_large_as_the_tile_allows(tile: Tile) -> None:
    short = ink(tile.paint(TextItem("Gate")), tile.theme.background)
    assert short.width() > 480 * 0.6
    long = tile.paint(TextItem("Every visitor reports at the desk on the ground floor before going upstairs. " * 3))
    seen = ink(long, tile.theme.background)
    assert seen.height() > 270 * 0.6
    assert seen.width() <= 480


def test_a_word_is_never_cut(qapp: QApplication) -> None:
    box = QRect(0, 0, 200, 200)
    assert largest_size("Donaudampfschifffahrt", box, 200) < largest_size("Donau", box, 200)


def test_the_clock_keeps_its_size_from_second_to_second(tile: Tile) -> None:
    seen = set()
    for second in range(0, 60, 7):
        tile.now = NOON + second
        seen.add(ink(tile.paint(ClockItem("UTC")), tile.theme.background).height())
    assert len(seen) == 1


def test_the_clock_can_be_read_from_three_metres(tile: Tile) -> None:
    """Five minutes of arc is what a letter must have; twice that at 3 m are 9 mm, 32 pixels of a 24-inch monitor."""
    image = tile.paint(ClockItem("UTC"), 480, 270)
    rows = ink(image.copy(0, 0, image.width(), 10 + 270 * 6 // 10), tile.theme.background)
    assert rows.height() >= 32


def test_the_clock_of_a_zone_is_another(tile: Tile) -> None:
    assert tile.paint(ClockItem("UTC")) != tile.paint(ClockItem("Asia/Tokyo"))
    assert tile.paint(ClockItem("UTC")) == tile.paint(ClockItem("UTC"))
    before = tile.paint(ClockItem("UTC"))
    tile.now += 1
    assert tile.paint(ClockItem("UTC")) != before


def test_how_often_tiles_are_painted_again(tile: Tile) -> None:
    refresh = tile.contents.minimum_refresh
    assert refresh(ClockItem()) == 1.0
    assert refresh(TextItem("a")) is None
    assert refresh(None) is None


def test_a_picture_comes_from_a_worker_and_is_centred(tile: Tile, folder: Path, qtbot: QtBot) -> None:
    plan = QImage(100, 200, QImage.Format.Format_RGB32)
    plan.fill(QColor("#00ff00"))
    plan.save(str(folder / "plan.png"))
    item = PictureItem("plan.png")
    with qtbot.waitSignal(tile.contents.changed, timeout=10_000) as came:
        waiting = tile.paint(item)
    assert came.args == [item]
    assert not ink(waiting, tile.theme.background).isEmpty()  # a sentence
    seen = ink(tile.paint(item), tile.theme.background)
    assert seen == QRect(190, 35, 100, 200)


def test_a_large_picture_is_shrunk_to_its_tile(tile: Tile, folder: Path, qtbot: QtBot) -> None:
    plan = QImage(2000, 1000, QImage.Format.Format_RGB32)
    plan.fill(QColor("#00ff00"))
    plan.save(str(folder / "plan.jpg"), "JPEG", 95)
    with qtbot.waitSignal(tile.contents.changed, timeout=10_000):
        tile.paint(PictureItem("plan.jpg"))
    assert ink(tile.paint(PictureItem("plan.jpg")), tile.theme.background) == QRect(0, 15, 480, 240)


def test_a_newer_file_is_seen(tile: Tile, folder: Path, qtbot: QtBot) -> None:
    plan = QImage(50, 50, QImage.Format.Format_RGB32)
    plan.fill(QColor("#00ff00"))
    plan.save(str(folder / "plan.png"))
    with qtbot.waitSignal(tile.contents.changed, timeout=10_000):
        tile.paint(PictureItem("plan.png"))
    plan.scaled(80, 80).save(str(folder / "plan.png"))
    os.utime(folder / "plan.png", ns=(1, 1))
    tile.time += picture_shelf.AGAIN_SECONDS
    with qtbot.waitSignal(tile.contents.changed, timeout=10_000):
        tile.paint(PictureItem("plan.png"))
    assert ink(tile.paint(PictureItem("plan.png")), tile.theme.background).width() == 80


@pytest.mark.parametrize("file", ["../secret.png", "none.png", "a/../../secret.png", "\0", "x" * 5000])
def test_pictures_come_from_their_folder_alone(folder: Path, file: str) -> None:
    (folder.parent / "secret.png").write_bytes(b"secret")
    with pytest.raises(PictureError, match=r"\. (Put|Copy|Choose)"):
        allowed(folder, file)
    with pytest.raises(PictureError):
        allowed(folder, str(folder.parent / "secret.png"))


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs links")
def test_a_link_leads_nowhere_else(folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes(b"secret")
    (folder / "plan.png").symlink_to(folder.parent / "secret.png")
    with pytest.raises(PictureError, match="outside"):
        allowed(folder, "plan.png")


BROKEN = {
    "empty.png": b"",
    "noise.png": bytes(range(256)) * 20,
    "script.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "cut.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0",
    "words.txt": b"hello",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_says_so(folder: Path, qapp: QApplication, name: str) -> None:
    (folder / name).write_bytes(BROKEN[name])
    with pytest.raises(PictureError, match=name.replace(".", r"\.")):
        load(folder / name, name, QSize(100, 100))


def test_a_picture_bomb_is_not_unpacked(folder: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    QImage(3000, 3000, QImage.Format.Format_Mono).save(str(folder / "bomb.png"))
    monkeypatch.setattr(picture_shelf, "MAX_PIXELS", 1_000_000)
    with pytest.raises(PictureError, match="million pixels"):
        load(folder / "bomb.png", "bomb.png", QSize(100, 100))


def test_a_file_that_is_too_large_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "large.png").write_bytes(b"x" * 4096)
    monkeypatch.setattr(picture_shelf, "MAX_BYTES", 1024)
    with pytest.raises(PictureError, match="larger"):
        load(folder / "large.png", "large.png", QSize(10, 10))
    with pytest.raises(PictureError, match="no file"):
        load(folder, "folder", QSize(10, 10))


def test_no_more_pictures_are_kept_than_fit(tile: Tile, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = picture_shelf.PictureShelf(folder)
    for size in range(picture_shelf.KEPT * 2):
        shelf.look("none.png", 10 + size, 10)
    assert len(shelf._kept) == picture_shelf.KEPT
    shelf.close()
    assert shelf.look("other.png", 10, 10) == picture_shelf.Shot()  # nothing is begun after the end
