"""The directory, in Popolo's words: people, bodies, the posts in them and who held which when.

Source of the names: the Popolo project's specification, https://www.popoloproject.com/specs/.
Start and end dates are partial dates (YYYY, YYYY-MM or YYYY-MM-DD), the end being the last day.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.store.lookup_keys import address_key, domain_key
from outreach.store.types import Base, Deletable, Named, table_of

PartialDate = String(10)


class Area(Named, Base):
    """A country, constituency or other territory."""

    __tablename__ = "area"
    name: Mapped[str]
    classification: Mapped[str] = mapped_column(default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))


class Organization(Named, Deletable, Base):
    """A body: a parliament, ministry, committee, party, company or court.

    jurisdiction: GB, EU, US, CA, UN, RU or another ISO 3166 code; it decides calendar and reply standard.
    """

    __tablename__ = "organization"
    name: Mapped[str]
    classification: Mapped[str] = mapped_column(default="")
    jurisdiction: Mapped[str] = mapped_column(String(8), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    founding_date: Mapped[str | None] = mapped_column(PartialDate)
    dissolution_date: Mapped[str | None] = mapped_column(PartialDate)
    summary: Mapped[str] = mapped_column(Text, default="")

    parent: Mapped["Organization | None"] = relationship(remote_side="Organization.id", lazy="raise")
    other_names: Mapped[list["OtherName"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    contact_details: Mapped[list["ContactDetail"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Person(Named, Deletable, Base):
    """One human being. Names as the sources write them; what they leave out stays empty."""

    __tablename__ = "person"
    name: Mapped[str]
    given_name: Mapped[str] = mapped_column(default="")
    family_name: Mapped[str] = mapped_column(default="")
    honorific_prefix: Mapped[str] = mapped_column(default="")
    honorific_suffix: Mapped[str] = mapped_column(default="")
    gender: Mapped[str] = mapped_column(String(16), default="")
    birth_date: Mapped[str | None] = mapped_column(PartialDate)
    death_date: Mapped[str | None] = mapped_column(PartialDate)
    preferred_language: Mapped[str] = mapped_column(String(8), default="")
    summary: Mapped[str] = mapped_column(Text, default="")

    other_names: Mapped[list["OtherName"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    memberships: Mapped[list["Membership"]] = relationship(
        lazy="raise", foreign_keys="Membership.person_id", cascade="all, delete-orphan"
    )
    contact_details: Mapped[list["ContactDetail"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Post(Named, Base):
    """An office in a body, held by one person after another.

    label: in full, such as Secretary of State for the Home Department. short_label: as used in a
    salutation, such as Home Secretary. audience: its form of address.
    """

    __tablename__ = "post"
    label: Mapped[str]
    short_label: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="")
    audience: Mapped[str] = mapped_column(String(40), default="")
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    start_date: Mapped[str | None] = mapped_column(PartialDate)
    end_date: Mapped[str | None] = mapped_column(PartialDate)

    organization: Mapped[Organization] = relationship(lazy="raise")


class Membership(Base):
    """A person holding a post or a seat in an organization, from a date to a date."""

    __tablename__ = "membership"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("organization.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"), index=True)
    role: Mapped[str] = mapped_column(default="")
    rank: Mapped[int | None]
    start_date: Mapped[str | None] = mapped_column(PartialDate)
    end_date: Mapped[str | None] = mapped_column(PartialDate)

    person: Mapped[Person] = relationship(lazy="raise", foreign_keys=[person_id], overlaps="memberships")
    organization: Mapped[Organization] = relationship(lazy="raise", foreign_keys=[organization_id])
    post: Mapped[Post | None] = relationship(lazy="raise")


_OWNER = "(person_id IS NOT NULL) + (organization_id IS NOT NULL) = 1"


class OtherName(Base):
    """Another name or spelling of a person or body. note: where or why it is used."""

    __tablename__ = "other_name"
    __table_args__ = (CheckConstraint(_OWNER, name="one_owner"),)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class Identifier(Base):
    """An id that an outside register gives a person or body. scheme: such as bioguide, wikidata.

    source_id: the file it was imported from.
    """

    __tablename__ = "identifier"
    __table_args__ = (
        CheckConstraint(_OWNER, name="one_owner"),
        Index("ix_identifier_scheme_identifier", "scheme", "identifier"),
    )
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    scheme: Mapped[str]
    identifier: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))


class ContactDetail(Base):
    """A way to reach a person or body. type: email, voice, address, url or form, as Popolo has them."""

    __tablename__ = "contact_detail"
    __table_args__ = (CheckConstraint(_OWNER, name="one_owner"),)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[str | None] = mapped_column(PartialDate)
    valid_until: Mapped[str | None] = mapped_column(PartialDate)


for _name, _key in (("address", address_key), ("domain", domain_key)):
    Index(
        f"ix_contact_detail_{_name}_key",
        _key(table_of(ContactDetail).c.value),
        # On a server the index is of all: naming another dialect here would import it at every start.
        sqlite_where=text("type = 'email'"),
    )


class OrganizationStandard(Base):
    """The reply standard that a user noted for one body.

    unit: working_days or days. source: where it is stated.
    """

    __tablename__ = "organization_standard"
    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), unique=True
    )
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(Text)


class Merge(Base):
    """That two records of one person were made one. moved: what to put back, see directory/identity.py."""

    __tablename__ = "merge"
    kept_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    moved: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Distinct(Base):
    """That a user said two people of like names are not the same. first_id is the smaller id."""

    __tablename__ = "distinct_people"
    __table_args__ = (UniqueConstraint("first_id", "second_id", name="uq_distinct_people_pair"),)
    first_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
