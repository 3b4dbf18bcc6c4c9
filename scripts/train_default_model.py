#!/usr/bin/env python
"""Train a small CaffeNet on a folder of photos, one subfolder a class, and write it as a model of the toolbox.

    scripts/train_default_model.py ../shared/photos/caltech101 --teacher bvlc-googlenet
    scripts/train_default_model.py ../shared/photos/caltech101 --teacher bvlc-googlenet --export-only

The run lives in --work and goes on where it was interrupted. docs/caffenet-mini.md tells how it is done.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from deepvis.cli.environment import use_environment

use_environment()

import torch
from default_model import session
from default_model.distil import Teacher
from default_model.recipe import Recipe
from tqdm import tqdm

from deepvis.models.zoo import load_model
from deepvis.network.device import device_of
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet

DEFAULT = ROOT / "models" / "caffenet-mini"


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    recipe = Recipe()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", type=Path, help="folder with one subfolder of photos for each class")
    parser.add_argument("--prototxt", type=Path, default=DEFAULT / "deploy.prototxt", help="the network to train")
    parser.add_argument("--out", type=Path, default=DEFAULT, help="folder of the model, default %(default)s")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "training", help="folder of the run's own files")
    parser.add_argument("--teacher", help="model to learn from: a name or a folder; none by default")
    parser.add_argument("--epochs", type=int, default=recipe.epochs, help="default %(default)s")
    parser.add_argument("--batch", type=int, default=recipe.batch, help="photos in a step, default %(default)s")
    parser.add_argument("--rate", type=float, default=recipe.rate, help="highest learning rate, default %(default)s")
    parser.add_argument("--seed", type=int, default=recipe.seed, help="default %(default)s")
    parser.add_argument("--threads", type=int, help="CPU threads; all by default")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--stop-after", type=int, metavar="N", help="stop after N epochs; a later call goes on")
    parser.add_argument("--change", action="store_true", help="go on with other numbers than the run began with")
    parser.add_argument("--export-only", action="store_true", help="write the model as far as the run has come")
    parser.add_argument("--docs", type=Path, help="folder for the picture of the first filters; --out by default")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser.parse_args(argv)


@dataclass(frozen=True)
class Bars:
    """Progress bars on standard error."""

    quiet: bool

    def __call__(self, things, total: int | None = None, what: str = ""):
        return tqdm(things, total=total, desc=what, disable=self.quiet, leave=False)


def teacher_of(args: argparse.Namespace, device: str) -> Teacher | None:
    if args.teacher is None:
        return None
    model = load_model(args.teacher)
    return Teacher(model.name, GraphNet(model.graph, device), model.preprocessor)


def main(argv: list[str] | None = None) -> int:
    args = arguments(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    recipe = Recipe(epochs=args.epochs, batch=args.batch, rate=args.rate, seed=args.seed)
    try:
        device = str(device_of(args.device))
        place = session.Place(args.photos, args.prototxt, args.out, args.work, args.docs or args.out, device)
        opened = session.open_session(
            place, recipe, lambda: teacher_of(args, device), Bars(args.quiet), change=args.change
        )
        if not args.export_only:
            opened.train(args.stop_after, tell=lambda row: print(session.row_text(row), flush=True))
        accuracy = opened.export()
    except ModelError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on from the last whole epoch in {args.work}", file=sys.stderr)
        return 130
    print(f"{args.out}: top-1 {accuracy.mean_per_class:.1%} (mean of the classes), {accuracy.top1:.1%} of all photos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
