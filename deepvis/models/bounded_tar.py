"""Members of a tar archive, packed or not, that does not unpack to far more than it is (core/allowed_bytes.py).

Python's own reader takes a header of any size into memory, keeps every member, and unpacks whatever it skips.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from deepvis.core.allowed_bytes import allowed_bytes
from deepvis.core.regular_file import open_regular
from deepvis.network.model_error import ModelError

FILE_TAKES = 4096  # bytes of the disk, however small it is
HEADER_BYTES = 1 << 16  # of one member, its long names and further headers with it
_OPENERS: tuple[tuple[bytes, Callable[[Any], Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ", lzma.open),
    (b"]\0\0", lzma.open),
)  # what a packed archive begins with


def members(archive: Path) -> Iterator[tuple[tarfile.TarInfo, Callable[[], IO[bytes] | None]]]:
    """Each member, and what opens its content, to be read before the next one is asked for.

    Raises ModelError for an archive that unpacks to more than is allowed for its size, and what tarfile, gzip, bz2 and
    lzma raise.
    """
    with open_regular(archive) as file:
        begins = file.read(8)
        file.seek(0)
        opens = next((opens for magic, opens in _OPENERS if begins.startswith(magic)), None)
        bounded = _Bounded(opens(file) if opens else file, archive)
        bounded.readable_bytes = HEADER_BYTES
        with tarfile.open(fileobj=bounded, mode="r:") as tar:  # type: ignore[call-overload]
            while (member := tar.next()) is not None:
                bounded.add(max(member.size, 0) if member.isfile() else 0)

                def content(member: tarfile.TarInfo = member) -> IO[bytes] | None:
                    bounded.readable_bytes = member.size
                    bounded.add(FILE_TAKES)
                    return tar.extractfile(member)

                yield member, content
                bounded.readable_bytes = HEADER_BYTES
                tar.members.clear()
                tar.pax_headers.clear()


class _Bounded:
    """What an archive holds, for tarfile. readable_bytes: how many may be read, until it is set again."""

    def __init__(self, file: Any, archive: Path) -> None:
        self._file, self._archive = file, archive
        self._most, self._taken = allowed_bytes(archive.stat().st_size), 0
        self.readable_bytes = 0

    def add(self, count: int) -> None:
        """So many bytes are to be written. Raises ModelError where they are more than is allowed."""
        self._taken += count
        self._check(self._taken)

    def tell(self) -> int:
        place: int = self._file.tell()
        return place

    def seek(self, place: int) -> int:
        self._check(place)
        reached: int = self._file.seek(place)
        return reached

    def read(self, count: int) -> bytes:
        self._check(self.tell() + count)
        if count > self.readable_bytes:
            raise tarfile.ReadError(f"a member's header takes more than {HEADER_BYTES} bytes")
        self.readable_bytes -= count
        content: bytes = self._file.read(count)
        return content

    def _check(self, count: int) -> None:
        if count > self._most:
            raise ModelError(
                f"{self._archive}: unpacks to more than {self._most:,} bytes, expected ten times its own size or 200 "
                "MB at most; remove it, and get the files elsewhere"
            )
