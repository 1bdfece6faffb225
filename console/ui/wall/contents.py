"""What tiles show that is no camera: words, the time, pictures, pages, alarms, and the place kept for the map.

Everything is painted in device pixels, as large as the tile allows: a wall is read from three metres and more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QDateTime, QObject, QRect, QRectF, Qt, QTimeZone, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter

from console.model.items import AlarmsItem, ClockItem, Item, MapItem, PictureItem, TextItem, TourItem, WebItem
from console.services.alarm_view import AlarmsView
from console.ui.alarms.tile import paint_alarms
from console.ui.theme import Theme, tabular
from console.ui.wall.picture_shelf import PictureShelf
from console.ui.web.pages import PageSize, WebPages

MAX_LETTERS = 2000
"""Of a text on a tile; more could not be read from anywhere."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
CENTRE = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class TileContents(QObject):
    """Paints items on the Qt thread; files and pages are waited for elsewhere. ``changed`` says that a tile with this
    item has something new to paint."""

    changed = Signal(object)

    def __init__(
        self,
        folder: Path,
        pages: WebPages | None = None,
        alarms: Callable[[], AlarmsView] | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        """``folder``: the only one that pictures may come from. ``pages``: who shows web pages, None: nobody.
        ``alarms``: all of them now, None: they are not known here. ``now``: seconds since 1970; ``clock``: monotonic
        seconds."""
        super().__init__(parent)
        self._now, self._pages, self._alarms = now, pages, alarms
        self._shelf = PictureShelf(folder, clock, self)
        self._shelf.came.connect(self._picture_came)
        self._sizes: dict[tuple[str, int, int], int] = {}

    def close(self) -> None:
        """End the thread that reads files, and the pages."""
        self._shelf.close()
        if self._pages is not None:
            self._pages.close()

    def minimum_refresh(self, item: Item | None) -> float | None:
        """Seconds after which a visible tile with this item is painted again; None: not without a reason."""
        match item:
            case ClockItem() | WebItem():
                return 1.0
            case AlarmsItem():
                return 30.0  # what is new is told; what became stale meanwhile is not
            case PictureItem():
                return 30.0
        return None

    def paint(self, painter: QPainter, rect: QRect, item: Item | None, scale: float, theme: Theme) -> None:
        """Fill ``rect`` (device pixels) with what ``item`` shows. ``scale``: device pixels per logical pixel. The
        painter's pen, font and clip are as they were afterwards."""
        painter.save()
        painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
        painter.fillRect(rect, theme.color("background"))
        painter.setPen(theme.color("text"))
        match item:
            case TextItem(text):
                self._paint_text(painter, rect, text[:MAX_LETTERS], round(200 * scale))
            case ClockItem(zone):
                self._paint_clock(painter, rect, zone, scale, theme)
            case PictureItem(file):
                shot = self._shelf.look(file, rect.width(), rect.height())
                words = shot.sentence or "The picture is being read."
                self._paint_picture(painter, rect, shot.image, words, scale, theme)
            case WebItem(url):
                self._paint_page(painter, rect, url, scale, theme)
            case MapItem():
                self._say(painter, rect, "The map comes here", scale, theme)
            case AlarmsItem():
                self._paint_alarms(painter, rect, scale, theme)
            case TourItem():
                self._say(painter, rect, "This tour has no stop on this site. Add cameras, or change it.", scale, theme)
        painter.restore()

    def _paint_text(self, painter: QPainter, rect: QRect, text: str, largest: int) -> None:
        margin = max(2, min(rect.width(), rect.height()) // 24)
        box = rect.adjusted(margin, margin, -margin, -margin)
        key = (text, box.width(), box.height())
        size = self._sizes.get(key)
        if size is None:
            if len(self._sizes) >= 256:
                self._sizes.clear()
            size = self._sizes[key] = largest_size(text, box, largest)
        painter.setFont(_font(size))
        painter.drawText(QRectF(box), int(CENTRE), text)

    def _paint_clock(self, painter: QPainter, rect: QRect, zone: str, scale: float, theme: Theme) -> None:
        moment = _moment(self._now(), zone)
        if moment is None:
            words = f"The time zone {zone!r} is not known here. Use a name such as Europe/London."
            self._say(painter, rect, words, scale, theme)
            return
        day = moment.date()
        date = f"{DAYS[day.dayOfWeek() - 1]} {day.day()} {MONTHS[day.month() - 1]} {day.year()}"
        minutes = moment.offsetFromUtc() // 60
        sign = "+" if minutes >= 0 else "-"
        place = zone.rpartition("/")[2].replace("_", " ") or "local time"
        offset = f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        # The same words in figures as wide as any: the size must not change with the time.
        figures = largest_size("00:00:00", _part(rect, 0.14, 0.5), rect.height())
        small = min(
            largest_size(words, _part(rect, 0.64, 0.16), max(6, figures // 3))
            for words in ("Wednesday 30 September 0000", f"{place}  {offset}")
        )
        painter.setFont(_font(figures, bold=True))
        painter.drawText(QRectF(_part(rect, 0.14, 0.5)), int(Qt.AlignmentFlag.AlignCenter), moment.toString("HH:mm:ss"))
        painter.setFont(_font(small))
        painter.drawText(QRectF(_part(rect, 0.64, 0.16)), int(Qt.AlignmentFlag.AlignCenter), date)
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(_part(rect, 0.8, 0.16)), int(Qt.AlignmentFlag.AlignCenter), f"{place}  {offset}")

    def _paint_picture(
        self, painter: QPainter, rect: QRect, image: QImage | None, words: str, scale: float, theme: Theme
    ) -> None:
        """A picture in the middle, or the words while there is none."""
        if image is None:
            self._say(painter, rect, words, scale, theme)
            return
        size = image.size()
        if size.width() > rect.width() or size.height() > rect.height():  # of another size, until ours is read
            size = size.scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, size.width(), size.height())
        place.moveTo(rect.x() + (rect.width() - size.width()) // 2, rect.y() + (rect.height() - size.height()) // 2)
        painter.drawImage(place, image)

    def _paint_page(self, painter: QPainter, rect: QRect, url: str, scale: float, theme: Theme) -> None:
        if self._pages is None:
            self._say(painter, rect, "Web pages are not shown here.", scale, theme)
            return
        look = self._pages.look(url, PageSize(rect.width(), rect.height(), scale))
        words = look.sentence or "The page is being loaded."
        self._paint_picture(painter, rect, look.image, words, scale, theme)

    def _paint_alarms(self, painter: QPainter, rect: QRect, scale: float, theme: Theme) -> None:
        if self._alarms is None:
            self._say(painter, rect, "Alarms come here", scale, theme)
            return
        paint_alarms(painter, rect, self._alarms(), datetime.fromtimestamp(self._now(), UTC), scale, theme)

    def _say(self, painter: QPainter, rect: QRect, words: str, scale: float, theme: Theme) -> None:
        """A quiet sentence in the middle."""
        box = rect.adjusted(8, 6, -8, -6)
        painter.setFont(_font(largest_size(words, box, max(9, min(round(15 * scale), rect.height() // 9)))))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(box), int(CENTRE), words)

    def _picture_came(self, file: str) -> None:
        self.changed.emit(PictureItem(file))


def largest_size(text: str, box: QRect, largest: int) -> int:
    """The largest font size in pixels, up to ``largest``, at which ``text``, wrapped at words, fits into ``box``; at
    least 6, below which nothing can be read."""
    low, high = 6, max(6, largest)
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(text, box, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _fits(text: str, box: QRect, size: int) -> bool:
    metrics = QFontMetricsF(_font(size, bold=True))
    if any(metrics.horizontalAdvance(word) > box.width() for word in text.split()):
        return False
    wanted = metrics.boundingRect(QRectF(box), int(CENTRE), text)
    return wanted.height() <= box.height() and wanted.width() <= box.width()


def _font(size: int, bold: bool = False) -> QFont:
    """Sizes in pixels: what is painted here are device pixels, whatever the screen's resolution."""
    font = tabular(10, bold)
    font.setPixelSize(size)
    return font


def _moment(now: float, zone: str) -> QDateTime | None:
    """``now`` in a zone; Qt knows the zones on each system, Python on Windows does not. None: no such zone."""
    utc = QDateTime.fromMSecsSinceEpoch(int(now * 1000), QTimeZone(QTimeZone.Initialization.UTC))
    if not zone:
        return utc.toLocalTime()
    there = QTimeZone(zone.encode("ascii", "replace"))
    return utc.toTimeZone(there) if there.isValid() else None


def _part(rect: QRect, top: float, height: float) -> QRect:
    """A band of the tile, with a margin at the sides."""
    margin = rect.width() // 20
    return QRect(
        rect.x() + margin, rect.y() + round(rect.height() * top), rect.width() - 2 * margin,
        round(rect.height() * height),
    )  # fmt: skip
