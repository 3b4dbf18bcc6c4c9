"""What real Caffe does in corners that no golden case shows: slow references in numpy, and its own sources' rules."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
import pytest
import torch

from tests.helpers.caffe_backward import caffe_backward
from tests.helpers.nets import conv, data, filled, layer, net, noise


def run(text: str, inputs: dict[str, np.ndarray], weights=None) -> dict[str, np.ndarray]:
    return {blob: x.numpy() for blob, x in net(text, weights).forward(inputs).blobs.items()}


def one(kind: str, x: np.ndarray, params: str = "", tops: str = "y") -> np.ndarray:
    return run(data(*x.shape, name="x") + layer(kind, "y", "x", params, tops=tops), {"x": x})["y"]


# --- pooling --------------------------------------------------------------------------------------


def slow_pool(x: np.ndarray, kernel: int, stride: int, pad: int, average: bool) -> np.ndarray:
    """Caffe's loops (pooling_layer.cpp)."""
    height, width = x.shape[2:]
    sizes = []
    for n in (height, width):
        pooled = ceil((n + 2 * pad - kernel) / stride) + 1
        if pad and (pooled - 1) * stride >= n + pad:
            pooled -= 1
        sizes.append(pooled)
    y = np.zeros((*x.shape[:2], *sizes), np.float32)
    for i in range(sizes[0]):
        for j in range(sizes[1]):
            top, left = i * stride - pad, j * stride - pad
            bottom, right = min(top + kernel, height + pad), min(left + kernel, width + pad)
            area = (bottom - top) * (right - left)
            window = x[:, :, max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
            y[:, :, i, j] = window.sum((2, 3)) / area if average else window.max((2, 3))
    return y


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "shape, kernel, stride, pad",
    [((9, 7), 3, 2, 0), ((9, 8), 3, 2, 1), ((6, 5), 2, 2, 1), ((7, 7), 4, 3, 2), ((5, 9), 3, 1, 1)],
)
def test_pooling_loops(pool: str, shape: tuple[int, int], kernel: int, stride: int, pad: int) -> None:
    x = noise(2, 3, *shape)
    params = f"pooling_param {{ pool: {pool} kernel_size: {kernel} stride: {stride} pad: {pad} }}"
    np.testing.assert_allclose(one("Pooling", x, params), slow_pool(x, kernel, stride, pad, pool == "AVE"), atol=1e-5)


def test_stochastic_pooling_at_test_time() -> None:
    x = np.abs(noise(1, 2, 4, 4))
    x[0, 1, :2, :2] = 0
    y = one("Pooling", x, "pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }")
    cells = x.reshape(1, 2, 2, 2, 2, 2).swapaxes(3, 4).reshape(1, 2, 2, 2, 4)
    total = cells.sum(-1)
    want = np.divide((cells**2).sum(-1), total, out=np.zeros_like(total), where=total > 0)
    np.testing.assert_allclose(y, want, atol=1e-6)


def test_the_first_of_equal_maxima_takes_the_gradient() -> None:
    network = net(data(1, 1, 2, 2) + layer("Pooling", "p", "data", "pooling_param { kernel_size: 2 }"))
    diff = network.forward({"data": np.ones((1, 1, 2, 2))}).backward("p", torch.ones(1, 1, 1, 1))["data"]
    assert diff.flatten().tolist() == [1, 0, 0, 0]


# --- sequences -------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slow_lstm(x, cont, w, static=None, h=None, c=None):
    """Caffe's unrolled net, step by step (lstm_layer.cpp, lstm_unit_layer.cpp)."""
    w_x, b, *rest = w
    w_static = rest.pop(0) if static is not None else None
    (w_h,) = rest
    units = w_h.shape[1]
    h = np.zeros((x.shape[1], units)) if h is None else h[0]
    c = np.zeros((x.shape[1], units)) if c is None else c[0]
    outputs = []
    for step in range(len(x)):
        go_on = cont[step][:, None]
        gates = x[step].reshape(len(h), -1) @ w_x.T + b + (go_on * h) @ w_h.T
        if static is not None:
            gates = gates + static @ w_static.T
        i, f, o, g = np.split(gates, 4, axis=1)
        c = go_on * sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs), h[None], c[None]


