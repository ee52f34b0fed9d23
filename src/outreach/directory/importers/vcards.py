"""vCards of the versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), one person a card.

An own reader of content lines, since the library for them took minutes of exponential regular expressions
over 165 bytes, and turned names that hold lists into Python's way of printing these. It looks at each
character a fixed number of times, and needs of a card no more than who somebody is and how to reach them.
"""

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.directory.importers.reading import encoding_of, lines_of
from outreach.directory.importers.records import (
    OWN,
    BodyRecord,
    Contact,
    PersonRecord,
    Problem,
    Record,
    Ref,
    Term,
    named_body,
)
from outreach.directory.importers.tables import LONGEST_ADDRESSES, by_name
from outreach.domain.email_address import parsed_address
from outreach.domain.names import name_key, split_name
from outreach.domain.partial_dates import parse_partial
from outreach.domain.wording import printable
from outreach.errors import ImportFileError, UsageError

_LONGEST_LINE = 200_000
_MOST_LINES = 5_000
# What stands in pictures, sounds and keys is of no use here, and may be megabytes.
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_ESCAPES = {"n": "\n", "N": "\n"}
# An id that its maker meant to be of its own in the whole world (RFC 6350, section 6.7.6).
_WORLDWIDE = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|urn:.{20,}", re.IGNORECASE
)


@dataclass(frozen=True)
class Line:
    """A content line.

    name: in capitals, without its group. params: in capitals, those of version 2.1 as types.
    """

    name: str
    params: dict[str, tuple[str, ...]]
    value: str

    def parts(self) -> list[list[str]]:
        """The value as components, each of one or more texts, with what was escaped put right."""
        return split_value(self.value)

    @property
    def text(self) -> str:
        """The value as one text."""
        return "".join(unescaped(self.value)).strip()


def unescaped(value: str) -> Iterator[str]:
    """The characters of a value, backslashes resolved (RFC 6350, section 3.4)."""
    escaped = False
    for c in value:
        if escaped:
            yield _ESCAPES.get(c, c)
            escaped = False
        elif c == "\\":
            escaped = True
        else:
            yield c


def split_value(value: str) -> list[list[str]]:
    """A structured value: components between semicolons, in each the texts between commas."""
    found: list[list[str]] = [[]]
    piece: list[str] = []
    escaped = False
    for c in value:
        if escaped:
            piece.append(_ESCAPES.get(c, c))
            escaped = False
        elif c == "\\":
            escaped = True
        elif c in ",;":
            found[-1].append("".join(piece).strip())
            piece = []
            if c == ";":
                found.append([])
        else:
            piece.append(c)
    found[-1].append("".join(piece).strip())
    return found


def parse_line(text: str) -> Line | None:
    """One unfolded line; None for one without a name or a colon."""
    quoted, marks, end = False, [], -1
    for at, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted and c == ";":
            marks.append(at)
        elif not quoted and c == ":":
            end = at
            break
    if end < 0:
        # A quotation mark that is never closed is a character like others.
        end = text.find(":")
        marks = [m for m in marks if m < end]
    if end < 0:
        return None
    pieces = [text[a + 1 : b] for a, b in zip([-1, *marks], [*marks, end], strict=True)]
    name = pieces[0].rpartition(".")[2].strip().upper()
    params: dict[str, tuple[str, ...]] = {}
    for piece in pieces[1:]:
        key, equals, given = piece.partition("=")
        key, given = (key.strip().upper(), given) if equals else ("TYPE", key)
        values = tuple(v.strip().strip('"').upper() for v in given.split(","))
        params[key] = params.get(key, ()) + values
    return Line(name, params, text[end + 1 :]) if name else None


def unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Whole lines of those that go on in the next, by a blank (all versions) or, in version 2.1, by = at the
    end.

    A line longer than anybody's name or address, such as a picture, is cut off.
    """
    waiting: list[str] = []
    size, soft = 0, False
    for raw in lines:
        line = raw.rstrip("\r\n")
        if waiting and (soft or line[:1] in {" ", "\t"}):
            piece = line if soft else line[1:]
        else:
            if waiting:
                yield "".join(waiting)
            waiting, size, piece = [], 0, line
        # The first piece says how the value is written.
        head = (waiting[0] if waiting else piece)[:200].upper()
        soft = piece.endswith("=") and "QUOTED-PRINTABLE" in head.partition(":")[0]
        if soft:
            piece = piece[:-1]
        size += len(piece)
        if size <= _LONGEST_LINE or not waiting:
            waiting.append(piece[:_LONGEST_LINE])
    if waiting:
        yield "".join(waiting)


def _decoded(line: Line) -> Line:
    """A line of version 2.1 in plain text."""
    encoding = line.params.get("ENCODING", ()) + line.params.get("TYPE", ())
    if "QUOTED-PRINTABLE" not in encoding:
        return line
    charset = next(iter(line.params.get("CHARSET", ())), "UTF-8")
    try:
        value = quopri.decodestring(line.value.encode("utf-8")).decode(charset, "replace")
    except (LookupError, binascii.Error, UnicodeError):
        return line
    return Line(line.name, line.params, str(printable(value.replace("\r\n", "\n"))))


def read_vcards(path: Path) -> Iterator[Record]:
    """The cards of a file. What is nested in one, such as an agent's card, is passed over.

    Returns: a person a card, and the body that it names. Raises: ImportFileError for a file without a card.
    """
    seen: set[str] = set()
    row, depth, before = 0, 0, ""
    card: list[Line] = []
    with path.open(encoding=encoding_of(path), errors="replace", newline=None) as file:
        for text in unfolded(printable(line) for line in lines_of(file, path.name)):
            line = parse_line(text)
            if line is None:
                continue
            mark = line.value.strip().upper() if line.name in {"BEGIN", "END"} else ""
            if mark == "VCARD" and line.name == "BEGIN":
                if depth and before != "AGENT":
                    yield Problem(row, "the card has no end; it was left out")
                    depth = 0
                depth += 1
                if depth == 1:
                    row, card = row + 1, []
            elif mark == "VCARD" and depth:
                depth -= 1
                if depth == 0:
                    yield from _card(row, card, seen)
            elif depth == 1 and line.name not in _BINARY and len(card) < _MOST_LINES:
                card.append(_decoded(line))
            before = line.name
    if depth:
        yield Problem(max(row, 1), "the last card has no end, the file may be cut off")
    if not row:
        raise ImportFileError(f"{path.name} holds no vCard. Check that it is the right file.")


def _first(card: list[Line], *names: str) -> Line | None:
    return next((line for name in names for line in card if line.name == name and line.value.strip()), None)


def _text(card: list[Line], *names: str) -> str:
    line = _first(card, *names)
    return line.text if line else ""


def _card(row: int, card: list[Line], seen: set[str]) -> Iterator[Record]:
    full = " ".join(_text(card, "FN").split())
    structured = _first(card, "N")
    parts = structured.parts() if structured else []
    family, given, additional, prefix, suffix = (
        " ".join(w for text in (parts[n] if n < len(parts) else []) for w in text.split()) for n in range(5)
    )
    given = f"{given} {additional}".strip()
    organization = _first(card, "ORG")
    body = ", ".join(x for part in organization.parts() for x in part if x) if organization else ""
    if not (full or given or family):
        yield Problem(row, "has no name")
        return
    name = f"{given} {family}".strip() or full
    if not (given or family):
        given, family, prefix, suffix = split_name(full)
    if body and (key := name_key(body)) not in seen:
        seen.add(key)
        yield BodyRecord(row, "", body)
    contacts = tuple(_contacts(card))
    email = next((c.value for c in contacts if c.type == "email" and parsed_address(c.value)), "")
    uid = _text(card, "UID")
    own, older = by_name(email, full or name, body, suffix)
    identifier, former = own, Ref("vcard", older.identifier)
    if uid:
        former = Ref("vcard", uid)
        identifier = former if _WORLDWIDE.fullmatch(uid) else Ref(OWN, uid)
    born = _text(card, "BDAY")
    try:
        birth = _birthday(born)
    except UsageError:
        birth = ""
        yield Problem(row, f"{name}: the birthday “{born[:40]}” was left out", is_skipped=False)
    others = [full, *(text for line in card if line.name == "NICKNAME" for p in line.parts() for text in p)]
    yield PersonRecord(
        row=row,
        identifiers=(identifier,),
        formerly=() if identifier == former else (former,),
        name=name,
        given_name=given,
        family_name=family,
        honorific_prefix=prefix,
        honorific_suffix=suffix,
        gender={"M": "male", "F": "female"}.get(_text(card, "GENDER")[:1].upper(), ""),
        birth_date=birth,
        preferred_language=_text(card, "LANG")[:2].lower(),
        other_names=tuple(dict.fromkeys(n for n in others if n and n != name)),
        contacts=contacts,
        terms=(
            (Term(body=named_body(body), role=_text(card, "TITLE", "ROLE") or "Member", role_matters=True),)
            if body
            else ()
        ),
    )


def _contacts(card: list[Line]) -> Iterator[Contact]:
    for line in card:
        if line.name == "EMAIL":
            # What is no address is kept too, and named in the report: see run.py.
            address = line.text.removeprefix("mailto:").strip()
            if address and len(address) <= LONGEST_ADDRESSES:
                yield Contact("email", address)
        elif line.name == "TEL" and line.text:
            kind = "fax" if "FAX" in line.params.get("TYPE", ()) else "voice"
            yield Contact(kind, line.text.removeprefix("tel:"))
        elif line.name == "URL" and line.text:
            yield Contact("url", line.text)
        elif line.name == "ADR":
            # Post-office box, extended address, street, city, region, code, country: RFC 6350, section 6.3.1.
            lines = (", ".join(x for x in part if x) for part in line.parts()[:7])
            if address := "\n".join(x for x in lines if x):
                yield Contact("address", address)


def _birthday(text: str) -> str:
    """A day as 1970-01-02, 19700102, 1970-01 or 1970, with or without a time after it; "" for none.

    Raises: UsageError, for a day without a year too.
    """
    day = re.split(r"[T ]", text.strip())[0]
    if re.fullmatch(r"\d{8}", day):
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return parse_partial(day) if day else ""
