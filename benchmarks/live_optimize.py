#!/usr/bin/env python3
"""What the live network loses to the live optimizer: passes per second without it and beside it.

    benchmarks/live_optimize.py [--model bvlc-googlenet] [--layer inception_4c/output] [--seconds 8] [--rounds 5]

Prints JSON. The network runs as fast as it can, as with a camera faster than itself. A round is made of many short
slices, in turn alone and beside the optimizer, so that a busy machine disturbs both alike; the optimizer begins anew
whenever it is done. The share of passes kept is told for each round, with the median and the smallest. Of rounds in
which the passes alone differ much from the others', believe nothing: others were at work on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.core.types import Frame, NetRequest, OptimizeProgress, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.live.core_share import CoreShare
from deepvis.live.optimize import OptimizeRequest, OptimizeWorker
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.window.app import SWITCH_SECONDS

SLICE_SECONDS = 0.8


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--model", default="bvlc-googlenet")
    p.add_argument("--layer", help="of the unit optimized; none: the middle one of the list")
    p.add_argument("--seconds", type=float, default=8.0, help="of a round beside the optimizer, and alone")
    p.add_argument("--rounds", type=int, default=5)
    args = p.parse_args(argv)
    sys.setswitchinterval(SWITCH_SECONDS)
    model = load_model(args.model)
    layer = args.layer or model.layer_names[len(model.layer_names) // 2]
    backend = open_backend("engine", model, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        optimizer = Optimizer(model, Unit(layer, 1), Path(folder))
        rounds = [measure(backend, optimizer, args.seconds) for _ in range(args.rounds)]
        optimizer.worker.stop()
    kept = [round(beside / alone, 3) for alone, beside, _ in rounds]
    told = {
        "model": model.name,
        "layer": layer,
        "passes_per_second_alone": [round(alone, 2) for alone, _, _ in rounds],
        "passes_per_second_beside_the_optimizer": [round(beside, 2) for _, beside, _ in rounds],
        "optimizer_iterations_per_second": [round(rate, 2) for _, _, rate in rounds],
        "share_of_passes_kept": kept,
        "share_of_passes_kept_median": round(statistics.median(kept), 3),
        "share_of_passes_kept_min": min(kept),
    }
    print(json.dumps(told, indent=1))
    return 0


def measure(backend: Backend, optimizer: Optimizer, seconds: float) -> tuple[float, float, float]:
    """(passes per second alone, beside the optimizer, the optimizer's iterations per second)."""
    slices = max(1, round(seconds / SLICE_SECONDS))
    alone, beside, iterations = 0.0, 0.0, 0.0
    for _ in range(slices):
        alone += passes(backend, SLICE_SECONDS / 2)
        before = optimizer.begin()
        began = time.monotonic()
        beside += passes(backend, SLICE_SECONDS, optimizer.after_pass)
        iterations += (optimizer.iterations - before) / (time.monotonic() - began)
        optimizer.stop()
        alone += passes(backend, SLICE_SECONDS / 2)
    return alone / slices / 2, beside / slices, iterations / slices


class Optimizer:
    """Begins with its unit anew whenever it is done with it, until it is stopped."""

    def __init__(self, model: Model, unit: Unit, folder: Path) -> None:
        self.share = CoreShare()
        self.share.source_moves = True
        self.worker = OptimizeWorker(lambda: model, folder=folder, share=self.share)
        self._unit, self._id, self._before = unit, 0, 0
        self.worker.start()

    @property
    def iterations(self) -> int:
        """How many it has made in all, as far as it has told."""
        return self._before + self._told()

    def begin(self) -> int:
        """Begin, and wait until there is a first picture; the iterations until then."""
        self._ask()
        while self._told() == 0:
            self.share.count_pass()  # as many as it waits for
            time.sleep(0.002)
        return self.iterations

    def after_pass(self) -> None:
        """The network has made a pass; begin anew where the run is done."""
        self.share.count_pass()
        progress = self._progress()
        if progress is not None and progress.done:
            self._ask()

    def stop(self) -> None:
        """Wait until the iteration in progress has ended."""
        request = OptimizeRequest(self._id, None)
        self.worker.inbox.put(request)
        while (answer := self.worker.outbox.peek()) is None or answer.request is not request:
            time.sleep(0.002)

    def _told(self) -> int:
        """Iterations of this run."""
        progress = self._progress()
        return 0 if progress is None else progress.iteration

    def _progress(self) -> OptimizeProgress | None:
        """The newest of this run."""
        answer = self.worker.outbox.peek()
        is_of_this = answer is not None and answer.request is not None and answer.request.id == self._id
        return answer.value if answer is not None and is_of_this else None

    def _ask(self) -> None:
        self._before += self._told()
        self._id += 1
        self.worker.inbox.put(OptimizeRequest(self._id, self._unit, "3"))


def passes(backend: Backend, seconds: float, after_each: Callable[[], None] = lambda: None) -> float:
    """How many passes a second the network makes of a still picture shown as ever new frames."""
    rgb = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    count, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        backend.run(NetRequest(Frame(id=count + 1, rgb=rgb, moving=True)))
        after_each()
        count += 1
    return count / (time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
