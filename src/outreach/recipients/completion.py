"""What a question that is being typed may become."""

import re

from sqlalchemy.orm import Session

from outreach.directory.bodies import bodies_named
from outreach.directory.places import areas_named
from outreach.domain.references import folded
from outreach.recipients.groups import groups_list
from outreach.recipients.parse import (
    is_whole_question,
)
from outreach.recipients.rows import recipients_page

_STARTS = (
    "all", "members of ", "chairs of ", "senators", "representatives", "meps", "mps", "audience:",
)  # fmt: skip


_GOES_ON = (
    " of ", " party ", " in term ", " on ", " without an answer after 30 days", " with an answer",
    " not written to",
)  # fmt: skip


def complete(session: Session, campaign_key: int, text: str, limit: int = 12) -> tuple[str, ...]:
    """What a query that is being typed may become: whole queries that begin with what is there."""
    head, comma, part = text.rpartition(",")
    lead = f"{head}{comma} " if comma else ""
    typed = part.lstrip()
    low = folded(typed)
    options: list[str] = []
    if match := re.match(r"(members of|chairs of)\s+(.*)$", typed, re.I):
        options += [f"{match.group(1)} {n}" for _, n in bodies_named(session, match.group(2), limit)]
    if match := re.match(r"(senators|representatives|meps|mps)\s+of\s+(.*)$", typed, re.I):
        options += [f"{match.group(1)} of {n}" for n in areas_named(session, match.group(2), limit)]
    options += [name for name, _ in groups_list(session, campaign_key) if folded(name).startswith(low)]
    options += [s for s in _STARTS if s.startswith(low)]
    if typed and not typed.endswith(" ") and is_whole_question(typed):
        options += [f"{typed}{more}" for more in _GOES_ON]
    if low:
        options += [r.name for r in recipients_page(session, campaign_key, typed, limit=limit).rows]
    return tuple(dict.fromkeys(f"{lead}{o}" for o in options if o != typed))[:limit]
