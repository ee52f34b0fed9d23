"""Bounces, automatic answers and answers, told apart by what the message says of itself.

Bounces: RFC 3464 (reports of delivery), RFC 3834 and RFC 5321 (4.5.5: an empty return path), and the
irregular forms that flufl.bounce knows. Automatic answers: RFC 3834 (Auto-Submitted) and what programs used
before and beside it. Nothing is taken for automatic because of its words alone, unless they open the message:
people write of their holidays, too.
"""

import email
import email.message
import logging
import re
from dataclasses import dataclass

from outreach.domain.message_kind import MessageKind
from outreach.domain.notice import Code, Notice, notice
from outreach.domain.references import folded
from outreach.messages.headers import ids_in
from outreach.messages.parse import ReadMessage, payload_of

_MAX_SCANNED = 300_000
_MAX_FOR_DETECTORS, _MAX_LINES = 100_000, 4_000
# It logs each error of its detectors with a traceback; they are expected here.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post[-_]?(?:master|office)@|postmaster|@sns\.amazonaws\.|mail[-_. ]?delivery|mailadmin|mail[-_.]?system|bounces?@|"
    r"delivery[-_. ]?(?:subsystem|system|service|status)|^(?:mmdf|smtpd?|uucp|mdaemon|listserv)(?:@|$)|double-bounce|"
    r"mail administrator|system administrator|internet mail",
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|un-?deliverable|delivery (?:status notification|failure|has failed|report|problem|unsuccessful)|"
    r"returned (?:mail|to sender|message|email)|mail (?:delivery )?(?:fail|system error|error)|failure notice|message (?:you sent )?"
    r"(?:undeliverable|not delivered|status - undeliverable)|message delivery (?:failure|has failed)|could not (?:be )?deliver|"
    r"non remis|non distribu|echec de (?:la )?(?:remise|distribution)|unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|"
    r"no se (?:ha podido|pudo) entregar|non recapitat|mancato recapito|nao entregue|falha na entrega|nie dostarczon|"
    r"ne dostavleno|недоставлен|не доставлен|不达|退信|delivery delayed|delayed mail|warning: (?:could not send|message)|"
    r"non-?delivery|mail delivery warning|mail could not be delivered|(?:message|mail|e-?mail) (?:was )?(?:not|never) delivered|"
    r"(?:message|mail) (?:blocked|rejected|quarantined)|automatically rejected|rejected mail|permanent error|user unknown|"
    r"(?:mailbox|quota) (?:is )?(?:full|exceeded|unavailable)|address (?:not found|unknown)|failed mail|failed delivery|bounce",
)
_BOUNCE_WORDS = re.compile(
    r"(?:following|these) (?:address(?:es)?|recipients?)[^\n]{0,60}(?:fail|not|problem|error|unable|undeliver)|"
    r"(?:could|can) ?not be delivered|"
    r"was not delivered|(?:unable|failed) to deliver|delivery (?:has )?failed|permanent (?:fatal )?errors?|"
    r"did not reach the following|undeliverable|user unknown|no such user|unknown user|mailbox (?:is )?(?:full|unavailable|not found)|"
    r"address rejected|(?:does not|doesn't) exist|(?:not listed in|isn.t in) (?:the )?(?:domino )?directory|5\d\d[ -]5\.\d\.\d|"
    r"(?:was not|wasn.t|couldn.t be|could not|cannot be) (?:be )?delivered|did not reach (?:some|the)|(?:has|have) been (?:postponed|rejected|"
    r"returned)|was (?:automatically )?rejected|quota exceeded|over quota|exceed(?:s|ed) (?:the )?(?:maximum|size|storage)|"
    r"address (?:not found|couldn.t be found)|returned to sender|qmail-send|no longer (?:a valid|valid|in use|active|monitored)|"
    r"delivery to the following|failed recipients?|unrouteable|mail loop|remote server (?:said|returned|responded)|not found in (?:the )?|"
    r"n'a pas ete (?:remis|distribu|delivre)|n'a pas pu etre delivre|non e stato (?:possibile )?(?:recapitat|consegn)|"
    r"\"notificationtype\" ?: ?\"bounce\"|送信てきませんてした|配信てきません|届けられません|无法投递|被退回|"
    r"konnte nicht zugestellt|n'a pas pu etre (?:remis|distribu)|no pudo ser entregad",
)
_AUTO_SUBJECT = re.compile(
    r"^(?:\[?auto(?:matic|mated|matische|matisch)?[-\s]?(?:reply|response|respuesta|antwort)?\]?\s*[:\-]|"
    r"auto(?:matic|mated)?[-\s]?(?:reply|response|acknowledg|generated)|automatische antwort|"
    r"(?:re: ?)?out[- ]of[- ](?:the[- ])?office|(?:re: ?)?abwesen(?:d|heit)|(?:ich bin )?nicht im (?:buro|haus)|"
    r"reponse automatique|absence(?: du bureau)?\s*[:\-]|(?:je suis )?absente?\b[^a-z]|message d.absence|"
    r"respuesta automatica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|resposta automatica|"
    r"automatisch antwoord|afwezig|autosvar|automatiskt svar|automaattinen vastaus|poissa|automatyczna odpowiedz|"
    r"avtootvet|автоответ|автоматическии ответ|odpowiedz automatyczna|automaticka odpoved|automatikus valasz|αυτοματη απαντηση|"
    r"automatisk svar|otomatik yanit|raspuns automat|自动回复|自动答复|自動回覆|自動返信|(?:re: ?)?vacation (?:reply|message)|"
    r"(?:re: ?)?(?:on|annual) leave\b|away from (?:the|my) (?:office|desk))",
)
_REPLY_PREFIX = re.compile(r"^(?:(?:re|aw|sv|antw|antwort|rif|tr|ref|vs|odp|fw|fwd)\s*:\s*)+")
_AUTO_ENDING = re.compile(
    r"[(\[\-:] ?(?:automatic reply|auto-?reply|auto-?response|automatische antwort|reponse automatique|out of (?:the )?office)[)\].!]?$",
)
_ABSENCE = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|annual leave|on leave|on vacation|on holiday|maternity leave|away from|(?:i am|i.m|will be) (?:now |currently )?away|"
    r"(?:currently|presently) (?:away|travelling|traveling|out)|abwesen|nicht im (?:buro|haus)|im urlaub|absent|en conge|en vacances|"
    r"fuera de (?:la )?oficina|fuori (?:sede|ufficio)|ferie|afwezig|poissa|vacaciones",
)
_AUTO_OPENING = re.compile(
    r"(?:this is|ceci est|dies ist|questo e|esto es|este es) (?:an?|un|une|eine?) (?:automat|auto-?(?:generated|reply|response)|"
    r"(?:message|reponse|courriel|mail|respuesta|nachricht|email) (?:automat|genere automat))|"
    r"(?:this|the following) (?:message|e-?mail|reply|response|acknowledge?ment) (?:is|was|has been) (?:sent |generated )?automatic|"
    r"this (?:is )?[^.\n]{0,40}(?:automatically generated|automated|auto-?generated) (?:e-?mail|message|reply|response|acknowledge?ment)|"
    r"^(?:an? )?(?:automatically generated|automated|auto-?generated|automatic) (?:e-?mail|message|reply|response|acknowledge?ment)|"
    r"do not (?:reply|respond) to this (?:automat|auto)|"
    r"(?:cette reponse|ce message|ce courriel) (?:est|a ete) (?:genere|envoye)[a-z]* automatiquement|"
    r"diese (?:nachricht|e-?mail) wurde automatisch",
)
_ABSENT_OPENING = re.compile(
    r"^(?:(?:hello|hi|dear [^\n]{0,40}|good (?:morning|day|afternoon)|bonjour|madame, monsieur|guten tag|sehr geehrte[^\n]{0,60})[\s,.!]*)?"
    r"(?:(?:many )?thank(?:s| you)[^\n.!]{0,80}[.!]\s*|merci[^\n.!]{0,80}[.!]\s*|vielen dank[^\n.!]{0,80}[.!]\s*)?"
    r"(?:please note (?:that )?)?"
    r"(?:i am|i'm|i will be|we are|je suis|ich bin|sono|estoy|estare)\s+(?:(?:currently|now|presently|actuellement|zurzeit|derzeit|zur zeit|"
    r"momentan|attualmente|actualmente)\s+)?(?:out of (?:the )?office|on (?:annual |maternity |paternity |sick |parental )?leave|on vacation|"
    r"on holiday|away (?:from|until|on|and)|absente?\b|en conge|en vacances|nicht (?:im (?:buro|haus)|erreichbar)|im urlaub|abwesend|"
    r"bis (?:zum|einschliesslich)|fuori (?:sede|ufficio)|in ferie|assente|fuera de (?:la )?oficina|de vacaciones|ausente)",
)
_REPORT_TYPE = re.compile(r"report-type\s*=\s*\"?([^\s\";]{1,60})", re.IGNORECASE)
_AUTO_HEADERS = frozenset(x.lower() for x in (
    "X-Autoreply", "X-Autorespond", "X-AutoReply", "X-Auto-Reply", "X-AutoReply-From", "X-Autogenerated", "X-Mail-Autoreply",
    "X-Vacation", "X-FC-MachineGenerated", "X-POST-MessageClass", "X-Cron-Env", "X-Ebay-Mailtracker",
))  # fmt: skip
_TELLING = _AUTO_HEADERS | {
    "auto-submitted", "precedence", "x-precedence", "x-ms-exchange-generated-message-source", "x-mailer",
}  # fmt: skip
_AUTO_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})


