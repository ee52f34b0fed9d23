"""Speed of incoming mail: 10,000 messages fetched and matched against fetching them alone.

The slowest of 5,000 mutated ones.
"""

import random
import time
from datetime import date

import imapclient

from outreach.letters.sandbox import TemplateSandbox
from outreach.mail.fetching import fetch_mail
from outreach.mail.imap import ImapAccount, ImapMailbox
from outreach.messages.kind import kind_of
from outreach.messages.parse import tolerant_message
from outreach.messages.quotes import fresh_text, passages
from outreach.messages.safe_html import safe_html
from outreach.messages.suggest import suggest_kind
from outreach.store.database import Database
from tests import factories
from tests.benchmarks.test_speed import tell
from tests.dovecot import running_dovecot
from tests.messages import ANSWERS, AUTOMATIC, BOUNCES, message

MESSAGES = 10_000


def test_ten_thousand_messages_are_fetched_and_matched(database: Database, sandbox: TemplateSandbox) -> None:
    references = factories.sent(database, sandbox, "all", date(2011, 1, 26))
    with running_dovecot() as server:
        words = (
            "We have read your letter with care and will come back to you when the Minister has considered "
            "it. " * 12
        )
        for number in range(MESSAGES):
            named = f"[{references[number % len(references)]}]" if number % 4 == 0 else ""
            text = f"{words}\n\nOn Monday, the office wrote:\n> {words}\n"
            raw = message(
                text,
                subject=f"Re: your letter {number} {named}",
                message_id=f"<{number}@bench>",
                sender=f"p{number % 300}@x.example",
            )
            server.deliver(raw, number)
        account = ImapAccount("127.0.0.1", server.port, "none", "office")

        def alone() -> None:
            with ImapMailbox(account, "secret") as opened:
                total = sum(len(m.raw) for batch in opened.fetch_new(None) for m in batch.messages)
            assert total > MESSAGES * 1000

        alone()  # the server writes its index
        started = time.perf_counter()
        alone()
        base = time.perf_counter() - started
        started = time.perf_counter()
        with imapclient.IMAPClient("127.0.0.1", server.port, ssl=False) as client:
            client.login("office", "secret")
            client.select_folder("INBOX", readonly=True)
            uids = client.search()
            for at in range(0, len(uids), 1000):
                client.fetch(uids[at : at + 1000], ["BODY.PEEK[]"])
        library = time.perf_counter() - started
        started = time.perf_counter()
        with ImapMailbox(account, "secret") as opened:
            report = fetch_mail(database, opened, account="office", folder="INBOX", today=date(2011, 2, 10))
        seconds = time.perf_counter() - started
    assert report.answers + report.to_assign == MESSAGES
    tell(f"{MESSAGES:,} messages fetched, matched and kept", seconds, "fetched alone by the same code", base)
    tell(f"{MESSAGES:,} messages fetched, matched and kept", seconds, "fetched alone by IMAPClient", library)


def test_the_slowest_of_mutated_messages() -> None:
    chance = random.Random(5000)
    seeds = [*ANSWERS.values(), *BOUNCES.values(), *AUTOMATIC.values()]
    slowest, total = 0.0, 0.0
    for _ in range(5000):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            at = chance.randint(0, len(raw))
            piece = chance.choice(
                [b"A", b"<", b"> ", b"On ", b"\n", b'"', b"--b\n", b"(", b"=?utf-8?b?", b"<div>", b"&", b"\0",
                chance.randbytes(20),
                 b"--b\nContent-Type: multipart/mixed; boundary=b\n\n"]
            )  # fmt: skip
            raw[at:at] = piece * chance.choice([1, 10, 1000, 20_000])
        started = time.perf_counter()
        read = tolerant_message(bytes(raw))
        kind_of(read)
        passages(read.text)
        suggest_kind(fresh_text(read.text), date(2011, 2, 3))
        safe_html(read.html)
        seconds = time.perf_counter() - started
        slowest, total = max(slowest, seconds), total + seconds
    tell("the slowest of 5,000 mutated messages", slowest, "the mean of them", total / 5000)
