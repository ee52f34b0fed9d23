"""Recipients of a campaign as rows, and people of the directory as rows that may become recipients."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.directory.bodies import BodyRow, bodies_of
from outreach.directory.finding import Word, family_name_key, seat_has, words_of
from outreach.directory.lookup import keys_of_slugs, records_by_id
from outreach.directory.people import PersonRow, people_of
from outreach.domain.address import audiences
from outreach.domain.references import folded
from outreach.store.models import ContactDetail, Membership, Organization, Person, Post, Recipient
from outreach.store.paging import (
    USUAL,
    Key,
    ListQuery,
    Order,
    Page,
    all_ids,
    in_order_of,
    key_of_texts,
    read_all,
    read_page,
)
from outreach.store.search import in_chunks
from outreach.store.types import table_of

_recipient, _person, _post = table_of(Recipient), table_of(Person), table_of(Post)
_body, _seat = table_of(Organization), table_of(Membership)


@dataclass(frozen=True)
class RecipientRow:
    """Whom a campaign writes to. name: of the person, or of the body if nobody is named.

    key: 0 for somebody of the directory who is to become a recipient, see `keep_recipients`.
    search_text: everything a query may match. channels: types of contact details on file.
    """

    key: int
    name: str
    post: str
    body: str
    body_id: str
    person_id: str
    post_id: str
    audience: str
    audience_label: str
    jurisdiction: str
    language: str
    channels: tuple[str, ...]
    search_text: str

    @property
    def label(self) -> str:
        """Name and office in one line."""
        office = ", ".join(x for x in (self.post, self.body) if x and x != self.name)
        return f"{self.name} ({office})" if office else self.name


@dataclass(frozen=True)
class RecipientKeys:
    """Keys of a campaign's recipients.

    listed: of those that a search finds, in the order they were added. every: of all.
    """

    listed: tuple[int, ...]
    every: frozenset[int]


def recipient_keys(session: Session, campaign_key: int, search: str = "") -> RecipientKeys:
    """Whom a search finds, as keys alone, for ticking them all."""
    every = tuple(all_ids(session, recipients_found(campaign_key)))
    listed = tuple(all_ids(session, recipients_found(campaign_key, search))) if search.strip() else every
    return RecipientKeys(listed, frozenset(every))


def recipients_found(campaign_key: int, search: str = "") -> ListQuery:
    """Whom a campaign writes to, in the order they were added; or by name, office, form of address, or how
    they are reached.

    Each word of the search must begin a word of a recipient's names, offices, bodies, places, parties or form
    of address.
    """
    parts = [_recipient.c.campaign_id == campaign_key, _recipient.c.deleted_at.is_(None)]
    parts += [_has(word, text) for word, text in zip(words_of(search), search.split(), strict=True)]
    label = func.coalesce(func.nullif(_post.c.short_label, ""), _post.c.label)
    office = case((_person.c.id.is_not(None), label))
    return ListQuery(
        _recipient.c.id,
        _recipient.outerjoin(
            _person, and_(_person.c.id == _recipient.c.person_id, _person.c.deleted_at.is_(None))
        )
        .outerjoin(_post, _post.c.id == _recipient.c.post_id)
        .outerjoin(_body, and_(_body.c.id == _recipient.c.organization_id, _body.c.deleted_at.is_(None))),
        and_(*parts),
        {
            "added": _recipient.c.id,
            "name": func.coalesce(
                family_name_key(_person), key_of_texts(_post.c.label), key_of_texts(_body.c.name)
            ),
            "office": func.coalesce(key_of_texts(office, _body.c.name), key_of_texts(_body.c.name)),
            "audience": key_of_texts(
                case(audiences(), value=_recipient.c.audience, else_=_recipient.c.audience)
            ),
            "channels": _reached_by(),
        },
        Order("added"),
    )


def recipients_page(
    session: Session,
    campaign_key: int,
    search: str = "",
    order: Order = USUAL,
    *,
    after: Key | None = None,
    offset: int = 0,
    limit: int = 100,
) -> Page[RecipientRow]:
    """A page of those whom a campaign writes to, in the order they were added where no other is asked for.

    Args: search, order: as for `recipients_found`. after, offset, limit: as for `store.paging.page_ids`.
    """
    query = recipients_found(campaign_key, search)
    rows_of = partial(recipients_by_key, session)
    return read_page(session, query, rows_of, order, after=after, offset=offset, limit=limit)


def recipients_read(
    session: Session,
    campaign_key: int,
    search: str = "",
    order: Order = USUAL,
    *,
    after: Key | None = None,
    limit: int = 0,
) -> Iterator[RecipientRow]:
    """All of them, read some at a time. limit: at most so many, 0 for all. Args: as for `recipients_page`."""
    query = recipients_found(campaign_key, search)
    rows_of = partial(recipients_by_key, session)
    yield from read_all(session, query, rows_of, order, after=after, limit=limit)


def recipients_list(
    session: Session, campaign_key: int, *, keys: Collection[int] | None = None
) -> tuple[RecipientRow, ...]:
    """Whom the campaign writes to, in the order they were added. keys: of these recipients only."""
    every = all_ids(session, recipients_found(campaign_key)) if keys is None else sorted(keys)
    return recipients_by_key(session, every, campaign_key=campaign_key)


def recipients_by_key(
    session: Session, keys: Collection[int], *, campaign_key: int | None = None
) -> tuple[RecipientRow, ...]:
    """Recipients by their ids, in the order of these.

    Those that were removed, or are another campaign's, are left out.
    """
    query = (
        select(Recipient, Person.id, Post, Organization.id)
        .outerjoin(Person, Person.id == Recipient.person_id)
        .outerjoin(Post, Post.id == Recipient.post_id)
        .outerjoin(Organization, Organization.id == Recipient.organization_id)
    )
    if campaign_key is not None:
        query = query.where(Recipient.campaign_id == campaign_key)
    read = {
        row[0].id: row
        for chunk in in_chunks(list(keys))
        for row in session.execute(query.where(chunk(Recipient.id)))
    }
    rows = in_order_of(keys, read)
    people = {p.key: p for p in people_of(session, {r[1] for r in rows if r[1]})}
    bodies = {b.key: b for b in bodies_of(session, {r[3] for r in rows if r[3]}, with_members=False)}
    return tuple(
        _row(recipient.id, recipient.audience, people.get(person), post, bodies.get(body))
        for recipient, person, post, body in rows
    )


def recipients_to_be(
    session: Session, wanted: Sequence[tuple[str, str, str, str]]
) -> tuple[RecipientRow, ...]:
    """People of the directory as recipients that they are not yet; nothing is written.

    Args: wanted: audience, and readable ids of person, post ("" for none) and body of each.
    """
    keys = keys_by_slug(session, wanted)
    people = {p.id: p for p in people_of(session, list(keys[Person].values()))}
    bodies = {b.id: b for b in bodies_of(session, set(keys[Organization].values()), with_members=False)}
    posts = records_by_id(session, Post, keys[Post])
    return tuple(
        _row(0, audience, people[person], posts.get(post), bodies[body])
        for audience, person, post, body in wanted
    )


def keys_by_slug(
    session: Session, places: Sequence[tuple[str, str, str, str]]
) -> dict[type[Person | Post | Organization], dict[str, int]]:
    """Keys of people, posts and bodies by readable id. Args: places: as for `recipients_to_be`."""
    found: dict[type[Person | Post | Organization], dict[str, int]] = {}
    models: tuple[type[Person | Post | Organization], ...] = (Person, Post, Organization)
    for number, model in enumerate(models, start=1):
        found[model] = keys_of_slugs(session, model, {place[number] for place in places if place[number]})
    return found


def _row(
    key: int, audience: str, person: PersonRow | None, post: Post | None, body: BodyRow | None
) -> RecipientRow:
    name = person.name if person else (post.label if post else (body.name if body else ""))
    names = [name, body.name if body else "", post.label if post else "", post.short_label if post else ""]
    if person:
        names += [n.name for n in person.other_names]
        names += [m.post for m in person.memberships] + [m.organization for m in person.memberships]
    if body:
        names += [n.name for n in body.other_names]
    contacts = (person.contact_details if person else ()) + (body.contact_details if body else ())
    return RecipientRow(
        key=key,
        name=name,
        post=(post.short_label or post.label) if post and person else "",
        body=body.name if body else "",
        body_id=body.id if body else "",
        person_id=person.id if person else "",
        post_id=post.slug if post else "",
        audience=audience,
        audience_label=audiences().get(audience, audience),
        jurisdiction=body.jurisdiction if body else "",
        language=person.preferred_language if person else "",
        channels=tuple(
            dict.fromkeys(c.type for c in contacts if c.type in {"email", "address", "url", "form"})
        ),
        search_text=folded(" ".join(names)),
    )


def _has(word: Word, typed: str) -> ColumnElement[bool]:
    seat = _seat.alias("held")
    said = [
        key
        for key, label in audiences().items()
        if any(w.startswith(folded(typed)) for w in folded(label).split())
    ]
    return or_(
        word.finds(_recipient.c.person_id, "person"),
        word.finds(_recipient.c.post_id, "post"),
        word.finds(_recipient.c.organization_id, "body"),
        _recipient.c.person_id.in_(select(seat.c.person_id).where(seat_has(word, seat))),
        _recipient.c.audience.in_(said),
    )


def _reached_by() -> ColumnElement[str]:
    """By which ways somebody can be reached, those by e-mail first; NULL if by none."""
    contact = table_of(ContactDetail).alias("contact")
    owner = or_(contact.c.person_id == _person.c.id, contact.c.organization_id == _body.c.id)

    def mark(letter: str, *types: str) -> ColumnElement[str]:
        there = exists().where(owner, contact.c.type.in_(types)).correlate(_person, _body)
        return case((there, letter), else_="")

    return func.nullif(mark("a", "email") + mark("b", "address") + mark("c", "form", "url"), "")
