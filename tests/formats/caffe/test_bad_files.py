"""Networks that cannot run: one sentence with layer, what was found, what was expected; load_net and Net together."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.model_error import ModelError

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 8] } } }\n'


def layer(kind: str, param: str = "", bottom: str = "data", top: str = "x", name: str = "l") -> str:
    reads = " ".join(f'bottom: "{blob}"' for blob in bottom.split())
    makes = " ".join(f'top: "{blob}"' for blob in top.split())
    return f'layer {{ name: "{name}" type: "{kind}" {reads} {makes} {param} }}\n'


def conv(param: str, **more: str) -> str:
    return layer("Convolution", f"convolution_param {{ num_output: 2 {param} }}", **more)


def pool(param: str, **more: str) -> str:
    return layer("Pooling", f"pooling_param {{ {param} }}", **more)


def inputs(dims: str) -> str:
    return f'layer {{ name: "i" type: "Input" top: "data" input_param {{ shape {{ dim: [{dims}] }} }} }}\n'


BIG = 2**40
BAD = {
    "unknown bottom": (DATA + layer("ReLU", bottom="dat"), "reads the blob 'dat', which no layer makes", "'data'"),
    "cycle": (
        DATA + layer("Eltwise", bottom="data b", top="a", name="p") + layer("Power", bottom="a", top="b", name="q"),
        "layer 'p' (Eltwise) reads the blob 'b', which is made by layer 'q' after it",
        "no cycles",
    ),
    "reads itself": (DATA + layer("Eltwise", bottom="data x"), "reads the blob 'x', which is made by itself", ""),
    "duplicate top": (
        DATA + layer("Power", name="p") + layer("Power", name="q"),
        "layer 'q' (Power) makes the blob 'x', which layer 'p' makes already",
        "expected one maker",
    ),
    "top is the input": (
        DATA + layer("Eltwise", bottom="data data", top="data data"),
        "layer 'l' (Eltwise)",
        "expected",
    ),
    "two tops of one name": (DATA + layer("Split", top="x x"), "makes the blob 'x', which layer 'l' makes", ""),
    "no type": (DATA + 'layer { name: "l" bottom: "data" top: "x" }\n', "layer 'l' has no type", "expected"),
    "no bottom": (DATA + layer("ReLU", bottom=""), "layer 'l' (ReLU) has 0 bottoms, expected 1", ""),
    "three bottoms": (DATA + layer("Scale", bottom="data data data"), "has 3 bottoms, expected 1 to 2", ""),
    "no top": (DATA + layer("ReLU", top=""), "layer 'l' (ReLU) has 0 tops, expected 1", ""),
    "zero input": (inputs("1, 0, 8, 8"), "input 'data': found the shape 1x0x8x8", "expected sizes of 1 or more"),
    "negative input": (inputs("1, -3, 8, 8"), "found the shape 1x-3x8x8", "expected sizes of 1 or more"),
    "absurd input": (inputs(f"{BIG}, 3, 8, 8"), f"found the shape {BIG}x3x8x8", "fewer than 2^31 values"),
    "absurd product": (inputs("65536, 3, 4096, 4096"), "fewer than 2^31 values", ""),
    "conv stride 0": (DATA + conv("kernel_size: 3 stride: 0"), "layer 'l' (Convolution)", "stride"),
    "conv stride_h 0": (DATA + conv("kernel_size: 3 stride_h: 0 stride_w: 1"), "layer 'l' (Convolution)", "stride"),
    "conv dilation 0": (DATA + conv("kernel_size: 3 dilation: 0"), "layer 'l' (Convolution)", "dilation"),
    "conv kernel 0": (DATA + conv("kernel_size: 0"), "layer 'l' (Convolution)", "kernel"),
    "conv no kernel": (DATA + conv(""), "layer 'l' (Convolution)", "kernel"),
    "conv no outputs": (
        DATA + layer("Convolution", "convolution_param { num_output: 0 kernel_size: 1 }"),
        "layer 'l' (Convolution)",
        "",
    ),
    "conv group 0": (DATA + conv("kernel_size: 1 group: 0"), "layer 'l' (Convolution)", "group"),
    "conv groups": (DATA + conv("kernel_size: 1 group: 2"), "layer 'l' (Convolution)", "group"),
    "conv too large": (DATA + conv("kernel_size: 9"), "layer 'l' (Convolution)", "expected"),
    "conv absurd pad": (DATA + conv(f"kernel_size: 1 pad: {2**31}"), "layer 'l' (Convolution)", "expected"),
    "conv absurd outputs": (
        DATA + layer("Convolution", f"convolution_param {{ num_output: {2**31} kernel_size: 1 }}"),
        "layer 'l' (Convolution)",
        "expected",
    ),
    "deconv absurd": (
        DATA + layer("Deconvolution", "convolution_param { num_output: 2 kernel_size: 3 stride: 4000000000 }"),
        "layer 'l' (Deconvolution)",
        "expected",
    ),
    "pool stride 0": (DATA + pool("kernel_size: 2 stride: 0"), "layer 'l' (Pooling)", "stride"),
    "pool kernel 0": (DATA + pool("kernel_size: 0"), "layer 'l' (Pooling)", "kernel"),
    "pool none": (DATA + pool(""), "layer 'l' (Pooling)", "kernel"),
    "pool pad": (DATA + pool("kernel_size: 2 pad: 2"), "layer 'l' (Pooling)", "pad"),
    "pool absurd": (DATA + pool("kernel_size: 4294967295 pad: 4294967294"), "layer 'l' (Pooling)", "expected"),
    "lrn even": (DATA + layer("LRN", "lrn_param { local_size: 4 }"), "layer 'l' (LRN)", "odd"),
    "lrn zero": (DATA + layer("LRN", "lrn_param { local_size: 0 }"), "layer 'l' (LRN)", "odd"),
    "fc no outputs": (DATA + layer("InnerProduct"), "layer 'l' (InnerProduct)", ""),
    "fc axis": (
        DATA + layer("InnerProduct", "inner_product_param { num_output: 2 axis: 7 }"),
        "layer 'l' (InnerProduct)",
        "axis",
    ),
    "concat shapes": (
        DATA + conv("kernel_size: 3", top="a", name="c") + layer("Concat", bottom="data a"),
        "layer 'l' (Concat)",
        "expected",
    ),
    "eltwise shapes": (
        DATA + conv("kernel_size: 3", top="a", name="c") + layer("Eltwise", bottom="data a"),
        "layer 'l' (Eltwise)",
        "expected",
    ),
    "slice": (DATA + layer("Slice", top="a b"), "layer 'l' (Slice)", "expected"),
    "slice points": (
        DATA + layer("Slice", "slice_param { slice_point: 9 }", top="a b"),
        "layer 'l' (Slice)",
        "expected",
    ),
    "reshape": (DATA + layer("Reshape", "reshape_param { shape { dim: [1, 5] } }"), "layer 'l' (Reshape)", "expected"),
    "reshape twice": (
        DATA + layer("Reshape", "reshape_param { shape { dim: [-1, -1] } }"),
        "layer 'l' (Reshape)",
        "expected",
    ),
    "reshape absurd": (
        DATA + layer("Reshape", f"reshape_param {{ shape {{ dim: [{BIG}, {BIG}] }} }}"),
        "layer 'l' (Reshape)",
        "expected",
    ),
    "tile absurd": (DATA + layer("Tile", "tile_param { tiles: 2147483647 }"), "layer 'l' (Tile)", "expected"),
    "tile zero": (DATA + layer("Tile", "tile_param { tiles: 0 }"), "layer 'l' (Tile)", "expected"),
    "crop": (
        DATA + conv("kernel_size: 3", top="a", name="c") + layer("Crop", bottom="a data"),
        "layer 'l' (Crop)",
        "expected",
    ),
    "scale axis": (DATA + layer("Scale", "scale_param { axis: 9 }"), "layer 'l' (Scale)", "axis"),
    "softmax axis": (DATA + layer("Softmax", "softmax_param { axis: 9 }"), "layer 'l' (Softmax)", "axis"),
    "flatten axes": (
        DATA + layer("Flatten", "flatten_param { axis: 3 end_axis: 1 }"),
        "layer 'l' (Flatten)",
        "expected",
    ),
    "argmax": (DATA + layer("ArgMax", "argmax_param { top_k: 99999 }"), "layer 'l' (ArgMax)", "expected"),
    "embed": (DATA + layer("Embed", "embed_param { num_output: 2 input_dim: 0 }"), "layer 'l' (Embed)", ""),
    "dummy absurd": (
        DATA + layer("DummyData", f"dummy_data_param {{ shape {{ dim: [{BIG}] }} }}", bottom=""),
        "layer 'l' (DummyData)",
        "expected",
    ),
    "filler": (
        DATA + conv('kernel_size: 1 weight_filler { type: "guess" }'),
        "'guess'",
        "",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_one_sentence_names_the_layer(what: str) -> None:
    text, found, expected = BAD[what]
    with pytest.raises(ModelError) as error:
        spec = load_net(text, on_missing="fill")
        caffe_net(spec)
    said = str(error.value)
    assert found in said and expected in said and "\n" not in said and len(said) < 600


WRONG_WEIGHTS = {
    "kernel": ({"l": [(2, 3, 5, 5), (2,)]}, "layer 'l' (Convolution)", "2x3x5x5"),
    "channels": ({"l": [(2, 4, 3, 3), (2,)]}, "layer 'l' (Convolution)", "2x4x3x3"),
    "bias": ({"l": [(2, 3, 3, 3), (3,)]}, "layer 'l' (Convolution)", "3"),
    "count": ({"l": [(2, 3, 3, 3)]}, "layer 'l' (Convolution): found 1 weight blobs", "expected 2"),
    "too many": ({"l": [(2, 3, 3, 3), (2,), (2,)]}, "found 3 weight blobs", "expected 2"),
    "names": ({"m": [(2, 3, 3, 3), (2,)]}, "holds none of the network's layers 'l' but 'm'", "expected the same names"),
    "none": ({}, "holds no weights at all", "'l'"),
}


@pytest.mark.parametrize("what", WRONG_WEIGHTS)
def test_weights_that_do_not_fit(what: str) -> None:
    shapes, found, expected = WRONG_WEIGHTS[what]
    weights = {name: [np.zeros(shape, np.float32) for shape in blobs] for name, blobs in shapes.items()}
    with pytest.raises(ModelError) as error:
        caffe_net(load_net(DATA + conv("kernel_size: 3"), weights))
    assert found in str(error.value) and expected in str(error.value)


def test_no_weights_are_an_error_unless_filled() -> None:
    with pytest.raises(ModelError, match=r"layer 'l' .Convolution."):
        caffe_net(load_net(DATA + conv("kernel_size: 3")))
    assert caffe_net(load_net(DATA + conv("kernel_size: 3"), on_missing="fill")).shapes["x"] == (1, 2, 6, 6)
