"""What ``deepvis statistics`` leaves on disk, damaged: the sums of a run that was stopped, and the result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.gallery.statistics_file import read_statistics_file
from deepvis.jobs.progress import Progress
from deepvis.scan.parts import FaultyImage
from deepvis.statistics.measuring import begun, finished
from deepvis.statistics.result_file import write_statistics_page
from deepvis.statistics.running_sums import RunningSums, no_gradient_sums, no_sums, save_sums
from deepvis.statistics.statistics_plan import StatisticsFolder, StatisticsPlan
from deepvis.statistics.summary import layer_values
from deepvis.statistics.text_tables import printed
from tests.faults import structured
from tests.faults.input_reader import Files, reader
from tests.faults.result_inputs import IDENTITY, LAYERS


@cache
def _statistics_plan() -> StatisticsPlan:
    layers = tuple((layer.name, layer.channels) for layer in LAYERS)
    return StatisticsPlan(identity=IDENTITY, layers=layers, fit="crop", device="cpu", images=3, photos="ab", rows=2,
                          gradient_photos=1)  # fmt: skip


def _running(folder: Path) -> Sequence[Files]:
    plan, place = _statistics_plan(), StatisticsFolder(folder)
    faulty = (FaultyImage(1, "b.jpg", "is broken"),)
    sums: RunningSums = replace(
        no_sums(plan), images=2, skipped=faulty, gradient_batches=1, gradient=no_gradient_sums(2, 3)
    )
    place.root.mkdir()
    found = []
    for each in (sums, no_sums(plan)):
        save_sums(place.running, each, plan)
        found.append({"statistics/running.npz": place.running.read_bytes()})
    return found


@reader("running.npz", _running, structured.NPZ, names=False)  # the folder is named
def running_sums(file: Path) -> None:
    plan = _statistics_plan()
    sums = begun(StatisticsFolder(file.parent.parent), plan, Progress())
    for units, joint in zip(sums.units, sums.joint, strict=True):
        layer_values(units, joint)


def _section() -> dict[str, Any]:
    """Section S1 of a statistics.json, in small."""
    spectrum = {"centroid": 0.2, "share_high": 0.3, "radial": [0.5, 0.5]}
    end = {"units": [0], "frequency": 0.1, "mean": 2.0}
    return {
        "layer": "conv1", "activation": "relu1", "readers": ["conv2"], "conclusion": "It holds.",
        "filters": [{"unit": 0, "kind": "edge", "frequency": 0.1, "mean": 2.0, "weight": 0.1, "gradient": None}],
        "ends": {"count": 1, "lowest": end, "highest": end, "ratio": None, "colour": {"count": 1, "mean": 3.0}},
        "rank_correlations": {"mean_by_frequency": {"r": -0.5, "p": 0.01, "n": 9}},
        "spectra": {
            "frequencies": [0.1, 0.4], "photos": {"count": 3, **spectrum}, "noise": spectrum, "gradient": spectrum,
            "layers": [{"layer": "conv1", "gradients": 4, **spectrum}],
            "predicted": {"filters": spectrum, "weights": spectrum}, "follows": {"filters": 0.9, "weights": None},
        },
    }  # fmt: skip


def _results(folder: Path) -> Sequence[Files]:
    plan = _statistics_plan()
    sums = no_sums(plan)
    rows = {name: layer_values(u, j) for (name, _), u, j in zip(plan.layers, sums.units, sums.joint, strict=True)}
    content = {
        "version": plan.version, "model": "small", "network": IDENTITY, "plan": plan.as_dict(), "layers": rows,
        "images": {"folder": "/photos", "listed": 3, "used": 3, "skipped": [], "cut": []},
        "footnote_4": {"conclusion": "Footnote 4 holds."}, "s1": _section(),
    }  # fmt: skip
    text = json.dumps(content, default=lambda value: np.nan_to_num(value, posinf=0, neginf=0).tolist())
    return [{"statistics/statistics.json": text.encode()}]


@reader("statistics.json", _results, structured.JSON, names=False)  # the folder may be named
def statistics_result(file: Path) -> None:
    """As the gallery reads it, and as ``statistics`` does that has been run before."""
    found = read_statistics_file(file, IDENTITY)
    for layer in LAYERS:
        found.unit(layer.name, 0)
    place = StatisticsFolder(file.parent.parent)
    result = finished(place, _statistics_plan())
    if result is not None:
        printed(result)
        write_statistics_page(place.page, result, ["means"])
