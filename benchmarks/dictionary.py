#!/usr/bin/env python3
"""Atoms of a layer beside its channels: how many of each are selective for one group of classes.

    benchmarks/dictionary.py [--photos ../shared/photos/imagenet-probe] [--models ../shared/models] [--work DIR]
                             [--pictures DIR --sheet JPG]

Prints JSON. The photos are one of each class of ILSVRC, in the order of the classes; ``imagenet_groups.csv`` puts 677
of them into 27 groups (dogs, birds, road vehicles, ...), the others into none. Every second photo is of the first
half. From the first half the dictionaries are learned, as by deepvis dictionary, and for every unit the group is chosen
that its maximum over a photo tells best from all other photos. In the second half that group is tried: a unit is
selective where the area under the ROC curve there is 0.9 or more. For comparison as many of the channels, those with
the largest maxima, as many random directions, rectified as the atoms are, and all units with the photos' groups
shuffled, which says how many come about by chance. --sheet draws the atoms by NMF of which --pictures holds a preferred
image, as deepvis optimize writes it.
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
from PIL import Image, ImageDraw, ImageFont
from scipy.stats import rankdata

from deepvis.cli.guard import guarded
from deepvis.core.types import Fit
from deepvis.core.unit_files import file_name
from deepvis.core.user_error import UsageError
from deepvis.jobs.progress import Bar
from deepvis.models.dictionary_file import read_dictionary
from deepvis.network.ref import NetworkRef
from deepvis.optimize.results import write_jpeg
from deepvis.scan.chunk import read_batch
from deepvis.scan.dictionary import DictionaryOrder, learn
from deepvis.scan.dictionary_learning import METHODS, best_code, correlations, encoder_of, linear_code
from deepvis.scan.dictionary_samples import places_of
from deepvis.scan.network import ScanNetwork, open_network
from deepvis.sources.photos import is_picture_name

SHARED = Path(__file__).resolve().parents[2] / "shared"
GROUPS = Path(__file__).with_name("imagenet_groups.csv")
CLASSES = 1000
PLACES = 8  # of a photo, at which linear maps are compared
SELECTIVE = (0.9, 0.8)  # areas under the ROC curve from which a unit counts; the first is the definition
COLUMNS, SIDE, GAP, CAPTION = 8, 168, 8, 28  # of the sheet, in pixels
NONE = ""  # the group of what is in none


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--photos", type=Path, default=SHARED / "photos" / "imagenet-probe")
    p.add_argument("--models", type=Path, default=SHARED / "models", help="folder of GoogLeNet's files")
    p.add_argument("--layer", default="inception_4c/output")
    p.add_argument("--atoms", type=int, default=64)
    p.add_argument("--seed", type=int, default=0, help="of the dictionaries")
    p.add_argument("--work", type=Path, default=Path("out/dictionary"), help="folder of the dictionaries")
    p.add_argument("--device", default="cpu")
    p.add_argument("--pictures", type=Path, help="folder of preferred images of the atoms by NMF")
    p.add_argument("--sheet", type=Path, metavar="JPG", help="draw them on one page, with the group of each")
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
    encoders, facts, atoms = {}, {}, {}
    for method in METHODS:
        output = args.work / (f"{method}-{args.seed}.npz" if args.seed else f"{method}.npz")
        order = DictionaryOrder(
            network, args.layer, str(first_half), output, args.atoms, method, seed=args.seed, device=args.device
        )
        facts[method] = learn(order, Bar(" photos")).facts
        found_atoms = read_dictionary(output)
        encoders[f"atoms by {method}"], atoms[method] = found_atoms.encoder, found_atoms.atoms
    channels = encoders[f"atoms by {METHODS[0]}"].shape[1]
    encoders["random directions"] = np.random.default_rng(0).standard_normal((args.atoms, channels)).astype(np.float32)
    maxima, places = maxima_of(open_network(network, (args.layer,), args.device), args.layer, paths, encoders)
    maxima[f"the {args.atoms} strongest channels"] = strongest(maxima["channels"], args.atoms)
    groups = groups_of_classes(GROUPS)
    found = {
        "layer": args.layer,
        "photos": len(paths),
        "groups": dict(Counter(filter(None, groups))),
        "dictionaries": {
            name: {key: value for key, value in each.items() if key not in ("skipped", "program", "version")}
            for name, each in facts.items()
        },
        "correlation_with_best_code": {name: linear_maps(each, places) for name, each in atoms.items()},
        "units": {name: selectivity(values, groups) for name, values in maxima.items()},
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    if args.sheet and args.pictures:
        chosen, areas = held_out_areas(maxima[f"atoms by {METHODS[0]}"], groups)
        name = f"opt_{file_name(args.layer)}~{args.atoms}_{{:04d}}_0_best_Xpm.jpg"
        write_jpeg(args.sheet, sheet(args.pictures / name, chosen, areas))
    return 0


def sheet(name: Path, chosen: Sequence[str], areas: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: the pictures that are there, those whose group is told best first."""
    order = [int(n) for n in np.argsort(-areas, kind="stable") if Path(str(name).format(n)).exists()]
    rows = -(-len(order) // COLUMNS)
    page = Image.new("RGB", (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + CAPTION) + GAP), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for place, number in enumerate(order):
        left, top = place % COLUMNS * (SIDE + GAP) + GAP, place // COLUMNS * (SIDE + CAPTION) + GAP
        with Image.open(str(name).format(number)) as picture:
            page.paste(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (left, top))
        group = chosen[number].split(",")[0]
        pen.text((left, top + SIDE + 2), f"{number}  {group} {areas[number]:.2f}", "black", font)
    return np.asarray(page)


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
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Kind of units -> (photos, units) float32: each one's maximum over a photo; the layer's own channels first.

    And the channels at some places of each photo: (photos, PLACES, channels).
    """
    places: list[np.ndarray] = []
    found: dict[str, list[np.ndarray]] = {"channels": [], **{name: [] for name in encoders}}
    for start in range(0, len(paths), network.rows):
        some = [str(path) for path in paths[start : start + network.rows]]
        batch = read_batch(network, some, network.rows, Fit.CROP)
        if batch.unread:
            raise UsageError("; ".join(batch.unread.values()))
        blob = network.net.forward(network.inputs(batch.inputs), keep=layer).blobs[layer]
        values = blob.reshape(*blob.shape[:2], -1)[: len(some)].cpu().numpy()
        found["channels"].append(values.max(axis=2))
        drawn = [places_of(0, start + row, values.shape[2], PLACES) for row in range(len(some))]
        places += [each[:, chosen].T for each, chosen in zip(values, drawn, strict=True)]
        for name, encoder in encoders.items():
            found[name].append(np.maximum(np.einsum("kc,ncp->nkp", encoder, values, optimize=True), 0).max(axis=2))
    return {name: np.concatenate(each) for name, each in found.items()}, np.stack(places)


def linear_maps(atoms: np.ndarray, places: np.ndarray) -> dict[str, dict[str, float]]:
    """How well three linear maps, rectified, follow the non-negative code that fits best, in the second half's photos.

    The mean over the atoms of the correlation, and the least.
    """
    first, second = (half.reshape(-1, half.shape[-1]) for half in (places[::2], places[1::2]))
    code = best_code(second, atoms)
    ones = [np.ones((len(half), 1), np.float32) for half in (first, second)]
    fitted = np.linalg.lstsq(np.hstack([first, ones[0]]), best_code(first, atoms), rcond=None)[0]
    shown = {
        "pseudo-inverse": linear_code(second, encoder_of(atoms)),
        "scalar product": linear_code(second, atoms),
        "fitted by least squares": np.maximum(np.hstack([second, ones[1]]) @ fitted, 0),
    }
    return {
        name: {"mean": round(float(each.mean()), 4), "least": round(float(each.min()), 4)}
        for name, each in ((name, correlations(code, values)) for name, values in shown.items())
    }


def strongest(maxima: np.ndarray, count: int) -> np.ndarray:
    """Of the channels (photos, units) so many with the largest mean of the maxima over the first half's photos."""
    return maxima[:, np.sort(np.argsort(-maxima[::2].mean(axis=0), kind="stable")[:count])]


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
