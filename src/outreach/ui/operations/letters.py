"""Letters: reading the table and one of them, and the steps of their life."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from outreach.cases.campaigns import CampaignRow
from outreach.correspondence.replies import ReplyRow, replies_list
from outreach.desk.chosen import AboutLetters, ChosenLetters, about_letters, chosen_references
from outreach.desk.filter_names import FilterNames, filter_names
from outreach.desk.letter_order import BY_REFERENCE
from outreach.desk.letter_query import LetterQuery
from outreach.desk.letter_row import TrackerRow
from outreach.desk.letter_table import (
    LetterDetail,
    letter_count,
    letter_detail,
    letter_ids,
    letter_page,
    letter_rows,
    positions_of,
)
from outreach.desk.saved_views import ViewRow, views_list
from outreach.domain.letter_life import Step
from outreach.domain.states import Channel, LetterStatus, Origin
from outreach.domain.wording import counted
from outreach.errors import CancelledError
from outreach.letters.approving import Decision, LetterToDecide, letters_to_decide
from outreach.letters.large_sets import (
    AT_ONCE,
    StepOfMany,
    approving,
    closing,
    marking_sent,
    refused_as,
    reopening,
    undoing_close,
    undoing_sent,
    undoing_withdrawal,
    withdrawing,
)
from outreach.letters.ledger import approve_letters, edit_letter, find_letters, reopen_letters
from outreach.mail.last_step import undo_last_steps
from outreach.mail.outbox import take_back, undo_take_back
from outreach.settings import user_name
from outreach.store.changes import Changes
from outreach.store.database import Database, WorkSession
from outreach.store.paging import Order
from outreach.ui.job import Progress
from outreach.ui.operations.listing import Chosen, Listing, Sort
from outreach.ui.operations.operation import Long, Operation, Read, Write, silent, tr
from outreach.ui.operations.sets import final, is_large, undoable
from outreach.ui.saving import Saving


@dataclass(frozen=True)
class LetterListing(Listing[TrackerRow]):
    """A table of letters.

    query, today: which ones are in it. first: their order as long as they are not sorted by a column.
    """

    query: LetterQuery = field(default_factory=LetterQuery)
    today: date = date.min
    first: Order = BY_REFERENCE

    def chosen(self, choice: Chosen, sort: Sort) -> ChosenLetters:
        """The letters chosen in the table, sorted as they are there."""
        if choice.ids is not None:
            only = tuple(str(i) for i in choice.ids)
            query = LetterQuery(campaigns=self.query.campaigns, only=only)
        else:
            query = replace(self.query, but=tuple(sorted(str(i) for i in choice.but)))
        return ChosenLetters(query, self.today, choice.count, _order(sort, self.first))

    def all(self, count: int, sort: Sort) -> ChosenLetters:
        """All letters of the table. count: how many they are."""
        return ChosenLetters(self.query, self.today, count, _order(sort, self.first))


@dataclass(frozen=True)
class Around:
    """What stands around the table.

    total: letters of the campaign. offered: names to filter by. views: saved filters.
    """

    total: int
    offered: FilterNames
    views: tuple[ViewRow, ...]


def listing(query: LetterQuery, today: date, first: Order = BY_REFERENCE) -> LetterListing:
    """The letters that a query means, as a table reads them."""

    def count(session: WorkSession) -> int:
        return letter_count(session, query, today)

    def rows(session: WorkSession, sort: Sort, offset: int, limit: int) -> Sequence[TrackerRow]:
        return letter_page(session, query, today, _order(sort, first), offset=offset, limit=limit).rows

    def ids(session: WorkSession, sort: Sort, offset: int, limit: int) -> Sequence[Hashable]:
        found = letter_ids(session, query, today, _order(sort, first), offset=offset, limit=limit)
        return [reference for _, reference in found]

    def places(session: WorkSession, sort: Sort, wanted: Collection[Hashable]) -> dict[Hashable, int]:
        references = [str(i) for i in wanted]
        found = positions_of(session, references, query, today, _order(sort, first))
        return dict(found.items())

    return LetterListing(count, rows, ids, places, query, query=query, today=today, first=first)


def _order(sort: Sort, first: Order) -> Order:
    return Order(sort.by, sort.descending) if sort.by else first


def around(campaign: CampaignRow) -> Read[Around]:
    """What stands around the table of a campaign's letters."""

    def work(session: WorkSession) -> Around:
        return Around(
            letter_count(session, LetterQuery().of(campaign.key), campaign.today),
            filter_names(session, campaign.key),
            views_list(session, campaign.key),
        )

    return Read(work, "around")


def for_packs(campaign: CampaignRow) -> Read[list[tuple[str, str]]]:
    """Letters of a campaign that can stand in a pack: their references, and how they are offered."""
    query = LetterQuery(for_others=True, origin=Origin.OWN.value).of(campaign.key)

    def work(session: WorkSession) -> list[tuple[str, str]]:
        rows = letter_rows(session, query, campaign.today)
        return [(r.reference, f"{r.reference} {r.recipient}: {r.subject}") for r in rows]

    return Read(work)


def about(chosen: ChosenLetters) -> Read[AboutLetters]:
    """What has to be known of letters that were chosen, before anything is done with them."""
    return Read(partial(about_letters, chosen=chosen), "about")


def one(campaign: CampaignRow, reference: str) -> Read[tuple[LetterDetail, tuple[ReplyRow, ...]]]:
    """A letter in detail, with its answers."""

    def work(session: WorkSession) -> tuple[LetterDetail, tuple[ReplyRow, ...]]:
        return letter_detail(session, campaign, reference), replies_list(session, [reference])

    return Read(work, "detail")


