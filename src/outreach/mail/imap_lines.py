"""What a server says of messages, line by line: IMAPClient gives it in no public way, and its own reader
takes twice the time.

The only module that touches a private part of a library: the connection of `imaplib` inside an `IMAPClient`.
A test fails when a newer IMAPClient keeps it elsewhere.
"""

import imaplib
from collections.abc import Sequence
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientError


def connection_of(client: imapclient.IMAPClient) -> imaplib.IMAP4:
    """The connection inside a client. Raises: IMAPClientError if this version of IMAPClient has none."""
    connection = getattr(client, "_imap", None)
    if not isinstance(connection, imaplib.IMAP4):
        raise IMAPClientError("this version of IMAPClient is not the one that outreach was made for")
    return connection


def fetched_lines(client: imapclient.IMAPClient, uids: Sequence[int], what: str) -> list[Any]:
    """What the server answers to UID FETCH: bytes, or pairs of bytes where a literal follows.

    Raises: IMAPClientError.
    """
    kind, data = connection_of(client).uid("FETCH", ",".join(map(str, uids)), what)
    if kind != "OK":
        raise IMAPClientError(f"the server would not give messages: {data!r}"[:200])
    return [x for x in data if x is not None]
