"""The form of a campaign's data files, and reading them.

A campaign is a folder of YAML or JSON files. Each file holds some of the lists below; which file holds
what is up to the writer. Identifiers are lower-case words with hyphens, unique within their list.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from outreach.cases.entries import FactEntry, FileEntry, Id, Partial, SourcedEntry, Text
from outreach.directory.importers.reading import keep_long_numbers_as_text
from outreach.domain.email_address import address_problem
from outreach.domain.states import Channel, ReplyKind
from outreach.errors import CampaignDataError, UsageError
from outreach.files import read_given
from outreach.resources import resource
from outreach.store.models import SourceKind


def _email(value: object) -> object:
    if isinstance(value, str) and value and (problem := address_problem(value)):
        raise ValueError(problem.rstrip("."))
    return value


class SenderEntry(FileEntry):
    name: Text = ""
    organization: Text = ""
    address: Text = ""
    email: Annotated[Text, BeforeValidator(_email)] = ""


class CampaignEntry(FileEntry):
    id: Id
    name: Text
    prefix: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")]
    summary: Text = ""
    sender: SenderEntry = SenderEntry()
    as_of: dt.date | None = None


class SourceEntry(FileEntry):
    id: Id
    title: Text
    kind: SourceKind = SourceKind.DOCUMENT
    publisher: Text = ""
    date: Partial | None = None
    url: Text = ""


class AskEntry(SourcedEntry):
    id: Id
    name: Text
    text: Text
    translations: dict[str, Text] = {}
    audiences: list[str] = []


class RecipientEntry(FileEntry):
    person: Id | None = None
    post: Id | None = None
    body: Id | None = None
    audience: str


class OtherNameEntry(SourcedEntry):
    name: Text
    note: Text = ""


class IdentifierEntry(FileEntry):
    scheme: Text
    identifier: Text


class ContactEntry(SourcedEntry):
    type: Text
    value: Text
    label: Text = ""
    note: Text = ""
    valid_from: Partial | None = None
    valid_until: Partial | None = None

    @model_validator(mode="after")
    def _reachable(self) -> "ContactEntry":
        if self.type == "email":
            _email(self.value)
        return self


class MembershipEntry(SourcedEntry):
    """post, or body where the seat is no office of its own."""

    post: Id | None = None
    body: Id | None = None
    role: Text = ""
    on_behalf_of: Id | None = None
    area: Text = ""
    start: Partial | None = None
    end: Partial | None = None

    @model_validator(mode="after")
    def _one(self) -> "MembershipEntry":
        if not self.post and not self.body:
            raise ValueError("a membership needs a post or a body")
        return self


class PersonEntry(SourcedEntry):
    id: Id
    name: Text
    given_name: Text = ""
    family_name: Text = ""
    honorific_prefix: Text = ""
    honorific_suffix: Text = ""
    gender: Literal["female", "male", "other", ""] = ""
    birth_date: Partial | None = None
    death_date: Partial | None = None
    preferred_language: Text = ""
    summary: Text = ""
    other_names: list[OtherNameEntry] = []
    identifiers: list[IdentifierEntry] = []
    contact_details: list[ContactEntry] = []
    memberships: list[MembershipEntry] = []


class BodyEntry(SourcedEntry):
    id: Id
    name: Text
    classification: Text = ""
    jurisdiction: Annotated[str, Field(max_length=8)] = ""
    parent: Id | None = None
    summary: Text = ""
    founding_date: Partial | None = None
    dissolution_date: Partial | None = None
    other_names: list[OtherNameEntry] = []
    identifiers: list[IdentifierEntry] = []
    contact_details: list[ContactEntry] = []


class PostEntry(SourcedEntry):
    id: Id
    label: Text
    short_label: Text = ""
    role: Text = ""
    body: Id
    audience: str = ""
    start: Partial | None = None
    end: Partial | None = None


class PartyEntry(FileEntry):
    person: Id | None = None
    body: Id | None = None
    role: Text
    note: Text = ""


class CaseEntry(FileEntry):
    id: Id
    name: Text
    summary: Text = ""
    parties: list[PartyEntry] = []
    facts: list[FactEntry] = []


class VoteEntry(FileEntry):
    date: Partial | None = None
    result: Text = ""
    yes: Annotated[int, Field(ge=0)] | None = Field(default=None, alias="for")
    no: Annotated[int, Field(ge=0)] | None = Field(default=None, alias="against")
    abstain: Annotated[int, Field(ge=0)] | None = None


class MotionEntry(SourcedEntry):
    id: Id
    body: Id
    text: Text
    classification: Text = ""
    date: Partial | None = None
    result: Text = ""
    vote_events: list[VoteEntry] = []


class SentEntry(FileEntry):
    on: dt.date
    by: Channel


class ReplyEntry(SourcedEntry):
    on: dt.date
    kind: ReplyKind
    from_name: Text = ""
    text: Text = ""
    promise: Text = ""


class CorrespondenceEntry(SourcedEntry):
    id: Id
    case: Id | None = None
    from_person: Id | None = None
    from_body: Id | None = None
    to_person: Id | None = None
    to_post: Id | None = None
    to_body: Id | None = None
    audience: str = "default"
    subject: Text = ""
    summary: Text = ""
    sent: SentEntry | None = None
    replies: list[ReplyEntry] = []


class CampaignData(FileEntry):
    """Everything a campaign's files hold."""

    campaign: CampaignEntry
    sources: list[SourceEntry] = []
    asks: list[AskEntry] = []
    recipients: list[RecipientEntry] = []
    bodies: list[BodyEntry] = []
    posts: list[PostEntry] = []
    people: list[PersonEntry] = []
    cases: list[CaseEntry] = []
    motions: list[MotionEntry] = []
    correspondence: list[CorrespondenceEntry] = []


