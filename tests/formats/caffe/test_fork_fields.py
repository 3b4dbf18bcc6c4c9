"""Fields that forks of Caffe add: honoured or refused by name where they change an answer, else passed over."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.load import load_net
from deepvis.formats.caffe.prototxt import CONCERNS, PASSED_OVER
from deepvis.formats.caffe.spec_graph import caffe_net
from deepvis.network.model_error import ModelError
from tests.helpers.nets import data, layer, noise

IMAGE = data(1, 2, 5, 5)
FILLER = "weight_filler { type: 'xavier' }"
# message -> a network with a place in it for one more line
PLACES = {
    "NetParameter": "@ " + IMAGE + layer("ReLU", "y", "data"),
    "V1LayerParameter": "input: 'data' input_dim: [1, 2, 5, 5] "
    "layers { name: 'y' type: RELU bottom: 'data' top: 'y' @ }",
    "LayerParameter": IMAGE + layer("ReLU", "y", "data", "@"),
    "ParamSpec": IMAGE
    + layer("InnerProduct", "y", "data", "param { @ } inner_product_param { num_output: 2 " + FILLER + " }"),
    "ConvolutionParameter": IMAGE
    + layer("Convolution", "y", "data", "convolution_param { num_output: 2 kernel_size: 3 @ " + FILLER + " }"),
    "PoolingParameter": IMAGE + layer("Pooling", "y", "data", "pooling_param { kernel_size: 2 stride: 2 @ }"),
    "ReLUParameter": IMAGE + layer("ReLU", "y", "data", "relu_param { negative_slope: 0.5 @ }"),
    "InnerProductParameter": IMAGE
    + layer("InnerProduct", "y", "data", "inner_product_param { num_output: 2 @ " + FILLER + " }"),
    "BatchNormParameter": IMAGE + layer("BatchNorm", "y", "data", "batch_norm_param { eps: 0.5 @ }"),
    "BNParameter": IMAGE + layer("BN", "y", "data", "bn_param { bn_mode: INFERENCE @ }"),
    "ScaleParameter": IMAGE + layer("Scale", "y", "data", "scale_param { bias_term: true @ }"),
    "ConcatParameter": IMAGE + layer("Concat", "y", "data data", "concat_param { axis: 1 @ }"),
    "EltwiseParameter": IMAGE + layer("Eltwise", "y", "data data", "eltwise_param { operation: SUM @ }"),
    "DropoutParameter": IMAGE + layer("Dropout", "y", "data", "dropout_param { dropout_ratio: 0.25 @ }"),
    "InterpParameter": IMAGE + layer("Interp", "y", "data", "interp_param { zoom_factor: 2 @ }"),
    "ROIPoolingParameter": IMAGE
    + data(1, 5, name="r")
    + layer("ROIPooling", "y", "data r", "roi_pooling_param { pooled_h: 2 pooled_w: 2 @ }"),
}


def answer(text: str, weights: dict[str, list[np.ndarray]] | None = None) -> tuple[np.ndarray, tuple[str, ...]]:
    """(what the network makes of a picture, its notes)"""
    spec = load_net(text, weights, on_missing="fill")
    given = {
        name: noise(*shape) if name == "data" else np.zeros(shape, np.float32) for name, shape in spec.inputs.items()
    }
    return caffe_net(fill_net(spec)).forward(given).blobs["y"].numpy(), spec.notes


@pytest.mark.parametrize(("message", "name"), list(PASSED_OVER))
def test_what_cannot_change_an_answer_is_passed_over_with_a_note(message: str, name: str) -> None:
    plain, none = answer(PLACES[message].replace("@", ""))
    for value in (": 1", ": WORD", " { a: 1 b { c: 'd' } }"):
        found, notes = answer(PLACES[message].replace("@", name + value + "\n"))
        np.testing.assert_array_equal(found, plain)
        assert not none and len(notes) == 1
        assert f"'{name}' was passed over: {CONCERNS[PASSED_OVER[message, name]]}" in notes[0]


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("ConvolutionParameter", "relu: true"),
        ("ConvolutionParameter", "binarize: true"),
        ("InnerProductParameter", "normalize: true"),
        ("PoolingParameter", "torch_pooling: true"),
        ("ROIPoolingParameter", "pad_ratio: 0.25"),
        ("BatchNormParameter", "min_variance: 1"),
        ("EltwiseParameter", "weighted: true"),
    ],
)
def test_what_could_change_an_answer_is_refused_by_name(message: str, line: str) -> None:
    with pytest.raises(ModelError, match=f"found '{line.split(':')[0]}', no field of {message}"):
        load_net(PLACES[message].replace("@", line))


def test_ceil_mode_changes_the_size() -> None:
    text = PLACES["PoolingParameter"]
    up, down, said = (answer(text.replace("@", line))[0] for line in ("", "ceil_mode: false", "ceil_mode: true"))
    assert up.shape == said.shape == (1, 2, 3, 3) and down.shape == (1, 2, 2, 2)
    np.testing.assert_array_equal(down, up[:, :, :2, :2])


@pytest.mark.parametrize(
    ("v1", "today", "params"),
    [
        ("INTERP", "Interp", "interp_param { zoom_factor: 3 }"),
        ("BN", "BN", "bn_param { bn_mode: INFERENCE scale_filler { value: 2 } }"),
        ("UPSAMPLE", "Upsample", "upsample_param { scale: 3 }"),
        ("PRELU", "PReLU", "prelu_param { filler { value: 0.5 } }"),
    ],
)
def test_v1_types_of_forks_keep_their_parameters(v1: str, today: str, params: str) -> None:
    text = PLACES["V1LayerParameter"].replace("RELU", v1).replace("@", params)
    np.testing.assert_array_equal(answer(text)[0], answer(IMAGE + layer(today, "y", "data", params))[0])


def test_v1_types_that_nobody_knows_are_unknown_layers_and_slips_are_not() -> None:
    text = PLACES["V1LayerParameter"].replace("@", "") + "layers { name: 'z' type: KIND bottom: 'y' top: 'z' }"
    spec = load_net(text.replace("KIND", "MULTI_STAGE_MEANFIELD"))
    assert spec.unavailable["z"].why == "its type MultiStageMeanfield is unknown"
    with pytest.raises(ModelError, match=r"'CONVOLUTON'.*CONVOLUTION"):
        load_net(text.replace("KIND", "CONVOLUTON"))


def test_hole_is_dilation() -> None:
    weights = {"y": [noise(2, 2, 2, 2, seed=1), noise(2, seed=2)]}
    text = "convolution_param {{ num_output: 2 kernel_size: 2 {} }}"
    plain, hole, pair, dilated = (
        answer(IMAGE + layer("Convolution", "y", "data", text.format(line)), weights)[0]
        for line in ("", "hole: 3", "hole_h: 3 hole_w: 3", "dilation: 3")
    )
    assert plain.shape == (1, 2, 4, 4)
    np.testing.assert_array_equal(hole, dilated)
    np.testing.assert_array_equal(pair, dilated)
    with pytest.raises(ModelError, match="hole and dilation"):
        load_net(IMAGE + layer("Convolution", "y", "data", text.format("hole: 2 dilation: 2")))


def test_scale_train_false_scales_at_test_time() -> None:
    text = PLACES["DropoutParameter"]
    plain, said, scaled = (
        answer(text.replace("@", line))[0] for line in ("", "scale_train: true", "scale_train: false")
    )
    np.testing.assert_array_equal(plain, said)
    np.testing.assert_allclose(scaled, 0.75 * plain, rtol=1e-6)


def test_scale_bias_of_batch_norm() -> None:
    statistics = [np.array(v, np.float32) for v in ([1, 2], [3, 4], [1])]
    scale, bias = np.array([2, -1], np.float32), np.array([0.5, 7], np.float32)
    text = PLACES["BatchNormParameter"]
    plain = answer(text.replace("@", ""), {"y": statistics})[0]
    wanted = plain * scale[:, None, None] + bias[:, None, None]
    for line in ("scale_bias: true", "scale_filler { value: 9 }", ""):  # the weights tell
        found = answer(text.replace("@", line), {"y": [*statistics, scale, bias]})[0]
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["filler", "scale_filler"])
def test_fillers_of_batch_norm_begin_its_scale(name: str) -> None:
    text = PLACES["BatchNormParameter"]
    plain, alone, scaled = (
        answer(text.replace("@", line))[0]
        for line in ("", f"{name} {{ value: 3 }}", f"scale_bias: true {name} {{ value: 3 }} bias_filler {{ value: 1 }}")
    )
    np.testing.assert_array_equal(alone, plain)
    np.testing.assert_allclose(scaled, 3 * plain + 1, rtol=1e-5)


def test_the_two_kinds_of_bn() -> None:
    s, b, m, v = (np.array(pair, np.float32).reshape(1, 2, 1, 1) for pair in ([2, 3], [1, -1], [4, 5], [0.25, 1]))
    x = noise(1, 2, 5, 5)
    text = PLACES["BNParameter"]
    np.testing.assert_allclose(answer(text.replace("@", ""), {"y": [s, b]})[0], s * x + b, rtol=1e-5, atol=1e-5)
    stored = answer(text.replace("@", "frozen: true eps: 0.75 momentum: 0.9"), {"y": [s, b, m, v]})[0]
    np.testing.assert_allclose(stored, s * (x - m) / np.sqrt(v + 0.75) + b, rtol=1e-5, atol=1e-5)
    learnt = answer(text.replace("bn_mode: INFERENCE @", ""), {"y": [s, b]})[0]
    centred = x - x.mean((0, 2, 3), keepdims=True)
    wanted = s * centred / np.sqrt(np.square(centred).mean((0, 2, 3), keepdims=True) + 1e-9) + b
    np.testing.assert_allclose(learnt, wanted, rtol=1e-4, atol=1e-4)


def test_upsample_puts_maxima_back_where_they_were() -> None:
    pool = layer("Pooling", "p", "data", "pooling_param { kernel_size: 2 stride: 2 }", tops="p mask")
    found = answer(data(1, 2, 4, 4) + pool + layer("Upsample", "y", "p mask", "upsample_param { scale: 2 }"))[0]
    x = noise(1, 2, 4, 4)
    largest = x.reshape(1, 2, 2, 2, 2, 2).max((3, 5)).repeat(2, 2).repeat(2, 3)
    np.testing.assert_array_equal(found, np.where(x == largest, x, 0))
    wrong = layer("Upsample", "y", "p mask", "upsample_param { upsample_h: 2 upsample_w: 3 }")
    with pytest.raises(ModelError, match="places inside; upsample_h and upsample_w"):
        answer(data(1, 2, 4, 4) + pool + wrong)


def test_reorg_is_darknets() -> None:
    """By its loop: the slow reference."""
    x, stride = noise(1, 8, 4, 6), 2
    found = answer(data(*x.shape) + layer("Reorg", "y", "data"))[0]
    flat, wanted, (channels, height, width) = x.ravel(), np.zeros(x.size, np.float32), x.shape[1:]
    for k, j, i in np.ndindex(channels, height, width):
        offset, c = divmod(k, channels // stride**2)
        row, column = j * stride + offset // stride, i * stride + offset % stride
        wanted[i + width * (j + height * k)] = flat[column + width * stride * (row + height * stride * c)]
    np.testing.assert_array_equal(found, wanted.reshape(1, 32, 2, 3))


def test_psroi_pooling_takes_each_bin_from_channels_of_its_own() -> None:
    text = data(1, 8, 4, 4) + data(1, 5, name="r")
    text += layer(
        "PSROIPooling", "y", "data r", "psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 0.5 }"
    )
    spec = load_net(text)
    x, regions = noise(1, 8, 4, 4), np.array([[0, 0, 0, 7, 7]], np.float32)
    found = caffe_net(spec).forward({"data": x, "r": regions}).blobs["y"].numpy()
    for c, i, j in np.ndindex(2, 2, 2):
        bin_of = x[0, (c * 2 + i) * 2 + j, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        assert found[0, c, i, j] == pytest.approx(bin_of.mean(), rel=1e-5, abs=1e-6)


def test_a_choice_that_a_fork_added_to_a_loss_is_passed_over() -> None:
    text = IMAGE + data(1, name="label") + layer("ReLU", "y", "data")
    text += layer("SoftmaxWithLoss", "loss", "y label", "loss_param { normalization: PRE_FIXED }")
    found, notes = answer(text)
    assert (found >= 0).all() and any("'PRE_FIXED' is not known" in note for note in notes)
    with pytest.raises(ModelError, match="'MIDDLE'"):
        load_net(PLACES["PoolingParameter"].replace("@", "pool: MIDDLE"))
