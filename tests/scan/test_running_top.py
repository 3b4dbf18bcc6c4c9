"""The running top-9 against the definition, and its pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepvis.core.types import Fit, Frame, LayerInfo, NetInfo, NetRequest, PassSeconds, Snapshot, Unit, UnitImages
from deepvis.core.unit_files import LEFT_OUT, SAVED_TOP, network_in, read_patches, unit_image_paths
from deepvis.live.backend import BackendError
from deepvis.live.backends.fake import FAKE_INFO, FakeBackend
from deepvis.live.running_images import RunningImages
from deepvis.scan.running_top import RunningTop
from deepvis.scan.windows import Window

INFO = NetInfo("tiny", (LayerInfo("a", "Convolution", 2, 2, 3), LayerInfo("b", "InnerProduct", 1, 1, 1)), (3, 4, 4))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def a_pass(
    frame_id: int, values, *, path=None, moving=False, fit=Fit.CROP, layers="ab", size=4, look=None, seconds=None
) -> Snapshot:
    """A pass in which unit k has the maximum values[k] at (1, 2) of its map. look: else unlike all."""
    acts = np.full((2, 2, 3), -9, np.float32)
    acts[:, 1, 2] = values[:2]
    activations = {"a": acts, "b": np.array(values[2:3], np.float32).reshape(1, 1, 1)}
    frame = Frame(frame_id, np.zeros((4, 4, 3), np.uint8), path=path, moving=moving, seconds=seconds)
    rng = np.random.default_rng(frame_id if look is None else [look])
    rgb = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
    rgb[0, 0] = frame_id % 256
    return Snapshot(
        frame_id,
        NetRequest(frame, fit=fit),
        {name: activations[name] for name in layers},
        input_rgb=rgb,
        seconds=PassSeconds(1.0),
    )


def values_of(running: RunningTop, unit: Unit = Unit("a", 0)) -> list[float]:  # noqa: B008
    return [patch.value for patch in running.best(unit).patches]


def test_the_best_stills_come_first_with_place_and_path() -> None:
    running = RunningTop(INFO, top=2)
    for index, value in enumerate([1.0, 3.0, 2.0]):
        assert running.update(a_pass(index, [value, -value, 5], path=f"{index}.jpg"))
    best = running.best(Unit("a", 0))
    assert [(p.value, p.path, p.row, p.col) for p in best.patches] == [(3, "1.jpg", 1, 2), (2, "2.jpg", 1, 2)]
    assert [int(picture.rgb[0, 0, 0]) for picture in best.pictures] == [1, 2]
    assert values_of(running, Unit("a", 1)) == [-1, -2]
    assert [p.path for p in running.best(Unit("b", 0)).patches] == ["0.jpg", "1.jpg"]  # of equals the earlier
    assert best.images == running.images == 3


def test_a_still_counts_once_however_often_it_is_seen() -> None:
    running = RunningTop(INFO)
    running.update(a_pass(0, [1, 1, 1], path="x.jpg"))
    assert not running.update(a_pass(0, [1, 1, 1], path="x.jpg"))
    running.update(a_pass(1, [1, 1, 1], path="y.jpg"))
    assert not running.update(a_pass(2, [1, 1, 1], path="x.jpg"))  # looked at again
    assert running.update(a_pass(2, [4, 0, 1], path="x.jpg", fit=Fit.STRETCH))  # another crop of it is better
    assert values_of(running) == [4, 1]
    assert values_of(running, Unit("a", 1)) == [1, 1]
    assert running.images == 2


def test_moving_frames_closer_than_a_second_are_one_image() -> None:
    clock = Clock()
    running = RunningTop(INFO, clock=clock)
    for frame_id, (now, value) in enumerate([(0, 5), (0.5, 4), (0.9, 7), (1.8, 6), (1.95, 3), (3.0, 2)]):
        clock.now = now
        running.update(a_pass(frame_id, [value, 1, 1], moving=True))
    assert values_of(running) == [7, 3, 2]  # 6 lies within a second of the better 7
    assert running.images == 3


def test_frames_that_look_the_same_are_one_image_however_far_apart_and_photos_never() -> None:
    clock = Clock()
    running = RunningTop(INFO, clock=clock)
    for frame_id, (look, value) in enumerate([(1, 5), (2, 4), (1, 7), (2, 3), (1, 6), (3, 2)]):
        clock.now += 10
        running.update(a_pass(frame_id, [value, 1, 1], moving=True, look=look))
    assert values_of(running) == [7, 4, 2]
    for frame_id in range(6, 9):  # photos may look the same
        running.update(a_pass(frame_id, [9, 1, 1], path=f"{frame_id}.jpg", look=1))
    assert values_of(running) == [9, 9, 9, 7, 4, 2]


def test_a_video_that_begins_again_shows_the_same_images() -> None:
    clock = Clock()
    running = RunningTop(INFO, clock=clock)
    for frame_id in range(60):  # six rounds of 5 s, two frames a second
        clock.now += 0.5
        seconds = frame_id % 10 / 2 + 0.01 * (frame_id // 10)
        value = (30, 10, 41, 11, 50, 90, 20, 60, 51, 31)[frame_id % 10] + frame_id // 10
        running.update(a_pass(frame_id, [value, 1, 1], moving=True, seconds=seconds))
    assert values_of(running) == [95, 65, 46, 36, 30]  # of 2.5, 3.5, 1, 4.5 and 0 s
    assert running.images == 5


def test_a_frame_between_two_takes_the_place_of_both() -> None:
    clock = Clock()
    running = RunningTop(INFO, clock=clock, top=3)
    for frame_id, (seconds, value) in enumerate([(0.0, 5), (1.2, 4), (9.0, 3), (0.6, 6)]):
        clock.now += 10
        running.update(a_pass(frame_id, [value, 1, 1], moving=True, seconds=seconds))
    assert values_of(running) == [6, 3]
    used = {number for unit in running.units() for number in running.best(unit).numbers}
    assert used == {kept.number for kept in running._stream.book.pictures.values()}


def test_silent_units_and_numbers_that_are_none_keep_nothing() -> None:
    running = RunningTop(INFO)
    running.update(a_pass(0, [0, float("nan"), float("inf")], path="x"))
    assert all(not running.best(unit).patches for unit in running.units())


def test_layers_that_a_pass_has_not_reached_are_filled_by_a_later_one() -> None:
    running = RunningTop(INFO)
    running.update(a_pass(0, [1, 1, 2], path="x", layers="a"))
    assert values_of(running, Unit("b", 0)) == []
    running.update(a_pass(0, [1, 1, 2], path="x"))
    assert values_of(running, Unit("b", 0)) == [2]
    assert values_of(running) == [1]
    assert running.images == 1


def test_moving_frames_cost_a_share_of_the_passes_and_every_layer_has_its_turn() -> None:
    """The stopwatch says 3 ms for every update; passes take 10 ms, of which a tenth may be spent."""
    clock, watch = Clock(), Clock()
    asked = []

    def stopwatch() -> float:
        asked.append(watch.now)
        watch.now += 0.003 * (len(asked) % 2)  # between the begin and the end of an update
        return asked[-1]

    running = RunningTop(INFO, clock=clock, share=0.1, stopwatch=stopwatch)
    changes = 0
    for frame_id in range(300):
        clock.now += 2.0
        snapshot = a_pass(frame_id, [frame_id + 1.0] * 3, moving=True)
        changes += running.update(replace(snapshot, seconds=PassSeconds(0.008, 0.002)))
    assert 90 <= changes <= 110  # 300 passes of 10 ms allow 300 ms: 100 updates of 3 ms
    assert running.images == 300
    assert min(values_of(running)) > 220 and min(values_of(running, Unit("b", 0))) > 220


def test_reset_begins_anew_and_never_uses_a_number_again() -> None:
    running = RunningTop(INFO)
    running.update(a_pass(0, [1, 1, 1], path="x"))
    before = running.best(Unit("a", 0)).numbers
    running.reset()
    assert running.images == 0 and values_of(running) == []
    running.update(a_pass(0, [1, 1, 1], path="x"))  # the frame that is still shown counts
    assert running.images == 1
    assert not set(before) & set(running.best(Unit("a", 0)).numbers)


def test_a_forgotten_stream_is_brought_back_whole() -> None:
    running = RunningTop(INFO)
    running.recall()  # there is none
    running.update(a_pass(0, [5, 1, 1], path="x"))
    before = running.best(Unit("a", 0))
    running.reset()
    running.update(a_pass(1, [9, 1, 1], path="y"))
    running.reset()
    assert running.resets == 2
    running.recall()
    assert values_of(running) == [9] and running.images == 1
    running.recall()
    assert running.best(Unit("a", 0)).patches == before.patches and running.resets == 0
    running.update(a_pass(1, [9, 1, 1], path="y"))  # what is shown now counts
    assert values_of(running) == [9, 5] and running.images == 2


def test_forgotten_streams_are_bounded_in_bytes_and_the_last_is_kept() -> None:
    running = RunningTop(INFO, capacity=2 * 48)
    for index in range(5):
        running.update(a_pass(index, [index + 1, 1, 1], path=str(index)))
        running.reset()
    assert len(running._forgotten) == 2
    running.recall()
    assert values_of(running) == [5]


def test_a_forgotten_stream_makes_room_for_the_new_one_picture_by_picture() -> None:
    running = RunningTop(INFO, top=4, capacity=4 * 48)
    for index in range(4):
        running.update(a_pass(index, [index + 1, 1, 1], path=f"old {index}"))
    running.reset()
    for index in range(3):
        running.update(a_pass(index, [index + 1, 1, 1], path=f"new {index}"))
        assert sum(stream.book.bytes for stream in (running._stream, *running._forgotten)) <= 4 * 48
    assert values_of(running) == [3, 2, 1]
    running.recall()
    assert values_of(running) == [4]  # of pictures that as many units keep the newest


def test_nothing_happens_before_the_network_is_known() -> None:
    known: list[NetInfo] = []
    running = RunningTop(lambda: known[0] if known else None)
    assert not running.update(a_pass(0, [1, 1, 1], path="x"))
    assert running.units() == [] and running.best(Unit("a", 0)).patches == ()
    running.reset()
    known.append(INFO)
    assert running.update(a_pass(0, [1, 1, 1], path="x"))
    assert running.best(Unit("c", 0)).patches == () == running.best(Unit("a", 2)).patches


def test_pictures_are_bounded_in_bytes() -> None:
    running = RunningTop(INFO, top=3, capacity=5 * 48)  # five pictures of 4x4x3
    for index in range(40):
        running.update(a_pass(index, [index % 7 + index / 100, -index - 1, 40 - index], path=str(index)))
        kept = {number for unit in running.units() for number in running.best(unit).numbers}
        assert len(kept) <= 5
    assert values_of(running) == sorted(values_of(running), reverse=True)
    assert running._stream.book.bytes == 48 * len(running._stream.book)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(-3, 3), st.booleans(), st.floats(0, 0.7), st.integers(0, 4)),
        max_size=30,
    ),
    st.booleans(),
)
def test_agrees_with_a_slow_list(events, is_video) -> None:
    """Against a plain list for one unit: stills by path, moving frames by time, by the video's time, and by look."""
    clock, running, entries = Clock(), RunningTop(INFO, top=3), []
    running._clock = clock
    for frame_id, (name, value, moving, wait, look) in enumerate(events):
        clock.now += wait
        path = None if moving else f"{name}.jpg"
        seconds = frame_id * 0.4 % 2.9 if moving and is_video else None
        a = a_pass(frame_id, [value, 1, 1], path=path, moving=moving, look=look, seconds=seconds)
        running.update(a)
        if value == 0 or (len(entries) == 3 and value <= entries[-1][0]):
            continue
        close = [
            e
            for e in entries
            if (moving and e[2] is not None and (clock.now - e[2] < 1 or e[4] == look))
            or (seconds is not None and e[3] is not None and abs(seconds - e[3]) < 1)
            or (path and e[1] == path)
        ]
        if any(e[0] >= value for e in close):
            continue
        entries = [e for e in entries if e not in close] + [(value, path, clock.now if moving else None, seconds, look)]
        entries = sorted(entries, key=lambda e: -e[0])[:3]
    assert values_of(running) == [e[0] for e in entries]
    assert [p.path for p in running.best(Unit("a", 0)).patches] == [e[1] or "" for e in entries]
    used = {n for unit in running.units() for n in running.best(unit).numbers}
    assert not running._info or used == {kept.number for kept in running._stream.book.pictures.values()}


