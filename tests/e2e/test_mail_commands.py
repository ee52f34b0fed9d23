"""The terminal's commands about what comes in, over a real mailbox, and about the day."""

import json
import os
import subprocess
import sys
from pathlib import Path

from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import open_database
from tests import factories
from tests.dovecot import running_dovecot
from tests.messages import BOUNCES, message, report
from tests.terminal import ok, outreach


def listed(*arguments: str, database: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(ok(*arguments, "--format", "json", database=database))
    return found


def test_mail_is_fetched_assigned_and_classed(sample_path: Path, sandbox: TemplateSandbox) -> None:
    database = open_database(sample_path)
    references = factories.sent(database, sandbox, "Theresa May, Heidi Hautala")
    database.close()
    with running_dovecot() as server:
        server.deliver(
            message(
                "We would be happy to meet in March.",
                subject=f"Re: entry [{references[0]}]",
                message_id="<1@x>",
            ),
            1,
        )
        server.deliver(message("Which letter?", sender="a@b.example", message_id="<2@x>"), 2)
        server.deliver(report("failed", "x@y.example", f"Subject: [{references[1]}]"), 3)
        code = (
            "import sys\nfrom outreach.mail import imap\n"
            "imap.ssl.create_default_context = lambda: imap.ssl._create_unverified_context()\n"
            "from outreach.cli.main import main\nsys.exit(main(sys.argv[1:]))"
        )
        environment = {
            **os.environ,
            "OUTREACH_MAIL_PASSWORD": "secret",
            "OUTREACH_DATABASE": str(sample_path),
        }

        def run(*arguments: str) -> str:
            # The certificate of this test's server is nobody's; all else is as users run it.
            done = subprocess.run(
                [sys.executable, "-c", code, *arguments],
                env=environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        ok(
            "mail", "account", "--host", "127.0.0.1", "--from", "o@example.org", "--port", "9",
            "--security", "none", "--imap-host", "127.0.0.1", "--imap-port", str(server.tls_port),
            "--imap-user", "office", database=sample_path,
        )  # fmt: skip
        assert run("mail", "fetch").strip() == "1 answer filed; 1 letter came back; 1 message to assign."
        assert run("mail", "fetch").strip() == "Nothing new."
    rows = listed("replies", "inbox", database=sample_path)
    assert {(r["reference"], r["state"]) for r in rows} == {(references[0], "filed"), ("", "triage")}
    answer = next(r for r in rows if r["reference"])
    other = next(r for r in rows if not r["reference"])
    assert answer["suggested_kind"] == "agreed"
    shown = ok("replies", "show", str(answer["number"]), database=sample_path)
    assert "It may promise" in shown
    refused = outreach("replies", "class", str(other["number"]), "--kind", "refused", database=sample_path)
    assert refused.returncode == 1 and "Assign it first" in refused.stderr
    ok(
        "replies",
        "class",
        str(answer["number"]),
        "--kind",
        "agreed",
        "--promise",
        "To meet",
        database=sample_path,
    )
    ok("replies", "assign", str(other["number"]), "--to", references[0], database=sample_path)
    ok("replies", "unassign", str(other["number"]), database=sample_path)
    ok("replies", "set-aside", str(other["number"]), database=sample_path)
    ok(
        "replies",
        "save",
        str(other["number"]),
        "--output",
        str(sample_path.parent / "m.eml"),
        database=sample_path,
    )
    assert b"Which letter?" in (sample_path.parent / "m.eml").read_bytes()
    assert listed("replies", "inbox", database=sample_path) == []
    letters = {r["reference"]: r for r in listed("letters", "list", database=sample_path)}
    assert letters[references[0]]["answer"] == "agreed"
    assert letters[references[1]]["status"] == "bounced"


def test_a_bounce_is_not_added_as_an_answer_but_imported(sample_path: Path, sandbox: TemplateSandbox) -> None:
    database = open_database(sample_path)
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    database.close()
    file = sample_path.parent / "b.eml"
    file.write_bytes(BOUNCES["qmail"])
    refused = outreach("replies", "add", reference, str(file), database=sample_path)
    assert refused.returncode == 1 and "is no answer" in refused.stderr and refused.stderr.count("\n") == 1
    assert "1 message to assign" in ok("replies", "import", str(file), database=sample_path)
    assert "on file already" in ok("replies", "import", str(file), database=sample_path)


def test_the_day_views_figures_and_files(sample_path: Path, sandbox: TemplateSandbox) -> None:
    database = open_database(sample_path)
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    database.close()
    todo = listed("today", "--on", "2011-03-10", database=sample_path)
    assert ("overdue", reference) in {(r["What"], r["Letter"]) for r in todo}
    ok("views", "save", "Late", "--status", "overdue", database=sample_path)
    assert [v["name"] for v in listed("views", "list", database=sample_path)] == ["Late"]
    late = listed("letters", "list", "--view", "late", "--on", "2011-03-10", database=sample_path)
    assert reference in {r["reference"] for r in late}
    ok("views", "delete", "Late", database=sample_path)
    assert {r["name"] for r in listed("letters", "stats", "--by", "country", database=sample_path)} >= {
        "United Kingdom"
    }
    folder = sample_path.parent
    ok("letters", "calendar", "--output", str(folder / "d.ics"), database=sample_path)
    ok("letters", "print", reference, "--two-sided", "--output", str(folder / "b.pdf"), database=sample_path)
    assert (folder / "d.ics").exists() and (folder / "b.pdf").exists()
    assert "1 follow-up drafted" in ok(
        "letters", "follow-up", "--overdue", "--on", "2011-03-10", database=sample_path
    )
    home = listed("standards", "list", "--search", "Home Office", database=sample_path)
    assert home[0]["Answers within"] == "20 working days"
    ok(
        "standards",
        "set",
        "home-office",
        "--days",
        "10",
        "--source",
        "A letter of theirs",
        database=sample_path,
    )
    for arguments, code in (
        (("letters", "follow-up"), 2),
        (("letters", "stats", "--by", "moon"), 2),
        (("letters", "list", "--due-within", "soon"), 2),
        (("letters", "list", "--view", "none"), 1),
        (("letters", "mailto", reference), 1),
        (("letters", "web-form", reference), 1),
        (("mail", "fetch"), 1),
        (("mail", "look", reference), 1),
        (("standards", "set", "nobody", "--days", "3", "--source", "x"), 1),
        (("replies", "inbox", "--view", "moon"), 2),
        (("replies", "show", "999"), 1),
    ):
        done = outreach(*arguments, database=sample_path)
        assert done.returncode == code, (arguments, done.stderr)
        assert done.stderr.count("\n") == 1, done.stderr
