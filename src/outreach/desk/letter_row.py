"""One letter as the table shows it."""

from dataclasses import dataclass
from datetime import date

from outreach.domain.letter_life import LetterSituation, Step
from outreach.domain.states import LetterStatus, Origin, Phase


@dataclass(frozen=True)
class TrackerRow:
    """One letter in the table. due_on: when an answer is due, None if not sent or no longer awaited.

    days_taken: calendar days from sending to the answer. standard: the reply standard and its source.
    sender: who wrote it, "" for the campaign itself. is_uncertain: it was cut off while being sent by e-mail.
    was_handed_over: somebody outside has or may have it. party, country: of the recipient when it was
    written. has_unread: an answer waits to be classed. last_step, status_before, was_marked_sent: as
    `LetterSituation` has them.
    urgency: what standings sort by, the most urgent first.
    """

    reference: str
    recipient: str
    post: str
    body: str
    jurisdiction: str
    audience: str
    template: str
    language: str
    subject: str
    sender: str
    origin: Origin
    status: LetterStatus
    phase: Phase
    channel: str
    written_on: date | None
    sent_on: date | None
    due_on: date | None
    answered_on: date | None
    days_taken: int | None
    answer: str
    standard: str
    is_uncertain: bool = False
    party: str = ""
    country: str = ""
    has_unread: bool = False
    was_handed_over: bool = False
    last_step: Step | None = None
    status_before: LetterStatus | None = None
    was_marked_sent: bool = False
    urgency: int = 0

    @property
    def situation(self) -> LetterSituation:
        """What the letter's next steps depend on."""
        return LetterSituation(
            self.status,
            self.origin,
            is_uncertain=self.is_uncertain,
            was_handed_over=self.was_handed_over,
            last=self.last_step,
            before=self.status_before,
            was_marked_sent=self.was_marked_sent,
        )
