"""Parameters in their rare uses: what real Caffe makes of them, or the sentence that refuses them as Caffe does."""

from __future__ import annotations

import numpy as np

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
