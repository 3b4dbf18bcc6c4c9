#!/usr/bin/env python3
"""How fast preset lucid climbs, beside a plain loop over the same weights in the same run.

    benchmarks/lucid.py [--device cuda] [--batch 8] [--models ../shared/models]

Prints JSON. The plain loop is what one writes first: the network's weights as torch's functions, eager autograd over
all of it, torch.optim.Adam, the same parameters, colours, transforms and total variation, a batch at a time. Both take
turns, and the best of each counts, so that a busy machine disturbs little. On a CPU ours runs a part of the batch on
each core, as ``deepvis optimize`` does; where the cores do not divide the batch, the first of them run one image more.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
import torch.nn.functional as F

from benchmarks.optimize import PlainLoop, filled, now, opened
from deepvis.formats.caffe.functional import functional
from deepvis.network.net import GraphNet
from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.ascent_network import AscentNetwork, ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.parameterization import parameterization
from deepvis.optimize.presets import BUILT_IN
from deepvis.optimize.regularizers import roughness_slope

MODEL, LAYER = "bvlc-googlenet", "loss3/classifier"
STEPS = 6  # of one turn


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--device", default="cpu")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--rounds", type=int, default=5, help="turns of each")
    p.add_argument("--models", type=Path, help="folder of GoogLeNet's files, laid out as ../shared/models")
    args = p.parse_args(argv)
    model = opened(MODEL, args.models)
    ready = ascent_net_of(model, args.device)
    peer = PlainLoop(filled(model), GraphNet(model.graph, args.device))
    workers = torch.get_num_threads() if args.device == "cpu" else 1
    ours = plain = float("inf")
    for _ in range(args.rounds):
        ours = min(ours, seconds_of_step(ready, args.batch, workers))
        plain = min(plain, seconds_of_plain_step(peer, ready, args.batch))
    recipe = BUILT_IN["lucid"]
    found = {
        "device": torch.cuda.get_device_name() if args.device != "cpu" else "cpu",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "model": MODEL,
        "layer": LAYER,
        "batch": args.batch,
        "image_steps_per_second": round(1 / ours, 2),
        "plain_loop_image_steps_per_second": round(1 / plain, 2),
        "times_the_plain_loop": round(plain / ours, 2),
        "images_per_minute": round(60 / ours / recipe.max_iter, 2),
    }
    print(json.dumps(found, indent=1))
    return 0


def shares(batch: int, workers: int) -> list[list[int]]:
    """The images of each worker: all of the batch, as evenly as it goes; no worker has none."""
    return [list(range(batch))[n::workers] for n in range(min(workers, batch))]


def seconds_of_step(ready: AscentNetwork, batch: int, workers: int) -> float:
    """Of one image, the mean of a turn after a step to warm up, the batch shared among so many threads."""
    parts = shares(batch, workers)
    cores = torch.get_num_threads()
    warm, go = threading.Barrier(len(parts) + 1), threading.Barrier(len(parts) + 1)

    def climb(part: Sequence[int]) -> None:
        torch.set_num_threads(max(cores // len(parts), 1))
        climbs = advance(ready, [begin(ready, Job(unit(LAYER, 7 * n), BUILT_IN["lucid"], n)) for n in part])
        warm.wait()
        go.wait()
        for _ in range(STEPS):
            climbs = advance(ready, climbs)

    with ThreadPoolExecutor(len(parts)) as pool:
        waiting = [pool.submit(climb, part) for part in parts]
        warm.wait()
        began = now(ready)
        go.wait()
        for future in waiting:
            future.result()
        return (now(ready) - began) / (STEPS * batch)


def seconds_of_plain_step(peer: PlainLoop, ready: AscentNetwork, batch: int) -> float:
    """The same of the plain loop."""
    recipe, device = BUILT_IN["lucid"], peer.net.device
    channels, height, width = ready.mean_chw.shape
    picture_of = parameterization("fourier", (channels, height, width), recipe.colours)
    start = torch.stack([picture_of.drawn(n) for n in range(batch)]).to(device).requires_grad_()
    adam = torch.optim.Adam([start], lr=recipe.lr_params["lr"])
    classes = torch.arange(batch, device=device) * 7
    began = 0.0
    for step in range(STEPS + 1):
        if step == 1:
            began = now(ready)
        rgb = torch.stack([picture_of.picture(one) for one in start])
        x = rgb.flip(1) * 255 - ready.mean_chw
        grid = F.affine_grid(matrices(recipe.strengths, batch, width, device), list(x.shape), align_corners=False)
        seen = F.grid_sample(x, grid, align_corners=False)
        top = functional(peer.spec, {ready.data_blob: seen}, peer.net.parameters(), until=LAYER)
        (grad,) = torch.autograd.grad(top.gather(1, classes[:, None]).sum(), x)
        adam.zero_grad()
        x.backward(-smoother(grad, x.detach(), recipe.strengths["total_variation"]))
        adam.step()
    return (now(ready) - began) / (STEPS * batch)


def smoother(grad: torch.Tensor, x: torch.Tensor, share: float) -> torch.Tensor:
    """(N, C, H, W): the gradient less total variation's, whose length is that share of it, in each image."""
    slope = roughness_slope(x)
    lengths = grad.flatten(1).norm(dim=1) / slope.flatten(1).norm(dim=1).clamp(min=1e-12)
    return grad - share * lengths[:, None, None, None] * slope


def matrices(strengths: dict, batch: int, size: int, device: torch.device) -> torch.Tensor:
    """(N, 2, 3): a random shift, scale and turn of each image."""
    factor = 1 / (1 + (torch.rand(batch) * 2 - 1) * strengths["scale_jitter"])
    angle = torch.deg2rad((torch.rand(batch) * 2 - 1) * strengths["rotate_jitter"])
    shift = (torch.rand(batch, 2) * 2 - 1) * strengths["jitter"] * 2 / size
    cos, sin = factor * angle.cos(), factor * angle.sin()
    rows = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    return torch.stack(rows, 1).to(device)


if __name__ == "__main__":
    sys.exit(main())
