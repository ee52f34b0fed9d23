"""What every format is read into: people, bodies and posts as plain records, each with where it stood."""

from dataclasses import dataclass, field

from outreach.domain.names import name_key
from outreach.domain.wording import counted, printable

# Schemes of ids that mean something in the file's own register alone; which register that is, `registers.py`
# finds out. BY_NAME: the file has no id, and the row is known again by its name and e-mail address.
OWN = "own"
BY_NAME = "own, by name"
NO_NAME = "Name not on file"
# Registers whose ids mean the same person or body in whatever file they stand. Others, such as a newspaper's
# own numbering, only tell people apart within their file.
EVERYWHERE = frozenset(
    {"bioguide", "europarl", "uk-parliament", "parlparse", "wikidata", "viaf", "isni", "orcid"}
)


@dataclass(frozen=True)
class Ref:
    """A record by an outside register's id.

    scheme ``id`` means this database's own readable id, ``name`` a body by its name, `OWN` and `BY_NAME` the
    file's own register.
    """

    scheme: str
    identifier: str

    @property
    def is_own(self) -> bool:
        """Whether it belongs to the register of the file."""
        return self.scheme in (OWN, BY_NAME)


def named_body(name: str, jurisdiction: str = "") -> Ref:
    """A body by its name, and by its jurisdiction where the file has it."""
    return Ref("name", f"{jurisdiction}\0{name_key(name)}")


@dataclass(frozen=True)
class Origin:
    """Where a file says that it comes from: the address of its publisher's source."""

    url: str


@dataclass(frozen=True)
class Place:
    """A constituency, country or other area that somebody sits for.

    code: readable id made of a public register's code, which alone decides. own_id: id in the file's own
    register. Without either the place is found again by its name among those of the same body, a country
    among all countries. prefix: begins the readable id of a new one.
    """

    name: str
    classification: str = ""
    code: str = ""
    own_id: str = ""
    prefix: str = "area"


@dataclass(frozen=True)
class Contact:
    """A way to reach somebody. type: email, voice, fax, address, url or form, as Popolo has them."""

    type: str
    value: str
    label: str = ""


@dataclass(frozen=True)
class Term:
    """A seat or post held. start, end: partial dates, "" where the file has none.

    party: its name; party_body: the body it is, where the file has it. jurisdiction: of the party.
    role_matters: the file may hold several terms in one body from one day, told apart by their role. claim:
    what a reader must know of the dates.
    """

    body: Ref
    role: str = ""
    post: Ref | None = None
    start: str = ""
    end: str = ""
    area: Place | None = None
    party: str = ""
    party_body: Ref | None = None
    jurisdiction: str = ""
    rank: int | None = None
    role_matters: bool = False
    claim: str = ""


@dataclass(frozen=True)
class PersonRecord:
    """A person as one row of a file has them; what is empty is not in the file.

    row: its number, from 1, headings not counted. placeholder: name to use where the file gives an id alone.
    formerly: ids under which older versions of the program kept such a row; they find somebody of the same
    name only.
    """

    row: int
    identifiers: tuple[Ref, ...] = ()
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    honorific_prefix: str = ""
    honorific_suffix: str = ""
    gender: str = ""
    birth_date: str = ""
    death_date: str = ""
    preferred_language: str = ""
    summary: str = ""
    other_names: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    terms: tuple[Term, ...] = ()
    placeholder: str = ""
    formerly: tuple[Ref, ...] = ()
    is_whole: bool = True
    """False for a record that only adds terms, such as a seat in a committee."""


@dataclass(frozen=True)
class BodyRecord:
    """A body. slug: readable id of a new one; "" to make one of its name. parent: the body it is part of.

    Without identifiers it is found by its name and jurisdiction.
    """

    row: int
    slug: str
    name: str
    identifiers: tuple[Ref, ...] = ()
    classification: str = ""
    jurisdiction: str = ""
    parent: Ref | None = None
    founding_date: str = ""
    dissolution_date: str = ""
    summary: str = ""
    other_names: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class PostRecord:
    """An office in a body."""

    row: int
    slug: str
    label: str
    body: Ref
    identifiers: tuple[Ref, ...] = ()
    role: str = ""
    audience: str = ""


