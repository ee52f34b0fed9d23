"""The outbox under fire: a server that fails in every way, an app that is killed anywhere.

Nothing twice, nothing lost.

OUTREACH_SOAK=1 makes it 500 letters and 200 kills; without it, fewer of both.
"""

import asyncio
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import tracker_rows
from outreach.domain.states import LetterStatus
from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.outbox import outbox, queue_letters, waiting
from outreach.store.database import open_database
from tests.integration.test_mail import free_port, reachable

LETTERS, KILLS = (500, 200) if os.environ.get("OUTREACH_SOAK") else (80, 40)

# Loads the program once, then forks a sender for each line it reads, so that hundreds of kills take seconds
# each to none.
NURSERY = """
import os, sys
from datetime import date
from pathlib import Path
from outreach.mail.sending import send_queued
from outreach.mail.smtp import SmtpAccount, SmtpTransport
from outreach.store.database import open_database
account = SmtpAccount("127.0.0.1", int(sys.argv[2]), "none", "", "office@example.org")
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        database = open_database(Path(sys.argv[1]))
        transport = SmtpTransport(account, "", seconds=5)
        send_queued(
            database, transport, on=date(2011, 1, 26), from_address="office@example.org", per_minute=0,
            wait=lambda s: None,
        )
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("done", flush=True)
"""


class FailingServer:
    """Takes, refuses for a while, or cuts the line before or after it has the message, at random.

    Keeps what it took.
    """

    def __init__(self, chance: random.Random) -> None:
        self.messages: list[bytes] = []
        self._chance = chance

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fate = self._chance.choices(["take", "busy", "cut, kept", "cut, lost"], [80, 10, 5, 5])[0]
        if fate in {"take", "cut, kept"}:
            self.messages.append(bytes(envelope.original_content or b""))
        if fate.startswith("cut"):
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
            raise ConnectionResetError
        return "250 OK" if fate == "take" else "451 4.3.0 Try again later"


def test_killed_and_cut_off_anywhere_nothing_is_sent_twice_or_lost(
    sample_path: Path, sandbox: TemplateSandbox
) -> None:
    chance = random.Random(20260126)
    database = open_database(sample_path)
    references: list[str] = []
    while len(references) < LETTERS:
        references += reachable(database, sandbox)
    with database.write() as session:
        queue_letters(session, references)
    handler, port = FailingServer(chance), free_port()
    server = Controller(handler, hostname="127.0.0.1", port=port, data_size_limit=50_000_000)
    server.start()
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY, str(sample_path), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert nursery.stdin is not None and nursery.stdout is not None
    assert nursery.stdout.readline() == b"ready\n"
    kills = rounds = 0
    try:
        while rounds < 4 * KILLS + 100:
            rounds += 1
            server_is_down = rounds % 17 == 0
            if server_is_down:
                server.stop()
            nursery.stdin.write(b"go\n")
            nursery.stdin.flush()
            child = int(nursery.stdout.readline())
            if kills < KILLS:
                # Anywhere: before the claim, during the text, before or after the record of what became of
                # it.
                ended, _, _ = select.select([nursery.stdout], [], [], chance.uniform(0, 0.25))
                if not ended:
                    os.kill(child, signal.SIGKILL)
                    kills += 1
            assert nursery.stdout.readline() == b"done\n"
            if server_is_down:
                server = Controller(handler, hostname="127.0.0.1", port=port, data_size_limit=50_000_000)
                server.start()
            with database.read() as session:
                if not waiting(session):
                    break
    finally:
        nursery.stdin.close()
        nursery.wait(30)
        nursery.stdout.close()
        server.stop()
    with database.read() as session:
        assert waiting(session) == ()
        uncertain = {r.reference for r in outbox(session) if r.outcome == "uncertain"}
        rows = {r.reference: r for r in tracker_rows(session, campaigns_list(session)[0])}
    database.close()
    arrived = Counter(
        str(message_from_bytes(m, policy=policy.default)["Subject"]).rpartition("[")[2].rstrip("]")
        for m in handler.messages
    )
    assert [r for r, times in arrived.items() if times > 1] == [], "delivered twice"
    for reference in references:
        row = rows[reference]
        if reference in uncertain:
            assert row.is_uncertain
            continue
        assert row.status is LetterStatus.SENT
        assert arrived[reference] == 1, f"{reference} is noted as sent and did not arrive"
    assert uncertain, "cuts after the text must show as uncertain"
    assert kills >= KILLS // 2
