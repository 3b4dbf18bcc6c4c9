#!/usr/bin/env python3
"""On a machine with a GPU: first are its numbers the CPU's, then how fast it is. One command, some minutes.

    benchmarks/gpu.py [--models FOLDER] [--photos FOLDER] [--device cuda] [--output benchmarks/results]

Three networks, the embedded default, GoogLeNet (or SqueezeNet) and a small PyTorch module, run on the GPU and on the
CPU: forward, every back mode from several layers, some iterations of the optimizer, a scan; then the commands
themselves with --device, and the headless window. Whatever differs by more than its bound is named, and the exit code
is 1. Then the benchmarks of the engine, the optimizer and the scan. Writes check-gpu.json and <benchmark>-gpu.json
into --output.

Nothing is downloaded: GoogLeNet's weights are looked for in FOLDER (laid out as ../shared/models; an .npz of its arrays
serves too, in half precision for a short way), photos in --photos, else they are generated. Without them the embedded
network runs alone and the report says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import cv2
import numpy as np
import torch

from deepvis.formats.caffe.weights import write_weights
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.net import GraphNet
from deepvis.optimize.ascend import advance, begin
from deepvis.optimize.ascent_network import ascent_net_of
from deepvis.optimize.climb import Job
from deepvis.optimize.objective import unit
from deepvis.optimize.presets import preset
from deepvis.optimize.tasks import moved
from deepvis.scan.images import find_images
from deepvis.scan.network import ScanNetwork
from deepvis.scan.tracker import Tracker
from deepvis.sources.photos import load_rgb

FORWARD, BACK, CLIMB, PEAKS = 1e-3, 1e-3, 1e-2, 1e-3  # bounds: largest difference over the largest value
ITERATIONS, BATCH, LAYERS, PHOTOS = 12, 4, 4, 192
PRESETS = ("3+", "robust")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models", metavar="FOLDER")
    parser.add_argument("--photos", type=Path, metavar="FOLDER")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N; cpu to try the command itself")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "results", metavar="FOLDER")
    parser.add_argument("--no-benchmarks", action="store_true", help="the comparison alone")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        models = unpacked(args.models, work)
        photos = listed(args.photos) if args.photos else generated(work / "photos", PHOTOS)
        report = check(networks(models), photos[:PHOTOS], args.device)
        folder = args.photos or work / "photos"
        report["commands"] = commands(folder, args.device, work)
        write(args.output / "check-gpu.json", report)
        if not args.no_benchmarks:
            benchmarks(models, networks(models), photos, args)
    wrong = [*report["differences"], *(name for name, line in report["commands"].items() if line["exit"])]
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


# --- what is run ------------------------------------------------------------------------------------


def unpacked(models: Path, work: Path) -> Path:
    """The folder of models, with weights that came as an .npz written as a .caffemodel in a folder of their own."""
    archives = sorted(models.glob("*/*.npz"))
    for archive in archives:
        arrays = np.load(archive, allow_pickle=False)
        named: dict[str, list[np.ndarray]] = {}
        for key in sorted(arrays.files):  # "layer|0", "layer|1"
            named.setdefault(key.rpartition("|")[0], []).append(arrays[key].astype(np.float32))
        folder = work / "models" / archive.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        write_weights(folder / f"{archive.stem}.caffemodel", named)
        for file in archive.parent.glob("*.prototxt"):
            (folder / file.name).write_bytes(file.read_bytes())
    return work / "models" if archives else models


def networks(models: Path) -> list[Model]:
    """The embedded default, a PyTorch module, and the larger of the others that is there."""
    found = [load_model(), load_model(prototxt=f"{ROOT / 'tests' / 'formats' / 'networks' / 'small.py'}:make")]
    for name, file in (("bvlc-googlenet", "bvlc_googlenet"), ("squeezenet", "squeezenet_v1.1")):
        weights = models / name / f"{file}.caffemodel"
        if weights.is_file():
            prototxt = models / name / "deploy.prototxt"
            found.append(load_model(prototxt=prototxt, weights=weights, mean=(104.0, 117.0, 123.0)))
            break
    return found


def listed(folder: Path) -> list[str]:
    return [str(folder / name) for name in find_images(folder)]


def generated(folder: Path, count: int) -> list[str]:
    """Smooth noise as JPEG files."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(count):
        coarse = rng.integers(0, 256, (16, 21, 3), np.uint8)
        cv2.imwrite(str(folder / f"{index:04d}.jpg"), cv2.resize(coarse, (341, 256), interpolation=cv2.INTER_CUBIC))
    return sorted(str(path) for path in folder.iterdir())


