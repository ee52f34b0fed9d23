"""What sending needs of whoever carries a message, and what can become of one."""

from dataclasses import dataclass
from typing import Protocol

from outreach.errors import OutreachError


class NotSentError(OutreachError):
    """The message was certainly not taken.

    is_temporary: trying again later may work (SMTP 4xx, no connection). concerns_all: it is not about this
    message but about the account or the way to the server, so that no other message would fare better.
    """

    def __init__(self, message: str, *, is_temporary: bool, concerns_all: bool = False) -> None:
        super().__init__(message)
        self.is_temporary = is_temporary
        self.concerns_all = concerns_all


class UncertainError(OutreachError):
    """The connection was lost after the message had gone out and before it was confirmed."""


@dataclass(frozen=True)
class Envelope:
    """A message on its way.

    from_address, to_address: one address each. message: as RFC 5322 has it, with CRLF line ends.
    """

    from_address: str
    to_address: str
    message: bytes


class Transport(Protocol):
    """Carries one message at a time."""

    def send(self, envelope: Envelope) -> str:
        """Hand a message over. Returns: the server's words of confirmation.

        Raises: NotSentError if it was certainly not taken; UncertainError if nobody can tell.
        """
        ...

    @property
    def may_have_gone(self) -> bool:
        """Whether text of the message handed over last began to go out and no clear answer came.

        Asked after an interruption.
        """
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...
