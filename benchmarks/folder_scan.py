#!/usr/bin/env python3
"""The window's scan of the open files against the offline scan (``deepvis scan``) of the same photos: JSON.

    benchmarks/folder_scan.py --images DIR [--models NAME|DIR ...] [--count N] [--rounds R]

For each network, in photos per second, the median of the rounds: ``offline`` in one process, ``window`` as key G runs
it beside a window that has nothing to do, but at the offline scan's priority, as the machine may have other work;
``ratio`` is window over offline. ``p95_ms`` is that of a forward pass of the shown picture, ``alone`` and ``beside`` a
scan at its own low priority: passes of the window go first. Rounds alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from deepvis.cli.guard import guarded
from deepvis.core.types import Fit, NetRequest
from deepvis.jobs.pool import cores
from deepvis.live import scan_passes
from deepvis.live.backend import Backend, open_backend
from deepvis.live.folder_run import FolderRun
from deepvis.live.scan_passes import NICENESS, open_passes
from deepvis.models.model import Model
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.scan.folder_top import FolderTop, OpenFiles
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb

NAMES = ("caffenet-mini",)


def offline(model: NetworkRef, images: Path, work: Path) -> float:
    """Photos per second, its start left out: it lists and opens before the first chunk."""
    began = [0.0]

    class Clock:
        def begin(self, images: int, done: int) -> None:
            began[0] = time.perf_counter()

        def advance(self, images: int, skipped: int) -> None: ...

        def note(self, sentence: str) -> None: ...

        def end(self) -> None:
            began.append(time.perf_counter())

    part = run_scan(ScanOrder(model, str(images), work / "offline", device="cpu", fresh=True), Clock())
    return part.top_activations.seen / (began[1] - began[0])


def window(model: Model, images: Path, work: Path, idle: threading.Event, niceness: int = NICENESS) -> float:
    scan_passes.NICENESS = niceness
    passes = open_passes("engine", model, "cpu", idle)
    files = OpenFiles.of(str(images), Fit.CROP)
    run = FolderRun(FolderTop(files, work / "window", model.identity, passes.layers), passes)
    began = time.perf_counter()
    while not run.is_over:
        run.step()
    seconds = time.perf_counter() - began
    return run.end().done / seconds


def pass_ms(backend: Backend, photos: list[Path], idle: threading.Event, until: threading.Event, least: int) -> float:
    """p95 of passes of one photo after another, a tenth of a second apart, as of a person who walks through them."""
    took = []
    while len(took) < least or not until.is_set():
        photo = photos[len(took) % len(photos)]
        frame = new_frame(load_rgb(photo).copy())
        idle.clear()
        began = time.perf_counter()
        backend.run(NetRequest(frame))
        took.append(time.perf_counter() - began)
        idle.set()
        time.sleep(0.1)
    return 1000 * float(np.percentile(took, 95))


def measure(name: str, images: Path, work: Path, rounds: int) -> dict[str, object]:
    reference = NetworkRef(name)
    model = open_model(reference)
    photos, idle, over = sorted(images.iterdir())[:50], threading.Event(), threading.Event()
    idle.set()
    backend = open_backend("engine", model)
    speeds: dict[str, list[float]] = {"offline": [], "window": [], "alone": [], "beside": []}
    for _ in range(rounds):
        speeds["offline"].append(offline(reference, images, work))
        speeds["window"].append(window(model, images, work, idle, 0))
        over.set()
        speeds["alone"].append(pass_ms(backend, photos, idle, over, 40))
        over.clear()
        beside = threading.Thread(target=lambda: (window(model, images, work, idle), over.set()))
        beside.start()
        speeds["beside"].append(pass_ms(backend, photos, idle, over, 0))
        beside.join()
    per_second = {each: round(median(speeds[each]), 1) for each in ("offline", "window")}
    return {
        "photos_per_second": per_second,
        "ratio": round(per_second["window"] / per_second["offline"], 2),
        "pass_p95_ms": {each: round(median(speeds[each]), 1) for each in ("alone", "beside")},
    }


def some_of(images: Path, count: int, folder: Path) -> Path:
    """Copies of the first photos, in a folder of their own."""
    folder.mkdir()
    for path in sorted(images.iterdir())[:count]:
        shutil.copy(path, folder)
    return folder


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=NAMES, metavar="NAME")
    p.add_argument("--images", type=Path, required=True, metavar="DIR", help="a folder of photos")
    p.add_argument("--count", type=int, default=512, metavar="N", help="how many of them")
    p.add_argument("--rounds", type=int, default=3, metavar="R")
    arguments = p.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        images = some_of(arguments.images, arguments.count, Path(temporary) / "photos")
        results = {name: measure(name, images, Path(temporary), arguments.rounds) for name in arguments.models}
    machine = {"cores": cores(), "load": [round(load, 1) for load in os.getloadavg()], "niceness": NICENESS}
    print(json.dumps({"machine": machine, "images": arguments.count, "networks": results}, indent=1))


if __name__ == "__main__":
    sys.exit(guarded(lambda: main() or 0, "folder_scan"))
