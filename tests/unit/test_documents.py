"""A letter parsed once, and each format written from it; hostile values stay the text they are."""

import io
import subprocess
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from outreach.letters.formats.document import LetterDocument, Letterhead, make_document, parse_blocks
from outreach.letters.formats.docx import letter_docx
from outreach.letters.formats.eml import letter_eml, make_message_id
from outreach.letters.formats.html import letter_html
from outreach.letters.formats.pdf import letter_pdf
from outreach.letters.formats.text import letter_text

BODY = """We write about **Сергей Магнитский**, who said “no” – and ’tis so.

# The asks

- to refuse *entry*;
- to freeze assets;

1. first
2. second

> a quotation
"""
HOSTILE = '#import "x" {{7*7}} <script>alert(1)</script> \\input{/etc/passwd} $x$ @cite `raw` =head'


def document(body: str = BODY, **more: object) -> LetterDocument:
    values: dict[str, object] = {
        "reference": "MAG-0042",
        "language": "en",
        "jurisdiction": "GB",
        "sender_lines": ("Anna Müller", "Justice for Sergei Magnitsky"),
        "address_lines": ("The Rt Hon Theresa May MP", "Home Secretary"),
        "written_on": date(2011, 1, 26),
        "subject": "Entry ban",
        "salutation": "Dear Home Secretary,",
        "body": body,
        "close": "Yours sincerely,",
        "is_draft": False,
        "letterhead": Letterhead(),
    }
    return make_document(**{**values, **more})  # type: ignore[arg-type]


def pdf_text(pdf: bytes, tmp_path: Path) -> str:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def test_the_tree_of_a_letter() -> None:
    kinds = [b["type"] for b in parse_blocks(BODY)]
    assert kinds == ["paragraph", "heading", "list", "list", "quote"]
    assert parse_blocks(BODY)[3]["ordered"] is True


def test_pdf_keeps_cyrillic_and_curly_quotes(tmp_path: Path) -> None:
    text = pdf_text(letter_pdf(document(), at=datetime(2011, 1, 26, tzinfo=UTC)), tmp_path)
    for words in ("Сергей Магнитский", "“no”", "’tis", "26 January 2011", "Dear Home Secretary,", "MAG-0042"):
        assert words in text


def test_pdf_is_tagged_archivable_and_the_same_twice() -> None:
    at = datetime(2011, 1, 26, tzinfo=UTC)
    pdf = letter_pdf(document(), at=at)
    assert pdf == letter_pdf(document(), at=at)
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    metadata = root["/Metadata"].get_data().decode()
    assert "pdfuaid:part" in metadata
    assert "pdfaid:part" in metadata


@pytest.mark.parametrize("where", ["body", "subject", "salutation", "address_lines"])
def test_hostile_values_come_out_of_the_pdf_as_they_are(where: str, tmp_path: Path) -> None:
    value: object = (HOSTILE,) if where == "address_lines" else HOSTILE
    text = " ".join(pdf_text(letter_pdf(document(**{where: value})), tmp_path).split())
    for part in ("#import", "{{7*7}}", "<script>alert(1)</script>", "$x$", "@cite"):
        assert part in text


@pytest.mark.parametrize("length", [300, 50_000])
def test_a_word_too_long_for_the_page_is_broken_and_not_lost(length: int, tmp_path: Path) -> None:
    text = pdf_text(letter_pdf(document("W" * length, address_lines=("W" * 100,))), tmp_path)
    assert text.count("W") >= length + 100


def test_a_letter_with_a_character_no_font_has_is_still_made(tmp_path: Path) -> None:
    assert letter_pdf(document("A letter with \U000f0000 in it.")).startswith(b"%PDF")


def test_word_file_opens_and_holds_every_word() -> None:
    word = Document(io.BytesIO(letter_docx(document(), at=datetime(2011, 1, 26, tzinfo=UTC))))
    text = "\n".join(p.text for p in word.paragraphs)
    for words in ("Сергей Магнитский", "The asks", "to freeze assets;", "Yours sincerely,", "Anna Müller"):
        assert words in text
    assert any(run.bold for p in word.paragraphs for run in p.runs if "Магнитский" in run.text)


def test_control_characters_do_not_break_the_word_file() -> None:
    word = Document(io.BytesIO(letter_docx(document("A\x00B\x0bC and \x1f more"))))
    assert "and" in "\n".join(p.text for p in word.paragraphs)


def test_plain_text_is_wrapped_and_whole() -> None:
    text = letter_text(document())
    assert "Сергей Магнитский" in text
    assert "<" not in text.replace("<script", "")
    assert all(len(line) <= 78 for line in text.splitlines())


def test_html_escapes_what_it_is_given() -> None:
    markup = letter_html(document(HOSTILE, subject="<b>x</b>"))
    assert "<script" not in markup
    assert "&lt;script&gt;" in markup
    assert "&lt;b&gt;x&lt;/b&gt;" in markup


def test_message_has_one_line_headers_and_the_pdf() -> None:
    sent = letter_eml(
        document(subject="Entry\r\nBcc: everyone@example.org"),
        b"%PDF-1.7 x",
        to_name="Theresa\r\nMay",
        to_address="may@example.org",
        from_address="office@example.org",
        message_id=make_message_id("MAG-0042", "ab12", "office@example.org"),
    )
    message = message_from_bytes(sent, policy=policy.default)
    assert message["Bcc"] is None
    assert "Entry" in message["Subject"]
    assert "MAG-0042" in message["Subject"]
    assert message["To"].addresses[0].addr_spec == "may@example.org"
    assert message["Message-ID"].startswith("<")
    kinds = {part.get_content_type() for part in message.walk()}
    assert {"text/plain", "application/pdf"} <= kinds


def test_a_message_id_is_made_once() -> None:
    first = make_message_id("MAG-0042", "ab12", "office@example.org")
    assert first == make_message_id("MAG-0042", "ab12", "office@example.org")
    assert first != make_message_id("MAG-0043", "ab12", "office@example.org")
