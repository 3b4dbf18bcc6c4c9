#!/usr/bin/env python3
"""Colour or shape? of classes and of all units of layers, over photos (docs/colour-or-shape.md). Prints JSON.

    python benchmarks/colour_or_shape.py --model bvlc-googlenet --weights W --labels L --images DIR --count 100

Classes: of each photo whose name says its class, the probability and rank of that class in every changed picture.
Layers: each unit's mean over its 9 best photos of these, for every change; of all units of a layer the median change,
and how many get which sentence.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from deepvis.cli.parser import Parser, whole
from deepvis.cli.shared_options import add_network
from deepvis.cli.subcommands.accuracy import labelled
from deepvis.core.colour_or_shape import LEAST_PROBABILITY, UnitAnswer, conclusion, percent_of
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.types import NetRequest
from deepvis.live.backend import Backend, open_backend
from deepvis.live.changing import Changing
from deepvis.models.network_options import network_of
from deepvis.models.zoo import open_model
from deepvis.sources.base import new_frame
from deepvis.sources.photos import load_rgb

TOP = 9
EXAMPLES = 3


def main() -> None:
    parser = Parser(["--images photos"], description=__doc__)
    add_network(parser)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--count", type=whole(1), default=100)
    arguments = parser.parse_args()
    model = open_model(network_of(vars(arguments)))
    backend = open_backend("engine", model, arguments.device or "auto")
    photos = labelled(model, arguments.images, arguments.count)
    layers = [layer.name for layer in backend.info.listed]
    answers = largest_of(backend, [path for path, _ in photos], layers)
    json.dump(
        {
            "model": model.name,
            "photos": len(photos),
            "changes": ["unchanged", *PICTURE_CHANGES],
            "classes": classes(answers[backend.info.prob_layer], [place for _, place in photos]),
            "layers": {name: layer(answers[name], name == backend.info.prob_layer) for name in layers},
        },
        sys.stdout,
        indent=1,
    )


def largest_of(backend: Backend, paths: list[Path], layers: list[str]) -> dict[str, np.ndarray]:
    """layer -> (photos, pictures, channels) float32, the unchanged picture first."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    for path in paths:
        snapshot = backend.run(NetRequest(new_frame(load_rgb(path)), shown=frozenset(layers)))
        changing = Changing(backend, snapshot)
        while not changing.is_done:
            changing.go_on(lambda: False)
        for name in layers:
            found[name].append(np.stack([each.largest[name] for each in changing.newest.pictures]))
    return {name: np.stack(values) for name, values in found.items()}


def classes(probabilities: np.ndarray, places: list[int]) -> dict[str, Any]:
    """Of the photos' own classes, a number for each picture."""
    own = np.stack([each[:, place] for each, place in zip(probabilities, places, strict=True)])
    ranks = 1 + (probabilities > own[..., None]).sum(axis=2)
    right = ranks[:, 0] == 1
    return {
        "mean_probability": own.mean(axis=0).round(4).tolist(),
        "top1": (ranks == 1).mean(axis=0).round(4).tolist(),
        "top5": (ranks <= 5).mean(axis=0).round(4).tolist(),
        "right_unchanged": int(right.sum()),
        "still_right_of_those": (ranks[right] == 1).mean(axis=0).round(4).tolist(),
    }


def best_photos(values: np.ndarray, channel: int) -> np.ndarray:
    return np.argsort(-values[:, 0, channel], kind="stable")[:TOP]


def mean_of(values: np.ndarray, channel: int, is_probability: bool) -> tuple[list[UnitAnswer], str]:
    mean = values[best_photos(values, channel), :, channel].mean(axis=0).tolist()
    names = ["", *PICTURE_CHANGES]
    rows = [UnitAnswer(name, value, 0, percent_of(value, mean[0])) for name, value in zip(names, mean, strict=True)]
    return rows, conclusion(rows, is_probability=is_probability)


def layer(values: np.ndarray, is_probability: bool) -> dict[str, Any]:
    """values: (photos, pictures, channels). Units that are silent in all photos are left out."""
    found = [mean_of(values, channel, is_probability) for channel in range(values.shape[2])]
    least = LEAST_PROBABILITY if is_probability else 0
    heard = [(channel, *each) for channel, each in enumerate(found) if each[0][0].value > least]
    percents = np.array([[row.percent for row in rows] for _, rows, _ in heard])
    verdicts = Counter(says.rpartition(": ")[2].rstrip(".") or "no sentence" for _, _, says in heard)
    return {
        "units": len(found),
        "heard": len(heard),
        "median_percent": np.median(percents, axis=0).round(1).tolist() if len(heard) else [],
        "sentences": dict(verdicts.most_common()),
        "examples": examples(heard),
    }


def percent(answer: UnitAnswer) -> float:
    return 0.0 if answer.percent is None else answer.percent


def examples(heard: list[tuple[int, list[UnitAnswer], str]]) -> dict[str, Any]:
    """The units that the two sentences fit best, a few of each: gray and the coarse shuffle, in per cent."""
    at = {name: place for place, name in enumerate(["", *PICTURE_CHANGES])}

    def of(words: str, sign: int) -> dict[str, Any]:
        found = [
            (sign * (percent(rows[at["shuffled-4"]]) - percent(rows[at["gray"]])), channel, rows)
            for channel, rows, says in heard
            if words in says
        ]
        best = sorted(found, key=lambda each: -each[0])[:EXAMPLES]
        return {str(channel): [round(percent(row), 1) for row in rows] for _, channel, rows in best}

    return {words: of(words, sign) for words, sign in (("colour more than shape", 1), ("shape more than colour", -1))}


if __name__ == "__main__":
    main()
