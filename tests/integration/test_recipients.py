"""Recipients by question, who holds an office on the day, duplicates and their merging, and one search."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.correspondence.replies import record_reply
from outreach.desk.letter_table import letter_detail
from outreach.desk.search import find
from outreach.directory.identity import (
    duplicate_candidates,
    merge_people,
    merges_list,
    tell_apart,
    undo_merge,
)
from outreach.directory.importers.run import ImportOptions, import_files
from outreach.directory.people import people_list, person_row
from outreach.domain.postal import postal_lines
from outreach.domain.states import ReplyKind
from outreach.errors import NotFoundError, UsageError
from outreach.letters.checks import letter_notes
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.recipients.completion import complete
from outreach.recipients.groups import delete_group, groups_list, save_group
from outreach.recipients.parse import parse_question
from outreach.recipients.resolve import recipients_for
from outreach.recipients.rows import recipients_list
from outreach.store.database import Database
from tests import factories
from tests.integration.test_importers import COMMITTEES, LEGISLATORS, MEMBERS, MEPS, TODAY, write
from tests.integration.test_letters import campaign

NOW = date(2026, 11, 24)
SENATORS = """- id: {bioguide: C000003}
  name: {first: Cat, last: Senator}
  bio: {gender: F}
  terms:
  - {type: sen, start: '2009-01-03', end: '2015-01-03', state: TX, class: 2, party: Democrat,
     address: 5 Hart Senate Office Building Washington DC 20510}
- id: {bioguide: D000004}
  name: {first: Dan, last: Successor}
  bio: {gender: M}
  terms:
  - {type: sen, start: '2015-01-06', end: '2027-01-03', state: TX, class: 2, party: Republican}
- id: {bioguide: E000005}
  name: {first: Eve, last: Elder}
  bio: {gender: F}
  terms:
  - {type: sen, start: '2007-01-04', end: '2031-01-03', state: CA, class: 1, party: Democrat}
