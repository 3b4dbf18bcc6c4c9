"""Archives of a few bytes that unpack to gigabytes, in every way that tar knows: refused before the disk is full."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import shutil
import tarfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from deepvis.models import bounded_tar
from deepvis.models.card_values import RemoteFile
from deepvis.models.unpack import unpack
from deepvis.network.model_error import ModelError

WANTED = RemoteFile(path="w", urls=(), extract={"w": "w"})
LARGE = 300 << 20  # bytes, more than is allowed for a small archive
END = bytes(1024)


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    return header(name, len(content), kind) + content + bytes(-len(content) % 512)


def sparse(name: str, size: int) -> bytes:
    """Holes alone: so many bytes of which none is in the archive."""
    raw = bytearray(header(name, 0, tarfile.GNUTYPE_SPARSE))
    raw[483:495] = b"%011o\0" % size
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw[:512])
    return bytes(raw)


def refused(tmp_path: Path, content: bytes) -> str:
    """What is said of an archive; nothing of it may be on the disk."""
    archive = tmp_path / "a.tar"
    archive.write_bytes(content)
    with pytest.raises(ModelError) as error:
        unpack(tmp_path / "net", WANTED, archive)
    assert not list(tmp_path.glob("net/**/w*"))
    said = str(error.value)
    assert said.startswith(f"{archive}: ") and "\n" not in said
    return said


TOO_LARGE = "unpacks to more than 209,715,200 bytes, expected ten times its own size or 200 MB at most; remove it"


@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize(
    "content",
    [
        header("w", LARGE) + bytes(1 << 16),
        header("w/a", LARGE) + bytes(1 << 16),
        header("other", LARGE) + bytes(1 << 16),
        sparse("w", LARGE) + END,
        member("w", b"", tarfile.DIRTYPE) + header("w/c", 1 << 40) + END,
    ],
    ids=["wanted", "in a folder", "not wanted", "holes", "of a terabyte"],
)
def test_an_archive_that_unpacks_to_far_more_is_refused(
    content: bytes, packed: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    assert TOO_LARGE in refused(tmp_path, packed(content))


def test_members_are_counted_together_with_what_each_file_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_tar, "FILE_TAKES", 80 << 20)
    archive = tmp_path / "a.tar"
    for count, fits in ((2, True), (3, False)):
        archive.write_bytes(b"".join(member(f"w/{n}", b"") for n in range(count)) + END)
        if fits:
            unpack(tmp_path / "net", WANTED, archive)
            assert len(list((tmp_path / "net" / "w").iterdir())) == count
        else:
            with pytest.raises(ModelError, match="unpacks to more than"):
                unpack(tmp_path / "other", WANTED, archive)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_that_would_fill_the_memory_is_refused(kind: bytes, tmp_path: Path) -> None:
    records = b"15 k%07d=v\n"
    for content in (header("x", 100 << 20, kind), member("x", b"".join(records % n for n in range(1000)), kind) * 9):
        said = refused(tmp_path, content + member("w", b"x") + END)
        assert "is no readable archive (" in said and said.endswith("; remove it and try again")


def test_ten_times_an_archive_may_come_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here of 100 kB, as if nothing were allowed whatever the size; what is not wanted is counted too."""
    monkeypatch.setattr(bounded_tar, "allowed_bytes", lambda size: 10 * size)
    archive, noise = tmp_path / "a.tar.gz", random.Random(21).randbytes(100_000)
    for zeros, fits in ((700_000, True), (1_100_000, False)):
        archive.write_bytes(gzip.compress(member("other", bytes(zeros)) + member("w", noise) + END))
        if fits:
            unpack(tmp_path / "net", WANTED, archive)
            assert (tmp_path / "net" / "w").read_bytes() == noise
        else:
            with pytest.raises(ModelError, match="unpacks to more than"):
                unpack(tmp_path / "net", WANTED, archive)


def test_a_member_that_would_fill_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage, archive = namedtuple("usage", "total used free"), tmp_path / "a.tar"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(1 << 40, 0, (256 << 20) + 999))
    archive.write_bytes(member("w", bytes(1000)) + END)
    with pytest.raises(ModelError, match=r"the disk takes no more at .*/w \(268,435,456 bytes are kept free\)"):
        unpack(tmp_path / "net", WANTED, archive)
    assert not (tmp_path / "net").exists()
