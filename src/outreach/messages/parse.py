"""Reading a message as it came (RFC 5322, MIME), whatever its faults: nothing in it may stop or slow the app.

Headers are read with the library's oldest, tolerant policy and cut to a length before they are decoded: its
newer parser of structured headers takes seconds for some long ones.
"""

import email
import email.header
import email.message
import email.policy
import email.utils
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from outreach.errors import UsageError
from outreach.messages.headers import (
    MAX_HEADER,
    MESSAGE_ID,
    address_of,
    decoded,
    decoded_header,
    ids_in,
    instant_in,
)
from outreach.messages.safe_html import html_as_text

MAX_BYTES = 50 * 1024 * 1024
_MAX_THREAD_HEADER = 20_000
_MAX_TEXT = 1_000_000
_MAX_PARTS = 200
# The library takes quadratic time for the parameters of such a header.
_ENDLESS_HEADER = re.compile(rb"(?im)^content-[a-z-]{4,20}:(?:[^\n]{4000}|(?:[^\n]{0,998}\n[ \t]){60})")
_THREAD = frozenset({"references", "in-reply-to"})
_AS_IT_STANDS = frozenset({"", "7bit", "8bit", "binary"})
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";]{1,40})", re.IGNORECASE)
_FOLD = re.compile(r"\n[ \t]+")
_REPORT_TYPES = frozenset(
    {"message/delivery-status", "message/rfc822", "text/rfc822-headers", "message/disposition-notification"}
)


@dataclass(frozen=True)
class MessagePart:
    """A file in a message. name: as the sender calls it, without folders."""

    name: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class ReadMessage:
    """A message; raw is the file, byte for byte.

    What is not a field is read from it when it is asked for, and once.

    headers: values as they stand, unfolded, by names in lower case; of several of one name, the first.
    message_id: with its angle brackets, "" if it has none. from_name, from_address: of the first mailbox in
    From, as written. thread: Message-IDs of In-Reply-To, then of References from the last to the first.
    sent_at: its Date header, None if it has none that can be read.
    """

    raw: bytes
    headers: Mapping[str, str]
    head_length: int
    message_id: str
    from_name: str
    from_address: str
    subject: str
    thread: tuple[str, ...]
    sent_at: datetime | None

    def header(self, name: str) -> str:
        """A header's words, decoded (RFC 2047), on one line and without control characters; "" if it is
        missing.
        """
        return _header(self.headers, name)

    @property
    def sent_on(self) -> date | None:
        """Local day of the Date header."""
        if self.sent_at is None:
            return None
        try:
            return self.sent_at.astimezone().date()
        except (OverflowError, ValueError, OSError):
            return None

    @cached_property
    def sha256(self) -> str:
        """Digest of the whole message."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def content_type(self) -> str:
        """Its type in lower case, text/plain where it says none."""
        return self.header("Content-Type").partition(";")[0].strip().lower() or "text/plain"

    @cached_property
    def parsed(self) -> email.message.Message:
        """The message as the library has it."""
        return _parsed(self.raw)

    @cached_property
    def text(self) -> str:
        """Its plain text, or the words of its HTML."""
        if (
            self.content_type == "text/plain"
            and self.header("Content-Transfer-Encoding").lower() in _AS_IT_STANDS
        ):
            # Most messages of a mailbox are read no further than this.
            body = self.raw[self.head_length :]
            found = _CHARSET.search(self.header("Content-Type"))
            return _cleaned(decoded(body[: 4 * _MAX_TEXT], found[1] if found else "utf-8")).strip()
        try:
            return _text(self.parsed)
        except RecursionError:
            return ""

    @cached_property
    def html(self) -> str:
        """The HTML body as it came, unsafe to show; "" if there is none."""
        part = _body_part(self.parsed, "text/html")
        return _content(part) if part is not None else ""

    @cached_property
    def attachments(self) -> tuple[MessagePart, ...]:
        """The files in it, in their order. Parts that only make up a report or the text are none."""
        if self.content_type in {"text/plain", "text/html"} and "content-disposition" not in self.headers:
            return ()
        return _attachments(self.parsed)


def read_message(path: Path) -> ReadMessage:
    """Read an .eml file.

    Raises: UsageError if it is missing, empty, over 50 MB or holds no message.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path.name} is larger than 50 MB. Save the message without its attachments.")
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_message(raw, path.name)


def parse_message(raw: bytes, name: str = "The message") -> ReadMessage:
    """As `read_message`, of bytes. name: for what an error says."""
    read = tolerant_message(raw)
    if not (read.from_address or read.from_name or read.subject or read.message_id):
        raise UsageError(
            f"{name} holds no e-mail: it has neither sender nor subject. Save the message as .eml."
        )
    return read


def tolerant_message(raw: bytes) -> ReadMessage:
    """Read whatever there is of a message; one that is no message at all comes out empty."""
    headers, length = _headers(raw)
    message_id = _header(headers, "Message-ID")
    found = MESSAGE_ID.search(message_id)
    from_name, from_address = address_of(_header(headers, "From"))
    answered, earlier = ids_in(_header(headers, "In-Reply-To")), ids_in(_header(headers, "References"))
    return ReadMessage(
        raw=raw,
        headers=headers,
        head_length=length,
        message_id=f"<{found[1]}>" if found else message_id[:900],
        from_name=from_name,
        from_address=from_address,
        subject=_header(headers, "Subject"),
        thread=tuple(dict.fromkeys((*answered, *reversed(earlier)))),
        sent_at=instant_in(_header(headers, "Date")),
    )


