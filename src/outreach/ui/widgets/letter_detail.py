"""One letter whole: its text, the facts it uses, answers and history."""

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from outreach.correspondence.replies import ReplyRow
from outreach.desk.letter_table import LetterDetail
from outreach.domain.notice import Code
from outreach.domain.wording import day_short, moment_short
from outreach.ui.dialogs.forms import Choice
from outreach.ui.widgets.buttons import button
from outreach.ui.widgets.html_view import HtmlView
from outreach.ui.widgets.labels import Label
from outreach.ui.widgets.panels import row_of
from outreach.ui.words import channel_in_words, event_in_words, standing_in_words
from outreach.words import notice_in_words

_TONES = {"overdue": "bad", "due soon": "warning", "answered": "good"}


class LetterDetailView(QWidget):
    """The detail beside the tracking table. edit, remove: what can be done with the answer chosen among a
    letter's.

    Signals: answer_chosen() when another answer is.
    """

    answer_chosen = Signal()

    def __init__(self, edit: QAction, remove: QAction) -> None:
        super().__init__()
        self._reference = ""
        self._replies: tuple[ReplyRow, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.title = Label("", size=16, strong=True)
        self.office = Label("", tone="quiet")
        self.standing = Label("", tone="quiet")
        layout.addWidget(self.title)
        layout.addWidget(self.office)
        layout.addWidget(self.standing)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.letter = HtmlView(self.tr("Letter"))
        self.answers = HtmlView(self.tr("Answers"))
        self.facts = HtmlView(self.tr("Facts used"))
        self.history = HtmlView(self.tr("History"))
        self.which = Choice([])
        self.which.setAccessibleName(self.tr("Which answer"))
        self.which.currentIndexChanged.connect(self.answer_chosen)
        self._answer_line = QWidget()
        line = row_of(self.which, None, button(edit), button(remove), margins=(10, 6, 0, 0))
        self._answer_line.setLayout(line)
        answers = QWidget()
        inside = QVBoxLayout(answers)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._answer_line)
        inside.addWidget(self.answers, 1)
        for view, name in (
            (self.letter, self.tr("Letter")),
            (self.answers, self.tr("Answers")),
            (self.facts, self.tr("Facts")),
            (self.history, self.tr("History")),
        ):
            view.document().setDocumentMargin(10)
            self.tabs.addTab(answers if view is self.answers else view, name)
        layout.addWidget(self.tabs, 1)

    def forget(self) -> None:
        """Count nothing on the tabs; what is in them forgets by itself."""
        self.tabs.setTabText(1, self.tr("Answers"))
        self.tabs.setTabText(2, self.tr("Facts"))

    def show_letter(self, detail: LetterDetail, replies: tuple[ReplyRow, ...]) -> None:
        """Show a letter."""
        row = detail.row
        self._show_replies(row.reference, replies)
        self.title.setText(row.recipient)
        office = ", ".join(x for x in (row.post, row.body) if x and x != row.recipient)
        standing = standing_in_words(row)
        if row.due_on:
            standing += self.tr(", answer due {0}").format(day_short(row.due_on))
        self.office.setText(office)
        self.office.setVisible(bool(office))
        self.standing.setText(f"{row.reference} · {standing}")
        self.standing.set_tone(_TONES.get(row.phase.value, "quiet"))
        self.letter.show_html(_letter(detail))
        self.answers.show_html(_answers(replies))
        self.facts.show_html(_facts(detail))
        self.history.show_html(_history(detail))
        self.tabs.setTabText(1, f"Answers ({len(replies)})" if replies else "Answers")
        self.tabs.setTabText(2, f"Facts ({len(detail.facts)})" if detail.facts else "Facts")

    def reply(self) -> ReplyRow | None:
        """The answer chosen, None if the letter has none."""
        return next((r for r in self._replies if str(r.key) == self.which.value()), None)

    def _show_replies(self, reference: str, replies: tuple[ReplyRow, ...]) -> None:
        chosen = self.which.value() if reference == self._reference else ""
        self._reference, self._replies = reference, replies
        names = [
            (str(r.key), f"{(r.kind or 'not classed').capitalize()} · {day_short(r.received_on)}")
            for r in replies
        ]
        self.which.set_options(names, chosen)
        self.which.setVisible(len(replies) > 1)
        self._answer_line.setVisible(bool(replies))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(p).replace(chr(10), '<br>')}</p>" for p in text.split("\n\n") if p.strip())


