"""Importers: real formats with their dirt, hostile files, and records that are never lost or doubled."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import tracker_rows
from outreach.desk.table_files import tracker_csv
from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.editing import PersonEntry, save_person
from outreach.directory.importers.congress import congress_start
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import ImportOptions, import_files
from outreach.directory.importers.table_rows import european_date
from outreach.directory.importers.tables import guess_mapping
from outreach.directory.people import people_list, person_row
from outreach.errors import CancelledError, ImportFileError, UsageError
from outreach.letters.sandbox import TemplateSandbox
from outreach.recipients.enlist import add_recipient
from outreach.recipients.rows import recipients_list
from outreach.store.database import Database
from outreach.store.models import Citation, ContactDetail, Membership, Person, Source
from tests import factories

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real directory files are not at {DATA}")
TODAY = date(2026, 11, 24)

LEGISLATORS = """- id: {bioguide: A000001, wikidata: Q1, fec: [S1, S2]}
  name: {first: Ana, last: Méndez, official_full: Ana Méndez, nickname: Annie}
  bio: {birthday: '1960-02-29', gender: F}
  terms:
  - {type: rep, start: '1999-01-03', end: '2001-01-03', state: TX, district: 0, party: Independent}
  - {type: sen, start: 2021-01-03, end: 2027-01-03, state: TX, class: 1, party: Independent,
     phone: 202-224-0000, address: 1 Hart Senate Office Building Washington DC 20510, contact_form: 'https://example.org/form'}
- id: {bioguide: B000002}
  name: {first: Bob, last: Bar}
  bio: {birthday: '1960-02-31'}
  terms:
  - {type: rep, start: '2025-01-03', end: '2027-01-03', state: CA, district: 12, party: Democrat}
  - {type: king, start: '2025-01-03', end: '2027-01-03'}
"""
COMMITTEES = """- type: joint
  name: Commission on Security and Cooperation in Europe
  thomas_id: JCSE
- type: house
  name: House Committee on Foreign Affairs
  thomas_id: HSFA
  address: 2170 RHOB; Washington, DC 20515
  subcommittees:
  - {name: Europe, thomas_id: '14'}
