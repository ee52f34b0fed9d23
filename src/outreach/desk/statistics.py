"""What the letters of a table add up to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from outreach.desk.letter_query import group_name, is_answered, standing_holds, went_out
from outreach.desk.letter_row import TrackerRow


@dataclass(frozen=True)
class GroupCount:
    """Letters to one body, party or country: how many went out and how many of these were answered or are overdue.

    median_days: from sending to the answer, None if none was answered. in_time: awaited, and not overdue. given_up: neither
        answered nor awaited. Each number counts what the standing of the same name shows; sent is *went out*.
    """

    name: str
    sent: int
    answered: int
    overdue: int
    median_days: float | None
    in_time: int = 0
    given_up: int = 0

    @property
    def response_rate(self) -> float:
        """Answered of sent."""
        return self.answered / self.sent


@dataclass(frozen=True)
class Statistics:
    """What the table adds up to. response_rate: answered of sent, None if nothing was sent."""

    total: int
    drafts: int
    ready: int
    sent: int
    answered: int
    awaiting: int
    overdue: int
    response_rate: float | None
    median_days: float | None
    by_body: tuple[GroupCount, ...]


def group_counts(rows: Iterable[TrackerRow], by: str) -> tuple[GroupCount, ...]:
    """What letters that went out add up to, by body, party or country; most letters first.

    Args: by: one of GROUPINGS. Letters whose recipient has none are left out, but for the body's: there the recipient stands.
    """
    grouped: dict[str, list[TrackerRow]] = defaultdict(list)
    for row in rows:
        name = group_name(row, by)
        if went_out(row) and name:
            grouped[name].append(row)
    counts = []
    for name, group in grouped.items():
        days = [r.days_taken for r in group if r.days_taken is not None]
        counts.append(
            GroupCount(
                name,
                len(group),
                _count(group, "answered"),
                _count(group, "overdue"),
                float(median(days)) if days else None,
                _count(group, "in time"),
                _count(group, "given up"),
            )
        )
    return tuple(sorted(counts, key=lambda g: (-g.sent, g.name)))


def _count(rows: Iterable[TrackerRow], word: str) -> int:
    return sum(standing_holds(r, word) for r in rows)


def statistics(rows: Iterable[TrackerRow]) -> Statistics:
    """Counts over letters; those withdrawn count as neither drafts nor sent."""
    letters = list(rows)
    sent, answered = _count(letters, "went out"), _count(letters, "answered")
    days = [r.days_taken for r in letters if is_answered(r) and r.days_taken is not None]
    return Statistics(
        total=len(letters),
        drafts=_count(letters, "draft"),
        ready=_count(letters, "ready"),
        sent=sent,
        answered=answered,
        awaiting=_count(letters, "waiting"),
        overdue=_count(letters, "overdue"),
        response_rate=answered / sent if sent else None,
        median_days=float(median(days)) if days else None,
        by_body=group_counts(letters, "body"),
    )