@dataclass(frozen=True)
class Found:
    """What kind of message it is, and how that is known.

    failed: addresses a bounce gives back, in lower case.

    returned_ids: Message-IDs of the message that a bounce gives back. status: its code (RFC 3463), "" if it
    has none.
    """

    nature: MessageKind
    reason: Notice | None = None
    failed: tuple[str, ...] = ()
    returned_ids: tuple[str, ...] = ()
    status: str = ""


def kind_of(message: ReadMessage) -> Found:
    """Tell a bounce, an automatic answer and an answer apart. It never raises, whatever the message holds."""
    report = _report_type(message)
    if report == "delivery-status":
        return _delivery_report(message)
    if report in {"disposition-notification", "feedback-report"}:
        if _BOUNCE_WORDS.search(folded(_body_start(message)[:600])) and not _AUTO_SUBJECT.search(
            folded(message.subject)
        ):
            # Sieve's reject (RFC 5429) may say so in this form.
            return _irregular_bounce(message, Code.REJECTED_BY_MAILBOX)
        return Found(MessageKind.AUTO_REPLY, Notice(Code.OPENED_OR_SORTED))
    is_daemon, nobody = _is_daemon(message), _has_no_return_path(message)
    if looks := _looks_returned(message, is_daemon=is_daemon, nobody=nobody):
        return _irregular_bounce(message, looks)
    return _automatic(message, is_daemon=is_daemon, nobody=nobody) or Found(MessageKind.ANSWER)


