"""How much each layer changes from frame to frame: photos under a camera's noise, and videos. Prints JSON.

python benchmarks/steadiness.py --images DIR --videos FILE ... [--model M --weights W] ...: one network a run; the
results of several stand together in results/steadiness.json. The paper (section 2) saw the last three layers jump at a
camera's noise, and conv5 stay.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import chain
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deepvis.cli.subcommands.steadiness import values_of
from deepvis.core.types import Fit
from deepvis.live.backend import open_backend
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef
from deepvis.sources.photos import load_rgb
from deepvis.sources.video_frames import frames_of, with_noise
from deepvis.statistics.layer_steadiness import LayerChanges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model")
    parser.add_argument("--weights")
    parser.add_argument("--labels")
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=10, help="evenly spread over the folder")
    parser.add_argument("--videos", nargs="*", default=[])
    parser.add_argument("--frames", type=int, default=60, help="of each video")
    arguments = parser.parse_args()
    model = open_model(NetworkRef(arguments.model, None, arguments.weights, None, arguments.labels))
    backend = open_backend("engine", model, "cpu")

    def changes(*runs: list[tuple[float, np.ndarray]]) -> list[dict[str, object]]:
        """Of the pairs within each run, all together."""
        found = LayerChanges()
        for run in runs:
            found.take(values_of(backend, model.data_blob, iter(run), Fit.CROP))
        return [{key: fact[key] for key in ("layer", "mean", "median", "largest")} for fact in found.facts()]

    paths = sorted(path for path in arguments.images.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    chosen = paths[:: max(len(paths) // arguments.photos, 1)][: arguments.photos]
    results: dict[str, object] = {"model": model.name, "identity": model.identity, "photos": len(chosen)}
    for levels in (2.0, 10.0):
        random = np.random.default_rng(0)
        runs = [[(n / 25, with_noise(load_rgb(path), levels, random)) for n in range(6)] for path in chosen]
        results[f"noise {levels:g}"] = changes(*runs)
    for path in arguments.videos:
        frames = [frame for frame, _ in zip(chain(frames_of(path)), range(arguments.frames), strict=False)]
        results[Path(path).name] = changes(frames)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
