"""The life of a letter: every step there is, from where each is allowed, what follows, and why not.

Pure: no I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from outreach.domain.answers import status_of_answers
from outreach.domain.states import SENT_STATES, LetterStatus, Origin, ReplyKind


class Step(StrEnum):
    """What can happen to a letter. A value is how its history keeps the step, if `told_as` names no other."""

    DRAFTED = "drafted"
    REPORTED = "reported"
    EDITED = "edited"
    ENCLOSED = "enclosed"
    TAKEN_OUT = "taken_out"
    DELETED = "deleted"
    RESTORED = "restored"
    APPROVED = "approved"
    REOPENED = "reopened"
    QUEUED = "queued"
    TAKEN_BACK = "taken_back"
    SENT = "sent"
    HANDED_OVER = "handed_over"
    DEFERRED = "deferred"
    FAILED = "failed"
    SETTLED_SENT = "settled_sent"
    SETTLED_NOT_SENT = "settled_not_sent"
    REPLY_RECEIVED = "reply_received"
    REPLY_FILED = "reply_filed"
    REPLY_CLASSED = "reply_classed"
    REPLY_EDITED = "reply_edited"
    REPLY_REMOVED = "reply_removed"
    REPLY_RESTORED = "reply_restored"
    REPLY_MOVED = "reply_moved"
    BOUNCED = "bounced"
    BOUNCE_MOVED = "bounce_moved"
    REPEATED_BOUNCE_MOVED = "repeated_bounce_moved"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    REPORT_MOVED = "report_moved"
    FOLLOWED_UP = "followed_up"
    REFERRAL_DRAFTED = "referral_drafted"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    SENT_UNDONE = "sent_undone"
    CLOSE_UNDONE = "close_undone"
    WITHDRAWAL_UNDONE = "withdrawal_undone"
    QUEUEING_UNDONE = "queueing_undone"
    TAKING_OUT_UNDONE = "taking_out_undone"


BIRTHS = {Step.DRAFTED: LetterStatus.DRAFT, Step.REPORTED: LetterStatus.SENT}
"""Steps that a letter begins with, and its status then."""

_TOLD_AS = {
    Step.HANDED_OVER: Step.SENT,
    Step.SETTLED_SENT: Step.SENT,
    Step.SETTLED_NOT_SENT: Step.QUEUED,
    Step.REPLY_FILED: Step.REPLY_RECEIVED,
    Step.REPEATED_BOUNCE_MOVED: Step.BOUNCE_MOVED,
}


def told_as(step: Step) -> Step:
    """The step as a letter's history names it: one kind may come about in more than one way."""
    return _TOLD_AS.get(step, step)


@dataclass(frozen=True)
class LetterSituation:
    """All of a letter that its life depends on.

    is_uncertain: it was cut off while being sent, and nobody knows whether it went. was_handed_over: somebody
    outside has or may have it. answers: kinds of the classed answers on file, the oldest first. last: the
    step that would be taken back next (`letter_history.last_step`), before: the status before it.
    was_marked_sent: that it went out is a record made by hand, and no server has taken it since.
    """

    status: LetterStatus
    origin: Origin = Origin.OWN
    is_uncertain: bool = False
    was_handed_over: bool = False
    is_deleted: bool = False
    answers: tuple[ReplyKind, ...] = ()
    last: Step | None = None
    before: LetterStatus | None = None
    was_marked_sent: bool = False


S = LetterStatus
_EVERY = frozenset(LetterStatus)
_UNSENT = frozenset({S.APPROVED, S.QUEUED, S.FAILED})
_TO_SEND = _UNSENT | {S.BOUNCED}
_NOT_DRAFT = _EVERY - {S.DRAFT}


@dataclass(frozen=True)
class _Rule:
    """From which status a step is allowed, and to which it leads.

    why: words for a refusal because of the status.

    to: status after it, for every status or for some; a status that is not named stays. needs_own: not for
    correspondence of others. why_others: words for that refusal. needs_certain: not while it is uncertain
    whether it went out. follows_answers: the status is what the answers on file make it. undoes: the step
    that it takes back, which must be the last that stands; the status is again what it was before that one,
    if `to` does not say otherwise.
    """

    allowed: frozenset[LetterStatus]
    why: str
    to: LetterStatus | Mapping[LetterStatus, LetterStatus] = field(default_factory=dict)
    needs_own: bool = False
    why_others: str = "is correspondence of others that a source reports; it cannot be changed."
    needs_certain: bool = False
    follows_answers: bool = False
    undoes: Step | None = None

    def after(self, status: LetterStatus) -> LetterStatus:
        return self.to if isinstance(self.to, LetterStatus) else self.to.get(status, status)


