"""CSV files: the European Parliament's, the UK Parliament's, and any other by a mapping of its columns."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rapidfuzz import fuzz, process, utils

from outreach.directory.importers.reading import encoding_of, lines_of
from outreach.directory.importers.records import (
    BY_NAME,
    OWN,
    BodyRecord,
    Contact,
    PersonRecord,
    Place,
    Problem,
    Record,
    Ref,
    Term,
    named_body,
)
from outreach.domain.email_address import parsed_address
from outreach.domain.names import name_key, split_name
from outreach.domain.partial_dates import parse_partial
from outreach.domain.references import folded, slug
from outreach.domain.wording import printable
from outreach.errors import ImportFileError, UsageError

EP = Ref("id", "european-parliament")
COMMONS = Ref("id", "house-of-commons")
EP_BODY = BodyRecord(
    0, "european-parliament", "European Parliament", classification="parliament", jurisdiction="EU"
)
COMMONS_BODIES = (
    BodyRecord(
        0, "uk-parliament", "Parliament of the United Kingdom", classification="parliament", jurisdiction="GB"
    ),
    BodyRecord(
        0,
        "house-of-commons",
        "House of Commons",
        classification="chamber",
        jurisdiction="GB",
        parent=Ref("id", "uk-parliament"),
    ),
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
_MAX_FIELD = 1_000_000


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file, by heading, numbered from 1. Comma, semicolon or tab is recognised.

    Raises: ImportFileError for a file without headings, or with a field out of all proportion.
    """
    encoding = encoding_of(path)
    csv.field_size_limit(_MAX_FIELD)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(8192)
        file.seek(0)
        if not sample.strip():
            raise ImportFileError(f"{path.name} is empty. Choose a file with a row of headings.")
        first = sample.splitlines()[0]
        delimiter = max(",;\t|", key=first.count)
        reader = csv.reader((printable(line) for line in lines_of(file, path.name)), delimiter=delimiter)
        try:
            headings = [h.strip() for h in next(reader)]
            if len([h for h in headings if h]) < 2 and delimiter not in first:
                raise ImportFileError(
                    f"{path.name} has no row of headings with commas, semicolons or tabs between them. "
                    "Check that it is a CSV file."
                )
            for number, cells in enumerate(reader, start=1):
                if any(c.strip() for c in cells):
                    values = dict.fromkeys((h for h in headings if h), "")
                    values |= {h: c.strip() for h, c in zip(headings, cells, strict=False) if h}
                    if len(cells) != len(headings):
                        values["\0cells"] = f"{len(cells)} of {len(headings)}"
                    yield number, values
        except csv.Error as error:
            raise ImportFileError(
                f"{path.name} cannot be read as CSV: {error}. Nothing was imported."
            ) from error


def headings_of(path: Path) -> tuple[str, ...]:
    """The headings of a CSV file. Raises: ImportFileError."""
    for _, values in islice(rows_of(path), 1):
        return tuple(h for h in values if h != "\0cells")
    raise ImportFileError(f"{path.name} has headings but no rows.")


def _need(path: Path, values: Mapping[str, str], *wanted: str) -> None:
    if missing := [w for w in wanted if w not in values]:
        raise ImportFileError(
            f"{path.name} lacks the columns {', '.join(missing)}. Check that the right format was chosen, "
            "or import it as csv and say which column is which."
        )


def _ragged(row: int, values: Mapping[str, str]) -> Problem | None:
    """A row with too few or too many cells, of which nobody can say which is which."""
    cells = values.get("\0cells")
    return (
        Problem(row, f"has {cells} cells; look for a quotation mark or a comma too many") if cells else None
    )


_EP_DATE = re.compile(r"^(\d{2})/(\d{2})/(\d{4})(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?$")


def european_date(text: str) -> str:
    """A day as 02/12/1930 02:00 (local midnight with its offset) or in ISO form.

    Returns: YYYY-MM-DD, "" for none. Raises: UsageError for what a spreadsheet left as ##### or is no day.
    """
    if not text:
        return ""
    match = _EP_DATE.match(text)
    if match:
        day, month, year = match.groups()
        return parse_partial(f"{year}-{month}-{day}")
    if set(text) == {"#"}:
        raise UsageError("it reads ####, which is all a too narrow column of a spreadsheet left of it")
    return parse_partial(text[:10])


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
        _need(path, values, "mep_identifier", "mep_given_name", "mep_family_name")
        if problem := _ragged(row, values):
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
                claim=f"sat in term {term}; the dates are those of the term, the file does not give the Member’s own"
                if term
                else "the file gives no dates",
            ),
        ),
    )


