"""The look of an organization: the colour and the logo of its letters and packs."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from outreach.errors import TypesettingError, UsageError
from outreach.files import read_given
from outreach.letters.formats.document import is_svg
from outreach.letters.formats.typesetting import svg_as_png
from outreach.packs.opening import LOGOS, check_svg, open_picture, refuse_wrong_name
from outreach.store.blobs import keep_blob
from outreach.store.changes import Changes
from outreach.store.models import Campaign

MAX_BYTES = 2 * 1024 * 1024
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_SIZE = (4000, 4000)
"""Most pixels of a logo, across and down."""
NONE = "none"


@dataclass(frozen=True)
class BrandChange:
    """A colour and a logo to set, checked. None leaves what is there; "" and b"" forget it."""

    color: str | None
    logo: bytes | None


def brand_change(*, color: str = "", logo: str = "") -> BrandChange:
    """Read and check a colour and a logo before they are set, for a logo is drawn to see whether it can be.

    Args: color: such as #1f4e79, dark enough for white paper; "" leaves it, “none” forgets it. logo: path of
        an SVG, PNG or JPEG file, likewise.
    Raises: UsageError for a colour that is none or too light to read, or a file that cannot be used.
    """
    return BrandChange(
        "" if color == NONE else _checked(color) if color else None,
        b"" if logo == NONE else _logo(Path(logo)) if logo else None,
    )


def set_brand(session: Session, campaign_key: int, change: BrandChange) -> Changes:
    """Set the colour and the logo of a campaign's letters and packs."""
    campaign = session.get_one(Campaign, campaign_key)
    if change.color is not None:
        campaign.brand_color = change.color
    if change.logo is not None:
        campaign.brand_logo = keep_blob(session, change.logo) if change.logo else ""
    return Changes(frozenset({"packs", "letters"}), f"The look of {campaign.name} is set.")


def _checked(color: str) -> str:
    if not _COLOR.fullmatch(color.strip()):
        raise UsageError(f"“{color}” is no colour. Write it as #1f4e79.")
    if _contrast_on_white(color.strip()) < 4.5:
        raise UsageError(f"{color} is too light to be read on white. Choose a darker colour.")
    return color.strip().lower()


def _contrast_on_white(color: str) -> float:
    """Contrast with white, by WCAG 2.1 (relative luminance)."""

    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[n : n + 2], 16)) for n in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _logo(path: Path) -> bytes:
    content = read_given(path, most=MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path.name} is larger than 2 MB. Use a smaller logo.")
    if is_svg(content):
        refuse_wrong_name(content, path.name)
        return _svg(content, path.name)
    picture = open_picture(content, path.name, LOGOS, size=_SIZE)
    refuse_wrong_name(content, path.name)
    made = io.BytesIO()
    picture.convert("RGBA").save(made, "PNG")
    return made.getvalue()


def _svg(content: bytes, name: str) -> bytes:
    check_svg(content, name)
    # What typst can draw can stand in a pack.
    try:
        svg_as_png(content)
    except TypesettingError as error:
        raise UsageError(f"{name} is no SVG that can be drawn. Use SVG, PNG or JPEG.") from error
    return content
