"""The best images of every unit in one stream, as tables over all units, and the count of its images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepvis.core.types import Frame
from deepvis.scan.running_top_parts import Moment, PictureBook, TopPicture, small


class RunningTables:
    """For ``units`` units, the ``top`` best images of each. For one thread at a time.

    values (U, K) float32, falling, -inf where there is no image; places (U, K) int32, row * width + col in the map;
    slots (U, K) int32: of the pictures in ``book``, 0 for none. seen: different images.
    """

    def __init__(self, units: int, top: int) -> None:
        shape = (units, top)
        self.values = np.full(shape, -np.inf, np.float32)
        self.places = np.zeros(shape, np.int32)
        self.slots = np.zeros(shape, np.int32)
        self.book = PictureBook()
        self.seen = 0
        self._stills: dict[str, int] = {}  # name -> number of the image
        self._last_moving = -np.inf
        self._video_parts: set[int] = set()  # parts of a video that were seen

    def count_still(self, name: str, new_number: int) -> int:
        """The number of a still image: that of its name, or a new one."""
        if name not in self._stills:
            self._stills[name] = new_number
            self.seen += 1
        return self._stills[name]

    def count_moving(self, frame: Frame, now: float, apart: float) -> None:
        """Count a moving frame that is ``apart`` seconds after the last one, or of a part of a video not seen yet."""
        if frame.seconds is not None:
            part = int(frame.seconds / apart) if apart > 0 else frame.id
            self.seen += part not in self._video_parts
            self._video_parts.add(part)
        elif now - self._last_moving >= apart:
            self.seen += 1
            self._last_moving = now

    def enter(
        self,
        picture: TopPicture,
        image: int,
        moment: Moment | None,
        values: np.ndarray,
        places_of: Callable[[np.ndarray], np.ndarray],
        apart: float,
        alike: float,
    ) -> bool:
        """Put an image into the lists of the units that it excites more than their last; False: of none.

        values: (U,) float32. places_of: the places of some units (rising). moment: of a moving one. apart, alike: see
        ``PictureBook.near``.
        """
        rows = np.flatnonzero((values > self.values[:, -1]) & (values != 0))
        if not len(rows):
            return False
        slots = self.slots[rows]
        same = self.book.images[slots] == image
        look = None if moment is None else small(picture.rgb)
        if moment is not None and look is not None:
            same |= self.book.near(moment, look, apart, alike)[slots]
        earlier = np.where(same, self.values[rows], -np.inf).max(axis=1, initial=-np.inf)
        better = values[rows] > earlier
        rows, same = rows[better], same[better]
        if not len(rows):
            return False
        slot = self.book.enter(picture, image, len(rows), moment, look)
        self.book.release(self._insert(rows, same, (values[rows], places_of(rows), slot)))
        return True

    def _insert(self, rows: np.ndarray, same: np.ndarray, entry: tuple[np.ndarray, np.ndarray, int]) -> np.ndarray:
        """Insert an entry (value, place, slot) into each row; returns the slots that make room for it.

        They are all where ``same`` is True, or the last. The entries between move down.
        """
        column = np.arange(self.values.shape[1])
        more = same & (np.cumsum(same, axis=1) > 1)
        gone_too = self.slots[rows][more]
        if len(gone_too):
            self._close_up(rows, more)
        leaves = np.where(same.any(axis=1), same.argmax(axis=1), len(column) - 1)
        enters = (self.values[rows] >= entry[0][:, None]).sum(axis=1)  # of equals the earlier stays above
        moves = (column > enters[:, None]) & (column <= leaves[:, None])
        gone = self.slots[rows, leaves]
        tables: tuple[np.ndarray, ...] = (self.values, self.places, self.slots)
        for table, new in zip(tables, entry, strict=True):
            table[rows] = np.take_along_axis(table[rows], column - moves, axis=1)
            table[rows, enters] = new  # type: ignore[assignment]
        return np.concatenate([gone, gone_too])

    def let_go(self) -> None:
        """Let go of the picture that the fewest units keep, of equals the oldest; the others move up."""
        slot = self.book.least_used()
        rows = np.flatnonzero((self.slots == slot).any(axis=1))
        self._close_up(rows, self.slots[rows] == slot)
        self.book.forget(slot)

    def _close_up(self, rows: np.ndarray, hit: np.ndarray) -> None:
        """Take the entries ``hit`` (row, column) out of these rows; those behind them move up."""
        order = np.argsort(hit, axis=1, kind="stable")
        for table, empty in ((self.values, -np.inf), (self.places, 0), (self.slots, 0)):
            table[rows] = np.take_along_axis(np.where(hit, empty, table[rows]), order, axis=1)
