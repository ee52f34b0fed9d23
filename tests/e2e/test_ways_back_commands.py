"""Ways back in the terminal: reopening letters, correcting answers, words that the window could not save."""

import json
from pathlib import Path

from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.unsaved import UnsavedText, keep_unsaved
from outreach.store.database import open_database
from tests import factories
from tests.terminal import ok, outreach


def test_letters_are_reopened_and_answers_corrected_and_removed(
    sample_path: Path, sandbox: TemplateSandbox
) -> None:
    database = open_database(sample_path)
    (ready,) = factories.approved(database, sandbox, "Theresa May")
    (gone,) = factories.sent(database, sandbox, "Chris Bryant")
    database.close()
    assert f"{ready} is a draft again." in ok("letters", "reopen", ready, database=sample_path)
    refused = outreach("letters", "reopen", gone, database=sample_path)
    assert refused.returncode == 1
    assert "write another letter" in refused.stderr
    nothing = outreach("replies", "add", gone, "--kind", "agreed", database=sample_path)
    assert nothing.returncode == 1
    assert "Say what came" in nothing.stderr
    assert outreach("replies", "add", gone, "--text", "Yes", database=sample_path).returncode == 2
    ok(
        "replies", "add", gone, "--kind", "agreed", "--text", "Yes, we will.", "--from", "His office",
        "--by", "post", "--on", "2011-02-01", "--promise", "To meet", database=sample_path,
    )  # fmt: skip
    rows = json.loads(ok("replies", "list", "--format", "json", database=sample_path))
    (answer,) = [r for r in rows if r["reference"] == gone]
    assert (answer["from_name"], answer["channel"], answer["text"]) == ("His office", "post", "Yes, we will.")
    number = str(answer["answer"])
    ok("replies", "edit", number, "--kind", "holding", "--text", "Later.", database=sample_path)
    shown = ok("letters", "show", gone, database=sample_path)
    assert "acknowledged" in shown.splitlines()[0]
    assert "from His office: holding. Later." in shown
    assert "removed" in ok("replies", "remove", number, database=sample_path)
    assert ok("letters", "show", gone, database=sample_path).splitlines()[0].split()[1] == "sent,"
    again = outreach("replies", "remove", number, database=sample_path)
    assert (again.returncode, "no such answer" in again.stderr) == (1, True)


def test_words_that_were_not_saved_are_listed_and_put_into_their_drafts(
    sample_path: Path, sandbox: TemplateSandbox
) -> None:
    database = open_database(sample_path)
    (draft,) = factories.drafted(database, sandbox, "Theresa May")
    (ready,) = factories.approved(database, sandbox, "Chris Bryant")
    database.close()
    keep_unsaved(
        str(sample_path),
        [
            UnsavedText(r, "Subject", "Dear", "Recovered words.", "Yours", "Full.", "w")
            for r in (draft, ready)
        ],
        "w",
    )
    listed = json.loads(ok("letters", "unsaved", "--format", "json", database=sample_path))
    assert [(t["reference"], t["body"]) for t in listed] == [(r, "Recovered words.") for r in (draft, ready)]
    done = outreach("letters", "unsaved", "--save", database=sample_path)
    assert done.returncode == 1
    assert f"{draft} saved." in done.stdout
    assert "frozen" in done.stderr
    assert "Recovered words." in ok("letters", "show", draft, database=sample_path)
    left = json.loads(ok("letters", "unsaved", "--format", "json", database=sample_path))
    assert [t["reference"] for t in left] == [ready]


def test_the_last_step_of_letters_is_taken_back_again_and_again_and_refused_with_what_to_do(
    sample_path: Path, sandbox: TemplateSandbox
) -> None:
    database = open_database(sample_path)
    (ready,) = factories.approved(database, sandbox, "Theresa May")
    (gone,) = factories.sent(database, sandbox, "Chris Bryant")
    database.close()
    ok("letters", "withdraw", ready, "--reason", "No", database=sample_path)
    ok("letters", "close", gone, database=sample_path)
    said = ok("letters", "undo", ready, gone.lower(), database=sample_path).splitlines()
    assert said == [
        f"{ready}: its withdrawal is taken back; it is approved.",
        f"{gone}: its closing is taken back; it is sent.",
    ]
    assert "marked sent is taken back; it is approved" in ok("letters", "undo", gone, database=sample_path)
    assert "its approval is taken back; it is draft" in ok("letters", "undo", gone, database=sample_path)
    refused = outreach("letters", "undo", gone, database=sample_path)
    assert (refused.returncode, "nothing to take back" in refused.stderr) == (1, True)
    shown = ok("letters", "show", gone, database=sample_path)
    for step in ("closed", "close undone", "sent undone", "reopened"):
        assert f"  {step} by " in shown
