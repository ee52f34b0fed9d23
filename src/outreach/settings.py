"""Preferences that belong to this user and machine, kept as JSON in the platform's config folder."""

import getpass
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from platformdirs import user_config_path, user_data_path


@dataclass(frozen=True)
class Settings:
    """What the app remembers between starts; every field has a working default.

    last_database: the database opened last ("" for none). theme: system, light or dark.
    window_geometry, window_state: Qt's own state as hexadecimal. smtp_*, imap_*: the mail account, without
    its password. smtp_per_minute: most letters handed over in a minute, 0 for no limit. imap_user: "" for the
    same login as for sending. notify: yes or no, whether the desktop is told once a day what waits.
    """

    last_database: str = ""
    theme: str = "system"
    window_geometry: str = ""
    window_state: str = ""
    smtp_host: str = ""
    smtp_port: str = "587"
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_from: str = ""
    smtp_per_minute: str = "30"
    imap_host: str = ""
    imap_port: str = "993"
    imap_security: str = "tls"
    imap_user: str = ""
    imap_folder: str = "INBOX"
    notify: str = "yes"


def settings_path() -> Path:
    """Where the preferences lie; ``OUTREACH_CONFIG_DIR`` moves them (tests, portable use)."""
    folder = os.environ.get("OUTREACH_CONFIG_DIR")
    return (Path(folder) if folder else user_config_path("outreach", appauthor=False)) / "settings.json"


def load_settings() -> Settings:
    """Read the preferences; a missing or damaged file, or an unknown entry, gives the defaults."""
    try:
        stored = json.loads(settings_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Settings()
    known = {f.name for f in fields(Settings)}
    kept = (
        {k: v for k, v in stored.items() if k in known and isinstance(v, str)}
        if isinstance(stored, dict)
        else {}
    )
    return replace(Settings(), **kept)


def save_settings(settings: Settings) -> bool:
    """Write the preferences. Returns: whether it worked; a read-only folder is not worth a stop."""
    path = settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
        scratch.replace(path)
    except OSError:
        return False
    return True


def default_database() -> Path:
    """The database opened when none is named: the one in the user's data folder."""
    return user_data_path("outreach", appauthor=False) / "outreach.db"


def user_name() -> str:
    """Who is at the keyboard, for histories and the journal; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return ""
