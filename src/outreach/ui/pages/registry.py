"""The pages of the window: one entry each, of which sidebar, menus and keys are made.

A new page takes one entry here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from outreach.ui.pages.base import Page
from outreach.ui.workspace import Workspace


@dataclass(frozen=True)
class PageEntry:
    """A page as the window lists it, before there is one.

    key: what links name it by. title: its name in the sidebar and the menu. page: finds its class, which is
    read, and of which one is made, when it is first shown. icon: a file of `resources/icons`. shortcut: turns
    to it from everywhere. section: pages of one stand together in the sidebar. menu: title of a menu of its
    own for what can be done on it, "" for none.
    """

    key: str
    title: str
    page: Callable[[], type[Page]]
    icon: str
    shortcut: str
    section: str
    menu: str = ""


def _page(module: str, name: str) -> type[Page]:
    found: type[Page] = getattr(import_module(f"outreach.ui.pages.{module}"), name)
    return found


def _in(module: str, name: str) -> Callable[[], type[Page]]:
    return partial(_page, module, name)


PAGES = (
    PageEntry("today", "Today", _in("today", "TodayPage"), "clock", "Ctrl+1", "work"),
    PageEntry("overview", "Overview", _in("overview", "OverviewPage"), "house", "Ctrl+2", "work"),
    PageEntry("letters", "Letters", _in("letters", "LettersPage"), "mail", "Ctrl+3", "work", menu="&Letters"),
    PageEntry("inbox", "Inbox", _in("inbox", "InboxPage"), "inbox", "Ctrl+4", "work", menu="&Inbox"),
    PageEntry("compose", "Compose", _in("compose", "ComposePage"), "pen-line", "Ctrl+5", "work"),
    PageEntry("directory", "Directory", _in("directory", "DirectoryPage"), "users", "Ctrl+6", "records"),
    PageEntry("cases", "Cases", _in("cases", "CasesPage"), "scale", "Ctrl+7", "records"),
    PageEntry("packs", "Packs", _in("packs", "PacksPage"), "briefcase-business", "Ctrl+8", "records"),
)


class Pages(Mapping[str, Page]):
    """The pages of one window by their keys. Each is made when it is first asked for.

    made: told of each page that was just made.
    """

    def __init__(
        self,
        entries: Sequence[PageEntry],
        workspace: Workspace,
        made: Callable[[PageEntry, Page], object],
    ) -> None:
        self.entries = tuple(entries)
        self._by_key = {entry.key: entry for entry in self.entries}
        self._workspace, self._tell = workspace, made
        self._pages: dict[str, Page] = {}

    def __getitem__(self, key: str) -> Page:
        return self.make(key)

    def make(self, key: str) -> Page:
        """The page with this key, made now if it was not shown yet."""
        if key not in self._pages:
            entry = self._by_key[key]
            page = self._pages[key] = entry.page()(self._workspace)
            page.follow_campaign()
            self._tell(entry, page)
        return self._pages[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_key)

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def made(self) -> Mapping[str, Page]:
        """Those that were shown already."""
        return self._pages
