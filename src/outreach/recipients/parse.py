"""Recipients by question: “members of JCSE”, “MEPs of Finland in term 7”, “senators without an answer after
30 days”.

A query is one or more questions with commas between them; each adds those it names. A question is ``all``, a
saved group, words of a recipient's name or office, or filters that must all hold:

    senators | representatives | meps | mps        a seat in that chamber
    members of BODY | chairs of BODY               by name, other name, id or an outside register's code
    of PLACE                                        after a kind: state, country or constituency
    party PARTY
    in term N                                       of the European Parliament
    on 2011-01-20                                   who held the seat that day; by default the letter's date
    without an answer [after N days] | with an answer | not written to
    audience:KEY  body:ID  person:ID  post:ID       as on file, among the campaign's recipients

Here they are taken apart, without the database.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from outreach.directory.importers.european_parliament import EP_TERMS
from outreach.errors import UsageError

_KINDS = {
    "senators": "us-senate",
    "representatives": "us-house",
    "meps": "european-parliament",
    "mps": "house-of-commons",
}


US_STATES = {
    "alabama": "AL", "alaska": "AK", "arizona": "AZ", "arkansas": "AR", "california": "CA", "colorado": "CO",
    "connecticut": "CT", "delaware": "DE", "florida": "FL", "georgia": "GA", "hawaii": "HI", "idaho": "ID",
    "illinois": "IL", "indiana": "IN", "iowa": "IA", "kansas": "KS", "kentucky": "KY", "louisiana": "LA",
    "maine": "ME", "maryland": "MD", "massachusetts": "MA", "michigan": "MI", "minnesota": "MN",
    "mississippi": "MS",
    "missouri": "MO", "montana": "MT", "nebraska": "NE", "nevada": "NV", "new hampshire": "NH",
    "new jersey": "NJ",
    "new mexico": "NM", "new york": "NY", "north carolina": "NC", "north dakota": "ND", "ohio": "OH",
    "oklahoma": "OK", "oregon": "OR", "pennsylvania": "PA", "rhode island": "RI", "south carolina": "SC",
    "south dakota": "SD", "tennessee": "TN", "texas": "TX", "utah": "UT", "vermont": "VT", "virginia": "VA",
    "washington": "WA", "west virginia": "WV", "wisconsin": "WI", "wyoming": "WY",
}  # fmt: skip


_REST = (
    r"(?=\s+(?:in term\b|on \d|party\b|without\b|with an\b|not written\b|never written\b|and\b "
    r"(?:in|on|party|without|with|not))|$)"
)


_CLAUSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "body",
        re.compile(r"(?P<role>members?|chairs?)\s+of\s+(?:the\s+)?(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I),
    ),
    ("kind", re.compile(r"(?P<value>senators?|representatives?|meps?|mps?)\b", re.I)),
    ("place", re.compile(r"(?:of|from|for|in)\s+(?!term\b)(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I)),
    ("term", re.compile(r"in\s+term\s+(?P<value>\d{1,2})\b", re.I)),
    ("party", re.compile(r"party\s+(?P<value>\"[^\"]+\"|.+?)" + _REST, re.I)),
    ("on", re.compile(r"on\s+(?P<value>\d{4}-\d{2}-\d{2})\b", re.I)),
    (
        "unanswered",
        re.compile(r"without\s+an?\s+(?:answer|reply)(?:\s+(?:after|for)\s+(?P<value>\d+)\s+days?)?", re.I),
    ),
    ("answered", re.compile(r"with\s+an\s+(?P<value>answer|reply)\b", re.I)),
    ("unwritten", re.compile(r"(?P<value>not|never)\s+written\s+to\b", re.I)),
)


_GLUE = re.compile(r"\s*(?:and\b|who\b|are\b|,)?\s*", re.I)


@dataclass(frozen=True)
class Question:
    """One question, taken apart. Fields that are None or "" do not filter."""

    body: str = ""
    chairs: bool = False
    kind: str = ""
    place: str = ""
    party: str = ""
    term: int | None = None
    on: date | None = None
    unanswered: int | None = None
    answered: bool = False
    unwritten: bool = False


def parse_question(text: str) -> Question | None:
    """Take a question apart. Returns: None if it is no question of this kind but words to look for.

    Raises: UsageError for one that begins as a question and goes on as none.
    """
    rest, found = text.strip(), Question()
    begun = False
    while rest:
        for name, pattern in _CLAUSES:
            match = pattern.match(rest)
            if match and not (name == "place" and not (found.kind or found.body)):
                found = _with(found, name, match)
                rest = rest[match.end() :]
                rest = rest[_GLUE.match(rest).end() :]  # type: ignore[union-attr]
                begun = True
                break
        else:
            if begun:
                raise UsageError(
                    f"“{rest}” was not understood in “{text}”. Such a question may go on with: of PLACE, "
                    "party PARTY, in term 7, on 2011-01-20, without an answer after 30 days, not written to."
                )
            return None
    return found if begun else None


def _with(found: Question, name: str, match: re.Match[str]) -> Question:
    value = (match.group("value") or "").strip().strip('"')
    match name:
        case "body":
            return replace(found, body=value, chairs=match.group("role").lower().startswith("chair"))
        case "kind":
            return replace(found, kind=_KINDS[value.lower().rstrip("s") + "s"])
        case "place":
            return replace(found, place=value)
        case "party":
            return replace(found, party=value)
        case "term":
            if int(value) not in EP_TERMS:
                raise UsageError(f"There is no parliamentary term {value}. Say one of 0 to {max(EP_TERMS)}.")
            return replace(found, term=int(value))
        case "on":
            try:
                return replace(found, on=date.fromisoformat(value))
            except ValueError as error:
                raise UsageError(f"“{value}” is not a day. Write it as 2011-01-20.") from error
        case "unanswered":
            return replace(found, unanswered=int(value or 0))
        case "answered":
            return replace(found, answered=True)
        case _:
            return replace(found, unwritten=True)


def expanded_questions(groups: dict[str, str], query: str, inside: tuple[str, ...]) -> Iterator[str]:
    """The questions of a query, with those of the groups it names.

    Raises: UsageError for a group within itself.
    """
    for part in _parts(query):
        name = _group_name(part)
        if name not in groups:
            yield part
        elif name in inside:
            raise UsageError(f"The group “{name}” names itself. Change what it asks.")
        else:
            yield from expanded_questions(groups, groups[name], (*inside, name))


def _group_name(part: str) -> str:
    return part.removeprefix("group:").strip().casefold()


def _parts(query: str) -> list[str]:
    """Questions between commas; a comma within quotation marks divides nothing."""
    return [p.strip() for p in re.findall(r"(?:\"[^\"]*\"|[^,\"])+", query) if p.strip()]


def is_whole_question(text: str) -> bool:
    """Whether the text is a question that can be asked as it stands."""
    try:
        return parse_question(text) is not None
    except UsageError:
        return False
