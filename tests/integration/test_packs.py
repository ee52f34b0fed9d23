"""The briefing pack, and the whole main job without a screen."""

import hashlib
import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from openxml_audit import OpenXmlValidator
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader
from sqlalchemy import update

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import tracker_rows
from outreach.errors import CancelledError, NotFoundError, UsageError
from outreach.exchange.demo import run_demo
from outreach.letters.exports import FORMATS, export_letters
from outreach.letters.formats.typesetting import typeset
from outreach.letters.sandbox import TemplateSandbox
from outreach.packs.brand import brand_change, set_brand
from outreach.packs.contents import pack_contents
from outreach.packs.evidence import add_evidence, evidence_list, file_as_evidence, remove_evidence
from outreach.packs.exports import export_pack, pack_exports, typeset_pack
from outreach.packs.options import PRESETS, SECTIONS, PackOptions
from outreach.packs.structure import document_element, elements_below, listed, number_tree, pairs
from outreach.packs.words import pack_words
from outreach.store.database import Database, open_database
from outreach.store.models import Campaign, Case
from tests import factories
from tests.factories import DAY


def text_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").split())


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("demo")
    said: list[str] = []
    run_demo(folder, say=said.append)
    return folder, said


def test_the_demo_leaves_everything(demo: tuple[Path, list[str]]) -> None:
    folder, said = demo
    assert len(list((folder / "letters").glob("*.pdf"))) >= 14
    for name in ("outreach.db", "tracker.csv", "pack.pdf"):
        assert (folder / name).stat().st_size > 500
    assert len(said) >= 4


def test_each_letter_of_the_demo_has_its_salutation_and_no_placeholder(
    demo: tuple[Path, list[str]],
) -> None:
    folder, _ = demo
    texts = {p.name: text_of(p) for p in (folder / "letters").glob("*.pdf")}
    for name, text in texts.items():
        assert "Dear " in text or "Excellency" in text, name
        for mark in ("{{", "}}", "{%", "undefined", "None,", "[TODO"):
            assert mark not in text, name
        assert "’" not in name or "’" in text
    together = " ".join(texts.values())
    for salutation in (
        "Dear Home Secretary,",
        "Dear Minister,",
        "Dear Mr Bryant,",
        "Dear Ms Schaake,",
        "Dear Dr Mendez,",
        "Dear Professor Alston,",
    ):
        assert salutation in together
    for fact in ("16 November 2009", "318", "163", "230 million", "60 officials", "358 days"):
        assert fact in together, fact