def to_approve(chosen: ChosenLetters) -> Operation[Decision]:
    """What speaks against each of these letters. It waits until what was typed last is on file."""
    if not is_large(chosen):
        return Write(partial(_decision, chosen), said=silent)

    def work(database: Database, progress: Progress) -> Decision:
        found: list[LetterToDecide] = []
        with database.read() as session:
            references = chosen_references(session, chosen)
        for at in range(0, len(references), AT_ONCE):
            if not progress(at, len(references)):
                raise CancelledError("Stopped; nothing was changed.")
            with database.read() as session:
                part = letters_to_decide(session, references[at : at + AT_ONCE])
            # Of those that nothing speaks against, the first ones are named.
            found += [x for x in part if x.notes or at == 0]
        return Decision(tuple(found), len(references))

    return Long(tr("Looking the letters over"), work, said=silent)


def to_send(chosen: ChosenLetters) -> Read[Decision]:
    """Whom these letters go to, to be asked about."""
    if not is_large(chosen):
        return Read(partial(_decision, chosen))

    def work(session: WorkSession) -> Decision:
        known = about_letters(session, chosen)
        first = tuple(LetterToDecide(r.reference, r.recipient, ()) for r in known.first)
        return Decision(first, known.chosen.count)

    return Read(work)


def _decision(chosen: ChosenLetters, session: WorkSession) -> Decision:
    found = letters_to_decide(session, chosen.references or ())
    return Decision(found, len(found))


def approve(chosen: ChosenLetters, saving: Saving) -> Operation[Changes]:
    """Approve letters; Undo makes them drafts again as long as none has gone on.

    Words of them that are not on file yet, because saving them was refused or is still under way, go in
    first, in the same unit of work: nothing is approved without the words that were in view.
    """
    held = {text.reference: text for text in saving.texts}

    def do(session: WorkSession, references: Sequence[str]) -> Changes:
        for text in (held[r] for r in references if r in held):
            edit_letter(session, text.reference, **text.words)
        return approve_letters(session, references, by=user_name())

    def told(changes: Changes) -> None:
        # A later Redo approves what the drafts say then.
        for text in [held.pop(r) for r in changes.refs if r in held]:
            saving.forget(text)

    what = tr("approve {0}").format(counted(chosen.count, "letter", "letters"))
    return undoable(
        chosen,
        what,
        tr("Approving letters"),
        replace(approving(by=user_name()), write=do),
        StepOfMany(_refuse_nothing, _reopen_approved, tr("drafts again")),
        told=told,
    )


def _reopen_approved(session: WorkSession, references: Sequence[str]) -> Changes:
    """Make drafts again of letters that were approved together, but for those that somebody put back to draft
    since.

    Raises: NotAllowedError if one has gone on, or all are drafts.
    """
    letters = find_letters(session, references)
    approved = [x.reference for x in letters if x.status is not LetterStatus.DRAFT]
    return reopen_letters(session, approved or list(references), by=user_name())


def _refuse_nothing(session: WorkSession, references: Sequence[str]) -> None:
    """The check of a step that is checked when it is taken."""


def reopen(chosen: ChosenLetters) -> Operation[Changes]:
    """Make drafts again of approved letters that have not gone out."""
    return final(chosen, tr("Putting letters back to draft"), reopening(by=user_name()))


def mark_as_sent(chosen: ChosenLetters, *, by: Channel, on: date, detail: str = "") -> Operation[Changes]:
    """Record that letters went out; Undo takes it back as long as nothing more is on file."""
    return undoable(
        chosen,
        _named(tr("mark sent"), chosen),
        tr("Marking letters sent"),
        marking_sent(by=by, on=on, detail=detail, who=user_name()),
        undoing_sent(by=user_name()),
    )


def take_out_of_outbox(chosen: ChosenLetters) -> Operation[Changes]:
    """Let letters that wait to be sent wait no longer; Undo puts them in again."""
    out = partial(take_back, by=user_name())
    back = partial(undo_take_back, by=user_name())
    return undoable(
        chosen,
        _named(tr("take out of the outbox"), chosen),
        tr("Taking letters out of the outbox"),
        StepOfMany(refused_as(Step.TAKEN_BACK), out, tr("taken out of the outbox")),
        StepOfMany(refused_as(Step.TAKING_OUT_UNDONE), back, tr("in the outbox again")),
    )


def withdraw(chosen: ChosenLetters, *, reason: str) -> Operation[Changes]:
    """Do not send these letters; Undo makes them again what they were."""
    return undoable(
        chosen,
        _named(tr("withdraw"), chosen),
        tr("Withdrawing letters"),
        withdrawing(reason=reason, by=user_name()),
        undoing_withdrawal(by=user_name()),
    )


def close(chosen: ChosenLetters, *, reason: str) -> Operation[Changes]:
    """These letters need no more attention; Undo opens them again."""
    return undoable(
        chosen,
        _named(tr("close"), chosen),
        tr("Closing letters"),
        closing(reason=reason, by=user_name()),
        undoing_close(by=user_name()),
    )


def take_back_last_step(chosen: ChosenLetters, seen: Mapping[str, Step | None]) -> Operation[Changes]:
    """Take back what was last done with each of these letters. The history keeps both.

    seen: by reference, the last step of those that were named; one that has gone on since is left.
    """
    back = partial(undo_last_steps, by=user_name(), expected=seen)
    step = StepOfMany(_refuse_nothing, back, tr("put back a step"))
    return final(chosen, tr("Taking back the last step"), step)


def _named(what: str, chosen: ChosenLetters) -> str:
    """A step and the letter, or how many letters, that it was taken with: “close: MAG-0007”."""
    return tr("{0}: {1}").format(what, chosen.in_words)
