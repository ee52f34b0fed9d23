"""Writing a campaign's data into the database: all of it, or nothing."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.cases.entries import FactEntry
from outreach.directory.standards import standard_of
from outreach.domain.deadlines import reply_due
from outreach.domain.letter_life import Step
from outreach.domain.names import name_key
from outreach.domain.notice import Code, free_text, notice
from outreach.domain.references import letter_reference
from outreach.domain.states import DispatchOutcome, FollowUpReason, Origin
from outreach.errors import CampaignDataError
from outreach.exchange import campaign_folder as data
from outreach.exchange.campaign_directory import CampaignDirectory
from outreach.exchange.campaign_rows import CampaignRows
from outreach.letters.ledger import advance, begin
from outreach.store.changes import Changes
from outreach.store.models import (
    Ask,
    Campaign,
    Case,
    CaseParty,
    Dispatch,
    Fact,
    FactType,
    FollowUp,
    Letter,
    Motion,
    Recipient,
    Reply,
    Source,
    VoteEvent,
)
from outreach.store.types import now


def load_campaign(session: Session, content: data.CampaignData) -> Changes:
    """Add a campaign with its directory, case and correspondence.

    People, bodies, posts and sources that the database already has under the same id are used as they are, so
    that a second campaign may share them; one that has another name there is another one, and gets an id of
    its own.

    Returns: Changes whose message names those. Raises: CampaignDataError for an unknown or doubled id, or a
    campaign that is there already.
    """
    loader = _Loader(session, content)
    loader.run()
    message = " ".join((f"Loaded “{content.campaign.name}”.", *loader.rows.apart))
    return Changes(frozenset({"directory", "cases", "letters"}), message)


class _Loader:
    """One load: its rows, its directory, and the cases so far, by id."""

    def __init__(self, session: Session, content: data.CampaignData) -> None:
        self.session, self.content = session, content
        self.rows = CampaignRows(session, content)
        self.directory = CampaignDirectory(self.rows)
        self.cases: dict[str, Case] = {}

    def run(self) -> None:
        self._refuse_duplicates()
        self._campaign()
        self._sources()
        self.directory.load_bodies()
        self.directory.load_posts()
        self.directory.load_people()
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
        self.rows.add(self.campaign)

    def _sources(self) -> None:
        for entry in self.content.sources:
            known = self.session.scalar(select(Source).where(Source.slug == entry.id))
            other = ""
            if known is not None and name_key(known.title) != name_key(entry.title):
                other, known = known.title, None
            source = known or Source(
                slug=self.rows.id_for(Source, entry.id, entry.title, other),
                kind=entry.kind,
                title=entry.title,
                publisher=entry.publisher,
                published_on=entry.date,
                url=entry.url,
            )
            self.rows.add(source)
            self.rows.sources[entry.id] = source

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
                audiences=[self.rows.audience(a, where) for a in entry.audiences],
                position=position,
            )
            self.rows.add(ask)
            self.rows.cite(entry.sources, where, ask_id=ask.id)

    def _recipients(self) -> None:
        known: set[tuple[int | None, ...]] = set()
        for entry in self.content.recipients:
            where = "A recipient"
            person = (
                self.rows.found("person", self.directory.people, entry.person, where)
                if entry.person
                else None
            )
            post = self.rows.found("post", self.directory.posts, entry.post, where) if entry.post else None
            body_id: int | None = post.organization_id if post else None
            if entry.body:
                body_id = self.rows.found("body", self.directory.bodies, entry.body, where).id
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
                    audience=self.rows.audience(entry.audience, where),
                )
            )
        self.session.flush()

    def _cases(self) -> None:
        for entry in self.content.cases:
            if self.session.scalar(select(Case).where(Case.slug == entry.id)):
                raise CampaignDataError(f"The database already has a case “{entry.id}”. Choose another id.")
            case = Case(slug=entry.id, campaign_id=self.campaign.id, name=entry.name, summary=entry.summary)
            self.rows.add(case)
            self.cases[entry.id] = case
            where = f"The case {entry.id}"
            for party in entry.parties:
                self.session.add(
                    CaseParty(
                        case_id=case.id,
                        person_id=self.rows.found("person", self.directory.people, party.person, where).id
                        if party.person
                        else None,
                        organization_id=self.rows.found("body", self.directory.bodies, party.body, where).id
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
            fact.person_id = self.rows.found("person", self.directory.people, entry.value, where).id
        else:
            fact.value_text = entry.value
        self.rows.add(fact)
        self.rows.cite(entry.sources, where, fact_id=fact.id)

    def _motions(self) -> None:
        for entry in self.content.motions:
            where = f"The motion {entry.id}"
            body = self.rows.found("body", self.directory.bodies, entry.body, where)
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
            self.rows.add(motion)
            self.rows.cite(entry.sources, where, motion_id=motion.id)

    def _correspondence(self) -> None:
        for entry in self.content.correspondence:
            where = f"The correspondence {entry.id}"
            self.campaign.last_number += 1
            post = (
                self.rows.found("post", self.directory.posts, entry.to_post, where) if entry.to_post else None
            )
            body_id = (
                self.rows.found("body", self.directory.bodies, entry.to_body, where).id
                if entry.to_body
                else None
            )
            sender = (
                self.rows.found("person", self.directory.people, entry.from_person, where)
                if entry.from_person
                else None
            )
            organization = (
                self.rows.found("body", self.directory.bodies, entry.from_body, where)
                if entry.from_body
                else None
            )
            person = (
                self.rows.found("person", self.directory.people, entry.to_person, where)
                if entry.to_person
                else None
            )
            if person is None and post is None and body_id is None:
                raise CampaignDataError(f"{where} needs to_person, to_post or to_body.")
            letter = Letter(
                reference=letter_reference(self.campaign.prefix, self.campaign.last_number),
                campaign_id=self.campaign.id,
                case_id=self.rows.found("case", self.cases, entry.case, where).id if entry.case else None,
                origin=Origin.REPORTED,
                audience=self.rows.audience(entry.audience, where),
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
            self.rows.add(letter)
            self.rows.cite(entry.sources, where, letter_id=letter.id)
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
        self.rows.add(reply)
        self.rows.cite(entry.sources, where, reply_id=reply.id)
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
