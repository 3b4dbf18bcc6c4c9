"""``--video FILE|URL``: plays at its own rate, over and over."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from deepvis.sources.base import Play
from deepvis.sources.capture import Capture, CaptureSource, quiet_opencv

USUAL_FPS = 25.0  # for files that do not say
STREAM_TIMEOUT = 8000  # milliseconds, to open a stream and to wait for its next frame
LATE = 1.0  # seconds behind by which a video is taken up where it is, rather than caught up with


class Video(CaptureSource):
    """A video file, or a stream by its URL.

    A frame is due when its own time stamp says so, counted from where playing began or went on. A decoder
    that is late leaves out the frames that are past. At its end it begins again. A stream is opened again
    when lost.
    """

    def __init__(
        self,
        address: str,
        open_capture: Callable[[], Capture] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(video_name(address), open_capture or (lambda: _open(address)), clock)
        self._address = address
        self._interval = 1 / USUAL_FPS  # seconds between frames
        self._position = 0.0  # seconds into the video of the frame that was grabbed last
        self._has_grabbed = False  # ... which was not handed out yet
        self._due: float | None = None  # the clock's time for it, None: at once
        self._shown = 0  # frames handed out since the video began
        self._has_played = False

    def _step(self, play: Play) -> float | None:
        if not self._has_grabbed and not self._advance():
            return self._retry_seconds()
        if play is Play.HOLD and self._shown:
            self._due = None
            return None
        now = self._clock()
        if self._due is None or now - self._due > LATE:
            self._due = now
        while self._shown and now - self._due > self._interval:
            if not self._advance():
                return self._retry_seconds()
        if self._due > now:
            return self._due - now
        self._has_grabbed = False
        self._shown += self._deliver(None if is_stream(self._address) else self._position)
        self._has_played |= self._shown > 0
        if not self._advance():
            return self._retry_seconds()
        return max(0.0, self._due - self._clock())

    def _rest(self) -> None:
        self._due = None

    def _refusal(self) -> str:
        if is_stream(self._address):
            return f"the stream {self._address} cannot be opened; trying again"
        if not os.path.exists(self._address):
            return f"the video {self._address} does not exist; trying again"
        return f"the video {self._address} is in no format that can be played"

    def _advance(self) -> bool:
        """Grab the next frame, after the last one the first; False if there is none."""
        self._has_grabbed = self._grab() or (self._shown > 0 and self._wind_back())
        if not self._has_grabbed:
            what = "stream" if is_stream(self._address) else "video"
            ended = f"the {what} {self._address} gives no more frames; trying again"
            self._fail(ended if self._has_played else self._refusal())
            self._shown, self._due = 0, None
        return self._has_grabbed

    def _grab(self) -> bool:
        """Take the next frame off the capture, and set when it is due."""
        import cv2

        if self._capture is None or not self._capture.grab():
            return False
        before, self._position = self._position, self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        seconds = self._position - before
        if not 0 < seconds < 10:  # the first frame, a jump, or a container without time stamps
            seconds = self._interval
        if self._due is not None:
            self._due += seconds
        return True

    def _wind_back(self) -> bool:
        """Grab the first frame again, by seeking or else by opening the video anew."""
        import cv2

        self._shown = 0
        if self._capture is not None and not is_stream(self._address):
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            if self._grab():
                return True
        self._release()
        return self._open() and self._grab()

    def _open(self) -> bool:
        import cv2

        if not super()._open() or self._capture is None:
            return False
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._interval = 1 / (fps if 0.1 <= fps <= 1000 else USUAL_FPS)
        self._position = 0.0
        return True


def is_stream(address: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]+://", address, re.IGNORECASE) is not None


def video_name(address: str) -> str:
    """What the window calls it: a stream by its whole address, a file without its folder."""
    return address if is_stream(address) else os.path.basename(address)


def video_problem(address: str) -> str | None:
    """One sentence on why ``--video address`` cannot work, None where it may. Opens no stream."""
    if is_stream(address):
        return None
    if not os.path.exists(address):
        return f"--video {address}: there is no such file; give a video file or a stream's URL"
    if os.path.isdir(address):
        return f"--video {address}: is a folder; give a video file, or --images for a folder of photos"
    if not os.access(address, os.R_OK):
        return f"--video {address}: may not be read; check its permissions"
    return None


def _open(address: str) -> Capture:
    import cv2

    quiet_opencv()
    if not is_stream(address):
        return cv2.VideoCapture(address)
    waits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
    limits = [number for wait in waits for number in (wait, STREAM_TIMEOUT)]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
