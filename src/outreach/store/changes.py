"""What a write changed, so that each page can tell whether it must look again."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Changes:
    """Kinds of records that a write touched, and the sentence for the user.

    kinds: among directory, cases, letters, packs. refs: references of letters or slugs.
    is_cut_short: something went wrong after a part was done, and the sentence says what; the rest was left as
    it was.
    """

    kinds: frozenset[str]
    message: str = ""
    refs: tuple[str, ...] = field(default=())
    is_cut_short: bool = False
