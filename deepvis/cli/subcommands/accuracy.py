"""``deepvis accuracy``: top-1 and top-5 of a network on photos whose class is in the file's name or the folder's.

Two ways to cut a photo stand beside each other: Caffe's own (the whole resized to 256 x 256, then its centre) and the
live window's (the centre square, resized). A file's class is the WordNet id that its name begins with
(n01440764_tench.jpg) or the label that its folder is called by.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis.cli.parser import Parser, whole
from deepvis.cli.photo_arguments import photos_below, with_bar
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommand import subcommand
from deepvis.core.user_error import UsageError
from deepvis.models.network_options import network_of

if TYPE_CHECKING:
    from deepvis.models.model import Model

NAME = "deepvis accuracy"
BATCH = 8
CUTS = {"caffe": "resized to 256 x 256, centre crop (Caffe's)", "window": "centre square (the window's)"}


def arguments(parser: Parser) -> None:
    add_network(parser)
    what = parser.add_argument_group("what to measure")
    what.add_argument("--images", type=Path, required=True, metavar="DIR", help="photos, with those of its sub-folders")
    what.add_argument("--count", type=whole(1), metavar="N", help="only so many photos, evenly spread")
    what.add_argument("--json", action="store_true", help="print JSON")


@subcommand(
    "accuracy",
    "measure top-1 and top-5 of a network on photos whose class is in their names or folders",
    "--model bvlc-googlenet --images photos",
    "--images photos --count 100 --json",
    arguments=arguments,
)
def accuracy(arguments: argparse.Namespace) -> int:
    from deepvis.models.zoo import open_model

    model = open_model(network_of(vars(arguments)))
    if not model.prob_layer:
        raise UsageError(f"{model.name} has no layer of probabilities, expected one to read the classes from")
    photos = labelled(model, arguments.images, arguments.count)
    found = measure(model, photos, arguments.device)
    if arguments.json:
        sys.stdout.write(json.dumps({"model": model.name, "photos": len(photos), **found}, indent=1) + "\n")
        return 0
    sys.stdout.write(f"{model.name} on {len(photos)} photos of {arguments.images}\n")
    for cut, words in CUTS.items():
        sys.stdout.write(f"  top-1 {found[cut]['top1']:6.1%}  top-5 {found[cut]['top5']:6.1%}  {words}\n")
    return 0


def labelled(model: Model, folder: Path, count: int | None) -> list[tuple[Path, int]]:
    """(photo, index of its class) of all photos whose class the network knows."""
    from deepvis.models.labels import read_synsets

    synsets = read_synsets(model.labels_file) if model.labels_file and model.labels_file.is_file() else ()
    places = {name.lower().replace(" ", "_"): index for index, name in enumerate(model.labels)}
    places |= {name: index for index, name in enumerate(synsets)}
    found = []
    for path in photos_below(folder):
        keys = (path.name[:9], path.parent.name.lower().replace(" ", "_"))
        place = next((places[key] for key in keys if key in places), None)
        if place is not None:
            found.append((path, place))
    if not found:
        raise UsageError(
            f"{folder}: found no photo of a class of {model.name}, expected it in the file's or folder's name"
        )
    step = max(1, len(found) // count) if count else 1
    return found[::step][:count]


def measure(model: Model, photos: Sequence[tuple[Path, int]], device: str) -> dict[str, dict[str, float]]:
    """cut -> top1 and top5, as shares of the photos that can be read."""
    import numpy as np

    from deepvis.network.device import device_of
    from deepvis.network.net import GraphNet
    from deepvis.sources.photos import load_rgb

    net = GraphNet(model.graph, device_of(device))
    hits = {cut: np.zeros(2, int) for cut in CUTS}
    seen = 0
    places = dict(photos)
    read = with_bar([path for path, _ in photos], load_rgb, NAME)
    while batch := list(islice(read, BATCH)):
        rgbs, classes = [rgb for _, rgb in batch], [places[path] for path, _ in batch]
        seen += len(batch)
        for cut in CUTS:
            prepare = model.preprocessor.caffe_crop if cut == "caffe" else model.preprocessor.crop
            x = np.stack([model.preprocessor.normalised(prepare(rgb)) for rgb in rgbs])
            blobs = net.forward({model.data_blob: x}, until=model.prob_layer, keep={model.prob_layer}).blobs
            scores = np.asarray(blobs[model.prob_layer].cpu()).reshape(len(classes), -1)
            best = np.argsort(-scores, axis=1)[:, :5]
            right = best == np.array(classes)[:, np.newaxis]
            hits[cut] += (right[:, 0].sum(), right.any(axis=1).sum())
    if not seen:
        raise UsageError("no photo can be read")
    return {cut: {"top1": hits[cut][0] / seen, "top5": hits[cut][1] / seen} for cut in CUTS}