@dataclass(frozen=True)
class CurrentMembers:
    """That the file lists everybody who sits in a body now; others of the same data set have left."""

    body: Ref
    people: tuple[Ref, ...]


@dataclass(frozen=True)
class Problem:
    """A row that could not be read, or a value in it that could not.

    is_skipped: the whole row was left out.
    """

    row: int
    reason: str
    is_skipped: bool = True


Record = PersonRecord | BodyRecord | PostRecord | CurrentMembers | Origin | Problem


@dataclass
class Count:
    """How many records of a kind the import added, changed and found as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Renamed:
    """That a file has another name for somebody than the database had.

    The old one is kept among the other names.
    """

    file: str
    row: int
    old: str
    new: str


MOST_PROBLEMS = 1_000
_LONGEST_REASON = 400


def _one_line(words: str) -> str:
    """What a file made us say, as one line of a length that can be read."""
    line = " ".join(str(printable(words)).split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


@dataclass
class ImportReport:
    """What an import did, or in a dry run would do.

    counts: by kind: people, bodies, posts, terms. skipped: (file, row, reason) of rows left out, notes: of
    values left out, conflicts: of records whose id says one and whose name says another. renamed: every name
    that was changed. decided: sentences on which files were taken as newer editions of others, and which were
    not. At most `MOST_PROBLEMS` of each are kept, all are counted.
    """

    is_dry_run: bool = False
    counts: dict[str, Count] = field(
        default_factory=lambda: {kind: Count() for kind in ("people", "bodies", "posts", "terms")}
    )
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    conflicts: list[tuple[str, int, str]] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    skipped_count: int = 0
    notes_count: int = 0
    conflicts_count: int = 0
    renamed_count: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether anything was added or changed."""
        return any(c.added or c.changed for c in self.counts.values())

    def problem(self, file: str, found: Problem) -> None:
        """Note a row that was skipped, or a value that was left out."""
        reason = _one_line(found.reason)
        if found.is_skipped:
            self.skipped_count += 1
            if len(self.skipped) < MOST_PROBLEMS:
                self.skipped.append((file, found.row, reason))
        else:
            self.notes_count += 1
            if len(self.notes) < MOST_PROBLEMS:
                self.notes.append((file, found.row, reason))

    def conflict(self, file: str, row: int, reason: str) -> None:
        """Note a record that an id and a name take for two."""
        self.conflicts_count += 1
        if len(self.conflicts) < MOST_PROBLEMS:
            self.conflicts.append((file, row, _one_line(reason)))

    def rename(self, file: str, row: int, old: str, new: str) -> None:
        """Note a name that was changed."""
        self.renamed_count += 1
        if len(self.renamed) < MOST_PROBLEMS:
            self.renamed.append(Renamed(file, row, _one_line(old), _one_line(new)))

    @property
    def lines(self) -> list[tuple[str, str, int, str]]:
        """Everything to be read one by one: (what, file, row, words), what matters most first."""
        return [
            *(("renamed", r.file, r.row, f"{r.old} → {r.new}") for r in self.renamed),
            *(("conflict", *found) for found in self.conflicts),
            *(("skipped", *found) for found in self.skipped),
            *(("note", *found) for found in self.notes),
        ]

    @property
    def lines_count(self) -> int:
        """How many there are, those counted that were not kept."""
        return self.renamed_count + self.conflicts_count + self.skipped_count + self.notes_count

    @property
    def summary(self) -> str:
        """The report in one sentence."""
        parts = [
            f"{kind}: {c.added:,} added, {c.changed:,} changed, {c.unchanged:,} unchanged"
            for kind, c in self.counts.items()
            if c.added or c.changed or c.unchanged
        ]
        if self.renamed_count:
            parts.append(f"{counted(self.renamed_count, 'name', 'names')} changed")
        if self.conflicts_count:
            parts.append(f"{counted(self.conflicts_count, 'conflict', 'conflicts')} to look at")
        if self.skipped_count:
            parts.append(f"{counted(self.skipped_count, 'row', 'rows')} skipped")
        verdict = "Nothing was changed (dry run). " if self.is_dry_run else ""
        return verdict + ("; ".join(parts) or "The file holds nothing to import") + "."
