"""Reading a mailbox by IMAP (RFC 3501, RFC 8314), and never changing it: folders are opened read-only
(EXAMINE).

Reading goes on where it stopped, by UIDVALIDITY and UID; mail that the server gives other numbers is
recognised by its bytes.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from types import TracebackType
from typing import Any

import imapclient
from imapclient.exceptions import IMAPClientError, LoginError

from outreach.errors import MailboxError, UsageError
from outreach.mail.imap_lines import fetched_lines
from outreach.mail.security import check_server
from outreach.messages.parse import MAX_BYTES

_SECONDS = 60.0
_UIDS_AT_ONCE = 20_000
_BATCH_MESSAGES = 1_000
_BATCH_BYTES = 24 * 1024 * 1024


@dataclass(frozen=True)
class ImapAccount:
    """Where mail is read. security: starttls, tls, or none, which is only allowed on this machine itself."""

    host: str
    port: int
    security: str
    user: str
    folder: str = "INBOX"

    def check(self) -> None:
        """Raises: UsageError with what is missing or not allowed."""
        if not self.host or not self.user:
            raise UsageError("Say which server keeps your mail, and your login there.")
        check_server(self.host, self.port, self.security, "143 for STARTTLS and 993 for TLS")


@dataclass(frozen=True)
class Place:
    """How far a folder was read: up to last_uid, while uid_validity holds."""

    uid_validity: int
    last_uid: int


@dataclass(frozen=True)
class Fetched:
    """One message.

    raw: b"" for one over 50 MB, which is left on the server. at: when the server took it in.
    """

    uid: int
    raw: bytes
    at: datetime | None


@dataclass(frozen=True)
class Batch:
    """Some messages and how far reading has come with them. done, total: messages of this run."""

    place: Place
    messages: tuple[Fetched, ...]
    done: int
    total: int


class ImapMailbox:
    """One connection, used as a context manager, and by one thread at a time."""

    def __init__(
        self,
        account: ImapAccount,
        password: str,
        *,
        context: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        account.check()
        self._account, self._password, self._seconds = account, password, seconds
        self._context = context or ssl.create_default_context()
        self._client: Any = None

    def __enter__(self) -> "ImapMailbox":
        account = self._account
        try:
            self._client = imapclient.IMAPClient(
                account.host,
                port=account.port,
                ssl=account.security == "tls",
                ssl_context=self._context if account.security == "tls" else None,
                timeout=self._seconds,
            )
            if account.security == "starttls":
                self._client.starttls(self._context)
            self._client.login(account.user, self._password)
        except (IMAPClientError, imaplib.IMAP4.error, OSError) as error:
            self.close()
            raise _explained(error, account) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, politely if it still stands."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.logout()

    def test(self) -> str:
        """Log in and look at the folder. Returns: what worked, in words. Raises: MailboxError."""
        held = self._examine(self._account.folder)
        return (
            f"{self._account.host} lets {self._account.user} read {self._account.folder}: "
            f"{held[b'EXISTS']:,} messages."
        )

    def fetch_new(self, place: Place | None, since: date | None = None) -> Iterator[Batch]:
        """Messages that came after a place, in batches of bounded size, oldest first.

        Args: place: None, or one whose UIDVALIDITY the server has given up, reads the folder from its
            beginning. since: then only from this day on.
        Raises: MailboxError.
        """
        try:
            yield from self._fetch_new(place, since)
        except (IMAPClientError, imaplib.IMAP4.error, OSError) as error:
            raise _explained(error, self._account) from error

    def _fetch_new(self, place: Place | None, since: date | None) -> Iterator[Batch]:
        held = self._examine(self._account.folder)
        validity = int(held[b"UIDVALIDITY"])
        goes_on = place is not None and place.uid_validity == validity
        last = place.last_uid if place is not None and goes_on else 0
        ahead = int(held.get(b"UIDNEXT", 0)) or last + 1
        uids: list[int] = []
        for start in range(last + 1, max(ahead, last + 2), _UIDS_AT_ONCE):
            criteria: list[Any] = ["UID", f"{start}:{start + _UIDS_AT_ONCE - 1}"]
            if not goes_on and since is not None:
                criteria += ["SINCE", since]
            uids += [u for u in self._client.search(criteria) if u > last]
        uids = sorted(set(uids))
        done, at = 0, 0
        while at < len(uids):
            sizes = self._sizes(uids[at : at + _BATCH_MESSAGES])
            batch: list[int] = []
            weight = 0
            for uid in uids[at : at + _BATCH_MESSAGES]:
                size = sizes.get(uid, 0)
                if batch and weight + size > _BATCH_BYTES:
                    break
                batch.append(uid)
                weight += size if size <= MAX_BYTES else 0
            small = [u for u in batch if sizes.get(u, 0) <= MAX_BYTES]
            bodies = self._bodies(small) if small else {}
            fetched = [bodies.get(u, Fetched(u, b"", None)) for u in batch if u in bodies or u not in small]
            at += len(batch)
            done += len(batch)
            yield Batch(Place(validity, batch[-1]), tuple(fetched), done, len(uids))
        reached = max([last, ahead - 1, *uids])
        yield Batch(Place(validity, reached), (), done, len(uids))

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        found = {}
        for item in fetched_lines(self._client, uids, "(UID RFC822.SIZE)"):
            uid, size = _UID.search(item), _SIZE.search(item)
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def _bodies(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Messages whole, by UID. Read without IMAPClient's lexer, which takes
        half of the time that fetching does.
        """
        found: dict[int, Fetched] = {}
        said, raw = b"", None
        for item in [*fetched_lines(self._client, uids, "(UID INTERNALDATE BODY.PEEK[])"), (b"", b"")]:
            if isinstance(item, tuple):
                if raw is not None and (uid := _UID.search(said)):
                    found[int(uid[1])] = Fetched(int(uid[1]), raw, _instant(said))
                said, raw = item
            else:
                said += b" " + item  # what follows a message: some servers say its UID there
        return found

    def find_sent(self, message_id: str) -> str:
        """Look for a message by its id where sent mail is kept (RFC 6154), and everywhere else if there is no
        such folder.

        Returns: the folder's name, "" if it is nowhere. Raises: MailboxError.
        """
        try:
            folders = self._client.list_folders()
            sent = [name for flags, _, name in folders if b"\\Sent" in flags]
            sent += [name for _, _, name in folders if name.casefold() in _SENT_NAMES and name not in sent]
            others = [name for flags, _, name in folders if name not in sent and b"\\Noselect" not in flags]
            for name in [*sent, *others]:
                with contextlib.suppress(IMAPClientError):
                    self._client.select_folder(name, readonly=True)
                    if self._client.search(["HEADER", "Message-ID", message_id.strip("<>")]):
                        return str(name)
        except (IMAPClientError, OSError) as error:
            raise _explained(error, self._account) from error
        return ""

    def _examine(self, folder: str) -> dict[bytes, Any]:
        try:
            selected: dict[bytes, Any] = self._client.select_folder(folder, readonly=True)
        except (IMAPClientError, OSError) as error:
            if isinstance(error, OSError) or ("NO" not in str(error).upper() and "exist" not in str(error)):
                raise _explained(error, self._account) from error
            raise MailboxError(
                f"{self._account.host} has no folder “{folder}”. Name another in the mail account’s settings."
            ) from error
        return selected


