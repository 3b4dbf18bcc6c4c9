"""What the sources of pictures share, stills and those that move."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import Enum

import numpy as np

from deepvis.core.playing import VideoPlace
from deepvis.core.types import Frame
from deepvis.core.words import printable

_ids = itertools.count(1)


@dataclass(frozen=True)
class SourceError:
    """What a source says where it has no picture, in one sentence. No exception: it goes on."""

    sentence: str


class Play(Enum):
    """What a moving source is to do."""

    OFF = "off"  # nobody looks: a camera is released, a video stands still
    HOLD = "hold"  # frozen: it stands still, ready to go on at once
    PLAY = "play"


def new_frame(
    rgb: np.ndarray,
    label: str = "",
    *,
    path: str | None = None,
    moving: bool = False,
    index: int = 0,
    count: int = 0,
    seconds: float | None = None,
    video: VideoPlace | None = None,
) -> Frame:
    """A Frame with the next id of the program. rgb: (H, W, 3) uint8, RGB; made read-only."""
    rgb.setflags(write=False)
    return Frame(next(_ids), rgb, printable(label), path, moving, index, count, seconds, video)
