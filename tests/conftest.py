"""What all tests share: no display, no settings of the developer's own, and a sample campaign made once."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

import pytest

from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.letters.sandbox import TemplateSandbox
from outreach.store.database import Database, open_database

DAY = date(2011, 1, 26)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("OUTREACH_DATABASE", raising=False)


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample campaign; tests work on copies of it."""
    path = tmp_path_factory.mktemp("sample") / "outreach.db"
    database = open_database(path, create=True)
    with database.write() as session:
        load_campaign(session, read_campaign(campaign_folder("magnitsky")))
    database.close()
    return path


@pytest.fixture
def sample_path(sample_file: Path, tmp_path: Path) -> Path:
    """A copy of the sample database, for one test."""
    return Path(shutil.copy(sample_file, tmp_path / "outreach.db"))


@pytest.fixture
def database(sample_path: Path) -> Iterator[Database]:
    """The sample campaign, open."""
    opened = open_database(sample_path)
    yield opened
    opened.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A new database with nothing in it."""
    opened = open_database(tmp_path / "empty.db", create=True)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[TemplateSandbox]:
    """The process that runs templates."""
    made = TemplateSandbox()
    yield made
    made.close()
