"""Files that would stop the program: every reader ends, says what is wrong, and
takes no more than its share.
"""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from typer.testing import CliRunner

from outreach.cli import campaign as commands
from outreach.cli.main import app
from outreach.directory.importers import run as run_module
from outreach.directory.importers.records import PersonRecord, Problem, Record, Ref
from outreach.directory.importers.run import FORMATS, ImportOptions, import_files
from outreach.directory.importers.spool import CHUNK, Spool
from outreach.directory.importers.vcards import parse_line, read_vcards, split_value, unfolded
from outreach.domain.names import split_name
from outreach.domain.partial_dates import ends_too_soon, parse_partial
from outreach.errors import CancelledError, ImportFileError
from outreach.exchange.campaign_folder import read_campaign
from outreach.store.database import Database, open_database
from outreach.store.models import Person, Source
from tests.integration.test_importers import (
    COMMITTEES,
    DATA,
    LEGISLATORS,
    MEMBERS,
    MEPS,
    POPOLO,
    TODAY,
    run,
    write,
)

ENDINGS = {
    "congress": ".yaml",
    "congress-committees": ".yaml",
    "europarl-csv": ".csv",
    "europarl-xml": ".xml",
    "uk-mps-csv": ".csv",
    "uk-members-json": ".json",
    "popolo": ".json",
    "csv": ".csv",
    "vcard": ".vcf",
}
CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Müller;Zoë;;Dr;\r\nFN:Dr Zoë "
    "Müller\r\nORG:Bundestag\r\nEMAIL;TYPE=work:z@example.org\r\n"
    'item1.ADR;TYPE="a;b":;;Platz 1;Berlin;;11011;Germany\r\nPHOTO;ENCODING=b:AAAA\r\n '
    "BBBB\r\nUID:u1\r\nEND:VCARD\r\n"
)
XML = (
    '<?xml version="1.0" encoding="UTF-8"?><meps><mep><fullName>Zoë MÜLLER</fullName>'
    "<country>Finland</country>"
    "<politicalGroup>Greens</politicalGroup><id>197</id></mep></meps>"
)
MPS = (
    "pcon_name,pcon_code,member_id,full_title,display_as,party_text,member_email\n"
    "Aldershot,E14001063,5173,Rt Hon Alex Baker MP,Alex Baker,Labour,alex@example.org\n"
)
API = json.dumps(
    {"items": [{"value": {"id": 1446, "nameDisplayAs": "Chris Bryant",
    "latestHouseMembership": {"house": 1, "membershipFrom": "Rhondda"}}}]}
)  # fmt: skip
TABLE = (
    "Name;E-Mail;Partei;Body;From\nZoë Müller;z@example.org;Grüne;Bundestag;2001\nJan Novák;;;Bundestag;\n"
)
SEEDS: dict[str, list[bytes]] = {
    "congress": [LEGISLATORS.encode()],
    "congress-committees": [COMMITTEES.encode(), MEMBERS.encode()],
    "europarl-csv": [MEPS.encode("cp1252")],
    "europarl-xml": [XML.encode()],
    "uk-mps-csv": [MPS.encode()],
    "uk-members-json": [API.encode()],
    "popolo": [json.dumps(POPOLO).encode()],
    "csv": [TABLE.encode(), TABLE.encode("utf-16")],
    "vcard": [CARD.encode()],
}
NASTY = [
    b"9" * 5_000, b"1e999999999", b"-1e-999999999", b"NaN", b"Infinity", b"\\ud800", b"\\u0000", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf",
    b"[" * 3_000, b"{" * 3_000, b'{"a":' * 1_500, b"- " * 1_500, b"*a", b"&a ",
    b"!!python/object/apply:os.system [x]", b'"', b"'",
    b"<!DOCTYPE m [<!ENTITY a 'x'>]>", b"&a;", b"<mep>" * 200, b",", b";" * 300, b"\n", b"\r", b" ", b"\t",
    b"=\n", b":", b"\\", b"]", b"}",
    b"null", b"true", b"[]", b"{}", b"0", b"-1", b"1:1:1:1:1:1:1:1", b"x" * 20_000, "\u202e\u2066".encode(),
    "ı İ ß ﷺ".encode(),
    b"BEGIN:VCARD\n", b"END:VCARD\n", b"AGENT:\n",
    b"N;A=b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b,b\n",
    b"2010-02-31", b"99999999999999999999",
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A file of a format with some of its bytes cut out, doubled, changed or put among nasty ones."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(0, 40)))
        new = draw(
            st.one_of(
                st.sampled_from(NASTY),
                st.binary(max_size=6),
                st.just(bytes(content[at:until]) * 2),
                st.just(b""),
            )
        )
        content[at:until] = new
    return bytes(content)


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from texts_of(inner)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts_of(getattr(value, field.name))


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database in which imports are only tried."""
    opened = open_database(tmp_path_factory.mktemp("trial") / "trial.db", create=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("format_", sorted(SEEDS))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_no_spoiled_file_ends_the_program_or_leaves_a_trace(
    trial: Database, tmp_path: Path, format_: str, data: st.DataObject
) -> None:
    path = write(tmp_path / f"meps_7_{ENDINGS[format_]}", data.draw(spoiled(SEEDS[format_])))
    try:
        report = run(trial, format_, path, dry_run=True)
    except ImportFileError as error:
        assert path.name in str(error)
        assert "Traceback" not in str(error)
    else:
        assert all("\n" not in words and len(words) < 1_000 for _, _, _, words in report.lines)
    with trial.read() as session:
        assert not session.scalar(select(func.count()).select_from(Person))


@pytest.mark.parametrize("format_", sorted(SEEDS))
def test_what_a_reader_gives_can_be_shown_and_kept(tmp_path: Path, format_: str) -> None:
    seed = SEEDS[format_][0]
    for nasty in (b"\x00", b"\x07", "\u202e".encode(), b"\\ud800", b"\\u0000", b"\\x00"):
        for at in range(0, len(seed), max(1, len(seed) // 60)):
            path = write(tmp_path / f"meps_7_{ENDINGS[format_]}", seed[:at] + nasty + seed[at:])
            try:
                records = list(FORMATS[format_].read(path, ImportOptions(today=TODAY)))
            except ImportFileError:
                continue
            for record in records:
                if not isinstance(record, Problem):
                    for words in texts_of(record):
                        words.encode()  # a lone surrogate would not
                        assert "\x07" not in words
                        assert "\u202e" not in words


DIGITS = b"9" * 5_000
KILLERS = [
    ("popolo", DIGITS),
    ("popolo", DIGITS + b"\n"),
    ("popolo", b"[" + DIGITS + b"]"),
    ("popolo", b'{"persons": [' + DIGITS),
    ("popolo", b'{"persons": [{"id": ' + DIGITS + b', "name": "Ann"}]}'),
    ("popolo", b'{"n": -' + DIGITS + b', "persons": []}'),
    ("uk-members-json", DIGITS),
    ("popolo", b'{"persons": ' + b"[" * 100_000),
    ("congress", b"- " + b"[" * 100_000),
    ("congress", b"- id: " + DIGITS),
    ("congress", b"- id: 1" + b":1" * 150_000),
    ("congress", b"- " + b"{<<: " * 500 + b"{}" + b"}" * 500),
    ("europarl-xml", b"<meps>" + b"<mep>" * 200_000),
    ("vcard", b"BEGIN:VCARD\nFN;A=" + b"b," * 70 + b'"\nEND:VCARD'),
    ("vcard", b"BEGIN:VCARD\nFN" + b";A" * 70 + b'"\nEND:VCARD'),
]  # fmt: skip
TRY_ALL = """
import sys
from pathlib import Path
from outreach.directory.importers.run import import_files
from outreach.errors import ImportFileError
from outreach.store.database import open_database

database = open_database(sys.argv[1], create=True)
for number, name in enumerate(sys.argv[2:]):
    format_, path = name.split("=")
    try:
        report = import_files(database, format_, [Path(path)])
        assert not report.counts["people"].added and report.skipped_count, report
    except ImportFileError as error:
        assert len(str(error)) < 400, error
    print(number, flush=True)
"""


def test_a_file_that_used_to_kill_or_to_hang_is_refused(tmp_path: Path) -> None:
    """In a process of its own, since no test could tell of a segmentation fault."""
    named = [
        f"{format_}={write(tmp_path / f'{n}{ENDINGS[format_]}', content)}"
        for n, (format_, content) in enumerate(KILLERS)
    ]
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", TRY_ALL, str(tmp_path / "x.db"), *named],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [str(n) for n in range(len(KILLERS))]


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("csv", b"Name,Body\n" + b"x" * 10_000_000 + b",y\n"),
        ("csv", b'Name,Body\n"' + b"line\n" * 2_000_000),
        ("csv", b"Name," + b",".join(b"c%d" % n for n in range(200)) + b"\nAnn Lee" + b"," * 200 + b"\n"),
        ("csv", b"Name,E-mail\nAnn Lee," + b"a@" + b"a." * 400_000 + b" \n"),
        ("csv", b"Name\tE-mail\n" + b"Dr. von " * 100_000 + b"\ta@example.org\n"),
        ("csv", "Name,Body\nАнна,Дума\n".encode("utf-16")),
        ("csv", b"\xef\xbb\xbfName,Body\nAnn Lee,Senate\n"),
        ("popolo", json.dumps({"persons": [{"id": "1", "name": "x" * 1_000_000}]}).encode()),
        ("popolo", b'{"persons": [{"id": "1", "name": "' + b"x" * 5_000_000 + b'"}]}'),
        ("popolo", '{"persons": [{"id": "1", "name": "Анна", "name": "Анна Ли"}]}'.encode("utf-16")),
        ("popolo", (b'{"persons": [{"id": "1", "name": "Ann", "other_names": 5, "identifiers": {"a": 1}'
                    b', "contact_details": [1]}]}')),
        ("uk-members-json", (b'{"items": [{"value": 7}'
                             b', {"value": {"id": 1, "nameDisplayAs": "x", "latestHouseMembership": 5}}]}')),
        ("congress-committees", (b"- {type: house, name: A, thomas_id: HSXX, subcommittees: 5, congresses: "
                                 b"7}\n")),
        ("congress-committees", b"X:\n- {name: A, bioguide: B, rank: 99999999999999999999}\n"),
        ("europarl-xml", b'<?xml version="1.0" encoding="shift_jis"?><meps/>'),
        ("europarl-xml", b"<meps>" + b"<x><y/></x>" * 100_000 + b"</meps>"),
        ("vcard", CARD.replace("AAAA", "A" * 3_000_000).encode()),
        ("vcard", CARD.replace("AAAA\r\n", "A" * 70 + "\r\n" + (" " + "A" * 70 + "\r\n") * 50_000).encode()),
        ("vcard", b"BEGIN:VCARD\nFN:Ann Lee\n" * 2_000),
        ("vcard", b"BEGIN:VCARD\nAGENT:\n" * 2_000),
        ("vcard", b"BEGIN:VCARD\nFN:" + b"Ann, Dr. " * 20_000 + b"\nEND:VCARD\n"),
        ("vcard", b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:" + b"=41=\n" * 50_000 + b"\nEND:VCARD\n"),
    ],
)  # fmt: skip
def test_files_out_of_all_proportion_are_read_or_refused(
    empty: Database, tmp_path: Path, format_: str, content: bytes
) -> None:
    path = write(tmp_path / f"x{ENDINGS[format_]}", content)
    try:
        report = run(empty, format_, path)
    except ImportFileError as error:
        assert len(str(error)) < 400
    else:
        assert report.counts["people"].added or report.lines or report.counts["bodies"].added
        assert all(len(words) < 1_000 for _, _, _, words in report.lines)
    with empty.read() as session:
        assert all(len(name) <= 500 for name in session.scalars(select(Person.name)))


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real directory files are not at {DATA}")
@pytest.mark.parametrize(
    ("format_", "name"),
    [
        ("csv", "contacts/Google.csv"),
        ("csv", "contacts/Outlook365.csv"),
        ("popolo", "everypolitician/Iceland_Assembly.json"),
        ("congress-committees", "us-congress/committees-current.yaml"),
    ],
)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.floats(0, 1), nasty=st.sampled_from(NASTY))
def test_real_files_cut_or_spoiled_anywhere_are_told(
    trial: Database, tmp_path: Path, format_: str, name: str, cut: float, nasty: bytes
) -> None:
    content = (DATA / name).read_bytes()
    at = int(len(content) * cut)
    for spoilt in (content[:at], content[:at] + nasty + content[at:]):
        path = write(tmp_path / Path(name).name, spoilt)
        try:
            run(trial, format_, path, dry_run=True)
        except ImportFileError as error:
            assert path.name in str(error)


# vCards


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""))


def people_of(tmp_path: Path, text: str) -> list[PersonRecord]:
    path = write(tmp_path / "c.vcf", text)
    return [r for r in read_vcards(path) if isinstance(r, PersonRecord)]


@pytest.mark.parametrize(
    ("lines", "name", "others"),
    [
        (("N:Müller,Schmidt;Zoë;Anna,Eva;;", "FN:Zoë M."), "Zoë Anna Eva Müller Schmidt", ("Zoë M.",)),
        (("FN:Eva\\: the\\, one\\; only\\\\",), "Eva: the, one; only\\", ()),
        (("N:O\\;Neil\\,x;Ann;;;",), "Ann O;Neil,x", ()),
        (("item1.FN;X=\"a:b;c\":Ann Lee", "item1.X-ABLABEL:_$!<Other>!$_"), "Ann Lee", ()),
        (("FN:Ann", "  Lee",), "Ann Lee", ()),
        (("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=\r\n=D0=B0=D0=BD;;;;",), "Иван", ()),
        (("N;CHARSET=windows-1251;QUOTED-PRINTABLE:=C8=E2=E0=ED;;;;",), "Иван", ()),
        (("AGENT:", "BEGIN:VCARD", "FN:Secretary", "END:VCARD", "FN:Ann Lee"), "Ann Lee", ()),
        (("fn:Ann Lee", "NICKNAME:Annie,A.L."), "Ann Lee", ("Annie", "A.L.")),
    ],
)  # fmt: skip
def test_a_name_is_read_from_a_card_as_its_version_writes_it(
    tmp_path: Path, lines: tuple[str, ...], name: str, others: tuple[str, ...]
) -> None:
    found = people_of(tmp_path, card(*lines))
    assert [(p.name, p.other_names) for p in found] == [(name, others)]


def test_a_card_of_every_version_says_how_to_reach_somebody(tmp_path: Path) -> None:
    (found,) = people_of(
        tmp_path,
        card(
            "N:Lee;Ann;;Dr;MP", "ORG:Senate;Office\\; 2", "TITLE:Chair", "EMAIL;PREF:mailto:ann@example.org",
            "EMAIL:no address",
            "TEL;HOME;FAX:1", "TEL;VALUE=uri;TYPE=\"voice,home\":tel:+1-2", "URL:https\\://example.org",
            "ADR;TYPE=work:;;1 High Street,Floor 2;Town;;AB1;GB", "BDAY:19700102T000000Z", "GENDER:F;x",
            "LANG:fr", "UID:7",
        ),
    )  # fmt: skip
    assert (found.honorific_prefix, found.honorific_suffix, found.gender, found.birth_date) == (
        "Dr", "MP", "female", "1970-01-02",
    )  # fmt: skip
    assert [(c.type, c.value) for c in found.contacts] == [
        ("email", "ann@example.org"), ("email", "no address"), ("fax", "1"), ("voice", "+1-2"),
        ("url", "https://example.org"), ("address", "1 High Street, Floor 2\nTown\nAB1\nGB"),
    ]  # fmt: skip
    assert (found.terms[0].role, found.preferred_language) == ("Chair", "fr")


def test_a_card_that_is_cut_off_does_not_swallow_those_after_it(tmp_path: Path) -> None:
    path = write(tmp_path / "c.vcf", "BEGIN:VCARD\nFN:Cut\n" + card("FN:Ann Lee") + "BEGIN:VCARD\nFN:Off")
    found = list(read_vcards(path))
    assert [r.name for r in found if isinstance(r, PersonRecord)] == ["Ann Lee"]
    assert [(r.row, "no end" in r.reason) for r in found if isinstance(r, Problem)] == [(1, True), (3, True)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
@example('FN;A="b:c')
@example(";:")
def test_a_content_line_of_any_text_is_read(text: str) -> None:
    line = parse_line(text)
    if line is not None:
        assert line.name
        assert text.endswith(line.value)
        assert all(piece == piece.strip() for part in line.parts() for piece in part)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"])), min_size=1, max_size=6))
def test_what_is_escaped_comes_back_as_it_was(texts: list[str]) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")

    assert split_value(";".join(map(escaped, texts))) == [[t] for t in texts]
    assert split_value(",".join(map(escaped, texts))) == [texts]


def test_a_folded_line_is_put_together_and_a_picture_is_cut_short() -> None:
    picture = base64.b64encode(bytes(1_000_000)).decode()
    lines = [
        "FN:An\n",
        " n L\n",
        "\tee\n",
        "PHOTO:\n",
        *(f" {picture[n : n + 70]}\n" for n in range(0, len(picture), 70)),
    ]
    first, second = unfolded(lines)
    assert first == "FN:Ann Lee"
    assert second.startswith("PHOTO:AAAA")
    assert len(second) <= 210_000


def test_a_name_as_long_as_a_book_is_not_taken_apart() -> None:
    assert split_name("von " * 1_000) == ("", "von " * 1_000, "", "")
    assert split_name("Dr Ann May Lee Jr.") == ("Ann May", "Lee", "Dr", "Jr.")


# Short units of work


def a_format(read: Callable[[Path, ImportOptions], Iterator[Record]]) -> run_module.Format:
    return replace(FORMATS["csv"], read=read)


def test_others_write_while_a_file_is_being_read(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def read(path: Path, options: ImportOptions) -> Iterator[Record]:
        yield PersonRecord(1, (Ref("own", "1"),), "Ann Lee")
        reading.set()
        assert go_on.wait(60)
        yield PersonRecord(2, (Ref("own", "2"),), "Bob Ray")

    monkeypatch.setitem(FORMATS, "csv", a_format(read))
    path = write(tmp_path / "x.csv", "any")
    reports: list[Any] = []

    def work() -> None:
        reports.append(import_files(empty, "csv", [path]))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert reading.wait(60)
        with empty.write() as session:
            session.add(Person(slug="meanwhile", name="Meanwhile"))
        with empty.read() as session:
            assert session.scalars(select(Person.name)).all() == ["Meanwhile"]
    finally:
        go_on.set()
        thread.join()
    assert reports[0].counts["people"].added == 2


@pytest.mark.parametrize("asked", [1, 4, 8])
def test_an_import_is_stopped_while_it_reads_and_while_it_writes(
    empty: Database, tmp_path: Path, asked: int
) -> None:
    table = "Name,Id\n" + "".join(f"Person X{n},{n}\n" for n in range(CHUNK * 4))
    path = write(tmp_path / "many.csv", table)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        told.append((done, total))
        return len(told) < asked

    with pytest.raises(CancelledError, match="nothing was changed"):
        run(empty, "csv", path, progress=progress)
    assert len(told) == asked
    with empty.read() as session:
        assert not session.scalar(select(func.count()).select_from(Person))
        assert not session.scalar(select(func.count()).select_from(Source))


def test_progress_only_grows_and_stays_below_its_end(empty: Database, tmp_path: Path) -> None:
    table = "Name,Id\n" + "".join(f"Person X{n},{n}\n" for n in range(CHUNK * 3))
    paths = [write(tmp_path / f"{n}.csv", table) for n in range(2)]
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        told.append((done, total))
        return True

    run(empty, "csv", *paths, progress=progress)
    done = [d for d, _ in told]
    assert done == sorted(done)
    assert {t for _, t in told} == {4_000}
    assert done[0] == 0
    assert 2_000 <= done[-1] < 4_000


def test_nothing_of_a_file_stays_in_the_scratch_folder(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    run(empty, "csv", write(tmp_path / "a.csv", TABLE))
    with pytest.raises(ImportFileError):
        run(empty, "popolo", write(tmp_path / "a.json", b'{"persons": [{"id": "1", "name": "Ann"}, {'))
    assert list(scratch.iterdir()) == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["person", "problem"]), max_size=700))
def test_records_come_back_from_the_spool_as_they_went_in(kinds: list[str]) -> None:
    records: list[Record] = [
        PersonRecord(n, name=f"Ann {n}") if kind == "person" else Problem(n, "odd")
        for n, kind in enumerate(kinds)
    ]
    with Spool() as spool:
        for record in records:
            spool.put(record)
        spool.flush()
        for _ in range(2):
            batches = list(spool.batches())
            assert [r for batch in batches for r in batch] == records
            assert all(0 < len(batch) <= CHUNK for batch in batches)


def test_the_sample_campaign_is_read_before_the_database_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Database] = []

    def watched(location: Any, *, create: bool = False) -> Database:
        opened.append(open_database(location, create=create))
        return opened[-1]

    def read(folder: Path) -> Any:
        with opened[-1].write() as session:
            session.add(Person(slug="meanwhile", name="Meanwhile"))
        return read_campaign(folder)

    monkeypatch.setattr(commands, "open_database", watched)
    monkeypatch.setattr(commands, "read_campaign", read)
    monkeypatch.setenv("OUTREACH_DATABASE", str(tmp_path / "none.db"))
    template = Path(__file__).parents[2] / "templates/letters/thanks.md.j2"
    done = CliRunner().invoke(app, ["templates", "check", str(template)])
    assert (len(opened), done.exit_code) == (1, 0), done.output
    assert "is in order" in done.output


def test_a_campaigns_number_of_a_million_parts_stays_text(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir()
    number = "1" + ":1" * 200_000
    write(folder / "c.yaml", f"campaign: {{id: a, name: {number}, prefix: ANN}}\n")
    assert read_campaign(folder).campaign.name == number


# Days


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        ("2013-01-24", "2013", False),
        ("2013", "2013-01-01", False),
        ("2013-02", "2013-01", True),
        ("2014", "2013-12-31", True),
        ("", "2013", False),
        ("2013", None, False),
    ],
)
def test_a_term_ends_too_soon_only_where_no_day_fits(start: str, end: str | None, wrong: bool) -> None:
    assert ends_too_soon(start, end) is wrong


def test_a_day_in_arabic_digits_is_kept_as_others_are() -> None:
    assert parse_partial("٢٠١٠-٠١-٠٢") == "2010-01-02"
