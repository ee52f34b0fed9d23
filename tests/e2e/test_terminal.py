"""The terminal as a user meets it: the real program, its output, its exit codes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import open_database
from tests.terminal import ok, outreach

EML = (
    "From: Private Office <office@example.org>\nSubject: Re: Entry ban\nMessage-ID: <1@example.org>\n"
    "Date: Tue, 08 Feb 2011 10:00:00 +0000\n\nThank you.\n"
)


def test_the_whole_life_of_a_letter(tmp_path: Path) -> None:
    path = tmp_path / "outreach.db"
    assert "ready" in ok("init", "--campaign", "magnitsky", database=path)
    out = ok(
        "letters",
        "draft",
        "--case",
        "magnitsky",
        "--template",
        "auto",
        "--to",
        "Theresa May, audience:mep",
        database=path,
    )
    assert "MAG-0006" in out
    assert "MAG-0007" in out
    assert "2 letters approved" in ok("letters", "approve", "mag-0006", "MAG-0007", database=path)
    files = ok(
        "letters",
        "export",
        "MAG-0006",
        "--as",
        "pdf,docx,eml,txt,html",
        "--output",
        str(tmp_path / "out"),
        database=path,
    ).splitlines()
    assert len(files) == 5
    assert all(Path(f).exists() for f in files)
    ok("letters", "mark-sent", "MAG-0006", "--by", "post", "--on", "2011-01-27", database=path)
    message = tmp_path / "answer.eml"
    message.write_text(EML, encoding="utf-8")
    ok("replies", "add", "MAG-0006", str(message), "--promise", "To meet", database=path)
    assert "Private Office" in ok("replies", "list", database=path)
    shown = ok("letters", "show", "MAG-0006", database=path)
    for words in ("Dear Home Secretary,", "answered", "Answer of 8 Feb 2011", "approved"):
        assert words in shown
    rows = json.loads(ok("letters", "list", "--format", "json", database=path))
    assert {r["reference"]: r["status"] for r in rows}["MAG-0006"] == "answered"
    table = list(csv.DictReader(io.StringIO(ok("letters", "list", "--format", "csv", database=path))))
    assert len(table) == 7
    assert "MAG-0008" in ok("letters", "follow-up", "MAG-0006", database=path)
    ok("letters", "list", "--output", str(tmp_path / "t.xlsx"), database=path)
    assert (tmp_path / "t.xlsx").read_bytes()[:2] == b"PK"
    ok("letters", "withdraw", "MAG-0007", "--reason", "later", database=path)
    ok("letters", "close", "MAG-0006", database=path)
    pack = str(tmp_path / "p.pdf")
    ok("pack", "export", "--case", "magnitsky", "--output", pack, "--given-to", "Her office", database=path)
    assert "given to Her office" in ok("pack", "which", pack, database=path)
    (tmp_path / "other.pdf").write_bytes((tmp_path / "p.pdf").read_bytes() + b"%")
    other = outreach("pack", "which", str(tmp_path / "other.pdf"), database=path)
    assert other.returncode == 1
    assert "changed since" in other.stderr
    assert (tmp_path / "p.pdf").read_bytes()[:4] == b"%PDF"
    ok("backup", str(tmp_path / "copy.db"), database=path)
    ok("restore", str(tmp_path / "copy.db"), database=path)
    assert "in order" in ok("check", database=path)


def test_lists_in_every_format(sample_path: Path) -> None:
    people = json.loads(ok("people", "list", "--format", "json", database=sample_path))
    bodies = json.loads(ok("bodies", "list", "--format", "json", database=sample_path))
    assert len(people) + len(bodies) >= 25
    assert all(entry["sources"] for entry in people + bodies)
    for noun in ("people", "bodies", "posts", "letters", "replies", "recipients", "templates"):
        for form in ("table", "json", "csv"):
            assert ok(noun, "list", "--format", form, database=sample_path).strip(), (noun, form)
    facts = json.loads(ok("facts", "list", "--case", "magnitsky", "--format", "json", database=sample_path))
    assert any(f["conflicts_with"] for f in facts)


def test_who_is_home_secretary(sample_path: Path) -> None:
    out = ok("people", "list", "--on", "2011-01-20", "--search", "Home Secretary", database=sample_path)
    assert "Theresa May" in out
    assert len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("letters", "show", "NOPE"), 1, "There is no letter NOPE"),
        (("letters", "draft", "--case", "magnitsky", "--to", "Nobody Atall"), 1, "No recipient"),
        (("letters", "draft", "--case", "none", "--to", "all"), 1, "Known are: magnitsky"),
        (("letters", "draft", "--case", "magnitsky"), 2, "--to"),
        (("letters", "mark-sent", "MAG-0001", "--by", "pigeon"), 2, "pigeon"),
        (("letters", "export", "MAG-0001", "--as", "odt", "--output", "x"), 2, "odt"),
        (("people", "list", "--on", "yesterday"), 2, "not a day"),
        (("people", "list", "--format", "xml"), 2, "xml"),
        (("nonsense",), 2, "nonsense"),
        (("letters",), 2, "Missing command"),
        (("replies", "add", "MAG-0005", "/nowhere.eml"), 1, "/nowhere.eml"),
        (("restore", "/nowhere.db"), 1, "no file /nowhere.db"),
        (("templates", "check", "nothing"), 1, "no template"),
        (("init",), 1, "already"),
        (("--database", "/proc/none/x.db", "check"), 1, "/proc/none/x.db"),
        ((), 1, "no display"),
    ],
)
def test_errors_are_one_line_that_says_what_to_do(
    sample_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = outreach(*arguments, database=sample_path)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"garbage" * 500, b""])
def test_a_broken_database_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    done = outreach("people", "list", database=path)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert path.read_bytes() == content


def test_the_demo_prints_what_it_made(tmp_path: Path) -> None:
    done = outreach("demo", "--output", str(tmp_path / "d"))
    assert done.returncode == 0, done.stderr
    assert "16 letters" in done.stdout
    assert (tmp_path / "d" / "pack.pdf").exists()


def test_a_template_can_be_checked_without_a_database(tmp_path: Path) -> None:
    bad = tmp_path / "bad.md.j2"
    bad.write_text(
        "---\ntitle: T\naudience: [mep]\nlanguage: en\nsubject: S\n---\n{{ facts.nope }}", encoding="utf-8"
    )
    done = outreach("templates", "check", str(bad), database=tmp_path / "none.db")
    assert done.returncode == 1
    assert "no fact nope" in done.stderr
    assert outreach("templates", "check", "uk-entry-ban", database=tmp_path / "none.db").returncode == 0


def test_a_reader_that_stops_early_is_no_error(sample_path: Path) -> None:
    variables = {**os.environ, "OUTREACH_DATABASE": str(sample_path)}
    done = subprocess.run(
        f"{sys.executable} -m outreach people list --format json | head -1",
        shell=True,
        capture_output=True,
        encoding="utf-8",
        env=variables,
        check=False,
    )
    assert done.stdout.strip() == "["
    assert "Traceback" not in done.stderr


def test_names_survive_a_terminal_that_knows_only_latin_letters(sample_path: Path) -> None:
    done = outreach("people", "list", database=sample_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "Theresa May" in done.stdout


def test_an_import_says_which_list_a_file_is_and_who_was_renamed(sample_path: Path, tmp_path: Path) -> None:
    for folder, names in (
        ("a", ("Ann Lee", "Bob Ray")),
        ("b", ("Cy Fox", "Di Orr")),
        ("c", ("Cy Holm", "Di Orr")),
    ):
        (tmp_path / folder).mkdir()
        rows = "".join(f"{n},{name}\n" for n, name in enumerate(names))
        (tmp_path / folder / "contacts.csv").write_text(f"Id,Name\n{rows}", encoding="utf-8")
    ok("import", "csv", str(tmp_path / "a/contacts.csv"), database=sample_path)
    told = ok("import", "csv", str(tmp_path / "b/contacts.csv"), database=sample_path)
    assert "contacts.csv is taken as another list than the contacts.csv imported on" in told
    assert "data set “contacts-2”" in told
    later = ("import", "csv", str(tmp_path / "c/contacts.csv"), "--dataset", "contacts-2")
    report = json.loads(ok(*later, "--dry-run", "--format", "json", database=sample_path))
    assert [(r["old"], r["new"]) for r in report["renamed"]] == [("Cy Fox", "Cy Holm")]
    assert (report["counts"]["people"]["added"], report["conflicts"], report["decided"]) == (0, [], [])
    assert "renamed: contacts.csv, row 1: Cy Fox → Cy Holm" in ok(*later, database=sample_path)


def test_a_directory_is_imported_asked_merged_and_searched(sample_path: Path, tmp_path: Path) -> None:
    from tests.integration.test_importers import LEGISLATORS, MEMBERS

    (tmp_path / "l.yaml").write_text(LEGISLATORS, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(MEMBERS, encoding="utf-8")
    (tmp_path / "x.csv").write_text("Wer,Mail\nMay Theresa,may@example.org\n", encoding="utf-8")
    dry = ok("import", "congress", str(tmp_path / "l.yaml"), "--dry-run", database=sample_path)
    assert "Nothing was changed (dry run)" in dry
    assert "people: 2 added" in ok("import", "congress", str(tmp_path / "l.yaml"), database=sample_path)
    ok("import", "congress-committees", str(tmp_path / "m.yaml"), database=sample_path)
    report = json.loads(
        ok("import", "congress", str(tmp_path / "l.yaml"), "--format", "json", database=sample_path)
    )
    assert report["counts"]["people"] == {"added": 0, "changed": 0, "unchanged": 2}
    ok(
        "import",
        "csv",
        str(tmp_path / "x.csv"),
        "--map",
        "Wer=name",
        "--map",
        "Mail=email",
        database=sample_path,
    )
    drafted = ok("letters", "draft", "--case", "magnitsky", "--to", "members of JCSE", database=sample_path)
    assert "Ana Méndez" in drafted
    assert "Bob Bar" in drafted
    ok("groups", "save", "Commission", "members of JCSE", database=sample_path)
    assert "Commission" in ok("groups", "list", database=sample_path)
    assert "Bob Bar" in ok("recipients", "list", "--to", "commission", database=sample_path)
    ok("groups", "delete", "Commission", database=sample_path)
    pairs = json.loads(ok("people", "duplicates", "--format", "json", database=sample_path))
    pair = next(p for p in pairs if "theresa-may" in (p["First"], p["Second"]))
    other = pair["Second"] if pair["First"] == "theresa-may" else pair["First"]
    merged = ok("people", "merge", "theresa-may", other, database=sample_path)
    ok("people", "unmerge", merged.split()[-1], database=sample_path)
    assert "Juan Mendez" in ok("search", "mendez", database=sample_path)
    assert "congress" in ok("feeds", "list", database=sample_path)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("import", "excel", "x"), 2, "Choose from"),
        (("import", "csv", "/nowhere.csv"), 1, "/nowhere.csv"),
        (("import", "csv", "/nowhere.csv", "--map", "x"), 2, "no mapping"),
        (("feeds", "update", "nothing"), 1, "no feed"),
        (("people", "merge", "theresa-may", "theresa-may"), 1, "one record"),
        (("people", "unmerge", "99"), 1, "undone already"),
        (("groups", "save", "X", "senators frobnicate"), 1, "not understood"),
        (("groups", "delete", "X"), 1, "no group"),
    ],
)
def test_errors_of_the_directory_are_one_line_too(
    sample_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = outreach(*arguments, database=sample_path)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr


def test_mail_is_set_up_tested_sent_and_listed(
    sample_path: Path, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    from aiosmtpd.controller import Controller

    from tests.integration.test_mail import Mailbox, free_port, reachable

    database = open_database(sample_path)
    references = reachable(database, sandbox)
    database.close()
    assert "No mail account is set up" in outreach("mail", "send", database=sample_path).stderr
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        ok(
            "mail", "account", "--host", "127.0.0.1", "--port", str(controller.port), "--security", "none",
            "--from", "office@example.org", database=sample_path,
        )  # fmt: skip
        assert "answers on port" in ok("mail", "test", database=sample_path)
        ok("mail", "queue", *references, database=sample_path)
        ok("mail", "take-back", references[1], database=sample_path)
        assert len(json.loads(ok("mail", "outbox", "--format", "json", database=sample_path))) == 1
        assert "sent" in ok("mail", "send", "--per-minute", "0", database=sample_path)
        mailbox.answers = ["drop-kept"]
        done = outreach("mail", "send", references[1], database=sample_path)
        assert done.returncode == 1
        assert "uncertain" in done.stdout
        assert "noted as sent" in ok("mail", "settle", references[1], "--sent", database=sample_path)
    finally:
        controller.stop()
    assert len(mailbox.messages) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("mail", "queue", "MAG-0001"), 1, "only approved letters"),
        (("mail", "settle", "MAG-0005"), 2, "--sent"),
        (("mail", "settle", "MAG-0005", "--sent"), 1, "nothing uncertain"),
        (
            ("mail", "account", "--host", "mail.example.org", "--from", "a@b.org", "--security", "none"),
            1,
            "Without TLS",
        ),
        (("mail", "test"), 1, "No mail account"),
    ],
)
def test_errors_of_mail_are_one_line_too(
    sample_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = outreach(*arguments, database=sample_path)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr
