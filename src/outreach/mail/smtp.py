"""SMTP (RFC 5321) with TLS from the start or STARTTLS (RFC 3207, RFC 8314); certificates are verified."""

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from outreach.errors import UsageError
from outreach.mail.security import check_server
from outreach.mail.transport import Envelope, NotSentError, UncertainError

_SECONDS = 60.0


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
        check_server(self.host, self.port, self.security, "587 for STARTTLS and 465 for TLS")


class _Client(smtplib.SMTP):
    """Knows whether the text of a message has begun to go out."""

    text_is_out = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.text_is_out = False
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        raw = msg.encode("ascii") if isinstance(msg, str) else bytes(msg)
        stuffed = smtplib._quote_periods(raw)  # type: ignore[attr-defined]
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        # From here on, only the server knows whether it has the whole of it.
        self.text_is_out = True
        self.send(stuffed + b".\r\n")
        code, answer = self.getreply()
        self.text_is_out = False
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

    def send(self, envelope: Envelope) -> str:
        """See `transport.Transport`."""
        client = self._connected()
        try:
            code, answer = self._exchange(client, envelope)
        except smtplib.SMTPResponseException as error:
            self._reset()
            raise _refused(error.smtp_code, error.smtp_error, self._account.host) from error
        except (smtplib.SMTPServerDisconnected, OSError, ssl.SSLError) as error:
            is_out = client.text_is_out
            self.close()
            if is_out:
                raise UncertainError(
                    f"The connection to {self._account.host} was lost after the message had gone out. Whether it arrived is "
                    "not known; look in the Sent folder or ask before sending it again."
                ) from error
            raise NotSentError(
                f"The connection to {self._account.host} was lost before the message went out.",
                is_temporary=True,
            ) from error
        if code != 250:
            self._reset()
            raise _refused(code, answer, self._account.host)
        return f"{code} {_words(answer)}"

    def _exchange(self, client: _Client, envelope: Envelope) -> tuple[int, bytes]:
        client.ehlo_or_helo_if_needed()
        options = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
        code, answer = client.mail(envelope.from_address, options)
        if code != 250:
            raise smtplib.SMTPResponseException(code, answer)
        code, answer = client.rcpt(envelope.to_address)
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, answer)
        return client.data(envelope.message)

    def _connected(self) -> _Client:
        if self._client is not None:
            return self._client
        account = self._account
        client: _Client | None = None
        try:
            if account.security == "tls":
                client = _TlsClient(account.host, account.port, timeout=self._seconds, context=self._context)
            else:
                client = _Client(account.host, account.port, timeout=self._seconds)
            if account.security == "starttls":
                client.starttls(context=self._context)
                client.ehlo()
            if account.user:
                client.login(account.user, self._password)
        except Exception as error:
            if client is not None:
                client.close()
            explained = _explained(error, account)
            if explained is None:
                raise
            explained.concerns_all = True
            raise explained from error
        self._client = client
        return client

    def _reset(self) -> None:
        if self._client is not None:
            try:
                self._client.rset()
            except (smtplib.SMTPException, OSError):
                self.close()

    def close(self) -> None:
        """End the connection, politely if it still stands."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]


def _refused(code: int, answer: bytes | str, host: str) -> NotSentError:
    temporary = 400 <= code < 500
    advice = (
        "It is tried again later." if temporary else "Correct the address, or ask who runs the mail server."
    )
    return NotSentError(f"{host} did not take it: {code} {_words(answer)}. {advice}", is_temporary=temporary)


def _explained(error: Exception, account: SmtpAccount) -> NotSentError | None:
    """The sentence for what went wrong, None for a bug."""
    host, port = account.host, account.port
    if isinstance(error, smtplib.SMTPAuthenticationError):
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
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error.smtp_code, error.smtp_error, host)
    if isinstance(error, smtplib.SMTPException | OSError):
        return NotSentError(
            f"{host} broke off the connection: {_words(str(error))}. Try again later.", is_temporary=True
        )
    return None
