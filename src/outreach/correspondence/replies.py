"""What came back: reading messages, recording answers, and what they promise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.correspondence.message_store import keep_messages, kept_message
from outreach.correspondence.promises import keep_promise, open_promise
from outreach.domain.letter_life import Step
from outreach.domain.matching import Basis
from outreach.domain.notice import Code, Notice, notice
from outreach.domain.states import FollowUpReason, MessageState, ReplyKind
from outreach.domain.wording import date_in_words, locale_for
from outreach.errors import NotAllowedError, NotFoundError, UsageError
from outreach.letters.ledger import LETTERS, advance, find_letters, refuse_step
from outreach.messages.parse import ReadMessage
from outreach.store.changes import Changes
from outreach.store.models import FollowUp, Letter, Message, Reply
from outreach.store.paging import in_order_of
from outreach.store.search import in_chunks
from outreach.store.types import now


@dataclass(frozen=True)
class ReplyRow:
    """An answer on file.

    received_on: local date. kind: "" until a person has classed it. mail_key: of the message it came as.

    promise, promise_due: what it promises that is still open, and by when.
    """

    key: int
    reference: str
    received_on: date
    kind: str
    from_name: str
    from_address: str
    subject: str
    text: str
    channel: str
    mail_key: int | None
    promise: str = ""
    promise_due: date | None = None

    @property
    def has_message(self) -> bool:
        """Whether the message it came as is on file."""
        return self.mail_key is not None


@dataclass(frozen=True)
class ReplyRecord:
    """An answer as it was on file, whole, so that it can be put back.

    follow_ups: due_on, reason, what and done_at of each.
    """

    key: int
    letter_key: int
    values: dict[str, Any]
    follow_ups: tuple[dict[str, Any], ...]


def record_reply(
    session: Session,
    reference: str,
    *,
    kind: ReplyKind,
    on: date | None = None,
    message: ReadMessage | None = None,
    from_name: str = "",
    text: str = "",
    channel: str = "",
    promise: str = "",
    promise_due: date | None = None,
) -> Changes:
    """Put an answer on file for a letter that was sent.

    Args: on: local day it came; by default the message's own date. message: the e-mail, if it was one.
        promise: what was offered, which becomes a follow-up due on promise_due (by default after the
        body's own time to reply).
    Raises: NotFoundError; NotAllowedError if the letter never went out; UsageError for a message that
        is on file already, a day before the letter was sent, or an answer of which nothing is said but
        a kind that says nothing by itself.
    """
    letter = find_letters(session, [reference])[0]
    refuse_step(session, [letter], Step.REPLY_RECEIVED)
    day = on or (message.sent_on if message else None)
    if day is None:
        raise UsageError(
            "The message has no readable date. Say on which day it came."
            if message
            else "Say on which day the answer came."
        )
    _refuse_early(letter, day)
    if message is None and kind in _WORDLESS and not (text.strip() or promise.strip()):
        raise UsageError(NOTHING_SAID)
    kept = None
    if message is not None:
        kept = _keep(session, letter, message, day)
    reply = add_reply(
        session,
        letter,
        on=day,
        kind=kind,
        channel=channel or ("email" if message else "post"),
        from_name=from_name or (message.from_name if message else ""),
        from_address=message.from_address if message else "",
        subject=message.subject if message else "",
        text=text or (message.text if message else ""),
        message_id=message.message_id if message else "",
        mail_key=kept.id if kept else None,
    )
    if promise.strip():
        keep_promise(session, letter, reply, promise, promise_due)
    return Changes(LETTERS, f"Answer to {letter.reference} recorded: {kind.value}.", (letter.reference,))


NOTHING_SAID = (
    "Say what came: its text or what matters in it, a message saved as a file, or what it promises."
)
_WORDLESS = frozenset({ReplyKind.SUBSTANTIVE, ReplyKind.HOLDING, ReplyKind.THANKS})
"""Kinds that tell nothing without words; that somebody agreed or refused is an answer in itself."""


def _refuse_early(letter: Letter, day: date) -> None:
    if letter.sent_on and day < letter.sent_on:
        raise UsageError(
            f"{letter.reference} was sent on {date_in_words(letter.sent_on, locale_for('en'))}; an answer "
            "cannot have come before. Give the day it came."
        )


def _keep(session: Session, letter: Letter, message: ReadMessage, on: date) -> Message:
    """The message on file, as filed by hand with a letter. Raises: UsageError if it answers one already."""
    kept = kept_message(session, message)
    if kept is not None and kept.state is MessageState.FILED:
        other = session.get(Letter, kept.letter_id) if kept.letter_id else None
        raise UsageError(
            "This message is on file already, as an answer to "
            f"{other.reference if other else 'another letter'}."
        )
    if kept is None:
        (key,) = keep_messages(session, [(message, {"received_on": on})])
        kept = session.get_one(Message, key)
    kept.state, kept.letter_id = MessageState.FILED, letter.id
    kept.basis, kept.confidence = Basis.BY_HAND, 100
    session.flush()
    return kept


def add_reply(
    session: Session,
    letter: Letter,
    *,
    on: date,
    kind: ReplyKind | None,
    channel: str,
    from_name: str,
    from_address: str,
    subject: str,
    text: str,
    message_id: str,
    mail_key: int | None,
) -> Reply:
    """Put an answer to a letter on file and note it in the letter's history.

    kind: None until somebody classes it.
    """
    reply = Reply(
        letter_id=letter.id,
        received_on=on,
        recorded_at=now(),
        kind=kind,
        channel=channel,
        from_name=from_name,
        from_address=from_address,
        subject=subject,
        text=text,
        message_id=message_id,
        mail_id=mail_key,
    )
    session.add(reply)
    session.flush()
    told = notice(Code.ANSWER, kind=kind.value if kind else "", on=on.isoformat())
    advance(session, letter, Step.REPLY_RECEIVED, detail=told)
    return reply


def edit_reply(
    session: Session,
    key: int,
    *,
    kind: ReplyKind,
    on: date,
    from_name: str = "",
    text: str = "",
    channel: str = "",
    promise: str = "",
    promise_due: date | None = None,
) -> Changes:
    """Correct an answer that was put on file by hand.

    The letter's state follows, and the history keeps what stood there.

    Args: key: of the reply. promise: "" takes back one that is still open; the rest as for `record_reply`.
    Raises: NotFoundError; NotAllowedError for an answer that came as a message, which is kept as it came;
        UsageError as `record_reply`.
    """
    reply, letter = _by_hand(session, key)
    _refuse_early(letter, on)
    if kind in _WORDLESS and not (text.strip() or promise.strip()):
        raise UsageError(NOTHING_SAID)
    was = _as_told(session, reply)
    reply.kind, reply.received_on = kind, on
    reply.from_name, reply.text, reply.channel = from_name.strip(), text.strip(), channel or reply.channel
    if promise.strip():
        keep_promise(session, letter, reply, promise, promise_due)
    elif (known := open_promise(session, reply.id)) is not None:
        session.delete(known)
    session.flush()
    advance(session, letter, Step.REPLY_EDITED, detail=Notice(Code.ANSWER_BEFORE, was.parameters))
    return Changes(LETTERS, f"The answer to {letter.reference} is changed.", (letter.reference,))


def remove_answer(session: Session, key: int) -> Changes:
    """Take an answer that was put on file by hand off it, with what it promised; `restore_reply` undoes it.

    The letter's state follows, and the history keeps what stood there. Args: key: of the reply.
    Raises: NotFoundError; NotAllowedError for an answer that came as a message, which goes back to the tray
        instead.
    """
    reply, letter = _by_hand(session, key)
    was = _as_told(session, reply)
    _delete(session, reply)
    advance(session, letter, Step.REPLY_REMOVED, detail=was)
    return Changes(LETTERS, f"The answer to {letter.reference} is removed.", (letter.reference,))


def reply_record(session: Session, key: int) -> ReplyRecord:
    """An answer as it is on file, for `restore_reply`. Raises: NotFoundError."""
    reply = session.get(Reply, key)
    if reply is None:
        raise NotFoundError(NO_SUCH_ANSWER)
    columns = (
        "received_on", "recorded_at", "kind", "channel", "from_name", "from_address", "subject", "text",
        "message_id", "mail_id",
    )  # fmt: skip
    promised = session.scalars(select(FollowUp).where(FollowUp.reply_id == key).order_by(FollowUp.id))
    return ReplyRecord(
        key,
        reply.letter_id,
        {name: getattr(reply, name) for name in columns},
        tuple({name: getattr(f, name) for name in ("due_on", "reason", "what", "done_at")} for f in promised),
    )


def restore_reply(session: Session, record: ReplyRecord) -> tuple[int, Changes]:
    """Put an answer back on file as it was, with what it promised; the letter's state follows.

    Returns: its key, which is the one it had where that is still free, and the changes.
    """
    letter = session.get_one(Letter, record.letter_key)
    reply = Reply(letter_id=letter.id, **record.values)
    if session.get(Reply, record.key) is None:
        reply.id = record.key
    session.add(reply)
    session.flush()
    session.add_all(FollowUp(letter_id=letter.id, reply_id=reply.id, **f) for f in record.follow_ups)
    session.flush()
    advance(session, letter, Step.REPLY_RESTORED, detail=_as_told(session, reply))
    return reply.id, Changes(
        LETTERS, f"The answer to {letter.reference} is back on file.", (letter.reference,)
    )


NO_SUCH_ANSWER = "There is no such answer. List them with: outreach replies list"


def _by_hand(session: Session, key: int) -> tuple[Reply, Letter]:
    reply = session.get(Reply, key)
    letter = session.get(Letter, reply.letter_id) if reply else None
    if reply is None or letter is None:
        raise NotFoundError(NO_SUCH_ANSWER)
    if reply.mail_id is not None:
        raise NotAllowedError(
            f"This answer to {letter.reference} came as a message, which is kept as it came. Class it anew, "
            "or put it "
            f"back to the tray: outreach replies unassign {reply.mail_id}"
        )
    return reply, letter


def _as_told(session: Session, reply: Reply) -> Notice:
    """An answer as a letter's history tells of it."""
    promise = open_promise(session, reply.id)
    return notice(
        Code.ANSWER,
        kind=reply.kind.value if reply.kind else "",
        on=reply.received_on.isoformat(),
        sender=reply.from_name,
        text=reply.text,
        promise=promise.what if promise else "",
    )


def _delete(session: Session, reply: Reply) -> None:
    """Take an answer away with what it promised."""
    session.execute(delete(FollowUp).where(FollowUp.reply_id == reply.id))
    session.delete(reply)
    session.flush()


def class_reply(
    session: Session,
    key: int,
    kind: ReplyKind,
    *,
    promise: str = "",
    promise_due: date | None = None,
) -> Changes:
    """Say what an answer amounts to; it may be said again. The letter's state follows from all its answers.

    Args: key: of the reply. promise, promise_due: as for `record_reply`.
    Raises: NotFoundError.
    """
    reply = session.get(Reply, key)
    letter = session.get(Letter, reply.letter_id) if reply else None
    if reply is None or letter is None:
        raise NotFoundError(NO_SUCH_ANSWER)
    reply.kind = kind
    session.flush()
    advance(session, letter, Step.REPLY_CLASSED, detail=notice(Code.ANSWER_KIND, kind=kind.value))
    if promise.strip():
        keep_promise(session, letter, reply, promise, promise_due)
    return Changes(
        LETTERS, f"The answer to {letter.reference} is classed: {kind.value}.", (letter.reference,)
    )


def remove_reply(session: Session, reply: Reply) -> None:
    """Take an answer off a letter that it does not belong to.

    What it promised goes with it; the history says so.
    """
    letter = session.get_one(Letter, reply.letter_id)
    _delete(session, reply)
    advance(session, letter, Step.REPLY_MOVED, detail=Notice(Code.ANSWER_OF_ANOTHER))


def replies_list(session: Session, references: Sequence[str] | None = None) -> tuple[ReplyRow, ...]:
    """Answers on file, the newest first. Args: references: only to these letters."""
    query = select(Reply.id).join(Letter, Letter.id == Reply.letter_id)
    if references is not None:
        query = query.where(Letter.reference.in_(references))
    return replies_of(
        session, session.scalars(query.order_by(Reply.received_on.desc(), Reply.id.desc())).all()
    )


def replies_of(session: Session, keys: Sequence[int]) -> tuple[ReplyRow, ...]:
    """Answers by their keys, in the order of these."""
    promises: dict[int | None, FollowUp] = {}
    read = {}
    for chunk in in_chunks(keys):
        for task in session.scalars(
            select(FollowUp)
            .where(
                chunk(FollowUp.reply_id),
                FollowUp.reason == FollowUpReason.PROMISE,
                FollowUp.done_at.is_(None),
            )
            .order_by(FollowUp.id)
        ):
            promises.setdefault(task.reply_id, task)
        rows = session.execute(
            select(Reply, Letter.reference).join(Letter, Letter.id == Reply.letter_id).where(chunk(Reply.id))
        )
        for r, reference in rows:
            promise = promises.get(r.id)
            read[r.id] = ReplyRow(
                r.id, reference, r.received_on, r.kind.value if r.kind else "", r.from_name, r.from_address,
                r.subject, r.text,
                r.channel, r.mail_id, promise.what if promise else "", promise.due_on if promise else None,
            )  # fmt: skip
    return tuple(in_order_of(keys, read))


def raw_message(session: Session, key: int) -> bytes:
    """The message of an answer as it was received. Raises: NotFoundError if there is none."""
    raw = session.scalar(select(Message.raw).join(Reply, Reply.mail_id == Message.id).where(Reply.id == key))
    if raw is None:
        raise NotFoundError("No message is on file for this answer.")
    return raw
