"""The quality of moving pictures: fixed and good, and lower where the way to the page is slow. Pure."""

from __future__ import annotations

QUALITIES = (82, 70, 55, 40)  # of JPEG
SLOW_SECONDS, QUICK_SECONDS = 0.25, 0.08  # that a picture is on its way
SLOW_ONES, QUICK_ONES = 3, 20  # in a row, until the next lower quality, or the next better one


class AdaptiveQuality:
    """Follows how long pictures are on their way, without what the page takes to draw them."""

    def __init__(self) -> None:
        self._step = 0
        self._slow = self._quick = 0  # in a row, up to now

    @property
    def now(self) -> int:
        return QUALITIES[self._step]

    def took(self, seconds: float) -> None:
        """A picture has arrived after so long."""
        self._slow = self._slow + 1 if seconds > SLOW_SECONDS else 0
        self._quick = self._quick + 1 if seconds < QUICK_SECONDS else 0
        change = (self._slow >= SLOW_ONES) - (self._quick >= QUICK_ONES)
        if change:
            self._step = min(max(self._step + change, 0), len(QUALITIES) - 1)
            self._slow = self._quick = 0
