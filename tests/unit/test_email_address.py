"""What is one e-mail address, how it goes over the line, and how it stands in a message."""

from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.email_address import address_problem, email_address, parsed_address, several_addresses
from outreach.errors import UsageError
from outreach.letters.formats.document import Letterhead, make_document
from outreach.letters.formats.eml import letter_eml, make_message_id


@pytest.mark.parametrize(
    ("text", "wire", "needs_utf8"),
    [
        ("office@example.org", "office@example.org", False),
        (" Private.Office+May@Example.ORG \n", "Private.Office+May@example.org", False),
        ("o'brien@example.co.uk", "o'brien@example.co.uk", False),
        ("office@bücher.example", "office@xn--bcher-kva.example", False),
        ("jörg@example.org", "jörg@example.org", True),
        ("jo\u0308rg@bücher.example", "jörg@xn--bcher-kva.example", True),
        ("部長@例え.jp", "部長@xn--r8jz45g.jp", True),
        ("clerk@mail.local", "clerk@mail.local", False),
    ],
)
def test_an_address_is_read_and_goes_out_as_servers_know_it(text: str, wire: str, needs_utf8: bool) -> None:
    found = email_address(text)
    assert (found.wire, found.needs_utf8) == (wire, needs_utf8)
    assert address_problem(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "", "may", "@example.org", "may@", "may@@example.org", "a@b@c.org", "may@example", "may@example..org",
        "may@.example.org",
        ".may@example.org", "ma..y@example.org", "may @example.org", "may@exam ple.org",
        "Theresa May <may@example.org>",
        "<may@example.org>", '"the rt hon"@example.org', "may@[192.0.2.1]", "may@192.0.2.1",
        "mailto:may@example.org", "may(a)@example.org",
        "may@example.org\r\nBcc: other@example.org", "may@example.org\nx", "may\t@example.org",
        "may\x00@example.org",
        "may@example.org\u202e", "m\u200bay@example.org", "may@-example.org", "may@exa_mple.org",
        f"{'m' * 65}@example.org",
        f"may@{'e' * 64}.org", f"may@{'.'.join(['e' * 60] * 5)}.org", "m" * 100_000,
        "may@example.org, green@example.org",
        "may@example.org;green@example.org", "may\udc80@example.org",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused_with_a_sentence_of_bounded_length(text: str) -> None:
    assert parsed_address(text) is None
    with pytest.raises(UsageError, match="is not an e-mail address") as refused:
        email_address(text)
    said = str(refused.value)
    assert said.isprintable() and len(said) < 200
    assert ("several" in said) == (len(several_addresses(text)) > 1)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80) | st.from_regex(r"[^@]{1,10}@[^@]{1,10}\.[a-z]{2,3}", fullmatch=True))
def test_whatever_is_typed_is_either_one_safe_address_or_a_sentence(text: str) -> None:
    found = parsed_address(text)
    if found is None:
        assert address_problem(text)
    else:
        assert found.wire.count("@") == 1 and found.wire.isprintable()
        assert not set(found.wire) & set(' <>(),;:\\"[]\r\n')
        assert found.domain.isascii()


def message(name: str, to_address: str, **more: str) -> bytes:
    document = make_document(
        reference="MAG-0001", language="en", jurisdiction="GB", sender_lines=(name,), address_lines=(),
        written_on=None,
        subject="x", salutation="Dear", body="Text", close="Yours", is_draft=False, letterhead=Letterhead(),
    )  # fmt: skip
    values = {"from_address": "office@example.org", "message_id": "<1@example.org>", **more}
    return letter_eml(document, b"%PDF-", to_name=name, to_address=to_address, **values)  # type: ignore[arg-type]


NAMES = st.text(max_size=120) | st.lists(
    st.sampled_from(["The Rt Hon", "Ünal", ",", '"', "é\\", "=?utf-8?q?x=40y=2Eorg=2C?=", "<x@y.org>", "(",
    "\r\nBcc: x@y.org", ";"]),
    max_size=25,
).map(" ".join)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(NAMES, st.sampled_from(["may@example.org", "jörg@bücher.example"]))
def test_no_name_makes_another_addressee_or_another_header(name: str, address: str) -> None:
    read = message_from_bytes(message(name, address), policy=policy.default)
    assert set(read.keys()) == {
        "From",
        "To",
        "Subject",
        "Message-ID",
        "X-Unsent",
        "MIME-Version",
        "Content-Type",
    }
    for header, wanted in (("To", email_address(address).wire), ("From", "office@example.org")):
        found = [x.addr_spec.encode("utf-8", "surrogateescape") for x in read[header].addresses]
        assert found == [wanted.encode("utf-8")]


def test_a_name_stands_before_its_address_whole_where_that_is_safe() -> None:
    for name in ("The Rt Hon Theresa May MP", 'Ünal, Jörg "Joe"', "May (Theresa); Home Secretary"):
        read = message_from_bytes(message(name, "may@example.org"), policy=policy.default)
        assert read["To"].addresses[0].display_name == name


def test_addresses_that_are_none_are_left_out_of_a_message_file_for_the_user_to_fill() -> None:
    read = message_from_bytes(
        message("May", "may@example.org, green@example.org", reply_to="x\r\nBcc: y"), policy=policy.default
    )
    assert read["To"] is None and read["Reply-To"] is None and read["Bcc"] is None


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("office@Example.org", "Example.org"),
        ("office@bücher.example", "xn--bcher-kva.example"),
        ("", "outreach.invalid"),
        ("office@x>\r\nBcc: y", "outreach.invalid"),
    ],
)
def test_a_message_id_names_a_domain_of_letters_that_headers_can_hold(sender: str, domain: str) -> None:
    assert make_message_id("MAG-0001", "a" * 64, sender) == f"<mag-0001.{'a' * 32}@{domain}>"


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("a/b\r\nX: y", "application/octet-stream"),
        ("image/png", "image/png"),
    ],
)
def test_an_enclosed_file_of_any_type_goes_byte_for_byte(content_type: str, shown: str) -> None:
    content = b"From: x\r\n\r\n--b\r\n\x00\xff"
    raw = message("May", "may@example.org", attachments=(("a.eml", content_type, content),))  # type: ignore[arg-type]
    part = list(message_from_bytes(raw, policy=policy.default).iter_attachments())[-1]
    assert part.get_content_type() == shown and part.get_content() == content
