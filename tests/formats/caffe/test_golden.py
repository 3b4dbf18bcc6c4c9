"""Every golden case: blobs after forward, diffs after the whole backward pass, gradients and deconv from single units.

tests/golden holds the cases that a fresh clone can run; ../shared/golden those with real models too, and more seeds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.tape import Tape
from tests.helpers.caffe_backward import caffe_backward
from tests.helpers.golden import Case, distance, folders, load, samples

OWN = Path(__file__).parents[2] / "golden"
SHARED = Path(__file__).parents[4] / "shared" / "golden"
TOLERANCE = 1e-4

# One ReLU of SqueezeNet (fire2/expand1x1, at row 10, column 16) is at -8e-6 in exact arithmetic, with sums of several
# hundred around it: float32 sums in another order than OpenBLAS's end at +1.8e-5, and what it lets through shows
# in some ten pixels of the gradients from the last layers.
# LeNet is sure of a 0, with a probability p of 0.99978: the gradient there is p (1 - p), and 1 - p is known to some
# 3e-4 of itself in float32, differently on processors with other vector units.
ON_THE_EDGE = {
    **{("squeezenet_cat", grad): 2e-3 for grad in ("06", "07", "08", "09")},
    **{("lenet_v1_a", grad): 2e-3 for grad in ("12", "13")},
}


def names(root: Path, kind: str):
    return [pytest.param(folder, id=folder.name) for folder in folders(root, kind)]


def check_layers(folder: Path) -> None:
    case = load(folder)
    state = case.meta["net_state"]
    spec = load_net(*case.files, level=state["level"], stages=state["stages"], keep_losses=True)
    net = caffe_net(spec)
    tape = net.forward(case.arrays["in"])
    for blob, want in case.arrays["data"].items():
        assert distance(tape.blobs[blob].numpy(), want) <= TOLERANCE, blob
    if case.meta["layer_type"] != "Filter":  # its size depends on the values
        assert {blob: list(shape) for blob, shape in net.shapes.items()} == {
            blob: case.meta["shapes"][blob] for blob in net.shapes
        }
    if case.arrays["diff"]:
        diffs = caffe_backward(spec, tape, case.arrays["seed"])
        for blob, want in case.arrays["diff"].items():
            got = diffs[blob].numpy() if blob in diffs else np.zeros_like(want)
            assert distance(got, want) <= TOLERANCE, blob


def check_net(case: Case, prototxt: Path, weights: Path) -> None:
    arrays = case.arrays
    spec = load_net(prototxt, weights, input_shapes={blob: x.shape for blob, x in arrays["in"].items()})
    tape = caffe_net(spec).forward(arrays["in"])
    for blob, want in arrays["data"].items():
        assert distance(tape.blobs[blob].numpy(), want) <= TOLERANCE, blob
    for blob, want in arrays["samp"].items():
        if blob in tape.blobs:
            low, high = arrays["stat"][blob][2:]
            away = np.abs(samples(tape.blobs[blob].numpy()) - want).max()
            assert away <= TOLERANCE * max(abs(low), abs(high)), blob
    for grad in case.meta["grads"]:
        for kind, mode in (("bp", "gradient"), ("dc", "deconv")):
            got = project(tape, grad, mode)
            tolerance = ON_THE_EDGE.get((case.meta["case"], grad["id"]), TOLERANCE)
            assert distance(*comparable(arrays[kind], grad["id"], got)) <= tolerance, (grad, kind)


def project(tape: Tape, grad: dict, mode: str) -> np.ndarray:
    """The diff at the data blob for a golden seed."""
    value = tape.blobs[grad["layer"]]
    seed = torch.zeros_like(value)
    if grad["kind"] == "map":
        seed[0, grad["unit"]] = value[0, grad["unit"]]
    else:
        seed[(0, grad["unit"], *grad["point"])] = 1
    return tape.backward(grad["layer"], seed, mode)["data"].numpy()


def comparable(stored: dict[str, np.ndarray], name: str, got: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(ours, Caffe's), both whole or both every fourth pixel."""
    if name in stored:
        return got, stored[name]
    return got[:, :, 1::4, 1::4], stored[f"{name}__every4"]


@pytest.mark.parametrize("folder", names(OWN, "layers"))
def test_layer(folder: Path) -> None:
    check_layers(folder)


@pytest.mark.parametrize("folder", names(OWN, "nets"))
def test_net(folder: Path) -> None:
    case = load(folder)
    check_net(case, *case.files)


@pytest.mark.shared
@pytest.mark.parametrize(
    "folder", [p for p in names(SHARED, "layers") if not (OWN / "layers" / p.id).exists()] or [None]
)
def test_layer_of_shared(folder: Path | None) -> None:
    if folder is None:
        pytest.skip("tests/golden has them all")
    check_layers(folder)


@pytest.mark.parametrize(
    ("layer", "net"),
    [
        ("Concat", "inception_like_a"),
        ("Eltwise", "resnet_like_a"),
        ("BatchNorm", "resnet_like_a"),
        ("Deconvolution", "fcn_like_a"),
        ("Crop", "fcn_like_a"),
        ("LRN", "caffenet_like_a_deconv_ignore"),
    ],
)
def test_every_kind_of_net_has_gradients_in_a_fresh_clone(layer: str, net: str) -> None:
    """Branches, sums, in-place chains, enlarging, LRN: each walked through from a unit above it, both ways."""
    meta = load(OWN / "nets" / net).meta
    types = [found["type"] for found in meta["layers"]]
    names = [found["name"] for found in meta["layers"]]
    assert any(types.index(layer) < names.index(grad["layer"]) for grad in meta["grads"])


def test_deconv_ignore_makes_a_difference() -> None:
    plain, ignoring = (load(OWN / "nets" / name) for name in ("caffenet_like_a", "caffenet_like_a_deconv_ignore"))
    both = plain.arrays["dc"].keys() & ignoring.arrays["dc"].keys()
    assert len(both) >= 4
    apart = [distance(plain.arrays["dc"][name], ignoring.arrays["dc"][name]) for name in both]
    assert min(apart) > 50 * TOLERANCE  # far more than the tests of nets let pass
    assert all(np.array_equal(plain.arrays["bp"][name], ignoring.arrays["bp"][name]) for name in both)


@pytest.mark.shared
@pytest.mark.parametrize("folder", names(OWN, "nets"))
def test_what_is_cut_from_shared_is_the_same(folder: Path, shared: Path) -> None:
    own, whole = load(folder), load(shared / "golden" / "nets" / folder.name)
    for kind, arrays in own.arrays.items():
        for name, array in arrays.items():
            assert array.dtype == whole.arrays[kind][name].dtype
            np.testing.assert_array_equal(array, whole.arrays[kind][name])
    ours, theirs = (load_net(*case.files).layers for case in (own, whole))
    for one, other in zip(ours, theirs, strict=True):  # the weights too, whichever file they lie in
        assert one.name == other.name
        for a, b in zip(one.blobs, other.blobs, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.shared
@pytest.mark.parametrize("folder", names(SHARED, "nets") or [None])
def test_net_of_shared(folder: Path | None, shared: Path) -> None:
    case = load(folder)
    prototxt, weights = case.files
    if not prototxt.exists():  # a real model, which is not repeated beside its numbers
        model = case.meta["model"]
        prototxt, weights = (shared / model["folder"] / model[part] for part in ("prototxt", "weights"))
    check_net(case, prototxt, weights)
