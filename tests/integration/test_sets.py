"""Very many letters: the database is asked as often for a hundred as for ten,
and work can be stopped between parts.
"""

import gc
import random
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from outreach.cases.facts import delete_fact, facts_for
from outreach.cli.base import say_steps
from outreach.cli.main import main
from outreach.correspondence import following_up
from outreach.correspondence.candidates import LetterFinder, candidates, own_message_ids
from outreach.correspondence.following_up import draft_follow_ups
from outreach.domain.matching import Clues, Match, Matcher
from outreach.domain.states import Channel, DispatchOutcome, LetterStatus
from outreach.errors import CancelledError, DiskFullError, NotAllowedError, NotFoundError, TemplateError
from outreach.letters import drafting, in_parts, large_sets, planning
from outreach.letters import sandbox as sandbox_module
from outreach.letters.approving import letters_to_decide
from outreach.letters.drafting import draft_in_chunks, plan_letters
from outreach.letters.exports import export_letters
from outreach.letters.large_sets import (
    approving,
    closing,
    deleting,
    marking_sent,
    reopening,
    restoring,
    undoing_close,
    undoing_sent,
    undoing_withdrawal,
    withdrawing,
    write_in_chunks,
)
from outreach.letters.ledger import approve_letters, edit_letter, find_letters, mark_sent
from outreach.letters.posting import print_batch
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.fetching import fetch_mail
from outreach.mail.imap import Batch, Fetched, Place
from outreach.mail.last_step import undo_last_steps
from outreach.mail.outbox import queueing, take_back
from outreach.recipients.rows import RecipientRow
from outreach.store import letter_rows
from outreach.store.changes import Changes
from outreach.store.database import Database, check
from outreach.store.models import ContactDetail, Dispatch, Letter, LetterEvent, MailboxPlace, Person
from outreach.store.types import now
from tests.many import add_recipients, statements_of
from tests.messages import message

DAY = date(2011, 1, 26)
FEW, MANY = 10, 100


def plan(
    database: Database, sandbox: TemplateSandbox, recipients: Sequence[RecipientRow], **more: Any
) -> planning.DraftPlan:
    with database.read() as session:
        return plan_letters(
            session,
            sandbox,
            case_id="magnitsky",
            template=None,
            recipients=recipients,
            on=DAY,
            **more,
        )


def drafts(database: Database, sandbox: TemplateSandbox, count: int) -> list[str]:
    """References of new drafts to as many recipients."""
    return list(draft_in_chunks(database, plan(database, sandbox, add_recipients(database, count))).refs)


def asked(database: Database, work: Callable[[], object]) -> int:
    with statements_of(database) as statements:
        work()
    return len(statements)


def test_planning_asks_the_database_as_often_for_a_hundred_recipients_as_for_ten(
    database: Database, sandbox: TemplateSandbox
) -> None:
    recipients = add_recipients(database, MANY)
    few = asked(database, lambda: plan(database, sandbox, recipients[:FEW]))
    assert asked(database, lambda: plan(database, sandbox, recipients)) == few


def test_drafting_asks_the_database_as_often_for_a_hundred_letters_as_for_ten(
    database: Database, sandbox: TemplateSandbox
) -> None:
    recipients = add_recipients(database, MANY + FEW)
    few, many = (plan(database, sandbox, part) for part in (recipients[:FEW], recipients[FEW:]))
    assert asked(database, lambda: draft_in_chunks(database, few)) == asked(
        database, lambda: draft_in_chunks(database, many)
    )
    assert check(database) == []


