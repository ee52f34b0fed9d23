"""The briefing pack, and the whole main job without a screen."""

import hashlib
import io
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from outreach.cases.campaigns import campaigns_list
from outreach.errors import CancelledError, NotFoundError, UsageError
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.tracker import tracker_rows
from outreach.packs.contents import SECTIONS, pack_contents
from outreach.packs.demo import run_demo
from outreach.packs.exports import export_pack, pack_exports, typeset_pack
from outreach.store.database import Database, open_database
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
    for wanted in ("Summary", "Timeline", "Facts", "Recipients and answers", "Letters", "Sources"):
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
    export_pack(database, "magnitsky", target, leave_out=("letters",))
    with database.read() as session:
        exports = pack_exports(session)
    assert exports[0].sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert exports[0].pages == len(PdfReader(target).pages)


def test_sections_can_be_left_out_one_and_all(database: Database, sandbox: TemplateSandbox) -> None:
    factories.sent(database, sandbox, "Theresa May")
    every = tuple(key for key, _ in SECTIONS)
    with database.read() as session:
        for left_out in (*((key,) for key in every), every):
            contents = pack_contents(session, "magnitsky", on=DAY, leave_out=left_out)
            pdf = typeset_pack(contents, on=DAY)
            titles = [o.title for o in PdfReader(io.BytesIO(pdf)).outline if not isinstance(o, list)]
            for key, title in SECTIONS:
                assert title not in titles if key in left_out else True


def test_the_same_pack_twice_is_the_same_bytes(database: Database) -> None:
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", on=DAY)
    assert typeset_pack(contents, on=DAY) == typeset_pack(contents, on=DAY)


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
