"""What the answers on file make of a letter. Pure: no I/O."""

from collections.abc import Iterable

from outreach.domain.states import LetterStatus, ReplyKind

_NO_ANSWER_YET = frozenset({ReplyKind.ACKNOWLEDGEMENT, ReplyKind.HOLDING, ReplyKind.THANKS})


def is_answer(kind: ReplyKind) -> bool:
    """Whether it answers.

    An acknowledgement, a holding reply or bare thanks tells that the letter arrived; the answer is to come.
    """
    return kind not in _NO_ANSWER_YET


def status_of_answers(current: LetterStatus, kinds: Iterable[ReplyKind]) -> LetterStatus:
    """Status of a letter that has these classed answers.

    One that is closed, withdrawn or about to go stays as it is.

    One that came back and has an answer reached somebody after all.
    """
    answers = tuple(kinds)
    if current in {LetterStatus.SENT, LetterStatus.ACKNOWLEDGED, LetterStatus.ANSWERED} or (
        current is LetterStatus.BOUNCED and answers
    ):
        if any(is_answer(kind) for kind in answers):
            return LetterStatus.ANSWERED
        return LetterStatus.ACKNOWLEDGED if answers else LetterStatus.SENT
    return current
