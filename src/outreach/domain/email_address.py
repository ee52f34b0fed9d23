"""E-mail addresses: what is one (RFC 5321, 5322, 6531), and how it goes over the line.

Nobody is asked whether it exists.
"""

from dataclasses import dataclass
from functools import lru_cache

from outreach.errors import UsageError

_LONGEST = 320
_SHOWN = 60


@dataclass(frozen=True)
class EmailAddress:
    """One address. wire: as a server is told it, its domain in ASCII (IDNA).

    needs_utf8: what stands before the @ is not ASCII, so that only servers with SMTPUTF8 (RFC 6531) take it.
    """

    wire: str
    needs_utf8: bool

    @property
    def domain(self) -> str:
        """What stands after the @, in ASCII."""
        return self.wire.rpartition("@")[2]


@lru_cache(maxsize=4096)
def parsed_address(text: str) -> EmailAddress | None:
    """A single address, without a name or brackets around it; None for anything else."""
    wanted = text.strip()
    if len(wanted) > _LONGEST:
        return None
    import email_validator

    # Whether a name is reserved is for the server that takes the mail to say: offices use .local for their
    # own.
    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        found = email_validator.validate_email(wanted, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return None
    return EmailAddress(f"{found.local_part}@{found.ascii_domain}", found.ascii_email is None)


def email_address(text: str) -> EmailAddress:
    """A single address as a user gave it. Raises: UsageError saying what is wrong with it."""
    found = parsed_address(text)
    if found is None:
        raise UsageError(f"{address_problem(text)} Correct it, or leave it empty.")
    return found


def address_problem(text: str) -> str:
    """Why a text is no e-mail address, as a sentence; "" if it is one."""
    if parsed_address(text) is not None:
        return ""
    shown = "".join(c if c.isprintable() else "�" for c in text.strip())
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    if len(several_addresses(text)) > 1:
        return f"“{shown}” is not an e-mail address but several."
    return f"“{shown}” is not an e-mail address."


def several_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a text that holds nothing but addresses, with commas, semicolons or
    blanks between them; else none.
    """
    parts = text.replace(",", " ").replace(";", " ").split()
    return tuple(dict.fromkeys(parts)) if parts and all(parsed_address(p) for p in parts) else ()
