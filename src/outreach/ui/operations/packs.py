"""Briefing packs: what they hold, how they look, evidence, and the files that are given out."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from outreach.cases.campaigns import CampaignRow
from outreach.packs.brand import brand_change, set_brand
from outreach.packs.contents import PackContents, pack_contents
from outreach.packs.evidence import (
    EvidenceRow,
    add_evidence,
    evidence_list,
    evidence_record,
    file_as_evidence,
    put_back_evidence,
    remove_evidence,
)
from outreach.packs.exports import (
    PackExportRow,
    PackRow,
    export_pack,
    keep_pack,
    pack_exports,
    packs_list,
    typeset_pack,
)
from outreach.packs.options import PackOptions
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.ui.job import Progress
from outreach.ui.operations.operation import Compute, Long, Read, Undoable, Write, tr

LOOKED_AT = 100
"""Letters that are read to look at a pack before it is made."""


def given_out(
    campaign: CampaignRow, case_id: str
) -> Read[tuple[tuple[PackExportRow, ...], tuple[PackRow, ...]]]:
    """The packs that were exported, and those of a case that were saved to be made again."""

    def work(session: WorkSession) -> tuple[tuple[PackExportRow, ...], tuple[PackRow, ...]]:
        return pack_exports(session, campaign.key), packs_list(session, case_id) if case_id else ()

    return Read(work, "exports")


def contents(case_id: str, day: date, options: PackOptions) -> Read[PackContents]:
    """What a pack holds on a day, to be looked at: of many letters the first ones."""
    return Read(partial(pack_contents, case_id=case_id, on=day, options=options, most=LOOKED_AT), "contents")


def typeset(held: PackContents, day: date) -> Compute[bytes]:
    """The pack as a PDF."""
    return Compute(partial(typeset_pack, held, on=day), "preview")


def keep(case_id: str, options: PackOptions, *, name: str) -> Write[Changes]:
    """Keep a pack under a name, to be made again."""
    return Write(partial(keep_pack, case_id=case_id, title=name, options=options))


def export(
    case_id: str,
    target: Path,
    *,
    on: date,
    options: PackOptions,
    given_to: str,
    certificate: Path | None,
    passphrase: str,
    say: Callable[[str], object],
) -> Long[Changes]:
    """Write a pack to a file. The ending of its name says which format; a PDF is signed with the certificate.

    Args: say: told meanwhile what else is to be known.
    """

    def work(database: Database, progress: Progress) -> Changes:
        return export_pack(
            database,
            case_id,
            target,
            on=on,
            options=options,
            given_to=given_to,
            certificate=certificate,
            passphrase=passphrase,
            progress=progress,
            say=say,
        )

    def said(changes: Changes) -> str:
        return tr("Pack written: {0}").format(changes.message)

    return Long(tr("Exporting the pack"), work, said=said)


def set_look(campaign: CampaignRow, *, color: str, logo: str) -> Long[Changes]:
    """Set colour and logo of letters and packs."""

    def work(database: Database, progress: Progress) -> Changes:
        change = brand_change(color=color, logo=logo)
        with database.write() as session:
            return set_brand(session, campaign.key, change)

    return Long(tr("Reading the logo"), work)


def evidence(case_id: str) -> Read[tuple[EvidenceRow, ...]]:
    """The evidence of a case, in the order of the annexes."""
    return Read(partial(evidence_list, case_id=case_id), "evidence")


def file_evidence(case_id: str, path: Path, *, title: str, note: str) -> Long[Changes]:
    """Put a file on file as evidence."""

    def work(database: Database, progress: Progress) -> Changes:
        given = file_as_evidence(path)
        with database.write() as session:
            return add_evidence(session, case_id, given, title=title, note=note)

    return Long(tr("Reading the file"), work)


def take_out_evidence(case_id: str, key: int) -> Undoable:
    """Take evidence out of a case."""
    # Any: a row of the database as it is.
    kept = dict[str, Any]()

    def do(session: WorkSession) -> Changes:
        kept.update(evidence_record(session, case_id, key))
        return remove_evidence(session, case_id, key)

    def undo(session: WorkSession) -> Changes:
        return put_back_evidence(session, kept)

    return Undoable(tr("remove evidence"), do, undo)
