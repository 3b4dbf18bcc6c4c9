"""Cuts the part of ../shared/golden that a fresh clone holds: python -m tests.helpers.cut_golden [../shared/golden]

Arrays are copied or left out, never changed; meta.json says under "left_out" what is missing. Weights that two
nets share are stored once: meta.json names the file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np

OWN = Path(__file__).parents[1] / "golden"
CAFFENET_WEIGHTS = "../caffenet_like_a_v0/weights.caffemodel"
# net -> the gradient seeds that are kept, and where its weights lie
NETS: dict[str, tuple[tuple[str, ...], str]] = {
    "caffenet_like_a": (("03", "05", "08", "11", "14", "17"), CAFFENET_WEIGHTS),
    "caffenet_like_a_deconv_ignore": (("03", "05", "11", "14"), CAFFENET_WEIGHTS),
    "caffenet_like_a_v1": ((), CAFFENET_WEIGHTS),
    "fcn_like_a": (("01", "03", "07", "11", "13", "14"), "weights.caffemodel"),
}
# stored nowhere else, and no test needs them: the start follows from the seed, and its hash is kept
TRACE_LEFT_OUT = ("x0", "grad_iter0", "xx_after_iter4")


def cut_net(source: Path, target: Path, grads: tuple[str, ...], weights: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    meta = json.loads((source / "meta.json").read_text())
    all_grads = [grad["id"] for grad in meta.get("grads", ())]
    with np.load(source / "case.npz") as file:
        arrays = {key: file[key] for key in file.files if is_kept(key, grads)}
    if "grads" in meta:
        meta["grads"] = [grad for grad in meta["grads"] if grad["id"] in grads]
    meta["left_out"] = {"grads": [name for name in all_grads if name not in grads]}
    meta["model"] = {"prototxt": "net.prototxt", "weights": weights}
    np.savez_compressed(target / "case.npz", **arrays)
    write(target / "meta.json", meta)
    for path in source.glob("*.prototxt"):
        shutil.copyfile(path, target / path.name)
    if "/" not in weights:
        shutil.copyfile(source / weights, target / weights)


def is_kept(key: str, grads: tuple[str, ...]) -> bool:
    kind, name, *summary = key.split("__")
    return kind in ("in", "data") or (kind in ("bp", "dc") and name in grads and not summary)


def cut_trace(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    meta = json.loads((source / "meta.json").read_text())
    with np.load(source / "trace.npz") as file:
        arrays = {key: file[key] for key in file.files}
    meta["x0_sha256"] = hashlib.sha256(arrays["x0"].tobytes()).hexdigest()
    meta["left_out"] = {"arrays": [key for key in arrays if key in TRACE_LEFT_OUT]}
    np.savez_compressed(target / "trace.npz", **{k: v for k, v in arrays.items() if k not in TRACE_LEFT_OUT})
    write(target / "meta.json", meta)


def write(path: Path, meta: dict) -> None:
    path.write_text(json.dumps(meta, indent=1) + "\n")


def main(shared: Path) -> None:
    for name, (grads, weights) in NETS.items():
        cut_net(shared / "nets" / name, OWN / "nets" / name, grads, weights)
    for folder in sorted((shared / "optimizer").glob("*/")):
        cut_trace(folder, OWN / "optimizer" / folder.name)
    shutil.copyfile(shared / "optimizer" / "README.md", OWN / "optimizer" / "README.md")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/golden"))
