"""Every operator: the numbers of the onnx package's own cases, the gradient by differences, its documentation."""

from __future__ import annotations

import importlib
import pkgutil
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test.case.node as node_cases
import pytest
import torch
from onnx import TensorProto

import deepvis.formats.onnx.ops  # noqa: F401  (fills the table)
from deepvis.formats.onnx.onnx_ops import ONNX_OPS, find_op, onnx_op
from deepvis.formats.onnx.running import op_of
from deepvis.network.op import Op, Ran, pull_back, run
from tests.formats.onnx.evaluating import Evaluated
from tests.formats.onnx.op_names import op_names

# modules whose cases take tens of seconds to make, or are of operators that nothing here knows
SLOW = {"averagepool", "lppool", "maxpool", "image_decoder", "softmax_cross_entropy_loss", "negativeloglikelihoodloss"}
SLOW |= {
    "attention",
    "linear_attention",
    "flexattention",
    "causal_conv_with_state",
    "loop",
    "col2im",
    "gru",
    "dft",
    "cast",
    "castlike",
}
# test_against_onnxruntime.py, test_operators_without_cases.py
TESTED_ELSEWHERE = {"AveragePool", "LpPool", "MaxPool", "Attention"}
NO_CASES = {
    "Scatter",
    "com.microsoft.Gelu",
    "com.microsoft.QuickGelu",
    "Not",
    "BitwiseNot",
    "Cast",
    "CastLike",
    "GlobalLpPool",
}
OTHER_ON_PURPOSE = {
    "training_dropout": "nothing is dropped",
    "batchnorm_.*training": "statistics of training are not taken",
    "empty_set": "reductions of nothing",
    "bitwise_not_3d": "16 bits without sign are held in 32",
    "bfloat16|BFLOAT16": "every float is one of 32 bits",
    "string|STRING": "no numbers",
    "quantizelinear_blocked_symmetric": "2 bits",
    "resize_downsample_scales_.*_align_corners": "as ONNX Runtime and PyTorch, test_resize.py",
}
ROUNDS = {"QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul"}  # straight through
AT_EDGES = {"Acos", "Asin", "Atanh", "Acosh", "Mod", "Det"}  # cases at the ends of where they are defined, or singular


@cache
def cases_by_operator() -> Mapping[str, list]:
    """Operator -> the package's cases of it alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.iter_modules(node_cases.__path__):
            if module.name not in SLOW:
                importlib.import_module(f"{node_cases.__name__}.{module.name}")
    found: dict[str, list] = {}
    for case in node_cases._NodeTestCases:
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].domain in ("", "ai.onnx") and _is_plain(case):
            found.setdefault(nodes[0].op_type, []).append(case)
    return found


def _is_plain(case) -> bool:
    """Its values are arrays of numbers that are computed with as the file says."""
    values = [value for data in case.data_sets[:1] for side in data for value in side]
    is_numbers = all(isinstance(v, (np.ndarray, np.generic)) and np.asarray(v).dtype.kind in "biuf" for v in values)
    return is_numbers and not any(re.search(pattern, case.name) for pattern in OTHER_ON_PURPOSE)


def evaluated(case) -> Evaluated:
    inputs = dict(zip([each.name for each in case.model.graph.input], case.data_sets[0][0], strict=False))
    return Evaluated(case.model, {name: np.asarray(value) for name, value in inputs.items()}, Path(__file__))


def test_most_operators_have_cases() -> None:
    cases = cases_by_operator()
    missing = [name for name in op_names() if name not in cases]
    assert set(missing) <= TESTED_ELSEWHERE | NO_CASES
    assert sum(len(cases[name]) for name in op_names() if name in cases) > 500


WITH_CASES = [name for name in op_names() if name not in TESTED_ELSEWHERE | NO_CASES]


@pytest.mark.parametrize("name", WITH_CASES)
def test_numbers_of_the_packages_own_cases(name: str) -> None:
    for case in cases_by_operator()[name]:
        run_ = evaluated(case)
        assert not run_.trace.unknown, case.name
        for each, wanted in zip(case.model.graph.output, case.data_sets[0][1], strict=True):
            found, wanted = run_.outputs[each.name].numpy(), np.asarray(wanted)
            assert found.shape == wanted.shape, case.name
            close = 2e-3 if wanted.dtype == np.float16 else 1e-5
            assert np.allclose(
                found.astype(np.float64),
                wanted.astype(np.float64),
                rtol=max(case.rtol, 2e-3),
                atol=close,
                equal_nan=True,
            ), case.name


@pytest.mark.parametrize(
    "name", [name for name in op_names() if name not in TESTED_ELSEWHERE | NO_CASES | ROUNDS | AT_EDGES]
)
def test_gradient_by_differences(name: str) -> None:
    for case in cases_by_operator()[name][:4]:
        for op, bottoms in differentiable(evaluated(case)):
            check_gradient(case.name, op, bottoms)


def differentiable(run_: Evaluated) -> Iterator[tuple[Op, tuple[torch.Tensor, ...]]]:
    """In double precision, a little beside the case's own numbers, which lie on kinks."""
    random = torch.Generator().manual_seed(0)
    for step, _, ran in run_.ran:
        if not any(x.is_floating_point() and 0 < x.numel() < 20_000 for x in ran.bottoms):
            continue
        weights = [w.double() if w.is_floating_point() else w for w in step.weights]
        kinds = [torch.float64 if v.dtype is torch.float32 else v.dtype for v in step.bottoms]
        bottoms = tuple(
            x.double() + 1e-3 * torch.rand(x.shape, generator=random, dtype=torch.float64)
            if x.is_floating_point() else x for x in ran.bottoms
        )  # fmt: skip
        yield op_of(step.row, step.call, kinds, step.batch, weights), bottoms