STEPS: dict[str, tuple[large_sets.StepOfMany, ...]] = {
    "approving": (approving(by="x"),),
    "putting back to draft": (approving(), reopening()),
    "queueing": (approving(), queueing()),
    "marking sent": (approving(), marking_sent(by=Channel.POST, on=DAY)),
    "undoing that": (approving(), marking_sent(by=Channel.POST, on=DAY), undoing_sent()),
    "withdrawing": (approving(), withdrawing(reason="x")),
    "undoing the withdrawal": (approving(), withdrawing(), undoing_withdrawal()),
    "closing": (approving(), marking_sent(by=Channel.POST, on=DAY), closing(reason="x")),
    "undoing the closing": (approving(), marking_sent(by=Channel.POST, on=DAY), closing(), undoing_close()),
    "deleting": (deleting(),),
    "restoring": (deleting(), restoring()),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_asks_the_database_as_often_for_a_hundred_letters_as_for_ten(
    database: Database, sandbox: TemplateSandbox, name: str
) -> None:
    references = drafts(database, sandbox, MANY + FEW)
    *before, step = STEPS[name]
    for earlier in before:
        write_in_chunks(database, references, earlier)
    few, many = references[:FEW], references[FEW:]
    assert asked(database, lambda: write_in_chunks(database, few, step)) == asked(
        database, lambda: write_in_chunks(database, many, step)
    )
    assert check(database) == []


def test_following_up_and_asking_before_it_take_as_many_statements_for_a_hundred_letters_as_for_ten(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, MANY + FEW)

    def decide(some: Sequence[str]) -> None:
        with database.read() as session:
            assert len(letters_to_decide(session, some)) == len(some)

    few, many = references[:FEW], references[FEW:]
    assert asked(database, lambda: decide(few)) == asked(database, lambda: decide(many))
    for step in (approving(), marking_sent(by=Channel.POST, on=DAY)):
        write_in_chunks(database, references, step)
    new: list[Changes] = []
    counts = [
        asked(database, lambda some=some: new.append(draft_follow_ups(database, sandbox, some)))
        for some in (few, many)
    ]
    assert counts[0] == counts[1]
    with database.read() as session:
        told = session.scalars(
            select(LetterEvent.detail)
            .join(Letter, Letter.id == LetterEvent.letter_id)
            .where(Letter.reference.in_(many), LetterEvent.kind == "followed_up")
            .order_by(Letter.id)
        ).all()
    assert [x.text("references") for x in told if x is not None] == list(new[1].refs)


def test_the_same_letters_come_of_a_plan_however_many_are_rendered_in_one_trip(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipients = add_recipients(database, 23)
    together = plan(database, sandbox, recipients)
    for at_once in (1, 7):
        monkeypatch.setattr(planning, "TEXTS_AT_ONCE", at_once)
        assert plan(database, sandbox, recipients) == together
    alone = [plan(database, sandbox, [one]).letters[0] for one in recipients]
    assert tuple(alone) == together.letters


def test_a_letter_that_cannot_be_made_is_the_last_of_its_trip_and_the_next_trip_is_not_disturbed() -> None:
    parts = {"body": "{{ recipient.name }} {% if recipient.bad %}{{ recipient.nothing }}{% endif %}"}

    def each(bad: int) -> list[dict[str, Any]]:
        return [{"recipient": {"name": f"N{n}", "bad": n == bad}} for n in range(20)]

    with TemplateSandbox() as own:
        with pytest.raises(TemplateError, match="nothing"):
            own.render_each("t", parts, {"facts": {}}, each(3))
        made = own.render_each("t", parts, {"facts": {}}, each(-1))
    assert [m.parts["body"].strip() for m in made] == [f"N{n}" for n in range(20)]


def test_a_template_that_lingers_is_stopped_within_one_trip_too() -> None:
    lingering = {"body": "{% for i in range(99999) %}{% set a = i %}{% endfor %}" * 40}
    with TemplateSandbox() as own, pytest.raises(TemplateError, match="never ends"):
        own.render_each("t", lingering, {"facts": {}}, [{}] * 1_000)
    with TemplateSandbox() as own:
        assert own.render("t", {"body": "fine"}, {"facts": {}}).parts == {"body": "fine"}


def test_the_text_of_one_trip_has_the_limit_of_its_command() -> None:
    many = int(sandbox_module.CHARACTERS / 190_000) + 20
    with TemplateSandbox() as own, pytest.raises(TemplateError, match="room"):
        own.render_each("t", {"body": "{{ 'x' * 190000 }}"}, {"facts": {}}, [{}] * many)


def stopped_after(parts: int) -> Callable[[int, int], bool]:
    """Progress that stops before what follows so many units of writing."""
    seen: list[int] = []

    def progress(done: int, total: int) -> bool:
        if done and done not in seen:
            seen.append(done)
        return len(seen) < parts

    return progress


def test_drafting_can_be_stopped_between_parts_and_says_how_many_letters_are_drafted(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "DRAFTED_AT_ONCE", 10)
    planned = plan(database, sandbox, add_recipients(database, 35))
    with pytest.raises(CancelledError, match="nothing was written"):
        draft_in_chunks(database, planned, progress=lambda done, total: False)
    changes = draft_in_chunks(database, planned, progress=stopped_after(2))
    assert changes.message == "20 of 35 letters drafted; stopped."
    with database.read() as session:
        letters = find_letters(session, changes.refs)
        assert [x.subject for x in letters] == [x.subject for x in planned.letters[:20]]
    assert check(database) == []


def test_what_goes_wrong_after_the_first_part_of_drafting_is_told_with_what_was_written(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "DRAFTED_AT_ONCE", 10)
    planned = plan(database, sandbox, add_recipients(database, 15))

    def delete_one(done: int, total: int) -> bool:
        if done == 10:
            with database.write() as session:
                used = planned.letters[-1].uses[0][0]
                assert used.key in {f.key for f in facts_for(session, "magnitsky")}
                delete_fact(session, used.key)
        return True

    changes = draft_in_chunks(database, planned, progress=delete_one)
    assert len(changes.refs) == 10
    assert changes.message.startswith("10 of 15 letters drafted. Of the others nothing was written: ")
    assert changes.is_cut_short
    assert "was deleted while the letters were made" in changes.message


def test_one_letter_that_cannot_be_approved_keeps_all_of_a_large_set_from_being_approved(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_sets, "AT_ONCE", 10)
    references = drafts(database, sandbox, 35)
    with database.write() as session:
        edit_letter(session, references[-2], subject="S", salutation="D", body="[TODO]", close="Y")
    with pytest.raises(NotAllowedError, match=f"{references[-2]} still holds the placeholder"):
        write_in_chunks(database, references, approving())
    with database.read() as session:
        assert {x.status for x in find_letters(session, references)} == {LetterStatus.DRAFT}


def test_approving_can_be_stopped_between_parts_and_what_is_approved_stays(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_sets, "AT_ONCE", 10)
    references = drafts(database, sandbox, 35)
    with pytest.raises(CancelledError):
        write_in_chunks(database, references, approving(), progress=lambda done, total: False)
    changes = write_in_chunks(database, references, approving(), progress=stopped_after(2))
    assert changes.message == "20 of 35 letters approved; stopped." and not changes.is_cut_short
    assert list(changes.refs) == references[:20]
    with database.read() as session:
        found = [x.status is LetterStatus.APPROVED for x in find_letters(session, references)]
    assert found == [True] * 20 + [False] * 15
    assert write_in_chunks(database, references[20:], approving()).message == "15 letters approved."
    assert check(database) == []


def test_a_letter_that_somebody_withdraws_meanwhile_ends_a_large_set_and_is_named(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_sets, "AT_ONCE", 10)
    references = drafts(database, sandbox, 25)

    def withdraw_one(done: int, total: int) -> bool:
        if done == 10:
            write_in_chunks(database, references[-1:], withdrawing())
        return True

    changes = write_in_chunks(database, references, approving(), progress=withdraw_one)
    assert list(changes.refs) == references[:20]
    assert changes.message.startswith("20 of 25 letters approved. The others were left as they are: ")
    assert references[-1] in changes.message


@pytest.mark.parametrize("failing", [1, 2])
def test_a_part_that_could_not_be_committed_is_not_told_as_done(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    monkeypatch.setattr(large_sets, "AT_ONCE", 10)
    references = drafts(database, sandbox, 20)
    ends = count(1)
    settle = letter_rows.settle_session

    def fill_the_disk(session: Session) -> None:
        settle(session)
        if next(ends) == failing:
            raise DiskFullError("The disk is full.")

    monkeypatch.setattr(letter_rows, "settle_session", fill_the_disk)
    if failing == 1:
        with pytest.raises(DiskFullError):
            write_in_chunks(database, references, approving())
    else:
        changes = write_in_chunks(database, references, approving())
        assert list(changes.refs) == references[:10]
        assert changes.message.startswith("10 of 20 letters approved. The others were left as they are: ")
        assert changes.is_cut_short
        with pytest.raises(typer.Exit):
            say_steps(changes, references)
    with database.read() as session:
        found = [x.status is LetterStatus.APPROVED for x in find_letters(session, references)]
    assert found == [True] * 10 * (failing - 1) + [False] * 10 * (3 - failing)


def test_follow_ups_can_be_stopped_between_parts(
    database: Database, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (large_sets, following_up):
        monkeypatch.setattr(module, "AT_ONCE", 10)
    references = drafts(database, sandbox, 25)
    for step in (approving(), marking_sent(by=Channel.POST, on=DAY)):
        write_in_chunks(database, references, step)
    writing = stopped_after(1)
    with database.read() as session:
        planned = following_up.plan_follow_ups(session, sandbox, references)
    monkeypatch.setattr(following_up, "plan_follow_ups", lambda *a, **k: planned)
    changes = draft_follow_ups(database, sandbox, references, progress=writing)
    assert changes.message == "10 of 25 letters followed up; stopped."
    with database.read() as session:
        assert [x.template for x in find_letters(session, changes.refs)] == ["follow-up"] * 10


def test_following_up_in_the_terminal_has_failed_if_some_letters_were_left(
    database: Database,
    sandbox: TemplateSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for module in (large_sets, following_up):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    references = drafts(database, sandbox, 3)
    for step in (approving(), marking_sent(by=Channel.POST, on=DAY)):
        write_in_chunks(database, references, step)
    draft_next, calls = following_up.draft_next, count(1)

    def one_goes_wrong(*given: Any, **more: Any) -> Changes:
        if next(calls) == 2:
            raise NotAllowedError("An answer came meanwhile.")
        return draft_next(*given, **more)

    command = ["--database", database.location, "letters", "follow-up", *references]
    with monkeypatch.context() as patch:
        patch.setattr(following_up, "draft_next", one_goes_wrong)
        assert main(command) == 1
    assert capsys.readouterr().out.startswith("2 of 3 letters followed up. The others were left as they are")
    assert main(command) == 0


def test_a_call_on_a_session_still_does_all_or_nothing(database: Database, sandbox: TemplateSandbox) -> None:
    references = drafts(database, sandbox, 12)
    with database.write() as session:
        approve_letters(session, references[:1])
    with pytest.raises(NotAllowedError), database.write() as session:
        approve_letters(session, references)
    with pytest.raises(NotFoundError), database.write() as session:
        approve_letters(session, [*references[1:], "MAG-9999"])
    with database.read() as session:
        assert [x.status is LetterStatus.APPROVED for x in find_letters(session, references)].count(True) == 1


def test_letters_with_an_answer_and_without_one_are_opened_again_together(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, 4)
    for step in (approving(), marking_sent(by=Channel.POST, on=DAY), closing(), undoing_close()):
        write_in_chunks(database, references, step)
    with database.write() as session:
        take = queueing()
        with pytest.raises(NotAllowedError):
            take.refuse(session, references)
        with pytest.raises(NotAllowedError):
            take_back(session, references)


def test_taking_back_the_last_step_asks_the_database_as_often_for_a_hundred_letters_as_for_ten(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, 2 * (MANY + FEW))
    half = MANY + FEW
    write_in_chunks(database, references, approving())
    write_in_chunks(database, references[:half], marking_sent(by=Channel.POST, on=DAY))
    write_in_chunks(database, references[half:], withdrawing())

    def take_back_of(count: int, start: int) -> None:
        some = [*references[start : start + count], *references[half + start : half + start + count]]
        with database.write() as session:
            told = undo_last_steps(session, some).message.splitlines()
        assert [line.split(":")[0] for line in told] == some
        assert all("it is approved." in line for line in told)

    assert asked(database, lambda: take_back_of(FEW, 0)) == asked(database, lambda: take_back_of(MANY, FEW))
    assert check(database) == []


def test_a_command_that_leaves_some_of_its_letters_as_they_are_has_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = Changes(frozenset({"letters"}), "1 of 2 letters approved; stopped.", ("MAG-0006",))
    say_steps(changes, ["mag-0006"])
    with pytest.raises(typer.Exit) as left:
        say_steps(changes, ["MAG-0006", "MAG-0007"])
    assert left.value.exit_code == 1
    assert capsys.readouterr().out.count("stopped.") == 2


# Memory


def with_long_texts(database: Database, sandbox: TemplateSandbox, count: int) -> list[str]:
    references = drafts(database, sandbox, count)
    with database.write() as session:
        for reference in references:
            text = f"Text of {reference}. " + "We write to you again. " * 800
            edit_letter(session, reference, subject="S", salutation="Dear", body=text, close="Yours")
    return references


def test_exporting_keeps_no_more_texts_in_memory_for_five_hundred_letters_than_for_a_hundred(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    references = with_long_texts(database, sandbox, 500)

    def tidy(done: int, total: int) -> bool:
        if done % 25 == 0:
            gc.collect()  # what is not collected yet is no matter of the export's
        return True

    def peak(some: Sequence[str]) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            with database.read() as session:
                assert len(export_letters(session, some, ["txt"], tmp_path, progress=tidy)) == len(some)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(references[:10])
    few, many = peak(references[:150]), peak(references)
    size = len(f"Text of {references[0]}. " + "We write to you again. " * 800)
    assert many - few < 350 * size / 4


def test_exported_and_printed_letters_are_those_named_in_the_order_given(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_parts, "AT_ONCE", 3)
    references = drafts(database, sandbox, 11)[::-1]
    with database.write() as session:
        approve_letters(session, references)
    with database.read() as session:
        paths = export_letters(session, references, ["txt", "eml"], tmp_path)
        seen: list[int] = []
        batch = print_batch(session, references, progress=lambda done, total: seen.append(done) or True)
    assert [p.name.split()[0] for p in paths[::2]] == references
    assert all(reference in p.read_text("utf-8") for p, reference in zip(paths[::2], references, strict=True))
    assert batch.pages >= 11
    assert seen == list(range(12))


# Incoming mail


class Server:
    """A mailbox of two batches, which says when the second one was asked for."""

    def __init__(self, references: Sequence[str]) -> None:
        self.second = threading.Event()
        self._references = references

    def fetch_new(self, place: Place | None, since: date | None = None) -> Iterator[Batch]:
        for number, reference in enumerate(self._references, start=1):
            if number == 2:
                self.second.set()
            raw = message("Yes.", subject=f"Re: [{reference}]", message_id=f"<{number}@server>")
            yield Batch(Place(7, number), (Fetched(number, raw, None),), number, len(self._references))


def test_mail_is_fetched_while_the_batch_before_is_filed_and_what_is_not_filed_stays_on_the_server(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, 2)
    for step in (approving(), marking_sent(by=Channel.POST, on=DAY)):
        write_in_chunks(database, references, step)
    server = Server(references)

    def stop(done: int, total: int) -> bool:
        return not server.second.wait(60)

    def fetch(progress: Callable[[int, int], bool]) -> int:
        report = fetch_mail(database, server, account="a", folder="INBOX", today=DAY, progress=progress)
        return report.answers

    assert fetch(stop) == 1
    assert server.second.is_set()
    with database.read() as session:
        assert session.scalars(select(MailboxPlace.last_uid)).all() == [1]
    assert fetch(lambda done, total: True) == 1
    with database.read() as session:
        assert session.scalars(select(MailboxPlace.last_uid)).all() == [2]


ADDRESSES = (
    "a@x.example",
    "A@X.example",
    "b@x.example",
    "c@y.example",
    "Ä@z.example",
    "d@gmail.com",
    "no address",
)


def scramble(database: Database, references: Sequence[str], chance: random.Random) -> None:
    """Give letters addresses, attempts to send and states at random, as years of work might leave them."""
    with database.write() as session:
        letters = find_letters(session, references)
        for letter in letters:
            person = session.get_one(Person, letter.person_id)
            session.execute(delete(ContactDetail).where(ContactDetail.person_id == person.id))
            for _ in range(chance.randint(0, 2)):
                session.add(ContactDetail(person_id=person.id, type="email", value=chance.choice(ADDRESSES)))
            for _ in range(chance.randint(0, 2)):
                session.add(
                    Dispatch(
                        letter_id=letter.id,
                        channel=Channel.EMAIL,
                        outcome=chance.choice(list(DispatchOutcome)),
                        dispatched_on=DAY,
                        recorded_at=now(),
                        to_address=chance.choice(("", *ADDRESSES)),
                        message_id=chance.choice(("", "<One@X.example>", "two@x.example", "<THREE@y>")),
                    )
                )


def some_clues(references: Sequence[str]) -> st.SearchStrategy[Clues]:
    ids = st.sampled_from(
        ["<one@x.example>", "ONE@x.example", "two@X.example", "<three@Y>", "<four@z>", "<>"]
    )
    words = st.lists(st.sampled_from([*references, "MAG-9999", "we write", "XYZ-0001"]), max_size=3).map(
        " ".join
    )
    addresses = st.sampled_from([*ADDRESSES, "ä@z.example", "e@x.example", "f@Y.example", "g@gmail.com", ""])
    return st.builds(
        Clues,
        thread=st.lists(ids, max_size=2).map(tuple),
        subject=words,
        quoted=words,
        from_address=addresses,
        on=st.integers(-5, 40).map(lambda n: DAY + timedelta(days=n)),
        returned_ids=st.lists(ids, max_size=1).map(tuple),
        returned_addresses=st.lists(addresses, max_size=1).map(tuple),
    )


def test_letters_found_by_indexes_are_those_found_among_all_letters(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, 24)
    write_in_chunks(database, references[:20], approving())
    write_in_chunks(database, references[:12], marking_sent(by=Channel.POST, on=DAY))
    write_in_chunks(database, references[:3], closing())
    scramble(database, references, random.Random(12))
    with database.read() as session:
        everything = Matcher(candidates(session, None))

        @settings(max_examples=150, deadline=None)
        @given(st.lists(some_clues(references), min_size=1, max_size=6))
        def same(clues: list[Clues]) -> None:
            expected: list[Match] = [everything.match(one) for one in clues]
            assert LetterFinder().matches(session, clues) == expected

        same()
        assert own_message_ids(session, ["<ONE@x.example>", "two@x.example", "<five@x>", ""]) <= {
            "<one@x.example>",
            "two@x.example",
        }


def test_matching_asks_the_database_as_often_for_a_hundred_messages_as_for_ten(
    database: Database, sandbox: TemplateSandbox
) -> None:
    references = drafts(database, sandbox, MANY)
    write_in_chunks(database, references, approving())
    with database.write() as session:
        mark_sent(session, references, by=Channel.POST, on=DAY)
        session.execute(update(Dispatch).values(message_id="<" + "x@y>"))
    clues = [
        Clues(("<x@y>",), f"Re: [{reference}]", "", f"q{n}@nowhere.example", DAY)
        for n, reference in enumerate(references)
    ]

    def match(some: Sequence[Clues]) -> None:
        with database.read() as session:
            assert len(LetterFinder().matches(session, some)) == len(some)

    assert asked(database, lambda: match(clues[:FEW])) == asked(database, lambda: match(clues))


def test_looking_for_the_letters_of_a_message_reads_no_table_as_a_whole(database: Database) -> None:
    clues = [Clues(("<a@b>",), "Re: MAG-0001", "", "a@x.example", DAY)]
    with statements_of(database) as statements, database.read() as session:
        LetterFinder().matches(session, clues)
    with database.read() as session:
        raw: Any = session.connection().connection.driver_connection
        for statement in (s for s in statements if s.lstrip().startswith("SELECT")):
            plan_of_it = raw.execute(f"EXPLAIN QUERY PLAN {statement}", ["a"] * statement.count("?"))
            scans = [row[3] for row in plan_of_it.fetchall() if row[3].startswith("SCAN")]
            assert scans == [], statement
