"""The filmstrip: which of the open photos stand in it, around the one that is shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis.core.types import Frame

if TYPE_CHECKING:
    from deepvis.core.state import AppState

MOST_CELLS = 33  # of the widest strip: so many pictures are asked for at once


@dataclass(frozen=True)
class Filmstrip:
    """middle: place among the photos that was scrolled to, while photo ``at`` is shown; after another: that photo's."""

    is_on: bool = False
    middle: int = 0
    at: int = -1


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """pictures: path -> (h, w, 3) uint8 RGB, read-only, of those of the request that are there; empty: unreadable.

    version: rises with every value.
    """

    version: int
    pictures: Mapping[str, np.ndarray]
    is_whole: bool = False  # there is nothing more to come


@dataclass(frozen=True)
class StripWindow:
    """The photos in the strip: places first .. first + count - 1 of all; ``current`` is shown, -1: none of them."""

    first: int
    count: int
    current: int


def current_place(state: AppState, frame: Frame | None) -> int:
    """The place among the open photos of the one that is shown, -1 if it is none of them."""
    if frame is None or frame.moving or frame.path is None:
        return -1
    photos = state.palette_lists.photos
    is_there = frame.index < len(photos) and photos[frame.index][0] == frame.path
    return frame.index if is_there else -1


def strip_window(state: AppState, frame: Frame | None, cells: int) -> StripWindow:
    """What a strip of so many cells shows; it moves no further than to the first and the last photo."""
    strip, total, current = state.view.filmstrip, len(state.palette_lists.photos), current_place(state, frame)
    count = max(min(cells, total, MOST_CELLS), 0)
    middle = strip.middle if strip.at == current else max(current, 0)
    first = min(max(middle - count // 2, 0), max(total - count, 0))
    return StripWindow(first, count, current)


def scrolled(state: AppState, frame: Frame | None, window: StripWindow, photos: int) -> Filmstrip:
    """The strip so many photos further on, at most to its ends."""
    total = len(state.palette_lists.photos)
    first = min(max(window.first + photos, 0), max(total - window.count, 0))
    return replace(state.view.filmstrip, middle=first + window.count // 2, at=current_place(state, frame))


def strip_paths(state: AppState, frame: Frame | None) -> tuple[str, ...]:
    """The photos whose thumbnails are wanted, those next to the strip's middle first; () while it is off."""
    if not state.view.filmstrip.is_on:
        return ()
    window = strip_window(state, frame, MOST_CELLS)
    places = range(window.first, window.first + window.count)
    middle = window.current if window.current in places else window.first + window.count // 2
    photos: Sequence[tuple[str, str]] = state.palette_lists.photos
    return tuple(photos[place][0] for place in sorted(places, key=lambda place: abs(place - middle)))
