"""Lists of the European Parliament's members: its CSV and its XML."""

import re
from collections.abc import Iterator
from pathlib import Path

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from outreach.directory.importers.records import (
    BodyRecord,
    Contact,
    PersonRecord,
    Place,
    Problem,
    Record,
    Ref,
    Term,
)
from outreach.directory.importers.table_rows import european_date, need_columns, ragged_row, rows_of
from outreach.domain.wording import printable
from outreach.errors import ImportFileError, UsageError

EP = Ref("id", "european-parliament")
EP_BODY = BodyRecord(
    0, "european-parliament", "European Parliament", classification="parliament", jurisdiction="EU"
)
# Parliamentary terms by number: constitutive sitting to the day before the next one.
# Source: European Parliament, "The European Parliament: historical background", fact sheet 1.3.1, and
# the dates of its constitutive sittings.
# Term 0 is the Parliament of delegates, before it was elected.
EP_TERMS = {
    0: ("1958-03-19", "1979-07-16"),
    1: ("1979-07-17", "1984-07-23"),
    2: ("1984-07-24", "1989-07-24"),
    3: ("1989-07-25", "1994-07-18"),
    4: ("1994-07-19", "1999-07-19"),
    5: ("1999-07-20", "2004-07-19"),
    6: ("2004-07-20", "2009-07-13"),
    7: ("2009-07-14", "2014-06-30"),
    8: ("2014-07-01", "2019-07-01"),
    9: ("2019-07-02", "2024-07-15"),
    10: ("2024-07-16", ""),
}


def read_europarl_csv(path: Path, *, term: int | None = None) -> Iterator[Record]:
    """The European Parliament's open data on its Members, one file a parliamentary term.

    Args: term: its number; by default the one in the file's name (``data_v1_meps_7_en.csv``).
    """
    if term is None:
        found = re.search(r"meps?_(\d{1,2})(?:_|\.|$)", path.name)
        term = int(found.group(1)) if found else None
    if term is not None and term not in EP_TERMS:
        raise ImportFileError(f"There is no parliamentary term {term}. Say one of 0 to {max(EP_TERMS)}.")
    yield EP_BODY
    for row, values in rows_of(path):
        need_columns(path, values, "mep_identifier", "mep_given_name", "mep_family_name")
        if problem := ragged_row(row, values):
            yield problem
            continue
        yield from _mep(row, values, term)


def _mep(row: int, values: dict[str, str], term: int | None) -> Iterator[Record]:
    identifier = values["mep_identifier"]
    given, family = values["mep_given_name"], values["mep_family_name"]
    name = f"{given} {family}".strip()
    if not identifier.isdigit() or not name:
        yield Problem(row, "has no identifier or no name")
        return
    dates = {}
    for key, column in (("birth_date", "mep_birthday"), ("death_date", "mep_death_date")):
        try:
            dates[key] = european_date(values.get(column, ""))
        except UsageError as error:
            dates[key] = ""
            what = "birth" if key == "birth_date" else "death"
            yield Problem(row, f"{name}: the date of {what} was left out: {error}", is_skipped=False)
    official = (
        f"{values.get('mep_official_given_name', '')} {values.get('mep_official_family_name', '')}".strip()
    )
    if "?" in official:
        yield Problem(
            row,
            f"{name}: the name in its own script was left out; its letters were lost as ?",
            is_skipped=False,
        )
        official = ""
    if "?" in name or "\N{REPLACEMENT CHARACTER}" in name:
        yield Problem(row, f"{name}: letters of the name were lost before publication", is_skipped=False)
    start, end = EP_TERMS[term] if term is not None else ("", "")
    country = values.get("mep_citizenship", "")
    contacts = (
        [Contact("email", values["mep_email"].removeprefix("mailto:"))] if values.get("mep_email") else []
    )
    contacts += [
        Contact("url", values[column], label)
        for column, label in (
            ("mep_homepage", "Home page"),
            ("mep_twitter", "Twitter"),
            ("mep_facebook_page", "Facebook"),
        )
        if values.get(column)
    ]
    yield PersonRecord(
        row=row,
        identifiers=(Ref("europarl", identifier),),
        name=name,
        given_name=given,
        family_name=family,
        honorific_prefix=values.get("mep_honorific_prefix", ""),
        honorific_suffix="MEP",
        gender=values.get("mep_gender", "") if values.get("mep_gender") in {"male", "female"} else "",
        birth_date=dates["birth_date"],
        death_date=dates["death_date"],
        other_names=(official,) if official and official != name else (),
        contacts=tuple(contacts),
        terms=(
            Term(
                body=EP,
                role="Member of the European Parliament",
                start=start,
                end=end,
                area=Place(country, "country", prefix="country") if country else None,
                jurisdiction="EU",
                claim=(
                    f"sat in term {term}; the dates are those of the term, the file does not give the "
                    "Member’s own"
                )
                if term
                else "the file gives no dates",
            ),
        ),
    )


_DEEPEST = 50


def read_europarl_xml(path: Path, *, term: int | None = None) -> Iterator[Record]:
    """The European Parliament's list of Members as XML (www.europarl.europa.eu/meps/en/full-list/xml).

    Elements: ``meps/mep`` with ``fullName``, ``country``, ``politicalGroup``, ``id``,
    ``nationalPoliticalGroup``. The family name is the part in capitals. Args: term: by default the one
    sitting now.
    """
    start, end = EP_TERMS[term or max(EP_TERMS)]
    yield EP_BODY
    row = 0
    try:
        root, depth = None, 0
        events = ElementTree.iterparse(
            str(path), events=("start", "end"), forbid_dtd=False, forbid_entities=True
        )
        for event, element in events:
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise ImportFileError(f"{path.name} is nested too deeply for a list. Nothing was imported.")
            if event == "start" or depth != 1:
                continue
            values = {str(child.tag): str(printable(child.text or "")).strip() for child in element}
            tag = element.tag
            root.clear()  # what was read is let go, so that a long list takes no more memory than a short one
            if tag != "mep":
                continue
            row += 1
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
                        area=Place(country, "country", prefix="country") if country else None,
                        party=group,
                        jurisdiction="EU",
                        claim="the dates are those of the term, the file does not give the Member’s own",
                    ),
                ),
            )
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise ImportFileError(
            f"{path.name} is not XML that can be read safely: {reason}. Nothing was imported."
        ) from error
    if not row:
        raise ImportFileError(
            f"{path.name} lists no Members (no mep elements). Check that it is the right file."
        )
