"""Colours and sizes of the screen (ISA-101: grey is normal, colour is abnormal). One set of tokens, one style sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

from PySide6.QtCore import QDir
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Theme:
    """Colour tokens as #rrggbb; text on background has a contrast of at least 7:1 in each theme."""

    background: str
    panel: str
    line: str
    text: str
    dim: str
    selection: str
    critical: str
    high: str
    medium: str
    low: str

    def color(self, token: str) -> QColor:
        """A token as a QColor."""
        return QColor(getattr(self, token))


DARK = Theme(
    background="#15181c",
    panel="#1d2126",
    line="#2c3238",
    text="#c9d1d9",
    dim="#9aa4ae",
    selection="#4a90d9",
    critical="#e5484d",
    high="#f5a524",
    medium="#e8d44d",
    low="#8b949e",
)

LIGHT = Theme(
    background="#f2f3f5",
    panel="#ffffff",
    line="#c3c9d0",
    text="#1b1f24",
    dim="#454c54",
    selection="#1f6fc0",
    critical="#b4161b",
    high="#8a5200",
    medium="#6b5c00",
    low="#4c545c",
)


def tabular(point_size: float, bold: bool = False) -> QFont:
    """The one family of the screen in a size, with figures of equal width so that times do not jitter."""
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(point_size)
    font.setBold(bold)
    font.setStyleHint(QFont.StyleHint.SansSerif)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def apply(app: QApplication, theme: Theme, styles: Path) -> None:
    """Dress the application; ``styles`` is the folder of the style sheet, which has ``$token`` places, and of the
    pictures that it names as ``styles:NAME``."""
    QDir.setSearchPaths("styles", [str(styles)])
    sheet = (styles / "console.qss").read_text(encoding="utf-8")
    app.setStyle("Fusion")
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: theme.background,
        QPalette.ColorRole.Base: theme.panel,
        QPalette.ColorRole.AlternateBase: theme.background,
        QPalette.ColorRole.Button: theme.panel,
        QPalette.ColorRole.Text: theme.text,
        QPalette.ColorRole.WindowText: theme.text,
        QPalette.ColorRole.ButtonText: theme.text,
        QPalette.ColorRole.ToolTipBase: theme.panel,
        QPalette.ColorRole.ToolTipText: theme.text,
        QPalette.ColorRole.PlaceholderText: theme.dim,
        QPalette.ColorRole.Highlight: theme.line,
        QPalette.ColorRole.HighlightedText: theme.text,
        QPalette.ColorRole.Mid: theme.line,
        QPalette.ColorRole.Link: theme.selection,
        QPalette.ColorRole.LinkVisited: theme.selection,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    tokens = {name: getattr(theme, name) for name in Theme.__slots__}
    app.setStyleSheet(Template(sheet).substitute(tokens))
