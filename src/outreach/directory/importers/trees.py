"""Popolo JSON, the European Parliament's XML, and the UK Parliament's JSON."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outreach.directory.importers.json_lists import json_lists, json_value
from outreach.directory.importers.records import (
    EVERYWHERE,
    NO_NAME,
    OWN,
    BodyRecord,
    Contact,
    Origin,
    PersonRecord,
    Place,
    PostRecord,
    Problem,
    Record,
    Ref,
    Term,
)
from outreach.directory.importers.tables import COMMONS, COMMONS_BODIES
from outreach.domain.names import split_name
from outreach.domain.partial_dates import ends_too_soon, parse_partial
from outreach.domain.references import slug
from outreach.domain.wording import printable
from outreach.errors import ImportFileError, UsageError


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None or isinstance(value, dict | list) else str(printable(str(value))).strip()


def _each(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects of a list within an item; what is no list, or no object, is passed over."""
    value = item.get(key)
    return [i for i in value if isinstance(i, dict)] if isinstance(value, list) else []


def _dates(item: dict[str, Any], *keys: str) -> tuple[list[str], list[str]]:
    """Dates by key, "" where there is none or none that can be read; and what was wrong with these."""
    found, wrong = [], []
    for key in keys:
        text = _text(item, key)[:10]
        try:
            # Far-off days such as 9999-12-31 stand for “still”.
            found.append("" if not text or text.startswith("9999") else parse_partial(text))
        except UsageError as error:
            found.append("")
            wrong.append(str(error))
    return found, wrong


# Schemes that are another register's under a name of their own.
_SAME_SCHEMES = {"datadotparl_id": "uk-parliament", "mep_id": "europarl", "bioguide_id": "bioguide"}


def _refs(item: dict[str, Any], own_scheme: str) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """The ids of an item, the one that decides first, and those under which older versions kept it.

    An id of some other numbering says who somebody is within this file only, so that without an id of its own
    an item is known by it as one of the file's.
    """
    refs = [
        Ref(_SAME_SCHEMES.get(_text(i, "scheme"), _text(i, "scheme")), _text(i, "identifier"))
        for i in _each(item, "identifiers")
        if _text(i, "identifier") and _text(i, "scheme")
    ]
    former: list[Ref] = []
    if own := _text(item, "id"):
        refs.insert(0, Ref(own_scheme, own))
    elif refs and not any(r.scheme in EVERYWHERE for r in refs):
        former.append(refs[0])
        refs.insert(0, Ref(own_scheme, f"{refs[0].scheme}:{refs[0].identifier}"))
    else:
        refs.sort(key=lambda r: r.scheme not in EVERYWHERE)
    return tuple(dict.fromkeys(refs)), tuple(former)


_CONTACT_TYPES = {"phone": "voice", "tel": "voice", "cell": "voice", "postal": "address", "website": "url"}


def _contacts(item: dict[str, Any]) -> tuple[Contact, ...]:
    found = [
        Contact(_CONTACT_TYPES.get(_text(c, "type"), _text(c, "type")), _text(c, "value"), _text(c, "label"))
        for c in _each(item, "contact_details")
        if _text(c, "type") and _text(c, "value")
    ]
    if email := _text(item, "email"):
        found.append(Contact("email", email))
    return tuple(dict.fromkeys(found))


def _scheme(path: Path) -> str:
    """The register that a Popolo file's ids belong to: parlparse's say so
    themselves, others are the file's own.
    """
    with path.open("rb") as file:
        if b"uk.org.publicwhip/" in file.read(200_000):
            return "parlparse"
    return OWN


def _origin(path: Path) -> str:
    """The source that the file names as the one it was made from, "" if it names none."""
    meta = json_value(path, "meta")
    if not isinstance(meta, dict):
        return ""
    sources = meta.get("sources")
    first = sources[0] if isinstance(sources, list) and sources else meta.get("source")
    return _text(first, "url") if isinstance(first, dict) else _text({"url": first}, "url")


