"""Bounces, automatic answers and answers, told apart by what the message says of itself.

Bounces: RFC 3464 (reports of delivery), RFC 3834 and RFC 5321 (4.5.5: an empty return path), and the irregular forms that
flufl.bounce knows. Automatic answers: RFC 3834 (Auto-Submitted) and what programs used before and beside it. Nothing is
taken for automatic because of its words alone, unless they open the message: people write of their holidays, too.
"""

import email.message
import re
from dataclasses import dataclass

from flufl.bounce import all_failures

from outreach.domain.natures import Nature
from outreach.domain.references import folded
from outreach.letters.messages import ReadMessage, ids_in

_MAX_SCANNED = 300_000
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|post[-_]?(?:master|office)@|postmaster|@sns\.amazonaws\.|mail[-_. ]?delivery|mailadmin|mail[-_.]?system|bounces?@|"
    r"delivery[-_. ]?(?:subsystem|system|service|status)|^(?:mmdf|smtpd?|uucp|mdaemon|listserv)(?:@|$)|double-bounce|"
    r"mail administrator|system administrator|internet mail",
    re.IGNORECASE,
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
    re.IGNORECASE,
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
    re.IGNORECASE,
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
    re.IGNORECASE,
)
_REPLY_PREFIX = re.compile(r"^(?:(?:re|aw|sv|antw|antwort|rif|tr|ref|vs|odp|fw|fwd)\s*:\s*)+", re.IGNORECASE)
_AUTO_ENDING = re.compile(
    r"[(\[\-:] ?(?:automatic reply|auto-?reply|auto-?response|automatische antwort|reponse automatique|out of (?:the )?office)[)\].!]?$",
    re.IGNORECASE,
)
_ABSENCE = re.compile(
    r"out[- ]of[- ](?:the[- ])?office|annual leave|on leave|on vacation|on holiday|maternity leave|away from|"
    r"(?:currently|presently) (?:away|travelling|traveling|out)|abwesen|nicht im (?:buro|haus)|im urlaub|absent|en conge|en vacances|"
    r"fuera de (?:la )?oficina|fuori (?:sede|ufficio)|ferie|afwezig|poissa|vacaciones",
    re.IGNORECASE,
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
    re.IGNORECASE,
)
_ABSENT_OPENING = re.compile(
    r"^(?:(?:hello|hi|dear [^\n]{0,40}|good (?:morning|day|afternoon)|bonjour|madame, monsieur|guten tag|sehr geehrte[^\n]{0,60})[\s,.!]*)?"
    r"(?:(?:many )?thank(?:s| you)[^\n.!]{0,80}[.!]\s*|merci[^\n.!]{0,80}[.!]\s*|vielen dank[^\n.!]{0,80}[.!]\s*)?"
    r"(?:please note (?:that )?)?"
    r"(?:i am|i'm|i will be|we are|je suis|ich bin|sono|estoy|estare)\s+(?:(?:currently|now|presently|actuellement|zurzeit|derzeit|zur zeit|"
    r"momentan|attualmente|actualmente)\s+)?(?:out of (?:the )?office|on (?:annual |maternity |paternity |sick |parental )?leave|on vacation|"
    r"on holiday|away (?:from|until|on|and)|absente?\b|en conge|en vacances|nicht (?:im (?:buro|haus)|erreichbar)|im urlaub|abwesend|"
    r"bis (?:zum|einschliesslich)|fuori (?:sede|ufficio)|in ferie|assente|fuera de (?:la )?oficina|de vacaciones|ausente)",
    re.IGNORECASE,
)
_AUTO_HEADERS = (
    "X-Autoreply", "X-Autorespond", "X-AutoReply", "X-Auto-Reply", "X-AutoReply-From", "X-Autogenerated", "X-Mail-Autoreply",
    "X-Vacation", "X-FC-MachineGenerated", "X-POST-MessageClass", "X-Cron-Env", "X-Ebay-Mailtracker",
)  # fmt: skip
_AUTO_PRECEDENCE = frozenset({"auto_reply", "auto-reply", "autoreply"})


@dataclass(frozen=True)
class Found:
    """What kind of message it is, and how that is known. failed: addresses a bounce gives back, in lower case.

    returned_ids: Message-IDs of the message that a bounce gives back. status: its code (RFC 3463), "" if it has none.
    """

    nature: Nature
    reason: str = ""
    failed: tuple[str, ...] = ()
    returned_ids: tuple[str, ...] = ()
    status: str = ""


