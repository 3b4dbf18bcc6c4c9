#!/usr/bin/env python3
"""Atoms of a layer beside its channels: how many of each are selective for one group of classes.

    benchmarks/dictionary.py [--photos ../shared/photos/imagenet-probe] [--models ../shared/models] [--work DIR]

Prints JSON. The photos are one of each class of ILSVRC, in the order of the classes; ``imagenet_groups.csv`` puts 677
of them into 27 groups (dogs, birds, road vehicles, ...), the others into none. Every second photo is of the first
half. From the first half the dictionaries are learned, as by deepvis dictionary, and for every unit the group is chosen
that its maximum over a photo tells best from all other photos. In the second half that group is tried: a unit is
selective where the area under the ROC curve there is 0.9 or more. For comparison as many random directions of the same
channels, rectified as the atoms are, and all units with the photos' groups shuffled, which says how many come about by
chance.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy.stats import rankdata

from deepvis.cli.guard import guarded
from deepvis.core.types import Fit
from deepvis.core.user_error import UsageError
from deepvis.jobs.progress import Bar
from deepvis.models.dictionary_file import read_dictionary
from deepvis.network.ref import NetworkRef
from deepvis.scan.chunk import read_batch
from deepvis.scan.dictionary import DictionaryOrder, learn
from deepvis.scan.dictionary_learning import METHODS
from deepvis.scan.network import ScanNetwork, open_network
from deepvis.sources.photos import is_picture_name

SHARED = Path(__file__).resolve().parents[2] / "shared"
GROUPS = Path(__file__).with_name("imagenet_groups.csv")
CLASSES = 1000
SELECTIVE = (0.9, 0.8)  # areas under the ROC curve from which a unit counts; the first is the definition
NONE = ""  # the group of what is in none


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--photos", type=Path, default=SHARED / "photos" / "imagenet-probe")
    p.add_argument("--models", type=Path, default=SHARED / "models", help="folder of GoogLeNet's files")
    p.add_argument("--layer", default="inception_4c/output")
    p.add_argument("--atoms", type=int, default=64)
    p.add_argument("--work", type=Path, default=Path("out/dictionary"), help="folder of the dictionaries")
    p.add_argument("--device", default="cpu")
    args = p.parse_args(argv)
    return guarded(lambda: compare(args), Path(__file__).stem)


def compare(args: argparse.Namespace) -> int:
    """Learn what is not there yet, look at all photos, print. Raises UserError."""
    paths = sorted(path for path in args.photos.iterdir() if is_picture_name(path.name))
    if len(paths) != CLASSES:
        raise UsageError(f"--photos {args.photos} holds {len(paths)} photos, expected one of each of {CLASSES} classes")
    args.work.mkdir(parents=True, exist_ok=True)
    first_half = args.work / "first_half.txt"
    first_half.write_text("".join(f"{path.resolve()}\n" for path in paths[::2]))
    network = googlenet(args.models)
    encoders, facts = {}, {}
    for method in METHODS:
        output = args.work / f"{method}.npz"
        order = DictionaryOrder(
            network, args.layer, str(first_half), output, atoms=args.atoms, method=method, device=args.device
        )
        facts[method] = learn(order, Bar(" photos")).facts
        encoders[f"atoms by {method}"] = read_dictionary(output).encoder
    channels = encoders[f"atoms by {METHODS[0]}"].shape[1]
    encoders["random directions"] = np.random.default_rng(0).standard_normal((args.atoms, channels)).astype(np.float32)
    maxima = maxima_of(open_network(network, (args.layer,), args.device), args.layer, paths, encoders)
    groups = groups_of_classes(GROUPS)
    found = {
        "layer": args.layer,
        "photos": len(paths),
        "groups": dict(Counter(filter(None, groups))),
        "dictionaries": {
            name: {key: value for key, value in each.items() if key not in ("skipped", "program", "version")}
            for name, each in facts.items()
        },
        "units": {name: selectivity(values, groups) for name, values in maxima.items()},
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def googlenet(models: Path) -> NetworkRef:
    folder = (models / "bvlc-googlenet").resolve()
    return NetworkRef(
        "bvlc-googlenet",
        None,
        str(folder / "bvlc_googlenet.caffemodel"),
        None,
        str(folder / "synset_words.txt"),
    )


def groups_of_classes(table: Path) -> list[str]:
    """The group of each class, in order; "" for those of none."""
    groups = [NONE] * CLASSES
    with table.open(newline="") as file:
        for row in csv.DictReader(file):
            groups[int(row["class"])] = row["group"]
    return groups


def maxima_of(
    network: ScanNetwork, layer: str, paths: Sequence[Path], encoders: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Kind of units -> (photos, units) float32: each one's maximum over a photo; the layer's own channels first."""
    found: dict[str, list[np.ndarray]] = {"channels": [], **{name: [] for name in encoders}}
    for start in range(0, len(paths), network.rows):
        some = [str(path) for path in paths[start : start + network.rows]]
        batch = read_batch(network, some, network.rows, Fit.CROP)
        if batch.unread:
            raise UsageError("; ".join(batch.unread.values()))
        blob = network.net.forward(network.inputs(batch.inputs), keep=layer).blobs[layer]
        values = blob.reshape(*blob.shape[:2], -1)[: len(some)].cpu().numpy()
        found["channels"].append(values.max(axis=2))
        for name, encoder in encoders.items():
            found[name].append(np.maximum(np.einsum("kc,ncp->nkp", encoder, values, optimize=True), 0).max(axis=2))
    return {name: np.concatenate(each) for name, each in found.items()}


