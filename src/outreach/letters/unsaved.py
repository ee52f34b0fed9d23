"""Words of drafts that could not be put on file: kept in a file beside the database, and offered at the next
start.

Where there is no room or no right beside it, the user's own folder of state serves, and at last the one for
scratch files.
"""

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypedDict

from platformdirs import user_state_path
from sqlalchemy.orm import Session

from outreach.errors import NotAllowedError, OutreachError
from outreach.files import write_file
from outreach.letters.ledger import edit_letter, find_letter
from outreach.store.changes import Changes


class Words(TypedDict):
    """What somebody types into a letter."""

    subject: str
    salutation: str
    body: str
    close: str


@dataclass(frozen=True)
class UnsavedText:
    """A draft's words as somebody typed them.

    reason: why they are not on file. typed_in: which window they were typed in.

    before: digest of the words that they were to replace, see `words_digest`; "" where that is not known.
    """

    reference: str
    subject: str
    salutation: str
    body: str
    close: str
    reason: str = ""
    typed_in: str = ""
    before: str = ""

    @property
    def words(self) -> Words:
        """Subject, salutation, body and close."""
        return Words(subject=self.subject, salutation=self.salutation, body=self.body, close=self.close)

    @property
    def as_text(self) -> str:
        """All of it, to read or to copy."""
        return "\n\n".join(x for x in (self.subject, self.salutation, self.body, self.close) if x)


def words_digest(*, subject: str, salutation: str, body: str, close: str) -> str:
    """What a draft's words are told apart by; spaces that saving drops do not count."""
    plain = [" ".join(subject.split()), salutation.strip(), body.strip(), close.strip()]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def _places(location: str) -> tuple[Path, ...]:
    """Where words may be kept, the best place first. location: path or address of the database."""
    name = f"unsaved-{hashlib.sha256(location.encode()).hexdigest()[:16]}.json"
    beside = () if "://" in location else (Path(f"{location}.unsaved.json"),)
    return (*beside, user_state_path("outreach", appauthor=False) / name, Path(tempfile.gettempdir()) / name)


def keep_unsaved(location: str, texts: Sequence[UnsavedText], typed_in: str) -> Path:
    """Keep the words typed in one window, in place of those it kept before; those of others stay.

    Returns: the file. Raises: OutreachError if they can be written nowhere.
    """
    others = [t for t in unsaved_texts(location) if t.typed_in != typed_in]
    return _write(location, [*others, *texts])


def unsaved_texts(location: str) -> tuple[UnsavedText, ...]:
    """Words that were kept, none if there are none.

    What cannot be understood, a whole file or a part of it, is put aside under a name of its own, so that
    nothing written later takes its place.
    """
    found: list[UnsavedText] = []
    for place in _places(location):
        try:
            content = place.read_bytes()
        except OSError:
            continue
        texts, is_whole = _understood(content)
        found += texts
        if not is_whole:
            _put_aside(place, content)
    return tuple(dict.fromkeys(found))


def _understood(content: bytes) -> tuple[list[UnsavedText], bool]:
    """The words in a file that was kept, and whether that is all there was."""
    known = {f.name for f in fields(UnsavedText)}
    try:
        stored = json.loads(content.decode("utf-8"))
    except ValueError:
        return [], False
    if not isinstance(stored, list):
        return [], False
    texts = []
    for item in stored:
        with contextlib.suppress(TypeError, AttributeError):
            texts.append(UnsavedText(**{k: str(v) for k, v in item.items() if k in known}))
    return texts, len(texts) == len(stored)


def _put_aside(place: Path, content: bytes) -> None:
    """Keep a copy of a file that was not understood, once."""
    mark = hashlib.sha256(content).hexdigest()[:12]
    copy = place.with_name(f"{place.name}.not-understood-{mark}")
    if not copy.exists():
        with contextlib.suppress(OutreachError, OSError):
            write_file(copy, content)
            copy.chmod(0o600)


def forget_unsaved(location: str, texts: Sequence[UnsavedText]) -> None:
    """Keep these words no longer: they are on file, or nobody wants them.

    Raises: OutreachError if a file cannot be written.
    """
    _write(location, [t for t in unsaved_texts(location) if t not in texts])


def restore_unsaved(session: Session, text: UnsavedText) -> Changes:
    """Put words that were kept into their draft.

    Raises: NotFoundError; NotAllowedError if the letter is no draft any more, or its words were changed
        since.
    """
    letter = find_letter(session, text.reference)
    now = words_digest(
        subject=letter.subject, salutation=letter.salutation, body=letter.body, close=letter.close
    )
    if text.before and now not in {text.before, words_digest(**text.words)}:
        raise NotAllowedError(
            f"{letter.reference} was changed since these words were typed. Copy them and put them in by hand."
        )
    return edit_letter(session, letter.reference, **text.words)


def _write(location: str, texts: Sequence[UnsavedText]) -> Path:
    content = json.dumps([asdict(t) for t in texts], ensure_ascii=False, indent=1).encode()
    problem: OutreachError | None = None
    places = _places(location)
    for number, place in enumerate(places):
        try:
            if texts:
                write_file(place, content)
                place.chmod(0o600)
            for other in places[number + 1 :] if texts else places:
                other.unlink(missing_ok=True)
        except OutreachError as error:
            problem = problem or error
        except OSError as error:
            problem = problem or OutreachError(f"{place} cannot be written: {error.strerror}.")
        else:
            return place
    assert problem is not None
    raise problem
