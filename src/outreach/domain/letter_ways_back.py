"""Which step takes back the last one of a letter, why there is none, and what to do instead. Pure: no I/O."""

from outreach.domain.letter_life import (
    GONE_ON,
    NO_WAY_BACK,
    LetterSituation,
    Step,
    refusal,
    taken_back_by,
)
from outreach.domain.states import Origin

_WAYS_BACK = {
    **{undone: step for step in Step if (undone := taken_back_by(step)) is not None},
    Step.APPROVED: Step.REOPENED,
    Step.DELETED: Step.RESTORED,
    Step.REPLY_RECEIVED: Step.REPLY_REMOVED,
}
"""The step that takes a step back."""
_ANSWER_TO_OTHERS = (
    "is correspondence of others that a source reports. Remove an answer to it with: outreach replies remove"
)


def way_back(situation: LetterSituation) -> Step | None:
    """The step that takes back the last one that stands, None if nothing takes that back."""
    return (
        Step.RESTORED if situation.is_deleted else _WAYS_BACK.get(situation.last) if situation.last else None
    )


_IN_WORDS: dict[Step, str] = {
    Step.APPROVED: "its approval",
    Step.QUEUED: "that it was put into the outbox",
    Step.TAKEN_BACK: "that it was taken out of the outbox",
    Step.SENT: "that it was marked sent",
    Step.WITHDRAWN: "its withdrawal",
    Step.CLOSED: "its closing",
    Step.DELETED: "its deletion",
    Step.REPLY_RECEIVED: "the answer that was put on file last",
}


def step_in_words(step: Step | None) -> str:
    """What would be taken back, as in “its approval is taken back”.

    Args: step: one that `way_back` knows a way from.
    """
    return _IN_WORDS.get(step, "the last step") if step else "the last step"


def refusal_of_way_back(situation: LetterSituation, *, reference: str = "This letter") -> str:
    """Why the last step of a letter cannot be taken back, and what to do instead, "" if it can."""
    step = way_back(situation)
    if step is None:
        return f"{reference} {NO_WAY_BACK.get(situation.last, GONE_ON)}"
    if step is Step.REPLY_REMOVED and situation.origin is not Origin.OWN:
        return f"{reference} {_ANSWER_TO_OTHERS}"
    return refusal(situation, step, reference=reference)