def slow_rnn(x, cont, w, static=None, h=None):
    w_x, b, *rest = w
    w_static = rest.pop(0) if static is not None else None
    w_h, w_o, b_o = rest
    h = np.zeros((x.shape[1], w_h.shape[0])) if h is None else h[0]
    outputs = []
    for step in range(len(x)):
        drive = x[step].reshape(len(h), -1) @ w_x.T + b + (cont[step][:, None] * h) @ w_h.T
        h = np.tanh(drive if static is None else drive + static @ w_static.T)
        outputs.append(np.tanh(h @ w_o.T + b_o))
    return np.stack(outputs), h[None]


CONT = np.array([[0, 1], [1, 1], [1, 0], [1, 1]], np.float32)


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("kind, states, slow", [("LSTM", 2, slow_lstm), ("RNN", 1, slow_rnn)])
def test_exposed_hidden_states(kind: str, states: int, slow, static: bool) -> None:
    inputs = {"x": noise(4, 2, 3, 2), "cont": CONT}
    if static:
        inputs["s"] = noise(2, 5)
    hidden = [f"first{i}" for i in range(states)]
    inputs |= {name: noise(1, 2, 4, seed=i) for i, name in enumerate(hidden)}
    params = "recurrent_param { num_output: 4 expose_hidden: true weight_filler { type: 'gaussian' std: 0.4 } }"
    text = "".join(data(*x.shape, name=blob) for blob, x in inputs.items())
    text += layer(kind, "y", " ".join(inputs), params, tops=" ".join(["y", *(f"last{i}" for i in range(states))]))
    network = net(text)
    tape = network.forward(inputs)
    w = [blob.numpy() for blob in network.parameters()["y"]]
    wanted = slow(inputs["x"], CONT, w, inputs.get("s"), *(inputs[name] for name in hidden))
    for blob, want in zip(["y", *(f"last{i}" for i in range(states))], wanted, strict=True):
        np.testing.assert_allclose(tape.blobs[blob].numpy(), want, atol=1e-5)
    # gradients go to x and the static input only, and come from the outputs only (recurrent_layer.cpp)
    diffs = caffe_backward(network.spec, tape, {blob: torch.ones_like(tape.blobs[blob]) for blob in ("y", "last0")})
    assert set(diffs) - {"y", "last0"} == ({"x", "s"} if static else {"x"})


@pytest.mark.parametrize("kind, slow", [("LSTM", slow_lstm), ("RNN", slow_rnn)])
def test_every_pass_starts_from_zeros(kind: str, slow) -> None:
    inputs = {"x": noise(4, 2, 3), "cont": CONT}
    text = "".join(data(*x.shape, name=blob) for blob, x in inputs.items())
    text += layer(kind, "y", "x cont", "recurrent_param { num_output: 4 weight_filler { type: 'gaussian' std: 0.4 } }")
    network = net(text)
    w = [blob.numpy() for blob in network.parameters()["y"]]
    for _ in range(2):
        got = network.forward(inputs).blobs["y"].numpy()
        np.testing.assert_allclose(got, slow(inputs["x"], CONT, w)[0], atol=1e-5)


# --- losses ----------------------------------------------------------------------------------------


def log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


@pytest.mark.parametrize(
    "loss_param, divisor",
    [
        ("", 10),
        ("normalization: FULL", 12),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
        ("normalize: false", 2),
        ("normalize: true", 10),
        ("normalize: false normalization: FULL", 12),
    ],
)
def test_what_softmax_loss_divides_by(loss_param: str, divisor: int) -> None:
    x = noise(2, 4, 2, 3)
    label = np.random.default_rng(0).integers(0, 4, (2, 2, 3)).astype(np.float32)
    label[0, 0, :2] = 255
    text = data(2, 4, 2, 3, name="x") + data(2, 2, 3, name="label")
    text += layer(
        "SoftmaxWithLoss", "loss", "x label", f"loss_param {{ ignore_label: 255 {loss_param} }}", tops="loss p"
    )
    blobs = run(text, {"x": x, "label": label})
    logs = log_softmax(x, 1)
    kept = [(n, i, j) for n in range(2) for i in range(2) for j in range(3) if label[n, i, j] != 255]
    total = -sum(logs[n, int(label[n, i, j]), i, j] for n, i, j in kept)
    np.testing.assert_allclose(blobs["loss"], total / divisor, rtol=1e-5)
    np.testing.assert_allclose(blobs["p"], np.exp(logs), atol=1e-6)