def test_the_table_of_the_demo_holds_every_letter(demo: tuple[Path, list[str]]) -> None:
    folder, _ = demo
    lines = (folder / "tracker.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 5 + 16
    assert lines[0].startswith("Reference,Recipient")


def test_the_pack_of_the_demo_holds_the_facts_and_bookmarks(demo: tuple[Path, list[str]]) -> None:
    folder, _ = demo
    text = text_of(folder / "pack.pdf")
    database = open_database(folder / "outreach.db")
    from outreach.cases.facts import facts_for

    with database.read() as session:
        values = [f.value for f in facts_for(session, "magnitsky")]
    database.close()
    plain = text.replace("- ", "").replace("-", "").lower()
    missing = [v for v in values if " ".join(v.split()).replace("-", "").lower() not in plain]
    # Values that break across lines with a hyphen may escape the plain search; nearly all must be there.
    assert len(missing) <= len(values) * 0.2, missing
    reader = PdfReader(folder / "pack.pdf")
    titles = [o.title for o in reader.outline if not isinstance(o, list)]
    for wanted in ("Summary", "Timeline", "Key facts", "Correspondence", "Letters in full", "Sources"):
        assert wanted in titles
    links = sum(len(page.get("/Annots", [])) for page in reader.pages)
    assert links > 60


def test_the_pack_of_the_demo_is_sound(demo: tuple[Path, list[str]]) -> None:
    folder, _ = demo
    done = subprocess.run(["qpdf", "--check", str(folder / "pack.pdf")], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    reader = PdfReader(folder / "pack.pdf")
    metadata = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "pdfuaid:part" in metadata
    assert "pdfaid:part" in metadata


def test_a_second_demo_in_the_same_folder_starts_anew(tmp_path: Path) -> None:
    run_demo(tmp_path, say=lambda _: None)
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    run_demo(tmp_path, say=lambda _: None)
    assert len(list((tmp_path / "letters").glob("*.pdf"))) == 16
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "kept"


def test_a_demo_never_overwrites_work(tmp_path: Path, sandbox: TemplateSandbox) -> None:
    run_demo(tmp_path, say=lambda _: None)
    database = open_database(tmp_path / "outreach.db")
    factories.drafted(database, sandbox, "Theresa May")
    database.close()
    with pytest.raises(UsageError, match="left alone"):
        run_demo(tmp_path, say=lambda _: None)
    database = open_database(tmp_path / "outreach.db")
    with database.read() as session:
        assert len(tracker_rows(session, campaigns_list(session)[0])) == 22
    database.close()


def test_a_pack_is_recorded_with_its_fingerprint(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    factories.sent(database, sandbox, "Theresa May")
    target = tmp_path / "pack.pdf"
    export_pack(database, "magnitsky", target, options=PackOptions().without(("letters",)))
    with database.read() as session:
        exports = pack_exports(session)
    assert exports[0].sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert exports[0].pages == len(PdfReader(target).pages)


def test_sections_can_be_left_out_one_and_all(database: Database, sandbox: TemplateSandbox) -> None:
    factories.sent(database, sandbox, "Theresa May")
    words = pack_words("en")
    with database.read() as session:
        for left_out in (*((key,) for key in SECTIONS), SECTIONS[1:]):
            contents = pack_contents(session, "magnitsky", on=DAY, options=PackOptions().without(left_out))
            pdf = typeset_pack(contents, on=DAY)
            titles = [o.title for o in PdfReader(io.BytesIO(pdf)).outline if not isinstance(o, list)]
            assert not {words[key] for key in left_out} & set(titles)
        with pytest.raises(UsageError, match="at least one"):
            PackOptions().without(SECTIONS).check()
        with pytest.raises(UsageError, match="no section moon"):
            PackOptions().without(("moon",))


def test_sections_stand_in_the_order_chosen(database: Database) -> None:
    options = PackOptions(sections=("sources", "facts", "summary"))
    with database.read() as session:
        pdf = typeset_pack(pack_contents(session, "magnitsky", on=DAY, options=options), on=DAY)
    titles = [o.title for o in PdfReader(io.BytesIO(pdf)).outline if not isinstance(o, list)]
    assert [t for t in titles if t in {"Sources", "Key facts", "Summary"}] == [
        "Sources",
        "Key facts",
        "Summary",
    ]


def test_a_brief_is_one_page_in_every_language(database: Database) -> None:
    for language, word in (("en", "Key facts"), ("fr", "Faits essentiels"), ("de", "Wesentliche Tatsachen")):
        options = replace(PRESETS["brief"], language=language, marking="Confidential")
        with database.read() as session:
            pdf = typeset_pack(pack_contents(session, "magnitsky", on=DAY, options=options), on=DAY)
        pages = PdfReader(io.BytesIO(pdf)).pages
        assert len(pages) == 1
        text = pages[0].extract_text()
        assert word in text and "CONFIDENTIAL" in text


def test_a_pack_holds_the_facts_and_letters_chosen(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    references = factories.sent(database, sandbox, "Theresa May, Heidi Hautala")
    options = PackOptions(facts=("date_of_death",), letters=references[:1])
    export_pack(database, "magnitsky", tmp_path / "p.pdf", options=options, given_to="A minister")
    with database.read() as session:
        (export,) = pack_exports(session)
    assert export.given_to == "A minister"
    assert [f["name"] for f in export.contents["facts"]] == ["date_of_death"]
    assert [x["reference"] for x in export.contents["letters"]] == [references[0]]
    assert len(export.contents["letters"][0]["sha256"]) == 64
    for wrong in (PackOptions(facts=("nothing",)), PackOptions(letters=("MAG-9999",))):
        with pytest.raises(NotFoundError):
            export_pack(database, "magnitsky", tmp_path / "q.pdf", options=wrong)


def test_evidence_is_appended_with_its_words_as_alternative_text(database: Database, tmp_path: Path) -> None:
    ruling = tmp_path / "ruling.pdf"
    ruling.write_bytes(typeset("numbers", {"total": 3, "unnumbered": 0}))
    picture = tmp_path / "photo.png"
    Image.new("RGBA", (40, 60), (10, 20, 30, 40)).save(picture)
    with database.write() as session:
        add_evidence(session, "magnitsky", file_as_evidence(ruling), title="A ruling", note="From the court")
        add_evidence(session, "magnitsky", file_as_evidence(picture))
        for name, content, words in (
            ("x.pdf", b"%PDF-1.4 broken", "cannot be opened"),
            ("x.png", b"no picture", "neither a PDF"),
        ):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(UsageError, match=words):
                add_evidence(session, "magnitsky", file_as_evidence(tmp_path / name))
    export_pack(
        database, "magnitsky", tmp_path / "p.pdf", options=PackOptions(sections=("summary", "evidence"))
    )
    text = text_of(tmp_path / "p.pdf")
    assert "Annex 1: A ruling" in text and "Annex 1, 3 / 3" in text and "Annex 2: photo" in text
    assert claims(tmp_path / "p.pdf")
    with pikepdf.open(tmp_path / "p.pdf") as pdf:
        alts = [str(e.Alt) for e in elements(pdf) if "/Alt" in e]
        labels = [page.label for page in pdf.pages]
        assert not structure_problems(pdf)
    assert labels[:2] == ["1", "2"]
    assert labels[-4:] == ["Annex 1, 1", "Annex 1, 2", "Annex 1, 3", "Annex 2, 1"]
    assert any(a.startswith("Annex 1, 2 / 3: 2 / 3") for a in alts)
    with database.write() as session:
        remove_evidence(session, "magnitsky", evidence_list(session, "magnitsky")[0].key)
        assert [e.title for e in evidence_list(session, "magnitsky")] == ["photo"]


def elements(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return elements_below(document_element(pdf.Root.StructTreeRoot))


def claims(path: Path) -> bool:
    """Whether a file claims both standards."""
    with pikepdf.open(path) as pdf:
        metadata = pdf.Root.Metadata.read_bytes()
    return b"pdfuaid:part" in metadata and b"pdfaid:part" in metadata


def office_problems(path: Path) -> list[str]:
    """What Word or Excel would have to repair (ECMA-376), by openxml-audit."""
    return [str(error) for error in OpenXmlValidator().validate(path).errors]


def structure_problems(pdf: pikepdf.Pdf) -> list[str]:
    """What is wrong between the marks on pages and the structure tree (ISO 32000-1, 14.7.4)."""
    parents, problems = number_tree(pdf.Root.StructTreeRoot.ParentTree), []
    for number, page in enumerate(pdf.pages, start=1):
        marks, depth = set(), 0
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) in {"BDC", "BMC"}:
                depth += 1
                if (
                    str(operator) == "BDC"
                    and isinstance(operands[1], pikepdf.Dictionary)
                    and "/MCID" in operands[1]
                ):
                    marks.add(int(operands[1].MCID))
            elif str(operator) == "EMC":
                depth -= 1
            elif str(operator) in {"Tj", "TJ", "Do"} and depth == 0:
                problems.append(f"page {number}: content without a mark")
        held = parents.get(int(page.get("/StructParents", -1)))
        for mark in marks:
            element = held[mark] if held is not None and mark < len(held) else None
            own = element.get("/Pg") if element is not None else None
            kids = listed(element.get("/K")) if element is not None else []
            pages = [own, *(k.get("/Pg") for k in kids if isinstance(k, pikepdf.Dictionary))]
            if not any(p is not None and p.objgen == page.obj.objgen for p in pages):
                problems.append(f"page {number}: mark {mark} has no element")
        for link in page.get("/Annots", []):
            if int(link.get("/StructParent", -1)) not in parents:
                problems.append(f"page {number}: a link without an element")
    for element in elements(pdf):
        for kid in listed(element.get("/K")):
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid and kid.P.objgen != element.objgen:
                problems.append(f"an element of {element.S} names another parent")
    return problems


def test_a_long_pack_is_joined_of_parts_and_stays_what_it_claims(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = factories.approved(database, sandbox, "all")
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", on=DAY)
    whole = typeset_pack(contents, on=DAY)
    monkeypatch.setattr("outreach.packs.exports.LETTERS_AT_ONCE", 6)
    joined = typeset_pack(contents, on=DAY)
    assert typeset_pack(contents, on=DAY) == joined
    (tmp_path / "joined.pdf").write_bytes(joined)
    done = subprocess.run(["qpdf", "--check", str(tmp_path / "joined.pdf")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert claims(tmp_path / "joined.pdf")
    with pikepdf.open(io.BytesIO(whole)) as one, pikepdf.open(io.BytesIO(joined)) as many:
        assert structure_problems(one) == []
        assert structure_problems(many) == []
        ids = [str(k) for k, _ in pairs(many.Root.StructTreeRoot.get("/IDTree"), "/Names")]
        assert len(ids) == len(set(ids))
        targets = {
            str(a.A.D)
            for p in many.pages
            for a in p.get("/Annots", [])
            if a.get("/A") is not None and a.A.get("/S") == "/GoTo"
        }
        assert {f"letter-{r}" for r in references} <= targets
        assert "outreach.invalid" not in str(targets)
    reader = PdfReader(tmp_path / "joined.pdf")
    total = len(reader.pages)
    for number in (2, total // 2, total):
        assert f"{number} / {total}" in " ".join(reader.pages[number - 1].extract_text().split())
    letters = next(
        o for n, o in enumerate(reader.outline) if isinstance(o, list) and len(o) >= len(references)
    )
    assert len(letters) == len(references)
    assert {f"letter-{r}" for r in references} <= set(reader.named_destinations)
    listing = " ".join(reader.pages[1].extract_text().split())
    words = " ".join(p.extract_text() for p in reader.pages)
    for letter in contents.data["letters"]:
        place = reader.named_destinations[f"letter-{letter['reference']}"]
        number = reader.get_destination_page_number(place) + 1
        assert re.search(rf"{re.escape(letter['heading'])}\b\D*\b{number}\b", listing)
        assert letter["subject"].split(":")[0] in " ".join(words.split())


HOSTILE = (
    '#import "x": *', "{{7*7}}", "<script>alert(1)</script>", "\\input{/etc/passwd}", "\u202eevil\u202c",
    "a\x07b\x1b[31m", "$x^2$ @ref *b* _i_ `c`",
    "Σεργκέι Сергей 中文 日本語 한국어", "العدالة لسيرغي ماغنيتسكي", "=cmd|' /C calc'!A0", "x" * 1_000_000,
)  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: ascii(v)[:20])
def test_hostile_values_come_out_as_the_text_they_are(database: Database, tmp_path: Path, value: str) -> None:
    with database.write() as session:
        session.execute(update(Case).values(summary=value))
        session.execute(update(Campaign).values(sender_organization=value[:200], summary=value[:2000]))
    options = PackOptions(
        sections=("summary", "asks"), title=value[:300], audience=value[:300], marking=value[:60]
    )
    for ending in ("pdf", "html", "docx"):
        export_pack(database, "magnitsky", tmp_path / f"p.{ending}", options=options)
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    # Lines end where they end: what is compared is the text without its spaces.
    text = "".join(text_of(tmp_path / "p.pdf").split())
    if value.isascii() and value.isprintable():
        assert text.count("x") >= len(value) if value[:2] == "xx" else "".join(value.split()) in text
    assert claims(tmp_path / "p.pdf")
    done = subprocess.run(["qpdf", "--check", str(tmp_path / "p.pdf")], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert office_problems(tmp_path / "p.docx") == []


def test_every_script_has_a_font_and_the_claims_stand(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        session.execute(update(Case).values(summary="Σεργκέι Сергей 中文 日本語 한국어 العدالة עברית ☎"))
    export_pack(database, "magnitsky", tmp_path / "p.pdf", options=PackOptions(sections=("summary",)))
    assert claims(tmp_path / "p.pdf")
    fonts = subprocess.run(
        ["pdffonts", str(tmp_path / "p.pdf")], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    for font in ("NotoNaskhArabic", "DroidSansFallback", "NanumGothic", "SourceSerif4"):
        assert font in fonts


def test_the_web_page_needs_nothing_from_outside(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    factories.sent(database, sandbox, "Theresa May")
    export_pack(database, "magnitsky", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    for part in ("<script", "<link", 'src="http', "url(", "@import"):
        assert part not in page
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    # The figures are drawn, and said to who cannot see them: 318, 163 and 95 of 576 votes.
    drawn = page.partition('aria-label="For 318, Against 163, Abstaining 95"')[2].partition("</svg>")[0]
    assert re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', drawn) == [
        ("0.00", "55.21"), ("55.21", "28.30"), ("83.51", "16.49"),
    ]  # fmt: skip
    assert re.search(r'aria-label="\d / \d answered"', page) and 'aria-label="0–7: ' in page


def test_the_look_of_an_organization_is_on_its_packs_and_letters(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" '
        'fill="#7a1f1f"/></svg>'
    )
    with database.write() as session:
        set_brand(session, 1, brand_change(color="#7a1f1f", logo=str(logo)))
        for wrong, words in (
            ({"color": "red"}, "no colour"),
            ({"color": "#ffff00"}, "too light"),
            ({"logo": str(tmp_path)}, "cannot be read"),
        ):
            with pytest.raises(UsageError, match=words):
                set_brand(session, 1, brand_change(**wrong))
    for ending in ("pdf", "html", "docx"):
        export_pack(
            database, "magnitsky", tmp_path / f"p.{ending}", options=PackOptions(sections=("summary",))
        )
    assert claims(tmp_path / "p.pdf")
    reference = factories.approved(database, sandbox, "all")[0]
    with database.read() as session:
        letter, page, word, message = export_letters(
            session, [reference], ["pdf", "html", "docx", "eml"], tmp_path / "letters"
        )
    for path in (page, tmp_path / "p.html"):
        html = path.read_text(encoding="utf-8")
        assert "#7a1f1f" in html
        assert 'alt="Justice for Sergei Magnitsky"' in html and "data:image/svg+xml" in html
    for path in (word, tmp_path / "p.docx"):
        assert office_problems(path) == []
        opened = Document(str(path))
        assert [s._inline.docPr.get("descr") for s in opened.inline_shapes] == [
            "Justice for Sergei Magnitsky"
        ]
        assert "7A1F1F" in opened.element.xml + opened.styles.element.xml
    # Mail programs show no pictures that are inside the page.
    assert b"data:image" not in message.read_bytes()
    assert claims(letter)
    with pikepdf.open(letter) as pdf:
        assert any(str(e.get("/Alt", "")) for e in elements(pdf))
        assert b"0.47843137 0.12156863 0.12156863" in pdf.pages[0].Contents.read_bytes()
    with database.write() as session:
        set_brand(session, 1, brand_change(color="none", logo="none"))
        assert pack_contents(session, "magnitsky").data["brand"] == {"color": "", "logo": ""}


def test_a_pack_is_signed_with_the_organization_s_certificate(database: Database, tmp_path: Path) -> None:
    path, certificate = factories.some_certificate(tmp_path, b"secret")
    export_pack(
        database,
        "magnitsky",
        tmp_path / "p.pdf",
        options=PRESETS["brief"],
        certificate=path,
        passphrase="secret",
    )
    with (tmp_path / "p.pdf").open("rb") as file:
        signature = PdfFileReader(file).embedded_signatures[0]
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[certificate]))
    assert status.intact
    assert status.valid
    assert status.trusted
    assert claims(tmp_path / "p.pdf")
    added = (tmp_path / "p.pdf").read_bytes().partition(b"%%EOF")[2]
    assert re.match(rb"[\r\n]+\d+ 0 obj", added), "PDF/A-2, 6.1.9: an object begins on a line of its own"
    for file_name, certificate_path, passphrase, words in (
        ("q.pdf", path, "wrong", "Check the passphrase"),
        ("q.pdf", tmp_path / "none.p12", "secret", "no certificate"),
        ("q.html", path, "secret", "Only a PDF"),
    ):
        with pytest.raises(UsageError, match=words):
            export_pack(
                database,
                "magnitsky",
                tmp_path / file_name,
                certificate=certificate_path,
                passphrase=passphrase,
            )
        assert not (tmp_path / file_name).exists()


def test_a_german_pack_says_in_german_where_letters_stand(database: Database) -> None:
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", on=DAY, options=PackOptions(language="de"))
    states = {r["state"] for r in contents.data["recipients"]}
    assert states
    assert all(f["value"].strip() for f in contents.data["facts"])
    assert {f["language"] for f in contents.data["facts"]} == {"de", "en"}
    assert all(
        s.startswith(("Versandt; Antwort", "Beantwortet am", "Versandbereit", "Antwort ein")) for s in states
    )
    assert not {r["channel"] for r in contents.data["recipients"]} & {
        "post",
        "e-mail",
        "web form",
        "in person",
    }


def test_the_same_export_twice_is_the_same_bytes(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = [
        *factories.approved(database, sandbox, "Theresa May"),
        *factories.drafted(database, sandbox, "Chris Bryant"),
    ]
    made = []
    for clock in (1_300_000_000.0, 1_700_000_000.0):
        monkeypatch.setattr("time.time", lambda clock=clock: clock)
        folder = tmp_path / str(clock)
        for ending in ("pdf", "html", "docx"):
            export_pack(database, "magnitsky", folder / f"p.{ending}", on=DAY, options=PRESETS["meeting"])
        with database.read() as session:
            export_letters(session, references, FORMATS, folder)
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(made[0]) == 3 + 2 * len(FORMATS)
    assert [p.name for p in folder.glob("*.docx") if office_problems(p)] == []
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []


def test_a_pack_of_a_new_campaign_with_nothing_in_it(empty: Database, tmp_path: Path) -> None:
    from outreach.cases.campaigns import create_campaign

    with empty.write() as session:
        create_campaign(session, name="Justice for Anna", prefix="ANN", case_name="Anna")
    export_pack(empty, "anna", tmp_path / "pack.pdf")
    assert "Justice for Anna" in text_of(tmp_path / "pack.pdf")


def test_an_unknown_case_and_a_stop(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="magnitsky"):
        export_pack(database, "nobody", tmp_path / "pack.pdf")
    with pytest.raises(CancelledError):
        export_pack(database, "magnitsky", tmp_path / "pack.pdf", progress=lambda *_: False)
    assert not (tmp_path / "pack.pdf").exists()
