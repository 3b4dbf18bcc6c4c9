"""What a source of pictures is, for stills and for what moves; and the table of all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from deepvis.core.mailbox import Mailbox
from deepvis.core.registry import Registry
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


class StillSource(Protocol):
    """Photos by number. Belongs to one thread.

    note: a sentence on the photo that was read last, "" where there is nothing to say.
    """

    note: str

    @property
    def count(self) -> int:
        """How many photos there are now."""

    @property
    def listed(self) -> tuple[Sequence[tuple[str, str]], int]:
        """(path, name) of each photo that there is now, and the index of the first of them."""

    def read(self, index: int) -> Frame | SourceError:
        """The photo at ``index`` modulo ``count``; a SourceError names the bad file, or the lack of any."""

    def prefetch(self, index: int) -> bool:
        """Decode the photo at ``index`` ahead of its being asked for; False where that was done already."""

    def refresh(self) -> bool:
        """Look for files that came, went or changed; cheap, and does nothing more than about once a second.

        True if the photo that was read last may now be another one, and should be read again.
        """

    def skip(self, step: int) -> None:
        """Leave out the photo that was read last: from now on its index means its neighbour ``step`` away."""

    def find(self, path: str) -> int | None:
        """The index of a file, which may be named without the folders above it; None for a file that is not here."""


class MovingSource(Protocol):
    """A camera or a video, with a thread of its own.

    name: for sentences. frames: the newest picture, or why there is none. mirrored: a camera's view is
    shown as in a mirror.
    """

    name: str
    frames: Mailbox[Frame | SourceError]
    mirrored: bool

    def start(self, wakes: Mailbox[None] | None = None) -> None:
        """Start the thread, playing nothing. wakes: a box that gets None whenever ``frames`` gets a value."""

    def want(self, play: Play) -> None:
        """From now on play, hold or rest."""

    def close(self) -> None:
        """End the thread."""


SOURCES: Registry[Callable[..., StillSource | MovingSource]] = Registry("source")


def new_frame(
    rgb: np.ndarray,
    label: str = "",
    *,
    path: str | None = None,
    moving: bool = False,
    index: int = 0,
    count: int = 0,
    seconds: float | None = None,
) -> Frame:
    """A Frame with the next id of the program. rgb: (H, W, 3) uint8, RGB; made read-only."""
    rgb.setflags(write=False)
    return Frame(next(_ids), rgb, printable(label), path, moving, index, count, seconds)
