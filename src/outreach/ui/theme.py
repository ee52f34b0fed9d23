"""Looks: the style, light and dark colours, fonts. The only file that names a style or a colour."""

import json
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyleFactory

from outreach.resources import resource

try:
    import PySide6Qlementine

    _HAS_QLEMENTINE = True
except ImportError:  # no wheel for this platform
    _HAS_QLEMENTINE = False

CHOICES = ("system", "light", "dark")


@dataclass(frozen=True)
class Colors:
    """The colours that pages paint with. Text on ``panel`` or ``window`` keeps a contrast of 4.5 or more."""

    is_dark: bool
    window: QColor
    panel: QColor
    raised: QColor
    border: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    on_accent: QColor
    good: QColor
    warning: QColor
    bad: QColor

    def tone(self, name: str) -> QColor:
        """Colour of a tone: good, warning, bad, accent, quiet, or text for any other."""
        return {
            "good": self.good,
            "warning": self.warning,
            "bad": self.bad,
            "accent": self.accent,
            "quiet": self.quiet,
        }.get(name, self.text)


@lru_cache(maxsize=2)
def _colors(scheme: str) -> Colors:
    values = json.loads(resource(f"resources/style/{scheme}.json").read_text(encoding="utf-8"))

    def color(key: str) -> QColor:
        return QColor(values[key])

    return Colors(
        is_dark=scheme == "dark",
        window=color("backgroundColorMain2"),
        panel=color("backgroundColorMain1"),
        raised=color("backgroundColorMain3"),
        border=color("borderColor"),
        text=color("secondaryColor"),
        quiet=color("secondaryAlternativeColor"),
        accent=color("primaryColor"),
        on_accent=color("primaryColorForeground"),
        good=color("statusColorSuccess"),
        warning=color("statusColorWarning"),
        bad=color("statusColorError"),
    )


class Theme(QObject):
    """Applies a theme and follows the system's. Signals: changed(), when colours are other than before."""

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._choice = "system"
        self._scheme = ""
        self._style: QStyle | None = None
        _load_fonts()
        application.styleHints().colorSchemeChanged.connect(self._follow)

    def apply(self, choice: str) -> None:
        """Use light, dark or the system's colours. Args: choice: one of CHOICES."""
        self._choice = choice if choice in CHOICES else "system"
        self._follow()

    @property
    def choice(self) -> str:
        """What the user chose, among CHOICES."""
        return self._choice

    def _follow(self) -> None:
        # Offscreen and some desktops report Unknown: light then.
        dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        scheme = self._choice if self._choice != "system" else ("dark" if dark else "light")
        if scheme == self._scheme:
            return
        self._scheme = scheme
        self._application.setProperty("outreach_scheme", scheme)
        if _HAS_QLEMENTINE:
            theme = PySide6Qlementine.Theme.fromJsonPath(str(resource(f"resources/style/{scheme}.json")))
            if isinstance(self._style, PySide6Qlementine.QlementineStyle):
                self._style.setTheme(theme)
            else:
                style = PySide6Qlementine.QlementineStyle(self._application)
                # Without its animations the style leaves pieces of the focus ring behind when focus moves.
                style.setAnimationsEnabled(True)
                style.setTheme(theme)
                self._style = style
                self._application.setStyle(style)
        elif self._style is None:
            self._style = QStyleFactory.create("Fusion")
            self._application.setStyle(self._style)
        self._set_palette()
        # A style that was just installed sets a palette of its own once events run; its hints in fields are
        # too pale to be read.
        QTimer.singleShot(0, self._set_palette)
        self._application.setFont(sized(13))
        self.changed.emit()

    @Slot()
    def _set_palette(self) -> None:
        self._application.setPalette(_palette(_colors(self._scheme)))


def _palette(c: Colors) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, color in (
        (roles.Window, c.window),
        (roles.WindowText, c.text),
        (roles.Base, c.panel),
        (roles.AlternateBase, c.window),
        (roles.Text, c.text),
        (roles.Button, c.raised),
        (roles.ButtonText, c.text),
        (roles.ToolTipBase, c.raised),
        (roles.ToolTipText, c.text),
        (roles.PlaceholderText, c.quiet),
        (roles.Highlight, c.accent),
        (roles.HighlightedText, c.on_accent),
        (roles.Link, c.accent),
        (roles.LinkVisited, c.accent),
        (roles.Accent, c.accent),
        (roles.Mid, c.border),
        (roles.Light, c.panel),
        (roles.Dark, c.border),
    ):
        palette.setColor(role, color)
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, c.quiet)
    return palette


def colors() -> Colors:
    """The colours in use now."""
    application = QApplication.instance()
    return _colors(str(application.property("outreach_scheme") or "light") if application else "light")


def _load_fonts() -> None:
    for path in sorted(resource("resources/fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))


def sized(points: float, *, weight: QFont.Weight = QFont.Weight.Normal, family: str = "Inter") -> QFont:
    """A font of the app in pixels at 100 %."""
    font = QFont(family)
    font.setPixelSize(round(points))
    font.setWeight(weight)
    return font
