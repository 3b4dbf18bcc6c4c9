#!/usr/bin/env python3
"""What the live network loses to the live optimizer: passes per second without it and beside it.

    benchmarks/live_optimize.py [--model bvlc-googlenet] [--layer inception_4c/output] [--seconds 8]

Prints JSON. The network runs as fast as it can, as with a camera faster than itself; the two are measured in turn,
several times, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.backends.base import Backend, open_backend
from deepvis.core.types import Frame, NetAsk, Unit
from deepvis.model.zoo import load_model
from deepvis.workers.optimize import OptimizeAsk, OptimizeWorker


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--model", default="bvlc-googlenet")
    p.add_argument("--layer", help="of the unit optimized; none: the middle one of the list")
    p.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    p.add_argument("--rounds", type=int, default=2)
    args = p.parse_args(argv)
    model = load_model(args.model)
    layer = args.layer or model.layer_names[len(model.layer_names) // 2]
    backend = open_backend("engine", model, "cpu")
    rounds = [measure(backend, model, layer, args.seconds) for _ in range(args.rounds)]
    kept = max(beside / alone for alone, beside, _ in rounds)
    told = {
        "model": model.name,
        "layer": layer,
        "passes_per_second_alone": [round(alone, 2) for alone, _, _ in rounds],
        "passes_per_second_beside_the_optimizer": [round(beside, 2) for _, beside, _ in rounds],
        "optimizer_iterations_per_second": [round(rate, 2) for _, _, rate in rounds],
        "share_of_passes_kept": round(kept, 3),
    }
    print(json.dumps(told, indent=1))
    return 0


def measure(backend: Backend, model, layer: str, seconds: float) -> tuple[float, float, float]:
    """(passes per second alone, beside the optimizer, the optimizer's iterations per second)."""
    with tempfile.TemporaryDirectory() as folder:
        alone = passes(backend, seconds)
        worker = OptimizeWorker(lambda: model, folder=Path(folder))
        worker.start()
        worker.inbox.put(OptimizeAsk(Unit(layer, 1), "3"))
        while worker.progress.peek() is None:
            time.sleep(0.05)
        first, began = worker.progress.peek().iteration, time.monotonic()
        beside = passes(backend, seconds)
        rate = (worker.progress.peek().iteration - first) / (time.monotonic() - began)
        worker.stop()
    return alone, beside, rate


def passes(backend: Backend, seconds: float) -> float:
    """How many passes a second the network makes of a still picture shown as ever new frames."""
    rgb = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    count, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        backend.run(NetAsk(Frame(id=count + 1, rgb=rgb, moving=True)))
        count += 1
    return count / (time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
