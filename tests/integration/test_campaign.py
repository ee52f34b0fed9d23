"""The sample campaign: what the documents name is there, with its source; the loader refuses mistakes."""

from pathlib import Path

import pytest
from sqlalchemy import text

from outreach.cases.campaigns import campaigns_list, create_campaign, update_campaign
from outreach.cases.facts import (
    add_source,
    case_row,
    delete_fact,
    fact_entry,
    facts_for,
    restore_fact,
    save_fact,
    timeline,
    votes_list,
)
from outreach.desk.letter_table import tracker_rows
from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.editing import BodyEntry, PersonEntry, save_body, save_person
from outreach.directory.people import people_list, person_row
from outreach.errors import CampaignDataError, NotFoundError, UsageError
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.recipients.enlist import add_recipient, remove_recipient, restore_recipient
from outreach.recipients.resolve import resolve_recipients
from outreach.recipients.rows import recipients_list
from outreach.store.database import Database
from tests.conftest import DAY


def test_everyone_and_every_body_has_a_source(database: Database) -> None:
    with database.read() as session:
        people, bodies = people_list(session), bodies_list(session)
    assert len(people) + len(bodies) >= 50
    assert not [p.name for p in people if not p.sources]
    assert not [b.name for b in bodies if not b.sources]


def test_every_fact_has_a_dated_source(database: Database) -> None:
    with database.read() as session:
        facts = facts_for(session, "magnitsky")
    assert len(facts) > 50
    for fact in facts:
        assert fact.sources, fact.name
        assert any(s.date and s.date.startswith(("2010-12", "2011-01")) for s in fact.sources), fact.name


@pytest.mark.parametrize("spelling", ["Damien Green", "Sergey Magnitsky", "Magnitksy"])
def test_other_spellings_find_the_person(database: Database, spelling: str) -> None:
    with database.read() as session:
        found = people_list(session, search=spelling)
    assert len(found) == 1


def test_disagreements_stand_side_by_side(database: Database) -> None:
    with database.read() as session:
        facts = {f.name: f for f in facts_for(session, "magnitsky")}
    detention = [f for f in facts.values() if f.label.startswith("Time in detention")]
    assert {f.value for f in detention} == {"358 days", "12 months", "1 year"}
    for fact in detention:
        assert len(fact.conflicts_with) == 2


def test_the_vote_of_the_european_parliament(database: Database) -> None:
    with database.read() as session:
        votes = votes_list(session, 1)
    assert (318, 163, 95) in [(v.yes, v.no, v.abstain) for v in votes]


def test_reported_correspondence_is_tracked_with_its_answers(database: Database) -> None:
    with database.read() as session:
        rows = tracker_rows(session, campaigns_list(session)[0])
    assert {r.sender for r in rows} == {"REDRESS", "Chris Bryant"}
    green = next(r for r in rows if r.recipient == "Damian Green")
    assert green.answered_on is not None
    assert green.status.value == "answered"


def test_who_held_an_office_on_a_day(database: Database) -> None:
    with database.read() as session:
        then = people_list(session, on=DAY, search="Home Secretary")
        later = people_list(session, on=DAY.replace(year=2020), search="Home Secretary")
        posts = posts_list(session, on=DAY, search="Home Secretary")
    assert [p.name for p in then] == ["Theresa May"]
    assert later == ()
    assert [h.name for h in posts[0].holders] == ["Theresa May"]


def test_timeline_is_in_order(database: Database) -> None:
    with database.read() as session:
        days = [e.on for e in timeline(session, "magnitsky")]
    assert days == sorted(days)
    assert len(days) >= 12