def check(models: list[Model], photos: list[str], device: str) -> dict:
    """What the GPU computes beside what the CPU computes."""
    report: dict = {**machine(device), "photos": len(photos), "networks": {}, "differences": []}
    if len(models) < 3:
        report["differences"].append("only the small networks were there; give --models")
    for model in models:
        found: dict = {"seconds": {}}
        report["networks"][model.name] = found
        for name, bound, compare in (
            ("forward", FORWARD, forward),
            ("back", BACK, back),
            ("optimizer", CLIMB, climb),
            ("scan", PEAKS, scan),
        ):
            with timed(found["seconds"], name):
                differences = compare(model, photos, device)
            report["differences"] += [
                f"{model.name}: {name} of {what} differs by {by:.2g}, expected at most {bound:g}"
                for what, by in differences.items()
                if not by <= bound
            ]
            worst = max(differences, key=lambda what: differences[what])
            found[name] = {"compared": len(differences), "largest": float(f"{differences[worst]:.2g}"), "at": worst}
            print(f"{model.name}: {name} {found[name]}, {found['seconds'][name]} s", file=sys.stderr)
    return report


def apart(there: torch.Tensor | np.ndarray, here: torch.Tensor | np.ndarray) -> float:
    """The largest difference over the largest value."""
    a, b = (torch.as_tensor(x).detach().cpu().double() for x in (there, here))
    return float((a - b).abs().max() / b.abs().max().clamp(min=1e-12))


def inputs(model: Model, photos: list[str]) -> dict[str, np.ndarray]:
    pictures = np.stack([model.preprocessor.to_input(load_rgb(path)) for path in photos[:BATCH]])
    return {model.data_blob: pictures}


def forward(model: Model, photos: list[str], device: str) -> dict[str, float]:
    """Every value of the network."""
    given = inputs(model, photos)
    here, there = (GraphNet(model.graph, where).forward(given).blobs for where in ("cpu", device))
    return {name: apart(there[name], here[name]) for name in here}


