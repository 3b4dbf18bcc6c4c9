#!/usr/bin/env python3
"""The top-9 scan against the bare forward pass: prints JSON.

    benchmarks/scan.py [--models NAME ...] [--images DIR] [--count N] [--rounds R]

For each network, in images per second: ``bare`` is the batched forward pass alone, on ready inputs, with all cores
(the best of batches of 8 and 32 with torch's threads, and of a pass on each core); ``scan`` the whole scan, decoding
and tracking included, in threads of one process, and with 1 and 2 worker processes; their start is not counted, it
stands beside. ``share`` is the scan over bare. ``tracker_ms`` is what tracking costs for each image on one core, where
each is a new maximum. ``crops_per_second`` are patches with their deconv.
Rounds alternate, so that whatever else the machine does falls on all alike.
Photos: --images, or generated ones of 341 x 256.
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
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import torch

from deepvis.cli.guard import guarded
from deepvis.jobs.pool import IN_PROCESS, Where, cores
from deepvis.models.zoo import find_card
from deepvis.network.ref import NetworkRef
from deepvis.scan.images import find_images
from deepvis.scan.layout import CropOrder, run_crops
from deepvis.scan.network import ScanNetwork, one_torch_thread, open_network
from deepvis.scan.peaks import peaks_of
from deepvis.scan.resumable_scan import ScanOrder, run_scan
from deepvis.scan.tracker import Tracker

NAMES = ("squeezenet", "bvlc-googlenet", "caffenet-mini", "bvlc-reference-caffenet")
WHERE = {"in_process": IN_PROCESS, "workers_1": Where(1), "workers_2": Where(2)}


class Clock:
    """A Progress that measures: seconds to the first images, then images per second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.began = time.perf_counter()
        self.marks: list[tuple[float, int]] = []

    def begin(self, images: int, done: int) -> None: ...

    def advance(self, images: int, skipped: int) -> None:
        with self._lock:
            self.marks.append((time.perf_counter(), images))

    def note(self, sentence: str) -> None: ...

    def end(self) -> None: ...

    @property
    def start_seconds(self) -> float:
        return self.marks[0][0] - self.began

    @property
    def per_second(self) -> float:
        """Between the first mark and the last."""
        images = sum(count for _, count in self.marks[1:])
        return images / (self.marks[-1][0] - self.marks[0][0])


def photos(folder: Path, count: int) -> Path:
    """``count`` JPEG photos of 341 x 256: smooth noise, which decodes about as slowly as real ones."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for index in range(count):
        coarse = rng.integers(0, 256, (32, 43, 3), np.uint8)
        picture = cv2.resize(coarse, (341, 256), interpolation=cv2.INTER_CUBIC)
        noisy = np.clip(picture + rng.normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{index:05d}.jpg"), noisy)
    return folder


def some_of(source: Path, count: int, folder: Path) -> Path:
    """Links to ``count`` photos spread over a collection."""
    names = list(find_images(source))
    folder.mkdir()
    for index in np.linspace(0, len(names) - 1, min(count, len(names))).astype(int):
        (folder / f"{index:06d}{Path(names[index]).suffix}").symlink_to(source.absolute() / names[index])
    return folder


def reference(name: str) -> NetworkRef:
    """The model; with random weights where its weights file is not here."""
    card = find_card(name)
    weights = card.path("weights")
    if weights is not None and weights.is_file():
        return NetworkRef(name)
    return NetworkRef(network=str(card.path("prototxt")), mean=(104.0, 117.0, 123.0), options=(("fill", True),))


def bare(network: ScanNetwork, batch: int, seconds: float = 3.0) -> float:
    """Images per second of the forward pass on ready inputs, with torch's own threads, every blob kept."""
    inputs = network.inputs(np.zeros((batch, *network.model.preprocessor.input_shape), np.float32))
    torch.set_num_threads(cores())
    network.net.forward(inputs)
    best, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        network.net.forward(inputs)
        best = max(best, batch / (time.perf_counter() - began))
    return best