_DRAFT = frozenset({S.DRAFT})
_FROZEN = "is {status}, and what goes with it is frozen."
_NOT_OUT = "is {status}. Settle or mark it sent before a message is filed with it."
_ANSWERS = _Rule(_NOT_DRAFT, "is {status} and has no answers.", follows_answers=True)
_NOTED = _Rule(SENT_STATES, _NOT_OUT)
_FOLLOW = "is {status}; only letters sent can be followed up."
_OTHERS = "was written by others. Write to its addressee as the campaign with: Write letters."

_RULES: dict[Step, _Rule] = {
    Step.DRAFTED: _Rule(frozenset(), "is on file already."),
    Step.REPORTED: _Rule(frozenset(), "is on file already."),
    Step.EDITED: _Rule(
        _DRAFT,
        "is {status} and its text is frozen. Put it back to draft first, or write another.",
        needs_own=True,
    ),
    Step.ENCLOSED: _Rule(_DRAFT, _FROZEN, needs_own=True),
    Step.TAKEN_OUT: _Rule(_DRAFT, _FROZEN, needs_own=True),
    Step.DELETED: _Rule(
        _DRAFT, "is {status}; only drafts can be deleted. Withdraw it instead.", needs_own=True
    ),
    Step.RESTORED: _Rule(_EVERY, "is {status}."),
    Step.APPROVED: _Rule(
        _DRAFT, "is {status} and cannot become approved. {hint}", to=S.APPROVED, needs_own=True
    ),
    Step.REOPENED: _Rule(
        frozenset({S.APPROVED, S.FAILED}),
        "is {status} and cannot become a draft again. {hint}",
        to=S.DRAFT,
        needs_own=True,
        needs_certain=True,
    ),
    Step.QUEUED: _Rule(
        _TO_SEND,
        "is {status}; only approved letters are sent. {hint}",
        to=S.QUEUED,
        needs_own=True,
        why_others=(
            "is correspondence of others that a source reports; only approved letters of the "
            "campaign are sent."
        ),
        needs_certain=True,
    ),
    Step.TAKEN_BACK: _Rule(
        frozenset({S.QUEUED}),
        "is {status}, not in the outbox.",
        to=S.APPROVED,
        needs_own=True,
        needs_certain=True,
    ),
    Step.SENT: _Rule(
        _TO_SEND,
        "is {status} and cannot become sent. {hint}",
        to=S.SENT,
        needs_own=True,
        needs_certain=True,
    ),
    # What a server says it has done is a fact, whatever was decided about the letter meanwhile.
    Step.HANDED_OVER: _Rule(
        _EVERY, "is {status}.", to=dict.fromkeys((*_UNSENT, S.DRAFT, S.WITHDRAWN), S.SENT), needs_own=True
    ),
    Step.DEFERRED: _Rule(_EVERY, "is {status}.", needs_own=True),
    Step.FAILED: _Rule(frozenset({S.QUEUED}), "is {status}, not in the outbox.", to=S.FAILED, needs_own=True),
    Step.SETTLED_SENT: _Rule(_EVERY, "is {status}.", to=S.SENT),
    Step.SETTLED_NOT_SENT: _Rule(_EVERY, "is {status}.", to=S.QUEUED),
    Step.REPLY_RECEIVED: _Rule(
        SENT_STATES - {S.BOUNCED},
        "is {status}. Mark it sent before recording an answer.",
        follows_answers=True,
    ),
    Step.REPLY_FILED: _NOTED,
    Step.REPLY_CLASSED: _ANSWERS,
    Step.REPLY_EDITED: _ANSWERS,
    Step.REPLY_REMOVED: _ANSWERS,
    Step.REPLY_RESTORED: _ANSWERS,
    Step.REPLY_MOVED: _ANSWERS,
    # An answer on file says that somebody has it all the same.
    Step.BOUNCED: _Rule(SENT_STATES, _NOT_OUT, to={S.SENT: S.BOUNCED}),
    Step.BOUNCE_MOVED: _Rule(_NOT_DRAFT, "is {status} and did not come back.", to={S.BOUNCED: S.SENT}),
    # Another report still says that it came back.
    Step.REPEATED_BOUNCE_MOVED: _Rule(_NOT_DRAFT, "is {status} and did not come back."),
    Step.DELAYED: _NOTED,
    Step.DELIVERED: _NOTED,
    Step.AUTO_REPLY: _NOTED,
    Step.REPORT_MOVED: _Rule(_NOT_DRAFT, _NOT_OUT),
    Step.FOLLOWED_UP: _Rule(
        frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED}), _FOLLOW, needs_own=True, why_others=_OTHERS
    ),
    Step.REFERRAL_DRAFTED: _Rule(SENT_STATES - {S.BOUNCED}, _FOLLOW, needs_own=True, why_others=_OTHERS),
    Step.WITHDRAWN: _Rule(
        _TO_SEND | {S.DRAFT},
        "is {status} and cannot become withdrawn. {hint}",
        to=S.WITHDRAWN,
        needs_own=True,
        needs_certain=True,
    ),
    Step.CLOSED: _Rule(
        frozenset({S.SENT, S.ACKNOWLEDGED, S.ANSWERED, S.BOUNCED}),
        "is {status} and cannot become closed. {hint}",
        to=S.CLOSED,
    ),
    Step.SENT_UNDONE: _Rule(
        frozenset({S.SENT}),
        "is {status}. Only that a letter was marked sent, with nothing on file since, can be taken back.",
        needs_own=True,
        needs_certain=True,
        undoes=Step.SENT,
    ),
    Step.CLOSE_UNDONE: _Rule(
        frozenset({S.CLOSED}), "is {status}, not closed.", follows_answers=True, undoes=Step.CLOSED
    ),
    Step.WITHDRAWAL_UNDONE: _Rule(
        frozenset({S.WITHDRAWN}),
        "is {status}, not withdrawn.",
        needs_own=True,
        needs_certain=True,
        undoes=Step.WITHDRAWN,
    ),
    Step.QUEUEING_UNDONE: _Rule(
        frozenset({S.QUEUED}),
        "is {status}, not in the outbox.",
        needs_own=True,
        needs_certain=True,
        undoes=Step.QUEUED,
    ),
    Step.TAKING_OUT_UNDONE: _Rule(
        frozenset({S.APPROVED}),
        "is {status}; only a letter that was taken out of the outbox goes back into it.",
        to=S.QUEUED,
        needs_own=True,
        needs_certain=True,
        undoes=Step.TAKEN_BACK,
    ),
}

