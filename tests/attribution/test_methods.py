"""Every method: against a closed form on a linear network, by completeness, against captum's and zennit's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import deepvis
from deepvis.attribution.graph_function import GraphFunction
from deepvis.attribution.methods import integrated_gradients as integrated
from deepvis.attribution.methods import occlusion, smooth_grad
from deepvis.core.attributions import ATTRIBUTIONS, AttributionStep, UnitFunction
from deepvis.core.types import Unit
from deepvis.models.model import Model
from deepvis.network.model_error import ModelError
from deepvis.network.net import GraphNet
from tests.attribution.nets import LINEAR, NormalizedWaves, Waves, waves_input
from tests.helpers.networks import PROTOTXT, small_model

GOLDEN = json.loads(Path(__file__).with_name("captum_golden.json").read_text(encoding="utf-8"))
ZENNIT = json.loads(Path(__file__).with_name("zennit_golden.json").read_text(encoding="utf-8"))
PROGRESSIVE = {"integrated_gradients": integrated.STEPS, "smooth_grad": smooth_grad.SAMPLES, "occlusion": 144}


def function_of(model: Model, unit: Unit, x: np.ndarray | None = None, **how: object) -> GraphFunction:
    net = GraphNet(model.graph)
    if x is None:
        x = np.random.default_rng(0).uniform(-100, 120, model.preprocessor.input_shape).astype(np.float32)
    return GraphFunction(net, model, {}, net.forward({model.data_blob: x[np.newaxis]}), unit, **how)  # type: ignore[arg-type]


def last_of(name: str, function: UnitFunction) -> AttributionStep:
    *_, last = ATTRIBUTIONS[name].run(function)
    return last


@pytest.fixture
def linear(tmp_path: Path) -> Model:
    return small_model(tmp_path, LINEAR)


@pytest.fixture
def small(tmp_path: Path) -> Model:
    return small_model(tmp_path)


@pytest.fixture
def waves() -> Model:
    return deepvis.open(Waves(), input_size=12)._model


def slow_weights(model: Model, unit: Unit) -> np.ndarray:
    """(C, H, W): f(x) = sum of these times x, of the linear network, one input pixel after another."""
    conv, fc = (np.asarray(node.weights[0]) for node in model.graph.nodes if node.weights)
    kernel = np.einsum("k,kcij->cij", fc[unit.channel], conv) / (14 * 14)
    weights = np.zeros((3, 16, 16))
    for row in range(14):
        for col in range(14):
            weights[:, row : row + 3, col : col + 3] += kernel
    return weights


def test_every_method_has_a_row_with_its_formula_words_and_source() -> None:
    assert list(ATTRIBUTIONS) == [
        "grad_cam", "layer_cam", "input_x_gradient", "integrated_gradients", "smooth_grad", "occlusion", "lrp",
    ]  # fmt: skip
    for name in ATTRIBUTIONS:
        row = ATTRIBUTIONS[name]
        assert row.title and row.formula and row.words and not row.words.endswith(".") and row.run.__doc__
        assert any(letter.isdigit() for letter in row.source), "the year of a paper"
        assert row.is_progressive == (name in PROGRESSIVE)


def test_the_closed_forms_of_a_linear_network(linear: Model) -> None:
    unit = Unit("fc", 2)
    f, weights = function_of(linear, unit), slow_weights(linear, unit)
    products = (weights * f.x).sum(0)
    assert f.value(f.x) == pytest.approx(products.sum(), rel=1e-4)
    for name in ("input_x_gradient", "integrated_gradients"):
        np.testing.assert_allclose(last_of(name, f).values, products, rtol=1e-3, atol=1e-4)
    norm = np.sqrt((weights**2).sum(0))
    np.testing.assert_allclose(last_of("smooth_grad", f).values, norm, rtol=1e-4, atol=1e-6)
    hidden = last_of("occlusion", f).values
    assert hidden.shape == (16, 16)  # places one pixel apart: the square of 2 x 2 is all that is hidden
    slow = [[products[row : row + 2, col : col + 2].sum() for col in range(16)] for row in range(16)]
    np.testing.assert_allclose(hidden, slow, rtol=1e-2, atol=2e-3)


def test_grad_cam_of_averaged_maps_is_cam(linear: Model) -> None:
    """The paper's section 3.1; and LayerCAM is the same over the classes' positive weights."""
    unit = Unit("fc", 1)
    f = function_of(linear, unit)
    maps = f.layer_maps()
    fc = np.asarray(linear.graph.nodes[-1].weights[0])[1] / (14 * 14)
    assert maps.layer == "conv"
    for name, weights in (("grad_cam", fc), ("layer_cam", np.maximum(fc, 0))):
        cam = np.maximum(np.einsum("k,khw->hw", weights, maps.maps), 0)
        np.testing.assert_allclose(last_of(name, f).values, cam, rtol=1e-4, atol=1e-6)


def test_lrp_of_a_linear_network(linear: Model) -> None:
    """Of the last layer each product; of the mean each place's part; of the first layer equal shares for its field."""
    f = function_of(linear, Unit("fc", 2))
    conv, fc = (np.asarray(node.weights[0], np.float64) for node in linear.graph.nodes if node.weights)
    windows = np.lib.stride_tricks.sliding_window_view(f.x.astype(np.float64), (3, 3), (1, 2))  # (C, 14, 14, 3, 3)
    at_places = np.einsum("k,kcij,crsij->rs", fc[2], conv, windows) / (14 * 14)
    expected = np.zeros((16, 16))
    for row in range(14):
        for col in range(14):
            expected[row : row + 3, col : col + 3] += at_places[row, col] / 9
    last = last_of("lrp", f)
    np.testing.assert_allclose(last.values, expected, rtol=1e-3, atol=1e-4)
    assert last.note == f"sum {last.values.sum():.3g}, f(x) {f.value(f.x):.3g}"


