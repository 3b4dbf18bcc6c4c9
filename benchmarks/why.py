#!/usr/bin/env python3
"""What asking why costs a frame, beside a pass without, and with the back projection; prints JSON.

    benchmarks/why.py [--models NAME ...] [--rounds N] [--chain N] [--model-weights NAME=FILE ...]

Each round runs, on a new frame: the forward pass alone, with why, with the gradient of the class, with both; the four
take turns. ``why_ms``: of the chain's walk and the sums of one layer; ``share_of_back``: over the gradient's walk back,
at most about 1: a chain of any length is one walk. ``frame_ms``: medians of the whole.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from deepvis.core.back_modes import GRADIENT
from deepvis.core.state import AppState
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.core.why import layer_before
from deepvis.live.backend import Backend, open_backend
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.sources.base import new_frame


def chain_of(backend: Backend, links: int) -> tuple[Unit, ...]:
    """The first class, then the strongest unit of each layer before, as key Y goes."""
    info = backend.info
    frame = new_frame(np.random.default_rng(0).integers(0, 256, (*info.input_shape[1:], 3), np.uint8))
    chain = (Unit(info.prob_layer or info.listed[-1].name, 0),)
    while len(chain) < links and (index := layer_before(AppState(info), chain[-1].layer)) is not None:
        layer = info.layers[index].name
        sums = backend.run(NetRequest(frame, why=chain)).contributions.of(layer)
        chain = (*chain, Unit(layer, int(np.argmax(sums))))
    return chain


def measure(name: str, weights: str | None, rounds: int, links: int) -> dict[str, object]:
    backend = open_backend("engine", open_model(NetworkRef(name, weights=weights)), "cpu")
    info, random = backend.info, np.random.default_rng(1)
    chain = chain_of(backend, links)
    layer = info.layers[layer_before(AppState(info), chain[-1].layer) or 0].name
    back = BackRequest(chain[0], GRADIENT)
    kinds = {"forward": {}, "why": {"why": chain}, "back": {"back": back}, "both": {"why": chain, "back": back}}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for turn in range(rounds + 2):
        for kind, asked in kinds.items():
            frame = new_frame(random.integers(0, 256, (*info.input_shape[1:], 3), np.uint8))
            began = time.perf_counter()
            snapshot = backend.run(NetRequest(frame, **asked))
            if snapshot.contributions is not None:
                snapshot.contributions.of(layer)
            if turn >= 2:
                times[kind].append(1000 * (time.perf_counter() - began))
                seconds[kind].append(1000 * snapshot.seconds.back)
    median = {kind: round(float(np.median(each)), 2) for kind, each in times.items()}
    why_ms, back_ms = (float(np.median(seconds[kind])) for kind in ("why", "back"))
    return {
        "chain": [f"{unit.layer}:{unit.channel}" for unit in chain],
        "frame_ms": median,
        "why_ms": round(why_ms, 2),
        "back_ms": round(back_ms, 2),
        "share_of_back": round(why_ms / back_ms, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["caffenet-mini"])
    parser.add_argument("--model-weights", nargs="+", default=[], metavar="NAME=FILE")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--chain", type=int, nargs="+", default=[1, 3], help="units in the chain")
    arguments = parser.parse_args()
    weights = dict(each.split("=", 1) for each in arguments.model_weights)
    found: dict[str, dict[str, object]] = {name: {} for name in arguments.models}
    for name in arguments.models:
        for links in arguments.chain:
            found[name][f"chain of {links}"] = measure(name, weights.get(name), arguments.rounds, links)
    print(json.dumps({"threads": torch.get_num_threads(), "rounds": arguments.rounds, "models": found}, indent=1))


if __name__ == "__main__":
    main()
