"""A letter as PDF."""

from datetime import datetime
from typing import Any

from outreach.letters.formats.document import LetterDocument
from outreach.letters.formats.typesetting import typeset

_LABELS = {
    "en": ("Our reference", "Draft, not approved"),
    "fr": ("Notre référence", "Projet, non approuvé"),
    "de": ("Unser Zeichen", "Entwurf, nicht freigegeben"),
}


def letter_data(document: LetterDocument) -> dict[str, Any]:
    """A letter as the layouts expect it."""
    reference_label, draft_label = _LABELS.get(document.language, _LABELS["en"])
    return {
        "reference": document.reference,
        "language": document.language,
        "sender": list(document.sender_lines),
        "address": list(document.address_lines),
        "date": document.date,
        "subject": document.subject,
        "salutation": document.salutation,
        "blocks": list(document.blocks),
        "close": document.close,
        "signature": list(document.signature),
        "is_draft": document.is_draft,
        "reference_label": reference_label,
        "draft_label": draft_label,
        "brand": document.letterhead.data,
    }


def letter_pdf(document: LetterDocument, *, at: datetime | None = None) -> bytes:
    """Set a letter, tagged and archivable (see `typesetting.typeset`). Raises: TypesettingError."""
    return typeset("letter", letter_data(document), at=at, files=document.letterhead.files)
