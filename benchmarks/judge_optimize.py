#!/usr/bin/env python3
"""Do networks recognise the pictures that the optimizer makes? GoogLeNet makes them, GoogLeNet and SqueezeNet judge.

    benchmarks/judge_optimize.py --out judge [--iterations 300] [--classes 20] [--seeds 5] [--judges NAME|DIR ...]
    benchmarks/judge_optimize.py --out mini --maker caffenet-mini --judges bvlc-googlenet --presets lucid-small

Another network can make them, of the same 20 classes; caffenet-mini those that correspond (class_pairs.py).
For 20 classes under each row of Table 1, or the presets named, the image is given to every judge, once as it was made
(in Table 1 faint, around the mean) and once as a person sees it (best_Xpm, 8 bit). Prints JSON: for each preset, judge
and way, in how many the class comes first, and among the first five; null for a way that it was not asked in: the
image as it was made goes only to a judge whose input is GoogLeNet's. The seconds that an image took. A judge is a model
of the 1000 classes of ILSVRC12 by name or folder; EfficientNet-lite0 judges pictures that no preset was tuned on.
Pictures are kept in the folder: interrupted, it goes on where it was. ``--sheet`` draws them all for the eye.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.class_pairs import ILSVRC12_OF
from deepvis.cli.guard import guarded
from deepvis.core.user_error import UsageError
from deepvis.jobs.progress import Bar
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.device import device_of
from deepvis.network.graph import Graph
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.optimize import session
from deepvis.optimize.ascend import as_array
from deepvis.optimize.climb import Climb, Job
from deepvis.optimize.figures import draw, pieces, presets_by_class
from deepvis.optimize.objective import resolve, unit
from deepvis.optimize.pictures import pictures_of
from deepvis.optimize.presets import TABLE_1, preset
from deepvis.optimize.recipe import Recipe
from deepvis.optimize.results import origin_of, read_picture, write_arrays, write_jpeg, write_png
from deepvis.optimize.tasks import ascent_net, opened_setup
from deepvis.optimize.units import label_of

MAKER = "bvlc-googlenet"
JUDGES = ("bvlc-googlenet", "squeezenet")
OF_ILSVRC12 = 1000  # classes
# 20 classes over the whole range of ILSVRC12, animals and things
CLASSES = (130, 144, 100, 63, 76, 291, 340, 387, 323, 309, 779, 736, 870, 934, 954, 963, 945, 621, 850, 417)


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    p.add_argument("--iterations", type=int, help="in place of the presets' own")
    p.add_argument("--maker", default=MAKER, metavar="NAME|DIR", help="model that makes the pictures")
    p.add_argument("--layer", help="of its classes; none: the one before its probabilities' softmax")
    p.add_argument("--classes", type=int, help="how many of the classes")
    p.add_argument("--presets", nargs="+", default=list(TABLE_1))
    p.add_argument("--seeds", type=int, default=1, help="images of a class")
    p.add_argument("--judges", nargs="+", default=list(JUDGES), metavar="NAME|DIR", help="models that judge")
    p.add_argument("--presets-file", type=Path, metavar="YAML", help="your own presets")
    p.add_argument("--batch", type=int)
    p.add_argument("--device", default="auto")
    p.add_argument("--sheet", type=Path, metavar="JPG", help="draw all pictures on one page")
    args = p.parse_args(argv)
    return guarded(lambda: judge_all(args), Path(__file__).stem)


def judge_all(args: argparse.Namespace) -> int:
    """Make the pictures that are not there yet, and ask the judges. Raises UserError."""
    setup, model = opened_setup(NetworkRef(args.maker), str(device_of(args.device)))
    net = ascent_net(setup).net
    layer = args.layer or layer_of_classes(model, net.graph)
    count = int(np.prod(net.shapes[layer][1:]))
    judges = {Path(name).name: judge_of(name, count, args.maker) for name in args.judges}
    recipes = {name: preset(name, args.presets_file) for name in args.presets}
    if args.iterations:
        recipes = {name: replace(recipe, max_iter=args.iterations) for name, recipe in recipes.items()}
    stands_for = answers(model, count)
    chosen = list(stands_for)[: args.classes]
    objectives = [(label_of(model, c), resolve(unit(layer, c), net.shapes)) for c in chosen]
    figure = presets_by_class(objectives, recipes)
    jobs = [replace(job, seed=seed) for seed in range(args.seeds) for job in figure.jobs]
    paths = pieces(args.out, origin_of(model), jobs)

    def write(climb: Climb) -> None:
        write_arrays(made_of(paths[climb.job]), {"best": as_array(climb.best.x)})
        write_png(paths[climb.job], pictures_of(climb.best.x, model.preprocessor)["best_Xpm"])

    left = [job for job in jobs if not paths[job].exists()]
    began = time.perf_counter()
    report = session.run(setup, left, session.Work(args.batch), Bar("it"), write)
    seconds = time.perf_counter() - began
    done = [job for job in jobs if paths[job].exists()]
    found = {
        "iterations": {name: recipe.max_iter for name, recipe in recipes.items()},
        "judged": {name: len([j for j in done if j.recipe == recipe]) for name, recipe in recipes.items()},
        "seconds_an_image": round(seconds / len(left), 2) if left else None,
        "classes": [label_of(model, c) for c in chosen],
        "judges": {name: verdicts(judge, recipes, done, paths, stands_for) for name, judge in judges.items()},
        "troubles": report.troubles,
    }
    print(json.dumps(found, indent=1))
    if args.sheet and len(done) == len(jobs):
        write_jpeg(args.sheet, draw(figure, lambda job: read_picture(paths[job])))
    return 0


def made_of(picture: Path) -> Path:
    """Where the image itself is kept, beside its picture."""
    return picture.with_suffix(".npz")


@dataclass(frozen=True, eq=False)
class Judge:
    """A network that says which class a picture shows."""

    model: Model
    net: GraphNet

    def rank(self, x: np.ndarray, channels: Sequence[int]) -> int:
        """How many classes come before the first of those in the input x (C, H, W)."""
        scores = self.net.forward({self.model.data_blob: x[None]}).blobs[self.model.prob_layer].flatten()
        return int((scores > scores[list(channels)].max()).sum())

    @property
    def classes(self) -> int:
        return int(np.prod(self.net.shapes[self.model.prob_layer][1:]))


def layer_of_classes(model: Model, graph: Graph) -> str:
    """What the softmax of the model's probabilities takes. Raises UserError where there is none."""
    maker = graph.maker[graph.start(model.prob_layer)] if model.prob_layer else -1
    if maker < 0:
        raise UsageError(f"--maker {model.name} has no layer of probabilities; give its layer of classes as --layer")
    return graph.bottoms_of(graph.nodes[maker])[0]