def read_uk_mps(path: Path) -> Iterator[Record]:
    """A lookup of the House of Commons today: constituency, member's id, name, party, e-mail."""
    yield from COMMONS_BODIES
    elected = ""
    for row, values in rows_of(path):
        _need(path, values, "member_id", "display_as", "pcon_name")
        if not elected:
            years = [m.group(1) for h in values if (m := re.match(r"election_result_summary_(\d{4})$", h))]
            elected = max(years, default="-")
        if problem := _ragged(row, values):
            yield problem
            continue
        if not values["member_id"].isdigit() or not values["display_as"]:
            yield Problem(row, f"{values['pcon_name']}: has no member, the seat may be vacant")
            continue
        yield _mp(row, values, "" if elected == "-" else elected)


def _mp(row: int, values: dict[str, str], elected: str) -> PersonRecord:
    full = re.sub(r"\s+MP$", "", values.get("full_title") or values["display_as"])
    privy = re.match(r"(?:The )?Rt Hon\b\.?\s*", full)
    _, _, full_title, suffix = split_name(full[privy.end() :] if privy else full)
    given, family, title, _ = split_name(values["display_as"])
    name = f"{given} {family}".strip() or values["display_as"]
    code = values.get("pcon_code", "")
    email = values.get("member_email", "")
    constituency = values["pcon_name"]
    return PersonRecord(
        row=row,
        identifiers=(Ref("uk-parliament", values["member_id"]),),
        name=name,
        given_name=given,
        family_name=family,
        honorific_prefix="The Rt Hon" if privy else title or full_title,
        honorific_suffix=" ".join(x for x in (suffix, "MP") if x and "MP" not in suffix) or "MP",
        contacts=(Contact("email", email),) if "@" in email else (),
        terms=(
            Term(
                body=COMMONS,
                role="Member of Parliament",
                start=elected,
                area=Place(
                    constituency, "constituency", code=f"gb-{slug(code)}" if code else "", prefix="gb"
                ),
                party=values.get("party_text", ""),
                jurisdiction="GB",
                claim=f"the file lists the House elected in {elected} and gives no dates"
                if elected
                else "the file gives no dates",
            ),
        ),
    )


@dataclass(frozen=True)
class CsvField:
    """Something a column may hold. hints: headings that say so, in lower case."""

    key: str
    label: str
    hints: tuple[str, ...]


