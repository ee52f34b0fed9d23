"""Very many recipients of the sample campaign, and what the database is asked
while something is done with them.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event, insert, select

from outreach.recipients.rows import RecipientRow, recipients_list
from outreach.store.database import Database
from outreach.store.models import ContactDetail, Membership, Organization, Person, Recipient
from outreach.store.types import table_of


def add_recipients(database: Database, count: int) -> tuple[RecipientRow, ...]:
    """Senators with an e-mail and a postal address each, as recipients of the sample campaign."""
    with database.write() as session:
        body = session.scalars(select(Organization.id).order_by(Organization.id)).first()
        people = [
            {
                "slug": f"many-{number}",
                "name": f"Ann Other {number}",
                "given_name": "Ann",
                "family_name": f"Other {number}",
                "gender": "female",
            }
            for number in range(count)
        ]
        session.execute(insert(table_of(Person)), people)
        keys = list(session.scalars(select(Person.id).where(Person.slug.like("many-%")).order_by(Person.id)))
        for model, rows in (
            (Membership, [{"person_id": k, "organization_id": body, "role": "senator"} for k in keys]),
            (ContactDetail, [{"person_id": k, "type": "email", "value": f"p{k}@many.example"} for k in keys]),
            (ContactDetail, [{"person_id": k, "type": "address", "value": f"{k} Some Road"} for k in keys]),
            (
                Recipient,
                [
                    {"campaign_id": 1, "person_id": k, "organization_id": body, "audience": "us_senator"}
                    for k in keys
                ],
            ),
        ):
            session.execute(insert(table_of(model)), rows)
    with database.read() as session:
        return tuple(r for r in recipients_list(session, 1) if r.person_id.startswith("many-"))


class Statements(list[str]):
    """Statements that a database was asked, in their order."""


@contextlib.contextmanager
def statements_of(database: Database) -> Iterator[Statements]:
    """The statements that a database is asked meanwhile, by SQLAlchemy: what
    the journal does is its own matter.
    """
    asked = Statements()

    def note(connection: Any, cursor: Any, statement: str, *more: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
