"""Files that can be read in one sitting, and libraries used by what they promise."""

import ast
import imaplib
import importlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import imapclient
import pytest
from imapclient.exceptions import IMAPClientError

from outreach.mail.imap_lines import connection_of, fetched_lines

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST = 400
# The one place that touches a private part of a library; its tests are at the end of this file.
ADAPTER = "mail/imap_lines.py"


def _name(path: Path) -> str:
    return path.relative_to(ROOT / "src/outreach").as_posix()


def test_a_file_longer_than_400_lines_says_why_at_its_top() -> None:
    too_long = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        said = ast.get_docstring(ast.parse(text)) or ""
        is_long = len(text.splitlines()) > LONGEST
        if is_long and not re.search(rf"Longer than {LONGEST} lines because \w", said):
            too_long.append(_name(path))
    assert sorted(too_long) == []


def _private_parts(tree: ast.AST) -> list[int]:
    """Lines that touch a name with one underscore of something that is not the object or class itself."""

    def is_private(name: str) -> bool:
        # Python documents this one, for debugging, under this name.
        return name.startswith("_") and not name.startswith("__") and name != "_current_frames"

    def is_own(node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in {"self", "cls"}

    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node.value):
            found.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and any(is_private(name.name) for name in node.names):
            found.append(node.lineno)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"getattr", "setattr", "hasattr", "delattr"}
            and not is_own(node.args[0])
            and isinstance(node.args[1], ast.Constant)
            and is_private(str(node.args[1].value))
        ):
            found.append(node.lineno)
    return sorted(found)


@pytest.mark.parametrize(
    "code",
    [
        "client._imap.uid('FETCH')",
        "self._client._imap",
        "smtplib._quote_periods(raw)",
        "super()._get_socket(host)",
        "from smtplib import _quote_periods",
        "getattr(client, '_imap')",
        "table._tbl.tblPr = 1",
    ],
)
def test_each_way_to_touch_a_private_part_is_seen(code: str) -> None:
    assert _private_parts(ast.parse(code)) == [1]


@pytest.mark.parametrize("code", ["self._client.close()", "cls._made = 1", "x.__class__", "from x import y"])
def test_what_is_ones_own_or_public_is_let_through(code: str) -> None:
    assert _private_parts(ast.parse(code)) == []


def test_no_private_part_of_a_library_or_another_room_is_touched() -> None:
    found = [
        f"{_name(path)}:{line}"
        for path in SOURCES
        if _name(path) != ADAPTER
        for line in _private_parts(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def _own_names(node: ast.ClassDef) -> set[str]:
    """Names with one underscore that a class gives to itself."""
    names = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
            names |= {part.attr} if isinstance(part.value, ast.Name) and part.value.id == "self" else set()
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def test_no_class_takes_the_name_of_a_private_part_of_the_library_class_below_it() -> None:
    found = []
    for path in SOURCES:
        if "migrations" in path.parts or path.name == "__main__.py":
            continue
        dotted = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        nodes = [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.ClassDef)]
        for node in (n for n in nodes if n.bases):
            made = getattr(importlib.import_module(dotted), node.name)
            foreign = [base for base in made.__mro__[1:] if not base.__module__.startswith("outreach")]
            taken = {name for base in foreign for name in vars(base)} & _own_names(node)
            found += [f"{_name(path)}: {node.name}.{name}" for name in sorted(taken)]
    assert found == []


class _OneMessage(StreamRequestHandler):
    """A server that has one message, and one more that it will not give."""

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while line := self.rfile.readline():
            tag, command, *rest = line.split()
            if command.upper() == b"CAPABILITY" or command.upper() == b"LOGIN":
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
            elif command.upper() in {b"EXAMINE", b"SELECT"}:
                self.wfile.write(b"* 1 EXISTS\r\n")
            elif command.upper() == b"UID" and rest[1] == b"7":
                self.wfile.write(b"* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n")
            elif command.upper() == b"UID":
                self.wfile.write(tag + b" NO not that one\r\n")
                continue
            self.wfile.write(tag + b" OK done\r\n")


@pytest.fixture
def reader() -> Iterator[imapclient.IMAPClient]:
    with ThreadingTCPServer(("127.0.0.1", 0), _OneMessage) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        client = imapclient.IMAPClient("127.0.0.1", server.server_address[1], ssl=False, timeout=10)
        client.login("office", "secret")
        client.select_folder("INBOX", readonly=True)
        yield client
        client.shutdown()
        server.shutdown()


def test_the_connection_inside_an_imap_client_is_where_the_adapter_looks(
    reader: imapclient.IMAPClient,
) -> None:
    assert isinstance(connection_of(reader), imaplib.IMAP4)
    assert fetched_lines(reader, [7], "(UID BODY.PEEK[])") == [(b"1 (UID 7 BODY[] {5}", b"hello"), b")"]
    with pytest.raises(IMAPClientError, match="would not give"):
        fetched_lines(reader, [8], "(UID BODY.PEEK[])")


def test_an_imap_client_that_keeps_its_connection_elsewhere_is_refused_with_a_sentence(
    reader: imapclient.IMAPClient,
) -> None:
    kept = vars(reader).pop("_imap")
    try:
        with pytest.raises(IMAPClientError, match="not the one that outreach was made for"):
            connection_of(reader)
    finally:
        vars(reader)["_imap"] = kept
