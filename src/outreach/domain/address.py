"""How to address people in power: the line on the envelope, the salutation and the close.

The rules are data (``resources/address/forms.yaml``, each with its source); this module only applies them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from outreach.resources import resource

SAFE_FORM = "default"
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Addressee:
    """Whom a letter addresses. All fields may be empty except one of name and body_name.

    name: as written on an envelope, without titles. honorific_prefix: such as The Rt Hon, Dr, Ms.
    honorific_suffix: such as MP. gender: female, male or "" if not on file. post: short label of
    the office, such as Home Secretary. body_name: the organization. postal_address: lines.
    """

    name: str = ""
    given_name: str = ""
    family_name: str = ""
    honorific_prefix: str = ""
    honorific_suffix: str = ""
    gender: str = ""
    post: str = ""
    body_name: str = ""
    postal_address: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """How the addressee is addressed in one language.

    lines: the address block, top to bottom. salutation, close: with their punctuation.
    note: "" or a sentence for the user when a safe form had to stand in. source: of the rule.
    """

    lines: tuple[str, ...]
    salutation: str
    close: str
    note: str
    source: str


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(
        resource("resources/address/forms.yaml").read_text(encoding="utf-8")
    )
    return data


def audiences() -> dict[str, str]:
    """Every audience a template can be written for, with its label for users, in the order of the rules."""
    return {key: str(form["label"]) for key, form in _rules()["forms"].items()}


def _title(addressee: Addressee, language: str) -> str:
    titles = _rules()["titles"]
    kept: dict[str, str] = titles["kept"].get(language, {})
    for word in addressee.honorific_prefix.replace(".", "").split():
        if word in kept:
            return kept[word]
    by_gender: dict[str, str] = titles.get(language, {})
    return by_gender.get(_gender(addressee), "")


def _gender(addressee: Addressee) -> str:
    """Gender on file, else the one that a title on file states; never guessed from a first name."""
    if addressee.gender in {"female", "male"}:
        return addressee.gender
    words = set(addressee.honorific_prefix.replace(".", "").split())
    if words & {"Ms", "Mrs", "Miss", "Dame", "Baroness", "Lady"}:
        return "female"
    return "male" if words & {"Mr", "Sir", "Lord"} else ""


def formal_name(addressee: Addressee, language: str) -> str:
    """Name as running text has it: title and family name, or the whole name where no title is known."""
    title = _title(addressee, language)
    return f"{title} {addressee.family_name}" if title and addressee.family_name else addressee.name


def _filled(pattern: str, values: Mapping[str, str]) -> str | None:
    if any(not values.get(field) for field in _FIELD.findall(pattern)):
        return None
    return pattern.format_map(values)


def _joined(pattern: str, values: Mapping[str, str]) -> str:
    return " ".join(pattern.format_map({k: values.get(k, "") for k in _FIELD.findall(pattern)}).split())


def address_for(addressee: Addressee, audience: str, language: str) -> Address:
    """Apply the forms of address.

    Args: audience: a key of `audiences`; an unknown one gets the safe form. language: en, fr or de;
        another, or one the form lacks, falls back to the safe form in that language or English.
    """
    rules, note = _rules(), ""
    form = rules["forms"].get(audience)
    if form is None:
        note = f"No form of address is known for “{audience}”; a safe form was used."
        form = rules["forms"][SAFE_FORM]
    elif language not in form:
        note = f"No {language} form of address is known for {form['label']}; a safe form was used."
        form = {**rules["forms"][SAFE_FORM], "label": form["label"]}
    words = form.get(language) or form["en"]
    # The rule may address the holder of a body's chair without a name, such as "The Speaker".
    chair = str(form.get("addressee", {}).get(language, ""))
    values = {
        "name": addressee.name,
        "given": addressee.given_name,
        "family": addressee.family_name or addressee.name,
        "prefix": _envelope_prefix(addressee),
        "suffix": addressee.honorific_suffix,
        "title": _title(addressee, language) if addressee.name else "",
        "post": addressee.post,
    }
    salutation = ""
    if addressee.name:
        for choice in (_gender(addressee), "any", "unknown"):
            salutation = _filled(words["salutation"].get(choice, ""), values) or ""
            if salutation:
                break
        if choice == "unknown" and not note and "any" in words["salutation"]:
            note = (
                f"Neither a title nor a gender is on file for {addressee.name}; a safe salutation was used."
            )
    if not salutation:
        salutation = words["salutation"].get("body") or words["salutation"]["unknown"]
    close = words["close"] if addressee.name else words.get("close_body", words["close"])
    first = _joined(words["address"], values) if addressee.name else (addressee.post or chair)
    post = addressee.post if addressee.name else ""
    lines = tuple(x for x in (first, post, addressee.body_name, *addressee.postal_address) if x)
    return Address(
        lines,
        salutation,
        close.format(salutation=salutation.rstrip(":")),
        note,
        str(rules["sources"][form["source"]]),
    )


def _envelope_prefix(addressee: Addressee) -> str:
    """Ms and Mr are left off before letters such as MP, as is the custom on British envelopes."""
    if addressee.honorific_suffix and addressee.honorific_prefix in {"Mr", "Ms", "Mrs", "Miss"}:
        return ""
    return addressee.honorific_prefix


_CHAMBERS = {
    "us-senate": "us_senator",
    "us-house": "us_representative",
    "european-parliament": "mep",
    "house-of-commons": "uk_mp",
}
_OFFICES = {"GB": "uk_minister", "CA": "ca_parliament", "UN": "un_rapporteur"}


def audience_for(
    post_audience: str, body_id: str, jurisdiction: str, classification: str, role: str
) -> tuple[str, int]:
    """How the holder of a seat is addressed, and how much that seat decides it.

    Args: post_audience: of the post held, "" for none. body_id: readable id of the body. role: as on file.
    Returns: a key of `audiences`, and a weight: an office before a chair, a chair before a seat in a
        chamber, that before anything else, which only gets the safe form.
    """
    low = role.casefold()
    if post_audience in audiences():
        return post_audience, 4
    if jurisdiction == "EU" and "committee" in classification and low.startswith("chair"):
        return "ep_committee_chair", 3
    if body_id in _CHAMBERS:
        return _CHAMBERS[body_id], 2
    if jurisdiction == "GB" and classification == "ministry":
        return ("uk_secretary_of_state" if "secretary of state" in low else "uk_minister"), 3
    if jurisdiction in _OFFICES and classification in {"chamber", "parliament", "special procedures"}:
        return _OFFICES[jurisdiction], 1
    return SAFE_FORM, 0
