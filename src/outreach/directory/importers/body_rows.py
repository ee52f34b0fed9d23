"""Bodies and offices of an import: found by their outside ids, else by name and place."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select, update

from outreach.directory.importers.place_rows import PlaceRows
from outreach.directory.importers.records import (
    BodyRecord,
    PostRecord,
    Problem,
    Ref,
    named_body,
)
from outreach.directory.importers.rows import RowWriter, deciding, differences
from outreach.domain.names import are_alike, name_key
from outreach.domain.references import cut, slug
from outreach.store.models import (
    ContactDetail,
    Identifier,
    Organization,
    OtherName,
    Post,
)
from outreach.store.types import table_of

_BODY_SCALARS = ("classification", "jurisdiction", "founding_date", "dissolution_date", "summary")


class BodyRows:
    """Adds or updates bodies and their offices."""

    def __init__(self, rows: RowWriter, places: PlaceRows) -> None:
        self._rows, self._places = rows, places
        self._session, self._report, self._file = rows.session, rows.report, rows.file
        self._bodies: dict[Ref, int] = {}
        self._posts: dict[Ref, int | None] = {}
        self._by_body_name: dict[str, list[int]] | None = None

    def bodies(self, records: Sequence[BodyRecord]) -> None:
        """Add or update bodies, found by their outside ids, else by their name and jurisdiction."""
        for record in records:
            if record.name and record.identifiers and not self._rows.is_first(record, record.identifiers[0]):
                continue
            key = self._body_of(record)
            if key is None and not record.name:
                continue  # a second mention of a body that was skipped
            if key is None:
                self._add_body(record)
            else:
                self._update_body(key, record)

    def _body_of(self, record: BodyRecord) -> int | None:
        """The body on file that a record is of."""
        if not record.identifiers:
            return self._body_by_name(record)
        found: list[int] = []
        for ref in deciding(record):
            found += [key for key in self._bodies_by_id(ref) if key not in found]
        if len(found) < 2 or not record.name:
            return found[0] if found else None
        alike = [key for key in found if are_alike(self._body_names(key), (record.name, *record.other_names))]
        return (alike or found)[0]

    def _bodies_by_id(self, ref: Ref) -> list[int]:
        if ref in self._bodies:
            return [self._bodies[ref]]
        self._rows.flush()
        return list(
            self._session.scalars(
                select(Identifier.organization_id)
                .join(Organization, Organization.id == Identifier.organization_id)
                .where(Identifier.scheme == self._rows.scheme(ref), Identifier.identifier == ref.identifier)
                .order_by(Identifier.id)
            )
        )

    def _body_names(self, key: int) -> list[str]:
        self._rows.flush()
        return [
            *self._session.scalars(select(Organization.name).where(Organization.id == key)),
            *self._session.scalars(select(OtherName.name).where(OtherName.organization_id == key)),
        ]

    def _body_by_name(self, record: BodyRecord) -> int | None:
        """A body without an outside id: the one on file of this name, or of this readable id, and
        jurisdiction.

        Where the file does not say the jurisdiction, or the database, a body that is the only one of its name
        is taken, and the report says so.
        """
        self._rows.flush()
        names = self._names_of_bodies()
        if record.slug:
            table = table_of(Organization)
            row = self._session.execute(
                select(table.c.id, table.c.jurisdiction, table.c.classification).where(
                    table.c.slug == record.slug, table.c.deleted_at.is_(None)
                )
            ).first()
            if (
                row
                and row.jurisdiction == record.jurisdiction
                and row.classification != "party"
                and are_alike(self._body_names(row.id), [record.name])
            ):
                return int(row.id)
        found = names.get(name_key(record.name), [])
        same = [k for k in found if self._places.jurisdictions[k] == record.jurisdiction]
        if record.jurisdiction:
            found = same or [k for k in found if not self._places.jurisdictions[k]]
        if len(found) > 1:
            mine = sorted(self._rows.owned("organization_id", found)) or same
            found = mine if len(mine) == 1 else []
            if not found:
                self._rows.note(
                    record.row,
                    f"{record.name}: several bodies on file have this name, so another was made; write a "
                    "body’s id to mean it",
                )
        if not found and not record.slug:
            # Somebody who writes a readable id means that body.
            return self._session.scalar(select(Organization.id).where(Organization.slug == record.name))
        if found and not record.slug and not self._rows.owned("organization_id", found):
            taken = self._session.scalars(select(Organization.slug).where(Organization.id == found[0])).one()
            place = (
                f", {self._places.jurisdictions[found[0]]}" if self._places.jurisdictions[found[0]] else ""
            )
            self._rows.note(
                record.row,
                f"{record.name}: taken as the body on file of this name ({taken}{place}); if it is another, "
                "give the table a column with the code of its country",
            )
        return found[0] if found else None

    def _names_of_bodies(self) -> dict[str, list[int]]:
        """Bodies that are no parties, by every name; read once."""
        if self._by_body_name is None:
            by_name: dict[str, list[int]] = defaultdict(list)
            for key, name, place in self._session.execute(
                select(Organization.id, Organization.name, Organization.jurisdiction)
                .where(Organization.classification != "party")
                .order_by(Organization.id)
            ):
                by_name[name_key(name)].append(key)
                self._places.jurisdictions[key] = place
            others = select(OtherName.organization_id, OtherName.name).where(
                OtherName.organization_id.is_not(None)
            )
            for owner, name in self._session.execute(others):
                key = owner or 0
                if key in self._places.jurisdictions and key not in by_name[name_key(name)]:
                    by_name[name_key(name)].append(key)
            self._by_body_name = by_name
        return self._by_body_name

    def _remember_body(self, key: int, record: BodyRecord) -> None:
        """What a record was found or made to be, for what refers to it."""
        for ref in record.identifiers:
            self._bodies[ref] = key
        if record.slug:
            self._bodies[Ref("id", record.slug)] = key
        if record.name and not record.identifiers:
            self._bodies[named_body(record.name, record.jurisdiction)] = key

    def _add_body(self, record: BodyRecord) -> None:
        key = self._rows.new(
            Organization,
            slug=self._rows.free_slug(
                Organization, record.slug or slug(record.name, "body"), record.identifiers
            ),
            name=record.name,
            classification=record.classification,
            jurisdiction=record.jurisdiction,
            parent_id=self.body(record.parent) if record.parent else None,
            area_id=None,
            founding_date=record.founding_date or None,
            dissolution_date=record.dissolution_date or None,
            summary=record.summary,
            deleted_at=None,
        )
        self._rows.flush()
        self._places.jurisdictions[key] = record.jurisdiction
        if self._by_body_name is not None and record.classification != "party":
            self._by_body_name.setdefault(name_key(record.name), []).append(key)
        self._remember_body(key, record)
        for ref in record.identifiers:
            self._rows.new(
                Identifier, person_id=None, organization_id=key, scheme=self._rows.scheme(ref),
                identifier=ref.identifier,
                source_id=self._rows.source,
            )  # fmt: skip
        self._rows.cite(organization_id=key)
        for name in record.other_names:
            self._rows.other_name(name, organization_id=key)
        for contact in record.contacts:
            self._rows.contact(contact, organization_id=key)
        self._report.counts["bodies"].added += 1

    def _update_body(self, key: int, record: BodyRecord) -> None:
        self._rows.flush()
        self._remember_body(key, record)
        table = table_of(Organization)
        row = self._session.execute(select(table).where(table.c.id == key)).mappings().one()
        owned = key in self._rows.owned("organization_id", [key])
        changes = differences(record, row, _BODY_SCALARS, owned=owned)
        parent = self.body(record.parent) if record.parent else None
        if (
            parent is not None
            and parent != row["parent_id"]
            and parent != key
            and (owned or not row["parent_id"])
        ):
            changes["parent_id"] = parent
        if changes:
            self._session.execute(update(table).where(table.c.id == key).values(**changes))
        names = set(self._session.scalars(select(OtherName.name).where(OtherName.organization_id == key)))
        if "name" in changes:
            self._report.rename(self._file, record.row, row["name"], record.name)
            if row["name"] not in names:
                self._rows.old_name(row["name"], "organization_id", key)
        names |= {row["name"], changes.get("name", "")}
        fresh = [n for n in (*record.other_names, record.name) if n and n not in names]
        for name in dict.fromkeys(fresh):
            self._rows.other_name(name, organization_id=key)
        if record.name in fresh:
            self._rows.note(
                record.row,
                f"{row['name']}: the file has the name {record.name}, which was added to the other names",
            )
        known = {
            (c.type, c.value)
            for c in self._session.execute(
                select(ContactDetail.type, ContactDetail.value).where(ContactDetail.organization_id == key)
            )
        }
        added = [c for c in record.contacts if (c.type, c.value) not in known]
        for contact in added:
            self._rows.contact(contact, organization_id=key)
        if changes or fresh or added:
            if not self._rows.cite_anew("organization_id", key):
                self._rows.cite(organization_id=key)
            if record.name:
                self._report.counts["bodies"].changed += 1
        elif record.name:
            self._report.counts["bodies"].unchanged += 1

    def body(self, ref: Ref) -> int | None:
        """Id of a body by an outside id, or by its readable one; None if there is none."""
        if ref not in self._bodies:
            self._rows.flush()
            found = (
                self._session.scalar(select(Organization.id).where(Organization.slug == ref.identifier))
                if ref.scheme == "id"
                else next(iter(self._bodies_by_id(ref)), None)
            )
            if found is None:
                return None
            self._bodies[ref] = found
        return self._bodies[ref]

    def posts(self, records: Sequence[PostRecord]) -> None:
        """Add or update offices. An office is the same only within the same body."""
        for record in records:
            body = self.body(record.body)
            if body is None:
                self._report.problem(
                    self._file,
                    Problem(
                        record.row,
                        f"post {record.label}: its organization {record.body.identifier} is not known",
                    ),
                )
                continue
            key = self._post_on_file(record.slug, body)
            if key is None:
                key = self._rows.new(
                    Post, slug=self._post_slug(record.slug, body), label=record.label, short_label="",
                    role=record.role,
                    audience=record.audience, organization_id=body, start_date=None, end_date=None,
                )  # fmt: skip
                self._rows.flush()
                self._rows.cite(post_id=key)
                self._report.counts["posts"].added += 1
            else:
                self._update_post(key, record)
            self._posts |= dict.fromkeys((*record.identifiers, Ref("id", record.slug)), key)

    def _update_post(self, key: int, record: PostRecord) -> None:
        label = self._session.scalars(select(Post.label).where(Post.id == key)).one()
        if label == record.label or key not in self._rows.owned("post_id", [key]):
            self._report.counts["posts"].unchanged += 1
            return
        self._session.execute(update(Post).where(Post.id == key).values(label=record.label))
        self._report.rename(self._file, record.row, label, record.label)
        self._report.counts["posts"].changed += 1

    def _post_slugs(self, wanted: str, body: int) -> tuple[str, str]:
        """Readable ids that a post of a body may have: its own, or with the
        body's where another body has that.
        """
        name = self._session.scalars(select(Organization.slug).where(Organization.id == body)).one()
        return cut(wanted), cut(f"{wanted}-{name}")

    def _post_on_file(self, wanted: str, body: int) -> int | None:
        return self._session.scalar(
            select(Post.id)
            .where(Post.slug.in_(self._post_slugs(wanted, body)), Post.organization_id == body)
            .order_by(Post.id)
        )

    def _post_slug(self, wanted: str, body: int) -> str:
        own, with_body = self._post_slugs(wanted, body)
        return own if not self._rows.taken_slugs(Post, [own]) else self._rows.free_slug(Post, with_body, ())

    def post(self, ref: Ref, body: int) -> int | None:
        if ref not in self._posts:
            self._rows.flush()
            self._posts[ref] = self._post_on_file(slug(ref.identifier), body)
        return self._posts[ref]
