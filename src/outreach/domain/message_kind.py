"""What kind of message came in, before anybody reads it."""

from enum import StrEnum


class MessageKind(StrEnum):
    """Kinds of incoming messages. Only the first counts as an answer."""

    ANSWER = "answer"
    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    AUTO_REPLY = "auto_reply"
    OUT_OF_OFFICE = "out_of_office"
