"""run_toolbox.py, which writes what its caches and its heap hold to $FIGURES_FILE whenever it gets SIGUSR1."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deepvis.cli.main import entry
from deepvis.core.cache import ByteCache
from deepvis.core.files import write_file
from deepvis.core.history import frames_of
from deepvis.core.state import HistoryStep
from deepvis.core.types import PastPicture
from deepvis.scan.running_tables import RunningTables
from deepvis.scan.running_top_parts import PictureBook

COUNTED = ("ByteCache", "PictureBook", "RunningTables", "PastPicture", "HistoryStep")  # bounded in bytes
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
    """Bytes in all that is bounded by them, by the name of what holds it.

    The types are compared: isinstance would ask torch's lazy objects for their class. Only what has lived for some time
    is looked at: a tuple that another thread is just making must be held by nobody else (PyTuple_SetItem).
    """
    found = dict.fromkeys(COUNTED, 0)
    frames: dict[int, int] = {}
    for each in gc.get_objects(generation=2):
        kind = type(each)
        if kind is ByteCache or kind is PictureBook:
            found[kind.__name__] += each.bytes
        elif kind is RunningTables:
            found["RunningTables"] += each.values.nbytes + each.places.nbytes + each.slots.nbytes
        elif kind is PastPicture:
            found["PastPicture"] += each.rgb.nbytes
        elif kind is HistoryStep:
            frames.update((id(frame), frame.rgb.nbytes) for frame in frames_of(each))
    found["HistoryStep"] = sum(frames.values())
    return found


def write_figures(*_: object) -> None:
    in_use = heap_in_use()
    mega = {f"{name}_mb": round(count / 1e6, 2) for name, count in cache_bytes().items()}
    figures = dict(mega)
    if in_use is not None:
        figures["heap_in_use_mb"] = round(in_use / 1e6, 2)
        figures["beside_mb"] = round(figures["heap_in_use_mb"] - sum(mega.values()), 2)
    write_file(os.environ["FIGURES_FILE"], json.dumps(figures).encode())


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, write_figures)
    entry()
