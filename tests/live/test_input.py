"""The input worker, answered step by step in the test's own thread, and through its thread with real files."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.mailbox import Mailbox
from deepvis.core.playing import MovingSource, Playback
from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.live.input import SILENT_SECONDS, InputWorker
from deepvis.sources.base import Play, SourceError, new_frame
from deepvis.sources.listing import FolderListing
from deepvis.sources.opening import open_moving, open_still
from deepvis.sources.stills import Stills
from tests.helpers.pictures import FakeClock, save_photo, save_video
from tests.helpers.waiting import until

STILL = InputState()
MOVING = InputState(moving=True)


class FakeMoving:
    """A moving source that gives what the test puts into ``frames``."""

    name, mirrored = "camera 0", True

    def __init__(self) -> None:
        self.frames: Mailbox[Frame | SourceError] = Mailbox()
        self.wanted: list[Play] = []
        self.playback = Playback()
        self.started = self.closed = False

    def start(self, wakes=None) -> None:
        self.started = True

    def want(self, play: Play) -> None:
        self.wanted.append(play)

    def play_as(self, playback: Playback) -> None:
        self.playback = playback

    def close(self) -> None:
        self.closed = True

    def give(self, left: int, right: int) -> None:
        self.frames.put(new_frame(np.array([[[left] * 3, [right] * 3]], np.uint8), moving=True))


class Bench:
    """A worker without its thread."""

    def __init__(self, folder) -> None:
        self.clock, self.moving = FakeClock(), FakeMoving()
        self.seen: Frame | None = None
        self.stills = Stills(FolderListing(str(folder)), clock=self.clock)
        self.worker = InputWorker(lambda _: self.stills, lambda _: self.moving, self.clock)

    def answer(self, state: InputState | None = None) -> float | None:
        return self.worker.handle(state)

    def rest(self) -> float | None:
        """Answer until there is nothing left to do at once."""
        while (seconds := self.answer()) == 0.0:
            pass
        return seconds

    def frame(self) -> Frame | None:
        """The newest frame, if it was not looked at before."""
        answer = self.worker.outbox.peek()
        frame, self.seen = self.seen, answer.value if answer else None
        return None if self.seen is frame else self.seen

    def shown(self) -> int | None:
        frame = self.frame()
        return None if frame is None else int(frame.rgb[0, 0, 0])

    def error(self) -> str:
        answer = self.worker.outbox.peek()
        return answer.error if answer else ""


@pytest.fixture
def bench(tmp_path):
    for number in range(1, 6):
        save_photo(tmp_path / f"p{number}.png", number)
    return Bench(tmp_path)


# --- photos ------------------------------------------------------------------------------------


def test_without_a_state_nothing_is_opened(bench):
    assert bench.answer() is None and bench.shown() is None and not bench.moving.started


def test_photos_by_index_modulo_their_count(bench):
    shown = []
    for index in (0, 1, 4, 5, -1):
        bench.answer(replace(STILL, file_index=index))
        shown.append(bench.shown())
    assert shown == [1, 2, 5, 1, 5]


def test_the_neighbours_are_decoded_ahead(bench):
    loads: list[str] = []
    load = bench.stills._load
    bench.stills._load = lambda path: (loads.append(path[-6:]), load(path))[1]
    bench.answer(STILL)
    bench.rest()
    assert loads == ["p1.png", "p2.png", "p5.png"]
    bench.answer(replace(STILL, file_index=1))
    assert len(loads) == 3 and bench.shown() == 2
    bench.rest()
    assert loads[3:] == ["p3.png"]


def test_a_change_that_is_not_of_the_photo_shows_nothing_new(bench):
    bench.answer(STILL)
    bench.shown()
    bench.answer(replace(STILL, frozen=True, mirror=False))
    assert bench.shown() is None


def break_file(folder, *numbers: int) -> None:
    for number in numbers:
        (folder / f"p{number}.png").write_bytes(b"no picture")


def test_a_bad_file_is_named_and_the_next_one_shown(bench, tmp_path):
    break_file(tmp_path, 2)
    bench.answer(STILL)
    bench.shown()
    bench.answer(replace(STILL, file_index=1))
    assert bench.shown() == 3 and "p2.png is no picture" in bench.error()
    bench.answer(replace(STILL, file_index=2))
    assert bench.shown() == 4 and bench.error() == ""


def test_going_back_past_a_bad_file_shows_the_one_before(bench, tmp_path):
    break_file(tmp_path, 3)
    for index, shown in ((0, 1), (1, 2), (2, 4), (1, 2), (0, 1), (1, 2), (2, 4), (3, 5), (2, 4), (1, 2)):
        bench.answer(replace(STILL, file_index=index))
        assert bench.shown() == shown


def test_several_bad_files_in_a_row_are_one_sentence(bench, tmp_path, caplog):
    break_file(tmp_path, 2, 3, 4)
    bench.answer(STILL)
    with caplog.at_level(logging.WARNING):
        bench.answer(replace(STILL, file_index=1))
    assert bench.shown() == 5
    assert "3 files in a row cannot be shown; the last:" in bench.error() and "p4.png" in bench.error()
    assert len(caplog.records) == 1


def test_a_folder_of_bad_files_keeps_the_last_picture(bench, tmp_path):
    bench.answer(STILL)
    assert bench.shown() == 1
    break_file(tmp_path, 1, 2, 3, 4, 5)
    bench.stills._cache.capacity = -1
    for key in list(bench.stills._cache._values):
        bench.stills._cache.drop(key)
    bench.answer(replace(STILL, file_index=1))
    assert bench.shown() is None and "5 files in a row" in bench.error()
    save_photo(tmp_path / "p3.png", 33)
    bench.answer(replace(STILL, file_index=2))
    assert bench.shown() == 33 and bench.error() == ""


def test_a_truncated_photo_is_shown_and_told(bench, tmp_path):
    rng = np.random.default_rng(0)
    from PIL import Image

    Image.fromarray(rng.integers(0, 255, (90, 90, 3), np.uint8)).save(tmp_path / "p1.png")
    content = (tmp_path / "p1.png").read_bytes()
    (tmp_path / "p1.png").write_bytes(content[: len(content) // 2])
    bench.answer(STILL)
    assert bench.shown() is not None and "p1.png is cut short" in bench.error()


def test_an_empty_folder_is_told_once_and_filled_later(tmp_path, caplog):
    bench = Bench(tmp_path)
    with caplog.at_level(logging.WARNING):
        bench.answer(STILL)
        assert bench.shown() is None and "holds no pictures" in bench.error()
        for _ in range(5):
            bench.clock.now += 1.1
            bench.rest()
        assert len(caplog.records) == 1
    save_photo(tmp_path / "late.png", 7)
    bench.clock.now += 1.1
    bench.rest()
    assert bench.shown() == 7 and bench.error() == ""


def test_a_folder_that_vanishes_keeps_the_picture_and_comes_back(tmp_path):
    folder = tmp_path / "photos"
    save_photo(folder / "a.png", 1)
    save_photo(folder / "b.png", 2)
    bench = Bench(folder)
    bench.answer(replace(STILL, file_index=1))
    assert bench.shown() == 2
    bench.rest()
    folder.rename(tmp_path / "elsewhere")
    bench.clock.now += 1.1
    assert bench.rest() == 1.0
    assert bench.shown() is None and "is gone" in bench.error()
    (tmp_path / "elsewhere").rename(folder)
    bench.clock.now += 1.1
    bench.rest()
    assert bench.shown() == 2 and bench.error() == ""


def test_new_files_show_up_without_moving_the_photo(bench, tmp_path):
    bench.answer(replace(STILL, file_index=1))
    assert bench.shown() == 2
    bench.rest()
    save_photo(tmp_path / "p0.png", 100)
    bench.clock.now += 1.1
    bench.rest()
    assert bench.shown() is None
    bench.answer(replace(STILL, file_index=0))
    assert bench.shown() == 1
    bench.answer(replace(STILL, file_index=-1))
    assert bench.shown() == 100


def test_every_state_is_answered_with_the_picture_that_stands(bench, tmp_path):
    break_file(tmp_path, 2)
    for state in (STILL, replace(STILL, file_index=1), replace(STILL, file_index=1, mirror=False)):
        bench.answer(state)
        assert bench.worker.outbox.peek().request == state
    answer = bench.worker.outbox.peek()
    assert answer.value.rgb[0, 0, 0] == 3 and "p2.png is no picture" in answer.error


# --- camera and video --------------------------------------------------------------------------


def test_a_camera_is_seen_as_in_a_mirror_and_a_video_is_not(bench):
    bench.answer(MOVING)
    bench.moving.give(10, 20)
    bench.answer()
    frame = bench.frame()
    assert frame.rgb[0, :, 0].tolist() == [20, 10] and frame.moving and not frame.rgb.flags.writeable
    bench.answer(replace(MOVING, mirror=False))
    assert bench.shown() == 10  # the same picture, at once
    bench.moving.mirrored = False
    bench.answer(MOVING)
    bench.moving.give(10, 20)
    bench.answer()
    assert bench.shown() == 10


def test_frozen_it_stands_still(bench):
    bench.answer(MOVING)
    bench.moving.give(1, 1)
    bench.answer()
    assert bench.shown() == 1
    bench.answer(replace(MOVING, frozen=True))
    assert bench.moving.wanted[-1] is Play.HOLD
    bench.moving.give(2, 2)  # one that was under way
    bench.answer()
    assert bench.shown() is None
    bench.answer(MOVING)
    assert bench.moving.wanted[-1] is Play.PLAY
    bench.moving.give(3, 3)
    bench.answer()
    assert bench.shown() == 3


def test_frozen_from_the_start_it_shows_one_picture(bench):
    frozen = replace(MOVING, frozen=True)
    bench.answer(frozen)
    assert bench.moving.wanted[-1] is Play.PLAY
    bench.moving.give(1, 1)
    bench.answer()
    assert bench.shown() == 1 and bench.moving.wanted[-1] is Play.HOLD


def test_turning_from_files_to_camera_and_back(bench):
    bench.answer(replace(STILL, file_index=2))
    assert bench.shown() == 3
    bench.answer(replace(MOVING, file_index=2))
    bench.moving.give(50, 50)
    bench.answer()
    assert bench.shown() == 50
    bench.answer(replace(STILL, file_index=2))
    assert bench.shown() == 3 and bench.moving.wanted[-1] is Play.OFF
    bench.moving.give(60, 60)  # too late
    bench.rest()
    assert bench.shown() is None
    bench.answer(replace(MOVING, file_index=2))
    bench.answer()
    assert bench.shown() is None  # what was left over is dropped
    bench.moving.give(70, 70)
    bench.answer()
    assert bench.shown() == 70


def test_a_lost_camera_is_told_and_taken_back_when_it_returns(bench):
    bench.answer(MOVING)
    bench.moving.frames.put(SourceError("camera 0 cannot be opened"))
    bench.answer()
    assert bench.error() == "camera 0 cannot be opened" and bench.shown() is None
    bench.moving.give(1, 1)
    bench.answer()
    assert bench.error() == "" and bench.shown() == 1


def test_a_silent_camera_is_told_once_and_taken_back(bench):
    assert bench.answer(MOVING) == SILENT_SECONDS
    bench.clock.now += SILENT_SECONDS
    assert bench.answer() is None
    assert bench.error() == "camera 0 has given no picture for 4 seconds; waiting for it"
    bench.moving.give(1, 1)
    assert bench.answer() == SILENT_SECONDS
    assert bench.error() == "" and bench.shown() == 1


def test_a_frozen_camera_may_be_silent(bench):
    bench.answer(MOVING)
    bench.moving.give(1, 1)
    bench.answer()
    assert bench.answer(replace(MOVING, frozen=True)) is None
    bench.clock.now += 100
    bench.answer(replace(MOVING, frozen=True, file_index=1))
    assert bench.error() == ""


def test_ids_rise_through_every_turn(bench):
    ids = []
    for state in (STILL, MOVING, STILL, MOVING):
        bench.answer(state)
        if state.moving:
            bench.moving.give(1, 2)
            bench.answer()
        ids.append(bench.frame().id)
    bench.moving.mirrored = False
    bench.moving.give(1, 2)
    bench.answer()
    ids.append(bench.frame().id)
    assert ids == sorted(set(ids))


# --- through the thread ------------------------------------------------------------------------


def test_files_and_a_video_through_the_thread(tmp_path):
    save_photo(tmp_path / "photos" / "a.png", 77)
    video = save_video(tmp_path / "v.avi", [20, 60, 100])
    worker = InputWorker(
        lambda _: open_still(str(tmp_path / "photos")), lambda _: open_moving(MovingSource(str(video))), FakeClock()
    )
    worker.start()
    worker.inbox.put(STILL)
    assert worker.outbox.take(60).value.label == "a.png"
    worker.inbox.put(MOVING)
    frames = []
    while len(frames) < 4:
        answer = worker.outbox.take(60)
        assert answer.error == ""
        if answer.request == MOVING and answer.value.moving and answer.value not in frames:
            frames.append(answer.value)
    assert all(frame.label == "v.avi" for frame in frames)
    worker.inbox.put(STILL)
    frame = frames[-1]
    while frame.moving:
        frame = worker.outbox.take(60).value
    assert frame.label == "a.png"
    worker.stop(10)
    assert not worker._thread.is_alive()


def test_a_source_that_cannot_be_opened_is_told_and_the_other_works(tmp_path):
    def no_source(_):
        raise OSError("no such thing")

    video = MovingSource(str(save_video(tmp_path / "v.avi", [20])))
    worker = InputWorker(no_source, lambda _: open_moving(video), FakeClock())
    worker.start()
    worker.inbox.put(STILL)
    assert worker.outbox.take(60).error == "OSError: no such thing"
    worker.inbox.put(MOVING)
    while (answer := worker.outbox.take(60)).value is None:
        assert answer.request == STILL or answer.error == ""
    assert answer.value.label == "v.avi"
    worker.stop(10)


# --- photos that are opened while it runs ------------------------------------------------------


def pumped(worker: InputWorker, request: InputState | None) -> None:
    """Answer as the thread does: what is raised becomes the error."""
    worker._guarded(lambda _: worker.handle(request), None)


def shown_by(worker: InputWorker, request: InputState) -> tuple[int, str]:
    pumped(worker, request)
    answer = worker.outbox.peek()
    return int(answer.value.rgb[0, 0, 0]), answer.error


def test_other_photos_are_opened_and_those_from_before_come_back_where_they_were(tmp_path):
    for folder, first in (("a", 10), ("b", 20)):
        for number in range(3):
            save_photo(tmp_path / folder / f"p{number}.png", first + number)
    worker = InputWorker(open_still, lambda _: None, FakeClock())
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    first = InputState(images=a, file_index=2)
    assert shown_by(worker, first) == (12, "")
    assert [name for _, name in worker.listed.photos] == ["p0.png", "p1.png", "p2.png"]
    assert shown_by(worker, InputState(images=b)) == (20, "")
    assert worker.listed.photos[0][0] == f"{b}/p0.png"
    assert shown_by(worker, InputState(images=f"{b}/p1.png")) == (21, "")
    assert shown_by(worker, first) == (12, "")


def test_what_cannot_be_opened_is_said_and_the_photos_from_before_stay(tmp_path):
    for number in range(3):
        save_photo(tmp_path / f"p{number}.png", 10 + number)
    worker = InputWorker(open_still, lambda _: None, FakeClock())
    assert shown_by(worker, InputState(images=str(tmp_path))) == (10, "")
    wrong = InputState(images="/nowhere/at all")
    value, error = shown_by(worker, wrong)
    assert value == 10 and error.startswith("/nowhere/at all: there is no such folder or file")
    assert shown_by(worker, replace(wrong, file_index=1)) == (11, "")  # the next file is one of those there are


def test_the_place_of_a_listed_photo_is_an_index_that_shows_it(bench, tmp_path):
    break_file(tmp_path, 2)
    bench.answer(STILL)
    bench.answer(replace(STILL, file_index=1))  # passed over: the indices have moved
    assert bench.shown() == 3
    listed = bench.worker.listed
    names = [name for _, name in listed.photos]
    for name, brightness in (("p5.png", 5), ("p1.png", 1), ("p4.png", 4)):
        bench.answer(replace(STILL, file_index=listed.first + names.index(name)))
        assert bench.shown() == brightness


def test_a_frozen_video_gives_the_frame_that_it_was_wound_or_stepped_to(tmp_path) -> None:
    path = save_video(tmp_path / "forty.avi", [6 * n for n in range(40)], fps=10)
    worker = InputWorker(open_still, open_moving)
    worker.start()
    frozen = InputState(True, True, moving_source=MovingSource(str(path)))

    def shown(state: InputState) -> float:
        """Seconds of the frame that answers a state, once it is there."""
        worker.inbox.put(state)
        asked = state.moving_source.playback.jumps

        def has_come():
            answer = worker.outbox.peek()
            frame = answer.value if answer is not None and answer.request == state else None
            return frame if frame is not None and frame.video.playback.jumps == asked else None

        return round(until(has_come, "the frame").seconds, 3)

    def jumped(seconds: float, frames: int) -> InputState:
        return replace(frozen, moving_source=replace(frozen.moving_source, playback=Playback(1.0, seconds, frames)))

    assert shown(frozen) == 0.0
    assert shown(jumped(2.0, 0)) == 2.0
    assert shown(jumped(2.0, -1)) == 1.9
    assert shown(jumped(2.0, 2)) == 2.2
    assert shown(frozen) == 0.0  # undo
    other = save_video(tmp_path / "other.avi", [200] * 5)
    worker.inbox.put(InputState(True, moving_source=MovingSource(str(other))))
    until(lambda: worker.outbox.peek().value.label == "other.avi", "the other video")
    worker.stop()


def test_a_frame_that_was_handed_out_before_can_be_held(tmp_path) -> None:
    save_photo(tmp_path / "a.png", 7)
    bench = Bench(tmp_path)
    bench.answer(MOVING)
    bench.moving.give(10, 20)
    bench.answer()
    held = bench.frame()
    assert held is not None and held.rgb[0, 0, 0] == 20  # as in a mirror
    bench.moving.give(30, 40)
    bench.answer()
    assert bench.shown() == 40
    bench.answer(replace(MOVING, frozen=True, held=held))
    shown = bench.frame()
    assert shown is not None and shown.rgb[0, :, 0].tolist() == [20, 10] and shown.id > held.id
    assert bench.moving.wanted[-1] is Play.HOLD
    bench.answer(replace(MOVING, frozen=True, mirror=False))
    turned = bench.frame()
    assert turned is not None and turned.rgb[0, :, 0].tolist() == [10, 20]
