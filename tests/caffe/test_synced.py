"""Blobs are filled when looked at; arrays that somebody holds follow every pass, as in Caffe."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest
import torch

import deepvis.caffe as caffe
from deepvis.caffe.synced import SyncedArray
from tests.helpers.nets import data, layer, relu

TEXT = (
    data(1, 2, 4, 4)
    + layer(
        "Convolution",
        "conv",
        "data",
        "convolution_param { num_output: 3 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' } }",
    )
    + relu("conv")
    + layer("Dropout", "drop", "conv")
    + layer("InnerProduct", "ip", "drop", "inner_product_param { num_output: 2 weight_filler { type: 'xavier' } }")
)


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(TEXT)
    net = caffe.Net(str(path), caffe.TEST)
    net.blobs["data"].data[...] = np.random.default_rng(0).normal(size=(1, 2, 4, 4))
    return net


def test_an_array_that_is_held_follows_every_pass(net):
    held = net.blobs["conv"].data[0, 1]  # a view of it counts too
    net.forward()
    first = held.copy()
    net.blobs["data"].data[...] *= -1
    net.forward()
    assert first.any() and (held != first).any()
    np.testing.assert_array_equal(held, net.blobs["conv"].data[0, 1])


def test_what_nobody_looks_at_is_not_copied(net):
    net.forward()
    blob = net.blobs["conv"]
    assert blob._data._memory is None and blob.tensor(torch.device("cpu")).any()
    assert (blob.data >= 0).all() and blob._data._memory is not None


def test_what_is_written_counts_at_once(net):
    net.forward()
    net.blobs["drop"].data[...] = 1
    out = net.forward(start="ip")["ip"][0]
    np.testing.assert_allclose(out, net.params["ip"][0].data.sum(1), rtol=1e-4, atol=1e-5)


def test_a_top_that_passes_its_bottom_on_is_a_memory_of_its_own(net):
    net.blobs["conv"].data[...] = 2
    net.forward(start="drop", end="drop")
    net.blobs["conv"].data[...] = 5
    assert (net.blobs["drop"].data == 2).all()


def test_the_diff_of_such_a_top_is_a_memory_of_its_own_too(net):
    net.forward()
    net.blobs["drop"].diff[...] = 3
    net._backward(3, 3)
    net.blobs["drop"].diff[...] = 7
    assert (net.blobs["conv"].diff == 3).all()


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize("name", ["conv", "ip"])
def test_weights_are_noticed_however_they_are_changed(net, name, is_held):
    weights = net.params[name][0].data
    if not is_held:
        del weights
    before = net.forward()["ip"].copy()
    if is_held:
        weights *= 2
    else:
        net.params[name][0].data[...] *= 2
    after = net.forward()["ip"].copy()
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_array_equal(net.forward()["ip"], after)


def test_a_pass_that_ends_before_the_relu_shows_what_lies_between(net):
    net.forward(end="conv")
    raw = net.blobs["conv"].data.copy()
    net.forward()
    assert raw.min() < 0
    np.testing.assert_allclose(net.blobs["conv"].data, raw.clip(min=0), atol=1e-6)


def test_stamps_tell_changes_unless_somebody_could_write():
    array = SyncedArray((2,))
    stamp = array.stamp
    held = array.host()
    assert array.stamp is None
    del held
    assert array.stamp is not None and array.stamp != stamp


def test_what_scripts_import_from_pycaffe():
    module = importlib.import_module("deepvis.caffe.pycaffe")
    assert module.Net is caffe.Net and module.SGDSolver is caffe.SGDSolver and module.io is caffe.io
    assert importlib.import_module("deepvis.caffe._caffe").Layer is caffe.Layer
    with pytest.raises(caffe.TrainingIsOut):
        module.NCCL(None, "")
    timer = caffe.Timer()
    timer.start()
    timer.stop()
    assert timer.ms >= 0 and caffe.solver_count() == 1 and not caffe.has_nccl()


def test_hdf5_weights_without_h5py_name_the_package(net, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ValueError, match="need the package h5py, which is not here; install it with"):
        net.load_hdf5(str(tmp_path / "w.h5"))
