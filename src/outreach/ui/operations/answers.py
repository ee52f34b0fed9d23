"""Answers to letters: recorded by hand, corrected, removed, classed; and promises ticked off."""

from datetime import date
from functools import partial
from pathlib import Path
from typing import TypedDict, Unpack

from outreach.correspondence.promises import set_follow_up_done
from outreach.correspondence.replies import (
    ReplyRecord,
    ReplyRow,
    class_reply,
    edit_reply,
    record_reply,
    remove_answer,
    reply_record,
    restore_reply,
)
from outreach.domain.message_kind import MessageKind
from outreach.domain.states import ReplyKind
from outreach.errors import UsageError
from outreach.letters.sandbox import TemplateSandbox
from outreach.messages.kind import kind_of
from outreach.messages.parse import ReadMessage, read_message
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Long, Undoable, Write, tr
from outreach.words import notice_in_words


class AnswerWords(TypedDict):
    """What an answer is and says."""

    kind: ReplyKind
    on: date
    from_name: str
    text: str
    channel: str
    promise: str
    promise_due: date | None


def answer_in_file(path: Path) -> ReadMessage:
    """The answer that a message saved as a file is.

    Raises: OutreachError if it cannot be read, or is none.
    """
    message = read_message(path)
    found = kind_of(message)
    if found.nature is not MessageKind.ANSWER:
        raise UsageError(
            f"{path.name} is no answer. {notice_in_words(found.reason)} Drop it on the window instead; it is "
            "then filed as what it is."
        )
    return message


def record(reference: str, message: ReadMessage | None, **words: Unpack[AnswerWords]) -> Write[Changes]:
    """Put an answer on file. message: the file it was read from, None if it was typed."""
    return Write(partial(record_reply, reference=reference, message=message, **words))


def correct(reply: ReplyRow, **words: Unpack[AnswerWords]) -> Undoable:
    """Correct an answer that was recorded by hand."""
    before = AnswerWords(
        kind=ReplyKind(reply.kind or words["kind"]),
        on=reply.received_on,
        from_name=reply.from_name,
        text=reply.text,
        channel=reply.channel,
        promise=reply.promise,
        promise_due=reply.promise_due,
    )
    return Undoable(
        tr("change an answer to {0}").format(reply.reference),
        partial(edit_reply, key=reply.key, **words),
        partial(edit_reply, key=reply.key, **before),
    )


def remove(reply: ReplyRow) -> Undoable:
    """Remove an answer that was recorded by hand; Undo puts it back with what it promised."""
    key, kept = [reply.key], list[ReplyRecord]()

    def do(session: WorkSession) -> Changes:
        kept[:] = [reply_record(session, key[0])]
        return remove_answer(session, key[0])

    def undo(session: WorkSession) -> Changes:
        key[0], changes = restore_reply(session, kept[0])
        return changes

    return Undoable(tr("remove an answer to {0}").format(reply.reference), do, undo)


def class_as(
    sandbox: TemplateSandbox,
    reference: str,
    key: int,
    *,
    kind: ReplyKind,
    promise: str,
    promise_due: date | None,
    refer_to: str,
) -> Long[Changes]:
    """Say what an answer amounts to.

    refer_to: whom it names instead, who is then written to; "" for nobody.
    """
    from outreach.correspondence.following_up import draft_next, plan_referral

    classed = partial(class_reply, key=key, kind=kind, promise=promise, promise_due=promise_due)

    def work(database: Database, progress: Progress) -> Changes:
        if not refer_to:
            with database.write() as session:
                changes = classed(session)
            return Changes(changes.kinds | {"inbox"}, changes.message, changes.refs)
        with database.read() as session:
            plan = plan_referral(session, sandbox, reference, refer_to)
        with database.write() as session:
            changes = classed(session)
            drafted = draft_next(session, plan)
        said = f"{changes.message} {drafted.message}"
        return Changes(changes.kinds | drafted.kinds | {"inbox"}, said, drafted.refs)

    return Long(tr("Drafting letters"), work)


def tick_promise(key: int, done: bool) -> Write[Changes]:
    """Tick a promise or reminder off, or open it again."""
    return Write(partial(set_follow_up_done, key=key, done=done))