def selectivity(maxima: np.ndarray, groups: Sequence[str]) -> dict[str, Any]:
    """What of the units (photos, units) is selective; the even photos choose the group, the odd ones try it."""
    chosen, areas = held_out_areas(maxima, groups)
    shuffled = [groups[n] for n in np.random.default_rng(0).permutation(len(groups))]
    by_chance = held_out_areas(maxima, shuffled)[1]
    is_selective = areas >= SELECTIVE[0]
    best = np.argsort(-areas, kind="stable")[:10]
    return {
        "units": len(areas),
        "silent": int((maxima.max(axis=0) <= 0).sum()),
        **{f"selective_at_{limit}": int((areas >= limit).sum()) for limit in SELECTIVE},
        **{f"share_at_{limit}": round(float((areas >= limit).mean()), 4) for limit in SELECTIVE},
        **{f"by_chance_at_{limit}": int((by_chance >= limit).sum()) for limit in SELECTIVE},
        "median_area": round(float(np.median(areas)), 4),
        "groups_met": dict(Counter(group for group, fits in zip(chosen, is_selective, strict=True) if fits)),
        "best": [{"unit": int(n), "group": chosen[n], "area": round(float(areas[n]), 4)} for n in best],
    }


def held_out_areas(maxima: np.ndarray, groups: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """(the group chosen for each unit in the even photos, the area under its ROC curve in the odd ones)."""
    names = [name for name in dict.fromkeys(groups) if name != NONE]
    is_of = np.array([[group == name for name in names] for group in groups])
    choice = areas_of(maxima[::2], is_of[::2]).argmax(axis=1)
    tried = areas_of(maxima[1::2], is_of[1::2])
    return [names[n] for n in choice], tried[np.arange(len(choice)), choice]


def areas_of(values: np.ndarray, is_of: np.ndarray) -> np.ndarray:
    """(photos, units), (photos, groups) -> (units, groups): the area under the ROC curve, ties counted as half."""
    ranks = rankdata(values, axis=0)
    inside = is_of.sum(axis=0)
    above = ranks.T @ is_of - inside * (inside + 1) / 2
    return above / (inside * (len(values) - inside))


if __name__ == "__main__":
    raise SystemExit(main())
