"""Rates of alarms, times until they were taken, and floods, as plots. Imported when they are first looked at: pyqtgraph
and what it brings cost memory and a good part of a second.

pyqtgraph takes whichever Qt is imported already, and prefers another one than ours where none is."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

import pyqtgraph as pg  # isort: skip -- after PySide6

from console.model.alarm_figures import Figures
from console.model.alarms import Priority
from console.ui.theme import Theme, tabular

MOST_AN_HOUR = 12.0
"""Alarms an hour that one operator can just deal with over a long time (EEMUA 191: one each five minutes)."""
_HOUR = 3600.0


class AlarmPlots(QWidget):
    """Only the Qt thread."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._items: list[tuple[pg.PlotWidget, object]] = []
        self.rates = self._plot("Alarms for each operator, by hour; from below: critical, high, medium, low", "alarms")
        self.delays = self._plot("Time until somebody acknowledged", "minutes")
        self.rates.addItem(
            pg.InfiniteLine(
                MOST_AN_HOUR, angle=0, pen=self._pen("dim", dashed=True), label="one in five minutes",
                labelOpts={"position": 0.02, "color": theme.color("dim"), "anchors": [(0, 1), (0, 1)]},
            )
        )  # fmt: skip
        self.delays.setXLink(self.rates)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rates, 1)
        column.addWidget(self.delays, 1)

    def show_figures(self, found: Figures) -> None:
        """Draw these."""
        for plot, item in self._items:
            plot.removeItem(item)
        self._items.clear()
        self._draw_floods(found)
        base = [0.0] * len(found.hours)
        for priority in Priority:
            heights = [hour.alarms.get(priority, 0) / hour.operators for hour in found.hours]
            if any(heights):
                middles = [_seconds(hour.begin) + _HOUR / 2 for hour in found.hours]
                self._add(
                    self.rates,
                    pg.BarGraphItem(
                        x=middles, y0=base, height=heights, width=_HOUR * 0.8,
                        brush=self._theme.color(priority.value), pen=self._pen("line"),
                    ),
                )  # fmt: skip
            base = [below + height for below, height in zip(base, heights, strict=True)]
        if found.delays:
            times = [_seconds(at) for at, _ in found.delays]
            minutes = [delay / 60 for _, delay in found.delays]
            points = pg.ScatterPlotItem(
                times, minutes, size=6, brush=self._theme.color("text"), pen=self._pen("line"), symbol="o"
            )
            self._add(self.delays, points)
        for delay, style in ((found.half, False), (found.most, True)):
            if delay is not None:
                words = "95 of 100 within" if style else "half within"
                line = pg.InfiniteLine(
                    delay / 60, angle=0, pen=self._pen("selection", dashed=style), label=words,
                    labelOpts={
                        "position": 0.98, "color": self._theme.color("text"), "anchors": [(1, 1), (1, 1)],
                        "fill": self._theme.color("panel"),
                    },
                )  # fmt: skip
                self._add(self.delays, line)
        self.rates.setXRange(_seconds(found.begin), _seconds(found.end), padding=0.01)
        self.rates.setYRange(0, max(MOST_AN_HOUR * 1.25, *base, 0.0) * 1.05, padding=0)
        longest = max((delay / 60 for _, delay in found.delays), default=0.0)
        self.delays.setYRange(0, max(2.0, longest * 1.15), padding=0)

    def _draw_floods(self, found: Figures) -> None:
        shade = QColor(self._theme.color("high"))
        shade.setAlpha(46)
        for begin, end in found.floods:
            region = pg.LinearRegionItem(
                (_seconds(begin), _seconds(end)), movable=False, brush=shade, pen=self._pen("high")
            )
            region.setZValue(-10)
            self._add(self.rates, region)

    def _add(self, plot: pg.PlotWidget, item: object) -> None:
        plot.addItem(item)
        self._items.append((plot, item))

    def _plot(self, title: str, unit: str) -> pg.PlotWidget:
        plot = pg.PlotWidget(
            self, background=self._theme.color("panel"), axisItems={"bottom": pg.DateAxisItem(orientation="bottom")}
        )
        plot.setTitle(title, color=self._theme.text, size="9pt")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=True, y=False)
        plot.showGrid(x=False, y=True, alpha=0.15)
        plot.setAccessibleName(f"{title}, in {unit}")
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.getViewBox().setLimits(yMin=0, minYRange=2)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(self._pen("line"))
            axis.setTextPen(self._theme.color("dim"))
            axis.setStyle(tickFont=tabular(8))
            axis.enableAutoSIPrefix(False)
        plot.getAxis("left").setLabel(unit, color=self._theme.dim)
        plot.getAxis("left").setWidth(58)
        return plot

    def _pen(self, token: str, dashed: bool = False) -> QPen:
        pen = QPen(self._theme.color(token))
        pen.setCosmetic(True)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
