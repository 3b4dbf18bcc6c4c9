"""How the input plays: which camera or video, how fast, how far it was wound; photos one after another. Values only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of a video; 1: its own
SEEK_SECONDS = 5.0
AUTOPLAY_SECONDS = 4.0
SHORTEST_AUTOPLAY, LONGEST_AUTOPLAY = 0.1, 3600.0  # seconds a photo


@dataclass(frozen=True)
class Playback:
    """What the user wants of a video, beside that it plays.

    wound: seconds by which it was wound on so far, less those back; stepped: frames likewise. Whoever plays it carries
    out the difference to what was asked before: so undo winds back by as much.
    """

    speed: float = 1.0
    wound: float = 0.0
    stepped: int = 0

    @property
    def jumps(self) -> tuple[float, int]:
        return self.wound, self.stepped


@dataclass(frozen=True)
class MovingSource:
    """The camera or the video that moves. video: its path or URL, "": camera number ``camera``."""

    video: str = ""
    camera: int = 0
    playback: Playback = Playback()

    @property
    def name(self) -> str:
        """ "camera 0"; a video file without its folder; a stream by its whole address."""
        if not self.video:
            return f"camera {self.camera}"
        return self.video if is_stream(self.video) else os.path.basename(self.video)

    @property
    def has_length(self) -> bool:
        """False for what cannot be wound: a camera, a stream."""
        return bool(self.video) and not is_stream(self.video)


@dataclass(frozen=True)
class VideoPlace:
    """Where a frame of a video file stands. length: of the video in seconds. playback: what was carried out before."""

    length: float
    playback: Playback = Playback()


@dataclass(frozen=True)
class Autoplay:
    """Photos one after another. seconds: that each is shown, from when the network has passed it."""

    is_on: bool = False
    seconds: float = AUTOPLAY_SECONDS


def is_stream(address: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]+://", address, re.IGNORECASE) is not None


def clock_words(seconds: float, *, tenths: bool = False) -> str:
    """ "3:04" of 184 seconds, "1:00:05" of 3605; "0:12.3" with tenths."""
    left = max(seconds, 0.0)
    whole = int(left)
    hours, minutes = whole // 3600, whole // 60
    plain = f"{hours}:{minutes % 60:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
    return f"{plain}.{int(10 * (left - whole))}" if tenths else plain