def nature_of(message: ReadMessage) -> Found:
    """Tell a bounce, an automatic answer and an answer apart. It never raises, whatever the message holds."""
    parsed = message.parsed
    report = _report_type(parsed)
    if report == "delivery-status":
        return _delivery_report(message)
    if report in {"disposition-notification", "feedback-report"}:
        if _BOUNCE_WORDS.search(folded(_body_start(message)[:600])) and not _AUTO_SUBJECT.search(
            folded(message.subject)
        ):
            # Sieve's reject (RFC 5429) may say so in this form.
            return _irregular_bounce(message, "The addressee’s mailbox rejected it.")
        return Found(Nature.AUTO_REPLY, "It is a notice that the message was opened or sorted.")
    looks = _looks_returned(message)
    if looks:
        return _irregular_bounce(message, looks)
    return _automatic(message) or Found(Nature.ANSWER)


def _report_type(parsed: email.message.Message) -> str:
    if parsed.get_content_type() != "multipart/report":
        held = parsed.get_payload()
        holds = any(
            isinstance(p, email.message.Message) and p.get_content_type() == "message/delivery-status"
            for p in (held if isinstance(held, list) else [])
        )
        return "delivery-status" if holds else ""
    try:
        kind = parsed.get_param("report-type", "") or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        kind = ""
    if kind:
        return str(kind).strip().lower()
    # Some senders leave the type out; what it holds then tells.
    if any(p.get_content_type() == "message/delivery-status" for p in _walk(parsed)):
        return "delivery-status"
    return ""


def _walk(parsed: email.message.Message) -> list[email.message.Message]:
    found: list[email.message.Message] = []
    waiting = [parsed]
    while waiting and len(found) < 400:
        part = waiting.pop(0)
        found.append(part)
        payload = part.get_payload()
        if isinstance(payload, list):
            waiting += [p for p in payload if isinstance(p, email.message.Message)]
    return found


def _delivery_report(message: ReadMessage) -> Found:
    fields: list[email.message.Message] = []
    for part in _walk(message.parsed):
        if part.get_content_type() == "message/delivery-status" and isinstance(part.get_payload(), list):
            fields += [p for p in part.get_payload() if isinstance(p, email.message.Message)]
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
    said = f" ({code})" if code else ""
    if "failed" in actions or not actions:
        return Found(
            Nature.BOUNCE,
            f"The mail server reports that it could not be delivered{said}.",
            addresses,
            returned,
            code,
        )
    if not set(actions) & {"delayed", "expanded"} and _BOUNCE_WORDS.search(
        folded(_body_start(message)[:600])
    ):
        # Some systems call it relayed and say in words that it was refused.
        return Found(
            Nature.BOUNCE,
            "The mail system says that it was not delivered.",
            _failures(message)[1],
            returned,
            code,
        )
    if "delayed" in actions:
        return Found(
            Nature.DELAY, f"The mail server is still trying to deliver it{said}.", addresses, returned, code
        )
    return Found(Nature.DELIVERED, "The mail server reports that it was delivered.", (), returned, code)


def _returned_ids(message: ReadMessage) -> tuple[str, ...]:
    """Message-IDs in what is given back, but for the report's own."""
    text = message.raw[:_MAX_SCANNED].decode("latin-1")
    found: list[str] = []
    at = text.lower().find("message-id:")
    while at >= 0 and len(found) < 20:
        found += ids_in(text[at : at + 1000])[:1]
        at = text.lower().find("message-id:", at + 11) if len(found) < 20 else -1
    return tuple(dict.fromkeys(i for i in (*message.thread, *found) if i != message.message_id))


def _looks_returned(message: ReadMessage) -> str:
    """What makes a message look like a bounce in no standard form, "" if nothing does."""
    parsed = message.parsed
    is_daemon, nobody = _is_daemon(message), _has_no_return_path(message)
    subject = folded(message.subject)
    bare_subject = _REPLY_PREFIX.sub("", subject)
    about_bounce = bool(_BOUNCE_SUBJECT.search(subject))
    if parsed.get("X-Failed-Recipients"):
        return "It names the addresses that failed."
    opening = folded(_body_start(message))
    says_so = bool(_BOUNCE_WORDS.search(opening))
    if bare_subject != subject and not is_daemon:
        # Somebody writing back about a bounce quotes it further down; a report says it at the top.
        early = bool(_BOUNCE_WORDS.search(opening[:400])) and not opening.lstrip().startswith(">")
        return (
            "Its subject and its first lines say that a message was not delivered."
            if about_bounce and early
            else ""
        )
    if is_daemon and (about_bounce or says_so or nobody):
        return "It comes from a mail system and says that a message was not delivered."
    if nobody and (about_bounce or says_so) and not _AUTO_SUBJECT.search(subject):
        return "It has no return path, as reports of mail systems have, and says that a message was not delivered."
    if about_bounce and says_so:
        return "Its subject and its first lines say that a message was not delivered."
    if is_daemon and _failures(message)[1]:
        return "It comes from a mail system."
    if about_bounce and any(_failures(message)):
        return "It has the form of a mail system’s report."
    return ""


