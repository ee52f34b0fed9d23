"""The mail account of this user and machine: its settings, and its password from the keychain."""

from dataclasses import replace

from outreach.errors import UsageError
from outreach.mail.imap import ImapAccount
from outreach.mail.smtp import SmtpAccount
from outreach.settings import Settings, load_settings, save_settings


def account_of(settings: Settings) -> SmtpAccount:
    """The account in the settings. Raises: UsageError if none is set up, or it is not allowed."""
    if not settings.smtp_host:
        raise UsageError("No mail account is set up yet. Set one up with: outreach mail account")
    account = SmtpAccount(
        settings.smtp_host,
        _port(settings.smtp_port, "587 or 465"),
        settings.smtp_security,
        settings.smtp_user,
        settings.smtp_from,
    )
    account.check()
    return account


def keep_account(account: SmtpAccount, *, per_minute: int = 30) -> Settings:
    """Remember an account, without its password.

    per_minute: most letters handed over in a minute, 0 for no limit.

    Raises: UsageError if it is not allowed or cannot be kept."""
    account.check()
    settings = replace(
        load_settings(),
        smtp_host=account.host,
        smtp_port=str(account.port),
        smtp_security=account.security,
        smtp_user=account.user,
        smtp_from=account.from_address,
        smtp_per_minute=str(max(0, per_minute)),
    )
    return _saved(settings)


def mailbox_of(settings: Settings) -> ImapAccount:
    """The mailbox in the settings. Raises: UsageError if none is set up, or it is not allowed."""
    if not settings.imap_host:
        raise UsageError("No mailbox is set up yet. Set one up with: outreach mail account --imap-host")
    account = ImapAccount(
        settings.imap_host,
        _port(settings.imap_port, "993 or 143"),
        settings.imap_security,
        settings.imap_user or settings.smtp_user,
        settings.imap_folder or "INBOX",
    )
    account.check()
    return account


def keep_mailbox(account: ImapAccount | None) -> Settings:
    """Remember a mailbox, or forget it. Raises: UsageError if it is not allowed or cannot be kept."""
    if account is not None:
        account.check()
    return _saved(
        replace(
            load_settings(),
            imap_host=account.host if account else "",
            imap_port=str(account.port) if account else "993",
            imap_security=account.security if account else "tls",
            imap_user=account.user if account else "",
            imap_folder=account.folder if account else "INBOX",
        )
    )


def _saved(settings: Settings) -> Settings:
    if not save_settings(settings):
        raise UsageError("The settings could not be written. Check the rights of your configuration folder.")
    return settings


def _port(text: str, common: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"“{text}” is no port. Providers use {common}.") from error


def per_minute_of(settings: Settings) -> int:
    """Most letters handed over in a minute, 0 for no limit."""
    return int(settings.smtp_per_minute) if settings.smtp_per_minute.isdigit() else 30


def keychain_name(account: SmtpAccount | ImapAccount) -> str:
    """The name that an account's password is kept under."""
    return f"{account.user}@{account.host}"
