"""What the program has to tell a user, as a code with parameters: it is kept so, and worded in
`outreach.words` alone.

It is not called Message, since that is a message that came in by mail.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Scalar = str | int | float | bool | None


class Code(StrEnum):
    """What is told. FREE_TEXT: words that people or other programs wrote, in the parameter `text`."""

    FREE_TEXT = "free_text"
    FROM_TEMPLATE = "from_template"
    TEXT_HASH = "text_hash"
    SENT_BY = "sent_by"
    SENT_TO = "sent_to"
    SETTLED_AS_SENT = "settled_as_sent"
    SETTLED_AS_NOT_SENT = "settled_as_not_sent"
    ANSWER = "answer"
    ANSWER_BEFORE = "answer_before"
    ANSWER_REPORTED = "answer_reported"
    ANSWER_KIND = "answer_kind"
    ANSWER_OF_ANOTHER = "answer_of_another"
    BOUNCE_OF_ANOTHER = "bounce_of_another"
    REPORT_OF_ANOTHER = "report_of_another"
    AUTOMATIC_ANSWER = "automatic_answer"
    NEXT_LETTERS = "next_letters"
    FILE = "file"
    CUT_OFF = "cut_off"
    # How it is known what kind of message came in.
    SAID_BY_HAND = "said_by_hand"
    REJECTED_BY_MAILBOX = "rejected_by_mailbox"
    OPENED_OR_SORTED = "opened_or_sorted"
    NOT_DELIVERED = "not_delivered"
    NOT_DELIVERED_IN_WORDS = "not_delivered_in_words"
    STILL_TRYING = "still_trying"
    SYSTEM_STILL_TRYING = "system_still_trying"
    WAS_DELIVERED = "was_delivered"
    NAMES_FAILED_ADDRESSES = "names_failed_addresses"
    SUBJECT_AND_LINES_SAY_SO = "subject_and_lines_say_so"
    MAIL_SYSTEM_SAYS_SO = "mail_system_says_so"
    NO_RETURN_PATH_SAYS_SO = "no_return_path_says_so"
    FROM_MAIL_SYSTEM = "from_mail_system"
    FORM_OF_REPORT = "form_of_report"
    NO_RETURN_PATH = "no_return_path"
    SUBJECT_SAYS_AUTOMATIC = "subject_says_automatic"
    TEXT_SAYS_AUTOMATIC = "text_says_automatic"
    OPENS_WITH_ABSENCE = "opens_with_absence"
    AUTO_SUBMITTED = "auto_submitted"
    SENT_BY_PROGRAM = "sent_by_program"
    PRECEDENCE = "precedence"
    RULE_OF_MAILBOX = "rule_of_mailbox"
    ANSWERING_PROGRAM = "answering_program"


@dataclass(frozen=True)
class Notice:
    """A code with what it is about.

    Days stand in the parameters as ISO dates, kinds and channels by their own codes.
    """

    code: Code
    parameters: Mapping[str, Scalar] = field(default_factory=dict, hash=False)

    def text(self, name: str) -> str:
        """A parameter as text, "" if it is not given."""
        value = self.parameters.get(name)
        return "" if value is None else str(value)

    def with_more(self, **parameters: Scalar) -> "Notice":
        """The same with more parameters."""
        return Notice(self.code, {**self.parameters, **parameters})

    def as_json(self) -> str:
        """The form in which it is kept."""
        return json.dumps({"code": self.code.value, "parameters": dict(self.parameters)}, ensure_ascii=False)


def notice(code: Code, **parameters: Scalar) -> Notice:
    """A notice of this code; parameters that are None or "" are left out."""
    return Notice(code, {name: value for name, value in parameters.items() if value not in (None, "")})


def free_text(text: str) -> Notice | None:
    """Words that somebody wrote, None if there are none."""
    return Notice(Code.FREE_TEXT, {"text": text}) if text else None


def read_notice(kept: str) -> Notice | None:
    """A notice as it was kept, None for "".

    What is no notice, or one of a newer version, is read as free text: nothing is lost.
    """
    if not kept:
        return None
    try:
        data = json.loads(kept)
        code, parameters = Code(data["code"]), data["parameters"]
    except (ValueError, KeyError, TypeError):
        return free_text(kept)
    return Notice(code, parameters) if isinstance(parameters, dict) else free_text(kept)
