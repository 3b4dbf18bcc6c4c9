"""Where on its way down the gradient comes to prefer high frequencies: between the readers and the first convolution.

    python benchmarks/gradient_way.py --model bvlc-googlenet --weights W --images PHOTOS --output measured

Of a network that ``deepvis statistics`` has measured (into --output): for each value between the convolutions that read
the first one and the first convolution itself, Spearman's rank correlation of the gradient that arrives at a channel
with the frequency of its filter, and of the channel's mean with it, over the edge filters. Prints JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from deepvis.cli.parser import Parser
from deepvis.cli.shared_options import add_network, add_output
from deepvis.core.types import Fit
from deepvis.models.network_options import network_of
from deepvis.scan.chunk import read_batch
from deepvis.scan.images import find_images
from deepvis.scan.network import ScanNetwork, open_network
from deepvis.statistics.batch_sums import maps_of
from deepvis.statistics.pixel_gradient import seed_of
from deepvis.statistics.result_file import read_result
from deepvis.statistics.statistics_plan import StatisticsFolder

PHOTOS, ROWS, TURNS = 16, 8, 2


def values_between(network: ScanNetwork, first: str, readers: Sequence[str]) -> list[str]:
    """Names of the values with the first convolution's channels, from the last before the readers to the first."""
    graph, shapes = network.net.graph, network.net.shapes
    end = min(graph.maker[graph.first(name)] for name in readers)
    begin = graph.maker[graph.first(first)]
    names = [graph.names[top] for node in graph.nodes[begin:end] for top in node.tops]
    return list(dict.fromkeys(name for name in reversed(names) if shapes[name][1] == shapes[first][1]))


def measure(network: ScanNetwork, images: str, values: Sequence[str], layers: Sequence[str]) -> dict[str, np.ndarray]:
    """Value -> (K,) root mean square of the gradient at each channel, of units of ``layers``; and "mean NAME"."""
    names = list(find_images(images))
    paths = [f"{images}/{names[n * len(names) // PHOTOS]}" for n in range(PHOTOS)]
    found: dict[str, np.ndarray] = {}
    for start in range(0, PHOTOS, ROWS):
        batch = read_batch(network, paths[start : start + ROWS], ROWS, Fit.CROP)
        tape = network.net.forward(network.inputs(batch.inputs))
        for value in values:
            mean = maps_of(tape.blobs[value]).double().mean((0, 2, 3)).cpu().numpy()
            found[f"mean {value}"] = found.get(f"mean {value}", 0.0) + mean
        for layer in layers:
            for turn in range(TURNS):
                numbers = [(start + row) * TURNS + turn for row in range(ROWS)]
                diffs = tape.backward(layer, seed_of(tape.blobs[layer], numbers, PHOTOS * TURNS))
                for value in values:
                    found[value] = found.get(value, 0.0) + shares(diffs[value])
    return {name: each if name.startswith("mean ") else np.sqrt(each) for name, each in found.items()}


def shares(diff: torch.Tensor) -> np.ndarray:
    """Sum over pictures of each channel's share of the squared gradient."""
    energy = (maps_of(diff).double() ** 2).mean((2, 3))
    sums = energy.sum(1, keepdim=True)
    found: np.ndarray = (energy / sums.clamp(min=1e-300)).sum(0).cpu().numpy()
    return found


def main(words: Sequence[str]) -> None:
    parser = Parser([], prog="gradient_way", description=__doc__)
    add_network(parser)
    parser.add_argument("--images", required=True)
    add_output(parser, "of deepvis statistics", required=True)
    arguments = parser.parse_args(words)
    result = read_result(StatisticsFolder(arguments.output))
    if result is None:
        raise SystemExit(f"no statistics.json in {arguments.output}; run deepvis statistics first")
    network = open_network(network_of(vars(arguments)), (), arguments.device or "auto")
    s1 = result["s1"]
    values = values_between(network, s1["layer"], s1["readers"])
    layers = [each["layer"] for each in s1["spectra"]["layers"]]
    found = measure(network, arguments.images, values, layers)
    print(
        json.dumps(
            {"model": result["model"], "photos": PHOTOS, "layers": layers, "way": rows_of(s1, values, found)}, indent=1
        )
    )


def rows_of(s1: Mapping[str, Any], values: Sequence[str], found: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """A row for each value, from the readers down."""
    edges = [row for row in s1["filters"] if row["kind"] == "edge"]
    units, frequency = [row["unit"] for row in edges], [row["frequency"] for row in edges]
    return [
        {
            "value": value,
            "gradient_by_frequency": _rank(frequency, found[value][units]),
            "mean_by_frequency": _rank(frequency, found[f"mean {value}"][units]),
        }
        for value in values
    ]


def _rank(a: Sequence[float], b: np.ndarray) -> dict[str, float]:
    found = spearmanr(a, b)
    return {"r": round(float(found.statistic), 4), "p": float(f"{found.pvalue:.3g}")}


if __name__ == "__main__":
    main(sys.argv[1:])
