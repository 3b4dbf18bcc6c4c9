"""Networks that cannot be: one sentence that names the layer, what was found and what was expected; never a crash."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from deepvis.formats.caffe.layer import fits
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.model_error import ModelError
from tests.helpers.nets import conv, data, layer

IMAGE = data(1, 3, 8, 8)
PAIR = IMAGE + data(1, 3, 8, 6, name="other")
HUGE = 2**40


def pool(params: str) -> str:
    return IMAGE + layer("Pooling", "p", "data", f"pooling_param {{ {params} }}")


BAD = {
    "kernel too large": (
        IMAGE + conv("c", "data", "num_output: 2 kernel_size: 9"),
        r"'c' \(Convolution\).*1x3x8x8.*9 or more",
    ),
    "kernel 0": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 0"), "kernel_size 0"),
    "no kernel": (IMAGE + conv("c", "data", "num_output: 2"), "no kernel_size"),
    "stride 0": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3 stride: 0"), "stride 0"),
    "dilation 0": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3 dilation: 0"), "dilation 0"),
    "no outputs": (IMAGE + conv("c", "data", "num_output: 0 kernel_size: 3"), "num_output 0"),
    "groups": (IMAGE + conv("c", "data", "num_output: 4 kernel_size: 3 group: 2"), "3 channels.*groups"),
    "group 0": (IMAGE + conv("c", "data", "num_output: 4 kernel_size: 3 group: 0"), "group|groups"),
    "three strides": (
        IMAGE + conv("c", "data", "num_output: 4 kernel_size: 3 stride: 1 stride: 1 stride: 1"),
        "3 values of stride",
    ),
    "huge kernel": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 4000000000"), "kernel|values|4000000000"),
    "huge pad": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3 pad: 2000000000"), "values"),
    "huge outputs": (IMAGE + conv("c", "data", "num_output: 4294967295 kernel_size: 3"), "values"),
    "huge inner product": (
        IMAGE + layer("InnerProduct", "i", "data", "inner_product_param { num_output: 4294967295 }"),
        "values",
    ),
    "inner product without outputs": (IMAGE + layer("InnerProduct", "i", "data"), "num_output 0"),
    "huge deconvolution": (
        IMAGE
        + layer("Deconvolution", "d", "data", "convolution_param { num_output: 2 kernel_size: 3 stride: 1000000 }"),
        "values",
    ),
    "pooling without kernel": (pool(""), "no kernel size"),
    "pooling stride 0": (pool("kernel_size: 2 stride: 0"), "stride"),
    "pooling pad": (pool("kernel_size: 2 pad: 2"), "pad .*smaller than the kernel"),
    "pooling half a pad": (pool("kernel_size: 2 pad_w: 1"), "found pad_w, expected pad alone, or both"),
    "pooling half a stride": (pool("kernel_size: 2 stride_w: 2"), "found stride_w"),
    "pooling two strides": (
        pool("kernel_size: 2 stride: 2 stride_h: 1 stride_w: 1"),
        "stride and stride_h and stride_w",
    ),
    "stochastic pooling with a pad": (pool("pool: STOCHASTIC kernel_size: 3 pad: 1"), "STOCHASTIC.*MAX and AVE only"),
    "mask of a mean": (
        IMAGE + layer("Pooling", "p", "data", "pooling_param { pool: AVE kernel_size: 2 }", tops="p m"),
        "2 tops with AVE",
    ),
    "pooling too large": (pool("kernel_size: 20"), "8 x 8.*room for a kernel of 20 x 20"),
    "pooling of a vector": (
        data(2, 3) + layer("Pooling", "p", "data", "pooling_param { kernel_size: 1 }"),
        "2 dimensions",
    ),
    "global pooling with a kernel": (pool("global_pooling: true kernel_size: 2"), "one of the two"),
    "lrn even": (IMAGE + layer("LRN", "n", "data", "lrn_param { local_size: 4 }"), "local_size 4.*odd"),
    "eltwise": (PAIR + layer("Eltwise", "e", "data other"), r"'e' \(Eltwise\).*\[1, 3, 8, 8\].*\[1, 3, 8, 6\]"),
    "eltwise coeff": (IMAGE + layer("Eltwise", "e", "data data", "eltwise_param { coeff: 1 }"), "1 coeff"),
    "eltwise coeff of a product": (
        IMAGE + layer("Eltwise", "e", "data data", "eltwise_param { operation: PROD coeff: 1 coeff: 1 }"),
        "coeff with operation PROD",
    ),
    "concat": (PAIR + layer("Concat", "c", "data other"), "same sizes but for axis 1"),
    "concat axis": (PAIR + layer("Concat", "c", "data other", "concat_param { axis: 4 }"), "axis 4"),
    "slice": (IMAGE + layer("Slice", "s", "data", tops="a b"), "multiple of its 2 tops"),
    "slice points": (
        IMAGE + layer("Slice", "s", "data", "slice_param { slice_point: 5 }", tops="a b"),
        r"slice points \[5\]",
    ),
    "reshape": (IMAGE + layer("Reshape", "r", "data", "reshape_param { shape { dim: 7 dim: -1 } }"), "multiple of 7"),
    "reshape negative": (IMAGE + layer("Reshape", "r", "data", "reshape_param { shape { dim: -3 } }"), r"shape \[-3\]"),
    "reshape huge": (
        IMAGE + layer("Reshape", "r", "data", f"reshape_param {{ shape {{ dim: {HUGE} dim: {HUGE} }} }}"),
        "same number of values|values",
    ),
    "flatten": (IMAGE + layer("Flatten", "f", "data", "flatten_param { axis: 3 end_axis: 1 }"), "end_axis"),
    "softmax axis": (IMAGE + layer("Softmax", "s", "data", "softmax_param { axis: 9 }"), "axis 9"),
    "crop": (PAIR + layer("Crop", "c", "other data"), "8 from 0 on along axis 3"),
    "crop offsets": (
        PAIR + layer("Crop", "c", "data other", "crop_param { offset: 1 offset: 1 offset: 1 }"),
        "3 offsets",
    ),
    "tile 0": (IMAGE + layer("Tile", "t", "data"), "tiles 0"),
    "huge tile": (IMAGE + layer("Tile", "t", "data", "tile_param { tiles: 2000000000 }"), "values"),
    "argmax": (IMAGE + layer("ArgMax", "a", "data", "argmax_param { axis: 1 top_k: 4 }"), "top_k 4 of 3"),
    "embed": (data(1) + layer("Embed", "e", "data", "embed_param { num_output: 2 }"), "input_dim 0"),
    "scale": (PAIR + layer("Scale", "s", "data other", "scale_param { axis: 0 }"), r"second bottom of \[1, 3, 8, 6\]"),
    "scale axes": (IMAGE + layer("Scale", "s", "data", "scale_param { axis: 1 num_axes: 5 }"), "num_axes 5"),
    "clip": (IMAGE + layer("Clip", "c", "data"), "no min"),
    "log base": (IMAGE + layer("Log", "l", "data", "log_param { base: -2 }"), "base -2"),
    "prelu": (data(3) + layer("PReLU", "p", "data"), "'p'.*1 dimensions"),
    "filler": (
        IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3").replace("gaussian", "gausian"),
        r"'c' \(Convolution\): found the filler type 'gausian'.*gaussian",
    ),
    "filler's deviation": (IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3").replace("0.4", "-1"), "'c'"),
    "endless filler": (
        IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3").replace("-0.2 max: 0.2", "-inf max: inf"),
        "'c'",
    ),
    "spp": (IMAGE + layer("SPP", "s", "data", "spp_param { pyramid_height: 40 }"), "pyramid_height 40"),
    "dummy": (layer("DummyData", "d", "", f"dummy_data_param {{ shape {{ dim: {HUGE} }} }}"), "values"),
    "parameter": (layer("Parameter", "d", "", f"parameter_param {{ shape {{ dim: {HUGE} }} }}"), "values"),
    "lstm": (
        data(2, 3, 4) + data(3, 2, name="cont") + layer("LSTM", "l", "data cont", "recurrent_param { num_output: 2 }"),
        "cont of",
    ),
    "lstm without outputs": (data(2, 3, 4) + data(2, 3, name="cont") + layer("LSTM", "l", "data cont"), "num_output 0"),
    "interp": (IMAGE + layer("Interp", "i", "data"), "0 x 0"),
    "permute": (IMAGE + layer("Permute", "p", "data", "permute_param { order: 0 order: 0 }"), r"order \[0, 0\]"),
    "shuffle": (IMAGE + layer("ShuffleChannel", "s", "data", "shuffle_channel_param { group: 2 }"), "group 2"),
    "roi": (PAIR + layer("ROIPooling", "r", "data other"), "pooled_h 0"),
    "prior box": (PAIR + layer("PriorBox", "p", "data other"), "min_size"),
    "endless prior box": (PAIR + layer("PriorBox", "p", "data other", "prior_box_param { min_size: inf }"), "'p'"),
    "detection": (PAIR + layer("DetectionOutput", "d", "data other data"), "num_classes 0"),
    "input size 0": (data(1, 0, 8, 8), "1 x 0 x 8 x 8|1x0x8x8"),
    "input huge": (data(1, 3, HUGE, 8), "values"),
    "input very huge": (data(HUGE, HUGE, HUGE, HUGE), "values"),
    "input of 40 dimensions": (data(*[1] * 40), "40 dimensions, expected at most 32"),
    "input negative": (data(1, 3, -8, 8), "-8"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_one_sentence(name: str) -> None:
    text, expected = BAD[name]
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=expected) as caught:
            caffe_net(load_net(text, on_missing="fill"))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 400
    assert "expected" in sentence


WEIGHTS = {
    "wrong count": [np.zeros((2, 3, 3, 3), np.float32)],
    "wrong kernel": [np.zeros((2, 3, 5, 5), np.float32), np.zeros(2, np.float32)],
    "wrong channels": [np.zeros((2, 4, 3, 3), np.float32), np.zeros(2, np.float32)],
    "wrong outputs": [np.zeros((4, 3, 3, 3), np.float32), np.zeros(4, np.float32)],
    "another order": [np.zeros((3, 3, 3, 2), np.float32), np.zeros(2, np.float32)],
    "flat": [np.zeros((2, 27), np.float32), np.zeros(2, np.float32)],
    "wrong bias": [np.zeros((2, 3, 3, 3), np.float32), np.zeros(3, np.float32)],
    "nothing": [],
}


@pytest.mark.parametrize("name", list(WEIGHTS))
def test_weights_that_do_not_fit(name: str) -> None:
    text = IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3")
    with pytest.raises(ModelError, match="'c'"):
        caffe_net(load_net(text, {"c": WEIGHTS[name]}))


def test_a_matrix_the_wrong_way_round() -> None:
    text = data(1, 3) + layer("InnerProduct", "i", "data", "inner_product_param { num_output: 2 bias_term: false }")
    with pytest.raises(ModelError, match=r"'i' \(InnerProduct\): found weights of 3x2, expected 2x3"):
        caffe_net(load_net(text, {"i": [np.zeros((3, 2), np.float32)]}))


@pytest.mark.parametrize(
    ("found", "wanted", "can"),
    [
        ((2, 3), (2, 3), True),
        ((1, 1, 2, 3), (2, 3), True),
        ((1, 1, 1, 4), (4,), True),
        ((1, 4, 1, 1), (4,), True),
        ((1,), (), True),
        ((2, 3, 4), (2, 12), True),
        ((3, 2), (2, 3), False),
        ((2, 2), (4,), False),
        ((2, 3, 1, 3), (2, 3, 3, 1), False),
        ((2, 9), (2, 3, 3, 1), False),
        ((2, 3, 5, 5), (2, 3, 3, 3), False),
    ],
)
def test_shapes_of_weights_that_mean_the_same(found: tuple, wanted: tuple, can: bool) -> None:
    assert fits(found, wanted) == can


def test_no_weights_at_all() -> None:
    text = IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3")
    with pytest.raises(ModelError, match=r"'c' \(Convolution\): found 0 weight blobs, expected its bias"):
        caffe_net(load_net(text))


def test_the_same_sentence_at_run_time() -> None:
    """A picture of another size that the layers cannot take."""
    network = caffe_net(load_net(IMAGE + conv("c", "data", "num_output: 2 kernel_size: 3"), on_missing="fill"))
    with pytest.raises(ModelError, match=r"'c' \(Convolution\).*1x3x2x8.*3 or more"):
        network.forward({"data": np.zeros((1, 3, 2, 8))})
    with pytest.raises(ModelError, match="'c'"):
        network.forward({"data": np.zeros((3, 8))})


def test_indices_that_do_not_exist() -> None:
    text = data(2) + layer("Embed", "e", "data", "embed_param { num_output: 2 input_dim: 3 }")
    with pytest.raises(ModelError, match="the index 3, expected rows of the table from 0 to 2"):
        caffe_net(load_net(text, on_missing="fill")).forward({"data": np.array([0, 3])})
