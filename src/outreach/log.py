"""Logging to a file in the user's log folder, for the causes that messages leave out."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from platformdirs import user_log_path


def start_logging(folder: Path | None = None) -> Path | None:
    """Log warnings and worse to ``outreach.log``.

    Args: folder: where; by default the platform's own log folder.
    Returns: the file, or None where that folder cannot be written (the app still runs).
    """
    target = folder or user_log_path("outreach", appauthor=False)
    try:
        target.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            target / "outreach.log", maxBytes=1_000_000, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    return target / "outreach.log"
