"""SMTP (RFC 5321) with TLS from the start or STARTTLS (RFC 3207, RFC 8314); certificates are verified.

A server is believed when it speaks clearly, and only then: 250 after the text is *sent*, 4xx and 5xx are *not sent*. Whatever else
comes before the text went out is *not sent* either; whatever else comes after is *uncertain*.
"""

import contextlib
import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from outreach.domain.email_address import EmailAddress, address_problem, email_address, parsed_address
from outreach.errors import UsageError
from outreach.mail.security import check_server
from outreach.mail.transport import Envelope, NotSentError, UncertainError

_SECONDS = 60.0
"""The longest silence of a server. A conversation may take three times as long, and a second for each 20 kB of text."""
_SLOWEST = 20_000
_FAREWELL = 3.0
_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
_LINE, _LINES, _REPLY_BYTES = 4_096, 200, 64 * 1024
_PIECE = 64 * 1024
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@dataclass(frozen=True)
class SmtpAccount:
    """Where mail is handed over. security: starttls, tls, or none, which is only allowed on this machine itself."""

    host: str
    port: int
    security: str
    user: str
    from_address: str

    def check(self) -> None:
        """Raises: UsageError with what is missing or not allowed."""
        if not self.host or not self.from_address:
            raise UsageError("Say which server takes your mail, and which address it comes from.")
        email_address(self.from_address)
        check_server(self.host, self.port, self.security, "587 for STARTTLS and 465 for TLS")


class _UnreadableError(smtplib.SMTPException):
    """What a server said is no reply, or was not asked for."""


