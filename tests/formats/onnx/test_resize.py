"""Resize beside ONNX Runtime: modes, coordinates, ways to round, scales and sizes; and exports beside PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tests.formats.onnx.evaluating import Evaluated
from tests.formats.onnx.test_operators import check_gradient, differentiable

onnxruntime = pytest.importorskip("onnxruntime")
COORDINATES = (
    "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel", "tf_crop_and_resize", "half_pixel_symmetric",
)  # fmt: skip
NEAREST = [{"nearest_mode": how} for how in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")]
HOW: dict[str, list[dict[str, Any]]] = {
    "nearest": NEAREST,
    "linear": [{}, {"antialias": 1}],
    "cubic": [{}, {"antialias": 1}, {"exclude_outside": 1}, {"cubic_coeff_a": -0.5}],
}
FORMS = [(33, 31), (7, 10)]
BY = [
    *({"scales": scales} for scales in ((1.6, 1.6), (0.7, 0.7), (2, 2), (2.5, 0.34), (3, 1))),
    *({"sizes": sizes} for sizes in ((45, 20), (1, 1), (11, 62), (66, 16))),
]


def resize_model(form: tuple[int, int], by: dict[str, tuple], **attributes) -> onnx.ModelProto:
    scales = by.get("scales")
    numbers = np.float32([1, 1, *scales]) if scales else np.int64([1, 2, *by["sizes"]])
    tensors = {"roi": np.float32([0, 0, 0.1, 0.2, 1, 1, 0.8, 1.1]), "n": numbers}
    node = helper.make_node("Resize", ["x", "roi", "n"] if scales else ["x", "roi", "", "n"], ["y"], **attributes)
    value = helper.make_tensor_value_info
    inputs, outputs = [value("x", TensorProto.FLOAT, [1, 2, *form])], [value("y", TensorProto.FLOAT, None)]
    held = [numpy_helper.from_array(array, name) for name, array in tensors.items()]
    graph = helper.make_graph([node], "g", inputs, outputs, held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)


def by_runtime(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("mode", list(HOW))
def test_beside_onnx_runtime(mode: str, coordinates: str) -> None:
    # where two places are as near, the runtime's choice follows from its own rounding errors
    tied = [BY[0], BY[6], BY[7]] if mode == "nearest" and coordinates == "half_pixel_symmetric" else []
    for how in HOW[mode]:
        for form in FORMS if how == HOW[mode][0] else FORMS[1:]:
            x = np.random.default_rng(0).standard_normal((1, 2, *form)).astype(np.float32)
            for by in [each for each in BY if each not in tied]:
                names = {"mode": mode, "coordinate_transformation_mode": coordinates, "extrapolation_value": 0.3}
                model = resize_model(form, by, **names, **how)
                found, wanted = Evaluated(model, {"x": x}, Path(__file__)).outputs["y"].numpy(), by_runtime(model, x)
                assert found.shape == wanted.shape, (how, form, by)
                assert np.allclose(found, wanted, rtol=1e-4, atol=2e-5), (how, form, by)


@pytest.mark.parametrize("nearest_mode", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
def test_symmetric_half_pixels_are_those_of_the_reference_also_where_two_places_are_as_near(nearest_mode: str) -> None:
    how = {"mode": "nearest", "coordinate_transformation_mode": "half_pixel_symmetric", "nearest_mode": nearest_mode}
    # left out: by 2.5 a place is one bit above a whole number, the reference loses the bit, reads the place before;
    # 10 by 0.7 are 7 places for the runtime and here, 6 for the reference
    for form in (*FORMS, (5, 8)):
        for by in (*({"scales": s} for s in ((1.6, 1.6), (1.5, 1.25), (1.75, 0.55), (3, 1))), {"sizes": (21, 30)}):
            model = resize_model(form, by, **how)
            x = np.arange(2 * form[0] * form[1], dtype=np.float32).reshape(1, 2, *form)
            found = Evaluated(model, {"x": x}, Path(__file__)).outputs["y"].numpy()
            assert np.array_equal(found, ReferenceEvaluator(model).run(None, {"x": x})[0]), (form, by)


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("mode", list(HOW))
def test_gradients(mode: str, coordinates: str) -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 7, 10)).astype(np.float32)
    for by in ({"scales": (1.6, 0.7)}, {"sizes": (11, 4)}):
        model = resize_model((7, 10), by, mode=mode, coordinate_transformation_mode=coordinates)
        for op, bottoms in differentiable(Evaluated(model, {"x": x}, Path(__file__))):
            check_gradient(f"{mode} {coordinates}", op, bottoms)


@pytest.mark.parametrize("by", [1.6, 0.7])
@pytest.mark.parametrize(
    ("mode", "coordinates"),
    [
        ("nearest", "asymmetric"),
        ("linear", "align_corners"),
        ("linear", "half_pixel"),
        ("cubic", "align_corners"),
        ("cubic", "half_pixel"),
    ],
)
def test_beside_pytorch(mode: str, coordinates: str, by: float) -> None:
    """As torch.onnx.export writes F.interpolate(scale_factor=by)."""
    x = np.random.default_rng(0).standard_normal((1, 2, 33, 31)).astype(np.float32)
    model = resize_model(
        (33, 31), {"scales": (by, by)}, mode=mode, coordinate_transformation_mode=coordinates, nearest_mode="floor"
    )
    names = {"linear": "bilinear", "cubic": "bicubic"}
    corners = {} if mode == "nearest" else {"align_corners": coordinates == "align_corners"}
    wanted = F.interpolate(torch.from_numpy(x), scale_factor=by, mode=names.get(mode, mode), **corners).numpy()
    found = Evaluated(model, {"x": x}, Path(__file__)).outputs["y"].numpy()
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 2e-5