def answers(model: Model, count: int) -> dict[int, tuple[int, ...]]:
    """channel -> the classes of ILSVRC12 that it stands for: 20 of them, or of caffenet-mini all that have any."""
    by_label = {label_of(model, channel): channel for channel in range(count)}
    if ILSVRC12_OF.keys() <= by_label.keys():
        return {by_label[label]: classes for label, classes in ILSVRC12_OF.items()}
    return {channel: (channel,) for channel in CLASSES if channel < count}


def judge_of(name: str, count: int, maker: str = MAKER) -> Judge:
    """The judge of a name or folder. count: of the maker's classes.

    Raises UserError where it cannot be opened, or has neither so many classes nor those of ILSVRC12.
    """
    model = load_model(name)
    net = GraphNet(model.graph)
    if not model.prob_layer:
        raise UsageError(f"--judges {name} has no layer of probabilities; give a model of {count} classes")
    judge = Judge(model, net)
    if judge.classes not in (count, OF_ILSVRC12):
        raise UsageError(f"--judges {name} has {judge.classes} classes, expected {count}, as {maker} has")
    return judge


def verdicts(
    judge: Judge,
    recipes: Mapping[str, Recipe],
    jobs: Sequence[Job],
    paths: Mapping[Job, Path],
    stands_for: Mapping[int, tuple[int, ...]],
) -> dict:
    """preset -> way -> how often its images' class comes first, and among the first five.

    stands_for: channel -> the classes of ILSVRC12 any of which counts; a judge of the maker's own classes has the same.
    None in place of these where an image of the preset could not be given in that way.
    """
    found: dict[str, dict] = {}
    for name, recipe in recipes.items():
        ranks: dict[str, list[int | None]] = {"as_made": [], "as_shown": []}
        for job in (job for job in jobs if job.recipe == recipe):
            channel = job.objective.leader.channel
            right = stands_for[channel] if judge.classes == OF_ILSVRC12 else (channel,)
            made, shown = input_as_made(judge.model, made_of(paths[job])), read_picture(paths[job])
            ranks["as_made"].append(None if made is None else judge.rank(made, right))
            ranks["as_shown"].append(judge.rank(judge.model.preprocessor.to_input(shown), right))
        found[name] = {way: counts(each) for way, each in ranks.items()}
    return found


def counts(ranks: Sequence[int | None]) -> dict[str, int] | None:
    """Of the ranks of all images; None where one is missing, or there are none."""
    asked = [rank for rank in ranks if rank is not None]
    if not asked or len(asked) < len(ranks):
        return None
    return {"first": sum(rank == 0 for rank in asked), "of_first_five": sum(rank < 5 for rank in asked)}


def input_as_made(model: Model, path: Path) -> np.ndarray | None:
    """The image itself as the model's input; None where the model takes another input, or it was not saved."""
    if not takes_input_of_maker(model) or not path.exists():
        return None
    with np.load(path, allow_pickle=False) as saved:
        return to_size(saved["best"], model.preprocessor.size)


def takes_input_of_maker(model: Model) -> bool:
    """Is its input blue, green, red of 0 to 255 minus a mean, as GoogLeNet's?"""
    pictures = model.preprocessor
    return pictures.std is None and pictures.scale == 255 and pictures.channel_order == "BGR"


def to_size(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(C, H, W) at another size; both networks subtract the same mean."""
    resized = torch.nn.functional.interpolate(torch.from_numpy(x)[None], size, mode="bilinear", align_corners=False)
    return resized[0].numpy()


if __name__ == "__main__":
    sys.exit(main())