_IS_A_DRAFT = "is a draft with nothing to take back. Change its text, or delete it."
_FOLLOWED = "was followed up. Delete the draft that follows it first."
_HAS_A_REPORT = (
    "has a report on its delivery on file. Put that message back to the tray first, if it is "
    "another letter's."
)
NO_WAY_BACK: dict[Step | None, str] = {
    None: "has no step on file that could be taken back.",
    Step.DRAFTED: _IS_A_DRAFT,
    Step.EDITED: _IS_A_DRAFT,
    Step.ENCLOSED: _IS_A_DRAFT,
    Step.TAKEN_OUT: _IS_A_DRAFT,
    Step.REPORTED: "is correspondence of others that a source reports; it cannot be changed.",
    Step.DEFERRED: (
        "was put off by a server, which cannot be taken back. Take it out of the outbox, or send it again."
    ),
    Step.FAILED: (
        "was refused by a server, which cannot be taken back. Send it again, put it back to draft, "
        "or withdraw it."
    ),
    Step.BOUNCED: (
        "came back, which cannot be taken back. If the report is another letter’s, put it back to the tray."
    ),
    Step.DELAYED: _HAS_A_REPORT,
    Step.DELIVERED: _HAS_A_REPORT,
    Step.AUTO_REPLY: _HAS_A_REPORT,
    Step.FOLLOWED_UP: _FOLLOWED,
    Step.REFERRAL_DRAFTED: _FOLLOWED,
    # Which of several it is, no number tells: it may have been given another.
    Step.REPLY_RESTORED: "has an answer that was put back. Remove that with: outreach replies remove",
    Step.REPLY_CLASSED: "has an answer that was classed. Class that anew: outreach replies class",
    Step.REPLY_EDITED: "has an answer that was changed. Change that again: outreach replies edit",
}
"""Why the last step that stands cannot be taken back, and what to do instead."""
GONE_ON = "has gone on since. Take back the later steps first: outreach letters undo"

