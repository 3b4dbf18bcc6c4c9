"""How bright the tiles are: shares of tile area for every layer of a network and some photos, old look and new.

    python benchmarks/light.py --images FOLDER_OR_FILE ... [--model NAME | --prototxt P --weights W] [--photos N]

Prints JSON, the mean over the photos for every layer and the mean of the layers ("all"). "dark": levels below 16.
"near_silent": of the cells that are not 0, those whose gray is less than 16 above that of 0. "dim_tiles": of the tiles
that are not silent, those whose brightest cell is less than 64 above it. "plain": linear from 0 to the layer's largest
value, the look of 2015; "readable": the default. "silent": cells of 0 or less, which no look makes bright.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np

from deepvis.core.coding import MID
from deepvis.core.colours import paint_of
from deepvis.core.pixels import codes_with
from deepvis.core.state import ColourMap, Look
from deepvis.core.types import Frame, NetRequest
from deepvis.live.backend import open_backend
from deepvis.models.zoo import open_model
from deepvis.network.ref import NetworkRef


def shares(acts_chw: np.ndarray, look: Look) -> dict[str, float]:
    signed = look is Look.READABLE and bool(acts_chw.min() < 0)
    codes = codes_with(acts_chw, signed=signed, plain=look is Look.PLAIN_2015)
    paint = paint_of(ColourMap.GRAY, look, signed=signed)
    levels = paint.levels(codes)[codes.codes]
    grays = paint.colours(levels.reshape(len(levels), -1)).max(axis=2)
    silent = int(paint.colours(paint.levels(codes)[np.array([MID if signed else 0])][None]).max())
    flat = acts_chw.reshape(len(acts_chw), -1)
    seen = flat != 0 if signed else flat > 0
    active = seen.any(axis=1)
    near = grays[seen] < silent + 16
    dim = grays[active].max(axis=1) < silent + 64
    return {
        "dark": float((grays < 16).mean()),
        "near_silent": float(near.mean()) if near.size else 0.0,
        "dim_tiles": float(dim.mean()) if dim.size else 0.0,
    }


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([row[name] for row in rows])), 3) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", nargs="+", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=7, help="so many of them, evenly")
    parser.add_argument("--model", help="of models/ (default: the embedded one)")
    parser.add_argument("--prototxt")
    parser.add_argument("--weights")
    options = parser.parse_args()
    files = [file for path in options.images for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = files[:: max(len(files) // options.photos, 1)][: options.photos]
    name = options.model if options.prototxt or options.model else "caffenet-mini"
    backend = open_backend(
        "engine", open_model(NetworkRef(name, options.prototxt, options.weights, None, None, ())), "cpu"
    )
    rows: dict[str, dict[str, list[dict[str, float]]]] = {}
    for number, file in enumerate(files, 1):
        read = cv2.imread(str(file))
        if read is None:
            sys.exit(f"{file} cannot be read as a picture")
        snapshot = backend.run(NetRequest(Frame(number, cv2.cvtColor(read, cv2.COLOR_BGR2RGB), file.name), None))
        for layer in backend.info.layers:
            acts = snapshot.activations[layer.name]
            row = rows.setdefault(layer.name, {"silent": [], "plain": [], "readable": []})
            row["silent"].append({"share": float((acts <= 0).mean())})
            row["plain"].append(shares(acts, Look.PLAIN_2015))
            row["readable"].append(shares(acts, Look.READABLE))
    layers = {layer: {kind: mean_of(found) for kind, found in kinds.items()} for layer, kinds in rows.items()}
    every = {kind: mean_of([layer[kind] for layer in layers.values()]) for kind in ("silent", "plain", "readable")}
    print(json.dumps({"network": backend.info.name, "photos": [f.name for f in files], "all": every, "layers": layers}))


if __name__ == "__main__":
    main()
