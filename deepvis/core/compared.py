"""Two frames compared: the one that is pinned, which of the two the tiles show, and their difference. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from deepvis.core.types import Frame


class TilesOf(Enum):
    """Whose values the tiles show while a frame is pinned, in the order in which the key runs through them."""

    CURRENT = "current"
    PINNED = "pinned"
    DIFFERENCE = "difference"  # current minus pinned


@dataclass(frozen=True)
class PinnedFrame:
    """A frame that was pinned to compare others with; it is seen with the fit that is chosen now."""

    frame: Frame
    tiles: TilesOf = TilesOf.CURRENT

    def showing(self, tiles: TilesOf) -> PinnedFrame:
        return replace(self, tiles=tiles)

    @property
    def name(self) -> str:
        """The photo's name; of a video "at 12.3 s", of a camera "the frame"."""
        frame = self.frame
        if frame.seconds is not None:
            return f"{frame.label} at {frame.seconds:.1f} s".strip()
        return frame.label or "the frame"


def difference(current: np.ndarray, pinned: np.ndarray) -> np.ndarray:
    """current minus pinned, value by value: (C, H, W) float32, read-only; NaN where one of them is."""
    with np.errstate(invalid="ignore"):  # inf - inf
        values: np.ndarray = np.subtract(current, pinned, dtype=np.float32)
    values.setflags(write=False)
    return values


def largest_differences(values: np.ndarray) -> np.ndarray:
    """(C, H, W) differences -> (C,): the largest magnitude of each unit, by which "differ most first" sorts."""
    flat = values.reshape(len(values), -1)
    largest: np.ndarray = np.maximum(flat.max(axis=1, initial=0), -flat.min(axis=1, initial=0))
    return largest
