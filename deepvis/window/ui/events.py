"""What happens to a window: plain values, whatever toolkit they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LARGEST_RATIO = 16.0  # of the pixels of a screen to those of a page


@dataclass(frozen=True)
class Key:
    """code: what waitKeyEx gave; deepvis.core.keys names it."""

    code: int


@dataclass(frozen=True)
class Mouse:
    """row, col: in pixels of the picture. steps: of the wheel, positive away from the user.

    leave: the pointer is not over the window any more; row and col say nothing.
    """

    kind: Literal["press", "wheel", "move", "leave"]
    row: int
    col: int
    steps: int = 0


@dataclass(frozen=True)
class Resized:
    """pixel_ratio: pixels of the picture for one of a page's own, in which its text is measured."""

    height: int
    width: int
    pixel_ratio: float = 1.0


@dataclass(frozen=True)
class Closed:
    """The user closed the window."""


@dataclass(frozen=True)
class Pasted:
    """text: that another program had copied or selected."""

    text: str


@dataclass(frozen=True)
class PhotoGiven:
    """A photo was dropped on the window. path: of a file that the window may read."""

    path: str


@dataclass(frozen=True)
class CameraGiven:
    """The moving source gives pictures now, because the user has switched it on."""


@dataclass(frozen=True)
class CameraEnded:
    """The user has switched that source off again; the photos come back."""


Event = Key | Mouse | Resized | Closed | Pasted | PhotoGiven | CameraGiven | CameraEnded
