"""Changes of a picture between the passes: against the network run beside them; when a round begins anew."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import deepvis.caffe
from deepvis.core.changed_pictures import UNCHANGED, ChangedPictures
from deepvis.core.interventions import switched_off
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.types import BackRequest, Fit, Frame, NetRequest, Unit
from deepvis.live.backend import Backend, BackendError, open_backend
from deepvis.live.backends.caffe import PycaffeBackend
from deepvis.live.backends.fake import FakeBackend
from deepvis.live.changing import REST_SECONDS, STANDING_SECONDS, ChangeRounds, Changing
from deepvis.live.network import NetworkWorker, soonest
from deepvis.sources.base import new_frame
from tests.helpers.networks import noise_frame, small_model, small_model_of_files
from tests.helpers.outputs import outputs

TOTAL = 1 + len(PICTURE_CHANGES)


def asked(seed: int = 0, *, moving: bool = False, fit: Fit = Fit.CROP) -> NetRequest:
    frame = noise_frame(seed, 30, 40)
    return NetRequest(new_frame(frame.rgb.copy(), moving=moving), fit=fit, changes=True)


def whole(backend: Backend, request: NetRequest) -> ChangedPictures:
    changing = Changing(backend, backend.run(request))
    while not changing.is_done:
        changing.go_on(lambda: False)
    return changing.newest


class Clock:
    """Stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["engine", "pycaffe", "fake"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "engine":
        return open_backend("engine", small_model(tmp_path))
    if request.param == "pycaffe":
        return PycaffeBackend(small_model_of_files(tmp_path), caffe=deepvis.caffe)
    return FakeBackend()


@pytest.mark.parametrize("fit", list(Fit))
def test_every_picture_is_what_the_network_makes_of_it(backend: Backend, fit: Fit) -> None:
    request = asked(fit=fit)
    found = whole(backend, request)
    seen = backend.run(request).input_rgb
    assert [each.change for each in found.pictures] == [UNCHANGED, *PICTURE_CHANGES]
    assert (found.total, found.frame_id, found.fit, found.error) == (TOTAL, request.frame.id, fit, "")
    for each in found.pictures:
        rgb = seen if each.change == UNCHANGED else PICTURE_CHANGES[each.change].apply(seen)
        assert np.array_equal(each.rgb, rgb) and not each.rgb.flags.writeable
        beside = backend.run(NetRequest(new_frame(rgb.copy()))).activations
        for layer in backend.info.live:
            assert each.largest[layer.name] == pytest.approx(beside[layer.name].max(axis=(1, 2)), abs=1e-5)


def test_only_the_layers_that_were_asked_for(tmp_path: Path) -> None:
    backend = open_backend("engine", small_model(tmp_path))
    request = replace(asked(), shown=frozenset({"conv1"}))
    assert all(list(each.largest) == ["conv1"] for each in whole(backend, request).pictures)


def test_passes_stop_when_their_time_is_over_or_something_waits() -> None:
    backend, ticks = FakeBackend(), itertools.count()
    snapshot = backend.run(asked())
    slow = Changing(backend, snapshot, clock=lambda: 0.02 * next(ticks))
    slow.go_on(lambda: False)
    assert 2 <= len(slow.newest.pictures) <= 3
    eager = Changing(backend, snapshot, clock=lambda: 0.0)
    eager.go_on(lambda: True)
    assert len(eager.newest.pictures) == 2 and not eager.is_done
    eager.go_on(lambda: False)
    assert eager.is_done


def test_a_pass_that_fails_is_said_and_ends_it() -> None:
    backend = FakeBackend()
    changing = Changing(backend, backend.run(asked()))
    backend.fails = BackendError("out of memory")
    changing.go_on(lambda: False)
    assert changing.is_done and changing.newest.error == "out of memory" and len(changing.newest.pictures) == 1


def test_an_input_that_is_no_picture_says_so() -> None:
    backend = FakeBackend()
    snapshot = replace(backend.run(asked()), input_rgb=None)
    assert "no picture" in Changing(backend, snapshot).newest.error


def finish(rounds: ChangeRounds) -> float | None:
    while (seconds := rounds.go_on(lambda: True)) == 0.0:
        pass
    return seconds


def test_a_still_picture_is_gone_through_once_and_stays_for_other_units() -> None:
    backend, rounds = FakeBackend(), ChangeRounds(Clock())
    request = asked()
    rounds.passed(backend, backend.run(request))
    assert rounds.newest is not None and len(rounds.newest.pictures) == 1
    rounds.go_on(lambda: True)
    assert len(rounds.newest.pictures) == 2  # each as it comes
    rounds.passed(backend, backend.run(replace(request, back=BackRequest(Unit("conv1", 1), "gradient"))))
    assert len(rounds.newest.pictures) == 2  # the same picture: it goes on
    assert finish(rounds) is None and rounds.newest.is_done
    done = rounds.newest
    rounds.passed(backend, backend.run(request))
    assert rounds.go_on(lambda: False) is None and rounds.newest is done
    rounds.passed(backend, backend.run(replace(request, fit=Fit.STRETCH)))
    assert rounds.newest.fit is Fit.STRETCH and not rounds.newest.is_done


def test_off_it_holds_nothing_and_does_nothing() -> None:
    backend, rounds = FakeBackend(), ChangeRounds(Clock())
    rounds.passed(backend, backend.run(asked()))
    rounds.passed(backend, backend.run(NetRequest(noise_frame())))
    before = len(backend.requests)
    assert rounds.newest is None and not rounds.is_on and rounds.go_on(lambda: False) is None
    assert len(backend.requests) == before


def test_a_moving_source_is_gone_through_frame_by_frame_with_a_rest() -> None:
    backend, clock = FakeBackend(), Clock()
    rounds = ChangeRounds(clock)
    first = asked(0, moving=True)
    rounds.passed(backend, backend.run(first))
    for seed in range(1, TOTAL):  # a frame comes between two changed pictures
        rounds.go_on(lambda: True)
        rounds.passed(backend, backend.run(asked(seed, moving=True)))
    assert rounds.newest.is_done and rounds.newest.frame_id == first.frame.id
    shown = rounds.newest
    clock.now = REST_SECONDS - 0.1
    rounds.passed(backend, backend.run(asked(90, moving=True)))
    assert rounds.go_on(lambda: True) == pytest.approx(0.1) and rounds.newest is shown
    clock.now = REST_SECONDS
    last = asked(91, moving=True)
    rounds.passed(backend, backend.run(last))
    assert rounds.go_on(lambda: True) == 0.0 and rounds.newest is shown  # until the next is complete
    assert finish(rounds) is None
    assert rounds.newest.frame_id == last.frame.id and rounds.newest.is_done


def test_a_source_that_stands_still_is_gone_through_soon() -> None:
    backend, clock = FakeBackend(), Clock()
    rounds = ChangeRounds(clock)
    rounds.passed(backend, backend.run(asked(0, moving=True)))
    frozen = asked(1, moving=True)
    rounds.passed(backend, backend.run(frozen))
    assert finish(rounds) == pytest.approx(STANDING_SECONDS)
    clock.now = STANDING_SECONDS
    assert finish(rounds) is None and rounds.newest.frame_id == frozen.frame.id


def test_from_a_camera_to_a_photo_it_begins_at_once() -> None:
    backend, rounds = FakeBackend(), ChangeRounds(Clock())
    rounds.passed(backend, backend.run(asked(0, moving=True)))
    photo = asked(1)
    rounds.passed(backend, backend.run(photo))
    assert rounds.newest.frame_id == photo.frame.id


def test_the_worker_gives_the_pass_first_and_then_the_changes_which_nobody_follows(
    start: Callable[..., NetworkWorker],
) -> None:
    seen: list[object] = []
    backend, request = FakeBackend(), asked()
    worker = start(backend, seen.append)
    worker.inbox.put(request)
    for output in outputs(worker, request):
        if output.changed is not None and output.changed.is_done:
            break
    assert output.snapshot is not None and output.snapshot.request is request
    assert len(output.changed.pictures) == TOTAL == len(backend.requests)
    assert len(seen) == 1 and worker.share.passes == 1
    plain = NetRequest(Frame(request.frame.id, request.frame.rgb))
    worker.inbox.put(plain)
    output = next(each for each in outputs(worker, plain) if each.followed is not None and each.changed is None)
    assert len(backend.requests) == TOTAL + 1


def test_other_weights_begin_anew(start: Callable[..., NetworkWorker]) -> None:
    worker, request = start(FakeBackend()), asked()
    worker.inbox.put(request)
    first = next(each.changed for each in outputs(worker, request) if each.changed and each.changed.is_done)
    other = FakeBackend()
    worker.renewals.put(lambda: other)
    again = next(
        each.changed
        for each in outputs(worker, request)
        if each.changed and each.changed.is_done and each.changed.id > first.id
    )
    assert len(other.requests) == TOTAL and len(again.pictures) == TOTAL


def test_the_soonest_of_some_waits() -> None:
    assert (soonest(None, None), soonest(None, 2.0), soonest(0.0, 2.0)) == (None, 2.0, 0.0)


def test_what_is_done_to_units_holds_for_every_picture_and_begins_anew_when_it_changes(tmp_path: Path) -> None:
    backend, rounds, request = open_backend("engine", small_model(tmp_path)), ChangeRounds(), asked()
    for interventions in ((switched_off(Unit("conv1", 1)),), ()):
        rounds.passed(backend, backend.run(replace(request, interventions=interventions)))
        finish(rounds)
        assert rounds.newest is not None and rounds.newest.is_done
        values = [picture.largest["conv1"][1] for picture in rounds.newest.pictures]
        assert any(values) != bool(interventions) and len(values) > 1
