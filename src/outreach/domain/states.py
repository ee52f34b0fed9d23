"""The words in which the state of things is kept: of letters, answers, attempts
to send, messages, things to do.
"""

from enum import StrEnum


class LetterStatus(StrEnum):
    """Stored state of a letter. *Awaiting* and *overdue* are not among them: see `Phase`."""

    DRAFT = "draft"
    APPROVED = "approved"
    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    CLOSED = "closed"
    BOUNCED = "bounced"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class ReplyKind(StrEnum):
    """What an answer amounts to."""

    ACKNOWLEDGEMENT = "acknowledgement"
    SUBSTANTIVE = "substantive"
    HOLDING = "holding"
    REFERRED = "referred"
    REFUSED = "refused"
    AGREED = "agreed"
    THANKS = "thanks"


class Channel(StrEnum):
    """How a letter travels."""

    EMAIL = "email"
    POST = "post"
    WEB_FORM = "web_form"
    IN_PERSON = "in_person"


class Origin(StrEnum):
    """Whose a letter is: written here, or correspondence of others that a source reports."""

    OWN = "own"
    REPORTED = "reported"


class DispatchOutcome(StrEnum):
    """What became of an attempt to send.

    STARTED: begun, and nothing more is known. SETTLED: a user said that it did not go out.
    TAKEN_BACK: a user had said that it went out, and took that back.
    """

    STARTED = "started"
    SENT = "sent"
    FAILED = "failed"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    SETTLED = "settled"
    TAKEN_BACK = "taken_back"


NOT_HANDED_OVER = frozenset({DispatchOutcome.FAILED, DispatchOutcome.DEFERRED, DispatchOutcome.TAKEN_BACK})
"""Outcomes of attempts to send after which nobody has the letter."""


class MessageState(StrEnum):
    """Where a message that came in stands. TRIAGE: nobody knows which letter it belongs to."""

    TRIAGE = "triage"
    FILED = "filed"
    SET_ASIDE = "set_aside"


class FollowUpReason(StrEnum):
    """Why there is something to do."""

    PROMISE = "promise"
    SILENCE = "silence"


class Phase(StrEnum):
    """Where a sent letter stands today; computed, never stored."""

    NOT_SENT = "not sent"
    AWAITING = "awaiting"
    DUE_SOON = "due soon"
    OVERDUE = "overdue"
    LONG_OVERDUE = "long overdue"
    TO_READ = "answer to read"
    ANSWERED = "answered"
    ENDED = "ended"


OVERDUE_PHASES = frozenset({Phase.OVERDUE, Phase.LONG_OVERDUE})
AWAITING_PHASES = OVERDUE_PHASES | {Phase.AWAITING, Phase.DUE_SOON}
"""Phases in which the body still owes an answer."""

SENT_STATES = frozenset(
    {
        LetterStatus.SENT,
        LetterStatus.ACKNOWLEDGED,
        LetterStatus.ANSWERED,
        LetterStatus.CLOSED,
        LetterStatus.BOUNCED,
    }
)
"""States of letters that went out."""

ENDED_STATES = frozenset({LetterStatus.BOUNCED, LetterStatus.CLOSED, LetterStatus.WITHDRAWN})
"""States of letters of which nothing more is awaited, whatever came of them."""
