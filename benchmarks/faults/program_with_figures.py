"""run_toolbox.py, which writes what its caches and its heap hold to $FIGURES_FILE whenever it gets SIGUSR1."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deepvis.cli.main import entry
from deepvis.core.cache import ByteCache
from deepvis.core.files import write_file
from deepvis.scan.running_top_parts import PictureBook

FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class HeapFigures(ctypes.Structure):
    """struct mallinfo2 of malloc.h."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in FIELDS)


def heap_in_use() -> float | None:
    """Bytes that the C library has given out and not got back; None where it does not say."""
    try:
        ask = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return None
    ask.restype = HeapFigures
    found = ask()
    return float(found.uordblks + found.hblkhd)


def cache_bytes() -> dict[str, int]:
    """Bytes in all caches and in the running top 9s, by what they hold."""
    found: dict[str, int] = defaultdict(int)
    for each in gc.get_objects():
        if type(each) in (ByteCache, PictureBook):  # isinstance would ask torch's lazy objects for their class
            found[type(each).__name__] += each.bytes
    return dict(found)


def write_figures(*_: object) -> None:
    in_use = heap_in_use()
    mega = {f"{name}_mb": round(count / 1e6, 2) for name, count in cache_bytes().items()}
    figures = {"heap_in_use_mb": None if in_use is None else round(in_use / 1e6, 2), **mega}
    write_file(os.environ["FIGURES_FILE"], json.dumps(figures).encode())


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, write_figures)
    entry()
