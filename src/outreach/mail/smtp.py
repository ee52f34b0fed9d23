"""SMTP (RFC 5321) with TLS from the start or STARTTLS (RFC 3207, RFC 8314); certificates are verified.

A server is believed when it speaks clearly, and only then: 250 after the text is *sent*, 4xx and 5xx are *not
sent*. Whatever else comes before the text went out is *not sent* either; whatever else comes after is
*uncertain*.
"""

import contextlib
import logging
import smtplib
import socket
import ssl
from dataclasses import dataclass

from outreach.domain.email_address import EmailAddress, address_problem, email_address, parsed_address
from outreach.errors import UsageError
from outreach.mail.security import check_server
from outreach.mail.smtp_client import SmtpClient, TlsClient, UnreadableError, words_of
from outreach.mail.transport import Envelope, NotSentError, UncertainError

_SECONDS = 60.0
"""The longest silence of a server.

A conversation may take three times as long, and a second for each 20 kB of text.
"""
_SLOWEST = 20_000
_FAREWELL = 3.0


@dataclass(frozen=True)
class SmtpAccount:
    """Where mail is handed over.

    security: starttls, tls, or none, which is only allowed on this machine itself.
    """

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
        self._client: SmtpClient | None = None
        self._last: SmtpClient | None = None

    def test(self) -> str:
        """Connect and log in, without sending anything.

        Returns: what worked, in words. Raises: NotSentError.
        """
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
        return f"{code} {words_of(answer)}"

    def _addresses(self, envelope: Envelope) -> tuple[EmailAddress, EmailAddress]:
        addressee, sender = parsed_address(envelope.to_address), parsed_address(envelope.from_address)
        if sender is None:
            raise NotSentError(
                f"{address_problem(envelope.from_address)} Correct where letters come from, in the mail "
                "account’s settings.",
                is_temporary=False,
                concerns_all=True,
            )
        if addressee is None:
            raise NotSentError(
                f"{address_problem(envelope.to_address)} Correct it in the directory.", is_temporary=False
            )
        return addressee, sender

    def _is_ready(self, client: SmtpClient) -> bool:
        """Whether a line that has been idle still stands, and the server has said nothing
        meanwhile, such as that it hangs up.
        """
        try:
            return not client.speaks_unasked()
        except (smtplib.SMTPException, OSError):
            return False

    def _exchange(
        self, client: SmtpClient, message: bytes, sender: EmailAddress, addressee: EmailAddress
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
                    f"“{address.wire}” has letters that this mail server cannot take; {host} offers no "
                    f"SMTPUTF8. {advice}",
                    is_temporary=False,
                    concerns_all=concerns_all,
                )
        if sender.needs_utf8 or addressee.needs_utf8:
            options.append("SMTPUTF8")
        if client.has_extn("size"):
            most = client.esmtp_features["size"]
            if most.isdecimal() and 0 < int(most) < len(message):
                raise NotSentError(
                    f"The letter with its files is {_megabytes(len(message))}, and {host} takes "
                    f"{_megabytes(int(most))} at most. Write it with smaller files, or send it by post.",
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

    def _connected(self) -> SmtpClient:
        if self._client is not None:
            return self._client
        account = self._account
        client = (
            TlsClient(account.host, account.port, seconds=self._seconds, context=self._context)
            if account.security == "tls"
            else SmtpClient(account.host, account.port, seconds=self._seconds)
        )
        try:
            with client.within(3 * self._seconds):
                client.open()
                if account.security == "starttls":
                    client.secure(self._context)
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
        """What a server's answer in place of a confirmation amounts to.

        The line is used again where that is safe.
        """
        if not 400 <= code < 600:
            self._drop()
            return _senseless(f"{code} {words_of(answer)}", self._account.host)
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
        said = f" It said: {words_of(str(error))}." if isinstance(error, UnreadableError) else ""
        if is_out:
            what = (
                f"{host} gave no clear answer after the message had gone out.{said}"
                if said
                else f"The connection to {host} was lost after the message had gone out."
            )
            return UncertainError(
                f"{what} Whether it arrived is not known; look in the Sent folder or ask before sending it "
                "again."
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


def _refused(code: int, answer: bytes | str, host: str) -> NotSentError:
    temporary = 400 <= code < 500
    advice = (
        "It is tried again later." if temporary else "Correct the address, or ask who runs the mail server."
    )
    return NotSentError(
        f"{host} did not take it: {code} {words_of(answer)}. {advice}", is_temporary=temporary
    )


def _senseless(said: str, host: str) -> NotSentError:
    return NotSentError(
        f"{host} answered something that is not SMTP, so nothing was sent: {words_of(said)}. Try again "
        "later, or ask who runs it.",
        is_temporary=True,
        concerns_all=True,
    )


def _unforeseen(error: Exception, host: str) -> NotSentError:
    logging.getLogger(__name__).error("unforeseen while speaking with %s", host, exc_info=error)
    return NotSentError(
        f"Something went wrong with {host} before anything was sent ({type(error).__name__}). Check the "
        "account; the log has more.",
        is_temporary=False,
        concerns_all=True,
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


def _explained(error: Exception, account: SmtpAccount) -> NotSentError:
    host, port = account.host, account.port
    if isinstance(error, smtplib.SMTPAuthenticationError) and 500 <= error.smtp_code < 600:
        return NotSentError(
            f"{host} refused the login of {account.user}: {words_of(error.smtp_error)}. Check the password; "
            "many providers want an app password instead of your own.",
            is_temporary=False,
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotSentError(
            f"The certificate of {host} could not be verified ({error.verify_message}), so nothing was "
            "sent. Check the name of the server.",
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
            f"{host} offers no {'STARTTLS' if account.security == 'starttls' else 'login'} on port {port}. "
            "Try tls on port 465.",
            is_temporary=False,
        )
    if isinstance(error, UnreadableError):
        return _senseless(str(error), host)
    if isinstance(error, smtplib.SMTPResponseException):
        if not 400 <= error.smtp_code < 600:
            return _senseless(f"{error.smtp_code} {words_of(error.smtp_error)}", host)
        return _refused(error.smtp_code, error.smtp_error, host)
    if isinstance(error, UnicodeError):
        return NotSentError(
            f"The login, the password or the name {host} holds letters that cannot be sent so. Correct it "
            "in the account’s settings.",
            is_temporary=False,
        )
    if isinstance(error, smtplib.SMTPException | OSError):
        return NotSentError(
            f"{host} broke off the connection: {words_of(str(error))}. Try again later.", is_temporary=True
        )
    return _unforeseen(error, host)
