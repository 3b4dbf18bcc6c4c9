"""deepvis.caffe beside the engine that it runs on: what the copies and the bookkeeping of pycaffe's interface cost.

    python benchmarks/pycaffe.py [--threads 2] [--rounds 40] [--models FOLDER] [--cpu-time]

Prints JSON: for SqueezeNet the best milliseconds of the rounds, in which all contestants take turns, and the shares of
``deepvis.caffe.Net`` of the engine's. Every pass takes a new picture and reads the answer: prob, or the picture's diff.
The last is Caffe's own backward, with the gradients of all weights, beside autograd's over the same network. To reach:
forward, gradient and deconv 1.15. The network is read from FOLDER (../shared/models). --cpu-time counts the processor's
time instead of the clock's, for a busy machine: meaningful with --threads 1 only.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import torch

import deepvis.caffe as caffe
from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.network.net import GraphNet

FILES = ("squeezenet/deploy.prototxt", "squeezenet/squeezenet_v1.1.caffemodel")
MIDDLE = "fire6/concat"


def contestants(prototxt: Path, weights: Path) -> dict[str, dict[str, Callable[[], object]]]:
    """What is measured -> who runs it -> one pass."""
    ours = caffe.Net(str(prototxt), caffe.TEST, weights=str(weights))
    spec = load_net(prototxt, weights)
    engine = GraphNet(graph_of(spec))
    noise = np.random.default_rng(0)
    x = noise.normal(0, 50, ours.blobs["data"].shape).astype(np.float32)
    seed = np.zeros(engine.shapes[MIDDLE], np.float32)
    seed[0, 7] = 1
    params = {name: [w.clone().requires_grad_() for w in some] for name, some in engine.parameters().items()}

    def forward() -> np.ndarray:
        ours.blobs["data"].data[...] = x
        return ours.forward()["prob"]

    def by_autograd() -> None:
        y = functional(spec, torch.from_numpy(x).requires_grad_(), params, "prob")
        torch.autograd.grad(y, [w for some in params.values() for w in some], torch.ones_like(y))

    def by_caffe() -> np.ndarray:
        forward()
        ours.clear_param_diffs()
        return ours.backward(prob=np.ones_like(ours.blobs["prob"].data))["data"]

    forward()
    tape = engine.forward({"data": x})
    return {
        "forward": {"engine": lambda: engine.forward({"data": x}).blobs["prob"].numpy(), "caffe": forward},
        "gradient": {
            "engine": lambda: tape.backward(MIDDLE, seed)["data"].numpy(),
            "caffe": lambda: ours.backward_from_layer(MIDDLE, seed)["data"],
        },
        "deconv": {
            "engine": lambda: tape.backward(MIDDLE, seed, "deconv")["data"].numpy(),
            "caffe": lambda: ours.deconv_from_layer(MIDDLE, seed)["data"],
        },
        "forward and backward": {"autograd": by_autograd, "caffe": by_caffe},
    }


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=40)
    p.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    p.add_argument("--cpu-time", action="store_true")
    arguments = p.parse_args()
    torch.set_num_threads(arguments.threads)
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    found: dict[str, dict[str, float]] = {}
    for what, runs in contestants(*(arguments.models / file for file in FILES)).items():
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(arguments.rounds):
            for who, run in runs.items():
                began = clock()
                run()
                best[who] = min(best[who], clock() - began)
        other, ours = best.values()
        found[what] = {**{f"{who} ms": round(1000 * s, 2) for who, s in best.items()}, "share": round(ours / other, 2)}
    settings = {"threads": arguments.threads, "rounds": arguments.rounds, "cpu time": arguments.cpu_time}
    print(json.dumps({"torch": torch.__version__, **settings, "squeezenet": found}, indent=1))


if __name__ == "__main__":
    main()
