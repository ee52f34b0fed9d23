"""Lists in pages: none is cut or sorted over a part only, and no page costs
more because there are more rows.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from outreach.cases.campaigns import create_campaign
from outreach.cases.facts import facts_for, timeline
from outreach.correspondence.answers import answers_page, answers_read
from outreach.correspondence.replies import replies_list
from outreach.correspondence.tray import InboxQuery, inbox_found, inbox_page, inbox_read
from outreach.desk.letter_choice import letters_by_key, letters_sent
from outreach.directory.bodies import bodies_named, bodies_page, posts_page
from outreach.directory.finding import DirectoryQuery, bodies_found, people_found, posts_found
from outreach.directory.identity import duplicate_candidates
from outreach.directory.people import people_list, people_named, people_page, people_rows
from outreach.directory.places import areas_named
from outreach.domain.partial_dates import covers
from outreach.domain.references import sort_key
from outreach.errors import UsageError
from outreach.recipients.completion import complete
from outreach.recipients.rows import recipient_keys, recipients_found, recipients_list, recipients_page
from outreach.store.database import Database, check, open_database
from outreach.store.models import Case, Fact, FactStatus, FactType, Message, Person, Recipient
from outreach.store.paging import Key, ListQuery, Order, Page, all_ids, count_of, key_at, page_ids, places_of
from tests.crowds import crowd
from tests.many import statements_of
from tests.terminal import ok

Lists = dict[str, Callable[..., Page[Any]]]

PAGES: Lists = {
    "people": lambda s, **more: people_page(s, DirectoryQuery(), **more),
    "people searched": lambda s, **more: people_page(s, DirectoryQuery("crowd"), **more),
    "people of a day": lambda s, **more: people_page(s, DirectoryQuery(on=date(2011, 1, 1)), **more),
    "bodies": lambda s, **more: bodies_page(s, DirectoryQuery(), **more),
    "posts": lambda s, **more: posts_page(s, DirectoryQuery(), **more),
    "recipients": lambda s, **more: recipients_page(s, 1, **more),
    "recipients searched": lambda s, **more: recipients_page(s, 1, "crowd", **more),
    "inbox": lambda s, **more: inbox_page(s, InboxQuery("all"), **more),
    "inbox searched": lambda s, **more: inbox_page(s, InboxQuery("all", 1, "subject"), **more),
    "answers": answers_page,
}
ORDERS = {
    "people": ("name", "offices"),
    "people searched": ("name", "offices"),
    "people of a day": ("name", "offices"),
    "bodies": ("name", "kind", "parent"),
    "posts": ("body", "label", "holders"),
    "recipients": ("added", "name", "office", "audience", "channels"),
    "recipients searched": ("added", "name"),
    "inbox": ("waiting", "received", "from", "subject", "letter", "standing"),
    "inbox searched": ("waiting", "from"),
    "answers": ("received", "letter", "kind", "from"),
}
FOUND: dict[str, Callable[[], ListQuery]] = {
    "people": lambda: people_found(DirectoryQuery()),
    "bodies": lambda: bodies_found(DirectoryQuery()),
    "posts": lambda: posts_found(DirectoryQuery()),
    "recipients": lambda: recipients_found(1),
    "inbox": lambda: inbox_found(InboxQuery("all")),
}


def made(folder: Path, count: int) -> Database:
    """A database of its own with a campaign, and so many rows of each list."""
    database = open_database(folder / f"{count}.db", create=True)
    with database.write() as session:
        create_campaign(session, name="Crowded", prefix="CRO", case_name="The case")
    crowd(database, count)
    return database


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = made(tmp_path_factory.mktemp("lists"), 10)
    yield database
    database.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = made(tmp_path_factory.mktemp("lists"), 1_000)
    yield database
    database.close()


def pages(session: Session, name: str, order: Order, size: int) -> list[int]:
    """Ids of a list, read page by page."""
    found: list[int] = []
    after: Key | None = None
    while True:
        page = PAGES[name](session, order=order, after=after, limit=size)
        assert len(page.rows) == len(page.ids) <= size
        found += page.ids
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_statements_with_ten_rows_and_with_a_thousand(
    name: str, small: Database, large: Database
) -> None:
    for by in ORDERS[name]:
        counts = []
        for database in (small, large):
            with database.read() as session, statements_of(database) as asked:
                assert len(PAGES[name](session, order=Order(by), limit=5).rows) == 5
            counts.append(len(asked))
        assert counts[0] == counts[1] <= 20, by


def test_what_is_offered_while_one_types_costs_the_same_with_ten_rows_and_with_a_thousand(
    small: Database, large: Database
) -> None:
    counts = []
    for database in (small, large):
        with database.read() as session, statements_of(database) as asked:
            assert people_named(session, "crowd")
            assert bodies_named(session, "crowd")
            assert areas_named(session, "neth") == ("Nether Wallop",)
            assert complete(session, 1, "members of crowd")
            assert complete(session, 1, "ana")
            assert recipient_keys(session, 1, "crowd").listed
            assert count_of(session, inbox_found(InboxQuery("open", 1, "subject")))
            duplicate_candidates(session)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", PAGES)
def test_pages_one_after_another_are_the_whole_list_in_every_order(name: str, large: Database) -> None:
    with large.read() as session:
        for by in ORDERS[name]:
            for descending in (False, True):
                order = Order(by, descending)
                read = pages(session, name, order, 300)
                assert len(read) == len(set(read)) > 400
                page = PAGES[name](session, order=order, offset=350, limit=7)
                assert list(page.ids) == read[350:357]


@pytest.mark.parametrize("name", FOUND)
def test_places_counts_and_numbers_of_a_list_agree(name: str, large: Database) -> None:
    query = FOUND[name]()
    with large.read() as session:
        for by in query.keys:
            order = Order(by, descending=True)
            ids = list(all_ids(session, query, order))
            assert count_of(session, query) == len(ids)
            some = ids[::97]
            assert places_of(session, query, [*some, 10**9], order) == {key: ids.index(key) for key in some}
            assert places_of(session, query, ids, order) == {key: n for n, key in enumerate(ids)}
            key = key_at(session, query, ids[40], order)
            assert list(page_ids(session, query, order, after=key, limit=20)[0]) == ids[41:61]
        assert key_at(session, query, 10**9) is None


@pytest.mark.parametrize("name", ["people", "bodies", "recipients", "inbox"])
def test_no_row_is_left_out_or_named_twice_while_another_connection_writes(name: str, tmp_path: Path) -> None:
    database = made(tmp_path, 300)
    assert database.path is not None
    other = open_database(database.path)
    query = FOUND[name]()
    for by in query.keys:
        order, read, after = Order(by), [], None
        with database.read() as session:
            before = set(all_ids(session, query, order))
        gone: set[int] = set()
        for turn in range(100):
            with database.read() as session:
                page = PAGES[name](session, order=order, after=after, limit=40)
            read += page.ids
            after = page.next
            if after is None:
                break
            # Rows come and go on both sides of the place where reading stands.
            crowd_more(other, turn, by)
            with other.write() as session:
                model = {"recipients": Recipient, "inbox": Message}.get(name, Person)
                table = {"bodies": "organization"}.get(name, model.__tablename__)
                key = page.ids[-1] if name != "bodies" else 0
                if key and name == "people":
                    session.execute(text(f"UPDATE {table} SET deleted_at = '2011-01-01' WHERE id = {key}"))
                elif key and name == "recipients":
                    session.execute(delete(Recipient).where(Recipient.id == key))
                gone.add(key)
        assert len(read) == len(set(read))
        assert before - gone <= set(read)
    other.close()
    database.close()


def crowd_more(database: Database, turn: int, word: str) -> None:
    """A few more records whose names stand at the beginning and at the end of every list."""
    with database.write() as session:
        for letter in ("aaa", "zzz"):
            session.execute(
                text(
                    "INSERT INTO person (slug, name, given_name, family_name, honorific_prefix, "
                    "honorific_suffix, gender, preferred_language, summary) VALUES (:s, :n, '', :n, '', '', "
                    "'', '', '')"
                ),
                {"s": f"{letter}-{word}-{turn}", "n": f"{letter} {turn}"},
            )


def test_names_are_sorted_by_family_name_whatever_their_alphabet_and_accents(empty: Database) -> None:
    names = (
        ("Anna", "Zola"), ("Ødegård", ""), ("Ivan", "Иванов"), ("Karl", "Åberg"), ("Ola", "Øvre"),
        ("Jan", "Łódzki"),
        ("Ben", "smith"), ("Ann", "Smith"), ("Eve", "Özil"), ("Pat", "O’Brien"), ("Li", "李"),
    )  # fmt: skip
    with empty.write() as session:
        for n, (given, family) in enumerate(names):
            session.add(
                Person(slug=f"p{n}", name=f"{given} {family}".strip(), given_name=given, family_name=family)
            )
    with empty.read() as session:
        listed = [p.family_name or p.name for p in people_list(session)]
        backwards = people_page(session, DirectoryQuery(), Order("name", descending=True)).rows
    assert listed == [
        "Åberg", "Иванов", "李", "Łódzki", "O’Brien", "Ødegård", "Øvre", "Özil", "Smith", "smith", "Zola",
    ]  # fmt: skip
    assert [p.family_name or p.name for p in backwards] == listed[::-1]
    assert sort_key("“Ålesund” AS").startswith("alesund")


def test_people_are_found_by_other_names_offices_bodies_parties_and_places(large: Database) -> None:
    with large.read() as session:
        for words, wanted in (
            ("alias7", {"crowd-7", *(f"crowd-{n}" for n in range(1000) if str(n).startswith("7"))}),
            ("nether", {f"crowd-{n}" for n in range(0, 1000, 7)}),
            ("purple wallop", {f"crowd-{n}" for n in range(0, 1000, 35)}),
            ("mendez purple", {f"crowd-{n}" for n in range(0, 1000, 5) if n // 10 % 10 == 0}),
        ):
            assert {p.id for p in people_list(session, search=words)} >= wanted, words
        assert {p.id for p in people_list(session, search="purple wallop")} == {
            f"crowd-{n}" for n in range(0, 1000, 35)
        }
        assert people_list(session, search="…") == ()


def test_people_of_a_day_are_those_whose_terms_cover_it(large: Database) -> None:
    with large.read() as session:
        every = people_list(session)
        for on in (date(1989, 12, 31), date(2000, 1, 1), date(2012, 6, 30), date(2012, 7, 1)):
            wanted = {p.id for p in every if any(covers(m.start_date, m.end_date, on) for m in p.memberships)}
            assert {p.id for p in people_list(session, on=on)} == wanted


def test_recipients_are_found_by_form_of_address_too_and_all_keys_come_from_one_query(
    large: Database,
) -> None:
    with large.read() as session:
        every = recipients_list(session, 1)
        label = every[0].audience_label.split()[0]
        found = recipient_keys(session, 1, f"{label} purple")
        assert len(found.listed) == 200 and found.every == {r.key for r in every}
        assert {r.key for r in recipients_page(session, 1, "purple", limit=1000).rows} == set(found.listed)


def test_messages_are_found_by_sender_subject_and_letter(large: Database) -> None:
    with large.read() as session:
        rows = list(inbox_read(session, InboxQuery("all")))
        for words, wanted in (
            ("mendez", {r.key for r in rows if "Méndez" in r.from_name + r.recipient}),
            ("crowd.example subject 07", {r.key for r in rows if r.subject == "Subject 07"}),
            ("cro-9000", {r.key for r in rows if r.reference == "CRO-9000"}),
            ("nothing", set()),
        ):
            assert {r.key for r in inbox_read(session, InboxQuery("all", 1, words))} == wanted, words
        assert [r.state for r in rows] == sorted((r.state for r in rows), key=lambda s: s != "triage")
        with pytest.raises(UsageError, match="no view of the inbox"):
            inbox_page(session, InboxQuery("elsewhere"))


def test_the_letter_proposed_comes_first_then_those_without_an_answer(large: Database) -> None:
    from outreach.cases.campaigns import campaigns_list

    with large.read() as session:
        (campaign,) = campaigns_list(session)
        ids = all_ids(session, letters_sent(1))
        assert [r.reference for r in letters_by_key(session, ids, campaign=campaign)] == ["CRO-9000"]
        assert len(all_ids(session, letters_sent(1, "cro mend"))) == 1
        assert list(all_ids(session, letters_sent(1, "nobody"))) == []


def test_the_answers_of_a_database_are_read_in_parts_as_they_are_listed(large: Database) -> None:
    with large.read() as session:
        assert tuple(answers_read(session)) == replies_list(session)


def test_an_order_that_a_list_does_not_know_is_refused_with_those_it_knows(small: Database) -> None:
    with small.read() as session, pytest.raises(UsageError, match="It can be by: name, offices"):
        people_page(session, DirectoryQuery(), Order("shoe size"))


def test_facts_of_a_case_cost_the_same_statements_with_ten_and_with_a_thousand(tmp_path: Path) -> None:
    counts = []
    for count in (10, 1_000):
        database = made(tmp_path, count)
        with database.write() as session:
            (case,) = session.query(Case).all()
            for n in range(count):
                session.add(
                    Fact(
                        case_id=case.id,
                        name=f"fact_{n}",
                        label=f"Fact {n}",
                        type=FactType.PERSON,
                        person_id=n + 1,
                        status=FactStatus.VERIFIED,
                        occurred_on="2009-11-16",
                        translations={},
                    )
                )
            slug = case.slug
        with database.read() as session, statements_of(database) as asked:
            assert len(facts_for(session, slug)) == len(timeline(session, slug)) == count
        counts.append(len(asked))
        database.close()
    assert counts[0] == counts[1]


def test_no_pair_of_people_who_may_be_one_is_left_out(empty: Database) -> None:
    with empty.write() as session:
        for n in range(300):
            word = "".join(chr(97 + int(c)) * 3 for c in str(n))
            for spelling in ("Ána", "Ana"):
                session.add(Person(slug=f"{spelling}-{n}", name=f"{spelling} {word.title()}son"))
    with empty.read() as session:
        pairs = duplicate_candidates(session)
    assert len({frozenset((c.first, c.second)) for c in pairs}) == len(pairs) >= 300
    assert [c.score for c in pairs] == sorted((c.score for c in pairs), reverse=True)


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (("people", "list"), "id"),
        (("bodies", "list"), "id"),
        (("posts", "list"), "id"),
        (("replies", "list"), "answer"),
        (("replies", "inbox", "--view", "all"), "number"),
        (("recipients", "list"), "Number"),
    ],
)
def test_every_list_of_the_terminal_goes_on_after_a_page(
    large: Database, command: tuple[str, ...], field: str
) -> None:
    def read(*more: str) -> list[Any]:
        return json.loads(ok(*command, *more, "--format", "json", database=Path(large.location)))

    whole = [row[field] for row in read()]
    first = [row[field] for row in read("--limit", "7")]
    then = [row[field] for row in read("--limit", "5", "--after", str(first[-1]))]
    assert len(whole) >= 500
    assert first + then == whole[:12]
    rest = [row[field] for row in read("--after", str(whole[-3]))]
    assert rest == whole[-2:]


def test_pages_of_people_in_the_terminal_keep_their_search(large: Database) -> None:
    found = [p.id for p in _people(large, "purple")]
    text_of = ok(
        "people", "list", "--search", "purple", "--after", found[2], "--limit", "2", "--format", "csv",
        database=Path(large.location),
    )  # fmt: skip
    assert [line.split(",")[0] for line in text_of.splitlines()[1:]] == found[3:5]


def _people(database: Database, search: str) -> list[Any]:
    with database.read() as session:
        return list(people_rows(session, DirectoryQuery(search)))


def test_the_words_of_messages_follow_them(small: Database) -> None:
    with small.write() as session:
        session.execute(text("UPDATE message SET subject = 'Quince jelly' WHERE id = 1"))
    with small.read() as session:
        assert all_ids(session, inbox_found(InboxQuery("all", None, "quinc jell"))) != []
    with small.write() as session:
        session.execute(text("UPDATE message SET subject = 'Subject 00' WHERE id = 1"))
    with small.read() as session:
        assert list(all_ids(session, inbox_found(InboxQuery("all", None, "quince")))) == []
    assert check(small) == []
