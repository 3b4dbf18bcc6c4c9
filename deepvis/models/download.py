"""One address to one file beside its place: from where it stopped, over http and https alone, told from a full disk.

What is there of a file is gone on with where it is of the same content: where the server's word for the content (its
ETag, else its time) is the one that was noted when the download began, or where a published checksum tells afterwards.
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from deepvis.core.disk_room import check_room
from deepvis.core.files import os_error_words
from deepvis.models.http_answers import DownloadError, HttpAnswer, open_address
from deepvis.network.model_error import ModelError

CHUNK = 1 << 18  # bytes
SILENCE_SECONDS = 30.0  # a server that sends no byte of the file for so long counts as dead, whatever else it says
USER_AGENT = "deepvis fetch"
SPARE = 1 << 20  # bytes beyond twice the size of the card, which is "about"
MOST_BYTES = 4 << 30  # of a file whose card says no size
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")

Progress = Callable[[str, int, int], Any]  # (name, bytes so far, bytes in all or 0) -> has .update(n) and .close()


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

    @property
    def most(self) -> int:
        """Bytes that the whole file may have."""
        return 2 * self.about + SPARE if self.about else MOST_BYTES

    @property
    def expected(self) -> str:
        return f"expected about {self.about:,}" if self.about else "a larger file needs its size in model.yaml"

    def request(self) -> urllib.request.Request:
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
            if self.validator:
                headers["If-Range"] = self.validator
        return urllib.request.Request(self.url, headers=headers)


def _stream(transfer: _Transfer, progress: Progress, begun: Callable[[str], None]) -> bool:
    try:
        answer = open_address(transfer.request(), SILENCE_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != 416 or not transfer.have:
            raise
        if error.headers.get("Content-Range", "").endswith(f"/{transfer.have}"):
            return True  # all of it is there
        return _anew(transfer, progress, begun)
    with answer:
        try:
            start, whole = _place_of(answer, transfer.have)
        except DownloadError:
            if not transfer.have:
                raise
            answer.close()
            return _anew(transfer, progress, begun)  # it cannot go on where it was asked to
        _take(answer, transfer, start, whole, progress, begun)
    return bool(start)


def _anew(transfer: _Transfer, progress: Progress, begun: Callable[[str], None]) -> bool:
    """From the beginning."""
    transfer.have = 0
    return _stream(transfer, progress, begun)


def _take(
    answer: HttpAnswer, transfer: _Transfer, start: int, whole: int, progress: Progress, begun: Callable[[str], None]
) -> None:
    """The content of an answer that begins at ``start``. whole: bytes of the file in all, 0 unknown."""
    if packed := answer.headers.get("Content-Encoding", "identity").strip().replace("identity", ""):
        raise DownloadError(f"it sends the file packed as {packed[:40]}, expected it as it is")
    length = answer.length or 0  # None where the server does not say, or says nonsense
    if (declared := max(start + length, whole)) > transfer.most:
        raise DownloadError(f"it says that the file has {declared:,} bytes; {transfer.expected}")
    if not start:
        with _disk(transfer.part):
            transfer.part.write_bytes(b"")  # before the word for what is to follow
            begun(_validator_of(answer))
    bar = progress(transfer.name, start, start + length if length else 0)
    try:
        got = _pour(answer, transfer, start, length, bar)
    finally:
        bar.close()
    if missing := max(length - got, whole - start - got, 0):
        raise http.client.IncompleteRead(b"", missing)
    if not start + got:
        raise DownloadError("it gives an empty file")


def _validator_of(answer: Any) -> str:
    """The server's word for this content, for If-Range: a strong ETag, else the time; "" where it has none."""
    etag = answer.headers.get("ETag") or ""
    return etag if etag.startswith('"') else answer.headers.get("Last-Modified") or ""


def _place_of(answer: HttpAnswer, have: int) -> tuple[int, int]:
    """Where an answer begins in the file, and how many bytes the file has in all, 0 unknown.

    It begins at what we have if the server resumes as asked, else at the beginning. Raises DownloadError for a part of
    the file that was not asked for.
    """
    if answer.status != 206:
        return 0, 0
    said = answer.headers.get("Content-Range", "")
    found = _RANGE.fullmatch(said.strip())
    if found is None or int(found[1]) != have:
        raise DownloadError(
            f"it sends another part of the file than was asked for ({said[:60] or 'it does not say which'})"
        )
    return have, int(found[2]) + 1 if found[3] == "*" else int(found[3])


def _pour(answer: HttpAnswer, transfer: _Transfer, start: int, length: int, bar: Any) -> int:
    """The content into the file; how many bytes came. length: of the content, 0 unknown."""
    got = 0
    with _disk(transfer.part):
        file: BinaryIO = transfer.part.open("r+b")
    try:
        with _disk(transfer.part):
            file.seek(start)
            file.truncate()
        while chunk := answer.content(min(CHUNK, length - got) if length else CHUNK):
            got += len(chunk)
            if start + got > transfer.most:
                break
            with _disk(transfer.part):
                check_room(transfer.part, len(chunk))
                file.write(chunk)
            bar.update(len(chunk))
            if got == length:
                break
    finally:
        with _disk(transfer.part):
            file.close()
    if start + got > transfer.most:
        with _disk(transfer.part):
            transfer.part.unlink()
        raise DownloadError(f"it sends more than {transfer.most:,} bytes, which were removed; {transfer.expected}")
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
        return f"no byte of the file came for {SILENCE_SECONDS:.0f} seconds; run the command again to go on"
    if why := getattr(reason, "verify_message", ""):
        return f"its certificate cannot be trusted: {why}"
    return " ".join(str(getattr(reason, "strerror", None) or reason or type(error).__name__).split())
