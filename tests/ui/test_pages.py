"""Each page as staff use it, on the sample campaign."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from outreach.app import Desktop, Welcome, start
from outreach.correspondence.replies import record_reply
from outreach.desk.chosen import ChosenLetters
from outreach.domain.states import ReplyKind
from outreach.errors import DatabaseBusyError
from outreach.letters.sandbox import TemplateSandbox
from outreach.settings import Settings, load_settings
from outreach.store.backup import backup
from outreach.store.database import open_database
from outreach.ui.dialogs.campaigns import NewCampaignDialog
from outreach.ui.dialogs.directory import PersonDialog, RecipientDialog
from outreach.ui.dialogs.facts import FactDialog
from outreach.ui.dialogs.letters import ApproveDialog, MarkSentDialog, NameDialog, ReplyDialog
from outreach.ui.dialogs.packs import BrandDialog, EvidenceDialog, GivenToDialog, TicksDialog
from outreach.ui.main_window import MainWindow
from outreach.ui.theme import colors
from outreach.ui.widgets.tables import Table
from tests import factories

Settle = Callable[[MainWindow], None]


@pytest.fixture
def busy(sample_path: Path, sandbox: TemplateSandbox, desktop: Desktop, settle: Settle) -> MainWindow:
    """A window on letters in every state: drafts, ready, sent, overdue, answered."""
    database = open_database(sample_path)
    factories.sent(database, sandbox, "Theresa May, Marietje Schaake")
    factories.approved(database, sandbox, "Damian Green")
    factories.drafted(database, sandbox, "Chris Bryant, Heidi Hautala")
    with database.write() as session:
        record_reply(session, "MAG-0007", kind=ReplyKind.AGREED, on=date(2011, 1, 26), promise="To meet")
    database.close()
    window = desktop.open(str(sample_path))
    settle(window)
    return window


def go(window: MainWindow, key: str, settle: Settle):  # type: ignore[no-untyped-def]
    window.sidebar.choose(key)
    settle(window)
    return window.pages[key]


def references(table: Table) -> list[str]:
    return [r.reference for r in table.model().rows]  # type: ignore[attr-defined]


def messages() -> list[str]:
    return [w.text() for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]


def dialog(kind: type) -> object:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_every_page_opens_and_names_itself_to_screen_readers(window: MainWindow, settle: Settle) -> None:
    for key in window.pages:
        page = go(window, key, settle)
        assert page.accessibleName()
        assert window.stack.currentWidget() is page
    assert messages() == []


def test_overview_counts_and_opens_what_it_counts(busy: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    page = go(busy, "overview", settle)
    values = {key: figure.value() for key, figure in page.figures.items()}
    assert values == {"drafts": "2", "ready": "1", "awaiting": "2", "overdue": "0", "answered": "5"}
    assert page.rate.value() == "71%"
    assert references(page.due) == ["MAG-0005", "MAG-0006"]
    qtbot.keyClick(page.figures["drafts"], Qt.Key.Key_Return)
    settle(busy)
    assert busy.stack.currentWidget() is busy.pages["letters"]
    assert references(busy.pages["letters"].table) == ["MAG-0009", "MAG-0010"]


def test_a_promise_is_ticked_off(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "overview", settle)
    words = [label.text() for label in page.findChildren(QLabel)]
    assert "To meet" in words
    from PySide6.QtWidgets import QCheckBox

    tick = next(b for b in page.findChildren(QCheckBox) if "To meet" in b.accessibleName())
    tick.setChecked(True)
    settle(busy)
    tick = next(b for b in page.findChildren(QCheckBox) if "To meet" in b.accessibleName())
    assert tick.isChecked()


def test_letters_filter_by_standing_body_due_day_and_text(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    assert len(references(page.table)) == 10
    page.filter_bar.status.choose("waiting")
    settle(busy)
    assert references(page.table) == ["MAG-0005", "MAG-0006"]
    page.filter_bar.due.choose("7")
    settle(busy)
    assert references(page.table) == []
    page.filter_bar.due.choose("30")
    settle(busy)
    assert references(page.table) == ["MAG-0005", "MAG-0006"]
    page.filter_bar.due.choose("")
    page.filter_bar.status.choose("")
    page.filter_bar.body.choose("Home Office")
    settle(busy)
    assert references(page.table) == ["MAG-0004", "MAG-0005", "MAG-0006", "MAG-0008"]
    page.filter_bar.body.choose("")
    page.search.setText("schaake")
    settle(busy)
    assert references(page.table) == ["MAG-0007"]
    page.search.setText("no such words")
    settle(busy)
    assert page.count.text().startswith("0 of 10")


def test_letters_sort_by_the_day_they_are_due(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    titles = [c.title for c in page.model.columns]
    page.table.horizontalHeader().setSortIndicator(titles.index("Answer due"), Qt.SortOrder.DescendingOrder)
    settle(busy)
    assert references(page.table)[:2] == ["MAG-0006", "MAG-0005"]


def test_actions_fit_the_letters_chosen(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)

    def enabled(*chosen: str) -> set[str]:
        page.table.select(chosen)
        settle(busy)
        return {a.text() for a in page.actions_for_menu() if a.isEnabled()}

    assert enabled() == set()
    assert enabled("MAG-0009") == {
        "Edit draft",
        "Approve",
        "Enclose a file…",
        "Export…",
        "Withdraw…",
        "Delete drafts",
    }
    assert enabled("MAG-0008") == {
        "Send",
        "Print for post…",
        "Send by web form…",
        "Open in your mail program…",
        "Mark sent…",
        "Export…",
        "Withdraw…",
        "Back to draft…",
        "Take back the last step…",
    }
    assert enabled("MAG-0006") == {
        "Print for post…",
        "Record answer…",
        "Follow up",
        "Export…",
        "Close…",
        "Take back the last step…",
    }
    assert enabled("MAG-0006", "MAG-0009") == {"Export…"}
    assert "Export…" not in enabled("MAG-0001")


def test_several_letters_are_approved_and_marked_sent_at_once(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0009", "MAG-0010"])
    page.approve.trigger()
    settle(busy)
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    assert {r.status.value for r in page.table.selected()} == {"approved"}
    page.sent.trigger()
    form = dialog(MarkSentDialog)
    form.channel.choose("email")
    form.detail.setText("by hand")
    form.submit_button.click()
    settle(busy)
    rows = page.table.selected()
    assert {(r.status.value, r.channel, r.sent_on) for r in rows} == {("sent", "email", date(2011, 1, 26))}


def test_a_refused_form_keeps_what_was_typed(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0008"])
    page.sent.trigger()
    form = dialog(MarkSentDialog)
    form.day.setDate(QDate(2011, 1, 1))
    form.detail.setText("tracking 42")
    form.submit_button.click()
    settle(busy)
    assert form.isVisible()
    assert "before it was written" in form.problem.text()
    assert form.detail.text() == "tracking 42"
    assert form.submit_button.isEnabled()


def test_drafts_are_deleted_and_brought_back_by_undo(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0009", "MAG-0010"])
    page.delete.trigger()
    settle(busy)
    assert "MAG-0009" not in references(page.table)
    assert "delete 2 drafts" in busy.workspace.undo.undoText()
    busy.workspace.undo.undo()
    settle(busy)
    assert {"MAG-0009", "MAG-0010"} <= set(references(page.table))
    busy.workspace.undo.redo()
    settle(busy)
    assert "MAG-0009" not in references(page.table)


def test_an_answer_from_a_message_file(busy: MainWindow, settle: Settle, tmp_path: Path) -> None:
    message = tmp_path / "answer.eml"
    message.write_bytes(
        b"From: Private Office <po@example.org>\nMessage-ID: <a@b>\n"
        b"Date: Tue, 08 Feb 2011 10:00:00 +0000\n\nThank you.\n"
    )
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0006"])
    settle(busy)
    page.answer.trigger()
    form = dialog(ReplyDialog)
    form.load_message(str(tmp_path / "nowhere.eml"))
    assert "nowhere.eml" in form.problem.text()
    form.load_message(str(message))
    assert form.from_name.text() == "Private Office"
    assert form.day.day() == date(2011, 2, 8)
    form.submit_button.click()
    assert "Choose what the answer amounts to" in form.problem.text()
    form.kind.choose("substantive")
    form.submit_button.click()
    settle(busy)
    row = page.table.selected()[0]
    assert (row.status.value, row.answered_on) == ("answered", date(2011, 2, 8))
    assert "Thank you." in page.detail.answers.toPlainText()
    assert "Answer received" in page.detail.history.toPlainText()


def test_letters_and_table_are_exported(busy: MainWindow, settle: Settle, tmp_path: Path) -> None:
    page = go(busy, "letters", settle)
    both = ChosenLetters.named(["MAG-0006", "MAG-0009"], page.today())
    page.export_to(both, ("pdf", "txt"), str(tmp_path / "out"))
    settle(busy)
    assert len(list((tmp_path / "out").iterdir())) == 4
    page.filter_bar.status.choose("draft")
    settle(busy)
    for name in ("t.csv", "t.xlsx"):
        page.export_table_to(str(tmp_path / name))
        settle(busy)
    assert len((tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    page.export_to(both, ("pdf",), "/proc/nowhere")
    settle(busy)
    assert len(messages()) == 1
    assert "/proc/nowhere" in messages()[0]
    assert busy.isVisible()


def test_following_up_opens_the_draft(busy: MainWindow, settle: Settle) -> None:
    page = go(busy, "letters", settle)
    page.table.select(["MAG-0006", "MAG-0007"])
    page.follow_up.trigger()
    settle(busy)
    compose = busy.pages["compose"]
    assert busy.stack.currentWidget() is compose
    assert {"MAG-0011", "MAG-0012"} <= set(references(compose.drafts))
    assert compose.editor.reference == "MAG-0011"


def test_what_is_typed_is_saved_and_set_as_it_is_typed(
    busy: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    compose = go(busy, "compose", settle)
    assert compose.editor.reference == "MAG-0009"
    compose.editor.body.setPlainText("Quite other words.")
    assert "saving" in compose.editor.state.text()
    qtbot.waitUntil(lambda: compose.editor.state.text().endswith("· saved"))
    settle(busy)
    assert compose.editor.preview.page_count() == 1
    compose.drafts.select(["MAG-0010"])
    settle(busy)
    compose.drafts.select(["MAG-0009"])
    settle(busy)
    assert compose.editor.body.toPlainText() == "Quite other words."


def test_closing_the_window_saves_what_was_just_typed(
    busy: MainWindow, desktop: Desktop, settle: Settle, sample_path: Path
) -> None:
    compose = go(busy, "compose", settle)
    compose.editor.body.setPlainText("Typed at the last moment.")
    busy.close()
    desktop.shut_down()
    again = desktop.open(str(sample_path))
    settle(again)
    compose = go(again, "compose", settle)
    assert compose.editor.body.toPlainText() == "Typed at the last moment."


def test_missing_facts_are_told_and_nothing_is_drafted(window: MainWindow, settle: Settle) -> None:
    from outreach.cases.facts import delete_fact, facts_for

    def drop(session):  # type: ignore[no-untyped-def]
        for fact in facts_for(session, "magnitsky"):
            if fact.name in {"date_of_death", "occupation"}:
                changes = delete_fact(session, fact.key)
        return changes

    window.workspace.jobs.write(window, drop)
    settle(window)
    compose = go(window, "compose", settle)
    compose.tick([compose.recipients.model().rows[0].key])
    compose.draft.trigger()
    settle(window)
    assert len(messages()) == 1
    assert "lacks these facts" in messages()[0]
    assert references(compose.drafts) == []
    assert len(compose.ticked()) == 1


def test_directory_finds_spellings_and_holders_of_a_day(
    window: MainWindow, settle: Settle, qtbot: QtBot
) -> None:
    page = go(window, "directory", settle)

    def names() -> list[str]:
        return [r.name for r in page.models["people"].rows]

    page.search.setText("Damien")
    qtbot.waitUntil(lambda: names() == ["Damian Green"])
    page.search.setText("Home Secretary")
    page.on.setChecked(True)
    qtbot.waitUntil(lambda: names() == ["Theresa May"])
    page.day.setDate(QDate(2020, 1, 1))
    qtbot.waitUntil(lambda: names() == [])


def test_directory_shows_records_with_their_sources(window: MainWindow, settle: Settle) -> None:
    page = go(window, "directory", settle)
    page.tables["people"].select(["theresa-may"])
    text = page.detail.toPlainText()
    assert "The Rt Hon Theresa May MP" in text
    assert "outside knowledge" in text
    assert "Sources" in text
    page.tabs.setCurrentIndex(1)
    settle(window)
    page.tables["bodies"].select(["home-office"])
    settle(window)
    assert "Theresa May" in page.detail.toPlainText()
    page.tabs.setCurrentIndex(2)
    settle(window)
    assert page.models["posts"].rowCount() > 5


def test_recipients_are_added_removed_and_restored(window: MainWindow, settle: Settle) -> None:
    page = go(window, "directory", settle)
    page.tables["people"].select(["william-browder"])
    page.recipient.trigger()
    form = dialog(RecipientDialog)
    form.submit_button.click()
    settle(window)
    page.tabs.setCurrentIndex(3)
    settle(window)
    model = page.models["recipients"]
    assert "William Browder" in [r.name for r in model.rows]
    key = next(r.key for r in model.rows if r.name == "William Browder")
    page.tables["recipients"].select([key])
    settle(window)
    page.remove.trigger()
    settle(window)
    assert "William Browder" not in [r.name for r in model.rows]
    window.workspace.undo.undo()
    settle(window)
    assert "William Browder" in [r.name for r in model.rows]


def test_a_person_is_edited_with_an_address(window: MainWindow, settle: Settle) -> None:
    page = go(window, "directory", settle)
    page.tables["people"].select(["marietje-schaake"])
    page.edit.trigger()
    settle(window)
    form = dialog(PersonDialog)
    form.email.setText("not an address")
    form.submit_button.click()
    settle(window)
    assert "not an e-mail address" in form.problem.text()
    form.email.setText("schaake@example.org")
    form.submit_button.click()
    settle(window)
    assert "schaake@example.org" in page.detail.toPlainText()


def test_conflicting_facts_are_shown_together(window: MainWindow, settle: Settle) -> None:
    page = go(window, "cases", settle)
    page.shown.choose("conflict")
    assert all(f.conflict for f in page.model.rows)
    days = next(f for f in page.model.rows if f.value == "358 days")
    page.table.select([days.name])
    text = page.detail.toPlainText()
    assert "Contradicted by" in text
    assert "12 months" in text
    assert "1 year" in text
    assert "8 April 1972" in page.timeline.toPlainText()
    assert "318 for" in page.votes.toPlainText()


def test_a_fact_is_added_and_its_deletion_undone(window: MainWindow, settle: Settle) -> None:
    page = go(window, "cases", settle)
    page.add.trigger()
    form = dialog(FactDialog)
    form.label.setText("Number of appeals")
    form.name.setText("appeals")
    form.kind.choose("number")
    form.value.setPlainText("many")
    form.submit_button.click()
    assert "not a number" in form.problem.text()
    form.value.setPlainText("12")
    form.sources.item(0).setCheckState(Qt.CheckState.Checked)
    form.submit_button.click()
    settle(window)
    page.table.select(["appeals"])
    assert "12" in page.detail.toPlainText()
    page.delete.trigger()
    settle(window)
    assert page.model.position("appeals") < 0
    window.workspace.undo.undo()
    settle(window)
    assert page.model.position("appeals") >= 0


def test_packs_preview_and_leave_out_sections(busy: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    page = go(busy, "packs", settle)
    qtbot.waitUntil(lambda: page.preview.page_count() > 5)
    whole = page.preview.page_count()
    page.sections.tick("letters", False)
    qtbot.waitUntil(lambda: 0 < page.preview.page_count() < whole)
    assert "letters" not in page.options().sections
    page.sections.setCurrentRow(1)
    qtbot.keyClick(page.sections, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert page.options().sections[:2] == ("facts", "summary")
    page.preset.choose("brief")
    qtbot.waitUntil(lambda: page.preview.page_count() == 1)


def test_a_pack_is_composed_kept_and_given_out(
    busy: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    page = go(busy, "packs", settle)
    page.audience.setText("the Home Secretary")
    page.marking.setText("Confidential")
    page.which_letters.trigger()
    settle(busy)
    form = dialog(TicksDialog)
    form.model.set_all(False)
    form.model.setData(form.model.index(0), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    form.submit_button.click()
    settle(busy)
    assert len(page.options().letters) == 1
    page.keep.trigger()
    form = dialog(NameDialog)
    form.name.setText("For the minister")
    form.submit_button.click()
    settle(busy)
    assert page.preset.findText("For the minister") >= 0
    page.export_to(str(tmp_path / "p.pdf"), given_to="Her office")
    settle(busy)
    row = page.model.rows[0]
    assert (row.given_to, row.pack) == ("Her office", "For the minister")
    assert [x["reference"] for x in row.contents["letters"]] == list(page.options().letters)
    certificate, _ = factories.some_certificate(tmp_path, b"secret")
    form = GivenToDialog(page, "")
    form.certificate.setText(str(certificate))
    form.passphrase.setText("secret")
    page.export_to(str(tmp_path / "signed.pdf"), **form.values())
    settle(busy)
    assert b"/ByteRange" in (tmp_path / "signed.pdf").read_bytes()
    for ending in ("html", "docx"):
        page.export_to(str(tmp_path / f"p.{ending}"))
        settle(busy)
        assert (tmp_path / f"p.{ending}").stat().st_size > 5_000
    assert messages() == []


def test_evidence_and_the_look_are_set_in_the_window(
    busy: MainWindow, settle: Settle, qtbot: QtBot, tmp_path: Path
) -> None:
    from PIL import Image

    picture = tmp_path / "ruling.png"
    Image.new("RGB", (300, 400), "white").save(picture)
    page = go(busy, "packs", settle)
    before = page.preview.page_count()
    page.evidence.trigger()
    settle(busy)
    form = dialog(EvidenceDialog)
    form.title.setText("A ruling")
    form.add_file(str(picture))
    settle(busy)
    assert form.list.item(0).text().startswith("Annex 1: A ruling")
    form.add_file(str(tmp_path / "missing.png"))
    settle(busy)
    assert "cannot be read" in form.problem.text()
    form.submit_button.click()
    qtbot.waitUntil(lambda: page.preview.page_count() > before)
    page.look.trigger()
    form = dialog(BrandDialog)
    form.color.setText("#ffff00")
    form.submit_button.click()
    settle(busy)
    assert "too light" in form.problem.text()
    form.color.setText("#7a1f1f")
    form.logo.setText(str(picture))
    form.submit_button.click()
    settle(busy)
    assert messages() == []


def test_a_new_campaign_is_made_and_shown(window: MainWindow, settle: Settle) -> None:
    window.campaigns.make_new()
    form = dialog(NewCampaignDialog)
    form.name.setText("Justice for Anna")
    form.prefix.setText("MAG")
    form.case_name.setText("Anna")
    form.submit_button.click()
    settle(window)
    assert "taken" in form.problem.text()
    form.prefix.setText("ANN")
    form.submit_button.click()
    settle(window)
    assert window.workspace.campaign.name == "Justice for Anna"
    assert window.windowTitle().startswith("Justice for Anna")
    for key in window.pages:
        go(window, key, settle)
    assert messages() == []
    window.campaign_choice.choose("magnitsky")
    settle(window)
    assert references(go(window, "letters", settle).table)[0] == "MAG-0001"


def test_a_template_problem_leaves_the_window_alive(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.errors import TemplateError
    from outreach.letters import drafting as module

    def broken(name: str) -> None:
        raise TemplateError("mine.md.j2, line 7: unexpected end.")

    page = go(window, "compose", settle)
    page.tick([page.recipients.model().rows[0].key])
    monkeypatch.setattr(module, "plan_letters", lambda *a, **k: broken("x"))
    page.draft.trigger()
    settle(window)
    assert messages() == ["mine.md.j2, line 7: unexpected end."]
    assert window.isVisible()


def test_others_can_write_while_the_window_drafts_letters(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.store.database import open_database

    sandbox = window.workspace.sandbox
    render, rendered = sandbox.render_each, []
    other = open_database(window.workspace.jobs._database.path)

    def watched(name: str, parts: dict[str, str], common: dict[str, object], each: list[object]) -> object:
        with other.write():
            rendered.extend(each)
        return render(name, parts, common, each)

    monkeypatch.setattr(sandbox, "render_each", watched)
    page = go(window, "compose", settle)
    page._tick_all()
    page.draft.trigger()
    settle(window)
    other.close()
    assert messages() == []
    assert len(rendered) == page.recipients.model().rowCount() == len(references(page.drafts))


def test_drafting_that_is_stopped_says_how_far_it_came_and_leaves_the_others_ticked(
    window: MainWindow, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.letters import drafting

    monkeypatch.setattr(drafting, "DRAFTED_AT_ONCE", 4)
    page = go(window, "compose", settle)
    page._tick_all()
    ticked = len(page.recipients.ticked())
    written = drafting._drafted

    def stopped_by_the_user(*arguments: object) -> object:
        for job in window.workspace.jobs.titled:
            job.cancel()
        return written(*arguments)

    monkeypatch.setattr(drafting, "_drafted", stopped_by_the_user)
    page.draft.trigger()
    settle(window)
    assert len(references(page.drafts)) == 4
    assert len(page.recipients.ticked()) == ticked - 4
    assert f"4 of {ticked} letters drafted; stopped." in window.statusBar().currentMessage()


def test_back_up_and_check(window: MainWindow, settle: Settle, tmp_path: Path) -> None:
    window.database.back_up_to(str(tmp_path / "copy.db"))
    settle(window)
    assert (tmp_path / "copy.db").exists()
    window.database.check()
    settle(window)
    assert "in order" in window.statusBar().currentMessage()


def test_opening_a_broken_database_keeps_the_one_that_is_open(
    window: MainWindow, desktop: Desktop, tmp_path: Path, settle: Settle
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"garbage" * 1000)
    window.database.open_wanted.emit(str(broken))
    assert "not an outreach database" in messages()[0]
    assert desktop.window is window
    assert references(go(window, "letters", settle).table)


def test_a_new_database_and_a_restored_copy_replace_the_window(
    window: MainWindow, desktop: Desktop, tmp_path: Path, settle: Settle
) -> None:
    window.database.back_up_to(str(tmp_path / "copy.db"))
    settle(window)
    window.database.restore_wanted.emit(str(tmp_path / "copy.db"))
    again = desktop.window
    assert again is not None
    assert again is not window
    settle(again)
    assert len(references(go(again, "letters", settle).table)) == 5
    again.database.new_wanted.emit(str(tmp_path / "new.db"))
    fresh = desktop.window
    assert fresh is not None
    settle(fresh)
    assert isinstance(dialog(NewCampaignDialog), NewCampaignDialog)
    for key in fresh.pages:
        go(fresh, key, settle)
    assert messages() == []


def test_a_back_up_may_take_the_place_of_a_file_since_the_dialog_asked(
    window: MainWindow, settle: Settle, tmp_path: Path
) -> None:
    for name in ("plan #1?.db", "plan #1?.db"):
        window.database.back_up_to(str(tmp_path / name))
        settle(window)
    assert (tmp_path / "plan #1?.db").exists()
    assert messages() == []


def test_a_restore_that_is_refused_says_why_and_the_window_comes_back(
    window: MainWindow, desktop: Desktop, sample_path: Path, tmp_path: Path, settle: Settle
) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")
    elsewhere = open_database(sample_path)
    window.database.restore_wanted.emit(str(copy))
    elsewhere.close()
    assert "open in another window or program" in messages()[0]
    again = desktop.window
    assert again is not None and again.isVisible()
    settle(again)
    assert references(go(again, "letters", settle).table)


def test_a_restore_after_which_nothing_opens_offers_ways_out(
    window: MainWindow, desktop: Desktop, sample_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = backup(sample_path, tmp_path / "copy.db")

    def refused(*_: object, **__: object) -> None:
        raise DatabaseBusyError("Another outreach is opening it.")

    monkeypatch.setattr("outreach.app.open_database", refused)
    window.database.restore_wanted.emit(str(copy))
    assert desktop.welcome is not None and desktop.welcome.isVisible()
    assert desktop.welcome.problem.text() == "Another outreach is opening it."


def test_the_first_start_opens_the_sample_campaign(desktop: Desktop, settle: Settle) -> None:
    opened = start(desktop, "", Settings())
    assert isinstance(opened, MainWindow)
    settle(opened)
    assert opened.workspace.campaign.name == "Justice for Sergei Magnitsky"
    assert load_settings().last_database


def test_a_start_on_a_damaged_database_says_why_and_offers_ways_out(
    desktop: Desktop, tmp_path: Path, sample_path: Path, settle: Settle
) -> None:
    broken = tmp_path / "mine.db"
    broken.write_bytes(b"garbage" * 1000)
    shown = start(desktop, "", Settings(last_database=str(broken)))
    assert isinstance(shown, Welcome)
    assert "not an outreach database" in shown.problem.text()
    shown.open(str(tmp_path / "none.db"))
    assert "no database" in shown.problem.text()
    shown.restore(str(sample_path))
    assert desktop.window is not None
    settle(desktop.window)
    assert not shown.isVisible()


def test_the_window_remembers_its_size_and_colours(
    window: MainWindow, desktop: Desktop, sample_path: Path
) -> None:
    window.resize(1180, 777)
    desktop.theme.apply("dark")
    assert colors().is_dark
    window.close()
    kept = load_settings()
    assert kept.theme == "dark"
    assert kept.window_geometry
    again = Desktop(QApplication.instance(), kept)
    reopened = again.open(str(sample_path))
    assert reopened.height() == 777  # the offscreen screen is 800 wide, so the width is cut there
    again.theme.apply("light")
    again.shut_down()


def test_shortcuts_are_unique_on_each_page(window: MainWindow) -> None:
    from PySide6.QtGui import QAction

    menu_keys = [
        a.shortcut().toString()
        for menu in window.menuBar().actions()
        for a in menu.menu().actions()
        if not a.shortcut().isEmpty()
    ]
    assert len(menu_keys) == len(set(menu_keys)), menu_keys
    for page in window.pages.values():
        keys = [a.shortcut().toString() for a in page.actions() if isinstance(a, QAction)]
        assert len(keys) == len(set(keys)), keys


def test_text_has_enough_contrast_in_both_themes(desktop: Desktop) -> None:
    def luminance(color):  # type: ignore[no-untyped-def]
        parts = [
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
            for v in (color.redF(), color.greenF(), color.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for choice in ("light", "dark"):
        desktop.theme.apply(choice)
        c = colors()
        for ink in (c.text, c.quiet, c.accent, c.good, c.warning, c.bad):
            for paper in (c.panel, c.window):
                light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (choice, ink.name(), paper.name())
    desktop.theme.apply("light")


def test_a_shortcut_means_the_page_in_view(busy: MainWindow, settle: Settle, qtbot: QtBot) -> None:
    letters = go(busy, "letters", settle)
    letters.table.select(["MAG-0009"])
    compose = go(busy, "compose", settle)
    compose.drafts.select(["MAG-0010"])
    settle(busy)
    busy.activateWindow()
    compose.drafts.setFocus()
    qtbot.keyClick(
        compose.drafts, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    settle(busy)
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    assert references(compose.drafts) == ["MAG-0009"]
    go(busy, "letters", settle)
    letters.table.select(["MAG-0009"])
    busy.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is busy)
    letters.table.setFocus()
    qtbot.keyClick(
        letters.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    settle(busy)
    dialog(ApproveDialog).submit_button.click()
    settle(busy)
    assert letters.table.selected()[0].status.value == "approved"


def test_the_recipient_chosen_in_compose_can_be_read(busy: MainWindow, settle: Settle) -> None:
    recipients = go(busy, "compose", settle).recipients
    recipients.selectRow(0)
    recipients.setFocus()
    place = recipients.visualRect(recipients.model().index(0, 0))
    picture = recipients.viewport().grab(place).toImage()
    lights = {
        round(QColor(picture.pixel(x, y)).lightnessF(), 1)
        for x in range(40, picture.width() - 10)
        for y in range(6, picture.height() - 6)
    }
    # The words differ from what is behind them as far as white from a dark blue, or black from a light one.
    assert max(lights) - min(lights) >= 0.5
