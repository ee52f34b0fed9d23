"""Commands about mail: the account, the outbox, sending, and settling what is uncertain."""

import os
import sys
from datetime import date
from typing import Annotated

import typer

from outreach.cli.base import GROUPS, AsFormat, Format, On, Refs, note, opened, print_list, say, say_steps
from outreach.errors import KeychainError, UsageError
from outreach.letters.large_sets import write_in_chunks
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
from outreach.mail.outbox import (
    outbox,
    queue_letters,
    queueing,
    settle,
    take_back,
    uncertain_message_id,
)
from outreach.mail.security import SECURITIES
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.secrets import get_password, set_password
from outreach.settings import load_settings, user_name
from outreach.words import notice_in_words

PASSWORD_VARIABLE = "OUTREACH_MAIL_PASSWORD"


def _password(account: SmtpAccount | ImapAccount) -> str:
    """From the environment, the keychain, or the keyboard, in this order."""
    if not account.user:
        return ""
    if given := os.environ.get(PASSWORD_VARIABLE):
        return given
    reason = "No password is kept for it."
    try:
        if kept := get_password(keychain_name(account)):
            return kept
    except KeychainError as error:
        reason = str(error)
    if not sys.stdin.isatty():
        raise UsageError(f"{reason} Keep one with: outreach mail account, or set {PASSWORD_VARIABLE}.")
    typer.echo(reason, err=True)
    return str(typer.prompt(f"Password of {account.user}", hide_input=True))


@GROUPS["mail"].command("account")
def set_up_account(
    host: Annotated[str, typer.Option("--host", help="The server that takes your mail.")],
    from_address: Annotated[str, typer.Option("--from", help="The address that letters come from.")],
    user: Annotated[str, typer.Option("--user", help="Login; often the address itself.")] = "",
    port: Annotated[int, typer.Option("--port")] = 587,
    security: Annotated[str, typer.Option("--security", help=", ".join(SECURITIES))] = "starttls",
    imap_host: Annotated[
        str, typer.Option("--imap-host", help="The server that keeps your mail; answers are fetched there.")
    ] = "",
    imap_user: Annotated[str, typer.Option("--imap-user", help="Login there, if it is another.")] = "",
    imap_port: Annotated[int, typer.Option("--imap-port")] = 993,
    imap_security: Annotated[str, typer.Option("--imap-security", help=", ".join(SECURITIES))] = "tls",
    folder: Annotated[str, typer.Option("--folder", help="Where answers come in.")] = "INBOX",
    per_minute: Annotated[
        int, typer.Option("--per-minute", help="Most letters a minute, 0 for no limit.")
    ] = 30,
) -> None:
    """Set up the mail account; its password goes to the system's keychain."""
    account = SmtpAccount(host, port, security, user, from_address)
    mailbox = (
        ImapAccount(imap_host, imap_port, imap_security, imap_user or user, folder) if imap_host else None
    )
    account.check()
    keep_mailbox(mailbox)
    keep_account(account, per_minute=per_minute)
    typer.echo(
        f"Mail goes out by {host}, port {port}."
        + (f" Answers are fetched from {imap_host}." if mailbox else "")
    )
    for known in dict.fromkeys(keychain_name(x) for x in (account, mailbox) if x is not None and x.user):
        given = os.environ.get(PASSWORD_VARIABLE)
        if not given and sys.stdin.isatty():
            given = typer.prompt(
                f"Password of {known} (many providers want an app password)", hide_input=True
            )
        if given:
            set_password(known, given)
            typer.echo("The password is in the system’s keychain.")


@GROUPS["mail"].command("test")
def test_account() -> None:
    """Connect and log in, without sending or changing anything; says what is wrong."""
    settings = load_settings()
    account = account_of(settings)
    typer.echo(SmtpTransport(account, _password(account)).test())
    if settings.imap_host:
        mailbox = mailbox_of(settings)
        with ImapMailbox(mailbox, _password(mailbox)) as opened_mailbox:
            typer.echo(opened_mailbox.test())


