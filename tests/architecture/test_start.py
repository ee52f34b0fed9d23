"""What a start reads: a command waits for the libraries that it needs, and for no other."""

import importlib
import json
import subprocess
import sys

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from outreach.cli.base import GROUPS, PLACES, app
from outreach.cli.main import main  # noqa: F401  it declares the command without a command

HEAVY = (
    "PySide6", "typst", "pyhanko", "aiohttp", "openpyxl", "alembic", "icalendar", "docx", "pikepdf", "PIL",
    "keyring", "jinja2",
    "nameparser", "rapidfuzz", "holidays", "pydantic", "markdown_it", "email_validator", "flufl.bounce",
)  # fmt: skip


def test_each_command_is_found_in_the_module_that_is_read_for_it() -> None:
    for place in PLACES.values():
        importlib.import_module(f"outreach.cli.{place}")
    made = [("", app), *GROUPS.items()]
    commands = [
        (f"{group} {c.name}".strip(), c.callback) for group, typer in made for c in typer.registered_commands
    ]
    assert len(commands) > 60
    for command, callback in commands:
        name = command.split()[-1] if command.split()[-1] != "None" else callback.__name__
        key = f"{command.split()[0]} {name}" if " " in command else name
        place = PLACES.get(key) or PLACES[key.split()[0]]
        assert callback.__module__ == f"outreach.cli.{place}", key


def test_the_help_lists_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    for name in (*GROUPS, "import", "search", "today", "demo", "init", "backup", "restore", "check"):
        assert f"\n  {name} " in shown
    for name, group in GROUPS.items():
        shown = CliRunner().invoke(app, [name, "--help"]).output
        for command in get_group(group).commands:
            assert f"\n  {command} " in shown


@pytest.mark.parametrize(
    ("command", "needs"),
    [("people list", set()), ("bodies list", set())],
)
def test_a_list_reads_no_library_that_it_does_not_use(command: str, needs: set[str]) -> None:
    place = PLACES.get(command) or PLACES[command.split()[0]]
    code = (
        f"import json, sys, outreach.cli.main, outreach.cli.{place};"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(run.stdout)) <= needs


def test_a_command_of_a_group_reads_its_own_module_and_no_other_of_the_group() -> None:
    places = sorted(set(PLACES.values()))
    code = (
        "import json, sys, outreach.cli.main as cli\n"
        "cli.main(['letters', 'list', '--help'])\n"
        f"print(json.dumps([p for p in {places!r} if f'outreach.cli.{{p}}' in sys.modules]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout.splitlines()[-1]) == ["letter_table"]


@pytest.mark.parametrize(("typed", "nearest"), [(("leters",), "letters"), (("letters", "lst"), "list")])
def test_a_command_that_there_is_not_names_the_nearest(typed: tuple[str, ...], nearest: str) -> None:
    assert f"Did you mean '{nearest}'?" in CliRunner().invoke(app, [*typed]).output


def test_what_is_read_ahead_is_there_and_is_all_that_a_page_needs() -> None:
    code = (
        "import importlib, json, sys, outreach.app\n"
        "from outreach.ui.pages.registry import PAGES\n"
        "from outreach.ui.reading_ahead import MODULES\n"
        "PAGES[0].page()  # is shown by then\n"
        "for name in MODULES: importlib.import_module(name)\n"
        "before = set(sys.modules)\n"
        "for entry in PAGES: entry.page()\n"
        "print(json.dumps([m for m in sys.modules if m not in before and m.startswith('outreach')]))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == []
