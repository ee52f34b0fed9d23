"""What every format is read into: people, bodies and posts as plain records, each with where it stood."""

from dataclasses import dataclass, field

from outreach.domain.wording import counted


@dataclass(frozen=True)
class Ref:
    """A record by an outside register's id. scheme ``id`` means this database's own readable id."""

    scheme: str
    identifier: str


@dataclass(frozen=True)
class Contact:
    """A way to reach somebody. type: email, voice, fax, address, url or form, as Popolo has them."""

    type: str
    value: str
    label: str = ""


@dataclass(frozen=True)
class Term:
    """A seat or post held. start, end: partial dates, "" where the file has none.

    area: (readable id, name, classification). party: its name; party_body: the body it is, where the file has it. role_matters: the file may hold several
    terms in one body from one day, told apart by their role. claim: what a reader must know of the dates.
    """

    body: Ref
    role: str = ""
    post: Ref | None = None
    start: str = ""
    end: str = ""
    area: tuple[str, str, str] | None = None
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
    is_whole: bool = True
    """False for a record that only adds terms, such as a seat in a committee."""


@dataclass(frozen=True)
class BodyRecord:
    """A body. slug: readable id, which also finds a body that is there under it. parent: the body it is part of."""

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
    """A row that could not be read, or a value in it that could not. is_skipped: the whole row was left out."""

    row: int
    reason: str
    is_skipped: bool = True


Record = PersonRecord | BodyRecord | PostRecord | CurrentMembers | Problem


@dataclass
class Count:
    """How many records of a kind the import added, changed and found as they are."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


MOST_PROBLEMS = 1_000


@dataclass
class ImportReport:
    """What an import did, or in a dry run would do.

    counts: by kind: people, bodies, posts, terms. problems: (file, row, reason) of rows skipped, and notes of
    values left out; at most `MOST_PROBLEMS` of each are kept, all are counted.
    """

    is_dry_run: bool = False
    counts: dict[str, Count] = field(
        default_factory=lambda: {kind: Count() for kind in ("people", "bodies", "posts", "terms")}
    )
    skipped: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[tuple[str, int, str]] = field(default_factory=list)
    skipped_count: int = 0
    notes_count: int = 0

    @property
    def has_changes(self) -> bool:
        """Whether anything was added or changed."""
        return any(c.added or c.changed for c in self.counts.values())

    def problem(self, file: str, found: Problem) -> None:
        """Note a row that was skipped, or a value that was left out."""
        if found.is_skipped:
            self.skipped_count += 1
            if len(self.skipped) < MOST_PROBLEMS:
                self.skipped.append((file, found.row, found.reason))
        else:
            self.notes_count += 1
            if len(self.notes) < MOST_PROBLEMS:
                self.notes.append((file, found.row, found.reason))

    @property
    def summary(self) -> str:
        """The report in one sentence."""
        parts = [
            f"{kind}: {c.added:,} added, {c.changed:,} changed, {c.unchanged:,} unchanged"
            for kind, c in self.counts.items()
            if c.added or c.changed or c.unchanged
        ]
        if self.skipped_count:
            parts.append(f"{counted(self.skipped_count, 'row', 'rows')} skipped")
        verdict = "Nothing was changed (dry run). " if self.is_dry_run else ""
        return verdict + ("; ".join(parts) or "The file holds nothing to import") + "."
