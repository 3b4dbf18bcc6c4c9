"""Operators of which the package has no cases, or none that can be used: beside ONNX Runtime or onnx.reference.

Their gradients by differences, as those of the operators whose own cases lie where there is no gradient.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from tests.formats.onnx.evaluating import Evaluated
from tests.formats.onnx.test_operators import check_gradient, differentiable


def of_one(op: str, inputs: dict[str, np.ndarray], opset: int, domain: str = "", **attributes) -> onnx.ModelProto:
    node = helper.make_node(op, list(inputs), ["y"], domain=domain, **attributes)
    kinds = {name: helper.np_dtype_to_tensor_dtype(array.dtype) for name, array in inputs.items()}
    given = [helper.make_tensor_value_info(name, kind, inputs[name].shape) for name, kind in kinds.items()]
    first = next(iter(kinds.values()))
    graph = helper.make_graph([node], op, given, [helper.make_tensor_value_info("y", first, None)])
    imports = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def random(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def checked(model: onnx.ModelProto, inputs: dict[str, np.ndarray], wanted: np.ndarray) -> None:
    """Numbers, and the gradient where there is one."""
    ours = Evaluated(model, inputs, Path(__file__))
    assert not ours.trace.unknown
    found = ours.outputs["y"].numpy()
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    for op, bottoms in differentiable(ours):
        check_gradient(model.graph.name, op, bottoms)


def by_runtime(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> np.ndarray:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("op", ["Gelu", "QuickGelu"])
def test_activations_of_the_runtimes_own(op: str) -> None:
    inputs = {"x": random(2, 3, 4, 5)}
    model = of_one(op, inputs, 17, "com.microsoft")
    checked(model, inputs, by_runtime(model, inputs))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_scatter(axis: int) -> None:
    """Replaced by ScatterElements in opset 11."""
    places = np.int64([[0, 1, 2], [2, 0, 1]])
    inputs = {"x": random(3, 4), "places": places, "updates": random(2, 3, seed=1)}
    model = of_one("Scatter", inputs, 10, axis=axis)
    wanted = inputs["x"].copy()
    if axis == 0:
        for (row, col), place in np.ndenumerate(places):
            wanted[place, col] = inputs["updates"][row, col]
    else:
        for (row, col), place in np.ndenumerate(places):
            wanted[row, place] = inputs["updates"][row, col]
    checked(model, inputs, wanted)


def test_bits_turned_over() -> None:
    inputs = {"x": np.int64([[0, 1, -1], [5, 1 << 20, -7]])}
    checked(of_one("BitwiseNot", inputs, 18), inputs, ~inputs["x"])


HEADS = {"q": random(2, 3, 4, 8), "k": random(2, 3, 6, 8, seed=1), "v": random(2, 3, 6, 5, seed=2)}
JOINED = {"q": random(2, 4, 24), "k": random(2, 6, 24, seed=1), "v": random(2, 6, 12, seed=2)}
MASK = {"mask": random(4, 6, seed=3)}


@pytest.mark.parametrize(
    ("inputs", "how"),
    [
        (HEADS, {}),
        (HEADS, {"scale": 0.2}),
        (HEADS, {"is_causal": 1}),
        (HEADS | MASK, {}),
        (JOINED, {"q_num_heads": 3, "kv_num_heads": 3}),
    ],
    ids=["heads", "scale", "causal", "mask", "joined"],
)
def test_attention(inputs: dict[str, np.ndarray], how: dict) -> None:
    model = of_one("Attention", inputs, 23, **how)
    checked(model, inputs, ReferenceEvaluator(model).run(None, inputs)[0])


INSIDE = {"Acos": (-0.9, 0.9), "Asin": (-0.9, 0.9), "Atanh": (-0.9, 0.9), "Acosh": (1.1, 3.0)}


@pytest.mark.parametrize("op", list(INSIDE))
def test_inside_of_where_they_are_defined(op: str) -> None:
    inputs = {"x": random(3, 4, 5, low=INSIDE[op][0], high=INSIDE[op][1])}
    model = of_one(op, inputs, 17)
    checked(model, inputs, ReferenceEvaluator(model).run(None, inputs)[0])


def test_determinants_of_matrices_that_are_not_singular() -> None:
    inputs = {"x": random(2, 3, 3) + 3 * np.eye(3, dtype=np.float32)}
    model = of_one("Det", inputs, 17)
    checked(model, inputs, ReferenceEvaluator(model).run(None, inputs)[0])


def test_remainders_between_the_steps() -> None:
    inputs = {"x": random(3, 4, low=-5, high=5), "d": random(3, 4, low=1.5, high=2.5, seed=1)}
    model = of_one("Mod", inputs, 17, fmod=1)
    checked(model, inputs, np.fmod(inputs["x"], inputs["d"]))