"""
MEMBERS = """JCSE:
- {name: Ana Méndez, party: majority, rank: 1, title: Chairman, bioguide: A000001}
- {name: Bob Bar, party: minority, rank: 2, bioguide: B000002}
HSFA14:
- {name: Bob Bar, rank: 1, title: Chair, bioguide: B000002}
NOPE:
- {name: Bob Bar, bioguide: B000002}
"""
MEPS = (
    "mep_identifier,mep_honorific_prefix,mep_given_name,mep_family_name,mep_official_given_name,"
    "mep_official_family_name,mep_gender,mep_citizenship,mep_birthday,mep_death_date,mep_email\n"
    "1,Ms,Zoë,Müller,,,female,Finland,02/12/1930 02:00,,mailto:zoe@example.org\n"
    '2,Mr,Ji?í,"Novák, the Elder",????,?????,male,Czechia,########,01/13/2020 01:00,\n'
    "3,Mr,Short\n"
    "1,Ms,Zoë,Again,,,female,Finland,,,\n"
    ",,,,,,,,,,\n"
)


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def run(database: Database, format_: str, *paths: Path, **more: object) -> ImportReport:
    more.setdefault("options", ImportOptions(today=TODAY))
    return import_files(database, format_, paths, **more)  # type: ignore[arg-type]


def rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        names = session.scalars(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%' AND name "
                "NOT LIKE 'sqlite%'"
            )
        ).all()
        return {n: session.execute(text(f'SELECT count(*) FROM "{n}"')).scalar_one() for n in names}


@pytest.fixture
def congress(database: Database, tmp_path: Path) -> Database:
    run(database, "congress", write(tmp_path / "legislators.yaml", LEGISLATORS))
    run(
        database,
        "congress-committees",
        write(tmp_path / "committees.yaml", COMMITTEES),
        write(tmp_path / "members.yaml", MEMBERS),
    )
    return database


def test_legislators_come_with_every_term_contact_and_id(database: Database, tmp_path: Path) -> None:
    report = run(database, "congress", write(tmp_path / "legislators.yaml", LEGISLATORS))
    assert report.counts["people"].added == 2
    assert report.counts["terms"].added == 3
    assert {reason.split(":")[0] for _, _, reason in report.notes} == {"Bob Bar"}
    with database.read() as session:
        ana = people_list(session, search="Mendez Ana")[0]
    assert (ana.given_name, ana.family_name, ana.gender, ana.birth_date) == (
        "Ana",
        "Méndez",
        "female",
        "1960-02-29",
    )
    assert ("bioguide", "A000001") in ana.identifiers
    assert ("fec", "S2") in ana.identifiers
    assert {c.type for c in ana.contact_details} == {"address", "voice", "form"}
    assert [(m.role, m.area, m.on_behalf_of) for m in ana.memberships] == [
        ("Senator", "TX", "Independent"),
        ("Representative", "TX at large", "Independent"),
    ]
    assert {n.name for n in ana.other_names} == {"Annie Méndez"}
    for item in (ana, *ana.contact_details, *ana.memberships):
        assert item.sources[0].title == "legislators.yaml, imported"


def test_committees_know_their_place_members_ranks_and_titles(congress: Database) -> None:
    with congress.read() as session:
        commission = next(b for b in bodies_list(session) if b.id == "helsinki-commission")
        europe = next(b for b in bodies_list(session) if b.name == "Europe")
        ana = people_list(session, search="Ana Mendez")[0]
        query = select(Person.name, Membership.rank).join(Membership)
        seats = session.execute(query.where(Membership.organization_id == commission.key))
        ranks = {row.name: row.rank for row in seats}
    assert commission.name == "Helsinki Commission"
    assert "Commission on Security and Cooperation in Europe" in {n.name for n in commission.other_names}
    assert europe.parent == "House Committee on Foreign Affairs"
    assert ranks == {"Ana Méndez": 1, "Bob Bar": 2}
    seat = next(m for m in ana.memberships if m.organization_slug == "helsinki-commission")
    assert (seat.role, seat.start_date) == ("Chairman", "2025-01-03")
    assert "gives no dates" in seat.sources[0].claim


def test_a_member_of_a_committee_that_is_not_known_is_told(congress: Database, tmp_path: Path) -> None:
    report = run(congress, "congress-committees", tmp_path / "members.yaml")
    assert [("NOPE" in reason) for _, _, reason in report.skipped + report.notes] == [True]


def test_who_is_no_longer_listed_has_left(congress: Database, tmp_path: Path) -> None:
    fewer = MEMBERS.replace(
        "- {name: Ana Méndez, party: majority, rank: 1, title: Chairman, bioguide: A000001}\n", ""
    )
    run(congress, "congress-committees", write(tmp_path / "later.yaml", fewer))
    with congress.read() as session:
        ana = people_list(session, search="Ana Mendez")[0]
        today = people_list(session, search="Helsinki", on=date(2026, 12, 1))
    seat = next(m for m in ana.memberships if m.organization_slug == "helsinki-commission")
    assert seat.end_date == TODAY.isoformat()
    assert [p.name for p in today] == ["Bob Bar"]


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2025, 1, 3), date(2025, 1, 2)])
def test_a_congress_begins_on_3_january_of_an_odd_year(day: date) -> None:
    assert congress_start(day) == (date(2025, 1, 3) if day >= date(2025, 1, 3) else date(2023, 1, 3))


def test_running_twice_changes_nothing_at_all(congress: Database, tmp_path: Path) -> None:
    before = rows(congress)
    for format_, name in (
        ("congress", "legislators.yaml"),
        ("congress-committees", "committees.yaml"),
        ("congress-committees", "members.yaml"),
    ):
        report = run(congress, format_, tmp_path / name)
        assert not report.has_changes, (name, report.summary)
    assert rows(congress) == before


def test_a_dry_run_tells_the_same_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "legislators.yaml", LEGISLATORS)
    before = rows(database)
    dry = run(database, "congress", path, dry_run=True)
    assert rows(database) == before
    assert "dry run" in dry.summary
    assert dry.counts == run(database, "congress", path).counts


def test_a_newer_file_updates_what_the_older_said(database: Database, tmp_path: Path) -> None:
    run(database, "congress", write(tmp_path / "old.yaml", LEGISLATORS))
    newer = LEGISLATORS.replace("202-224-0000", "202-224-9999").replace(
        "official_full: Ana Méndez", "official_full: Ana Méndez Ruiz"
    )
    report = run(database, "congress", write(tmp_path / "new.yaml", newer))
    assert report.counts["people"].changed == 1
    with database.read() as session:
        ana = people_list(session, search="Ruiz")[0]
    assert [c.value for c in ana.contact_details if c.type == "voice"] == ["202-224-9999"]
    assert ana.sources[0].title == "new.yaml, imported"


def test_what_a_user_entered_or_a_document_says_is_not_overwritten(
    database: Database, tmp_path: Path
) -> None:
    run(database, "congress", write(tmp_path / "old.yaml", LEGISLATORS))
    with database.write() as session:
        key = people_list(session, search="Ana Mendez")[0].id
        save_person(
            session,
            PersonEntry("Anita", "Méndez", "Sen", "", "female", "es", "", (("address", "My own office"),)),
            key,
        )
    run(database, "congress", write(tmp_path / "new.yaml", LEGISLATORS.replace("1 Hart", "2 Hart")))
    with database.read() as session:
        ana = person_row(session, key)
        schaake = person_row(session, "marietje-schaake")
    assert (ana.given_name, ana.honorific_prefix) == ("Anita", "Sen")
    assert "My own office" in {c.value for c in ana.contact_details}
    run(
        database,
        "europarl-csv",
        write(tmp_path / "meps_7_x.csv", MEPS.replace("1,Ms,Zoë,Müller", "96945,Mr,Other,Name")),
    )
    with database.read() as session:
        after = person_row(session, "marietje-schaake")
    assert (after.name, after.gender) == (schaake.name, schaake.gender)
    assert "Other Name" in {n.name for n in after.other_names}


def test_meps_survive_their_dirt(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "data_v1_meps_7_en.csv", MEPS, "cp1252")
    report = run(database, "europarl-csv", path)
    assert report.counts["people"].added == 2
    reasons = " | ".join(f"{row} {reason}" for _, row, reason in report.skipped + report.notes)
    assert "3 has 3 of 11 cells" in reasons
    assert "4 Zoë Again: has the same id as row 1" in reasons
    assert "####" in reasons
    assert "lost as ?" in reasons
    with database.read() as session:
        zoe = people_list(session, search="Zoe Muller")[0]
    assert zoe.birth_date == "1930-12-02"
    assert [c.value for c in zoe.contact_details] == ["zoe@example.org"]
    assert (zoe.memberships[0].start_date, zoe.memberships[0].area) == ("2009-07-14", "Finland")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("02/12/1930 02:00", "1930-12-02"),
        ("1930-12-02", "1930-12-02"),
        ("", ""),
        ("04/10/1946 12:00", "1946-10-04"),
    ],
)
def test_european_days(given: str, wanted: str) -> None:
    assert european_date(given) == wanted


def test_a_table_of_mps(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "mps.csv",
        '"pcon_name","pcon_code","member_id","full_title","display_as","party_text","member_email","election_result_summary_2024"\n'
        '"Aldershot","E14001063","5173","Rt Hon Alex Baker MP","Alex '
        'Baker","Labour","alex@example.org","Lab gain"\n"Rhondda and Ogmore","W07000107","1446","Chris '
        'Bryant MP","Chris Bryant","Labour","bryant@example.org","Lab '
        'hold"\n"Vacant","E1","","","","","",""\n',
    )
    report = run(database, "uk-mps-csv", path)
    assert report.counts["people"].added == 1
    assert report.counts["people"].changed == 1
    assert "vacant" in report.skipped[0][2]
    with database.read() as session:
        alex = people_list(session, search="Aldershot")[0]
        bryant = person_row(session, "chris-bryant")
    assert (alex.honorific_prefix, alex.honorific_suffix, alex.memberships[0].start_date) == (
        "The Rt Hon",
        "MP",
        "2024",
    )
    assert "bryant@example.org" in {c.value for c in bryant.contact_details}


POPOLO = {
    "memberships": [
        {"id": "m1", "person_id": "p1", "organization_id": "o2", "role": "Chair", "start_date": "2001-05",
        "end_date": "9999-12-31"},
        {"id": "m2", "person_id": "p9", "organization_id": "o1", "start_date": "2001"},
        {"id": "m3", "person_id": "p1", "organization_id": "nowhere"},
        {"id": "m4", "person_id": "p1", "organization_id": "o1", "start_date": "2005", "end_date": "2001"},
        {"id": "m5", "person_id": "p1", "post_id": "post1", "start_date": "2010-13-01"},
    ],
    "persons": [
        {"id": "p1", "name": "Inés Núñez", "gender": "female", "birth_date": "1950",
         "identifiers": [{"scheme": "wikidata", "identifier": "Q77"}],
         "other_names": [{"name": "Ines Nunez"}],
         "contact_details": [{"type": "email", "value": "ines@example.org"}]},
        {"id": "p2"},
    ],
    "organizations": [
        {"id": "o1", "name": "Assembly", "classification": "legislature"},
        {"id": "o2", "name": "Committee", "parent_id": "o1"},
        {"id": "o3", "name": "A", "parent_id": "o4"},
        {"id": "o4", "name": "B", "parent_id": "o3"},
    ],
    "posts": [{"id": "post1", "label": "Speaker", "organization_id": "o1"}],
}  # fmt: skip


def test_popolo_in_whatever_order(database: Database, tmp_path: Path) -> None:
    report = run(database, "popolo", write(tmp_path / "popolo.json", json.dumps(POPOLO)))
    told = " | ".join(reason for _, _, reason in report.skipped + report.notes)
    for words in ("circle", "nowhere", "before it begins", "no name", "2010-13"):
        assert words in told, words
    with database.read() as session:
        ines = people_list(session, search="Ines Nunez")[0]
        committee = next(b for b in bodies_list(session) if b.name == "Committee")
        speaker = posts_list(session, search="Speaker")[0]
        unnamed = people_list(session, search="Name not on file")
    assert ("wikidata", "Q77") in ines.identifiers
    assert {(m.organization, m.start_date, m.end_date) for m in ines.memberships} >= {
        ("Committee", "2001-05", None)
    }
    assert committee.parent == "Assembly"
    assert [h.name for h in speaker.holders] == ["Inés Núñez"]
    assert len(unnamed) == 1
    assert not run(database, "popolo", tmp_path / "popolo.json").has_changes


def test_a_name_that_comes_later_fills_the_one_that_was_missing(database: Database, tmp_path: Path) -> None:
    run(database, "popolo", write(tmp_path / "ministers.json", json.dumps({
        "organizations": [{"id": "o1", "name": "Assembly"}],
        "memberships": [{"person_id": "uk.org.publicwhip/person/1", "organization_id": "o1",
        "start_date": "2001"}],
    })))  # fmt: skip
    run(database, "popolo", write(tmp_path / "people.json", json.dumps({
        "persons": [{"id": "uk.org.publicwhip/person/1", "name": "Ann Other"}],
    })))  # fmt: skip
    with database.read() as session:
        assert people_list(session, search="Name not on file") == ()
        assert people_list(session, search="Ann Other")[0].memberships[0].organization == "Assembly"


def test_dates_of_a_legislative_period_stand_for_those_a_membership_lacks(
    database: Database, tmp_path: Path
) -> None:
    run(database, "popolo", write(tmp_path / "ep.json", json.dumps({
        "persons": [{"id": "1", "name": "Ann Other", "identifiers": [{"scheme": "local", "identifier": "7"}],
                     "contact_details": [{"type": "phone", "value": "1234"}]}],
        "organizations": [{"id": "o", "name": "Assembly"},
        {"id": "party/1", "name": "Greens", "classification": "party"}],
        "memberships": [{"person_id": "1", "organization_id": "o", "on_behalf_of_id": "party/1",
        "legislative_period_id": "t/1"}],
        "events": [{"id": "t/1", "start_date": "2011-04-20", "end_date": "2015-04-22"}],
    })))  # fmt: skip
    run(database, "popolo", write(tmp_path / "elsewhere.json", json.dumps({
        "persons": [{"id": "9", "name": "Nobody Else",
        "identifiers": [{"scheme": "local", "identifier": "7"}]}],
    })))  # fmt: skip
    with database.read() as session:
        ann = people_list(session, search="Ann Other")[0]
        assert people_list(session, search="Nobody Else")[0].id != ann.id
    assert [(m.start_date, m.end_date, m.on_behalf_of) for m in ann.memberships] == [
        ("2011-04-20", "2015-04-22", "Greens")
    ]
    assert [c.type for c in ann.contact_details] == ["voice"]


def test_vcards(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "cards.vcf",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Müller;Zoë;;Dr;\r\nFN:Dr Zoë "
        "Müller\r\nORG:Bundestag\r\nTITLE:Member\r\nEMAIL:z@example.org\r\nTEL:+49 30 1\r\nADR:;;Platz der "
        "Republik "
        "1;Berlin;;11011;Germany\r\nBDAY:1970-01-02\r\nUID:u1\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cut Off\r\n",
    )
    report = run(database, "vcard", path)
    assert report.counts["people"].added == 1
    assert len(report.skipped) == 2
    with database.read() as session:
        zoe = people_list(session, search="Muller")[0]
    assert zoe.memberships[0].organization == "Bundestag"
    assert "Platz der Republik 1\nBerlin\n11011\nGermany" in {c.value for c in zoe.contact_details}
    assert not run(database, "vcard", path).has_changes


def test_the_european_parliaments_xml(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "full-list.xml",
        '<?xml version="1.0" encoding="UTF-8"?><meps><mep><fullName>Zoë VAN DER MÜLLER</fullName>'
        "<country>Finland</country>"
        "<politicalGroup>Greens</politicalGroup><id>197</id></mep><mep><fullName>No Id</fullName></mep>"
        "</meps>",
    )
    report = run(database, "europarl-xml", path)
    assert (report.counts["people"].added, len(report.skipped)) == (1, 1)
    with database.read() as session:
        zoe = people_list(session, search="Zoe Muller")[0]
    assert (zoe.given_name, zoe.family_name) == ("Zoë", "Van Der Müller")
    assert zoe.memberships[0].start_date == "2024-07-16"


def test_the_uk_members_api(database: Database, tmp_path: Path) -> None:
    value = {
        "id": 1446, "nameDisplayAs": "Chris Bryant", "nameFullTitle": "Rt Hon Chris Bryant MP", "gender": "M",
        "latestParty": {"name": "Labour"},
        "latestHouseMembership": {"house": 1, "membershipFrom": "Rhondda",
        "membershipStartDate": "2024-07-04T00:00:00", "membershipEndDate": None},
    }  # fmt: skip
    lord = {**value, "id": 5, "nameDisplayAs": "Lord X", "latestHouseMembership": {"house": 2}}
    report = run(
        database,
        "uk-members-json",
        write(tmp_path / "m.json", json.dumps({"items": [{"value": value}, {"value": lord}]})),
    )
    assert report.counts["people"].changed == 1
    assert "House of Lords" in report.skipped[0][2]


def test_any_table_by_its_headings(database: Database, tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv",
        "Vorname;Nachname;E-Mail;Partei;Wahlkreis;Funktion;Parliament\n"
        "Zoë;Müller;zoe@example.org;Grüne;Berlin;MdB;Bundestag\n"
        "Jan;Novák;not an address;;;;Bundestag\n"
        ";;;;;;\n=cmd();Evil;;;;;Bundestag\n",
    )
    report = run(database, "csv", path)
    assert report.counts["people"].added == 3
    assert "no e-mail address" in report.notes[0][2]
    with database.read() as session:
        zoe = people_list(session, search="Zoe Muller Bundestag")[0]
    assert (zoe.memberships[0].role, zoe.memberships[0].area, zoe.memberships[0].on_behalf_of) == (
        "MdB",
        "Berlin",
        "Grüne",
    )
    assert not run(database, "csv", path).has_changes


def test_a_mapping_given_by_hand(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "odd.csv", "wer,wo\nAda Byron,x\nBo Li,y\n")
    with pytest.raises(ImportFileError, match="--map"):
        run(database, "csv", path)
    options = ImportOptions(mapping={"wer": "name"}, body="House of Lords")
    assert run(database, "csv", path, options=options).counts["people"].added == 2
    with pytest.raises(ImportFileError, match="no column nope"):
        run(database, "csv", path, options=ImportOptions(mapping={"nope": "name"}))
    with pytest.raises(ImportFileError, match="no field shoe"):
        run(database, "csv", path, options=ImportOptions(mapping={"wer": "shoe"}))


def test_headings_are_guessed() -> None:
    guessed = guess_mapping(("firstName", "Last_Name", "E-mail address", "Party", "Shoe size"))
    assert guessed == {
        "firstName": "given_name",
        "Last_Name": "family_name",
        "E-mail address": "email",
        "Party": "party",
    }


def test_two_of_one_name_are_never_made_one_by_an_import(database: Database, tmp_path: Path) -> None:
    run(database, "csv", write(tmp_path / "a.csv", "Name,E-mail\nTheresa May,\n"))
    run(database, "csv", write(tmp_path / "b.csv", "Name,E-mail\nTheresa May,\n"))
    with database.read() as session:
        assert len(people_list(session, search="Theresa May")) == 3


BOMB = "a: &a [x,x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a,*a]\n" for i in range(9))


@pytest.mark.parametrize(
    ("format_", "name", "content"),
    [
        ("congress", "x.yaml", b""),
        ("congress", "x.yaml", b"just words"),
        ("congress", "x.yaml", BOMB.encode()),
        ("congress", "x.yaml", b"- &a [1]\n- *a\n- {id: {bioguide: X}}\n"),
        ("congress", "x.yaml", b"- id: [\n- name: }{\n"),
        ("congress", "x.yaml", LEGISLATORS[:300].encode()),
        ("congress", "x.yaml", b"\xff\xfe\x00\x01" * 50),
        ("congress-committees", "x.yaml", b""),
        ("congress-committees", "x.yaml", b"- type: moon\n  name: X\n"),
        ("popolo", "x.json", b""),
        ("popolo", "x.json", b'{"persons": [{"id": "1", "name": "Cut'),
        ("popolo", "x.json", b"[]"),
        ("popolo", "x.json", b'{"persons": {"not": "a list"}}'),
        ("popolo", "x.json", b'{"persons": [' + b"[" * 100_000),
        ("popolo", "x.json", b"\xff\xfe\x00"),
        ("europarl-csv", "meps_7_.csv", b""),
        ("europarl-csv", "meps_7_.csv", b"a,b,c\n1,2,3\n"),
        ("europarl-csv", "meps_99_.csv", b"mep_identifier\n"),
        ("europarl-csv", "meps_7_.csv", b"\x00" * 1000),
        ("europarl-csv", "meps_7_.csv",
        b'mep_identifier,mep_given_name,mep_family_name\n1,"' + b"x" * 2_000_000),
        ("europarl-xml", "x.xml", (b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aaaa">'
                                   b'<!ENTITY b "&a;&a;">]><meps><mep><fullName>&b;</fullName></mep>'
                                   b'</meps>')),
        ("europarl-xml", "x.xml", (b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><meps><mep>'
                                   b'<fullName>&x;</fullName><id>1</id></mep></meps>')),
        ("europarl-xml", "x.xml", b"<meps><mep>"),
        ("europarl-xml", "x.xml", b"not xml"),
        ("uk-members-json", "x.json", b"{}"),
        ("uk-mps-csv", "x.csv", b"one column\nx\n"),
        ("csv", "x.csv", b""),
        ("csv", "x.csv", b"Name\n"),
        ("vcard", "x.vcf", b"nothing"),
        ("vcard", "x.vcf", b"BEGIN:VCARD\nN:;;;;\nEND:VCARD"),
    ],
)  # fmt: skip
def test_broken_and_hostile_files_are_told_and_change_nothing_wrongly(
    database: Database, tmp_path: Path, format_: str, name: str, content: bytes
) -> None:
    before = rows(database)
    try:
        report = run(database, format_, write(tmp_path / name, content))
    except ImportFileError as error:
        assert str(error).endswith((".", '"', "/"))
        assert rows(database) == before
    else:
        assert report.counts["people"].added <= 1
        assert report.skipped or report.notes or report.counts["people"].added
    with database.read() as session:
        assert not session.scalars(select(Person.name).where(Person.name.contains("root:"))).all()


def test_an_error_half_way_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", json.dumps(POPOLO))
    bad = write(tmp_path / "bad.json", b'{"persons": [{"id": "1", "name": "Whole"}, {"id": "2", "na')
    before = rows(database)
    with pytest.raises(ImportFileError, match=r"bad\.json is not whole"):
        run(database, "popolo", good, bad)
    assert rows(database) == before


def test_an_import_can_be_stopped(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "many.csv", "Name,Id\n" + "".join(f"Person {i},{i}\n" for i in range(2000)))
    before, calls = rows(database), iter(range(100))
    with pytest.raises(CancelledError, match="nothing was changed"):
        run(database, "csv", path, progress=lambda done, total: next(calls) < 3)
    assert rows(database) == before


def test_a_missing_file_a_folder_and_an_unknown_format(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be read"):
        run(database, "csv", tmp_path / "none.csv")
    with pytest.raises(ImportFileError, match="folder"):
        run(database, "csv", tmp_path)
    with pytest.raises(UsageError, match="Choose from"):
        run(database, "excel", tmp_path)


@pytest.mark.parametrize(
    ("format_", "name"),
    [("congress", "x.yaml"), ("popolo", "x.json"), ("europarl-xml", "x.xml"), ("vcard", "x.vcf"),
    ("csv", "x.csv"), ("uk-mps-csv", "x.csv")],
)  # fmt: skip
def test_a_file_of_a_gigabyte_is_refused_before_it_fills_the_memory(
    database: Database, tmp_path: Path, format_: str, name: str
) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(b"Name,E-mail\n")
        file.truncate(1_000_000_000)
    with pytest.raises(ImportFileError, match=r"larger than|has a line of more"):
        run(database, format_, path)


def test_a_formula_in_a_name_stays_text_on_its_way_out(
    database: Database, tmp_path: Path, sandbox: TemplateSandbox
) -> None:
    run(
        database,
        "csv",
        write(tmp_path / "x.csv", "Vorname,Nachname,Body\n=HYPERLINK(1),Evil,House of Commons\n"),
    )
    with database.write() as session:
        person = people_list(session, search="Evil")[0]
        add_recipient(session, 1, audience="default", person=person.id)
    reference = factories.drafted(database, sandbox, f"person:{person.id}", "un-human-rights-council")[0]
    with database.read() as session:
        table = tracker_csv(tracker_rows(session, campaigns_list(session)[0], references=[reference])).decode(
            "utf-8-sig"
        )
    assert "'=HYPERLINK(1) Evil" in table


REAL: list[tuple[str, str, str, int]] = [
    ("congress", "us-congress/legislators-current.yaml", "people", 537),
    ("congress", "us-congress/executive.yaml", "people", 80),
    ("europarl-csv", "eu-parliament/data_v1_meps_5_en.csv", "people", -1),
    ("europarl-csv", "eu-parliament/data_v1_meps_6_en.csv", "people", -1),
    ("europarl-csv", "eu-parliament/data_v1_meps_7_en.csv", "people", 863),
    ("uk-mps-csv", "uk-parliament/mp_lookup.csv", "people", 650),
    ("popolo", "uk-parliament/ministers.json", "terms", 2890),
]


@needs_data
@pytest.mark.parametrize(("format_", "name", "kind", "count"), REAL)
def test_real_files_import_whole_and_only_once(
    empty: Database, format_: str, name: str, kind: str, count: int
) -> None:
    path = DATA / name
    if count < 0:
        count = len(path.read_bytes().decode("cp1252").strip().splitlines()) - 1
    report = run(empty, format_, path)
    assert report.counts[kind].added == count, report.summary
    again = run(empty, format_, path)
    assert not again.has_changes, again.summary
    with empty.read() as session:
        uncited = session.scalar(
            select(func.count())
            .select_from(Membership)
            .where(~select(Citation.id).where(Citation.membership_id == Membership.id).exists())
        )
        assert uncited == 0
        assert session.scalar(select(Source.sha256).where(Source.dataset != ""))


@needs_data
def test_the_sample_campaigns_people_meet_their_records(database: Database) -> None:
    run(database, "europarl-csv", DATA / "eu-parliament/data_v1_meps_7_en.csv")
    with database.read() as session:
        assert len(people_list(session, search="Hautala")) == 1
        assert len(people_list(session, search="Schaake")) == 1
        reached = {r.name: r.channels for r in recipients_list(session, 1)}
    assert "email" in reached["Heidi Hautala"]


def test_other_names_of_a_new_body_have_their_file(database: Database, tmp_path: Path) -> None:
    named = {"organizations": [{"id": "o1", "name": "Assembly", "other_names": [{"name": "The House"}]}]}
    run(database, "popolo", write(tmp_path / "p.json", json.dumps(named)))
    with database.read() as session:
        body = next(b for b in bodies_list(session) if b.name == "Assembly")
    assert [(n.name, [s.title for s in n.sources]) for n in body.other_names] == [
        ("The House", ["p.json, imported"])
    ]


def test_every_contact_detail_has_its_file(congress: Database) -> None:
    with congress.read() as session:
        cited = set(
            session.scalars(
                select(Citation.contact_detail_id)
                .join(Source, Source.id == Citation.source_id)
                .where(Source.dataset == "congress", Citation.contact_detail_id.is_not(None))
            )
        )
        newest = session.scalars(select(ContactDetail.id).where(ContactDetail.value.contains("2"))).all()
    assert len(cited) >= 4
    assert cited & set(newest)
