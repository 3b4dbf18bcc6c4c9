"""A training step of the embedded default: milliseconds for each photo, at both sizes of picture.

    python benchmarks/training.py [--batch N] [--steps N] [--threads N]

Prints JSON: "step" is forward, losses, backward and optimizer; "batch" is making the pictures; best of the steps.
Photos and teacher are noise: the numbers do not depend on what they show.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import torch
from default_model.batches import Material, make_batch
from default_model.loop import losses, start_run
from default_model.photos import PhotoCache
from default_model.recipe import Recipe
from default_model.student import Guides, Student
from default_model.teacher import Maps

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net

HEIGHT, WIDTH = 144, 192


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    recipe = Recipe(batch=args.batch)
    spec = fill_net(load_net(ROOT / "models" / "caffenet-mini" / "deploy.prototxt", on_missing="fill"))
    run = start_run(Student(spec, recipe.seed, Guides()), recipe)
    report: dict[str, object] = {"batch": args.batch, "threads": args.threads}
    for size in (recipe.small, 117):
        material = noise(args.batch, size, run.student.cells(size))
        began = time.perf_counter()
        batch = make_batch(material, recipe, material.rows, [0])
        making = time.perf_counter() - began
        step = min(seconds_of_step(run, batch) for _ in range(args.steps))
        report[f"{size} px"] = {
            "step_ms": round(step / args.batch * 1e3, 3),
            "batch_ms": round(making / args.batch * 1e3, 3),
        }
    print(json.dumps(report, indent=1))


def noise(count: int, size: int, grid: int) -> Material:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, count * HEIGHT * WIDTH * 3, np.uint8)
    offsets = np.arange(count + 1) * HEIGHT * WIDTH * 3
    cache = PhotoCache(pixels, offsets, np.tile([HEIGHT, WIDTH], (count, 1)))
    pairs = [(maps, maps) for maps in (rng.normal(size=(count, 7, 7, c)).astype(np.float16) for c in (128, 100, 128))]
    return Material(
        cache, np.arange(count) * 99 // (count - 1), np.arange(count), np.full(3, 120.0), size, Maps(*pairs), grid
    )


def seconds_of_step(run, batch) -> float:
    began = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=run.recipe.fast):
        out = run.student.run(batch.x, training=True)
    sum(losses(out, batch, run.recipe).values()).backward()
    run.optimizer.step()
    run.optimizer.zero_grad()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