def test_non_recipients_are_in_the_directory_only(database: Database) -> None:
    with database.read() as session:
        names = {r.name for r in recipients_list(session, 1)}
        bodies = " ".join(b.name for b in bodies_list(session))
    assert not names & {"REDRESS", "Hermitage Capital Management", "World Economic Forum"}
    for word in ("REDRESS", "Hermitage", "World Economic Forum", "Duma", "Interior Ministry"):
        assert word in bodies


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("all", 16),
        ("Theresa May", 1),
        ("Home Secretary", 1),
        ("audience:un_rapporteur", 3),
        ("Theresa May, Marietje Schaake", 2),
        ("rapporteur", 3),
        ("person:damian-green", 1),
        ("Damien Green", 1),
    ],
)
def test_queries(database: Database, query: str, count: int) -> None:
    with database.read() as session:
        assert len(resolve_recipients(session, 1, query)) == count


def test_a_query_that_matches_nobody_helps(database: Database) -> None:
    with database.read() as session:
        with pytest.raises(NotFoundError, match="Did you mean Theresa May"):
            resolve_recipients(session, 1, "Teresa Maj")
        with pytest.raises(NotFoundError, match="in the directory but not a recipient"):
            resolve_recipients(session, 1, "Browder")
        with pytest.raises(UsageError):
            resolve_recipients(session, 1, " , ")


def test_a_recipient_comes_and_goes(database: Database) -> None:
    with database.write() as session:
        add_recipient(session, 1, audience="default", person="william-browder")
        with pytest.raises(UsageError, match="already"):
            add_recipient(session, 1, audience="default", person="william-browder")
        row = resolve_recipients(session, 1, "Browder")[0]
        remove_recipient(session, row.key)
        with pytest.raises(NotFoundError):
            resolve_recipients(session, 1, "person:william-browder")
        restore_recipient(session, row.key)
        assert resolve_recipients(session, 1, "Browder")


def test_a_second_campaign_lives_beside_the_first(database: Database) -> None:
    with database.write() as session:
        create_campaign(session, name="Justice for Anna", prefix="ANN", case_name="Anna", sender="A")
        with pytest.raises(UsageError, match="taken"):
            create_campaign(session, name="Other", prefix="ANN", case_name="Other")
        with pytest.raises(UsageError, match="capitals"):
            create_campaign(session, name="Other", prefix="a b", case_name="Other")
        campaigns = campaigns_list(session)
        assert [c.prefix for c in campaigns] == ["MAG", "ANN"]
        update_campaign(
            session,
            campaigns[1].key,
            name="Justice for Anna P.",
            sender_name="B",
            sender_organization="C",
            sender_address=" One \n\n Two ",
            sender_email="office@example.org",
        )
        assert campaigns_list(session)[1].sender_address == "One\nTwo"
        with pytest.raises(UsageError, match="not an e-mail address"):
            update_campaign(
                session,
                campaigns[1].key,
                name="A",
                sender_name="",
                sender_organization="",
                sender_address="",
                sender_email="no at sign",
            )