def read_popolo(path: Path) -> Iterator[Record]:
    """Popolo JSON: people, organizations, posts and memberships, in whatever order the file has them.

    Source: https://www.popoloproject.com/specs/. People may be named ``persons`` or ``people``; a membership
    of somebody whom the file gives by id alone makes a person whose name is still to come.
    """
    if path.stat().st_size == 0:
        raise ImportFileError(f"{path.name} is empty. Choose a Popolo JSON file.")
    scheme = _scheme(path)
    found = False
    if url := _origin(path):
        yield Origin(url)
    areas = {
        _text(area, "id"): Place(
            _text(area, "name"),
            _text(area, "classification") or _text(area, "type"),
            own_id=_text(area, "id"),
        )
        for area in json_lists(path, "areas")
        if _text(area, "id") and _text(area, "name")
    }
    # Legislative periods, whose dates stand for those of memberships that have none of their own.
    periods = {
        _text(event, "id"): tuple(_dates(event, "start_date", "end_date")[0])
        for event in json_lists(path, "events")
        if _text(event, "id")
    }
    parents: list[tuple[int, dict[str, Any]]] = []
    for row, item in enumerate(json_lists(path, "organizations"), start=1):
        found = True
        if not _text(item, "id") or not _text(item, "name"):
            yield Problem(row, "organization: has no id or no name")
            continue
        parents.append((row, {"id": _text(item, "id"), "parent_id": _text(item, "parent_id")}))
        dates, wrong = _dates(item, "founding_date", "dissolution_date")
        for reason in wrong:
            yield Problem(row, f"organization {_text(item, 'name')}: {reason}", is_skipped=False)
        yield BodyRecord(
            row=row,
            slug=slug(_text(item, "id")),
            name=_text(item, "name"),
            identifiers=_refs(item, scheme)[0],
            classification=_text(item, "classification"),
            jurisdiction="GB" if scheme == "parlparse" else "",
            founding_date=dates[0],
            dissolution_date=dates[1],
            summary=_text(item, "summary"),
            other_names=tuple(_text(n, "name") for n in _each(item, "other_names") if _text(n, "name")),
            contacts=_contacts(item),
        )
    yield from _with_parents(parents, scheme)
    posts: dict[str, tuple[str, str, Place | None]] = {}
    for row, item in enumerate(json_lists(path, "posts"), start=1):
        found = True
        label = _text(item, "label") or _text(item, "role")
        body = _text(item, "organization_id")
        if not _text(item, "id") or not label or not body:
            yield Problem(row, "post: has no id, no label or no organization")
            continue
        given = item.get("area")
        seat = None
        if isinstance(given, dict) and _text(given, "name"):
            seat = Place(_text(given, "name"), "constituency", own_id=_text(given, "id"))
        posts[_text(item, "id")] = (label, body, seat)
        if seat:
            continue  # a constituency's seat, which its memberships carry as their area
        yield PostRecord(
            row=row,
            slug=slug(_text(item, "id")),
            label=label,
            body=Ref(scheme, body),
            identifiers=_refs(item, scheme)[0],
            role=_text(item, "role"),
        )
    for people in ("persons", "people"):
        for row, item in enumerate(json_lists(path, people), start=1):
            found = True
            yield from _popolo_person(row, item, scheme)
    for row, item in enumerate(json_lists(path, "memberships"), start=1):
        found = True
        yield from _popolo_membership(row, item, scheme, posts, areas, periods)
    if not found:
        raise ImportFileError(
            f"{path.name} holds no persons, organizations, posts or memberships. Check that it is Popolo "
            "JSON."
        )


def _with_parents(parents: list[tuple[int, dict[str, Any]]], scheme: str) -> Iterator[Record]:
    """Second mention of each body that is part of another, now that all are known."""
    known = {p["id"]: p["parent_id"] for _, p in parents}
    for row, item in parents:
        above, steps = item["parent_id"], 0
        if not above:
            continue
        while above and above != item["id"] and steps <= len(known):
            above, steps = known.get(above, ""), steps + 1
        if above == item["id"] or steps > len(known):
            yield Problem(
                row,
                f"organization {item['id']}: is part of itself by a circle of parents, which was left out",
                is_skipped=False,
            )
            continue
        yield BodyRecord(
            row, "", "", identifiers=(Ref(scheme, item["id"]),), parent=Ref(scheme, item["parent_id"])
        )


def _popolo_person(row: int, item: dict[str, Any], scheme: str) -> Iterator[Record]:
    names = _each(item, "other_names")
    main = next((n for n in names if _text(n, "note") == "Main"), names[0] if names else {})
    given = _text(item, "given_name") or _text(main, "given_name")
    family = _text(item, "family_name") or _text(main, "family_name") or _text(main, "lordname")
    name = _text(item, "name") or _text(main, "name") or f"{given} {family}".strip()
    refs, former = _refs(item, scheme)
    if not name or not refs:
        yield Problem(row, "person: has no name or no id")
        return
    if not (given or family):
        given, family, _, _ = split_name(name)
    dates, wrong = _dates(item, "birth_date", "death_date")
    for reason in wrong:
        yield Problem(row, f"person {name}: {reason}", is_skipped=False)
    other = {_text(n, "name") or f"{_text(n, 'given_name')} {_text(n, 'family_name')}".strip() for n in names}
    gender = _text(item, "gender").lower()
    yield PersonRecord(
        row=row,
        identifiers=refs,
        formerly=former,
        name=name,
        given_name=given,
        family_name=family,
        honorific_prefix=_text(item, "honorific_prefix"),
        honorific_suffix=_text(item, "honorific_suffix"),
        gender=gender if gender in {"male", "female"} else "",
        birth_date=dates[0],
        death_date=dates[1],
        summary=_text(item, "summary"),
        other_names=tuple(sorted(n for n in other if n and n != name)),
        contacts=_contacts(item),
    )


