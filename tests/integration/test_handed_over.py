"""What has been handed over is recorded, however long another program holds the
database and whatever ends this one.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as driver
from sqlalchemy.orm import Session

from outreach.cases.campaigns import campaigns_list
from outreach.cli.main import main
from outreach.desk.letter_table import letter_detail, tracker_rows
from outreach.directory.editing import PersonEntry, save_person
from outreach.domain.states import Channel, LetterStatus
from outreach.errors import DatabaseBusyError, DiskFullError, ExportError, NotAllowedError, UsageError
from outreach.letters.exports import SendingMessage
from outreach.letters.ledger import approve_letters, edit_letter, find_letter, reopen_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail import outcomes, sending
from outreach.mail.outbox import (
    outbox,
    queue_letters,
    settle,
    take_back,
    waiting,
)
from outreach.mail.outcomes import catch_up, kept_outcomes
from outreach.mail.sending import send_queued
from outreach.mail.transport import Envelope, NotSentError, UncertainError
from outreach.packs import exports
from outreach.packs.exports import export_pack, pack_exports
from outreach.packs.options import PackOptions
from outreach.store import sqlite_files
from outreach.store.database import Database, open_database
from outreach.store.models import Dispatch, Letter
from outreach.store.types import now
from outreach.words import notice_in_words
from tests.factories import DAY
from tests.integration.test_mail import FROM, reachable, status


class OtherProgram:
    """Holds the database locked for writing, from take to release."""

    def __init__(self, path: Path) -> None:
        self._line = driver.connect(str(path), isolation_level=None, check_same_thread=False)
        self.holds = False

    def take(self) -> None:
        if not self.holds:
            self._line.execute("BEGIN IMMEDIATE")
            self.holds = True

    def release(self) -> None:
        if self.holds:
            self._line.execute("ROLLBACK")
            self.holds = False

    def close(self) -> None:
        self.release()
        self._line.close()


@pytest.fixture(scope="session")
def outbox_file(
    sample_file: Path, sandbox: TemplateSandbox, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A database with ten letters in the outbox; tests work on copies of it."""
    path = Path(shutil.copy(sample_file, tmp_path_factory.mktemp("ten") / "outreach.db"))
    database = open_database(path)
    references: list[str] = []
    while len(references) < 10:
        references += reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    database.close()
    return path