CSV_FIELDS = (
    CsvField("name", "Full name", ("name", "full name", "display name", "nom", "nom complet", "person",
        "фио", "ф.и.о.", "имя", "ім’я", "όνομα", "ονοματεπώνυμο", "الاسم", "اسم", "姓名", "名字", "氏名", "名前", "שם",
    )),
    CsvField("given_name", "Given name", ("given name", "first name", "forename", "prénom", "vorname", "firstname",
        "личное имя", "κύριο όνομα", "الاسم الأول", "名",
    )),
    CsvField("family_name", "Family name", ("family name", "last name", "surname", "nachname", "nom de famille", "lastname",
        "фамилия", "прізвище", "επώνυμο", "اللقب", "اسم العائلة", "姓",
    )),
    CsvField("honorific_prefix", "Title", ("title", "prefix", "honorific prefix", "salutation", "titre", "anrede")),
    CsvField("honorific_suffix", "Letters after the name", ("suffix", "honorific suffix", "post nominals")),
    CsvField("gender", "Gender", ("gender", "sex", "geschlecht", "genre",
        "пол", "φύλο", "الجنس", "性别", "性別",
    )),
    CsvField("email", "E-mail", ("email", "e-mail", "email address", "mail", "courriel", "e mail",
        "почта", "эл. почта", "электронная почта", "ηλεκτρονικό ταχυδρομείο", "البريد الإلكتروني", "邮箱", "电子邮件", "電子郵件", "メール",
    )),
    CsvField("phone", "Telephone", ("phone", "telephone", "tel", "phone number", "voice", "telefon", "téléphone",
        "телефон", "τηλέφωνο", "الهاتف", "电话", "電話",
    )),
    CsvField("address", "Postal address", ("address", "postal address", "street address", "adresse", "anschrift",
        "адрес", "διεύθυνση", "العنوان", "地址", "住所",
    )),
    CsvField("form", "Contact form", ("contact form", "form", "contact url", "webform")),
    CsvField("url", "Web site", ("url", "website", "web", "homepage", "site")),
    CsvField("body", "Body", ("body", "organization", "organisation", "institution", "chamber", "parliament", "committee",
        "орган", "организация", "палата", "учреждение", "φορέας", "σώμα", "οργανισμός", "الهيئة", "المؤسسة", "الجهة", "机构", "機構", "机关", "機關", "单位", "組織",
    )),
    CsvField("jurisdiction", "Country of the body, as a code", ("jurisdiction", "country code")),
    CsvField("role", "Role or office", ("role", "office", "position", "post", "function", "fonction", "funktion",
        "должность", "αξίωμα", "ιδιότητα", "المنصب", "职务", "職務", "職稱",
    )),
    CsvField("party", "Party", ("party", "political party", "group", "parti", "partei", "fraktion",
        "партия", "фракция", "κόμμα", "الحزب", "حزب", "政党", "政黨", "党派", "黨派",
    )),
    CsvField("area", "Constituency or country", ("constituency", "area", "district", "state", "country", "riding", "wahlkreis", "pays", "land",
        "округ", "избирательный округ", "регион", "страна", "περιφέρεια", "εκλογική περιφέρεια", "χώρα", "الدائرة", "المنطقة", "البلد", "选区", "選區", "地区", "選挙区", "国家",
    )),
    CsvField("start", "From", ("start date", "start", "from", "since", "elected", "beginn",
        "дата начала", "من",
    )),
    CsvField("end", "Until", ("end date", "end", "until", "to", "ende",
        "дата окончания", "إلى",
    )),
    CsvField("language", "Language", ("language", "preferred language", "langue", "sprache")),
    CsvField("birth_date", "Born", ("birth date", "date of birth", "birthday", "born", "dob",
        "дата рождения", "ημερομηνία γέννησης", "تاريخ الميلاد", "出生日期", "生年月日",
    )),
    CsvField("identifier", "Identifier", ("id", "identifier", "member id", "person id", "uid", "code")),
)  # fmt: skip
_LIKELY = 84
LONGEST_ADDRESSES = 2_000
"""Characters of a cell that may hold several e-mail addresses."""


