"""Where a letter is sent to by e-mail, as the directory has it now."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.domain.email_address import EmailAddress, address_problem, parsed_address
from outreach.errors import NotAllowedError
from outreach.store.models import ContactDetail, Letter


def sending_address(session: Session, letter: Letter) -> str:
    """The e-mail address that a letter goes to, as it is on file, "" if there is none.

    It is the first of the person, else of the body; one that can be used comes before one that cannot.
    """
    found: list[str] = []
    for owner, key in (
        (ContactDetail.person_id, letter.person_id),
        (ContactDetail.organization_id, letter.organization_id),
    ):
        if key:
            query = select(ContactDetail.value).where(owner == key, ContactDetail.type == "email")
            found += session.scalars(query.order_by(ContactDetail.id))
    return next((x for x in found if parsed_address(x)), found[0] if found else "")


def address_of(reference: str, to_address: str) -> EmailAddress:
    """The address that a letter can be sent to. Args: to_address: as it is on file.

    Raises: NotAllowedError where none is on file, or what is on file is not one address.
    """
    if not to_address:
        raise NotAllowedError(
            f"No e-mail address is on file for {reference}. Add one in the directory, or send it by post."
        )
    found = parsed_address(to_address)
    if found is None:
        raise NotAllowedError(
            f"{reference} cannot be sent by e-mail: {address_problem(to_address)} Correct it in the "
            "directory, or send it by post."
        )
    return found
