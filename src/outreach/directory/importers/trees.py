"""Popolo JSON, the European Parliament's XML, the UK Parliament's JSON, and vCards."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson
import vobject
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from nameparser import HumanName

from outreach.directory.importers.reading import encoding_of
from outreach.directory.importers.records import (
    BodyRecord,
    Contact,
    PersonRecord,
    PostRecord,
    Problem,
    Record,
    Ref,
    Term,
)
from outreach.directory.importers.tables import COMMONS, COMMONS_BODIES, EP, EP_BODY, EP_TERMS
from outreach.domain.partial_dates import parse_partial
from outreach.domain.references import slug
from outreach.errors import ImportFileError, UsageError

MAX_DEPTH = 100


def _items(path: Path, prefix: str) -> Iterator[dict[str, Any]]:
    """Objects of one list of a JSON file, one at a time."""
    try:
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            for item in ijson.items(file, prefix, use_float=True):
                yield item if isinstance(item, dict) else {"\0": item}
    except (ijson.JSONError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _not_json(path, error) from error


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


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


def _refs(item: dict[str, Any], default_scheme: str) -> tuple[Ref, ...]:
    refs = [
        Ref(
            _SAME_SCHEMES.get(_text(i, "scheme"), _text(i, "scheme") or default_scheme),
            _text(i, "identifier"),
        )
        for i in item.get("identifiers") or []
        if isinstance(i, dict) and _text(i, "identifier")
    ]
    if own := _text(item, "id"):
        refs.insert(0, Ref(default_scheme, own))
    return tuple(dict.fromkeys(refs))


_CONTACT_TYPES = {"phone": "voice", "tel": "voice", "cell": "voice", "postal": "address", "website": "url"}


def _contacts(item: dict[str, Any]) -> tuple[Contact, ...]:
    found = [
        Contact(_CONTACT_TYPES.get(_text(c, "type"), _text(c, "type")), _text(c, "value"), _text(c, "label"))
        for c in item.get("contact_details") or []
        if isinstance(c, dict) and _text(c, "type") and _text(c, "value")
    ]
    if email := _text(item, "email"):
        found.append(Contact("email", email))
    return tuple(dict.fromkeys(found))


def _names(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [n for n in item.get("other_names") or [] if isinstance(n, dict)]


def _scheme(path: Path) -> str:
    """The register that a Popolo file's ids belong to: parlparse's say so themselves, others by file."""
    with path.open("rb") as file:
        if b"uk.org.publicwhip/" in file.read(200_000):
            return "parlparse"
    return f"popolo:{slug(path.stem)}"


def _refuse_depth(path: Path) -> None:
    """Refuse JSON nested deeper than any directory is: reading it would take for ever."""
    depth = 0
    try:
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            for event, _ in ijson.basic_parse(file):
                depth += (event in {"start_map", "start_array"}) - (event in {"end_map", "end_array"})
                if depth > MAX_DEPTH:
                    raise ImportFileError(
                        f"{path.name} is nested too deeply for a directory. Nothing was imported."
                    )
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        raise _not_json(path, error) from error


def _not_json(path: Path, error: Exception) -> ImportFileError:
    reason = " ".join(str(error).split())[:160]
    return ImportFileError(
        f"{path.name} is not whole or not JSON: {reason}. Nothing was imported; get the file again."
    )


def read_popolo(path: Path) -> Iterator[Record]:
    """Popolo JSON: people, organizations, posts and memberships, in whatever order the file has them.

    Source: https://www.popoloproject.com/specs/. People may be named ``persons`` or ``people``; a membership of
    somebody whom the file gives by id alone makes a person whose name is still to come.
    """
    if path.stat().st_size == 0:
        raise ImportFileError(f"{path.name} is empty. Choose a Popolo JSON file.")
    _refuse_depth(path)
    scheme = _scheme(path)
    found = False
    areas: dict[str, tuple[str, str, str]] = {}
    for area in _items(path, "areas.item"):
        if _text(area, "id") and _text(area, "name"):
            key = _text(area, "id")
            areas[key] = (f"area-{slug(key)}", _text(area, "name"), _text(area, "classification"))
    # Legislative periods, whose dates stand for those of memberships that have none of their own.
    periods = {
        _text(event, "id"): tuple(_dates(event, "start_date", "end_date")[0])
        for event in _items(path, "events.item")
        if _text(event, "id")
    }
    parents: list[tuple[int, dict[str, Any]]] = []
    for row, item in enumerate(_items(path, "organizations.item"), start=1):
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
            slug=slug(_text(item, "id"))[:80],
            name=_text(item, "name"),
            identifiers=_refs(item, scheme),
            classification=_text(item, "classification"),
            jurisdiction="GB" if scheme == "parlparse" else "",
            founding_date=dates[0],
            dissolution_date=dates[1],
            summary=_text(item, "summary"),
            other_names=tuple(_text(n, "name") for n in _names(item) if _text(n, "name")),
            contacts=_contacts(item),
        )
    yield from _with_parents(parents, scheme)
    posts: dict[str, tuple[str, str, str]] = {}
    for row, item in enumerate(_items(path, "posts.item"), start=1):
        found = True
        label = _text(item, "label") or _text(item, "role")
        body = _text(item, "organization_id")
        if not _text(item, "id") or not label or not body:
            yield Problem(row, "post: has no id, no label or no organization")
            continue
        given = item.get("area")
        seat = _text(given, "name") if isinstance(given, dict) else ""
        posts[_text(item, "id")] = (label, body, seat)
        if seat:
            continue  # a constituency's seat, which its memberships carry as their area
        yield PostRecord(
            row=row,
            slug=slug(_text(item, "id"))[:80],
            label=label,
            body=Ref(scheme, body),
            identifiers=_refs(item, scheme),
            role=_text(item, "role"),
        )
    for prefix in ("persons.item", "people.item"):
        for row, item in enumerate(_items(path, prefix), start=1):
            found = True
            yield from _popolo_person(row, item, scheme)
    for row, item in enumerate(_items(path, "memberships.item"), start=1):
        found = True
        yield from _popolo_membership(row, item, scheme, posts, areas, periods)
    if not found:
        raise ImportFileError(
            f"{path.name} holds no persons, organizations, posts or memberships. Check that it is Popolo JSON."
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
    names = _names(item)
    main = next((n for n in names if _text(n, "note") == "Main"), names[0] if names else {})
    given = _text(item, "given_name") or _text(main, "given_name")
    family = _text(item, "family_name") or _text(main, "family_name") or _text(main, "lordname")
    name = _text(item, "name") or _text(main, "name") or f"{given} {family}".strip()
    refs = _refs(item, scheme)
    if not name or not refs:
        yield Problem(row, "person: has no name or no id")
        return
    if not (given or family):
        parsed = HumanName(name)
        given = " ".join(x for x in (str(parsed.first), str(parsed.middle)) if x)
        family = str(parsed.last)
    dates, wrong = _dates(item, "birth_date", "death_date")
    for reason in wrong:
        yield Problem(row, f"person {name}: {reason}", is_skipped=False)
    other = {_text(n, "name") or f"{_text(n, 'given_name')} {_text(n, 'family_name')}".strip() for n in names}
    gender = _text(item, "gender").lower()
    yield PersonRecord(
        row=row,
        identifiers=refs,
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
    posts: dict[str, tuple[str, str, str]],
    areas: dict[str, tuple[str, str, str]],
    periods: dict[str, tuple[str, ...]],
) -> Iterator[Record]:
    person, body, post = _text(item, "person_id"), _text(item, "organization_id"), _text(item, "post_id")
    label, post_body, post_area = posts.get(post, ("", "", ""))
    body = body or post_body
    if not person or not body:
        yield Problem(row, "membership: names no person or no organization")
        return
    dates, wrong = _dates(item, "start_date", "end_date")
    for reason in wrong:
        yield Problem(row, f"membership {_text(item, 'id')}: {reason}", is_skipped=False)
    period = periods.get(_text(item, "legislative_period_id"), ("", ""))
    claim = ""
    if any(period) and not all(dates):
        claim = "dates that the file does not give are those of the legislative period"
        dates = [dates[0] or period[0], dates[1] or period[1]]
    if all(dates) and dates[1] < dates[0]:
        yield Problem(
            row, f"membership {_text(item, 'id')}: ends on {dates[1]}, before it begins on {dates[0]}"
        )
        return
    area = areas.get(_text(item, "area_id")) or (
        (f"area-{slug(post_area)}", post_area, "constituency") if post_area else None
    )
    party = _text(item, "on_behalf_of_id")
    short = person.rpartition("/")[2]
    yield PersonRecord(
        row=row,
        identifiers=(Ref(scheme, person),),
        is_whole=False,
        placeholder=f"Name not on file ({scheme.partition(':')[0]} {short})",
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


def read_europarl_xml(path: Path, *, term: int | None = None) -> Iterator[Record]:
    """The European Parliament's list of Members as XML (www.europarl.europa.eu/meps/en/full-list/xml).

    Elements: ``meps/mep`` with ``fullName``, ``country``, ``politicalGroup``, ``id``, ``nationalPoliticalGroup``. The
    family name is the part in capitals. Args: term: by default the one sitting now.
    """
    start, end = EP_TERMS[term or max(EP_TERMS)]
    yield EP_BODY
    row = 0
    try:
        root = None
        events = ElementTree.iterparse(
            str(path), events=("start", "end"), forbid_dtd=False, forbid_entities=True
        )
        for event, element in events:
            root = element if root is None else root
            if event == "start" or element.tag != "mep":
                continue
            row += 1
            values = {child.tag: (child.text or "").strip() for child in element}
            root.clear()  # what was read is let go, so that a long list takes no more memory than a short one
            name, identifier = values.get("fullName", ""), values.get("id", "")
            if not name or not identifier:
                yield Problem(row, "has no fullName or no id")
                continue
            words = name.split()
            capitals = [w for w in words if len(w) > 1 and w.upper() == w]
            family = " ".join(w.title() for w in capitals)
            given = " ".join(w for w in words if w not in capitals)
            country, group = values.get("country", ""), values.get("politicalGroup", "")
            yield PersonRecord(
                row=row,
                identifiers=(Ref("europarl", identifier),),
                name=" ".join(x for x in (given, family) if x) or name,
                given_name=given,
                family_name=family,
                honorific_suffix="MEP",
                terms=(
                    Term(
                        body=EP,
                        role="Member of the European Parliament",
                        start=start,
                        end=end,
                        area=(f"country-{slug(country)}", country, "country") if country else None,
                        party=group,
                        jurisdiction="EU",
                        claim="the dates are those of the term, the file does not give the Member’s own",
                    ),
                ),
            )
    except (ElementTree.ParseError, DefusedXmlException, UnicodeDecodeError, LookupError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ImportFileError(
            f"{path.name} is not XML that can be read safely: {reason}. Nothing was imported."
        ) from error
    if not row:
        raise ImportFileError(
            f"{path.name} lists no Members (no mep elements). Check that it is the right file."
        )


def read_uk_members(path: Path) -> Iterator[Record]:
    """The UK Parliament's Members API (members-api.parliament.uk/api/Members/Search): ``items[].value``.

    Members of the House of Lords, who have no term, are left out with a note.
    """
    _refuse_depth(path)
    yield from COMMONS_BODIES
    row = 0
    for row, item in enumerate(_items(path, "items.item"), start=1):
        value = item.get("value") if isinstance(item.get("value"), dict) else item
        value = value or {}
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
        parsed = HumanName(shown)
        given = " ".join(x for x in (str(parsed.first), str(parsed.middle)) if x)
        full = _text(value, "nameFullTitle")
        party = value.get("latestParty")
        constituency = _text(seat, "membershipFrom")
        yield PersonRecord(
            row=row,
            identifiers=(Ref("uk-parliament", identifier),),
            name=f"{given} {parsed.last}".strip(),
            given_name=given,
            family_name=str(parsed.last),
            honorific_prefix="The Rt Hon" if re.match(r"(The )?Rt Hon", full) else str(parsed.title),
            honorific_suffix="MP",
            gender={"M": "male", "F": "female"}.get(_text(value, "gender"), ""),
            terms=(
                Term(
                    body=COMMONS,
                    role="Member of Parliament",
                    start=dates[0],
                    end=dates[1],
                    area=(f"gb-{slug(constituency)}", constituency, "constituency") if constituency else None,
                    party=_text(party, "name") if isinstance(party, dict) else "",
                    jurisdiction="GB",
                ),
            ),
        )
    if not row:
        raise ImportFileError(
            f"{path.name} holds no items of the Members API. Check that it is the right file."
        )


def read_vcards(path: Path) -> Iterator[Record]:
    """vCards of versions 3 and 4 (RFC 6350), one person or body each."""
    text = path.read_text(encoding=encoding_of(path), errors="replace")
    cards = re.findall(r"BEGIN:VCARD.*?END:VCARD", text, re.DOTALL | re.IGNORECASE)
    if not cards:
        raise ImportFileError(f"{path.name} holds no whole vCard. Check that it is the right file.")
    seen: set[str] = set()
    for row, source in enumerate(cards, start=1):
        try:
            card = vobject.readOne(source, ignoreUnreadable=True)
        except Exception as error:  # vobject raises whatever its parts raise
            yield Problem(row, f"cannot be read: {' '.join(str(error).split())[:120]}")
            continue
        yield from _card(row, card, seen)
    if text.upper().count("BEGIN:VCARD") > len(cards):
        yield Problem(len(cards) + 1, "the last card has no end, the file may be cut off")


def _values(card: Any, key: str) -> list[Any]:
    return [line.value for line in card.contents.get(key, [])]


def _card(row: int, card: Any, seen: set[str]) -> Iterator[Record]:
    full = str(next(iter(_values(card, "fn")), "")).strip()
    name = next(iter(_values(card, "n")), None)
    given = " ".join(
        x for x in (str(getattr(name, "given", "") or ""), str(getattr(name, "additional", "") or "")) if x
    )
    family = str(getattr(name, "family", "") or "")
    organization: Any = next(iter(_values(card, "org")), [])
    body = (
        ", ".join(str(x) for x in organization if x) if isinstance(organization, list) else str(organization)
    )
    if not (full or given or family):
        yield Problem(row, "has no name")
        return
    contacts = [Contact("email", str(v)) for v in _values(card, "email") if str(v).strip()]
    contacts += [Contact("voice", str(v)) for v in _values(card, "tel")]
    contacts += [Contact("url", str(v)) for v in _values(card, "url")]
    for address in _values(card, "adr"):
        lines = [
            str(getattr(address, part, "") or "").strip()
            for part in ("box", "extended", "street", "city", "region", "code", "country")
        ]
        text = "\n".join(x for x in lines if x)
        if text:
            contacts.append(Contact("address", text))
    if body and body not in seen:
        seen.add(body)
        yield BodyRecord(row, slug(body), body)
    uid = str(next(iter(_values(card, "uid")), ""))
    email = next((c.value.lower() for c in contacts if c.type == "email" and "@" in c.value), "")
    born = str(next(iter(_values(card, "bday")), ""))
    try:
        birth = (
            parse_partial(born[:10])
            if "-" in born
            else parse_partial(f"{born[:4]}-{born[4:6]}-{born[6:8]}")
            if born
            else ""
        )
    except UsageError:
        birth = ""
        yield Problem(row, f"{full}: the birthday “{born}” was left out", is_skipped=False)
    title = str(next(iter([*_values(card, "title"), *_values(card, "role")]), ""))
    yield PersonRecord(
        row=row,
        identifiers=(Ref("vcard", uid or f"{email} {slug(f'{full} {body}')}".strip()),),
        name=f"{given} {family}".strip() or full,
        given_name=given,
        family_name=family,
        honorific_prefix=str(getattr(name, "prefix", "") or ""),
        honorific_suffix=str(getattr(name, "suffix", "") or ""),
        gender={"M": "male", "F": "female"}.get(str(next(iter(_values(card, "gender")), ""))[:1], ""),
        birth_date=birth,
        preferred_language=str(next(iter(_values(card, "lang")), ""))[:2].lower(),
        other_names=tuple(
            n
            for n in (full, *(str(v) for v in _values(card, "nickname")))
            if n and n != f"{given} {family}".strip() and (given or family)
        ),
        contacts=tuple(contacts),
        terms=(Term(body=Ref("id", slug(body)), role=title or "Member", role_matters=True),) if body else (),
    )
