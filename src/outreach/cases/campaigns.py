"""Campaigns, their asks and the people and bodies they write to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import process
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.facts import find_case
from outreach.directory.bodies import BodyRow, bodies_list
from outreach.directory.lookup import find_record
from outreach.directory.people import PersonRow, people_list
from outreach.domain.address import audiences
from outreach.domain.email_address import email_address
from outreach.domain.partial_dates import covers
from outreach.domain.references import folded
from outreach.errors import NotFoundError, UsageError
from outreach.store.changes import Changes
from outreach.store.models import Ask, Campaign, Case, Membership, Organization, Person, Post, Recipient
from outreach.store.search import in_chunks
from outreach.store.types import free_slug, now


@dataclass(frozen=True)
class CampaignRow:
    """A campaign. as_of: the day its records stand at; None means today. cases: (id, name) of each."""

    key: int
    id: str
    name: str
    prefix: str
    summary: str
    sender_name: str
    sender_organization: str
    sender_address: str
    sender_email: str
    as_of: date | None
    cases: tuple[tuple[str, str], ...]

    @property
    def today(self) -> date:
        """The day that deadlines of this campaign are counted from."""
        return self.as_of or date.today()  # noqa: DTZ011  local calendar day is meant


@dataclass(frozen=True)
class AskRow:
    """What is requested. text: in the language asked for, or "" if there is none in it."""

    key: int
    id: str
    name: str
    text: str
    audiences: tuple[str, ...]


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


def campaigns_list(session: Session) -> tuple[CampaignRow, ...]:
    """All campaigns, the oldest first."""
    cases: dict[int, list[tuple[str, str]]] = {}
    for case in session.scalars(select(Case).order_by(Case.id)):
        cases.setdefault(case.campaign_id, []).append((case.slug, case.name))
    return tuple(
        CampaignRow(
            c.id,
            c.slug,
            c.name,
            c.prefix,
            c.summary,
            c.sender_name,
            c.sender_organization,
            c.sender_address,
            c.sender_email,
            c.as_of,
            tuple(cases.get(c.id, ())),
        )
        for c in session.scalars(select(Campaign).order_by(Campaign.id))
    )


def campaign_of_case(session: Session, case_id: str) -> CampaignRow:
    """The campaign that owns a case. Raises: NotFoundError naming the cases there are."""
    key = find_case(session, case_id).campaign_id
    return next(c for c in campaigns_list(session) if c.key == key)


def asks_list(session: Session, campaign_key: int, language: str = "en") -> tuple[AskRow, ...]:
    """A campaign's asks in their order, worded in one language."""
    asks = session.scalars(select(Ask).where(Ask.campaign_id == campaign_key).order_by(Ask.position, Ask.id))
    return tuple(
        AskRow(
            a.id,
            a.slug,
            a.name,
            a.text if language == "en" else a.translations.get(language, ""),
            tuple(a.audiences),
        )
        for a in asks
    )


def recipients_list(session: Session, campaign_key: int) -> tuple[RecipientRow, ...]:
    """Whom the campaign writes to, in the order they were added."""
    rows = session.execute(
        select(Recipient, Person, Post, Organization)
        .outerjoin(Person, Person.id == Recipient.person_id)
        .outerjoin(Post, Post.id == Recipient.post_id)
        .outerjoin(Organization, Organization.id == Recipient.organization_id)
        .where(Recipient.campaign_id == campaign_key)
        .order_by(Recipient.id)
    ).all()
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
    keys = _keys_by_slug(session, wanted)
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


def keep_recipients(
    session: Session, campaign_key: int, rows: Sequence[RecipientRow]
) -> tuple[Recipient, ...]:
    """The recipients of rows, made where a row is of somebody who is none yet.

    Raises: NotFoundError naming one who was removed since the row was read, or is not in the directory any more.
    """
    known = {
        (r.person_id, r.post_id, r.organization_id): r
        for r in session.scalars(
            select(Recipient)
            .where(Recipient.campaign_id == campaign_key)
            .execution_options(include_deleted=True)
        )
    }
    keys = _keys_by_slug(session, [("", r.person_id, r.post_id, r.body_id) for r in rows])
    kept = []
    for row in rows:
        parts = ((Person, row.person_id), (Post, row.post_id), (Organization, row.body_id))
        place = tuple(keys[model].get(slug) if slug else None for model, slug in parts)
        found = known.get(place)  # type: ignore[arg-type]  # three of them
        is_gone = any(slug and key is None for (_, slug), key in zip(parts, place, strict=True))
        if is_gone or (row.key and (found is None or found.id != row.key or found.deleted_at is not None)):
            raise NotFoundError(
                f"{row.name} is not a recipient of the campaign any more. Nothing was written; draft again without them."
            )
        if found is None:
            person, post, body = place
            found = Recipient(
                campaign_id=campaign_key,
                person_id=person,
                post_id=post,
                organization_id=body,
                audience=row.audience,
            )
            session.add(found)
            known[place] = found  # type: ignore[index]
        elif found.deleted_at is not None:
            found.deleted_at, found.audience = None, row.audience
        kept.append(found)
    session.flush()
    return tuple(kept)


