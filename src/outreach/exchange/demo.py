"""The main job from end to end: documents in, letters, table and pack out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from outreach.cases.campaigns import campaigns_list
from outreach.desk.letter_table import tracker_rows
from outreach.desk.table_files import tracker_csv
from outreach.domain.letter_life import Step
from outreach.domain.references import is_reference
from outreach.errors import UsageError
from outreach.exchange.campaign_folder import campaign_folder, read_campaign
from outreach.exchange.campaign_loader import load_campaign
from outreach.files import make_folder, write_file
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.exports import export_letters
from outreach.letters.ledger import approve_letters
from outreach.letters.sandbox import TemplateSandbox
from outreach.packs.exports import export_pack
from outreach.recipients.rows import recipients_list
from outreach.store.database import open_database
from outreach.store.models import LetterEvent


@dataclass(frozen=True)
class DemoResult:
    """What a demo left in its folder."""

    database: Path
    letters: tuple[Path, ...]
    tracker: Path
    packs: tuple[Path, ...]


def run_demo(output: Path, *, campaign: str = "magnitsky", say: Callable[[str], None]) -> DemoResult:
    """Make a database from a campaign's documents, write to every recipient, and export everything.

    Args: output: a folder; files of an earlier demo in it are replaced, others stay. say: told what was done.
    Raises: UsageError if the folder holds a database of other work; otherwise as the parts do.
    """
    content = read_campaign(campaign_folder(campaign))
    make_folder(output)
    path = output / "outreach.db"
    _clear(path)
    sandbox = TemplateSandbox()
    database = open_database(path, create=True)
    try:
        with database.write() as session:
            load_campaign(session, content)
        say(f"Loaded “{content.campaign.name}” into {path}.")
        cases = [case.id for case in content.cases]
        references: tuple[str, ...] = ()
        for case_id in cases:
            with database.read() as session:
                row = campaigns_list(session)[0]
                plan = plan_letters(
                    session,
                    sandbox,
                    case_id=case_id,
                    template=None,
                    recipients=recipients_list(session, row.key),
                    on=row.today,
                )
            with database.write() as session:
                drafted = draft_letters(session, plan, by="demo")
                approve_letters(session, drafted.refs, by="demo")
                references += drafted.refs
        with database.read() as session:
            letters = export_letters(session, references, ["pdf"], output / "letters")
            row = campaigns_list(session)[0]
            table = write_file(output / "tracker.csv", tracker_csv(tracker_rows(session, row)))
        say(f"Drafted and approved {len(letters)} letters: {output / 'letters'}.")
        say(f"Tracking table: {table}.")
        packs = []
        for number, case_id in enumerate(cases):
            target = output / ("pack.pdf" if number == 0 else f"pack-{case_id}.pdf")
            packs.append(target)
            say(f"Briefing pack: {export_pack(database, case_id, target).message} {target}")
        return DemoResult(path, letters, table, tuple(packs))
    finally:
        database.close()
        sandbox.close()


def _clear(path: Path) -> None:
    """Remove the database of an earlier demo, and only that."""
    if not path.exists():
        return
    database = open_database(path)
    try:
        with database.read() as session:
            by_hand = session.scalar(
                select(LetterEvent.id)
                .where(
                    LetterEvent.by != "demo",
                    LetterEvent.kind != Step.REPORTED,
                    LetterEvent.kind != Step.REPLY_RECEIVED,
                )
                .limit(1)
            )
    finally:
        database.close()
    if by_hand is not None:
        raise UsageError(
            f"{path} holds work that was not made by a demo, so it was left alone. Choose another folder "
            "with --output."
        )
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for old in (path.parent / "letters").glob("*.pdf"):
        if is_reference(old.stem.split(" ")[0]):
            old.unlink()