# --- as pictures ---------------------------------------------------------------------------------


@pytest.fixture
def pictures(monkeypatch):
    """(running, images, backend) over the fake network; windows are 5x5 pixels."""
    backend = FakeBackend()
    running = RunningTop(FAKE_INFO)
    pre = SimpleNamespace(input_shape=(3, 24, 24), to_rgb=lambda x: np.full((24, 24, 3), 120, np.uint8))
    names = [layer.name for layer in FAKE_INFO.layers]
    model = SimpleNamespace(name="fake", preprocessor=pre, layer_names=names, identity="ours")
    images = RunningImages(running, model, lambda: backend, seconds=60)
    images._windows = SimpleNamespace(window=lambda layer, row, col: Window(2 * row - 2, 2 * col - 2, 5, 5))
    return running, images, backend


def see(running: RunningTop, backend: FakeBackend, count: int) -> None:
    rng = np.random.default_rng(0)
    for index in range(count):
        frame = Frame(index, rng.integers(0, 255, (24, 24, 3)).astype(np.uint8), path=f"{index}.png")
        running.update(backend.run(NetRequest(frame)))


def nothing(unit: Unit) -> UnitImages:
    return UnitImages(unit, 1, notes={"top": "none yet; make them"})


def test_the_montages_show_the_best_with_their_projections(pictures) -> None:
    running, images, backend = pictures
    see(running, backend, 4)
    backend.requests.clear()
    shown = images(nothing(Unit("conv1", 0)))
    assert shown.top.shape == shown.top_back.shape == (384, 384, 3) and shown.top.dtype == np.uint8
    assert not shown.top.flags.writeable
    assert len(shown.patches) == 4 and len(backend.requests) == 4
    assert shown.notes["top"] == "running top 9 of this stream, 4 images"
    assert backend.requests[0].back.position == (shown.patches[0].row, shown.patches[0].col)
    assert not images.is_unfinished
    images(nothing(Unit("conv1", 0)))
    assert len(backend.requests) == 4  # remembered