def _is_daemon(message: ReadMessage) -> bool:
    return any(
        _DAEMON.search(text[:600])
        for text in (
            message.from_address,
            message.from_name,
            message.header("From"),
            message.header("Return-Path"),
        )
    )


def _has_no_return_path(message: ReadMessage) -> bool:
    return message.header("Return-Path").replace(" ", "") == "<>"


def _body_start(message: ReadMessage) -> str:
    if message.text.strip():
        return message.text[:3000]
    for part in _walk(message.parsed)[:8]:
        payload = part.get_payload()
        if isinstance(payload, str) and payload.strip():
            return payload[:3000]
    return ""


def _failures(message: ReadMessage) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses that failed for now, and for good, as flufl.bounce finds them."""
    if len(message.raw) > _MAX_SCANNED or max(map(len, message.raw.split(b"\n")), default=0) > 5_000:
        return (), ()
    try:
        temporary, permanent = all_failures(message.parsed)
    except (
        Exception
    ):  # its detectors were written for mail of their day, and raise what they raise on other mail
        return (), ()

    def addresses(found: object) -> tuple[str, ...]:
        assert isinstance(found, frozenset | set)
        texts = sorted(a.decode("utf-8", "replace") if isinstance(a, bytes) else str(a) for a in found)
        return tuple(t.strip().strip("<>").lower() for t in texts if "@" in t)

    return addresses(temporary), addresses(permanent)


def _irregular_bounce(message: ReadMessage, reason: str) -> Found:
    temporary, permanent = _failures(message)
    named = str(message.parsed.get("X-Failed-Recipients", ""))[:1000]
    listed = tuple(a.strip().lower() for a in named.split(",") if "@" in a)
    returned = _returned_ids(message)
    if temporary and not permanent and not listed:
        return Found(Nature.DELAY, "The mail system is still trying to deliver it.", temporary, returned)
    return Found(Nature.BOUNCE, reason, permanent or listed, returned)


def _automatic(message: ReadMessage) -> Found | None:
    subject = folded(message.subject)
    text = folded(message.text[:1500])
    is_absence = bool(_ABSENCE.search(subject) or _ABSENCE.search(text[:600]))
    nature = Nature.OUT_OF_OFFICE if is_absence else Nature.AUTO_REPLY
    submitted = message.header("Auto-Submitted").lower().partition(";")[0].strip()
    if submitted and submitted != "no":
        return Found(nature, "Its headers say that a program sent it (Auto-Submitted).")
    if any(message.header(name) for name in _AUTO_HEADERS):
        return Found(nature, "Its headers say that a program sent it.")
    if (
        message.header("Precedence").lower() in _AUTO_PRECEDENCE
        or message.header("X-Precedence").lower() in _AUTO_PRECEDENCE
    ):
        return Found(nature, "Its headers say that a program sent it (Precedence).")
    if "rules agent" in message.header("X-MS-Exchange-Generated-Message-Source").lower():
        return Found(nature, "Its headers say that a rule of a mailbox sent it.")
    if (
        "vacation" in message.header("X-Mailer").lower()
        or "autorespond" in message.header("X-Mailer").lower()
    ):
        return Found(nature, "A program for automatic answers sent it.")
    bare_subject = _REPLY_PREFIX.sub("", subject)
    if _AUTO_SUBJECT.search(bare_subject) or _AUTO_ENDING.search(bare_subject):
        return Found(nature, "Its subject says that it is automatic.")
    if _is_daemon(message):
        return Found(Nature.AUTO_REPLY, "It comes from a mail system.")
    if _has_no_return_path(message):
        return Found(nature, "It has no return path, as only programs send.")
    if _AUTO_OPENING.search(text[:700]):
        return Found(nature, "It says of itself that it is automatic.")
    if _ABSENT_OPENING.search(text[:400]) and len(message.text) < 1500:
        return Found(Nature.OUT_OF_OFFICE, "It opens with somebody’s absence.")
    return None
