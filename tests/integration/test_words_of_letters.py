"""A letter's words: those of its facts come out as they are, its facts are
those that stand in it, and writing is short.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from outreach.cases.campaigns import campaigns_list
from outreach.cases.facts import delete_fact, fact_entry, facts_for, save_fact
from outreach.correspondence.following_up import draft_follow_ups, draft_next, plan_follow_ups
from outreach.correspondence.replies import record_reply
from outreach.desk.letter_table import LetterDetail, letter_detail, tracker_rows
from outreach.domain.states import ReplyKind
from outreach.errors import NotAllowedError, NotFoundError, TemplateError
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.enclosing import enclosures_list
from outreach.letters.exports import export_letters, letter_document
from outreach.letters.fact_use import still_standing
from outreach.letters.formats.text import letter_text
from outreach.letters.ledger import approve_letters, edit_letter, find_letter
from outreach.letters.sandbox import Rendered, TemplateSandbox
from outreach.recipients.enlist import remove_recipient, take_recipients
from outreach.recipients.resolve import recipients_for
from outreach.recipients.rows import recipients_list
from outreach.store.database import Database, open_database
from tests import factories

HEAD = '---\ntitle: T\naudience: [any]\nlanguage: {language}\nasks: []\nsubject: "{subject}"\n---\n'


def template(folder: Path, body: str, *, subject: str = "S", language: str = "en") -> str:
    path = folder / "mine.md.j2"
    path.write_text(HEAD.format(language=language, subject=subject) + body, encoding="utf-8")
    return str(path)


def drafted(database: Database, sandbox: TemplateSandbox, name: str) -> LetterDetail:
    (reference,) = factories.drafted(database, sandbox, "Theresa May", name)
    return detail(database, reference)


def detail(database: Database, reference: str) -> LetterDetail:
    with database.read() as session:
        return letter_detail(session, campaigns_list(session)[0], reference)


def facts_in(letter: LetterDetail) -> dict[str, str]:
    return {name: words for name, _, words, _ in letter.facts}


def edited(database: Database, letter: LetterDetail, change: Callable[[str], str]) -> LetterDetail:
    with database.write() as session:
        edit_letter(
            session, letter.row.reference, subject=letter.row.subject, salutation=letter.salutation,
            body=change(letter.body), close=letter.close,
        )  # fmt: skip
    return detail(database, letter.row.reference)


def printed(database: Database, reference: str) -> str:
    with database.read() as session:
        return letter_text(letter_document(session, find_letter(session, reference)))


# What goes in comes out


def test_a_german_day_at_the_start_of_a_line_is_printed_without_a_backslash(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    body = "am {{ facts.ep_vote_date }}\n\n{{ facts.ep_vote_date }} war der Tag\n\n- {{ facts.ep_vote_date }}"
    letter = drafted(database, sandbox, template(tmp_path, body, language="de"))
    assert letter.body.startswith("am 16. Dezember 2010\n")
    reference = letter.row.reference
    with database.read() as session:
        export_letters(session, [reference], ["pdf", "txt", "html"], tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        words = path.read_text(encoding="utf-8") if path.suffix != ".pdf" else pdf_words(path)
        assert words.count("16. Dezember 2010") == 3, path.suffix
        assert "\\" not in words


def pdf_words(path: Path) -> str:
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def test_the_space_before_a_french_semicolon_and_no_break_spaces_stay(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    body = (
        "- {{ facts.award }}{{ ' ;' }}\n- {{ facts.award }}{{ '\u202f;' }}\n- {{ '«\u00a0' ~ facts.award "
        "~ '\u00a0»' }}"
    )
    with database.write() as session:
        entry = {"name": "award", "label": "Award", "type": "text", "value": "Prix\u00a0X"}
        save_fact(session, "magnitsky", fact_entry({**entry, "translations": {"fr": "Prix\u00a0X"}}))
    name = template(tmp_path, body, subject="{{ facts.award }}\u00a0: {{ facts.award }}", language="fr")
    letter = drafted(database, sandbox, name)
    assert letter.row.subject == "Prix\u00a0X\u00a0: Prix\u00a0X"
    assert letter.body == "- Prix\u00a0X ;\n- Prix\u00a0X\u202f;\n- «\u00a0Prix\u00a0X\u00a0»"
    after = edited(database, letter, lambda body: body + "\n\n\u00a0Fin\u00a0!")
    assert after.row.subject == letter.row.subject
    assert after.body.endswith("\u00a0Fin\u00a0!")
    shown = printed(database, letter.row.reference)
    for words in ("Prix\u00a0X ;", "Prix\u00a0X\u202f;", "«\u00a0Prix\u00a0X\u00a0»", "Fin\u00a0!"):
        assert words in shown


def test_a_draft_with_a_day_that_was_escaped_wrongly_is_printed_and_approved_as_it_was_meant(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    letter = drafted(database, sandbox, template(tmp_path, "x"))
    reference = letter.row.reference
    with database.engine.begin() as connection:
        connection.execute(
            text("UPDATE letter SET body = :body WHERE reference = :reference"),
            {"body": "am \\16. Dezember 2010, \\\\5. und \\2) zwei", "reference": reference},
        )
    assert "am 16. Dezember 2010, \\5. und 2) zwei" in printed(database, reference)
    with database.write() as session:
        approve_letters(session, [reference])
    assert detail(database, reference).body == "am 16\\. Dezember 2010, \\\\5. und 2\\) zwei"
    assert "am 16. Dezember 2010" in printed(database, reference)


def test_a_list_typed_by_hand_stays_a_list(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    letter = drafted(
        database, sandbox, template(tmp_path, "{% for ask in [1, 2] %}\n{{ loop.index }}. x\n{% endfor %}")
    )
    assert letter.body == "1. x\n2. x"
    after = edited(database, letter, lambda body: body + "\n3. by hand")
    with database.read() as session:
        (block,) = letter_document(session, find_letter(session, after.row.reference)).blocks
    assert (block["type"], len(block["items"])) == ("list", 3)


# Facts used


def test_a_fact_that_is_asked_about_but_not_printed_is_not_used(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    body = (
        "{% if facts.victim %}A{% endif %}{% if facts.award is defined %}B{% endif %}{% set d = "
        "facts.date_of_death %}{% set unused %}{{ facts.occupation }}{% endset %}{% set unused = '' %}{{ "
        "unused }}{% macro m() %}{{ facts.illness }}{% endmacro %}{{ facts.fraud|length }} {{ "
        "facts.client_fund }}"
    )
    assert facts_in(drafted(database, sandbox, template(tmp_path, body))) == {
        "client_fund": "the Hermitage Fund"
    }


def test_what_is_derived_from_a_fact_is_used_with_the_words_that_were_printed(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    body = (
        "{{ facts.date_of_death.year }}, {{ facts.victim.formal }}, {{ facts.occupation.label }}, {{ "
        "facts.illness|upper }}, {{ facts.ep_votes_for ~ ' to ' ~ facts.ep_votes_against }}, {{ "
        "[facts.award, facts.fraud]|join(' and ') }}"
    )
    letter = drafted(database, sandbox, template(tmp_path, body))
    assert facts_in(letter) == {
        "date_of_death": "2009",
        "victim": "Mr Magnitsky",
        "occupation": "Occupation",
        "illness": "a severe condition of the pancreas",
        "ep_votes_for": "318",
        "ep_votes_against": "163",
        "award": "Integrity Award 2010 of Transparency International",
        "fraud": "a fraudulent refund of taxes obtained through companies taken from his client",
    }
    with database.write() as session:
        approve_letters(session, [letter.row.reference])


def test_a_letter_that_says_the_year_of_a_day_is_stale_when_the_year_changed_and_not_before(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    letter = drafted(database, sandbox, template(tmp_path, "In {{ facts.date_of_death.year }} he died."))
    entry = {"name": "date_of_death", "label": "Date of death", "type": "date"}
    for value, is_stale in (("2010-11-16", True), ("2009-11-17", False)):
        with database.write() as session:
            save_fact(session, "magnitsky", fact_entry({**entry, "value": value}))
            if is_stale:
                with pytest.raises(NotAllowedError, match="2010"):
                    approve_letters(session, [letter.row.reference])
            else:
                approve_letters(session, [letter.row.reference])


@pytest.mark.parametrize(
    "around",
    [
        "In 2012 there were 12 of 2,000; {}.",
        "By article 2 of the law: {}.",
        "{}. See part 2, and 2 more.",
        "2 before. {}. And 2 after.",
    ],
)
def test_a_fact_is_gone_with_its_own_words_though_the_same_stand_elsewhere(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, around: str
) -> None:
    body = around.format("{{ facts.afet_abstentions }} abstained") + "\n\nHe was {{ facts.victim }}."
    letter = drafted(database, sandbox, template(tmp_path, body))
    assert facts_in(letter) == {"afet_abstentions": "2", "victim": "Sergei Magnitsky"}
    assert facts_in(edited(database, letter, lambda body: body + " More.")) == facts_in(letter)
    after = edited(database, letter, lambda body: body.replace("2 abstained", "Some abstained"))
    assert facts_in(after) == {"victim": "Sergei Magnitsky"}


def test_a_fact_that_stands_in_several_places_is_used_until_the_last_is_gone(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    body = "{{ facts.victim }} was here.\n\n{{ facts.victim }} was there.\n\nAs {{ facts.occupation }}."
    letter = drafted(database, sandbox, template(tmp_path, body))
    letter = edited(database, letter, lambda body: body.replace("Sergei Magnitsky was here.", "He was here."))
    assert "victim" in facts_in(letter)
    letter = edited(
        database, letter, lambda body: body.replace("Sergei Magnitsky was there.", "He was there.")
    )
    assert list(facts_in(letter)) == ["occupation"]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("16 November 2009", "16 or 17 November 2009"),
        ("16 November 2009", "16 November 2019"),
        ("16 November 2009", "November 2009"),
        ("on 16 November 2009 in", "in"),
        ("16", "216"),
        ("16", "1.16"),
    ],
)
def test_a_fact_whose_words_were_changed_is_not_used(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, was: str, becomes: str
) -> None:
    body = "He died on {{ facts.date_of_death }} in custody, {{ facts.victim }}."
    letter = drafted(database, sandbox, template(tmp_path, body))
    after = edited(database, letter, lambda body: body.replace(was, becomes))
    assert list(facts_in(after)) == ["victim"]


def test_facts_with_signs_that_are_escaped_are_followed_too(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    with database.write() as session:
        entry = {"name": "award", "label": "Award", "type": "text", "value": "1. [*Prize*] of A_B & <C>"}
        save_fact(session, "magnitsky", fact_entry(entry))
    letter = drafted(database, sandbox, template(tmp_path, "{{ facts.award }}\n\nHe was {{ facts.victim }}."))
    assert facts_in(edited(database, letter, lambda body: body + "\n\nMore.")) == facts_in(letter)
    assert list(facts_in(edited(database, letter, lambda body: body.replace("Prize", "Price")))) == ["victim"]


WORDS = st.lists(st.sampled_from(["2", "2010", "Anna", "a", "b.", "\n", "Magnitsky"]), max_size=8).map(
    " ".join
)


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.tuples(WORDS, st.sampled_from(["2", "Anna", "16 May 2010"])), min_size=1, max_size=5),
    data=st.data(),
)
def test_an_edit_elsewhere_never_takes_a_fact_and_one_that_removes_it_always_does(
    parts: list[tuple[str, str]], data: st.DataObject
) -> None:
    def said(left_out: int | None = None) -> str:
        # Each passage has words of its own, without which nobody could say which of two equal ones was
        # deleted.
        return " ".join(
            f"p{n} {before} q{n} {'' if n == left_out else fact} r{n}"
            for n, (before, fact) in enumerate(parts)
        )

    old, facts = said(), [fact for _, fact in parts]
    assert still_standing(old, f"Before. {old}\n\nAfter.", facts) == [True] * len(facts)
    gone = data.draw(st.integers(0, len(facts) - 1))
    standing = still_standing(old, said(gone), facts)
    assert not all(standing[n] for n, fact in enumerate(facts) if fact == facts[gone])
    assert all(standing[n] for n, fact in enumerate(facts) if fact != facts[gone])


# Units of writing


class _Watching(TemplateSandbox):
    """Writes by way of another connection while a template is rendered, which
    fails while somebody holds the lock.
    """

    def __init__(self, path: Path, what: Callable[[Any], object] = lambda session: None) -> None:
        super().__init__()
        self._other, self._what, self.rendered = open_database(path), what, 0

    def render_each(
        self, name: str, parts: dict[str, str], common: dict[str, Any], each: Any
    ) -> list[Rendered]:
        with self._other.write() as session:
            self._what(session)
        self.rendered += 1
        return super().render_each(name, parts, common, each)

    def close(self) -> None:
        super().close()
        self._other.close()


def test_others_can_write_while_letters_are_rendered(
    sample_path: Path, sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.cli import letter_drafting
    from outreach.cli.main import main

    database = open_database(sample_path)
    references = factories.sent(database, sandbox, "Theresa May")
    database.close()
    watching: list[_Watching] = []

    def made() -> _Watching:
        watching.append(_Watching(sample_path))
        return watching[-1]

    monkeypatch.setattr(letter_drafting, "TemplateSandbox", made)
    for arguments in (
        ["letters", "draft", "--case", "magnitsky", "--to", "all"],
        ["letters", "follow-up", *references],
        ["letters", "refer", *references, "--to", "Heidi Hautala"],
    ):
        assert main(["--database", str(sample_path), *arguments]) == 0
    assert [w.rendered > 0 for w in watching] == [True] * 3


def test_the_demo_renders_outside_its_units_of_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.exchange import demo

    watching: list[_Watching] = []

    def made() -> TemplateSandbox:
        class Late(TemplateSandbox):
            def render_each(
                self, name: str, parts: dict[str, str], common: dict[str, Any], each: Any
            ) -> list[Rendered]:
                if not watching:
                    watching.append(_Watching(tmp_path / "outreach.db"))
                return watching[0].render_each(name, parts, common, each)

            def close(self) -> None:
                for one in watching:
                    one.close()
                super().close()

        return Late()

    monkeypatch.setattr(demo, "TemplateSandbox", made)
    demo.run_demo(tmp_path, say=lambda words: None)
    assert watching[0].rendered > 10


def plan(database: Database, sandbox: TemplateSandbox, to: str = "Theresa May, Damian Green") -> Any:
    with database.read() as session:
        found = recipients_for(session, 1, to, on=factories.DAY).recipients
        return plan_letters(
            session, sandbox, case_id="magnitsky", template=None, recipients=found, on=factories.DAY
        )


def own_letters(database: Database) -> int:
    with database.read() as session:
        return sum(r.origin == "own" for r in tracker_rows(session, campaigns_list(session)[0]))


def test_letters_to_somebody_who_was_removed_meanwhile_are_not_written(
    database: Database, sandbox: TemplateSandbox
) -> None:
    planned = plan(database, sandbox)
    with database.write() as session:
        remove_recipient(session, planned.letters[1].recipient.key)
    with pytest.raises(NotFoundError, match="Damian Green is not a recipient"), database.write() as session:
        draft_letters(session, planned)
    assert own_letters(database) == 0


def test_letters_with_a_fact_that_was_deleted_meanwhile_are_not_written(
    database: Database, sandbox: TemplateSandbox
) -> None:
    planned = plan(database, sandbox)
    with database.write() as session:
        delete_fact(session, next(f.key for f in facts_for(session, "magnitsky") if f.name == "victim"))
    with pytest.raises(NotFoundError, match="Victim was deleted"), database.write() as session:
        draft_letters(session, planned)
    assert own_letters(database) == 0


def test_two_plans_written_one_after_the_other_have_references_of_their_own(
    database: Database, sandbox: TemplateSandbox
) -> None:
    plans = [plan(database, sandbox), plan(database, sandbox)]
    found = []
    for planned in plans:
        with database.write() as session:
            found += draft_letters(session, planned).refs
    assert len(set(found)) == 4


def test_a_reminder_is_not_written_when_an_answer_came_meanwhile(
    database: Database, sandbox: TemplateSandbox
) -> None:
    (reference,) = factories.sent(database, sandbox, "Theresa May")
    with database.read() as session:
        planned = plan_follow_ups(session, sandbox, [reference])
    with database.write() as session:
        record_reply(session, reference, kind=ReplyKind.AGREED, on=factories.DAY)
    with pytest.raises(NotAllowedError, match="An answer to MAG-0006"), database.write() as session:
        draft_next(session, planned)
    assert own_letters(database) == 1
    (thanks,) = draft_follow_ups(database, sandbox, [reference]).refs
    assert detail(database, thanks).row.template == "thanks"


def test_a_question_only_reads_until_its_recipients_are_taken_or_written_to(
    database: Database, sandbox: TemplateSandbox
) -> None:
    with database.write() as session:
        key = next(r.key for r in recipients_list(session, 1) if r.name == "Theresa May")
        remove_recipient(session, key)
    with database.read() as session:
        before = len(recipients_list(session, 1))
        found = recipients_for(session, 1, "members of the House of Commons", on=factories.DAY).recipients
        new = [r for r in found if r.key == 0]
        assert "Theresa May" in {r.name for r in new}
        assert len(recipients_list(session, 1)) == before
    with pytest.raises(TemplateError), database.read() as session:
        plan_letters(
            session, sandbox, case_id="magnitsky", template=broken(), recipients=found, on=factories.DAY
        )
    taken = take_recipients(database, 1, "members of the House of Commons", on=factories.DAY)
    assert all(r.key for r in taken.recipients)
    with database.read() as session:
        assert len(recipients_list(session, 1)) == before + len(new)


def broken() -> Any:
    from dataclasses import replace

    from outreach.letters.templates import load_template

    return replace(load_template("uk-entry-ban"), body="{{ 1 / 0 }}")


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_written(
    sample_path: Path, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    from outreach.cli.main import main

    database = open_database(sample_path)
    (reference,) = factories.drafted(database, sandbox, "Theresa May")
    (tmp_path / "fine.txt").write_text("x", encoding="utf-8")
    arguments = ["letters", "enclose", reference, str(tmp_path / "fine.txt"), "/dev/zero"]
    assert main(["--database", str(sample_path), *arguments]) == 1
    with database.read() as session:
        assert enclosures_list(session, reference) == ()
    database.close()
