"""Camera and video, step by step with a clock of the test's own, and real video files through their threads."""

from __future__ import annotations

import os
import stat
import threading

import cv2
import numpy as np
import pytest

from deepvis.core.mailbox import Mailbox
from deepvis.core.playing import MovingSource, is_stream
from deepvis.core.types import Frame
from deepvis.core.user_error import UsageError
from deepvis.sources.base import Play, SourceError
from deepvis.sources.camera import Camera, camera_present
from deepvis.sources.opening import open_moving
from deepvis.sources.video import Video, video_name, video_problem
from deepvis.sources.video_frames import frames_of
from tests.helpers.pictures import FakeCapture, FakeClock, bgr, save_video


def taken(source) -> int | str | None:
    """The brightness of the newest frame, a sentence, or None; never waits."""
    item = source.frames.take(0)
    if isinstance(item, Frame):
        assert item.rgb.dtype == np.uint8 and item.rgb.ndim == 3 and not item.rgb.flags.writeable
        assert item.moving and item.path is None
        return int(item.rgb[0, 0, 0])
    return item.sentence if item else None


# --- camera ------------------------------------------------------------------------------------


def test_a_camera_gives_rgb():
    camera = Camera(0, lambda: FakeCapture([bgr(1, 2, 3)]))
    assert camera.turn(Play.PLAY) == 0.0
    frame = camera.frames.take(0)
    assert isinstance(frame, Frame) and frame.rgb[0, 0].tolist() == [3, 2, 1] and frame.label == "camera 0"
    assert camera.mirrored


def test_a_camera_held_takes_frames_off_the_queue_but_hands_none_out():
    capture = FakeCapture([bgr(1, 1, 1), bgr(2, 2, 2), bgr(3, 3, 3)])
    camera = Camera(0, lambda: capture)
    camera.turn(Play.HOLD)
    camera.turn(Play.HOLD)
    assert taken(camera) is None
    camera.turn(Play.PLAY)
    assert taken(camera) == 3


def test_a_camera_that_nobody_looks_at_is_released():
    capture = FakeCapture([bgr(1, 1, 1)])
    camera = Camera(0, lambda: capture)
    camera.turn(Play.PLAY)
    assert camera.turn(Play.OFF) is None and capture.released


def test_an_absent_camera_is_told_once_and_tried_ever_more_rarely():
    camera = Camera(3, lambda: FakeCapture([], opened=False))
    waits = [camera.turn(Play.PLAY)]
    assert "camera 3 cannot be opened" in str(taken(camera))
    waits += [camera.turn(Play.PLAY) for _ in range(6)]
    assert taken(camera) is None
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_an_unplugged_camera_is_told_and_comes_back():
    captures = [FakeCapture([bgr(1, 1, 1)]), FakeCapture([bgr(2, 2, 2)])]
    first = captures[0]
    camera = Camera(0, lambda: captures.pop(0))
    camera.turn(Play.PLAY)
    assert taken(camera) == 1
    assert camera.turn(Play.PLAY) == 1.0
    assert "gives no more frames" in str(taken(camera)) and first.released
    camera.turn(Play.PLAY)
    assert taken(camera) == 2


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 6), np.uint8), np.zeros((4, 6, 4), np.uint8), np.zeros((4, 6), np.uint16)]
)
def test_odd_captures_become_rgb(picture):
    camera = Camera(0, lambda: FakeCapture([picture]))
    camera.turn(Play.PLAY)
    frame = camera.frames.take(0)
    assert isinstance(frame, Frame) and frame.rgb.shape == (4, 6, 3) and frame.rgb.dtype == np.uint8


def test_a_frame_of_4k_is_halved():
    camera = Camera(0, lambda: FakeCapture([np.full((2160, 3840, 3), 7, np.uint8)]))
    camera.turn(Play.PLAY)
    frame = camera.frames.take(0)
    assert isinstance(frame, Frame) and frame.rgb.shape == (1080, 1920, 3) and (frame.rgb == 7).all()


def test_a_camera_that_hangs_does_not_hold_up_closing():
    hangs, entered = threading.Event(), threading.Event()

    def open_and_hang():
        entered.set()
        hangs.wait()
        return FakeCapture([])

    camera = Camera(0, open_and_hang)
    camera.start()
    camera.want(Play.PLAY)
    assert entered.wait(60)
    camera.close(timeout=0.01)
    assert camera._thread.is_alive()
    hangs.set()
    camera._thread.join(60)
    assert not camera._thread.is_alive()


