"""How a mail server may be spoken to."""

from outreach.errors import UsageError

SECURITIES = ("starttls", "tls", "none")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def check_server(host: str, port: int, security: str, ports: str) -> None:
    """Refuse what would send a password or a letter in the open. ports: those in use, for what an error says.

    Raises: UsageError.
    """
    if security not in SECURITIES:
        raise UsageError(f"“{security}” is no kind of security. Choose from {', '.join(SECURITIES)}.")
    if security == "none" and host not in _HERE:
        raise UsageError("Without TLS, mail may only go to a server on this machine. Choose starttls or tls.")
    if not 0 < port < 65536:
        raise UsageError(f"{port} is no port. Providers use {ports}.")
