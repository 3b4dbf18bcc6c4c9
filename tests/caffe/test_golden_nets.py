"""The toolbox fork's back passes through caffe.Net, on whole networks, as yosinski's Caffe computes them."""

import json
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe as caffe

NETS = Path(__file__).parents[1] / "golden" / "nets"
CASES = sorted(path.parent for path in NETS.glob("*/net.prototxt"))


def seed_of(blob, grad):
    """The diff that the case puts on its layer: the unit's whole map, or 1 at a point."""
    seed = np.zeros_like(blob)
    if grad["kind"] == "map":
        seed[0, grad["unit"]] = blob[0, grad["unit"]]
    else:
        seed[(0, grad["unit"], *grad["point"])] = 1
    return seed


@pytest.mark.skipif(not CASES, reason="tests/golden/nets is empty")
@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case(folder):
    meta = json.loads((folder / "meta.json").read_text())
    with np.load(folder / "case.npz") as file:
        arrays = dict(file)
    net = caffe.Net(str(folder / "net.prototxt"), caffe.TEST, weights=str(folder / meta["model"]["weights"]))
    (name,) = meta["inputs"]
    net.blobs[name].reshape(*arrays[f"in__{name}"].shape)
    net.forward(**{name: arrays[f"in__{name}"]})
    for key, want in arrays.items():
        if key.startswith("data__"):
            np.testing.assert_allclose(net.blobs[key[6:]].data, want, rtol=1e-3, atol=1e-4 * np.abs(want).max())
    for grad in meta.get("grads", ()):
        seed = seed_of(net.blobs[grad["layer"]].data, grad)
        for prefix, walk in (("bp", net.backward_from_layer), ("dc", net.deconv_from_layer)):
            want = arrays.get(f"{prefix}__{grad['id']}")
            if want is not None:
                got = walk(grad["layer"], seed, zero_higher=True)[name]
                assert np.abs(got - want).max() <= 1e-4 * np.abs(want).max(), (prefix, grad)
