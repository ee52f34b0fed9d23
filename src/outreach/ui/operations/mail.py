"""Mail: the account and its password, sending, fetching, and what is uncertain about a letter."""

from collections.abc import Callable
from datetime import date
from functools import partial

from outreach.correspondence.incoming import IncomingReport
from outreach.desk.chosen import ChosenLetters, chosen_references
from outreach.errors import KeychainError, OutreachError
from outreach.letters.large_sets import StepOfMany, write_in_chunks
from outreach.mail.accounts import (
    account_of,
    keep_account,
    keep_mailbox,
    keychain_name,
    mailbox_of,
    per_minute_of,
)
from outreach.mail.fetching import fetch_mail
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.mail.outbox import OutboxRow, outbox, queue_letters, refuse_queueing, settle
from outreach.mail.outcomes import catch_up, kept_outcomes
from outreach.mail.sending import Result, send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.secrets import get_password, set_password
from outreach.settings import Settings, load_settings, user_name
from outreach.store.changes import Changes
from outreach.store.database import Database
from outreach.ui.job import Progress, Wait
from outreach.ui.operations.inbox import all_that_arrived, report_in_words
from outreach.ui.operations.operation import Read, Server, Write, silent, tr
from outreach.ui.operations.sets import is_large

Account = SmtpAccount | ImapAccount
LETTERS = Changes(frozenset({"letters"}))
# How long somebody who looks at a dialog waits for a server.
_SECONDS = 20


def smtp_account() -> SmtpAccount | None:
    """The account that letters go out by; None if none is set up."""
    try:
        return account_of(load_settings())
    except OutreachError:
        return None


def mailbox() -> ImapAccount | None:
    """The mailbox that answers come in by; None if none is set up."""
    try:
        return mailbox_of(load_settings())
    except OutreachError:
        return None


def pace(settings: Settings) -> int:
    """How many letters go out in a minute at most."""
    return per_minute_of(settings)


def name_of(account: Account) -> str:
    """The name under which the keychain keeps the password of an account."""
    return keychain_name(account)


def names_of(account: SmtpAccount, box: ImapAccount | None) -> list[str]:
    """The names under which the keychain keeps the password of an account and of its mailbox."""
    return list(dict.fromkeys(keychain_name(x) for x in (account, box) if x is not None and x.user))


def save_account(
    account: SmtpAccount, box: ImapAccount | None, *, per_minute: int, password: str
) -> Server[str]:
    """Keep an account and its mailbox, and the password in the keychain, "" to leave the one there.

    Result: its host.
    """

    def work(database: Database, progress: Progress, wait: Wait) -> str:
        keep_mailbox(box)
        keep_account(account, per_minute=per_minute)
        if password:
            for name in names_of(account, box):
                set_password(name, password)
        return str(account.host)

    return Server(tr("Saving the account"), work, is_kept=True, said=tr("Mail goes out by {0}.").format)


def test_account(account: SmtpAccount, box: ImapAccount | None, password: str) -> Server[str]:
    """Whether both servers let one in.

    password: as typed, "" for the one that is kept. Result: what they said.
    """

    def work(database: Database, progress: Progress, wait: Wait) -> str:
        secret = password or (get_password(keychain_name(account)) or "" if account.user else "")
        words = SmtpTransport(account, secret, seconds=_SECONDS).test()
        if box is not None:
            secret = password or get_password(keychain_name(box)) or ""
            with ImapMailbox(box, secret, seconds=_SECONDS) as opened:
                words += f"\n{opened.test()}"
        return words

    return Server(tr("Testing the mail account"), work, said=silent)


def kept_password(account: Account) -> Server[tuple[str, str]]:
    """The password in the keychain, else "" and why there is none."""

    def work(database: Database, progress: Progress, wait: Wait) -> tuple[str, str]:
        try:
            return get_password(keychain_name(account)) or "", tr("No password is kept for this account.")
        except KeychainError as error:
            return "", str(error)

    return Server(tr("Asking the keychain"), work)


