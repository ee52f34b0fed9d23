"""What is told to users is kept as a code and worded above.

What former releases kept as English reads as it did.
"""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.cli.main import main
from outreach.domain.notice import Code, Notice, free_text, notice, read_notice
from outreach.errors import UsageError
from outreach.messages.kind import kind_of
from outreach.messages.parse import tolerant_message
from outreach.store.database import check, open_database
from outreach.store.models import Dispatch, LetterEvent, Message
from outreach.ui.operations.answers import answer_in_file
from outreach.words import notice_in_words
from tests.messages import AUTOMATIC, BOUNCES

DATABASES = sorted((Path(__file__).parents[1] / "databases").glob("*.db"))
FORMER = next(p for p in DATABASES if p.stem == "0006")
SENTENCES = [
    ("drafted", "From the template uk-entry-ban.", Code.FROM_TEMPLATE),
    ("approved", "SHA-256 " + "a1" * 32, Code.TEXT_HASH),
    ("approved", "SHA-256 none", Code.FREE_TEXT),
    ("sent", "by web form on 2 February 2011", Code.SENT_BY),
    ("sent", "by in person on 28 December 2010", Code.SENT_BY),
    ("sent", "by e-mail to may@example.org on 2 February 2011", Code.SENT_TO),
    ("sent", "by pigeon on 2 February 2011", Code.FREE_TEXT),
    ("sent", "by post on 31 February 2011", Code.FREE_TEXT),
    ("sent", "settled by a user: it went out", Code.SETTLED_AS_SENT),
    ("queued", "settled by a user: it did not go out", Code.SETTLED_AS_NOT_SENT),
    ("reply_received", "not classed yet, 3 March 2011", Code.ANSWER),
    ("reply_received", "agreed: Will “look” into it,\nhe said.", Code.ANSWER_REPORTED),
    ("reply_received", "thanks to all", Code.FREE_TEXT),
    (
        "reply_removed",
        "holding, 3 March 2011, from A, B and C, “Later, “perhaps”.”, promised: To meet",
        Code.ANSWER,
    ),
    ("reply_restored", "refused, 3 March 2011, “No\nnever”", Code.ANSWER),
    ("reply_edited", "before: agreed, 1 February 2011, from Her office, “We will.”", Code.ANSWER_BEFORE),
    ("reply_classed", "substantive", Code.ANSWER_KIND),
    ("reply_moved", "the answer belonged to another letter", Code.ANSWER_OF_ANOTHER),
    ("bounce_moved", "the report belonged to another letter", Code.BOUNCE_OF_ANOTHER),
    ("bounced", "The mail server reports that it could not be delivered (5.1.1). Address: a@b.org",
    Code.NOT_DELIVERED),
    ("bounced", "Said by hand.", Code.SAID_BY_HAND),
    ("bounced", "Somebody phoned. Address: unknown", Code.FREE_TEXT),
    ("delayed", "The mail server is still trying to deliver it.", Code.STILL_TRYING),
    ("delivered", "The mail server reports that it was delivered.", Code.WAS_DELIVERED),
    ("auto_reply", "Away, until 1 May 2011, 3 March 2011", Code.AUTOMATIC_ANSWER),
    ("auto_reply", "3 March 2011", Code.AUTOMATIC_ANSWER),
    ("followed_up", "MAG-0031", Code.NEXT_LETTERS),
    ("referral_drafted", "MAG-0031, MAG-0032", Code.NEXT_LETTERS),
    ("enclosed", "ruling of 2010.pdf", Code.FILE),
    ("taken_out", "a, b.txt", Code.FILE),
    ("withdrawn", "agreed, 3 March 2011", Code.FREE_TEXT),
    ("closed", '{"code": "file"}', Code.FREE_TEXT),
    ("failed", "550 5.1.1 No such user", Code.FREE_TEXT),
]  # fmt: skip


def words_in(path: Path) -> dict[str, list[str]]:
    """All that is told, as it is kept."""
    with closing(sqlite3.connect(path)) as plain:
        return {
            "letter_event": [x for (x,) in plain.execute("SELECT detail FROM letter_event ORDER BY id")],
            "dispatch": [x for (x,) in plain.execute("SELECT detail FROM dispatch ORDER BY id")],
        }


def told_in(path: Path) -> dict[str, list[Notice | None]]:
    """All that is told, once the database is brought up to date."""
    database = open_database(path)
    with database.read() as session:
        found = {
            "letter_event": list(session.scalars(select(LetterEvent.detail).order_by(LetterEvent.id))),
            "dispatch": list(session.scalars(select(Dispatch.detail).order_by(Dispatch.id))),
        }
    assert check(database) == []
    database.close()
    return found


@pytest.mark.parametrize("old", [p for p in DATABASES if p.stem < "0007"], ids=lambda p: p.stem)
def test_the_history_of_a_database_of_every_release_reads_as_it_did(old: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(old, tmp_path / "old.db"))
    before, after = words_in(path), told_in(path)
    assert {k: [notice_in_words(x) for x in found] for k, found in after.items()} == before
    kept = [x for x in after["letter_event"] if x is not None]
    assert {x.code for x in kept} >= {Code.FROM_TEMPLATE, Code.TEXT_HASH, Code.SENT_BY}


