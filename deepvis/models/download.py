"""One address to one file beside its place: from where it stopped, over http and https alone, told from a full disk.

What is there of a file is gone on with where it is of the same content: where the server's word for the content (its
ETag, else its time) is the one that was noted when the download began, or where a published checksum tells afterwards.
"""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from deepvis.core.files import os_error_words
from deepvis.network.model_error import ModelError

CHUNK = 1 << 18  # bytes
SILENCE_SECONDS = 30.0  # a server that says nothing for so long counts as dead
USER_AGENT = "deepvis fetch"
SPARE = 1 << 20  # bytes beyond twice the size of the card, which is "about"

Progress = Callable[[str, int, int], Any]  # (name, bytes so far, bytes in all or 0) -> has .update(n) and .close()


class DownloadError(Exception):
    """An address gives no file; a few words, without the address."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """To http and https alone, and never from https to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        scheme, before = urlsplit(newurl).scheme, urlsplit(req.full_url).scheme
        if scheme not in ("http", "https") or (before == "https" and scheme == "http"):
            raise DownloadError(f"it redirects to {newurl[:200]}, expected an address of {before}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        target = headers.get("location") or headers.get("uri") or ""
        if urlsplit(target).scheme not in ("", "http", "https"):
            raise DownloadError(f"it redirects to {target[:200]}, expected an address of http or https")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def download(
    url: str,
    part: Path,
    progress: Progress,
    name: str,
    *,
    validator: str = "",
    is_checked: bool = True,
    about: int = 0,
    begun: Callable[[str], None] = lambda validator: None,
) -> bool:
    """Append what is missing of ``url`` to the file ``part``; True where it went on with what was there.

    validator: of the content that ``part`` has the beginning of, "" unknown; begun: called with it when a download
    begins. is_checked: a published checksum is compared afterwards. about: the size, 0 unknown.
    Raises DownloadError where the address is at fault, ModelError for a disk that takes no more.
    """
    with _disk(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.exists() else 0
    if not validator and not is_checked:
        have = 0
    try:
        return _stream(_Transfer(url, part, name, have, validator, about), progress, begun)
    except (DownloadError, ModelError):
        raise
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise DownloadError(_reason(error)) from error


class _Transfer:
    """What comes from where, into which file. have: bytes that are there."""

    def __init__(self, url: str, part: Path, name: str, have: int, validator: str, about: int) -> None:
        self.url, self.part, self.name, self.have, self.validator, self.about = url, part, name, have, validator, about

    def request(self) -> urllib.request.Request:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if self.validator:
                headers["If-Range"] = self.validator
        return urllib.request.Request(self.url, headers=headers)


def _stream(transfer: _Transfer, progress: Progress, begun: Callable[[str], None]) -> bool:
    try:
        answer = _opener().open(transfer.request(), timeout=SILENCE_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not transfer.have:
            raise
        if error.headers.get("Content-Range", "").endswith(f"/{transfer.have}"):
            return True  # all of it is there
        transfer.have = 0
        return _stream(transfer, progress, begun)
    with answer:
        start = _start_of(answer, transfer.have)
        if not start:
            with _disk(transfer.part):
                transfer.part.write_bytes(b"")  # before the word for what is to follow
                begun(_validator_of(answer))
        if packed := answer.headers.get("Content-Encoding", "identity").strip().replace("identity", ""):
            raise DownloadError(f"it sends the file packed as {packed[:40]}, expected it as it is")
        length = answer.length or 0  # None where the server does not say, or says nonsense
        bar = progress(transfer.name, start, start + length if length else 0)
        try:
            got = _pour(answer, transfer, start, bar)
        finally:
            bar.close()
        if length and got < length:
            raise http.client.IncompleteRead(b"", length - got)
        if not start + got:
            raise DownloadError("it gives an empty file")
    return bool(start)


def _opener() -> urllib.request.OpenerDirector:
    """Knows no file:, ftp: or data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        _SafeRedirects,
    ):
        opener.add_handler(handler())
    return opener


def _validator_of(answer: Any) -> str:
    """The server's word for this content, for If-Range: a strong ETag, else the time; "" where it has none."""
    etag = answer.headers.get("ETag") or ""
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified") or ""


def _start_of(answer: Any, have: int) -> int:
    """Where the answer begins: at what we have if the server resumes as asked, else at the beginning."""
    begins = f"bytes {have}-"
    return have if have and answer.status == 206 and answer.headers.get("Content-Range", "").startswith(begins) else 0


def _pour(answer: Any, transfer: _Transfer, start: int, bar: Any) -> int:
    most = 2 * transfer.about + SPARE if transfer.about else 0
    got = 0
    with _disk(transfer.part):
        file: BinaryIO = transfer.part.open("r+b")
    try:
        with _disk(transfer.part):
            file.seek(start)
            file.truncate()
        while chunk := answer.read(CHUNK):
            with _disk(transfer.part):
                file.write(chunk)
            got += len(chunk)
            bar.update(len(chunk))
            if most and start + got > most:
                raise DownloadError(f"it sends more than {most:,} bytes, expected about {transfer.about:,}")
    finally:
        with _disk(transfer.part):
            file.close()
    return got


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    """An error of the disk, told from one of the network."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or os.fspath(path)
        raise ModelError(os_error_words(error, "what was downloaded is kept")) from None


def _reason(error: Exception) -> str:
    """A network error in a few words."""
    if isinstance(error, http.client.BadStatusLine) and not isinstance(error, http.client.RemoteDisconnected):
        return "it answers something that is no HTTP"
    if isinstance(error, urllib.error.HTTPError):
        if urllib.request.HTTPRedirectHandler.inf_msg in str(error.reason):
            return "it redirects in a circle"
        return f"the server answers {error.code} {' '.join(str(error.reason).split())}"
    if isinstance(error, http.client.IncompleteRead | ConnectionError) and not isinstance(
        error, ConnectionRefusedError
    ):
        return "the connection broke; run the command again to go on"
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"the server says nothing for {SILENCE_SECONDS:.0f} seconds; run the command again to go on"
    if why := getattr(reason, "verify_message", ""):
        return f"its certificate cannot be trusted: {why}"
    return " ".join(str(getattr(reason, "strerror", None) or reason or type(error).__name__).split())