def test_an_opencv_error_is_a_sentence():
    class Broken(FakeCapture):
        def grab(self) -> bool:
            raise cv2.error("the driver is upset")

    camera = Camera(0, lambda: Broken([]))
    camera.start()
    camera.want(Play.PLAY)
    item = camera.frames.take(60)
    assert isinstance(item, SourceError) and "camera 0 cannot be read" in item.sentence
    camera.close()


# --- video -------------------------------------------------------------------------------------


@pytest.fixture
def video(tmp_path):
    """Five frames at 10 per second, brightness 20, 60, ... 180; played by hand."""
    path = save_video(tmp_path / "five.avi", [20, 60, 100, 140, 180], fps=10)
    clock = FakeClock()
    source = Video(str(path), clock=clock)
    yield source, clock
    source.turn(Play.OFF)


def near(value, expected: int) -> bool:
    return isinstance(value, int) and abs(value - expected) <= 4


def test_a_video_plays_at_its_own_rate_over_and_over(video):
    source, clock = video
    seen = []
    for _ in range(12):
        seconds = source.turn(Play.PLAY)
        seen.append(taken(source))
        assert seconds == pytest.approx(0.1)
        clock.now += seconds
    assert all(near(value, 20 + 40 * (index % 5)) for index, value in enumerate(seen)), seen


def test_each_frame_of_a_video_says_where_it_is_in_the_file_and_those_of_others_do_not(video):
    source, clock = video
    places = []
    for _ in range(15):
        seconds = source.turn(Play.PLAY)
        frame = source.frames.take(0)
        places.append(frame.seconds)
        clock.now += seconds
    first = places[0]
    assert places == pytest.approx([first + 0.1 * (index % 5) for index in range(15)], abs=0.02) and 0 <= first <= 0.1
    camera = Camera(0, lambda: FakeCapture([bgr(1, 2, 3)]))
    camera.turn(Play.PLAY)
    assert camera.frames.take(0).seconds is None


def test_before_its_time_no_frame_comes(video):
    source, clock = video
    source.turn(Play.PLAY)
    taken(source)
    clock.now += 0.04
    assert source.turn(Play.PLAY) == pytest.approx(0.06)
    assert taken(source) is None


def test_a_late_reader_leaves_frames_out(video):
    source, clock = video
    source.turn(Play.PLAY)
    taken(source)
    clock.now += 0.35
    source.turn(Play.PLAY)
    assert near(taken(source), 140)
    clock.now += 0.05
    source.turn(Play.PLAY)
    assert near(taken(source), 180)


def test_after_a_long_stop_it_goes_on_where_it_was(video):
    source, clock = video
    source.turn(Play.PLAY)
    taken(source)
    clock.now += 60
    source.turn(Play.PLAY)
    assert near(taken(source), 60)


def test_held_it_stands_still_and_goes_on_at_the_next_frame(video):
    source, clock = video
    source.turn(Play.PLAY)
    assert near(taken(source), 20)
    assert source.turn(Play.HOLD) is None
    clock.now += 0.5
    assert source.turn(Play.HOLD) is None and taken(source) is None
    source.turn(Play.PLAY)
    assert near(taken(source), 60)


def test_turned_away_from_and_back_it_goes_on(video):
    source, clock = video
    source.turn(Play.PLAY)
    taken(source)
    assert source.turn(Play.OFF) is None
    clock.now += 0.9
    source.turn(Play.PLAY)
    assert near(taken(source), 60)


def test_a_video_of_one_frame_plays_on(tmp_path):
    source = Video(str(save_video(tmp_path / "one.avi", [90])), clock=FakeClock())
    source.turn(Play.PLAY)
    assert near(taken(source), 90)


