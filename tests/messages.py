"""Messages for tests, written for this project in the forms that mail systems use."""

from datetime import datetime

OURS = "office@example.org"
AT = datetime.fromisoformat("2011-02-03T10:00:00+00:00")


def message(
    text: str,
    *,
    sender: str = "May Office <private.office@homeoffice.example>",
    subject: str = "Your letter",
    message_id: str = "<1@homeoffice.example>",
    date: str = "Thu, 03 Feb 2011 10:00:00 +0000",
    headers: str = "",
    content_type: str = "text/plain; charset=utf-8",
) -> bytes:
    """A message of one part. headers: more of them, a line each, ended with a line break."""
    head = (
        f"From: {sender}\nTo: {OURS}\nSubject: {subject}\nMessage-ID: {message_id}\nDate: {date}\n{headers}"
        f"MIME-Version: 1.0\nContent-Type: {content_type}\n\n"
    )
    return (head + text).replace("\n", "\r\n").encode("utf-8")


def report(
    action: str, recipient: str, original: str, *, status: str = "5.1.1", words: str = "See below."
) -> bytes:
    """A report of delivery (RFC 3464). original: headers of the message given back."""
    body = (
        f"--b\nContent-Type: text/plain\n\n{words}\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: "
        f"{status}\n\n--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--\n"
    )
    return message(
        body,
        sender="Mail Delivery System <MAILER-DAEMON@mx.example>",
        subject="Undelivered Mail Returned to Sender",
        message_id=f"<{action}.{recipient}>",
        content_type="multipart/report; report-type=delivery-status; boundary=b",
    )


BOUNCES: dict[str, bytes] = {
    "standard": report("failed", "may@example.org", "Subject: x"),
    "without its type": message(
        "--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: "
        "message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@b.example\nAction: "
        "failed\nStatus: 5.0.0\n--b--\n",
        sender="postmaster@b.example", content_type="multipart/mixed; boundary=b",
    ),
    "qmail": message(
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't "
        "work out.\n\n<a@b.example>:\nno such mailbox\n\n--- Below this line is a copy of the "
        "message.\n\nReturn-Path: <office@example.org>\nSubject: x\n",
        sender="MAILER-DAEMON@mx.example", subject="failure notice",
    ),
    "exim": message(
        "A message that you sent could not be delivered to one or more of its recipients.\n\n  "
        "a@b.example\n    unrouteable mail domain\n",
        sender="Mail Delivery System <Mailer-Daemon@mx.example>",
        subject="Mail delivery failed: returning message to sender",
        headers="X-Failed-Recipients: a@b.example\nAuto-Submitted: auto-replied\n",
    ),
    "in German": message(
        "Ihre Nachricht konnte nicht zugestellt werden.\n\na@b.example: unbekannter Empfänger\n",
        sender="Mailsystem <postmaster@b.example>", subject="Unzustellbar: Ihr Schreiben",
    ),
    "in French": message(
        "Votre message n'a pas pu être délivré à\n\na@b.example\n", sender="postmaster@b.example",
        subject="Non remis : votre lettre",
    ),
    "no return path": message(
        "Delivery has failed to these recipients: a@b.example. The address does not exist.",
        sender="Exchange <noreply@b.example>", subject="Undeliverable: letter", headers="Return-Path: <>\n",
    ),
    "full mailbox": message(
        "Your message to a@b.example was rejected: mailbox is full.", sender="MAILER-DAEMON@b.example",
        subject="Mail rejected",
    ),
}  # fmt: skip

AUTOMATIC: dict[str, bytes] = {
    "by RFC 3834": message("Thank you.", subject="Re: letter", headers="Auto-Submitted: auto-replied\n"),
    "Exchange": message("I am away until Monday.", subject="Automatic reply: letter"),
    "in French": message("Je suis absente jusqu'au 3 mars.", subject="Réponse automatique : lettre"),
    "in German": message("Ich bin bis zum 3. März nicht im Büro.", subject="AW: Abwesenheitsnotiz: Brief"),
    "in Russian": message("Меня нет.", subject="Автоматический ответ: письмо"),
    "by its words": message(
        "This is an automated acknowledgement. We receive many letters and will read yours.",
        subject="Thank you for writing"
    ),
    "vacation header": message("Back soon.", headers="X-Autoreply: yes\n"),
    "opens with an absence": message("Hello,\n\nI am currently out of the office until 14 February.\n",
    subject="Re: letter"),
    "no return path": message("We have got your letter.", headers="Return-Path: <>\n"),
    "opened": message(
        "--b\nContent-Type: text/plain\n\nYour message was displayed.\n--b\nContent-Type: "
        "message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; "
        "displayed\n--b--\n",
        subject="Read: letter", content_type="multipart/report; report-type=disposition-notification; "
                                             "boundary=b",
    ),
}  # fmt: skip

ANSWERS: dict[str, bytes] = {
    "plain": message("Thank you for your letter. The Minister has considered it and cannot agree.\n"),
    "of holidays": message(
        "Dear all,\n\nThe Minister will answer before the recess. I will be on annual leave next week, so "
        "please write to my colleague about the meeting.\n"
    ),
    "of a bounce": message(
        "Your message of Monday bounced, so I am writing from another address. We support the ban.\n\n"
        "> The following address failed: a@b.example\n", subject="Re: Undeliverable: your letter",
    ),
    "not to be answered": message("The Home Secretary has asked me to reply. Please do not reply to this "
                                  "e-mail address.\n"),
    "list footer": message("We will raise it.\n", headers="Precedence: bulk\nList-Id: <news.example>\n"),
    "about delivery": message("The petition could not be delivered on Friday, since the office was closed. "
                              "We will receive it on Monday.\n"),
    "suppressing": message("I agree to meet.", headers="X-Auto-Response-Suppress: All\n"),
    "not automatic": message("We will sign.", headers="Auto-Submitted: no\n"),
    "error in the subject": message("The error was ours. The minister will write to you.",
    subject="Re: mail error in your letter"),
}  # fmt: skip