def test_facts_are_added_changed_deleted_and_restored(database: Database) -> None:
    with database.write() as session:
        add_source(session, title="A new report", published_on="2011-02", publisher="", url="")
        entry = fact_entry(
            {
                "name": "hearing",
                "label": "Hearing",
                "type": "date",
                "value": "2011-02-03",
                "sources": [{"source": "a-new-report"}],
            }
        )
        save_fact(session, "magnitsky", entry)
        fact = next(f for f in facts_for(session, "magnitsky") if f.name == "hearing")
        assert fact.value == "3 February 2011"
        assert fact.sources[0].title == "A new report"
        assert "hearing" in {e.fact for e in timeline(session, "magnitsky")}
        delete_fact(session, fact.key)
        assert "hearing" not in {f.name for f in facts_for(session, "magnitsky")}
        restore_fact(session, fact.key)
        assert "hearing" in {f.name for f in facts_for(session, "magnitsky")}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "x", "label": "X", "type": "number", "value": "many"}, "not a number"),
        ({"name": "x", "label": "X", "type": "date", "value": "soon"}, "not a date"),
        ({"name": "Bad Name!", "label": "X", "type": "text", "value": "x"}, "name"),
        ({"name": "x", "label": "X", "type": "money", "value": "3", "unit": "dollars"}, "currency"),
    ],
)
def test_a_malformed_fact_says_what_to_correct(values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        fact_entry(values)


def test_people_and_bodies_are_entered_by_hand(database: Database) -> None:
    with database.write() as session:
        body = save_body(
            session,
            BodyEntry(
                "Committee on Petitions",
                "committee",
                "eu",
                "european-parliament",
                "",
                (("email", "peti@example.org"),),
            ),
        ).refs[0]
        person = save_person(
            session,
            PersonEntry(
                "Zoë", "Müller", "Dr", "MEP", "female", "de", "",
                (("email", "zoe@example.org"), ("address", "Rue 1\nBrussels")),
                body_id=body, role="Chair", start_date="2010-01",
            ),
        ).refs[0]  # fmt: skip
        row = person_row(session, person)
        assert [m.organization for m in row.memberships] == ["Committee on Petitions"]
        assert {c.type: c.value for c in row.contact_details}["address"] == "Rue 1\nBrussels"
        assert people_list(session, search="muller zoe")[0].id == person
        save_person(
            session,
            PersonEntry("Zoë", "Müller", "Dr", "MEP", "female", "de", "", (("email", ""),)),
            person,
        )
        assert "email" not in {c.type for c in person_row(session, person).contact_details}
        with pytest.raises(UsageError, match="not an e-mail address"):
            save_person(session, PersonEntry("A", "B", "", "", "", "", "", (("email", "a b@c"),)))
        with pytest.raises(UsageError, match="part of itself"):
            save_body(
                session, BodyEntry("European Parliament", "", "EU", body, "", ()), "european-parliament"
            )


def test_case_row_names_its_parties(database: Database) -> None:
    with database.read() as session:
        roles = {role for role, _, _ in case_row(session, "magnitsky").parties}
    assert {"victim", "alleged perpetrator", "submitter"} <= roles


def _campaign(folder: Path, extra: str) -> Path:
    (folder / "campaign.yaml").write_text(
        "campaign: {id: anna, name: Justice for Anna, prefix: ANN}\n"
        "sources:\n  - {id: report, title: A report, date: 2020-01-01}\n"
        "cases:\n  - {id: anna, name: Anna}\n" + extra,
        encoding="utf-8",
    )
    return folder


def test_any_folder_of_files_loads(empty: Database, tmp_path: Path) -> None:
    folder = tmp_path / "anna"
    folder.mkdir()
    _campaign(folder, "people:\n  - {id: x, name: Ivan Иванов, sources: [{source: report}]}\n")
    with empty.write() as session:
        load_campaign(session, read_campaign(folder))
        assert people_list(session)[0].name == "Ivan Иванов"
        with pytest.raises(CampaignDataError):
            load_campaign(session, read_campaign(folder))


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("people:\n  - {id: x, name: X, sources: [{source: nowhere}]}\n", "nowhere"),
        ("people:\n  - {id: x, name: X}\n  - {id: x, name: Y}\n", "x"),
        ("people:\n  - {id: x, nam: X}\n", "nam"),
        ("people: &a [*a]\n", "alias|anchor|recursive"),
        ("people:\n  - {id: x, name: X, birth_date: 2010-02-31}\n", "2010-02-31"),
        ("people: [\n", "cannot be read"),
    ],
)
def test_mistakes_in_a_campaign_are_named(empty: Database, tmp_path: Path, extra: str, message: str) -> None:
    folder = tmp_path / "anna"
    folder.mkdir()
    with pytest.raises(CampaignDataError, match=message), empty.write() as session:
        load_campaign(session, read_campaign(_campaign(folder, extra)))
    with empty.read() as session:
        assert session.execute(text("SELECT count(*) FROM campaign")).scalar() == 0


def test_the_shipped_campaign_is_complete() -> None:
    content = read_campaign(campaign_folder("magnitsky"))
    assert len(content.sources) >= 5
    assert len(content.asks) >= 6
