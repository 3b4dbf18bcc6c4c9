"""Zip archives, as npz and PyTorch's files are, that do not unpack to far more than they are."""

from __future__ import annotations

import os
import zipfile
from typing import BinaryIO

from deepvis.core.allowed_bytes import allowed_bytes


def checked_zip(file: BinaryIO) -> zipfile.ZipFile:
    """An archive that does not unpack to far more than it is. Raises BadZipFile, and ValueError for one that does."""
    size = os.fstat(file.fileno()).st_size
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError):  # OSError: its table is said to lie before the file's beginning
        raise zipfile.BadZipFile("it is no zip archive, or not all of one") from None
    unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > allowed_bytes(size):
        raise ValueError(f"its {size} bytes would unpack to {unpacked}")
    return archive