def _letter(detail: LetterDetail) -> str:
    if not detail.body:
        sender = f" by {escape(detail.row.sender)}" if detail.row.sender else ""
        return (
            f"<p><b>{escape(detail.row.subject)}</b></p>{_paragraphs(detail.summary)}"
            f"<p class='quiet'>Written{sender}, as a source reports. The text itself is not on file.</p>"
        )
    address = "<br>".join(escape(line) for line in detail.address_lines)
    sender = "<br>".join(escape(line) for line in detail.sender_lines[:2])
    return (
        "<p "
        f"class='quiet'>{address}</p><p><b>{escape(detail.row.subject)}</b></p><p>{escape(detail.salutation)}</p>"
        f"{_markdown(detail.body)}<p>{escape(detail.close)}</p><p>{sender}</p>"
    )


def _markdown(text: str) -> str:
    """The body's words; lists and headings keep their form, everything else stays as it is typed."""
    out: list[str] = []
    for part in text.split("\n\n"):
        lines = [line for line in part.splitlines() if line.strip()]
        if lines and all(line.lstrip().startswith(("- ", "* ")) or line.startswith("  ") for line in lines):
            out.append("<ul>")
            for line in lines:
                words = escape(line.strip().removeprefix("- ").removeprefix("* "))
                out.append(f"<li>{words}</li>" if line.lstrip().startswith(("- ", "* ")) else f" {words}")
            out.append("</ul>")
        elif lines and lines[0].startswith("#"):
            out.append(f"<p class='head'>{escape(lines[0].lstrip('# '))}</p>")
            out.append(_paragraphs("\n".join(lines[1:])))
        else:
            out.append(f"<p>{escape(' '.join(lines))}</p>")
    return "".join(out).replace("\\", "")


def _answers(replies: tuple[ReplyRow, ...]) -> str:
    if not replies:
        return "<p class='quiet'>No answer yet.</p>"
    parts = []
    for reply in replies:
        sender = escape(reply.from_name or reply.from_address)
        by = f", by {escape(channel_in_words(reply.channel))}" if reply.channel else ""
        kept = "<p class='quiet small'>The message is kept whole.</p>" if reply.has_message else ""
        parts.append(
            f"<p class='head'>{escape(reply.kind.capitalize())} · {day_short(reply.received_on)}{by}</p>"
            f"<p><b>{sender}</b></p>{_paragraphs(reply.text)}{kept}"
        )
    return "".join(parts)


def _facts(detail: LetterDetail) -> str:
    if not detail.facts:
        return "<p class='quiet'>This letter uses no facts of the case.</p>"
    rows = "".join(
        f"<tr><td class='quiet'>{escape(label)}</td><td>{escape(value)}"
        + ("" if status == "verified" else f" <span class='warning'>({escape(status)})</span>")
        + "</td></tr>"
        for _, label, value, status in detail.facts
    )
    frozen = (
        f"<p class='quiet small'>Frozen when approved by {escape(detail.approved_by) or 'the campaign'}. "
        f"SHA-256 {detail.text_sha256[:16]}…</p>"
        if detail.text_sha256
        else ""
    )
    return f"<table>{rows}</table>{frozen}"


def _history(detail: LetterDetail) -> str:
    parts = []
    for event in detail.events:
        by = f" by {escape(event.by)}" if event.by else ""
        is_hash = event.detail is not None and event.detail.code is Code.TEXT_HASH
        text = "" if is_hash else notice_in_words(event.detail)
        parts.append(
            f"<p><b>{event_in_words(event.kind)}</b>{by}<br>"
            f"<span class='quiet small'>{moment_short(event.at)}</span>"
            + (f"<br>{escape(text)}" if text else "")
            + "</p>"
        )
    return "".join(parts) or "<p class='quiet'>Nothing has happened yet.</p>"