def _popolo_membership(
    row: int,
    item: dict[str, Any],
    scheme: str,
    posts: dict[str, tuple[str, str, Place | None]],
    areas: dict[str, Place],
    periods: dict[str, tuple[str, ...]],
) -> Iterator[Record]:
    person, body, post = _text(item, "person_id"), _text(item, "organization_id"), _text(item, "post_id")
    label, post_body, post_area = posts.get(post, ("", "", None))
    body = body or post_body
    if not person or not body:
        yield Problem(row, "membership: names no person or no organization")
        return
    dates, wrong = _dates(item, "start_date", "end_date")
    for reason in wrong:
        yield Problem(row, f"membership of {person} in {body}: {reason}", is_skipped=False)
    period = periods.get(_text(item, "legislative_period_id"), ("", ""))
    claim = ""
    if any(period) and not all(dates):
        claim = "dates that the file does not give are those of the legislative period"
        dates = [dates[0] or period[0], dates[1] or period[1]]
    if ends_too_soon(*dates):
        yield Problem(
            row, f"membership of {person} in {body}: ends on {dates[1]}, before it begins on {dates[0]}"
        )
        return
    area = areas.get(_text(item, "area_id")) or post_area
    party = _text(item, "on_behalf_of_id")
    short = person.rpartition("/")[2]
    yield PersonRecord(
        row=row,
        identifiers=(Ref(scheme, person),),
        is_whole=False,
        placeholder=f"{NO_NAME} ({'popolo' if scheme == OWN else scheme} {short})",
        terms=(
            Term(
                body=Ref(scheme, body),
                post=Ref(scheme, post) if post and not post_area else None,
                role=_text(item, "role") or label,
                start=dates[0],
                end=dates[1],
                area=area,
                party=party.replace("-", " ").title() if party and "/" not in party else "",
                party_body=Ref(scheme, party) if party else None,
                claim=claim,
                jurisdiction="GB" if scheme == "parlparse" else "",
                role_matters=True,
            ),
        ),
    )


def read_uk_members(path: Path) -> Iterator[Record]:
    """The UK Parliament's Members API (members-api.parliament.uk/api/Members/Search): ``items[].value``.

    Members of the House of Lords, who have no term, are left out with a note.
    """
    yield from COMMONS_BODIES
    row = 0
    for row, item in enumerate(json_lists(path, "items"), start=1):
        inner = item.get("value")
        value = inner if isinstance(inner, dict) else item
        identifier, shown = _text(value, "id"), _text(value, "nameDisplayAs")
        seat = value.get("latestHouseMembership") or {}
        if not identifier or not shown:
            yield Problem(row, "has no id or no nameDisplayAs")
            continue
        if not isinstance(seat, dict) or seat.get("house") != 1:
            yield Problem(row, f"{shown}: sits in the House of Lords, which this import leaves out")
            continue
        dates, wrong = _dates(seat, "membershipStartDate", "membershipEndDate")
        for reason in wrong:
            yield Problem(row, f"{shown}: {reason}", is_skipped=False)
        given, family, title, _ = split_name(shown)
        full = _text(value, "nameFullTitle")
        party = value.get("latestParty")
        constituency = _text(seat, "membershipFrom")
        yield PersonRecord(
            row=row,
            identifiers=(Ref("uk-parliament", identifier),),
            name=f"{given} {family}".strip() or shown,
            given_name=given,
            family_name=family,
            honorific_prefix="The Rt Hon" if re.match(r"(The )?Rt Hon", full) else title,
            honorific_suffix="MP",
            gender={"M": "male", "F": "female"}.get(_text(value, "gender"), ""),
            terms=(
                Term(
                    body=COMMONS,
                    role="Member of Parliament",
                    start=dates[0],
                    end=dates[1],
                    area=Place(constituency, "constituency", prefix="gb") if constituency else None,
                    party=_text(party, "name") if isinstance(party, dict) else "",
                    jurisdiction="GB",
                ),
            ),
        )
    if not row:
        raise ImportFileError(
            f"{path.name} holds no items of the Members API. Check that it is the right file."
        )
