"""Composing the window: milliseconds for a new pass and for a move of the cursor, for every layer of a network.

    python benchmarks/compose.py [--model NAME ...] [--image FILE] [--size HEIGHT WIDTH] [--repeats N]

Prints JSON. "new_pass": every pane is drawn anew, as when a pass, its back projection and other unit images
arrive together; "new_layer": the same and the cursor is on another layer; "cursor": the cursor moves within
the layer. Each is the median of the repeats, on one core, after a first round that fills the caches of letters;
"new_pass_best" is the fastest, for a machine that is busy with other things.
Pictures of the slowest layer: --pictures FOLDER.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np

from deepvis.core.back_modes import DECONV
from deepvis.core.commands import COMMANDS
from deepvis.core.state import AppState, Cursor, ViewState
from deepvis.core.types import BackRequest, Frame, NetRequest, Snapshot, Unit, UnitImages
from deepvis.live.backend import BackendError, open_backend
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.scene import Scene, Status

MODELS = ("caffenet-mini", "squeezenet", "bvlc-googlenet")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: what compresses worst also resizes no faster than a photo."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def picture(path: str | None) -> np.ndarray:
    if path is None:
        return noise(480, 640)
    read = cv2.imread(path)
    if read is None:
        sys.exit(f"{path} cannot be read as a picture")
    return cv2.cvtColor(read, cv2.COLOR_BGR2RGB)


class Case:
    """A network's answers to one picture, made into scenes as the program would."""

    def __init__(self, name: str, rgb: np.ndarray, size: tuple[int, int]) -> None:
        model = load_model(name)
        self.backend = open_backend("engine", model, "cpu")
        self.info = self.backend.info
        self.frame = Frame(1, rgb, "picture")
        self.layout = layout_for(self.info, *size)
        self.ids = iter(range(1, 1 << 60))
        self.montages = [noise(300, 300, seed) for seed in range(3)]
        self._passes: dict[str, Snapshot] = {}

    def snapshot(self, layer: str) -> Snapshot:
        """A new answer: the arrays are computed once for each layer and copied, as from a new pass."""
        if layer not in self._passes:
            back = BackRequest(Unit(layer, 0), DECONV)
            self._passes = {layer: self.backend.run(NetRequest(self.frame, back))}
        made = self._passes[layer]
        blobs = {name: made.activations[name].copy() for name in {layer, self.info.prob_layer} - {""}}
        return replace(made, id=next(self.ids), activations=blobs)

    def scene(self, layer_index: int, channel: int = 0) -> Scene:
        layer = self.info.layers[layer_index]
        view = ViewState(layer_index, channel, Cursor.UNITS, back_mode=DECONV, pinned=Unit(layer.name, 0))
        number = next(self.ids)
        images = UnitImages(Unit(layer.name, channel), number, *(montage.copy() for montage in self.montages))
        snapshot = self.snapshot(layer.name)
        status = Status("picture", 20 + number % 10, 15.5, snapshot.seconds)
        state = AppState(self.info, view)
        status_and_keys = {"status": status, "commands": tuple(COMMANDS.values())}
        return Scene(state, self.layout, self.frame, snapshot, unit_images=images, **status_and_keys)


def milliseconds(composer: Composer, scene: Scene) -> float:
    began = time.perf_counter()
    composer(scene)
    return 1000 * (time.perf_counter() - began)


def measure(case: Case, layer_index: int, repeats: int) -> dict[str, float]:
    composer = Composer()
    other = 0 if layer_index else 1
    times: dict[str, list[float]] = {"new_pass": [], "new_layer": [], "cursor": []}
    composer(case.scene(layer_index))
    for i in range(repeats):
        times["new_pass"].append(milliseconds(composer, case.scene(layer_index)))
        scene = case.scene(layer_index)
        composer(scene)
        channel = (i + 1) % scene.state.layer.channels
        moved = replace(scene, state=replace(scene.state, view=replace(scene.state.view, channel=channel)))
        times["cursor"].append(milliseconds(composer, moved))
        composer(case.scene(other))
        times["new_layer"].append(milliseconds(composer, case.scene(layer_index)))
    medians = {name: round(statistics.median(taken), 2) for name, taken in times.items()}
    return {**medians, "new_pass_best": round(min(times["new_pass"]), 2)}


def benchmark(name: str, rgb: np.ndarray, size: tuple[int, int], repeats: int, folder: Path | None) -> dict:
    try:
        case = Case(name, rgb, size)
    except (ModelError, BackendError) as error:
        return {"skipped": str(error)}
    layers = {layer.name: measure(case, i, repeats) for i, layer in enumerate(case.info.layers)}
    slowest = max(layers, key=lambda layer: layers[layer]["new_pass"])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        index = [layer.name for layer in case.info.layers].index(slowest)
        cv2.imwrite(str(folder / f"{name}.png"), Composer()(case.scene(index)))
    worst = {kind: max(times[kind] for times in layers.values()) for kind in next(iter(layers.values()))}
    return {"worst_ms": worst, "slowest_layer": slowest, "layers_ms": layers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help=f"of models/; may be repeated (default: {', '.join(MODELS)})")
    parser.add_argument("--image", help="a photo (default: smooth noise)")
    parser.add_argument("--size", nargs=2, type=int, default=(930, 1500), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--pictures", type=Path, help="a folder for one picture of each network's window")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rgb = picture(options.image)
    models = options.model or MODELS
    results = {name: benchmark(name, rgb, tuple(options.size), options.repeats, options.pictures) for name in models}
    print(json.dumps({"size": list(options.size), "repeats": options.repeats, "models": results}, indent=2))


if __name__ == "__main__":
    main()
