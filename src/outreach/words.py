"""The words in which window and terminal tell what is kept as a code. No other room may know them."""

from collections.abc import Callable
from datetime import date

from outreach.domain.notice import Code, Notice
from outreach.domain.wording import date_in_words, locale_for

_WORDS: dict[Code, str] = {
    Code.SETTLED_AS_SENT: "settled by a user: it went out",
    Code.SETTLED_AS_NOT_SENT: "settled by a user: it did not go out",
    Code.ANSWER_OF_ANOTHER: "the answer belonged to another letter",
    Code.BOUNCE_OF_ANOTHER: "the report belonged to another letter",
    Code.REPORT_OF_ANOTHER: "the message belonged to another letter",
    Code.CUT_OFF: "It was cut off while it was being sent.",
    Code.SAID_BY_HAND: "Said by hand.",
    Code.REJECTED_BY_MAILBOX: "The addressee’s mailbox rejected it.",
    Code.OPENED_OR_SORTED: "It is a notice that the message was opened or sorted.",
    Code.NOT_DELIVERED_IN_WORDS: "The mail system says that it was not delivered.",
    Code.SYSTEM_STILL_TRYING: "The mail system is still trying to deliver it.",
    Code.WAS_DELIVERED: "The mail server reports that it was delivered.",
    Code.NAMES_FAILED_ADDRESSES: "It names the addresses that failed.",
    Code.SUBJECT_AND_LINES_SAY_SO: "Its subject and its first lines say that a message was not delivered.",
    Code.MAIL_SYSTEM_SAYS_SO: "It comes from a mail system and says that a message was not delivered.",
    Code.NO_RETURN_PATH_SAYS_SO: (
        "It has no return path, as reports of mail systems have, and says that a message was not delivered."
    ),
    Code.FROM_MAIL_SYSTEM: "It comes from a mail system.",
    Code.FORM_OF_REPORT: "It has the form of a mail system’s report.",
    Code.NO_RETURN_PATH: "It has no return path, as only programs send.",
    Code.SUBJECT_SAYS_AUTOMATIC: "Its subject says that it is automatic.",
    Code.TEXT_SAYS_AUTOMATIC: "It says of itself that it is automatic.",
    Code.OPENS_WITH_ABSENCE: "It opens with somebody’s absence.",
    Code.AUTO_SUBMITTED: "Its headers say that a program sent it (Auto-Submitted).",
    Code.SENT_BY_PROGRAM: "Its headers say that a program sent it.",
    Code.PRECEDENCE: "Its headers say that a program sent it (Precedence).",
    Code.RULE_OF_MAILBOX: "Its headers say that a rule of a mailbox sent it.",
    Code.ANSWERING_PROGRAM: "A program for automatic answers sent it.",
}


def notice_in_words(told: Notice | None) -> str:
    """What is told, "" for nothing."""
    if told is None:
        return ""
    words = _WITH_PARAMETERS[told.code](told) if told.code in _WITH_PARAMETERS else _WORDS[told.code]
    address = told.text("address")
    # A report that a letter came back says from where.
    return f"{words} Address: {address}" if address and told.code is not Code.SENT_TO else words


def _day(told: Notice) -> str:
    try:
        return date_in_words(date.fromisoformat(told.text("on")), locale_for("en"))
    except ValueError:
        return told.text("on")


def _answer(told: Notice) -> str:
    sender, text, promise = (told.text(name) for name in ("sender", "text", "promise"))
    parts = (
        told.text("kind") or "not classed yet",
        _day(told),
        f"from {sender}" if sender else "",
        f"“{text}”" if text else "",
        f"promised: {promise}" if promise else "",
    )
    return ", ".join(x for x in parts if x)


def _with_status(words: str, told: Notice) -> str:
    """A sentence with the code of the mail server, where it gave one."""
    status = told.text("status")
    return f"{words} ({status})." if status else f"{words}."


def _free_text(told: Notice) -> str:
    return told.text("text")


def _from_template(told: Notice) -> str:
    return f"From the template {told.text('template')}."


def _text_hash(told: Notice) -> str:
    return f"SHA-256 {told.text('sha256')}"


def _sent_by(told: Notice) -> str:
    return f"by {told.text('channel').replace('_', ' ')} on {_day(told)}"


def _sent_to(told: Notice) -> str:
    return f"by e-mail to {told.text('address')} on {_day(told)}"


def _answer_before(told: Notice) -> str:
    return f"before: {_answer(told)}"


def _answer_reported(told: Notice) -> str:
    return f"{told.text('kind')}: {told.text('text')}"


def _answer_kind(told: Notice) -> str:
    return told.text("kind")


def _automatic_answer(told: Notice) -> str:
    return f"{told.text('subject')}, {_day(told)}".strip(", ")


def _next_letters(told: Notice) -> str:
    return told.text("references")


def _file(told: Notice) -> str:
    return told.text("name")


def _not_delivered(told: Notice) -> str:
    return _with_status("The mail server reports that it could not be delivered", told)


def _still_trying(told: Notice) -> str:
    return _with_status("The mail server is still trying to deliver it", told)


_WITH_PARAMETERS: dict[Code, Callable[[Notice], str]] = {
    Code.FREE_TEXT: _free_text,
    Code.FROM_TEMPLATE: _from_template,
    Code.TEXT_HASH: _text_hash,
    Code.SENT_BY: _sent_by,
    Code.SENT_TO: _sent_to,
    Code.ANSWER: _answer,
    Code.ANSWER_BEFORE: _answer_before,
    Code.ANSWER_REPORTED: _answer_reported,
    Code.ANSWER_KIND: _answer_kind,
    Code.AUTOMATIC_ANSWER: _automatic_answer,
    Code.NEXT_LETTERS: _next_letters,
    Code.FILE: _file,
    Code.NOT_DELIVERED: _not_delivered,
    Code.STILL_TRYING: _still_trying,
}
