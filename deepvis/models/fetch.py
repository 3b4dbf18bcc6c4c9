"""Bring the files of a model that are not in the repository: download, resume, check, put in place.

A file is written beside its place as ``NAME.part`` and renamed when it is whole and its checksum fits; an
interrupted download goes on where it stopped. Files without a published checksum are remembered in
``fetched.json`` at their first download and checked against that from then on.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.files import written_beside
from deepvis.core.json_file import read_table
from deepvis.core.program import program
from deepvis.models.card import Card
from deepvis.models.card_values import Checksum, RemoteFile
from deepvis.models.unpack import digest, put, unpack
from deepvis.network.model_error import ModelError

RECORD_NAME = "fetched.json"
CHUNK = 1 << 18  # bytes
SILENCE_SECONDS = 30.0  # a server that says nothing for so long counts as dead
USER_AGENT = "deepvis fetch"

Progress = Callable[[str, int, int], Any]  # (name, bytes so far, bytes in all or 0) -> has .update(n) and .close()


@dataclass(frozen=True)
class Fetched:
    """What became of a file. word: "downloaded", "copied" or "already there"; remark: a sentence, or ""."""

    path: str
    word: str
    remark: str = ""


class NoProgress:
    """A progress bar that shows nothing."""

    def __init__(self, name: str, done: int, total: int) -> None:
        pass

    def update(self, count: int) -> None:
        pass

    def close(self) -> None:
        pass


def fetch_model(
    card: Card, *, source: Path | None = None, everything: bool = False, progress: Progress = NoProgress
) -> Iterator[Fetched]:
    """Bring all files of the card, one after the other; optional ones only with ``everything``.

    source: a folder that holds the files already; they are copied, and a checksum that does not match is a remark
    rather than an error. Raises ModelError: one sentence with the address and what to do.
    """
    if source is not None and not source.is_dir():
        raise ModelError(f"{source}: found no such folder, expected one that holds the files of {card.name}")
    record = Record(card.files_folder)
    absent = []
    for file in card.files:
        if file.optional and not everything:
            continue
        there = _already_there(card, file, record)
        if there is not None:
            yield there
        elif source is None:
            yield _download(card, file, record, progress)
        else:
            copied = _copy(card, file, record, source)
            if copied is None:
                absent.append(file.path)
            else:
                yield copied
    if absent:
        raise ModelError(
            f"{source}: found no {' and no '.join(absent)}, expected the files of {card.name} by these names"
        )


# --- what is known of files --------------------------------------------------------------------


class Record:
    """``fetched.json`` of a model's folder: file -> sha256 of what was put there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / RECORD_NAME
        self.sums: dict[str, str] = {}
        try:
            found = read_table(self.path)["sha256"]
            self.sums = {name: str(found[name]) for name in found}
        except (OSError, *CONTENT_ERRORS):
            return

    def remember(self, path: str, sha256: str) -> None:
        self.sums[path] = sha256
        with written_beside(self.path) as file:
            file.write((json.dumps({"version": 1, "sha256": self.sums}, indent=1) + "\n").encode())


def _mismatch(path: Path, checksum: Checksum | None) -> str:
    """How the file differs from its published checksum, "" if it does not."""
    if checksum is None:
        return ""
    if checksum.kind == "sha256_start":
        found = digest(path, "sha256")
        return (
            ""
            if found.startswith(checksum.value)
            else f"sha256 {found}, expected one that begins with {checksum.value}"
        )
    found = digest(path, checksum.kind)
    return "" if found == checksum.value else f"{checksum.kind} {found}, expected {checksum.value}"


def _already_there(card: Card, file: RemoteFile, record: Record) -> Fetched | None:
    path = card.file(file.path)
    if file.extract:
        return Fetched(file.path, "already there") if path.exists() and file.path in record.sums else None
    if not path.is_file():
        return None
    first_sum = record.sums.get(file.path)
    wrong = _mismatch(path, file.checksum)
    if first_sum is not None and digest(path, "sha256") == first_sum:
        return Fetched(file.path, "already there", f"not the published bytes: {wrong}" if wrong else "")
    if file.checksum is None and first_sum is None:
        return Fetched(file.path, "already there", "no checksum is published for it")
    if file.checksum is None or wrong:
        expected = wrong or f"another sha256 than at its first download, expected {first_sum}"
        raise ModelError(f"{path}: has {expected}; remove it to fetch it again")
    return Fetched(file.path, "already there")