def _report_type(message: ReadMessage) -> str:
    if not message.content_type.startswith("multipart/"):
        return ""
    if message.content_type != "multipart/report":
        if b"message/delivery-status" not in message.raw[:_MAX_SCANNED]:
            return ""
        held = payload_of(message.parsed)
        holds = any(
            isinstance(p, email.message.Message) and p.get_content_type() == "message/delivery-status"
            for p in (held if isinstance(held, list) else [])
        )
        return "delivery-status" if holds else ""
    found = _REPORT_TYPE.search(message.header("Content-Type"))
    if found:
        return found[1].lower()
    # Some senders leave the type out; what it holds then tells.
    if any(p.get_content_type() == "message/delivery-status" for p in _walk(message.parsed)):
        return "delivery-status"
    return ""


def _walk(parsed: email.message.Message) -> list[email.message.Message]:
    found: list[email.message.Message] = []
    waiting = [parsed]
    while waiting and len(found) < 400:
        part = waiting.pop(0)
        found.append(part)
        payload = payload_of(part)
        if isinstance(payload, list):
            waiting += [p for p in payload if isinstance(p, email.message.Message)]
    return found


def _delivery_report(message: ReadMessage) -> Found:
    fields: list[email.message.Message] = []
    for part in _walk(message.parsed):
        held = payload_of(part)
        if part.get_content_type() == "message/delivery-status" and isinstance(held, list):
            fields += [p for p in held if isinstance(p, email.message.Message)]
    actions, failed, codes = [], [], []
    for block in fields:
        action = str(block.get("Action", ""))[:40].strip().lower().partition(" ")[0].strip(";")
        recipient = str(block.get("Original-Recipient", "") or block.get("Final-Recipient", ""))[:400]
        if action:
            actions.append(action)
            codes.append(str(block.get("Status", ""))[:20].strip())
            if action in {"failed", "delayed"}:
                failed.append(recipient.rpartition(";")[2].strip().strip("<>").lower())
    returned = _returned_ids(message)
    code = next((c for c in codes if c), "")
    addresses = tuple(dict.fromkeys(a for a in failed if "@" in a))
    if "failed" in actions or not actions:
        return Found(
            MessageKind.BOUNCE,
            notice(Code.NOT_DELIVERED, status=code),
            addresses,
            returned,
            code,
        )
    if not set(actions) & {"delayed", "expanded"} and _BOUNCE_WORDS.search(
        folded(_body_start(message)[:600])
    ):
        # Some systems call it relayed and say in words that it was refused.
        return Found(
            MessageKind.BOUNCE,
            Notice(Code.NOT_DELIVERED_IN_WORDS),
            _failures(message)[1],
            returned,
            code,
        )
    if "delayed" in actions:
        return Found(
            MessageKind.DELAY,
            notice(Code.STILL_TRYING, status=code),
            addresses,
            returned,
            code,
        )
    return Found(MessageKind.DELIVERED, Notice(Code.WAS_DELIVERED), (), returned, code)