class _CampaignLoader(yaml.SafeLoader):
    """YAML as its version 1.2 reads it, where on, off, yes and no are words; and without aliases,
    a few lines of which can stand for gigabytes."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


def _as_written(loader: _CampaignLoader, node: yaml.ScalarNode) -> str:
    """Dates stay text until the schema reads them, so that a mistake in one is reported with its place."""
    return str(loader.construct_scalar(node))


_CampaignLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)
keep_long_numbers_as_text(_CampaignLoader)
_CampaignLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def shipped_campaigns() -> tuple[str, ...]:
    """Names of the campaigns that come with the program."""
    return tuple(sorted(p.name for p in resource("resources/campaigns").iterdir() if p.is_dir()))


def campaign_folder(name: str) -> Path:
    """Folder of a campaign: one that ships with the program by its name, or any by its path.

    Raises: UsageError naming the campaigns there are.
    """
    if name in shipped_campaigns():
        return resource(f"resources/campaigns/{name}")
    if Path(name).is_dir():
        return Path(name)
    raise UsageError(
        f"There is no campaign “{name}”. Name one that ships with outreach "
        f"({', '.join(shipped_campaigns())}) or a folder with a campaign's files."
    )


def read_campaign(folder: Path) -> CampaignData:
    """Read and check a campaign's files.

    Raises: CampaignDataError with the file and the place of every mistake, at most ten of them.
    """
    merged: dict[str, Any] = {}
    files = sorted(p for p in folder.iterdir() if p.suffix in {".yaml", ".yml", ".json"})
    if not files:
        raise CampaignDataError(f"{folder} holds no campaign: it has no .yaml or .json file.")
    origin: dict[tuple[str, int], str] = {}
    for path in files:
        content = _parsed(path)
        for key, value in content.items():
            if isinstance(value, list):
                target = merged.setdefault(key, [])
                if not isinstance(target, list):
                    raise CampaignDataError(
                        f"{path.name}: “{key}” is a list here and something else in another file."
                    )
                for entry in value:
                    origin[(key, len(target))] = path.name
                    target.append(entry)
            elif key in merged:
                raise CampaignDataError(f"{path.name}: “{key}” is given twice.")
            else:
                merged[key] = value
                origin[(key, 0)] = path.name
    try:
        return CampaignData.model_validate(merged)
    except ValidationError as error:
        raise CampaignDataError(_mistakes(error, origin, merged, folder)) from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = read_given(path).decode("utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_CampaignLoader)
    except UnicodeDecodeError as error:
        raise CampaignDataError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = " ".join(str(error).split())[:300]
        raise CampaignDataError(f"{path.name} cannot be read: {where}") from error
    if not isinstance(content, dict):
        raise CampaignDataError(f"{path.name} must hold named lists, such as “people:”.")
    return content


def _mistakes(
    error: ValidationError, origin: dict[tuple[str, int], str], merged: dict[str, Any], folder: Path
) -> str:
    lines = []
    for mistake in error.errors()[:10]:
        location = list(mistake["loc"])
        key = str(location[0]) if location else ""
        index = location[1] if len(location) > 1 and isinstance(location[1], int) else 0
        name = ""
        entries = merged.get(key)
        if isinstance(entries, list) and index < len(entries) and isinstance(entries[index], dict):
            name = str(entries[index].get("id") or entries[index].get("name") or "")
        place = ".".join(str(x) for x in location)
        lines.append(
            f"{origin.get((key, index), folder.name)}: {place}{f' ({name})' if name else ''}: "
            f"{mistake['msg']}"
        )
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def duplicates(names: Iterable[str]) -> list[str]:
    """Names that occur more than once, each given once, in order."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, count in seen.items() if count > 1]
