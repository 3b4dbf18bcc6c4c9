"""Video files: H.264 by PyAV with true times, else MPEG-4 by OpenCV at a steady rate."""

from __future__ import annotations

import os
import uuid
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from deepvis.core.program import pip_install

FPS = 25.0  # of OpenCV's files
TICKS = 1000  # a second: the times of pictures are said in milliseconds
OF_AV = (".mp4", ".mkv")  # suffixes of files in which pictures have times of their own
FRAGMENT = 1_000_000  # microseconds of video that a program killed at once may lose


class VideoError(Exception):
    """A video cannot be written, one sentence."""


class VideoFile(Protocol):
    """codec: its name. frames: written so far. again: seconds after which the last picture is to be written again."""

    codec: str
    frames: int
    again: float

    def write(self, bgr: np.ndarray, seconds: float) -> None:
        """Show a picture, (H, W, 3) uint8 BGR contiguous, from that time on. Raises VideoError, OSError."""

    def close(self, seconds: float) -> None:
        """End the file. Raises VideoError, OSError."""


def open_video(part: Path, path: Path, size: tuple[int, int]) -> VideoFile:
    """A file ``part`` that will be ``path``, of pictures of a size (height, width), both even. Raises VideoError."""
    if path.suffix.lower() in OF_AV:
        try:
            import av
        except ImportError:
            pass
        else:
            if "libx264" in av.codecs_available:
                return AvFile(av, part, path, size)
    return OpenCVFile(part, path, size)


class AvFile:
    """In fragments, so that what was written can be played whatever ends the program; put in order at its end."""

    codec, again = "H.264", 1.0

    def __init__(self, av: Any, part: Path, path: Path, size: tuple[int, int]) -> None:
        self.frames = 0
        self._av, self._part, self._last = av, part, -1
        in_fragments = {"movflags": "empty_moov+default_base_moof", "frag_duration": str(FRAGMENT)}
        try:
            part.touch()  # PyAV opens it with the first picture
        except OSError as error:
            raise VideoError(f"{path} cannot be written as a video: {error.strerror or error}") from None
        self._container = av.open(str(part), "w", options=in_fragments if part.suffix == ".mp4" else {})
        options = {"preset": "veryfast", "crf": "20", "tune": "zerolatency", "threads": "1"}
        self._stream = self._container.add_stream("libx264", rate=25, options=options)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        self._stream.codec_context.gop_size = 100

    def write(self, bgr: np.ndarray, seconds: float) -> None:
        frame = self._av.VideoFrame.from_ndarray(bgr, format="bgr24")
        self._last = max(round(seconds * TICKS) if self.frames else 0, self._last + 1)  # it begins with a picture
        frame.pts, frame.time_base = self._last, Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self, seconds: float) -> None:
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
        if self._part.suffix == ".mp4":
            self._put_in_order()

    def _put_in_order(self) -> None:
        """As one piece, which every player takes; where the disk has no room for that it stays in fragments."""
        whole = self._part.with_name(f"{self._part.stem}.{uuid.uuid4().hex[:8]}.part.mp4")
        try:
            with (
                self._av.open(str(self._part)) as source,
                self._av.open(str(whole), "w", options={"movflags": "faststart"}) as target,
            ):
                stream = source.streams.video[0]
                copy = target.add_stream_from_template(stream)
                for packet in source.demux(stream):
                    if packet.dts is not None:
                        packet.stream = copy
                        target.mux(packet)
            os.replace(whole, self._part)
        except OSError:
            whole.unlink(missing_ok=True)


class OpenCVFile:
    """The newest picture again and again, so that times are true to a 25th of a second."""

    codec, again = f"MPEG-4 (for H.264: {pip_install('av')})", 1 / FPS

    def __init__(self, part: Path, path: Path, size: tuple[int, int]) -> None:
        self.frames = 0
        self._shown: np.ndarray | None = None
        self._is_written = True
        self._writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*"mp4v"), FPS, size[::-1])
        if not self._writer.isOpened():
            raise VideoError(f"{path} cannot be written as a video; give a name that ends in .mp4")

    def write(self, bgr: np.ndarray, seconds: float) -> None:
        self._fill(seconds)
        self._shown, self._is_written = bgr, False
        if not self.frames:
            self._put()

    def close(self, seconds: float) -> None:
        self._fill(seconds)
        if not self._is_written:  # the last one was seen too
            self._put()
        self._writer.release()

    def _fill(self, seconds: float) -> None:
        """The picture that stood there until then, as often as that takes."""
        while self._shown is not None and self.frames < round(seconds * FPS):
            self._put()

    def _put(self) -> None:
        if self._shown is not None:
            self._writer.write(self._shown)
            self.frames, self._is_written = self.frames + 1, True
