"""Forms of address, by office and language."""

import pytest
import yaml

from outreach.domain.address import SAFE_FORM, Addressee, address_for, audiences
from outreach.resources import resource

MAY = Addressee(
    name="Theresa May",
    given_name="Theresa",
    family_name="May",
    honorific_prefix="The Rt Hon",
    honorific_suffix="MP",
    gender="female",
    post="Home Secretary",
    body_name="Home Office",
)
SCHAAKE = Addressee(
    name="Marietje Schaake",
    given_name="Marietje",
    family_name="Schaake",
    honorific_suffix="MEP",
    gender="female",
    body_name="European Parliament",
)


@pytest.mark.parametrize(
    ("who", "audience", "language", "salutation", "first_line"),
    [
        (MAY, "uk_secretary_of_state", "en", "Dear Home Secretary,", "The Rt Hon Theresa May MP"),
        (SCHAAKE, "mep", "en", "Dear Ms Schaake,", "Ms Marietje Schaake MEP"),
        (SCHAAKE, "mep", "fr", "Madame la Députée,", None),
        (SCHAAKE, "mep", "de", "Sehr geehrte Frau Abgeordnete,", None),
        (
            Addressee(name="John Kerry", family_name="Kerry", gender="male", post="Senator"),
            "us_senator",
            "en",
            "Dear Senator Kerry:",
            "The Honorable John Kerry",
        ),
        (
            Addressee(name="Juan Mendez", family_name="Mendez", honorific_prefix="Dr", gender="male"),
            "un_rapporteur",
            "en",
            "Dear Dr Mendez,",
            "Dr Juan Mendez",
        ),
    ],
)
def test_salutation_and_first_line(
    who: Addressee, audience: str, language: str, salutation: str, first_line: str | None
) -> None:
    address = address_for(who, audience, language)
    assert address.salutation == salutation
    if first_line:
        assert address.lines[0] == first_line


def test_an_unknown_audience_falls_back_to_a_safe_form() -> None:
    address = address_for(MAY, "no-such-audience", "en")
    assert address.salutation
    assert "{" not in " ".join((*address.lines, address.salutation, address.close))


def test_nobody_named_and_nothing_known_still_gives_a_polite_letter() -> None:
    for audience in audiences():
        for language in ("en", "fr", "de"):
            address = address_for(Addressee(body_name="The Body"), audience, language)
            assert address.salutation.endswith((",", "!", ":")), (audience, language)
            assert "{" not in " ".join((*address.lines, address.salutation, address.close))


def test_every_form_names_a_source_that_is_listed() -> None:
    rules = yaml.safe_load(resource("resources/address/forms.yaml").read_text(encoding="utf-8"))
    assert SAFE_FORM in rules["forms"]
    for key, form in rules["forms"].items():
        assert form["source"] in rules["sources"], key
        assert form["label"]


def test_the_postal_address_ends_the_block() -> None:
    who = Addressee(name="Theresa May", family_name="May", postal_address=("2 Marsham Street", "London"))
    assert address_for(who, "uk_minister", "en").lines[-2:] == ("2 Marsham Street", "London")
