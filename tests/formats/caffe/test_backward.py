"""Which paths Caffe's own backward pass takes, worked out by hand from net.cpp; the golden cases hold more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe as caffe
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from tests.helpers.caffe_backward import caffe_backward
from tests.helpers.nets import data, layer


def product(name: str, value: float, more: str = "") -> str:
    """One output: ``value`` times the sum of "low"."""
    weights = f"inner_product_param {{ num_output: 1 weight_filler {{ type: 'constant' value: {value} }} }}"
    return layer("InnerProduct", name, "low", f"{more} loss_weight: 1 {weights}")


LEARNS = layer(
    "Convolution", "low", "data",
    "propagate_down: true convolution_param { num_output: 1 kernel_size: 1 weight_filler { value: 3 } }",
)  # fmt: skip
DOES_NOT = layer("Power", "low", "data", "propagate_down: true power_param { scale: 3 }")


@pytest.mark.parametrize(
    "low, a, b, at_low",
    [
        (LEARNS, "propagate_down: false", "", 7.0),  # the branch that says no is left out
        (LEARNS, "", "propagate_down: false", 5.0),
        (LEARNS, "propagate_down: false", "propagate_down: true", 7.0),
        (LEARNS, "propagate_down: false", "propagate_down: false", 0.0),
        (LEARNS, "propagate_down: true", "propagate_down: true", 12.0),
        # nothing below learns: the implicit Split is not run backward, whatever the layers around it say
        (DOES_NOT, "propagate_down: false", "", 0.0),
        (DOES_NOT, "propagate_down: true", "propagate_down: true", 0.0),
    ],
)
def test_propagate_down_on_two_takers_of_a_blob(low: str, a: str, b: str, at_low: float, tmp_path: Path) -> None:
    text = data(1, 1, 1, 2) + low + product("a", 5, a) + product("b", 7, b)
    spec = load_net(text, on_missing="fill", keep_losses=True)
    tape = caffe_net(spec).forward({"data": np.ones((1, 1, 1, 2), np.float32)})
    diffs = caffe_backward(spec, tape, {name: np.ones((1, 1), np.float32) for name in ("a", "b")})
    for blob, factor in (("low", 1), ("data", 3)):
        assert np.all(np.asarray(diffs.get(blob, 0.0)) == at_low * factor), blob

    (tmp_path / "net.prototxt").write_text(text)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    net.forward()
    net.backward()
    for blob, factor in (("low", 1), ("data", 3)):
        assert np.all(net.blobs[blob].diff == at_low * factor), blob


def test_without_propagate_down_all_paths_count(tmp_path: Path) -> None:
    text = data(1, 1, 1, 2) + LEARNS.replace("propagate_down: true", "") + product("a", 5) + product("b", 7)
    (tmp_path / "net.prototxt").write_text(text)
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    net.forward()
    net.backward()
    assert np.all(net.blobs["data"].diff == 36)