@GROUPS["mail"].command("fetch")
def fetch(context: typer.Context) -> None:
    """Read what is new in the mailbox, without changing it, and file what answers a letter."""
    account = mailbox_of(load_settings())
    with opened(context) as database, ImapMailbox(account, _password(account)) as mailbox:
        report = fetch_mail(
            database,
            mailbox,
            account=keychain_name(account),
            folder=account.folder,
            today=date.today(),  # noqa: DTZ011  local calendar day is meant
        )
    typer.echo(report.in_words)
    for problem in report.problems:
        typer.echo(f"Note: {problem}", err=True)


@GROUPS["mail"].command("look")
def look_for(context: typer.Context, ref: Annotated[str, typer.Argument(metavar="REF")]) -> None:
    """Look for an uncertain letter in the mailbox's folders of sent mail, by its Message-ID."""
    with opened(context) as database, database.read() as session:
        message_id = uncertain_message_id(session, ref)
    account = mailbox_of(load_settings())
    with ImapMailbox(account, _password(account)) as mailbox:
        folder = mailbox.find_sent(message_id)
    typer.echo(
        f"It lies in “{folder}”, so it went out. Say so with: outreach mail settle {ref.upper()} --sent"
        if folder
        else (
            "It is in no folder. Not every provider keeps what is sent, so that proves nothing; ask the "
            "addressee."
        )
    )


@GROUPS["mail"].command("queue")
def queue(context: typer.Context, refs: Refs) -> None:
    """Put approved letters into the outbox."""
    with opened(context) as database:
        say_steps(write_in_chunks(database, refs, queueing(by=user_name())), refs)


@GROUPS["mail"].command("take-back")
def take_out(context: typer.Context, refs: Refs) -> None:
    """Take letters out of the outbox again."""
    with opened(context) as database, database.write() as session:
        say(take_back(session, refs, by=user_name()))


@GROUPS["mail"].command("outbox")
def show_outbox(context: typer.Context, format: AsFormat = Format.table) -> None:
    """List what waits, what failed, and what is uncertain."""
    with opened(context) as database, database.read() as session:
        rows = outbox(session)
    print_list(
        [
            {"Reference": r.reference, "Recipient": r.recipient, "To": r.to_address, "State": r.outcome,
            "Why": notice_in_words(r.detail), "Message-ID": r.message_id}
            for r in rows
        ],
        format,
    )  # fmt: skip


@GROUPS["mail"].command("send")
def send(
    context: typer.Context,
    refs: Annotated[
        list[str] | None, typer.Argument(metavar="[REF…]", help="Queued first; else all that wait.")
    ] = None,
    on: On = None,
    per_minute: Annotated[
        int | None, typer.Option("--per-minute", help="Most letters a minute, 0 for no limit.")
    ] = None,
) -> None:
    """Send what is in the outbox, each letter at most once."""
    account = account_of(load_settings())
    password = _password(account)
    transport = SmtpTransport(account, password)
    try:
        with opened(context) as database:
            if refs:
                with database.write() as session:
                    queue_letters(session, refs, by=user_name())
            results = send_queued(
                database,
                transport,
                on=on or date.today(),  # noqa: DTZ011  local calendar day is meant
                from_address=account.from_address,
                per_minute=per_minute_of(load_settings()) if per_minute is None else per_minute,
                say=note,
            )
    finally:
        transport.close()
    print_list(
        [{"Reference": r.reference, "Outcome": r.outcome, "Detail": r.detail} for r in results], Format.table
    )
    if any(r.outcome != "sent" for r in results):
        raise typer.Exit(1)


@GROUPS["mail"].command("settle")
def settle_one(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF")],
    sent: Annotated[bool, typer.Option("--sent/--not-sent", help="Whether it went out.")],
    on: On = None,
) -> None:
    """Say of an uncertain letter whether it went out; look in the Sent folder for its Message-ID."""
    with opened(context) as database, database.write() as session:
        say(settle(session, ref, was_sent=sent, on=on))
