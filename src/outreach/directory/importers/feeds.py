"""Fetching a public directory from its address, on the user's word only: TLS
verified, size and time limited.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener, getproxies

import yaml

from outreach import __version__
from outreach.errors import CancelledError, DownloadError, NotFoundError, OutreachError
from outreach.files import os_error
from outreach.resources import resource

MAX_BYTES = 200_000_000
SECONDS = 180.0
_SILENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Feed:
    """A public directory. format: a key of `run.FORMATS`."""

    id: str
    title: str
    format: str
    url: str
    publisher: str


@lru_cache(maxsize=1)
def feeds_list() -> tuple[Feed, ...]:
    """The directories whose addresses ship with the program."""
    entries = yaml.safe_load(resource("resources/feeds.yaml").read_text(encoding="utf-8"))
    return tuple(Feed(**entry) for entry in entries)


def find_feed(name: str) -> Feed:
    """A feed by its id. Raises: NotFoundError naming those there are."""
    for feed in feeds_list():
        if feed.id == name:
            return feed
    raise NotFoundError(f"There is no feed “{name}”. Known are: {', '.join(f.id for f in feeds_list())}.")


class _OnlyTls(HTTPRedirectHandler):
    """Follows redirections to https only."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> Request | None:
        if urlsplit(urljoin(req.full_url, newurl)).scheme != "https":
            fp.close()
            raise URLError("the server passed on to an address without TLS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def download(
    url: str,
    folder: Path,
    *,
    max_bytes: int = MAX_BYTES,
    seconds: float = SECONDS,
    context: ssl.SSLContext | None = None,
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> Path:
    """Fetch a file.

    Args: folder: where it is put, under the last part of its address. max_bytes, seconds: limits for all of
        it. context: certificates to trust; by default the system's.
    Returns: the file, whole. Raises: DownloadError with what happened and what to do; CancelledError. Nothing
        is left in the folder then.
    """
    if urlsplit(url).scheme != "https":
        raise DownloadError(
            f"{url} is not an https address, so it was not fetched. Use one that begins with https://"
        )
    proxies = ProxyHandler(getproxies())
    opener = build_opener(proxies, HTTPSHandler(context=context or ssl.create_default_context()), _OnlyTls())
    request = Request(url, headers={"User-Agent": f"outreach/{__version__}", "Accept": "*/*"})
    target = folder / (Path(urlsplit(url).path).name or "download")
    until = time.monotonic() + seconds
    try:
        with (
            opener.open(request, timeout=min(_SILENCE_SECONDS, seconds)) as answer,
            target.open("wb") as file,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            if total > max_bytes:
                raise DownloadError(_too_large(url, max_bytes))
            done = 0
            while block := answer.read(1 << 16):
                done += len(block)
                if done > max_bytes:
                    raise DownloadError(_too_large(url, max_bytes))
                if time.monotonic() > until:
                    raise DownloadError(f"{url} took longer than {seconds:g} seconds. Try again later.")
                if not progress(done, max(total, done)):
                    raise CancelledError("The download was stopped; nothing was changed.")
                file.write(block)
            if total and done != total:
                raise DownloadError(f"{url} broke off after {done:,} of {total:,} bytes. Try again.")
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, HTTPError):
            error.close()  # it is the answer too, with its connection
        explained = _explained(error, url, target)
        if explained is None:
            raise
        raise explained from error
    return target


def _too_large(url: str, most: int) -> str:
    return f"{url} is larger than {most // 1_000_000} MB, so it was not fetched. Check the address."


def _explained(error: BaseException, url: str, target: Path) -> OutreachError | None:
    """The sentence for what went wrong, None for what has one already or is a bug."""
    host = urlsplit(url).hostname or url
    cause = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return DownloadError(
            f"The certificate of {host} could not be verified ({cause.verify_message}), so nothing was "
            "fetched. Check the date of this machine, or ask who runs your network."
        )
    if isinstance(error, HTTPError):
        return DownloadError(
            f"{host} answered {error.code} ({error.reason}) for {url}. Check the address, or try later."
        )
    if isinstance(cause, TimeoutError):
        return DownloadError(f"{host} did not answer in time. Try again later.")
    if isinstance(error, URLError):
        return DownloadError(f"{host} could not be reached: {cause}. Check the connection and try again.")
    if isinstance(error, ssl.SSLError | ConnectionError):
        return DownloadError(f"The connection to {host} broke off. Try again.")
    if isinstance(error, OSError):
        return os_error(error, target)
    return None
