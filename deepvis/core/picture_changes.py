"""The table of picture changes: what is taken from a picture to see what a unit looks at.

Rows are in ``deepvis/changes``. The table is here, and empty until that room is imported, because panes read it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from deepvis.core.registry import Registry

Change = Callable[[np.ndarray], np.ndarray]


class Takes(Enum):
    """What a change takes from a picture, or alters in it."""

    COLOUR = "colour"
    CONTRAST = "contrast"
    DETAIL = "detail"
    TEXTURE = "texture"
    SHAPE = "shape"  # the arrangement of its parts
    POSE = "pose"


@dataclass(frozen=True)
class PictureChange:
    """One way to change a picture."""

    name: str  # as the command line and its JSON have it
    title: str  # as the chart says it
    words: str  # what is done, in a phrase
    takes: Takes
    source: str  # a paper and its section, "" for none
    apply: Change  # (H, W, 3) uint8 RGB -> a new one of the same shape; pure, the same every time


PICTURE_CHANGES: Registry[PictureChange] = Registry("picture change")


def picture_change(name: str, title: str, *, words: str, takes: Takes, source: str = "") -> Callable[[Change], Change]:
    """Enter a function of a picture; the words are those of ``PictureChange``. Raises ValueError for a taken name."""

    def entered(apply: Change) -> Change:
        enter_change(name, title, apply, words=words, takes=takes, source=source)
        return apply

    return entered


def enter_change(name: str, title: str, apply: Change, *, words: str, takes: Takes, source: str = "") -> None:
    """The same as a row."""
    PICTURE_CHANGES.put(name, PictureChange(name, title, words, takes, source, apply))
