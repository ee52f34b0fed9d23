"""Choosing a file touches none of the files that are listed."""

import os
import re
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileSystemModel
from pytestqt.qtbot import QtBot

from outreach.store.database import open_database
from outreach.ui.dialogs.files import FileDialog

UI = Path(__file__).parents[2] / "src" / "outreach"


def locks_of(path: Path) -> int:
    """How many locks this process holds on a file, as the system counts them."""
    inode = path.stat().st_ino
    lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    return sum(f" {os.getpid()} " in line and line.split()[5].endswith(f":{inode}") for line in lines)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc/locks")
def test_listing_the_folder_of_the_open_database_leaves_its_locks(tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "o.db"
    database = open_database(path, create=True)
    try:
        with database.read() as session:
            session.connection().exec_driver_sql("SELECT count(*) FROM letter").scalar_one()
            before = locks_of(path)
            assert before > 0
            dialog = FileDialog(None, "Choose", str(tmp_path))
            qtbot.addWidget(dialog)
            dialog.show()
            model = dialog.findChild(QFileSystemModel)
            assert model is not None
            qtbot.waitUntil(lambda: model.rowCount(model.index(str(tmp_path))) > 0, timeout=20_000)
            dialog.repaint()
            qtbot.waitUntil(lambda: bool(model.index(str(path)).isValid()), timeout=20_000)
            assert model.type(model.index(str(path))) == "db file"
            assert locks_of(path) == before
    finally:
        database.close()


def test_no_other_dialog_for_files_is_made() -> None:
    found = [
        path.name
        for path in UI.rglob("*.py")
        if path.name != "files.py"
        and re.search(r"\bQFileDialog(\.get\w+)?\(", path.read_text(encoding="utf-8"))
    ]
    assert found == []