@pytest.mark.parametrize("target", ["0", "3"])
def test_the_numbers_of_zennit(target: str) -> None:
    network = deepvis.open(NormalizedWaves(), input_size=12)
    found = network.attribution(waves_input(), network.layers[-1], int(target), "lrp")
    np.testing.assert_allclose(found.values, np.array(ZENNIT[target]), atol=1e-6)  # written with six decimals


@pytest.mark.parametrize(("steps", "tolerance"), [(4, 0.15), (16, 0.05), (64, 0.02)])
@pytest.mark.parametrize("layer", ["fc", "relu2", "pool"])
def test_integrated_gradients_are_complete(
    waves: Model, layer: str, steps: int, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum is f(x) - f(0); the more steps the nearer. The network has biases: the way there is bent."""
    monkeypatch.setattr(integrated, "STEPS", steps)
    f = function_of(waves, Unit(layer, 1), x=waves_input())
    last = last_of("integrated_gradients", f)
    change = f.value(f.x) - f.value(np.zeros_like(f.x))
    assert last.values.sum() == pytest.approx(change, abs=tolerance * float(np.abs(last.values).sum()))
    assert last.total == steps and f"f(x) - f(0) {change:.3g}" in last.note


@pytest.mark.parametrize("target", ["0", "3"])
@pytest.mark.parametrize("method", ["grad_cam", "input_x_gradient", "integrated_gradients"])
def test_the_numbers_of_captum(target: str, method: str) -> None:
    network = deepvis.open(Waves(), input_size=12)
    found = network.attribution(waves_input(), network.layers[-1], int(target), method)
    wanted = np.array(GOLDEN[target][method])
    np.testing.assert_allclose(found.values, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("layer", ["conv1", "relu1", "mixed/a", "mixed/output", "fc"])
@pytest.mark.parametrize("position", [None, (0, 0)])
def test_the_gradient_is_that_of_what_is_shown(small: Model, layer: str, position: tuple[int, int] | None) -> None:
    """Of a blob with a rectifier in place: after it. Against differences, at the picture and elsewhere."""
    f = function_of(small, Unit(layer, 1), position=position)
    for x in (f.x, np.float32(0.7) * f.x):
        gradient, step = f.gradient(x), np.random.default_rng(3).uniform(-1, 1, x.shape).astype(np.float32)
        step *= 1e-2
        rise = f.value(x + step) - f.value(x - step)
        parts = 2 * gradient * step
        assert rise == pytest.approx(float(parts.sum()), abs=1e-2 * float(np.abs(parts).sum()))


def test_a_probability_is_looked_at_before_the_softmax(small: Model) -> None:
    ours, score = function_of(small, Unit("prob", 2)), function_of(small, Unit("fc", 2))
    assert ours.layer == "fc"
    assert np.array_equal(last_of("grad_cam", ours).values, last_of("grad_cam", score).values)


def test_the_maps_are_of_the_last_layer_that_has_some_or_of_the_chosen_one(small: Model) -> None:
    assert last_of("grad_cam", function_of(small, Unit("fc", 1))).layer == "mixed/output"
    assert last_of("layer_cam", function_of(small, Unit("fc", 1), layer="pool1")).layer == "pool1"
    assert last_of("grad_cam", function_of(small, Unit("mixed/output", 1))).layer == "mixed/a"  # channel 1 is of it
    assert last_of("grad_cam", function_of(small, Unit("mixed/a", 1), layer="mixed/b")).layer == "pool1"  # not below it
    with pytest.raises(ModelError, match="no layer with maps below conv1; go to a later layer"):
        last_of("grad_cam", function_of(small, Unit("conv1", 1)))


@pytest.mark.parametrize("name", list(PROGRESSIVE))
def test_each_step_counts_and_the_last_is_the_whole(waves: Model, name: str) -> None:
    steps = list(ATTRIBUTIONS[name].run(function_of(waves, Unit("fc", 1), x=waves_input())))
    assert [step.done for step in steps] == list(range(1, PROGRESSIVE[name] + 1))
    assert {step.total for step in steps} == {PROGRESSIVE[name]}
    assert len({step.values.shape for step in steps}) == 1
    assert not np.array_equal(steps[0].values, steps[-1].values)
    assert steps[0].values is not steps[-1].values


def test_the_same_picture_has_the_same_noise(small: Model) -> None:
    first, second = (last_of("smooth_grad", function_of(small, Unit("fc", 1))) for _ in range(2))
    assert np.array_equal(first.values, second.values)


@pytest.mark.parametrize(("rows", "cols"), [(14, 14), (1, 1), (3, 20), (16, 9)])
def test_places_come_coarse_to_fine_each_once(rows: int, cols: int) -> None:
    order = list(occlusion.coarse_to_fine(rows, cols))
    assert len({(row, col) for row, col, _ in order}) == len(order) == rows * cols
    sizes = [size for *_, size in order]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == occlusion.COARSEST
    covered = np.zeros((rows, cols), bool)
    for row, col, size in order:
        if size == occlusion.COARSEST:
            covered[row : row + size, col : col + size] = True
    assert covered.all()  # the first round says something of every place


@pytest.mark.parametrize("count", [1, 2, 8, 64])
def test_scattered_places_are_all_places_far_apart(count: int) -> None:
    order = integrated.scattered(count)
    assert sorted(order) == list(range(count))
    assert order[:2] == ([0, count // 2] if count > 1 else [0])


def test_a_network_in_place_only_is_the_same_as_one_with_copies(tmp_path: Path) -> None:
    """conv1 with its rectifier in place, and with a blob of its own: the same maps, the same attribution."""
    in_place = PROTOTXT.replace('bottom: "conv1" top: "relu1"', 'bottom: "conv1" top: "conv1"').replace(
        'bottom: "relu1" top: "pool1"', 'bottom: "conv1" top: "pool1"'
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = small_model(tmp_path / "a"), small_model(tmp_path / "b", in_place)
    for name in ("grad_cam", "layer_cam"):
        ours = last_of(name, function_of(first, Unit("fc", 1), layer="relu1"))
        other = last_of(name, function_of(second, Unit("fc", 1), layer="conv1"))
        np.testing.assert_allclose(ours.values, other.values, rtol=1e-5, atol=1e-6)
