from __future__ import annotations

import numpy as np
import pytest

from deepvis.core.back_modes import DECONV, GRADIENT
from deepvis.core.interventions import clamped, scaled, switched_off
from deepvis.core.types import AttributionRequest, BackRequest, NetRequest, Unit
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.spec import with_weights
from deepvis.formats.caffe.spec_graph import graph_of
from deepvis.live.backend import BackendError, open_backend
from deepvis.live.backends.engine import GraphBackend
from deepvis.models.zoo import load_model
from tests.helpers.networks import noise_frame, small_model
from tests.live.backends.conformance import BackendConformance


class TestEngine(BackendConformance):
    def make(self, model):
        return open_backend("engine", model, "cpu")


@pytest.fixture
def engine(tmp_path) -> GraphBackend:
    return GraphBackend(small_model(tmp_path), "cpu")


def test_the_pass_stops_after_what_is_shown(engine):
    snapshot = engine.run(NetRequest(noise_frame(), shown=frozenset({"pool1"})))
    assert "pool1" in snapshot.activations and "fc" not in snapshot.activations
    snapshot = engine.run(
        NetRequest(snapshot.request.frame, BackRequest(Unit("fc", 0), GRADIENT), shown=frozenset({"pool1"}))
    )
    assert "fc" in snapshot.activations and "prob" not in snapshot.activations


def test_activations_on_the_cpu_are_not_copied(engine):
    snapshot = engine.run(NetRequest(noise_frame()))
    assert not snapshot.activations["conv1"].flags.owndata
    blob = engine._last.tape.blobs["conv1"]
    assert snapshot.activations["conv1"].ctypes.data == blob.data_ptr()


def test_weights_that_are_no_numbers_are_noted_and_shown(tmp_path):
    model = small_model(tmp_path)
    kernel, bias = np.full((6, 3, 3, 3), 0.1, np.float32), np.zeros(6, np.float32)
    kernel[0, 0, 0, 0] = np.nan
    spec = with_weights(fill_net(model.opened.own()), {"conv1": [kernel, bias]})
    model.__dict__["graph"] = graph_of(spec)
    backend = GraphBackend(model, "cpu")
    assert any("conv1 hold NaN" in note for note in backend.info.notes)
    snapshot = backend.run(NetRequest(noise_frame(), BackRequest(Unit("fc", 0), GRADIENT)))
    assert snapshot.activations["fc"].shape == (5, 1, 1)


