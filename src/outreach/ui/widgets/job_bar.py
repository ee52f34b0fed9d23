"""What runs, at the right of the status bar: its name, how far it is, and a button that stops it."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from outreach.ui.jobs import Jobs


class JobBar(QWidget):
    """Shows the first of the jobs with a title.

    The button stops all of them; pressed again it does nothing more.
    """

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self.name = QLabel()
        self.progress = QProgressBar()
        self.progress.setFixedWidth(160)
        self.progress.setTextVisible(False)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.name, self.progress, self.cancel):
            layout.addWidget(widget)
        jobs.shown.connect(self._show)
        self.hide()

    def _show(self) -> None:
        jobs = self._jobs.titled
        self.setVisible(bool(jobs))
        if jobs:
            job = jobs[0]
            self.name.setText(job.title)
            self.progress.setRange(0, job.total)
            self.progress.setValue(job.done)
            self.cancel.setEnabled(not job.is_cancelled)

    def _cancel(self) -> None:
        for job in self._jobs.titled:
            job.cancel()
        self._show()