def _returned_ids(message: ReadMessage) -> tuple[str, ...]:
    """Message-IDs in what is given back, but for the report's own."""
    text = message.raw[:_MAX_SCANNED].decode("latin-1")
    found: list[str] = []
    lowered = text.lower()
    at = lowered.find("message-id:")
    while at >= 0 and len(found) < 20:
        found += ids_in(text[at : at + 1000])[:1]
        at = lowered.find("message-id:", at + 11)
    return tuple(dict.fromkeys(i for i in (*message.thread, *found) if i != message.message_id))


def _looks_returned(message: ReadMessage, *, is_daemon: bool, nobody: bool) -> Code | None:
    """What makes a message look like a bounce in no standard form, None if nothing does."""
    subject = folded(message.subject)
    about_bounce = bool(_BOUNCE_SUBJECT.search(subject))
    if message.header("X-Failed-Recipients"):
        return Code.NAMES_FAILED_ADDRESSES
    if not (is_daemon or nobody or about_bounce):
        return None
    if _REPLY_PREFIX.match(subject) and not is_daemon:
        # Somebody writing back about a bounce quotes it further down; a report says it at the top.
        own = folded(" ".join(x for x in _body_start(message).splitlines() if not x.lstrip().startswith(">")))
        early = bool(_BOUNCE_WORDS.search(own[:400]))
        return Code.SUBJECT_AND_LINES_SAY_SO if about_bounce and early else None
    says_so = bool(_BOUNCE_WORDS.search(folded(_body_start(message))))
    if is_daemon and (about_bounce or says_so or nobody):
        return Code.MAIL_SYSTEM_SAYS_SO
    if nobody and (about_bounce or says_so) and not _AUTO_SUBJECT.match(subject):
        return Code.NO_RETURN_PATH_SAYS_SO
    if about_bounce and says_so:
        return Code.SUBJECT_AND_LINES_SAY_SO
    if is_daemon and _failures(message)[1]:
        return Code.FROM_MAIL_SYSTEM
    if about_bounce and any(_failures(message)):
        return Code.FORM_OF_REPORT
    return None


def _is_daemon(message: ReadMessage) -> bool:
    sender = message.header("From")[:600].lower()
    return bool(
        _DAEMON.search(sender)
        or _DAEMON.match(message.from_address.lower())
        or "mailer-daemon" in message.header("Return-Path").lower()
    )


