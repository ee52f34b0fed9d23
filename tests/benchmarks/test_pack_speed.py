"""Speed and size of letters and packs: against the bare compile of the same input, and against
LibreOffice where it is installed.
"""

import resource as unix
import shutil
import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outreach.letters.exports import export_letters
from outreach.letters.formats.pdf import letter_data
from outreach.letters.formats.typesetting import main_source, new_compiler
from outreach.letters.preview import saved_document
from outreach.letters.sandbox import TemplateSandbox
from outreach.packs.contents import PackContents, pack_contents
from outreach.packs.exports import typeset_pack
from outreach.resources import resource
from outreach.store.database import Database
from tests import factories
from tests.benchmarks.test_speed import tell

DAY = date(2011, 1, 26)


def timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare(layout: str, inputs: list[dict[str, Any]]) -> float:
    """The same data through typst alone."""
    compiler = new_compiler(resource("templates/packs"))

    def compile_all() -> None:
        for data in inputs:
            compiler.compile(
                main_source(layout, data), format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=0
            )

    return timed(compile_all)


def long_pack(contents: PackContents, count: int, *, first: int = 1000) -> PackContents:
    """The same pack with as many letters, whose numbers begin with the first."""
    base = contents.data["letters"]
    letters = [
        {
            **base[n % len(base)],
            "reference": f"MAG-{n + first}",
            "heading": f"{base[n % len(base)]['heading']} {n + first}",
        }
        for n in range(count)
    ]
    rows = [
        {
            **contents.data["recipients"][-1],
            "reference": x["reference"],
            "name": x["heading"],
            "has_letter": True,
        }
        for x in letters
    ]
    return replace(contents, data={**contents.data, "letters": letters, "recipients": rows})


def test_five_hundred_letters(database: Database, sandbox: TemplateSandbox, tmp_path: Path) -> None:
    references: list[str] = []
    while len(references) < 500:
        references += factories.approved(database, sandbox, "all")
    references = references[:500]
    with database.read() as session:
        data = [letter_data(saved_document(session, r)) for r in references]
        seconds = timed(lambda: export_letters(session, references, ["pdf"], tmp_path / "pdf"))
        export_letters(session, references, ["docx"], tmp_path / "docx")
    tell(
        "500 letters to 500 PDFs",
        seconds,
        "the bare typst compile",
        bare("letter", sorted(data, key=lambda d: str(d["blocks"]))),
    )
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if not office:
        pytest.skip("LibreOffice is not installed, so the letters were not compared with it")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            office,
            f"-env:UserInstallation=file://{profile}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path / "office"),
        ]
        files = [str(p) for p in (tmp_path / "docx").glob("*.docx")]
        spent = timed(lambda: subprocess.run([*command, *files], capture_output=True, check=True))
    tell("500 letters to 500 PDFs", seconds, "LibreOffice headless from .docx", spent)


def test_packs_of_three_hundred_pages_and_of_two_thousand_letters(
    database: Database, sandbox: TemplateSandbox
) -> None:
    factories.approved(database, sandbox, "all")
    with database.read() as session:
        contents = pack_contents(session, "magnitsky", on=DAY)
    # First of the packs, since typst keeps what it has set before. A child's peak counts what its parent held
    # when it was started.
    typeset_pack(long_pack(contents, 2_000), on=DAY)
    own, children = (unix.getrusage(who).ru_maxrss / 1024 for who in (unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN))
    print(f"peak memory with 2,000 letters: {own:.0f} MB, its largest part {children:.0f} MB")  # noqa: T201
    tell(
        "a pack of 300 pages",
        timed(lambda: typeset_pack(long_pack(contents, 230), on=DAY)),
        "the bare typst compile",
        bare("pack", [long_pack(contents, 230, first=5000).data]),
    )
    small = timed(lambda: typeset_pack(long_pack(contents, 400), on=DAY))
    large = timed(lambda: typeset_pack(long_pack(contents, 4_000), on=DAY))
    tell("a pack of 4,000 letters", large, "a pack of 400 letters", small)
