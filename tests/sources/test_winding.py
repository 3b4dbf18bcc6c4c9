"""A real small video wound, stepped, slower and faster, frame by frame, by a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepvis.core.playing import Playback
from deepvis.core.types import Frame
from deepvis.sources.base import Play
from deepvis.sources.video import Video
from tests.helpers.pictures import FakeClock, save_video

FRAMES, FPS = 60, 10.0


class Player:
    """Frame n is as bright as 4 n."""

    def __init__(self, path: Path) -> None:
        self.clock = FakeClock()
        self.video = Video(str(path), clock=self.clock)
        self.wound, self.stepped = 0.0, 0

    def shown(self) -> tuple[int, float] | None:
        """(number, seconds) of the frame that was given since."""
        frame = self.video.frames.take(0)
        if frame is None:
            return None
        assert isinstance(frame, Frame) and frame.seconds is not None and frame.video is not None
        assert frame.video.length == FRAMES / FPS
        return round(float(frame.rgb.mean()) / 4), round(frame.seconds, 3)

    def play(self, seconds: float) -> tuple[int, float] | None:
        """The newest frame after so long."""
        for _ in range(round(seconds * 40)):
            self.video.turn(Play.PLAY)
            self.clock.now += 0.025
        return self.shown()

    def jump(self, seconds: float = 0.0, frames: int = 0, speed: float = 1.0) -> tuple[int, float] | None:
        """The frame that a held video gives then."""
        self.wound, self.stepped = self.wound + seconds, self.stepped + frames
        self.video.playback = Playback(speed, self.wound, self.stepped)
        self.video.turn(Play.HOLD)
        return self.shown()


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    player = Player(save_video(tmp_path / "sixty.avi", [4 * n for n in range(FRAMES)], fps=FPS))
    assert player.play(0.25) == (2, 0.2)
    yield player
    player.video.turn(Play.OFF)


def test_seconds_on_and_back(player: Player) -> None:
    assert player.jump(seconds=3) == (32, 3.2)
    assert player.jump() is None  # it stands
    assert player.jump(seconds=-2) == (12, 1.2)
    assert player.jump(seconds=-5) == (0, 0.0)
    assert player.jump(seconds=50) == (59, 5.9)


def test_frames_on_and_back(player: Player) -> None:
    assert [player.jump(frames=1) for _ in range(3)] == [(3, 0.3), (4, 0.4), (5, 0.5)]
    assert [player.jump(frames=-1) for _ in range(3)] == [(4, 0.4), (3, 0.3), (2, 0.2)]
    assert player.jump(frames=4) == (6, 0.6)  # some presses at once
    assert player.jump(frames=-20) == (0, 0.0)
    assert player.jump(frames=-1) == (0, 0.0)


def test_past_the_end_it_begins_again(player: Player) -> None:
    assert player.jump(seconds=50) == (59, 5.9)
    assert player.jump(frames=1) == (0, 0.0)
    assert player.jump(frames=1) == (1, 0.1)
    assert player.jump(seconds=5) == (51, 5.1)


def test_it_plays_on_from_there_in_its_loop(player: Player) -> None:
    assert player.jump(seconds=5.2) == (54, 5.4)
    assert player.play(0.35) == (57, 5.7)
    assert player.play(0.6) == (3, 0.3)


@pytest.mark.parametrize(("speed", "frames"), [(0.25, 1), (0.5, 2), (2.0, 8), (4.0, 16)])
def test_speed(player: Player, speed: float, frames: int) -> None:
    player.video.playback = Playback(speed)
    first = player.play(0.4)
    second = player.play(0.4)
    assert first is not None and second is not None
    assert abs(second[0] - first[0] - frames) <= 1


def test_a_video_wound_before_its_first_frame_begins_there(tmp_path: Path) -> None:
    player = Player(save_video(tmp_path / "sixty.avi", [4 * n for n in range(FRAMES)], fps=FPS))
    player.video.playback = Playback(1.0, 2.0)
    player.video.turn(Play.PLAY)
    assert player.shown() == (0, 0.0)
    player.video.turn(Play.PLAY)
    assert player.shown() == (20, 2.0)
    player.video.turn(Play.OFF)


def test_it_is_stepped_from_the_frame_at_which_a_unit_froze_it(player: Player) -> None:
    assert player.play(1.0) == (12, 1.2)
    player.video.stand_at(0.9)  # a pass of an earlier frame was the one
    assert player.jump(frames=1) == (10, 1.0)
    assert player.jump(seconds=1) == (20, 2.0)
