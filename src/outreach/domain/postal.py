"""Lines of a postal address, as its country writes them.

Sources: USPS Publication 28, section 21 (city, state and ZIP code on the last line); Royal Mail, "How to
address your mail" (town and postcode each on a line of its own); Canada Post, Addressing Guidelines (city,
province and postal code on the last line). Other countries' addresses keep the lines they are entered with.
"""

import re

_ZIP = r"(?P<zip>\d{5}(?:-\d{4})?)$"
_US_CAPITAL = re.compile(
    r"^(?P<street>.*?)[,;\s]+(?P<city>Washington),?\s+(?P<state>D\.?C)\.?,?\s+" + _ZIP, re.IGNORECASE
)
_US_OTHER = re.compile(r"^(?P<street>.+?),\s*(?P<city>[^,]+),\s*(?P<state>[A-Z]{2})\s+" + _ZIP)
_GB_CODE = re.compile(r"^(?P<rest>.*?)[,\s]+(?P<code>[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})$", re.IGNORECASE)
_CA_LAST = re.compile(
    r"^(?P<street>.*?),\s*(?P<city>[^,]+),\s*(?P<province>[A-Z]{2}|Ontario|Quebec|Québec),?\s+(?P<code>[A-Z]\d[A-Z]\s*\d[A-Z]\d)$",
    re.IGNORECASE,
)


def postal_lines(address: str, jurisdiction: str) -> tuple[str, ...]:
    """The lines of an address.

    Args: address: as on file, on one line or several. jurisdiction: US, GB, CA or another.
    Returns: lines without what is empty; one that is written on several lines already keeps them.
    """
    lines = tuple(" ".join(line.split()) for line in address.splitlines() if line.strip())
    if len(lines) != 1:
        return lines
    text = lines[0].rstrip(".,")
    match jurisdiction:
        case "US":
            found = _US_CAPITAL.match(text) or _US_OTHER.match(text)
            if found:
                state = found["state"].replace(".", "").upper()
                return (*_parts(found["street"]), f"{found['city'].strip()}, {state} {found['zip']}")
        case "GB":
            found = _GB_CODE.match(text)
            if found:
                return (*_parts(found["rest"]), found["code"].upper())
        case "CA":
            found = _CA_LAST.match(text)
            if found:
                last = f"{found['city'].strip()} {found['province']} {found['code'].upper()}"
                return (*_parts(found["street"]), last)
    return lines


def _parts(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in re.split(r"[,;]", text) if p.strip())
