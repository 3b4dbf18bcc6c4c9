#!/usr/bin/env python3
"""How different are the nine pictures of a unit, with the setting ``diversity`` and without, to a second network?

    benchmarks/diversity.py --out nines [--classes 4] [--diversity 0.6] [--iterations 150] [--preset lucid]

GoogLeNet's pictures, as a person sees them (8 bit), are given to SqueezeNet. Prints JSON: for each class and over all,
with the setting as a share of without: the mean distance of all pairs of the nine, in the means over the map of
SqueezeNet's ``fire9/concat`` (1 - cosine, and the length of the difference), and the unit's mean activation in them;
and how many of the nine SqueezeNet names rightly. With --out the nines are kept there as pictures, and the figures of
each class: interrupted, it goes on at the first class that has none, and with more --classes only those are made.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.judge_optimize import CLASSES, MAKER, Judge, judge_of, layer_of_classes
from deepvis.cli.guard import guarded
from deepvis.core.files import write_file
from deepvis.jobs.store import Store
from deepvis.models.model import Model
from deepvis.network.device import device_of
from deepvis.network.ref import NetworkRef
from deepvis.optimize.ascend import begin, finish
from deepvis.optimize.ascent_network import AscentNetwork
from deepvis.optimize.climb import Job
from deepvis.optimize.diversity import group_of
from deepvis.optimize.objective import unit
from deepvis.optimize.pictures import pictures_of
from deepvis.optimize.presets import preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import origin_of, write_png
from deepvis.optimize.tasks import ascent_net, opened_setup

SEEDS = tuple(range(9))
FEATURES = "fire9/concat"


@dataclass(frozen=True)
class Nine:
    """Of nine pictures: the unit's mean activation, their mean distances to each other, how many are named rightly."""

    activation: float
    cosine: float
    length: float
    named: int


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--maker", default=MAKER, metavar="NAME|DIR")
    p.add_argument("--judge", default="squeezenet", metavar="NAME|DIR")
    p.add_argument("--classes", type=int, default=4)
    p.add_argument("--preset", default="lucid")
    p.add_argument("--diversity", type=float, default=preset("diverse").strengths["diversity"])
    p.add_argument("--iterations", type=int)
    p.add_argument("--device", default="auto")
    p.add_argument("--out", type=Path, help="folder of the pictures and of the figures so far")
    args = p.parse_args(argv)
    return guarded(lambda: measure(args), Path(__file__).stem)


def measure(args: argparse.Namespace) -> int:
    setup, model = opened_setup(NetworkRef(args.maker), str(device_of(args.device)))
    net, judge = ascent_net(setup), judge_of(args.judge, 1000)
    plain = preset(args.preset)
    plain = replace(plain, max_iter=args.iterations or plain.max_iter)
    diverse = replace(plain, strengths={**plain.strengths, "diversity": args.diversity})
    rows = []
    for channel in CLASSES[:: max(len(CLASSES) // args.classes, 1)][: args.classes]:
        store = Store(args.out, origin_of(model).network, ".json") if args.out else None
        made_by = {"recipe": diverse.as_dict(), "class": channel, "judge": judge.model.identity}
        path = store.path(made_by) if store else None
        if path is not None and path.exists():
            rows.append(json.loads(path.read_text()))
            continue
        before, after = (nine(model, net, judge, recipe, channel, args.out) for recipe in (plain, diverse))
        shares = {name: getattr(after, name) / getattr(before, name) for name in ("activation", "cosine", "length")}
        rows.append({"class": channel, **shares, "named": [before.named, after.named]})
        if path is not None:
            write_file(path, json.dumps(rows[-1]).encode())
        print(f"{rows[-1]}", file=sys.stderr)
    means = {name: float(np.mean([row[name] for row in rows])) for name in ("activation", "cosine", "length")}
    print(
        json.dumps(
            {"diversity": args.diversity, "iterations": plain.max_iter, "mean": means, "classes": rows}, indent=1
        )
    )
    return 0


def nine(model: Model, net: AscentNetwork, judge: Judge, recipe: Recipe, channel: int, out: Path | None) -> Nine:
    """The nine pictures of a unit of a class, measured; in a folder where one is given."""
    layer = layer_of_classes(model, net.net.graph)
    group = group_of(recipe, SEEDS)
    climbs = finish(net, [begin(net, Job(unit(layer, channel), recipe, seed, group=group)) for seed in SEEDS])
    pictures = [pictures_of(climb.x, model.preprocessor)["best_Xpm"] for climb in climbs]
    if out is not None:
        name = f"{channel}_{recipe.strengths['diversity']:g}.png"
        rows = [np.hstack(pictures[n : n + 3]) for n in range(0, len(pictures), 3)]
        write_png(out / name, np.vstack(rows))
    activation = np.mean([value_of(net, model.preprocessor.to_input(rgb), layer, channel) for rgb in pictures])
    inputs = [judge.model.preprocessor.to_input(rgb) for rgb in pictures]
    features = np.stack([features_of(judge, x) for x in inputs])
    one, other = np.triu_indices(len(SEEDS), 1)
    unit_length = features / np.linalg.norm(features, axis=1, keepdims=True)
    cosine = 1 - (unit_length[one] * unit_length[other]).sum(1)
    length = np.linalg.norm(features[one] - features[other], axis=1)
    named = sum(judge.rank(x, (channel,)) == 0 for x in inputs)
    return Nine(float(activation), float(cosine.mean()), float(length.mean()), named)


def value_of(net: AscentNetwork, x: np.ndarray, layer: str, channel: int) -> float:
    return float(net.net.forward({net.data_blob: x[None]}).blobs[layer][0, channel])


def features_of(judge: Judge, x: np.ndarray) -> np.ndarray:
    """(C,): the means over the map."""
    values = np.asarray(judge.net.forward({judge.model.data_blob: x[None]}).blobs[FEATURES][0])
    return values.mean((1, 2))


if __name__ == "__main__":
    sys.exit(main())
