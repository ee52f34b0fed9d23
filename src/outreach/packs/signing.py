"""Signing a pack's PDF with the organization's own certificate (PAdES baseline, through pyHanko)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.errors import UsageError

if TYPE_CHECKING:
    from pyhanko.sign import signers


def open_certificate(certificate: Path, passphrase: str) -> signers.SimpleSigner:
    """The key and certificate in a PKCS #12 file (.p12, .pfx).

    Args: passphrase: of that file. Raises: UsageError if it cannot be used.
    """
    from pyhanko.sign import signers

    if not certificate.is_file():
        raise UsageError(f"There is no certificate at {certificate}. Give a .p12 or .pfx file.")
    # pyHanko gives None, and logs why, for a file or a passphrase that is wrong.
    signer: signers.SimpleSigner | None = signers.SimpleSigner.load_pkcs12(  # type: ignore[no-untyped-call]
        str(certificate), passphrase=passphrase.encode("utf-8") or None
    )
    if signer is None:
        raise UsageError(
            f"{certificate.name} cannot be opened. Check the passphrase, and that it holds a key with its "
            "certificate."
        )
    return signer


def sign_pdf(pdf: bytes, signer: signers.SimpleSigner, *, reason: str = "") -> bytes:
    """The same PDF with an invisible signature added at its end; what it held before is not changed.

    Args: signer: see `open_certificate`. reason: as a reader of the PDF sees it. No time stamp is asked for,
        since that would need a server.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import SigSeedSubFilter

    metadata = signers.PdfSignatureMetadata(
        field_name="Signature", reason=reason or None, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    if not pdf.endswith((b"\n", b"\r")):
        pdf += b"\n"  # PDF/A-2, 6.1.9: an object begins on a line of its own, also the first that is added
    signed = io.BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer, output=signed)
    return signed.getvalue()