def test_pictures_of_more_images_and_of_a_scan_are_better(pictures, tmp_path: Path) -> None:
    running, images, backend = pictures
    assert images.save(tmp_path) == images.better_in(tmp_path) == 0
    see(running, backend, 3)
    saved = images.save(tmp_path)
    assert saved > 0 and images.better_in(tmp_path) == 0  # of as many images
    running.reset()
    see(running, backend, 1)
    assert 0 < images.better_in(tmp_path) <= saved
    running.reset()
    see(running, backend, 4)
    assert images.better_in(tmp_path) == 0
    file = next(tmp_path.glob("max_im/*/*.json"))
    content = json.loads(file.read_text())
    del content["images"]  # as a scan writes it
    file.write_text(json.dumps(content))
    assert images.better_in(tmp_path) == 1


def test_where_no_projection_can_be_had_the_pane_says_why(pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    running, images, backend = pictures
    see(running, backend, 3)

    def refuse(request: NetRequest) -> None:
        raise BackendError("only the gradient can be had of it")

    monkeypatch.setattr(backend, "run", refuse)
    shown = images(nothing(Unit("conv1", 0)))
    assert shown.top is not None and shown.top_back is None and not images.is_unfinished
    assert shown.notes["top_back"] == "only the gradient can be had of it"


def test_one_image_is_one(pictures) -> None:
    running, images, backend = pictures
    see(running, backend, 1)
    assert images(nothing(Unit("conv1", 0))).notes["top"] == "running top 9 of this stream, 1 image"


def test_projections_are_made_bit_by_bit(pictures) -> None:
    running, images, backend = pictures
    images._seconds = 0
    see(running, backend, 3)
    notes = []
    for _ in range(3):
        notes.append(images(nothing(Unit("conv1", 0))).notes["top_back"])
    assert notes[:2] == ["1 of 3 projected back", "2 of 3 projected back"]
    assert notes[2].startswith("running top 9") and not images.is_unfinished


def test_once_complete_the_patches_of_a_camera_are_projected_with_rests(pictures) -> None:
    running, images, backend = pictures
    moments = iter(np.arange(1000) * 0.5)  # a projection takes half a second
    images._clock = lambda: float(next(moments))
    see(running, backend, 2)
    images(nothing(Unit("conv1", 0)))
    backend.requests.clear()
    bright = np.full((24, 24, 3), 255, np.uint8)
    running.update(backend.run(NetRequest(Frame(90, bright, moving=True))))
    made = []
    for _ in range(40):
        made.append(sum(request.back is not None for request in backend.requests))
        images(nothing(Unit("conv1", 0)))
        assert not images.is_unfinished
    assert made[0] == 0 and made[10] == 0 and made[-1] == 1


def test_in_the_place_of_another_networks_top_nine_it_says_so(pictures) -> None:
    running, images, backend = pictures
    see(running, backend, 2)
    refused = replace(nothing(Unit("conv1", 0)), notes={"top": "...", LEFT_OUT: "the folder's are of another network"})
    shown = images(refused)
    assert shown.notes["top"].startswith("running top 9")
    assert shown.notes["top_back"] == "the folder's are of another network"


def test_pictures_of_a_scan_stay(pictures) -> None:
    running, images, backend = pictures
    see(running, backend, 2)
    scanned = replace(nothing(Unit("conv1", 0)), top=np.zeros((3, 3, 3), np.uint8))
    assert images(scanned) is scanned


def test_what_an_earlier_stream_left_gives_way_once_a_new_one_is_begun(pictures) -> None:
    running, images, backend = pictures
    old = UnitImages(Unit("conv1", 0), 1, top=np.zeros((3, 3, 3), np.uint8), notes={"top": SAVED_TOP})
    see(running, backend, 2)
    assert images(old) is old
    running.reset()
    see(running, backend, 2)
    assert images(old).notes["top"].startswith("running top 9")


def test_without_images_the_note_of_the_files_stays(pictures) -> None:
    _, images, _ = pictures
    unit = nothing(Unit("conv1", 0))
    assert images(unit) is unit


def test_saved_in_the_windows_layout_and_still_running(pictures, tmp_path) -> None:
    running, images, backend = pictures
    see(running, backend, 3)
    images(nothing(Unit("conv1", 0)))
    count = images.save(tmp_path)
    assert count == sum(bool(running.best(unit).patches) for unit in running.units()) > 20
    paths = unit_image_paths(tmp_path, "conv1", 0)
    assert paths.top.exists() and paths.top_back.exists()
    assert not unit_image_paths(tmp_path, "mixed/output", 3).top_back.exists()
    assert network_in(paths.patches) == "ours"
    assert read_patches(paths.patches) == running.best(Unit("conv1", 0)).patches
    saved = replace(nothing(Unit("conv1", 0)), top=np.zeros((3, 3, 3), np.uint8), patches=read_patches(paths.patches))
    see(running, backend, 6)
    assert images(saved).notes["top"] == "running top 9 of this stream, 6 images"


def test_units_of_layers_that_the_model_has_not_are_left_out_in_words(pictures, tmp_path) -> None:
    """The fake backend may stand for any model."""
    running, images, backend = pictures
    images._model.layer_names.remove("fc2")
    see(running, backend, 2)
    shown = images(nothing(Unit("fc2", 1)))
    assert shown.top is None and shown.notes["top"] == "fake has no layer fc2: what its units see is not known"
    assert images.save(tmp_path) > 0 and not (tmp_path / "max_im" / "fc2").exists()


def test_layers_within_blocks_are_not_followed() -> None:
    layers = (
        LayerInfo("b.conv", "Conv2d", 2, 1, 1, inside=("b",)),
        LayerInfo("b", "Block", 3, 1, 1, folds=("b",)),
        LayerInfo("view", "view", 2, 1, 1, is_minor=True),
    )
    running = RunningTop(lambda: NetInfo("net", layers, (3, 8, 8)))
    assert running.units() == [Unit("b", channel) for channel in range(3)]
    assert [running.follows(name) for name in ("b", "b.conv", "view", "beyond")] == [True, False, False, True]
