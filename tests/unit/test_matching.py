"""Which letter a message answers, and how sure that is."""

from datetime import date

import pytest

from outreach.domain.matching import Basis, Candidate, Clues, Matcher, references_in

SENT = date(2011, 1, 26)
LETTERS = [
    Candidate(1, "MAG-0001", ("<m1@example.org>",), ("may@homeoffice.example",), SENT, True),
    Candidate(2, "MAG-0002", ("<m2@example.org>",), ("schaake@europarl.example",), SENT, True),
    Candidate(3, "MAG-0003", ("<m3@example.org>",), ("schaake@europarl.example",), date(2011, 2, 1), True),
    Candidate(4, "MAG-0004", ("<m4@example.org>",), ("someone@gmail.com",), SENT, False),
]


def clues(**more: object) -> Clues:
    known = {"thread": (), "subject": "", "quoted": "", "from_address": "", "on": date(2011, 2, 3)}
    return Clues(**{**known, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "key", "basis", "certain"),
    [
        ({"thread": ("<x@y>", "<m2@example.org>")}, 2, Basis.THREAD, True),
        ({"thread": ("<M1@EXAMPLE.ORG>",)}, 1, Basis.THREAD, True),
        ({"subject": "Re: letter [mag-0003]"}, 3, Basis.SUBJECT, True),
        ({"quoted": "Our reference MAG-0001"}, 1, Basis.QUOTED, True),
        ({"from_address": "May@HomeOffice.example"}, 1, Basis.ADDRESS, False),
        ({"from_address": "schaake@europarl.example"}, 3, Basis.ADDRESS, False),
        ({"from_address": "unit@homeoffice.example"}, 1, Basis.DOMAIN, False),
        ({"from_address": "other@gmail.com"}, None, Basis.NONE, False),
        ({"thread": ("<m1@example.org>",), "subject": "MAG-0002"}, 1, Basis.CONFLICT, False),
        ({"thread": ("<m1@example.org>",), "quoted": "MAG-0002"}, 1, Basis.THREAD, True),
        ({"subject": "MAG-0001 and MAG-0002"}, None, Basis.NONE, False),
        ({"subject": "MAG-0001", "on": date(2011, 1, 1)}, 1, Basis.SUBJECT, False),
        ({"thread": ("<m1@example.org>",), "on": date(1999, 1, 1)}, 1, Basis.THREAD, True),
        ({"returned_ids": ("<m2@example.org>",)}, 2, Basis.THREAD, True),
        ({"returned_addresses": ("may@homeoffice.example",)}, 1, Basis.ADDRESS, True),
        ({"returned_addresses": ("schaake@europarl.example",)}, 3, Basis.ADDRESS, False),
        ({"subject": "XMAG-0001 MAG-00011"}, None, Basis.NONE, False),
    ],
)
def test_clues_lead_to_the_letter(
    given: dict[str, object], key: int | None, basis: Basis, certain: bool
) -> None:
    match = Matcher(LETTERS).match(clues(**given))
    assert (match.key, match.basis, match.is_certain) == (key, basis, certain)
    assert match.reason


def test_references_are_found_whatever_their_case() -> None:
    assert references_in("re: [mag-0042], MAG-0042 and ABC-123456; not A-12 or mag-12") == (
        "MAG-0042",
        "ABC-123456",
    )
