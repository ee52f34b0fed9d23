"""The one finder of files that ship beside the code: resources/ and templates/."""

from importlib.resources import files
from pathlib import Path

from outreach.errors import OutreachError

_PACKAGE = Path(str(files("outreach")))
_CHECKOUT = _PACKAGE.parent.parent


def resource(name: str) -> Path:
    """Path of a shipped file or folder, such as ``resources/fonts`` or ``templates/letters``.

    In an installed wheel these lie in ``outreach/_data``; in a checkout at its top.

    Raises: OutreachError if it is in neither place, naming both.
    """
    shipped, checkout = _PACKAGE / "_data" / name, _CHECKOUT / name
    if shipped.exists():
        return shipped
    if checkout.exists():
        return checkout
    raise OutreachError(f"Part of the program is missing: {shipped} (or {checkout}). Install outreach again.")