_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
# strptime takes ten times as long, which shows with ten thousand messages.
_DAY = re.compile(rb'INTERNALDATE "([ \d]?\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")


def _instant(said: bytes) -> datetime | None:
    """INTERNALDATE, such as 24-Nov-2026 12:20:41 +0000."""
    found = _DAY.search(said)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, east, more = found.groups()
    try:
        offset = timedelta(hours=int(east), minutes=int(more))
        zone = timezone(-offset if sign == b"-" else offset)
        return datetime(
            int(year),
            _MONTHS.index(month.lower()) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=zone,
        )
    except ValueError:
        return None


_SENT_NAMES = frozenset(
    {
        "sent",
        "sent items",
        "sent messages",
        "sent mail",
        "inbox.sent",
        "gesendet",
        "gesendete elemente",
        "envoyés",
        "éléments envoyés",
    }
)


def _words(error: object) -> str:
    text = str(error)
    if text.startswith("b'") or text.startswith('b"'):
        text = text[2:-1]
    return " ".join(text.split())[:160]


def _explained(error: IMAPClientError | imaplib.IMAP4.error | OSError, account: ImapAccount) -> MailboxError:
    host, port = account.host, account.port
    if isinstance(error, LoginError):
        return MailboxError(
            f"{host} refused the login of {account.user}: {_words(error)}. Check the password; many "
            "providers want an app password instead of your own."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxError(
            f"The certificate of {host} could not be verified ({error.verify_message}), so nothing was "
            "read. Check the name of the server."
        )
    if isinstance(error, socket.gaierror):
        return MailboxError(f"There is no server {host}. Check its name and your connection.")
    if isinstance(error, ConnectionRefusedError):
        return MailboxError(
            f"{host} does not answer on port {port}. Check the port: 143 for STARTTLS, 993 for TLS."
        )
    if isinstance(error, TimeoutError):
        return MailboxError(f"{host} did not answer on port {port} in time. Check the port, or try later.")
    if isinstance(error, ssl.SSLError):
        return MailboxError(
            f"{host} does not speak TLS on port {port}. Choose starttls for port 143, tls for port 993."
        )
    if isinstance(error, IMAPClientError) and "STARTTLS" in str(error).upper():
        return MailboxError(f"{host} offers no STARTTLS on port {port}. Try tls on port 993.")
    return MailboxError(
        f"{host} broke off the connection: {_words(error)}. Try again later; what was read is kept."
    )