def back(model: Model, photos: list[str], device: str) -> dict[str, float]:
    """Every back mode from some layers, at the input."""
    given, found = inputs(model, photos), {}
    here, there = (GraphNet(model.graph, where).forward(given) for where in ("cpu", device))
    names = model.layer_names[:: max(len(model.layer_names) // LAYERS, 1)]
    for name in names:
        value = here.blobs[name]
        seed = torch.zeros_like(value)
        channel = int(value[0].flatten(1).amax(1).argmax()) if value.dim() > 2 else int(value[0].argmax())
        seed[:, channel] = value[:, channel]
        for mode in BACK_MODES:
            diffs = [tape.backward(name, seed, mode, to=model.data_blob)[model.data_blob] for tape in (there, here)]
            found[f"{mode} from {name}"] = apart(*diffs)
    return found


def climb(model: Model, photos: list[str], device: str) -> dict[str, float]:
    """One iteration from every place of the CPU's way: over many of them the network's kinks part the ways."""
    layer = [name for name in model.layer_names if name in model.label_layers and name != model.prob_layer][-1]
    here, there = ascent_net_of(model, "cpu"), ascent_net_of(model, device)
    found = {}
    for name in PRESETS:
        climbs = [begin(here, Job(unit(layer, channel), preset(name), seed=channel)) for channel in range(BATCH)]
        for iteration in range(ITERATIONS):
            beside = advance(there, [moved(each, there.net.device) for each in climbs])
            climbs = advance(here, climbs)
            steps = [torch.stack([each.x.cpu() for each in some]).double() for some in (beside, climbs)]
            away = (steps[0] - steps[1]).norm() / steps[1].norm()
            found[f"{layer}, preset {name}, iteration {iteration}"] = float(away)
    return found


def scan(model: Model, photos: list[str], device: str) -> dict[str, float]:
    """The nine best values of every unit."""
    best = {}
    for where in ("cpu", device):
        network = ScanNetwork(model, (), where)
        tracker = Tracker(network.layers, 9)
        for first in range(0, len(photos) - BATCH + 1, 16):
            some = photos[first : first + 16]
            pictures = np.stack([model.preprocessor.to_input(load_rgb(path)) for path in some])
            peaks = network.peaks(pictures, tracker.limits())
            tracker.add(range(first, first + len(some)), range(len(some)), peaks)
        best[where] = tracker.result()
    found = {}
    for layer in best["cpu"].layers:
        rows = best["cpu"].units_of(layer.name)
        found[layer.name] = apart(best[device].values[rows], best["cpu"].values[rows])
    return found


def commands(photos: Path, device: str, work: Path) -> dict[str, dict]:
    """The command lines on the embedded network: exit code, seconds, last line of what went wrong."""
    wanted = {
        "window": ["run_toolbox.py", "--headless", "--keys", "down right b", "--screenshot", str(work / "window.png")],
        "scan": [
            *("run_toolbox.py", "scan", "--images", str(photos), "--output", str(work / "scan")),
            *("--crop", "--layers", "conv3"),
        ],
        "layer": [
            *("run_toolbox.py", "optimize-layer", "--push-layer", "fc8", "--push-channel", "0-7", "--presets", "3+"),
            *("--max-iter", "20", "--output", str(work / "units")),
        ],
    }
    found = {}
    for name, words in wanted.items():
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *words, "--device", device], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        last = (done.stderr.strip().splitlines() or [""])[-1]
        found[name] = {"exit": done.returncode, "seconds": round(time.perf_counter() - began, 1)}
        if done.returncode:
            found[name]["said"] = last
        why = last if done.returncode else ""
        print(f"{name}: exit {done.returncode}, {found[name]['seconds']} s {why}", file=sys.stderr)
    return found


def benchmarks(models: Path, opened: list[Model], photos: list[str], args: argparse.Namespace) -> None:
    """The engine's and the optimizer's, each in a process of its own; what fails is told. Then the scan's."""
    folders = {"googlenet": "bvlc-googlenet", "squeezenet": "squeezenet"}
    nets = [name for name, folder in folders.items() if (models / folder).is_dir()]
    device = ["--device", args.device, "--models", str(models)]
    wanted = {
        "engine": [*device, "--net", *nets, "caffenet", "--rounds", "30", "--threads", str(torch.get_num_threads())],
        "optimize": [*device, "--rounds", "2"],
    }
    for name, words in wanted.items():
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, f"benchmarks/{name}.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=150
        )
        if done.returncode == 0:
            write(args.output / f"{name}-gpu.json", json.loads(done.stdout))
        print(f"benchmark {name}: exit {done.returncode}, {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
    speeds = {model.name: scan_speed(model, photos, args.device) for model in opened}
    write(args.output / "scan-gpu.json", {**machine(args.device), "photos_per_second": speeds})


def scan_speed(model: Model, photos: list[str], device: str, seconds: float = 3.0) -> dict[str, float]:
    """Photos per second: of the bare forward pass on ready inputs, of the pass with its peaks, of decoding alone."""
    network = ScanNetwork(model, (), device)
    tracker = Tracker(network.layers, 9)
    some = [photos[index % len(photos)] for index in range(network.rows)]
    began = time.perf_counter()
    pictures = np.stack([model.preprocessor.to_input(load_rgb(path)) for path in some])
    decoding = time.perf_counter() - began
    given, last = network.inputs(pictures), network.layers[-1].name
    best = {"bare": float("inf"), "with_peaks": float("inf")}
    until = time.perf_counter() + seconds
    first = 0
    while time.perf_counter() < until:
        for name in best:
            began = time.perf_counter()
            if name == "bare":
                network.net.forward(given, keep=last).blobs[last].cpu()
            else:
                peaks = network.peaks(pictures, tracker.limits())
                tracker.add(range(first, first + network.rows), range(network.rows), peaks)
                first += network.rows
            best[name] = min(best[name], time.perf_counter() - began)
    return {
        **{name: round(network.rows / spent, 1) for name, spent in best.items()},
        "decoding_on_one_core": round(network.rows / decoding, 1),
        "rows": network.rows,
    }


# --- small things ------------------------------------------------------------------------------------


def machine(device: str) -> dict:
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu"
    return {"device": name, "torch": torch.__version__, "python": sys.version.split()[0]}


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - began, 1)


def write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
