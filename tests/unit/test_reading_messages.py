"""Quoted text, suggestions, safe HTML, and messages of every shape."""

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outreach.domain.states import ReplyKind
from outreach.messages.kind import kind_of
from outreach.messages.parse import parse_message, tolerant_message
from outreach.messages.quotes import fresh_text, passages, quoted_text
from outreach.messages.safe_html import html_as_text, safe_html
from outreach.messages.suggest import suggest_kind
from tests.messages import ANSWERS, AUTOMATIC, BOUNCES, message

ON = date(2011, 2, 3)


@pytest.mark.parametrize(
    "below",
    [
        "> On Monday we wrote\n> to you.",
        "On Thu, 27 Jan 2011 at 10:00, Office <office@example.org> wrote:\n> On Monday we wrote",
        "On Thursday, 27 January 2011, the office of the campaign\n<office@example.org> wrote:\n\n> On "
        "Monday we wrote",
        "-----Original Message-----\nFrom: Office\nSent: Thursday\n\nOn Monday we wrote",
        "________________________________\nFrom: Office\nSent: 27 January 2011\nTo: May\nSubject: x\n\nOn "
        "Monday we wrote",
        "Le 27 janvier 2011 à 10:00, Office <office@example.org> a écrit :\n\nOn Monday we wrote",
        "Am 27.01.2011 um 10:00 schrieb Office:\n\nOn Monday we wrote",
        "Von: Office\nGesendet: Donnerstag\nAn: May\n\nOn Monday we wrote",
    ],
)
def test_what_is_quoted_is_told_from_what_is_new(below: str) -> None:
    text = f"Thank you. We agree.\n\nJane\n\n{below}\n"
    assert fresh_text(text).strip() == "Thank you. We agree.\n\nJane"
    assert "On Monday we wrote" in quoted_text(text)


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "On Monday, Office wrote:\n> Will you meet us?\nYes.\n> Will you vote?\nNo."
    assert [p.text for p in passages(text) if not p.is_quoted] == ["Yes.", "No."]


def test_nothing_of_a_message_is_lost_by_folding() -> None:
    text = "A\n> b\n\nC wrote:\n> d\nE"
    assert "".join("".join(p.text.split()) for p in passages(text)) == "".join(text.split())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Thank you for your letter of 26 January, which has been received.", ReplyKind.ACKNOWLEDGEMENT),
        ("Your letter is receiving attention. A full reply will be sent in due course.", ReplyKind.HOLDING),
        ("I have passed your letter to the Foreign Office, which is responsible.", ReplyKind.REFERRED),
        ("I regret that the Minister is unable to support an entry ban.", ReplyKind.REFUSED),
        ("I would be happy to meet you in February.", ReplyKind.AGREED),
        ("Many thanks!", ReplyKind.THANKS),
        ("Nous accusons réception de votre lettre.", ReplyKind.ACKNOWLEDGEMENT),
        ("Wir haben Ihr Schreiben an das Auswärtige Amt weitergeleitet.", ReplyKind.REFERRED),
    ],
)
def test_a_kind_is_suggested_with_its_reason(words: str, kind: ReplyKind) -> None:
    suggestion = suggest_kind(words, ON)
    assert suggestion.kind is kind
    assert suggestion.reason


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("I would be happy to meet you in March.", date(2011, 3, 31)),
        ("We will raise it with the Commission within two weeks.", date(2011, 2, 17)),
        ("The minister will write to you by 1 March.", date(2011, 3, 1)),
        ("I will ask the Council by 10 January.", date(2012, 1, 10)),
        ("We would be glad to meet.", None),
    ],
)
def test_a_promise_is_found_with_its_day(words: str, due: date | None) -> None:
    suggestion = suggest_kind(words, ON)
    assert suggestion.promise
    assert suggestion.promise_due == due


def test_whom_a_matter_was_passed_to_is_named() -> None:
    assert (
        suggest_kind("Your letter has been forwarded to the Ministry of Justice.", ON).referred_to
        == "Ministry of Justice"
    )


