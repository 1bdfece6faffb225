"""Help pages that ship with the product, shown in the application."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget


class HelpWindow(QDialog):
    """Shows Markdown pages of ``folder``; links lead from page to page and never outside."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.resize(760, 640)
        self._browser = QTextBrowser(self)
        self._browser.setSearchPaths([str(folder)])
        self._browser.setOpenExternalLinks(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._browser)
        self._browser.setSource(QUrl("index.md"))
