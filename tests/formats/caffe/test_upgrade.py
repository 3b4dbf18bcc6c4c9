"""V0, V1 and legacy headers become what Caffe's own upgrade tool makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepvis.formats.caffe import schema
from deepvis.formats.caffe.data import DATA_TYPES
from deepvis.formats.caffe.layer import LAYERS
from deepvis.formats.caffe.prototxt import read_net_text
from deepvis.formats.caffe.upgrade import upgrade, v1_type
from deepvis.network.model_error import ModelError

V0 = """
name: "old" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "padded" }
layers { layer { name: "conv1" type: "conv" num_output: 4 kernelsize: 5 group: 1 stride: 2 biasterm: false
  weight_filler { type: "xavier" } blobs_lr: 1. weight_decay: 0. } bottom: "padded" top: "conv1" }
layers { layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 pad: 1 } bottom: "conv1" top: "pool1" }
layers { layer { name: "norm1" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 k: 2 } bottom: "pool1" top: "norm1" }
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.7 } bottom: "norm1" top: "norm1" }
layers { layer { name: "fc" type: "innerproduct" num_output: 2 } bottom: "norm1" top: "fc" }
layers { layer { name: "loss" type: "softmax_loss" } bottom: "fc" bottom: "label" }
"""
V0_TODAY = """
name: "old"
layer { name: "input" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 decay_mult: 0 }
  convolution_param { num_output: 4 bias_term: false pad: 2 kernel_size: 5 group: 1 stride: 2
    weight_filler { type: "xavier" } } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1"
  lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 k: 2 } }
layer { name: "drop" type: "Dropout" bottom: "norm1" top: "norm1" dropout_param { dropout_ratio: 0.7 } }
layer { name: "fc" type: "InnerProduct" bottom: "norm1" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" }
"""
V1 = """
layers { name: "d" type: IMAGE_DATA top: "d" image_data_param { source: "x" batch_size: 2 crop_size: 5 mirror: true } }
layers { name: "s" type: SLICE bottom: "d" top: "a" top: "b" slice_param { slice_dim: 0 } exclude { stage: "no" } }
layers { name: "c" type: CONVOLUTION bottom: "a" top: "c" param: "w" param: "b" blob_share_mode: PERMISSIVE
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0 convolution_param { num_output: 1 kernel_size: 1 } }
layers { name: "h" type: HDF5_OUTPUT bottom: "c" loss_weight: 2 hdf5_output_param { file_name: "f" } }
"""
V1_TODAY = """
layer { name: "d" type: "ImageData" top: "d" image_data_param { source: "x" batch_size: 2 }
  transform_param { crop_size: 5 mirror: true } }
layer { name: "s" type: "Slice" bottom: "d" top: "a" top: "b" slice_param { slice_dim: 0 } exclude { stage: "no" } }
layer { name: "c" type: "Convolution" bottom: "a" top: "c"
  param { name: "w" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 1 } param { name: "b" lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 1 kernel_size: 1 } }
layer { name: "h" type: "HDF5Output" bottom: "c" loss_weight: 2 hdf5_output_param { file_name: "f" } }
"""

WRONG = {
    "two formats": ("layer { } layers { }", "found both 'layer' and 'layers'"),
    "V0 type": ('layers { layer { name: "x" type: "no" } }', "layer 'x': found the V0 layer type 'no'"),
    "padding into": (
        'layers { layer { name: "p" type: "padding" } bottom: "a" top: "b" }'
        'layers { layer { name: "r" type: "relu" } bottom: "b" top: "c" }',
        "layer 'r' (relu): reads the padded blob 'b'",
    ),
    "padding with two": (
        'layers { layer { type: "padding" } bottom: "a" bottom: "b" top: "c" }',
        "expected one bottom",
    ),
    "dims": ('input: "x" input_dim: 1 input_dim: 2 layer { }', "found 2 input_dim for 1 input, expected 4"),
    "shapes": ('input: "x" input_shape { } input_shape { }', "found 2 input_shape for 1 input"),
    "dims and shapes": ('input: "x" input_shape { } input_dim: 3', "found both input_shape and input_dim"),
}


@pytest.mark.parametrize(("old", "today"), [(V0, V0_TODAY), (V1, V1_TODAY)], ids=["V0", "V1"])
def test_old_layers(old: str, today: str) -> None:
    net = read_net_text(old)
    before = net.SerializeToString()
    assert upgrade(net) == read_net_text(today)
    assert net.SerializeToString() == before


def test_every_v1_type_has_a_name() -> None:
    text = "".join(f"layers {{ type: {number} }}\n" for number in range(40) if number not in (27,))
    assert all(layer.type[:1].isupper() or not layer.type for layer in upgrade(read_net_text(text)).layer)


@pytest.mark.parametrize(
    "header", ["input_dim: 2 input_dim: 3 input_dim: 1 input_dim: 1", "input_shape { dim: [2, 3, 1, 1] }"]
)
def test_input_headers(header: str) -> None:
    layer = upgrade(read_net_text(f'input: "x" {header} layer {{ }}')).layer[0]
    assert (layer.name, layer.type, list(layer.top)) == ("input", "Input", ["x"])
    assert list(layer.input_param.shape[0].dim) == [2, 3, 1, 1]


def test_batch_norms_three_old_params_do_not_learn() -> None:
    net = upgrade(read_net_text('layer { type: "BatchNorm" param { lr_mult: 1 } param { } param { name: "s" } }'))
    assert [(p.lr_mult, p.decay_mult) for p in net.layer[0].param] == [(0, 0)] * 3
    assert net.layer[0].param[2].name == "s"


@pytest.mark.parametrize("what", WRONG)
def test_errors(what: str) -> None:
    text, said = WRONG[what]
    with pytest.raises(ModelError) as error:
        upgrade(read_net_text(text + "\n"))
    assert said in str(error.value)


@pytest.mark.parametrize("case", ["caffenet_like_a_v0", "caffenet_like_a_v1"])
def test_agrees_with_caffes_own_upgrade(case: str, root: Path) -> None:
    folder = root / "tests" / "golden" / "nets" / case
    assert upgrade(read_net_text(folder / "net.prototxt")) == read_net_text(folder / "upgraded_by_caffe.prototxt")


def test_every_v1_type_has_the_name_of_a_layer_of_today() -> None:
    """But for data layers, which become inputs, and HDF5Output, which is left out."""
    enum = schema.V1LayerParameter.DESCRIPTOR.fields_by_name["type"].enum_type
    numbers = [value.number for value in enum.values if value.name != "NONE"]
    names = {v1_type(schema.V1LayerParameter(type=number)) for number in numbers}
    assert names - set(LAYERS) - DATA_TYPES == {"HDF5Output"}
