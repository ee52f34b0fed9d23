"""Letters in every state and a certificate, made through the same calls as the app makes them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from outreach.cases.campaigns import create_campaign
from outreach.cases.entries import FactEntry
from outreach.cases.facts import save_fact
from outreach.correspondence.incoming import Incoming, file_all
from outreach.domain.states import Channel, LetterStatus, ReplyKind
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.ledger import approve_letters, mark_sent
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template
from outreach.packs.options import PackOptions
from outreach.recipients.resolve import resolve_recipients
from outreach.store.database import Database
from outreach.store.models import (
    Campaign,
    Case,
    Dispatch,
    FollowUp,
    Letter,
    Organization,
    Pack,
    PackExport,
    Person,
    Recipient,
    RecipientGroup,
    Reply,
    SavedView,
)
from tests.messages import message

DAY = date(2011, 1, 26)


def drafted(
    database: Database, sandbox: TemplateSandbox, to: str, template: str = "", **more: object
) -> tuple[str, ...]:
    """References of drafts to the recipients that a query names."""
    with database.write() as session:
        plan = plan_letters(
            session,
            sandbox,
            case_id="magnitsky",
            template=load_template(template) if template else None,
            recipients=resolve_recipients(session, 1, to),
            on=DAY,
            **more,  # type: ignore[arg-type]
        )
        return draft_letters(session, plan).refs


def approved(database: Database, sandbox: TemplateSandbox, to: str) -> tuple[str, ...]:
    """References of approved letters."""
    references = drafted(database, sandbox, to)
    with database.write() as session:
        approve_letters(session, references, by="tester")
    return references


def sent(database: Database, sandbox: TemplateSandbox, to: str, on: date = DAY) -> tuple[str, ...]:
    """References of letters that went out by post."""
    references = approved(database, sandbox, to)
    with database.write() as session:
        mark_sent(session, references, by=Channel.POST, on=on)
    return references


def some_certificate(folder: Path, passphrase: bytes) -> tuple[Path, Certificate]:
    """A key with its own certificate in a PKCS #12 file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A campaign")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, True, False, False, False), critical=True
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "own.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"own", key, certificate, None, serialization.BestAvailableEncryption(passphrase)
        )
    )
    return path, Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def a_campaign(database: Database, name: str, prefix: str, *, on: date = DAY) -> int:
    """A campaign of made-up matters, all of whose own words hold its name, with letters in every state there
    is, answers of each kind, letters that others wrote, mail, promises, recipients, a view, a question, and a
    pack given out.

    Returns: its key.
    """
    with database.write() as session:
        create_campaign(session, name=f"{name} alliance", prefix=prefix, case_name=f"{name} case")
        campaign = session.scalars(select(Campaign).where(Campaign.prefix == prefix)).one()
        case = session.scalars(select(Case).where(Case.campaign_id == campaign.id)).one()
        campaign.as_of, campaign.sender_organization = on, f"{name} office"
        body = Organization(slug=f"body-{prefix.lower()}", name=f"Ministry {prefix}", jurisdiction="GB")
        bodiless = Organization(slug=f"office-{prefix.lower()}", name=f"Ministry {prefix} of Works")
        people = [Person(slug=f"{prefix.lower()}-{n}", name=f"Ann Other {prefix}{n}") for n in range(3)]
        session.add_all([body, bodiless, *people])
        session.flush()
        for person in people:
            session.add(
                Recipient(
                    campaign_id=campaign.id,
                    person_id=person.id,
                    organization_id=body.id,
                    audience="default",
                )
            )
        session.add(SavedView(campaign_id=campaign.id, name=f"{name} view", filters={"status": "overdue"}))
        session.add(RecipientGroup(campaign_id=campaign.id, name=f"{name} group", query=people[0].name))
        pack = Pack(
            slug=f"pack-{prefix.lower()}",
            campaign_id=campaign.id,
            case_id=case.id,
            title=f"{name} pack",
            options=PackOptions().as_data(),
        )
        session.add(pack)
        session.flush()
        session.add(
            PackExport(
                pack_id=pack.id,
                exported_at=datetime(2011, 1, 20, tzinfo=UTC),
                file_name=f"{name}.pdf",
                size_bytes=1,
                pages=1,
                sha256="0" * 64,
                given_to=f"{name} minister",
            )
        )
        save_fact(
            session,
            case.slug,
            FactEntry(name="animal", label=f"{name} fact", type="text", value=f"a {name}"),
        )
        made = 0

        def letter(status: LetterStatus, sent_days_ago: int | None = None, **more: Any) -> Letter:
            nonlocal made
            made += 1
            sent_on = None if sent_days_ago is None else on - timedelta(days=sent_days_ago)
            written = Letter(
                **{
                    "reference": f"{prefix}-{made:04}",
                    "campaign_id": campaign.id,
                    "case_id": case.id,
                    "person_id": people[made % 3].id,
                    "organization_id": (body, bodiless, None)[made % 3] and (body, bodiless)[made % 3].id,
                    "written_on": sent_on or on,
                    "subject": f"{name} letter",
                    "salutation": "Dear Minister,",
                    "body": f"We write of the {name}.",
                    "close": "Yours sincerely,",
                    "status": status,
                    "created_at": datetime(2011, 1, 1, tzinfo=UTC),
                    "sent_on": sent_on,
                }
                | more
            )
            session.add(written)
            session.flush()
            return written

        def reply(to: Letter, kind: ReplyKind | None, text: str) -> None:
            session.add(
                Reply(
                    letter_id=to.id,
                    received_on=on,
                    recorded_at=datetime(2011, 1, 26, tzinfo=UTC),
                    kind=kind,
                    text=text,
                )
            )

        def outgoing(of: Letter, outcome: str) -> None:
            session.add(
                Dispatch(
                    letter_id=of.id,
                    channel=Channel.EMAIL,
                    outcome=outcome,
                    dispatched_on=on,
                    recorded_at=datetime(2011, 1, 26, tzinfo=UTC),
                )
            )

        state = LetterStatus
        for _ in range(8):
            letter(state.DRAFT)
        for _ in range(2):
            letter(state.APPROVED)
        letter(state.QUEUED)
        outgoing(letter(state.QUEUED), "started")
        letter(state.FAILED)
        outgoing(letter(state.BOUNCED, 5), "bounced")
        letter(state.BOUNCED, 6)
        for days in (1, 2, 26, 27, 35, 40, 120):
            letter(state.SENT, days)
        letter(state.ACKNOWLEDGED, 3)
        reply(letter(state.ACKNOWLEDGED, 50), ReplyKind.HOLDING, f"{name} holds")
        for kind in (ReplyKind.SUBSTANTIVE, ReplyKind.REFERRED, ReplyKind.REFUSED, ReplyKind.AGREED):
            reply(letter(state.ANSWERED, 20, answered_on=on), kind, f"{name} {kind.value}")
        reply(letter(state.CLOSED, 30, answered_on=on), ReplyKind.AGREED, f"{name} agrees")
        letter(state.CLOSED, 90)
        letter(state.WITHDRAWN)
        unread = letter(state.SENT, 10)
        reply(unread, None, f"{name} unread")
        for status in (state.SENT, state.ANSWERED):
            letter(
                status,
                12,
                origin="reported",
                answered_on=on if status is state.ANSWERED else None,
                body="",
                summary=f"{name} report",
            )
        for number in range(2):
            session.add(
                FollowUp(
                    letter_id=unread.id,
                    due_on=on + timedelta(days=number),
                    reason="promise",
                    what=f"{name} promise {number}",
                )
            )
        sent = letter(state.SENT, 4)
        outgoing(sent, "sent")
        key, reference = campaign.id, sent.reference
    for number in range(7):
        raw = message(
            f"A {name} answers.",
            subject=f"Re: {name} [{reference}]",
            message_id=f"<{prefix}{number}@x>",
            sender=f"{name} office <o@x.example>",
        )
        file_all(database, [Incoming(raw)], today=on)
    return key
