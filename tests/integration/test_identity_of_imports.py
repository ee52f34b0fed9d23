"""Nobody becomes somebody else by an import: names in any script, files of one
name, ids that change hands.
"""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.directory.bodies import bodies_list, posts_list
from outreach.directory.editing import BodyEntry, PersonEntry, save_body, save_person
from outreach.directory.identity import merge_people
from outreach.directory.importers.records import ImportReport
from outreach.directory.importers.run import ImportOptions, import_files
from outreach.directory.people import PersonRow, people_list
from outreach.exchange.campaign_folder import read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.store.database import Database
from outreach.store.models import (
    Area,
    Citation,
    Identifier,
    Membership,
    Organization,
    Person,
    Post,
    Source,
    SourceKind,
)
from tests.integration.test_importers import DATA, LEGISLATORS, TODAY, needs_data, rows, run, write

SCRIPTS = """Name,Body,Party,Constituency,Role
Иванов Иван Иванович,Государственная Дума,Единая Россия,Алтайский край,депутат
Петров Пётр,Совет Федерации,КПРФ,Омская область,сенатор
Сидоров Сидор,Мосгордума,ЛДПР,Тверь,депутат
Νίκος Παπαδόπουλος,Βουλή των Ελλήνων,ΣΥΡΙΖΑ,Αχαΐα,βουλευτής
Μαρία Γεωργίου,Περιφέρεια Αττικής,ΠΑΣΟΚ,Αττική,σύμβουλος
محمد علي,مجلس النواب,حزب الوفد,القاهرة,نائب
أحمد حسن,مجلس الشيوخ,حزب النور,الإسكندرية,نائب
李伟,全国人民代表大会,中国共产党,北京,代表
李威,立法院,民主進步黨,台北,委員
山田太郎,衆議院,自由民主党,東京,議員
"""