def test_every_sentence_that_a_release_wrote_becomes_its_code_and_all_others_stay_whole(
    tmp_path: Path,
) -> None:
    path = Path(shutil.copy(FORMER, tmp_path / "old.db"))
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.executemany(
            "INSERT INTO letter_event (letter_id, at, kind, by, from_status, to_status, detail)"
            " VALUES (6, '2011-02-01 10:00:00', ?, '', 'answered', 'answered', ?)",
            [(kind, said) for kind, said, _ in SENTENCES],
        )
    told = told_in(path)["letter_event"][-len(SENTENCES) :]
    assert [x and x.code for x in told] == [code for _, _, code in SENTENCES]
    assert [notice_in_words(x) for x in told] == [said for _, said, _ in SENTENCES]


@pytest.mark.parametrize(
    ("schema", "guard"),
    [
        ("0006", "letter_frozen"),
        ("0006", "letter_event_no_update"),
        ("0004", "letter_text_frozen"),
        ("0004", "letter_fact_frozen_update"),
    ],
)
def test_a_database_of_which_another_program_dropped_a_guard_is_still_brought_up_to_date(
    tmp_path: Path, schema: str, guard: str
) -> None:
    path = Path(shutil.copy(FORMER.with_stem(schema), tmp_path / "old.db"))
    before = words_in(path)
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute(f"DROP TRIGGER {guard}")
    after = told_in(path)
    assert {k: [notice_in_words(x) for x in found] for k, found in after.items()} == before


def test_days_that_the_first_release_wrote_as_numbers_are_worded_as_all_others(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMER, tmp_path / "old.db"))
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute(
            "INSERT INTO letter_event (letter_id, at, kind, by, from_status, to_status, detail)"
            " VALUES (6, '2011-02-01 10:00:00', 'sent', '', 'approved', 'sent', 'by post on 2011-02-01')"
        )
    assert notice_in_words(told_in(path)["letter_event"][-1]) == "by post on 1 February 2011"


def test_reasons_for_the_kind_of_a_message_and_of_attempts_to_send_become_codes(tmp_path: Path) -> None:
    path = Path(shutil.copy(FORMER, tmp_path / "old.db"))
    reasons = [
        "The mail server reports that it could not be delivered (5.1.1).",
        "Its subject says that it is automatic.",
        "It has the form of a mail system’s report.",
        "A reason of nobody’s.",
    ]
    with closing(sqlite3.connect(path)) as plain, plain:
        columns = [
            c[1]
            for c in plain.execute("PRAGMA table_info(message)")
            if c[1] not in {"id", "sha256", "nature_reason"}
        ]
        for number, reason in enumerate(reasons):
            plain.execute(
                f"INSERT INTO message ({', '.join(columns)}, sha256, nature_reason)"
                f" SELECT {', '.join(columns)}, ?, ? FROM message WHERE id = 1",
                (f"{number:064}", reason),
            )
            plain.execute("UPDATE dispatch SET detail = ? WHERE id = ?", (reason, number + 1))
    told = told_in(path)["dispatch"][: len(reasons)]
    database = open_database(path)
    with database.read() as session:
        kept = session.scalars(select(Message.nature_reason).where(Message.id > 1).order_by(Message.id)).all()
    database.close()
    assert told == kept
    assert [notice_in_words(x) for x in kept] == reasons
    assert [x and x.code for x in kept] == [
        Code.NOT_DELIVERED,
        Code.SUBJECT_SAYS_AUTOMATIC,
        Code.FORM_OF_REPORT,
        Code.FREE_TEXT,
    ]


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_words(code: Code) -> None:
    filled = notice(
        code, text="t", template="t", sha256="s", channel="post", on="2011-01-26", address="a@b.org",
        kind="agreed", subject="s", references="MAG-1", name="n",
    )  # fmt: skip
    words = notice_in_words(filled)
    assert len(words) > 0 and code.value not in words.split()
    assert not re.search(r"[{}]", words)


def test_every_reason_for_a_kind_is_a_code_that_has_words() -> None:
    reasons = [kind_of(tolerant_message(raw)).reason for raw in (*BOUNCES.values(), *AUTOMATIC.values())]
    assert len({x.code for x in reasons if x}) > 5
    assert all(notice_in_words(x).endswith(".") for x in reasons)


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_words_that_somebody_wrote_come_back_as_they_were(text: str) -> None:
    told = free_text(text)
    assert notice_in_words(told) == text
    assert told is None or read_notice(told.as_json()) == told
    # What another program, or a newer version, has put there is shown as it stands.
    assert notice_in_words(read_notice(text)) == text


def test_a_code_of_a_newer_version_is_shown_as_it_stands() -> None:
    newer = '{"code": "not known yet", "parameters": {}}'
    assert notice_in_words(read_notice(newer)) == newer


@pytest.mark.parametrize("raw", [BOUNCES["qmail"], *list(AUTOMATIC.values())[:2]])
def test_a_message_that_is_no_answer_is_refused_in_words_by_window_and_terminal(
    tmp_path: Path, raw: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := tmp_path / "it.eml").write_bytes(raw)
    why = f"it.eml is no answer. {notice_in_words(kind_of(tolerant_message(raw)).reason)} "
    with pytest.raises(UsageError, match=re.escape(why)):
        answer_in_file(file)
    main(["--database", str(tmp_path / "none.db"), "replies", "add", "MAG-0001", str(file)])
    assert why in capsys.readouterr().err
