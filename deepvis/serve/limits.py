"""How much a client may ask for: numbers, and a limit that fills up again with time."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_SOCKETS = 64  # open at once, those over which TLS shakes hands too
HANDSHAKE_SECONDS = 5.0  # of TLS
CLOSING_SECONDS = 30.0  # for a client to take the rest of an answer, and to say goodbye where it speaks TLS
MOST_VIEWERS = 8
FIRST_REQUEST_SECONDS = 10.0  # for a socket to say what it wants
UPLOAD_STALL_SECONDS = 20.0  # in which something of a photo must arrive, however slow the link is
UPLOAD_SECONDS = 1800.0  # for all of it: its page's others wait behind it
MESSAGE_BYTES = 1 << 20  # of a viewer: a camera's frame is the largest
TEXT_BYTES = 64 << 10  # of a message that is no frame
MESSAGES_A_SECOND, MESSAGES_AT_ONCE = 250.0, 500.0  # of a viewer
MOST_EVENTS = 512  # that wait for the window
PHOTO_BYTES = 32 << 20
PHOTO_PIXELS = 50_000_000
PHOTOS_A_SECOND, PHOTOS_AT_ONCE = 2.0, 20.0
MOST_PHOTOS, MOST_PHOTO_BYTES = 200, 256 << 20  # that stay in the temporary folder
FRAME_PIXELS = 1920 * 1200  # of the browser's camera
SCREENSHOTS_A_SECOND, SCREENSHOTS_AT_ONCE = 2.0, 6.0
RECORDING_SECONDS = 600.0
UNACKNOWLEDGED_SECONDS = 30.0  # in which a viewer has not taken the picture that it was sent
SMALLEST_SIDE, LARGEST_SIDE, MOST_PIXELS = 240, 4096, 3840 * 2400  # of the window


class RateLimit:
    """So many things at once, and so many a second in the long run. clock: seconds, never runs backwards."""

    def __init__(self, a_second: float, at_once: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._at_once, self._clock = a_second, at_once, clock
        self._left, self._at = at_once, clock()

    def allow(self) -> bool:
        """True if one more may be; it is counted."""
        now = self._clock()
        self._left = min(self._left + (now - self._at) * self._a_second, self._at_once)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def fitted_size(height: float, width: float) -> tuple[int, int]:
    """(height, width) of the window for a page of that many pixels: neither too small for its panes nor too large."""
    area = height * width
    shrink = min((MOST_PIXELS / area) ** 0.5, 1.0) if area > 0 else 1.0
    sides = [round(min(max(side * shrink, SMALLEST_SIDE), LARGEST_SIDE)) for side in (height, width)]
    return sides[0], sides[1]
