"""Help pages that ship with the product, shown in the application."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from console.ui.fitting import side_window


class HelpWindow(QDialog):
    """Shows Markdown pages of ``folder``; links lead from page to page and never outside."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        side_window(self, 760, 640)
        self._pages = {page.name for page in folder.glob("*.md")}
        self._browser = QTextBrowser(self)
        self._browser.setSearchPaths([str(folder)])
        self._browser.setOpenLinks(False)
        self._browser.anchorClicked.connect(self._follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._browser)
        self.open_page("index.md")

    def open_page(self, page: str) -> None:
        """To this page of the folder; one that is not there opens the first page."""
        self._browser.setSource(QUrl(page if page in self._pages else "index.md"))

    def _follow(self, link: QUrl) -> None:
        """To a page of the same folder or a heading of this page, and nowhere else."""
        inside = not link.scheme() and not link.host()
        if inside and (link.path() in self._pages or (not link.path() and link.hasFragment())):
            self._browser.setSource(link)
