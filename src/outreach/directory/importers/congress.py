"""US Congress: legislators with their terms, and committees with their members.

Source of the formats: the unitedstates/congress-legislators project (CC0), its README. Terms end on the day
the next begin, at noon of 3 January (20th Amendment, section 1), so both holders count on that day.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from outreach.directory.importers.reading import yaml_items
from outreach.directory.importers.records import (
    BodyRecord,
    Contact,
    CurrentMembers,
    PersonRecord,
    Place,
    Problem,
    Record,
    Ref,
    Term,
)
from outreach.domain.partial_dates import parse_partial
from outreach.domain.references import slug
from outreach.errors import ImportFileError, UsageError

CONGRESS = Ref("id", "us-congress")
_CHAMBERS = {
    "sen": (Ref("id", "us-senate"), "Senator"),
    "rep": (Ref("id", "us-house"), "Representative"),
    "prez": (Ref("id", "us-presidency"), "President"),
    "viceprez": (Ref("id", "us-presidency"), "Vice President"),
}
_BODIES = (
    BodyRecord(0, "us-congress", "United States Congress", classification="parliament", jurisdiction="US"),
    BodyRecord(
        0, "us-senate", "United States Senate", classification="chamber", jurisdiction="US", parent=CONGRESS
    ),
    BodyRecord(
        0,
        "us-house",
        "United States House of Representatives",
        classification="chamber",
        jurisdiction="US",
        parent=CONGRESS,
    ),
)
_PRESIDENCY = BodyRecord(
    0, "us-presidency", "Presidency of the United States", classification="executive", jurisdiction="US"
)
_HIGHEST_RANK = 10_000
_GENDER = {"M": "male", "F": "female"}


def read_legislators(path: Path) -> Iterator[Record]:
    """legislators-*.yaml and executive.yaml: a list of people with ids, name, bio and every term."""
    yield from _BODIES
    has_presidency = False
    for row, entry in yaml_items(path):
        if isinstance(entry, Exception):
            yield Problem(row, f"cannot be read: {entry}")
            continue
        try:
            record, notes = _legislator(row, entry)
        except (KeyError, TypeError, AttributeError, UsageError) as error:
            yield Problem(row, f"lacks what a legislator needs: {_what(error)}")
            continue
        for note in notes:
            yield Problem(row, note, is_skipped=False)
        if not has_presidency and any(t.body.identifier == "us-presidency" for t in record.terms):
            has_presidency = True
            yield _PRESIDENCY
        yield record


def _what(error: Exception) -> str:
    return f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)[:160]


def _legislator(row: int, entry: dict[str, Any]) -> tuple[PersonRecord, list[str]]:
    ids, name, bio = entry["id"], entry["name"], entry.get("bio") or {}
    first, last = str(name["first"]), str(name["last"])
    given = " ".join(x for x in (first, str(name.get("middle") or "")) if x)
    official = str(name.get("official_full") or f"{first} {last}")
    nickname = str(name.get("nickname") or "")
    notes: list[str] = []
    terms: list[Term] = []
    for number, held in enumerate(entry.get("terms") or [], start=1):
        try:
            terms.append(_term(held))
        except (KeyError, TypeError, UsageError) as error:
            notes.append(f"{official}: term {number} was left out: {_what(error)}")
    latest = (entry.get("terms") or [{}])[-1]
    other = {f"{given} {last}", f"{nickname} {last}" if nickname else "", f"{first} {last}"}
    other |= {
        f"{o.get('first') or first} {o.get('last') or last}"
        for o in entry.get("other_names") or []
        if isinstance(o, dict)
    }
    born = ""
    if bio.get("birthday"):
        try:
            born = parse_partial(str(bio["birthday"]))
        except UsageError as error:
            notes.append(f"{official}: the birthday was left out: {error}")
    return (
        PersonRecord(
            row=row,
            identifiers=_identifiers(ids),
            name=official,
            given_name=given,
            family_name=last,
            honorific_suffix=str(name.get("suffix") or ""),
            gender=_GENDER.get(str(bio.get("gender") or ""), ""),
            birth_date=born,
            other_names=tuple(sorted(n for n in other if n and n != official)),
            contacts=_contacts(latest) if isinstance(latest, dict) else (),
            terms=tuple(terms),
        ),
        notes,
    )


def _identifiers(ids: dict[str, Any]) -> tuple[Ref, ...]:
    found = [Ref("bioguide", str(ids["bioguide"]))] if ids.get("bioguide") else []
    for scheme in ("wikidata", "lis", "govtrack", "thomas", "icpsr", "fec"):
        value = ids.get(scheme)
        for one in value if isinstance(value, list) else [value]:
            if one:
                found.append(Ref(scheme, str(one)))
    if not found:
        raise UsageError("it has no id")
    return tuple(found)


def _term(held: dict[str, Any]) -> Term:
    body, role = _CHAMBERS[str(held["type"])]
    state = str(held.get("state") or "")
    area = None
    if state:
        district = held.get("district")
        if district is None:
            area = Place(state, "state", code=f"us-{slug(state)}")
        else:
            seat = f"{state}-{district}" if district else f"{state} at large"
            area = Place(seat, "district", code=f"us-{slug(state)}-{slug(str(district))}")
    return Term(
        body=body,
        role=role,
        start=parse_partial(str(held["start"])),
        end=parse_partial(str(held["end"])),
        area=area,
        party=str(held.get("party") or ""),
        jurisdiction="US",
    )


def _contacts(term: dict[str, Any]) -> tuple[Contact, ...]:
    found = []
    for key, kind in (
        ("address", "address"),
        ("phone", "voice"),
        ("fax", "fax"),
        ("contact_form", "form"),
        ("url", "url"),
    ):
        if value := str(term.get(key) or "").strip():
            found.append(Contact(kind, value))
    return tuple(found)


def congress_start(day: date) -> date:
    """First day of the Congress sitting on a day: 3 January of an odd year (20th Amendment)."""
    year = day.year if day.year % 2 else day.year - 1
    start = date(year, 1, 3)
    return start if day >= start else date(year - 2, 1, 3)


def read_committees(path: Path, *, today: date) -> Iterator[Record]:
    """committees-*.yaml (a list of committees) or committee-membership-*.yaml (members by committee).

    Args: today: the day the lists are taken to be current on. Seats have no dates in the file; they are
        taken to begin with the Congress sitting on that day, since committees are appointed anew for each.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = next((line for line in file if line.strip() and not line.startswith(("#", "---", "%"))), "")
    if first.startswith("-"):
        yield from _committees(path)
    elif first[:1].strip():
        yield from _members(path, today)
    elif not first:
        raise ImportFileError(f"{path.name} is empty. Choose a file with committees or their members.")
    else:
        raise ImportFileError(f"{path.name} holds neither committees nor their members. Choose another file.")


