"""Ways back and codes: what was marked sent by mistake may become a draft again; what is told is kept as a
code.

A letter that was marked sent by hand, and of which that was taken back, is no longer counted as handed over.
The English sentences in the history of letters, in attempts to send and in the reasons for what kind a
message is become codes with parameters, as JSON in the same columns. What no release wrote, such as the words
of people and servers, is kept as free text.

Revision: 0007, after 0006.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_AT_ONCE = 5_000
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAY = rf"(?:\d{{1,2}} (?:{'|'.join(_MONTHS)}) \d{{4}}|\d{{4}}-\d\d-\d\d)"
_KINDS = "acknowledgement|substantive|holding|referred|refused|agreed|thanks"
_CHANNELS = {
    "e-mail": "email",
    "email": "email",
    "post": "post",
    "web form": "web_form",
    "in person": "in_person",
}
_ANSWER = (
    rf"(?:(?P<kind>{_KINDS})|not classed yet), (?P<on>{_DAY})(?:, from (?P<sender>.*?))?(?:, “(?P<text>.*)”)?"
    r"(?:, promised: (?P<promise>.*))?"
)
_TOLD: dict[str, tuple[tuple[str, str], ...]] = {
    "drafted": ((r"From the template (?P<template>.+)\.", "from_template"),),
    "approved": ((r"SHA-256 (?P<sha256>[0-9a-f]{64})", "text_hash"),),
    "sent": (
        (rf"by e-mail to (?P<address>\S.*) on (?P<on>{_DAY})", "sent_to"),
        (rf"by (?P<channel>{'|'.join(_CHANNELS)}) on (?P<on>{_DAY})", "sent_by"),
        (r"settled by a user: it went out", "settled_as_sent"),
    ),
    "queued": ((r"settled by a user: it did not go out", "settled_as_not_sent"),),
    "reply_received": ((_ANSWER, "answer"), (rf"(?P<kind>{_KINDS}): (?P<text>.*)", "answer_reported")),
    "reply_removed": ((_ANSWER, "answer"),),
    "reply_restored": ((_ANSWER, "answer"),),
    "reply_edited": ((f"before: {_ANSWER}", "answer_before"),),
    "reply_classed": ((rf"(?P<kind>{_KINDS})", "answer_kind"),),
    "reply_moved": ((r"the answer belonged to another letter", "answer_of_another"),),
    "bounce_moved": ((r"the report belonged to another letter", "bounce_of_another"),),
    "auto_reply": ((rf"(?:(?P<subject>.*), )?(?P<on>{_DAY})", "automatic_answer"),),
    "followed_up": ((r"(?P<references>[^\s,]+-\d+(?:, [^\s,]+-\d+)*)", "next_letters"),),
    "referral_drafted": ((r"(?P<references>[^\s,]+-\d+(?:, [^\s,]+-\d+)*)", "next_letters"),),
    "enclosed": ((r"(?P<name>.+)", "file"),),
    "taken_out": ((r"(?P<name>.+)", "file"),),
}
"""What each step told, and the code of it."""
_REASONS = (
    (r"Said by hand\.", "said_by_hand"),
    (r"The addressee’s mailbox rejected it\.", "rejected_by_mailbox"),
    (r"It is a notice that the message was opened or sorted\.", "opened_or_sorted"),
    (
        r"The mail server reports that it could not be delivered(?: \((?P<status>[^()]*)\))?\.",
        "not_delivered",
    ),
    (r"The mail system says that it was not delivered\.", "not_delivered_in_words"),
    (r"The mail server is still trying to deliver it(?: \((?P<status>[^()]*)\))?\.", "still_trying"),
    (r"The mail system is still trying to deliver it\.", "system_still_trying"),
    (r"The mail server reports that it was delivered\.", "was_delivered"),
    (r"It names the addresses that failed\.", "names_failed_addresses"),
    (r"Its subject and its first lines say that a message was not delivered\.", "subject_and_lines_say_so"),
    (r"It comes from a mail system and says that a message was not delivered\.", "mail_system_says_so"),
    (
        r"It has no return path, as reports of mail systems have, and says that a message was not "
        r"delivered\.",
        "no_return_path_says_so",
    ),
    (r"It comes from a mail system\.", "from_mail_system"),
    (r"It has the form of a mail system’s report\.", "form_of_report"),
    (r"It has no return path, as only programs send\.", "no_return_path"),
    (r"Its subject says that it is automatic\.", "subject_says_automatic"),
    (r"It says of itself that it is automatic\.", "text_says_automatic"),
    (r"It opens with somebody’s absence\.", "opens_with_absence"),
    (r"Its headers say that a program sent it \(Auto-Submitted\)\.", "auto_submitted"),
    (r"Its headers say that a program sent it\.", "sent_by_program"),
    (r"Its headers say that a program sent it \(Precedence\)\.", "precedence"),
    (r"Its headers say that a rule of a mailbox sent it\.", "rule_of_mailbox"),
    (r"A program for automatic answers sent it\.", "answering_program"),
)
"""How it was known what kind a message is."""
_REPORTS = frozenset({"bounced", "delayed", "delivered"})


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        _thaw_what_was_taken_back()
    guard = _trigger("letter_event_no_update") if is_sqlite else ""
    if guard:
        op.execute("DROP TRIGGER letter_event_no_update")
    _to_codes("letter_event", "kind", "detail", _told)
    if guard:
        op.execute(guard)
    _to_codes("dispatch", "outcome", "detail", _reason)
    _to_codes("message", "nature", "nature_reason", _reason)


def _trigger(name: str) -> str:
    """What made a trigger, "" where another program has dropped it."""
    found = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    return str(op.get_bind().execute(found, {"name": name}).scalar() or "")


def _thaw_what_was_taken_back() -> None:
    """The guard of 0005, with one more outcome after which nobody has the letter."""
    guard = _trigger("letter_frozen")
    if not guard:
        return
    op.execute("DROP TRIGGER letter_frozen")
    op.execute(guard.replace("('failed', 'deferred')", "('failed', 'deferred', 'taken_back')"))


def _to_codes(table: str, kind: str, column: str, read: Callable[[str, str], str]) -> None:
    """Put a code in the place of each sentence.

    read: gets the kind of row and the sentence, gives the JSON.
    """
    connection = op.get_bind()
    rows = sa.table(table, sa.column("id"), sa.column(kind), sa.column(column))
    found = connection.execute(
        sa.select(rows.c.id, rows.c[kind], rows.c[column]).where(rows.c[column] != "").order_by(rows.c.id)
    ).all()
    change = sa.update(rows).where(rows.c.id == sa.bindparam("key")).values({column: sa.bindparam("told")})
    for part in _parts([{"key": key, "told": read(str(what), str(said))} for key, what, said in found]):
        connection.execute(change, part)


def _parts(rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    for at in range(0, len(rows), _AT_ONCE):
        yield rows[at : at + _AT_ONCE]


def _told(kind: str, said: str) -> str:
    """What a letter's history tells."""
    if kind in _REPORTS:
        sentence, address = re.fullmatch(r"(.*?)(?: Address: (.+))?", said, re.DOTALL).groups()  # type: ignore[union-attr]
        return _code(sentence, _REASONS, {"address": address} if address else {}) or _free(said)
    return _code(said, _TOLD.get(kind, ()), {}) or _free(said)


def _reason(_kind: str, said: str) -> str:
    return _code(said, _REASONS, {}) or _free(said)


def _code(said: str, known: tuple[tuple[str, str], ...], more: dict[str, str]) -> str:
    """The JSON of a sentence that is known, "" for one that is not."""
    for pattern, code in known:
        found = re.fullmatch(pattern, said, re.DOTALL)
        if found is None:
            continue
        given = {name: value for name, value in found.groupdict().items() if value}
        if "on" in given:
            day = _iso(given["on"])
            if not day:
                return ""
            given["on"] = day
        if "channel" in given:
            given["channel"] = _CHANNELS[given["channel"]]
        return _as_json(code, given | more)
    return ""


def _iso(day: str) -> str:
    """A day in words as an ISO date, "" if there is no such day."""
    if day[4:5] != "-":
        number, month, year = day.split(" ")
        day = f"{year}-{_MONTHS.index(month) + 1:02}-{int(number):02}"
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        return ""


def _free(said: str) -> str:
    return _as_json("free_text", {"text": said})


def _as_json(code: str, parameters: dict[str, str]) -> str:
    return json.dumps({"code": code, "parameters": parameters}, ensure_ascii=False)
