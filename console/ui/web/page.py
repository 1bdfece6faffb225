"""One web page, alive in a window that is never shown. The only modules that know the browser engine are this and
``guard``; they are imported when the first page is seen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from math import ceil

import psutil
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
from PySide6.QtWebEngineWidgets import QWebEngineView
from shiboken6 import delete, isValid

from console.ui.web.allow_list import AllowList
from console.ui.web.guard import GuardedPage, Interceptor, Refusals
from console.ui.web.pages import PageLook, PageSize

log = logging.getLogger(__name__)

LOAD_SECONDS = 30.0
ANSWER_SECONDS = 15.0
"""How long a page may be too busy to answer. Its last picture would pass for a present one."""
MAX_MEMORY = 700 * 1024 * 1024
"""Bytes of its process; the engine leaks slowly on pages that run for weeks (QTBUG-150562)."""
PAUSES = (5.0, 15.0, 60.0, 300.0)
"""Seconds before it is loaded again after the first, second ... failure in a row, and then always the last."""
WELL_AFTER = 600.0
"""Seconds without a failure after which the row begins anew."""


class Page:
    """Lives on the Qt thread. Whatever goes wrong, the whole page is thrown away and made anew after a pause: the one
    remedy that helps against crashes, hanging scripts and leaks alike."""

    def __init__(
        self, url: QUrl, size: PageSize, allowed: AllowList, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.refusals = Refusals()
        self._url, self._size, self._allowed, self._clock = url, size, allowed, clock
        self._view: QWebEngineView | None = None
        self._profile: QWebEngineProfile | None = None
        self._interceptor: Interceptor | None = None
        self._picture: QImage | None = None
        self._sentence = ""
        self._failures = self._refused = 0
        self._began = self._answered = 0.0
        self._loading = self._asked = False
        self._again_at: float | None = None
        self._make()

    def look(self) -> PageLook:
        """A picture of it, or why there is none."""
        return PageLook(self._picture, self._sentence)

    def beat(self, size: PageSize) -> None:
        """Once a second: size, health, picture."""
        now = self._clock()
        if size != self._size:
            self._size = size
            self._fit()
        if self._again_at is not None:
            self.close()  # not where it failed: that is within a signal of what is deleted here
            if now >= self._again_at:
                self._make()
            return
        if self._view is None:
            return
        if self._loading:
            if now - self._began > LOAD_SECONDS:
                self._fail(f"{self._url.host()} does not answer.")
            return
        if self._asked and now - self._answered > ANSWER_SECONDS:
            self._fail(f"The page of {self._url.host()} hangs.")
            return
        if _memory(self._view.page().renderProcessPid()) > MAX_MEMORY:
            self._fail(f"The page of {self._url.host()} needs too much memory.")
            return
        if now - self._began > WELL_AFTER:
            self._failures = 0
        self._ask(now)
        self._take_picture()

    def close(self) -> None:
        """End it. Nothing is kept: profile, cookies and cache were in memory only."""
        view, profile, self._view, self._profile = self._view, self._profile, None, None
        if view is None or profile is None:
            return
        page = view.page()
        # The order matters to the engine: the view, then the page, then the profile that the page lives on.
        for part in (view, page, profile):
            if isValid(part):
                delete(part)

    def _make(self) -> None:
        self._again_at, self._loading, self._asked = None, True, False
        self._began = self._answered = self._clock()
        profile = QWebEngineProfile()  # without a name: off the record, and shared with no other page
        profile.setHttpCacheMaximumSize(16 * 1024 * 1024)
        profile.setPersistentPermissionsPolicy(QWebEngineProfile.PersistentPermissionsPolicy.AskEveryTime)
        # Kept here: Qt does not own it, and without its Python half it would let everything pass.
        self._interceptor = Interceptor(self._allowed, self.refusals)
        profile.setUrlRequestInterceptor(self._interceptor)
        page = GuardedPage(profile, self._allowed, self.refusals)
        view = QWebEngineView()
        view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        view.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        view.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setPage(page)
        page.loadFinished.connect(self._loaded)
        page.renderProcessTerminated.connect(self._crashed)
        self._view, self._profile = view, profile
        self._fit()
        view.show()
        page.load(self._url)

    def _fit(self) -> None:
        """The window lies on a screen of its own scale; the picture must have the tile's device pixels all the same."""
        if self._view is None:
            return
        ratio = self._view.devicePixelRatioF()
        self._view.resize(ceil(self._size.width / ratio), ceil(self._size.height / ratio))
        self._view.page().setZoomFactor(max(0.25, min(5.0, self._size.scale / ratio)))

    def _loaded(self, well: bool) -> None:
        if self._again_at is not None:
            return
        refused, self._refused = self._refused, self.refusals.counts["navigation"]
        if not well and not self._loading and self._refused > refused:
            return  # it wanted to go where it must not, and stays what it was
        if not well:
            self._fail(f"{self._url.host()} can not be reached, or sends what is not allowed.")
            return
        self._loading = False
        self._answered = self._clock()
        self._fit()  # a navigation takes the zoom back

    def _crashed(self, status: QWebEnginePage.RenderProcessTerminationStatus, code: int) -> None:
        if self._again_at is None:
            log.warning("the page of %s ended: %s, %d", self._url.host(), status.name, code)
            self._fail(f"The page of {self._url.host()} has crashed.")

    def _fail(self, sentence: str) -> None:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        self._failures += 1
        self._picture = None
        self._sentence = f"{sentence} It is loaded again in {pause:.0f} s."
        self._again_at = self._clock() + pause

    def _ask(self, now: float) -> None:
        """Whether its scripts still run."""
        if self._view is None or self._asked:
            return
        self._asked, self._answered = True, now
        self._view.page().runJavaScript("1", 0, self._answer)

    def _answer(self, _: object) -> None:
        self._asked = False
        self._answered = self._clock()

    def _take_picture(self) -> None:
        if self._view is None:
            return
        image = self._view.grab().toImage()
        image.setDevicePixelRatio(1.0)  # its pixels are the tile's, whatever screen its window lies on
        self._picture = image.copy(0, 0, min(image.width(), self._size.width), min(image.height(), self._size.height))
        self._sentence = ""


def _memory(process: int) -> int:
    """Bytes that a process holds; 0 if it is not there."""
    if process <= 0:
        return 0
    try:
        return int(psutil.Process(process).memory_info().rss)
    except psutil.Error:
        return 0
