"""Small parts that every page is made of.

Those that show something of a campaign have a method `forget`, which makes them as they were at first; see `pages.base.Page.reset`.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from PySide6.QtCore import QEvent, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QSplitterHandle,
    QStackedLayout,
    QTableView,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from outreach.ui.acting import Action
from outreach.ui.icons import draw_icon, icon
from outreach.ui.models.rows import RowsModel
from outreach.ui.theme import colors, sized
from outreach.ui.widgets.fields import MixedIn

R = TypeVar("R")
Shortcut = str | QKeySequence.StandardKey


class Label(QLabel):
    """A label in one of the app's sizes and tones, which follows the theme."""

    def __init__(
        self, text: str = "", *, size: float = 13, strong: bool = False, tone: str = "text", wrap: bool = True
    ) -> None:
        super().__init__(text)
        self._first = (text, tone)
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setFont(sized(size, weight=QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
        self._color()

    def set_tone(self, tone: str) -> None:
        """Use another colour; see `theme.Colors.tone`."""
        self._tone = tone
        self._color()

    def forget(self) -> None:
        """Say what it said at first."""
        text, tone = self._first
        self.setText(text)
        self.set_tone(tone)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}:
            self._color()

    def _color(self) -> None:
        wanted = colors().tone(self._tone)
        palette = self.palette()
        if palette.color(self.foregroundRole()) != wanted:
            palette.setColor(self.foregroundRole(), wanted)
            self.setPalette(palette)


class Panel(QFrame):
    """A quiet box with a thin border."""

    def __init__(self, *, margins: int = 16, spacing: int = 10) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margins, margins, margins, margins)
        self.body.setSpacing(spacing)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colors().panel)
        painter.setPen(QPen(colors().border, 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


class _Openable(MixedIn):
    """For widgets opened by click, Enter or Space, with a ring while they have the focus. They have a signal opened()."""

    opened: ClassVar[Signal]

    def _be_openable(self, radius: float) -> None:
        self._radius = radius
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors().accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self._radius, self._radius)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class Figure(_Openable, Panel):
    """A number with its name that opens what it counts. Signals: opened()."""

    opened = Signal()

    def __init__(self, name: str, *, tone: str = "text") -> None:
        super().__init__(margins=14, spacing=2)
        self._value = Label("", size=26, strong=True, tone=tone, wrap=False)
        self.body.addWidget(self._value)
        self.body.addWidget(Label(name, size=12, tone="quiet", wrap=False))
        self._be_openable(8)
        self.setAccessibleName(name)
        self._name = name

    def set_value(self, value: str, tone: str | None = None) -> None:
        """Show a number."""
        self._value.setText(value)
        self.setAccessibleName(f"{self._name}: {value}")
        if tone is not None:
            self._value.set_tone(tone)

    def value(self) -> str:
        """The number shown."""
        return self._value.text()

    def forget(self) -> None:
        """Show no number."""
        self.set_value("", "text")
        self.setAccessibleName(self._name)


class Heading(_Openable, QWidget):
    """The title of a list with the number of what is in it; it opens all of that. Signals: opened()."""

    opened = Signal()

    def __init__(self, title: str, number: int) -> None:
        super().__init__()
        self.number = number
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 2, 8, 2)
        line.setSpacing(8)
        line.addWidget(Label(title, size=14, strong=True, wrap=False))
        line.addWidget(Label(str(number), tone="quiet", wrap=False))
        line.addStretch()
        self._be_openable(6)
        self.setAccessibleName(f"{title}: {number}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _move_focus(self, event):
            super().keyPressEvent(event)


def _move_focus(widget: QWidget, event: QKeyEvent) -> bool:
    """Up and Down go to the neighbours in a column of things to open. Returns: whether the key was one of them."""
    if event.key() not in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
        return False
    widget.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
    return True


class TaskRow(_Openable, QWidget):
    """One thing to do: what, more of it, and a note at the right. Signals: opened()."""

    opened = Signal()

    def __init__(self, what: str, more: str, note: str, *, tone: str = "quiet") -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 5, 8, 5)
        line.setSpacing(12)
        name = Label(what, strong=True, wrap=False, tone=tone if not more and not note else "text")
        about = Label(more, tone="quiet", wrap=False)
        about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        right = Label(note, tone=tone, wrap=False)
        name.setText(name.fontMetrics().elidedText(what, Qt.TextElideMode.ElideRight, 440))
        line.addWidget(name)
        line.addWidget(about, 1)
        line.addWidget(right)
        self._be_openable(6)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(", ".join(x for x in (what, more, note) if x))
        self.setToolTip(f"{what}\n{more}".strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _move_focus(self, event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.underMouse():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(colors().raised)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.end()
        super().paintEvent(event)


def clear_column(column: QVBoxLayout) -> None:
    """Take everything out of a column, at once out of view too."""
    while (item := column.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()


def scrolling(inside: QWidget) -> QScrollArea:
    """A column that scrolls where it is longer than its place, without a frame or a ground of its own."""
    scroll = QScrollArea()
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return scroll


class _Symbol(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setFixedSize(40, 40)

    def paintEvent(self, event: QPaintEvent) -> None:
        draw_icon(QPainter(self), self._name, QRectF(self.rect()), colors().quiet.name())


class EmptyState(QWidget):
    """Shown where there is nothing yet: says what to do, with a button for it."""

    def __init__(self, symbol: str, title: str, text: str, action: QAction | None = None) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(8)
        layout.addStretch()
        layout.addWidget(_Symbol(symbol), alignment=Qt.AlignmentFlag.AlignHCenter)
        heading = Label(title, size=16, strong=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = Label(text, tone="quiet")
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(heading)
        layout.addWidget(words)
        if action is not None:
            layout.addSpacing(6)
            layout.addWidget(button(action, primary=True), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()


class _ActionButton(QPushButton):
    """A button that looks and is enabled as its action."""

    def __init__(self, action: QAction, primary: bool) -> None:
        super().__init__()
        self._action, self._primary = action, primary
        self.setDefault(primary)
        self.setAutoDefault(False)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def setEnabled(self, enabled: bool) -> None:
        """Offer its action or not."""
        self._action.setEnabled(enabled)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of a double click is not another wish: what is under it may be another letter by now."""
        event.accept()

    def _follow(self) -> None:
        self.setText(self._action.text())
        # A button that is disabled hands its focus on: the next Enter would then press its neighbour. So the one that has
        # the focus stays as it is while what it started is under way; its action takes no second press.
        waits = isinstance(self._action, Action) and self._action.is_offered and self.hasFocus()
        super().setEnabled(self._action.isEnabled() or waits)
        self.setToolTip(self._action.toolTip())
        symbol = str(self._action.data() or "")
        if symbol:
            self.setIcon(icon(symbol, "on_accent" if self._primary else "text"))


def button(action: QAction, *, primary: bool = False) -> QPushButton:
    """A push button for an action, enabled and named as the action is."""
    return _ActionButton(action, primary)


def push_button(parent: QWidget, text: str, slot: Callable[[], object], symbol: str = "") -> QPushButton:
    """A button of a dialog; Enter presses it while it has the focus, and not while what it started is under way."""
    return button(make_action(parent, text, symbol, slot))


def make_action(
    parent: QWidget,
    text: str,
    symbol: str,
    slot: Callable[[], object],
    *,
    shortcut: Shortcut | None = None,
    tip: str = "",
    enabled: bool = True,
) -> Action:
    """An action of a page, which does not start again what it started while that is under way; see `Action`."""
    action = Action(text, parent, slot)
    if symbol:
        action.setIcon(icon(symbol))
        action.setData(symbol)
    if shortcut is not None:
        action.setShortcut(shortcut)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        parent.addAction(action)
    if tip:
        action.setToolTip(tip)
    action.setEnabled(enabled)
    return action


class Table(QTableView, Generic[R]):
    """A table of a `RowsModel` that keeps selection and place by identity across refreshes.

    Signals: chosen() when the selection is another; opened() on Enter or double click.
    """

    chosen = Signal()
    opened = Signal()

    def __init__(self, model: RowsModel[R], *, many: bool = False, name: str = "") -> None:
        super().__init__()
        self._model = model
        self._keep_quiet = False
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if many else modes.SingleSelection)
        self.setSortingEnabled(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(34)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._sort)
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width)
            if column.stretch:
                header.setStretchLastSection(False)
                header.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
                header.setMinimumSectionSize(48)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self.doubleClicked.connect(self._opened)

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show other rows; what was selected stays selected where it is still there."""
        kept = self.selected_ids()
        current = (
            self._model.identity(self._model.row(self.currentIndex()))
            if self.currentIndex().isValid()
            else None
        )
        place = self.verticalScrollBar().value()
        self._keep_quiet = True
        self._model.set_rows(rows)
        self.select(kept, scroll=False, current=current)
        self.verticalScrollBar().setValue(place)
        self._keep_quiet = False
        if self.hasFocus() and rows and not self.currentIndex().isValid():
            # A cursor to move from, which chooses nothing.
            selection = self.selectionModel()
            selection.setCurrentIndex(self._model.index(0, 0), selection.SelectionFlag.NoUpdate)
        self.chosen.emit()

    def forget(self) -> None:
        """Show no rows."""
        self.set_rows(())

    def select(self, ids: Sequence[Hashable], *, scroll: bool = True, current: Hashable = None) -> None:
        """Select the rows with these identities."""
        selection = self.selectionModel()
        flags = selection.SelectionFlag
        selection.clearSelection()
        places = {self._model.identity(r): n for n, r in enumerate(self._model.rows)}
        numbers = [places[i] for i in ids if i in places]
        if numbers:
            at = places.get(current, numbers[0])
            selection.setCurrentIndex(self._model.index(at, 0), flags.NoUpdate)
            for number in numbers:
                selection.select(self._model.index(number, 0), flags.Select | flags.Rows)
            if scroll:
                self.scrollTo(self._model.index(numbers[0], 0))

    def selected(self) -> list[R]:
        """The rows selected, from top to bottom."""
        return [self._model.row(i) for i in sorted(self.selectionModel().selectedRows())]

    def selected_ids(self) -> list[Hashable]:
        """The identities of the rows selected."""
        return [self._model.identity(row) for row in self.selected()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        current, selection = self.currentIndex(), self.selectionModel()
        if (
            current.isValid()
            and not selection.hasSelection()
            and event.key() in {keys.Key_Return, keys.Key_Enter, keys.Key_Space, keys.Key_Down, keys.Key_Up}
        ):
            # The cursor stands on a row that is not chosen yet: that is the one meant, and it is shown before anything is done.
            flags = selection.SelectionFlag
            selection.select(current, flags.ClearAndSelect | flags.Rows)
        elif event.key() in {keys.Key_Return, keys.Key_Enter} and current.isValid():
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def _sort(self, column: int, order: Qt.SortOrder) -> None:
        if column >= 0:
            self._model.sort(column, order)

    def _opened(self, index: QModelIndex) -> None:
        self.opened.emit()

    def _selection_changed(self) -> None:
        if not self._keep_quiet:
            self.chosen.emit()


class _Gap(QSplitterHandle):
    """A handle that is only the gap between two panels."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing is drawn."""


class Splitter(QSplitter):
    """Panels side by side, or one above the other, whose shares the user can change."""

    def __init__(self, orientation: Qt.Orientation, *panels: QWidget, sizes: Sequence[int]) -> None:
        super().__init__(orientation)
        for panel in panels:
            self.addWidget(panel)
        self.setHandleWidth(12)
        self.setChildrenCollapsible(False)
        self.setSizes(list(sizes))
        for number, size in enumerate(sizes):
            self.setStretchFactor(number, size)

    def createHandle(self) -> QSplitterHandle:
        return _Gap(self.orientation(), self)


class TableOrEmpty(QWidget):
    """A table, or what to do while it has no rows."""

    def __init__(self, table: QWidget, empty: QWidget) -> None:
        super().__init__()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(table)
        self._stack.addWidget(empty)

    def show_table(self, has_rows: bool) -> None:
        """Show the table, or the empty state."""
        self._stack.setCurrentIndex(0 if has_rows else 1)


class SearchField(QLineEdit):
    """A field to filter with: Escape empties it."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setClearButtonEnabled(True)
        self.addAction(icon("search", "quiet"), QLineEdit.ActionPosition.LeadingPosition)
        self.setMinimumWidth(220)

    def forget(self) -> None:
        """Be empty, without filtering by that."""
        self.blockSignals(True)
        self.clear()
        self.blockSignals(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class HtmlView(QTextBrowser):
    """Text to read, from HTML that the pages build of escaped values."""

    _html = ""  # of the class, because Qt sends the first events before `__init__` is done

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.document().setIndentWidth(16)
        self.viewport().setAutoFillBackground(False)

    def show_html(self, markup: str) -> None:
        """Show a fragment of HTML in the theme's colours. Values in it must be escaped already."""
        same = markup == self._html
        self._html = markup
        c = colors()
        style = (
            f"body {{ color: {c.text.name()}; }} .title {{ font-size: 18px; font-weight: 600; margin: 0 0 2px 0; }}"
            f" .head {{ font-size: 12px; font-weight: 600; color: {c.quiet.name()}; margin: 16px 0 4px 0; }}"
            f" p {{ margin: 2px 0 4px 0; line-height: 135%; }} .quiet {{ color: {c.quiet.name()}; }}"
            f" .small {{ font-size: 11px; }} .good {{ color: {c.good.name()}; }} .bad {{ color: {c.bad.name()}; }}"
            f" .warning {{ color: {c.warning.name()}; }} a {{ color: {c.accent.name()}; text-decoration: none; }}"
            " td { padding: 2px 14px 2px 0; } ul { margin: 0; } li { margin-bottom: 4px; }"
        )
        self.document().setDefaultStyleSheet(style)
        place = self.verticalScrollBar().value() if same else 0
        self.setHtml(f"<body>{markup}</body>")
        self.verticalScrollBar().setValue(place)

    def forget(self) -> None:
        """Show nothing."""
        self.show_html("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._html:
            self.show_html(self._html)

    def sizeHint(self) -> QSize:
        return QSize(320, 240)


def row_of(
    *items: QWidget | None, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """Widgets side by side; None takes the space that is left."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch()
        else:
            layout.addWidget(item)
    return layout
