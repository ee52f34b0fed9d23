"""Importing, merging and searching in the window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from outreach.store.database import open_database
from outreach.ui.dialogs.directory import GroupDialog
from outreach.ui.dialogs.duplicates import DuplicatesDialog
from outreach.ui.dialogs.importing import ImportDialog
from outreach.ui.dialogs.search import SearchDialog
from outreach.ui.main_window import MainWindow
from tests.integration.test_importers import LEGISLATORS, MEMBERS, write

Settle = Callable[[MainWindow], None]


def dialog(kind: type):  # type: ignore[no-untyped-def]
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_a_trial_tells_and_an_import_does(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    window._import()
    form = dialog(ImportDialog)
    assert not form.run.isEnabled()
    form.format.choose("congress")
    form.use_files([str(write(tmp_path / "legislators.yaml", LEGISLATORS))])
    form.try_.click()
    settle(window)
    assert "dry run" in form.report.toPlainText()
    assert "2 added" in form.report.toPlainText()
    assert "Bob Bar" in form.report.toPlainText()
    form.run.click()
    settle(window)
    assert "dry run" not in form.report.toPlainText()
    form.accept()
    window.sidebar.choose("directory")
    settle(window)
    page = window.pages["directory"]
    assert "Ana Méndez" in [p.name for p in page.models["people"].rows]


def test_the_window_tells_which_list_a_file_is_and_who_was_renamed(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    window._import()
    form = dialog(ImportDialog)
    form.format.choose("congress")
    assert not form.form.isRowVisible(form.dataset)
    form.format.choose("csv")
    assert form.form.isRowVisible(form.dataset)
    told = []
    for folder, name, dataset in (("a", "Ann Lee", ""), ("b", "Cy Fox", ""), ("c", "Cy Holm", "contacts-2")):
        (tmp_path / folder).mkdir()
        form.use_files([str(write(tmp_path / folder / "contacts.csv", f"Id,Name\n1,{name}\n"))])
        form.dataset.setText(dataset)
        form.run.click()
        settle(window)
        told.append(form.report.toPlainText())
    assert "taken as another list" in told[1]
    assert "contacts.csv, row 1: Cy Fox → Cy Holm" in told[2]
    form.accept()


def test_a_public_source_is_fetched_and_imported(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.ui.operations import imports as module

    folders: list[Path] = []

    def fetched(url: str, folder: Path, **more: object) -> Path:
        folders.append(folder)
        return write(folder / "legislators-current.yaml", LEGISLATORS)

    monkeypatch.setattr(module, "download", fetched)
    window._import()
    form = dialog(ImportDialog)
    form.source.choose("congress")
    form.run.click()
    settle(window)
    assert "2 added" in form.report.toPlainText()
    assert not folders[0].exists()


def test_an_unreadable_file_is_told_in_the_dialog(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    window._import()
    form = dialog(ImportDialog)
    form.format.choose("popolo")
    form.use_files([str(write(tmp_path / "cut.json", '{"persons": [{"id": "1"'))])
    form.run.click()
    settle(window)
    assert "not whole" in form.report.toPlainText()
    assert form.run.isEnabled()
    form.format.choose("csv")
    form.use_files([str(write(tmp_path / "empty.csv", ""))])
    assert "empty" in form.report.toPlainText()


def test_the_columns_of_a_table_are_guessed_and_can_be_changed(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    window._import()
    form = dialog(ImportDialog)
    form.format.choose("csv")
    form.use_files([str(write(tmp_path / "mine.csv", "Wer;Nachname;Schuhe\nAda;Byron;39\n"))])
    assert {h: c.value() for h, c in form.columns.items()} == {
        "Wer": "",
        "Nachname": "family_name",
        "Schuhe": "",
    }
    form.columns["Wer"].choose("given_name")
    form.body.setText("House of Lords")
    form.run.click()
    settle(window)
    assert "1 added" in form.report.toPlainText()


def test_duplicates_are_compared_merged_and_unmerged(
    window: MainWindow, settle: Settle, tmp_path: Path, sample_path: Path
) -> None:
    from outreach.directory.importers.run import import_files

    database = open_database(sample_path)
    import_files(database, "csv", [write(tmp_path / "x.csv", "Name,E-mail\nMay Theresa,may@example.org\n")])
    database.close()
    window._duplicates()
    form = dialog(DuplicatesDialog)
    settle(window)
    assert len(form.model.rows) == 1
    both = form.left.toPlainText() + form.right.toPlainText()
    assert "Home Office" in both
    assert "may@example.org" in both
    keep = form.keep_left if "Home Office" in form.left.toPlainText() else form.keep_right
    keep.click()
    settle(window)
    assert form.model.rows == []
    window.workspace.undo.undo()
    settle(window)
    assert len(form.model.rows) == 1
    form.apart.click()
    settle(window)
    assert form.model.rows == []


def test_one_box_finds_and_opens_everything(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    for typed, kind, page in (
        ("shaake", "person", "directory"),
        ("pancreas", "fact", "cases"),
        ("dossier", "letter", "letters"),
    ):
        window._search()
        form = dialog(SearchDialog)
        form.box.setText(typed)
        qtbot.waitUntil(lambda form=form: form.model.rowCount() > 0)
        rows = [h for h in form.model.rows if h.kind == kind] or form.model.rows
        form.table.select([(rows[0].kind, rows[0].ref)])
        qtbot.keyClick(form.box, Qt.Key.Key_Return)
        settle(window)
        assert window.stack.currentWidget() is window.pages[page], typed
    assert window.pages["letters"].table.selected()


def test_a_search_with_arrows_and_no_mouse(window: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    window._search()
    form = dialog(SearchDialog)
    form.box.setText("mendez")
    qtbot.waitUntil(lambda: form.model.rowCount() > 1)
    first = form.table.selected()[0]
    qtbot.keyClick(form, Qt.Key.Key_Down)
    assert form.table.selected()[0] != first
    form.box.setText("qqqq")
    qtbot.waitUntil(lambda: form.note.text() == "Nothing found.")


@pytest.fixture
def commission(sample_path: Path, tmp_path: Path) -> None:
    from outreach.directory.importers.run import import_files

    database = open_database(sample_path)
    import_files(database, "congress", [write(tmp_path / "l.yaml", LEGISLATORS)])
    import_files(database, "congress-committees", [write(tmp_path / "m.yaml", MEMBERS)])
    database.close()


def test_recipients_by_question_in_the_composer(
    commission: None, window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    window.sidebar.choose("compose")
    settle(window)
    page = window.pages["compose"]
    page.question.setText("members of JCSE")
    qtbot.keyClick(page.question, Qt.Key.Key_Return)
    settle(window)
    assert page.draft.text() == "Draft 2 letters"
    assert "those who hold it now" in page.notes.text()
    page.keep.trigger()
    form = dialog(GroupDialog)
    form.name.setText("The Commission")
    form.submit_button.click()
    settle(window)
    page._complete("the com")
    settle(window)
    assert "The Commission" in page._completions.stringList()
    page.draft.trigger()
    settle(window)
    assert len(page.model.rows) == 2
    assert "not on 26 January 2011" in page.editor.warning.text()


def test_a_question_that_is_not_understood_says_so(window: MainWindow, settle: Settle) -> None:
    from PySide6.QtWidgets import QMessageBox

    page = window.pages["compose"]
    window.sidebar.choose("compose")
    settle(window)
    page.question.setText("senators frobnicate")
    page._ask()
    settle(window)
    shown = [w.text() for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]
    assert "was not understood" in shown[0]
