"""Templates: those that ship are sound; hostile and broken ones are stopped with a sentence."""

from pathlib import Path

import pytest

from outreach.errors import MissingFactsError, NotFoundError, TemplateError
from outreach.letters.checks import check_template
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import best_template, load_template, read_template, templates_list
from outreach.store.database import Database
from tests import factories

HEAD = "---\ntitle: T\naudience: [any]\nlanguage: en\nsubject: S\n---\n"


def write(folder: Path, body: str, head: str = HEAD) -> Path:
    path = folder / "mine.md.j2"
    path.write_text(head + body, encoding="utf-8")
    return path


def test_the_shipped_templates_cover_every_kind_of_letter() -> None:
    templates = templates_list()
    assert len(templates) >= 18
    languages = {t.language for t in templates if "mep" in t.audience}
    assert languages == {"en", "fr", "de"}
    audiences = {a for t in templates for a in t.audience}
    assert {"uk_minister", "mep", "us_senator", "us_commission", "un_rapporteur"} <= audiences
    assert {t.purpose for t in templates} == {"ask", "follow_up", "thanks", "referral"}


@pytest.mark.parametrize("template", [t.id for t in templates_list() if t.purpose == "ask"])
def test_every_shipped_template_works_with_the_sample_case(
    database: Database, sandbox: TemplateSandbox, template: str
) -> None:
    with database.read() as session:
        assert check_template(session, sandbox, load_template(template), "magnitsky") == ()


@pytest.mark.parametrize("template", [t.id for t in templates_list() if t.purpose != "ask"])
def test_follow_ups_work_once_a_letter_was_sent(
    database: Database, sandbox: TemplateSandbox, template: str
) -> None:
    with database.read() as session:
        assert check_template(session, sandbox, load_template(template), "magnitsky") == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{% if %}", r"mine.md.j2, line 7"),
        ("line\n\n{{ facts.victim ", r"line 9"),
        ("{% for x in %}", "line 7"),
        ("{{ os.getcwd() }}", "uses os, which templates do not have"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        read_template(write(tmp_path, body))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("no front matter", "no front matter"),
        ("---\ntitle: T\n", "never ends"),
        ("---\ntitle: T\n---\n", "audience"),
        ("---\ntitle: T\naudience: [king]\nlanguage: en\nsubject: S\n---\n", "no audience is called king"),
        ("---\ntitle: T\naudience: [any]\nlanguage: tlh\nsubject: S\n---\n", "language"),
        ("---\n- just\n- a list\n---\n", "front matter must hold"),
        ("---\ntitle: [\n---\n", "cannot be read"),
    ],
)
def test_a_front_matter_is_checked(tmp_path: Path, head: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        read_template(write(tmp_path, "text", head))


def test_bytes_that_are_no_text_and_huge_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.md.j2"
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(TemplateError, match="not UTF-8"):
        read_template(path)
    path.write_text(HEAD + "x" * 300_000, encoding="utf-8")
    with pytest.raises(TemplateError, match="larger"):
        read_template(path)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "not Python itself|not have|no attribute"),
        ("{{ facts.victim.__init__.__globals__ }}", "not Python itself|no attribute|has no"),
        ("{{ case.name.__class__ }}", "not Python itself|no attribute"),
        (
            "{% for a in range(99999999) %}{% for b in range(99999999) %}{% endfor %}{% endfor %}",
            "never ends",
        ),
        ("{{ 'x' * 999999999 }}", "too large|memory|never ends"),
        ("{{ '%999999999d' % 1 }}", "too large|memory|never ends"),
        ("{{ [1].append(2) }}", "not Python itself|not safe"),
        ("{% include '../../pyproject.toml' %}", "no file"),
        ("{% include '/etc/passwd' %}", "no file"),
        ("{% set ns = namespace(a=[]) %}{% for i in range(9) %}{{ 1 / 0 }}{% endfor %}", "division"),
    ],
)
def test_hostile_templates_are_stopped_with_a_sentence(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, body: str, message: str
) -> None:
    template = read_template(write(tmp_path, body))
    with database.read() as session:
        problems = check_template(session, sandbox, template, "magnitsky")
    assert len(problems) == 1
    assert "Traceback" not in problems[0]
    import re

    assert re.search(message, problems[0]), problems[0]


def test_an_endless_loop_is_killed_and_the_next_template_works(database: Database, tmp_path: Path) -> None:
    impatient = TemplateSandbox(seconds=0.5)
    body = (
        "{% set ns = namespace(n=0) %}{% for a in range(90000) %}{% for b in range(90000) %}{% set ns.n "
        "= ns.n + 1 %}{% endfor %}{% endfor %}"
    )
    try:
        with database.read() as session:
            problems = check_template(session, impatient, read_template(write(tmp_path, body)), "magnitsky")
            assert "never ends" in problems[0]
            good = read_template(write(tmp_path, "Fine: {{ facts.victim }}"))
            assert check_template(session, impatient, good, "magnitsky") == ()
    finally:
        impatient.close()


def test_all_missing_facts_are_named_at_once_and_nothing_is_written(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    path = write(tmp_path, "{{ facts.nope }} {{ facts.victim }} {{ facts.nada }}")
    with pytest.raises(MissingFactsError) as caught:
        factories.drafted(database, sandbox, "all", str(path))
    assert caught.value.names == ("nope", "nada")
    assert "Nothing was written" in str(caught.value)
    from outreach.cases.campaigns import campaigns_list
    from outreach.desk.letter_table import tracker_rows

    with database.read() as session:
        assert not [r for r in tracker_rows(session, campaigns_list(session)[0]) if r.origin == "own"]


def test_an_optional_fact_may_be_missing(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path
) -> None:
    path = write(tmp_path, "A{% if facts.nope is defined %} {{ facts.nope }}{% endif %} B")
    assert factories.drafted(database, sandbox, "Theresa May", str(path)) == ("MAG-0006",)


def test_an_unknown_template_names_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="uk-entry-ban"):
        load_template("nothing")


def test_the_language_of_the_recipient_picks_the_template() -> None:
    templates = templates_list()
    assert best_template(templates, "mep", "fr").id == "eu-sanctions-mep-fr"  # type: ignore[union-attr]
    assert best_template(templates, "mep", "fi").id == "eu-sanctions-mep"  # type: ignore[union-attr]
    assert best_template(templates, "uk_minister", "de").language == "en"  # type: ignore[union-attr]