@pytest.fixture
def impatient(outbox_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Ten letters in the outbox of a database that says it is locked after a
    moment instead of after five seconds.
    """
    monkeypatch.setattr(sqlite_files, "BUSY_TIMEOUT_SECONDS", 0.02)
    database = open_database(shutil.copy(outbox_file, tmp_path / "outreach.db"))
    yield database
    database.close()


@pytest.fixture
def other(impatient: Database) -> Iterator[OtherProgram]:
    assert impatient.path is not None
    program = OtherProgram(impatient.path)
    yield program
    program.close()


class Post:
    """Takes letters, and lets another program take the database as soon as it has one.

    error: raised instead.
    """

    may_have_gone = False

    def __init__(self, other: OtherProgram, error: Exception | None = None) -> None:
        self._other, self._error = other, error
        self.taken: list[str] = []

    def send(self, envelope: Envelope) -> str:
        self._other.take()
        self.taken.append(envelope.to_address)
        if self._error is not None:
            raise self._error
        return "250 queued"

    def close(self) -> None:
        pass


class Patience:
    """Progress that is asked while sending waits.

    lasts: how often, before the other program lets go; stops: say to stop instead.
    """

    def __init__(self, other: OtherProgram, *, lasts: int = 3, stops: bool = False) -> None:
        self._other, self._lasts, self._stops = other, lasts, stops
        self.asked = 0

    def __call__(self, done: int, total: int) -> bool:
        if not self._other.holds:
            return True
        self.asked += 1
        if self.asked % self._lasts == 0:
            self._other.release()
        return not self._stops


def send(database: Database, post: Post, **more: object) -> list[str]:
    results = send_queued(
        database, post, on=DAY, from_address=FROM, per_minute=0, wait=lambda s: None, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return [r.outcome for r in results]


def standing(database: Database) -> list[tuple[str, bool]]:
    with database.read() as session:
        rows = tracker_rows(session, campaigns_list(session)[0])
    return [(r.status.value, r.is_uncertain) for r in rows if r.origin == "own"]


def test_letters_handed_over_while_another_program_writes_are_sent_and_none_is_uncertain(
    impatient: Database, other: OtherProgram
) -> None:
    post, said = Post(other), []  # type: ignore[var-annotated]
    patience = Patience(other)
    assert send(impatient, post, progress=patience, say=said.append) == ["sent"] * 10
    assert patience.asked >= 30, "each record waited"
    assert "another program" in said[0] and len(said) == 10
    assert standing(impatient) == [("sent", False)] * 10
    assert len(post.taken) == 10 and kept_outcomes(impatient.path) == ()


@pytest.mark.parametrize(
    ("error", "outcome", "state"),
    [
        (NotSentError("550 nobody", is_temporary=False), "failed", ("failed", False)),
        (NotSentError("451 later", is_temporary=True), "deferred", ("queued", False)),
        (UncertainError("lost"), "uncertain", ("queued", True)),
    ],
)
def test_what_was_refused_while_another_program_writes_is_recorded_as_refused(
    impatient: Database, other: OtherProgram, error: Exception, outcome: str, state: tuple[str, bool]
) -> None:
    assert send(impatient, Post(other, error), progress=Patience(other)) == [outcome] * 10
    assert standing(impatient) == [state] * 10
    with impatient.read() as session:
        assert {(r.outcome, notice_in_words(r.detail)) for r in outbox(session)} == {(outcome, str(error))}


def test_stopping_while_another_program_writes_drops_nothing(
    impatient: Database, other: OtherProgram
) -> None:
    post = Post(other)
    results = send_queued(
        impatient, post, on=DAY, from_address=FROM, per_minute=0,
        progress=Patience(other, lasts=99, stops=True)
    )  # fmt: skip
    assert [(r.outcome, r.is_recorded) for r in results] == [("sent", False)]
    assert "noted beside the database" in results[0].detail
    # Still held: nobody is told that it is uncertain.
    with impatient.read() as session:
        assert [r.outcome for r in outbox(session)] == ["waiting"] * 9
    assert catch_up(impatient) == 1
    other.release()
    assert catch_up(impatient) == 0
    assert sorted(standing(impatient)) == [("queued", False)] * 9 + [("sent", False)]
    with impatient.read() as session:
        events = [e.kind for e in letter_detail(session, campaigns_list(session)[0], "MAG-0006").events]
    assert events == ["drafted", "approved", "queued", "sent"]
    assert catch_up(impatient) == 0, "it is recorded once"
    assert send(impatient, post, progress=Patience(other)) == ["sent"] * 9
    assert len(post.taken) == 10


def test_stopping_before_a_letter_is_claimed_hands_nothing_over(
    impatient: Database, other: OtherProgram
) -> None:
    post = Post(other)
    other.take()
    answers = iter([True, True, False])
    assert send(impatient, post, progress=lambda done, total: next(answers, False)) == []
    assert post.taken == []
    other.release()
    assert standing(impatient) == [("queued", False)] * 10


def test_where_nothing_can_be_kept_beside_the_database_stopping_waits_until_it_is_recorded(
    impatient: Database, other: OtherProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Path:
        raise DiskFullError("full")

    monkeypatch.setattr(outcomes, "write_file", full)
    patience = Patience(other, lasts=5, stops=True)
    results = send_queued(
        impatient, Post(other), on=DAY, from_address=FROM, per_minute=0, progress=patience,
        wait=lambda s: None
    )  # fmt: skip
    assert {(r.outcome, r.is_recorded) for r in results} == {("sent", True)}
    assert patience.asked == 5 * len(results)
    assert standing(impatient).count(("sent", False)) == len(results)


def test_a_user_s_guess_gives_way_to_what_the_server_said(impatient: Database, other: OtherProgram) -> None:
    send(impatient, Post(other), progress=Patience(other, lasts=99, stops=True))
    kept = kept_outcomes(impatient.path)
    (kept[0][0]).rename(impatient.path.with_name("aside"))  # type: ignore[union-attr]
    other.release()
    with impatient.write() as session:
        settle(session, "MAG-0006", was_sent=False)
    assert status(impatient, "MAG-0006") is LetterStatus.QUEUED
    impatient.path.with_name("aside").rename(kept[0][0])  # type: ignore[union-attr]
    assert catch_up(impatient) == 0
    assert status(impatient, "MAG-0006") is LetterStatus.SENT


@pytest.mark.parametrize("step", [settle, take_back, queue_letters])
def test_no_step_is_taken_on_a_letter_whose_outcome_lies_beside_the_database(
    impatient: Database, other: OtherProgram, step: object
) -> None:
    send(impatient, Post(other), progress=Patience(other, lasts=99, stops=True))
    other.release()
    with pytest.raises(NotAllowedError, match="sent"), impatient.write() as session:
        if step is settle:
            settle(session, "MAG-0006", was_sent=False)
        else:
            step(session, ["MAG-0006"])  # type: ignore[operator]
    assert len(kept_outcomes(impatient.path)) == 1, "what was undone is still there to be recorded"
    with impatient.write() as session:
        take_back(session, ["MAG-0007"])
    assert status(impatient, "MAG-0006") is LetterStatus.SENT
    assert kept_outcomes(impatient.path) == (), "what was kept with another step goes"


def test_outcomes_of_another_database_or_of_no_sense_are_left_alone(
    impatient: Database, other: OtherProgram
) -> None:
    send(impatient, Post(other), progress=Patience(other, lasts=99, stops=True))
    other.release()
    file, said = kept_outcomes(impatient.path)[0]
    values = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**values, "claimed_at": "2001-01-01T00:00:00+00:00"}), encoding="utf-8")
    assert impatient.path is not None
    for number, content in enumerate((b"", b"{", b"[]", b'{"key": 1}', b"\xff\xfe")):
        impatient.path.with_name(f"outreach.db-outcome-{number}-x").write_bytes(content)
    assert catch_up(impatient) == 0
    assert standing(impatient).count(("queued", True)) == 1
    assert file.exists() and kept_outcomes(impatient.path)[0][1].key == said.key


SENDER = """
import sys
from datetime import date
from pathlib import Path
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.store import sqlite_files
from outreach.store.database import open_database
sqlite_files.BUSY_TIMEOUT_SECONDS = 0.05
database = open_database(Path(sys.argv[1]))
class Post:
    may_have_gone = False
    def send(self, envelope):
        print("handed over", flush=True)
        sys.stdin.readline()
        return "250 queued"
    def close(self): pass
send_queued(database, Post(), on=date(2011, 1, 26), from_address="office@example.org", per_minute=0,
    wait=lambda s: None, say=lambda words: print(words, flush=True))
"""


def test_a_letter_handed_over_before_the_program_was_killed_is_sent_at_the_next_look(
    impatient: Database, other: OtherProgram, capsys: pytest.CaptureFixture[str]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(impatient.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        encoding="utf-8"
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == "handed over\n"
    other.take()
    process.stdin.write("go\n")
    process.stdin.flush()
    assert "another program" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    process.stdin.close()
    process.stdout.close()
    with impatient.read() as session:
        assert [r.outcome for r in outbox(session)] == ["waiting"] * 9
    other.release()
    assert main(["--database", str(impatient.path), "mail", "outbox", "--format", "csv"]) == 0
    assert "uncertain" not in capsys.readouterr().out
    assert sorted(standing(impatient)) == [("queued", False)] * 9 + [("sent", False)]
    assert kept_outcomes(impatient.path) == ()


def test_the_next_sending_records_first_what_was_left_and_sends_it_no_second_time(
    impatient: Database, other: OtherProgram
) -> None:
    send(impatient, Post(other), progress=Patience(other, lasts=99, stops=True))
    other.release()
    post = Post(other)
    assert send(impatient, post, progress=Patience(other)) == ["sent"] * 9
    assert len(post.taken) == 9 and standing(impatient) == [("sent", False)] * 10


def test_a_letter_that_cannot_be_made_into_a_message_fails_alone(
    impatient: Database, other: OtherProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = sending.sending_message

    def broken(session: object, letter: object, **more: object) -> object:
        if more.get("sent_at") is not None and letter.reference == "MAG-0006":  # type: ignore[attr-defined]
            raise KeyError("no such thing")
        return honest(session, letter, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "sending_message", broken)
    assert send(impatient, Post(other), progress=Patience(other)) == ["failed"] + ["sent"] * 9
    with impatient.read() as session:
        (row,) = outbox(session)
        assert waiting(session) == ()
    assert row.outcome == "failed" and "could not be made into a message" in notice_in_words(row.detail)


def test_a_sender_s_address_that_is_none_stops_before_anything_is_claimed(
    impatient: Database, other: OtherProgram
) -> None:
    with pytest.raises(UsageError, match="is not an e-mail address"):
        send_queued(impatient, Post(other), on=DAY, from_address="office@example.org\r\nBcc: x@y.org")
    assert standing(impatient) == [("queued", False)] * 10


BRIEF = PackOptions(sections=("summary",))


def test_a_pack_is_written_and_noted_once_another_program_has_finished(
    impatient: Database, other: OtherProgram, tmp_path: Path
) -> None:
    target, said = tmp_path / "p.html", []  # type: ignore[var-annotated]
    answers = []

    def progress(done: int, total: int) -> bool:
        if done == 2 and not answers:
            other.take()
        elif other.holds:
            assert not target.exists(), "nothing is given away that is not on file"
            other.release()
        answers.append(done)
        return True

    export_pack(
        impatient, "magnitsky", target, options=BRIEF, given_to="A", progress=progress, say=said.append
    )
    with impatient.read() as session:
        assert [e.given_to for e in pack_exports(session)] == ["A"]
    assert target.exists()


def test_a_pack_that_cannot_be_noted_or_written_leaves_neither_file_nor_note(
    impatient: Database, other: OtherProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "p.html"
    target.write_text("the former one", encoding="utf-8")

    def progress(done: int, total: int) -> bool:
        is_asked_again = other.holds
        if done == 2:
            other.take()
        return not is_asked_again

    with pytest.raises(DatabaseBusyError):
        export_pack(impatient, "magnitsky", target, options=BRIEF, progress=progress)
    other.release()

    def full(*_: object) -> Path:
        raise ExportError("no room")

    monkeypatch.setattr(exports, "write_file", full)
    with pytest.raises(ExportError):
        export_pack(impatient, "magnitsky", target, options=BRIEF)
    assert target.read_text(encoding="utf-8") == "the former one"
    with impatient.read() as session:
        assert pack_exports(session) == ()


def test_a_letter_that_may_have_gone_is_never_a_draft_again(impatient: Database) -> None:
    """Somebody says that it did not go out, while a slow server has it: the
    text that may have gone is kept.
    """
    with impatient.write() as session:
        letter = find_letter(session, "MAG-0006")
        session.add(
            Dispatch(
                letter_id=letter.id, channel=Channel.EMAIL, outcome="started",
                dispatched_on=date(2011, 1, 26),
                recorded_at=now(), to_address="may@example.org", message_id="<x@example.org>",
            )
        )  # fmt: skip
        session.flush()
        settle(session, "MAG-0006", was_sent=False)
        take_back(session, ["MAG-0006"])
    with pytest.raises(NotAllowedError, match="handed over once"), impatient.write() as session:
        reopen_letters(session, ["MAG-0006"])


class Collecting:
    """Takes letters. sent: whole."""

    may_have_gone = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, envelope: Envelope) -> str:
        self.sent.append(envelope.message)
        return "250 queued"

    def close(self) -> None:
        pass


def changing(database: Database, change: Callable[[Session, str], object]) -> Callable[..., SendingMessage]:
    """What makes messages, and after each somebody else changes the letter that it is of."""
    make = sending.sending_message

    def made(session: Session, letter: Letter, **more: Any) -> SendingMessage:
        message = make(session, letter, **more)
        if more.get("sent_at"):
            with database.write() as other:
                change(other, letter.reference)
        return message

    return made


def rewritten(session: Session, reference: str) -> None:
    take_back(session, [reference])
    reopen_letters(session, [reference])
    edit_letter(session, reference, subject="S", salutation="Dear Minister", body="Other words.", close="Y")
    approve_letters(session, [reference])
    queue_letters(session, [reference])


def moved(session: Session, reference: str) -> None:
    save_person(
        session, PersonEntry("T", "M", "", "", "", "", "", (("email", "new@example.org"),)), "theresa-may"
    )


@pytest.mark.parametrize("change", [rewritten, moved])
def test_a_letter_that_was_changed_after_its_message_was_made_does_not_go_as_it_was_and_that_is_told(
    database: Database,
    sandbox: TemplateSandbox,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Session, str], None],
) -> None:
    (reference,) = reachable(database, sandbox, "Theresa May")
    with database.write() as session:
        queue_letters(session, [reference])
    post = Collecting()
    with monkeypatch.context() as patch:
        patch.setattr(sending, "sending_message", changing(database, change))
        (result,) = send_queued(database, post, on=DAY, from_address=FROM)
    assert (result.outcome, result.needs_word) == ("skipped", True) and "just been changed" in result.detail
    assert post.sent == [] and status(database, reference) is LetterStatus.QUEUED
    (result,) = send_queued(database, post, on=DAY, from_address=FROM)
    assert (result.outcome, result.needs_word, len(post.sent)) == ("sent", False, 1)