def test_sigmoid_loss_divides_by_the_batch() -> None:
    x, target = noise(3, 4), np.random.default_rng(0).integers(0, 2, (3, 4)).astype(np.float32)
    text = data(3, 4, name="x") + data(3, 4, name="t") + layer("SigmoidCrossEntropyLoss", "loss", "x t")
    p = sigmoid(x)
    want = -(target * np.log(p) + (1 - target) * np.log(1 - p)).sum() / 3
    np.testing.assert_allclose(run(text, {"x": x, "t": target})["loss"], want, rtol=1e-5)


@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_accuracy_for_all_and_for_each_class(top_k: int) -> None:
    random = np.random.default_rng(4)
    x, label = random.normal(size=(20, 4)).astype(np.float32), random.integers(0, 3, 20).astype(np.float32)
    label[:4] = 9
    params = f"accuracy_param {{ top_k: {top_k} ignore_label: 9 }}"
    text = data(20, 4, name="x") + data(20, name="label") + layer("Accuracy", "a", "x label", params, tops="a each")
    blobs = run(text, {"x": x, "label": label})
    right = [int(label[i]) in x[i].argsort()[::-1][:top_k] for i in range(20)]
    np.testing.assert_allclose(blobs["a"], np.mean(right[4:]), rtol=1e-6)
    for c in range(4):
        members = [r for r, y in zip(right, label, strict=True) if y == c]
        np.testing.assert_allclose(blobs["each"][c], np.mean(members) if members else 0, rtol=1e-6)


def test_equal_scores_count_as_better() -> None:
    text = data(1, 3, name="x") + data(1, name="label") + layer("Accuracy", "a", "x label")
    assert run(text, {"x": np.ones((1, 3)), "label": np.zeros(1)})["a"] == 0


# --- the rest --------------------------------------------------------------------------------------


def test_batch_norm_divides_by_its_factor_and_bears_zero() -> None:
    x = noise(2, 3, 4, 4)
    mean, variance = np.array([2, 4, -6], np.float32), np.array([2, 8, 18], np.float32)
    text = data(2, 3, 4, 4, name="x") + layer("BatchNorm", "y", "x")
    y = run(text, {"x": x}, {"y": [mean, variance, np.array([2], np.float32)]})["y"]
    want = (x - mean[:, None, None] / 2) / np.sqrt(variance[:, None, None] / 2 + 1e-5)
    np.testing.assert_allclose(y, want, atol=1e-5)
    y = run(text, {"x": x}, {"y": [mean, variance, np.zeros(1, np.float32)]})["y"]
    np.testing.assert_allclose(y, x / np.sqrt(1e-5), rtol=1e-5)


def test_batch_norm_of_the_batch() -> None:
    x = noise(4, 3, 5, 2)
    y = one("BatchNorm", x, "batch_norm_param { use_global_stats: false eps: 0.1 }")
    mean, variance = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 0.1), atol=1e-5)


