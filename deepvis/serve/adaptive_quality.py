"""The quality of moving pictures: fixed and good, and lower where the link to the page is slow. Pure."""

from __future__ import annotations

from deepvis.serve.dirty_rectangles import MOST_PIECES, PIECE_COST

TARGET_SECONDS = 0.5  # in which the link is to take a picture: what follows a key does not wait longer behind one
ROOM_FOR_BETTER = 2.0  # times the size of the last picture that the link must take until the next is a step better
NEWEST_SHARE = 0.5  # of the last picture in what is known of the link
LEAST_SECONDS = 0.001
SMALLEST_SAMPLE = 4000  # bytes: smaller ones tell how long the way is, not how wide
MANY_PIECES_BUDGET = 30_000

Step = tuple[int, int]  # quality as of JPEG, 1 to 100; pixels of a side that become one: from 2 on as WebP
STEPS: tuple[Step, ...] = ((82, 1), (70, 1), (55, 1), (40, 1), (82, 2), (40, 2), (70, 3), (40, 3), (40, 4), (30, 6))
# bytes of the window in each step, of those in the first, measured on seven screenshots
SIZES = (1.0, 0.78, 0.64, 0.54, 0.14, 0.103, 0.073, 0.056, 0.038, 0.017)


class AdaptiveQuality:
    """Follows how many bytes a second arrive. rate: that, where something is known of it, as from loading the page."""

    def __init__(self, rate: float = float("inf")) -> None:
        self._rate = rate
        self._latency = float("inf")
        self._step = 0

    @property
    def now(self) -> Step:
        return STEPS[self._step]

    @property
    def is_lowered(self) -> bool:
        """The link is slow: each byte counts."""
        return self._step > 0

    @property
    def piece_limits(self) -> tuple[int, int]:
        """What a piece costs, in unchanged blocks, and how many there may be.

        Where pictures are shrunk no more than must be is blurred, but each piece costs the page some work. As WebP it
        has some 200 bytes where a JPEG has 600 of tables alone.
        """
        if self.now[1] == 1:
            return PIECE_COST, MOST_PIECES
        return (8, 300) if self.budget > MANY_PIECES_BUDGET else (60, 45)

    @property
    def budget(self) -> float:
        """Bytes that the link takes in TARGET_SECONDS; infinite as long as nothing is known of it."""
        return self._rate * TARGET_SECONDS

    def lower(self, size: int) -> bool:
        """Go a step down from a picture of so many bytes; False if there is none.

        All those are skipped in which the step below would be too large as well: others than the windows that were
        measured may shrink more.
        """
        below = range(self._step + 1, len(STEPS))
        in_first_step = size / SIZES[self._step]
        fitting = next((step for step in below if in_first_step * SIZES[step] <= self.budget), len(STEPS) - 1)
        self._step = min(max(fitting - 1, self._step + 1), len(STEPS) - 1)
        return bool(below)

    def took(self, size: int, seconds: float) -> None:
        """A picture of so many bytes has arrived after so long, without what the page took to draw it."""
        if size < SMALLEST_SAMPLE:
            self._latency = min(self._latency, seconds)
            return
        rate = size / max(seconds - (self._latency if self._latency < seconds / 2 else 0.0), LEAST_SECONDS)
        known = self._rate < float("inf")
        self._rate = NEWEST_SHARE * rate + (1 - NEWEST_SHARE) * self._rate if known else rate
        better = max(self._step - 1, 0)
        if size * max(ROOM_FOR_BETTER, SIZES[better] / SIZES[self._step]) < self.budget:
            self._step = better
