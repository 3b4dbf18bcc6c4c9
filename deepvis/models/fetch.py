"""Bring the files of a model that are not in the repository: download, resume, check, put in place.

A file is written beside its place as ``NAME.part`` and renamed when it is whole and its checksum fits; an
interrupted download goes on where it stopped (download.py). Files without a published checksum are remembered in
``fetched.json`` at their first download and checked against that from then on. One program at a time brings files
into a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deepvis.core.files import os_error_words
from deepvis.core.program import program
from deepvis.core.regular_file import open_regular
from deepvis.models.card import Card
from deepvis.models.card_values import Checksum, RemoteFile
from deepvis.models.download import DownloadError, Progress, download
from deepvis.models.fetch_record import FetchRecord
from deepvis.models.unpack import digest, put, unpack
from deepvis.network.model_error import ModelError


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
    with _alone(card):
        yield from _fetch_files(
            card, [file for file in card.files if everything or not file.optional], source, progress
        )


def _fetch_files(card: Card, files: list[RemoteFile], source: Path | None, progress: Progress) -> Iterator[Fetched]:
    record = FetchRecord(card.files_folder)
    absent = []
    for file in files:
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


def _already_there(card: Card, file: RemoteFile, record: FetchRecord) -> Fetched | None:
    path = card.file(file.path)
    if file.extract:
        if not (path.exists() and file.path in record.sums):
            return None
        for url in file.urls:  # of a run that was killed before the archive was removed
            _part(card, PurePosixPath(url).name).unlink(missing_ok=True)
        return Fetched(file.path, "already there")
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


def _copy(card: Card, file: RemoteFile, record: FetchRecord, source: Path) -> Fetched | None:
    """Copy the file, or unpack its archive, from the folder; None if neither is there."""
    for candidate in (source / file.path, source / PurePosixPath(file.path).name):
        if candidate.is_file():
            target = card.files_folder / file.path
            try:
                content = open_regular(candidate)
            except OSError as error:
                raise ModelError(f"{candidate}: cannot be read ({error.strerror}), expected a file to copy") from None
            put(content, target, os.fstat(content.fileno()).st_size)
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


def _download(card: Card, file: RemoteFile, record: FetchRecord, progress: Progress) -> Fetched:
    """Download one file from the first of its addresses that gives it."""
    if not file.urls:
        raise ModelError(f"{file.path} of {card.name}: no address is known; {file.note}")
    faults = []
    for url in file.urls:
        name = PurePosixPath(url).name if file.extract else file.path
        try:
            _bring(url, file, _part(card, name), record, progress, name)
        except DownloadError as error:
            faults.append(f"{url} ({error})")
        else:
            return _put_in_place(card, file, record, _part(card, name))
    raise ModelError(
        f"{file.path} of {card.name} cannot be downloaded from {' or from '.join(faults)}; try again later, or get it "
        f"elsewhere, put it in a folder and run: {program()} fetch {card.folder.name} --from FOLDER"
    )


def _bring(url: str, file: RemoteFile, part: Path, record: FetchRecord, progress: Progress, name: str) -> None:
    """The whole file of an address, compared with its checksum; what was gone on with and is wrong is brought anew.

    Raises DownloadError, ModelError for the disk.
    """
    for _ in range(2):
        went_on = download(
            url,
            part,
            progress,
            name,
            validator=record.validator(url),
            is_checked=file.checksum is not None,
            about=file.size,
            begun=lambda validator: record.begin(url, validator),
        )
        wrong = _mismatch(part, file.checksum)
        if not wrong:
            return
        part.unlink()
        if not went_on:
            break
    raise DownloadError(f"the downloaded file has {wrong}; it was removed")


def _part(card: Card, name: str) -> Path:
    """Where a file is written, or an archive, until it is whole."""
    return card.files_folder / f"{name}.part"


def _put_in_place(card: Card, file: RemoteFile, record: FetchRecord, part: Path) -> Fetched:
    """The record comes before the file, so that a run that is killed in between leaves no file without."""
    sha256 = digest(part, "sha256")
    if file.extract:
        unpack(card.files_folder, file, part)
    record.remember(file.path, sha256, file.urls)
    if file.extract:
        part.unlink()
    else:
        os.replace(part, card.files_folder / file.path)
    unknown = file.checksum is None and not file.extract
    return Fetched(file.path, "downloaded", f"no checksum is published; remembered sha256 {sha256}" if unknown else "")


@contextmanager
def _alone(card: Card) -> Iterator[None]:
    """Keep other programs from bringing files into the same folder, where the system has such locks.

    Raises ModelError where another one is at it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder = card.files_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise ModelError(f"{folder}: {os_error_words(error)}") from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelError(
                f"{folder}: another program is bringing files of {card.name} there; wait until it has ended, then run "
                "the same command again"
            ) from None
        except OSError:  # a network's disk without locks
            pass
        yield
    finally:
        os.close(held)
