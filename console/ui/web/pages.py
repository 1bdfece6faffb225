"""The web pages that tiles show, as pictures. The browser engine is an extra and is loaded when the first page is seen.

A page lives in a window that is never shown, and tiles paint pictures of it. Put into the wall's own window, the engine
would turn that window into an OpenGL one and create it anew, for all the cameras beside it; as a picture it can also
neither take the keyboard nor be clicked.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QImage

from console.ui.web.allow_list import AllowList, parsed

MAX_PAGES = 8
"""At once; each has processes of its own that easily take 150 MB."""
LEAVE_AFTER = 60.0
"""Seconds for which a page that nobody looks at is kept, so that a tour comes back to it at once."""
FLAGS = "QTWEBENGINE_CHROMIUM_FLAGS"
LOOK_MS = 1000
"""Between two pictures of a page."""


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a tile paints: a picture of the page, or a sentence while there is none worth showing."""

    image: QImage | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class PageSize:
    """Device pixels, and how many of them a logical pixel has."""

    width: int
    height: int
    scale: float = 1.0


class ShownPage(Protocol):
    """One page that lives (``console.ui.web.page.Page``, or a test's)."""

    def look(self) -> PageLook:
        """What it shows by now."""

    def beat(self, size: PageSize) -> None:
        """A second has passed: take this size, take a picture, see whether it is well."""

    def close(self) -> None:
        """End it and its processes."""


Build = Callable[[QUrl, PageSize, AllowList], ShownPage]


@dataclass(slots=True)
class _Kept:
    page: ShownPage
    size: PageSize
    seen: float
    fresh: bool = True
    """Whether ``size`` was asked for since the last beat."""


class WebPages(QObject):
    """Lives on the Qt thread."""

    def __init__(
        self,
        allowed: AllowList,
        build: Build | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        """``build`` makes a page; None: the browser engine's, where it is installed and safe."""
        super().__init__(parent)
        self._allowed, self._clock = allowed, clock
        self._build = build
        self._hindrance: str | None = None if build is None else ""
        self._hosts: frozenset[str] | None = None
        """The hosts that the engine knows, once it has begun."""
        self._kept: dict[str, _Kept] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.beat)

    def look(self, url: str, size: PageSize) -> PageLook:
        """What a tile of this size shows of a page. Tiles ask each second while they are seen; a page that nobody asks
        for ends. Several tiles with one page share it in the largest of their sizes."""
        address = parsed(url)
        if address is None:
            return PageLook(sentence=f"{url[:80]!r} is no web address. Change it in the layout.")
        if not self._allowed.opens(address):
            return PageLook(
                sentence=f"{address.host()} is not on the list of allowed pages. A supervisor can add this address."
            )
        if self._hindrance is None:
            self._hindrance = hindrance()
        if self._hindrance:
            return PageLook(sentence=self._hindrance)
        if self._hosts is not None and address.host() not in self._hosts:
            return PageLook(sentence=f"{address.host()} is new on the list. It is shown after the next start.")
        kept = self._kept.get(url)
        if kept is None:
            self._let_go()
            if len(self._kept) >= MAX_PAGES:
                return PageLook(sentence=f"{MAX_PAGES} pages are open already. This one waits until one of them goes.")
            kept = self._kept[url] = _Kept(self._open(address, size), size, 0.0)
            self._timer.start()
        kept.seen = self._clock()
        if not kept.fresh or size.width * size.height > kept.size.width * kept.size.height:
            kept.size, kept.fresh = size, True
        return kept.page.look()

    def allow(self, allowed: AllowList) -> None:
        """Another list: everything that is open is opened again under it."""
        self._allowed = allowed
        self.close()

    def close(self) -> None:
        """End all pages."""
        self._timer.stop()
        for kept in self._kept.values():
            kept.page.close()
        self._kept.clear()

    def beat(self) -> None:
        """Once a second."""
        self._let_go()
        for kept in self._kept.values():
            kept.fresh = False
            kept.page.beat(kept.size)

    def _open(self, address: QUrl, size: PageSize) -> ShownPage:
        if self._build is None:
            self._hosts = self._allowed.hosts
            os.environ[FLAGS] = f"{os.environ.get(FLAGS, '')} {only_these(self._hosts)}".strip()
            # Not at the top: the engine costs tens of megabytes and is an extra.
            self._build = importlib.import_module("console.ui.web.page").Page
        return self._build(address, size, self._allowed)

    def _let_go(self) -> None:
        """End what nobody has looked at for a while."""
        now = self._clock()
        for url, kept in list(self._kept.items()):
            if now - kept.seen > LEAVE_AFTER:
                kept.page.close()
                del self._kept[url]
        if not self._kept:
            self._timer.stop()


def only_these(hosts: frozenset[str]) -> str:
    """The engine's flag that lets it find no other hosts. The interceptor refuses them too, but where a server sends a
    picture or a script on to elsewhere, the engine now and then has asked there before the interceptor is heard. What
    is left of that: another port of a host on the list may be asked, though its answer is not shown. The flag is read
    once, when the engine begins."""
    return (
        '--host-resolver-rules="'
        + " , ".join(["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in sorted(hosts))])
        + '"'
    )


def hindrance(environ: Mapping[str, str] = os.environ, proc: Path = Path("/proc/sys/kernel")) -> str:
    """Why pages can not be shown on this computer, as a sentence; "" if they can. The engine must not be started where
    its sandbox does not work: it would end the whole program."""
    parts = ("PySide6.QtWebEngineWidgets", "PySide6.QtWebChannel")  # each from a package of its own
    if any(importlib.util.find_spec(part) is None for part in parts):
        return "Web pages need the extra part 'web'. Install it with: pip install \"watchfloor[web]\""
    if sys.platform != "linux" or "--no-sandbox" in environ.get(FLAGS, "").split():
        return ""
    if os.geteuid() == 0:
        return "Web pages are not shown to the user root. Start Watchfloor as an ordinary user."
    for name, off in (("unprivileged_userns_clone", "0"), ("apparmor_restrict_unprivileged_userns", "1")):
        setting = proc / name
        if setting.is_file() and setting.read_text(encoding="ascii").strip() == off:
            return f"Web pages need the browser's sandbox, which this system forbids (kernel.{name} is {off})."
    return ""
