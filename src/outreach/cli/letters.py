"""Commands that take letters from one step of their life to the next."""

from typing import Annotated

import typer

from outreach.cases.campaigns import campaigns_list
from outreach.cli.base import (
    GROUPS,
    AsFormat,
    Format,
    On,
    Reason,
    Refs,
    opened,
    print_list,
    say,
    say_steps,
)
from outreach.domain.states import Channel
from outreach.errors import NotAllowedError, OutreachError
from outreach.letters.checks import notes_on
from outreach.letters.large_sets import (
    approving,
    closing,
    marking_sent,
    reopening,
    withdrawing,
    write_in_chunks,
)
from outreach.letters.ledger import find_letters
from outreach.letters.unsaved import forget_unsaved, restore_unsaved, unsaved_texts
from outreach.mail.last_step import undo_last_steps
from outreach.settings import user_name


@GROUPS["letters"].command("approve")
def approve(
    context: typer.Context,
    refs: Refs,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when a fact has changed since the draft.")
    ] = False,
) -> None:
    """Approve letters; their text is frozen from then on."""
    with opened(context) as database:
        with database.read() as session:
            letters = find_letters(session, refs)
            for letter, notes in zip(letters, notes_on(session, letters), strict=True):
                for note in notes:
                    typer.echo(f"Note: {letter.reference}: {note}", err=True)
        step = approving(by=user_name(), anyway=anyway)
        say_steps(write_in_chunks(database, refs, step), refs)


@GROUPS["letters"].command("reopen")
def reopen(context: typer.Context, refs: Refs) -> None:
    """Make approved letters drafts again, as long as they have not gone out."""
    with opened(context) as database:
        say_steps(write_in_chunks(database, refs, reopening(by=user_name())), refs)


@GROUPS["letters"].command("unsaved")
def unsaved(
    context: typer.Context,
    save: Annotated[bool, typer.Option("--save", help="Put them into their drafts.")] = False,
    format: AsFormat = Format.table,
) -> None:
    """List words typed in the window that could not be saved; with --save, put them into their drafts."""
    with opened(context) as database:
        texts = unsaved_texts(database.location)
        if not save:
            rows = [{"Letter": t.reference, "Why": t.reason, "Text": t.as_text} for t in texts]
            print_list(
                rows, format, [{"reference": t.reference, "reason": t.reason, **t.words} for t in texts]
            )
            return
        refused: list[OutreachError] = []
        for text in texts:
            try:
                with database.write() as session:
                    say(restore_unsaved(session, text))
            except OutreachError as error:
                refused.append(error)
            else:
                forget_unsaved(database.location, [text])
    if refused:
        raise NotAllowedError(" ".join(str(error) for error in refused)) from refused[0]


@GROUPS["letters"].command("mark-sent")
def mark_as_sent(
    context: typer.Context,
    refs: Refs,
    by: Annotated[Channel, typer.Option("--by", help="How it went.")],
    on: On = None,
    detail: Annotated[str, typer.Option("--detail", help="Such as a tracking number.")] = "",
) -> None:
    """Record that approved letters went out, on a day (by default today)."""
    with opened(context) as database:
        with database.read() as session:
            keys = {letter.campaign_id for letter in find_letters(session, refs)}
            day = on or max(c.today for c in campaigns_list(session) if c.key in keys)
        step = marking_sent(by=by, on=day, detail=detail, who=user_name())
        say_steps(write_in_chunks(database, refs, step), refs)


@GROUPS["letters"].command("withdraw")
def withdraw(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """Withdraw letters that have not gone out."""
    with opened(context) as database:
        say_steps(write_in_chunks(database, refs, withdrawing(reason=reason, by=user_name())), refs)


@GROUPS["letters"].command("close")
def close(context: typer.Context, refs: Refs, reason: Reason = "") -> None:
    """End letters that need no more."""
    with opened(context) as database:
        say_steps(write_in_chunks(database, refs, closing(reason=reason, by=user_name())), refs)


@GROUPS["letters"].command("undo")
def undo(context: typer.Context, refs: Refs) -> None:
    """Take back the last step of letters: approved, queued, marked sent, withdrawn, closed, answered."""
    with opened(context) as database, database.write() as session:
        say(undo_last_steps(session, refs, by=user_name()))
