#!/usr/bin/env python3
"""How long a weights file of about 240 MB takes from a warm disk, and how much memory; prints JSON.

The file has CaffeNet's shapes and random numbers. memory_times_weights is the growth of the process's peak while
reading, as a multiple of the weights' size: 1 means that they are held once.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.weights import read_weights, write_weights
from deepvis.models.zoo import find_card

SHAPES = {
    "conv1": (96, 3, 11, 11),
    "conv2": (256, 48, 5, 5),
    "conv3": (384, 256, 3, 3),
    "conv4": (384, 192, 3, 3),
    "conv5": (256, 192, 3, 3),
    "fc6": (4096, 9216),
    "fc7": (4096, 4096),
    "fc8": (1000, 4096),
}


def peak_bytes() -> int:
    """The most memory that the process has held so far, 0 where the system does not tell."""
    status = Path("/proc/self/status")
    return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) * 1024 if status.exists() else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--file", type=Path, help="a weights file of CaffeNet instead of one that is made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or Path(folder) / "caffenet.caffemodel"
        if arguments.file is None:
            rng = np.random.default_rng(0)
            made = {k: [rng.standard_normal(s, np.float32), np.zeros(s[0], np.float32)] for k, s in SHAPES.items()}
            write_weights(path, made)
            del made
        print(json.dumps(measure(path, arguments.runs), indent=1))


def measure(path: Path, runs: int) -> dict[str, object]:
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = peak_bytes()
    prototxt = find_card("bvlc-reference-caffenet").folder / "deploy.prototxt"
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        weights = read_weights(path)
        times.append(time.perf_counter() - start)
        size = sum(blob.nbytes for blobs in weights.values() for blob in blobs)
        del weights
    grown = peak_bytes() - before
    start = time.perf_counter()
    load_net(prototxt, path)
    return {
        "file_bytes": path.stat().st_size,
        "read_seconds": {"best": round(min(times), 4), "all": [round(t, 4) for t in times]},
        "load_net_seconds": round(time.perf_counter() - start, 4),
        "memory_times_weights": round(grown / size, 3),
        "machine": platform.machine(),
    }


if __name__ == "__main__":
    main()
