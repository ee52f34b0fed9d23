"""Icons (Lucide, ISC licence), drawn in the theme's own colours."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from outreach.resources import resource
from outreach.ui.theme import colors


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    source = resource(f"resources/icons/{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(source.replace("currentColor", color).encode()))


def draw_icon(painter: QPainter, name: str, rect: QRectF, color: str) -> None:
    """Paint an icon into a rectangle. Args: color: as #rrggbb."""
    _renderer(name, color).render(painter, rect)


class _Engine(QIconEngine):
    """Paints an icon each time in the colours of the moment, sharp at any scale."""

    def __init__(self, name: str, tone: str) -> None:
        super().__init__()
        self._name, self._tone = name, tone

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        current = colors()
        color = current.quiet if mode == QIcon.Mode.Disabled else current.tone(self._tone)
        if self._tone == "on_accent" and mode != QIcon.Mode.Disabled:
            color = current.on_accent
        if mode == QIcon.Mode.Disabled:
            painter.setOpacity(0.5)
        draw_icon(painter, self._name, QRectF(rect), color.name())

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._tone)


def icon(name: str, tone: str = "text") -> QIcon:
    """An icon by the name of its file in resources/icons.

    Args: tone: see `theme.Colors.tone`, or on_accent.
    """
    return QIcon(_Engine(name, tone))