# --- from a folder -----------------------------------------------------------------------------


def _copy(card: Card, file: RemoteFile, record: Record, source: Path) -> Fetched | None:
    """Copy the file, or unpack its archive, from the folder; None if neither is there."""
    for candidate in (source / file.path, source / PurePosixPath(file.path).name):
        if candidate.is_file():
            target = card.files_folder / file.path
            try:
                content = candidate.open("rb")
            except OSError as error:
                raise ModelError(f"{candidate}: cannot be read ({error.strerror}), expected a file to copy") from None
            put(content, target)
            record.remember(file.path, digest(target, "sha256"))
            wrong = "" if file.extract else _mismatch(target, file.checksum)
            return Fetched(
                file.path, "copied", f"its checksum does not match the published one ({wrong})" if wrong else ""
            )
    for url in file.urls if file.extract else ():
        archive = source / PurePosixPath(url).name
        if archive.is_file():
            unpack(card.files_folder, file, archive)
            record.remember(file.path, digest(archive, "sha256"))
            return Fetched(file.path, "copied", f"unpacked from {archive.name}")
    return None


# --- from an address ---------------------------------------------------------------------------


def _download(card: Card, file: RemoteFile, record: Record, progress: Progress) -> Fetched:
    """Download one file from the first of its addresses that answers."""
    if not file.urls:
        raise ModelError(f"{file.path} of {card.name}: no address is known; {file.note}")
    faults = []
    for url in file.urls:
        name = PurePosixPath(url).name if file.extract else file.path
        whole = card.files_folder / name
        part = whole.with_name(whole.name + ".part")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            _stream(url, part, progress, name)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            faults.append(f"{url} ({_reason(error)})")
            continue
        except OSError as error:
            raise ModelError(
                f"{part}: cannot be written ({error.strerror or error}), expected a writable place"
            ) from None
        return _put_in_place(card, file, record, part, url)
    raise ModelError(
        f"{file.path} of {card.name} cannot be downloaded from {' or from '.join(faults)}; try again later, or get it "
        f"elsewhere, put it in a folder and run: {program()} fetch {card.folder.name} --from FOLDER"
    )


def _put_in_place(card: Card, file: RemoteFile, record: Record, part: Path, url: str) -> Fetched:
    wrong = _mismatch(part, file.checksum)
    if wrong:
        part.unlink()
        raise ModelError(f"{url}: the downloaded file has {wrong}; it was removed, try again or use --from FOLDER")
    sha256 = digest(part, "sha256")
    if file.extract:
        unpack(card.files_folder, file, part)
        part.unlink()
    else:
        os.replace(part, card.files_folder / file.path)
    record.remember(file.path, sha256)
    unknown = file.checksum is None and not file.extract
    return Fetched(file.path, "downloaded", f"no checksum is published; remembered sha256 {sha256}" if unknown else "")


def _stream(url: str, part: Path, progress: Progress, name: str) -> None:
    """Append what is missing of ``url`` to the file ``part``. Raises urllib's and http.client's errors, OSError."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=SILENCE_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have and error.headers.get("Content-Range", "").endswith(f"/{have}"):
            return  # all of it is there
        if error.code != 416 or not have:
            raise
        part.unlink()
        return _stream(url, part, progress, name)
    with answer:
        start = _start_of(answer, have)
        length = int(answer.headers.get("Content-Length") or 0)
        bar = progress(name, start, start + length if length else 0)
        try:
            with part.open("r+b" if start else "wb") as file:
                file.seek(start)
                file.truncate()
                got = _pour(answer, file, bar)
        finally:
            bar.close()
        if length and got < length:
            raise http.client.IncompleteRead(b"", length - got)


def _start_of(answer: Any, have: int) -> int:
    """Where the answer begins: at what we have if the server resumes as asked, else at the beginning."""
    begins = f"bytes {have}-"
    return have if have and answer.status == 206 and answer.headers.get("Content-Range", "").startswith(begins) else 0


def _pour(answer: Any, file: BinaryIO, bar: Any) -> int:
    got = 0
    while chunk := answer.read(CHUNK):
        file.write(chunk)
        got += len(chunk)
        bar.update(len(chunk))
    return got


def _reason(error: Exception) -> str:
    """A network error in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke; run the command again to go on"
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason or type(error).__name__)
