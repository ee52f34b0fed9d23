"""Steps that are taken back by a step: the letter is what it was, the history keeps both, and
nothing outside is undone.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.following_up import draft_follow_ups
from outreach.correspondence.incoming import Incoming, file_all
from outreach.correspondence.replies import (
    class_reply,
    edit_reply,
    record_reply,
    remove_answer,
    replies_list,
    reply_record,
    restore_reply,
)
from outreach.correspondence.triage import assign, back_to_tray, inbox_rows
from outreach.desk.letter_table import LetterDetail, letter_detail
from outreach.domain.letter_history import PastStep, last_step, standing_steps
from outreach.domain.letter_life import Step
from outreach.domain.letter_ways_back import refusal_of_way_back
from outreach.domain.states import Channel, DispatchOutcome, LetterStatus, ReplyKind
from outreach.errors import NotAllowedError, NotFoundError, OutreachError
from outreach.letters.ledger import (
    approve_letters,
    close_letters,
    delete_drafts,
    edit_letter,
    find_letter,
    mark_sent,
    reopen_letters,
    withdraw_letters,
)
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.situations import situations
from outreach.letters.ways_back import undo_close, undo_sent, undo_withdrawal
from outreach.mail.last_step import undo_last_steps
from outreach.mail.outbox import (
    outbox,
    queue_letters,
    settle,
    take_back,
    undo_queueing,
    undo_take_back,
)
from outreach.mail.sending import send_queued
from outreach.mail.transport import Envelope, NotSentError, UncertainError
from outreach.messages.parse import parse_message
from outreach.store.database import Database, check, open_database
from outreach.store.models import Dispatch
from tests import factories
from tests.integration.test_letters import MESSAGE
from tests.integration.test_mail import FROM, reachable
from tests.messages import message

DAY = date(2011, 1, 26)
S = LetterStatus


class Server:
    """A transport that says what it is told to. error: raised in place of an answer."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def send(self, envelope: Envelope) -> str:
        if self.error is not None:
            raise self.error
        return "250 OK"

    def close(self) -> None:
        pass


def detail(database: Database, reference: str) -> LetterDetail:
    with database.read() as session:
        return letter_detail(session, campaigns_list(session)[0], reference)


def steps(database: Database, reference: str) -> list[str]:
    return [e.kind for e in detail(database, reference).events]


def status(database: Database, reference: str) -> LetterStatus:
    return detail(database, reference).row.status


def do(database: Database, step: Callable[..., object], reference: str, **more: object) -> None:
    with database.write() as session:
        step(session, [reference], **more)


def undo(database: Database, reference: str) -> str:
    with database.write() as session:
        return undo_last_steps(session, [reference], by="Ann").message


def refused(database: Database, reference: str) -> str:
    before = detail(database, reference)
    with pytest.raises(NotAllowedError) as caught, database.write() as session:
        undo_last_steps(session, [reference])
    assert detail(database, reference) == before
    return str(caught.value)


def e_mailed(database: Database, sandbox: TemplateSandbox, error: Exception | None = None) -> str:
    """A letter that a server was given."""
    (reference, *_) = reachable(database, sandbox, "Theresa May")
    do(database, queue_letters, reference)
    send_queued(database, Server(error), on=DAY, from_address=FROM, wait=lambda _: False, per_minute=0)
    return reference


