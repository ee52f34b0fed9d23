"""Words of the interface for what the database stores as keys."""

from outreach.desk.letter_row import TrackerRow

CHANNELS = {
    "email": "e-mail",
    "address": "post",
    "post": "post",
    "web_form": "web form",
    "form": "web form",
    "url": "web",
    "in_person": "in person",
}
# By urgency, which is also how the table sorts standings.
PHASE_TONE = {
    "uncertain": "bad",
    "answer to read": "good",
    "long overdue": "bad",
    "overdue": "bad",
    "due soon": "warning",
    "awaiting": "accent",
    "draft": "quiet",
    "approved": "accent",
    "queued": "accent",
    "sent": "accent",
    "acknowledged": "accent",
    "answered": "good",
    "bounced": "bad",
    "failed": "bad",
    "ended": "quiet",
    "closed": "quiet",
    "withdrawn": "quiet",
}
STANDINGS = {
    "draft": "Draft",
    "approved": "Ready to send",
    "queued": "In the outbox",
    "sent": "Sent",
    "acknowledged": "Acknowledged",
    "answered": "Answered",
    "closed": "Closed",
    "bounced": "Bounced",
    "failed": "Refused",
    "withdrawn": "Withdrawn",
    "awaiting": "Awaiting answer",
    "due soon": "Due soon",
    "overdue": "Overdue",
    "long overdue": "Long overdue",
    "answer to read": "Answer to read",
}
_PHASES = frozenset({"awaiting", "due soon", "overdue", "long overdue", "answer to read"})
EVENTS = {
    "drafted": "Drafted",
    "edited": "Edited",
    "approved": "Approved",
    "sent": "Sent",
    "queued": "Put into the outbox",
    "taken_back": "Taken out of the outbox",
    "deferred": "Put off by the server",
    "failed": "Refused by the server",
    "reply_received": "Answer received",
    "withdrawn": "Withdrawn",
    "closed": "Closed",
    "deleted": "Deleted",
    "restored": "Restored",
    "reported": "Reported by a source",
    "reply_classed": "Answer classed",
    "reopened": "Back to draft",
    "reply_edited": "Answer changed",
    "reply_removed": "Answer removed",
    "reply_restored": "Answer put back",
    "reply_moved": "Answer moved to another letter",
    "bounced": "Came back",
    "bounce_moved": "Did not come back after all",
    "delayed": "Delivery delayed",
    "delivered": "Delivered",
    "auto_reply": "Automatic answer",
    "followed_up": "Follow-up drafted",
    "referral_drafted": "Next letter drafted",
    "enclosed": "File enclosed",
    "taken_out": "File taken out",
    "sent_undone": "Not sent after all",
    "close_undone": "Opened again",
    "withdrawal_undone": "Withdrawal taken back",
    "queueing_undone": "Taken out of the outbox again",
    "taking_out_undone": "Put back into the outbox",
    "report_moved": "Report moved to another letter",
}


NATURES = {
    "answer": "Answer",
    "bounce": "Came back",
    "delay": "Delayed",
    "delivered": "Delivered",
    "auto_reply": "Automatic",
    "out_of_office": "Out of office",
}


def file_size(size_bytes: int) -> str:
    """A file's size as people say it."""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if size_bytes >= factor:
            return (
                f"{size_bytes / factor:.1f} {unit}"
                if size_bytes < 10 * factor
                else f"{size_bytes // factor} {unit}"
            )
    return f"{size_bytes} bytes"


def channel_in_words(channel: str) -> str:
    """A channel or a contact detail's type as people say it."""
    return CHANNELS.get(channel, channel.replace("_", " "))


def standing_in_words(row: TrackerRow) -> str:
    """Where a letter stands: its phase while an answer is awaited, else its state."""
    if row.is_uncertain:
        return "Sent? Not certain"
    phase = row.phase.value
    return STANDINGS.get(phase if phase in _PHASES else row.status.value, row.status.value)


def event_in_words(kind: str) -> str:
    """A step in a letter's life."""
    return EVENTS.get(kind, kind.replace("_", " ").capitalize())
