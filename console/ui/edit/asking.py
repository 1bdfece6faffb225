"""Questions before something is lost."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PySide6.QtWidgets import QMessageBox, QWidget

from console.ui.plain import plain_tip


class Answer(Enum):
    """What to do with a draft that is not published, or with something that is to go."""

    KEEP = "&Keep the draft"
    PUBLISH = "&Publish"
    DISCARD = "&Throw away"
    DELETE = "&Delete"
    CANCEL = "Cancel"


def ask(parent: QWidget, question: str, answers: Sequence[Answer]) -> Answer:
    """Ask in a window of its own; the first answer is that of Enter, Esc is the last one."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "Edit layout", plain_tip(question), parent=parent)
    buttons = {box.addButton(answer.value, QMessageBox.ButtonRole.ActionRole): answer for answer in answers}
    order = list(buttons)
    box.setDefaultButton(order[0])
    box.setEscapeButton(order[-1])
    box.exec()
    clicked = box.clickedButton()
    return next((answer for button, answer in buttons.items() if button == clicked), answers[-1])
