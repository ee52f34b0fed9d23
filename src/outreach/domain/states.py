"""The life of a letter: its states, the steps between them, and what is computed from the calendar."""

from enum import StrEnum

from outreach.errors import NotAllowedError


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

S = LetterStatus
TRANSITIONS: dict[LetterStatus, frozenset[LetterStatus]] = {
    S.DRAFT: frozenset({S.APPROVED, S.WITHDRAWN}),
    S.APPROVED: frozenset({S.QUEUED, S.SENT, S.WITHDRAWN}),
    S.QUEUED: frozenset({S.SENT, S.FAILED, S.APPROVED, S.WITHDRAWN}),
    S.SENT: frozenset({S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED, S.CLOSED}),
    S.ACKNOWLEDGED: frozenset({S.ANSWERED, S.CLOSED}),
    S.ANSWERED: frozenset({S.CLOSED}),
    S.BOUNCED: frozenset({S.APPROVED, S.QUEUED, S.SENT, S.CLOSED, S.WITHDRAWN}),
    S.FAILED: frozenset({S.APPROVED, S.QUEUED, S.SENT, S.WITHDRAWN}),
    S.CLOSED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
REOPENABLE = frozenset({S.APPROVED, S.FAILED})
"""States from which a letter can become a draft again, as long as no server and nobody else has it. It is no step of a
letter's life but the way back from one."""
SENT_STATES = frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.CLOSED, S.BOUNCED})

_HINTS = {
    S.DRAFT: "Approve it first.",
    S.APPROVED: "Its text is frozen; put it back to draft to change it.",
    S.WITHDRAWN: "It was withdrawn; draft a new one.",
    S.CLOSED: "It is closed.",
    S.SENT: "It has been sent already.",
    S.ANSWERED: "It has been answered already.",
}


def check_transition(reference: str, current: LetterStatus, wanted: LetterStatus) -> None:
    """Refuse a step that a letter's life does not have.

    Raises: NotAllowedError naming the letter, its state and what to do instead.
    """
    if wanted not in TRANSITIONS[current]:
        hint = _HINTS.get(current, "")
        raise NotAllowedError(f"{reference} is {current} and cannot become {wanted}. {hint}".strip())


def status_after_reply(current: LetterStatus, kind: ReplyKind) -> LetterStatus:
    """State of a letter once an answer of this kind is on file; it never goes backwards.

    An acknowledgement, a holding reply or bare thanks tells that the letter arrived; the answer is still to come.
    """
    if current in {S.CLOSED, S.ANSWERED}:
        return current
    if kind in {ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HOLDING, ReplyKind.THANKS}:
        return S.ACKNOWLEDGED
    return S.ANSWERED
