"""Writing a campaign's data into the database: all of it, or nothing."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.entries import CitationEntry, FactEntry
from outreach.directory.places import areas_of
from outreach.directory.standards import standard_of
from outreach.domain.address import audiences
from outreach.domain.deadlines import reply_due
from outreach.domain.letter_life import Step
from outreach.domain.names import are_alike, name_key
from outreach.domain.notice import Code, free_text, notice
from outreach.domain.partial_dates import ends_too_soon
from outreach.domain.references import letter_reference, slug
from outreach.domain.states import DispatchOutcome, FollowUpReason, Origin
from outreach.errors import CampaignDataError
from outreach.exchange import campaign_folder as data
from outreach.letters.ledger import advance, begin
from outreach.store.changes import Changes
from outreach.store.models import (
    Area,
    Ask,
    Campaign,
    Case,
    CaseParty,
    Citation,
    ContactDetail,
    Dispatch,
    Fact,
    FactType,
    FollowUp,
    Identifier,
    Letter,
    Membership,
    Motion,
    Organization,
    OtherName,
    Person,
    Post,
    Recipient,
    Reply,
    Source,
    VoteEvent,
)
from outreach.store.types import Base, free_slug, now


def load_campaign(session: Session, content: data.CampaignData) -> Changes:
    """Add a campaign with its directory, case and correspondence.

    People, bodies, posts and sources that the database already has under the same id are used as they are, so that
    a second campaign may share them; one that has another name there is another one, and gets an id of its own.

    Returns: Changes whose message names those. Raises: CampaignDataError for an unknown or doubled id, or a
    campaign that is there already.
    """
    loader = _Loader(session, content)
    loader.run()
    message = " ".join((f"Loaded “{content.campaign.name}”.", *loader.apart))
    return Changes(frozenset({"directory", "cases", "letters"}), message)


class _Loader:
    """One load: the ids seen so far, by list. apart: sentences on records that only share an id with one on file."""

    def __init__(self, session: Session, content: data.CampaignData) -> None:
        self.session = session
        self.content = content
        self.sources: dict[str, Source] = {}
        self.bodies: dict[str, Organization] = {}
        self.posts: dict[str, Post] = {}
        self.people: dict[str, Person] = {}
        self.cases: dict[str, Case] = {}
        self.apart: list[str] = []

    def run(self) -> None:
        self._refuse_duplicates()
        self._campaign()
        self._sources()
        self._bodies()
        self._posts()
        self._people()
        self._asks()
        self._recipients()
        self._cases()
        self._motions()
        self._correspondence()
        self.session.flush()

    def _refuse_duplicates(self) -> None:
        lists: dict[str, Sequence[str]] = {
            "sources": [e.id for e in self.content.sources],
            "bodies": [e.id for e in self.content.bodies],
            "posts": [e.id for e in self.content.posts],
            "people": [e.id for e in self.content.people],
            "cases": [e.id for e in self.content.cases],
            "asks": [e.id for e in self.content.asks],
            "motions": [e.id for e in self.content.motions],
        }
        for case in self.content.cases:
            lists[f"facts of {case.id}"] = [f.name for f in case.facts]
        for name, ids in lists.items():
            if twice := data.duplicates(ids):
                raise CampaignDataError(f"These ids stand twice in {name}: {', '.join(twice)}.")

    def _found(self, kind: str, known: dict[str, Any], key: str, where: str) -> Any:
        if key not in known:
            raise CampaignDataError(
                f"{where} names the {kind} “{key}”, which is in none of the campaign's files."
            )
        return known[key]

    def _audience(self, key: str, where: str) -> str:
        if key and key not in audiences():
            raise CampaignDataError(f"{where} has the audience “{key}”. Known are: {', '.join(audiences())}.")
        return key

    def _add(self, record: Base) -> None:
        self.session.add(record)
        self.session.flush()

    def _cite(self, entries: Sequence[CitationEntry], where: str, **subject: int) -> None:
        for entry in entries:
            source = self._found("source", self.sources, entry.source, where)
            self.session.add(Citation(source_id=source.id, locator=entry.at, claim=entry.claim, **subject))

    def _id_for(
        self, model: type[Source | Organization | Post | Person], wanted: str, name: str, taken_by: str
    ) -> str:
        """The readable id of a new record. taken_by: the name of another one that has the id wanted, or ""."""
        if not taken_by:
            return wanted
        found = free_slug(self.session, model, wanted)
        self.apart.append(f"“{name}” is not the “{taken_by}” on file as {wanted}, and was added as {found}.")
        return found

    def _names_of(self, record: Organization | Person) -> list[str]:
        owner = OtherName.organization_id if isinstance(record, Organization) else OtherName.person_id
        return [record.name, *self.session.scalars(select(OtherName.name).where(owner == record.id))]

    def _campaign(self) -> None:
        entry = self.content.campaign
        if self.session.scalar(
            select(Campaign).where((Campaign.slug == entry.id) | (Campaign.prefix == entry.prefix))
        ):
            raise CampaignDataError(
                f"The database already has the campaign “{entry.id}” or one with the prefix {entry.prefix}. "
                "Choose another id and prefix, or another database."
            )
        self.campaign = Campaign(
            slug=entry.id,
            name=entry.name,
            prefix=entry.prefix,
            summary=entry.summary,
            as_of=entry.as_of,
            sender_name=entry.sender.name,
            sender_organization=entry.sender.organization,
            sender_address=entry.sender.address,
            sender_email=entry.sender.email,
        )
        self._add(self.campaign)

    def _sources(self) -> None:
        for entry in self.content.sources:
            known = self.session.scalar(select(Source).where(Source.slug == entry.id))
            other = ""
            if known is not None and name_key(known.title) != name_key(entry.title):
                other, known = known.title, None
            source = known or Source(
                slug=self._id_for(Source, entry.id, entry.title, other),
                kind=entry.kind,
                title=entry.title,
                publisher=entry.publisher,
                published_on=entry.date,
                url=entry.url,
            )
            self._add(source)
            self.sources[entry.id] = source

    def _bodies(self) -> None:
        new: list[tuple[data.BodyEntry, Organization]] = []
        for entry in self.content.bodies:
            known = self.session.scalar(select(Organization).where(Organization.slug == entry.id))
            other = ""
            if known is not None and not self._is_body(known, entry):
                other, known = known.name, None
            body = known or Organization(
                slug=self._id_for(Organization, entry.id, entry.name, other),
                name=entry.name,
                classification=entry.classification,
                jurisdiction=entry.jurisdiction,
                summary=entry.summary,
                founding_date=entry.founding_date,
                dissolution_date=entry.dissolution_date,
            )
            self._add(body)
            self.bodies[entry.id] = body
            if known is None:
                new.append((entry, body))
        for entry, body in new:
            where = f"The body {entry.id}"
            if entry.parent:
                body.parent_id = self._found("body", self.bodies, entry.parent, where).id
            self._cite(entry.sources, where, organization_id=body.id)
            self._names(
                entry.other_names, entry.identifiers, entry.contact_details, where, organization_id=body.id
            )
        for entry, _body in new:
            seen = {entry.id}
            parent = entry.parent
            parents = {e.id: e.parent for e in self.content.bodies}
            while parent:
                if parent in seen:
                    raise CampaignDataError(f"The body {entry.id} is its own parent by way of {parent}.")
                seen.add(parent)
                parent = parents.get(parent)

    def _names(
        self,
        names: Sequence[data.OtherNameEntry],
        identifiers: Sequence[data.IdentifierEntry],
        contacts: Sequence[data.ContactEntry],
        where: str,
        **owner: int,
    ) -> None:
        for name in names:
            other = OtherName(name=name.name, note=name.note, **owner)
            self._add(other)
            self._cite(name.sources, where, other_name_id=other.id)
        for identifier in identifiers:
            self._add(Identifier(scheme=identifier.scheme, identifier=identifier.identifier, **owner))
        for contact in contacts:
            detail = ContactDetail(
                type=contact.type,
                value=contact.value,
                label=contact.label,
                note=contact.note,
                valid_from=contact.valid_from,
                valid_until=contact.valid_until,
                **owner,
            )
            self._add(detail)
            self._cite(contact.sources, where, contact_detail_id=detail.id)

    def _posts(self) -> None:
        for entry in self.content.posts:
            where = f"The post {entry.id}"
            known = self.session.scalar(select(Post).where(Post.slug == entry.id))
            body = self._found("body", self.bodies, entry.body, where)
            other = ""
            if known is not None and (
                known.organization_id != body.id or not are_alike([known.label], [entry.label])
            ):
                other, known = known.label, None
            post = known or Post(
                slug=self._id_for(Post, entry.id, entry.label, other),
                label=entry.label,
                short_label=entry.short_label,
                role=entry.role,
                organization_id=body.id,
                audience=self._audience(entry.audience, where),
                start_date=entry.start,
                end_date=entry.end,
            )
            self._add(post)
            self.posts[entry.id] = post
            if known is None:
                self._cite(entry.sources, where, post_id=post.id)

    def _people(self) -> None:
        for entry in self.content.people:
            where = f"The person {entry.id}"
            known = self.session.scalar(select(Person).where(Person.slug == entry.id))
            other = ""
            if known is not None and not self._is_person(known, entry):
                other, known = known.name, None
            if known is not None:
                self.people[entry.id] = known
                continue
            person = Person(
                slug=self._id_for(Person, entry.id, entry.name, other),
                name=entry.name,
                given_name=entry.given_name,
                family_name=entry.family_name,
                honorific_prefix=entry.honorific_prefix,
                honorific_suffix=entry.honorific_suffix,
                gender=entry.gender,
                birth_date=entry.birth_date,
                death_date=entry.death_date,
                preferred_language=entry.preferred_language,
                summary=entry.summary,
            )
            self._add(person)
            self.people[entry.id] = person
            self._cite(entry.sources, where, person_id=person.id)
            self._names(
                entry.other_names, entry.identifiers, entry.contact_details, where, person_id=person.id
            )
            for membership in entry.memberships:
                self._membership(person, membership, where)

    def _is_body(self, known: Organization, entry: data.BodyEntry) -> bool:
        """Whether the body on file under an entry's id may be the entry's."""
        places = {known.jurisdiction, entry.jurisdiction} - {""}
        names = (entry.name, *(n.name for n in entry.other_names))
        return len(places) < 2 and are_alike(self._names_of(known), names)

    def _is_person(self, known: Person, entry: data.PersonEntry) -> bool:
        """Whether the person on file under an entry's id may be the entry's: born alike, and named alike."""
        days = sorted(filter(None, (known.birth_date, entry.birth_date)), key=len)
        if len(days) == 2 and not days[1].startswith(days[0]):
            return False
        return are_alike(self._names_of(known), (entry.name, *(n.name for n in entry.other_names)))

    def _membership(self, person: Person, entry: data.MembershipEntry, where: str) -> None:
        if ends_too_soon(entry.start, entry.end):
            raise CampaignDataError(
                f"{where} has a membership that ends ({entry.end}) before it starts ({entry.start})."
            )
        post: Any = self._found("post", self.posts, entry.post, where) if entry.post else None
        body_id = (
            self._found("body", self.bodies, entry.body, where).id if entry.body else post.organization_id
        )
        party = self._found("body", self.bodies, entry.on_behalf_of, where) if entry.on_behalf_of else None
        area_id = self._area(entry.area, body_id) if entry.area else None
        membership = Membership(
            person_id=person.id,
            organization_id=body_id,
            post_id=post.id if post else None,
            on_behalf_of_id=party.id if party else None,
            area_id=area_id,
            role=entry.role or (post.label if post else ""),
            start_date=entry.start,
            end_date=entry.end,
        )
        self._add(membership)
        self._cite(entry.sources, where, membership_id=membership.id)

    def _area(self, name: str, body_id: int) -> int:
        """The area of that name which people in the body sit for, made if there is none."""
        found = areas_of(self.session, body_id).get(name_key(name))
        if found is None:
            area = Area(slug=free_slug(self.session, Area, slug(name, "area")), name=name)
            self._add(area)
            found = area.id
        return found

    def _asks(self) -> None:
        for position, entry in enumerate(self.content.asks):
            where = f"The ask {entry.id}"
            if self.session.scalar(select(Ask).where(Ask.slug == entry.id)):
                raise CampaignDataError(f"The database already has an ask “{entry.id}”. Choose another id.")
            ask = Ask(
                slug=entry.id,
                campaign_id=self.campaign.id,
                name=entry.name,
                text=entry.text,
                translations=dict(entry.translations),
                audiences=[self._audience(a, where) for a in entry.audiences],
                position=position,
            )
            self._add(ask)
            self._cite(entry.sources, where, ask_id=ask.id)

    def _recipients(self) -> None:
        known: set[tuple[int | None, ...]] = set()
        for entry in self.content.recipients:
            where = "A recipient"
            person = self._found("person", self.people, entry.person, where) if entry.person else None
            post = self._found("post", self.posts, entry.post, where) if entry.post else None
            body_id: int | None = post.organization_id if post else None
            if entry.body:
                body_id = self._found("body", self.bodies, entry.body, where).id
            if person is None and body_id is None:
                raise CampaignDataError("A recipient needs a person, a post or a body.")
            whom = (person.id if person else None, post.id if post else None, body_id)
            if whom in known:
                named = " ".join(x for x in (entry.person, entry.post, entry.body) if x)
                raise CampaignDataError(f"The recipient “{named}” is listed twice. Leave one of them out.")
            known.add(whom)
            self.session.add(
                Recipient(
                    campaign_id=self.campaign.id,
                    person_id=person.id if person else None,
                    post_id=post.id if post else None,
                    organization_id=body_id,
                    audience=self._audience(entry.audience, where),
                )
            )
        self.session.flush()

    def _cases(self) -> None:
        for entry in self.content.cases:
            if self.session.scalar(select(Case).where(Case.slug == entry.id)):
                raise CampaignDataError(f"The database already has a case “{entry.id}”. Choose another id.")
            case = Case(slug=entry.id, campaign_id=self.campaign.id, name=entry.name, summary=entry.summary)
            self._add(case)
            self.cases[entry.id] = case
            where = f"The case {entry.id}"
            for party in entry.parties:
                self.session.add(
                    CaseParty(
                        case_id=case.id,
                        person_id=self._found("person", self.people, party.person, where).id
                        if party.person
                        else None,
                        organization_id=self._found("body", self.bodies, party.body, where).id
                        if party.body
                        else None,
                        role=party.role,
                        note=party.note,
                    )
                )
            for fact in entry.facts:
                self._fact(case, fact)

    def _fact(self, case: Case, entry: FactEntry) -> None:
        where = f"The fact {entry.name}"
        fact = Fact(
            case_id=case.id,
            name=entry.name,
            label=entry.label,
            type=entry.type,
            unit=entry.unit,
            translations=dict(entry.translations),
            occurred_on=entry.on,
            status=entry.status,
            conflict=entry.conflict,
            note=entry.note,
        )
        if entry.type is FactType.DATE:
            fact.value_date = entry.value
        elif entry.type in {FactType.NUMBER, FactType.MONEY}:
            fact.value_number = Decimal(entry.value)
        elif entry.type is FactType.PERSON:
            fact.person_id = self._found("person", self.people, entry.value, where).id
        else:
            fact.value_text = entry.value
        self._add(fact)
        self._cite(entry.sources, where, fact_id=fact.id)

    def _motions(self) -> None:
        for entry in self.content.motions:
            where = f"The motion {entry.id}"
            body = self._found("body", self.bodies, entry.body, where)
            if self.session.scalar(select(Motion.id).where(Motion.slug == entry.id)):
                raise CampaignDataError(f"The database already has a motion “{entry.id}”. Choose another id.")
            motion = Motion(
                slug=entry.id,
                campaign_id=self.campaign.id,
                organization_id=body.id,
                text=entry.text,
                classification=entry.classification,
                date=entry.date,
                result=entry.result,
                vote_events=[
                    VoteEvent(
                        organization_id=body.id,
                        start_date=vote.date,
                        result=vote.result,
                        yes_count=vote.yes,
                        no_count=vote.no,
                        abstain_count=vote.abstain,
                    )
                    for vote in entry.vote_events
                ],
            )
            self._add(motion)
            self._cite(entry.sources, where, motion_id=motion.id)

    def _correspondence(self) -> None:
        for entry in self.content.correspondence:
            where = f"The correspondence {entry.id}"
            self.campaign.last_number += 1
            post = self._found("post", self.posts, entry.to_post, where) if entry.to_post else None
            body_id = self._found("body", self.bodies, entry.to_body, where).id if entry.to_body else None
            sender = (
                self._found("person", self.people, entry.from_person, where) if entry.from_person else None
            )
            organization = (
                self._found("body", self.bodies, entry.from_body, where) if entry.from_body else None
            )
            person = self._found("person", self.people, entry.to_person, where) if entry.to_person else None
            if person is None and post is None and body_id is None:
                raise CampaignDataError(f"{where} needs to_person, to_post or to_body.")
            letter = Letter(
                reference=letter_reference(self.campaign.prefix, self.campaign.last_number),
                campaign_id=self.campaign.id,
                case_id=self._found("case", self.cases, entry.case, where).id if entry.case else None,
                origin=Origin.REPORTED,
                audience=self._audience(entry.audience, where),
                person_id=person.id if person else None,
                post_id=post.id if post else None,
                organization_id=body_id or (post.organization_id if post else None),
                sender_person_id=sender.id if sender else None,
                sender_organization_id=organization.id if organization else None,
                subject=entry.subject,
                summary=entry.summary,
                written_on=entry.sent.on if entry.sent else None,
                sent_on=entry.sent.on if entry.sent else None,
                created_at=now(),
            )
            self._add(letter)
            self._cite(entry.sources, where, letter_id=letter.id)
            begin(self.session, [letter], Step.REPORTED, details=[free_text(entry.summary)])
            if entry.sent:
                self.session.add(
                    Dispatch(
                        letter_id=letter.id,
                        channel=entry.sent.by,
                        outcome=DispatchOutcome.SENT,
                        dispatched_on=entry.sent.on,
                        recorded_at=now(),
                    )
                )
            for reply in entry.replies:
                self._reply(letter, reply, where)

    def _reply(self, letter: Letter, entry: data.ReplyEntry, where: str) -> None:
        reply = Reply(
            letter_id=letter.id,
            received_on=entry.on,
            recorded_at=now(),
            kind=entry.kind,
            channel="reported",
            from_name=entry.from_name,
            text=entry.text,
        )
        self._add(reply)
        self._cite(entry.sources, where, reply_id=reply.id)
        advance(
            self.session,
            letter,
            Step.REPLY_RECEIVED,
            detail=notice(Code.ANSWER_REPORTED, kind=entry.kind, text=entry.text),
        )
        if entry.promise:
            self.session.add(
                FollowUp(
                    letter_id=letter.id,
                    reply_id=reply.id,
                    due_on=reply_due(entry.on, standard_of(self.session, letter.organization_id)),
                    reason=FollowUpReason.PROMISE,
                    what=entry.promise,
                )
            )
