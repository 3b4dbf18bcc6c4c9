"""Receptive fields beside a slow reference: change one row or column of the picture and see which units move."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.formats.caffe.spec_graph import caffe_net, graph_of
from deepvis.network.field import Field, field_size, receptive_field
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from tests.helpers.nets import conv, data, filled, layer, noise

CAFFENET = (
    data(1, 3, 227, 227)
    + conv("conv1", "data", "num_output: 2 kernel_size: 11 stride: 4")
    + layer("Pooling", "pool1", "conv1", "pooling_param { kernel_size: 3 stride: 2 }")
    + layer("LRN", "norm1", "pool1", "lrn_param { local_size: 5 }")
    + conv("conv2", "norm1", "num_output: 2 kernel_size: 5 pad: 2 group: 2")
    + layer("Pooling", "pool2", "conv2", "pooling_param { kernel_size: 3 stride: 2 }")
    + conv("conv3", "pool2", "num_output: 2 kernel_size: 3 pad: 1")
    + conv("conv4", "conv3", "num_output: 2 kernel_size: 3 pad: 1")
    + conv("conv5", "conv4", "num_output: 2 kernel_size: 3 pad: 1")
    + layer("Pooling", "pool5", "conv5", "pooling_param { kernel_size: 3 stride: 2 }")
    + layer("InnerProduct", "fc6", "pool5", "inner_product_param { num_output: 2 }")
)


@pytest.mark.parametrize(
    "blob, size", [("conv1", 11), ("conv2", 51), ("conv3", 99), ("conv4", 131), ("conv5", 163), ("fc6", 227)]
)
def test_sizes_of_caffenet(blob: str, size: int) -> None:
    spec = filled(CAFFENET)
    assert field_size(graph_of(spec), caffe_net(spec).shapes, blob) == (size, size)


def test_corner_of_conv5() -> None:
    spec = filled(CAFFENET)
    shapes = caffe_net(spec).shapes
    field = receptive_field(graph_of(spec), shapes, "conv5", 0, 0)
    assert field == Field(-64, -64, 99, 99)
    assert field.clamped(227, 227) == Field(0, 0, 99, 99)
    assert receptive_field(graph_of(spec), shapes, "fc6", 0, 0) == Field(0, 0, 227, 227)


AVERAGE = "pooling_param {{ pool: AVE {} }}".format
NETS = {
    "strides": conv("c", "data", "num_output: 2 kernel_size: 3 stride: 2 pad: 1")
    + layer("Pooling", "y", "c", AVERAGE("kernel_size: 3 stride: 2")),
    "oblong": conv("c", "data", "num_output: 2 kernel_h: 1 kernel_w: 4 stride_h: 1 stride_w: 2 pad_h: 0 pad_w: 1")
    + layer("Pooling", "y", "c", AVERAGE("kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 1 pad_w: 0")),
    "dilated": conv("y", "data", "num_output: 2 kernel_size: 3 dilation: 3 pad: 3"),
    "branches": conv("a", "data", "num_output: 2 kernel_size: 1")
    + conv("b", "data", "num_output: 2 kernel_size: 5 pad: 2")
    + layer("Concat", "j", "a b")
    + conv("c", "j", "num_output: 2 kernel_size: 3 pad: 1 stride: 2")
    + conv("d", "data", "num_output: 2 kernel_size: 1 stride: 2")
    + layer("Eltwise", "y", "c d"),
    "deconvolution": conv("c", "data", "num_output: 2 kernel_size: 3 stride: 2")
    + layer(
        "Deconvolution",
        "y",
        "c",
        "convolution_param { num_output: 2 kernel_size: 4 stride: 2 pad: 1 weight_filler { type: 'gaussian' } }",
    ),
    "crop": conv("c", "data", "num_output: 2 kernel_size: 3 pad: 2")
    + conv("ref", "data", "num_output: 2 kernel_size: 5")
    + layer("Crop", "y", "c ref", "crop_param { axis: 2 offset: 3 offset: 1 }"),
    "crop centre": layer("CropCenter", "c", "data", "crop_center_param { crop_size: 2 crop_size: 1 }")
    + conv("y", "c", "num_output: 2 kernel_size: 3"),
    "global pooling": conv("c", "data", "num_output: 2 kernel_size: 3")
    + layer("Pooling", "y", "c", "pooling_param { pool: AVE global_pooling: true }"),
    "gate": conv("c", "data", "num_output: 2 kernel_size: 3 pad: 1")
    + layer("Pooling", "p", "c", "pooling_param { pool: AVE global_pooling: true }")
    + layer("Reshape", "r", "p", "reshape_param { shape { dim: 0 dim: 0 } }")
    + layer("Scale", "y", "c r", "scale_param { axis: 0 }"),
    "within": layer("LRN", "l", "data", "lrn_param { local_size: 5 alpha: 9 norm_region: WITHIN_CHANNEL }")
    + conv("y", "l", "num_output: 2 kernel_size: 2 stride: 2"),
    "rows joined": conv("a", "data", "num_output: 2 kernel_size: 3 pad: 1")
    + conv("b", "data", "num_output: 2 kernel_size: 3 stride: 1 pad: 1")
    + layer("Concat", "j", "a b", "concat_param { axis: 2 }")
    + conv("y", "j", "num_output: 2 kernel_size: 3 pad: 1"),
    "rows cut": conv("a", "data", "num_output: 2 kernel_size: 3 pad: 1")
    + layer("Slice", "s", "a", "slice_param { axis: 3 slice_point: 4 }", tops="s1 s2")
    + conv("y", "s2", "num_output: 2 kernel_size: 2"),
    "interp": conv("a", "data", "num_output: 2 kernel_size: 3 stride: 2")
    + layer("Interp", "y", "a", "interp_param { height: 11 width: 9 }"),
    "softmax of rows": conv("a", "data", "num_output: 2 kernel_size: 3")
    + layer("Softmax", "y", "a", "softmax_param { axis: 2 }"),
    "turned": layer("Permute", "y", "data", "permute_param { order: 0 order: 1 order: 3 order: 2 }"),
    "pyramid": conv("a", "data", "num_output: 2 kernel_size: 3")
    + layer("SPP", "y", "a", "spp_param { pool: AVE pyramid_height: 2 }"),
}  # fmt: skip
EXACT = set(NETS) - {"turned", "pyramid", "softmax of rows", "dilated"}  # these may say more than is seen
HEIGHT, WIDTH = 13, 16


def seen(network: GraphNet, row: int, col: int) -> Field:
    """The smallest window of pixels that move the unit, found by moving them: as long a way as it sounds."""
    x = noise(1, 2, HEIGHT, WIDTH)
    unit = (0, slice(None), row, col) if len(network.shapes["y"]) == 4 else (0, slice(None))
    before = network.forward({"data": x}).blobs["y"][unit]

    def moves(rows, columns) -> bool:
        other = x.copy()
        other[:, :, rows, columns] += 3 * noise(1, 2, HEIGHT, WIDTH, seed=1)[:, :, rows, columns]
        return bool((network.forward({"data": other}).blobs["y"][unit] != before).any())

    rows = [r for r in range(HEIGHT) if moves(slice(r, r + 1), slice(None))]
    columns = [c for c in range(WIDTH) if moves(slice(None), slice(c, c + 1))]
    return Field(rows[0], columns[0], rows[-1] + 1, columns[-1] + 1) if rows and columns else Field(0, 0, 0, 0)


@pytest.mark.parametrize("name", list(NETS))
def test_beside_moved_pixels(name: str) -> None:
    spec = filled(data(1, 2, HEIGHT, WIDTH) + NETS[name])
    network = caffe_net(spec)
    height, width = network.shapes["y"][2:] if len(network.shapes["y"]) == 4 else (1, 1)
    places = {(0, 0), (height // 2, width // 2), (height - 1, width - 1), (height - 1, 0), (height // 3, width - 2)}
    for row, col in sorted((max(r, 0), max(c, 0)) for r, c in places):
        found = receptive_field(graph_of(spec), network.shapes, "y", row, col).clamped(HEIGHT, WIDTH)
        true = seen(network, row, col)
        if name in EXACT:
            assert found == true, (row, col)
        else:
            assert found.top <= true.top and found.left <= true.left, (row, col)
            assert found.bottom >= true.bottom and found.right >= true.right, (row, col)


def test_unknown_places_and_names() -> None:
    spec = filled(CAFFENET)
    shapes = caffe_net(spec).shapes
    with pytest.raises(ModelError, match=r"the unit \(13, 0\) of blob 'conv5': expected a place in 13 x 13"):
        receptive_field(graph_of(spec), shapes, "conv5", 13, 0)
    with pytest.raises(ModelError, match="no input named 'image', expected one of data"):
        receptive_field(graph_of(spec), shapes, "conv5", 1, 1, "image")


def test_the_size_reference_of_a_crop_is_not_seen() -> None:
    text = data(1, 2, 9, 9) + data(1, 2, 5, 5, name="ref") + layer("Crop", "y", "data ref", "crop_param { offset: 1 }")
    spec = filled(text)
    assert receptive_field(graph_of(spec), caffe_net(spec).shapes, "y", 0, 0) == Field(1, 1, 2, 2)
    assert receptive_field(graph_of(spec), caffe_net(spec).shapes, "y", 0, 0, "ref") == Field(0, 0, 0, 0)


def test_shapes_are_read_not_run() -> None:
    assert np.prod(caffe_net(filled(CAFFENET)).shapes["conv1"]) == 2 * 55 * 55
