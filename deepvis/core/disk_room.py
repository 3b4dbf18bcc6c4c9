"""A part of the disk stays free: what comes from elsewhere does not fill it, however much comes."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

KEPT_FREE = 256 << 20  # bytes of a large disk
KEPT_SHARE = 100  # of a small one the hundredth part


class DiskReserveError(OSError):
    """What is to be written would take of the part of the disk that is kept free; errno ENOSPC."""


def check_room(path: Path, count: int) -> None:
    """See that so many bytes more leave a part of the disk free. path: to be written, in a folder that is there.

    Raises DiskReserveError, and OSError where the folder cannot be looked at.
    """
    disk = shutil.disk_usage(path.parent)
    kept = min(KEPT_FREE, disk.total // KEPT_SHARE)
    if disk.total and disk.free - count < kept:  # total: 0 of a file system that does not say
        raise DiskReserveError(errno.ENOSPC, f"{kept:,} bytes are kept free", os.fspath(path))