def _has_no_return_path(message: ReadMessage) -> bool:
    return message.header("Return-Path").replace(" ", "") == "<>"


def _body_start(message: ReadMessage) -> str:
    if message.text.strip():
        return message.text[:3000]
    for part in _walk(message.parsed)[:8]:
        payload = payload_of(part)
        if isinstance(payload, str) and payload.strip():
            return payload[:3000]
    return ""


def _failures(message: ReadMessage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses that failed for now, and for good, as flufl.bounce finds them."""
    from flufl.bounce import all_failures

    raw = message.raw[:_MAX_FOR_DETECTORS]
    if raw.count(b"\n") > _MAX_LINES or max(map(len, raw.split(b"\n")), default=0) > 5_000:
        return (), ()
    try:
        # What failed stands at the top; below it comes the whole letter with its files.
        parsed = message.parsed if len(raw) == len(message.raw) else email.message_from_bytes(raw)
        temporary, permanent = all_failures(parsed)
    except (
        Exception
    ):  # its detectors were written for mail of their day, and raise what they raise on other mail
        return (), ()

    def addresses(found: object) -> tuple[str, ...]:
        assert isinstance(found, frozenset | set)
        texts = sorted(a.decode("utf-8", "replace") if isinstance(a, bytes) else str(a) for a in found)
        return tuple(t.strip().strip("<>").lower() for t in texts if "@" in t)

    return addresses(temporary), addresses(permanent)


def _irregular_bounce(message: ReadMessage, reason: Code) -> Found:
    temporary, permanent = _failures(message)
    named = str(message.parsed.get("X-Failed-Recipients", ""))[:1000]
    listed = tuple(a.strip().lower() for a in named.split(",") if "@" in a)
    returned = _returned_ids(message)
    if temporary and not permanent and not listed:
        return Found(MessageKind.DELAY, Notice(Code.SYSTEM_STILL_TRYING), temporary, returned)
    return Found(MessageKind.BOUNCE, Notice(reason), permanent or listed, returned)


def _automatic(message: ReadMessage, *, is_daemon: bool, nobody: bool) -> Found | None:
    reason = _said_by_headers(message)
    if not reason and is_daemon:
        reason = Code.FROM_MAIL_SYSTEM
    if not reason and nobody:
        reason = Code.NO_RETURN_PATH
    subject = _REPLY_PREFIX.sub("", folded(message.subject))
    if not reason and (_AUTO_SUBJECT.match(subject) or _AUTO_ENDING.search(subject)):
        reason = Code.SUBJECT_SAYS_AUTOMATIC
    text = folded(message.text[:1500])
    if not reason and "auto" in text[:700] and _AUTO_OPENING.search(text[:700]):
        reason = Code.TEXT_SAYS_AUTOMATIC
    if reason:
        is_absence = bool(_ABSENCE.search(subject) or _ABSENCE.search(text[:600]))
        return Found(MessageKind.OUT_OF_OFFICE if is_absence else MessageKind.AUTO_REPLY, Notice(reason))
    if _ABSENT_OPENING.match(text[:400]) and len(message.text) < 1500:
        return Found(MessageKind.OUT_OF_OFFICE, Notice(Code.OPENS_WITH_ABSENCE))
    return None


def _said_by_headers(message: ReadMessage) -> Code | None:
    names = message.headers.keys()
    if names.isdisjoint(_TELLING):
        return None
    submitted = message.header("Auto-Submitted").lower().partition(";")[0].strip()
    if submitted and submitted != "no":
        return Code.AUTO_SUBMITTED
    if names & _AUTO_HEADERS:
        return Code.SENT_BY_PROGRAM
    if _AUTO_PRECEDENCE & {message.header("Precedence").lower(), message.header("X-Precedence").lower()}:
        return Code.PRECEDENCE
    if "rules agent" in message.header("X-MS-Exchange-Generated-Message-Source").lower():
        return Code.RULE_OF_MAILBOX
    mailer = message.header("X-Mailer").lower()
    if "vacation" in mailer or "autorespond" in mailer:
        return Code.ANSWERING_PROGRAM
    return None