def _committees(path: Path) -> Iterator[Record]:
    yield from _BODIES
    parents = {"house": Ref("id", "us-house"), "senate": Ref("id", "us-senate"), "joint": CONGRESS}
    for row, entry in yaml_items(path):
        if isinstance(entry, Exception):
            yield Problem(row, f"cannot be read: {entry}")
            continue
        try:
            code, name = str(entry["thomas_id"]), str(entry["name"])
            parent = parents[str(entry["type"])]
        except (KeyError, TypeError) as error:
            yield Problem(row, f"lacks what a committee needs: {_what(error)}")
            continue
        yield _body(row, code, name, parent, entry)
        subcommittees = entry.get("subcommittees")
        for sub in subcommittees if isinstance(subcommittees, list) else []:
            try:
                sub_code, sub_name = f"{code}{sub['thomas_id']}", str(sub["name"])
            except (KeyError, TypeError) as error:
                yield Problem(row, f"{name}: a subcommittee was left out: {_what(error)}", is_skipped=False)
                continue
            yield _body(row, sub_code, sub_name, Ref("us-thomas", code), sub, kind="subcommittee")


def _body(
    row: int, code: str, name: str, parent: Ref, entry: dict[str, Any], kind: str = "committee"
) -> BodyRecord:
    if "Commission on " in name:
        kind = "commission"
    contacts = [
        Contact(to, str(entry[key]).replace("; ", "\n") if to == "address" else str(entry[key]))
        for key, to in (("address", "address"), ("phone", "voice"), ("url", "url"))
        if entry.get(key)
    ]
    wikipedia = str(entry.get("wikipedia") or "")
    congresses = entry.get("congresses")
    held = [
        c for c in (congresses if isinstance(congresses, list) else []) if isinstance(c, int) and 0 < c < 1000
    ]
    # The n-th Congress sat from 1789 + 2(n - 1) for two years; committees of past ones are listed with
    # theirs.
    began = f"{1789 + 2 * (min(held) - 1)}" if held else ""
    ended = f"{1789 + 2 * max(held)}-01-03" if held else ""
    return BodyRecord(
        row=row,
        slug=f"us-{slug(name)[:60]}-{slug(code)}",
        name=name,
        identifiers=(Ref("us-thomas", code),),
        classification=kind,
        jurisdiction="US",
        parent=parent,
        founding_date=began,
        dissolution_date=ended,
        summary=str(entry.get("jurisdiction") or ""),
        other_names=(wikipedia,) if wikipedia and wikipedia != name else (),
        contacts=tuple(contacts),
    )


def _members(path: Path, today: date) -> Iterator[Record]:
    start = congress_start(today).isoformat()
    claim = (
        "the file gives no dates; the seat is taken to begin with the Congress sitting when it was imported"
    )
    for row, entry in yaml_items(path, keyed=True):
        if isinstance(entry, Exception):
            yield Problem(row, f"cannot be read: {entry}")
            continue
        code, members = entry
        body = Ref("us-thomas", str(code))
        if not isinstance(members, list):
            yield Problem(row, f"{code}: holds no list of members")
            continue
        people = []
        for member in members:
            if not isinstance(member, dict) or not member.get("bioguide"):
                yield Problem(row, f"{code}: a member without a bioguide id was left out", is_skipped=False)
                continue
            person = Ref("bioguide", str(member["bioguide"]))
            people.append(person)
            rank = member.get("rank")
            yield PersonRecord(
                row=row,
                identifiers=(person,),
                is_whole=False,
                placeholder=str(member.get("name") or ""),
                terms=(
                    Term(
                        body=body,
                        role=str(member.get("title") or "Member"),
                        start=start,
                        rank=rank if isinstance(rank, int) and abs(rank) < _HIGHEST_RANK else None,
                        jurisdiction="US",
                        claim=claim,
                    ),
                ),
            )
        yield CurrentMembers(body, tuple(people))
