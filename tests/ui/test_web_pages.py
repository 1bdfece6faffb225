"""Pages as pictures. How they are kept is tested with pages of our own; what they may do with the real engine against
servers on this machine, where the engine is installed."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from console.ui.web import pages as pages_module
from console.ui.web.allow_list import AllowList
from console.ui.web.pages import LEAVE_AFTER, MAX_PAGES, PageLook, PageSize, WebPages, hindrance, only_these

ROOT = Path(__file__).resolve().parents[2]
SMALL, LARGE = PageSize(100, 80), PageSize(400, 300, 2.0)


class FakePage:
    """A page of one colour."""

    def __init__(self, url: QUrl, size: PageSize, allowed: AllowList) -> None:
        self.url, self.sizes, self.closed = url.toString(), [size], False

    def look(self) -> PageLook:
        image = QImage(self.sizes[-1].width, self.sizes[-1].height, QImage.Format.Format_RGB32)
        image.fill(QColor("#123456"))
        return PageLook(image)

    def beat(self, size: PageSize) -> None:
        self.sizes.append(size)

    def close(self) -> None:
        self.closed = True


class Wall:
    """Pages with a clock that stands still."""

    def __init__(self) -> None:
        self.time, self.made = 0.0, list[FakePage]()
        self.pages = WebPages(AllowList(["https://a.example/"]), self._build, lambda: self.time)

    def _build(self, url: QUrl, size: PageSize, allowed: AllowList) -> FakePage:
        self.made.append(FakePage(url, size, allowed))
        return self.made[-1]


@pytest.fixture
def wall(qapp: QApplication) -> Iterator[Wall]:
    wall = Wall()
    yield wall
    wall.pages.close()


def test_a_page_is_opened_once_and_ends_when_nobody_looks(wall: Wall) -> None:
    for _ in range(3):
        assert wall.pages.look("https://a.example/x", SMALL).image is not None
    (page,) = wall.made
    wall.time = LEAVE_AFTER
    wall.pages.beat()
    assert not page.closed
    wall.time += 1
    wall.pages.beat()
    assert page.closed
    wall.pages.look("https://a.example/x", SMALL)
    assert len(wall.made) == 2


def test_tiles_share_a_page_in_the_largest_size(wall: Wall) -> None:
    for size in (SMALL, LARGE, SMALL):
        wall.pages.look("https://a.example/x", size)
    wall.pages.beat()
    assert wall.made[0].sizes[-1] == LARGE
    wall.pages.look("https://a.example/x", SMALL)  # only the small tile is left
    wall.pages.beat()
    assert wall.made[0].sizes[-1] == SMALL


def test_what_is_not_on_the_list_is_not_opened(wall: Wall) -> None:
    assert "not on the list" in wall.pages.look("https://b.example/", SMALL).sentence
    assert "no web address" in wall.pages.look("nonsense", SMALL).sentence
    assert not wall.made
    wall.pages.look("https://a.example/", SMALL)
    wall.pages.allow(AllowList(["https://b.example/"]))
    assert wall.made[0].closed
    assert "not on the list" in wall.pages.look("https://a.example/", SMALL).sentence
    assert wall.pages.look("https://b.example/", SMALL).image is not None


def test_only_so_many_pages_live_at_once(wall: Wall) -> None:
    for number in range(MAX_PAGES):
        assert wall.pages.look(f"https://a.example/{number}", SMALL).image is not None
    assert "waits" in wall.pages.look("https://a.example/more", SMALL).sentence
    wall.time = LEAVE_AFTER + 1
    assert wall.pages.look("https://a.example/more", SMALL).image is not None


def test_the_engine_finds_no_other_hosts() -> None:
    hosts = AllowList(["https://b.example/x", "http://10.0.0.5:8080/", "https://b.example/y"]).hosts
    assert only_these(hosts) == '--host-resolver-rules="MAP * ~NOTFOUND , EXCLUDE 10.0.0.5 , EXCLUDE b.example"'


def test_the_engine_is_not_begun_where_it_would_end_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "watchfloor[web]" in hindrance({}, tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(pages_module.sys, "platform", "win32")
    assert hindrance({}, tmp_path) == ""
    monkeypatch.setattr(pages_module.sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert "root" in hindrance({}, tmp_path)
    assert hindrance({"QTWEBENGINE_CHROMIUM_FLAGS": "--mute-audio --no-sandbox"}, tmp_path) == ""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert hindrance({}, tmp_path) == ""
    (tmp_path / "apparmor_restrict_unprivileged_userns").write_text("1\n")
    assert "sandbox" in hindrance({}, tmp_path)


def test_the_engine_lives_in_its_rooms_alone() -> None:
    """Nothing else may import it: the console must start, quickly, without it."""
    for path in (ROOT / "console").rglob("*.py"):
        if re.search(r"^\s*(from|import) PySide6\.QtWeb", path.read_text(encoding="utf-8"), re.MULTILINE):
            room = path.relative_to(ROOT / "console" / "ui")
            assert room.as_posix() in ("web/guard.py", "web/page.py") or room.parts[0] == "map", path
    code = "import sys, console.app; sys.exit(any('WebEngine' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False).returncode == 0


@pytest.mark.skipif(
    importlib.util.find_spec("PySide6.QtWebEngineWidgets") is None, reason="needs the extra 'web' (pyside6-webengine)"
)
def test_a_real_page_is_shown_and_kept_in_its_place() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "screens" / "real_page.py")],
        capture_output=True,
        text=True,
        timeout=110,
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "shown and kept"