def test_layers_that_the_engine_has_not_are_all_named(tmp_path):
    text = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
    layer { name: "odd" type: "OddOne" bottom: "data" top: "odd" }
    layer { name: "odder" type: "OtherOne" bottom: "odd" top: "odder" }
    """
    with pytest.raises(BackendError, match=r"OddOne.*OtherOne"):
        GraphBackend(small_model(tmp_path, text), "cpu")


def test_a_batch_that_a_layer_makes_is_shown_stacked(tmp_path):
    text = """
    layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 16 dim: 16 } } }
    layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
      convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: "gaussian" std: 0.2 } } }
    layer { name: "regions" type: "Reshape" bottom: "conv1" top: "regions"
      reshape_param { shape { dim: 2 dim: 3 dim: 16 dim: 16 } } }
    layer { name: "rows" type: "Convolution" bottom: "regions" top: "rows"
      convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "gaussian" std: 0.2 } } }
    """
    backend = GraphBackend(small_model(tmp_path, text), "cpu")
    assert backend.info.layer("rows").channels == 4 and backend.info.layer("rows").height == 32
    one = backend.run(NetRequest(noise_frame(), BackRequest(Unit("rows", 1), GRADIENT, (20, 3))))
    assert one.activations["rows"].shape == (4, 32, 16)
    assert one.input_diff[:, 4, 3].any() and np.count_nonzero(np.abs(one.input_diff).sum(0)) == 1


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "name", "size"),
    [
        ("lenet-v1", "lenet", None),
        ("cifar10-v1", "cifar10_full", None),
        ("mtcnn", "det1", (40, 60)),
        ("mtcnn", "det3", None),
        ("wechat-sr", "sr", (40, 60)),
    ],
)
def test_real_networks_of_odd_shapes_are_shown_layer_by_layer(shared, folder, name, size):
    files = shared / "models" / folder
    weights = next(files.glob(f"{name}*.caffemodel"))
    model = load_model(prototxt=files / f"{name}.prototxt", weights=weights, overrides={"input_size": size})
    backend = GraphBackend(model, "cpu")
    assert size is None or backend.info.input_shape[1:] == size
    frame = noise_frame(0, 50, 70)
    for layer in backend.info.layers:
        snapshot = backend.run(NetRequest(frame, BackRequest(Unit(layer.name, layer.channels - 1), DECONV)))
        assert snapshot.activations[layer.name].shape == (layer.channels, layer.height, layer.width)
        assert snapshot.input_diff.shape == backend.info.input_shape


# --- what if ----------------------------------------------------------------------------------------

OFF = (switched_off(Unit("mixed/output", 1)), scaled(Unit("pool1", 2), 2.0))


def test_before_and_after_are_both_there(engine):
    frame = noise_frame()
    plain = engine.run(NetRequest(frame))
    assert plain.before is None
    snapshot = engine.run(NetRequest(frame, interventions=OFF))
    for name in plain.activations:
        assert np.array_equal(snapshot.before[name], plain.activations[name]), name
    assert not snapshot.activations["mixed/output"][1].any()
    assert np.allclose(snapshot.activations["pool1"][2], 2 * plain.activations["pool1"][2])
    assert np.shares_memory(snapshot.activations["conv1"], snapshot.before["conv1"])  # not run again, not copied
    again = engine.run(NetRequest(frame))
    assert again.before is None and np.array_equal(again.activations["prob"], plain.activations["prob"])


def test_another_unit_or_back_mode_takes_up_the_changed_pass(engine):
    frame = noise_frame()
    first = engine.run(NetRequest(frame, interventions=OFF))
    second = engine.run(NetRequest(frame, BackRequest(Unit("fc", 0), GRADIENT), interventions=OFF))
    assert np.shares_memory(first.activations["fc"], second.activations["fc"])
    plain = engine.run(NetRequest(frame, BackRequest(Unit("fc", 0), GRADIENT)))
    assert not np.allclose(plain.input_diff, second.input_diff)


def test_the_back_projection_of_the_unit_itself_is_times_its_factor(engine):
    frame, unit = noise_frame(), Unit("mixed/output", 1)
    plain = engine.run(NetRequest(frame, BackRequest(unit, GRADIENT)))
    off = engine.run(NetRequest(frame, BackRequest(unit, GRADIENT), interventions=(switched_off(unit),)))
    held = engine.run(NetRequest(frame, BackRequest(unit, GRADIENT), interventions=(clamped(unit, 3),)))
    twice = engine.run(NetRequest(frame, BackRequest(unit, GRADIENT), interventions=(scaled(unit, 2),)))
    assert plain.input_diff.any() and not off.input_diff.any() and not held.input_diff.any()
    assert np.allclose(twice.input_diff, 4 * plain.input_diff, rtol=1e-4)  # twice the seed, twice the gradient


def test_attributions_and_contributions_are_of_the_changed_network(engine):
    frame = noise_frame()
    asked = AttributionRequest(Unit("fc", 2), "occlusion")
    function = engine.unit_function(NetRequest(frame, attribution=asked, interventions=OFF))
    snapshot = engine.run(NetRequest(frame, interventions=OFF, why=(Unit("fc", 2),)))
    assert function.value(function.x) == pytest.approx(float(snapshot.activations["fc"][2].sum()), rel=1e-4)
    assert snapshot.contributions.value == pytest.approx(float(snapshot.activations["fc"][2].sum()), rel=1e-4)
    assert snapshot.contributions.of("mixed/output")[1] == 0


def test_an_intervention_that_is_not_there_is_refused_in_words(engine):
    with pytest.raises(BackendError, match="channel 4000"):
        engine.run(NetRequest(noise_frame(), interventions=(switched_off(Unit("conv1", 4000)),)))
    assert engine.run(NetRequest(noise_frame())).activations["conv1"].any()
