"""Every golden case through caffe.Net: blobs after forward, diffs after backward, as real Caffe gives them."""

import json
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe as caffe

GOLDEN = Path(__file__).parents[1] / "golden" / "layers"
# Caffe's in-place Power overwrites the gradient that it then reads: not the true gradient, which is what we give.
WRONG_IN_CAFFE = {"chain_two_relus"}
CASES = sorted(path.parent for path in GOLDEN.glob("*/case.npz"))


def worst(got, want, tolerance):
    """How far the arrays are apart, 1 being the tolerance's edge; infinite for a wrong shape."""
    if got.shape != want.shape or not np.isfinite(got).all():
        return np.inf
    scale = min(np.abs(want).max(initial=0), 1e6)
    allowed = tolerance["atol"] * max(1.0, scale) + tolerance["rtol"] * np.abs(want)
    return float((np.abs(got.astype(float) - want) / allowed).max(initial=0))


def run(folder, meta, arrays):
    """(blob -> data, blob -> diff) of the case's net."""
    state = meta["net_state"]
    net = caffe.Net(
        str(folder / "net.prototxt"),
        caffe.TEST,
        level=state["level"],
        stages=state["stages"],
        weights=str(folder / "weights.caffemodel"),
    )
    for key, value in arrays.items():
        if key.startswith("in__"):
            net.blobs[key[4:]].reshape(*value.shape)
            net.blobs[key[4:]].data[...] = value
    net.reshape()
    net.forward()
    data = {name: blob.data.copy() for name, blob in net.blobs.items()}
    if meta["backward"]:
        net.zero()
        for key, value in arrays.items():
            if key.startswith("seed__"):
                net.blobs[key[6:]].diff[...] = value
        net.backward()
    return data, {name: blob.diff.copy() for name, blob in net.blobs.items()}


@pytest.mark.skipif(not CASES, reason="tests/golden/layers is empty")
@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case(folder):
    meta = json.loads((folder / "meta.json").read_text())
    with np.load(folder / "case.npz") as file:
        arrays = dict(file)
    data, diffs = run(folder, meta, arrays)
    skip_diffs = meta["layer_type"] == "in-place quirk" or not meta["force_backward"] or meta["case"] in WRONG_IN_CAFFE
    for key, want in arrays.items():
        kind, _, blob = key.partition("__")
        if kind == "data":
            assert worst(data[blob], want, meta["tolerance"]) <= 1, f"data of {blob}"
        elif kind == "diff" and not skip_diffs:
            assert worst(diffs[blob], want, meta["tolerance"]) <= 1, f"diff of {blob}"