_HINTS = {
    S.DRAFT: "Approve it first.",
    S.APPROVED: "Its text is frozen; put it back to draft to change it.",
    S.WITHDRAWN: "It was withdrawn; draft a new one.",
    S.CLOSED: "It is closed.",
    S.SENT: "It has been sent already.",
    S.ANSWERED: "It has been answered already.",
}
_HINTS_OF_REOPENING = {
    S.DRAFT: "It is one already.",
    S.QUEUED: "Take it out of the outbox first.",
    S.WITHDRAWN: "It was withdrawn; draft a new one.",
    S.CLOSED: "It is closed; draft a new one.",
}
_LEFT = "It has left the office; write another letter."


def _hint(step: Step, status: LetterStatus) -> str:
    if step is Step.REOPENED:
        return _HINTS_OF_REOPENING.get(status, _LEFT)
    return _HINTS.get(status, "")


def refusal(situation: LetterSituation, step: Step, *, reference: str = "This letter") -> str:
    """Why a letter cannot take a step, "" if it can. Args: reference: what the sentence calls the letter."""
    rule = _RULES[step]
    if situation.is_deleted != (step is Step.RESTORED):
        return f"{reference} is deleted." if situation.is_deleted else f"{reference} is not deleted."
    if rule.needs_own and situation.origin is not Origin.OWN:
        return f"{reference} {rule.why_others}"
    if rule.needs_certain and situation.is_uncertain:
        return (
            f"Whether {reference} went out is not certain. Settle that first: outreach mail settle "
            f"{reference}"
        )
    if step in {Step.SETTLED_SENT, Step.SETTLED_NOT_SENT} and not situation.is_uncertain:
        return f"There is nothing uncertain about {reference}: it is {situation.status}."
    if situation.status not in rule.allowed:
        words = rule.why.format(status=situation.status, hint=_hint(step, situation.status))
        return f"{reference} {words}".strip()
    if rule.undoes is not None and situation.last is not rule.undoes:
        return f"{reference} {NO_WAY_BACK.get(situation.last, GONE_ON)}"
    if step is Step.SENT_UNDONE and not situation.was_marked_sent:
        return (
            f"{reference} was handed over to a mail server, and that cannot be taken back. Write again "
            "instead."
        )
    if step is Step.REOPENED and situation.was_handed_over:
        return (
            f"{reference} was handed over once, so its text is kept as it went out. Withdraw it and "
            "write another."
        )
    return ""


def allowed_steps(situation: LetterSituation) -> frozenset[Step]:
    """The steps that a letter can take; window and terminal both ask here."""
    return frozenset(step for step in Step if not refusal(situation, step))


def allowed_for_all(situations: Iterable[LetterSituation]) -> frozenset[Step]:
    """The steps that each of some letters can take, none if there are no letters."""
    each = [allowed_steps(situation) for situation in dict.fromkeys(situations)]
    return frozenset.intersection(*each) if each else frozenset()


def status_after(situation: LetterSituation, step: Step) -> LetterStatus:
    """Status of a letter once it has taken a step that it is allowed.

    situation: with the answers on file by then.
    """
    if step in BIRTHS:
        return BIRTHS[step]
    rule = _RULES[step]
    status = _status_before(situation) if rule.undoes is not None else situation.status
    if rule.follows_answers:
        return status_of_answers(status, situation.answers)
    return rule.after(status)


def _status_before(situation: LetterSituation) -> LetterStatus:
    """The status before the last step.

    None goes back into the outbox by that: it is ready to be sent, as it was before.
    """
    before = situation.before or situation.status
    return S.APPROVED if before is S.QUEUED else before


def follows_answers(step: Step) -> bool:
    """Whether a letter's status after a step is what the answers on file make it."""
    return _RULES[step].follows_answers


def taken_back_by(step: Step) -> Step | None:
    """The step that a step takes back.

    Where there is one, what a letter may depends on its history. None for other steps.
    """
    return _RULES[step].undoes
