"""How one speaks SMTP (RFC 5321) with a server that may lie: replies read strictly, and within bounds."""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_LINE, _LINES, _REPLY_BYTES = 4_096, 200, 64 * 1024
_PIECE = 64 * 1024
_LEADING_DOT = re.compile(rb"(?m)^\.")
"""A dot at the beginning of a line is doubled, for one alone ends the text (RFC 5321, 4.5.2)."""
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class UnreadableError(smtplib.SMTPException):
    """What a server said is no reply, or was not asked for."""


class SmtpClient(smtplib.SMTP):
    """Reads replies strictly and within bounds, and knows whether the text of a
    message has begun to go out.
    """

    text_is_out = False
    """Since the text of the last message began to go out, no clear answer came."""
    _held = b""
    _twin: socket.socket | None = None
    _is_cut = False

    def __init__(self, server: str, port: int, *, seconds: float) -> None:
        super().__init__(timeout=seconds)
        self._server, self._port = server, port

    def open(self) -> None:
        """Connect. Raises: SMTPConnectError, SMTPException, OSError."""
        made = socket.create_connection((self._server, self._port), self.timeout)
        # The same line by another name: TLS takes the first over, and the line must be there to be cut in the
        # middle of a handshake.
        self._twin = made.dup()
        if self._is_cut:
            made.close()
            raise TimeoutError("connecting took too long")
        self.sock = self.begun(made)
        code, answer = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, answer)

    def begun(self, line: socket.socket) -> socket.socket:
        """A line as it is first spoken on: here as it is."""
        return line

    def secure(self, context: ssl.SSLContext) -> None:
        """Go over to TLS (STARTTLS, RFC 3207). Raises: SMTPException, OSError."""
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server.")
        code, answer = self.docmd("STARTTLS")
        if code != 220 or self.sock is None:
            raise smtplib.SMTPResponseException(code, answer)
        self.sock = context.wrap_socket(self.sock, server_hostname=self._server)
        # What the server said of itself before TLS could have been said by anybody.
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo()

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the line if what is done inside takes longer, however often the server shows a sign of life."""
        limit = threading.Timer(seconds, self._cut)
        limit.daemon = True
        limit.start()
        try:
            yield
        finally:
            limit.cancel()

    def _cut(self) -> None:
        self._is_cut = True
        if self._twin is not None:
            with contextlib.suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()

    def send(self, s: Any) -> None:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the line is closed")
        self.sock.sendall(s.encode(self.command_encoding) if isinstance(s, str) else s)

    def putcmd(self, cmd: str, args: str = "") -> None:
        if self.speaks_unasked():
            raise UnreadableError(self._held[:80].decode("utf-8", "replace"))
        super().putcmd(cmd, args)

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        answer = super().docmd(cmd, args)
        if cmd.upper() == "STARTTLS" and self._held:
            # What was said before TLS began could have been slipped in by anybody.
            raise UnreadableError("it spoke before TLS began")
        return answer

    def speaks_unasked(self) -> bool:
        """Whether something lies there that no command asked for.

        Raises: SMTPServerDisconnected, OSError if the line is gone.
        """
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the line is closed")
        self.sock.settimeout(0)
        try:
            found = self.sock.recv(_LINE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return bool(self._held)
        finally:
            self.sock.settimeout(self.timeout)
        if not found:
            raise smtplib.SMTPServerDisconnected("the line was closed")
        self._held += found
        return True

    def getreply(self) -> tuple[int, bytes]:
        """One reply (RFC 5321, 4.2).

        Raises: UnreadableError for one that is none, is endless or contradicts itself.
        """
        first, size = b"", 0
        lines: list[bytes] = []
        while True:
            line = self._line()
            size += len(line)
            found = _REPLY.fullmatch(line)
            if found is None or (first and found[1] != first) or size > _REPLY_BYTES or len(lines) >= _LINES:
                raise UnreadableError(line[:80].decode("utf-8", "replace"))
            first = found[1]
            lines.append((found[3] or b"").strip())
            if found[2] != b"-":
                return int(first), b"\n".join(lines)

    def _line(self) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > _LINE:
                raise UnreadableError(self._held[:80].decode("utf-8", "replace"))
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the line is closed")
            got = self.sock.recv(_LINE)
            if not got:
                raise smtplib.SMTPServerDisconnected("the line was closed")
            self._held += got
        line, _, self._held = self._held.partition(b"\n")
        return line.removesuffix(b"\r")

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text.

        Returns: a clear answer, 250 or a refusal. Raises: anything else, see `text_is_out`.
        """
        self.text_is_out = False
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        if self.speaks_unasked():
            raise UnreadableError("it spoke before the text went out")
        raw = _BARE.sub(b"\r\n", bytes(msg))
        stuffed = _LEADING_DOT.sub(b"..", raw)
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        # From here on, only the server knows whether it has the whole of it.
        self.text_is_out = True
        gone: ConnectionError | None = None
        try:
            for start in range(0, len(stuffed), _PIECE):
                self.send(stuffed[start : start + _PIECE])
            is_early = self.speaks_unasked()
            if not is_early:
                self.send(b".\r\n")
        except ConnectionError as error:
            # It may have said why before it hung up.
            is_early, gone = True, error
        try:
            code, answer = self.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise gone or error from error
        is_refused = 400 <= code < 600
        if not is_refused and (is_early or code != 250):
            raise UnreadableError(f"{code} {words_of(answer)}")
        if self._held and not self._held.startswith(b"421"):
            raise UnreadableError(f"{code} {words_of(answer)}, and then {words_of(self._held[:80])}")
        self.text_is_out = False
        if is_early:
            self.close()  # it may still take for text what comes next
        return code, answer


class TlsClient(SmtpClient):
    """The same, with TLS from the start."""

    def __init__(self, server: str, port: int, *, seconds: float, context: ssl.SSLContext) -> None:
        super().__init__(server, port, seconds=seconds)
        self._context = context

    def begun(self, line: socket.socket) -> socket.socket:
        """A line as it is first spoken on: in TLS. Raises: OSError."""
        return self._context.wrap_socket(line, server_hostname=self._server)


def words_of(answer: bytes | str) -> str:
    """What a server said, on one line and not too long."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]