def _keep(account: Account, password: str, say: Callable[[str], object]) -> None:
    """Keep a password; a keychain that refuses holds nothing up, the password stays typed for this window."""
    try:
        set_password(keychain_name(account), password)
    except KeychainError as error:
        say(str(error))


def fetch(
    account: ImapAccount, password: str, *, keep: bool, say: Callable[[str], object]
) -> Server[IncomingReport]:
    """Read what is new in the mailbox.

    keep: put the password into the keychain. say: told if that refuses.
    """
    day = date.today()  # noqa: DTZ011  local calendar day is meant

    def work(database: Database, progress: Progress, wait: Wait) -> IncomingReport:
        if keep:
            _keep(account, password, say)
        with ImapMailbox(account, password) as opened:
            return fetch_mail(
                database,
                opened,
                account=keychain_name(account),
                folder=account.folder,
                today=day,
                progress=progress,
            )

    return Server(tr("Fetching mail"), work, once=True, said=report_in_words, changed=all_that_arrived)


def send(
    account: SmtpAccount,
    password: str,
    chosen: ChosenLetters,
    *,
    keep: bool,
    say: Callable[[str], object],
) -> Server[tuple[Result, ...]]:
    """Hand letters over, each at most once. keep, say: as for `fetch`; say also tells how it goes on."""
    per_minute = per_minute_of(load_settings())
    day = date.today()  # noqa: DTZ011  local calendar day is meant

    def work(database: Database, progress: Progress, wait: Wait) -> tuple[Result, ...]:
        if keep:
            _keep(account, password, say)
        goes_on = partial(progress, 0, chosen.count)
        catch_up(database, goes_on)  # a unit of its own, so that it stands whatever is refused next
        if is_large(chosen):
            with database.read() as session:
                references = chosen_references(session, chosen)
            queue = partial(queue_letters, by=user_name())
            step = StepOfMany(refuse_queueing, queue, tr("in the outbox"))
            say(write_in_chunks(database, references, step, progress=progress).message)
        else:
            with database.write(goes_on) as session:
                queue_letters(session, chosen.references or (), by=user_name())
        transport = SmtpTransport(account, password)
        try:
            return send_queued(
                database,
                transport,
                on=day,
                from_address=account.from_address,
                per_minute=per_minute,
                progress=progress,
                wait=wait,
                say=say,
            )
        finally:
            transport.close()

    return Server(tr("Sending letters"), work, once=True)


def record_at_once() -> Server[tuple[bool, int]]:
    """Record what a sending that was cut off has left beside the database.

    Result: whether there was any, what is left.
    """

    def work(database: Database, progress: Progress, wait: Wait) -> tuple[bool, int]:
        had_some = bool(kept_outcomes(database.path))
        return had_some, catch_up(database)

    return Server("", work)


def record_in_time() -> Server[int]:
    """As `record_at_once`, when another program has finished writing. Result: what is left."""

    def work(database: Database, progress: Progress, wait: Wait) -> int:
        return catch_up(database, partial(progress, 0, 0))

    return Server(tr("Waiting for another program to finish writing"), work, changed=lambda left: LETTERS)


def in_outbox() -> Read[tuple[OutboxRow, ...]]:
    """What is in the outbox, and what is uncertain."""
    return Read(outbox)


def say_whether_sent(reference: str, *, was_sent: bool, on: date) -> Write[Changes]:
    """Say of an uncertain letter whether it went out."""
    return Write(partial(settle, reference=reference, was_sent=was_sent, on=on))


def look_among_sent(
    account: ImapAccount, password: str, message_id: str, *, keep: bool, say: Callable[[str], object]
) -> Server[str]:
    """Look for a message among sent mail.

    Result: the folder it lies in, "" for none. keep, say: as for `fetch`.
    """

    def work(database: Database, progress: Progress, wait: Wait) -> str:
        if keep:
            _keep(account, password, say)
        with ImapMailbox(account, password, seconds=_SECONDS) as opened:
            return opened.find_sent(message_id)

    return Server(tr("Looking among sent mail"), work, said=silent)