def test_mvn_gives_four_axes() -> None:
    x = noise(3, 5)
    y = one("MVN", x, "mvn_param { across_channels: true }")
    assert y.shape == (3, 5, 1, 1)
    np.testing.assert_allclose(y[:, :, 0, 0], (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize("axis, out", [(None, True), (None, False), (1, True), (2, False)])
def test_argmax_of_equal_values_takes_the_larger_index(axis: int | None, out: bool) -> None:
    x = np.round(noise(2, 4, 3) * 1.5)
    given = "" if axis is None else f"axis: {axis}"
    y = one("ArgMax", x, f"argmax_param {{ top_k: 2 out_max_val: {str(out).lower()} {given} }}")
    moved = x.reshape(2, -1) if axis is None else np.moveaxis(x, axis, -1)
    order = np.apply_along_axis(lambda row: sorted(range(len(row)), key=lambda i: (-row[i], -i))[:2], -1, moved)
    values = np.take_along_axis(moved, order, -1)
    if axis is None:
        want = np.stack([order, values], 1) if out else order[:, None]
    else:
        want = np.moveaxis(values if out else order, -1, axis)
    np.testing.assert_array_equal(y, want)


def test_reshape_copies_infers_and_inserts() -> None:
    x = noise(2, 3, 4, 5)

    def shape(params: str) -> tuple[int, ...]:
        return one("Reshape", x, f"reshape_param {{ {params} }}").shape

    assert shape("shape { dim: 0 dim: -1 }") == (2, 60)
    assert shape("shape { dim: 6 } axis: 0 num_axes: 2") == (6, 4, 5)
    assert shape("shape { dim: 1 } axis: -1 num_axes: 0") == (2, 3, 4, 5, 1)
    assert shape("shape { dim: 2 dim: 2 } axis: 2 num_axes: 1") == (2, 3, 2, 2, 5)
    assert shape("shape { dim: -1 dim: 1 } axis: -3") == (2, 3, 20, 1)
    assert shape("axis: 1 num_axes: 0 shape { dim: 1 dim: 1 }") == (2, 1, 1, 3, 4, 5)


def test_spp_of_height_one_keeps_its_axes() -> None:
    x = noise(2, 3, 5, 7)
    y = one("SPP", x, "spp_param { pyramid_height: 1 }")
    np.testing.assert_allclose(y, x.max((2, 3), keepdims=True))
    assert one("SPP", x, "spp_param { pyramid_height: 2 }").shape == (2, 15)


def test_filter_of_nothing() -> None:
    text = data(3, 2, name="x") + data(3, name="s") + layer("Filter", "y", "x s")
    assert run(text, {"x": noise(3, 2), "s": np.zeros(3)})["y"].shape == (0, 2)


def test_dummy_data_fillers() -> None:
    fillers = "data_filler { value: 3 } data_filler { type: 'uniform' min: 1 max: 2 } "
    fillers += "data_filler { type: 'gaussian' mean: 50 }"
    params = f"dummy_data_param {{ num: 2 channels: 3 height: 4 height: 5 height: 6 width: 7 {fillers} }}"
    network = net(layer("DummyData", "d", "", params, tops="a b c"))
    one, two = network.forward({}).blobs, network.forward({}).blobs
    assert [tuple(one[b].shape) for b in "abc"] == [(2, 3, 4, 7), (2, 3, 5, 7), (2, 3, 6, 7)]
    assert set(one["a"].unique().tolist()) == {3.0}
    assert one["b"].min() >= 1 and one["b"].max() <= 2 and one["c"].min() > 40
    assert (one["b"] != two["b"]).any()  # drawn anew in every pass


def slow_roi(x: np.ndarray, rois: np.ndarray, pooled: tuple[int, int], scale: float) -> np.ndarray:
    """Fast R-CNN's loops (roi_pooling_layer.cpp)."""
    y = np.zeros((len(rois), x.shape[1], *pooled), np.float32)
    for r, (item, *corners) in enumerate(rois):
        x1, y1, x2, y2 = (floor(v * scale + 0.5) for v in corners)
        step_h, step_w = max(y2 - y1 + 1, 1) / pooled[0], max(x2 - x1 + 1, 1) / pooled[1]
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                top, bottom = (min(max(v + y1, 0), x.shape[2]) for v in (floor(i * step_h), ceil((i + 1) * step_h)))
                left, right = (min(max(v + x1, 0), x.shape[3]) for v in (floor(j * step_w), ceil((j + 1) * step_w)))
                if bottom > top and right > left:
                    y[r, :, i, j] = x[int(item), :, top:bottom, left:right].max((1, 2))
    return y


def test_roi_pooling_loops() -> None:
    x = noise(2, 3, 9, 11)
    rois = np.array([[0, 0, 0, 21, 17], [1, 3, 5, 8, 9], [1, 18, 14, 30, 40], [0, 7, 7, 7, 7]], np.float32)
    text = data(*x.shape, name="x") + data(4, 5, name="rois")
    text += layer("ROIPooling", "y", "x rois", "roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.5 }")
    np.testing.assert_allclose(run(text, {"x": x, "rois": rois})["y"], slow_roi(x, rois, (3, 2), 0.5))


def test_convolution_over_no_axes_is_an_inner_product() -> None:
    text = data(4, 6, name="x") + conv("y", "x", "num_output: 3")
    network = net(text)
    w, b = (blob.numpy() for blob in network.parameters()["y"])
    x = noise(4, 6)
    np.testing.assert_allclose(network.forward({"x": x}).blobs["y"].numpy(), x @ w.reshape(3, 6).T + b, atol=1e-5)


def test_shared_weights_are_one_memory() -> None:
    shared = "param { name: 'w' } param { name: 'b' }"
    text = data(1, 3, 5, 5) + "".join(
        layer("Convolution", name, "data", f"{shared} convolution_param {{ num_output: 2 kernel_size: 3 }}")
        for name in ("one", "two")
    )
    spec = filled(text)
    assert spec.layers[0].blobs[0] is spec.layers[1].blobs[0]
