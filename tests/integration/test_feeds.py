"""Fetching a directory: over TLS from a server on loopback that behaves well, badly, or not at all."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from outreach.directory.importers.feeds import download, feeds_list, find_feed
from outreach.directory.importers.run import FORMATS
from outreach.errors import CancelledError, DownloadError, NotFoundError

CONTENT = b"- id: x\n" * 5000


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/good.yaml":
                self._send(CONTENT, len(CONTENT))
            case "/endless":
                self._send(b"x" * 3_000_000, None)
            case "/short":
                self._send(CONTENT[:100], len(CONTENT))
            case "/moved":
                self.send_response(302)
                self.send_header("Location", "/good.yaml")
                self.end_headers()
            case "/downgrade":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:9/x")
                self.end_headers()
            case "/slow":
                self.send_response(200)
                self.end_headers()
                release.wait(10)
            case _:
                self.send_error(404)

    def _send(self, body: bytes, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


release = threading.Event()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[str]:
    """A web server with a certificate of the test's own authority."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    httpd.daemon_threads = True
    httpd.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{httpd.server_address[1]}"
    release.set()
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_a_file_comes_whole(server: str, trust: ssl.SSLContext, tmp_path: Path) -> None:
    for path in ("/good.yaml", "/moved"):
        assert download(f"{server}{path}", tmp_path, context=trust).read_bytes() == CONTENT


def test_a_certificate_that_nobody_vouches_for_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="certificate of localhost could not be verified"):
        download(f"{server}/good.yaml", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "limits", "message"),
    [
        ("/good.yaml", {"max_bytes": 1000}, "larger than"),
        ("/endless", {"max_bytes": 1_000_000}, "larger than"),
        ("/short", {}, "broke off|Try again"),
        ("/nowhere", {}, "answered 404"),
        ("/downgrade", {}, "without TLS"),
        ("/slow", {"seconds": 0.3}, "in time|longer than"),
    ],
)
def test_what_goes_wrong_is_said_and_nothing_is_left(
    server: str, trust: ssl.SSLContext, tmp_path: Path, path: str, limits: dict[str, float], message: str
) -> None:
    with pytest.raises(DownloadError, match=message):
        download(f"{server}{path}", tmp_path, context=trust, **limits)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_download_can_be_stopped(server: str, trust: ssl.SSLContext, tmp_path: Path) -> None:
    with pytest.raises(CancelledError):
        download(f"{server}/good.yaml", tmp_path, context=trust, progress=lambda done, total: False)
    assert list(tmp_path.iterdir()) == []


def test_plain_http_and_silent_ports_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="not an https address"):
        download("http://127.0.0.1/x", tmp_path)
    with pytest.raises(DownloadError, match="could not be reached"):
        download("https://127.0.0.1:9/x", tmp_path)


def test_every_feed_has_a_format_and_an_https_address() -> None:
    assert len(feeds_list()) >= 5
    for feed in feeds_list():
        assert feed.format in FORMATS
        assert feed.url.startswith("https://")
    with pytest.raises(NotFoundError, match="congress"):
        find_feed("nothing")
