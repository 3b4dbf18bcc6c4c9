"""Parameters in their rare uses: what real Caffe makes of them, or the sentence that refuses them as Caffe does."""

from __future__ import annotations

import numpy as np
import pytest

from tests.helpers.nets import data, layer, net, noise


def run(text: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
    return {blob: x.numpy() for blob, x in net(text).forward(inputs).blobs.items()}


def test_exp_of_a_large_shift_is_infinite_as_in_float32() -> None:
    x = noise(2, 3)
    assert np.isinf(run(data(2, 3) + layer("Exp", "y", "data", "exp_param { shift: 1000 }"), data=x)["y"]).all()


def test_scale_of_one_value_does_not_look_at_axis() -> None:
    x = noise(2, 3)
    params = "scale_param { axis: 7 num_axes: 0 filler { value: 2 } }"
    np.testing.assert_array_equal(run(data(2, 3) + layer("Scale", "y", "data", params), data=x)["y"], 2 * x)


def test_eltwise_max_ignores_coeff() -> None:
    a, b = noise(2, 3), noise(2, 3, seed=1)
    params = "eltwise_param { operation: MAX coeff: -1 coeff: 5 }"
    text = data(2, 3, name="a") + data(2, 3, name="b") + layer("Eltwise", "y", "a b", params)
    np.testing.assert_array_equal(run(text, a=a, b=b)["y"], np.maximum(a, b))


@pytest.mark.parametrize("kind", ["xavier", "msra", "positive_unitball", "bilinear"])
def test_dummy_data_takes_every_filler(kind: str) -> None:
    params = f'dummy_data_param {{ shape {{ dim: 2 dim: 3 dim: 4 dim: 4 }} data_filler {{ type: "{kind}" }} }}'
    network = net(layer("DummyData", "y", "", params))
    one, two = (network.forward({}).blobs["y"].numpy() for _ in range(2))
    assert one.shape == (2, 3, 4, 4) and one.std() > 0
    assert (one == two).all() == (kind == "bilinear")  # the only one of these without chance


def test_interp_to_the_size_of_a_second_bottom() -> None:
    text = data(1, 1, 2, 2, name="x") + data(1, 5, 3, 5, name="like") + layer("Interp", "y", "x like")
    y = run(text, x=np.array([[[[0, 4], [8, 12]]]], np.float32), like=noise(1, 5, 3, 5))["y"]
    np.testing.assert_allclose(y[0, 0], [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8], [8, 9, 10, 11, 12]], atol=1e-6)


def test_roi_pooling_of_no_regions() -> None:
    params = "roi_pooling_param { pooled_h: 2 pooled_w: 3 }"
    network = net(data(1, 4, 5, 5, name="x") + data(1, 5, name="r") + layer("ROIPooling", "y", "x r", params))
    tops = network.forward({"x": noise(1, 4, 5, 5), "r": np.zeros((0, 5), np.float32)}).blobs
    assert tops["y"].shape == (0, 4, 2, 3)


def test_crop_takes_sizes_from_a_blob_of_more_axes() -> None:
    x, like = noise(2, 3, 4, 5), noise(1, 1, 2, 3, 7)
    text = (
        data(*x.shape, name="x") + data(*like.shape, name="l") + layer("Crop", "y", "x l", "crop_param { offset: 1 }")
    )
    np.testing.assert_array_equal(run(text, x=x, l=like)["y"], x[:, :, 1:3, 1:4])


FILLED = "weight_filler { type: 'gaussian' } bias_filler { type: 'gaussian' }"


def test_deconvolution_over_no_axes_is_an_inner_product() -> None:
    x = noise(3, 4)
    params = f"convolution_param {{ num_output: 6 group: 2 {FILLED} }}"
    network = net(data(3, 4) + layer("Deconvolution", "y", "data", params))
    w, b = (blob.numpy() for blob in network.parameters()["y"])
    wanted = np.concatenate([x[:, :2] @ w[:2], x[:, 2:] @ w[2:]], 1) + b
    np.testing.assert_allclose(network.forward({"data": x}).blobs["y"].numpy(), wanted, atol=1e-5)


def test_deconvolution_over_four_axes() -> None:
    """A fourth axis of size 1 changes nothing of what PyTorch's own gives over three."""
    x = noise(1, 4, 3, 2, 3)
    sizes = "kernel_size: 2 kernel_size: 3 kernel_size: 2 {} stride: 2 stride: 1 stride: 3 {} pad: 1 pad: 0 pad: 1 {}"
    three, four = sizes.format("", "", ""), sizes.format("kernel_size: 1", "stride: 1", "pad: 0")
    params = "convolution_param {{ num_output: 6 group: 2 {} {} }}"
    known = net(data(*x.shape) + layer("Deconvolution", "y", "data", params.format(three, FILLED)))
    w, b = (blob.numpy() for blob in known.parameters()["y"])
    text = data(*x.shape, 1) + layer("Deconvolution", "y", "data", params.format(four, FILLED))
    tape, other = known.forward({"data": x}), net(text, {"y": [w[..., None], b]}).forward({"data": x[..., None]})
    np.testing.assert_allclose(other.blobs["y"].numpy()[..., 0], tape.blobs["y"].numpy(), atol=1e-5)
    seed = noise(*tape.blobs["y"].shape)
    wanted, got = tape.backward("y", seed)["data"], other.backward("y", seed[..., None])["data"]
    np.testing.assert_allclose(got.numpy()[..., 0], wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    "threshold, found", [("", 2), ("confidence_threshold: -1.5", 1), ("confidence_threshold: 0", 0)]
)
def test_detections_without_a_threshold_take_scores_under_0(threshold: str, found: int) -> None:
    text = data(1, 8, name="loc") + data(1, 4, name="conf") + data(1, 2, 8, name="prior")
    params = f"detection_output_param {{ num_classes: 2 {threshold} }}"
    priors = np.array([[[0, 0, 0.2, 0.2, 0.5, 0.5, 0.9, 0.9], [0.1] * 8]], np.float32)
    scores = np.array([[9, -1, 9, -2]], np.float32)
    text += layer("DetectionOutput", "y", "loc conf prior", params)
    rows = run(text, loc=np.zeros((1, 8), np.float32), conf=scores, prior=priors)["y"][0, 0]
    np.testing.assert_array_equal(rows[:, 2], [-1, -2][:found] if found else [-1])
    assert (rows[:, 1] == (1 if found else -1)).all()
