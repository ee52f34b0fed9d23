"""What an answer seems to amount to. A suggestion with its reason; a person decides."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.domain.references import folded
from outreach.domain.states import ReplyKind

_LONGEST = 8_000


@dataclass(frozen=True)
class Suggestion:
    """kind: None where the words say nothing. reason: for the user. promise: words of it, "" for none.

    promise_due: by when it should be kept, if the message names a time. referred_to: whom it was passed to,
    as written.
    """

    kind: ReplyKind | None
    reason: str
    promise: str = ""
    promise_due: date | None = None
    referred_to: str = ""


# The first that is found is suggested; what decides the matter stands before what only puts it off. English,
# French, German.
_SIGNS: tuple[tuple[ReplyKind, str], ...] = (
    (
        ReplyKind.REFERRED,
        r"(?:have|has|had|is being|been|was) (?:\w+ )?(?:passed|forwarded|transferred|referred|redirected|sent on)\b[^.]{0,80}? to\b|"
        r"(?:am|are) (?:passing|forwarding|transferring|referring)\b[^.]{0,60}? to\b|falls? (?:within|under|to) the (?:responsibility|remit)|"
        r"(?:matter|responsibility|question) (?:is )?(?:for|of) the (?:department|ministry|office|foreign)|"
        r"(?:ai|avons|a ete|ont) (?:transmis|transfere)[^.]{0,60}? (?:a|au|aux)\b|releve de la competence|"
        r"(?:weitergeleitet|zustandigkeitshalber|abgegeben) an|(?:an|zu) (?:das|die|den)[^.]{0,60} weitergeleitet|fallt in die zustandigkeit",
    ),
    (
        ReplyKind.REFUSED,
        r"(?:regret|afraid|sorry)[^.]{0,80}(?:unable|cannot|can not|not (?:able|possible|in a position)|decline)|"
        r"(?:we|i|minister|government|committee|he|she) (?:has |have |must |will |therefore )*(?:decline[sd]?|reject(?:s|ed)?|refuse[sd]?)\b|"
        r"not (?:in a position|able|minded|prepared|willing) to (?:support|agree|accept|take|meet|accede|sign|act)|"
        r"(?:cannot|can not|will not|do not|does not) (?:agree|support|accept|intend|comment on individual|accede|take this forward)|"
        r"no plans to|(?:ne (?:peut|pouvons|suis pas en mesure)[^.]{0,40}(?:donner suite|accepter|soutenir))|au regret de|"
        r"(?:leider|bedauern)[^.]{0,60}(?:nicht|ablehn)|nicht (?:entsprechen|zustimmen|unterstutzen)",
    ),
    (
        ReplyKind.AGREED,
        r"(?:would|will|shall|should|am|are|be) (?:be )?(?:very |more than |only too )?(?:happy|pleased|glad|delighted|willing|prepared|ready) to "
        r"(?:meet|support|sign|raise|ask|table|write|help|agree|take|receive|discuss|co-?sponsor|act|join|host|add)|"
        r"(?:i|we) (?:have )?(?:agree[d]?|accept(?:ed)?|co-?sponsored|signed|support(?:ed)?|raised)\b[^.]{0,60}"
        r"(?:request|call|proposal|motion|bill|amendment|letter|ban|resolution|question|petition)|"
        r"(?:i|we) (?:will|shall) (?:raise|support|table|sign|co-?sponsor|vote for|ask the|bring|propose|introduce|meet)|"
        r"(?:nous|je) (?:sommes|suis|serai[st]?|serions) (?:tres )?(?:heureux|dispose|pret|ravi)[a-z]* (?:de|a)|(?:gerne|bereit)[^.]{0,40}(?:treffen|unterstutz|unterzeichn)",
    ),
    (
        ReplyKind.HOLDING,
        r"(?:will|shall|hope to|aim to|expect to|endeavour to|intend to) (?:\w+ ){0,3}(?:reply|respond|answer|write|provide|send|be in touch|revert|let you have)|"
        r"(?:full|substantive|detailed|further|formal) (?:reply|response|answer) (?:will|shall|to follow|as soon|in due course|is being)|"
        r"(?:receiving|given|under) (?:\w+ )?(?:attention|consideration)|looking into (?:this|the|your)|apologi[sz]e for the delay|"
        r"(?:reply|response|answer)[^.]{0,40}(?:in due course|as soon as possible|shortly|within \d+)|"
        r"(?:repondr(?:a|ons|ai)|reviendr(?:a|ons|ai))|(?:werde[n]?|wird)[^.]{0,60}(?:antworten|melden|zurucckkommen|zuruckkommen)",
    ),
    (
        ReplyKind.ACKNOWLEDGEMENT,
        r"(?:acknowledge|confirm)[a-z]* (?:safe )?(?:receipt|that we have received)|(?:has|have) (?:been |now |safely )?(?:received|arrived)|"
        r"your (?:letter|e-?mail|message|correspondence)[^.]{0,40}(?:has been|was) (?:received|noted|logged|registered)|"
        r"(?:accuse[rz]?|accusons)(?: bonne)? reception|bien recu|(?:bestatige|eingang)[^.]{0,40}(?:eingang|bestatig|ihres schreibens)",
    ),
)  # fmt: skip
# A sign is looked for only where one of these stands, which takes a hundredth of the time.
_NEEDLES: dict[ReplyKind, tuple[str, ...]] = {
    ReplyKind.REFERRED: (
        "passed", "passing", "forward", "transfer", "referr", "redirect", "sent on", "remit", "responsib", "for the", "of the", "transmis",
        "competence", "weitergeleitet", "abgegeben", "zustandig",
    ),
    ReplyKind.REFUSED: (
        "regret", "afraid", "sorry", "decline", "reject", "refuse", "not in a", "not able", "not minded", "not prepared", "not willing",
        "cannot", "can not", "will not", "do not", "does not", "no plans", "ne pe", "ne po", "ne suis", "leider", "bedauern", "nicht ",
    ),
    ReplyKind.AGREED: (
        "happy", "pleased", "glad", "delighted", "willing", "prepared", "ready", "agree", "accept", "sponsor", "signed", "support", "raise",
        "i will", "we will", "i shall", "we shall", "sommes", "suis", "serai", "serions", "gerne", "bereit",
    ),
    ReplyKind.HOLDING: (
        "will", "shall", "hope to", "aim to", "expect to", "endeavour to", "intend to", "reply", "response", "answer", "receiving", "given",
        "under ", "looking into", "for the delay", "repondr", "reviendr", "werde", "wird",
    ),
    ReplyKind.ACKNOWLEDGEMENT: (
        "acknowledge", "confirm", "received", "arrived", "noted", "logged", "registered", "accuse", "accusons", "bien recu", "eingang",
    ),
}  # fmt: skip
_COMPILED = tuple((kind, _NEEDLES[kind], re.compile(rf"\b(?:{pattern})")) for kind, pattern in _SIGNS)
_PROMISE = re.compile(
    r"\b(?:(?:would|will|shall|should|am|are|be) (?:be )?(?:very |more than |only too )?\"?(?:happy|pleased|glad|delighted|willing|prepared|ready)\"? to "
    r"(?:meet|receive|see|discuss|arrange|raise|ask|table|write|help|host|support)[^.;\n]{0,140}|"
    r"(?:i|we|the minister|my office|he|she) (?:will|shall) (?:raise|ask|table|write|meet|arrange|bring|propose|introduce|contact|consider|"
    r"let you know|report back|look into|investigate|review)[^.;\n]{0,140}|"
    r"(?:will|shall|aim to|hope to) (?:reply|respond|answer|provide a (?:full|substantive) (?:reply|response))[^.;\n]{0,100}|"
    r"(?:heureux|dispose|pret) (?:de|a) (?:vous )?(?:rencontrer|recevoir|discuter)[^.;\n]{0,100}|"
    r"(?:gerne|bereit)[^.;\n]{0,30}(?:treffen|empfangen|sprechen)[^.;\n]{0,60})"
)
_THANKS = re.compile(r"\b(?:thank(?:s| you)|grateful|merci|danke|vielen dank|appreciate)\b")
_REFERRED_TO = re.compile(
    r"(?:passed|forwarded|transferred|referred|redirected|transmis|weitergeleitet|sent on)\b[^.]{0,40}?\b(?:to|au?x?|an(?: das| die| den)?)\s+"
    r"(?P<whom>(?:the |his |her |my )?[^.,;\n]{3,80})",
    re.IGNORECASE,
)
_AFTER_WHOM = re.compile(
    r"\s+(?:who|which|for|so|as|because|since|und|et|qui|der|die das)\s|\s+(?:and|und|et)\s+(?=(?:i|we|he|she|they|it|would|will|have|has|am|are|is|"
    r"wir|ich|nous|je)\b)",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"within (?:the next )?(\d{1,3}|two|three|four|six) (working |calendar )?(day|week|month)s?"
)
_ON_DAY = re.compile(
    r"(?:by|on|before|until|bis|d'ici|avant)(?: the)? (\d{1,2})(?:st|nd|rd|th|er|\.)? ([a-z]{3,9})\.?(?:,? (\d{4}))?"
)
_NEXT = re.compile(
    r"\b(?:next|this|coming) (week|month)\b|\bin (january|february|march|april|may|june|july|august|september|october|november|december)\b"
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "six": 6}
_MONTHS = {
    name[:length]: number
    for number, names in enumerate(
        (
            ("january", "janvier", "januar"), ("february", "fevrier", "februar"), ("march", "mars", "marz"), ("april", "avril"),
            ("may", "mai"), ("june", "juin", "juni"), ("july", "juillet", "juli"), ("august", "aout"), ("september", "septembre"),
            ("october", "octobre", "oktober"), ("november", "novembre"), ("december", "decembre", "dezember"),
        ), start=1,
    )
    for name in names
    for length in range(3, len(name) + 1)
    if not (name in {"juin", "juni", "juillet", "juli"} and length == 3)
}  # fmt: skip


def suggest_kind(text: str, received_on: date) -> Suggestion:
    """What an answer seems to amount to, from the words its writer wrote themself.

    Args: text: without what is quoted. received_on: from which “within four weeks” counts.
    """
    words = folded(text[:_LONGEST]).replace("’", "'").replace("“", '"').replace("”", '"')
    promise, due = _promise(text, words, received_on)
    for kind, needles, pattern in _COMPILED:
        if any(n in words for n in needles) and (found := pattern.search(words)):
            whom = ""
            if kind is ReplyKind.REFERRED and (to := _REFERRED_TO.search(" ".join(text[:_LONGEST].split()))):
                whom = _AFTER_WHOM.split(to["whom"])[0].strip().removeprefix("the ")
            return Suggestion(kind, f"It says “{_shown(found[0])}”.", promise, due, whom)
    if len(words) < 400 and (thanked := _THANKS.search(words)):
        return Suggestion(ReplyKind.THANKS, f"It is short and says “{_shown(thanked[0])}”.", promise, due)
    if len(words) > 600:
        return Suggestion(
            ReplyKind.SUBSTANTIVE, "It is long and neither puts off, refers nor refuses.", promise, due
        )
    return Suggestion(None, "Its words do not say.", promise, due)


def _shown(words: str) -> str:
    text = " ".join(words.split())
    return text if len(text) <= 90 else f"{text[:88].rsplit(' ', 1)[0]} …"


def _promise(text: str, words: str, received_on: date) -> tuple[str, date | None]:
    found = _PROMISE.search(words)
    if found is None:
        return "", None
    sentence = found[0].strip()
    # The same words as they were written, if their length did not change by folding.
    plain = " ".join(text[:_LONGEST].split())
    at = folded(plain).find(sentence)
    shown = plain[at : at + len(sentence)] if at >= 0 and len(folded(plain)) == len(plain) else sentence
    around = words[found.start() : found.end() + 120]
    return f"{shown[:1].upper()}{shown[1:]}".strip(), _when(around, received_on)


def _when(words: str, on: date) -> date | None:
    if found := _WITHIN.search(words):
        number = _NUMBERS.get(found[1]) or int(found[1])
        days = {"day": 1, "week": 7, "month": 30}[found[3]] * number
        return on + timedelta(days=days * 7 // 5 if (found[2] or "").strip() == "working" else days)
    if found := _ON_DAY.search(words):
        month = _MONTHS.get(found[2])
        if month:
            try:
                day = date(int(found[3] or on.year), month, int(found[1]))
            except ValueError:
                return None
            return day if found[3] or day >= on else day.replace(year=day.year + 1)
    if found := _NEXT.search(words):
        if found[2]:
            month = _MONTHS[found[2]]
            year = on.year if month >= on.month else on.year + 1
            return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return on + timedelta(days=14 if found[1] == "week" else 45)
    return None
