"""The mail account of this user and machine: its settings, and its password from the keychain."""

from dataclasses import replace

from outreach.errors import UsageError
from outreach.mail.smtp import SmtpAccount
from outreach.settings import Settings, load_settings, save_settings


def account_of(settings: Settings) -> SmtpAccount:
    """The account in the settings. Raises: UsageError if none is set up, or it is not allowed."""
    if not settings.smtp_host:
        raise UsageError("No mail account is set up yet. Set one up with: outreach mail account")
    try:
        port = int(settings.smtp_port)
    except ValueError as error:
        raise UsageError(f"“{settings.smtp_port}” is no port. Providers use 587 or 465.") from error
    account = SmtpAccount(
        settings.smtp_host, port, settings.smtp_security, settings.smtp_user, settings.smtp_from
    )
    account.check()
    return account


def keep_account(account: SmtpAccount) -> Settings:
    """Remember an account, without its password. Raises: UsageError if it is not allowed or cannot be kept."""
    account.check()
    settings = replace(
        load_settings(),
        smtp_host=account.host,
        smtp_port=str(account.port),
        smtp_security=account.security,
        smtp_user=account.user,
        smtp_from=account.from_address,
    )
    if not save_settings(settings):
        raise UsageError("The settings could not be written. Check the rights of your configuration folder.")
    return settings


def keychain_name(account: SmtpAccount) -> str:
    """The name that an account's password is kept under."""
    return f"{account.user}@{account.host}"
