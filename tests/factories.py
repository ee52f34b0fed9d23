"""Letters in every state and a certificate, made through the same calls as the app makes them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from outreach.cases.campaigns import resolve_recipients
from outreach.domain.states import Channel
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.lifecycle import approve_letters, mark_sent
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template
from outreach.store.database import Database

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