def guess_mapping(headings: tuple[str, ...]) -> dict[str, str]:
    """Which field each column probably holds. Returns: field by heading; columns not recognised are left out."""
    hints = {hint: field.key for field in CSV_FIELDS for hint in field.hints}
    scored = []
    for heading in headings:
        text = utils.default_process(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", heading))
        match = process.extractOne(text, hints.keys(), scorer=fuzz.ratio, score_cutoff=_LIKELY)
        if match:
            scored.append((match[1], heading, hints[match[0]]))
    mapping: dict[str, str] = {}
    for _, heading, key in sorted(scored, key=lambda s: (-s[0], headings.index(s[1]))):
        if key not in mapping.values():
            mapping[heading] = key
    held = set(mapping.values())
    if {"name", "family_name"} <= held and "given_name" not in held:
        # Beside a column of family names, “Name” or “Имя” is the given name.
        mapping = {heading: "given_name" if key == "name" else key for heading, key in mapping.items()}
    return mapping


def read_csv(path: Path, *, mapping: Mapping[str, str] | None = None, body: str = "") -> Iterator[Record]:
    """Any CSV file with one person a row.

    Args: mapping: field by heading, see `CSV_FIELDS`; by default as `guess_mapping` has it. body: the body
        that everybody in it sits in, where no column says so.
    """
    chosen: dict[str, str] = {}
    seen_bodies: set[tuple[str, str]] = set()
    for row, values in rows_of(path):
        if not chosen:
            headings = tuple(h for h in values if h != "\0cells")
            chosen = dict(mapping) if mapping else guess_mapping(headings)
            known = {f.key for f in CSV_FIELDS}
            if wrong := [f for f in chosen.values() if f not in known]:
                raise ImportFileError(
                    f"There is no field {', '.join(wrong)}. Known are: {', '.join(sorted(known))}."
                )
            if absent := [h for h in chosen if h not in headings]:
                raise ImportFileError(
                    f"{path.name} has no column {', '.join(absent)}. It has: {', '.join(headings)}."
                )
            if not {"name", "family_name"} & set(chosen.values()):
                raise ImportFileError(
                    f'No column of {path.name} was recognised as a name. Say which one is: --map "Heading=name".'
                )
        if problem := _ragged(row, values):
            yield problem
            continue
        cells = {field: values.get(heading, "") for heading, field in chosen.items()}
        body_name = cells.get("body") or body
        country = cells.get("jurisdiction", "").upper()
        if len(country) > 8:
            yield Problem(row, f"“{country}” is no code of a country and was left out", is_skipped=False)
            country = ""
        if body_name and (key := (name_key(body_name), country)) not in seen_bodies:
            seen_bodies.add(key)
            yield BodyRecord(row, "", body_name, jurisdiction=country)
        yield from _csv_person(row, cells, body_name, country)


def by_name(email: str, name: str, body: str, suffix: str = "") -> tuple[Ref, Ref]:
    """By what somebody is known again who has no id in the file: e-mail address, name with Jr. or Sr., and body.

    Returns: the id, and the one that older versions gave, which was the same for all names in other scripts.
    """
    return (
        Ref(BY_NAME, " ".join(x for x in (folded(email), name_key(f"{name} {suffix}"), name_key(body)) if x)),
        Ref(BY_NAME, f"{email.lower()} {_older_slug(f'{name} {body}')}".strip()),
    )


def _older_slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", folded(text)).strip("-")[:80].strip("-") or "item"


def _csv_person(row: int, cells: dict[str, str], body: str, country: str) -> Iterator[Record]:
    given, family, name = cells.get("given_name", ""), cells.get("family_name", ""), cells.get("name", "")
    prefix, suffix = cells.get("honorific_prefix", ""), cells.get("honorific_suffix", "")
    if not (given or family):
        given, family, title, letters = split_name(name)
        prefix, suffix = prefix or title, suffix or letters
        name = " ".join(x for x in (given, family) if x) or name
    name = name or f"{given} {family}".strip()
    if not name:
        yield Problem(row, "has no name")
        return
    dates: dict[str, str] = {}
    for key in ("start", "end", "birth_date"):
        try:
            dates[key] = european_date(cells.get(key, "").replace(".", "/"))
        except UsageError as error:
            dates[key] = ""
            yield Problem(row, f"{name}: a date was left out: {error}", is_skipped=False)
    email = cells.get("email", "").removeprefix("mailto:")
    if len(email) > LONGEST_ADDRESSES:
        yield Problem(row, f"{name}: “{email[:60]}” is no e-mail address and was left out", is_skipped=False)
        email = ""
    gender = cells.get("gender", "").strip().lower()[:1]
    contacts = [Contact("email", email)] if email else []
    for field, kind in (("phone", "voice"), ("address", "address"), ("form", "form"), ("url", "url")):
        if cells.get(field):
            contacts.append(Contact(kind, cells[field]))
    area = cells.get("area", "")
    # Without an id of its own, a row is known again by its name within its own register only: an import
    # never takes two people for one by their name alone.
    known_by = email if parsed_address(email) else ""
    own, older = by_name(known_by, name, body, suffix)
    identifier = cells.get("identifier")
    yield PersonRecord(
        row=row,
        identifiers=(Ref(OWN, identifier) if identifier else own,),
        formerly=() if identifier else (older,),
        name=name,
        given_name=given,
        family_name=family,
        honorific_prefix=prefix,
        honorific_suffix=suffix,
        gender={"m": "male", "f": "female", "w": "female", "h": "male"}.get(gender, ""),
        birth_date=dates["birth_date"],
        preferred_language=cells.get("language", "")[:2].lower(),
        contacts=tuple(contacts),
        terms=(
            Term(
                body=named_body(body, country),
                role=cells.get("role", "") or "Member",
                start=dates["start"],
                end=dates["end"],
                area=Place(area) if area else None,
                party=cells.get("party", ""),
                jurisdiction=country,
            ),
        )
        if body
        else (),
    )
