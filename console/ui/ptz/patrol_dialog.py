"""A patrol's steps: which preset, for how long, how fast."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.patrol import MIN_DWELL, Patrol, PatrolStep
from drivers.ptz import Preset

MOST_STEPS, LONGEST_DWELL = 100, 86_400.0


class PatrolDialog(QDialog):
    """``patrol`` is what was made of it, None for no steps at all. Only the Qt thread."""

    def __init__(
        self, camera: str, name: str, presets: Sequence[Preset], patrol: Patrol | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Patrol of {name}")
        self._camera, self._presets = camera, presets
        self._on = True if patrol is None else patrol.on
        self.name = QLineEdit("Patrol" if patrol is None else patrol.name, self)
        self.name.setAccessibleName("Name of the patrol")
        self.name.setMaxLength(64)
        self.table = QTableWidget(0, 3, self)
        self.table.setHorizontalHeaderLabels(["Preset", "Seconds", "Speed"])
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(36)
        for step in () if patrol is None else patrol.steps:
            self._insert(self.table.rowCount(), step)
        if patrol is None:
            for preset in presets[:MOST_STEPS]:
                self._insert(self.table.rowCount(), PatrolStep(preset.token))
        row = QHBoxLayout()
        for words, run in (
            ("Add", self._add),
            ("Remove", self._remove),
            ("Up", lambda: self._move(-1)),
            ("Down", lambda: self._move(1)),
        ):
            button = QPushButton(words, self)
            button.setAutoDefault(False)
            button.clicked.connect(run)
            row.addWidget(button)
        hint = QLabel("Whoever takes the camera in hand interrupts it; it goes on when they have let go.", self)
        hint.setObjectName("dim")
        hint.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, parent=self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.name, self.table, hint, buttons):
            column.addWidget(part)
        column.insertLayout(2, row)
        self.resize(520, 420)

    @property
    def patrol(self) -> Patrol | None:
        """As the dialog has it now."""
        steps = self._steps()
        return Patrol(self._camera, self.name.text().strip() or "Patrol", steps, self._on) if steps else None

    def _steps(self) -> tuple[PatrolStep, ...]:
        return tuple(self._step(row) for row in range(self.table.rowCount()))

    def _step(self, row: int) -> PatrolStep:
        preset, dwell, speed = (self.table.cellWidget(row, column) for column in range(3))
        assert isinstance(preset, QComboBox)
        assert isinstance(dwell, QDoubleSpinBox)
        assert isinstance(speed, QDoubleSpinBox)
        return PatrolStep(str(preset.currentData()), dwell.value(), speed.value() or None)

    def _insert(self, row: int, step: PatrolStep) -> None:
        self.table.insertRow(row)
        box = QComboBox(self.table)
        for preset in self._presets:
            box.addItem(preset.name, preset.token)
        if box.findData(step.preset) < 0:
            box.addItem(f"{step.preset} (gone)", step.preset)
        box.setCurrentIndex(box.findData(step.preset))
        dwell, speed = QDoubleSpinBox(self.table), QDoubleSpinBox(self.table)
        dwell.setRange(MIN_DWELL, LONGEST_DWELL)
        dwell.setDecimals(0)
        dwell.setSuffix(" s")
        dwell.setValue(step.dwell)
        speed.setRange(0.0, 1.0)
        speed.setSingleStep(0.1)
        speed.setSpecialValueText("its own")
        speed.setValue(step.speed or 0.0)
        for column, widget in enumerate((box, dwell, speed)):
            self.table.setCellWidget(row, column, widget)
        self.table.setCurrentCell(row, 0)

    def _add(self) -> None:
        if self._presets and self.table.rowCount() < MOST_STEPS:
            self._insert(self.table.rowCount(), PatrolStep(self._presets[0].token))

    def _remove(self) -> None:
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())

    def _move(self, by: int) -> None:
        row = self.table.currentRow()
        if row >= 0 and 0 <= row + by < self.table.rowCount():
            step = self._step(row)
            self.table.removeRow(row)
            self._insert(row + by, step)
