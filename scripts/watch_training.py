#!/usr/bin/env python3
"""Train a small network on a folder of photos, and watch the filters of its first convolution form.

    scripts/watch_training.py ~/Pictures

Sub-folders are the classes; of a folder without any, the network learns by how many quarter turns a photo is turned,
which needs no labels. The window begins with the filters: s shows the activations, h all keys, q ends both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.environment import use_environment

use_environment()

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import deepvis
from deepvis.live.filters import first_filters
from deepvis.scan.montage import montage
from deepvis.sources.listing import FolderListing
from deepvis.sources.photos import PhotoError, load_rgb

SIDE, KEPT = 64, 72  # pixels of the network's input; of the photos in memory, which are cropped anew each time
MEAN, STD = 0.45, 0.25
FILTERS = 32


def network(classes: int) -> nn.Module:
    """Four convolutions; the first has filters large enough to look at."""
    widths = (FILTERS, 64, 96, 128)
    parts: list[tuple[str, nn.Module]] = []
    for n, (taken, made) in enumerate(zip((3, *widths), widths, strict=False), 1):
        side, stride = (7, 2) if n == 1 else (3, 1)
        parts += [
            (f"conv{n}", nn.Conv2d(taken, made, side, stride, padding=side // 2, bias=False)),
            (f"norm{n}", nn.BatchNorm2d(made)),
            (f"relu{n}", nn.ReLU(inplace=True)),
            (f"pool{n}", nn.MaxPool2d(2)),
        ]
    model = nn.Sequential()
    for name, part in (*parts, ("mean", nn.AdaptiveAvgPool2d(1)), ("flat", nn.Flatten())):
        model.add_module(name, part)
    model.add_module("score", nn.Linear(widths[-1], classes))
    return model


def photos_in(folder: Path, most: int) -> tuple[Tensor, Tensor | None, list[str]]:
    """(N, 3, KEPT, KEPT) uint8, the classes by sub-folder or None without any, and their names."""
    entries = list(FolderListing(str(folder)).entries)
    chosen = np.random.default_rng(0).permutation(len(entries))[:most]
    photos, words = [], []
    for entry in (entries[place] for place in chosen):
        try:
            rgb = load_rgb(entry.path)
        except PhotoError as error:
            sys.stderr.write(f"{error}\n")
            continue
        side = min(rgb.shape[:2])
        top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
        square = Image.fromarray(rgb[top : top + side, left : left + side]).resize((KEPT, KEPT), Image.Resampling.BOX)
        photos.append(np.asarray(square).transpose(2, 0, 1))
        words.append(entry.label.partition("/")[0] if "/" in entry.label else "")
    names = sorted(set(words))
    classes = torch.tensor([names.index(word) for word in words]) if len(names) > 1 else None
    return torch.from_numpy(np.stack(photos)), classes, names


def batch_of(photos: Tensor, classes: Tensor | None, size: int) -> tuple[Tensor, Tensor]:
    """Photos cropped and mirrored anew, as the network takes them, and what is to be said of them."""
    rows = torch.randint(len(photos), (size,))
    top, left = (int(torch.randint(KEPT - SIDE + 1, ())) for _ in range(2))
    x = photos[rows, :, top : top + SIDE, left : left + SIDE].float() / 255
    x = torch.where(torch.rand(size, 1, 1, 1) < 0.5, x.flip(3), x)
    x = (x - MEAN) / STD
    if classes is not None:
        return x, classes[rows]
    turns = torch.randint(4, (size,))
    return torch.stack([each.rot90(int(turn), (1, 2)) for each, turn in zip(x, turns, strict=True)]), turns


def train(args: argparse.Namespace) -> int:
    """Until the window is closed, or the steps are done."""
    photos, classes, names = photos_in(args.folder, args.photos)
    names = names if classes is not None else ["upright", "a quarter", "upside down", "three quarters"]
    torch.manual_seed(0)
    model = network(len(names))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True)
    said = {"input_size": SIDE, "mean": MEAN, "std": STD, "labels": names}
    window = None if args.filters else deepvis.show(model, args.folder, block=False, keys="s", **said)
    for step in range(args.steps):
        x, wanted = batch_of(photos, classes, args.batch)
        loss = nn.functional.cross_entropy(model(x), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if window is not None and not window.is_open:
            break
        if window is not None and step % args.every == 0:
            window.refresh()
        if step % 20 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    if args.filters:
        tiles = first_filters(deepvis.open(model, **said).model, "conv1")
        Image.fromarray(montage(list(tiles))).save(args.filters)
    elif window is not None:
        window.refresh()
        window.wait()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="photos, best in one sub-folder for each class")
    parser.add_argument("--steps", type=int, default=20000, metavar="N", help="of the training")
    parser.add_argument("--batch", type=int, default=64, metavar="N", help="photos of a step")
    parser.add_argument("--photos", type=int, default=6000, metavar="N", help="that are read, at most")
    parser.add_argument("--every", type=int, default=5, metavar="N", help="steps between two looks at the weights")
    parser.add_argument("--filters", type=Path, metavar="FILE.png", help="no window: write the filters at the end")
    args = parser.parse_args()
    if not args.folder.is_dir():
        parser.error(f"{args.folder}: found no such folder, expected photos")
    try:
        return train(args)
    except deepvis.ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