def test_a_letter_marked_sent_by_mistake_is_what_it_was_and_its_record_is_kept_as_taken_back(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    assert undo(database, reference) == f"{reference}: that it was marked sent is taken back; it is approved."
    found = detail(database, reference)
    assert (found.row.status, found.row.sent_on, found.row.channel) == (S.APPROVED, None, "")
    assert [(e.kind, e.by) for e in found.events[-2:]] == [("sent", ""), ("sent_undone", "Ann")]
    assert not found.row.was_handed_over
    with database.read() as session:
        key = find_letter(session, reference).id
        (record,) = session.scalars(select(Dispatch).where(Dispatch.letter_id == key))
        assert (record.outcome, record.dispatched_on) == (DispatchOutcome.TAKEN_BACK, DAY)
    # Nobody has it, so its text can be changed again; the guard of the database agrees.
    assert undo(database, reference) == f"{reference}: its approval is taken back; it is draft."
    with database.write() as session:
        edit_letter(session, reference, subject="New", salutation="Dear", body="Text.", close="Yours")
    assert "draft with nothing to take back" in refused(database, reference)
    do(database, approve_letters, reference, anyway=True)
    do(database, mark_sent, reference, by=Channel.POST, on=DAY)
    assert status(database, reference) is S.SENT
    assert check(database) == []


def test_a_letter_that_a_server_has_is_never_unsent(database: Database, sandbox: TemplateSandbox) -> None:
    reference = e_mailed(database, sandbox)
    assert "cannot be taken back" in refused(database, reference)
    with pytest.raises(NotAllowedError, match="handed over to a mail server"), database.write() as session:
        undo_sent(session, [reference])
    do(database, close_letters, reference)
    undo(database, reference)
    assert status(database, reference) is S.SENT
    assert "cannot be taken back" in refused(database, reference)


def test_a_letter_settled_as_sent_is_not_unsent(database: Database, sandbox: TemplateSandbox) -> None:
    reference = e_mailed(database, sandbox, UncertainError("cut off"))
    assert "not certain" in refused(database, reference)
    with database.write() as session:
        settle(session, reference, was_sent=True)
    assert "cannot be taken back" in refused(database, reference)


def test_of_a_letter_that_came_back_and_was_then_marked_sent_by_post_only_the_post_is_taken_back(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = e_mailed(database, sandbox)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE dispatch SET outcome = 'bounced' WHERE message_id != ''"))
        connection.execute(
            text("UPDATE letter SET status = 'bounced' WHERE reference = :r"), {"r": reference}
        )
    do(database, mark_sent, reference, by=Channel.POST, on=date(2011, 2, 1))
    undo(database, reference)
    found = detail(database, reference).row
    assert (found.status, found.sent_on, found.channel) == (S.BOUNCED, DAY, "email")
    assert found.was_handed_over


@pytest.mark.parametrize("kind", ["answer", "delivered", "follow-up"])
def test_a_letter_of_which_more_is_on_file_is_not_unsent_until_that_is_gone(
    database: Database, sandbox: TemplateSandbox, kind: str
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    if kind == "follow-up":
        (follows,) = draft_follow_ups(database, sandbox, [reference]).refs
        assert "Delete the draft that follows it first" in refused(database, reference)
        do(database, delete_drafts, follows)
    else:
        subject = f"Re: [{reference}]" if kind == "answer" else f"Automatic reply: [{reference}]"
        more = "" if kind == "answer" else "Auto-Submitted: auto-replied\r\n"
        raw = message("I am away.", subject=subject, message_id="<1@x>")
        file_all(database, [Incoming(more.encode() + raw)], today=DAY)
        with database.read() as session:
            (row,) = inbox_rows(session, "filed", references=[reference])
        with pytest.raises(NotAllowedError, match=r"tray|Take back the later"), database.write() as session:
            undo_sent(session, [reference])
        with database.write() as session:
            back_to_tray(session, [row.key])
        assert steps(database, reference)[-1] == ("reply_moved" if kind == "answer" else "report_moved")
    undo(database, reference)
    assert status(database, reference) is S.APPROVED


def test_a_report_that_belonged_to_another_letter_leaves_this_one(
    database: Database, sandbox: TemplateSandbox
) -> None:
    first, second = factories.sent(database, sandbox, "Theresa May, Chris Bryant")
    raw = b"Auto-Submitted: auto-replied\r\n" + message(
        "Away.", subject=f"Away: [{first}]", message_id="<1@x>"
    )
    file_all(database, [Incoming(raw)], today=DAY)
    with database.write() as session:
        (row,) = inbox_rows(session, "filed", references=[first])
        assign(session, [row.key], second)
    assert steps(database, first)[-2:] == ["auto_reply", "report_moved"]
    assert steps(database, second)[-1] == "auto_reply"
    assert status(database, first) is S.SENT


def test_a_closed_letter_opens_again_as_the_answers_on_file_make_it(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    do(database, close_letters, reference, reason="Given up", by="Bob")
    assert undo(database, reference) == f"{reference}: its closing is taken back; it is sent."
    do(database, close_letters, reference)
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=DAY, text="Yes.")
    assert status(database, reference) is S.CLOSED
    # The closing is what holds it, whatever came in since.
    assert undo(database, reference) == f"{reference}: its closing is taken back; it is answered."
    assert detail(database, reference).row.answered_on == DAY
    do(database, close_letters, reference)
    with database.write() as session:
        remove_answer(session, replies_list(session, [reference])[0].key)
        undo_close(session, [reference])
    assert status(database, reference) is S.SENT
    with pytest.raises(NotAllowedError, match="is sent, not closed"), database.write() as session:
        undo_close(session, [reference])
    do(
        database, close_letters, "MAG-0005"
    )  # correspondence of others can be closed, so it can be opened again
    undo(database, "MAG-0005")
    assert status(database, "MAG-0005") is S.SENT


def test_a_letter_that_came_back_while_closed_is_opened_again_as_one_that_came_back() -> None:
    past = [
        PastStep(Step.DRAFTED, None, S.DRAFT),
        PastStep(Step.APPROVED, S.DRAFT, S.APPROVED),
        PastStep(Step.SENT, S.APPROVED, S.SENT),
        PastStep(Step.CLOSED, S.SENT, S.CLOSED),
        PastStep(Step.BOUNCED, S.CLOSED, S.CLOSED),
    ]
    assert last_step(past) == PastStep(Step.CLOSED, S.BOUNCED, S.CLOSED)
    past.append(PastStep(Step.BOUNCE_MOVED, S.CLOSED, S.CLOSED))
    assert last_step(past) == PastStep(Step.CLOSED, S.SENT, S.CLOSED)
    assert [x.step for x in standing_steps(past)] == [Step.DRAFTED, Step.APPROVED, Step.SENT, Step.CLOSED]


@pytest.mark.parametrize("before", ["draft", "approved", "queued"])
def test_a_withdrawal_is_taken_back_to_what_the_letter_was_but_never_into_the_outbox(
    database: Database, sandbox: TemplateSandbox, before: str
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[0]
    if before == "draft":
        do(database, reopen_letters, reference)
    if before == "queued":
        do(database, queue_letters, reference)
    assert status(database, reference) == before
    do(database, withdraw_letters, reference, reason="No")
    with database.write() as session:
        changes = undo_withdrawal(session, [reference])
    after = "approved" if before == "queued" else before
    assert changes.message == f"{reference} is no longer withdrawn; it is {after}."
    assert status(database, reference) == after
    if before == "queued":
        assert undo(database, reference) == f"{reference}: its approval is taken back; it is draft."
    assert check(database) == []


def test_queueing_and_taking_out_of_the_outbox_are_taken_back(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[0]
    do(database, queue_letters, reference, by="Bob")
    do(database, take_back, reference)
    with database.write() as session:
        assert undo_take_back(session, [reference]).message == "1 letter in the outbox."
    assert "put into the outbox is taken back; it is approved" in undo(database, reference)
    assert undo(database, reference).endswith("it is draft.")
    assert steps(database, reference)[-5:] == [
        "queued",
        "taken_back",
        "taking_out_undone",
        "queueing_undone",
        "reopened",
    ]
    with pytest.raises(NotAllowedError, match="not in the outbox"), database.write() as session:
        undo_queueing(session, [reference])


def test_what_a_server_refused_is_what_it_was_when_queueing_it_again_is_taken_back(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = e_mailed(database, sandbox, NotSentError("550 no", is_temporary=False))
    assert "refused by a server" in refused(database, reference)
    do(database, queue_letters, reference)
    undo(database, reference)
    assert status(database, reference) is S.FAILED


def test_a_letter_put_off_by_a_server_is_still_taken_out_of_the_outbox(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = e_mailed(database, sandbox, NotSentError("450 later", is_temporary=True))
    assert steps(database, reference)[-1] == "deferred"
    undo(database, reference)
    assert status(database, reference) is S.APPROVED


def test_the_answer_recorded_last_is_removed_and_one_that_came_as_a_message_goes_back_to_the_tray(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, message=parse_message(MESSAGE, "a.eml"))
        record_reply(session, reference, kind=ReplyKind.HOLDING, on=date(2011, 2, 1), text="Later.")
    undo(database, reference)
    with database.read() as session:
        assert [r.kind for r in replies_list(session, [reference])] == ["agreed"]
    undo(database, reference)
    assert status(database, reference) is S.SENT
    with database.read() as session:
        assert [r.state for r in inbox_rows(session, "triage")] == ["triage"]
    undo(database, reference)
    assert status(database, reference) is S.APPROVED


def test_an_answer_that_was_classed_or_changed_is_not_thrown_away_by_undoing(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=DAY, text="Yes.")
        key = replies_list(session, [reference])[0].key
        class_reply(session, key, ReplyKind.REFUSED)
    assert "outreach replies class" in refused(database, reference)
    with database.write() as session:
        edit_reply(session, key, kind=ReplyKind.AGREED, on=DAY, text="Yes!")
    assert "outreach replies edit" in refused(database, reference)
    with database.write() as session:
        remove_answer(session, key)
    undo(database, reference)
    assert status(database, reference) is S.APPROVED


def test_putting_an_answer_back_is_not_undone_by_removing_another_one(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=DAY, text="Yes.")
        kept = reply_record(session, replies_list(session, [reference])[0].key)
        record_reply(session, reference, kind=ReplyKind.HOLDING, on=DAY, text="Later.")
        remove_answer(session, kept.key)
        restore_reply(session, kept)
    assert "outreach replies remove" in refused(database, reference)
    with database.read() as session:
        assert {r.text for r in replies_list(session, [reference])} == {"Yes.", "Later."}


def test_a_deleted_draft_comes_back(database: Database, sandbox: TemplateSandbox) -> None:
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    do(database, delete_drafts, reference)
    assert undo(database, reference.lower()) == f"{reference}: its deletion is taken back; it is draft."
    assert status(database, reference) is S.DRAFT


def test_of_many_letters_none_goes_back_if_one_cannot(database: Database, sandbox: TemplateSandbox) -> None:
    first, second = factories.approved(database, sandbox, "Theresa May, Chris Bryant")
    do(database, mark_sent, first, by=Channel.POST, on=DAY)
    with pytest.raises(NotAllowedError, match="MAG-0001 is correspondence of others"), database.write() as s:
        undo_last_steps(s, [first, second, "MAG-0001"])
    assert (status(database, first), status(database, second)) == (S.SENT, S.APPROVED)
    with pytest.raises(NotFoundError, match="MAG-9999"), database.write() as session:
        undo_last_steps(session, [first, "MAG-9999"])
    with database.write() as session:
        assert undo_last_steps(session, [first, second]).message.count("\n") == 1
    assert (status(database, first), status(database, second)) == (S.APPROVED, S.DRAFT)


def test_a_letter_no_longer_marked_sent_is_neither_in_the_outbox_nor_matched_with_mail(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = e_mailed(database, sandbox, NotSentError("550 no", is_temporary=False))
    do(database, mark_sent, reference, by=Channel.EMAIL, on=DAY, detail="by hand")
    undo(database, reference)
    with database.read() as session:
        (row,) = outbox(session)
    assert (row.outcome, row.to_address) == ("failed", "may@example.org")
    (other,) = factories.sent(database, sandbox, "Chris Bryant")
    undo(database, other)
    file_all(database, [Incoming(message("Yes.", subject=f"Re: [{other}]", message_id="<2@x>"))], today=DAY)
    assert status(database, other) is S.APPROVED


def test_the_guard_of_a_database_of_the_former_schema_follows(tmp_path: Path) -> None:
    database = open_database(tmp_path / "old.db", create=True)
    with database.engine.connect() as connection:
        guard = connection.execute(
            text("SELECT sql FROM sqlite_master WHERE name = 'letter_frozen'")
        ).scalar_one()
    database.close()
    assert "('failed', 'deferred', 'taken_back')" in guard


WALK = {
    "approve": lambda s, r: approve_letters(s, [r], anyway=True),
    "reopen": lambda s, r: reopen_letters(s, [r]),
    "edit": lambda s, r: edit_letter(s, r, subject="s", salutation="d", body="Other text.", close="y"),
    "queue": lambda s, r: queue_letters(s, [r]),
    "take out": lambda s, r: take_back(s, [r]),
    "mark sent": lambda s, r: mark_sent(s, [r], by=Channel.POST, on=DAY),
    "withdraw": lambda s, r: withdraw_letters(s, [r]),
    "close": lambda s, r: close_letters(s, [r]),
    "answer": lambda s, r: record_reply(s, r, kind=ReplyKind.AGREED, on=DAY, text="Yes."),
}
AS_BEFORE = {"approve", "mark sent", "withdraw", "close", "queue", "take out", "answer"}


def way_back_of(session: Session, reference: str) -> str:
    return refusal_of_way_back(situations(session, [find_letter(session, reference)])[0])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*WALK, "send", "undo"]), min_size=3, max_size=9))
def test_whatever_is_done_and_undone_a_step_taken_back_leaves_the_letter_as_it_was(
    database: Database, sandbox: TemplateSandbox, walk: list[str]
) -> None:
    reference = reachable(database, sandbox, "Theresa May")[-1]
    do(database, reopen_letters, reference)
    is_outside = False
    for step in walk:
        before = detail(database, reference)
        try:
            if step == "send":
                send_queued(database, Server(), on=DAY, from_address=FROM, per_minute=0)
                is_outside = is_outside or status(database, reference) is not before.row.status
            else:
                with database.write() as session:
                    undo_last_steps(session, [reference]) if step == "undo" else WALK[step](
                        session, reference
                    )
        except OutreachError as error:
            assert detail(database, reference) == before
            if step == "undo":
                assert reference in str(error) and str(error).endswith(
                    (".", "undo", "class", "edit", "remove")
                )
            continue
        after = detail(database, reference)
        # History only grows, and what was frozen stays as it was until it is a draft again.
        assert after.events[: len(before.events)] == before.events
        if before.row.status is not S.DRAFT:
            assert after.body == before.body
        assert (after.row.status is S.DRAFT) <= (after.text_sha256 == "")
        assert not (is_outside and after.row.status is S.DRAFT)
        if step not in AS_BEFORE or after.row.status is before.row.status:
            continue
        with database.read() as session:
            assert way_back_of(session, reference) == ""
        with database.write() as session:
            undo_last_steps(session, [reference])
            was = letter_detail(session, campaigns_list(session)[0], reference).row
            back_in = before.row.status is S.QUEUED and step != "take out"
            assert was.status is (S.APPROVED if back_in else before.row.status), step
            assert (was.sent_on, was.answered_on) == (before.row.sent_on, before.row.answered_on)
            session.rollback()
    assert check(database) == []


def test_a_letter_that_has_gone_on_since_its_last_step_was_shown_is_left_as_it_is(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference = factories.drafted(database, sandbox, "Theresa May")[0]
    with database.write() as session:
        approve_letters(session, [reference], anyway=True)
        withdraw_letters(session, [reference])
    with (
        database.write() as session,
        pytest.raises(NotAllowedError, match="has gone on since: its withdrawal"),
    ):
        undo_last_steps(session, [reference], expected={reference: Step.APPROVED})
    with database.write() as session:
        assert (
            "approved" in undo_last_steps(session, [reference], expected={reference: Step.WITHDRAWN}).message
        )
