"""A real IMAP server on loopback: Dovecot, unprivileged, in a folder of its own. Used by fixtures."""

import contextlib
import grp
import itertools
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

PROGRAM = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
_VALIDITIES = itertools.count(1_200_000_000)
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_vsz_limit = 0
mail_location = maildir:{folder}/mail
mail_fsync = never
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server.

    folder: its own; mail lies in folder/mail as a Maildir. context: trusts its certificate.
    """

    folder: Path
    port: int
    tls_port: int
    context: ssl.SSLContext

    def deliver(self, raw: bytes, number: int, subfolder: str = "") -> None:
        """Put a message into a folder of the mailbox, as a mail server does."""
        name = self.folder / "mail" / subfolder / "new" / f"{1_300_000_000 + number}.M{number}P1.test"
        name.write_bytes(raw)
        name.chmod(0o666)

    def clear(self) -> None:
        """Begin with an empty mailbox, under a new UIDVALIDITY."""
        mail = self.folder / "mail"
        for part in list(mail.iterdir()):
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        for part in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
            (mail / part).mkdir(parents=True, exist_ok=True)
        # Dovecot would take the present second, which may be the same as before.
        validity = next(_VALIDITIES)
        (mail / "dovecot-uidlist").write_text(f"3 V{validity} N1 G{validity:032x}\n", encoding="ascii")
        for part in [mail, *mail.rglob("*")]:
            part.chmod(0o777)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(p.getsockname()[1]) for p in probes]


@contextlib.contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start Dovecot and stop it again. Skips the test where it is not installed."""
    if not PROGRAM:
        pytest.skip("Dovecot is not installed: apt-get install dovecot-imapd")
    # Its sockets need a short path, and another user must be able to reach it.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    folder.chmod(0o755)
    is_root = os.getuid() == 0
    user = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    group = grp.getgrgid(user.pw_gid).gr_name
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    for number, part in enumerate(issued.cert_chain_pems):
        part.write_to_path(str(folder / "cert.pem"), append=bool(number))
    port, tls_port = _free_ports(2)
    for part in ("run", "state", "mail", "home"):
        (folder / part).mkdir()
    text = CONFIG.format(folder=folder, user=user.pw_name, group=group, port=port, tls_port=tls_port)
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    server = Dovecot(folder, port, tls_port, context)
    server.clear()
    if is_root:
        for part in [folder, *folder.rglob("*")]:
            os.chown(part, user.pw_uid, user.pw_gid)
    process = subprocess.Popen(
        [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if is_root else {}),
    )
    try:
        _wait_for(port, process, folder)
        yield server
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
            line.settimeout(2)
            if line.recv(100).startswith(b"* OK"):
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)  # a start of another program can only be watched from outside
    log = (folder / "log").read_text(errors="replace")[-1500:] if (folder / "log").exists() else ""
    pytest.fail(f"Dovecot did not start: {log}")
