"""The gallery of a layer of 1,000 units: seconds for the first run, for one that finds all done, and for the browser.

    python benchmarks/gallery.py [--units N] [--size PIXELS] [--folder DIR] [--keep]

Prints JSON. The layer scores 1,000 classes from pictures of 224 x 224; each unit has stand-in montages as
``optimize-layer`` writes them (36 pictures), a montage of its top 9 and of their deconv. "from_whole_layer": the
layer's picture is there, from which small ones are cut; "from_montages": it is not, and every montage is decoded.
"cpu" are the processor's seconds, of all cores together, for a machine that is busy with other things; "load" says how
busy. "copied_alone" is the same files copied by shutil, as a peer. Where a Chromium and playwright are there:
"layer_page" and "unit_page", until the browser has painted all that is in them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
from PIL import Image

from deepvis.cli.main import main as deepvis
from deepvis.core.types import Patch, Unit
from deepvis.core.unit_files import unit_image_paths, write_patches
from deepvis.formats.caffe.weights import write_weights
from deepvis.models.zoo import load_model
from deepvis.optimize.layout import montage
from deepvis.scan.montage import CELL as CROP

LAYER = "scores"
PROTOTXT = """
name: "stand-in"
input: "data"
input_dim: 1 input_dim: 3 input_dim: {size} input_dim: {size}
layer {{ name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param {{ num_output: 64 kernel_size: 7 stride: 2 }} }}
layer {{ name: "relu" type: "ReLU" bottom: "conv" top: "conv" }}
layer {{ name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param {{ pool: AVE global_pooling: true }} }}
layer {{ name: "scores" type: "InnerProduct" bottom: "pool" top: "scores"
  inner_product_param {{ num_output: {units} }} }}
"""


def smooth(rng: np.random.Generator, side: int) -> np.ndarray:
    """(side, side, 3) uint8: as many details as a preferred picture has."""
    small = rng.integers(0, 256, (max(side // 6, 2), max(side // 6, 2), 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC))


def stand_ins(folder: Path, units: int, size: int) -> list[str]:
    """The network and its pictures; returns the options that name the network."""
    rng = np.random.default_rng(0)
    network = folder / "network"
    network.mkdir(parents=True)
    (network / "deploy.prototxt").write_text(PROTOTXT.format(size=size, units=units))
    weights = {"conv": (64, 3, 7, 7), LAYER: (units, 64)}
    write_weights(
        network / "net.caffemodel",
        {n: [rng.normal(0, 0.1, s).astype(np.float32), np.zeros(s[0], np.float32)] for n, s in weights.items()},
    )
    (network / "labels.txt").write_text("".join(f"class number {n}\n" for n in range(units)))
    options = ["--prototxt", str(network / "deploy.prototxt"), "--weights", str(network / "net.caffemodel")]
    options += ["--mean", "104,117,123", "--labels", str(network / "labels.txt")]
    identity = load_model(prototxt=options[1], weights=options[3], mean=(104.0, 117.0, 123.0)).identity
    write_pictures(folder / "pictures", units, size, identity, rng)
    return options


def write_pictures(folder: Path, units: int, size: int, identity: str, rng: np.random.Generator) -> None:
    """Eight montages and eight crops, by turns."""
    place = unit_image_paths(folder, LAYER)
    for parent in (place.montage.parent, place.top.parent, place.top_back.parent):
        parent.mkdir(parents=True)
    encoded = []
    for n in range(8):
        path, crops = folder / f"montage{n}.jpg", folder / f"crops{n}.jpg"
        blocks = [[smooth(rng, size) for _ in range(9)] for _ in range(4)]
        Image.fromarray(montage(blocks, (size, size))).save(path, quality=80)
        Image.fromarray(smooth(rng, 3 * CROP)).save(crops, quality=92)
        encoded.append((path.read_bytes(), crops.read_bytes()))
    for channel in range(units):
        place = unit_image_paths(folder, LAYER, channel)
        place.montage.write_bytes(encoded[channel % 8][0])
        place.top.write_bytes(encoded[channel % 8][1])
        place.top_back.write_bytes(encoded[(channel + 1) % 8][1])
        patches = [Patch(9.0 - n, f"photo{n}.jpg", 0, 0) for n in range(9)]
        write_patches(place.patches, Unit(LAYER, channel), patches, identity)
    side = int(np.ceil(np.sqrt(units)))
    Image.fromarray(smooth(rng, side * min(size, 3200 // side))).save(place.whole_layer, quality=80)
    how = {
        "version": 1, "network": identity, "layer": LAYER, "field": [0, 0, size, size], "size": [size, size],
        "seeds": list(range(9)), "blocks": {str(b): {"preset": str(b), "max_iter": 1000} for b in range(1, 5)},
        "units": [1.0] * units,
    }  # fmt: skip
    place.how.write_text(json.dumps(how))


def timed(words: list[str]) -> dict[str, float]:
    """Seconds on the clock, and of the processor, of all threads."""
    began, began_cpu = time.perf_counter(), time.process_time()
    with redirect_stdout(StringIO()):
        code = deepvis(words)
    if code:
        sys.exit(f"deepvis {' '.join(words)} ended with {code}")
    return {"seconds": round(time.perf_counter() - began, 2), "cpu": round(time.process_time() - began_cpu, 2)}


def copied(source: Path, target: Path) -> float:
    began = time.perf_counter()
    shutil.copytree(source, target)
    return round(time.perf_counter() - began, 2)


def painted(gallery: Path) -> dict[str, float]:
    """Seconds until the browser has painted a page; {} where there is none."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    if browser is None:
        return {}
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page, seconds = opened.new_page(viewport={"width": 1500, "height": 930}), {}
        for name, file in (("layer_page", "index.html"), ("unit_page", "0500.html")):
            began = time.perf_counter()
            page.goto((gallery / LAYER / file).as_uri())
            page.screenshot()
            seconds[name] = round(time.perf_counter() - began, 2)
        opened.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--size", type=int, default=224, help="pixels of the input's side, and of each picture")
    parser.add_argument("--folder", type=Path, help="where to work; none: a temporary folder")
    parser.add_argument("--keep", action="store_true", help="leave what was made there")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder, prefix="gallery-"))
    try:
        options = stand_ins(folder, arguments.units, arguments.size)
        words = ["gallery", *options, "--pictures", str(folder / "pictures"), "--layers", LAYER, "--output"]
        timed(["gallery", *options, "--layers", "conv", "--output", str(folder / "first")])  # loads the libraries
        found: dict[str, object] = {
            "units": arguments.units,
            "pictures_mb": round(sum(p.stat().st_size for p in (folder / "pictures").rglob("*")) / 1e6, 1),
            "from_whole_layer": timed([*words, str(folder / "a")]),
            "already_done": timed([*words, str(folder / "a")]),
            "copied_alone": copied(folder / "pictures", folder / "copy"),
        }
        unit_image_paths(folder / "pictures", LAYER).whole_layer.unlink()
        found["from_montages"] = timed([*words, str(folder / "b")])
        found |= painted(folder / "a")
        found["load"] = round(os.getloadavg()[0], 1)
        print(json.dumps(found, indent=1))
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
