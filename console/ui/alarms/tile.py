"""The alarm list on a tile: painted in device pixels, to be read from three metres and more."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from console.model.alarm_list import Line, lines
from console.model.alarms import How
from console.services.alarm_view import AlarmsView
from console.ui.alarms.signs import draw_priority
from console.ui.alarms.words import PRIORITY_WORDS, clock, group_words, new_words, state_words, times_words, when_words
from console.ui.theme import Theme, tabular

ROWS = 8
"""Alarms that a tile shows where it is large enough for more: more could not be read from afar."""


def text_size(rect: QRect, scale: float) -> int:
    """Device pixels of the titles: as large as ``ROWS`` allow, at least readable on a desk."""
    wanted = min(rect.height() / (ROWS * 2.5 + 2.5), rect.width() / 24)
    return max(9, round(min(max(wanted, 11 * scale), 64 * scale)))


def paint_alarms(
    painter: QPainter, rect: QRect, view: AlarmsView, now: datetime, scale: float, theme: Theme
) -> None:  # fmt: skip
    """Fill ``rect``; the caller has set the clip and saves the painter."""
    size = text_size(rect, scale)
    pad = round(size * 0.7)
    shown, waits = view.shown, view.waits
    head = QRectF(rect.x() + pad, rect.y() + pad * 0.6, rect.width() - 2 * pad, size * 1.5)
    worst = shown[0].priority.value if waits else "dim"
    painter.setFont(_font(size, bold=True))
    painter.setPen(theme.color("text"))
    painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "Alarms")
    painter.setPen(theme.color(worst))
    words = new_words(waits) + (", flood" if view.flood else "")
    painter.drawText(head, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)
    top = head.bottom() + pad * 0.5
    foot = _foot(view)
    bottom = rect.bottom() - (size * 1.4 if foot else pad * 0.4)
    if foot:
        painter.setFont(_font(round(size * 0.7)))
        painter.setPen(theme.color("high" if view.trouble else "dim"))
        area = QRectF(rect.x() + pad, bottom, rect.width() - 2 * pad, size * 1.2)
        metrics = QFontMetricsF(painter.font())
        words = metrics.elidedText(foot, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
    if not shown:
        painter.setFont(_font(round(size * 1.1)))
        painter.setPen(theme.color("dim"))
        area = QRectF(rect.x() + pad, top, rect.width() - 2 * pad, bottom - top)
        words = "No alarms" if view.ready else "Alarms are being read"
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), words)
        return
    found = lines(shown, view.flood)
    height = size * 2.5
    room = max(1, int((bottom - top) // height))
    more = len(found) - room
    if more > 0:  # the last row says how many there are besides
        room = max(1, room - 1) if bottom - top < (room + 0.6) * height else room
        more = len(found) - room
    for row, line in enumerate(found[:room]):
        area = QRectF(rect.x(), top + row * height, rect.width(), height)
        _paint_line(painter, area, line, size, pad, now, theme)
    rest = top + room * height
    if more > 0 and rest + size <= bottom + pad:
        painter.setFont(_font(round(size * 0.8)))
        painter.setPen(theme.color("text"))
        area = QRectF(rect.x() + pad, rest, rect.width() - 2 * pad, size * 1.3)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), f"and {more} more")


def _paint_line(
    painter: QPainter, area: QRectF, line: Line, size: int, pad: int, now: datetime, theme: Theme
) -> None:  # fmt: skip
    alarm = line.first
    sign = QRectF(area.x() + pad, area.y() + size * 0.22, size * 1.05, size * 1.05)
    draw_priority(painter, alarm.priority, sign, theme.color(alarm.priority.value), filled=alarm.waits)
    left = sign.right() + pad * 0.8
    right = area.right() - pad
    upper = QRectF(left, area.y(), right - left, size * 1.5)
    lower = QRectF(left, area.y() + size * 1.4, right - left, size)
    if line.grouped:
        first, count = group_words(line), ""
        second = f"the newest {clock(max(each.last for each in line.alarms), now)}"
    else:
        first, count = alarm.cause.title, times_words(alarm)
        stands = f"{when_words(alarm, now)}  {PRIORITY_WORDS[alarm.priority]}, {state_words(alarm, now)}"
        second = f"{stands}. {alarm.cause.why}"
    painter.setFont(_font(size, bold=alarm.waits))
    painter.setPen(theme.color("text"))
    metrics = QFontMetricsF(painter.font())
    beside = metrics.horizontalAdvance(count) + pad if count else 0.0
    flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    words = metrics.elidedText(first, Qt.TextElideMode.ElideRight, upper.width() - beside)
    painter.drawText(upper, flags, words)
    if count:
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), count)
    painter.setFont(_font(round(size * 0.72)))
    painter.setPen(theme.color("dim"))
    metrics = QFontMetricsF(painter.font())
    painter.drawText(lower, flags, metrics.elidedText(second, Qt.TextElideMode.ElideRight, lower.width()))


def _foot(view: AlarmsView) -> str:
    """What is not on the list, and what is wrong with it."""
    if view.trouble:
        return f"Alarms cannot be kept: {view.trouble}"
    counts = (
        (len(view.aside[How.SHELVED]), "shelved"),
        (len(view.aside[How.SUPPRESSED]), "suppressed by rules"),
        (len(view.aside[How.OUT_OF_SERVICE]), "out of service"),
    )
    return ", ".join(f"{count} {words}" for count, words in counts if count)


def _font(size: int, bold: bool = False) -> QFont:
    """Sizes in pixels: what is painted here are device pixels."""
    font = tabular(10, bold)
    font.setPixelSize(max(6, size))
    return font