def check_gradient(name: str, op: Op, bottoms: tuple[torch.Tensor, ...]) -> None:
    """Along one direction, from both sides."""
    random = torch.Generator().manual_seed(1)
    with torch.no_grad():
        ran = run(op, bottoms)
        seeds = [
            torch.randn(y.shape, generator=random, dtype=torch.float64) if y.is_floating_point() else None
            for y in ran.tops
        ]
        if all(seed is None for seed in seeds) or not all(y.isfinite().all() for y in ran.tops):
            return
        found = pull_back(op, Ran(bottoms, ran.tops, ran.saved), seeds)
        ways = [torch.randn(x.shape, generator=random, dtype=torch.float64) for x in bottoms]

        def value(step: float) -> float:
            moved = tuple(x + step * way if x.is_floating_point() else x for x, way in zip(bottoms, ways, strict=True))
            tops = run(op, moved).tops
            return sum(float((y * seed).sum()) for y, seed in zip(tops, seeds, strict=True) if seed is not None)

        differences = (value(1e-6) - value(-1e-6)) / 2e-6
        slope = sum(float((g * way).sum()) for g, way in zip(found, ways, strict=True) if g is not None)
        assert slope == pytest.approx(differences, rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize("key", list(ONNX_OPS))
def test_every_operator_says_what_it_does(key: str) -> None:
    words = ONNX_OPS[key].build.__doc__ or ""
    assert words.startswith("y") and "Gradient:" in words, key


def test_an_operator_is_entered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        onnx_op("Relu", since=6)(lambda call, weights: Op(torch.relu))


def test_a_row_holds_until_the_next_one() -> None:
    assert [find_op("Resize", opset).since for opset in (10, 11, 13, 28)] == [10, 11, 11, 11]
    assert find_op("Resize", 9) is None and find_op("Nothing", 20) is None


def test_quantized_gradients_pass_through_the_rounding() -> None:
    node = onnx.helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"])
    inputs = [onnx.helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])]
    held = [onnx.numpy_helper.from_array(np.float32(0.5), "scale"), onnx.numpy_helper.from_array(np.uint8(3), "zero")]
    output = [onnx.helper.make_tensor_value_info("q", TensorProto.UINT8, [4])]
    graph = onnx.helper.make_graph([node], "q", inputs, output, held)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    run_ = Evaluated(model, {"x": np.float32([-9, 0.1, 3.3, 900])}, Path(__file__))
    assert run_.outputs["q"].tolist() == [0, 3, 10, 255]
    (_, op, ran), seed = run_.ran[0], torch.ones(4)
    assert pull_back(op, ran, [seed])[0].tolist()[1:3] == [2, 2]
