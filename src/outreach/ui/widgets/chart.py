"""Answers by body as a bar chart."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCharts import (
    QBarCategoryAxis,
    QBarSet,
    QChart,
    QChartView,
    QHorizontalStackedBarSeries,
    QValueAxis,
)
from PySide6.QtCore import QEvent, QMargins, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen

from outreach.desk.statistics import GroupCount
from outreach.ui.theme import colors, sized


class AnswersChart(QChartView):
    """For each body, party or country, how many of the letters that went out were answered, are awaited in
    time, are overdue, and are none of these; behind its name stands the median of days to the answer.

    Signals: opened(str, str) with the name and the standing of a bar that was clicked.
    """

    opened = Signal(str, str)
    _MOST = 8

    def __init__(self) -> None:
        super().__init__()
        self._counts: tuple[GroupCount, ...] = ()
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setFrameShape(QChartView.Shape.NoFrame)
        self.setMinimumHeight(180)
        self.viewport().setAutoFillBackground(False)

    def show_counts(self, counts: Sequence[GroupCount]) -> None:
        """Draw the bodies written to most, at most eight."""
        self._counts = tuple(counts[: self._MOST])
        self._draw()

    def forget(self) -> None:
        """Draw nothing."""
        self.show_counts(())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_counts"):
            self._draw()

    def _draw(self) -> None:
        c = colors()
        self.setAccessibleName(
            "; ".join(f"{b.name}: {b.answered} of {b.sent} answered" for b in self._counts)
        )
        faint = QColor(c.accent)
        faint.setAlphaF(0.28)
        dull = QColor(c.quiet)
        dull.setAlphaF(0.6)
        series = QHorizontalStackedBarSeries()
        bodies = list(reversed(self._counts))
        for title, standing, color, values in (
            (self.tr("Answered"), "answered", c.accent, [b.answered for b in bodies]),
            (self.tr("Awaited"), "in time", faint, [b.in_time for b in bodies]),
            (self.tr("Overdue"), "overdue", c.bad, [b.overdue for b in bodies]),
            (self.tr("None awaited"), "given up", dull, [b.given_up for b in bodies]),
        ):
            if standing == "given up" and not any(values):
                continue
            bars = QBarSet(title)
            bars.clicked.connect(partial(self._clicked, [b.name for b in bodies], standing))
            bars.append([float(v) for v in values])
            bars.setColor(color)
            bars.setBorderColor(QColor(Qt.GlobalColor.transparent))
            series.append(bars)
        series.setBarWidth(0.5)
        chart = QChart()
        chart.addSeries(series)
        chart.setBackgroundVisible(False)
        chart.setMargins(QMargins(0, 0, 8, 0))
        chart.layout().setContentsMargins(0, 0, 0, 0)
        chart.legend().setAlignment(Qt.AlignmentFlag.AlignBottom)
        chart.legend().setLabelColor(c.quiet)
        chart.legend().setFont(sized(11))
        names = QBarCategoryAxis()
        names.append([_label(b) for b in bodies])
        names.setLabelsColor(c.text)
        names.setLabelsFont(sized(12))
        names.setGridLineVisible(False)
        names.setLineVisible(False)
        numbers = QValueAxis()
        most = max((b.sent for b in bodies), default=1)
        numbers.setRange(0, most)
        numbers.setTickType(QValueAxis.TickType.TicksDynamic)
        numbers.setTickInterval(max(1, -(-most // 6)))
        numbers.setLabelFormat("%d")
        numbers.setLabelsColor(c.quiet)
        numbers.setLabelsFont(sized(11))
        numbers.setGridLinePen(QPen(c.border, 1))
        numbers.setLineVisible(False)
        chart.addAxis(names, Qt.AlignmentFlag.AlignLeft)
        chart.addAxis(numbers, Qt.AlignmentFlag.AlignBottom)
        series.attachAxis(names)
        series.attachAxis(numbers)
        former = self.chart()
        self.setChart(chart)
        if former is not None:
            former.deleteLater()

    def _clicked(self, names: list[str], standing: str, number: int) -> None:
        self.opened.emit(names[number], standing)


def _label(count: GroupCount) -> str:
    name = count.name if len(count.name) <= 30 else f"{count.name[:29].rstrip()}…"
    if count.median_days is None:
        return name
    days = f"{count.median_days:g}"
    return f"{name} ({days} day{'s' if days != '1' else ''})" if count.median_days else f"{name} (same day)"
