"""The pycaffe backend: the conformance suite on stand-ins with pycaffe's interface, and on a real one where it is."""

from __future__ import annotations

import importlib.util
import sys
import types

import numpy as np
import pytest

import deepvis.caffe
from deepvis.core.types import BackRequest, NetRequest, Unit
from deepvis.live.backend import BackendError, backend_of, open_backend
from deepvis.live.backends.caffe import PycaffeBackend
from deepvis.live.backends.engine import GraphBackend
from deepvis.network.back_modes import BACK_MODES
from tests.helpers.networks import noise_frame, small_model
from tests.live.backends.conformance import BackendConformance


def stock_caffe():
    """A module with the interface of BVLC's pycaffe: without the fork's methods."""

    class Net(deepvis.caffe.Net):
        def __getattribute__(self, name):
            if name in ("backward_from_layer", "deconv_from_layer", "deconv", "zero"):
                raise AttributeError(f"'Net' object has no attribute '{name}'")
            return super().__getattribute__(name)

    module = types.ModuleType("caffe")
    module.Net, module.TEST = Net, deepvis.caffe.TEST
    module.modes = []
    module.set_mode_cpu = lambda: module.modes.append("cpu")
    module.set_mode_gpu = lambda: module.modes.append("gpu")
    module.set_device = lambda index: module.modes.append(index)
    return module


class TestStock(BackendConformance):
    def make(self, model):
        return PycaffeBackend(model, "cpu", caffe=stock_caffe())


class TestFork(BackendConformance):
    def make(self, model):
        return PycaffeBackend(model, "cpu", caffe=deepvis.caffe)


@pytest.mark.skipif(importlib.util.find_spec("caffe") is None, reason="no pycaffe is installed")
class TestReal(BackendConformance):
    def make(self, model):
        return open_backend("caffe", model, "cpu")


BRANCHES = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 12 dim: 12 } } }
layer { name: "a" type: "Convolution" bottom: "data" top: "a"
  convolution_param { num_output: 6 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "a_relu" type: "ReLU" bottom: "a" top: "a" }
layer { name: "norm" type: "LRN" bottom: "a" top: "norm" lrn_param { deconv_ignore: true alpha: 0.5 } }
layer { name: "b" type: "Convolution" bottom: "norm" top: "b"
  convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "b_relu" type: "ReLU" bottom: "b" top: "b" }
layer { name: "c" type: "Pooling" bottom: "norm" top: "c" pooling_param { kernel_size: 3 stride: 1 pad: 1 } }
layer { name: "both" type: "Concat" bottom: "b" bottom: "c" top: "both" }
"""


@pytest.mark.parametrize("layer", ["both", "b", "c", "a"])
@pytest.mark.parametrize("mode", list(BACK_MODES))
def test_agrees_with_the_engine_on_branches_whatever_ran_before(tmp_path, layer, mode):
    model = small_model(tmp_path, BRANCHES)
    engine, caffe = GraphBackend(model), PycaffeBackend(model, caffe=stock_caffe())
    caffe._net.copy_from(_written(model, tmp_path))
    frame = noise_frame(0, 12, 12)
    caffe.run(NetRequest(frame, BackRequest(Unit("both", 0), mode)))  # leaves diffs in every branch
    request = NetRequest(frame, BackRequest(Unit(layer, 1), mode))
    want, got = engine.run(request), caffe.run(request)
    scale = np.abs(want.input_diff).max()
    assert scale > 0
    np.testing.assert_allclose(got.input_diff, want.input_diff, atol=1e-4 * scale)
    assert set(got.diffs) == set(want.diffs)


def _written(model, tmp_path):
    from deepvis.formats.caffe.filling import fill_net
    from deepvis.formats.caffe.weights import write_weights

    spec = model.opened.own()
    if any(layer.blobs == () and layer.type == "Convolution" for layer in spec.layers):
        spec = fill_net(spec)
    path = tmp_path / "w.caffemodel"
    write_weights(path, spec)
    return str(path)


def test_gpu_mode_is_set_in_the_thread_that_opens_it(tmp_path):
    caffe = stock_caffe()
    PycaffeBackend(small_model(tmp_path), "cuda:1", caffe=caffe)
    assert caffe.modes == [1, "gpu"]


def test_without_pycaffe_one_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "caffe", None)
    with pytest.raises(BackendError, match=r"no pycaffe is installed.*--backend engine"):
        open_backend("caffe", small_model(tmp_path), "cpu")
    monkeypatch.setitem(sys.modules, "caffe", types.ModuleType("caffe"))
    with pytest.raises(BackendError, match="is no pycaffe"):
        open_backend("caffe", small_model(tmp_path), "cpu")


def test_to_look_for_pycaffe_does_not_import_it():
    before = "caffe" in sys.modules
    assert backend_of("auto") in ("caffe", "engine")
    assert ("caffe" in sys.modules) == before