def bare_side_by_side(network: ScanNetwork, seconds: float = 3.0) -> float:
    """The same with a pass on each core, as the scan runs them, no blob kept."""
    inputs = network.inputs(np.zeros((network.rows, *network.model.preprocessor.input_shape), np.float32))
    last, passes = network.layers[-1].name, [0] * cores()

    def work(index: int) -> None:
        one_torch_thread()
        network.net.forward(inputs, keep=last)
        ready.wait()
        while time.perf_counter() < began[0] + seconds:
            network.net.forward(inputs, keep=last)
            passes[index] += 1

    began: list[float] = []
    ready = threading.Barrier(cores(), action=lambda: began.append(time.perf_counter()))
    threads = [threading.Thread(target=work, args=(index,)) for index in range(cores())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return network.rows * sum(passes) / (time.perf_counter() - began[0])


def tracker_ms(network: ScanNetwork, images: int = 256) -> float:
    """Milliseconds for each image that tracking all layers takes on one core, over a chunk."""
    torch.set_num_threads(1)
    rng, rows = np.random.default_rng(0), network.rows
    inputs = [rng.normal(0, 50, (rows, *network.model.preprocessor.input_shape)).astype(np.float32) for _ in range(4)]
    tracker, spent = Tracker(network.layers, 9), 0.0
    names = [layer.name for layer in network.layers]
    for first in range(0, images, rows):
        limits, peaks = tracker.limits(), {}
        some = network.inputs(inputs[first // rows % 4] * np.float32(1 + first / 1000))
        for name, blob in network.net.iter_values(some, names):
            began = time.perf_counter()
            peaks[name] = peaks_of(blob, limits[name])
            spent += time.perf_counter() - began
        began = time.perf_counter()
        tracker.add(range(first, first + rows), range(rows), peaks)
        spent += time.perf_counter() - began
    return 1000 * spent / images


def scan(ref: NetworkRef, images: Path, output: Path, where: Where) -> Clock:
    clock = Clock()
    run_scan(ScanOrder(ref, str(images), output, where=where, fresh=True), clock)
    return clock


def crops_per_second(output: Path, layer: str) -> float:
    """Patches with their deconv, of the units of one layer."""
    shutil.rmtree(output / "crops", ignore_errors=True)
    clock = Clock()
    run_crops(CropOrder(output, output / "crops", layers=(layer,)), clock)
    return 9 * clock.per_second


def measure(name: str, images: Path, work: Path, rounds: int, crops: bool, say: Callable[[str], None]) -> dict:
    ref = reference(name)
    network = open_network(ref, (), "cpu")
    found: dict = {
        "weights": "random" if dict(ref.options).get("fill") else "trained",
        "layers": len(network.layers),
        "units": sum(layer.channels for layer in network.layers),
    }
    fastest: dict[str, float] = {}
    best_bare = 0.0
    for turn in range(rounds):
        for key, where in WHERE.items():
            best_bare = max(best_bare, *(bare(network, batch) for batch in (8, 32)), bare_side_by_side(network))
            clock = scan(ref, images, work / name, where)
            fastest[key] = max(fastest.get(key, 0.0), clock.per_second)
            found[f"start_seconds_{key}"] = round(clock.start_seconds, 2)
            say(f"{name} round {turn}: bare {best_bare:.1f}, {key} {clock.per_second:.1f} images/s")
    found["tracker_ms"] = round(min(tracker_ms(network) for _ in range(rounds)), 2)
    found["bare"] = round(best_bare, 1)
    found["scan"] = {key: round(value, 1) for key, value in fastest.items()}
    found["share"] = {key: round(value / best_bare, 3) for key, value in fastest.items()}
    if crops:
        layers = [layer.name for layer in network.layers if layer.channels <= 512]
        found["crops_per_second"] = {
            layer: round(crops_per_second(work / name, layer), 1) for layer in (layers[0], layers[len(layers) // 2])
        }
    return found


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--models", nargs="+", default=NAMES, metavar="NAME")
    p.add_argument("--images", type=Path, metavar="DIR", help="photos to scan; generated ones by default")
    p.add_argument("--count", type=int, default=1024, metavar="N", help="how many of them")
    p.add_argument("--rounds", type=int, default=2, metavar="R")
    p.add_argument("--no-crops", action="store_true")
    arguments = p.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        if arguments.images:
            images = some_of(arguments.images, arguments.count, work / "photos")
        else:
            images = photos(work / "photos", arguments.count)
        results = {
            name: measure(
                name, images, work, arguments.rounds, not arguments.no_crops, lambda text: print(text, file=sys.stderr)
            )
            for name in arguments.models
        }
    machine = {"cores": cores(), "load": [round(load, 1) for load in os.getloadavg()]}
    print(json.dumps({"machine": machine, "images": arguments.count, "networks": results}, indent=1))


if __name__ == "__main__":
    sys.exit(guarded(lambda: main() or 0, "scan"))
