"""Today: what somebody must do, the most urgent first, each a step away."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from outreach.correspondence.promises import FollowUpRow
from outreach.correspondence.triage import InboxRow
from outreach.desk.letter_row import TrackerRow
from outreach.desk.today import Agenda, Waiting
from outreach.domain.wording import counted, date_in_words, day_short, locale_for
from outreach.store.changes import Changes
from outreach.ui.dialogs.files import FileDialog
from outreach.ui.dialogs.forms import ask_for_file
from outreach.ui.operations import agenda, answers, drafts
from outreach.ui.pages.base import Page
from outreach.ui.widgets.buttons import button, make_action
from outreach.ui.widgets.empty_state import EmptyState, TableOrEmpty
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.openable import Heading, TaskRow
from outreach.ui.widgets.panels import Panel, clear_column, row_of, scrolling
from outreach.ui.words import standing_in_words
from outreach.ui.workspace import What, Workspace

_MOST = 6


class TodayPage(Page):
    """One list, made of the same agenda as the notification.

    The heading of each part opens all that it counts.
    """

    title = "Today"
    kinds = frozenset({"letters", "inbox", "cases", "directory"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._agenda: Agenda | None = None
        self.remind = make_action(
            self, self.tr("Draft follow-ups"), "reply", self._remind, shortcut="Ctrl+Shift+F",
            tip=self.tr("A reminder to everybody whose answer is overdue and who has had none yet"),
            enabled=False,
        )  # fmt: skip
        self.calendar = make_action(
            self,
            self.tr("Calendar file…"),
            "download",
            self._calendar,
            tip=self.tr("Days on which answers and promises are due, for your calendar"),
        )
        self.compose = make_action(self, self.tr("Write letters"), "pen-line", self._compose)
        self.day = Label("", tone="quiet", wrap=False)
        self.layout_.addLayout(
            row_of(self.heading, None, button(self.calendar), button(self.remind, primary=True))
        )
        self.layout_.addWidget(self.day)
        inside = QWidget()
        self._sections = QVBoxLayout(inside)
        self._sections.setContentsMargins(0, 0, 8, 0)
        self._sections.setSpacing(12)
        self._stack = TableOrEmpty(
            scrolling(inside),
            EmptyState(
                "check",
                self.tr("Nothing is to be done today"),
                self.tr(
                    "Answers to read, letters without an answer and promises appear here when their day "
                    "comes."
                ),
                self.compose,
            ),
        )
        self.layout_.addWidget(self._stack, 1)

    def refresh(self) -> None:
        campaign = self.workspace.campaign
        if campaign is not None:
            self.read(agenda.today(campaign), self._show)

    def reset(self) -> None:
        self._agenda = None
        clear_column(self._sections)
        super().reset()
        self.remind.setEnabled(False)
        self.remind.setText(self.tr("Draft follow-ups"))

    def main_widgets(self) -> Sequence[QWidget]:
        return (*self._openable(), *self._stack.findChildren(QPushButton))

    def _openable(self) -> list[QWidget]:
        return [w for w in self.findChildren(QWidget) if isinstance(w, Heading | TaskRow)]

    def _show(self, found: Agenda) -> None:
        self._agenda = found
        campaign = self.workspace.campaign
        if campaign is None:
            return
        day = date_in_words(found.on, locale_for("en"))
        self.day.setText(self.tr("Records stand at {0}").format(day) if campaign.as_of else day)
        self.remind.setEnabled(bool(found.to_remind))
        self.remind.setText(
            self.tr("Draft {0}").format(counted(found.to_remind, "follow-up", "follow-ups"))
            if found.to_remind
            else self.tr("Draft follow-ups")
        )
        focused = self.window().focusWidget()
        names = [w.accessibleName() for w in self._openable()]
        at = names.index(focused.accessibleName()) if focused in self._openable() else -1
        clear_column(self._sections)
        self._section(
            self.tr("Answers to read"),
            [self._message(m) for m in found.to_read.first],
            "inbox",
            {"view": "open"},
            found.to_read.count,
        )
        self._section(
            self.tr("Nobody knows whether these went out"),
            self._letters(found.uncertain),
            "letters",
            {"status": "uncertain"},
            found.uncertain.count,
        )
        self._section(
            self.tr("Came back, or refused"),
            self._letters(found.returned),
            "letters",
            {"status": "returned"},
            found.returned.count,
        )
        self._section(
            self.tr("Answers overdue"),
            self._letters(found.overdue),
            "letters",
            {"status": "overdue"},
            found.overdue.count,
        )
        self._section(self.tr("Promised to us, or by us"), [self._promise(p) for p in found.promises], "", {})
        self._section(
            self.tr("Answers due within days"),
            self._letters(found.due_soon),
            "letters",
            {"status": "due soon"},
            found.due_soon.count,
        )
        self._section(
            self.tr("Ready to send"),
            self._letters(found.to_send),
            "letters",
            {"status": "ready"},
            found.to_send.count,
        )
        self._section(
            self.tr("Drafts to approve"),
            self._letters(found.drafts),
            "letters",
            {"status": "draft"},
            found.drafts.count,
        )
        self._stack.show_table(self._sections.count() > 0)
        self._sections.addStretch()
        if at >= 0:
            self._focus_again(names[at], at)

    def _focus_again(self, name: str, at: int) -> None:
        """Where the keyboard was before the list was made anew: at the same thing, else at what took its
        place."""
        rows = self._openable()
        same = [w for w in rows if w.accessibleName() == name]
        (same[0] if same else rows[min(at, len(rows) - 1)] if rows else self).setFocus()

    def _section(
        self, title: str, rows: list[QWidget], page: str, place: What, count: int | None = None
    ) -> None:
        """Args: rows: those that are shown. page, place: where all of them are; without a page they all stand
        here. count: how many there are.
        """
        if not rows:
            return
        total = len(rows) if count is None else count
        panel = Panel(margins=14, spacing=2)
        if page:
            heading = Heading(title, total)
            heading.opened.connect(partial(self.workspace.go, page, **place))
            panel.body.addWidget(heading)
        else:
            panel.body.addLayout(
                row_of(
                    Label(title, size=14, strong=True, wrap=False),
                    Label(str(total), tone="quiet", wrap=False),
                    None,
                    margins=(8, 2, 8, 2),
                )
            )
        for row in rows:
            panel.body.addWidget(row)
        if total > len(rows):
            more = TaskRow(self.tr("All {0}").format(f"{total:,}"), "", "", tone="accent")
            more.opened.connect(partial(self.workspace.go, page, **place))
            panel.body.addWidget(more)
        self._sections.addWidget(panel)
        # A layout shows what it is given a little later; the keyboard may be put there now.
        panel.show()

    def _letters(self, waiting: Waiting) -> list[QWidget]:
        return [self._letter(r) for r in waiting.first[:_MOST]]

    def _letter(self, r: TrackerRow) -> QWidget:
        about = r.body if r.body != r.recipient else r.post
        right = self.tr("due {0}").format(day_short(r.due_on)) if r.due_on else standing_in_words(r)
        row = TaskRow(
            r.recipient,
            " · ".join(x for x in (about, r.reference) if x),
            right,
            tone="bad" if r.due_on and r.due_on < self._today() else "quiet",
        )
        row.opened.connect(partial(self.workspace.go, "letters", references=[r.reference]))
        return row

    def _message(self, m: InboxRow) -> QWidget:
        what = self.tr("to class") if m.reply_key else self.tr("to assign")
        row = TaskRow(
            m.from_name or m.from_address,
            m.subject,
            " · ".join(x for x in (m.reference, what) if x),
            tone="accent",
        )
        row.opened.connect(partial(self.workspace.go, "inbox", view="open", key=m.key))
        return row

    def _promise(self, p: FollowUpRow) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        tick = QCheckBox()
        tick.setAccessibleName(self.tr("Done: {0}").format(p.what))
        tick.toggled.connect(partial(self._tick, p.key))
        row = TaskRow(
            p.what,
            f"{p.who} · {p.reference}",
            self.tr("by {0}").format(day_short(p.due_on)),
            tone="bad" if p.due_on < self._today() else "quiet",
        )
        row.opened.connect(partial(self.workspace.go, "letters", references=[p.reference]))
        line.addWidget(tick)
        line.addWidget(row, 1)
        return holder

    def _today(self) -> date:
        assert self._agenda is not None
        return self._agenda.on

    def _tick(self, key: int, done: bool) -> None:
        answers.tick_promise(key, done).run(self.workspace, self)

    def _remind(self) -> None:
        if self._agenda is None:
            return
        campaign = self.workspace.campaign
        if campaign is None:
            return
        operation = drafts.remind_overdue(self.workspace.sandbox, campaign, self._agenda.on)
        operation.run(self.workspace, self, self._reminded)

    def _reminded(self, changes: Changes) -> None:
        self.workspace.go("letters", references=list(changes.refs))

    def _calendar(self) -> None:
        dialog = FileDialog(self, self.tr("Calendar file"), "outreach.ics", self.tr("Calendars (*.ics)"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("ics")
        ask_for_file(dialog, self.write_calendar)

    def write_calendar(self, path: str) -> None:
        """Write the campaign's days as a calendar file."""
        campaign = self.workspace.campaign
        if campaign is not None:
            agenda.write_calendar(campaign, Path(path)).run(self.workspace, self)

    def _compose(self) -> None:
        self.workspace.go("compose")
