"""Progressive refinement: blocks that a page has in coarse quality, and since when they stand still. Pure."""

from __future__ import annotations

import numpy as np

from deepvis.serve.dirty_rectangles import BlockRect

STILL_SECONDS = 0.5  # without a change until a block is sent in full quality
MOST_BLOCKS = 256  # of them in one message, so that what follows a key does not wait behind it
LEAST_BLOCKS = 8
BYTES_OF_BLOCK = 300  # in full quality, as a rule


class Refinement:
    """All times are seconds of one clock."""

    def __init__(self) -> None:
        self._sent_at = np.empty((0, 0))  # of each block; infinite where it is in full quality, or black

    def sent_coarse(self, shape: tuple[int, ...], pieces: list[BlockRect], now: float) -> None:
        """The page was sent these rectangles in coarse quality. shape: (rows, columns) of all blocks."""
        if self._sent_at.shape != shape:
            self._sent_at = np.full(shape, np.inf)
        for row, col, tall, wide in pieces:
            self._sent_at[row : row + tall, col : col + wide] = now

    def take_due(self, now: float, budget: float = float("inf")) -> np.ndarray | None:
        """Blocks to be sent in full quality now, from the top; they count as sent. None if there are none.

        budget: bytes; the least portion may be more.
        """
        most = min(max(budget / BYTES_OF_BLOCK, LEAST_BLOCKS), MOST_BLOCKS)
        due = self._sent_at <= now - STILL_SECONDS
        if not due.any():
            return None
        due &= (np.cumsum(due) <= most).reshape(due.shape)
        self._sent_at[due] = np.inf
        return due

    def due_in(self, now: float) -> float | None:
        """Seconds until there is something to take; None where all is in full quality."""
        first = self._sent_at.min(initial=np.inf)
        return max(float(first) + STILL_SECONDS - now, 0.0) if np.isfinite(first) else None
