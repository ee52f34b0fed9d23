"""What a pack is to hold, for whom, and how it is marked."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from outreach.domain.wording import LANGUAGES
from outreach.errors import UsageError

SECTIONS = (
    "summary", "facts", "timeline", "persons", "legal", "votes", "asks", "bodies", "recipients", "sources",
    "replies", "letters",
    "evidence",
)  # fmt: skip
"""Every section, in the order of a full dossier."""


@dataclass(frozen=True)
class PackOptions:
    """What a pack holds.

    sections: keys of SECTIONS, in their order. title: "" for the case's name. audience: whom it is for, as
    printed on it. language: of headings, dates and of facts that have a text in it. marking: of
    confidentiality, such as Confidential. facts: names of the facts wanted, none for all. letters: references
    of the letters wanted in full, none for all. is_brief: on as few pages as it takes, without cover and
    contents.
    """

    sections: tuple[str, ...] = SECTIONS
    title: str = ""
    audience: str = ""
    language: str = "en"
    marking: str = ""
    facts: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    is_brief: bool = False

    def check(self) -> None:
        """Raises: UsageError naming what there is."""
        if unknown := [s for s in self.sections if s not in SECTIONS]:
            raise UsageError(
                f"A pack has no section {', '.join(unknown)}. Choose from {', '.join(SECTIONS)}."
            )
        if not self.sections:
            raise UsageError("A pack needs at least one section.")
        if len(set(self.sections)) < len(self.sections):
            raise UsageError("Name each section of a pack once.")
        if self.language not in LANGUAGES:
            raise UsageError(f"Packs are made in {', '.join(LANGUAGES)}.")

    def without(self, left_out: tuple[str, ...]) -> "PackOptions":
        """The same without some sections. Raises: UsageError for one there is not."""
        replace(self, sections=left_out or self.sections).check()
        return replace(self, sections=tuple(s for s in self.sections if s not in left_out))

    def as_data(self) -> dict[str, Any]:
        """Plain data to keep."""
        return asdict(self)


def options_from(data: dict[str, Any]) -> PackOptions:
    """Options as they were kept; what is not known any more is left out."""
    known = {f.name for f in fields(PackOptions)}
    kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in known}
    sections = tuple(s for s in kept.get("sections", SECTIONS) if s in SECTIONS) or SECTIONS
    return PackOptions(**{**kept, "sections": sections})


PRESETS: dict[str, PackOptions] = {
    "brief": PackOptions(sections=("summary", "facts", "asks"), is_brief=True),
    "meeting": PackOptions(
        sections=(
            "summary",
            "facts",
            "timeline",
            "persons",
            "legal",
            "votes",
            "asks",
            "bodies",
            "recipients",
            "sources",
        )
    ),
    "dossier": PackOptions(),
}
"""One page for a desk; what is taken to a meeting; everything."""
