#!/usr/bin/env python3
"""How fast the optimizer climbs: iterations per second of one unit, unit images per minute of a whole layer.

    benchmarks/optimize.py [--device cuda] [--batches 1 2 4 8] [--only conv5]

Prints JSON. GoogLeNet's weights come from ``models/bvlc-googlenet`` (``deepvis fetch``); CaffeNet's are random, as
its shape alone counts. Its peer in the same run is a plain loop: the original's way, one image at a time, with
torch's autograd over the whole graph and scipy's blur. All take turns several times and the best of each is told, so
that a busy machine disturbs little; the original's figures were measured on 2 CPU cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.functional import functional
from deepvis.formats.caffe.spec import NetworkSpec
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.net import GraphNet
from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import TABLE_1

CASES = (
    ("bvlc-googlenet", "loss3/classifier", 8.7),
    ("bvlc-googlenet", "inception_4c/output", None),
    ("bvlc-reference-caffenet", "fc8", 11.5),
    ("bvlc-reference-caffenet", "conv5", 17.6),
)
ITERATIONS_OF_AN_IMAGE = 1000
TURN = 4  # iterations from one blur to the next


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--device", default="cpu")
    p.add_argument("--batches", nargs="+", type=int, help="none: 1 2 4 8, on a GPU 1 16 64 128")
    p.add_argument("--preset", default="3", choices=list(TABLE_1))
    p.add_argument("--rounds", type=int, default=5, help="times that each batch is measured, in turn")
    p.add_argument("--threads", type=int, help="of torch")
    p.add_argument("--only", help="a part of model/layer")
    p.add_argument("--models", type=Path, help="folder of GoogLeNet's files, laid out as ../shared/models")
    args = p.parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    batches = args.batches or ([1, 2, 4, 8] if args.device == "cpu" else [1, 16, 64, 128])
    cases = [case for case in CASES if not args.only or args.only in "/".join(case[:2])]
    told = {
        "device": torch.cuda.get_device_name() if args.device != "cpu" else "cpu",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "preset": args.preset,
        "cases": [measure(*case, args.device, batches, args.preset, args.rounds, args.models) for case in cases],
    }
    print(json.dumps(told, indent=1))
    return 0


def measure(
    name: str,
    layer: str,
    original: float | None,
    device: str,
    batches: Sequence[int],
    preset: str,
    rounds: int,
    models: Path | None = None,
) -> dict:
    """One layer of one network, at all batch sizes."""
    try:
        model = opened(name, models)
        ready, peer = ascent_net_of(model, device), PlainLoop(filled(model), GraphNet(model.graph, device))
    except Exception as error:
        return {"model": name, "layer": layer, "skipped": str(error)}
    cores = torch.get_num_threads()
    ways = [
        (batch, workers) for batch in batches for workers in ((1, cores) if device == "cpu" and cores > 1 else (1,))
    ]
    seconds = {way: float("inf") for way in ways}
    plain = float("inf")
    for _ in range(rounds):
        plain = min(plain, seconds_of_plain_iteration(peer, ready, layer))
        for way in ways:
            seconds[way] = min(seconds[way], seconds_per_unit_iteration(ready, layer, preset, *way, cores))
    best = min(seconds, key=lambda way: seconds[way])
    alone = seconds.get((1, 1))
    return {
        "model": name,
        "layer": layer,
        "iterations_per_second_of_one_unit": round(1 / alone, 2) if alone else None,
        "unit_iterations_per_second": {_words(*way): round(1 / spent, 2) for way, spent in seconds.items()},
        "milliseconds_per_unit_iteration": {_words(*way): round(1e3 * spent, 2) for way, spent in seconds.items()},
        "best": _words(*best),
        "plain_loop_iterations_per_second": round(1 / plain, 2),
        "times_the_plain_loop": round(plain / seconds[best], 2),
        "unit_images_per_minute": round(60 / seconds[best] / ITERATIONS_OF_AN_IMAGE, 3),
        "original_iterations_per_second": original,
        "times_the_original": round(1 / seconds[best] / original, 2) if original else None,
    }


@dataclass(frozen=True, eq=False)
class PlainLoop:
    """The peer: the network as one function of its input, for torch's autograd."""

    spec: NetworkSpec
    net: GraphNet


def filled(model: Model) -> NetworkSpec:
    spec = model.opened.own()
    return fill_net(spec) if spec.fill else spec


def opened(name: str, models: Path | None) -> Model:
    """GoogLeNet with its weights, CaffeNet with random ones."""
    if name != "bvlc-googlenet":
        return load_model(name, mean=(104, 117, 123), overrides={"fill": True})
    weights = models / name / "bvlc_googlenet.caffemodel" if models else None
    return load_model(name, weights=weights)


def seconds_per_unit_iteration(
    ready: AscentNetwork, layer: str, preset: str, batch: int, workers: int, cores: int
) -> float:
    """Mean of a whole turn of the blur, after one iteration to warm up, in so many threads of batches at a time."""
    channels = ready.net.shapes[layer][1]
    warm, go = threading.Barrier(workers + 1), threading.Barrier(workers + 1)

    def climb(first: int) -> None:
        torch.set_num_threads(cores // workers)
        climbs = [begin(ready, Job(unit(layer, (first + n) * 7 % channels), TABLE_1[preset], n)) for n in range(batch)]
        climbs = advance(ready, climbs)
        warm.wait()
        go.wait()
        for _ in range(TURN):
            climbs = advance(ready, climbs)

    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(climb, batch * n) for n in range(workers)]
        warm.wait()
        began = now(ready)
        go.wait()
        for future in waiting:
            future.result()
        return (now(ready) - began) / (TURN * batch * workers)


def seconds_of_plain_iteration(peer: PlainLoop, ready: AscentNetwork, layer: str) -> float:
    """A turn of preset 3's blur for one image, as one writes it down first: torch's autograd, numpy, scipy."""
    mean = ready.mean_chw.cpu().numpy()
    strengths, rate = TABLE_1["3"].strengths, TABLE_1["3"].lr_params["lr"]
    x = np.random.RandomState(0).normal(0, 10, mean.shape).astype(np.float32)
    began = 0.0
    for iteration in range(TURN + 1):
        if iteration == 1:
            began = now(ready)
        x = np.clip(x + mean, 0, ready.scale) - mean
        leaf = torch.from_numpy(x[None]).to(peer.net.device).requires_grad_()
        top = functional(peer.spec, {ready.data_blob: leaf}, peer.net.parameters(), until=layer)
        unit_value = top[(0, 0, *(length // 2 for length in top.shape[2:]))]
        (grad,) = torch.autograd.grad(unit_value, leaf)
        x = (x + rate * grad[0].cpu().numpy()) * (1 - strengths["decay"])
        if iteration % strengths["blur_every"] == 0:
            x = np.stack([gaussian_filter(channel, strengths["blur_radius"]) for channel in x])
    return (now(ready) - began) / TURN


def _words(batch: int, workers: int) -> str:
    return f"batch {batch}" if workers == 1 else f"batch {batch}, {workers} at a time on a core each"


def now(ready: AscentNetwork) -> float:
    if ready.net.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())
