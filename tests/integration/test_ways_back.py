"""Ways back: approved letters become drafts again, answers recorded by hand are
corrected, removed and put back.
"""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from outreach.cases.campaigns import campaigns_list
from outreach.correspondence.promises import follow_ups_list
from outreach.correspondence.replies import (
    class_reply,
    edit_reply,
    record_reply,
    remove_answer,
    replies_list,
    reply_record,
    restore_reply,
)
from outreach.desk.letter_table import LetterDetail, letter_detail
from outreach.domain.states import Channel, LetterStatus, ReplyKind
from outreach.domain.wording import names_in_words
from outreach.errors import NotAllowedError, NotFoundError, OutreachError, UsageError
from outreach.letters.ledger import (
    approve_letters,
    edit_letter,
    mark_sent,
    reopen_letters,
    withdraw_letters,
)
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outbox import queue_letters, take_back
from outreach.messages.parse import parse_message
from outreach.store.database import Database, check
from outreach.words import notice_in_words
from tests import factories
from tests.integration.test_letters import MESSAGE
from tests.integration.test_mail import reachable

DAY = date(2011, 1, 26)


def detail(database: Database, reference: str) -> LetterDetail:
    with database.read() as session:
        return letter_detail(session, campaigns_list(session)[0], reference)


def column(database: Database, reference: str, name: str) -> object:
    with database.read() as session:
        return session.execute(
            text(f"SELECT {name} FROM letter WHERE reference = :r"), {"r": reference}
        ).scalar()


