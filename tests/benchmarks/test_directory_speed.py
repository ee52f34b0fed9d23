"""The directory at the size of the world: importing, searching, and the memory of an import."""

import multiprocessing
import time
from pathlib import Path

import pytest
import yaml
from sqlalchemy import insert, text

from outreach.cases.campaigns import create_campaign
from outreach.correspondence.tray import InboxQuery, inbox_page
from outreach.desk.search import find
from outreach.directory.finding import DirectoryQuery
from outreach.directory.importers.run import import_files
from outreach.directory.people import people_list, people_page
from outreach.recipients.rows import recipients_page
from outreach.store.database import Database, open_database
from outreach.store.models import Person
from outreach.store.paging import Order
from tests.benchmarks.test_speed import best, tell
from tests.crowds import crowd as crowd_of
from tests.integration.test_importers import DATA, needs_data

NAMES = ("Ana", "Bob", "Céline", "Dmitri", "Eva", "Farid", "Grażyna", "Hòa", "Inês", "Jörg")
FAMILIES = (
    "Méndez",
    "Schäfer",
    "O’Brien",
    "Nowak",
    "Ivanov",
    "Tanaka",
    "García",
    "Smith",
    "Öztürk",
    "Haddad",
)


@needs_data
def test_importing_congress_against_parsing_it(tmp_path: Path) -> None:
    path = DATA / "us-congress/legislators-current.yaml"
    parse = best(lambda: yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), 3)
    times = []
    for number in range(3):
        database = open_database(tmp_path / f"{number}.db", create=True)
        started = time.perf_counter()
        import_files(database, "congress", [path])
        times.append(time.perf_counter() - started)
        database.close()
    tell("importing legislators-current.yaml", min(times), "parsing it with the C loader alone", parse)
    limit = 2 * parse + 2
    print(f"limit, 2 times that plus 2 s: {limit:.2f} s; used {min(times) / limit:.0%}")  # noqa: T201


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """100,000 people."""
    database = open_database(tmp_path_factory.mktemp("crowd") / "crowd.db", create=True)
    table = Person.__table__
    with database.write() as session:
        for start in range(0, 100_000, 5000):
            rows = []
            for n in range(start, start + 5000):
                given, family = NAMES[n % 10], f"{FAMILIES[n // 10 % 10]}{n // 100:x}"
                rows.append(
                    {
                        "slug": f"p{n}", "name": f"{given} {family}", "given_name": given,
                        "family_name": family,
                        "honorific_prefix": "", "honorific_suffix": "", "gender": "",
                        "preferred_language": "", "summary": "",
                    }
                )  # fmt: skip
            session.execute(insert(table), rows)
    return database


@pytest.mark.parametrize("words", ["mendez1f", "garcia3", "ana mendez1", "celine"])
def test_searching_a_hundred_thousand_people(crowd: Database, words: str) -> None:
    with crowd.read() as session:
        query = " ".join(f'"{w}"*' for w in words.split())

        def bare() -> list[object]:
            return list(
                session.execute(
                    text("SELECT kind, owner_id FROM search_index WHERE search_index MATCH :q LIMIT 120"),
                    {"q": query},
                )
            )

        def every() -> list[object]:
            return list(
                session.execute(
                    text("SELECT owner_id FROM search_index WHERE search_index MATCH :q AND kind = 'person'"),
                    {"q": query},
                )
            )

        assert bare()
        tell(
            f"one search for “{words}”",
            best(lambda: find(session, words), 20),
            "the bare FTS5 query",
            best(bare, 20),
        )
        tell(
            "the first 50 people found, whole records",
            best(lambda: people_list(session, search=words, limit=50), 3),
            "the bare FTS5 query", best(every, 5),
        )  # fmt: skip


def test_a_misspelt_word_among_a_hundred_thousand(crowd: Database) -> None:
    with crowd.read() as session:
        assert find(session, "mendze1f").meant
        tell(
            "a search with a typing mistake",
            best(lambda: find(session, "mendze1f"), 5),
            "one without",
            best(lambda: find(session, "mendez1f"), 5),
        )


def _peak(folder: Path, rows: int, answer: "multiprocessing.Queue[int]") -> None:
    path = folder / f"{rows}.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Id,Name,E-mail,Party,Body,Role\n")
        for n in range(rows):
            file.write(
                f"{n},{NAMES[n % 10]} {FAMILIES[n // 10 % 10]}{n},p{n}@example.org,Party "
                f"{n % 7},Assembly,Member\n"
            )
    database = open_database(folder / f"{rows}.db", create=True)
    report = import_files(database, "csv", [path])
    assert report.counts["people"].added == rows
    # getrusage would tell the peak of the process that this one was forked from.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    answer.put(int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to read a peak of memory")
def test_the_memory_of_an_import(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    peaks = []
    for rows in (3_000, 30_000):
        answer: multiprocessing.Queue[int] = context.Queue()
        process = context.Process(target=_peak, args=(tmp_path, rows, answer))
        process.start()
        peaks.append(answer.get())
        process.join()
    print(  # noqa: T201
        f"\npeak memory of importing 30,000 rows: {peaks[1] / 1024:.0f} MB; of 3,000 rows: "
        f"{peaks[0] / 1024:.0f} MB; ratio {peaks[1] / peaks[0]:.2f}"
    )


@pytest.fixture(scope="module")
def tray(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """12,000 people, all of them recipients, and 100,000 messages."""
    database = open_database(tmp_path_factory.mktemp("tray") / "tray.db", create=True)
    with database.write() as session:
        create_campaign(session, name="Crowded", prefix="CRO", case_name="The case")
    crowd_of(database, 12_000, messages=100_000)
    return database


def test_pages_of_the_directory_and_of_the_inbox(tray: Database) -> None:
    with tray.read() as session:

        def bare(table: str) -> float:
            count = text(f"SELECT count(*) FROM (SELECT id FROM {table} ORDER BY id)")
            first = text(f"SELECT * FROM {table} ORDER BY id LIMIT 100")
            return best(lambda: (session.execute(count).all(), session.execute(first).all()), 5)

        for name, table, page in (
            ("people by name", "person", lambda: people_page(session, DirectoryQuery())),
            (
                "the last people",
                "person",
                lambda: people_page(session, DirectoryQuery(), offset=11_900),
            ),
            ("people found", "person", lambda: people_page(session, DirectoryQuery("mendez purple"))),
            (
                "recipients by office",
                "recipient",
                lambda: recipients_page(session, 1, order=Order("office")),
            ),
            ("inbox, all of it", "message", lambda: inbox_page(session, InboxQuery("all", 1))),
            (
                "inbox by sender",
                "message",
                lambda: inbox_page(session, InboxQuery("all", 1), Order("from")),
            ),
            ("inbox found", "message", lambda: inbox_page(session, InboxQuery("open", 1, "mendez"))),
        ):
            tell(f"a page of {name}", best(page, 5), f"100 bare rows of {table}", bare(table))
