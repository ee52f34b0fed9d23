"""The window: how soon it is there, how long it ever hesitates, what it keeps in memory.

Printed, never asserted.

OUTREACH_GROWN names a database of very many letters that `tests.benchmarks.grow` made before.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from outreach.cli.main import main
from outreach.store.database import open_database
from tests.benchmarks.grow import grow
from tests.benchmarks.test_speed import tell

ROUNDS = 5
pytestmark = pytest.mark.timeout(0)


def started(*arguments: str, stalls: Path | None = None) -> dict[str, float]:
    """What one start of `tests.benchmarks.window` tells, in a process of its own."""
    environment = os.environ | {"BENCH_STARTED": repr(time.time()), "QT_QPA_PLATFORM": "offscreen"}
    if stalls is not None:
        environment["OUTREACH_STALLS"] = str(stalls)
    command = [sys.executable, "-m", "tests.benchmarks.window", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample campaign."""
    path = tmp_path_factory.mktemp("few") / "few.db"
    assert main(["--database", str(path), "init", "--campaign", "magnitsky"]) == 0
    return path


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of very many letters."""
    if made := os.environ.get("OUTREACH_GROWN", ""):
        return Path(made)
    path = tmp_path_factory.mktemp("many") / "many.db"
    database = open_database(path, create=True)
    grow(database, int(os.environ.get("OUTREACH_LETTERS", "100000")), 5_000)
    database.close()
    return path


def test_the_window_is_there(few: Path, many: Path) -> None:
    bare = min(started()["shown_ms"] for _ in range(ROUNDS)) / 1000
    for name, path in (("few", few), ("very many", many)):
        shown = min(started(str(path))["settled_ms"] for _ in range(ROUNDS)) / 1000
        tell(f"window with {name} letters, shown and settled", shown, "a bare window", bare)


def test_memory_and_pauses_with_all_pages_visited(few: Path, many: Path, tmp_path: Path) -> None:
    little = started(str(few))["memory_mb"]
    longest = []
    for number in range(ROUNDS):
        stalls = tmp_path / f"stalls-{number}"
        found = started(str(many), stalls=stalls)
        lines = stalls.read_text(encoding="utf-8").splitlines() if stalls.exists() else []
        longest.append(max((json.loads(line)["ms"] for line in lines), default=0))
    print(f"\nmemory with very many letters: {found['memory_mb'] - little:+.0f} MB beside {little:.0f} MB")  # noqa: T201
    print(f"\nlongest pause of the window: {median(longest)} ms median, {max(longest)} ms worst")  # noqa: T201


def test_commands_against_the_imports_that_none_can_do_without(few: Path) -> None:
    def took(*command: str) -> float:
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            subprocess.run([sys.executable, *command], capture_output=True, check=True)
            times.append(time.perf_counter() - began)
        return min(times)

    bare = took("-c", "import sqlalchemy.orm, sqlcipher3, typer")
    outreach = ("-m", "outreach", "--database", str(few))
    for name, command in (
        ("people list --search", ("people", "list", "--search", "may")),
        ("letters show", ("letters", "show", "MAG-0001")),
        ("letters list --limit 50", ("letters", "list", "--limit", "50")),
        ("today", ("today",)),
    ):
        tell(name, took(*outreach, *command), "import sqlalchemy.orm, sqlcipher3, typer", bare)
