"""``--video FILE|URL``: plays at its own rate, over and over."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable

from deepvis.core.playing import MovingSource, Playback, VideoPlace, is_stream
from deepvis.core.regular_file import NotRegularError, check_regular, instead_of_file
from deepvis.sources.base import Play
from deepvis.sources.capture import Capture, CaptureSource, quiet_opencv

USUAL_FPS = 25.0  # for files that do not say
STREAM_TIMEOUT = 8000  # milliseconds, to open a stream and to wait for its next frame
MOST_GRABBED = 30  # frames by which it is stepped on without seeking
MOST_FRAMES = 1e9  # more is no count but a container's way to say that it has none
CAMERAS = 81  # number of Linux's driver of cameras, /dev/video0 and others
LATE = 1.0  # seconds behind by which a video is taken up where it is, rather than caught up with


class Video(CaptureSource):
    """A video file, or a stream by its URL.

    A frame is due when its own time stamp says so, counted from where playing began or went on. A decoder
    that is late leaves out the frames that are past. At its end it begins again. A stream is opened again
    when lost. ``play_as`` changes the speed; a file whose length is known is wound and stepped too, frozen as well.
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
        self._length: float | None = None  # seconds; None where the file does not say
        self._number = -1  # of the frame that was grabbed last, from 0
        self._shown_number, self._shown_at = 0, 0.0  # number and seconds of the frame that was handed out last
        self._done = Playback()  # what was carried out of what is wanted

    def _step(self, play: Play) -> float | None:
        if not self._has_grabbed and not self._advance():
            return self._retry_seconds()
        is_begun = self._shown or (self._has_played and not self._failures)
        if not self._has_jumped() and play is Play.HOLD and is_begun:
            self._due = None
            return None
        now = self._clock()
        if self._due is None or now - self._due > LATE:
            self._due = now
        while self._shown and now - self._due > self._interval / self._done.speed:
            if not self._advance():
                return self._retry_seconds()
        if self._due > now:
            return self._due - now
        self._has_grabbed = False
        place = None if self._length is None else VideoPlace(self._length, self._done)
        self._shown += self._deliver(None if is_stream(self._address) else self._position, place)
        self._shown_number, self._shown_at, self.stands_at = self._number, self._position, None
        self._has_played |= self._shown > 0
        if not self._advance():
            return self._retry_seconds()
        return max(0.0, self._due - self._clock())

    def _has_jumped(self) -> bool:
        """Carry out what is wanted since; True if another frame was gone to, which is grabbed then."""
        wanted, before = self.playback, self._done
        if wanted == before or not self._has_played:
            return False
        self._done, self._due = wanted, None
        if (stands_at := self.stands_at) is not None:
            self._shown_number, self._shown_at = round(stands_at / self._interval), stands_at
        seconds, frames = wanted.wound - before.wound, wanted.stepped - before.stepped
        if self._length is None or not (seconds or frames):
            return False
        number = self._shown_number + frames
        if seconds:
            target = min(max(self._shown_at + seconds, 0.0), max(self._length - self._interval, 0.0))
            number = round(target / self._interval) + frames
        self._has_grabbed = self._go_to(max(number, 0))
        return self._has_grabbed

    def _go_to(self, number: int) -> bool:
        """Grab the frame of that number; past the end the first one."""
        import cv2

        if self._capture is None:
            return False
        if not self._number <= number <= self._number + MOST_GRABBED:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, number)
            self._number = number - 1
        while self._number < number:
            if not self._grab():
                return self._wind_back()
        self._due = None
        return True

    def _rest(self) -> None:
        self._due = None

    def _refusal(self) -> str:
        if is_stream(self._address):
            return f"the stream {self._address} cannot be opened; trying again"
        if not os.path.exists(self._address):
            return f"the video {self._address} does not exist; trying again"
        if not _can_play(self._address):
            return f"the video {self._address} is {instead_of_file(self._address)}, expected a video file"
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
            self._due += seconds / self._done.speed
        self._number += 1
        return True

    def _wind_back(self) -> bool:
        """Grab the first frame again, by seeking or else by opening the video anew."""
        import cv2

        self._shown, self._number = 0, -1
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
        self._position, self._number = 0.0, -1
        self._length = None if is_stream(self._address) else self._length_of(self._capture)
        return True

    def _length_of(self, capture: Capture) -> float | None:
        import cv2

        frames = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return frames * self._interval if 1 < frames < MOST_FRAMES else None


def video_name(address: str) -> str:
    """What the window calls it: a stream by its whole address, a file without its folder."""
    return MovingSource(address).name


def video_problem(address: str) -> str | None:
    """One sentence on why ``--video address`` cannot work, None where it may. Opens no stream."""
    if is_stream(address):
        return None
    if not os.path.exists(address):
        return f"--video {address}: there is no such file; give a video file or a stream's URL"
    if os.path.isdir(address):
        return f"--video {address}: is a folder; give a video file, or --images for a folder of photos"
    if not _can_play(address):
        return f"--video {address}: is {instead_of_file(address)}; give a video file or a stream's URL"
    if not os.access(address, os.R_OK):
        return f"--video {address}: may not be read; check its permissions"
    return None


def open_file(path: str) -> Capture:
    """Of a video file by FFMPEG where OpenCV has it: other readers, tried after it, write to standard error."""
    import cv2

    is_read_by_ffmpeg = os.path.isfile(path) and cv2.videoio_registry.hasBackend(cv2.CAP_FFMPEG)
    return cv2.VideoCapture(path, cv2.CAP_FFMPEG if is_read_by_ffmpeg else cv2.CAP_ANY)


def _can_play(path: str) -> bool:
    """False for a pipe or a device, which FFmpeg would wait for and no signal end; a camera's device can be played."""
    try:
        check_regular(path)
    except NotRegularError:
        status = os.stat(path)
        return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) == CAMERAS
    except OSError:
        return False
    return True


def _open(address: str) -> Capture:
    import cv2

    quiet_opencv()
    if not is_stream(address):
        return open_file(address) if _can_play(address) else cv2.VideoCapture()
    waits = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
    limits = [number for wait in waits for number in (wait, STREAM_TIMEOUT)]
    return cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