def test_no_video_is_told_in_words(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    source = Video(str(tmp_path / "text.mp4"))
    assert source.turn(Play.PLAY) == 1.0 and "is in no format that can be played" in str(taken(source))
    assert source.turn(Play.PLAY) == 2.0 and taken(source) is None
    source = Video(str(tmp_path / "none.mp4"))
    source.turn(Play.PLAY)
    assert "does not exist" in str(taken(source))


def test_what_opens_but_never_gives_a_frame_is_no_video(tmp_path):
    (tmp_path / "letter.jpg").write_text("not a picture")  # OpenCV opens it, as a series of pictures
    source = Video(str(tmp_path / "letter.jpg"))
    assert source.turn(Play.PLAY) == 1.0 and "is in no format that can be played" in str(taken(source))


def test_a_video_that_vanishes_while_it_plays_is_told_and_comes_back(tmp_path):
    captures = [FakeCapture([bgr(1, 1, 1)]), FakeCapture([], opened=False), FakeCapture([bgr(2, 2, 2), bgr(3, 3, 3)])]
    source = Video("gone.avi", lambda: captures.pop(0), FakeClock())
    assert source.turn(Play.PLAY) == 2.0  # shown once, and it cannot be opened again
    assert "gone.avi" in str(taken(source))
    source.turn(Play.PLAY)
    assert taken(source) == 2


def test_what_is_wrong_with_a_video_is_said_before_the_start(tmp_path):
    assert video_problem("rtsp://nowhere/x") is None and is_stream("HTTP://a/b.mp4") and not is_stream("c:/a.mp4")
    assert "there is no such file" in str(video_problem(str(tmp_path / "x.mp4")))
    assert "is a folder" in str(video_problem(str(tmp_path)))


def test_opencv_says_nothing_of_its_own_about_a_broken_video(tmp_path, capfd):
    path = tmp_path / "broken.avi"
    path.write_bytes(b"RIFF" + (200).to_bytes(4, "little") + b"AVI " + bytes(200))
    with pytest.raises(UsageError, match="in no format that can be played"):
        list(frames_of(str(path)))
    source = Video(str(path))
    assert source.turn(Play.PLAY) == 1.0 and "in no format that can be played" in str(taken(source))
    assert capfd.readouterr() == ("", "")


def test_pipes_and_devices_are_no_videos_but_a_cameras_device_is(tmp_path):
    pipe, zero, camera = tmp_path / "pipe.mp4", tmp_path / "zero.mp4", tmp_path / "video0"
    os.mkfifo(pipe)
    zero.symlink_to("/dev/zero")
    for path, words in ((pipe, "is a pipe"), (zero, "is a device")):
        assert words in str(video_problem(str(path)))
        source = Video(str(path))
        assert source.turn(Play.PLAY) == 1.0 and words in str(taken(source))
    try:
        os.mknod(camera, stat.S_IFCHR | 0o600, os.makedev(81, 0))
    except OSError:
        pytest.skip("devices are made by root alone")
    assert video_problem(str(camera)) is None


def test_a_video_is_called_by_its_file_and_a_stream_by_its_address():
    assert video_name("/home/me/films/cat.mp4") == "cat.mp4"
    assert video_name("rtsp://host/films/cat") == "rtsp://host/films/cat"


def test_a_stream_that_refuses_is_told(capfd):
    source = Video("http://127.0.0.1:9/none.mp4")  # port 9: nobody listens
    assert source.turn(Play.PLAY) == 1.0
    assert "the stream http://127.0.0.1:9/none.mp4 cannot be opened" in str(taken(source))
    assert capfd.readouterr().err == ""


# --- through the thread ------------------------------------------------------------------------


@pytest.mark.shared
def test_a_real_video_through_its_thread(shared):
    source = open_moving(MovingSource(str(shared / "video" / "bikes.mp4")))
    wake: Mailbox[None] = Mailbox()
    source.start(wake)
    source.want(Play.PLAY)
    wake.take(60)
    frames = [source.frames.take(60) for _ in range(3)]
    source.close()
    assert all(isinstance(frame, Frame) and frame.rgb.shape == (272, 640, 3) for frame in frames)
    assert frames[0].id < frames[1].id < frames[2].id
    assert frames[0].label == "bikes.mp4"


def test_an_absent_camera_through_its_thread(capfd):
    if camera_present(97):
        pytest.skip("this machine has a camera 97")
    source = open_moving(MovingSource(camera=97))
    source.start()
    source.want(Play.PLAY)
    item = source.frames.take(60)
    source.close()
    assert isinstance(item, SourceError) and "camera 97" in item.sentence
    assert capfd.readouterr().err == ""
