"""Bounces, automatic answers and answers, told apart."""

import pytest

from outreach.domain.message_kind import MessageKind
from outreach.messages.kind import kind_of
from outreach.messages.parse import parse_message
from tests.messages import ANSWERS, AUTOMATIC, BOUNCES, report


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_is_recognised(name: str) -> None:
    assert kind_of(parse_message(BOUNCES[name])).nature is MessageKind.BOUNCE


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_automatic_answer_is_no_answer(name: str) -> None:
    found = kind_of(parse_message(AUTOMATIC[name]))
    assert found.nature in {MessageKind.AUTO_REPLY, MessageKind.OUT_OF_OFFICE}
    assert found.reason


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_an_answer(name: str) -> None:
    assert kind_of(parse_message(ANSWERS[name])).nature is MessageKind.ANSWER


def test_a_report_says_which_address_failed_and_which_message() -> None:
    found = kind_of(parse_message(report("failed", "may@example.org", "Message-ID: <ours@example.org>")))
    assert found.failed == ("may@example.org",)
    assert "<ours@example.org>" in found.returned_ids
    assert found.status == "5.1.1"


def test_a_delay_and_a_delivery_are_no_bounces() -> None:
    assert (
        kind_of(parse_message(report("delayed", "a@b.example", "", status="4.4.1"))).nature
        is MessageKind.DELAY
    )
    assert (
        kind_of(parse_message(report("delivered", "a@b.example", "", status="2.0.0"))).nature
        is MessageKind.DELIVERED
    )
