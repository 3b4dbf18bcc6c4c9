"""Inputs of every shape that files declare: each is opened as its authors' Caffe runs it, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepvis import caffe
from deepvis.cli.listings import layer_lines
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.formats.caffe.weights import write_weights
from deepvis.live.backend import open_backend
from deepvis.live.fields import open_fields
from deepvis.models.model import Model
from deepvis.models.zoo import load_model
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from deepvis.network.shapes import infer_shapes
from deepvis.scan.windows import Window, Windows
from tests.helpers.nets import conv, data, layer

CONV = conv("c", "data", "num_output: 4 kernel_size: 3")


def opened(folder: Path, text: str, **said: object) -> Model:
    """As the window opens it, with weights that are made up."""
    (folder / "net.prototxt").write_text(text)
    return load_model(prototxt=folder / "net.prototxt", overrides={"fill": True, **said})


def lines(model: Model) -> list[str]:
    """What --list-layers prints of the layers, spaces joined."""
    info = open_backend("engine", model, "cpu").info
    return [" ".join(line.split()) for line in layer_lines(info, open_fields(model))]


@pytest.mark.parametrize("shape", [(3, 8, 9), (1, 8, 9), (1, 3, 9)])
def test_three_axes_are_no_picture_unless_a_size_is_given(tmp_path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=f"as {shape[0]} sequences of {shape[1]} channels.*deepvis.caffe.Net"):
        opened(tmp_path, data(*shape) + CONV)
    model = opened(tmp_path, data(*shape) + CONV, input_size=shape[1:])
    assert model.structure.inputs == {"data": (1, *shape)}


def test_two_axes_are_no_picture(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"^[^']*the inputs 'data' of 1x10, expected .*declare one with four sizes"):
        opened(tmp_path, data(1, 10) + layer("InnerProduct", "f", "data", "inner_product_param { num_output: 2 }"))


def test_two_pictures_along_the_batch_see_what_one_sees(tmp_path) -> None:
    both = layer("Concat", "data", "x y", "concat_param { axis: 0 }")
    text = data(1, 3, 8, 8, name="x") + data(1, 3, 8, 8, name="y") + both + CONV
    assert lines(opened(tmp_path, text)) == [
        "data Concat 3x16x8 data sees 1 × 1 pixels",
        "c Convolution 4x12x6 c sees 3 × 3 pixels",
    ]
    graph = opened(tmp_path, text).graph
    windows = Windows(graph, infer_shapes(graph, graph.inputs), "y")
    assert windows.window("c", 8, 3) == windows.window("c", 2, 3) == Window(2, 3, 3, 3)


@pytest.mark.parametrize("sizes", ["shape { dim: [10, 3, 8, 9] }", "num: 10 channels: 3 height: 8 width: 9"])
def test_dummy_data_of_old_and_new_fields(tmp_path, sizes: str) -> None:
    text = layer("DummyData", "d", "", f"dummy_data_param {{ {sizes} }}", tops="data") + CONV
    assert opened(tmp_path, text).structure.inputs == {"data": (1, 3, 8, 9)}


def test_the_batch_of_a_data_layer_is_kept_where_layers_fix_it(tmp_path) -> None:
    params = "data_param { batch_size: 6 } transform_param { crop_size: 8 }"
    text = layer("Data", "d", "", params, tops="data") + layer("Slice", "s", "data", "slice_param { axis: 0 }", "a b c")
    model = opened(tmp_path, text + conv("ca", "a", "num_output: 4 kernel_size: 3"))
    assert model.structure.inputs == {"data": (1, 3, 8, 8)}
    assert model.structure.batch == 6
    assert lines(model)[-1] == "ca Convolution 4x12x6 ca sees 3 × 3 pixels"
    assert opened(tmp_path, layer("Data", "d", "", params, tops="data") + CONV).structure.batch is None


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("MemoryData", "memory_data_param { batch_size: 4 channels: 3 height: 9 width: 8 }"),
        ("Data", "data_param { batch_size: 4 } transform_param { crop_h: 9 crop_w: 8 }"),
    ],
)
def test_caffe_net_has_the_batch_of_a_data_layer(tmp_path, kind: str, params: str) -> None:
    file = tmp_path / "net.prototxt"
    file.write_text(layer(kind, "d", "", params, tops="data label") + CONV)
    net = caffe.Net(str(file), caffe.TEST)
    shapes = {name: blob.data.shape for name, blob in net.blobs.items()}
    assert shapes == {"data": (4, 3, 9, 8), "label": (4,), "c": (4, 4, 7, 6)}


def test_sizes_that_the_file_leaves_open(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"found the shape -1x3x-1x-1.*--input-size HxW$"):
        opened(tmp_path, data(-1, 3, -1, -1) + CONV)
    with pytest.raises(ModelError, match="--input-size HxW and its channels with --channels C"):
        opened(tmp_path, data(1, 0, 0, 0) + CONV)
    assert opened(tmp_path, data(-1, 3, -1, -1) + CONV, input_size=(8, 9)).structure.inputs == {"data": (1, 3, 8, 9)}
    model = opened(tmp_path, data(1, 0, 0, 0) + CONV, input_size=(8, 9), channels=1)
    assert model.structure.inputs == {"data": (1, 1, 8, 9)}


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 1, 1), (10,)])
def test_several_regions_for_a_net_that_declares_one(tmp_path, shape: tuple[int, ...]) -> None:
    pool = layer("ROIPooling", "pool", "data rois", "roi_pooling_param { pooled_w: 2 pooled_h: 2 spatial_scale: 1 }")
    np.save(tmp_path / "rois.npy", np.float32([[0, 0, 0, 3, 3], [0, 4, 4, 7, 7]]).reshape(shape))
    text = data(1, 1, 8, 8) + data(1, 5, 1, 1, name="rois") + pool
    model = opened(tmp_path, text, inputs=(f"rois={tmp_path / 'rois.npy'}",))
    assert model.structure.inputs["rois"] == (2, 5, 1, 1)
    picture = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    values = GraphNet(model.graph).forward({"data": picture, **model.other_inputs()}).blobs["pool"].numpy()
    assert values.ravel().tolist() == [9, 11, 25, 27, 45, 47, 61, 63]


def test_weights_of_another_size_name_the_cure(tmp_path) -> None:
    file, weights = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    write_weights(weights, fill_net(load_net(data(1, 3, 8, 8) + CONV, on_missing="fill")))
    file.write_text(data(1, 3, 8, 8) + CONV.replace("kernel_size: 3", "kernel_size: 5"))
    with pytest.raises(ModelError, match=r"'c' .*of 4x3x3x3, expected 4x3x5x5 .* rename the layer .*--fill"):
        _ = caffe_net(load_net(file, weights)).shapes


def test_a_network_without_a_name_is_called_so() -> None:
    with pytest.raises(ModelError, match=r"^the network: found 3 input_dim for 1 input"):
        load_net("input: 'data' input_dim: [1, 3, 8] " + CONV)
    with pytest.raises(ModelError, match=r"^network 'own': found 3 input_dim for 1 input"):
        load_net("name: 'own' input: 'data' input_dim: [1, 3, 8] " + CONV)
