"""The window does nothing by itself: its pages and dialogs call operations."""

import ast
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "src" / "outreach" / "ui"
# Rooms whose functions read, write or reach for the world outside.
DOING = {
    "exchange", "packs", "desk", "mail", "correspondence", "letters", "recipients", "cases", "directory",
    "messages", "store", "secrets", "files",
}  # fmt: skip
# Functions of those rooms that only reckon with what they are given.
RECKONING = {
    "outreach.cases.facts.fact_entry",
    "outreach.desk.letter_columns.screen_columns",
    "outreach.directory.citations.titles_of",
    "outreach.letters.unsaved.words_digest",
    "outreach.packs.words.pack_words",
}
# What is typed is kept beside the database too, for the case that the program is cut off at once.
KEEPS_WHAT_IS_TYPED = UI / "saving.py"


def doing(code: str) -> list[str]:
    """Functions and modules that code imports from rooms which do something."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            is_inside = parts[0] == "outreach" and len(parts) > 1 and parts[1] in DOING
            # A class is written with a capital, and so is a constant.
            if is_inside and parts[-1][0].islower() and name not in RECKONING:
                found.append(name)
    return found


@pytest.mark.parametrize(
    "code",
    [
        "from outreach.letters.ledger import approve_letters",
        "from outreach.letters.ledger import NotAllowedError, approve_letters as go",
        "from outreach.letters import ledger",
        "import outreach.letters.ledger",
        "def later():\n    from outreach.store.database import open_database",
    ],
)
def test_each_way_to_import_what_does_something_is_seen(code: str) -> None:
    assert len(doing(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "from outreach.letters.approving import LetterToDecide",
        "from outreach.packs.options import PRESETS, SECTIONS",
        "from outreach.ui.operations import letters",
        "from outreach.domain.wording import counted",
        "from outreach.directory.citations import titles_of",
    ],
)
def test_rows_constants_and_what_only_reckons_may_be_imported_anywhere(code: str) -> None:
    assert doing(code) == []


def test_only_operations_call_what_reads_and_writes() -> None:
    found = {
        str(path.relative_to(UI)): names
        for path in UI.rglob("*.py")
        if path.parent != UI / "operations" and path != KEEPS_WHAT_IS_TYPED
        if (names := doing(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_pages_dialogs_and_parts_hold_no_work_on_a_database() -> None:
    found = []
    for place in ("pages", "dialogs", "widgets", "models"):
        for path in (UI / place).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "outreach.store.database":
                    found.append(f"{place}/{path.name}")
    assert found == []


def test_no_page_calls_a_job_by_itself() -> None:
    started = {"read", "write", "long", "network", "compute"}
    found = [
        f"{path.relative_to(UI)}:{node.lineno}"
        for path in UI.rglob("*.py")
        if path.name not in {"jobs.py", "operation.py", "undo.py", "saving.py"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in started
        and ast.unparse(node.value).endswith("jobs")
    ]
    assert found == []
