"""Applying records to the directory: outside ids decide who is who; what others entered is not overwritten.

An id is believed as far as the name agrees: where the two have nothing in common, it is reported, and two
people stay two. Things that have no id (parties, places, bodies of a table) are the same only under the same
name and in the same place; their readable ids never decide. Rows are written in bulk, a few hundred records
at a time, so that a file ten times as long does not take ten times the memory.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from outreach.directory.importers.body_rows import BodyRows
from outreach.directory.importers.person_rows import PersonRows
from outreach.directory.importers.place_rows import PlaceRows
from outreach.directory.importers.records import (
    BodyRecord,
    CurrentMembers,
    ImportReport,
    PersonRecord,
    PostRecord,
)
from outreach.directory.importers.registers import Register
from outreach.directory.importers.rows import RowWriter


class Applier:
    """One import: one file into the database. Not shared between threads.

    register: what the file's own ids belong to, and which sources were of it before.
    """

    def __init__(
        self,
        session: Session,
        report: ImportReport,
        *,
        register: Register,
        file_name: str,
        sha256: str,
        today: date,
    ) -> None:
        self._rows = RowWriter(
            session, report, register=register, file_name=file_name, sha256=sha256, today=today
        )
        places = PlaceRows(self._rows)
        self._bodies = BodyRows(self._rows, places)
        self._people = PersonRows(self._rows, places, self._bodies)

    def bodies(self, records: Sequence[BodyRecord]) -> None:
        """Add or update bodies, found by their outside ids, else by their name and jurisdiction."""
        self._bodies.bodies(records)

    def posts(self, records: Sequence[PostRecord]) -> None:
        """Add or update offices. An office is the same only within the same body."""
        self._bodies.posts(records)

    def people(self, records: Sequence[PersonRecord]) -> None:
        """Add or update people and the terms they hold, a few hundred at a time."""
        self._people.people(records)

    def current_members(self, records: Sequence[CurrentMembers]) -> None:
        """End the seats of those whom a list of everybody sitting now no longer names."""
        self._people.current_members(records)

    def finish(self) -> None:
        """Write what waits; drop the note of the file if nothing cites it."""
        self._rows.finish()
