"""Letters in every state, made through the same calls as the app makes them."""

from datetime import date

from outreach.cases.campaigns import resolve_recipients
from outreach.domain.states import Channel
from outreach.letters.drafting import draft_letters, plan_letters
from outreach.letters.lifecycle import approve_letters, mark_sent
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template
from outreach.store.database import Database

DAY = date(2011, 1, 26)


def drafted(
    database: Database, sandbox: TemplateSandbox, to: str, template: str = "", **more: object
) -> tuple[str, ...]:
    """References of drafts to the recipients that a query names."""
    with database.write() as session:
        plan = plan_letters(
            session,
            sandbox,
            case_id="magnitsky",
            template=load_template(template) if template else None,
            recipients=resolve_recipients(session, 1, to),
            on=DAY,
            **more,  # type: ignore[arg-type]
        )
        return draft_letters(session, plan).refs


def approved(database: Database, sandbox: TemplateSandbox, to: str) -> tuple[str, ...]:
    """References of approved letters."""
    references = drafted(database, sandbox, to)
    with database.write() as session:
        approve_letters(session, references, by="tester")
    return references


def sent(database: Database, sandbox: TemplateSandbox, to: str, on: date = DAY) -> tuple[str, ...]:
    """References of letters that went out by post."""
    references = approved(database, sandbox, to)
    with database.write() as session:
        mark_sent(session, references, by=Channel.POST, on=on)
    return references