class _Client(smtplib.SMTP):
    """Reads replies strictly and within bounds, and knows whether the text of a message has begun to go out."""

    text_is_out = False
    """Since the text of the last message began to go out, no clear answer came."""
    _held = b""
    _twin: socket.socket | None = None
    _is_cut = False

    def open(self, host: str, port: int) -> None:
        """Connect. Raises: SMTPConnectError, SMTPException, OSError."""
        self._host = host
        code, answer = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, answer)

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

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        # The same line by another name: TLS takes the first over, and the line must be there to be cut in the middle of a handshake.
        self._twin = made.dup()
        if self._is_cut:
            made.close()
            raise TimeoutError("connecting took too long")
        return made

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
            raise _UnreadableError(self._held[:80].decode("utf-8", "replace"))
        super().putcmd(cmd, args)

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        answer = super().docmd(cmd, args)
        if cmd.upper() == "STARTTLS" and self._held:
            # What was said before TLS began could have been slipped in by anybody.
            raise _UnreadableError("it spoke before TLS began")
        return answer

    def speaks_unasked(self) -> bool:
        """Whether something lies there that no command asked for. Raises: SMTPServerDisconnected, OSError if the line is gone."""
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
        """One reply (RFC 5321, 4.2). Raises: _UnreadableError for one that is none, is endless or contradicts itself."""
        first, size = b"", 0
        lines: list[bytes] = []
        while True:
            line = self._line()
            size += len(line)
            found = _REPLY.fullmatch(line)
            if found is None or (first and found[1] != first) or size > _REPLY_BYTES or len(lines) >= _LINES:
                raise _UnreadableError(line[:80].decode("utf-8", "replace"))
            first = found[1]
            lines.append((found[3] or b"").strip())
            if found[2] != b"-":
                return int(first), b"\n".join(lines)

    def _line(self) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > _LINE:
                raise _UnreadableError(self._held[:80].decode("utf-8", "replace"))
            if self.sock is None:
                raise smtplib.SMTPServerDisconnected("the line is closed")
            got = self.sock.recv(_LINE)
            if not got:
                raise smtplib.SMTPServerDisconnected("the line was closed")
            self._held += got
        line, _, self._held = self._held.partition(b"\n")
        return line.removesuffix(b"\r")

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text. Returns: a clear answer, 250 or a refusal. Raises: anything else, see `text_is_out`."""
        self.text_is_out = False
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        if self.speaks_unasked():
            raise _UnreadableError("it spoke before the text went out")
        raw = _BARE.sub(b"\r\n", bytes(msg))
        stuffed = smtplib._quote_periods(raw)  # type: ignore[attr-defined]
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
            raise _UnreadableError(f"{code} {_words(answer)}")
        if self._held and not self._held.startswith(b"421"):
            raise _UnreadableError(f"{code} {_words(answer)}, and then {_words(self._held[:80])}")
        self.text_is_out = False
        if is_early:
            self.close()  # it may still take for text what comes next
        return code, answer


class _TlsClient(smtplib.SMTP_SSL, _Client):
    """The same, with TLS from the start."""


class SmtpTransport:
    """One connection, made when first needed and again after it was lost. Not shared between threads."""

    def __init__(
        self,
        account: SmtpAccount,
        password: str,
        *,
        context: ssl.SSLContext | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        account.check()
        self._account, self._password, self._seconds = account, password, seconds
        self._context = context or ssl.create_default_context()
        self._client: _Client | None = None
        self._last: _Client | None = None

    def test(self) -> str:
        """Connect and log in, without sending anything. Returns: what worked, in words. Raises: NotSentError."""
        self.close()
        self._connected()
        self.close()
        how = {"starttls": "STARTTLS", "tls": "TLS", "none": "no TLS, on this machine"}[
            self._account.security
        ]
        login = f", logged in as {self._account.user}" if self._account.user else ""
        return f"{self._account.host} answers on port {self._account.port} with {how}{login}."

    @property
    def may_have_gone(self) -> bool:
        """See `transport.Transport`."""
        return self._last is not None and self._last.text_is_out

    def send(self, envelope: Envelope) -> str:
        """See `transport.Transport`."""
        self._last = None
        addressee, sender = self._addresses(envelope)
        if self._client is not None and not self._is_ready(self._client):
            self._drop()
        client = self._last = self._connected()
        try:
            with client.within(3 * self._seconds + len(envelope.message) / _SLOWEST):
                code, answer = self._exchange(client, envelope.message, sender, addressee)
        except NotSentError:
            raise
        except smtplib.SMTPResponseException as error:
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except Exception as error:
            self._drop()
            raise self._lost(error, is_out=client.text_is_out) from error
        except BaseException:
            self._drop()
            raise
        if code != 250:
            raise self._refusal(code, answer)
        return f"{code} {_words(answer)}"

    def _addresses(self, envelope: Envelope) -> tuple[EmailAddress, EmailAddress]:
        addressee, sender = parsed_address(envelope.to_address), parsed_address(envelope.from_address)
        if sender is None:
            raise NotSentError(
                f"{address_problem(envelope.from_address)} Correct where letters come from, in the mail account’s settings.",
                is_temporary=False,
                concerns_all=True,
            )
        if addressee is None:
            raise NotSentError(
                f"{address_problem(envelope.to_address)} Correct it in the directory.", is_temporary=False
            )
        return addressee, sender

    def _is_ready(self, client: _Client) -> bool:
        """Whether a line that has been idle still stands, and the server has said nothing meanwhile, such as that it hangs up."""
        try:
            return not client.speaks_unasked()
        except (smtplib.SMTPException, OSError):
            return False

    def _exchange(
        self, client: _Client, message: bytes, sender: EmailAddress, addressee: EmailAddress
    ) -> tuple[int, bytes]:
        host = self._account.host
        client.ehlo_or_helo_if_needed()
        options = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
        for address, advice, concerns_all in (
            (sender, "Choose another address for letters to come from.", True),
            (addressee, "Ask for another address, or send the letter by post.", False),
        ):
            if address.needs_utf8 and not client.has_extn("smtputf8"):
                raise NotSentError(
                    f"“{address.wire}” has letters that this mail server cannot take; {host} offers no SMTPUTF8. {advice}",
                    is_temporary=False,
                    concerns_all=concerns_all,
                )
        if sender.needs_utf8 or addressee.needs_utf8:
            options.append("SMTPUTF8")
        if client.has_extn("size"):
            most = client.esmtp_features["size"]
            if most.isdecimal() and 0 < int(most) < len(message):
                raise NotSentError(
                    f"The letter with its files is {_megabytes(len(message))}, and {host} takes {_megabytes(int(most))} at most. "
                    "Write it with smaller files, or send it by post.",
                    is_temporary=False,
                )
            options.append(f"SIZE={len(message)}")
        code, answer = client.mail(sender.wire, options)
        if code != 250:
            raise smtplib.SMTPResponseException(code, answer)
        code, answer = client.rcpt(addressee.wire)
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, answer)
        return client.data(message)

    def _connected(self) -> _Client:
        if self._client is not None:
            return self._client
        account = self._account
        client = (
            _TlsClient(timeout=self._seconds, context=self._context)
            if account.security == "tls"
            else _Client(timeout=self._seconds)
        )
        try:
            with client.within(3 * self._seconds):
                client.open(account.host, account.port)
                if account.security == "starttls":
                    client.starttls(context=self._context)
                    client.ehlo()
                if account.user:
                    client.login(account.user, self._password)
        except BaseException as error:
            client.close()
            if not isinstance(error, Exception):
                raise
            explained = _explained(error, account)
            explained.concerns_all = True
            raise explained from error
        self._client = client
        return client

    def _refusal(self, code: int, answer: bytes | str) -> NotSentError:
        """What a server's answer in place of a confirmation amounts to. The line is used again where that is safe."""
        if not 400 <= code < 600:
            self._drop()
            return _senseless(f"{code} {_words(answer)}", self._account.host)
        client = self._client
        if client is not None:
            try:
                with client.within(_FAREWELL):
                    is_usable = code != 421 and client.rset()[0] == 250
            except (smtplib.SMTPException, OSError):
                is_usable = False
            if not is_usable:
                self._drop()
        return _refused(code, answer, self._account.host)

    def _lost(self, error: Exception, *, is_out: bool) -> Exception:
        host = self._account.host
        said = f" It said: {_words(str(error))}." if isinstance(error, _UnreadableError) else ""
        if is_out:
            what = (
                f"{host} gave no clear answer after the message had gone out.{said}"
                if said
                else f"The connection to {host} was lost after the message had gone out."
            )
            return UncertainError(
                f"{what} Whether it arrived is not known; look in the Sent folder or ask before sending it again."
            )
        if said:
            return _senseless(str(error), host)
        if isinstance(error, smtplib.SMTPException | OSError):
            return NotSentError(
                f"The connection to {host} was lost before the message went out.", is_temporary=True
            )
        return _unforeseen(error, host)

    def _drop(self) -> None:
        """End the connection without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def close(self) -> None:
        """End the connection, politely if it still stands."""
        client = self._client
        if client is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError), client.within(_FAREWELL):
                client.quit()
        self._drop()


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]


def _refused(code: int, answer: bytes | str, host: str) -> NotSentError:
    temporary = 400 <= code < 500
    advice = (
        "It is tried again later." if temporary else "Correct the address, or ask who runs the mail server."
    )
    return NotSentError(f"{host} did not take it: {code} {_words(answer)}. {advice}", is_temporary=temporary)


def _senseless(said: str, host: str) -> NotSentError:
    return NotSentError(
        f"{host} answered something that is not SMTP, so nothing was sent: {_words(said)}. Try again later, or ask who runs it.",
        is_temporary=True,
        concerns_all=True,
    )


def _unforeseen(error: Exception, host: str) -> NotSentError:
    logging.getLogger(__name__).error("unforeseen while speaking with %s", host, exc_info=error)
    return NotSentError(
        f"Something went wrong with {host} before anything was sent ({type(error).__name__}). Check the account; the log has more.",
        is_temporary=False,
        concerns_all=True,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


def _explained(error: Exception, account: SmtpAccount) -> NotSentError:
    host, port = account.host, account.port
    if isinstance(error, smtplib.SMTPAuthenticationError) and 500 <= error.smtp_code < 600:
        return NotSentError(
            f"{host} refused the login of {account.user}: {_words(error.smtp_error)}. Check the password; many providers want "
            "an app password instead of your own.",
            is_temporary=False,
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSentError(
            f"The certificate of {host} could not be verified ({error.verify_message}), so nothing was sent. Check the name "
            "of the server.",
            is_temporary=False,
        )
    if isinstance(error, socket.gaierror):
        return NotSentError(
            f"There is no server {host}. Check its name and your connection.", is_temporary=True
        )
    if isinstance(error, ConnectionRefusedError):
        return NotSentError(
            f"{host} does not answer on port {port}. Check the port: 587 for STARTTLS, 465 for TLS.",
            is_temporary=True,
        )
    if isinstance(error, TimeoutError):
        return NotSentError(
            f"{host} did not answer on port {port} in time. Check the port, or try later.", is_temporary=True
        )
    if isinstance(error, ssl.SSLError):
        return NotSentError(
            f"{host} does not speak TLS on port {port}. Choose starttls for port 587, tls for port 465.",
            is_temporary=False,
        )
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return NotSentError(
            f"{host} offers no {'STARTTLS' if account.security == 'starttls' else 'login'} on port {port}. Try tls on port 465.",
            is_temporary=False,
        )
    if isinstance(error, _UnreadableError):
        return _senseless(str(error), host)
    if isinstance(error, smtplib.SMTPResponseException):
        if not 400 <= error.smtp_code < 600:
            return _senseless(f"{error.smtp_code} {_words(error.smtp_error)}", host)
        return _refused(error.smtp_code, error.smtp_error, host)
    if isinstance(error, UnicodeError):
        return NotSentError(
            f"The login, the password or the name {host} holds letters that cannot be sent so. Correct it in the account’s settings.",
            is_temporary=False,
        )
    if isinstance(error, smtplib.SMTPException | OSError):
        return NotSentError(
            f"{host} broke off the connection: {_words(str(error))}. Try again later.", is_temporary=True
        )
    return _unforeseen(error, host)
