"""A PDF in the window that keeps its place while it changes."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QStackedLayout, QWidget

from outreach.ui.theme import colors
from outreach.ui.widgets.labels import Label


class Preview(QWidget):
    """Shows a document set by typst, or a sentence where there is none."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._first = hint
        self._document = QPdfDocument(self)
        self._buffer: QBuffer | None = None
        self._place = 0
        self._view = QPdfView(self)
        self._view.setDocument(self._document)
        self._view.setPageMode(QPdfView.PageMode.MultiPage)
        self._view.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self._view.setFrameShape(QPdfView.Shape.NoFrame)
        self._view.setAccessibleName(self.tr("Preview"))
        self._hint = Label(hint, tone="quiet")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setMargin(24)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(self._view)
        self.setMinimumWidth(240)
        self._later = QTimer(self)  # its own, so that it ends with it
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._restore)

    def show_pdf(self, pdf: bytes) -> None:
        """Show a document, at the place the former one was scrolled to."""
        self._place = self._view.verticalScrollBar().value() if self._stack.currentIndex() == 1 else 0
        former = self._buffer
        self._buffer = QBuffer(self)
        self._buffer.setData(QByteArray(pdf))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._document.load(self._buffer)
        if former is not None:
            former.deleteLater()
        palette = self._view.palette()
        palette.setColor(QPalette.ColorRole.Dark, colors().raised)
        self._view.setPalette(palette)
        self._stack.setCurrentIndex(1)
        self._later.start()

    def show_hint(self, text: str) -> None:
        """Show a sentence instead."""
        self._hint.setText(text)
        self._stack.setCurrentIndex(0)

    def forget(self) -> None:
        """Show the sentence of the beginning and keep nothing of the document."""
        self._document.close()
        self.show_hint(self._first)

    def page_count(self) -> int:
        """Pages shown; 0 while there is only the sentence."""
        return self._document.pageCount() if self._stack.currentIndex() == 1 else 0

    def _restore(self) -> None:
        self._view.verticalScrollBar().setValue(self._place)
