"""CSV files: the European Parliament's, the UK Parliament's, and any other by a mapping of its columns."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz, process, utils

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
from outreach.directory.importers.table_rows import european_date, need_columns, ragged_row, rows_of
from outreach.domain.email_address import parsed_address
from outreach.domain.names import name_key, split_name
from outreach.domain.references import folded, slug
from outreach.errors import ImportFileError, UsageError

COMMONS = Ref("id", "house-of-commons")
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


def read_uk_mps(path: Path) -> Iterator[Record]:
    """A lookup of the House of Commons today: constituency, member's id, name, party, e-mail."""
    yield from COMMONS_BODIES
    elected = ""
    for row, values in rows_of(path):
        need_columns(path, values, "member_id", "display_as", "pcon_name")
        if not elected:
            years = [m.group(1) for h in values if (m := re.match(r"election_result_summary_(\d{4})$", h))]
            elected = max(years, default="-")
        if problem := ragged_row(row, values):
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
        "фио", "ф.и.о.", "имя", "ім’я", "όνομα", "ονοματεπώνυμο", "الاسم", "اسم",
        "姓名", "名字", "氏名", "名前",
        "שם",
    )),
    CsvField("given_name", "Given name", ("given name", "first name", "forename", "prénom", "vorname",
    "firstname",
        "личное имя", "κύριο όνομα", "الاسم الأول", "名",
    )),
    CsvField("family_name", "Family name", ("family name", "last name", "surname", "nachname",
    "nom de famille", "lastname",
        "фамилия", "прізвище", "επώνυμο", "اللقب", "اسم العائلة", "姓",
    )),
    CsvField("honorific_prefix", "Title", ("title", "prefix", "honorific prefix", "salutation", "titre",
    "anrede")),
    CsvField("honorific_suffix", "Letters after the name", ("suffix", "honorific suffix", "post nominals")),
    CsvField("gender", "Gender", ("gender", "sex", "geschlecht", "genre",
        "пол", "φύλο", "الجنس", "性别", "性別",
    )),
    CsvField("email", "E-mail", ("email", "e-mail", "email address", "mail", "courriel", "e mail",
        "почта", "эл. почта", "электронная почта", "ηλεκτρονικό ταχυδρομείο", "البريد الإلكتروني", "邮箱",
        "电子邮件", "電子郵件", "メール",
    )),
    CsvField("phone", "Telephone", ("phone", "telephone", "tel", "phone number", "voice", "telefon",
    "téléphone",
        "телефон", "τηλέφωνο", "الهاتف", "电话", "電話",
    )),
    CsvField("address", "Postal address", ("address", "postal address", "street address", "adresse",
    "anschrift",
        "адрес", "διεύθυνση", "العنوان", "地址", "住所",
    )),
    CsvField("form", "Contact form", ("contact form", "form", "contact url", "webform")),
    CsvField("url", "Web site", ("url", "website", "web", "homepage", "site")),
    CsvField("body", "Body", ("body", "organization", "organisation", "institution", "chamber", "parliament",
    "committee",
        "орган", "организация", "палата", "учреждение", "φορέας", "σώμα", "οργανισμός", "الهيئة", "المؤسسة",
        "الجهة", "机构", "機構", "机关", "機關", "单位", "組織",
    )),
    CsvField("jurisdiction", "Country of the body, as a code", ("jurisdiction", "country code")),
    CsvField("role", "Role or office", ("role", "office", "position", "post", "function", "fonction",
    "funktion",
        "должность", "αξίωμα", "ιδιότητα", "المنصب", "职务", "職務", "職稱",
    )),
    CsvField("party", "Party", ("party", "political party", "group", "parti", "partei", "fraktion",
        "партия", "фракция", "κόμμα", "الحزب", "حزب", "政党", "政黨", "党派", "黨派",
    )),
    CsvField("area", "Constituency or country", ("constituency", "area", "district", "state", "country",
    "riding", "wahlkreis", "pays", "land",
        "округ", "избирательный округ", "регион", "страна", "περιφέρεια", "εκλογική περιφέρεια", "χώρα",
        "الدائرة", "المنطقة", "البلد", "选区", "選區", "地区", "選挙区", "国家",
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
    """Which field each column probably holds.

    Returns: field by heading; columns not recognised are left out.
    """
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
                    f"No column of {path.name} was recognised as a name. Say which one is: --map "
                    '"Heading=name".'
                )
        if problem := ragged_row(row, values):
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
    """By what somebody is known again who has no id in the file: e-mail address, name with Jr. or Sr., and
    body.

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
