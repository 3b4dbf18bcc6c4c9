"""What every backend must do. A test file subclasses ``BackendConformance`` and says how to ``make`` one.

``network`` is True for backends that compute a real network: the small one of ``tests.helpers.networks``, whose
conv1 has no in-place ReLU, so that its gradient is exact for any step.
"""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.core.back_modes import DECONV, GRADIENT
from deepvis.core.types import BackRequest, Fit, Frame, NetRequest, Unit
from deepvis.live.backend import Backend, BackendError
from deepvis.models.model import Model
from deepvis.network.back_modes import BACK_MODES
from deepvis.sources.base import new_frame
from tests.helpers.networks import noise_frame, small_model, small_model_of_files
from tests.live.backends.every_key import press_every_key

MODES = list(BACK_MODES)
PAPERS = (GRADIENT, DECONV, "guided")  # which differ from each other wherever there is a ReLU


class BackendConformance:
    network = True

    def make(self, model: Model) -> Backend:
        """The backend over a model."""
        raise NotImplementedError

    @pytest.fixture
    def backend(self, tmp_path) -> Backend:
        return self.make(small_model(tmp_path))

    @pytest.fixture
    def frame(self, backend) -> Frame:
        return noise_frame(0, *backend.info.input_shape[1:])

    def test_info_names_layers_of_real_size(self, backend):
        info = backend.info
        assert info.name and len(info.input_shape) == 3 and info.layers
        assert len({layer.name for layer in info.layers}) == len(info.layers)
        assert all(min(layer.channels, layer.height, layer.width) >= 1 and layer.type for layer in info.layers)
        assert not info.prob_layer or info.layer(info.prob_layer)
        assert len(info.groups) in (0, len(info.layers))

    def test_activations_have_the_shapes_of_info(self, backend, frame):
        snapshot = backend.run(NetRequest(frame))
        for layer in backend.info.layers:
            acts = snapshot.activations[layer.name]
            assert acts.shape == (layer.channels, layer.height, layer.width) and acts.dtype == np.float32
            assert np.isfinite(acts).all() and not acts.flags.writeable

    def test_blobs_are_fetched_once_and_read_only(self, backend, frame):
        layer = backend.info.layers[0].name
        snapshot = backend.run(NetRequest(frame, BackRequest(Unit(layer, 0), GRADIENT)))
        for blobs in (snapshot.activations, snapshot.diffs):
            assert blobs[layer] is blobs[layer]
            with pytest.raises(ValueError, match="read-only"):
                blobs[layer][...] = 0
        assert "no such layer" not in snapshot.activations
        with pytest.raises(KeyError):
            snapshot.activations["no such layer"]

    def test_the_answer_carries_its_ask_and_ids_rise(self, backend, frame):
        requests = [NetRequest(frame), NetRequest(frame, fit=Fit.STRETCH), NetRequest(noise_frame(1))]
        snapshots = [backend.run(request) for request in requests]
        assert [snapshot.request for snapshot in snapshots] == requests
        assert snapshots[0].id < snapshots[1].id < snapshots[2].id

    def test_without_a_back_ask_nothing_is_projected(self, backend, frame):
        snapshot = backend.run(NetRequest(frame))
        assert len(snapshot.diffs) == 0 and snapshot.input_diff is None
        assert snapshot.seconds.forward > 0 and snapshot.seconds.back == 0

    def test_what_the_network_was_shown(self, backend, frame):
        snapshot = backend.run(NetRequest(frame))
        height, width = backend.info.input_shape[1:]
        assert snapshot.input_rgb.shape == (height, width, 3) and snapshot.input_rgb.dtype == np.uint8
        assert np.array_equal(snapshot.input_rgb, frame.rgb)

    def test_crop_and_stretch_differ_for_a_wide_picture(self, backend):
        wide = noise_frame(2, 40, 90)
        crop, stretch = (backend.run(NetRequest(wide, fit=fit)).input_rgb for fit in (Fit.CROP, Fit.STRETCH))
        assert crop.shape == stretch.shape and not np.array_equal(crop, stretch)

    @pytest.mark.parametrize("mode", MODES)
    def test_every_layer_can_be_projected_back(self, backend, frame, mode):
        for layer in backend.info.layers:
            unit = Unit(layer.name, layer.channels - 1)
            snapshot = backend.run(NetRequest(frame, BackRequest(unit, mode)))
            assert snapshot.input_diff.shape == backend.info.input_shape and snapshot.input_diff.dtype == np.float32
            assert snapshot.diffs[layer.name].shape == (layer.channels, layer.height, layer.width)
            assert snapshot.seconds.back > 0

    def test_layers_above_the_asked_one_have_no_diff(self, backend, frame):
        first, last = backend.info.layers[0], backend.info.layers[-1]
        snapshot = backend.run(NetRequest(frame, BackRequest(Unit(first.name, 0), GRADIENT)))
        assert first.name in snapshot.diffs and last.name not in snapshot.diffs

    def test_the_seed_is_the_units_whole_map_or_one_at_a_position(self, backend, frame):
        layer = backend.info.layers[0]
        whole = backend.run(NetRequest(frame, BackRequest(Unit(layer.name, 1), GRADIENT)))
        assert np.array_equal(whole.diffs[layer.name][1], whole.activations[layer.name][1])
        assert not whole.diffs[layer.name][0].any()
        one = backend.run(NetRequest(frame, BackRequest(Unit(layer.name, 1), GRADIENT, (1, 2))))
        expected = np.zeros((layer.height, layer.width), np.float32)
        expected[1, 2] = 1
        assert np.array_equal(one.diffs[layer.name][1], expected)

    def test_the_same_ask_has_the_same_answer(self, backend, frame):
        layer = backend.info.layers[-2].name
        request = NetRequest(frame, BackRequest(Unit(layer, 0), DECONV))
        first, second = backend.run(request), backend.run(NetRequest(noise_frame(5))) and backend.run(request)
        assert np.array_equal(first.activations[layer], second.activations[layer])
        assert np.array_equal(first.input_diff, second.input_diff)

    def test_an_older_answer_stays_what_it_was(self, backend, frame):
        layer = backend.info.layers[0].name
        first = backend.run(NetRequest(frame, BackRequest(Unit(layer, 0), GRADIENT)))
        acts, diff = first.activations[layer].copy(), first.input_diff.copy()
        late = backend.run(NetRequest(frame))  # read only after the next pass
        backend.run(NetRequest(noise_frame(6), BackRequest(Unit(layer, 1), DECONV)))
        assert np.array_equal(first.activations[layer], acts) and np.array_equal(first.input_diff, diff)
        assert np.array_equal(late.activations[layer], acts)

    def test_only_what_is_shown_must_be_there(self, backend, frame):
        first, second = backend.info.layers[0].name, backend.info.layers[1].name
        snapshot = backend.run(NetRequest(frame, BackRequest(Unit(second, 0), GRADIENT), shown=frozenset({first})))
        whole = backend.run(NetRequest(frame))
        for name in (first, second):
            assert np.array_equal(snapshot.activations[name], whole.activations[name])

    @pytest.mark.parametrize(
        ("unit", "position", "words"),
        [
            (Unit("no layer", 0), None, "no layer"),
            (Unit("conv1", 4000), None, "channel 4000"),
            (Unit("conv1", -1), None, "channel -1"),
            (Unit("conv1", 0), (0, 4000), "position"),
        ],
    )
    def test_what_is_not_there_is_refused_in_words(self, backend, frame, unit, position, words):
        with pytest.raises(BackendError, match=words):
            backend.run(NetRequest(frame, BackRequest(unit, GRADIENT, position)))
        assert backend.run(NetRequest(frame)).activations["conv1"].any()  # and it goes on

    def test_a_back_mode_that_is_not_there_is_refused_in_words(self, backend, frame):
        with pytest.raises(BackendError, match="no back mode 'backprop'; there are gradient, deconv, guided"):
            backend.run(NetRequest(frame, BackRequest(Unit("conv1", 0), "backprop")))

    def test_every_key_works_or_says_in_words_that_it_does_not(self, tmp_path, monkeypatch, photos, video):
        monkeypatch.setenv("DEEPVIS_CACHE", str(tmp_path / "cache"))
        model = small_model_of_files(tmp_path)
        press_every_key(model, self.make, photos, video, tmp_path, monkeypatch)
        assert list(tmp_path.glob("deepvis-*.png")), "key p has saved nothing"
        assert list((tmp_path / "cache").rglob("max_im/*/*.jpg")), "key W has saved nothing"
        if self.network:  # the fake one has units that the model has not, of which nothing can be optimized
            assert list((tmp_path / "cache").rglob("live_opt/*/*.png")), "key x has kept nothing"

    def test_every_earlier_layer_contributes_through_a_chain(self, backend, frame):
        last = backend.info.layers[-1]
        target = Unit(last.name, last.channels - 1)
        assert backend.run(NetRequest(frame)).contributions is None
        found = backend.run(NetRequest(frame, why=(target,))).contributions
        assert found.chain == (target,) and np.isfinite(found.value)
        for layer in backend.info.layers:
            if layer.name in found.links and layer.name != last.name:
                assert found.maps[layer.name].shape == (layer.channels, layer.height, layer.width)
                assert found.of(layer.name).shape == (layer.channels,) and found.through(layer.name) == (target,)
        assert {"conv1", "pool1"} <= set(found.links)
        middle = backend.info.layers[2].name
        through = backend.run(NetRequest(frame, why=(target, Unit(middle, 1)))).contributions
        assert (through.links[middle], through.links["conv1"]) == (0, 1)
        assert np.allclose(through.of(middle), found.of(middle))
        assert not np.allclose(through.of("conv1"), found.of("conv1"))

    def test_a_unit_that_is_not_there_is_not_asked_why(self, backend, frame):
        with pytest.raises(BackendError, match="channel 4000"):
            backend.run(NetRequest(frame, why=(Unit("conv1", 4000),)))

    def test_closing_twice_is_fine(self, backend):
        backend.close()
        backend.close()

    # --- real networks -------------------------------------------------------------------------

    @pytest.fixture
    def real(self, backend):
        if not self.network:
            pytest.skip("no network is computed")
        return backend

    def test_probabilities_sum_to_one(self, real, frame):
        prob = real.run(NetRequest(frame)).activations[real.info.prob_layer]
        assert prob.sum() == pytest.approx(1, abs=1e-5)

    def test_contributions_are_activation_times_the_gradient_of_the_score(self, real, frame):
        """The diffs of a unit are its value times the gradient; a class behind a softmax is asked by its score."""
        last, score = real.info.layers[-1], real.info.layers[-2]
        assert (last.type, score.channels) == ("Softmax", last.channels)
        snapshot = real.run(NetRequest(frame, BackRequest(Unit(score.name, 1), GRADIENT), why=(Unit(last.name, 1),)))
        value = float(snapshot.activations[score.name][1].sum())
        found = snapshot.contributions
        assert found.value == pytest.approx(value, rel=1e-5)
        for name in ("conv1", "pool1", "mixed/output"):
            expected = snapshot.activations[name] * snapshot.diffs[name] / value
            assert np.allclose(found.maps[name], expected, atol=1e-4 * np.abs(expected).max()), name

    def test_through_a_unit_the_layers_below_sum_to_its_part(self, real, frame):
        target = Unit(real.info.layers[-2].name, 1)
        of_mixed = real.run(NetRequest(frame, why=(target,))).contributions.of("mixed/output")
        unit = Unit("mixed/output", int(np.abs(of_mixed).argmax()))
        through = real.run(NetRequest(frame, BackRequest(unit, GRADIENT), why=(target, unit)))
        alone = real.run(NetRequest(frame, why=(target, unit))).contributions
        assert np.allclose(alone.of("conv1"), through.contributions.of("conv1"))
        assert np.allclose(alone.of("mixed/output"), of_mixed, atol=1e-5)
        assert alone.of("conv1").any()

    def test_the_gradient_is_what_a_change_of_the_picture_does(self, real, frame):
        """One pixel of one colour, changed by 9, moves a conv1 value by 9 times the gradient there, in RGB order."""
        where = (3, 4)
        before = real.run(NetRequest(frame, BackRequest(Unit("conv1", 2), GRADIENT, where)))
        for colour in range(3):
            rgb = frame.rgb.copy()
            rgb[4, 5, colour] += 9
            after = real.run(NetRequest(new_frame(rgb)))
            change = float(after.activations["conv1"][2][where] - before.activations["conv1"][2][where])
            assert change == pytest.approx(9 * float(before.input_diff[colour, 4, 5]), rel=1e-3, abs=1e-3)

    def test_a_branch_that_leads_elsewhere_adds_nothing(self, real, frame):
        """Channels 0 to 3 of mixed/output are mixed/a's: what was left behind in mixed/b must not be added."""
        strength = real.run(NetRequest(frame)).activations["mixed/output"].sum(axis=(1, 2))
        left, right = int(strength[:4].argmax()), 4 + int(strength[4:].argmax())
        request = NetRequest(frame, BackRequest(Unit("mixed/output", left), GRADIENT))
        first = real.run(request)
        assert first.input_diff.any()
        real.run(NetRequest(frame, BackRequest(Unit("mixed/output", right), GRADIENT)))
        again = real.run(request)
        assert np.allclose(first.input_diff, again.input_diff, atol=1e-6)
        assert not first.diffs["mixed/output"][4:].any()

    def test_modes_differ_above_a_relu_and_agree_below(self, real, frame):
        def projections(layer: str) -> list[np.ndarray]:
            return [real.run(NetRequest(frame, BackRequest(Unit(layer, 1), mode))).input_diff for mode in PAPERS]

        grad, deconv, guided = projections("fc")
        assert not np.allclose(grad, deconv) and not np.allclose(deconv, guided) and not np.allclose(grad, guided)
        grad, deconv, guided = projections("conv1")
        assert np.allclose(grad, deconv) and np.allclose(deconv, guided)

    def test_another_unit_of_the_same_picture_needs_no_second_forward(self, real, frame):
        real.run(NetRequest(frame))
        again = real.run(NetRequest(frame, BackRequest(Unit("fc", 1), GRADIENT)))
        first = real.run(NetRequest(noise_frame(8)))
        assert again.seconds.forward < first.seconds.forward / 2
