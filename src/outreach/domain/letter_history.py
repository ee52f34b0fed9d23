"""What of a letter's history still stands: a step that was taken back no longer does. Pure: no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from outreach.domain.letter_life import Step
from outreach.domain.notice import Notice
from outreach.domain.states import LetterStatus


@dataclass(frozen=True)
class PastStep:
    """A step as the history tells it.

    before, after: the letter's status, before is None for the first step.
    """

    step: Step
    before: LetterStatus | None
    after: LetterStatus


def past_step(kind: str, before: str, after: str) -> PastStep | None:
    """A step as its words are kept, None for one that this version does not know.

    A newer version, or another program, may have put it there. Nothing from before it can be taken back.
    """
    try:
        return PastStep(Step(kind), LetterStatus(before) if before else None, LetterStatus(after))
    except ValueError:
        return None


_TAKES_BACK: dict[Step, frozenset[Step]] = {
    Step.REOPENED: frozenset({Step.APPROVED}),
    Step.SENT_UNDONE: frozenset({Step.SENT}),
    Step.CLOSE_UNDONE: frozenset({Step.CLOSED}),
    Step.WITHDRAWAL_UNDONE: frozenset({Step.WITHDRAWN}),
    Step.QUEUEING_UNDONE: frozenset({Step.QUEUED}),
    Step.TAKING_OUT_UNDONE: frozenset({Step.TAKEN_BACK}),
    Step.REPLY_REMOVED: frozenset({Step.REPLY_RECEIVED, Step.REPLY_RESTORED}),
    Step.REPLY_MOVED: frozenset({Step.REPLY_RECEIVED, Step.REPLY_RESTORED}),
    Step.BOUNCE_MOVED: frozenset({Step.BOUNCED}),
    Step.REPORT_MOVED: frozenset({Step.DELAYED, Step.DELIVERED, Step.AUTO_REPLY}),
    Step.RESTORED: frozenset({Step.DELETED}),
}
_RECEIVED = _TAKES_BACK[Step.REPLY_REMOVED]
_OF_ANSWERS = frozenset({Step.REPLY_CLASSED, Step.REPLY_EDITED})
_NOTES = frozenset({Step.DEFERRED, Step.DELAYED, Step.DELIVERED, Step.AUTO_REPLY})
"""What a server or a machine said of a letter; nobody here did anything."""


def standing_steps(history: Iterable[PastStep]) -> list[PastStep]:
    """The steps of a history, the oldest first, without those that were taken back and the steps that took
    them back.
    """
    stand: list[PastStep] = []
    for past in history:
        if past.step not in _TAKES_BACK:
            stand.append(past)
            continue
        wanted = _TAKES_BACK[past.step]
        place = next((i for i in reversed(range(len(stand))) if stand[i].step in wanted), None)
        if place is not None:
            # What came after an approval, such as an attempt that a server refused, goes with it.
            del stand[place : None if past.step is Step.REOPENED else place + 1]
        if wanted == _RECEIVED and not any(x.step in _RECEIVED for x in stand):
            stand = [x for x in stand if x.step not in _OF_ANSWERS]
        if past.after is not LetterStatus.QUEUED:
            while stand and stand[-1].after is LetterStatus.QUEUED:
                stand.pop()  # it is in the outbox no more
    return stand


def last_step(history: Iterable[PastStep]) -> PastStep | None:
    """The step that would be taken back next, None if there is no history.

    That is the last that stands, with two exceptions. While a letter is closed, it is the closing, whatever
    came in since: with it a letter's life goes on. And a report does not stand in the way of a step that was
    taken here, unless it tells that the letter went out.
    """
    stand = standing_steps(history)
    closed = next((x for x in reversed(stand) if x.step is Step.CLOSED), None)
    if closed is not None:
        return replace(closed, before=_before_closing(stand, closed))
    for number, past in reversed(list(enumerate(stand))):
        if past.step not in _NOTES:
            return stand[-1] if past.step is Step.SENT and number < len(stand) - 1 else past
    return stand[-1] if stand else None


def _before_closing(stand: list[PastStep], closed: PastStep) -> LetterStatus | None:
    """The status before a letter was closed; a bounce may have come, or turned out to be another letter's,
    since then.
    """
    if closed.before not in {LetterStatus.SENT, LetterStatus.BOUNCED}:
        return closed.before
    gone = max((i for i, x in enumerate(stand) if x.step is Step.SENT), default=-1)
    came_back = any(x.step is Step.BOUNCED for x in stand[gone + 1 :])
    return LetterStatus.BOUNCED if came_back else LetterStatus.SENT


DRAFTS_ANOTHER = frozenset({Step.FOLLOWED_UP, Step.REFERRAL_DRAFTED})
"""Steps whose notice names the letters that were drafted."""


def next_letters(told: Notice | None) -> list[str]:
    """References of the letters that a step among `DRAFTS_ANOTHER` drafted."""
    return told.text("references").split(", ") if told is not None else []
