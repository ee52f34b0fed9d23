"""Rules of the house that no linter knows."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in done.stdout.splitlines()]


def test_no_lambda_is_connected_to_a_signal() -> None:
    found = [
        f"{path.name}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"\.connect\(\s*lambda", line)
    ]
    assert found == []


def test_no_dialog_stops_the_window() -> None:
    found = [
        path.name
        for path in (ROOT / "src/outreach/ui").rglob("*.py")
        if re.search(
            r"\.exec\(|QMessageBox\.(warning|critical|question|information)\(|getOpenFileName|getSaveFileName|getExistingDirectory",
            path.read_text(encoding="utf-8"),
        )
    ]
    assert found == []


def test_a_button_or_dialog_that_could_start_something_twice_is_not_made_by_hand() -> None:
    # Where these stand, nothing but the window itself is concerned: the parts they are made of, a box that
    # copies, the bar that stops, the bars of a chart that lead to a page.
    allowed = {"buttons.py", "acting.py", "errors.py", "forms.py", "job_bar.py", "main_window.py", "chart.py"}
    found = [
        path.name
        for path in (ROOT / "src/outreach/ui").rglob("*.py")
        if path.name not in allowed
        and re.search(
            r"\.clicked\.connect\(|\bQPushButton\([^)]*\)\.clicked|dialog\.open\(\)",
            path.read_text(encoding="utf-8"),
        )
    ]
    assert found == []


def test_the_type_checker_reads_every_module_strictly() -> None:
    checker = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert checker["strict"] is True
    assert checker["packages"] == ["outreach"]
    assert "exclude" not in checker
    lenient = {
        key
        for override in checker["overrides"]
        for key in override
        if key not in {"module", "ignore_missing_imports"}
    }
    own = [o for o in checker["overrides"] if any(m.startswith("outreach") for m in o["module"])]
    assert (lenient, own) == (set(), [])
    silenced = [p.name for p in SOURCES if "# mypy:" in p.read_text(encoding="utf-8")]
    assert silenced == []


def test_any_in_the_window_says_why_it_stands_there() -> None:
    found = []
    for path in [*(ROOT / "src/outreach/ui").rglob("*.py"), ROOT / "src/outreach/app.py"]:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name) and node.id == "Any" and "# Any:" not in lines[node.lineno - 2]:
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_no_file_names_a_package_registry_or_a_path_of_this_machine() -> None:
    # Put together here, so that this file does not name them either.
    unwanted = [
        ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs", "org"))
    ]
    unwanted += [f"{ROOT}/", f"{Path.home()}/"]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        if path.suffix not in {".db", ".png", ".ttf"} and path.exists()
        for word in unwanted
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


def test_every_room_and_public_function_says_what_it_is_for() -> None:
    missing = []
    for path in SOURCES:
        if "migrations" in path.parts or path.name == "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            missing.append(f"{path.name}: module")
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
                and not node.name.endswith("Entry")  # the campaign format's, told together in its module
            ):
                missing.append(f"{path.name}: {node.name}")
    assert missing == []


def test_no_error_is_its_own_cause() -> None:
    """A function that explains errors gives back none that it was given, for what is raised
    from it is its own cause then.
    """
    found = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        explained = {
            raised.exc.func.id
            for raised in ast.walk(tree)
            if isinstance(raised, ast.Raise)
            and isinstance(raised.cause, ast.Name)
            and isinstance(raised.exc, ast.Call)
            and isinstance(raised.exc.func, ast.Name)
        } | {"_explained", "explain", "os_error"}
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and function.name in explained:
                given = {argument.arg for argument in function.args.args}
                found += [
                    f"{path.name}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Return)
                    and isinstance(node.value, ast.Name)
                    and node.value.id in given
                ]
    assert found == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_resources_and_templates_and_nothing_stray(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "outreach/_data/templates/letters/uk-entry-ban.md.j2",
        "outreach/_data/templates/packs/pack.typ",
        "outreach/_data/resources/campaigns/magnitsky/campaign.yaml",
        "outreach/_data/resources/fonts/OFL-Inter.txt",
        "outreach/_data/resources/icons/mail.svg",
        "outreach/_data/resources/style/dark.json",
        "outreach/store/migrations/versions/0001_first_schema.py",
    ):
        assert wanted in names
    strays = [n for n in names if n.endswith((".db", ".pyc", ".env")) or "/tests/" in n or "screenshots" in n]
    assert strays == []


def test_the_wheel_alone_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r}); import outreach; assert "
        f"outreach.__file__.startswith({str(target)!r});from outreach.exchange.campaign_folder import "
        f"campaign_folder, read_campaign;from outreach.letters.templates import templates_list;"
        f"from outreach.resources import resource;"
        f"assert str(resource('templates/packs/pack.typ')).startswith({str(target)!r});"
        f"print(len(templates_list()), len(read_campaign(campaign_folder('magnitsky')).people))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stdout.split() == ["21", "18"], done.stderr


def test_the_map_of_the_house_names_what_there_is() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    house = text[text.index("```\nsrc/outreach/") : text.index("resources/              campaigns/")]
    room, missing = "", []
    for line in house.splitlines()[2:]:
        if found := re.match(r"(  |    )([a-z_]+)/ ", line):
            room = found[2] if found[1] == "  " else f"{room.split('/')[0]}/{found[2]}"
            if not (ROOT / "src/outreach" / room).is_dir():
                missing.append(room)
        for name in re.findall(r"\b([a-z_]+\.py)\b", line):
            if not any(
                (ROOT / "src/outreach" / place / name).exists() for place in (room, room.split("/")[0], "")
            ):
                missing.append(f"{room}: {name}")
    assert missing == []


def test_each_call_named_in_contributing_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    missing = []
    for dotted in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+\.[A-Za-z_]+)`", text):
        module, _, name = dotted.rpartition(".")
        if (ROOT / "src/outreach" / module.replace(".", "/")).with_suffix(".py").exists():
            if not hasattr(importlib.import_module(f"outreach.{module}"), name):
                missing.append(dotted)
        elif not dotted.endswith((".py", ".db", ".ci.run")):
            missing.append(dotted)
    assert missing == []


def _writes_a_letters_life(tree: ast.AST) -> list[int]:
    """Lines that write a status of something, or a step of a letter's history."""

    def targets(node: ast.AST) -> list[ast.expr]:
        if isinstance(node, ast.Assign):
            given = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            given = [node.target]
        else:
            return []
        return [part for one in given for part in (one.elts if isinstance(one, ast.Tuple) else [one])]

    def named(call: ast.Call) -> str:
        return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")

    def names_life(node: ast.AST) -> bool:
        if isinstance(node, ast.Call) and named(node) == "table_of":
            node = node.args[0]
        if isinstance(node, ast.Attribute) and node.attr == "__table__":
            node = node.value
        return isinstance(node, ast.Name) and node.id in {"Letter", "LetterEvent"}

    found = []
    for node in ast.walk(tree):
        for target in targets(node):
            is_status = isinstance(target, ast.Attribute) and target.attr == "status"
            if is_status and getattr(target.value, "id", "") not in {"self", "fact"}:
                found.append(node.lineno)
        if not isinstance(node, ast.Call):
            continue
        name, keywords = named(node), {k.arg for k in node.keywords}
        is_bulk = name in {"insert", "update"} and any(names_life(x) for x in node.args)
        is_set = name == "setattr" and any(
            isinstance(x, ast.Constant) and x.value == "status" for x in node.args
        )
        if name == "LetterEvent" or (name == "Letter" and "status" in keywords) or is_bulk or is_set:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "code",
    [
        "letter.status = 1",
        "letter.status, letter.sent_on = 1, 2",
        "setattr(letter, 'status', 1)",
        "session.add(LetterEvent(kind='x'))",
        "Letter(status=1)",
        "session.execute(insert(table_of(LetterEvent)), rows)",
        "session.execute(sa.update(Letter).values(status=1))",
    ],
)
def test_each_way_to_write_a_letters_life_is_seen(code: str) -> None:
    assert _writes_a_letters_life(ast.parse(code)) == [1]


def test_only_the_ledger_writes_the_status_and_the_history_of_a_letter() -> None:
    found = [
        f"{path.name}:{line}"
        for path in SOURCES
        if "migrations" not in path.parts and path.parts[-2:] != ("letters", "ledger.py")
        for line in _writes_a_letters_life(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []
