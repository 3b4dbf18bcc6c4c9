#!/usr/bin/env python3
"""A folder of very many small images: when the first chunk starts, and memory over the scan. Prints JSON.

    benchmarks/scan_many.py [--model NAME] [--count 100000] [--folder DIR]

``listed_seconds``: of listing alone. ``start_seconds``: from the call of the scan, the model's loading included, to
the first chunk. ``import_seconds``: of torch and the program before that. ``memory_mb``: resident, after so many
images.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

began = time.perf_counter()

import cv2
import numpy as np
import psutil

from deepvis.network.ref import NetworkRef
from deepvis.scan.images import write_list
from deepvis.scan.resumable_scan import ScanOrder, run_scan

IMPORT_SECONDS = time.perf_counter() - began


def generate(folder: Path, count: int) -> None:
    """JPEGs of 32 x 32, those that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for index in range(count):
        coarse = rng.integers(0, 256, (4, 4, 3), np.uint8)
        path = folder / f"{index:06d}.jpg"
        if not path.exists():
            cv2.imwrite(str(path), cv2.resize(coarse, (32, 32), interpolation=cv2.INTER_CUBIC))


class Memory:
    """A Progress that notes the memory every ``every`` images."""

    def __init__(self, every: int) -> None:
        self.began = time.perf_counter()
        self.start_seconds = 0.0
        self.curve: dict[int, float] = {}
        self.seen = 0
        self._every, self._process, self._lock = every, psutil.Process(), threading.Lock()

    def begin(self, images: int, done: int) -> None:
        self.start_seconds = time.perf_counter() - self.began

    def advance(self, images: int, skipped: int) -> None:
        with self._lock:
            before, self.seen = self.seen, self.seen + images
            if self.seen // self._every > before // self._every:
                self.curve[self.seen] = round(self._process.memory_info().rss / 1e6, 1)

    def note(self, sentence: str) -> None: ...

    def end(self) -> None: ...


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--model", default="lenet", metavar="NAME")
    p.add_argument("--count", type=int, default=100_000, metavar="N")
    p.add_argument("--folder", type=Path, metavar="DIR", help="where the images are, or are to be")
    arguments = p.parse_args()
    with tempfile.TemporaryDirectory() as work:
        folder = arguments.folder or Path(work) / "images"
        generate(folder, arguments.count)
        listing = time.perf_counter()
        write_list(folder, Path(work) / "list.txt")
        listed = time.perf_counter() - listing
        memory = Memory(max(arguments.count // 20, 1))
        scanning = time.perf_counter()
        part = run_scan(ScanOrder(NetworkRef(arguments.model), str(folder), Path(work) / "scan"), memory)
        seconds = time.perf_counter() - scanning
    found = {
        "images": part.top_activations.seen,
        "import_seconds": round(IMPORT_SECONDS, 2),
        "listed_seconds": round(listed, 3),
        "start_seconds": round(memory.start_seconds, 3),
        "images_per_second": round(part.top_activations.seen / seconds, 1),
        "memory_mb": memory.curve,
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
