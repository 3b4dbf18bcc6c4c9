#!/usr/bin/env python3
"""What units that are switched off cost a frame, beside the pass without; prints JSON.

    benchmarks/what_if.py [--models NAME ...] [--rounds N] [--model-weights NAME=FILE ...]

Each round runs, on a new frame each: the pass as it is, and the pass with one unit off in an early, a middle and a late
layer of the list; the four take turns. ``frame_ms``: medians of the whole, before and after both there.
``ratio_to_a_pass``: over the pass as it is: 1 and the part behind the changed layer. ``again_ms``: the part alone, as a
key costs it on a photo that stands; ``first_ms``: the same with the network made ready for another unit, as the first
press of a key does. ``nodes``: of the network, and those that are run again.
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

from deepvis.core.interventions import Intervention, switched_off
from deepvis.core.types import Frame, NetRequest, Unit
from deepvis.live.backend import Backend, open_backend
from deepvis.models.zoo import open_model
from deepvis.network.graph import Graph
from deepvis.network.ref import NetworkRef
from deepvis.sources.base import new_frame

PLACES = {"early": 0.1, "middle": 0.5, "late": 0.9}  # in the list of layers


def behind(graph: Graph, layer: str) -> int:
    """How many nodes depend on a layer."""
    reached, count = {graph.last(layer)}, 0
    for node in graph.nodes:
        if not node.is_view and reached.intersection(node.bottoms):
            reached.update(node.tops)
            count += 1
    return count


def seconds_of(backend: Backend, frame: Frame, interventions: tuple[Intervention, ...]) -> float:
    began = time.perf_counter()
    backend.run(NetRequest(frame, interventions=interventions))
    return 1000 * (time.perf_counter() - began)


def measure(name: str, weights: str | None, rounds: int) -> dict[str, object]:
    model = open_model(NetworkRef(name, weights=weights))
    backend = open_backend("engine", model, "cpu")
    info, random = backend.info, np.random.default_rng(1)
    layers = [each for each in info.listed if each.name != info.prob_layer]
    chosen = {place: layers[int(share * (len(layers) - 1))] for place, share in PLACES.items()}
    off = {place: (switched_off(Unit(layer.name, 0)),) for place, layer in chosen.items()}
    other = {place: (switched_off(Unit(layer.name, 1)),) for place, layer in chosen.items()}

    def frame() -> Frame:
        return new_frame(random.integers(0, 256, (*info.input_shape[1:], 3), np.uint8))

    whole: dict[str, list[float]] = {"pass": [], **{place: [] for place in PLACES}}
    again: dict[str, list[float]] = {place: [] for place in PLACES}
    first: dict[str, list[float]] = {place: [] for place in PLACES}
    for turn in range(rounds + 2):
        found = {"pass": seconds_of(backend, frame(), ())}
        for place in PLACES:
            backend.run(NetRequest(frame(), interventions=off[place]))  # the network is made ready
            still = frame()
            found[place] = seconds_of(backend, still, off[place])
            backend.run(NetRequest(still))
            parts = seconds_of(backend, still, off[place]), seconds_of(backend, still, other[place])
            if turn >= 2:
                again[place].append(parts[0])
                first[place].append(parts[1])
        if turn >= 2:
            for kind, each in found.items():
                whole[kind].append(each)
    median = {kind: float(np.median(each)) for kind, each in whole.items()}
    return {
        "nodes": sum(not node.is_view for node in model.graph.nodes),
        "frame_ms": {kind: round(each, 2) for kind, each in median.items()},
        **{
            place: {
                "layer": chosen[place].name,
                "nodes_run_again": behind(model.graph, chosen[place].name),
                "ratio_to_a_pass": round(median[place] / median["pass"], 3),
                "again_ms": round(float(np.median(again[place])), 2),
                "first_ms": round(float(np.median(first[place])), 2),
            }
            for place in PLACES
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["caffenet-mini"])
    parser.add_argument("--model-weights", nargs="+", default=[], metavar="NAME=FILE")
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    weights = dict(each.split("=", 1) for each in arguments.model_weights)
    found = {name: measure(name, weights.get(name), arguments.rounds) for name in arguments.models}
    print(json.dumps({"threads": torch.get_num_threads(), "rounds": arguments.rounds, "models": found}, indent=1))


if __name__ == "__main__":
    main()
