#!/usr/bin/env python3
"""Do networks recognise the pictures that the optimizer makes? GoogLeNet makes them, GoogLeNet and SqueezeNet judge.

    benchmarks/judge_optimize.py --out judge [--iterations 300] [--classes 20] [--seeds 5] [--judges NAME|DIR ...]

For 20 classes under each row of Table 1, or the presets named, the image is given to every judge, once as it was made
(in Table 1 faint, around the mean) and once as a person sees it (best_Xpm, 8 bit). Prints JSON: for each preset, judge
and way, in how many the class comes first, and among the first five; the seconds that an image took. A judge is a model
of the 1000 classes of ILSVRC12 by name or folder; EfficientNet-lite0 judges pictures that no preset was tuned on.
Pictures are kept in the folder: interrupted, it goes on where it was. ``--sheet`` draws them all for the eye.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.jobs.progress import Bar
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.device import device_of
from deepvis.network.net import GraphNet
from deepvis.network.ref import NetworkRef
from deepvis.optimize import session
from deepvis.optimize.ascend import Climb, Job
from deepvis.optimize.figures import draw, pieces, presets_by_class
from deepvis.optimize.objective import resolve, unit
from deepvis.optimize.pictures import pictures_of
from deepvis.optimize.presets import TABLE_1, preset
from deepvis.optimize.results import origin_of, read_picture, write_arrays, write_jpeg, write_png
from deepvis.optimize.tasks import Setup, ascent_net, load
from deepvis.optimize.units import label_of

MAKER, LAYER = "bvlc-googlenet", "loss3/classifier"
JUDGES = ("bvlc-googlenet", "squeezenet")
# 20 classes over the whole range of ILSVRC12, animals and things
CLASSES = (130, 144, 100, 63, 76, 291, 340, 387, 323, 309, 779, 736, 870, 934, 954, 963, 945, 621, 850, 417)


def main(argv: Sequence[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    p.add_argument("--iterations", type=int, help="in place of the presets' own")
    p.add_argument("--classes", type=int, default=len(CLASSES), help="how many of the 20")
    p.add_argument("--presets", nargs="+", default=list(TABLE_1))
    p.add_argument("--seeds", type=int, default=1, help="images of a class")
    p.add_argument("--judges", nargs="+", default=list(JUDGES), metavar="NAME|DIR", help="models that judge")
    p.add_argument("--presets-file", type=Path, metavar="YAML", help="your own presets")
    p.add_argument("--batch", type=int)
    p.add_argument("--device", default="auto")
    p.add_argument("--sheet", type=Path, metavar="JPG", help="draw all pictures on one page")
    args = p.parse_args(argv)
    setup = Setup(NetworkRef(MAKER), str(device_of(args.device)))
    model, shapes = load(setup.network), ascent_net(setup).net.shapes
    recipes = {name: preset(name, args.presets_file) for name in args.presets}
    if args.iterations:
        recipes = {name: replace(recipe, max_iter=args.iterations) for name, recipe in recipes.items()}
    objectives = [(label_of(model, c), resolve(unit(LAYER, c), shapes)) for c in CLASSES[: args.classes]]
    figure = presets_by_class(objectives, recipes)
    jobs = [replace(job, seed=seed) for seed in range(args.seeds) for job in figure.jobs]
    paths = pieces(args.out, origin_of(model), jobs)

    def write(climb: Climb) -> None:
        write_arrays(made_of(paths[climb.job]), {"best": climb.best.x.numpy()})
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
        "judges": {Path(judge).name: verdicts(judge, recipes, done, paths) for judge in args.judges},
        "troubles": report.troubles,
    }
    print(json.dumps(found, indent=1))
    if args.sheet and len(done) == len(jobs):
        write_jpeg(args.sheet, draw(figure, lambda job: read_picture(paths[job])))
    return 0


def made_of(picture: Path) -> Path:
    """Where the image itself is kept, beside its picture."""
    return picture.with_suffix(".npz")


def verdicts(judge: str, recipes, jobs: Sequence[Job], paths: Mapping[Job, Path]) -> dict:
    """preset -> way -> how often its images' class comes first, and among the first five."""
    try:
        model = load_model(judge)
        net = GraphNet(model.graph)
    except Exception as error:
        return {"skipped": str(error)}
    found = {name: {way: {"first": 0, "of_first_five": 0} for way in ("as_made", "as_shown")} for name in recipes}
    for job in jobs:
        name = next(name for name, recipe in recipes.items() if recipe == job.recipe)
        seen = {"as_shown": model.preprocessor.to_input(read_picture(paths[job]))}
        if takes_input_of_maker(model) and made_of(paths[job]).exists():
            with np.load(made_of(paths[job]), allow_pickle=False) as kept:
                seen["as_made"] = to_size(kept["best"], model.preprocessor.size)
        for way, x in seen.items():
            scores = net.forward({model.data_blob: x[None]}).blobs[model.prob_layer].flatten()
            larger = int((scores > scores[job.objective.leader.channel]).sum())
            found[name][way]["first"] += larger == 0
            found[name][way]["of_first_five"] += larger < 5
    return found


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