def _keys_by_slug(
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


def resolve_recipients(session: Session, campaign_key: int, query: str) -> tuple[RecipientRow, ...]:
    """Recipients that a query names.

    Args: query: terms joined by commas, each one of: ``all``; ``audience:KEY``; ``body:ID``; ``person:ID``;
        or words that must all occur in a recipient's names, post or body. An exact name wins over words.
    Returns: each recipient once, in the campaign's order.
    Raises: NotFoundError for a term that matches nobody, with the nearest names.
    """
    everyone = recipients_list(session, campaign_key)
    chosen: set[int] = set()
    for term in (t.strip() for t in query.split(",")):
        if not term:
            continue
        found = _term(everyone, term)
        if not found:
            raise NotFoundError(_nobody(session, everyone, term))
        chosen |= {r.key for r in found}
    if not chosen:
        raise UsageError("Say who the letters go to: --to all, a name, an office, or audience:KEY.")
    return tuple(r for r in everyone if r.key in chosen)


def _term(everyone: tuple[RecipientRow, ...], term: str) -> list[RecipientRow]:
    if term.casefold() == "all":
        return list(everyone)
    field, colon, value = term.partition(":")
    if colon and field in {"audience", "body", "person", "post"}:
        attribute = "audience" if field == "audience" else f"{field}_id"
        return [r for r in everyone if getattr(r, attribute) == value.strip()]
    wanted = folded(term)
    exact = [r for r in everyone if wanted in {folded(r.name), r.person_id, folded(r.post)}]
    if exact:
        return exact
    words = wanted.split()
    return [
        r for r in everyone if all(any(w.startswith(word) for w in r.search_text.split()) for word in words)
    ]


def _nobody(session: Session, everyone: tuple[RecipientRow, ...], term: str) -> str:
    if not everyone:
        return "This campaign has no recipients yet. Add one with: outreach recipients add"
    outsider = people_list(session, search=term) or bodies_list(session, search=term)
    if outsider:
        return (
            f"{outsider[0].name} is in the directory but not a recipient of this campaign. "
            f"Add them first with: outreach recipients add --{'person' if isinstance(outsider[0], PersonRow) else 'body'} "
            f"{outsider[0].id} --audience KEY"
        )
    near = [
        name for name, score, _ in process.extract(term, [r.name for r in everyone], limit=3) if score > 50
    ]
    hint = f" Did you mean {' or '.join(near)}?" if near else " List them with: outreach recipients list"
    return f"No recipient of this campaign matches “{term}”.{hint}"


def add_recipient(
    session: Session, campaign_key: int, *, audience: str, person: str = "", post: str = "", body: str = ""
) -> Changes:
    """Add whom the campaign writes to.

    Args: person, post, body: readable ids, at least one. For a person without post or body, the seat
        they hold on the campaign's day is taken.
    Raises: NotFoundError; UsageError if they are a recipient already or the audience is unknown.
    """
    if audience not in audiences():
        raise UsageError(f"“{audience}” is not an audience. Known are: {', '.join(audiences())}.")
    found_person = find_record(session, Person, person) if person else None
    found_post = find_record(session, Post, post) if post else None
    found_body = find_record(session, Organization, body) if body else None
    if found_person is not None and found_post is None and found_body is None:
        campaign = session.get_one(Campaign, campaign_key)
        day = campaign.as_of or date.today()  # noqa: DTZ011
        for held in session.scalars(
            select(Membership)
            .where(Membership.person_id == found_person.id)
            .order_by(Membership.post_id.is_(None))
        ):
            if covers(held.start_date, held.end_date, day):
                found_post = session.get(Post, held.post_id) if held.post_id else None
                found_body = session.get(Organization, held.organization_id)
                break
    if found_person is None and found_post is None and found_body is None:
        raise UsageError("Name a person, a post or a body to write to.")
    key_body = found_body.id if found_body else (found_post.organization_id if found_post else None)
    same = session.scalar(
        select(Recipient)
        .where(
            Recipient.campaign_id == campaign_key,
            Recipient.person_id == (found_person.id if found_person else None),
            Recipient.post_id == (found_post.id if found_post else None),
            Recipient.organization_id == key_body,
        )
        .execution_options(include_deleted=True)
    )
    name = (
        found_person.name
        if found_person
        else (found_post.label if found_post else found_body.name if found_body else "")
    )
    if same is not None and same.deleted_at is None:
        raise UsageError(f"{name} is a recipient of this campaign already.")
    if same is not None:
        same.deleted_at, same.audience = None, audience
    else:
        session.add(
            Recipient(
                campaign_id=campaign_key,
                person_id=found_person.id if found_person else None,
                post_id=found_post.id if found_post else None,
                organization_id=key_body,
                audience=audience,
            )
        )
    return Changes(frozenset({"directory", "cases"}), f"{name} is now a recipient.")


def remove_recipient(session: Session, key: int) -> Changes:
    """Take a recipient off the campaign; `restore_recipient` undoes it. Letters stay. Raises: NotFoundError."""
    recipient = session.get(Recipient, key, execution_options={"include_deleted": True})
    if recipient is None or recipient.deleted_at is not None:
        raise NotFoundError("This recipient was removed already.")
    recipient.deleted_at = now()
    return Changes(frozenset({"directory", "cases"}), "Recipient removed.")


def restore_recipient(session: Session, key: int) -> Changes:
    """Put back a recipient that was removed. Raises: NotFoundError."""
    recipient = session.get(Recipient, key, execution_options={"include_deleted": True})
    if recipient is None:
        raise NotFoundError("This recipient does not exist.")
    recipient.deleted_at = None
    return Changes(frozenset({"directory", "cases"}), "Recipient restored.")


def create_campaign(session: Session, *, name: str, prefix: str, case_name: str, sender: str = "") -> Changes:
    """Start a campaign with its first case.

    Args: prefix: of its letters' references, 2 to 10 capitals and digits.
    Raises: UsageError if the name is empty or the prefix malformed or taken.
    """
    from outreach.domain.references import is_reference, slug

    if not name.strip() or not case_name.strip():
        raise UsageError("A campaign needs a name, and its case needs one too.")
    if not is_reference(f"{prefix}-0001"):
        raise UsageError(
            f"“{prefix}” cannot stand before a number. Use 2 to 10 capitals and digits, such as MAG."
        )
    if session.scalar(select(Campaign).where(Campaign.prefix == prefix)):
        raise UsageError(f"The prefix {prefix} is taken by another campaign. Choose another.")
    campaign_slug = free_slug(session, Campaign, slug(name, "campaign"))
    campaign = Campaign(
        slug=campaign_slug, name=name.strip(), prefix=prefix, sender_organization=sender.strip()
    )
    session.add(campaign)
    session.flush()
    session.add(
        Case(
            slug=free_slug(session, Case, slug(case_name, "case")),
            campaign_id=campaign.id,
            name=case_name.strip(),
        )
    )
    return Changes(
        frozenset({"cases", "letters", "directory", "packs"}), f"Started “{name}”.", (campaign_slug,)
    )


def update_campaign(
    session: Session,
    campaign_key: int,
    *,
    name: str,
    sender_name: str,
    sender_organization: str,
    sender_address: str,
    sender_email: str,
) -> Changes:
    """Change a campaign's name and who its letters come from; letters already drafted keep their sender.

    Raises: UsageError if the name is empty or the e-mail address is not one.
    """
    if not name.strip():
        raise UsageError("A campaign needs a name.")
    email = sender_email.strip()
    if email:
        email_address(email)
    campaign = session.get_one(Campaign, campaign_key)
    campaign.name = name.strip()
    campaign.sender_name = sender_name.strip()
    campaign.sender_organization = sender_organization.strip()
    campaign.sender_address = "\n".join(line.strip() for line in sender_address.splitlines() if line.strip())
    campaign.sender_email = email
    return Changes(frozenset({"cases", "letters", "packs"}), "Campaign saved.", (campaign.slug,))
