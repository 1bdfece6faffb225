"""Power and faults over the last day, and the energy of each system. Imported when it is first looked at: pyqtgraph and
what it brings cost memory and a good part of a second.

pyqtgraph takes whichever Qt is imported already, and prefers another one than ours where none is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

import pyqtgraph as pg  # isort: skip -- after PySide6

from console.services.lamps import Sample, SystemView
from console.ui.theme import Theme, tabular

_MOST_NAMES = 12
"""Systems whose bars are shown; the others are left out."""


class LampPlots(QWidget):
    """Only the Qt thread."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._seen: tuple[int, float] = (0, 0.0)
        self._bars: pg.BarGraphItem | None = None
        self._energies: tuple[tuple[str, float], ...] = ()
        self.power = self._plot("Power of all lamps that tell it", "kW", least=1)
        self.faulty = self._plot("Lamps with a fault", "lamps", least=4)
        self.energy = self._plot("Energy since this console heard of the lamps", "kWh", least=0.5, times=False)
        self._power_line = self.power.plot(pen=self._pen("text"))
        self._faulty_line = self.faulty.plot(pen=self._pen("dim"), stepMode="right")
        self.faulty.setXLink(self.power)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        for plot in (self.power, self.faulty, self.energy):
            column.addWidget(plot, 1)
        self.energy.hide()

    def show_samples(self, samples: Sequence[Sample]) -> None:
        """The last day; what does not change is not drawn again."""
        seen = (len(samples), samples[-1].at if samples else 0.0)
        if seen == self._seen:
            return
        self._seen = seen
        at = [each.at for each in samples]
        self._power_line.setData(at, [each.power / 1000 for each in samples])
        faulty = [each.faulty for each in samples]
        self._faulty_line.setPen(self._pen("high" if any(faulty) else "dim"))  # grey is normal
        self._faulty_line.setData(at, faulty)

    def show_systems(self, systems: Sequence[SystemView]) -> None:
        """Energy of those that tell it, the most first."""
        told = [(view.name, round(view.energy, 2)) for view in systems if view.energy is not None]
        energies = tuple(sorted(told, key=lambda each: (-each[1], each[0])))[:_MOST_NAMES]
        if energies == self._energies:
            return
        self._energies = energies
        self.energy.setVisible(bool(energies))
        if self._bars is not None:
            self.energy.removeItem(self._bars)
        places = list(range(len(energies)))
        colour = self._theme.color("dim")
        self._bars = pg.BarGraphItem(
            x=places, height=[energy for _, energy in energies], width=0.5, brush=colour, pen=self._pen("line")
        )
        self.energy.addItem(self._bars)
        names = [(place, name if len(name) < 18 else f"{name[:17]}…") for place, (name, _) in enumerate(energies)]
        self.energy.getAxis("bottom").setTicks([names])
        self.energy.setXRange(-0.6, max(2.6, len(energies) - 0.4), padding=0)

    def _plot(self, title: str, unit: str, least: float, times: bool = True) -> pg.PlotWidget:
        """``least``: what the axis shows at least, so that small changes look small."""
        axes = {"bottom": pg.DateAxisItem(orientation="bottom")} if times else {}
        plot = pg.PlotWidget(self, background=self._theme.color("panel"), axisItems=axes)
        plot.setTitle(title, color=self._theme.text, size="9pt")
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=times, y=False)
        plot.showGrid(x=False, y=True, alpha=0.15)
        plot.setAccessibleName(f"{title}, in {unit}")
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.getViewBox().setLimits(yMin=0, minYRange=least)
        plot.getViewBox().enableAutoRange(x=True, y=True)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(self._pen("line"))
            axis.setTextPen(self._theme.color("dim"))
            axis.setStyle(tickFont=tabular(8))
            axis.enableAutoSIPrefix(False)
        plot.getAxis("left").setLabel(unit, color=self._theme.dim)
        plot.getAxis("left").setWidth(58)
        return plot

    def _pen(self, token: str) -> QPen:
        pen = QPen(self._theme.color(token))
        pen.setCosmetic(True)
        return pen