def test_html_is_shown_without_what_could_fetch_or_run() -> None:
    markup = (
        "<html><head><title>t</title><style>p{}</style></head><body onload=x()><p>Dear "
        "<b>friend</b></p><script>bad()</script><img src='http://track.example/1.gif'><a "
        "href='javascript:bad()'>a</a><a href='https://ok.example'>b</a><iframe "
        "src='http://x'></iframe><div style='background:url(http://x)'>end</div></body></html>"
    )
    safe = safe_html(markup)
    for part in ("script", "img", "onload", "javascript", "iframe", "style", "http://"):
        assert part not in safe
    assert "<b>friend</b>" in safe and "https://ok.example" in safe
    assert html_as_text(markup) == "Dear friend\nab\nend"


def test_html_nested_without_end_comes_out_as_words() -> None:
    assert html_as_text("<div>" * 20_000 + "word") == "word"


def test_headers_and_charsets_of_every_kind_are_read() -> None:
    read = parse_message(
        b"From: =?koi8-r?B?8sXL1M/S?= <a@b.example>\nSubject: =?utf-8?q?Caf=C3=A9?= =?bad-charset?q?=E9?=\n"
        b"Content-Type: text/plain; charset=no-such\nIn-Reply-To: <a@b> <c@d>\nReferences: <1@x>\n "
        b"<2@x>\nDate: nonsense\n\n\xe9t\xe9"
    )
    assert read.from_name == "Ректор"
    assert read.subject == "Caféé"
    assert read.text == "été"
    assert read.thread == ("<a@b>", "<c@d>", "<2@x>", "<1@x>")
    assert read.sent_at is None


def test_attachments_are_listed_without_folders_in_their_names() -> None:
    read = parse_message(
        message(
            "--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: application/pdf; "
            "name=x\nContent-Disposition: attachment; "
            'filename="../../etc/passwd"\nContent-Transfer-Encoding: base64\n\nJVBERg==\n--b--\n',
            content_type="multipart/mixed; boundary=b",
        )
    )
    (file,) = read.attachments
    assert (file.name, file.content_type, file.content) == ("etc passwd", "application/pdf", b"%PDF")


SEEDS = [*ANSWERS.values(), *BOUNCES.values(), *AUTOMATIC.values()]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 4)):
            case 0:
                raw[at : at + draw(st.integers(0, 60))] = b""
            case 1:
                raw[at:at] = draw(st.binary(max_size=40))
            case 2:
                raw[at:at] = draw(
                    st.sampled_from(
                        [
                            b"\r\n",
                            b"\0",
                            b"\x1b[2J",
                            b"=?utf-8?b?",
                            b"Content-Type: multipart/mixed; boundary=b\r\n",
                        ]
                    )
                )
            case 3:
                raw[at:at] = draw(
                    st.sampled_from([b"A", b"<", b"> ", b"On ", b"\n", b'"', b"--b\n", b"("])
                ) * draw(st.integers(1, 3000))
            case 4:
                cut = bytes(raw[at : at + 200])
                raw[at:at] = cut * draw(st.integers(1, 20))
    return bytes(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
@example(b"")
@example(
    b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 2000
)
@example(b"Content-Type: message/rfc822\n\n" * 3000)
@example(b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx")
@example(b"From: " + b"(" * 100_000 + b"\nTo: " + b"<" * 100_000 + b"\n\nx")
@example(b"Content-Type: text/html\n\n" + b"<![" * 100_000)
@example(b"Content-Type: multipart/mixed" + b'; "' * 20_000 + b"\n\nx")
@example(b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 200_000)
def test_no_message_stops_the_reading(raw: bytes) -> None:
    read = tolerant_message(raw)
    kind_of(read)
    passages(read.text)
    suggest_kind(fresh_text(read.text), ON)
    safe_html(read.html)
    for value in (read.subject, read.from_name, read.from_address, read.message_id):
        assert "\n" not in value and "\r" not in value and "\0" not in value
    for part in read.attachments:
        assert "/" not in part.name and "\\" not in part.name