def _header(headers: Mapping[str, str], name: str) -> str:
    wanted = name.lower()
    value = headers.get(wanted, "")
    return decoded_header(value, _MAX_THREAD_HEADER if wanted in _THREAD else MAX_HEADER) if value else ""


def _headers(raw: bytes) -> tuple[dict[str, str], int]:
    """The headers of a message, and where its body begins."""
    length = _head_end(raw)
    text = raw[:length].decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    if text.startswith("From "):
        text = text.partition("\n")[2]  # the line before a message in an mbox
    found: dict[str, str] = {}
    for line in _FOLD.sub(" ", text).split("\n"):
        name, colon, value = line.partition(":")
        if colon and 0 < len(name) < 80 and " " not in name:
            found.setdefault(name.lower(), value.strip())
    body = length
    while body < len(raw) and body < length + 4 and raw[body : body + 1] in {b"\r", b"\n"}:
        body += 1
    return found, body


def _parsed(raw: bytes) -> email.message.Message:
    # Hundreds of parts in each other are no letter, and the parser's work grows with depth times length.
    head = raw[: _head_end(raw)]
    too_deep = raw.count(b"boundary") > _MAX_PARTS or raw.count(b"message/rfc822") > _MAX_PARTS
    if too_deep or _ENDLESS_HEADER.search(raw):
        return _headers_only(head, raw[len(head) :])
    try:
        return email.message_from_bytes(raw, policy=email.policy.compat32)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError, IndexError):
        return _headers_only(head, raw[len(head) :])


def _headers_only(head: bytes, body: bytes) -> email.message.Message:
    """The headers, with all of the body as one plain text."""
    made = email.message.Message(policy=email.policy.compat32)
    for line in re.sub(rb"\r?\n[ \t]+", b" ", head[:200_000]).splitlines():
        name, colon, value = line.partition(b":")
        if colon and name and b" " not in name and len(name) < 80:
            made[name.decode("ascii", "replace")] = value.strip().decode("utf-8", "replace")
    for described in ("Content-Type", "Content-Transfer-Encoding"):
        del made[described]
    made["Content-Type"] = "text/plain; charset=utf-8"
    made.set_payload(body[:_MAX_TEXT].decode("utf-8", "replace"))
    return made


def _head_end(raw: bytes) -> int:
    limit = min(len(raw), 200_000)
    places = [p for p in (raw.find(b"\n\n", 0, limit), raw.find(b"\r\n\r\n", 0, limit)) if p >= 0]
    return min(places) if places else limit


def payload_of(part: email.message.Message) -> object:
    """What a part holds, undecoded: parts, or text; "" where the library stumbles over it."""
    try:
        return part.get_payload()
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return ""


def _parts(message: email.message.Message) -> list[email.message.Message]:
    """Parts that hold content themselves, at most a few hundred, without those inside enclosed messages."""
    found: list[email.message.Message] = []
    waiting = [message]
    while waiting and len(found) < _MAX_PARTS:
        part = waiting.pop(0)
        payload = payload_of(part)
        is_enclosed = part.get_content_maintype() == "message" and part is not message
        if isinstance(payload, list) and not is_enclosed:
            waiting[:0] = [p for p in payload if isinstance(p, email.message.Message)]
        else:
            found.append(part)
    return found


def _body_part(message: email.message.Message, wanted: str) -> email.message.Message | None:
    for part in _parts(message):
        if part.get_content_type() == wanted and _disposition(part) != "attachment":
            return part
    return None


def _disposition(part: email.message.Message) -> str:
    return str(part.get("Content-Disposition", ""))[:200].partition(";")[0].strip().lower()


def _content(part: email.message.Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        payload = None
    if not isinstance(payload, bytes):
        payload = str(payload_of(part))[:_MAX_TEXT].encode("utf-8", "surrogateescape")
    try:
        charset = part.get_content_charset() or "utf-8"
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = "utf-8"
    return _cleaned(decoded(payload[: 4 * _MAX_TEXT], charset))


def _cleaned(text: str) -> str:
    return text[:_MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _text(message: email.message.Message) -> str:
    part = _body_part(message, "text/plain")
    if part is not None and (content := _content(part).strip()):
        return content
    part = _body_part(message, "text/html")
    return html_as_text(_content(part)) if part is not None else ""


def _attachments(message: email.message.Message) -> tuple[MessagePart, ...]:
    found: list[MessagePart] = []
    shown = {
        id(p) for p in (_body_part(message, "text/plain"), _body_part(message, "text/html")) if p is not None
    }
    is_report = message.get_content_type() == "multipart/report"
    for number, part in enumerate(_parts(message)):
        kind = part.get_content_type()
        if id(part) in shown or (is_report and kind in _REPORT_TYPES):
            continue
        try:
            named = part.get_filename() or ""
        except (ValueError, LookupError, TypeError, AttributeError):
            named = ""
        if not named and _disposition(part) != "attachment" and kind.startswith("text/"):
            continue
        try:
            payload = part.get_payload(decode=True)
            if payload is None and kind == "message/rfc822":
                enclosed = payload_of(part)
                first = enclosed[0] if isinstance(enclosed, list) and enclosed else None
                payload = first.as_bytes() if isinstance(first, email.message.Message) else b""
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, KeyError):
            payload = None
        if isinstance(payload, bytes) and payload:
            found.append(MessagePart(_safe_name(named, kind, number), kind, payload))
    return tuple(found)


def _safe_name(named: str, kind: str, number: int) -> str:
    plain = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else " " for c in named[:300])
    plain = " ".join(plain.split()).strip(". ")[:120]
    if plain:
        return plain
    ending = {"message/rfc822": "eml", "image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}.get(
        kind, "bin"
    )
    return f"part {number + 1}.{ending}"
