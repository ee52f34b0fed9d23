"""Recipients of a campaign as rows, and people of the directory as rows that may become recipients."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.bodies import BodyRow, bodies_list
from outreach.directory.people import PersonRow, people_list
from outreach.domain.address import audiences
from outreach.domain.references import folded
from outreach.store.models import Organization, Person, Post, Recipient
from outreach.store.search import in_chunks


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


def recipients_list(
    session: Session, campaign_key: int, *, keys: Collection[int] | None = None
) -> tuple[RecipientRow, ...]:
    """Whom the campaign writes to, in the order they were added. keys: of these recipients only."""
    rows = [
        row
        for wanted in in_chunks(None if keys is None else sorted(keys))
        for row in session.execute(
            select(Recipient, Person, Post, Organization)
            .outerjoin(Person, Person.id == Recipient.person_id)
            .outerjoin(Post, Post.id == Recipient.post_id)
            .outerjoin(Organization, Organization.id == Recipient.organization_id)
            .where(Recipient.campaign_id == campaign_key, wanted(Recipient.id))
            .order_by(Recipient.id)
        )
    ]
    people = {p.key: p for p in people_list(session, keys=[r[1].id for r in rows if r[1]])}
    bodies = {
        b.key: b for b in bodies_list(session, keys={r[3].id for r in rows if r[3]}, with_members=False)
    }
    return tuple(
        _row(
            recipient.id,
            recipient.audience,
            people.get(person.id) if person else None,
            post,
            bodies.get(body.id) if body else None,
        )
        for recipient, person, post, body in rows
    )


def recipients_to_be(
    session: Session, wanted: Sequence[tuple[str, str, str, str]]
) -> tuple[RecipientRow, ...]:
    """People of the directory as recipients that they are not yet; nothing is written.

    Args: wanted: audience, and readable ids of person, post ("" for none) and body of each.
    """
    keys = keys_by_slug(session, wanted)
    people = {p.id: p for p in people_list(session, keys=list(keys[Person].values()))}
    bodies = {
        b.id: b for b in bodies_list(session, keys=set(keys[Organization].values()), with_members=False)
    }
    posts = {
        post.slug: post
        for chunk in in_chunks(list(keys[Post].values()))
        for post in session.scalars(select(Post).where(chunk(Post.id)))
    }
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
        slugs = {place[number] for place in places if place[number]}
        found[model] = {
            slug: key
            for chunk in in_chunks(slugs)
            for slug, key in session.execute(select(model.slug, model.id).where(chunk(model.slug)))
        }
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
