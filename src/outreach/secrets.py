"""Passwords in the system's keychain, through keyring. They are never written anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.errors import KeychainError

if TYPE_CHECKING:
    from keyring.errors import KeyringError

SERVICE = "outreach mail"


def get_password(account: str) -> str | None:
    """The password of an account, None if none is kept. Raises: KeychainError if it cannot be asked."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, account)
    except KeyringError as error:
        raise _explained(error) from error


def set_password(account: str, password: str) -> None:
    """Keep a password in the keychain. Raises: KeychainError; the password is then kept nowhere."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, account, password)
    except KeyringError as error:
        raise _explained(error) from error


def delete_password(account: str) -> None:
    """Forget a password; one that is not kept is no error. Raises: KeychainError."""
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        keyring.delete_password(SERVICE, account)
    except PasswordDeleteError:
        return
    except KeyringError as error:
        raise _explained(error) from error


def _explained(error: KeyringError) -> KeychainError:
    from keyring.errors import KeyringLocked, NoKeyringError

    if isinstance(error, KeyringLocked):
        return KeychainError(
            "The keychain is locked. Unlock it and try again, or type the password when asked."
        )
    if isinstance(error, NoKeyringError):
        return KeychainError(
            "This system has no keychain, so the password is not kept. Type it when asked; it is then used "
            "once."
        )
    return KeychainError(
        f"The keychain could not be used: {' '.join(str(error).split())[:160]}. Type the password when asked."
    )
