"""Making people and bodies recipients of a campaign, and taking them off it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.directory.lookup import find_record
from outreach.domain.address import audiences
from outreach.domain.partial_dates import covers
from outreach.errors import NotFoundError, UsageError
from outreach.recipients.resolve import ResolvedRecipients, recipients_for
from outreach.recipients.rows import RecipientRow, keys_by_slug
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.store.models import Campaign, Membership, Organization, Person, Post, Recipient
from outreach.store.search import in_chunks
from outreach.store.types import now


def keep_recipients(
    session: Session, campaign_key: int, rows: Sequence[RecipientRow]
) -> tuple[Recipient, ...]:
    """The recipients of rows, made where a row is of somebody who is none yet.

    Raises: NotFoundError naming one who was removed since the row was read, or is not in the directory any
        more.
    """
    keys = keys_by_slug(session, [("", r.person_id, r.post_id, r.body_id) for r in rows])
    known = {
        (r.person_id, r.post_id, r.organization_id): r for r in _recipients(session, campaign_key, rows, keys)
    }
    kept = []
    for row in rows:
        parts = ((Person, row.person_id), (Post, row.post_id), (Organization, row.body_id))
        place = tuple(keys[model].get(slug) if slug else None for model, slug in parts)
        found = known.get(place)  # type: ignore[arg-type]  # three of them
        is_gone = any(slug and key is None for (_, slug), key in zip(parts, place, strict=True))
        if is_gone or (row.key and (found is None or found.id != row.key or found.deleted_at is not None)):
            raise NotFoundError(
                f"{row.name} is not a recipient of the campaign any more. Nothing was written; draft again "
                "without them."
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


def _recipients(
    session: Session,
    campaign_key: int,
    rows: Sequence[RecipientRow],
    keys: dict[type[Person | Post | Organization], dict[str, int]],
) -> Iterator[Recipient]:
    """The campaign's recipients that rows may be of, removed ones too: few are read to write to few."""
    by_key = [row.key for row in rows if row.key]
    people = {keys[Person].get(row.person_id, 0) for row in rows if not row.key and row.person_id}
    bodies = {keys[Organization].get(row.body_id, 0) for row in rows if not row.key and not row.person_id}
    for column, wanted_keys, more in (
        (Recipient.id, by_key, ()),
        (Recipient.person_id, people, ()),
        (Recipient.organization_id, bodies, (Recipient.person_id.is_(None),)),
    ):
        for wanted in in_chunks(wanted_keys):
            query = select(Recipient).where(Recipient.campaign_id == campaign_key, wanted(column), *more)
            yield from session.scalars(query.execution_options(include_deleted=True))


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
    """Take a recipient off the campaign; `restore_recipient` undoes it.

    Letters stay. Raises: NotFoundError.
    """
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


def take_recipients(
    database: Database, campaign_key: int, query: str, *, on: date, today: date | None = None
) -> ResolvedRecipients:
    """Whom a query names, after those who were no recipients became some.

    Args and raises: as `recipients_for`.
    """
    with database.read() as session:
        answer = recipients_for(session, campaign_key, query, on=on, today=today)
    if all(row.key for row in answer.recipients):
        return answer
    with database.write() as session:
        kept = keep_recipients(session, campaign_key, answer.recipients)
        rows = tuple(replace(row, key=r.id) for row, r in zip(answer.recipients, kept, strict=True))
    return replace(answer, recipients=rows)