def test_approved_letters_become_drafts_again_and_the_history_says_so(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = factories.approved(database, sandbox, "Theresa May, Chris Bryant")
    with database.write() as session:
        changes = reopen_letters(session, [r.lower() for r in references], by="Ann")
    assert changes.refs == references
    assert changes.message == "2 letters are drafts again."
    for reference in references:
        found = detail(database, reference)
        assert found.row.status is LetterStatus.DRAFT
        assert (found.text_sha256, found.approved_by) == ("", "")
        assert column(database, reference, "approved_at") is None
        assert (found.events[-1].kind, found.events[-1].by) == ("reopened", "Ann")
        assert (found.events[-1].from_status, found.events[-1].to_status) == ("approved", "draft")
        assert [e.kind for e in found.events].count("approved") == 1
    assert check(database) == []
    with database.write() as session:
        edit_letter(session, references[0], subject="New", salutation="Dear", body="Label.", close="Yours")
        approve_letters(session, references, by="Bob")
    assert detail(database, references[0]).body == "Label."
    assert check(database) == []


def test_the_guard_on_approved_texts_holds_again_after_reopening(
    database: Database, sandbox: TemplateSandbox
) -> None:
    first, second = factories.approved(database, sandbox, "Theresa May, Chris Bryant")
    with database.write() as session:
        reopen_letters(session, [first])
        approve_letters(session, [first])
    for reference in (first, second):
        with pytest.raises(DBAPIError, match="frozen"), database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE letter SET body = 'x' WHERE reference = ?", (reference,))


def test_a_letter_that_was_handed_over_or_has_ended_is_not_reopened(
    database: Database, sandbox: TemplateSandbox
) -> None:
    draft, ready, gone, withdrawn = factories.drafted(
        database, sandbox, "Theresa May, Chris Bryant, Damian Green, Heidi Hautala"
    )
    with database.write() as session:
        approve_letters(session, [ready, gone, withdrawn])
        mark_sent(session, [gone], by=Channel.POST, on=DAY)
        withdraw_letters(session, [withdrawn])
    for reference, words in (
        (draft, "one already"),
        (gone, "write another letter"),
        (withdrawn, "draft a new one"),
        ("MAG-0001", "reported|reports"),
    ):
        with pytest.raises(NotAllowedError, match=words), database.write() as session:
            reopen_letters(session, [ready, reference])
    assert detail(database, ready).row.status is LetterStatus.APPROVED
    with pytest.raises(NotFoundError, match="MAG-9999"), database.write() as session:
        reopen_letters(session, ["MAG-9999"])


@pytest.mark.parametrize(
    ("outcome", "status", "allowed"),
    [
        ("failed", "failed", True),
        ("deferred", "approved", True),
        ("bounced", "approved", False),
        ("sent", "approved", False),
        ("started", "approved", False),
    ],
)
def test_only_a_letter_that_nobody_has_is_reopened(
    database: Database, sandbox: TemplateSandbox, outcome: str, status: str, allowed: bool
) -> None:
    (reference,) = factories.approved(database, sandbox, "Theresa May")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE letter SET status = ? WHERE reference = ?", (status, reference))
        connection.exec_driver_sql(
            "INSERT INTO dispatch(letter_id, channel, outcome, dispatched_on, recorded_at, to_address, "
            "message_id, detail) SELECT id, 'email', ?, '2011-01-26', '2011-01-26 10:00:00', 'a@b.example', "
            "'<1@x>', '' FROM letter WHERE reference = ?",
            (outcome, reference),
        )
    if allowed:
        with database.write() as session:
            reopen_letters(session, [reference])
        assert detail(database, reference).row.status is LetterStatus.DRAFT
    else:
        with pytest.raises(NotAllowedError), database.write() as session:
            reopen_letters(session, [reference])
        assert detail(database, reference).row.status is LetterStatus.APPROVED


def test_a_letter_in_the_outbox_is_taken_out_before_it_is_reopened(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference, *_) = reachable(database, sandbox, "Theresa May")
    with database.write() as session:
        queue_letters(session, [reference])
    with pytest.raises(NotAllowedError, match="outbox first"), database.write() as session:
        reopen_letters(session, [reference])
    with database.write() as session:
        take_back(session, [reference])
        reopen_letters(session, [reference])
    assert detail(database, reference).row.status is LetterStatus.DRAFT


def answered(database: Database, sandbox: TemplateSandbox, **more: object) -> tuple[str, int]:
    """Reference and key of a letter with an answer recorded by hand."""
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    values = {"kind": ReplyKind.AGREED, "on": date(2011, 2, 1), "text": "We will.", "from_name": "Her office"}
    with database.write() as session:
        record_reply(session, reference, **{**values, **more})  # type: ignore[arg-type]
        return reference, replies_list(session, [reference])[0].key


def promises(database: Database, reference: str) -> list[tuple[str, date]]:
    with database.read() as session:
        rows = follow_ups_list(session, campaigns_list(session)[0])
    return [(f.what, f.due_on) for f in rows if f.reference == reference]


def test_an_answer_is_edited_and_state_promise_and_history_follow(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference, key = answered(database, sandbox, promise="To meet", promise_due=date(2011, 3, 1))
    with database.write() as session:
        edit_reply(
            session, key, kind=ReplyKind.HOLDING, on=date(2011, 2, 2), from_name="Ann", text="Later.",
            channel="email", promise="To write", promise_due=date(2011, 4, 1),
        )  # fmt: skip
    found = detail(database, reference)
    assert (found.row.status, found.row.answered_on) == (LetterStatus.ACKNOWLEDGED, None)
    assert promises(database, reference) == [("To write", date(2011, 4, 1))]
    assert found.events[-1].kind == "reply_edited"
    for words in ("agreed", "1 February 2011", "Her office", "We will.", "To meet"):
        assert words in notice_in_words(found.events[-1].detail)
    with database.write() as session:
        edit_reply(session, key, kind=ReplyKind.REFUSED, on=date(2011, 2, 2), text="No.")
        (row,) = replies_list(session, [reference])
    assert (row.kind, row.text, row.channel, row.promise) == ("refused", "No.", "email", "")
    assert promises(database, reference) == []
    assert detail(database, reference).row.answered_on == date(2011, 2, 2)


def test_an_answer_cannot_be_edited_into_nothing_or_before_the_letter(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference, key = answered(database, sandbox)
    with pytest.raises(UsageError, match="Say what came"), database.write() as session:
        edit_reply(session, key, kind=ReplyKind.SUBSTANTIVE, on=DAY, text="  ")
    with pytest.raises(UsageError, match="cannot have come before"), database.write() as session:
        edit_reply(session, key, kind=ReplyKind.AGREED, on=date(2011, 1, 1), text="x")
    with pytest.raises(NotFoundError), database.write() as session:
        edit_reply(session, 9_999, kind=ReplyKind.AGREED, on=DAY, text="x")
    with database.read() as session:
        assert replies_list(session, [reference])[0].text == "We will."


@pytest.mark.parametrize("kind", [ReplyKind.SUBSTANTIVE, ReplyKind.HOLDING, ReplyKind.THANKS])
def test_an_answer_of_which_nothing_is_said_is_refused(
    database: Database, sandbox: TemplateSandbox, kind: ReplyKind
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with pytest.raises(UsageError, match="Say what came"), database.write() as session:
        record_reply(session, reference, kind=kind, on=DAY, text=" \n")
    with database.read() as session:
        assert replies_list(session, [reference]) == ()


def test_an_answer_is_removed_with_its_promise_and_put_back_whole(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference, key = answered(database, sandbox, promise="To meet", promise_due=date(2011, 3, 1))
    with database.write() as session:
        before = replies_list(session, [reference])
        kept = reply_record(session, key)
        remove_answer(session, key)
    found = detail(database, reference)
    assert (found.row.status, found.row.answered_on) == (LetterStatus.SENT, None)
    assert promises(database, reference) == []
    assert found.events[-1].kind == "reply_removed"
    assert "We will." in notice_in_words(found.events[-1].detail)
    with database.write() as session:
        assert restore_reply(session, kept)[0] == key
        assert replies_list(session, [reference]) == before
    assert promises(database, reference) == [("To meet", date(2011, 3, 1))]
    assert detail(database, reference).row.status is LetterStatus.ANSWERED
    assert detail(database, reference).events[-1].kind == "reply_restored"
    assert check(database) == []


def test_an_answer_put_back_after_its_number_was_given_away_gets_another(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference, key = answered(database, sandbox)
    with database.write() as session:
        kept = reply_record(session, key)
        remove_answer(session, key)
        record_reply(session, reference, kind=ReplyKind.REFUSED, on=date(2011, 2, 3), text="Another.")
        again, _ = restore_reply(session, kept)
        assert {r.text for r in replies_list(session, [reference])} == {"Another.", "We will."}
        remove_answer(session, again)
        assert [r.text for r in replies_list(session, [reference])] == ["Another."]


def test_an_answer_that_came_as_a_message_is_neither_edited_nor_removed(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, message=parse_message(MESSAGE, "a.eml"))
        key = replies_list(session, [reference])[0].key
    for step in (
        lambda session: remove_answer(session, key),
        lambda session: edit_reply(session, key, kind=ReplyKind.REFUSED, on=date(2011, 3, 1), text="x"),
    ):
        with pytest.raises(NotAllowedError, match="unassign"), database.write() as session:
            step(session)


def test_classing_an_answer_again_changes_its_promise_instead_of_adding_one(
    database: Database, sandbox: TemplateSandbox
) -> None:
    reference, key = answered(database, sandbox, promise="To meet", promise_due=date(2011, 3, 1))
    with database.write() as session:
        class_reply(session, key, ReplyKind.AGREED, promise="To meet in May", promise_due=date(2011, 5, 1))
    assert promises(database, reference) == [("To meet in May", date(2011, 5, 1))]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["approve", "reopen", "edit", "send", "withdraw"]), max_size=6))
def test_whatever_is_done_a_letter_is_frozen_exactly_while_it_is_approved(
    database: Database, sandbox: TemplateSandbox, steps: list[str]
) -> None:
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    for number, step in enumerate(steps):
        before = detail(database, reference)
        try:
            with database.write() as session:
                match step:
                    case "approve":
                        approve_letters(session, [reference], anyway=True)
                    case "reopen":
                        reopen_letters(session, [reference])
                    case "edit":
                        edit_letter(
                            session, reference, subject="s", salutation="d", body=f"text {number}", close="y"
                        )
                    case "send":
                        mark_sent(session, [reference], by=Channel.POST, on=DAY)
                    case _:
                        withdraw_letters(session, [reference])
        except OutreachError:
            assert detail(database, reference) == before
        after = detail(database, reference)
        if before.row.status is not LetterStatus.DRAFT:
            assert after.body == before.body
        if after.row.status is LetterStatus.DRAFT:
            assert after.text_sha256 == ""
        if after.row.status in {LetterStatus.APPROVED, LetterStatus.SENT}:
            assert after.text_sha256
    assert check(database) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "A", ""], "A and B"),
        (["A", "B", "C", "D", "E", "F"], "A, B, C, D, E and F"),
        ([str(n) for n in range(99)], "0, 1, 2, 3, 4 and 94 more"),
    ],
)
def test_names_are_said_as_in_a_sentence(names: list[str], words: str) -> None:
    assert names_in_words(names) == words