"""


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Database:
    """The sample campaign in a world of a few real seats."""
    options = ImportOptions(today=TODAY)
    for format_, name, content in (
        ("congress", "legislators.yaml", LEGISLATORS),
        ("congress", "senators.yaml", SENATORS),
        ("congress-committees", "committees.yaml", COMMITTEES),
        ("congress-committees", "members.yaml", MEMBERS),
        ("europarl-csv", "meps_7_.csv", MEPS),
    ):
        import_files(database, format_, [write(tmp_path / name, content)], options=options)
    return database


def names(database: Database, query: str, on: date = factories.DAY) -> list[str]:
    with database.write() as session:
        found = [r.name for r in recipients_for(session, 1, query, on=on, today=NOW).recipients]
        session.rollback()
    return found


@pytest.mark.parametrize(
    ("query", "on", "wanted"),
    [
        ("members of JCSE", NOW, ["Ana Méndez", "Bob Bar"]),
        ("members of the Helsinki Commission", NOW, ["Ana Méndez", "Bob Bar"]),
        ("chairs of Helsinki Commission", NOW, ["Ana Méndez"]),
        ("members of JCSE", factories.DAY, ["Ana Méndez", "Bob Bar"]),
        ("senators", factories.DAY, ["Cat Senator", "Eve Elder"]),
        ("senators of Texas", factories.DAY, ["Cat Senator"]),
        ("Senators of TX", NOW, ["Ana Méndez", "Dan Successor"]),
        ("senators on 2020-01-01", factories.DAY, ["Eve Elder", "Dan Successor"]),
        ("senators party Republican", NOW, ["Dan Successor"]),
        ("representatives of California", NOW, ["Bob Bar"]),
        ("MEPs of Finland in term 7", factories.DAY, ["Zoë Müller"]),
        ("members of JCSE party Democrat", NOW, ["Bob Bar"]),
        ("senators of Texas, Theresa May", factories.DAY, ["Theresa May", "Cat Senator"]),
        ("meps in term 7 and of Finland, all", factories.DAY, None),
    ],
)
def test_questions(world: Database, query: str, on: date, wanted: list[str] | None) -> None:
    found = names(world, query, on)
    if wanted is None:
        assert len(found) == 17
    else:
        assert sorted(found) == sorted(wanted)


def test_silence_and_answers_can_be_asked_for(world: Database, sandbox: TemplateSandbox) -> None:
    with world.write() as session:
        found = recipients_for(session, 1, "senators", on=factories.DAY).recipients
        plan = plan_letters(
            session, sandbox, case_id="magnitsky", template=None, recipients=found, on=factories.DAY
        )
        references = draft_letters(session, plan).refs
        from outreach.domain.states import Channel
        from outreach.letters.ledger import approve_letters, mark_sent

        approve_letters(session, references)
        mark_sent(session, references, by=Channel.POST, on=factories.DAY)
        record_reply(session, references[0], kind=ReplyKind.AGREED, on=date(2011, 2, 1))
    later = date(2011, 3, 1)
    assert len(names(world, "senators without an answer after 30 days", later)) == 1
    with pytest.raises(NotFoundError, match="names nobody"):
        names(world, "senators without an answer after 60 days", later)
    assert len(names(world, "senators with an answer", later)) == 1
    with pytest.raises(NotFoundError):
        names(world, "senators not written to", later)
    assert names(world, "representatives not written to", NOW) == ["Bob Bar"]


def test_a_question_makes_recipients_with_the_right_address(
    world: Database, sandbox: TemplateSandbox
) -> None:
    with world.write() as session:
        answer = recipients_for(session, 1, "members of JCSE", on=factories.DAY, today=NOW)
        plan = plan_letters(
            session,
            sandbox,
            case_id="magnitsky",
            template=None,
            recipients=answer.recipients,
            on=factories.DAY,
        )
        references = draft_letters(session, plan).refs
    assert "those who hold it now" in answer.notes[0]
    with world.read() as session:
        letters = [letter_detail(session, campaign(world), r) for r in references]
        assert len(recipients_list(session, 1)) == 18
    by_name = {d.row.recipient: d for d in letters}
    assert by_name["Ana Méndez"].salutation == "Dear Senator Méndez:"
    assert by_name["Bob Bar"].salutation.startswith("Dear Representative Bar")
    assert by_name["Ana Méndez"].address_lines[-2:] == (
        "1 Hart Senate Office Building",
        "Washington, DC 20510",
    )


def test_a_term_that_has_ended_is_flagged_with_who_holds_the_seat_now(
    world: Database, sandbox: TemplateSandbox
) -> None:
    with world.write() as session:
        found = recipients_for(session, 1, "senators of Texas", on=factories.DAY).recipients
        plan = plan_letters(session, sandbox, case_id="magnitsky", template=None, recipients=found, on=NOW)
        reference = draft_letters(session, plan).refs[0]
        notes = letter_notes(session, reference)
    assert "until 3 January 2015" in notes[0]
    assert "Dan Successor" in notes[0]
    assert any("Dan Successor" in w for w in plan.letters[0].warnings)


def test_the_sample_campaigns_people_are_flagged_today(database: Database, sandbox: TemplateSandbox) -> None:
    with database.write() as session:
        found = recipients_for(session, 1, "Theresa May", on=NOW).recipients
        plan = plan_letters(session, sandbox, case_id="magnitsky", template=None, recipients=found, on=NOW)
    assert any("until 13 July 2016" in w for w in plan.letters[0].warnings)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("senators frobnicate", "was not understood"),
        ("meps in term 99", "no parliamentary term 99"),
        ("senators on 2011-02-31", "not a day"),
        ("members of Comittee on Foreign Afairs", "Did you mean"),
        ("meps of Narnia", "No seat on file"),
        (" , ,", "Say who"),
    ],
)
def test_a_question_that_is_not_understood_helps(world: Database, query: str, message: str) -> None:
    with pytest.raises((UsageError, NotFoundError), match=message):
        names(world, query)


def test_words_are_no_question() -> None:
    for words in ("Theresa May", "Home Secretary", "audience:mep", "of Finland", "rapporteur"):
        assert parse_question(words) is None


def test_groups_are_saved_asked_and_deleted(world: Database) -> None:
    with world.write() as session:
        save_group(session, 1, "The Commission", "members of JCSE")
        save_group(session, 1, "Both", "the commission, Theresa May")
        save_group(session, 1, "the commission", "chairs of JCSE")
        assert [g[0] for g in groups_list(session, 1)] == ["Both", "the commission"]
    assert sorted(names(world, "Both", NOW)) == ["Ana Méndez", "Theresa May"]
    with world.write() as session:
        for name, query in (
            ("", "all"),
            ("a,b", "all"),
            ("X", ""),
            ("X", "senators frobnicate"),
            ("X", "Y, group:X"),
        ):
            with pytest.raises(UsageError):
                save_group(session, 1, name, query)
        save_group(session, 1, "Outer", "the commission")
        with pytest.raises(UsageError, match="names itself"):
            save_group(session, 1, "the commission", "Outer")
        delete_group(session, 1, "Both")
        with pytest.raises(NotFoundError):
            delete_group(session, 1, "Both")


def test_completions_lead_from_a_letter_to_a_question(world: Database) -> None:
    with world.read() as session:
        assert "senators" in complete(session, 1, "sen")
        assert "members of Helsinki Commission" in complete(session, 1, "members of hel")
        assert "senators without an answer after 30 days" in complete(session, 1, "senators")
        assert "meps of Finland" in complete(session, 1, "meps of fin")
        assert "Theresa May, Marietje Schaake" in complete(session, 1, "Theresa May, schaa")


def twins(database: Database, tmp_path: Path) -> tuple[str, str]:
    path = write(tmp_path / "mine.csv", "Name,E-mail,Body\nMay Theresa,may@example.org,House of Commons\n")
    import_files(database, "csv", [path])
    with database.read() as session:
        other = next(p.id for p in people_list(session, search="May Theresa") if p.id != "theresa-may")
    return "theresa-may", other


def test_names_in_another_order_are_suggested_not_merged(database: Database, tmp_path: Path) -> None:
    _, other = twins(database, tmp_path)
    with database.read() as session:
        pairs = {frozenset((c.first, c.second)) for c in duplicate_candidates(session)}
    assert frozenset(("theresa-may", other)) in pairs


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("José Núñez,", "Jose Nunez,", True),
        ("Christopher Bryantson,", "Chris Bryantson,", True),
        ("Anna Berg,1950-01-01", "Anna Berg,1960-01-01", False),
        ("Anna Berg,", "Bernd Abel,", False),
    ],
)
def test_likeness(empty: Database, tmp_path: Path, one: str, other: str, wanted: bool) -> None:
    for number, person in enumerate((one, other)):
        import_files(empty, "csv", [write(tmp_path / f"{number}.csv", f"Name,Born\n{person}\n")])
    with empty.read() as session:
        assert bool(duplicate_candidates(session)) is wanted


def test_merging_moves_everything_and_undo_puts_it_back(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    keep, gone = twins(database, tmp_path)
    factories.sent(database, sandbox, "Theresa May")

    def state() -> list[list[object]]:
        with database.read() as session:
            return [
                [tuple(r) for r in session.execute(text(f"SELECT * FROM {t} ORDER BY id"))]
                for t in (
                    "membership",
                    "other_name",
                    "identifier",
                    "contact_detail",
                    "letter",
                    "recipient",
                    "person",
                )
            ]

    before = state()
    with database.write() as session:
        merge = int(merge_people(session, gone, keep).refs[0])
    with database.read() as session:
        kept = person_row(session, gone)
        assert "Theresa May" in {n.name for n in kept.other_names}
        assert "Home Office" in {m.organization for m in kept.memberships}
        assert kept.honorific_prefix == "The Rt Hon"
        assert [p.id for p in people_list(session, search="Theresa May")] == [gone]
        assert [m.key for m in merges_list(session)] == [merge]
        with pytest.raises(NotFoundError):
            person_row(session, keep)
    with database.write() as session:
        undo_merge(session, merge)
    assert state() == before
    with pytest.raises(NotFoundError, match="undone already"), database.write() as session:
        undo_merge(session, merge)


def test_people_told_apart_are_not_suggested_again(database: Database, tmp_path: Path) -> None:
    keep, gone = twins(database, tmp_path)
    with database.write() as session:
        tell_apart(session, gone, keep)
        assert not [c for c in duplicate_candidates(session) if keep in (c.first, c.second)]
        with pytest.raises(UsageError, match="one record already"):
            merge_people(session, keep, keep)


@pytest.mark.parametrize(
    ("typed", "kind", "title", "meant"),
    [
        ("Mendez", "person", "Dr Juan Mendez", False),
        ("shaake", "person", "Marietje Schaake", True),
        ("magnitski", "person", "Sergei Magnitsky", True),
        ("Home Secretary", "post", "Secretary of State for the Home Department", False),
        ("Helsinki", "body", "Helsinki Commission", False),
        ("dossier", "letter", "", False),
        ("pancreas", "fact", "Illness in detention", False),
        ("zqxjkw", "", "", False),
        ("", "", "", False),
        ('" OR 1=1 --', "", "", False),
    ],
)
def test_one_search_over_everything(
    database: Database, typed: str, kind: str, title: str, meant: bool
) -> None:
    with database.read() as session:
        found = find(session, typed)
    if not kind:
        assert found.hits == ()
        return
    assert any(h.kind == kind and title in h.title for h in found.hits), found
    assert bool(found.meant) is meant


def test_accents_and_constituencies_are_found(world: Database) -> None:
    with world.read() as session:
        assert any(h.title == "Ana Méndez" for h in find(session, "mendez ana").hits)
        assert any(h.kind == "area" and h.title == "Finland" for h in find(session, "finland").hits)


@pytest.mark.parametrize(
    ("address", "country", "lines"),
    [
        ("311 HART SENATE OFFICE BUILDING WASHINGTON DC 20510", "US",
        ("311 HART SENATE OFFICE BUILDING", "WASHINGTON, DC 20510")),
        ("12 Main St, Springfield, IL 62701", "US", ("12 Main St", "Springfield, IL 62701")),
        ("House of Commons, London SW1A 0AA", "GB", ("House of Commons", "London", "SW1A 0AA")),
        ("1 Wellington St, Ottawa, ON K1A 0A6", "CA", ("1 Wellington St", "Ottawa ON K1A 0A6")),
        ("Rue Wiertz 60, 1047 Bruxelles", "EU", ("Rue Wiertz 60, 1047 Bruxelles",)),
        ("One\n\nTwo ", "US", ("One", "Two")),
        ("nowhere", "US", ("nowhere",)),
    ],
)  # fmt: skip
def test_addresses_have_the_lines_their_country_wants(
    address: str, country: str, lines: tuple[str, ...]
) -> None:
    assert postal_lines(address, country) == lines