def count_of(database: Database, model: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def everyone(database: Database) -> dict[str, PersonRow]:
    """People by name; of a name that several have, one."""
    with database.read() as session:
        return {p.name: p for p in people_list(session)}


def names_of(database: Database) -> Counter[str]:
    with database.read() as session:
        return Counter(session.scalars(select(Person.name)))


def parties(database: Database) -> list[str]:
    with database.read() as session:
        query = select(Organization.name).where(Organization.classification == "party")
        return sorted(session.scalars(query))


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


# Names in any script


def test_a_table_in_other_scripts_keeps_every_person_body_party_and_place_apart(
    empty: Database, tmp_path: Path
) -> None:
    path = write(tmp_path / "депутаты.csv", SCRIPTS)
    report = run(empty, "csv", path)
    wanted = [line.split(",") for line in SCRIPTS.strip().splitlines()[1:]]
    assert report.counts["people"].added == len(wanted), report.lines
    found = everyone(empty)
    assert {p.id for p in found.values()} >= {"liwei", "ivanov-ivan-ivanovich", "nikos-papadopoylos"}
    sits = {
        (p.family_name or p.name, m.organization, m.on_behalf_of, m.area)
        for p in found.values()
        for m in p.memberships
    }
    assert {(b, party, area) for _, b, party, area in sits} == {
        (body, party, area) for _, body, party, area, _ in wanted
    }
    assert sorted(parties(empty)) == sorted(w[2] for w in wanted)
    before = rows(empty)
    again = run(empty, "csv", path)
    assert not again.has_changes, again.summary
    assert rows(empty) == before


@pytest.mark.parametrize(
    "names",
    [
        ("Ålesund", "Alesund", "Ǻlesund"),
        ("🌹", "🌻", "🌹🌹"),
        ("กรุงเทพ", "เชียงใหม่"),
        ("A" * 90 + "x", "A" * 90 + "y"),
        ("C+", "C-", "C"),
        ("か", "が"),
        ("李伟", "李威"),
        ("???", "!!!"),
    ],
)
def test_names_that_give_one_readable_id_stay_apart(
    empty: Database, tmp_path: Path, names: tuple[str, ...]
) -> None:
    table = "Name,Body,Party,Constituency\n" + "".join(
        f"Ann X{n},Body {name},Party {name},{name}\n" for n, name in enumerate(names)
    )
    path = write(tmp_path / "t.csv", table)
    run(empty, "csv", path)
    held = {
        p.name: (p.memberships[0].organization, p.memberships[0].on_behalf_of, p.memberships[0].area)
        for p in everyone(empty).values()
    }
    assert held == {f"Ann X{n}": (f"Body {x}", f"Party {x}", x) for n, x in enumerate(names)}
    assert not run(empty, "csv", path).has_changes


def test_people_whose_names_differ_by_an_accent_are_two(empty: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "Name,Body\nJosé Núñez,Cortes\nJose Nunez,Cortes\nJOSE NUNEZ,Senado\n")
    run(empty, "csv", path)
    assert count_of(empty, Person) == 3
    assert not run(empty, "csv", path).has_changes


def test_two_people_of_one_name_in_one_file_are_two_in_whatever_order_they_come(
    empty: Database, tmp_path: Path
) -> None:
    head, first, second = (
        "Name,Body,Party,Phone\n",
        "John Smith,Senate,Green,1\n",
        "John Smith,Senate,Blue,2\n",
    )
    run(empty, "csv", write(tmp_path / "t.csv", head + first + second))
    run(empty, "csv", write(tmp_path / "t.csv", head + second + first + "Ann Lee,Senate,Red,3\n"))
    with empty.read() as session:
        johns = people_list(session, search="John Smith")
    assert {(p.memberships[0].on_behalf_of, p.contact_details[0].value) for p in johns} == {
        ("Green", "1"),
        ("Blue", "2"),
    }
    assert [len(p.memberships) for p in johns] == [1, 1]


def test_a_father_and_a_son_are_two(empty: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "Name,Body\nJohn Smith Sr.,Senate\nJohn Smith Jr.,Senate\n")
    run(empty, "csv", path)
    with empty.read() as session:
        assert sorted(p.honorific_suffix for p in people_list(session)) == ["Jr.", "Sr."]
    assert not run(empty, "csv", path).has_changes


def test_rows_alike_in_every_cell_are_kept_as_two_and_told(empty: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "Name,Body\nJohn Smith,Senate\nJohn Smith,Senate\n")
    report = run(empty, "csv", path)
    assert report.counts["people"].added == 2
    assert [(row, "John Smith" in reason) for _, row, reason in report.notes] == [(2, True)]
    assert not run(empty, "csv", path).has_changes


def test_a_party_belongs_to_its_country_and_a_constituency_to_its_chamber(
    empty: Database, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "t.csv",
        "Name,Body,Jurisdiction,Party,Constituency\n"
        "Ann Lee,Kuvendi,AL,Democratic Party,Newport\n"
        "Bob Ray,Congress,US,Democratic Party,Newport\n"
        "Cy Fox,Assembly,,Democratic Party,Newport\n"
        "Di Orr,Senate,US,democratic  party,Newport\n",
    )
    run(empty, "csv", path)
    with empty.read() as session:
        found = session.execute(
            select(Organization.jurisdiction).where(Organization.classification == "party")
        ).scalars()
        assert sorted(found) == ["", "AL", "US"]
        assert len(session.scalars(select(Area.id)).all()) == 4
    assert not run(empty, "csv", path).has_changes


def test_a_file_of_another_country_does_not_take_the_party_that_is_there(
    empty: Database, tmp_path: Path
) -> None:
    run(empty, "csv", write(tmp_path / "a.csv", "Name,Body,Party\nAnn Lee,Kuvendi,Democratic Party\n"))
    run(empty, "csv", write(tmp_path / "b.csv", "Name,Body,Party\nBob Ray,Congress,Democratic Party\n"))
    assert parties(empty) == ["Democratic Party"] * 2


def test_a_body_of_the_same_readable_id_in_another_country_is_another_body(
    empty: Database, tmp_path: Path
) -> None:
    with empty.write() as session:
        save_body(session, BodyEntry("House of Commons", "chamber", "CA", "", "", ()))
    path = write(
        tmp_path / "mps.csv",
        "pcon_name,pcon_code,member_id,full_title,display_as,party_text,member_email\n"
        "Aldershot,E14001063,5173,Alex Baker MP,Alex Baker,Labour,alex@example.org\n",
    )
    run(empty, "uk-mps-csv", path)
    assert not run(empty, "uk-mps-csv", path).has_changes
    with empty.read() as session:
        commons = {b.jurisdiction: b for b in bodies_list(session) if b.name == "House of Commons"}
    assert [m.name for m in commons["GB"].members] == ["Alex Baker"]
    assert commons["CA"].members == ()


def test_a_table_that_says_the_country_makes_a_body_of_its_own(database: Database, tmp_path: Path) -> None:
    table = "Name,Body,Jurisdiction\nAnn Lee,House of Commons,CA\n"
    run(database, "csv", write(tmp_path / "ca.csv", table))
    report = run(database, "csv", write(tmp_path / "gb.csv", "Name,Body\nBob Ray,Home Office\n"))
    with database.read() as session:
        ours = {b.jurisdiction: b for b in bodies_list(session) if b.name == "House of Commons"}
    assert [m.name for m in ours["CA"].members] == ["Ann Lee"]
    assert "Ann Lee" not in {m.name for m in ours["GB"].members}
    assert "taken as the body on file of this name (home-office" in report.notes[0][2]


def test_posts_of_one_id_in_two_registers_are_two_and_keep_their_labels(
    empty: Database, tmp_path: Path
) -> None:
    def popolo(body: str, label: str, holder: str) -> str:
        return json.dumps(
            {
                "persons": [{"id": holder, "name": holder}],
                "organizations": [{"id": "o", "name": body}],
                "posts": [{"id": "спикер", "label": label, "organization_id": "o"}],
                "memberships": [{"person_id": holder, "post_id": "спикер", "start_date": "2001"}],
            }
        )

    one = write(folder(tmp_path, "a") / "p.json", popolo("Althing", "Forseti", "Ann Lee"))
    two = write(folder(tmp_path, "b") / "p.json", popolo("Duma", "Председатель", "Bob Ray"))
    run(empty, "popolo", one, two)
    assert not run(empty, "popolo", one, two).has_changes
    with empty.read() as session:
        posts = {p.label: (p.organization, [h.name for h in p.holders]) for p in posts_list(session)}
    assert posts == {"Forseti": ("Althing", ["Ann Lee"]), "Председатель": ("Duma", ["Bob Ray"])}


# Files of one name


def test_two_files_of_one_name_never_touch_each_others_people(empty: Database, tmp_path: Path) -> None:
    mine = write(
        folder(tmp_path, "a") / "contacts.csv", "Id,Name,E-mail\n1,Ann Lee,a@x.org\n2,Bob Ray,b@x.org\n"
    )
    theirs = write(
        folder(tmp_path, "b") / "contacts.csv", "Id,Name,E-mail\n1,Cy Fox,c@x.org\n2,Di Orr,d@x.org\n"
    )
    run(empty, "csv", mine)
    report = run(empty, "csv", theirs)
    assert report.decided == [
        "contacts.csv is taken as another list than the contacts.csv imported on 24 November 2026: of 2 ids "
        "in common 0 carry the same name. It is the data set “contacts-2”; if it is a newer edition, import "
        "it as the data set “contacts”."
    ]
    assert {n: p.contact_details[0].value for n, p in everyone(empty).items()} == {
        "Ann Lee": "a@x.org",
        "Bob Ray": "b@x.org",
        "Cy Fox": "c@x.org",
        "Di Orr": "d@x.org",
    }
    for path in (mine, theirs, mine):
        again = run(empty, "csv", path)
        assert (again.has_changes, again.decided) == (False, [])


def test_a_newer_edition_is_known_by_its_ids_and_names_whatever_the_file_is_called(
    empty: Database, tmp_path: Path
) -> None:
    table = "Id,Name,Phone\n" + "".join(f"{n},Person {chr(65 + n)}xx,{n}\n" for n in range(10))
    run(empty, "csv", write(tmp_path / "members.csv", table))
    newer = table.replace(",9\n", ",99\n")
    report = run(empty, "csv", write(tmp_path / "members-december.csv", newer))
    assert report.counts["people"].added == 0
    assert "newer edition of members.csv, imported on 24 November 2026" in report.decided[0]
    assert count_of(empty, Person) == 10


def test_a_list_whose_names_changed_too_much_is_another_one(empty: Database, tmp_path: Path) -> None:
    table = "Id,Name\n" + "".join(f"{n},Ann{chr(97 + n)} Lee{chr(97 + n)}\n" for n in range(10))
    run(empty, "csv", write(tmp_path / "m.csv", table))
    third = "Id,Name\n" + "".join(
        f"{n},{'Bob' if n < 3 else 'Ann'}{chr(97 + n)} {'Ray' if n < 3 else 'Lee'}{chr(97 + n)}\n"
        for n in range(10)
    )
    report = run(empty, "csv", write(tmp_path / "m.csv", third))
    assert report.counts["people"].added == 10
    assert "of 10 ids in common 7 carry the same name" in report.decided[0]


def test_the_user_says_which_list_a_file_is(empty: Database, tmp_path: Path) -> None:
    one = write(folder(tmp_path, "a") / "l.csv", "Id,Name\n1,Ann Lee\n2,Bob Ray\n")
    two = write(folder(tmp_path, "b") / "other.csv", "Id,Name\n1,Ann Roe\n2,Bob Ray\n")
    run(empty, "csv", one)
    report = run(empty, "csv", two, options=ImportOptions(today=TODAY, dataset="l"))
    assert report.counts["people"].added == 0
    assert [(r.old, r.new) for r in report.renamed] == [("Ann Lee", "Ann Roe")]
    run(empty, "csv", one, options=ImportOptions(today=TODAY, dataset="mine"))
    assert names_of(empty) == Counter({"Ann Roe": 1, "Ann Lee": 1, "Bob Ray": 2})


def test_a_list_without_ids_is_an_edition_only_if_most_of_it_is_the_same(
    empty: Database, tmp_path: Path
) -> None:
    first = "Name,E-mail\nAnn Lee,a@x.org\nBob Ray,b@x.org\nCy Fox,c@x.org\n"
    run(empty, "csv", write(tmp_path / "c.csv", first))
    edition = run(empty, "csv", write(tmp_path / "c.csv", first + "Di Orr,d@x.org\n"))
    assert (edition.counts["people"].added, "newer edition" in edition.decided[0]) == (1, True)
    other = "Name,E-mail\nAnn Lee,\nEd Poe,\nFay Gil,\n"
    report = run(empty, "csv", write(tmp_path / "c.csv", other))
    assert (report.counts["people"].added, "another list" in report.decided[0]) == (3, True)


def test_two_popolo_files_of_one_name_are_two_legislatures(empty: Database, tmp_path: Path) -> None:
    def legislature(name: str, people: tuple[str, ...], party: str, source: str) -> str:
        return json.dumps(
            {
                "meta": {"sources": [source]},
                "persons": [{"id": f"p{n}", "name": who} for n, who in enumerate(people)],
                "organizations": [
                    {"id": "legislature", "name": name, "classification": "legislature"},
                    {"id": "party/ind", "name": party, "classification": "party"},
                ],
                "areas": [{"id": "area/1", "name": "Newport", "type": "constituency"}],
                "memberships": [
                    {
                        "person_id": f"p{n}",
                        "organization_id": "legislature",
                        "on_behalf_of_id": "party/ind",
                        "area_id": "area/1",
                        "start_date": "2011",
                    }
                    for n in range(len(people))
                ],
            }
        )

    name = "ep-popolo-v1.0.json"
    one = write(
        folder(tmp_path, "is") / name, legislature("Alþingi", ("Ann Lee", "Bob Ray"), "Ind", "https://a.org")
    )
    two = write(
        folder(tmp_path, "ru") / name,
        legislature("Дума", ("Иван Иванов", "Пётр Петров"), "Ind", "https://b.org"),
    )
    run(empty, "popolo", one)
    report = run(empty, "popolo", two)
    assert "another list" in report.decided[0]
    assert count_of(empty, Area) == 2
    held = {n: {m.organization for m in p.memberships} for n, p in everyone(empty).items()}
    assert held == {
        "Ann Lee": {"Alþingi"},
        "Bob Ray": {"Alþingi"},
        "Иван Иванов": {"Дума"},
        "Пётр Петров": {"Дума"},
    }
    assert not run(empty, "popolo", one, two).has_changes
    # The next term, with nobody elected again: the file says that it comes from where the other came from.
    later = legislature("Alþingi", (), "Ind", "https://a.org").replace(
        '"persons": []', '"persons": [{"id": "x", "name": "Eva New"}]'
    )
    edition = run(empty, "popolo", write(folder(tmp_path, "later") / "term-9.json", later))
    assert "newer edition" in edition.decided[0]
    with empty.read() as session:
        assert len([b for b in bodies_list(session) if b.name == "Alþingi"]) == 1
        assert session.scalar(select(Source.url).where(Source.file_name == "term-9.json")) == "https://a.org"


@needs_data
def test_every_real_legislature_is_called_ep_popolo_and_none_touches_another(
    empty: Database, tmp_path: Path
) -> None:
    people: Counter[str] = Counter()
    paths = []
    for source in sorted((DATA / "everypolitician").glob("*.json")):
        target = folder(tmp_path, source.stem) / "ep-popolo-v1.0.json"
        paths.append(Path(shutil.copy(source, target)))
        people.update(p["name"] for p in json.loads(source.read_bytes())["persons"])
    for path in paths:
        report = run(empty, "popolo", path)
        assert (report.renamed, report.conflicts, report.skipped) == ([], [], [])
    assert names_of(empty) == people
    with empty.read() as session:
        areas = session.execute(
            select(Area.name, func.count(func.distinct(Membership.person_id)))
            .join(Membership, Membership.area_id == Area.id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Organization.name == "Duma")
            .group_by(Area.id)
        ).all()
    assert len(areas) == len({name for name, _ in areas}) > 80
    for path in paths:
        assert not run(empty, "popolo", path).has_changes


def test_a_database_of_an_older_version_finds_its_people_again(empty: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "contacts.csv", "Name,E-mail,Body\nAnn Lee,a@x.org,Senate\nИван Иванов,,Дума\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with empty.write() as session:
        source = Source(
            slug="contacts-old",
            kind=SourceKind.DATASET,
            title="contacts.csv, imported",
            published_on="2026-05-03",
            dataset="csv",
            file_name="contacts.csv",
            sha256=digest,
        )
        people = [
            Person(slug="ann-lee", name="Ann Lee", given_name="Ann", family_name="Lee"),
            Person(slug="item", name="Иван Иванов", given_name="Иван", family_name="Иванов"),
        ]
        session.add_all([source, *people])
        session.flush()
        for person, former in zip(people, ("a@x.org ann-lee-senate", "item"), strict=True):
            session.add(
                Identifier(person_id=person.id, scheme="csv:contacts", identifier=former, source_id=source.id)
            )
            session.add(Citation(person_id=person.id, source_id=source.id))
    report = run(empty, "csv", path)
    assert report.counts["people"].added == 0, report.lines
    assert not run(empty, "csv", path).has_changes
    longer = path.read_text(encoding="utf-8") + "Eva Holm,e@x.org,Senate\n"
    later = run(empty, "csv", write(tmp_path / "contacts.csv", longer))
    assert "newer edition of contacts.csv" in later.decided[0]
    assert names_of(empty)["Иван Иванов"] == 1


def test_address_cards_without_ids_are_not_one_because_of_their_names(
    empty: Database, tmp_path: Path
) -> None:
    card = "BEGIN:VCARD\nVERSION:4.0\nFN:{0}\nUID:{1}\nEND:VCARD\n"
    run(
        empty,
        "vcard",
        write(
            folder(tmp_path, "a") / "c.vcf", card.format("Иван Иванов", "1") + card.format("Пётр Петров", "2")
        ),
    )
    run(
        empty,
        "vcard",
        write(folder(tmp_path, "b") / "c.vcf", card.format("Ann Lee", "1") + card.format("Bob Ray", "2")),
    )
    assert names_of(empty) == Counter(["Иван Иванов", "Пётр Петров", "Ann Lee", "Bob Ray"])
    urn = "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    for name in ("x.vcf", "y.vcf"):
        run(empty, "vcard", write(tmp_path / name, card.format("Eva Holm", urn)))
    assert names_of(empty)["Eva Holm"] == 1


# Names that change


def test_a_new_name_is_reported_and_the_old_one_is_kept_with_its_source(
    empty: Database, tmp_path: Path
) -> None:
    table = "Id,Name\n" + "".join(f"{n},Person X{chr(97 + n)}\n" for n in range(5)) + "9,Ann Lee\n"
    run(empty, "csv", write(tmp_path / "m.csv", table))
    report = run(empty, "csv", write(tmp_path / "m.csv", table.replace("Ann Lee", "Ann Roe")))
    assert [(r.file, r.row, r.old, r.new) for r in report.renamed] == [("m.csv", 6, "Ann Lee", "Ann Roe")]
    assert ("renamed", "m.csv", 6, "Ann Lee → Ann Roe") in report.lines
    assert "1 name changed" in report.summary
    ann = everyone(empty)["Ann Roe"]
    assert [(n.name, len(n.sources)) for n in ann.other_names] == [("Ann Lee", 1)]
    assert ann.other_names[0].sources[0].id != ann.sources[0].id


def test_a_married_name_of_a_public_register_is_applied_and_reported(
    database: Database, tmp_path: Path
) -> None:
    run(database, "congress", write(tmp_path / "old.yaml", LEGISLATORS))
    newer = LEGISLATORS.replace(
        "last: Méndez, official_full: Ana Méndez", "last: Ruiz, official_full: Ana Ruiz"
    )
    report = run(database, "congress", write(tmp_path / "new.yaml", newer))
    assert [(r.old, r.new) for r in report.renamed] == [("Ana Méndez", "Ana Ruiz")]


@pytest.mark.parametrize("format_", ["csv", "congress"])
def test_an_id_that_goes_to_somebody_of_quite_another_name_makes_two_people(
    empty: Database, tmp_path: Path, format_: str
) -> None:
    if format_ == "csv":
        old = "Id,Name,E-mail\n" + "".join(f"{n},Person X{chr(97 + n)},{n}@x.org\n" for n in range(5))
        old += "9,Ana Méndez,ana@x.org\n"
        new, ending = old.replace("Ana Méndez,ana@", "Bob Wolf,bob@"), ".csv"
    else:
        old, ending = LEGISLATORS, ".yaml"
        new = LEGISLATORS.replace(
            "first: Ana, last: Méndez, official_full: Ana Méndez, nickname: Annie", "first: Bob, last: Wolf"
        )
    run(empty, format_, write(tmp_path / f"old{ending}", old))
    later = write(tmp_path / f"new{ending}", new)
    report = run(empty, format_, later)
    assert (report.renamed, report.counts["people"].added) == ([], 1)
    assert len(report.conflicts) == 1
    assert "Ana Méndez" in report.conflicts[0][2]
    assert "Bob Wolf" in report.conflicts[0][2]
    found = everyone(empty)
    if format_ == "csv":
        assert found["Ana Méndez"].contact_details[0].value == "ana@x.org"
        assert found["Bob Wolf"].contact_details[0].value == "bob@x.org"
    again = run(empty, format_, later)
    assert (again.has_changes, again.conflicts) == (False, []), again.lines


def test_two_that_were_kept_apart_can_be_merged_and_stay_so(empty: Database, tmp_path: Path) -> None:
    rest = "".join(f"{n},Person X{chr(97 + n)}\n" for n in range(5))
    run(empty, "csv", write(tmp_path / "m.csv", f"Id,Name\n{rest}9,Ana Lee\n"))
    later = write(tmp_path / "n.csv", f"Id,Name\n{rest}9,Bob Wolf\n")
    run(empty, "csv", later)
    with empty.write() as session:
        merge_people(session, "ana-lee", "bob-wolf")
    report = run(empty, "csv", later)
    assert (report.counts["people"].added, report.conflicts) == (0, [])


def test_a_name_that_a_user_entered_stays_and_the_files_is_told(empty: Database, tmp_path: Path) -> None:
    rest = "".join(f"{n},Person X{chr(97 + n)}\n" for n in range(5))
    run(empty, "csv", write(tmp_path / "m.csv", f"Id,Name\n{rest}9,Ann Lee\n"))
    with empty.write() as session:
        save_person(session, PersonEntry("Anne", "Lee", "", "", "", "", "", ()), "ann-lee")
    report = run(empty, "csv", write(tmp_path / "m.csv", f"Id,Name\n{rest}9,Ann Roe-Lee\n"))
    assert report.renamed == []
    assert [(row, "Anne Lee" in words and "Ann Roe-Lee" in words) for _, row, words in report.notes] == [
        (6, True)
    ]
    assert "Ann Roe-Lee" in {n.name for n in everyone(empty)["Anne Lee"].other_names}


def test_a_body_that_is_renamed_keeps_its_old_name_and_is_reported(empty: Database, tmp_path: Path) -> None:
    def popolo(name: str) -> str:
        people = [{"id": str(n), "name": f"Person X{chr(97 + n)}"} for n in range(4)]
        return json.dumps({"persons": people, "organizations": [{"id": "o", "name": name}]})

    run(empty, "popolo", write(tmp_path / "p.json", popolo("Ministry of Works")))
    report = run(empty, "popolo", write(tmp_path / "p.json", popolo("Ministry of Housing")))
    assert [(r.old, r.new) for r in report.renamed] == [("Ministry of Works", "Ministry of Housing")]
    with empty.read() as session:
        body = bodies_list(session)[0]
    assert (body.name, [n.name for n in body.other_names]) == ("Ministry of Housing", ["Ministry of Works"])


def test_an_id_of_some_other_numbering_does_not_join_people_of_two_files(
    empty: Database, tmp_path: Path
) -> None:
    def popolo(name: str) -> str:
        return json.dumps(
            {"persons": [{"name": name, "identifiers": [{"scheme": "local", "identifier": "7"}]}]}
        )

    run(empty, "popolo", write(tmp_path / "a.json", popolo("Ann Lee")))
    run(empty, "popolo", write(tmp_path / "b.json", popolo("Ann Roe")))
    assert sorted(names_of(empty)) == ["Ann Lee", "Ann Roe"]


def test_a_public_register_is_believed_where_names_cannot_be_compared(
    empty: Database, tmp_path: Path
) -> None:
    def popolo(name: str) -> str:
        person = {"id": "1", "name": name, "identifiers": [{"scheme": "wikidata", "identifier": "Q15031"}]}
        return json.dumps({"persons": [person]})

    run(empty, "popolo", write(tmp_path / "a.json", popolo("Naruhito Hironomiya")))
    second = run(empty, "popolo", write(tmp_path / "b.json", popolo("徳仁")))
    third = run(empty, "popolo", write(tmp_path / "c.json", popolo("Bob Wolf")))
    assert (second.conflicts, second.notes[0][2].count("徳仁")) == ([], 1)
    assert [("Bob Wolf" in reason) for _, _, reason in third.conflicts] == [True]
    assert names_of(empty) == Counter(["Naruhito Hironomiya"])


def test_two_files_of_one_name_in_one_import_are_told_apart_too(empty: Database, tmp_path: Path) -> None:
    one = write(folder(tmp_path, "a") / "c.csv", "Id,Name\n1,Ann Lee\n")
    two = write(folder(tmp_path, "b") / "c.csv", "Id,Name\n1,Bob Wolf\n")
    report = run(empty, "csv", one, two)
    assert "another list" in report.decided[0]
    assert names_of(empty) == Counter(["Ann Lee", "Bob Wolf"])


# Campaigns


CAMPAIGN = """campaign: {id: anna, name: Justice for Anna, prefix: ANN}
bodies:
- {id: duma, name: Alþingi, jurisdiction: IS}
- {id: home-office, name: Home Office, jurisdiction: GB}
posts:
- {id: speaker, label: Forseti, body: duma}
people:
- {id: ivan-petrov, name: Zoë Holm, memberships: [{body: duma, area: Newport}]}
- {id: theresa-may, name: Theresa May}
- {id: eva-new, name: Eva New, memberships: [{body: home-office, area: Newport}]}
"""


def test_a_campaigns_folder_does_not_take_somebody_else_for_its_own(
    database: Database, tmp_path: Path
) -> None:
    with database.write() as session:
        body = Organization(slug="duma", name="Госдума", jurisdiction="RU")
        person = Person(slug="ivan-petrov", name="Иван Петров")
        session.add_all([body, person])
        session.flush()
        session.add(Post(slug="speaker", label="Председатель", organization_id=body.id))
    folder_ = folder(tmp_path, "anna")
    write(folder_ / "campaign.yaml", CAMPAIGN)
    with database.write() as session:
        said = load_campaign(session, read_campaign(folder_)).message
    for words in ("“Zoë Holm” is not the “Иван Петров” on file as ivan-petrov", "duma-2", "speaker-2"):
        assert words in said
    assert "Theresa May" not in said
    with database.read() as session:
        assert [p.id for p in people_list(session, search="Theresa May")] == ["theresa-may"]
        zoe = people_list(session, search="Holm")[0]
        newports = session.scalars(select(Area.id).where(Area.name == "Newport")).all()
    assert (zoe.id, zoe.memberships[0].organization, zoe.memberships[0].area) == (
        "ivan-petrov-2",
        "Alþingi",
        "Newport",
    )
    assert len(newports) == 2


# The report


def test_the_report_tells_in_which_list_and_of_whom(empty: Database, tmp_path: Path) -> None:
    report: ImportReport = run(
        empty, "csv", write(tmp_path / "t.csv", "Name,E-mail,From\nAnn Lee,nobody,99/99/2001\n")
    )
    assert [reason.startswith("Ann Lee: ") for _, _, reason in report.notes] == [True, True]


def test_a_row_number_that_goes_to_a_namesake_makes_nobody_another_person(
    database: Database, tmp_path: Path
) -> None:
    """A name inserted into a sorted table moves the numbers of all after it by one."""
    names = [f"Given{n} Family{n}" for n in range(12)] + ["Mary Smith", "Peter Smith"]

    def table(rows: list[str]) -> Path:
        file = tmp_path / "members.csv"
        lines = [f"{n},{name},{name.split()[0].lower()}@example.org" for n, name in enumerate(rows, start=1)]
        file.write_text("\n".join(["id,name,email", *lines]), encoding="utf-8")
        return file

    import_files(database, "csv", [table(names)])
    report = import_files(database, "csv", [table([*names[:12], "John Smith", *names[12:]])])
    with database.read() as session:
        people = {p.name: [c.value for c in p.contact_details] for p in people_list(session)}
    assert people["Mary Smith"] == ["mary@example.org"]
    assert people["Peter Smith"] == ["peter@example.org"]
    assert people["John Smith"] == ["john@example.org"]
    assert len(people) >= 15 and report.conflicts


def test_the_same_content_under_another_name_is_told(database: Database, tmp_path: Path) -> None:
    first, second = tmp_path / "list.csv", tmp_path / "list (1).csv"
    first.write_text("id,name,email\n1,Ann Lee,ann@example.org\n2,Bo Ek,bo@example.org\n", encoding="utf-8")
    second.write_bytes(first.read_bytes())
    import_files(database, "csv", [first])
    trial = import_files(database, "csv", [second], dry_run=True)
    assert any("holds the same as list.csv" in said for said in trial.decided)
    named = ImportOptions(dataset="list")
    assert not import_files(database, "csv", [second], options=named).has_changes
